"""What was heard is kept before it is acknowledged: what could not be kept comes again, or the person is told.

A platform delivers some things only once. So what could not be kept is kept later all the same, for as long as anybody
may still wait for an answer; should the platform deliver it again by then, it is known already.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import structlog

from bot.chats.port import Inbound

log = structlog.get_logger(__name__)

KEEP_S = 2.0  # platforms want an answer within 3
RETRY_S = 2.0
GIVE_UP_S = 600.0  # Slack's last redelivery comes after six minutes
_MOST_WAITING = 1000

Receive = Callable[[Inbound], None]


class NotKeptError(Exception):
    """It may still be kept later: then the next delivery is known already."""


class Intake:
    """Thread-safe. A store that hangs holds up neither the socket nor the HTTP side."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(4, thread_name_prefix=f"{name}-intake")
        self._waiting: deque[tuple[float, Receive, Inbound]] = deque(maxlen=_MOST_WAITING)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._retrying = False
        self._name = name

    def keep(self, receive: Receive, inbound: Inbound) -> None:
        """Raises what `receive` raised, or NotKeptError when it takes too long: then do not acknowledge."""
        until = time.monotonic() + GIVE_UP_S
        keeping = self._pool.submit(receive, inbound)
        try:
            keeping.result(KEEP_S)
        except FutureTimeoutError:
            keeping.add_done_callback(lambda late: self._settle(late, until, receive, inbound))
            raise NotKeptError(f"{KEEP_S:g} s") from None
        except Exception:
            self._later(until, receive, inbound)
            raise

    def stop(self) -> None:
        self._stopping.set()
        self._pool.shutdown(wait=False)

    def _settle(self, late: Future[None], until: float, receive: Receive, inbound: Inbound) -> None:
        if late.exception() is not None:
            self._later(until, receive, inbound)

    def _later(self, until: float, receive: Receive, inbound: Inbound) -> None:
        with self._lock:
            self._waiting.append((until, receive, inbound))
            if not self._retrying:
                self._retrying = True
                threading.Thread(target=self._retry, name=f"{self._name}-intake-again", daemon=True).start()

    def _retry(self) -> None:
        """One after the other, in the order in which they came, until none is left."""
        while not self._stopping.wait(RETRY_S):
            while True:
                with self._lock:
                    if not self._waiting:
                        self._retrying = False
                        return
                    until, receive, inbound = self._waiting[0]
                try:
                    receive(inbound)
                except Exception as error:
                    if time.monotonic() < until:
                        break
                    log.error("收到的消息没有存下", error=type(error).__name__)
                with self._lock:
                    self._waiting.popleft()
