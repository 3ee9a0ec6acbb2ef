"""Slack: Bolt over Socket Mode (or HTTP) listens, the Web API sends.

Slack drops no second message by itself. So every post carries its outbox key in its metadata (a file in its name),
nothing is retried here, and `find` looks a key up in the channel's history.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.error import BoltError
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.chats.intake import Intake
from bot.chats.port import (
    DeliveryError,
    Inbound,
    LookUpImpossible,
    NotSent,
    Post,
    Preview,
    Previewer,
    Refused,
    ShutOut,
    Unclear,
)
from bot.chats.slack import wire
from bot.chats.slack.blocks import SlackMessage, render, render_plain, render_preview
from bot.chats.slack.calls import call
from bot.chats.slack.socket import LIMITS, PING_S, SocketModeConnection
from bot.chats.sockets import Limits, SocketKeeper
from bot.online import proxy_for
from bot.render.message import File, Message

log = structlog.get_logger(__name__)

TIMEOUT_S = 5
_UNFURLED = 256  # messages whose links were taken up: an event may come twice
_PAGES, _PAGE = 10, 200  # of history, at most, when a key is looked up


class SlackChat:
    """The Chat port for one workspace. Thread-safe after `start`."""

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str | None = None,
        api_url: str = "https://slack.com/api/",
        signing_secret: str | None = None,
        timeout_s: int = TIMEOUT_S,
        limits: Limits = LIMITS,
        ping_s: float = PING_S,
    ) -> None:
        """`app_token`: for Socket Mode; without it only `events` hears. `signing_secret`: for `events`.

        `limits`, `ping_s`: of the socket.
        """
        self._app_token, self._signing_secret, self._timeout_s = app_token, signing_secret, timeout_s
        self._limits, self._ping_s = limits, ping_s
        self._client = WebClient(token=bot_token, base_url=api_url, timeout=timeout_s, retry_handlers=[])
        self._client.proxy = proxy_for(api_url)  # the SDK alone takes HTTPS_PROXY and knows no NO_PROXY
        self._app: App | None = None
        self._socket: SocketKeeper | None = None
        self._receive: Callable[[Inbound], None] | None = None
        self._intake = Intake("slack")
        self._previewer: Previewer | None = None
        self._unfurled: deque[str] = deque(maxlen=_UNFURLED)

    # listening

    def preview_with(self, previewer: Previewer) -> None:
        self._previewer = previewer

    def start(self, receive: Callable[[Inbound], None]) -> None:
        """Checks the token, connects the socket. Raises DeliveryError when Slack does not let us, or is away."""
        self._receive = receive
        self._app = self._app or self.bolt_app()
        if self._app_token is None or self._socket is not None:
            return
        keeper = SocketKeeper("slack", self._connect, self._limits)
        try:
            keeper.start(now=True)
        except DeliveryError as error:
            raise type(error)(f"Socket Mode（SLACK_APP_TOKEN）：{error}") from None
        self._socket = keeper

    def stop(self) -> None:
        keeper, self._socket = self._socket, None
        if keeper is not None:
            # Closing may wait for a read of several seconds; what still comes until then is heard.
            keeper.stop(1.5)
        self._intake.stop()

    def connected(self) -> bool:
        if self._app_token is None:
            return self._app is not None
        return self._socket is not None and self._socket.connected

    def reconnects(self) -> int:
        return self._socket.reconnects if self._socket is not None else 0

    def _connect(self) -> SocketModeConnection:
        assert self._app is not None and self._app_token is not None  # noqa: S101  (`start` saw to it)
        return SocketModeConnection(self._app, self._app_token, ping_s=self._ping_s)

    def bolt_app(self) -> App:
        """The Bolt app with our listeners. Raises DeliveryError when the token does not work."""
        try:
            # The name keeps Bolt from reading it out of the main script; the secret "" refuses every HTTP request.
            app: App = call(
                lambda: App(
                    name="curvebot",
                    client=self._client,
                    signing_secret=self._signing_secret or "",
                    process_before_response=True,  # acknowledged is what a listener has kept
                )
            )
        except BoltError:
            raise ShutOut("Slack：Bot Token 无效或已停用") from None
        app.command(re.compile(r"^/"))(self._on_command)
        app.event("app_mention")(self._on_message)
        app.event("message")(self._on_message)
        app.event("link_shared")(self._on_links)
        app.action(re.compile(""))(self._on_action)
        app.error(_not_acknowledged)
        return app

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """POST /slack/events: Bolt checks signature and age; a repetition has an event id that was seen."""
        if self._app is None or not self._signing_secret:
            return 503, {}, b""
        try:
            request = BoltRequest(body=body.decode(), headers=dict(headers))
        except UnicodeDecodeError:
            return 400, {}, b""
        response = self._app.dispatch(request)
        return response.status, {k: v[0] for k, v in response.headers.items() if v}, (response.body or "").encode()

    def _on_command(self, ack: Callable[..., BoltResponse], body: dict[str, Any]) -> BoltResponse:
        self._hand_over(wire.command(body))
        return ack(response_type="in_channel")  # shows the command to the channel that sees the answer

    def _on_message(self, event: dict[str, Any], context: Mapping[str, Any]) -> None:
        self._hand_over(wire.message(event, bot_user=context.get("bot_user_id") or ""))

    def _on_action(self, ack: Callable[..., BoltResponse], body: dict[str, Any]) -> BoltResponse:
        self._hand_over(wire.action(body))
        return ack()

    def _on_links(self, event: dict[str, Any], context: Mapping[str, Any]) -> None:
        shared = wire.links(event, bot_user=context.get("bot_user_id") or "")
        if shared is None or self._previewer is None or shared.message in self._unfurled:
            return
        self._unfurled.append(shared.message)
        preview = self._previewer(shared)
        if preview is not None:
            preview.found.add_done_callback(lambda found: self._show(event, preview, found.result()))

    def _show(self, event: Mapping[str, Any], preview: Preview, shown: Mapping[str, Message]) -> None:
        """In a worker. Once it stands there it is given again when a verdict changes; in the composer it is gone."""
        place = {"channel": event["channel"], "ts": event["message_ts"]}
        first = place
        if event.get("unfurl_id") and event.get("source"):
            first = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
        if self._unfurl(first, shown) and event.get("source") != "composer":
            preview.follow(partial(self._unfurl, place))

    def _unfurl(self, place: Mapping[str, Any], shown: Mapping[str, Message]) -> bool:
        """Whether it was taken. A failure is nobody's news: the link stands there as it was."""
        unfurls = {link: {"blocks": render_preview(message)} for link, message in shown.items()}
        if not unfurls:
            return False
        try:
            call(self._client.chat_unfurl, **place, unfurls=unfurls)
        except DeliveryError as error:
            log.warning("链接没有展开", error=str(error))
            return False
        return True

    def _hand_over(self, inbound: Inbound | None) -> None:
        """Raises when it was not kept: Slack delivers an event again, and tells who typed a command or pressed."""
        if inbound is not None and self._receive is not None:
            self._intake.keep(self._receive, inbound)

    # sending

    def send(self, post: Post) -> str:
        channel = post.address.channel
        if post.message is None:
            return self._send_chart(channel, post)
        try:
            return self._send_message(channel, post, render(post.message))
        except wire.BlocksRefusedError as error:
            log.warning("Slack 不收这些 blocks，改发纯文本", key=post.key[:12], error=str(error))
            return self._send_message(channel, post, render_plain(post.message))

    def find(self, post: Post, since: float) -> str | None:
        """What belongs to a message and did not get under it, because the process died, is put there now."""
        channel, thread = post.address.channel, wire.own(post.root_message_id)
        try:
            found = self._look_up(channel, thread, since, lambda message: wire.holds(message, post))
        except Refused as error:
            raise LookUpImpossible(f"Slack 不让查历史：{error}") from None
        except Unclear as error:
            raise NotSent(str(error)) from None
        if found is None:
            return None
        remote_id = wire.remote_id_of(found, post)
        file = render(post.message).file if post.message is not None else None
        if file is not None:
            try:
                if not self._has_file(post, thread or remote_id):
                    self._attach(channel, post, thread or remote_id, file)
            except Unclear as error:
                raise NotSent(str(error)) from None
        return remote_id

    def _look_up(
        self, channel: str, thread: str | None, since: float, wanted: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any] | None:
        """A message of the channel, or of a thread in it. Raises DeliveryError."""
        read = self._client.conversations_replies if thread else self._client.conversations_history
        args: dict[str, Any] = {"channel": channel, "oldest": f"{since:.6f}", "include_all_metadata": True}
        if thread:
            args["ts"] = thread
        for _ in range(_PAGES):
            page = call(read, limit=_PAGE, **args)
            for found in page["messages"]:
                if wanted(found):
                    return dict(found)
            args["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not args["cursor"]:
                return None
        raise LookUpImpossible("Slack：历史太长，没有查完")

    def _has_file(self, post: Post, thread: str) -> bool:
        """Whether the document of a message stands in the thread. Raises DeliveryError, also when we may not look."""
        holds = lambda message: wire.holds_file(message, post.key[:12])  # noqa: E731
        return self._look_up(post.address.channel, thread, float(thread), holds) is not None

    def _send_message(self, channel: str, post: Post, rendered: SlackMessage) -> str:
        if post.edits is not None and not post.edits.startswith(wire.RESPONDED):
            args: dict[str, Any] = {"ts": post.edits, "text": rendered.text, "blocks": rendered.blocks}
            remote_id = str(call(self._client.chat_update, channel=channel, **args)["ts"])
        else:
            try:
                remote_id = self._post(channel, post, rendered)
            except wire.OutsideError:
                if post.reply_url is None:
                    raise
                return _respond(post, rendered, self._timeout_s)
        if rendered.file is not None:
            thread = wire.own(post.root_message_id) or remote_id
            if post.edits is None or not self._attached(post, thread):  # an edit is repeated after any doubt
                self._attach(channel, post, thread, rendered.file)
        return remote_id

    def _post(self, channel: str, post: Post, rendered: SlackMessage) -> str:
        args: dict[str, Any] = {
            "text": rendered.text,
            "metadata": {"event_type": wire.EVENT_TYPE, "event_payload": {"key": post.key}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if rendered.blocks:
            args["blocks"] = rendered.blocks
        else:
            args["mrkdwn"] = False
        if thread := wire.own(post.root_message_id):
            args["thread_ts"] = thread
        return str(call(self._client.chat_postMessage, channel=channel, **args)["ts"])

    def _send_chart(self, channel: str, post: Post) -> str:
        if (post.root_message_id or "").startswith(wire.RESPONDED):
            raise Refused("机器人不在频道里，发不了图")
        return self._share(
            channel, wire.own(post.root_message_id), f"curve-{post.key}.png", post.chart or b"", "训练曲线"
        )

    def _attached(self, post: Post, thread: str) -> bool:
        try:
            return self._has_file(post, thread)
        except DeliveryError:
            return False

    def _attach(self, channel: str, post: Post, thread: str, file: File) -> None:
        """The document in the message's thread. The message stands already: what is refused is told there. Raises
        Unclear for what `find` or another edit can still mend.
        """
        stem, dot, ending = file.name.rpartition(".")
        name = f"{stem or ending}-{post.key[:12]}{dot}{ending if stem else ''}"
        try:
            self._share(channel, thread, name, file.content.encode(), file.name)
        except DeliveryError as error:
            log.warning("附件没有发出", key=post.key[:12], error=str(error))
            if not isinstance(error, Refused) and self._may_look(post, thread):
                raise Unclear(f"附件没有发出：{error}") from None
            try:
                text = f"附件 {file.name} 没能上传，请再试一次。"
                call(self._client.chat_postMessage, channel=channel, thread_ts=thread, text=text, mrkdwn=False)
            except DeliveryError:
                log.warning("附件缺失也没能告知", key=post.key[:12])

    def _may_look(self, post: Post, thread: str) -> bool:
        """Whether it can be found out later what stands in a thread; as far as is known, yes."""
        try:
            self._has_file(post, thread)
        except (Refused, LookUpImpossible):
            return False
        except DeliveryError:
            pass
        return True

    def _share(self, channel: str, thread: str | None, name: str, content: bytes, title: str) -> str:
        args: dict[str, Any] = {"filename": name, "file": content, "title": title, "alt_txt": title}
        if thread:
            args["thread_ts"] = thread
        return str(call(self._client.files_upload_v2, channel=channel, **args)["file"]["id"])


def _not_acknowledged(error: Exception) -> None:
    log.error("没有存下收到的事件，不确认", error=type(error).__name__)


def _respond(post: Post, rendered: SlackMessage, timeout_s: int) -> str:
    """Answers through the response_url, where the bot is no member. It answers 200 or says why in a bare body."""
    hook = WebhookClient(post.reply_url or "", timeout=timeout_s, retry_handlers=[])
    hook.proxy = proxy_for(hook.url)
    note = "把机器人邀请进频道（/invite），才能附上图和文件"
    context = {"type": "context", "elements": [{"type": "plain_text", "text": note, "emoji": False}]}
    body: dict[str, Any] = {
        "response_type": "in_channel",
        "replace_original": post.edits is not None,
        "text": rendered.text,
        "blocks": [*rendered.blocks[:49], context] if rendered.blocks else None,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    answer = call(hook.send_dict, body={k: v for k, v in body.items() if v is not None})
    if answer.status_code == 200:
        return f"{wire.RESPONDED}{post.key[:12]}"
    if answer.status_code == 429:
        raise NotSent("Slack：限流", wire.seconds(answer.headers.get("Retry-After")))
    if answer.status_code >= 500:
        raise Unclear(f"Slack response_url：HTTP {answer.status_code}")
    if "invalid_blocks" in answer.body:
        raise wire.BlocksRefusedError("Slack response_url：invalid_blocks")
    raise Refused(f"Slack response_url 已失效（{answer.status_code}），机器人也不在频道里")
