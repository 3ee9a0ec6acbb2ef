"""What the page asks for over HTTP: itself, what is said and shown, charts and files. Nothing else answers.

Whoever can open it may speak to the bot as the person who started it. So it is for this machine: a request that names
another host (DNS rebinding), or that another site makes in the person's browser, is refused; what acts needs the token
of this process, which only the page itself was given.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, quote
from wsgiref.types import StartResponse, WSGIEnvironment

import structlog

from bot.chats.page import wire
from bot.chats.page.chat import PageChat
from bot.chats.page.transcript import Entry

log = structlog.get_logger(__name__)

STREAM = "/stream"
_LOOK_S = 1.0  # after so long a page that was closed holds none any more
_BEAT_S = 10.0  # a line is sent at least so often: both sides see that the other one is there
Answer = tuple[int, Mapping[str, str], bytes]
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class PageSite:
    """The WSGI application of one chat."""

    def __init__(
        self,
        chat: PageChat,
        page: tuple[str, str],
        *,
        token: str,
        report: Callable[[str], Answer],
    ) -> None:
        """
        page    its HTML and its Content-Security-Policy
        token   of this process
        report  what `/r/<id>` answers
        """
        self._chat, self._page, self._token, self._report = chat, page, token, report
        self._hosts: frozenset[str] = frozenset()

    def allow(self, hosts: Iterable[str]) -> None:
        """The names, with their port, under which this listener is asked. Nobody else is answered."""
        self._hosts = frozenset(hosts)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        try:
            if not self._is_ours(environ, path):
                code, headers, body = _text(403, "只在本机打开的页面里可用")
            elif path == STREAM and environ["REQUEST_METHOD"] == "GET":
                return self._stream(environ, start_response)
            else:
                code, headers, body = self._answer(environ, path)
        except Exception:
            log.exception("网页请求处理失败", path=path[:80])
            code, headers, body = _text(500, "出错了")
        status = HTTPStatus(code)
        sent = {**_HEADERS, **headers, "Content-Length": str(len(body))}
        start_response(f"{status.value} {status.phrase}", list(sent.items()))
        return [body]

    def _is_ours(self, environ: WSGIEnvironment, path: str) -> bool:
        """Whether a request names this listener, and no other site made it. A link to a page may stand anywhere."""
        host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN")
        opened = environ["REQUEST_METHOD"] == "GET" and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        by = environ.get("HTTP_SEC_FETCH_SITE", "none")  # says every browser of today, and nobody else
        return (
            host in self._hosts
            and origin in (None, f"http://{host}")
            and (by in ("same-origin", "none") or (opened and (path == "/" or path.startswith("/r/"))))
        )

    def _answer(self, environ: WSGIEnvironment, path: str) -> Answer:
        method = environ["REQUEST_METHOD"]
        match path.split("/")[1:]:
            case ["say"] if method == "POST":
                return self._act(environ, lambda body: self._chat.say(wire.said(body)))
            case ["press"] if method == "POST":
                return self._act(environ, lambda body: self._chat.press(wire.pressed(body)))
            case _ if method != "GET":
                return _text(405, "")
            case [""]:
                page, policy = self._page
                headers = {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Security-Policy": policy,
                    "Cache-Control": "no-store",
                }
                return 200, headers, page.encode()
            case ["r", name]:
                return self._report(name)
            case ["chart", id_, _]:
                entry = self._chat.transcript.get(id_)
                if entry is not None and entry.chart is not None:
                    return 200, {"Content-Type": "image/png", "Cache-Control": "private, max-age=86400"}, entry.chart
            case ["file", id_, _]:
                return _file(self._chat.transcript.get(id_))
            case _:
                pass
        return _text(404, "")

    def _act(self, environ: WSGIEnvironment, act: Callable[[bytes], bool]) -> Answer:
        if not self._knows(environ.get("HTTP_X_CURVEBOT_TOKEN", "")):
            return _text(401, "程序重启过，刷新页面再试")
        try:
            return _text(202, "") if act(environ["wsgi.input"].read()) else _text(503, "没有存下，请再发一次")
        except ValueError as error:
            return _text(400, str(error))

    def _knows(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())

    def _stream(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Server-sent events: every entry that the page has not seen in its last version, then those that change."""
        asked = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        last = environ.get("HTTP_LAST_EVENT_ID") or asked.get("after", "")
        headers = {**_HEADERS, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        start_response("200 OK", list(headers.items()))
        if not self._knows(asked.get("token", "")):  # of an earlier process
            return [b"event: stale\ndata:\n\n"]
        gone: Callable[[], bool] = environ.get("waitress.client_disconnected", lambda: False)
        return self._events(int(last) if last.isascii() and last.isdigit() else 0, gone)

    def _events(self, version: int, gone: Callable[[], bool]) -> Iterator[bytes]:
        transcript, caught_up, spoke_at = self._chat.transcript, False, 0.0
        yield b"retry: 1000\n\n"
        while not gone() and not transcript.closed:
            entries = transcript.since(version, _LOOK_S if caught_up else 0.0)
            for entry in entries:
                version = entry.version
                yield f"id: {version}\ndata: {json.dumps(wire.shown(entry), allow_nan=False)}\n\n".encode()
            if not caught_up:
                caught_up = True
                yield b"event: ready\ndata:\n\n"
            elif not entries and time.monotonic() - spoke_at > _BEAT_S:
                yield b": \n\n"
            else:
                continue
            spoke_at = time.monotonic()


def _file(entry: Entry | None) -> Answer:
    """A document of a message: to be kept, not to be opened here."""
    file = entry.message.file if entry is not None and entry.message is not None else None
    if file is None:
        return _text(404, "")
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": "sandbox",
    }
    return 200, headers, file.content.encode()


def _text(status: int, text: str) -> Answer:
    return status, {"Content-Type": "text/plain; charset=utf-8"}, text.encode()
