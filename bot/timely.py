"""Time, where it is not to be relied on: what may hang, and a clock that somebody sets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
_HARDLY_S = 2.0  # a clock is kept right in smaller steps all the time


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


class ClockSteps:
    """Whether somebody has set the clock: wall time against monotonic time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds since epoch."""
        self._clock = clock
        self.settle()

    def by(self) -> float:
        """By how many seconds the clock was set since `settle`; negative: back. 0: not at all, or hardly."""
        step = self._offset() - self._settled
        return step if abs(step) > _HARDLY_S else 0.0

    def settle(self) -> None:
        """What was set until now is dealt with."""
        self._settled = self._offset()

    def _offset(self) -> float:
        return self._clock() - time.monotonic()
