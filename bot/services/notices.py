"""What the bot says of itself: a number for each defect, and notices to its admin."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog

from bot.address import Address
from bot.metrics import Metrics
from bot.outgoing import Outgoing
from bot.render import answers
from bot.store.store import Store

log = structlog.get_logger(__name__)


class Notices:
    """Thread-safe."""

    def __init__(
        self,
        store: Store,
        metrics: Metrics,
        *,
        admin: Address | None,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        """`admin`: None: only the log."""
        self._store, self._metrics, self._admin, self._clock, self._wake = store, metrics, admin, clock, wake

    def bug(self, where: str) -> str:
        """Logs the exception being handled. Returns the sentence for people, which names it by a number."""
        number = secrets.token_hex(3)
        log.exception("内部错误", number=number, where=where)
        self._metrics.bugs.labels(where).inc()
        return f"内部错误，已记下（编号 {number}），请把编号告诉管理员。"

    def tell_admin(self, sentence: str, *, subject: str, transition: str) -> None:
        """To the admin, or only to the log. Once for each subject and transition."""
        log.warning("告知管理员", text=sentence)
        if self._admin is None:
            return
        notice = Outgoing(
            dest=self._admin,
            kind="update",
            subject=subject,
            transition=transition,
            message=answers.sentence(sentence),
        )
        self._store.enqueue([notice], self._clock())
        self._wake()
