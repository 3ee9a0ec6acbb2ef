"""Several runs appended to one log: where each of them begins. Pure.

A script that is started again often goes on in the same file. A counter that goes back to a point in the middle is a
resume, which the analysis knows; one that goes back to its beginning counts another run, unless what had been learnt
by then is still there. Where a text or the seed says which run a row is of, that is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.model import Floats
from bot.sources.files.exports import INDEX, counters, is_telling, rises, step_at
from bot.sources.files.splits import names_a_split

# Counters of these names may count inside something (an epoch, an episode), so that a beginning alone says nothing.
_INSIDE = {"step", "steps", "iter", "iters", "iteration", "iterations", "timestep", "timesteps", "frame", "frames"}
_MOST_RUNS = 200  # a counter that starts anew more often counts inside something
_LATE_ROWS = 3  # a row of an earlier step, after which it goes on within so many, is late and begins nothing
_KEPT = 0.75  # of a change: whoever keeps so much of it has not begun anew
_MOVED = 3.0  # times what one record differs from the next: no change that noise would make
_LEVEL_ROWS = 20  # records that a level is taken of, at most a tenth of the run
_FIRST_ROWS = 3  # of the run that begins: it should be known soon, and stay so


_OF_A_RUN = {"seed", "run", "run_id", "trial", "fold"}  # numbers that say of which run a row is, as a text may


@dataclass(frozen=True, slots=True)
class Runs:
    """The rows at which runs begin, the first of them 0, and the columns that tell one from another."""

    begins: Sequence[int] = (0,)
    told_by: Sequence[str] = ()


def beginnings(
    names: Sequence[str], values: Callable[[str], Floats], texts: Callable[[str], Sequence[str | None]]
) -> Runs:
    """`values`: the numbers of a column, NaN where there is none; `texts`: its cells as they are written."""
    counts = {name: values(name) for name in counters(names)}
    rising = {name: rises(count) for name, count in counts.items()}
    if rising.get(INDEX) == "throughout":  # it counts rows, of however many runs
        del counts[INDEX], rising[INDEX]
    if "_step" in names or "throughout" in rising.values():  # a run of W&B is one, whatever its steps do
        return Runs()
    counts = {name: count for name, count in counts.items() if rising[name] or name.lower() == "epoch"}
    if not any(rising[name] for name in counts):
        return Runs()
    leading = min((count for name, count in counts.items() if rising[name]), key=_falls)
    rows = np.flatnonzero(np.isfinite(leading))
    count = np.trunc(leading[rows])
    falls = (np.flatnonzero(np.diff(count) < 0) + 1).tolist()
    if not 0 < len(falls) <= _MOST_RUNS:
        return Runs()
    beside = {name: other for name, other in counts.items() if _falls(other) <= len(falls)}
    columns = {name: values(name) for name in names if name not in counts}
    labels = {name: texts(name) for name, cells in columns.items() if _may_label(name, cells)}
    labels = {name: label for name, label in labels.items() if _changes_only_at(rows[falls].tolist(), label)}
    begins, first = [0], 0
    for at, end in zip(falls, [*rows[falls[1:]].tolist(), None], strict=True):
        row = int(rows[at])
        moves = {name: step_at(other, row) for name, other in beside.items()}
        if any(label[row] != label[row - 1] for label in labels.values()):
            if any(_starts(counter, begins[-1], row) for counter in beside.values()):
                begins.append(row)
                first = at
            continue
        if not _at_its_beginning(count, first, at) or any(by > 0 for by in moves.values()):
            continue
        before, after = slice(begins[-1], row), slice(row, end)
        if not any(np.isfinite(c[row]) and np.isfinite(c[before]).any() for c in columns.values()):
            continue  # an evaluation of the first step may come last
        telling = [c for name, c in columns.items() if is_telling(name)]
        sure = any(by < 0 and name.lower() not in _INSIDE for name, by in moves.items())
        if _begins_anew([(column[before], column[after]) for column in telling], sure):
            begins.append(row)
            first = at
    return Runs(begins, [name for name in labels if len(begins) > 1])


def _may_label(name: str, cells: Floats) -> bool:
    return name.lower() in _OF_A_RUN or not np.isfinite(cells).any()


def _changes_only_at(rows: Collection[int], label: Sequence[str | None]) -> bool:
    """Whether what a column says stays the same from one of these rows to another, and differs somewhere."""
    changes = {row for row in range(1, len(label)) if label[row] != label[row - 1]}
    said = {cell for cell in label if cell is not None}
    return None not in label and bool(changes) and changes <= set(rows) and not names_a_split(said)


def _starts(counter: Floats, begin: int, row: int) -> bool:
    """Whether a counter starts anew at a row, of a run that began at another."""
    known = np.flatnonzero(np.isfinite(counter))
    first, at = np.searchsorted(known, [begin, row]).tolist()
    return first < at < len(known) and _at_its_beginning(np.trunc(counter[known]), first, at)


def _falls(counter: Floats) -> int:
    return int(np.count_nonzero(np.diff(counter[np.isfinite(counter)]) < 0))


def _at_its_beginning(count: Floats, first: int, at: int) -> bool:
    """Whether the counter stands where it began, or at one of its own strides, and goes on from there.

    A row that comes late begins nothing: soon after it the counter is further than it has ever been.
    """
    soon = count[at + 1 : at + 1 + _LATE_ROWS]
    ahead = soon[soon > count[at]]
    late = soon[soon >= count[at - 1]][:1]
    begins = count[at] <= count[first] or bool(len(ahead) and count[at] <= ahead[0] - count[at])
    return begins and not (late > count[at - 1]).any()


def _begins_anew(columns: Sequence[tuple[Floats, Floats]], sure: bool) -> bool:
    """Of each measurement what the run before and the new one logged -> whether most that had changed are back.

    `sure`: the counter alone would do, where nothing had changed.
    """
    back = [_back(before[np.isfinite(before)], after[np.isfinite(after)]) for before, after in columns]
    kept = [answer for answer in back if answer is not None]
    return sum(kept) >= len(kept) / 2 if kept else sure


def _back(before: Floats, after: Floats) -> bool | None:
    """Whether a measurement lost what it had gained, or lost; None where it had not changed, or is not told again."""
    if len(before) < 2 or not len(after):
        return None
    if (before > 0).all() and (after > 0).all():  # a loss falls by shares of itself
        before, after = np.log(before), np.log(after)
    few = min(max(len(before) // 10, 1), _LEVEL_ROWS)
    first, last = float(np.median(before[:few])), float(np.median(before[-few:]))
    noise = float(np.median(np.abs(np.diff(before)))) if len(before) > _LATE_ROWS else 0.0
    if not abs(last - first) > _MOVED * noise:
        return None
    now = float(np.median(after[: min(few, _FIRST_ROWS)]))
    return abs(now - last) > (1 - _KEPT) * abs(last - first)
