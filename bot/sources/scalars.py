"""Scalars by metric -> a history, for trackers that keep no rows. Pure.

Every metric goes its own way there. A row is what was written for one step. That is more than sorting where a writer
counts from the beginning in every epoch, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.history import from_records, moments
from analysis.model import Bools, Column, Floats, History, Ints

Tag = tuple[Ints, Floats, Floats]  # step, time (seconds since epoch; 0: unknown), value; as written
Scalars = Mapping[str, Tag]


def history(scalars: Scalars) -> History:
    """Rows by step; where the steps begin anew, they come behind those before. A step that one tag has several times
    has as many rows.
    """
    tags = {tag: _in_time(cells) for tag, cells in scalars.items() if len(cells[0])}
    if not tags:
        return from_records(())
    sizes = [len(step) for step, _, _ in tags.values()]
    step, time, value = (np.concatenate([cells[i] for cells in tags.values()]) for i in range(3))
    of_tag = np.repeat(np.arange(len(sizes)), sizes)
    when = np.concatenate([_filled(cells[1]) for cells in tags.values()])
    lap = np.searchsorted(_laps(max(tags.values(), key=lambda cells: len(cells[0]))), when, side="right")
    known, place = np.unique(step, return_inverse=True)
    place = np.unique(lap * len(known) + place, return_inverse=True)[1]
    nth = _repetitions(of_tag, place)
    key, row = np.unique(place * (int(nth.max()) + 1) + nth, return_inverse=True)
    steps = np.empty(len(key), np.int64)
    steps[row] = step
    times = np.full(len(key), np.inf)
    np.minimum.at(times, row, np.where(time > 0, time, np.inf))
    columns: dict[str, Column] = {}
    for i, tag in enumerate(tags):
        mine = slice(sum(sizes[:i]), sum(sizes[: i + 1]))
        order = np.argsort(row[mine], kind="stable")
        columns[tag] = Column(row[mine][order], value[mine][order])
    return History(steps, moments(times), np.full(len(key), np.nan), columns)


def going_on(new: History, old: History | None) -> History:
    """The new history, which says so where it begins with all of the old one; the old one where nothing is new."""
    if old is None or not len(old) or not _begins_with(new, old):
        return new
    if len(new) == len(old):
        return old
    return new.continuing(old)


def _begins_with(new: History, old: History) -> bool:
    n = len(old)
    if len(new) < n or not np.array_equal(new.step[:n], old.step):
        return False
    if not np.array_equal(new.timestamp[:n], old.timestamp, equal_nan=True):
        return False
    for tag, column in new.columns.items():
        cut = int(np.searchsorted(column.rows, n))
        before = old.columns.get(tag)
        if (0 if before is None else len(before.rows)) != cut:
            return False
        if before is not None and not (
            np.array_equal(column.rows[:cut], before.rows)
            and np.array_equal(column.values[:cut], before.values, equal_nan=True)
        ):
            return False
    return True


def _laps(cells: Tag) -> Floats:
    """The moments at which the steps begin anew: when they are back where they had begun."""
    step, time = cells[0], _filled(cells[1])
    first, begun = int(step[0]), []
    for i in (np.flatnonzero(step[1:] <= step[:-1]) + 1).tolist():
        if step[i] <= first:
            first = int(step[i])
            begun.append(float(time[i]))
    return np.array(begun)


def _repetitions(of_tag: Ints, place: Ints) -> Ints:
    """(cells,) how many cells of its tag are in its place before it."""
    order = np.lexsort((place, of_tag))  # stable: in time
    a, b = of_tag[order], place[order]
    begins: Bools = np.r_[True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])]
    at = np.arange(len(order))
    nth = np.empty(len(order), np.int64)
    nth[order] = at - np.maximum.accumulate(np.where(begins, at, 0))
    return nth


def _in_time(cells: Tag) -> Tag:
    time = _filled(cells[1])
    return cells if bool(np.all(time[1:] >= time[:-1])) else chosen(cells, np.argsort(time, kind="stable"))


def _filled(time: Floats) -> Floats:
    """One that is unknown is that of the record before."""
    return time[np.maximum.accumulate(np.where(time > 0, np.arange(len(time)), 0))]


def chosen(cells: Tag, which: Bools | Ints) -> Tag:
    step, time, value = cells
    return step[which], time[which], value[which]
