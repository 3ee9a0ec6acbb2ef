"""Scalars by tag -> a history. Pure.

TensorBoard has no rows: every tag goes its own way. A row is what was written for one step. Two things make that more
than sorting: a training that was started again writes steps once more, and some writers count from the beginning in
every epoch, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from analysis.history import from_records, moments
from analysis.model import Bools, Column, Floats, History, Ints

Tag = tuple[Ints, Floats, Floats]  # step, time (seconds since epoch; 0: unknown), value; as written
Scalars = Mapping[str, Tag]


def restarted(files: Iterable[tuple[Scalars, int | None]]) -> tuple[dict[str, Tag], int]:
    """The files of one folder, the earliest first -> the scalars that hold, and how often it was started again.

    A file that begins after all before it have ended and writes a tag from some step on goes on from there: whatever
    had been written since that step was reached is lost, in every tag. (By the moment, since tags count in units of
    their own.) With each file: the step from which on its writer said it would go on. Files that were written side by
    side are two writers.
    """
    held: dict[str, Tag] = {}
    times = 0
    for scalars, since in files:
        begun_at = min((float(time.min()) for _, time, _ in scalars.values()), default=np.inf)
        ended_at = max((float(time.max()) for _, time, _ in held.values() if len(time)), default=np.inf)
        shared = scalars.keys() & held.keys()
        if ended_at < begun_at and (shared or since is not None):
            begins = {tag: int(scalars[tag][0].min()) for tag in shared}
            if since is not None:
                begins = {tag: min(since, begins.get(tag, since)) for tag in held}
            again = [held[tag][1][held[tag][0] >= begin] for tag, begin in begins.items()]
            lost_at = min((float(time.min()) for time in again if len(time)), default=np.inf)
            held = {tag: _where(cells, cells[1] < lost_at) for tag, cells in held.items()}
            times += 1
        for tag, cells in scalars.items():
            held[tag] = _joined(held[tag], cells) if tag in held else cells
    return held, times


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
    lap = np.searchsorted(_laps(*max(tags.values(), key=lambda cells: len(cells[0]))[:2]), time, side="right")
    known, place = np.unique(step, return_inverse=True)
    place = np.unique(lap * len(known) + place, return_inverse=True)[1]
    nth = _repetitions(of_tag, place)
    key, row = np.unique(place * (int(nth.max()) + 1) + nth, return_inverse=True)
    steps = np.empty(len(key), np.int64)
    steps[row] = step
    times = np.full(len(key), np.inf)
    np.minimum.at(times, row, time)
    columns: dict[str, Column] = {}
    for i, tag in enumerate(tags):
        mine = slice(sum(sizes[:i]), sum(sizes[: i + 1]))
        order = np.argsort(row[mine], kind="stable")
        columns[tag] = Column(row[mine][order], value[mine][order])
    return History(steps, moments(np.where(times > 0, times, np.nan)), np.full(len(key), np.nan), columns)


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


def _laps(step: Ints, time: Floats) -> Floats:
    """The moments at which the steps begin anew: when they are back where they had begun."""
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
    time = cells[1]
    return cells if bool(np.all(time[1:] >= time[:-1])) else _where(cells, np.argsort(time, kind="stable"))


def _where(cells: Tag, which: Bools | Ints) -> Tag:
    step, time, value = cells
    return step[which], time[which], value[which]


def _joined(one: Tag, other: Tag) -> Tag:
    return (
        np.concatenate([one[0], other[0]]),
        np.concatenate([one[1], other[1]]),
        np.concatenate([one[2], other[2]]),
    )
