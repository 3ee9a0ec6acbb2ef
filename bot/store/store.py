"""The one database: watches, incidents and pages; inbox, outbox, decisions and digests have rooms of their own. Plain
values in and out; SQLite or PostgreSQL.

Everything a poll found is one transaction, so a crash between any two statements loses nothing and repeats nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, bindparam, delete, func, or_, select, update
from sqlalchemy import RowMapping as Record

from bot.address import Address
from bot.alerts.incident import Incident
from bot.outgoing import Outgoing
from bot.sources.reference import project_of
from bot.store import tables
from bot.store.decisions import Decisions, told_incident
from bot.store.digests import Digests, Origin
from bot.store.engine import connect, migrate
from bot.store.inbox import Inbox
from bot.store.outbox import OPEN, Outbox, enqueue, insert_new
from bot.store.tables import attachment, bucket, inbox, incident, outbox, page, pulse, watch

_LEAST_FREE = 16 << 20  # bytes
_MOST_LEASED = 4000  # watches at a time: each brings what was seen of its run
_LONGEST_LEASE_S = 30.0  # a poll's, and what the clocks of two replicas may lie apart


@dataclass(frozen=True, slots=True)
class Watch:
    """One address watching one run, or a filter whose runs are watches with it as `parent`."""

    id: str
    address: Address
    ref: str  # entity/project/run_id, a path, or entity/project?tag=x&user=y
    place: str  # what one listing covers with it: entity/project, or the path of a file
    kind: Literal["run", "filter"]
    parent: str | None
    origin: Origin
    interval_s: float
    state: Literal["active", "ended"]  # ended: its run is over; no longer due
    due_at: float
    rows: int | None  # the cursor: rows processed; None before the first poll
    step: int | None  # largest `_step` among them
    epoch: int  # raised by every lease and every poll: the fence
    failures: int  # polls in a row that failed
    failing_since: float | None  # when the first of them was
    last_error: str | None  # Chinese sentence of the last failed poll
    glance: Mapping[str, Any] | None  # what the last poll saw, for lists and digests; JSON of the service's choosing
    seen: Mapping[str, Any] | None  # how the run stood then, for the next poll; None: look, whatever the listing says
    created_at: float
    tells_end: bool | None = None  # somebody wants to hear when its run has ended, and has not yet


class Store:
    """Thread-safe. Every method is one transaction. Times are seconds since epoch.

    Raises sqlalchemy.exc.SQLAlchemyError when the database is away; nothing is half done then.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, engine.execution_options(reads=True)
        self.inbox, self.outbox = Inbox(engine), Outbox(engine)
        self.decisions, self.digests = Decisions(engine), Digests(engine)

    @classmethod
    def open(cls, url: str) -> Store:
        """Connects and migrates. `sqlite:///path` (its directory is made) or `postgresql://…`."""
        migrate(url)
        return cls(connect(url))

    def close(self) -> None:
        self._engine.dispose()

    def ping(self) -> None:
        """Returns when the database has taken a write. Raises SQLAlchemyError, or OSError when its disk is full."""
        file = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
        # The next pages of its log may be there already, so that a small write succeeds and a command does not.
        if file and shutil.disk_usage(Path(file).parent).free < _LEAST_FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with self._engine.begin() as connection:
            insert_new(connection, pulse, {"id": 1, "beats": 0})
            connection.execute(update(pulse).values(beats=pulse.c.beats + 1))

    # watches

    def add_watch(
        self,
        address: Address,
        ref: str,
        *,
        kind: Literal["run", "filter"],
        interval_s: float,
        now: float,
        origin: Origin = "chat",
        parent: str | None = None,
        tells_end: bool = False,
    ) -> tuple[Watch, bool]:
        """The watch, and whether it is new. An existing one takes the new interval; an ended one becomes active."""
        name = hashlib.sha256(f"{address}\x00{ref}\x00{now!r}".encode()).hexdigest()[:24]
        values = {
            "id": name,
            "address": address,
            "ref": ref,
            "place": _place(ref),
            "kind": kind,
            "parent": parent,
            "origin": origin,
            "interval_s": interval_s,
            "state": "active",
            "due_at": now,
            "epoch": 0,
            "failures": 0,
            "tells_end": tells_end,
            "created_at": now,
        }
        same = watch.c.address == address, watch.c.ref == ref
        with self._engine.begin() as connection:
            new = insert_new(connection, watch, values)
            if not new:
                wanted = {"interval_s": interval_s} | ({"tells_end": True} if tells_end else {})
                connection.execute(update(watch).where(*same).values(wanted))
                again = {"state": "active", "due_at": now, "failures": 0}
                connection.execute(update(watch).where(*same, watch.c.state == "ended").values(again))
            return _watch(connection.execute(select(watch).where(*same)).mappings().one()), new

    def remove_watch(self, address: Address, ref: str) -> bool:
        """Forgets it with its incidents, and the watches a filter made. False: there was none."""
        with self._engine.begin() as connection:
            gone = delete(watch).where(watch.c.address == address, watch.c.ref == ref)
            return connection.execute(gone).rowcount > 0

    def watches(self, address: Address | None = None) -> list[Watch]:
        """All, or one address's, oldest first."""
        query = select(watch).order_by(watch.c.created_at, watch.c.ref)
        if address is not None:
            query = query.where(watch.c.address == address)
        with self._reads.connect() as connection:
            return [_watch(r) for r in connection.execute(query).mappings()]

    def configured(self) -> list[tuple[Address, str]]:
        """Address and reference of the watches that the configuration file made; not those that its filters made."""
        query = select(watch.c.address, watch.c.ref).where(watch.c.origin == "config", watch.c.parent.is_(None))
        with self._reads.connect() as connection:
            return [(row.address, row.ref) for row in connection.execute(query)]

    def count_watches(self, *, runs_only: bool = False) -> dict[str, int]:
        """How many there are, by state."""
        query = select(watch.c.state, func.count().label("n")).group_by(watch.c.state)
        if runs_only:
            query = query.where(watch.c.kind == "run")
        with self._reads.connect() as connection:
            return {"active": 0, "ended": 0} | {row.state: row.n for row in connection.execute(query)}

    def lease_due(self, now: float, *, lease_s: float, places: int) -> list[Watch]:
        """Takes so many places, those that have waited longest: the watches of each that are due within half their
        interval, since one listing covers them. Ours until `now + lease_s`, or until somebody leases them after that.
        """
        free = watch.c.state == "active", or_(watch.c.lease_until.is_(None), watch.c.lease_until <= now)
        waiting = select(watch.c.place).where(*free, watch.c.due_at <= now).group_by(watch.c.place)
        longest = waiting.order_by(func.min(watch.c.due_at)).limit(places)
        with self._engine.begin() as connection:
            chosen = list(connection.execute(longest).scalars())
            if not chosen:
                return []
            soon = *free, watch.c.due_at <= now + watch.c.interval_s / 2
            counts = select(watch.c.place, func.count()).where(*soon, watch.c.place.in_(chosen)).group_by(watch.c.place)
            held = {row[0]: row[1] for row in connection.execute(counts)}
            while len(chosen) > 1 and sum(held.get(place, 0) for place in chosen) > _MOST_LEASED:
                chosen.pop()  # whole places: a listing tells of all of one
            due = select(watch.c.id).where(*soon, watch.c.place.in_(chosen)).order_by(watch.c.due_at)
            mine = due.limit(_MOST_LEASED).with_for_update(skip_locked=True)
            ids = connection.execute(mine).scalars().all()
            take = update(watch).where(watch.c.id.in_(ids))
            take = take.values(lease_until=now + lease_s, epoch=watch.c.epoch + 1)
            taken = [_watch(r) for r in connection.execute(take.returning(watch)).mappings()]
        return sorted(taken, key=lambda w: w.due_at)

    def renew(self, watches: Sequence[Watch], until: float) -> None:
        """Keeps the leases of those that are still ours until then."""
        ours = watch.c.id == bindparam("its_id"), watch.c.epoch == bindparam("its_epoch")
        with self._engine.begin() as connection:
            connection.execute(
                update(watch).where(*ours).values(lease_until=until),
                [{"its_id": w.id, "its_epoch": w.epoch} for w in watches],
            )

    def release(self, watches: Sequence[Watch]) -> None:
        """Gives back those that are still ours: they are due as before, for whoever comes first."""
        ours = watch.c.id == bindparam("its_id"), watch.c.epoch == bindparam("its_epoch")
        with self._engine.begin() as connection:
            connection.execute(
                update(watch).where(*ours).values(lease_until=None, epoch=watch.c.epoch + 1),
                [{"its_id": w.id, "its_epoch": w.epoch} for w in watches],
            )

    def release_leases(self) -> None:
        """For the start of the only process: what its predecessor had leased is free at once."""
        with self._engine.begin() as connection:
            connection.execute(update(inbox).where(inbox.c.state == "new").values(taken_until=None))
            connection.execute(update(watch).where(watch.c.lease_until.is_not(None)).values(lease_until=None))

    def commit_poll(
        self,
        watch: Watch,
        *,
        now: float,
        due_at: float,
        rows: int | None,
        step: int | None,
        state: Literal["active", "ended"] = "active",
        incidents: Sequence[Incident] = (),
        posts: Sequence[Outgoing] = (),
        glance: Mapping[str, Any] | None = None,
        seen: Mapping[str, Any] | None = None,
        told_end: bool = False,
    ) -> bool:
        """All that a poll found, at once; ends the lease. False: the lease was lost, nothing was written.

        `glance` None keeps the last one. `told_end`: the end of the run is among the posts.
        """
        values: dict[str, Any] = {"rows": rows, "step": step, "state": state, "due_at": due_at, "seen": seen, **_READ}
        if glance is not None:
            values["glance"] = dict(glance)
        if told_end:
            values["tells_end"] = False
        with self._engine.begin() as connection:
            if not _fenced(connection, watch.id, watch.epoch, values):
                return False
            for i in incidents:
                _keep_incident(connection, watch.id, i)
            enqueue(connection, posts, now)
            return True

    def pass_over(self, due: Sequence[tuple[Watch, float]]) -> None:
        """These did not move: each is due again then, and its lease ends. One whose lease was lost is left alone."""
        ours = watch.c.id == bindparam("its_id"), watch.c.epoch == bindparam("its_epoch")
        values = {"due_at": bindparam("its_due"), "epoch": watch.c.epoch + 1, **_READ}
        if due:
            with self._engine.begin() as connection:
                connection.execute(
                    update(watch).where(*ours).values(values),
                    [{"its_id": w.id, "its_epoch": w.epoch, "its_due": at} for w, at in due],
                )

    def fail_poll(self, watch: Watch, *, now: float, due_at: float, error: str, posts: Sequence[Outgoing] = ()) -> bool:
        """The run could not be read: counts it, keeps cursor and incidents, ends the lease. False as above."""
        values = {
            "due_at": due_at,
            "lease_until": None,
            "failures": tables.watch.c.failures + 1,
            "failing_since": func.coalesce(tables.watch.c.failing_since, now),
            "last_error": error,
        }
        with self._engine.begin() as connection:
            if not _fenced(connection, watch.id, watch.epoch, values):
                return False
            enqueue(connection, posts, now)
            return True

    def failing_since(self, address: Address) -> float | None:
        """Since when something that a channel watches cannot be read; None: everything can."""
        query = select(func.min(watch.c.failing_since)).where(watch.c.address == address, watch.c.state == "active")
        with self._reads.connect() as connection:
            return connection.execute(query).scalar()

    def retry_failed(self, now: float) -> None:
        """Those that could not be read are due now, however long they were to wait."""
        waiting = watch.c.state == "active", watch.c.failures > 0, watch.c.due_at > now
        with self._engine.begin() as connection:
            connection.execute(update(watch).where(*waiting).values(due_at=now))

    def clock_set_back(self, now: float) -> None:
        """What is due later than a poll would leave it, or leased for longer, is from before the clock was set back: it
        is due now. (So is what waits longer than its interval because it could not be read: one poll more.)
        """
        late = watch.c.state == "active", watch.c.due_at > now + watch.c.interval_s
        held = watch.c.lease_until > now + _LONGEST_LEASE_S
        with self._engine.begin() as connection:
            connection.execute(update(watch).where(*late).values(due_at=now))
            connection.execute(update(watch).where(held).values(lease_until=None))

    def oldest_due(self) -> float | None:
        """`due_at` of the watch that waits longest (it may lie ahead), or None without active watches."""
        with self._reads.connect() as connection:
            return connection.execute(select(func.min(watch.c.due_at)).where(watch.c.state == "active")).scalar()

    # incidents

    def incidents(self, watch_id: str, *, posted_since: float) -> list[Incident]:
        """Those `advance` needs: all not over, and those posted at or after `posted_since`. Oldest first."""
        wanted = or_(incident.c.state != "resolved", incident.c.posted_at >= posted_since)
        query = select(incident).where(incident.c.watch_id == watch_id, wanted)
        with self._reads.connect() as connection:
            rows = connection.execute(query.order_by(incident.c.opened_at, incident.c.id)).mappings()
            return [told_incident(r) for r in rows]

    def incidents_at(self, address: Address, *, since: float | None = None) -> list[tuple[Watch, Incident]]:
        """A channel's incidents: those not over, and with `since` also those opened from then on. Oldest first."""
        wanted = incident.c.state != "resolved"
        if since is not None:
            wanted |= incident.c.opened_at >= since
        beside = incident.c.number, incident.c.owner, incident.c.owned_at, incident.c.wrong_by
        query = select(watch, incident.c.body, *beside).join(incident, incident.c.watch_id == watch.c.id)
        query = query.where(watch.c.address == address, wanted).order_by(incident.c.opened_at, incident.c.id)
        with self._reads.connect() as connection:
            rows = connection.execute(query).mappings()
            return [(_watch(r), told_incident(r)) for r in rows]

    # messages

    def run_at(self, address: Address, root_message_id: str | None) -> str | None:
        """The run of a thread: the one that the last message in it is about, or the message it hangs on. None: none.

        Without a root: of the channel as a whole.
        """
        query = select(outbox.c.about).where(outbox.c.dest == address, outbox.c.about.is_not(None))
        if root_message_id is not None:
            query = query.where(or_(outbox.c.root_message_id == root_message_id, outbox.c.remote_id == root_message_id))
        query = query.order_by(outbox.c.seq.desc()).limit(1)
        with self._reads.connect() as connection:
            return connection.execute(query).scalar()

    def key_of(self, address: Address, message: str) -> str | None:
        """The outbox key of a message that was sent, by its remote id."""
        sent = outbox.c.dest == address, outbox.c.remote_id == message, outbox.c.edits.is_(None)
        query = select(outbox.c.key).where(*sent)
        with self._reads.connect() as connection:
            return connection.execute(query.limit(1)).scalar()

    def enqueue(self, posts: Sequence[Outgoing], now: float) -> int:
        """Posts that report no change of state. Returns how many are new."""
        with self._engine.begin() as connection:
            return enqueue(connection, posts, now)

    def is_ours(self, address: Address, message: str) -> bool:
        """Whether a message was said to the bot (`event_id`) or by it (remote id)."""
        said = select(inbox.c.event_id).where(inbox.c.source == address.platform, inbox.c.event_id == message)
        sent = select(outbox.c.key).where(outbox.c.dest == address, outbox.c.remote_id == message)
        with self._reads.connect() as connection:
            return any(connection.execute(query.limit(1)).first() is not None for query in (said, sent))

    # pages

    def keep_page(self, name: str, ref: str, html: bytes, now: float) -> None:
        """The report page of a run."""
        values = {"id": name, "ref": ref, "content": zlib.compress(html), "created_at": now}
        with self._engine.begin() as connection:
            connection.execute(page.insert().values(values))

    def page(self, name: str) -> tuple[str, bytes] | None:
        """Reference of the run, and its page; None: there is none of this name."""
        with self._reads.connect() as connection:
            found = connection.execute(select(page.c.ref, page.c.content).where(page.c.id == name)).first()
        return None if found is None else (found.ref, zlib.decompress(found.content))

    # what all replicas share

    def draw(self, name: str, amount: float, *, per_minute: float, now: float, always: bool = False) -> bool:
        """Takes from a leaky bucket that all replicas share and that holds a minute's worth. False: it is used up, and
        nothing was taken; `always`: taken all the same.
        """
        with self._engine.begin() as connection:
            insert_new(connection, bucket, {"name": name, "level": 0.0, "at": now})
            this = bucket.c.name == name
            level, at = connection.execute(select(bucket.c.level, bucket.c.at).where(this).with_for_update()).one()
            level = max(0.0, level - max(0.0, now - at) * per_minute / 60.0)
            taken = always or level + amount <= max(per_minute, amount)
            connection.execute(update(bucket).where(this).values(level=level + amount * taken, at=now))
        return taken

    # housekeeping

    def purge(self, now: float, *, keep_s: float = 7 * 86_400.0) -> None:
        """Drops inbound events, finished rows and charts older than `keep_s`; pages after 30 days; openings and
        incidents after 60.

        An opening stays that long because what follows it goes to its thread.
        """
        old, ancient = now - keep_s, now - 60 * 86_400.0
        final = outbox.c.state.not_in(OPEN)
        with self._engine.begin() as connection:
            connection.execute(delete(inbox).where(inbox.c.received_at < old))
            age = or_(outbox.c.done_at < ancient, (outbox.c.done_at < old) & (outbox.c.kind != "alert"))
            connection.execute(delete(outbox).where(final, age))
            # The bytes are not needed once sent.
            unread = final, outbox.c.chart.is_not(None), outbox.c.done_at < old
            connection.execute(update(outbox).where(*unread).values(chart=None))
            used = select(outbox.c.chart).where(outbox.c.chart.is_not(None))
            connection.execute(delete(attachment).where(attachment.c.created_at < old, attachment.c.key.not_in(used)))
            connection.execute(delete(page).where(page.c.created_at < now - 30 * 86_400.0))
            over = incident.c.state == "resolved", incident.c.opened_at < ancient
            connection.execute(delete(incident).where(*over))


