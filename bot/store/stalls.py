"""A database that is stopped or cut off in the middle of an answer keeps libpq waiting for ever: such connections are
cut from here, and whoever waits gets an OperationalError.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import Any, Protocol

_LOOK_S = 0.25


class Connection(Protocol):
    """Of the driver."""

    closed: Any

    def fileno(self) -> int: ...


class Guard:
    """Thread-safe; looks in a thread of its own, from its first use on."""

    def __init__(self, most_s: float) -> None:
        """`most_s`: how long a connection may be held."""
        self._most_s = most_s
        self._held: dict[int, tuple[float, Connection]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, connection: Connection) -> None:
        """Somebody waits for its answers from now on, for one transaction at most."""
        with self._lock:
            self._held[id(connection)] = time.monotonic() + self._most_s, connection
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="database-stalls", daemon=True)
                self._thread.start()

    def end(self, connection: Connection) -> None:
        with self._lock:
            self._held.pop(id(connection), None)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_S)
            now = time.monotonic()
            with self._lock:
                late = {name: connection for name, (until, connection) in self._held.items() if until < now}
                for name, connection in late.items():
                    del self._held[name]
                    _cut(connection)


def _cut(connection: Connection) -> None:
    with contextlib.suppress(Exception):  # closed meanwhile
        if not connection.closed:
            with socket.socket(fileno=os.dup(connection.fileno())) as door:
                door.shutdown(socket.SHUT_RDWR)
