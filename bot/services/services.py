"""The stories put together: somebody asks, a watched run is looked at, a digest is due.

No platform, no thread, no clock of its own. Whatever happens becomes rows of the outbox, in the same transaction as the
state it reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.chats import Inbound
from bot.metrics import Metrics
from bot.outgoing import Capabilities
from bot.render.charts import Draw, drawn_here
from bot.services.adoption import adopt
from bot.services.answering import Answering
from bot.services.context import Context
from bot.services.digests import Digests
from bot.services.notices import Notices
from bot.services.runs import RunReader
from bot.services.watching import Watching
from bot.settings import Settings
from bot.sources import Source
from bot.store.pages import KeptPages
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """Thread-safe."""

    context: Context
    answering: Answering
    watching: Watching
    digests: Digests
    source: Source

    @classmethod
    def build(
        cls,
        settings: Settings,
        store: Store,
        source: Source,
        *,
        pages: KeptPages,
        metrics: Metrics,
        clock: Callable[[], float],
        can: Mapping[str, Capabilities],
        wake: Callable[[], None] = lambda: None,
        name_of: Callable[[Inbound], str] = lambda inbound: "",
        draw: Draw = drawn_here,
    ) -> Services:
        """The parts are described at `Context`. `draw`: makes the charts."""
        notices = Notices(store, metrics, admin=settings.config.admin, clock=clock, wake=wake)
        context = Context(
            settings=settings,
            store=store,
            runs=RunReader(settings, source, notices, store.decisions, draw),
            notices=notices,
            pages=pages,
            metrics=metrics,
            clock=clock,
            can=can,
            wake=wake,
            name_of=name_of,
        )
        return cls(context, Answering(context), Watching(context), Digests(context), source)

    def adopt(self) -> None:
        """Makes the watches and digests of the configuration rows. Raises SettingsError when one of them is none."""
        adopt(self.context.config, self.source, self.context.store, self.context.clock())

    def housekeeping(self) -> None:
        """Drops what nobody needs any more."""
        self.context.store.purge(self.context.clock())
