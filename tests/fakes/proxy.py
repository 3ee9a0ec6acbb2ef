"""A forward proxy: plain requests and CONNECT tunnels; keeps what went through."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
from typing import Self
from urllib.parse import urlsplit


class Proxy:
    """`tunnels`: what CONNECT asked for; `requests`: addresses of plain requests."""

    def __init__(self) -> None:
        self.tunnels: list[str] = []
        self.requests: list[str] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    proxy._serve(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._serving.join(5.0)
        self._server.server_close()

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        method, target, version = handler.rfile.readline().decode().split()
        head = b""
        while (line := handler.rfile.readline()) not in (b"\r\n", b"\n", b""):
            head += b"" if line.lower().startswith((b"proxy-", b"connection")) else line
        if method == "CONNECT":
            self.tunnels.append(target)
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5) as upstream:
                handler.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _relay(handler.connection, upstream)
            return
        self.requests.append(target)
        url = urlsplit(target)
        path = f"{url.path}?{url.query}" if url.query else url.path
        length = next(
            (int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0
        )
        with socket.create_connection((url.hostname, url.port), timeout=5) as upstream:
            first = f"{method} {path} {version}\r\n".encode()
            upstream.sendall(first + head + b"Connection: close\r\n\r\n" + handler.rfile.read(length))
            while data := upstream.recv(65536):
                handler.wfile.write(data)


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until one end closes."""
    while True:
        ready, _, _ = select.select([one, other], [], [], 30.0)
        if not ready:
            return
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)
