"""The daily messages of the channels: where they are switched on, and the slot that was posted last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

from sqlalchemy import Engine, delete, or_, select, update
from sqlalchemy import RowMapping as Record

from bot.address import Address
from bot.outgoing import Outgoing
from bot.store.outbox import enqueue, insert_new
from bot.store.tables import digest

Origin = Literal["chat", "config"]


@dataclass(frozen=True, slots=True)
class Digest:
    """A channel's daily message. `days`: APScheduler day_of_week, e.g. `*` or `mon-fri`."""

    address: Address
    at: str  # HH:MM
    days: str
    timezone: str
    origin: Origin
    last_slot: float | None  # planned time of the last one posted, seconds since epoch
    created_at: float


class Digests:
    """Part of the store: thread-safe, every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, engine.execution_options(reads=True)

    def set(self, address: Address, *, at: str, days: str, timezone: str, origin: Origin, now: float) -> Digest:
        """Switches it on, or changes it. The last slot is kept; a new one has none before `now`."""
        values = {"at": at, "days": days, "timezone": timezone, "origin": origin}
        with self._engine.begin() as connection:
            if not insert_new(connection, digest, {"address": address, "created_at": now, **values}):
                connection.execute(update(digest).where(digest.c.address == address).values(values))
            return _digest(connection.execute(select(digest).where(digest.c.address == address)).mappings().one())

    def remove(self, address: Address) -> bool:
        with self._engine.begin() as connection:
            return connection.execute(delete(digest).where(digest.c.address == address)).rowcount > 0

    def all(self) -> list[Digest]:
        with self._reads.connect() as connection:
            rows = connection.execute(select(digest).order_by(digest.c.created_at, digest.c.address)).mappings()
            return [_digest(r) for r in rows]

    def at(self, address: Address) -> Digest | None:
        with self._reads.connect() as connection:
            record = connection.execute(select(digest).where(digest.c.address == address)).mappings().first()
            return None if record is None else _digest(record)

    def post(self, address: Address, slot: float, posts: Sequence[Outgoing], now: float) -> bool:
        """The digest of a slot, once. False: this slot or a later one was posted, or the digest is off."""
        ahead = or_(digest.c.last_slot.is_(None), digest.c.last_slot < slot)
        with self._engine.begin() as connection:
            take = update(digest).where(digest.c.address == address, ahead).values(last_slot=slot)
            if connection.execute(take).rowcount == 0:
                return False
            enqueue(connection, posts, now)
            return True


_DIGEST = [f.name for f in fields(Digest)]


def _digest(record: Record) -> Digest:
    return Digest(**{name: record[name] for name in _DIGEST})
