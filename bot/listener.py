"""waitress, so that slow clients and large bodies keep nobody else from being answered.

As it comes, a hundred clients that send a byte now and then are all it talks to, it takes a gigabyte before it says no,
and whoever asks for its health waits behind everybody else.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Sequence
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
_THREADS, _QUICK, _STREAMS = 4, 2, 12


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
    """Some paths are served by threads of their own."""

    def __init__(self, own: Sequence[tuple[Collection[str], int]], threads: int) -> None:
        """`own`: paths, and how many threads they share. `threads`: for all others."""
        self._own = [(paths, _lane(count)) for paths, count in own if paths]
        self._rest = _lane(threads)

    def add_task(self, channel: HTTPChannel) -> None:
        path = getattr(channel.requests[0], "path", "")  # none, of a request that is none
        next((lane for paths, lane in self._own if path in paths), self._rest).add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> None:
        lanes = [self._rest, *(lane for _, lane in self._own)]
        for lane in lanes:
            lane.shutdown(cancel_pending, timeout / len(lanes))


def _lane(threads: int) -> ThreadedTaskDispatcher:
    lane = ThreadedTaskDispatcher()
    lane.set_thread_count(threads)
    return lane


class Server(TcpWSGIServer):  # type: ignore[misc]
    """One listening socket. `run` it in a thread."""

    channel_class = _Channel

    def __init__(
        self,
        application: WSGIApplication,
        listener: socket.socket,
        *,
        open_sockets: dict[int, Any],
        quick: Collection[str] = (),
        streams: Collection[str] = (),
        most_bytes: int,
    ) -> None:
        """
        open_sockets  by number, with those that the server needs for itself
        quick         paths that nobody else holds up
        streams       paths that answer for as long as somebody listens, and hold nobody else up; they are told when
                      nobody listens any more (`waitress.client_disconnected`)
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
            channel_request_lookahead=1 if streams else 0,  # otherwise nobody looks whether the client is still there
        )
        super().__init__(
            application,
            open_sockets,
            _sock=listener,
            dispatcher=_Lanes([(quick, _QUICK), (streams, _STREAMS)], _THREADS),
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
