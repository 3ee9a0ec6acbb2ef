"""A digest is due: one message that says how the runs of a channel stand."""

from __future__ import annotations

import datetime as dt

from bot.address import Address
from bot.outgoing import Outgoing
from bot.render import digest as page
from bot.render.message import Message
from bot.render.plain import dots
from bot.services import glances
from bot.services.context import Context
from bot.store.digests import Digest

DAY_S = 86_400.0


class Digests:
    """Thread-safe."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def post(self, digest: Digest, slot: float) -> None:
        """Posts a channel's digest for a planned time, once."""
        context, now = self._context, self._context.clock()
        if not context.config.access.allows_channel(digest.address):
            return
        since = digest.last_slot if digest.last_slot is not None else now - DAY_S
        post = Outgoing(
            dest=digest.address,
            kind="digest",
            subject=f"digest:{slot:.0f}",
            transition="posted",
            message=message(context, digest.address, since=since),
        )
        if context.store.digests.post(digest.address, slot, [post], now):
            context.wake()


def message(context: Context, address: Address, *, since: float) -> Message:
    """The digest of a channel as of now; news are what happened since then (seconds since epoch)."""
    now = context.clock()
    incidents = context.incidents_at(address, since=since)
    watches = [w for w in context.watches(address) if w.kind == "run" and not glances.long_over(w, now)]
    lines = [glances.line(w, incidents, since) for w in watches]
    return page.digest(
        lines, now, context.tz, _week(context, address, now) if _new_week(since, now, context.tz) else None
    )


def _new_week(since: float, now: float, tz: dt.tzinfo) -> bool:
    """Whether a week has begun since the last digest."""
    before, today = (dt.datetime.fromtimestamp(at, tz).isocalendar()[:2] for at in (since, now))
    return before != today


def _week(context: Context, address: Address, now: float) -> page.Week:
    told: dict[str, tuple[int, int]] = {}
    for incident, wrong in context.store.decisions.told_since(address, now - 7 * DAY_S):
        alerts, false = told.get(incident.diagnosis, (0, 0))
        told[incident.diagnosis] = alerts + 1, false + wrong
    names = {w.ref: glances.title(w) for w in context.watches(address)}
    silences = context.store.decisions.silences(address, now)
    muted = (dots((names.get(s.ref or "", ""), s.diagnosis or "")) for s in silences)
    return page.Week(told, tuple(muted))
