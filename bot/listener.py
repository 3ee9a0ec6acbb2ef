"""waitress, so that slow clients and large bodies keep nobody else from being answered.

As it comes, a hundred clients that send a byte now and then are all it talks to, it takes a gigabyte before it says no,
and whoever asks for its health waits behind everybody else.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Collection
from typing import Any
from wsgiref.types import WSGIApplication

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

REQUEST_S = 10.0  # a request has come as a whole by then
_IDLE_S = 60  # a connection without one; also, how long a client may not read
_CONNECTIONS = 500
_CROWDED = 400  # from here on those that have sent no whole request make room, the oldest first
_LOOK_S = 1


class _Channel(HTTPChannel):  # type: ignore[misc]
    """Knows since when a request is on its way."""

    begun_at: float | None = None  # monotonic

    def received(self, data: bytes) -> Any:
        if self.begun_at is None:
            self.begun_at = time.monotonic()
        taken = super().received(data)
        if self.request is None:
            self.begun_at = None
        return taken


class _Lanes:
    """A few paths are served by threads of their own."""

    def __init__(self, quick: Collection[str], *, threads: int, quick_threads: int) -> None:
        self._quick = quick
        self._lanes = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        for lane, count in zip(self._lanes, (quick_threads, threads), strict=True):
            lane.set_thread_count(count)

    def add_task(self, channel: HTTPChannel) -> None:
        path = getattr(channel.requests[0], "path", "")  # none, of a request that is none
        self._lanes[path not in self._quick].add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> None:
        for lane in self._lanes:
            lane.shutdown(cancel_pending, timeout / len(self._lanes))


class Server(TcpWSGIServer):  # type: ignore[misc]
    """One listening socket. `run` it in a thread."""

    channel_class = _Channel

    def __init__(
        self,
        application: WSGIApplication,
        listener: socket.socket,
        *,
        open_sockets: dict[int, Any],
        quick: Collection[str],
        most_bytes: int,
    ) -> None:
        """
        open_sockets  by number, with those that the server needs for itself
        quick         paths that nobody else holds up
        most_bytes    of a body; a larger one is refused by what it says of itself, or where it passes this
        """
        adjustments = Adjustments(
            sockets=[listener],
            ident=None,
            max_request_body_size=most_bytes + 1,
            max_request_header_size=1 << 16,
            connection_limit=_CONNECTIONS,
            channel_timeout=_IDLE_S,
            cleanup_interval=_LOOK_S,
            asyncore_use_poll=True,
        )
        super().__init__(
            application,
            open_sockets,
            _sock=listener,
            dispatcher=_Lanes(quick, threads=4, quick_threads=2),
            adj=adjustments,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )

    def maintenance(self, now: float) -> None:
        """Each second: closes what is idle for long or late with its request, and what is in the way."""
        super().maintenance(now)
        late = time.monotonic() - REQUEST_S
        waiting = [channel for channel in self.active_channels.values() if not channel.requests]
        for channel in waiting:
            if channel.begun_at is not None and channel.begun_at < late:
                channel.will_close = True
        waiting.sort(key=lambda channel: channel.creation_time)
        for channel in waiting[: max(0, len(self.active_channels) - _CROWDED)]:
            channel.will_close = True