def _place(ref: str) -> str:
    """What one listing covers: a project of the tracker, or a file."""
    project = project_of(ref)
    return ref if project is None else "/".join(project)


def _fenced(connection: Connection, watch_id: str, epoch: int, values: Mapping[str, Any]) -> bool:
    """Changes a watch if nobody has taken it since; each change is a new epoch."""
    ours = watch.c.id == watch_id, watch.c.epoch == epoch
    return connection.execute(update(watch).where(*ours).values({**values, "epoch": epoch + 1})).rowcount > 0


def _keep_incident(connection: Connection, watch_id: str, value: Incident) -> None:
    body = value.to_json() | {"owner": "", "owned_at": None, "wrong_by": ""}  # people's, in columns of their own
    state = {"state": value.state, "posted_at": value.posted_at, "number": value.number, "body": body}
    new = {"id": value.id, "watch_id": watch_id, "opened_at": value.opened_at, **state}
    if not insert_new(connection, incident, new):
        connection.execute(update(incident).where(incident.c.id == value.id).values(state))


_READ: dict[str, Any] = {"lease_until": None, "failures": 0, "failing_since": None, "last_error": None}
_WATCH = [f.name for f in fields(Watch)]


def _watch(record: Record | Mapping[str, Any]) -> Watch:
    return Watch(**{name: record[name] for name in _WATCH})
