"""Long histories are scanned in pieces: each sees its own rows and an excerpt of those before it.

So what new rows cost does not grow with the run, nor does memory. Where pieces end and what a column keeps of its past
depend on row and point numbers alone: a piece that has ended is the same in every longer history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.model import Column, History, Ints
from analysis.scan.reading import Reading
from analysis.scan.view import View


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long pieces are, and what is kept of the points before one, per column."""

    first: int = 100_000  # rows: nearly every run is one piece, seen whole
    later: int = 25_000  # rows: the most that is scanned again for one new row
    early: int = 2_000  # points: levels at the start, warm-up
    between: int = 4_000  # points at most, evenly spread: what a quarter of the run ago was
    recent: int = 8_000  # points: longer than any window that moves along


SIZES = Sizes()


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Rows `start` to `end` (excluded) are new. `rows`: what the run consists of up to then."""

    rows: Ints
    start: int
    end: int
    resumed: bool  # its first row is a step back
    whole: bool  # no row to come belongs to it


def cut(stretches: list[tuple[Ints, int]], length: int, sizes: Sizes) -> Iterator[Piece]:
    """The stretches of a history of so many rows, cut where pieces end."""
    ends = [*(begun for _, begun in stretches[1:]), length]
    for (rows, begun), stop in zip(stretches, ends[: len(stretches)], strict=True):
        start = begun
        while start < stop:
            end = min(stop, full := _end(start, sizes))
            seen = rows[: np.searchsorted(rows, end)]
            yield Piece(seen, start, end, resumed=start == begun > 0, whole=end == full)
            start = end


def last_end(length: int, sizes: Sizes) -> int:
    """Up to where a history of so many rows is final; 0: nowhere."""
    return 0 if length < sizes.first else length - (length - sizes.first) % sizes.later


def _end(start: int, sizes: Sizes) -> int:
    if start < sizes.first:
        return sizes.first
    return start - (start - sizes.first) % sizes.later + sizes.later


def seen_in(piece: Piece, reading: Reading, sizes: Sizes) -> tuple[View, Ints | None]:
    """What diagnoses see of a piece, and the row in the whole history of each of its rows (None: the same)."""
    if len(reading.history) <= sizes.first:
        return View(reading, piece.rows), None
    if piece.end <= sizes.first:
        return View(_of(reading, reading.history.head(sizes.first), slice(sizes.first)), piece.rows), None
    excerpt, rows = _excerpt(piece, reading.history, sizes)
    last = reading.ended and piece.end == len(reading.history)
    return View.whole(_of(reading, excerpt, rows, last)), rows


def _of(reading: Reading, history: History, rows: Ints | slice, ended: bool = False) -> Reading:
    """Some rows of what was read, with what holds for the run as a whole."""
    part = Reading(history, reading.facts, ended, reading.counted_by)
    known = {"at": reading.at[rows]}
    if history.columns.keys() == reading.history.columns.keys():
        known["roles"] = reading.roles  # type: ignore[assignment]
    part.__dict__.update(known)
    return part


def _excerpt(piece: Piece, history: History, sizes: Sizes) -> tuple[History, Ints]:
    member = None
    if len(piece.rows) != piece.end:
        member = np.zeros(piece.end, dtype=bool)
        member[piece.rows] = True
    cells: dict[str, tuple[Ints, Column]] = {}
    used = np.zeros(piece.end, dtype=bool)
    for key, column in history.columns.items():
        lo, hi = np.searchsorted(column.rows, [piece.start, piece.end]).tolist()
        points = None if member is None else np.flatnonzero(member[column.rows[:hi]])
        if points is not None:
            lo, hi = int(np.searchsorted(points, lo)), len(points)
        if not hi:
            continue
        at = np.concatenate([kept(lo, sizes), np.arange(lo, hi)])
        at = at if points is None else points[at]
        cells[key] = at, column
        used[column.rows[at]] = True
    rows = np.flatnonzero(used)
    place = np.empty(piece.end, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    columns = {key: Column(place[column.rows[at]], column.values[at]) for key, (at, column) in cells.items()}
    return History(history.step[rows], history.timestamp[rows], history.runtime[rows], columns), rows


def kept(points: int, sizes: Sizes) -> Ints:
    """Which of so many points of a column are still seen."""
    begin, end = sizes.early, points - sizes.recent
    if end - begin <= sizes.between:
        return np.arange(points, dtype=np.int64)
    every = 1 << int(np.ceil(np.log2((end - begin) / sizes.between)))
    first = -(-begin // every) * every
    spread = np.arange(first, end, every)
    return np.concatenate([np.arange(begin), spread, np.arange(end, points)]).astype(np.int64)
