"""A local HTTP server that answers as a vendor does, keeps a transcript, and fails on demand."""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import socket
import ssl
import struct
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import trustme

PATIENCE_S = 300.0  # of a test: what has not come by then, even on a busy machine, does not come any more


LATE_S = (2.0, 3.0)  # what is accepted, and shown only then
_LATE = ("late", "late_lost")


def free_port() -> int:
    """A port that nobody listens on, and that the system gives nobody who asks for any: it stays free for a restart."""
    while True:
        port = 15_000 + secrets.randbelow(17_000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


@cache
def authority() -> Path:
    """The certificate of an authority that nobody trusts by itself, and in the same folder what it signed."""
    folder, signer = Path(tempfile.mkdtemp(prefix="curvebot-tls-")), trustme.CA()
    signer.cert_pem.write_to_path(folder / "ca.pem")
    signer.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    return folder / "ca.pem"


def server_context() -> ssl.SSLContext:
    """TLS for localhost and 127.0.0.1, with a certificate of `authority`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority().with_name("server.pem"))
    return context


@dataclass(frozen=True)
class Request:
    """What came in. `params`: query, form and JSON together; `body`: the raw bytes."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, Any]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What goes out: a JSON value, or bytes."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeServer(ABC):
    """`with` it. Subclasses say what a call is named (`name`) and answer it (`answer`, under the lock).

    Faults, by `fail`:
        rate_limited, error, html   answered so, without effect
        hang, reset                 no answer, no effect
        lost                        no answer, after the effect
        late, late_lost             the effect comes after `LATE_S`; so does the answer, or it never comes
        anything else               the vendor's error of that name, without effect
    """

    weather: Callable[[str], str | None] = staticmethod(lambda name: None)  # a fault where none is planned

    def __init__(self) -> None:
        self.date_ahead_s = 0.0  # of the clock by which answers are dated
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._faults: dict[str, deque[str]] = defaultdict(deque)
        self._changed = threading.Condition(threading.RLock())
        self._closing = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(time.time() + fake.date_ahead_s)

            def handle_one_request(self) -> None:
                with contextlib.suppress(ConnectionError):  # a client that gave up
                    super().handle_one_request()

            def do(self) -> None:
                fake._serve(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do  # noqa: N815

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self.port: int = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._serving = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._serving.join(5.0)  # it may not have begun yet
        self._http.server_close()

    @abstractmethod
    def name(self, request: Request) -> str:
        """What a request calls, in this vendor's words."""

    @abstractmethod
    def answer(self, name: str, request: Request) -> Answer:
        """What this vendor answers."""

    @abstractmethod
    def refusal(self, fault: str) -> Answer:
        """How this vendor words a fault."""

    def fail(self, name: str, fault: str, times: int = 1) -> None:
        """The next calls of this name fail."""
        self._faults[name].extend([fault] * times)

    def heal(self) -> None:
        """No call fails any more."""
        self._faults.clear()

    def called(self, name: str) -> list[Mapping[str, Any]]:
        """The parameters of every call of a name."""
        with self._changed:
            return [params for known, params in self.calls if known == name]

    def wait(self, happened: Callable[[Self], Any], timeout_s: float = PATIENCE_S) -> Any:
        """Until `happened` is true of the server; its value. Raises TimeoutError."""
        until = time.monotonic() + timeout_s
        with self._changed:
            while not (found := happened(self)):
                if not self._changed.wait(min(0.05, max(0.0, until - time.monotonic()))) and time.monotonic() > until:
                    raise TimeoutError("it did not happen")
            return found

    def changed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _effect(self, fault: str | None, name: str, request: Request) -> Answer | None:
        """What a call does, if it does anything, and its answer. Under the lock."""
        answer: Answer | None = None
        if fault in (None, "lost", *_LATE):
            answer = self.answer(name, request)
        elif fault not in ("hang", "reset"):
            answer = self.refusal(str(fault))
        self._changed.notify_all()
        return answer

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        request = _request(handler)
        name = self.name(request)
        with self._changed:
            self.calls.append((name, request.params))
            fault = self._faults[name].popleft() if self._faults[name] else self.weather(name)
            if fault not in _LATE:
                answer = self._effect(fault, name, request)
        if fault in _LATE:
            if fault == "late_lost":
                with contextlib.suppress(OSError):
                    handler.connection.shutdown(socket.SHUT_RDWR)
            self._closing.wait(random.uniform(*LATE_S))
            with self._changed:
                answer = self._effect(fault, name, request)
        if fault == "hang":
            self._closing.wait(2 * PATIENCE_S)
        if fault in ("hang", "reset", "lost", "late_lost") or answer is None:
            reset = struct.pack("ii", 1, 0)
            with contextlib.suppress(OSError):
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            handler.close_connection = True
            return
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        for key, value in ({"Content-Type": "application/json; charset=utf-8"} | dict(answer.headers)).items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def _request(handler: BaseHTTPRequestHandler) -> Request:
    url = urlsplit(handler.path)
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    params: dict[str, Any] = dict(parse_qsl(url.query))
    kind = handler.headers.get("Content-Type", "")
    if kind.startswith("application/json") or body[:1] == b"{":  # the lark SDK does not say it of everything
        params |= json.loads(body or b"{}", parse_constant=_no_constant)
    elif kind.startswith("application/x-www-form-urlencoded"):
        with contextlib.suppress(UnicodeDecodeError):  # urllib says so of any bytes
            params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return Request(handler.command, url.path, dict(handler.headers.items()), params, body)


def _no_constant(text: str) -> float:
    raise AssertionError(f"{text} is no JSON")
