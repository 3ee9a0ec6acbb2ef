"""The one way out: rows to send, each exactly one message, in the states of a delivery.

    pending ──claim──> sending ──id──────────────> sent      (final)
                          ├── certainly not sent ─> pending   (later)
                          ├── refused ────────────> dead      (final)
                          └── unclear, or the process died ─> unknown ──settled──> looked up: sent | pending | dead
    any of the first three, too old ─────────────> expired    (final)

`sending` is written before the request leaves, so after a crash nothing that may have been sent looks unsent.
Every change is fenced by the row's epoch: a process that lost its lease changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from bot.render.message import Button, File, Item, Message, Section

Kind = Literal["alert", "update", "resolve", "digest", "reply"]
State = Literal["pending", "sending", "unknown", "sent", "dead", "expired"]
LIFETIME_S: Mapping[Kind, float] = {
    "alert": 24 * 3600.0,
    "update": 24 * 3600.0,
    "resolve": 24 * 3600.0,
    "digest": 6 * 3600.0,
    "reply": 1800.0,  # who asked has moved on
}


def outbox_key(dest: str, subject: str, transition: str, ordinal: int = 0) -> str:
    """The name of a message for ever: 40 hex digits. Two rows of one key are one message."""
    parts = "\x00".join((dest, subject, transition, str(ordinal)))
    return hashlib.sha256(parts.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent once. `subject`: incident id, digest slot or inbound event id.

    `ordinal` tells apart several messages of one transition (a report in parts, an edit beside a thread message,
    a chart of its own).
    """

    dest: str  # an address
    kind: Kind
    subject: str
    transition: str
    message: Message | None  # None: the chart alone
    ordinal: int = 0
    chart: bytes | None = None  # PNG
    parent: str | None = None  # key of the row under whose message it goes; sent after it
    edits: str | None = None  # key of the row whose message it replaces; sent after it
    thread: str | None = None  # remote id of a person's message to answer under
    reply_url: str | None = None
    critical: bool = False
    orphan: Literal["root", "drop"] = "root"  # when the message it belongs to never arrived: on its own, or not at all
    not_before: float | None = None  # seconds since epoch

    @property
    def key(self) -> str:
        return outbox_key(self.dest, self.subject, self.transition, self.ordinal)


@dataclass(frozen=True, slots=True)
class Row:
    """A claimed row: what to send, where it goes as far as is known now, and what was tried."""

    key: str
    dest: str
    kind: Kind
    message: Message | None
    chart: bytes | None
    thread: str | None  # remote id of the root message to post under
    edits: str | None  # remote id of the message to replace
    reply_url: str | None
    critical: bool
    attempts: int  # this one included
    look_ups: int
    epoch: int
    first_attempt_at: float
    maybe_twice: bool  # an earlier try may have arrived: say so
    orphaned: bool  # what it belongs to never arrived and it says nothing on its own: drop it


def message_to_json(message: Message) -> dict[str, Any]:
    return asdict(message)


def message_from_json(data: Mapping[str, Any]) -> Message:
    """Inverse of `message_to_json`. Raises KeyError or TypeError on anything else."""
    return Message(
        **dict(data)
        | {
            "items": tuple(Item(**item | {"evidence": tuple(item["evidence"])}) for item in data["items"]),
            "sections": tuple(Section(s["heading"], tuple(s["lines"])) for s in data["sections"]),
            "buttons": tuple(Button(**button) for button in data["buttons"]),
            "file": data["file"] and File(**data["file"]),
        }
    )


def separate_chart(post: Outgoing) -> list[Outgoing]:
    """For a chat without inline charts: the message, and its chart as a message of its own right under it."""
    raise NotImplementedError


def enqueue(connection: Connection, posts: Sequence[Outgoing], now: float) -> int:
    """Writes rows in the caller's transaction. A key that exists is left as it is. Returns how many are new."""
    raise NotImplementedError


class Outbox:
    """What delivery needs of the database. Thread-safe; every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
