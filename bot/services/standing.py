"""Whether a watched run has to be read: what the last look saw, against what a listing says now. Pure.

A look leaves behind how the run stood. As long as the listing says the same, a poll costs nothing; but silence is news
too, so a run that does not move is judged again at growing distances. The marks tell where a history was rewritten.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.model import ENDED, History, Run
from bot.sources import Listed
from bot.sources.files.exports import may_count

AFTER_END_S = 900.0  # a run that ended may come back: it is looked at ever less often, at least so often for a day
_DAY_S = 86_400.0
_SILENT = 0.1  # a silence is judged again when it has grown by so much
_PATIENCE_S = 600.0  # no rule takes a shorter silence for news


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row was: its step, its time if it had one; of a file what stands in it, since its axis may change."""

    row: int
    step: int
    time: float | None
    cells: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stood at a look. Times are seconds since epoch.

    rows       as the listing counted them; None when there was no listing: the next poll looks
    alive_at   when the run was last heard of
    judge_at   when it is judged again, moved or not
    rules      the rules it was judged by
    marks      some rows as they were, rising
    earlier    rows of earlier runs that were passed over, in a file to which runs are appended
    """

    state: str
    rows: int | None
    alive_at: float
    judge_at: float
    rules: str
    marks: tuple[Mark, ...] = ()
    earlier: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Standing | None:
        if value is None:
            return None
        return cls(**{**value, "marks": tuple(Mark(**m) for m in value["marks"])})


def unmoved(seen: Standing | None, listed: Listed | None, rules: str, now: float) -> bool:
    """Whether there is nothing to look at."""
    if seen is None or listed is None or listed.rows is None or now >= seen.judge_at:
        return False
    return (seen.state, seen.rows, seen.rules) == (listed.state, listed.rows, rules)


def pause(state: str, silent_s: float, interval_s: float) -> float:
    """Seconds until the next poll: the interval; after the end of a run it grows with the silence."""
    return max(interval_s, min(AFTER_END_S, silent_s / 4)) if state in ENDED else interval_s


def next_poll(began: float, now: float, pause_s: float) -> float:
    """When a run is due that was taken up in a round that began then: with its fellows, though reading it took long."""
    return began + pause_s * max(1, math.ceil((now - began) / pause_s))


def judge_again(state: str, alive_at: float, interval_s: float, now: float) -> float:
    """When a run that does not move is judged again."""
    if state in ENDED:
        return alive_at + _DAY_S
    grown = now + max(1.5 * interval_s, min(AFTER_END_S, _SILENT * (now - alive_at)))
    return max(grown, alive_at + _PATIENCE_S)


def over(state: str, alive_at: float, now: float) -> bool:
    """Ended so long ago that nobody waits for it."""
    return state in ENDED and now - alive_at > _DAY_S


def marks(run: Run) -> tuple[Mark, ...]:
    """Of the last row, and of rows each twice as far from the end."""
    n, back = len(run.history), 1
    at = [n - 1] if n else []
    while n - 1 - back >= 0:
        at.append(n - 1 - back)
        back *= 2
    return tuple(_mark(run, row) for row in reversed(at))


def begun_anew(seen: Standing | None, run: Run) -> bool:
    """Whether another run was appended to the file since: what was known is of a run that is over."""
    return seen is not None and (run.earlier_rows or 0) > seen.earlier


def known_rows(cursor: int | None, seen: Standing | None, run: Run) -> int | None:
    """The cursor, put back to where a history that was rewritten since (rewound, or begun anew) parts from what it was.

    Rows between two marks count as new: told again is better than never told.
    """
    if cursor is None or seen is None:
        return cursor
    if begun_anew(seen, run):
        return 0
    before = seen.earlier - (run.earlier_rows or 0)  # rows that turned out to be of this run, too
    same = before
    for mark in seen.marks:
        row = mark.row + before
        if row >= len(run.history) or not _same(mark, _mark(run, row)):
            return min(cursor + before, same)
        same = row + 1
    return cursor + before


def _mark(run: Run, row: int) -> Mark:
    time = float(run.history.timestamp[row])
    cells = "" if run.earlier_rows is None else _cells(run.history, row)
    return Mark(row, int(run.history.step[row]), None if math.isnan(time) else time, cells)


def _cells(history: History, row: int) -> str:
    """A name of what was logged in a row. Counters are left out: as a file grows another may become its axis."""
    said = hashlib.sha256()
    for key in sorted(key for key in history.columns if not may_count(key)):
        column = history.columns[key]
        at = int(np.searchsorted(column.rows, row))
        if at < len(column.rows) and column.rows[at] == row:
            said.update(f"{key}\0{column.values[at]!r}\0".encode())
    return said.hexdigest()[:12]


def _same(one: Mark, other: Mark) -> bool:
    """Exported rows may carry their time with fewer digits than live ones."""
    if one.cells and other.cells:
        return one.cells == other.cells
    if one.step != other.step or (one.time is None) != (other.time is None):
        return False
    return one.time is None or other.time is None or abs(one.time - other.time) < 1.0
