"""Feishu as its SDK sees it: REST, the long connection's frames; with Feishu's limits, and a transcript.

with FeishuServer() as feishu:
    chat = FeishuChat(app_id=feishu.app_id, app_secret=feishu.app_secret, domain=feishu.domain)
    chat.start(receive)
    feishu.mention("/curve 64wxlc3y", chat="oc_1")
    feishu.wait(lambda f: f.messages)
"""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import hashlib
import itertools
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from bot.chats.feishu import lark
from bot.chats.feishu.probe import SCOPES
from tests.fakes.feishu_cards import buttons, card_errors
from tests.fakes.server import PATIENCE_S, Answer, FakeServer, Request, server_context

BOT = "ou_curvebot"
IDEMPOTENT_S = 3600.0


@dataclass(frozen=True)
class Ack:
    """The answer to an event over the socket, and how long it took."""

    event: str
    seconds: float
    code: int
    data: Any


class FeishuServer(FakeServer):
    """
    messages   what stands in the chats, oldest first: message_id, uuid, chat_id, msg_type, content (parsed), parent,
               edits
    images     image key -> bytes; files: file key -> (name, bytes)
    refreshed  previews that clients were told to ask for again, by token
    acks       what was answered over the socket
    outside    chats the bot is not in
    socket_address  where clients are told to connect: host:port
    scopes     what the app may do
    people     open_id -> name, of those in any chat
    granted    permissions as the list of them says
    info       the app's own settings; None: the app may not read them
    commands   native slash commands
    """

    def __init__(self, *, tls: bool = False) -> None:
        """`tls`: of the socket, with a certificate of `server.authority`."""
        super().__init__()
        self.app_id, self.app_secret = f"cli_{uuid.uuid4().hex[:12]}", "canary-app-secret"
        self.encrypt_key, self.verification_token = "canary-encrypt-key", "canary-verification-token"
        self.domain = self.url
        self.messages: list[dict[str, Any]] = []
        self.images: dict[str, bytes] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.acks: list[Ack] = []
        self.outside: set[str] = set()
        self.withdrawn: set[str] = set()
        self.commands: list[str] = []
        self.refreshed: list[str] = []
        self.scopes = {"im:chat:readonly", "im:resource", "im:message.group_msg", "application:app_slash_command:write"}
        self.granted = set(SCOPES)
        self.info: dict[str, Any] | None = {
            "status": 1,
            "online_version_id": "oav_1",
            "unaudit_version_id": "",
            "event": {"subscription_type": "websocket", "subscribed_events": ["im.message.receive_v1"]},
            "callback_info": {"callback_type": "websocket", "subscribed_callbacks": ["card.action.trigger"]},
        }
        self.people = {"ou_person": "张三"}
        self.page_size = 100  # of members, at most
        self.clock_ahead_s = 0.0  # to let a uuid grow old
        self._tokens: list[str] = []
        self._uuids: dict[str, tuple[float, str]] = {}
        self._sockets: list[ServerConnection] = []
        self._sent: dict[str, float] = {}
        self._last: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        self._ws = serve(self._socket, "127.0.0.1", 0, ssl=server_context() if tls else None)
        self._scheme = "wss" if tls else "ws"
        port = self._ws.socket.getsockname()[1]
        self.socket_address = f"{'localhost' if tls else '127.0.0.1'}:{port}"

    def __enter__(self) -> Self:
        lark.sdk()  # takes seconds, and nobody's deadline should run meanwhile
        threading.Thread(target=self._serve_sockets, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *args: object) -> None:
        self._ws.shutdown()
        for ws in list(self._sockets):
            ws.close()
        super().__exit__(*args)

    # what people do

    def mention(self, text: str, *, chat: str = "oc_1", gap: str = " ", topic: bool = False, **more: Any) -> str:
        """Writes `@curvebot <text>` in a group; `topic`: in a topic group, where it comes as a post."""
        key = "@_user_1"
        mentions = [{"key": key, "id": {"open_id": BOT}, "name": "curvebot"}]
        said: dict[str, Any] = {"chat_id": chat, "chat_type": "group", "mentions": mentions}
        if topic:
            line = [{"tag": "at", "user_id": key, "user_name": "curvebot"}, {"tag": "text", "text": f"{gap}{text}"}]
            said |= {"thread_id": "omt_1", "message_type": "post"}
            said["content"] = json.dumps({"title": "", "content": [line]})
        else:
            said |= {"message_type": "text", "content": json.dumps({"text": f"{key}{gap}{text}"})}
        return self.message(said | more)

    def chatter(self, text: str, *, chat: str = "oc_1", **more: Any) -> str:
        """Writes to nobody in a group that the app may read."""
        content = json.dumps({"text": text})
        return self.message({"chat_id": chat, "chat_type": "group", "message_type": "text", "content": content} | more)

    def direct(self, text: str, *, chat: str = "oc_p2p") -> str:
        """Writes to the bot."""
        content = json.dumps({"text": text})
        return self.message({"chat_id": chat, "chat_type": "p2p", "message_type": "text", "content": content})

    def message(self, said: Mapping[str, Any]) -> str:
        return self.deliver(self.envelope("im.message.receive_v1", self.said(said)))

    def said(self, said: Mapping[str, Any] | str, *, chat: str = "oc_p2p") -> dict[str, Any]:
        """The event of a message; of a text alone, of a direct one."""
        if isinstance(said, str):
            content = json.dumps({"text": said})
            said = {"chat_id": chat, "chat_type": "p2p", "message_type": "text", "content": content}
        number = next(self._numbers)
        full = {"message_id": f"om_in_{number}", "create_time": self._millis(), "mentions": []} | dict(said)
        sender = {"sender_id": {"open_id": "ou_person"}, "sender_type": "user", "tenant_key": "t1"}
        return {"sender": sender, "message": full}

    def press(self, message: Mapping[str, Any], label: str) -> str:
        """Presses a button of a card."""
        button = next(b for b in buttons(message["content"]) if b["text"]["content"] == label)
        value = next(b["value"] for b in button["behaviors"] if b["type"] == "callback")
        event = {
            "operator": {"open_id": "ou_person", "tenant_key": "t1"},
            "token": "c-1",
            "action": {"value": value, "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": message["message_id"], "open_chat_id": message["chat_id"]},
        }
        return self.deliver(self.envelope("card.action.trigger", event))

    def share(self, link: str, *, chat: str = "oc_1", message_id: str = "om_shared_1", token: str = "pt-1") -> str:
        """A client shows a message with a link, and wants its preview; without `message_id` it is only typed."""
        context = {"url": link, "preview_token": token, "open_message_id": message_id, "open_chat_id": chat}
        operator = {"open_id": "ou_person", "tenant_key": "t1"}
        return self.deliver(
            self.envelope("url.preview.get", {"operator": operator, "host": "im_message", "context": context})
        )

    def envelope(self, kind: str, event: Mapping[str, Any]) -> dict[str, Any]:
        header = {
            "event_id": uuid.uuid4().hex,
            "event_type": kind,
            "create_time": self._millis(),
            "app_id": self.app_id,
            "tenant_key": "t1",
            "token": self.verification_token,
        }
        return {"schema": "2.0", "header": header, "event": dict(event)}

    def redeliver(self) -> str:
        """The last event again, as Feishu does when it got no answer."""
        return self.deliver(self._last)

    def deliver(self, envelope: dict[str, Any]) -> str:
        """Sends an event over the socket; waits for one. -> the name to ask `ack` for."""
        ws = self.wait(lambda s: s._sockets and s._sockets[-1])
        name = f"frame-{next(self._numbers)}"
        frame = frame_type()(SeqID=1, LogID=1, service=1, method=1, payload=json.dumps(envelope).encode())
        for key, value in {"type": "event", "message_id": name, "trace_id": "t", "sum": "1", "seq": "0"}.items():
            header = frame.headers.add()
            header.key, header.value = key, value
        self._last, self._sent[name] = envelope, time.monotonic()
        ws.send(frame.SerializeToString())
        return name

    def ack(self, name: str, timeout_s: float = PATIENCE_S) -> Ack:
        """The answer to an event; waits for it."""
        found: Ack = self.wait(lambda s: next((a for a in s.acks if a.event == name), None), timeout_s)
        return found

    def sockets(self) -> set[str]:
        """Names of the sockets that are open."""
        return {str(ws.id) for ws in self._sockets}

    def drop(self) -> None:
        """Closes every socket without a word."""
        for ws in list(self._sockets):
            ws.close()

    def encrypted(self, envelope: Mapping[str, Any], *, at: float | None = None) -> tuple[dict[str, str], bytes]:
        """An event as it comes over HTTP: headers (lower case), body."""
        from Crypto.Cipher import AES  # noqa: PLC0415

        plain = json.dumps(envelope).encode()
        pad = 16 - len(plain) % 16
        vector = b"0123456789abcdef"
        cipher = AES.new(hashlib.sha256(self.encrypt_key.encode()).digest(), AES.MODE_CBC, vector)
        secret = base64.b64encode(vector + cipher.encrypt(plain + bytes([pad]) * pad)).decode()
        body = json.dumps({"encrypt": secret}).encode()
        stamp, nonce = str(int(at if at is not None else time.time())), "nonce"
        signature = hashlib.sha256((stamp + nonce + self.encrypt_key).encode() + body).hexdigest()
        headers = {
            "x-lark-request-timestamp": stamp,
            "x-lark-request-nonce": nonce,
            "x-lark-signature": signature,
        }
        return headers, body

    def revoke_token(self) -> None:
        """The tenant token is no longer good; the SDK will not notice by itself."""
        self._tokens.clear()

    # REST

    def name(self, request: Request) -> str:
        """`create`, `reply`, `patch`, `list`, `member`, `members`, `refresh`, `images`, `files`, `token`, `bot`, …"""
        path = request.path.removeprefix("/open-apis/")
        if path.startswith("im/v1/messages"):
            if path.endswith("/reply"):
                return "reply"
            return {"POST": "create", "PATCH": "patch", "GET": "list"}[request.method]
        if path.endswith("/is_in_chat"):
            return "member"
        if path.endswith("/members"):
            return "members"
        if path.startswith("im/v2/url_previews"):
            return "refresh"
        if path.startswith("im/v1/"):
            return path.removeprefix("im/v1/")
        if path.startswith("application/v6/"):
            return "scopes" if path.endswith("/scopes") else "info"
        known = {"auth": "token", "bot": "bot", "application": "slash"}
        return known.get(path.split("/", 1)[0], "endpoint")

    def refusal(self, fault: str) -> Answer:
        if fault == "rate_limited":
            return Answer(_body(99991400, "request trigger frequency limit"), 429, {"x-ogw-ratelimit-reset": "7"})
        if fault == "chat_limited":
            return Answer(_body(230020, "This operation triggers the frequency limit, ext=chat rate limit"), 400)
        if fault == "error":
            return Answer(_body(2200, "internal error"), 500)
        if fault == "html":
            return Answer(b"<html>Bad gateway</html>", 502, {"Content-Type": "text/html"})
        return Answer(_body(int(fault), "refused"), 400)

    def answer(self, name: str, request: Request) -> Answer:
        params = request.params
        if name == "token":
            if (params.get("app_id"), params.get("app_secret")) != (self.app_id, self.app_secret):
                return Answer(_body(10014, "app secret invalid"))
            self._tokens.append(f"t-canary-tenant-token-{next(self._numbers)}")
            return Answer({"code": 0, "msg": "ok", "tenant_access_token": self._tokens[-1], "expire": 7200})
        if name == "endpoint":
            return self._endpoint(params)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return Answer(_body(99991663, "Invalid access token"), 400)
        if name == "bot":
            return Answer({"code": 0, "msg": "ok", "bot": {"open_id": BOT, "app_name": "curvebot"}})
        if name == "member":
            if "im:chat:readonly" not in self.scopes:
                return Answer(_body(99991672, "Access denied. One of the following scopes is required"), 400)
            return Answer({"code": 0, "data": {"is_in_chat": request.path.split("/")[5] not in self.outside}})
        if name == "members":
            return self._members(params)
        if name == "scopes":
            listed = [{"scope_name": scope, "grant_status": 1} for scope in sorted(self.granted)]
            return Answer({"code": 0, "data": {"scopes": listed}})
        if name == "info":
            if self.info is None:
                return Answer(_body(99991672, "Access denied. One of the following scopes is required"), 400)
            return Answer({"code": 0, "data": {"app": {"app_id": self.app_id, **self.info}}})
        if name == "refresh":
            self.refreshed += params["preview_tokens"]
            return Answer({"code": 0, "data": {}})
        last = request.path.removesuffix("/reply").rsplit("/", 1)[-1]
        if name == "reply":
            return self._reply(last, params)
        if name == "patch":
            return self._patch(last, params)
        if name == "images":
            return self._image(request)
        if name == "files":
            return self._file(request)
        return {"create": self._create, "list": self._list, "slash": self._slash}[name](params)

    def _members(self, params: Mapping[str, Any]) -> Answer:
        """Page by page; bots are not among them."""
        if "im:chat:readonly" not in self.scopes:
            return Answer(_body(99991672, "Access denied. One of the following scopes is required"), 400)
        if params.get("member_id_type") != "open_id" or not 1 <= int(params["page_size"]) <= 100:
            return Answer(_body(230001, "invalid request parameter"), 400)
        start, size = int(params.get("page_token") or 0), min(int(params["page_size"]), self.page_size)
        people = [{"member_id_type": "open_id", "member_id": i, "name": n} for i, n in self.people.items()]
        more = start + size < len(people)
        shown = people[start : start + size]
        return Answer({"code": 0, "data": {"items": shown, "has_more": more, "page_token": str(start + size)}})

    def _endpoint(self, params: Mapping[str, Any]) -> Answer:
        if (params.get("AppID"), params.get("AppSecret")) != (self.app_id, self.app_secret):
            return Answer(_body(1000040345, "app_id or app_secret invalid"))
        query = "device_id=d1&service_id=1&access_key=canary-access-key&ticket=canary-ticket"
        config = {"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 30, "PingInterval": 120}
        return Answer(
            {
                "code": 0,
                "msg": "",
                "data": {"URL": f"{self._scheme}://{self.socket_address}/ws?{query}", "ClientConfig": config},
            }
        )

    def _create(self, params: Mapping[str, Any]) -> Answer:
        if params["receive_id"] in self.outside:
            return Answer(_body(230002, "Bot/User can NOT be out of the chat."), 400)
        return self._put(params["receive_id"], None, params)

    def _reply(self, parent: str, params: Mapping[str, Any]) -> Answer:
        known = next((m for m in self.messages if m["message_id"] == parent), None)
        if parent in self.withdrawn:
            return Answer(_body(230011, "The message was withdrawn."), 400)
        if known is None and not parent.startswith("om_in_"):
            return Answer(_body(230001, "invalid message_id"), 400)
        return self._put(known["chat_id"] if known else "oc_1", parent, params)

    def _put(self, chat: str, parent: str | None, params: Mapping[str, Any]) -> Answer:
        key, now = str(params.get("uuid") or ""), time.time() + self.clock_ahead_s
        if len(key) > 50:
            return Answer(_body(230001, "uuid is longer than 50"), 400)
        if key in self._uuids and now - self._uuids[key][0] < IDEMPOTENT_S:
            return Answer({"code": 0, "msg": "success", "data": {"message_id": self._uuids[key][1]}})
        content = json.loads(params["content"])
        refused = self._refuse(params["msg_type"], params["content"], content)
        if refused is not None:
            return refused
        message_id = f"om_out_{next(self._numbers)}"
        self.messages.append(
            {
                "message_id": message_id,
                "uuid": key,
                "chat_id": chat,
                "parent": parent,
                "msg_type": params["msg_type"],
                "content": content,
                "edits": 0,
                "create_time": self._millis(),
                "in_thread": params.get("reply_in_thread"),
            }
        )
        if key:
            self._uuids[key] = (now, message_id)
        return Answer({"code": 0, "msg": "success", "data": {"message_id": message_id}})

    def _patch(self, message_id: str, params: Mapping[str, Any]) -> Answer:
        message = next((m for m in self.messages if m["message_id"] == message_id), None)
        if message is None or message_id in self.withdrawn:
            return Answer(_body(230011, "The message was withdrawn."), 400)
        content = json.loads(params["content"])
        refused = self._refuse("interactive", params["content"], content)
        if refused is not None:
            return refused
        message.update(content=content, edits=message["edits"] + 1)
        return Answer({"code": 0, "msg": "success", "data": {}})

    def _refuse(self, kind: str, raw: str, content: Any) -> Answer | None:
        if not _is_json(raw):
            return Answer(_body(230001, "Your request contains an invalid request parameter, ext=invalid JSON"), 400)
        if len(raw.encode()) > (30 * 1024 if kind in ("interactive", "post") else 150 * 1024):
            return Answer(_body(230025, "The length of the message content reaches its limit."), 400)
        if kind == "image" and content["image_key"] not in self.images:
            return Answer(_body(230001, "image_key"), 400)
        if kind == "file" and content["file_key"] not in self.files:
            return Answer(_body(230001, "file_key"), 400)
        errors = list(card_errors(content, self.images)) if kind == "interactive" else []
        return Answer(_body(230099, f"Failed to create card content, ext=ErrMsg: {errors}"), 400) if errors else None

    def _image(self, request: Request) -> Answer:
        if "im:resource" not in self.scopes:
            return Answer(_body(99991672, "Access denied. One of the following scopes is required"), 400)
        parts = _parts(request)
        if parts["image_type"] != b"message" or not parts["image"]:
            return Answer(_body(234001, "Invalid request param."), 400)
        if not parts["image"].startswith(b"\x89PNG"):
            return Answer(_body(234011, "Can't recognize the image format."), 400)
        key = f"img_v3_{next(self._numbers)}"
        self.images[key] = parts["image"]
        return Answer({"code": 0, "msg": "success", "data": {"image_key": key}})

    def _file(self, request: Request) -> Answer:
        if "im:resource" not in self.scopes:
            return Answer(_body(99991672, "Access denied. One of the following scopes is required"), 400)
        parts = _parts(request)
        key = f"file_v3_{next(self._numbers)}"
        self.files[key] = (parts["file_name"].decode(), parts["file"])
        return Answer({"code": 0, "msg": "success", "data": {"file_key": key}})

    def _list(self, params: Mapping[str, Any]) -> Answer:
        if "im:message.group_msg" not in self.scopes:
            return Answer(_body(230027, "Lack of necessary permissions"), 400)
        chosen = [
            m
            for m in self.messages
            if m["chat_id"] == params["container_id"]
            and not m["parent"]
            and int(m["create_time"]) >= 1000 * int(params["start_time"])
        ]
        start, size = int(params.get("page_token") or 0), int(params["page_size"])
        original = params.get("card_msg_content_type") == "user_card_content"
        items = [
            {"message_id": m["message_id"], "body": {"content": json.dumps(m["content"] if original else {})}}
            for m in chosen[start : start + size]
        ]
        more = start + size < len(chosen)
        return Answer({"code": 0, "data": {"items": items, "has_more": more, "page_token": str(start + size)}})

    def _slash(self, params: Mapping[str, Any]) -> Answer:
        if "application:app_slash_command:write" not in self.scopes:
            return Answer(_body(99991672, "Access denied. One of the following scopes is required"), 400)
        if "command" in params:
            self.commands.append(params["command"])
        return Answer({"code": 0, "msg": "success", "data": {"items": [{"command": c} for c in self.commands]}})

    # the long connection

    def _serve_sockets(self) -> None:
        with contextlib.suppress(OSError):  # shut down before it began
            self._ws.serve_forever()

    def _socket(self, ws: ServerConnection) -> None:
        with self._changed:
            self._sockets.append(ws)
            self._changed.notify_all()
        try:
            for raw in ws:
                now = time.monotonic()
                frame = frame_type()()
                frame.ParseFromString(raw)
                headers = {h.key: h.value for h in frame.headers}
                if frame.method == 0:  # a ping
                    continue
                said = json.loads(frame.payload)
                data = json.loads(base64.b64decode(said["data"])) if said.get("data") else None
                name = headers["message_id"]
                with self._changed:
                    self.acks.append(Ack(name, now - self._sent[name], said["code"], data))
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self._sockets.remove(ws)

    def _millis(self) -> str:
        return str(int(1000 * time.time()))


def frame_type() -> Any:
    """The SDK's class of frames; loaded by the one function that may load the SDK."""
    lark.sdk()
    from lark_oapi.ws.pb.pbbp2_pb2 import Frame  # noqa: PLC0415

    return Frame


def _is_json(content: str) -> bool:
    """As the standard has it: NaN and Infinity, which Python writes, are none."""

    def refused(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(content, parse_constant=refused)
    except ValueError:
        return False
    return True


def _body(code: int, text: str) -> dict[str, Any]:
    return {"code": code, "msg": text, "error": {"log_id": "1"}}


def _parts(request: Request) -> dict[str, bytes]:
    kind = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    form = email.message_from_bytes(kind + request.body, policy=email.policy.HTTP)
    parts = {
        str(p.get_param("name", header="content-disposition")): p.get_payload(decode=True) for p in form.iter_parts()
    }
    return {name: part if isinstance(part, bytes) else b"" for name, part in parts.items()}


def under(root: str) -> dict[str, str]:
    """What a message in the topic under another one carries."""
    return {"root_id": root, "parent_id": root, "thread_id": "omt_1"}
