"""What happened to the incidents of a watched run -> the messages of its channel. Pure.

An opening is a message of its own; what follows goes to its thread and edits it. Keys name incident and transition, so
the same change found twice is the same message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analysis.model import Report, Severity
from bot.address import Address
from bot.alerts import pages
from bot.alerts.incident import Change, Incident
from bot.alerts.incidents import effects, event
from bot.outgoing import Outgoing, outbox_key
from bot.render.message import Message


def announcements(
    changes: Sequence[Change],
    incidents: Sequence[Incident],
    *,
    address: Address,
    report: Report,
    chart: bytes | None,
    inline: bool,
    standing: Callable[[Incident], str] = pages.named,
) -> list[Outgoing]:
    """The posts for one watch, in order.

    incidents  all of the run, as they are after the changes
    chart      PNG of the run as it stands, or None
    inline     whether the chart is part of a message, so that an edit without it would lose it
    standing   what people made of an incident, in words: its number, its owner, its silence
    """
    told = _Told(report, incidents, address, chart if inline else None, standing)
    posts: list[Outgoing] = []
    for change in changes:
        if change.kind == "resolved" and change.reason == "muted" and change.incident.posted_at is not None:
            posts += told.edits(change)  # who silenced it wants no news of it; what stands there is still true
        elif change.posted and change.kind != "closed":
            posts += told.news(change, chart)
    closed = [c for c in changes if c.posted and c.kind == "closed"]
    if closed:
        now = {(f.id, *f.metrics[:1]): f.words for f in report.findings if not f.over}
        still = [
            replace(c.incident, words=now.get((c.incident.diagnosis, *c.incident.metrics[:1]), c.incident.words))
            for c in closed
        ]
        posts.append(_in_thread(closed[0], pages.closing(report, still), address))
        for c in closed:
            posts += told.edits(c)
    return [replace(post, about=report.run.ref) for post in posts]


@dataclass(frozen=True, slots=True)
class _Told:
    """What every message of one poll is made of."""

    report: Report
    incidents: Sequence[Incident]
    address: Address
    kept_chart: bytes | None  # of an edited message
    standing: Callable[[Incident], str]

    def news(self, change: Change, chart: bytes | None) -> list[Outgoing]:
        """A posted change: its own message, and the messages that read otherwise from now on."""
        incident, run = change.incident, self.report.run
        if change.kind == "opened":
            return [_opening(change, self.first(incident), self.address, chart)]
        if change.kind == "folded":
            page = pages.opening(self.report, incident, effects(self.incidents, incident), self.standing(incident))
            return [_opening(change, page, self.address, None), *(self.edits(change) if incident.follows else ())]
        if change.kind == "reminded":
            return [_in_thread(change, pages.reminder(self.report, incident), self.address)]
        words = change.transition.words if change.transition is not None else incident.words
        if change.kind == "resolved":
            news = pages.resolved(run, incident, words, rewound=change.rewound)
        else:
            news = pages.worsened(self.report, incident, words)
        return [_in_thread(change, news, self.address), *self.edits(change)]

    def edits(self, change: Change) -> list[Outgoing]:
        """The messages in which the incident was first posted, as they should read now: its own, and its event's."""
        incident = change.incident
        root_id = incident.root_incident_id or incident.id
        if not incident.follows:
            return [_edit(change, incident, self.first(incident, change), self.address, self.kept_chart)]
        mine = _edit(change, incident, self.single(incident, change), self.address, None)
        root = next((i for i in self.incidents if i.id == root_id), None)
        posts = [] if change.kind == "folded" else [mine]
        if root is not None:
            posts.append(_edit(change, root, self.first(root, change), self.address, self.kept_chart, ordinal=2))
        return posts

    def first(self, incident: Incident, change: Change | None = None) -> Message:
        """The message of an incident; where others followed it, of the whole event."""
        members = event(self.incidents, incident.id) if incident.root_incident_id == incident.id else ()
        if len(members) < 2:
            return self.single(incident, change)
        if all(i.over for i in members):
            return pages.resolved(self.report.run, incident, incident.words, standing=self.standing(incident))
        page = pages.event(self.report, members, self.standing)
        return replace(page, footer=_ENDED) if change is not None and change.kind == "closed" else page

    def single(self, incident: Incident, change: Change | None) -> Message:
        kind = None if change is None else change.kind
        if change is not None and kind == "resolved":
            words = change.transition.words if change.transition is not None else incident.words
            standing = self.standing(incident)
            return pages.resolved(self.report.run, incident, words, rewound=change.rewound, standing=standing)
        page = pages.opening(self.report, incident, effects(self.incidents, incident), self.standing(incident))
        return replace(page, footer=_ENDED) if kind == "closed" else page


_ENDED = "任务结束时仍未解决"


def _transition(change: Change) -> str:
    """Names a change for ever. A run that comes back may close again, at another row."""
    if change.kind == "closed":
        return f"closed:{change.row}"
    if change.kind == "reminded":
        return f"reminded:{change.incident.reminders}"
    return f"worsened:{change.incident.severity.word}" if change.kind == "worsened" else change.kind


def _opening(change: Change, message: Message, address: Address, chart: bytes | None) -> Outgoing:
    return Outgoing(
        dest=address,
        kind="alert",
        subject=change.incident.id,
        transition=change.kind,
        message=message,
        chart=chart,
        parent=None if change.root_incident_id is None else outbox_key(address, change.root_incident_id, "opened"),
        critical=change.incident.severity >= Severity.CRITICAL,
        not_before=change.not_before,
    )


def _in_thread(change: Change, message: Message, address: Address) -> Outgoing:
    root_incident_id = change.root_incident_id or change.incident.id
    return Outgoing(
        dest=address,
        kind="resolve" if change.kind == "resolved" else "update",
        subject=change.incident.id,
        transition=_transition(change),
        message=message,
        parent=outbox_key(address, root_incident_id, "opened"),
        # A recovery from what nobody read is no news, and neither is that it goes on.
        orphan="drop" if change.kind in ("resolved", "reminded") else "root",
        critical=change.kind == "worsened" and change.incident.severity >= Severity.CRITICAL,
        not_before=change.not_before,
    )


def first_key(address: Address, incident: Incident) -> str:
    """Key of the outbox row in which an incident was first posted."""
    return outbox_key(address, incident.id, "opened" if incident.root_incident_id == incident.id else "folded")


def _edit(
    change: Change, of: Incident, message: Message, address: Address, chart: bytes | None, ordinal: int = 1
) -> Outgoing:
    """The first message of `of`, as it reads after a change, which may be another incident's."""
    return Outgoing(
        dest=address,
        kind="resolve" if change.kind == "resolved" else "update",
        subject=change.incident.id,
        transition=_transition(change),
        ordinal=ordinal,
        message=message,
        chart=chart,
        edits=first_key(address, of),
        orphan="drop",
        not_before=change.not_before,
    )
