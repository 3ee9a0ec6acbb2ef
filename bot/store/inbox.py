"""What was said to the bot and is not answered yet: kept until it is, and taken up by another process when one dies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Engine, or_, tuple_, update

from bot.outgoing import Outgoing
from bot.store.outbox import enqueue, insert_new
from bot.store.tables import inbox

TAKEN_S = 30.0  # whoever has taken a command up says so again before this is over, or is dead
_SINCE_S = 10.0  # between a look at the clock and what the database is asked for then


@dataclass(frozen=True, slots=True)
class Event:
    """An inbound event that is not finished."""

    source: str
    event_id: str
    payload: Mapping[str, Any]
    received_at: float
    attempts: int  # this one included


_EVENT = [f.name for f in fields(Event)]


class Inbox:
    """Part of the store: thread-safe, every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def receive(self, source: str, event_id: str, payload: Mapping[str, Any], now: float) -> bool:
        """Keeps an inbound event, taken up by the caller. False: it is known already; do nothing."""
        values = {
            "source": source,
            "event_id": event_id,
            "payload": dict(payload),
            "state": "new",
            "attempts": 1,
            "received_at": now,
            "taken_until": now + TAKEN_S,
        }
        with self._engine.begin() as connection:
            return insert_new(connection, inbox, values)

    def finish(self, source: str, event_id: str, posts: Sequence[Outgoing], now: float) -> None:
        """The event is answered: its posts, and `done`, at once."""
        with self._engine.begin() as connection:
            enqueue(connection, posts, now)
            this = inbox.c.source == source, inbox.c.event_id == event_id
            connection.execute(update(inbox).where(*this).values(state="done"))

    def hold(self, events: Collection[tuple[str, str]], now: float) -> None:
        """Whoever has taken these events up (source, event id) is still at it."""
        these = inbox.c.state == "new", tuple_(inbox.c.source, inbox.c.event_id).in_(list(events))
        with self._engine.begin() as connection:
            connection.execute(update(inbox).where(*these).values(taken_until=now + TAKEN_S))

    def take_unfinished(self, now: float, *, within_s: float = 86_400.0) -> list[Event]:
        """Takes the events up that nobody is at any more, whatever became of who was; oldest first.

        An event that kills the process shows by its attempts.
        """
        # One that lies too far ahead is from before the clock was set back; a little, and it has come since `now`.
        until = inbox.c.taken_until
        free = or_(until.is_(None), until <= now, until > now + TAKEN_S + _SINCE_S)
        lost = inbox.c.state == "new", inbox.c.received_at > now - within_s, free
        values = {"attempts": inbox.c.attempts + 1, "taken_until": now + TAKEN_S}
        with self._engine.begin() as connection:
            again = update(inbox).where(*lost).values(values).returning(inbox)
            found = [Event(**{name: r[name] for name in _EVENT}) for r in connection.execute(again).mappings()]
        return sorted(found, key=lambda e: e.received_at)
