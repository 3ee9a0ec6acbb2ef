"""What was said in this session, and when it last changed: what a page shows, and what it has missed. Thread-safe."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field, replace

from bot.render.message import Message

MOST = 400  # entries that are kept: the oldest go first


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was said: by the bot (`message`, `chart`), or by the person (`text`).

    place    orders the entries; an edit keeps it
    version  orders the changes: what a page has seen is one number
    """

    id: str
    at: float  # seconds since epoch
    place: int = 0
    version: int = 0
    under: str | None = None  # id of the entry whose thread it stands in
    message: Message | None = None
    chart: bytes | None = field(default=None, repr=False)  # PNG
    knows_run: bool = False  # in its thread nobody has to name the run
    text: str | None = None
    typed: bool = True  # False: a button was pressed


class Transcript:
    """In memory: a session ends with its process."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._entries: dict[str, Entry] = {}
        self._places, self._versions = itertools.count(1), itertools.count(1)
        self._changed = threading.Condition()
        self._closed = False

    def reserve(self) -> int:
        """A place for what is going to be said: what is answered to it stands after it."""
        return next(self._places)

    def put(self, entry: Entry) -> None:
        """Adds an entry, or replaces the one of its id in its place and thread."""
        with self._changed:
            old = self._entries.get(entry.id)
            if old is not None:
                entry = replace(entry, place=old.place, under=old.under, at=old.at)
            elif not entry.place:
                entry = replace(entry, place=self.reserve())
            self._entries[entry.id] = replace(entry, version=next(self._versions))
            if len(self._entries) > self._most:
                del self._entries[min(self._entries, key=lambda i: self._entries[i].place)]
            self._changed.notify_all()

    def get(self, id_: str) -> Entry | None:
        with self._changed:
            return self._entries.get(id_)

    def since(self, version: int, wait_s: float = 0.0) -> list[Entry]:
        """What changed after a version, in that order; waits at most so long for the first change."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._after(version), wait_s)
            return self._after(version)

    def close(self) -> None:
        """Nobody waits any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def _after(self, version: int) -> list[Entry]:
        return sorted((e for e in self._entries.values() if e.version > version), key=lambda e: e.version)
