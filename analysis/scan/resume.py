"""Where a run was resumed: its history as stretches in which steps only grow."""

from __future__ import annotations

import numpy as np

from analysis.model import History, Ints

LATE_ROWS = 3  # a row that comes at most this many rows late is late, not a resume
MOST_RESUMES = 64  # further ones are read as late rows, so that a history of any shape costs O(n)


def stretches(history: History, telling: frozenset[str]) -> list[tuple[Ints, int]]:
    """The history cut at its resumes: for each stretch, the rows it consists of and the first of them that is new.

    A resume is a row whose step goes back behind more than `LATE_ROWS` rows *and* that logs a metric again which had
    been logged at that step or later. An eval row that merely arrives after the train rows of later steps is not one.
    Only metrics that hold a role (`telling`) are asked: an extra column must not turn a late row into a resume.
    """
    n = len(history)
    step = history.step
    everything = np.arange(n, dtype=np.int64)
    if n == 0:
        return []
    high = np.maximum.accumulate(step)
    candidates = np.flatnonzero(step[1:] < high[:-1]) + 1
    cuts: list[tuple[Ints, int]] = [(everything, 0)]
    rows = everything  # of the stretch in the making, cut off at the candidate below
    begun = 0
    seen = _row_columns(history, candidates, telling)
    for r in candidates.tolist():
        if len(cuts) > MOST_RESUMES:
            break
        so_far = rows[: np.searchsorted(rows, r)]
        if int(np.count_nonzero(step[so_far] > step[r])) <= LATE_ROWS:
            continue
        alive = so_far[step[so_far] >= step[r]]
        if not any(np.isin(alive, history.columns[key].rows, assume_unique=True).any() for key in seen[r]):
            continue
        cuts[-1] = (so_far, begun)
        rows = np.concatenate([so_far[step[so_far] < step[r]], np.arange(r, n, dtype=np.int64)])
        begun = r
        cuts.append((rows, r))
    return cuts


def _row_columns(history: History, rows: Ints, keys: frozenset[str]) -> dict[int, list[str]]:
    """Which of these metrics were logged in each of these rows."""
    out: dict[int, list[str]] = {int(r): [] for r in rows}
    for key in sorted(keys):
        column = history.columns[key]
        for r in column.rows[np.isin(column.rows, rows, assume_unique=True)].tolist():
            out[r].append(key)
    return out
