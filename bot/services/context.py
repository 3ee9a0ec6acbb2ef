"""The parts that the stories share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.address import Address
from bot.alerts.incident import Incident
from bot.chats import Inbound
from bot.metrics import Metrics
from bot.outgoing import Capabilities, Outgoing, for_platform
from bot.services.notices import Notices
from bot.services.runs import RunReader
from bot.settings import Configuration, Settings
from bot.store.pages import KeptPages
from bot.store.store import Store, Watch


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
    name_of: Callable[[Inbound], str]  # what people call who said it, where the event did not tell; may be empty

    @property
    def config(self) -> Configuration:
        return self.settings.config

    @property
    def tz(self) -> dt.tzinfo:
        return self.settings.config.timezone

    def may_show(self, address: Address, ref: str) -> bool:
        """Whether a run or a filter may be told in a channel: `access` may have been tightened since it was watched."""
        access = self.config.access
        return access.allows_channel(address) and access.allows_ref(ref)

    def watches(self, address: Address) -> list[Watch]:
        """What a channel watches, as far as it may be shown there; oldest first."""
        return [w for w in self.store.watches(address) if self.may_show(address, w.ref)]

    def incidents_at(self, address: Address, *, since: float | None = None) -> list[tuple[Watch, Incident]]:
        """Like the store's, as far as they may be shown."""
        found = self.store.incidents_at(address, since=since)
        return [(w, i) for w, i in found if self.may_show(address, w.ref)]

    def rows(self, posts: Sequence[Outgoing]) -> list[Outgoing]:
        """The posts as the outbox takes them: as their platforms can show them."""
        return [row for post in posts for row in for_platform(post, self.can[post.dest.platform])]
