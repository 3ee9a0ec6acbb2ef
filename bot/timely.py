"""What may hang, asked so that who asks does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Timely(Generic[T]):
    """Thread-safe. Asks in a thread of its own, one at a time: who comes meanwhile waits for the same answer."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._asking: Future[T] | None = None
        self._lock = threading.Lock()

    def __call__(self, timeout_s: float) -> T:
        """Raises TimeoutError, or what the asking raised."""
        with self._lock:
            if self._asking is None or self._asking.done():
                self._asking = Future()
                threading.Thread(target=self._run, args=(self._asking,), name="timely", daemon=True).start()
            asking = self._asking
        return asking.result(timeout_s)

    def _run(self, asking: Future[T]) -> None:
        try:
            found = self._ask()
        except BaseException as error:
            asking.set_exception(error)
        else:
            asking.set_result(found)
