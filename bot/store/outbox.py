"""The one way out: rows to send, each exactly one message, in the states of a delivery.

    pending ──claim──> sending ──id──────────────> sent      (final)
                          ├── certainly not sent ─> pending   (later)
                          ├── refused ────────────> dead      (final)
                          ├── we are not there ───> stranded  (an alert; pending when something arrives there)
                          └── unclear, or the process died ─> unknown ──settled──> looked up: sent | pending | dead
    any of the first three, too old ─────────────> expired    (final)

`sending` is written before the request leaves, so after a crash nothing that may have been sent looks unsent.
Every change is fenced by the row's epoch: a process that lost its lease changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Table, case, func, select, update
from sqlalchemy import RowMapping as Record
from sqlalchemy.dialects import postgresql, sqlite

from bot.address import Address
from bot.outgoing import Kind, Outgoing
from bot.render.message import Button, File, Item, Message, Plot, PlotLine, Section
from bot.store.tables import attachment, outbox

State = Literal["pending", "sending", "unknown", "sent", "dead", "stranded", "expired"]
GivenUp = Literal["dead", "stranded", "expired"]
OPEN: tuple[State, ...] = ("pending", "sending", "unknown")
PATIENCE = 6  # tries (about two minutes) for which a row holds back its destination
LIFETIME_S: Mapping[Kind, float] = {
    "alert": 24 * 3600.0,
    "update": 24 * 3600.0,
    "resolve": 24 * 3600.0,
    "digest": 6 * 3600.0,
    "reply": 1800.0,  # who asked has moved on
}


@dataclass(frozen=True, slots=True)
class Row:
    """A claimed row: what to send, where it goes as far as is known now, and what was tried."""

    key: str
    dest: Address
    kind: Kind
    message: Message | None
    chart: bytes | None
    root_message_id: str | None  # remote id of the message whose thread it goes to
    edits: str | None  # remote id of the message to replace
    reply_url: str | None
    critical: bool
    attempts: int  # this one included
    look_ups: int
    epoch: int
    first_attempt_at: float
    expires_at: float
    maybe_twice: bool  # an earlier try may have arrived: say so
    about: str | None  # reference of the run
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
            "plot": _plot(data.get("plot")),
        }
    )


def _plot(data: Mapping[str, Any] | None) -> Plot | None:
    if not data:
        return None
    lines = tuple(PlotLine(line["name"], tuple(line["x"]), tuple(line["y"])) for line in data["lines"])
    return Plot(**dict(data) | {"lines": lines})


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts a row unless its key exists. False: it did."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = insert(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(new).first() is not None


def enqueue(connection: Connection, posts: Sequence[Outgoing], now: float) -> int:
    """Writes rows in the caller's transaction. A key that exists is left as it is. Returns how many are new."""
    new = 0
    for post in posts:
        chart = None
        if post.chart is not None:
            chart = hashlib.sha256(post.chart).hexdigest()
            insert_new(connection, attachment, {"key": chart, "content": post.chart, "created_at": now})
        begins = now if post.not_before is None else max(now, post.not_before)
        new += insert_new(
            connection,
            outbox,
            {
                "key": post.key,
                "dest": post.dest,
                "kind": post.kind,
                "body": None if post.message is None else message_to_json(post.message),
                "chart": chart,
                "parent": post.parent,
                "edits": post.edits,
                "reply_to_message_id": post.reply_to_message_id,
                "reply_url": post.reply_url,
                "critical": post.critical,
                "orphan": post.orphan,
                "about": post.about,
                "state": "pending",
                "attempts": 0,
                "look_ups": 0,
                "epoch": 0,
                "not_before": begins,
                "maybe_twice": False,
                "created_at": now,
                "expires_at": begins + LIFETIME_S[post.kind],
            },
        )
    return new


