"""A cable between a client and a server that goes wrong as networks do: half-open, refused, silent."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from typing import Self


class Cable:
    """Forwards TCP to `target` (host:port) while nothing is wrong with it.

    freeze   connections that stand carry nothing any more, and nobody is told; `new`: those made from now on as well
    refuse   new connections are closed at once, those that stand are cut
    mend     new connections are good; what was frozen stays so
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._mode = "good"
        self._frozen: set[socket.socket] = set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._listener.getsockname()[:2])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def freeze(self, *, new: bool = False) -> None:
        with self._lock:
            self._frozen = {one for one, _ in self._pairs}
            self._mode = "frozen" if new else "good"

    def refuse(self) -> None:
        self._mode = "refused"
        self.cut()

    def mend(self) -> None:
        self._mode = "good"

    def cut(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = self._listener.accept()
                if self._mode == "refused":
                    one.close()
                    continue
                other = socket.create_connection(self._target, timeout=5)
                with self._lock:
                    self._pairs.append((one, other))
                    if self._mode == "frozen":
                        self._frozen.add(one)
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                ready, _, _ = select.select([one, other], [], [], 0.05)
                if one in self._frozen:
                    threading.Event().wait(0.05)
                    continue
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        one.close()
                        other.close()
                        return
                    (other if source is one else one).sendall(data)
