"""Slack as its SDK sees it: Web API, Socket Mode, response_url; with Slack's limits, and a transcript.

with SlackServer() as slack:
    chat = SlackChat(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    chat.start(receive)
    slack.command("64wxlc3y", channel="C1")
    slack.wait(lambda s: s.messages)
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from bot.chats.slack.probe import OPTIONAL, SCOPES
from tests.fakes.server import PATIENCE_S, Answer, FakeServer, Request, server_context

BOT_USER, BOT_ID = "UCURVEBOT", "BCURVEBOT"


@dataclass(frozen=True)
class Ack:
    """An acknowledgement over the socket, and how long it took."""

    envelope_id: str
    seconds: float
    payload: Any


class SlackServer(FakeServer):
    """
    messages   what stands in the channels, oldest first, files shared there included
    files      what was uploaded: id, name, content, shared
    unfurls    what was given to chat.unfurl
    responses  what was posted to response_urls
    acks       what was acknowledged over the socket
    outside    channels the bot is no member of; missing: channels that do not exist
    socket_address  where clients are told to connect: host:port
    scopes     what the token may do
    """

    def __init__(self, *, tls: bool = False) -> None:
        """`tls`: of the socket, with a certificate of `server.authority`."""
        super().__init__()
        self.bot_token, self.app_token = "xoxb-1-canary-bot-token", "xapp-1-canary-app-token"
        self.signing_secret = "canary-signing-secret"
        self.api_url = f"{self.url}/api/"
        self.messages: list[dict[str, Any]] = []
        self.files: dict[str, dict[str, Any]] = {}
        self.responses: list[dict[str, Any]] = []
        self.acks: list[Ack] = []
        self.unfurls: list[dict[str, Any]] = []
        self.outside: set[str] = set()
        self.missing: set[str] = set()
        self.scopes = {*SCOPES, *OPTIONAL}
        self._sockets: list[ServerConnection] = []
        self._sent: dict[str, float] = {}
        self._last: tuple[str, dict[str, Any]] = ("", {})
        self._numbers = itertools.count(1)
        self._ws = serve(self._socket, "127.0.0.1", 0, ssl=server_context() if tls else None)
        self._scheme = "wss" if tls else "ws"
        port = self._ws.socket.getsockname()[1]
        self.socket_address = f"{'localhost' if tls else '127.0.0.1'}:{port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve_sockets, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *args: object) -> None:
        self._ws.shutdown()
        for ws in list(self._sockets):
            ws.close()
        super().__exit__(*args)

    # what people do

    def command(
        self, text: str, *, channel: str = "C1", user: str = "U1", trigger_id: str | None = None, name: str = "/curve"
    ) -> str:
        """Types `/curve <text>`; -> envelope id."""
        return self.deliver("slash_commands", self.command_payload(text, channel, user, trigger_id, name))

    def command_payload(
        self, text: str, channel: str = "C1", user: str = "U1", trigger_id: str | None = None, name: str = "/curve"
    ) -> dict[str, Any]:
        number = next(self._numbers)
        return {
            "command": name,
            "text": text,
            "channel_id": channel,
            "user_id": user,
            "team_id": "T1",
            "trigger_id": trigger_id or f"trigger.{number}",
            "response_url": f"{self.url}/respond/{number}",
        }

    def mention(self, text: str, *, channel: str = "C1", user: str = "U1", **more: Any) -> str:
        """Writes `@curvebot <text>` in a channel."""
        event = {"type": "app_mention", "text": f"<@{BOT_USER}> {text}", "channel": channel, "user": user}
        return self.event(event | more)

    def chatter(self, text: str, *, channel: str = "C1", user: str = "U1", **more: Any) -> str:
        """Writes to nobody in a channel whose messages the app has subscribed to."""
        event = {"type": "message", "channel_type": "channel", "text": text, "channel": channel, "user": user}
        return self.event(event | more)

    def direct(self, text: str, *, user: str = "U1", **more: Any) -> str:
        """Writes to the bot."""
        event = {"type": "message", "channel_type": "im", "text": text, "channel": "D1", "user": user}
        return self.event(event | more)

    def share(self, *links: str, channel: str = "C1", ts: str = "", **more: Any) -> str:
        """Posts links in a channel the bot is in (what is posted besides, only the channel sees)."""
        event: dict[str, Any] = {
            "type": "link_shared",
            "channel": channel,
            "message_ts": ts or self._ts(),
            "user": "U1",
        }
        event |= {"is_bot_user_member": channel not in self.outside, "source": "conversations_history"}
        event |= {"unfurl_id": f"{channel}.{next(self._numbers)}"}
        return self.event(event | {"links": [{"domain": "x", "url": link} for link in links]} | more)

    def event(self, event: Mapping[str, Any]) -> str:
        return self.deliver("events_api", self.event_payload(event))

    def event_payload(self, event: Mapping[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        inner = {"ts": self._ts(), "team": "T1"} | dict(event)
        return {
            "type": "event_callback",
            "event_id": f"Ev{number}",
            "event_time": int(time.time()),
            "team_id": "T1",
            "api_app_id": "A1",
            "event": inner,
            "authorizations": [{"team_id": "T1", "user_id": BOT_USER, "is_bot": True}],
        }

    def press(self, message: Mapping[str, Any], label: str, *, user: str = "U1") -> str:
        """Presses a button of a message."""
        button = next(b for b in buttons(message["blocks"]) if b["text"]["text"] == label)
        container = {"type": "message", "message_ts": message["ts"], "channel_id": message["channel"]}
        if message.get("thread_ts"):
            container["thread_ts"] = message["thread_ts"]
        number = next(self._numbers)
        payload = {
            "type": "block_actions",
            "user": {"id": user},
            "team": {"id": "T1"},
            "channel": {"id": message["channel"]},
            "container": container,
            "trigger_id": f"trigger.{number}",
            "response_url": f"{self.url}/respond/{number}",
            "actions": [{**button, "action_ts": self._ts()}],
        }
        return self.deliver("interactive", payload)

    def redeliver(self) -> str:
        """The last event again, as Slack does when it thinks it was not acknowledged."""
        return self.deliver(*self._last)

    def deliver(self, kind: str, payload: dict[str, Any]) -> str:
        """Sends an envelope over a socket; waits for one."""
        ws = self.wait(lambda s: s._sockets and s._sockets[-1])
        envelope_id = f"envelope-{next(self._numbers)}"
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": True}
        self._last = (kind, payload)
        self._sent[envelope_id] = time.monotonic()
        ws.send(json.dumps(envelope))
        return envelope_id

    def ack(self, envelope_id: str, timeout_s: float = PATIENCE_S) -> Ack:
        """The acknowledgement of an envelope; waits for it."""
        found: Ack = self.wait(lambda s: next((a for a in s.acks if a.envelope_id == envelope_id), None), timeout_s)
        return found

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Asks the client to come back on a new socket, as Slack does every few hours."""
        self._sockets[-1].send(json.dumps({"type": "disconnect", "reason": reason}))

    def sockets(self) -> set[str]:
        """Names of the sockets that are open."""
        return {str(ws.id) for ws in self._sockets}

    def drop(self) -> None:
        """Closes every socket without a word."""
        for ws in list(self._sockets):
            ws.close()

    def signed(self, body: bytes, *, at: float | None = None, kind: str = "application/json") -> dict[str, str]:
        """Headers of a request over HTTP, lower case."""
        stamp = str(int(at if at is not None else time.time()))
        mac = hmac.new(self.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        return {
            "content-type": kind,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={mac.hexdigest()}",
        }

    def command_body(self, text: str) -> bytes:
        """A slash command as it comes over HTTP."""
        return urlencode(self.command_payload(text)).encode()

    # the Web API

    def name(self, request: Request) -> str:
        parts = request.path.strip("/").split("/")
        return parts[1] if parts[0] == "api" else parts[0]

    def refusal(self, fault: str) -> Answer:
        if fault == "rate_limited":
            return Answer({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "7"})
        if fault == "error":
            return Answer({"ok": False, "error": "internal_error"}, 500)
        if fault == "html":
            return Answer(b"<html>Bad gateway</html>", 502, {"Content-Type": "text/html"})
        return _error(fault)

    def answer(self, name: str, request: Request) -> Answer:
        params = {k: _value(v) for k, v in request.params.items()}
        if name == "respond":
            return self._respond(request.path, params)
        if name == "upload":
            return self._upload(request.path.rsplit("/", 1)[-1], request.body)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != (self.app_token if name == "apps.connections.open" else self.bot_token):
            return _error("invalid_auth")
        if name == "auth.test":
            who = {"user_id": BOT_USER, "bot_id": BOT_ID, "team_id": "T1", "user": "curvebot", "team": "t", "url": "u"}
            return Answer({"ok": True, **who}, headers={"x-oauth-scopes": ",".join(sorted(self.scopes))})
        if name == "apps.connections.open":
            return _ok(url=f"{self._scheme}://{self.socket_address}/link?ticket=canary-ticket-{next(self._numbers)}")
        return getattr(self, "_" + name.replace(".", "_"))(params)  # type: ignore[no-any-return]

    def _place(self, channel: str) -> Answer | None:
        if channel in self.missing:
            return _error("channel_not_found")
        return _error("not_in_channel") if channel in self.outside else None

    def _chat_postMessage(self, params: dict[str, Any]) -> Answer:  # noqa: N802
        refused = self._place(params["channel"]) or _refuse(params)
        if refused is not None:
            return refused
        if len(params.get("text") or "") > 40_000:
            return _error("msg_too_long")
        thread = params.get("thread_ts")
        if thread and not any(m["ts"] == thread for m in self.messages):
            return _error("thread_not_found")
        message = {"type": "message", "user": BOT_USER, "bot_id": BOT_ID, "ts": self._ts(), **params}
        self.messages.append(message)
        return _ok(channel=params["channel"], ts=message["ts"], message=message)

    def _chat_update(self, params: dict[str, Any]) -> Answer:
        found = [m for m in self.messages if m["channel"] == params["channel"] and m["ts"] == params["ts"]]
        if not found:
            return _error("message_not_found")
        if len((params.get("text") or "").encode()) > 4000:
            return _error("msg_too_long")
        refused = _refuse(params)
        if refused is not None:
            return refused
        found[0].update({k: v for k, v in params.items() if k in ("text", "blocks", "metadata")}, edited=True)
        return _ok(channel=params["channel"], ts=params["ts"], text=params.get("text"))

    def _chat_unfurl(self, params: dict[str, Any]) -> Answer:
        if "links:write" not in self.scopes:
            return Answer({"ok": False, "error": "missing_scope", "needed": "links:write"})
        for shown in params["unfurls"].values():
            errors = [e for e in block_errors(shown["blocks"]) or () if e]
            if errors or {b["type"] for b in shown["blocks"]} - {"section", "context"}:
                return _error("cannot_unfurl_url", errors)
        self.unfurls.append(params)
        return _ok()

    def _files_getUploadURLExternal(self, params: dict[str, Any]) -> Answer:  # noqa: N802
        file_id = f"F{next(self._numbers)}"
        self.files[file_id] = {
            "id": file_id,
            "name": params["filename"],
            "length": int(params["length"]),
            "alt_txt": params.get("alt_txt"),
            "content": None,
            "shared": [],
        }
        return _ok(file_id=file_id, upload_url=f"{self.url}/upload/{file_id}")

    def _upload(self, file_id: str, body: bytes) -> Answer:
        file = self.files[file_id]
        if len(body) != file["length"]:
            return Answer(b"length", 400)
        file["content"] = body
        return Answer(b"OK - " + str(len(body)).encode(), 200, {"Content-Type": "text/plain"})

    def _files_completeUploadExternal(self, params: dict[str, Any]) -> Answer:  # noqa: N802
        wanted, channel = params["files"], params.get("channel_id")
        if any(self.files.get(f["id"], {}).get("content") is None for f in wanted):
            return _error("file_not_found")
        if channel:
            refused = self._place(channel)
            if refused is not None:
                return refused
            ts = self._ts()
            for f in wanted:
                self.files[f["id"]].update(title=f.get("title"), shared=[channel])
            shown = [{k: self.files[f["id"]].get(k) for k in ("id", "name", "title")} for f in wanted]
            message = {"type": "message", "user": BOT_USER, "channel": channel, "ts": ts, "text": "", "files": shown}
            if params.get("thread_ts"):
                message["thread_ts"] = params["thread_ts"]
            self.messages.append(message)
        return _ok(files=[{"id": f["id"], "title": f.get("title")} for f in wanted])

    def _files_info(self, params: dict[str, Any]) -> Answer:
        file = self.files.get(params["file"])
        return _ok(file={k: v for k, v in file.items() if k != "content"}) if file else _error("file_not_found")

    def _conversations_info(self, params: dict[str, Any]) -> Answer:
        channel = params["channel"]
        if channel in self.missing:
            return _error("channel_not_found")
        return _ok(channel={"id": channel, "is_member": channel not in self.outside})

    def _conversations_history(self, params: dict[str, Any]) -> Answer:
        chosen = [m for m in self.messages if not m.get("thread_ts") or m["thread_ts"] == m["ts"]]
        return self._page(params, chosen[::-1])

    def _conversations_replies(self, params: dict[str, Any]) -> Answer:
        return self._page(params, [m for m in self.messages if params["ts"] in (m["ts"], m.get("thread_ts"))])

    def _page(self, params: dict[str, Any], messages: list[dict[str, Any]]) -> Answer:
        if "channels:history" not in self.scopes:
            return Answer({"ok": False, "error": "missing_scope", "needed": "channels:history"})
        refused = self._place(params["channel"])
        if refused is not None:
            return refused
        oldest, start, limit = float(params.get("oldest") or 0), int(params.get("cursor") or 0), int(params["limit"])
        within = [m for m in messages if m["channel"] == params["channel"] and float(m["ts"]) > oldest]
        page = [{k: v for k, v in m.items() if k != "metadata"} for m in within[start : start + limit]]
        if str(params.get("include_all_metadata")).lower() in ("1", "true"):
            page = within[start : start + limit]
        more = str(start + limit) if start + limit < len(within) else ""
        return _ok(messages=page, has_more=bool(more), response_metadata={"next_cursor": more})

    def _respond(self, path: str, params: dict[str, Any]) -> Answer:
        if sum(r["path"] == path for r in self.responses) >= 5:
            return Answer(b"used_url", 404, {"Content-Type": "text/plain"})
        if params.get("blocks") and list(block_errors(params["blocks"])):
            return Answer(b"invalid_blocks", 404, {"Content-Type": "text/plain"})
        self.responses.append({"path": path, **params})
        return Answer(b"ok", 200, {"Content-Type": "text/plain"})

    # Socket Mode

    def _serve_sockets(self) -> None:
        with contextlib.suppress(OSError):  # shut down before it began
            self._ws.serve_forever()

    def _socket(self, ws: ServerConnection) -> None:
        with self._changed:
            self._sockets.append(ws)
            self._changed.notify_all()
        try:
            ws.send(json.dumps({"type": "hello", "num_connections": len(self._sockets)}))
            for raw in ws:
                said = json.loads(raw)
                now = time.monotonic()
                with self._changed:
                    sent = self._sent.get(said["envelope_id"], now)
                    self.acks.append(Ack(said["envelope_id"], now - sent, said.get("payload")))
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            with self._changed, contextlib.suppress(ValueError):
                self._sockets.remove(ws)

    def _ts(self) -> str:
        """Ascending, and never in the future of a look-up."""
        return f"{int(time.time())}.{next(self._numbers):06d}"


def _ok(**values: Any) -> Answer:
    return Answer({"ok": True, **values})


def _error(code: str, errors: list[str] | None = None) -> Answer:
    return Answer({"ok": False, "error": code, **({"errors": errors} if errors else {})})


def _value(value: Any) -> Any:
    """The SDK writes structures as JSON text where it sends a form."""
    if isinstance(value, str) and value[:1] in "[{":
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


def _refuse(params: Mapping[str, Any]) -> Answer | None:
    blocks = params.get("blocks") or []
    if not blocks and not params.get("text"):
        return _error("no_text")
    errors = list(block_errors(blocks))
    if errors:
        return _error("invalid_blocks", errors)
    return _error("msg_blocks_too_long") if shown(blocks) > 13_200 else None


# Slack's limits, as documented. Characters, unless said otherwise.

_KNOWN = {"actions", "context", "divider", "file", "header", "image", "markdown", "rich_text", "section", "table"}
_TEXTS = {"section": 3000, "header": 150}


def block_errors(blocks: list[dict[str, Any]]) -> Iterator[str]:
    """Every reason for which Slack would refuse these blocks."""
    if len(blocks) > 50:
        yield "more than 50 blocks"
    ids = [b["block_id"] for b in blocks if "block_id" in b]
    if len(set(ids)) < len(ids):
        yield "block_id not unique"
    for n, block in enumerate(blocks):
        yield from (f"{error} [json-pointer:/blocks/{n}]" for error in _block_errors(block))


def _block_errors(block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind not in _KNOWN:
        yield f"unsupported type: {kind}"
    elif kind in _TEXTS:
        yield from _text_errors(block.get("text", {}), _TEXTS[kind], ("plain_text",) if kind == "header" else ())
    elif kind == "context":
        yield from _count(block.get("elements", []), 1, 10)
        for element in block.get("elements", []):
            yield from _text_errors(element, 3000)
    elif kind == "actions":
        elements = block.get("elements", [])
        yield from _count(elements, 1, 25)
        names = [e.get("action_id") for e in elements]
        if len(set(names)) < len(names):
            yield "action_id not unique"
        for button in elements:
            yield from _button_errors(button)
    elif kind == "rich_text":
        yield from _count(block.get("elements", []), 1, 1000)
        for element in block.get("elements", []):
            yield from _rich_errors(element)


def _count(elements: list[Any], least: int, most: int) -> Iterator[str]:
    if not least <= len(elements) <= most:
        yield f"must have {least} to {most} elements"


def _text_errors(text: Mapping[str, Any], limit: int, kinds: tuple[str, ...] = ()) -> Iterator[str]:
    if text.get("type") not in (kinds or ("plain_text", "mrkdwn")):
        yield f"wrong text type: {text.get('type')}"
    if not 1 <= len(text.get("text", "")) <= limit:
        yield f"text must have 1 to {limit} characters"
    if not set(text) <= {"type", "text", "emoji", "verbatim"}:
        yield "unknown field"


def _button_errors(button: Mapping[str, Any]) -> Iterator[str]:
    if button.get("type") != "button" or not button.get("action_id"):
        yield "no button"
    yield from _text_errors(button.get("text", {}), 75, ("plain_text",))
    if len(button.get("value", "")) > 2000 or len(button.get("url", "")) > 3000:
        yield "value or url too long"
    if button.get("style", "primary") not in ("primary", "danger"):
        yield "style"


def _rich_errors(element: Mapping[str, Any]) -> Iterator[str]:
    if element.get("type") == "rich_text_list":
        yield from _count(element.get("elements", []), 1, 1000)
        if element.get("style") not in ("bullet", "ordered") or not 0 <= element.get("indent", 0) <= 8:
            yield "list style"
        for line in element.get("elements", []):
            yield from _rich_errors(line)
    elif element.get("type") in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        for part in element.get("elements", []):
            if part.get("type") not in ("text", "link", "emoji") or not part.get("text", part.get("url")):
                yield f"rich text element {part.get('type')}"
    else:
        yield f"unsupported rich text: {element.get('type')}"


def shown(node: Any) -> int:
    """Characters of text in blocks."""
    if isinstance(node, dict):
        return sum(len(v) if k == "text" and isinstance(v, str) else shown(v) for k, v in node.items())
    return sum(map(shown, node)) if isinstance(node, list) else 0


def buttons(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buttons of a message."""
    return [e for b in blocks if b["type"] == "actions" for e in b["elements"]]


def words(message: Mapping[str, Any]) -> str:
    """Everything a reader sees of a message, one piece a line."""

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "text" and isinstance(value, str):
                    yield value
                else:
                    yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return "\n".join(walk(message.get("blocks") or [])) or str(message.get("text", ""))
