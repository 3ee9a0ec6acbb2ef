"""What was heard is kept before it is acknowledged: what could not be kept comes again, or the person is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import structlog

from bot.chats.port import Inbound

log = structlog.get_logger(__name__)

KEEP_S = 2.0  # platforms want an answer within 3


class NotKeptError(Exception):
    """It may still be kept later: then the next delivery is known already."""


class Intake:
    """Thread-safe. A store that hangs holds up neither the socket nor the HTTP side."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(4, thread_name_prefix=f"{name}-intake")

    def keep(self, receive: Callable[[Inbound], None], inbound: Inbound) -> None:
        """Raises what `receive` raised, or NotKeptError when it takes too long: then do not acknowledge."""
        keeping = self._pool.submit(receive, inbound)
        try:
            keeping.result(KEEP_S)
        except FutureTimeoutError:
            keeping.add_done_callback(_log_failure)
            raise NotKeptError(f"{KEEP_S:g} s") from None

    def stop(self) -> None:
        self._pool.shutdown(wait=False)


def _log_failure(keeping: Future[None]) -> None:
    error = keeping.exception()
    if error is not None:
        log.error("收到的消息没有存下", error=type(error).__name__)
