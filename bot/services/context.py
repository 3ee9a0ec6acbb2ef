"""The parts that the stories share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.address import Address
from bot.metrics import Metrics
from bot.outgoing import Outgoing, separate_chart
from bot.services.notices import Notices
from bot.services.runs import RunReader
from bot.settings.configuration import Configuration, Settings
from bot.store.pages import KeptPages
from bot.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Put together once, by `bot.services.Services`. Thread-safe: all state is in the store."""

    settings: Settings
    store: Store
    runs: RunReader
    notices: Notices
    pages: KeptPages
    metrics: Metrics
    clock: Callable[[], float]  # seconds since epoch
    inline_charts: Callable[[Address], bool]  # address -> whether its platform shows charts in the message itself
    wake: Callable[[], None]  # tells the delivery that there are new rows

    @property
    def config(self) -> Configuration:
        return self.settings.config

    @property
    def tz(self) -> dt.tzinfo:
        return self.settings.config.timezone

    def rows(self, posts: Sequence[Outgoing]) -> list[Outgoing]:
        """The posts as the outbox takes them: a chart that its platform does not show inline is a row of its own."""
        return [row for p in posts for row in ([p] if self.inline_charts(p.dest) else separate_chart(p))]
