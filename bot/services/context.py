"""The parts that the stories share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.metrics import Metrics
from bot.outgoing import Capabilities, Outgoing, for_platform
from bot.services.notices import Notices
from bot.services.runs import RunReader
from bot.settings import Configuration, Settings
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
    can: Mapping[str, Capabilities]  # platform -> what it can do
    wake: Callable[[], None]  # tells the delivery that there are new rows

    @property
    def config(self) -> Configuration:
        return self.settings.config

    @property
    def tz(self) -> dt.tzinfo:
        return self.settings.config.timezone

    def rows(self, posts: Sequence[Outgoing]) -> list[Outgoing]:
        """The posts as the outbox takes them: as their platforms can show them."""
        return [row for post in posts for row in for_platform(post, self.can[post.dest.platform])]
