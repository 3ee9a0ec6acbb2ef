"""What people decide in a channel: owners, silences, false alarms, rules, notes. Plain values in and out.

Polls read these and leave them alone; so nothing that somebody said is lost to a poll that ran at the same time.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, or_, select, update

from bot.address import Address
from bot.alerts.incident import Incident
from bot.alerts.silence import Silence
from bot.outgoing import Outgoing
from bot.render.message import Message
from bot.store.outbox import enqueue, insert_new, message_from_json
from bot.store.tables import attachment, counter, incident, note, outbox, rule, silence, tuning, watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """A rule made less sensitive for a project after a false alarm."""

    id: str
    scope: str  # entity/project, or the reference of a run that belongs to none
    diagnosis: str
    fields: Mapping[str, Any]  # as under `diagnoses.<id>` of the configuration file
    incident_id: str
    by: str
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A threshold that a channel has set for what it watches."""

    id: str
    address: Address
    scope: str | None  # a run, or entity/project; None: whatever this channel watches
    metric: str
    side: Literal["above", "below"]
    limit: float
    points: int
    active: bool  # confirmed
    by: str
    created_at: float

    def applies(self, ref: str) -> bool:
        """`ref`: of a run."""
        return self.scope is None or ref == self.scope or ref.startswith(f"{self.scope}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a person knows of a run. With `rate` (0..1) it is a success rate, measured at `step`."""

    id: str
    ref: str
    text: str
    by: str
    created_at: float
    rate: float | None = None
    successes: int | None = None
    trials: int | None = None
    step: int | None = None


def new_id() -> str:
    """A name for a new decision."""
    return secrets.token_hex(4)


def told_incident(record: RowMapping | Mapping[str, Any]) -> Incident:
    """An incident with what people made of it, from a row of its table."""
    known = {"number", "owner", "owned_at", "wrong_by"}
    beside = {name: record[name] for name in known if record[name] is not None}
    return Incident.from_json({**record["body"], **beside})


class Decisions:
    """Thread-safe. Every method is one transaction; errors as in `Store`."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, engine.execution_options(reads=True)

    # incidents

    def take_numbers(self, address: Address, count: int) -> int:
        """The first of `count` numbers that no incident of this channel has had."""
        with self._engine.begin() as connection:
            insert_new(connection, counter, {"address": address, "last": 0})
            raised = update(counter).where(counter.c.address == address).values(last=counter.c.last + count)
            return int(connection.execute(raised.returning(counter.c.last)).scalar_one()) - count + 1

    def incident(self, address: Address, number: int) -> tuple[str, Incident] | None:
        """The incident that a channel calls by this number, and its run; None: none so far, or forgotten."""
        query = select(watch.c.ref, incident).join(watch, incident.c.watch_id == watch.c.id)
        query = query.where(watch.c.address == address, incident.c.number == number)
        with self._reads.connect() as connection:
            record = connection.execute(query).mappings().first()
            return None if record is None else (record["ref"], told_incident(record))

    def same(self, ref: str, identity: tuple[str, str]) -> list[tuple[Address, Incident]]:
        """The incidents of every channel about this fault of this run that are not over."""
        query = select(watch.c.address, incident).join(watch, incident.c.watch_id == watch.c.id)
        query = query.where(watch.c.ref == ref, incident.c.state != "resolved")
        with self._reads.connect() as connection:
            found = [(r["address"], told_incident(r)) for r in connection.execute(query).mappings()]
        return [(address, i) for address, i in found if i.identity == identity]

    def own(self, ids: Sequence[str], owner: str, now: float, posts: Sequence[Outgoing] = ()) -> int:
        """Gives incidents that nobody owns an owner, with the posts that say so. Returns how many took it."""
        free = incident.c.id.in_(ids), incident.c.owner.is_(None)
        with self._engine.begin() as connection:
            taken = connection.execute(update(incident).where(*free).values(owner=owner, owned_at=now)).rowcount
            if taken:
                enqueue(connection, posts, now)
            return int(taken)

    def shown(self, first_key: str) -> tuple[Message, bytes | None] | None:
        """What stands, or will stand, in the message of this outbox key, with its chart (PNG): as it was posted, or as
        it was last edited.
        """
        query = select(outbox.c.body, attachment.c.content)
        query = query.join(attachment, attachment.c.key == outbox.c.chart, isouter=True)
        query = query.where(or_(outbox.c.key == first_key, outbox.c.edits == first_key))
        query = query.where(outbox.c.body.is_not(None), outbox.c.state.not_in(("dead", "stranded", "expired")))
        with self._reads.connect() as connection:
            record = connection.execute(query.order_by(outbox.c.seq.desc())).first()
            return None if record is None else (message_from_json(record[0]), record[1])

    # silences

    def silences(self, address: Address, now: float) -> list[Silence]:
        """Those of a channel that hold, oldest first."""
        query = select(silence).where(
            silence.c.address == address, or_(silence.c.until.is_(None), silence.c.until > now)
        )
        with self._reads.connect() as connection:
            return [_silence(r) for r in connection.execute(query.order_by(silence.c.created_at)).mappings()]

    def silence(self, address: Address, value: Silence, posts: Sequence[Outgoing] = ()) -> None:
        """Keeps a silence; an older one over the very same thing is replaced."""
        same = (
            silence.c.address == address,
            silence.c.ref.is_not_distinct_from(value.ref),
            silence.c.diagnosis.is_not_distinct_from(value.diagnosis),
            silence.c.metric.is_not_distinct_from(value.metric),
        )
        with self._engine.begin() as connection:
            connection.execute(delete(silence).where(*same))
            connection.execute(silence.insert().values({**asdict(value), "address": address}))
            enqueue(connection, posts, value.created_at)

    def end_silences(self, address: Address, ids: Sequence[str], now: float) -> int:
        """Ends them, and has the runs of the channel looked at soon. Returns how many there were."""
        with self._engine.begin() as connection:
            gone = delete(silence).where(silence.c.address == address, silence.c.id.in_(ids))
            ended = int(connection.execute(gone).rowcount)
            if ended:
                _look_soon(connection, address, now)
            return ended

    # false alarms

    def tunings(self, scope: str | None = None) -> list[Tuning]:
        """Those in force, of one project or of all, oldest first."""
        query = select(tuning).where(tuning.c.undone_at.is_(None)).order_by(tuning.c.created_at)
        if scope is not None:
            query = query.where(tuning.c.scope == scope)
        with self._reads.connect() as connection:
            return [_of(Tuning, r) for r in connection.execute(query).mappings()]

    def call_wrong(
        self, value: Tuning | None, incident_id: str, by: str, posts: Sequence[Outgoing], now: float
    ) -> bool:
        """Marks an incident a false alarm, with what is changed for it. False: it was marked before."""
        with self._engine.begin() as connection:
            mark = update(incident).where(incident.c.id == incident_id, incident.c.wrong_by.is_(None))
            if connection.execute(mark.values(wrong_by=by)).rowcount == 0:
                return False
            if value is not None:
                connection.execute(tuning.insert().values({**asdict(value), "fields": dict(value.fields)}))
                _look_again(connection, watch.c.place == value.scope)
            enqueue(connection, posts, now)
            return True

    def undo_wrong(self, incident_id: str, now: float, posts: Sequence[Outgoing]) -> bool:
        """Takes that back. False: it was not marked."""
        with self._engine.begin() as connection:
            mark = update(incident).where(incident.c.id == incident_id, incident.c.wrong_by.is_not(None))
            if connection.execute(mark.values(wrong_by=None)).rowcount == 0:
                return False
            of_it = tuning.c.incident_id == incident_id, tuning.c.undone_at.is_(None)
            undone = connection.execute(update(tuning).where(*of_it).values(undone_at=now).returning(tuning.c.scope))
            _look_again(connection, watch.c.place.in_(undone.scalars().all()))
            enqueue(connection, posts, now)
            return True

    # rules of a channel

    def rules(self, address: Address) -> list[Rule]:
        """Confirmed or not, oldest first."""
        query = select(rule).where(rule.c.address == address).order_by(rule.c.created_at)
        with self._reads.connect() as connection:
            return [_with_body(Rule, r) for r in connection.execute(query).mappings()]

    def add_rule(self, value: Rule) -> None:
        with self._engine.begin() as connection:
            connection.execute(rule.insert().values(_columns(value, "metric", "side", "limit", "points")))

    def confirm_rule(self, address: Address, id_: str, now: float) -> Rule | None:
        """Puts a rule in force. None: there is no such rule here."""
        this = rule.c.address == address, rule.c.id == id_
        with self._engine.begin() as connection:
            connection.execute(update(rule).where(*this).values(active=True))
            record = connection.execute(select(rule).where(*this)).mappings().first()
            if record is None:
                return None
            _look_soon(connection, address, now)
            found: Rule = _with_body(Rule, record)
            return found

    def remove_rule(self, address: Address, id_: str) -> bool:
        with self._engine.begin() as connection:
            _look_again(connection, watch.c.address == address)
            return connection.execute(delete(rule).where(rule.c.address == address, rule.c.id == id_)).rowcount > 0

    # notes

    def notes(self, ref: str) -> list[Note]:
        """Of one run, oldest first."""
        with self._reads.connect() as connection:
            query = select(note).where(note.c.ref == ref).order_by(note.c.created_at)
            return [_with_body(Note, r) for r in connection.execute(query).mappings()]

    def add_note(self, value: Note) -> None:
        with self._engine.begin() as connection:
            columns = _columns(value, "text", "rate", "successes", "trials", "step")
            connection.execute(note.insert().values(columns))
            _look_again(connection, watch.c.ref == value.ref)

    def remove_note(self, ref: str, id_: str) -> bool:
        with self._engine.begin() as connection:
            _look_again(connection, watch.c.ref == ref)
            return connection.execute(delete(note).where(note.c.ref == ref, note.c.id == id_)).rowcount > 0

    def told_since(self, address: Address, since: float) -> list[tuple[Incident, bool]]:
        """The incidents that a channel was told of since then, and whether it called them false."""
        query = select(incident).join(watch, incident.c.watch_id == watch.c.id)
        query = query.where(watch.c.address == address, incident.c.posted_at >= since)
        with self._reads.connect() as connection:
            return [(told_incident(r), r["wrong_by"] is not None) for r in connection.execute(query).mappings()]


def _look_soon(connection: Connection, address: Address, now: float) -> None:
    """What a decision changes is told now, not at the end of a long interval."""
    mine = watch.c.address == address, watch.c.state == "active", watch.c.due_at > now
    connection.execute(update(watch).where(*mine).values(due_at=now))
    _look_again(connection, watch.c.address == address)


def _look_again(connection: Connection, *whose: ColumnElement[bool]) -> None:
    """The next poll judges anew, whether the run has moved or not."""
    connection.execute(update(watch).where(*whose).values(seen=None))


def _silence(record: RowMapping) -> Silence:
    return Silence(**{f.name: record[f.name] for f in fields(Silence)})


def _of(kind: Any, record: RowMapping) -> Any:
    return kind(**{f.name: record[f.name] for f in fields(kind)})


def _with_body(kind: Any, record: RowMapping) -> Any:
    known = {**record, **record["body"]}
    return kind(**{f.name: known[f.name] for f in fields(kind)})


def _columns(value: Any, *in_body: str) -> dict[str, Any]:
    known = {f.name: getattr(value, f.name) for f in fields(value)}
    return {"body": {name: known.pop(name) for name in in_body}, **known}