class Outbox:
    """What delivery needs of the database. Thread-safe; every method is one short transaction.

    The verdicts (`sent`, `later`, `postpone`, `unclear`, `dead`) return False, and change nothing, when the row is no
    longer ours.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, engine.execution_options(reads=True)

    def holds(self, key: str) -> bool:
        """Whether there is a row of this key, in whatever state."""
        with self._reads.connect() as connection:
            return connection.execute(select(outbox.c.seq).where(outbox.c.key == key)).first() is not None

    def claim(self, now: float, *, platforms: Collection[str], lease_s: float, limit: int) -> list[Row]:
        """Takes the next row of each destination, to be sent (or dropped, when `orphaned`) by the caller alone.

        One row of a destination at a time and in order. A row whose time lies ahead lets others pass if it was never
        tried. One that was tried and has to wait holds the others back, so that they are not heard in the wrong
        order, but not after `PATIENCE` tries: a message that a platform never takes must not dam up an alert.
        """
        # Read without keeping a writer waiting: whoever changes a row meanwhile raises its epoch, and it is not taken.
        with self._reads.connect() as connection:
            heads = _heads(connection.execute(_OPEN).mappings().all(), now)
        claimed: list[Row] = []
        heads = [head for head in heads if head["dest"].platform in platforms]
        if not heads:
            return []
        with self._engine.begin() as connection:
            for head in heads:
                if len(claimed) == limit:
                    break
                values = {
                    "state": "sending",
                    "attempts": head["attempts"] + 1,
                    "lease_until": now + lease_s,
                    "first_attempt_at": now if head["first_attempt_at"] is None else head["first_attempt_at"],
                    "epoch": head["epoch"] + 1,
                }
                if _change(connection, head["key"], head["epoch"], "pending", values):
                    claimed.append(_load(connection, head["key"]))
        return claimed

    def claim_unknown(self, now: float, *, platforms: Collection[str], lease_s: float, limit: int) -> list[Row]:
        """Takes rows that may have been sent and have settled, to be looked up or sent again under the same key."""
        settled = select(outbox.c.key, outbox.c.epoch, outbox.c.dest).where(
            outbox.c.state == "unknown", outbox.c.not_before <= now
        )
        with self._reads.connect() as connection:
            found = connection.execute(settled.order_by(outbox.c.seq)).all()
        found = [row for row in found if row.dest.platform in platforms]
        if not found:
            return []
        claimed: list[Row] = []
        with self._engine.begin() as connection:
            for key, epoch, _ in found:
                if len(claimed) == limit:
                    break
                # Whoever takes it has this long; then it is free to be looked up again.
                values = {"epoch": epoch + 1, "look_ups": outbox.c.look_ups + 1, "not_before": now + lease_s}
                if _change(connection, key, epoch, "unknown", values):
                    claimed.append(_load(connection, key))
        return claimed

    def resend(self, row: Row, now: float, *, lease_s: float) -> Row | None:
        """An unknown row goes out again under the same key: written down first. None: no longer ours."""
        values = {
            "state": "sending",
            "attempts": row.attempts + 1,
            "lease_until": now + lease_s,
            "epoch": row.epoch + 1,
        }
        with self._engine.begin() as connection:
            if not _change(connection, row.key, row.epoch, "unknown", values):
                return None
            return _load(connection, row.key)

    def abandon(self, now: float, *, settle_s: float) -> int:
        """Rows whose sender died: they may have been sent. Returns how many."""
        lost = outbox.c.state == "sending", outbox.c.lease_until < now
        values = {"state": "unknown", "not_before": now + settle_s, "last_error": "发送进程中断"}
        with self._engine.begin() as connection:
            return connection.execute(update(outbox).where(*lost).values(values)).rowcount

    def expire(self, now: float) -> list[Address]:
        """Gives up rows that were certainly not sent and are too old. Returns their destinations."""
        old = outbox.c.state == "pending", outbox.c.expires_at <= now
        with self._engine.begin() as connection:
            gone = update(outbox).where(*old).values(state="expired", done_at=now).returning(outbox.c.dest)
            return list(connection.execute(gone).scalars())

    def clock_set_back(self, now: float, *, lease_s: float, most_s: float) -> None:
        """What lies further ahead than anything does is from before the clock was set back: as if it were of now.

        `most_s`: the longest that a row waits for another try.
        """
        future = outbox.c.created_at - now  # by which everything else of such a row is off as well
        shift = {name: outbox.c[name] - future for name in ("not_before", "expires_at")} | {"created_at": now}
        late = outbox.c.state.in_(("pending", "unknown")), outbox.c.not_before > now + most_s
        tried = late[0], late[1], outbox.c.attempts > 0  # others may be planned for tomorrow
        held = outbox.c.state == "sending", outbox.c.lease_until > now + lease_s
        with self._engine.begin() as connection:
            is_open = outbox.c.state.in_(OPEN), outbox.c.created_at > now
            connection.execute(update(outbox).where(*is_open).values(shift))
            connection.execute(update(outbox).where(*tried).values(not_before=now))
            connection.execute(update(outbox).where(*held).values(lease_until=now + lease_s))

    def clock_set_forward(self, by: float) -> None:
        """What may have been sent has not settled sooner for that, and who sends has not died."""
        with self._engine.begin() as connection:
            unsettled = update(outbox).where(outbox.c.state == "unknown")
            connection.execute(unsettled.values(not_before=outbox.c.not_before + by))
            held = update(outbox).where(outbox.c.state == "sending")
            connection.execute(held.values(lease_until=outbox.c.lease_until + by))

    def sent(self, row: Row, remote_id: str, now: float) -> bool:
        values = {
            "state": "sent",
            "remote_id": remote_id,
            "root_message_id": row.root_message_id or remote_id,
            "done_at": now,
        }
        with self._engine.begin() as connection:
            # It counts even when the lease ran out meanwhile, as long as nobody else has taken the row.
            kept = _settle(connection, row, values, "sending", "unknown")
            if kept and row.reply_url is None:  # which reaches channels that we are not in
                _float(connection, row.dest, now)
        return kept

    def later(self, row: Row, not_before: float, error: str, *, maybe_twice: bool = False) -> bool:
        """Certainly not sent (or, with `maybe_twice`, nobody can know): to be sent from `not_before` on."""
        doubtful = maybe_twice or row.maybe_twice
        values = {"state": "pending", "not_before": not_before, "last_error": error, "maybe_twice": doubtful}
        if not doubtful:
            values["first_attempt_at"] = None  # nothing to look for from then on
        return self._verdict(row, values, "sending", "unknown")

    def postpone(self, row: Row, now: float, error: str, *, unclear: bool) -> bool:
        """The platform takes nothing at all: as if nobody had tried. `unclear`: an earlier try may have arrived."""
        values: dict[str, Any] = {"state": "unknown" if unclear else "pending", "not_before": now, "last_error": error}
        if unclear:
            values["look_ups"] = max(0, row.look_ups - 1)
        elif not row.maybe_twice:
            values["first_attempt_at"] = None
        with self._engine.begin() as connection:
            tried = values | {"attempts": row.attempts - 1}
            return _change(connection, row.key, row.epoch, "sending", tried) or _change(
                connection, row.key, row.epoch, "unknown", values
            )

    def unclear(self, row: Row, not_before: float, error: str) -> bool:
        """May have been sent: to be looked up from `not_before` on."""
        values = {"state": "unknown", "not_before": not_before, "last_error": error}
        return self._verdict(row, values, "sending", "unknown")

    def dead(self, row: Row, now: float, error: str, state: GivenUp = "dead") -> bool:
        values = {"state": state, "done_at": now, "last_error": error}
        return self._verdict(row, values, "sending", "unknown")

    def next_time(self) -> float | None:
        """When there is something to do next, as far as time alone decides; None when nothing is open."""
        waits = case((outbox.c.state == "sending", outbox.c.lease_until), else_=outbox.c.not_before)
        with self._reads.connect() as connection:
            return connection.execute(select(func.min(waits)).where(outbox.c.state.in_(OPEN))).scalar()

    def counts(self) -> dict[str, int]:
        """Rows by state."""
        with self._reads.connect() as connection:
            rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
            return {row[0]: row[1] for row in rows}

    def oldest_open(self) -> float | None:
        """When the oldest row that is due but not finished was due; None without any."""
        with self._reads.connect() as connection:
            return connection.execute(select(func.min(outbox.c.not_before)).where(outbox.c.state.in_(OPEN))).scalar()

    def state_of(self, key: str) -> tuple[State, str | None] | None:
        """State and remote id of a row, or None if there is none of this key."""
        with self._reads.connect() as connection:
            row = connection.execute(select(outbox.c.state, outbox.c.remote_id).where(outbox.c.key == key)).first()
            return None if row is None else (row[0], row[1])

    def _verdict(self, row: Row, values: Mapping[str, Any], *states: State) -> bool:
        with self._engine.begin() as connection:
            return _settle(connection, row, values, *states)


_parent, _edited = outbox.alias(), outbox.alias()
_joined = outbox.outerjoin(_parent, _parent.c.key == outbox.c.parent).outerjoin(
    _edited, _edited.c.key == outbox.c.edits
)
_LINK = ("state", "remote_id", "root_message_id")
_OPEN = (
    select(
        *(
            outbox.c[name]
            for name in ("key", "dest", "state", "epoch", "attempts", "look_ups", "not_before", "first_attempt_at")
        ),
        _parent.c.state.label("parent_state"),
        _edited.c.state.label("edited_state"),
    )
    .select_from(_joined)
    .where(outbox.c.state.in_(OPEN))
    .order_by(outbox.c.seq)
)


def _heads(rows: Sequence[Record], now: float) -> list[Record]:
    """The row to send next of each destination that is free, in order. `rows`: all open ones, in order."""
    heads: list[Record] = []
    closed: set[Address] = set()
    for row in rows:
        if row["dest"] in closed:
            continue
        waits = row["not_before"] > now
        if row["state"] != "pending":
            blocks = row["state"] == "sending" or row["attempts"] + row["look_ups"] <= PATIENCE
        elif row["parent_state"] in OPEN or row["edited_state"] in OPEN:
            blocks = False
        elif waits:
            blocks = 0 < row["attempts"] <= PATIENCE
        else:
            heads.append(row)
            blocks = True
        if blocks:
            closed.add(row["dest"])
    return heads


def _load(connection: Connection, key: str) -> Row:
    query = (
        select(
            outbox,
            attachment.c.content,
            *(
                t.c[name].label(f"{label}_{name}")
                for t, label in ((_parent, "parent"), (_edited, "edited"))
                for name in _LINK
            ),
        )
        .select_from(_joined.outerjoin(attachment, attachment.c.key == outbox.c.chart))
        .where(outbox.c.key == key)
    )
    r = connection.execute(query).mappings().one()
    # Something else can only be dead or expired here (or purged): a row is not claimed while what it needs is open.
    lost = (r["parent"] and r["parent_state"] != "sent") or (r["edits"] and r["edited_state"] != "sent")
    return Row(
        key=key,
        dest=r["dest"],
        kind=r["kind"],
        message=None if r["body"] is None else message_from_json(r["body"]),
        chart=r["content"],
        root_message_id=r["edited_root_message_id"] or r["parent_root_message_id"] or r["reply_to_message_id"],
        edits=r["edited_remote_id"],
        reply_url=r["reply_url"],
        critical=r["critical"],
        attempts=r["attempts"],
        look_ups=r["look_ups"],
        epoch=r["epoch"],
        first_attempt_at=r["first_attempt_at"],
        expires_at=r["expires_at"],
        maybe_twice=r["maybe_twice"],
        about=r["about"],
        orphaned=bool(lost) and r["orphan"] == "drop",
    )


def _change(connection: Connection, key: str, epoch: int, state: str, values: Mapping[str, Any]) -> bool:
    ours = outbox.c.key == key, outbox.c.epoch == epoch, outbox.c.state == state
    return connection.execute(update(outbox).where(*ours).values(dict(values))).rowcount > 0


def _settle(connection: Connection, row: Row, values: Mapping[str, Any], *states: State) -> bool:
    return any(_change(connection, row.key, row.epoch, state, values) for state in states)


def _float(connection: Connection, dest: Address, now: float) -> None:
    """Something has arrived there: alerts that could not are sent now, as far as they are not too old."""
    back = outbox.c.dest == dest, outbox.c.state == "stranded", outbox.c.expires_at > now
    again = {"state": "pending", "attempts": 0, "not_before": now, "first_attempt_at": None, "done_at": None}
    connection.execute(update(outbox).where(*back).values(again))
