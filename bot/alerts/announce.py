"""What happened to the incidents of a watched run -> the messages of its channel. Pure.

An opening is a message of its own; what follows goes to its thread and edits it. Keys name incident and transition, so
the same change found twice is the same message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.model import Report, Severity
from bot.address import Address
from bot.alerts import pages
from bot.alerts.incident import Change, Incident
from bot.alerts.incidents import effects
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
) -> list[Outgoing]:
    """The posts for one watch, in order.

    incidents  all of the run, as they are after the changes
    chart      PNG of the run as it stands, or None
    inline     whether the chart is part of a message, so that an edit without it would lose it
    """
    posts: list[Outgoing] = []
    run, kept_chart = report.run, chart if inline else None
    for change in changes:
        if not change.posted or change.kind == "closed":
            continue
        incident = change.incident
        opening = pages.opening(run, incident, effects(incidents, incident))
        if change.kind in ("opened", "folded"):
            posts.append(_opening(change, opening, address, chart))
            continue
        words = change.transition.words if change.transition is not None else incident.words
        if change.kind == "resolved":
            news = first = pages.resolved(run, incident, words, rewound=change.rewound)
        else:
            news, first = pages.worsened(run, incident, words), opening
        posts += [_in_thread(change, news, address), _edit(change, first, address, kept_chart)]
    closed = [c for c in changes if c.posted and c.kind == "closed"]
    if closed:
        now = {(f.id, *f.metrics[:1]): f.words for f in report.findings if not f.over}
        still = [
            replace(c.incident, words=now.get((c.incident.diagnosis, *c.incident.metrics[:1]), c.incident.words))
            for c in closed
        ]
        posts.append(_in_thread(closed[0], pages.closing(run, still), address))
        for c in closed:
            opening = pages.opening(run, c.incident, effects(incidents, c.incident))
            posts.append(_edit(c, replace(opening, footer="任务结束时仍未解决"), address, kept_chart))
    return [replace(post, about=run.ref) for post in posts]


def _transition(change: Change) -> str:
    """Names a change for ever. A run that comes back may close again, at another row."""
    if change.kind == "closed":
        return f"closed:{change.row}"
    return f"worsened:{change.incident.severity.word}" if change.kind == "worsened" else change.kind


def _opening(change: Change, message: Message, address: Address, chart: bytes | None) -> Outgoing:
    return Outgoing(
        dest=address,
        kind="alert",
        subject=change.incident.id,
        transition=change.kind,
        message=message,
        chart=chart if change.kind == "opened" else None,
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
        orphan="drop" if change.kind == "resolved" else "root",  # a recovery from what nobody read is no news
        critical=change.kind == "worsened" and change.incident.severity >= Severity.CRITICAL,
        not_before=change.not_before,
    )


def _edit(change: Change, message: Message, address: Address, chart: bytes | None) -> Outgoing:
    """The message in which the incident was first posted, as it should read now."""
    i = change.incident
    return Outgoing(
        dest=address,
        kind="resolve" if change.kind == "resolved" else "update",
        subject=i.id,
        transition=_transition(change),
        ordinal=1,
        message=message,
        chart=chart,
        edits=outbox_key(address, i.id, "opened" if i.root_incident_id == i.id else "folded"),
        orphan="drop",
        not_before=change.not_before,
    )
