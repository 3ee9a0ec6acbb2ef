"""The HTTP side: health, metrics, HTML reports and the platforms' events. Nothing else answers."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from waitress import wasyncore

from bot.listener import Server
from bot.metrics import Metrics
from bot.store.pages import KeptPages

log = structlog.get_logger(__name__)

_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"<>\r\n]*)">')
MOST_BYTES = 1 << 20  # of a request's body
HEALTH = ("/healthz", "/readyz", "/metrics")


class Events(Protocol):
    """A platform's HTTP endpoint: checks signature, age and repetition before anything else."""

    def __call__(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Lower-case header names. -> status, headers, body."""


class Site:
    """The WSGI application."""

    def __init__(
        self,
        *,
        healthy: Callable[[], bool],
        ready: Callable[[], bool],
        metrics: Metrics,
        pages: KeptPages,
        events: Mapping[str, Events],
        state: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`events`: platform -> its endpoint, served at `/<platform>/events`.

        `state`: lines that `/healthz` says besides; they do not decide whether all is well.
        """
        self._healthy, self._ready, self._state = healthy, ready, state
        self._metrics, self._pages, self._events = metrics, pages, events

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            code, headers, body = self._answer(environ)
            status = HTTPStatus(code)
        except Exception:
            log.exception("HTTP 请求处理失败", path=_path(environ)[:80])
            status, headers, body = HTTPStatus.INTERNAL_SERVER_ERROR, {}, b""
        kept = {k: v for k, v in headers.items() if k.lower() != "content-length"}
        start_response(f"{status.value} {status.phrase}", [*kept.items(), ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: WSGIEnvironment) -> tuple[int, Mapping[str, str], bytes]:
        path, method = _path(environ), environ["REQUEST_METHOD"]
        platform = path.removeprefix("/").removesuffix("/events")
        if path == f"/{platform}/events" and platform in self._events:
            if method != "POST":
                return _text(405, "")
            return self._events[platform](_headers(environ), environ["wsgi.input"].read())
        page = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics_page}.get(path)
        if path.startswith("/r/"):
            page = lambda: report(self._pages, path.removeprefix("/r/"))  # noqa: E731
        if page is None:
            return _text(404, "")
        return page() if method in ("GET", "HEAD") else _text(405, "")

    def _healthz(self) -> tuple[int, Mapping[str, str], bytes]:
        lines = "".join(f"{line}\n" for line in self._state())
        return _text(200, f"ok\n{lines}") if self._healthy() else _text(503, f"stuck\n{lines}")

    def _readyz(self) -> tuple[int, Mapping[str, str], bytes]:
        return _text(200, "ready\n") if self._ready() else _text(503, "not ready\n")

    def _metrics_page(self) -> tuple[int, Mapping[str, str], bytes]:
        return 200, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}, self._metrics.text()


def report(pages: KeptPages, name: str) -> tuple[int, Mapping[str, str], bytes]:
    """What `GET /r/<name>` answers."""
    page = pages.read(name)
    if page is None:
        return _text(404, "")
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"{_policy(page)}; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private",
    }
    return 200, headers, page


class HttpServer:
    """Serves a site in threads of its own. Raises OSError when the address cannot be had."""

    def __init__(self, site: WSGIApplication, host: str, port: int, *, streams: Collection[str] = ()) -> None:
        """`streams`: paths that answer for as long as somebody listens."""
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
        self._map: dict[int, Any] = {}
        self._server = Server(
            site, listener, open_sockets=self._map, quick=HEALTH, streams=streams, most_bytes=MOST_BYTES
        )
        self.port: int = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._waking = threading.Lock()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Lets running answers end, then closes everything from within the loop's own thread: a socket closed under
        a select is an error there."""
        self._server.task_dispatcher.shutdown(timeout=1)
        if self._thread.is_alive():
            with self._waking:
                self._server.trigger.pull_trigger(self._close)
            self._thread.join(1.0)

    def _close(self) -> None:
        # The loop may have been woken by an answer just before our own byte: its pipe is closed after that byte.
        with self._waking:
            wasyncore.close_all(self._map)


def _path(environ: WSGIEnvironment) -> str:
    return str(environ.get("PATH_INFO", ""))


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Header names in lower case with dashes."""
    named = {k.removeprefix("HTTP_"): v for k, v in environ.items() if k.startswith("HTTP_") or k == "CONTENT_TYPE"}
    return {k.replace("_", "-").lower(): str(v) for k, v in named.items()}


def _policy(page: bytes) -> str:
    """What a page says it needs, before anything of a run is in it: another version may have written the file."""
    told = _POLICY.search(page[:2000])
    return told[1].decode() if told else "default-src 'none'"


def _text(status: int, text: str) -> tuple[int, Mapping[str, str], bytes]:
    return status, {"Content-Type": "text/plain; charset=utf-8"}, text.encode()
