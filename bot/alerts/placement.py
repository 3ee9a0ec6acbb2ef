"""Where an opening goes, and when: a message of its own in the channel, or the thread of an earlier one; at once, or
after the quiet hours. Pure; what was posted before is in the incidents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from operator import itemgetter

from analysis.diagnoses import ALL
from analysis.model import Severity
from bot.alerts.incident import Incident, Policy, Reason

# These are one event when they come within minutes: a spike, then divergence, then NaN, then the crash.
_BLOW_UPS = frozenset(d.id for d in ALL if d.blows_up)
_EVENT_S = 900.0
_DAY_S = 86_400.0


def place(incident: Incident, known: Collection[Incident], now: float, policy: Policy) -> tuple[str | None, Reason]:
    """Where an opening goes: the channel (None), or the thread of an earlier message."""
    root = _event_of(incident, known, now) or _same_fault(incident, known, now, policy)
    if root is not None:
        return root, "event"
    if incident.severity >= Severity.CRITICAL:
        return None, "news"
    posted = [(i.posted_at, i) for i in known if i.posted_at is not None and i.id != incident.id]
    repeated = [(at, i) for at, i in posted if i.identity == incident.identity and now - at < policy.repeat_s]
    if repeated:
        return max(repeated, key=itemgetter(0))[1].root_incident_id, "repeat"
    today = _day(now, policy)
    openings = [(at, i) for at, i in posted if i.root_incident_id == i.id and _day(at, policy) == today]
    if openings and len(openings) >= policy.budget:
        return max(openings, key=itemgetter(0))[1].id, "budget"
    return None, "news"


def _same_fault(incident: Incident, known: Collection[Incident], now: float, policy: Policy) -> str | None:
    """The first incident of the same fault in another metric (three evals frozen one after the other), when it is open
    and was told not long ago: one cause is one opening. What is graver than what was told is news of its own.
    """
    told = [
        i
        for i in known
        if i.id != incident.id and i.diagnosis == incident.diagnosis and i.posted_at is not None and i.state == "open"
        if now - i.posted_at < policy.repeat_s and i.severity >= incident.severity
        if i.root_incident_id == i.id or i.follows
    ]
    first = min(told, key=lambda i: i.raised_row, default=None)
    return None if first is None else first.root_incident_id


def _event_of(incident: Incident, known: Collection[Incident], now: float) -> str | None:
    """The first incident of an event that is going on, when this one belongs to it."""
    if incident.diagnosis not in _BLOW_UPS:
        return None
    posted = [(i.posted_at, i) for i in known if i.posted_at is not None and i.id != incident.id]
    recent = [i for at, i in posted if i.diagnosis in _BLOW_UPS and now - at < _EVENT_S]
    open_ = [i for i in recent if not i.over and (i.root_incident_id == i.id or i.follows)]
    first = min(open_, key=lambda i: i.raised_row, default=None)
    return None if first is None else first.root_incident_id


def posted_lately(incident: Incident, now: float, policy: Policy) -> bool:
    """Whether it still counts for the budget of the day, or as an earlier message of the same fault."""
    return incident.posted_at is not None and now - incident.posted_at < max(policy.repeat_s, _DAY_S)


def _day(at: float, policy: Policy) -> dt.date:
    return dt.datetime.fromtimestamp(at, policy.timezone).date()


def quiet_until(now: float, policy: Policy) -> float | None:
    """When the quiet hours that hold now are over, or None outside them."""
    if policy.quiet_hours is None:
        return None
    start, end = policy.quiet_hours
    local = dt.datetime.fromtimestamp(now, policy.timezone)
    time = local.time()
    inside = start <= time < end if start <= end else time >= start or time < end
    if not inside:
        return None
    day = local.date() if time < end else local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, end, policy.timezone).timestamp()
