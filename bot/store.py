"""The one database: watches, incidents, outbox, inbox, digests. Plain values in and out; SQLite or PostgreSQL.

Everything a poll found is one transaction, so a crash between any two statements loses nothing and repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.incidents import Incident
from bot.outbox import Outbox, Outgoing

Origin = Literal["chat", "config"]


@dataclass(frozen=True, slots=True)
class Watch:
    """One address watching one run, or a filter whose runs are watches with it as `parent`."""

    id: str
    address: str
    ref: str  # entity/project/run_id, a path, or entity/project?tag=x&user=y
    kind: Literal["run", "filter"]
    parent: str | None
    origin: Origin
    interval_s: float
    state: Literal["active", "ended"]  # ended: its run is over; no longer due
    due_at: float
    rows: int | None  # the cursor: rows processed; None before the first poll
    step: int | None  # largest `_step` among them
    epoch: int  # raised by every lease: the fence
    failures: int  # polls in a row that failed
    last_error: str | None  # Chinese sentence of the last failed poll
    glance: Mapping[str, Any] | None  # what the last poll saw, for lists and digests; JSON of the service's choosing
    created_at: float


@dataclass(frozen=True, slots=True)
class Digest:
    """A channel's daily message. `days`: APScheduler day_of_week, e.g. `*` or `mon-fri`."""

    address: str
    at: str  # HH:MM
    days: str
    timezone: str
    origin: Origin
    last_slot: float | None  # planned time of the last one posted, seconds since epoch
    created_at: float


@dataclass(frozen=True, slots=True)
class Event:
    """An inbound event that is not finished."""

    source: str
    event_id: str
    payload: Mapping[str, Any]
    received_at: float
    attempts: int


class Store:
    """Thread-safe. Every method is one transaction. Times are seconds since epoch.

    Raises sqlalchemy.exc.SQLAlchemyError when the database is away; nothing is half done then.
    """

    outbox: Outbox

    @classmethod
    def open(cls, url: str) -> Store:
        """Connects and migrates. `sqlite:///path` (its directory is made) or `postgresql+psycopg://…`."""
        raise NotImplementedError

    def close(self) -> None: ...

    def ping(self) -> None:
        """Returns when the database answers."""

    # watches

    def add_watch(
        self,
        address: str,
        ref: str,
        *,
        kind: Literal["run", "filter"],
        interval_s: float,
        now: float,
        origin: Origin = "chat",
        parent: str | None = None,
    ) -> tuple[Watch, bool]:
        """The watch, and whether it is new. An existing one takes the new interval; an ended one becomes active."""
        raise NotImplementedError

    def remove_watch(self, address: str, ref: str) -> bool:
        """Forgets it with its incidents, and the watches a filter made. False: there was none."""
        raise NotImplementedError

    def watches(self, address: str | None = None) -> list[Watch]:
        """All, or one address's, oldest first."""
        raise NotImplementedError

    def lease_due(self, now: float, *, lease_s: float, limit: int) -> list[Watch]:
        """Takes due watches, oldest due first. Ours until `now + lease_s`, or until somebody leases them after that."""
        raise NotImplementedError

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
    ) -> bool:
        """All that a poll found, at once; ends the lease. False: the lease was lost, nothing was written."""
        raise NotImplementedError

    def fail_poll(self, watch: Watch, *, due_at: float, error: str) -> bool:
        """The run could not be read: counts it, keeps cursor and incidents, ends the lease. False as above."""
        raise NotImplementedError

    def oldest_due(self) -> float | None:
        """`due_at` of the watch that waits longest (it may lie ahead), or None without active watches."""
        raise NotImplementedError

    # incidents

    def incidents(self, watch_id: str, *, told_since: float) -> list[Incident]:
        """Those `advance` needs: all not over, and those told at or after `told_since`. Oldest first."""
        raise NotImplementedError

    def incidents_at(self, address: str, *, since: float | None = None) -> list[tuple[Watch, Incident]]:
        """A channel's incidents: those not over, and with `since` also those opened from then on. Oldest first."""
        raise NotImplementedError

    # messages and commands

    def enqueue(self, posts: Sequence[Outgoing], now: float) -> int:
        """Posts that report no change of state. Returns how many are new."""
        raise NotImplementedError

    def receive(self, source: str, event_id: str, payload: Mapping[str, Any], now: float) -> bool:
        """Keeps an inbound event. False: it is known already; do nothing."""
        raise NotImplementedError

    def finish(self, source: str, event_id: str, posts: Sequence[Outgoing], now: float) -> None:
        """The event is answered: its posts, and `done`, at once."""
        raise NotImplementedError

    def unfinished(self, now: float, *, within_s: float = 600.0) -> list[Event]:
        """For the start of the process: events younger than `within_s` that were not finished, at most 3 times each."""
        raise NotImplementedError

    # digests

    def set_digest(self, address: str, *, at: str, days: str, timezone: str, origin: Origin, now: float) -> Digest:
        """Switches it on, or changes it. The last slot is kept; a new one has none before `now`."""
        raise NotImplementedError

    def remove_digest(self, address: str) -> bool:
        raise NotImplementedError

    def digests(self) -> list[Digest]:
        raise NotImplementedError

    def post_digest(self, address: str, slot: float, posts: Sequence[Outgoing], now: float) -> bool:
        """The digest of a slot, once. False: this slot or a later one was posted, or the digest is off."""
        raise NotImplementedError

    # housekeeping

    def purge(self, now: float, *, keep_s: float = 7 * 86_400.0) -> None:
        """Drops inbound events, finished rows and unused charts older than `keep_s`, and incidents over for 30 days."""
        raise NotImplementedError
