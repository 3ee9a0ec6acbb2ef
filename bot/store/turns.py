"""A lock that is had in the order in which it was asked for."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """Thread-safe."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()  # each released when its turn has come

    def take(self, timeout_s: float) -> bool:
        """Waits until it is the caller's turn; False: it did not come in time."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=timeout_s):
            return True
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # it came just now

    def give(self) -> None:
        """To the next who waits."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
