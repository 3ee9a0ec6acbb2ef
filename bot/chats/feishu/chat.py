"""Feishu: a long connection (or HTTP) listens, the REST API sends cards.

Feishu drops a second message of the same `uuid` for an hour: sending again with the outbox key is the look-up. After
that a card is found by the mark it carries.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from typing import Any

import structlog

from bot.chats.feishu import wire
from bot.chats.feishu.cards import FeishuMessage, key_mark, render, render_plain, render_preview
from bot.chats.feishu.clicks import Clicks
from bot.chats.feishu.lark import CARD_REFUSED, LIMITS, WITHDRAWN, Api, CodeError, LongConnection, sdk
from bot.chats.feishu.people import People
from bot.chats.intake import Intake
from bot.chats.port import (
    DeliveryError,
    Inbound,
    LookUpImpossible,
    NotSent,
    Post,
    Previewer,
    Refused,
    Unclear,
)
from bot.chats.sockets import Limits, SocketKeeper
from bot.render.message import File, Message

log = structlog.get_logger(__name__)

_HANDLERS = 8  # threads that handle events
_PREVIEW_S = 2.2  # Feishu waits 3 s for a preview
_MOST_WAITING = 3  # previews that are waited for at a time: the other threads are for messages
_PAGES, _PAGE = 10, 50  # of history, at most, when a key is looked up
_NO_OPS = (
    "im.message.message_read_v1",
    "im.message.recalled_v1",
    "im.message.reaction.created_v1",
    "im.message.reaction.deleted_v1",
    "im.chat.access_event.bot_p2p_chat_entered_v1",
    "im.chat.member.bot.added_v1",
    "im.chat.member.bot.deleted_v1",
    "im.chat.member.user.added_v1",
    "im.chat.member.user.deleted_v1",
    "im.chat.member.user.withdrawn_v1",
    "im.chat.updated_v1",
    "im.chat.disbanded_v1",
    "application.bot.menu_v6",
)  # an event without a handler is answered with 500, and comes again


class FeishuChat:
    """The Chat port for one app. Thread-safe."""

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        domain: str = "https://open.feishu.cn",
        encrypt_key: str | None = None,
        verification_token: str | None = None,
        timeout_s: float = 5.0,
        limits: Limits = LIMITS,
    ) -> None:
        """`encrypt_key`, `verification_token`: for `events`, one of them is enough. `limits`: of the socket."""
        domain = domain.rstrip("/")
        self._credentials = (app_id, app_secret, domain)
        self._encrypt_key, self._verification_token = encrypt_key or "", verification_token or ""
        self._api = Api(app_id, app_secret, domain, timeout_s)
        self._limits = limits
        self._socket: SocketKeeper | None = None
        self._bot_id: str | None = None
        self._receive: Callable[[Inbound], None] | None = None
        self._intake = Intake("feishu")
        self._previewer: Previewer | None = None
        self._clicks = Clicks()
        self._people = People(self._api)
        self._waiting = threading.BoundedSemaphore(_MOST_WAITING)
        self._handling = ThreadPoolExecutor(_HANDLERS, thread_name_prefix="feishu-event")
        self._stopping = threading.Event()

    # listening

    def preview_with(self, previewer: Previewer) -> None:
        self._previewer = previewer

    def start(self, receive: Callable[[Inbound], None]) -> None:
        """Returns at once: the SDK takes seconds to load, and connecting is tried until it works."""
        self._receive = receive
        self._socket = SocketKeeper("feishu", self._connect, self._limits)
        self._socket.start(now=False)
        threading.Thread(target=self._introduce, name="feishu-introduce", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        if self._socket is not None:
            self._socket.stop(1.5)
        self._handling.shutdown(wait=False)
        self._people.stop()
        self._intake.stop()

    def connected(self) -> bool:
        return self._socket is not None and self._socket.connected

    def reconnects(self) -> int:
        return self._socket.reconnects if self._socket is not None else 0

    def _connect(self) -> LongConnection:
        return LongConnection(*self._credentials, self._dispatcher, self._handling)

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """POST /feishu/events. The SDK checks neither age nor, without an encrypt key, anything but a token inside."""
        if self._receive is None or not (self._encrypt_key or self._verification_token):
            return 503, {}, b""
        if not wire.authentic(headers, body, self._encrypt_key, now=time.time()):
            return 401, {}, b""
        lark = sdk()
        request = lark.RawRequest()
        request.uri, request.body = "/feishu/events", body
        request.headers = {
            f"X-Lark-{name}": headers.get(f"x-lark-{name.lower()}", "")
            for name in ("Request-Timestamp", "Request-Nonce", "Signature")
        }
        answer = self._dispatcher().do(request)
        if answer.status_code != 200:
            return 401, {}, b""  # its body would say why
        return 200, {"Content-Type": "application/json; charset=utf-8"}, answer.content or b"{}"

    def _dispatcher(self) -> Any:
        """The SDK's router of events."""
        lark = sdk()
        builder = lark.EventDispatcherHandler.builder(self._encrypt_key, self._verification_token)
        builder.register_p2_customized_event("im.message.receive_v1", self._on_message)
        builder.register_p2_card_action_trigger(self._on_card_action)
        builder.register_p2_url_preview_get(self._on_link)
        for kind in _NO_OPS:
            builder.register_p2_customized_event(kind, lambda event: None)
        return builder.build()

    def _on_message(self, data: Any) -> None:
        inbound = wire.message(data.event or {}, bot_id=self._bot_id)
        if inbound is not None:  # we are in that chat
            self._people.bot_spoke_in(inbound.address.channel)
        self._hand_over(inbound)

    def _on_card_action(self, data: Any) -> Any:
        from lark_oapi.event.callback.model.p2_card_action_trigger import (  # noqa: PLC0415
            P2CardActionTriggerResponse,
        )

        inbound = wire.card_action(data.header.event_id, data.event)
        card = None
        if inbound is None or not wire.changes_its_card(data.event):
            self._hand_over(inbound)
        else:
            with self._clicks.on(inbound.root_message_id or "") as click:
                self._hand_over(inbound)
                card = click.wait()
        if card is None:
            return P2CardActionTriggerResponse({"toast": {"type": "info", "content": "收到，马上处理"}})
        done = {"type": "success", "content": "已处理"}
        return P2CardActionTriggerResponse({"toast": done, "card": {"type": "raw", "data": card}})

    def _on_link(self, data: Any) -> Any:
        """The verdict if it is there in time, otherwise what the link itself says; or nothing, and the link stays."""
        from lark_oapi.event.callback.model.p2_url_preview_get import P2URLPreviewGetResponse  # noqa: PLC0415

        try:
            shown = self._previewed(data.event)
        except Exception as error:
            log.error("链接预览出错", error=type(error).__name__)
            shown = {}
        return P2URLPreviewGetResponse(shown)

    def _previewed(self, event: Any) -> dict[str, Any]:
        shared = wire.link(event, member=None)
        if shared is None or self._previewer is None or not self._waiting.acquire(blocking=False):
            return {}
        try:
            until = time.monotonic() + _PREVIEW_S
            shared = wire.link(event, member=self._people.bot_in(shared.address.channel, _PREVIEW_S / 2))
            preview = self._previewer(shared) if shared is not None else None
            token = str(event.context.preview_token or "")
            if preview is None or shared is None:
                return {}
            [link] = shared.links
            try:
                message = preview.found.result(max(0.0, until - time.monotonic())).get(link)
                preview.follow(lambda changed: self._refresh(token))
            except FutureTimeoutError:
                preview.found.add_done_callback(lambda found: self._refresh(token))
                return {"inline": {"title": preview.plain[link]}}
        except FutureTimeoutError:
            return {}  # whether the bot is in that chat was not told in time
        finally:
            self._waiting.release()
        if message is None:
            return {}
        title, card = render_preview(message)
        return {"inline": {"title": title}, "card": {"type": "raw", "data": card}}

    def _refresh(self, token: str) -> None:
        """In a worker. Asks the clients to come back for what is known now; without the right they do not."""
        if not token:
            return
        try:
            self._api.call("POST", "im/v2/url_previews/batch_update", body={"preview_tokens": [token]})
        except DeliveryError as error:
            log.info("飞书：链接预览没有刷新", error=str(error))

    def _hand_over(self, inbound: Inbound | None) -> None:
        """Raises when it was not kept: then the event is not acknowledged, and comes again."""
        if inbound is not None and self._receive is not None:
            self._people.expect(inbound.address.channel, inbound.user)
            self._intake.keep(self._receive, inbound)

    def name_of(self, inbound: Inbound) -> str:
        return self._people.name(inbound.address.channel, inbound.user)

    def _introduce(self) -> None:
        """Learns who we are, so that a mention of us is told from other mentions; then registers /curve."""
        while self._bot_id is None:
            try:
                self._bot_id = str(self._api.call("GET", "bot/v3/info")["bot"]["open_id"])
            except DeliveryError as error:
                log.warning("飞书：取不到机器人信息", error=str(error))
            except (KeyError, TypeError):
                log.warning("飞书：机器人信息不完整，请检查是否启用了机器人能力")
            if self._bot_id is None and self._stopping.wait(30.0):
                return
        try:
            path = "application/v7/app_slash_commands"
            known = (self._api.call("GET", path).get("data") or {}).get("items") or []
            if not any(item.get("command") == "curve" for item in known):
                description = {"default_value": "训练曲线诊断：/curve <run>"}
                self._api.call("POST", path, body={"command": "curve", "description": description})
        except DeliveryError as error:
            log.info("飞书：没有注册原生斜杠命令，不影响使用", error=str(error))

    # sending

    def send(self, post: Post) -> str:
        image = self._upload(post.chart) if post.chart is not None else None
        if post.message is None:
            if image is None:
                raise Refused("飞书：图没能上传，请检查 im:resource 权限")
            return self._put(post, "image", json.dumps({"image_key": image}))
        rendered, remote_id = self._put_card(post, post.message, image)
        self._attach(post, remote_id, rendered)
        return remote_id

    def _put_card(self, post: Post, message: Message, image: str | None) -> tuple[FeishuMessage, str]:
        """The card; if Feishu does not take it, the same without its lines, and then the simplest there is."""
        fewer = replace(message, plot=None)
        for version in (message, fewer) if message.plot is not None else (message,):
            rendered = render(version, image_key=image, key=post.key)
            try:
                return rendered, self._put(post, "interactive", rendered.content)
            except CodeError as error:
                if error.code not in CARD_REFUSED:
                    raise
                log.warning("飞书不收这张卡片，改发更简单的", key=post.key[:12], error=str(error))
        rendered = render_plain(message, key=post.key)
        return rendered, self._put(post, "interactive", rendered.content)

    def find(self, post: Post, since: float) -> str | None:
        if post.message is None or post.root_message_id is not None:
            raise LookUpImpossible("飞书：话题里的消息查不到")
        mark = key_mark(post.key)
        query = {
            "container_id_type": "chat",
            "container_id": post.address.channel,
            "start_time": int(since),
            "sort_type": "ByCreateTimeAsc",
            "page_size": _PAGE,
            "card_msg_content_type": "user_card_content",  # the card as it was sent
        }
        try:
            for _ in range(_PAGES):
                page = self._api.call("GET", "im/v1/messages", query=query).get("data") or {}
                for item in page.get("items") or ():
                    if mark in str((item.get("body") or {}).get("content")):
                        return str(item["message_id"])
                if not page.get("has_more"):
                    return None
                query["page_token"] = page["page_token"]
        except Refused as error:
            raise LookUpImpossible(f"飞书不让查历史：{error}") from None
        except Unclear as error:
            raise NotSent(str(error)) from None
        raise LookUpImpossible("飞书：历史太长，没有查完")

    def _put(self, post: Post, kind: str, content: str) -> str:
        """Creates, replies or edits; -> message id."""
        if post.edits is not None:
            self._clicks.shown(post.edits, json.loads(content))
            self._api.call("PATCH", f"im/v1/messages/{post.edits}", body={"content": content})
            return post.edits
        body: dict[str, Any] = {"msg_type": kind, "content": content, "uuid": post.key}
        if post.root_message_id is not None:
            try:
                return self._reply(post.root_message_id, body)
            except CodeError as error:
                if error.code not in WITHDRAWN:
                    raise
        receiver = post.address.channel
        query = {"receive_id_type": "open_id" if receiver.startswith("ou_") else "chat_id"}
        return wire.message_id_of(
            self._api.call("POST", "im/v1/messages", query=query, body=body | {"receive_id": receiver})
        )

    def _reply(self, to: str, body: Mapping[str, Any]) -> str:
        return wire.message_id_of(
            self._api.call("POST", f"im/v1/messages/{to}/reply", body={**body, "reply_in_thread": True})
        )

    def _upload(self, chart: bytes) -> str | None:
        """-> image key; None when uploads are not allowed: an answer without its chart is better than none."""
        form = {"image_type": "message", "image": ("chart.png", io.BytesIO(chart), "image/png")}
        try:
            return str(self._api.call("POST", "im/v1/images", form=form)["data"]["image_key"])
        except CodeError as error:
            log.warning("图没能上传，请检查 im:resource 权限", error=str(error))
            return None
        except Unclear as error:  # nothing is sent by an upload
            raise NotSent(str(error)) from None

    def _attach(self, post: Post, remote_id: str, rendered: FeishuMessage) -> None:
        """The document under the card. The card stands already: what is refused is told there. Raises Unclear for what
        another try mends; the keys are the same then, and nothing comes twice.
        """
        if rendered.file is None or not remote_id:
            return
        try:
            key = self._upload_file(rendered.file)
            content = json.dumps({"file_key": key})
            self._reply(remote_id, {"msg_type": "file", "content": content, "uuid": f"{post.key}-file"})
        except Refused as error:
            log.warning("附件没有发出", key=post.key[:12], error=str(error))
            text = json.dumps({"text": "附件没能上传，请再试一次。"}, ensure_ascii=False)
            try:
                self._reply(remote_id, {"msg_type": "text", "content": text, "uuid": f"{post.key}-note"})
            except DeliveryError:
                log.warning("附件缺失也没能告知", key=post.key[:12])
        except DeliveryError as error:
            raise Unclear(f"附件没有发出：{error}") from None

    def _upload_file(self, file: File) -> str:
        part = (file.name, io.BytesIO(file.content.encode()), "application/octet-stream")
        form = {"file_type": "stream", "file_name": file.name, "file": part}
        return str(self._api.call("POST", "im/v1/files", form=form)["data"]["file_key"])
