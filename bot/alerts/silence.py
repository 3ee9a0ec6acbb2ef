"""What a channel does not want to hear for a while. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.alerts.incident import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Everything it names must agree; what it leaves open (None) agrees with all. A muted incident stays tracked."""

    id: str
    ref: str | None = None  # a run
    diagnosis: str | None = None  # a rule
    metric: str | None = None  # the first metric of one of its incidents
    until: float | None = None  # seconds since epoch; None: until the run ends
    by: str = ""  # who asked for it
    created_at: float = 0.0

    def holds(self, now: float) -> bool:
        return self.until is None or now < self.until

    def covers(self, incident: Incident, ref: str) -> bool:
        """`ref`: the run of the incident."""
        diagnosis, metric = incident.identity
        wanted = ((self.ref, ref), (self.diagnosis, diagnosis), (self.metric, metric))
        return all(mine is None or mine == its for mine, its in wanted)


def over(incident: Incident, silences: Iterable[Silence], *, ref: str, now: float) -> Silence | None:
    """The silence over an incident, the longest of several; None: it may be said."""
    found = [s for s in silences if s.holds(now) and s.covers(incident, ref)]
    return max(found, key=lambda s: float("inf") if s.until is None else s.until, default=None)
