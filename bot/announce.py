"""What happened to the incidents of a watched run -> the messages of its channel. Pure.

An opening is a message of its own; what follows goes to its thread and edits it. Keys name incident and transition, so
the same change found twice is the same message.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.model import Report, Severity
from bot.incidents import Change, Incident, effects
from bot.outbox import Kind, Outgoing, outbox_key
from bot.render import alert
from bot.render.message import Message


def announcements(
    changes: Sequence[Change], incidents: Sequence[Incident], *, address: str, report: Report, chart: bytes | None
) -> list[Outgoing]:
    """The posts for one watch, in order.

    incidents  all of the run, as they are after the changes
    chart      PNG for the openings, or None
    """
    posts: list[Outgoing] = []
    for change in changes:
        if change.posted and change.kind in ("opened", "folded"):
            posts.append(_opening(change, incidents, address=address, report=report, chart=chart))
        elif change.posted and change.kind in ("worsened", "resolved"):
            posts += _follow_up(change, address=address, report=report)
    closed = [c for c in changes if c.posted and c.kind == "closed"]
    return posts + (_closing(closed, address=address, report=report) if closed else [])


def _opening(
    change: Change, incidents: Sequence[Incident], *, address: str, report: Report, chart: bytes | None
) -> Outgoing:
    i = change.incident
    return Outgoing(
        dest=address,
        kind="alert",
        subject=i.id,
        transition=change.kind,
        message=alert.opening(report.run, i, effects(incidents, i)),
        chart=chart if change.kind == "opened" else None,
        parent=None if change.thread is None else outbox_key(address, change.thread, "opened"),
        critical=i.severity >= Severity.CRITICAL,
        not_before=change.not_before,
    )


def _follow_up(change: Change, *, address: str, report: Report) -> list[Outgoing]:
    """In the thread, and in the first message."""
    i = change.incident
    words = change.transition.words if change.transition is not None else i.words
    kind: Kind = "resolve" if change.kind == "resolved" else "update"
    transition = change.kind if change.kind == "resolved" else f"{change.kind}:{i.severity.word}"
    if change.kind == "resolved":
        told = alert.resolved(report.run, i, words, rewound=change.rewound)
    else:
        told = alert.worsened(report.run, i, words)
    return _told_and_edited(change, told, _edited(change, told), kind=kind, transition=transition, address=address)


def _closing(closed: Sequence[Change], *, address: str, report: Report) -> list[Outgoing]:
    """One summary for all that is open when the run ends; each first message says so too."""
    message = alert.closing(report.run, [c.incident for c in closed])
    lead = closed[0]
    return _told_and_edited(lead, message, None, kind="update", transition=f"closed:{report.run.rows}", address=address)


def _edited(change: Change, told: Message) -> Message | None:
    return told


def _told_and_edited(
    change: Change, told: Message, edited: Message | None, *, kind: Kind, transition: str, address: str
) -> list[Outgoing]:
    i = change.incident
    thread = change.thread or i.id
    post = Outgoing(
        dest=address,
        kind=kind,
        subject=i.id,
        transition=transition,
        message=told,
        parent=outbox_key(address, thread, "opened"),
        critical=i.severity >= Severity.CRITICAL and kind == "update",
        not_before=change.not_before,
    )
    if edited is None:
        return [post]
    first = outbox_key(address, i.id, "opened" if i.root == i.id else "folded")
    return [
        post,
        Outgoing(
            dest=address,
            kind=kind,
            subject=i.id,
            transition=transition,
            ordinal=1,
            message=edited,
            edits=first,
            orphan="drop",
            not_before=change.not_before,
        ),
    ]
