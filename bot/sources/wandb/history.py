"""The rows of a W&B run: every one, in order, each once, and only the new ones the second time.

A watched run is read over and over. Rows are kept per run; a read resumes at the last kept row, which is compared with
what it was: a run that was rewound in between is read from the start again.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.history import append, from_records, joined, number
from analysis.model import Column, History, Ints, Run
from bot.sources.rows import flat
from bot.sources.wandb.kept import BROKEN_OFF, Kept, KeptRun, Known

_PAGE_CELLS = 300_000  # what one page should hold at most (some 9 MB); a page is a range of steps
_PAGE_STEPS = (1_000, 100_000)
_CHUNK_ROWS = 5_000  # rows kept as dicts before they become arrays


class Rows:
    """Reads histories and keeps them, the least recently used dropped first. Thread-safe: one read a run at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where histories are kept beyond the process."""
        self._kept = Kept(folder)

    def read(self, run: Any, key: str, moved: Callable[[int], None] = lambda rows: None) -> History:
        """Every row of a wandb Run that was freshly loaded or listed: those kept under `key` and those logged since.

        `moved` hears at times how many rows there are so far.
        """
        last = _last_step(run)
        lines = getattr(run, "historyLineCount", None)
        kept = self._kept.get(key)
        if kept is not None and kept.lines == lines and (lines is not None if last is None else kept.last_step == last):
            return kept.history
        history = None
        if kept is not None and len(kept.history) and (last is None or kept.last_step <= last):
            # The last row once more: if it is not the same row, the run was rewound in between.
            late = self._scan(run, key, kept.last_step, kept.history, moved)
            history = _joined(kept.history, late)
        if history is None:
            history = self._scan(run, key, 0, None, moved) if last is None or last >= 0 else from_records(())
        self._kept.put(key, KeptRun(history, lines, None if kept is None else kept.known))
        return history

    def known(self, key: str) -> Known | None:
        """What a run said of itself."""
        kept = self._kept.get(key)
        return None if kept is None else kept.known

    def remember(self, run: Run, loaded_at: float) -> None:
        """Keeps what a run says of itself beside its rows. `loaded_at`: when it said so, seconds since epoch."""
        kept = self._kept.get(run.ref)
        if kept is not None:
            self._kept.put(run.ref, replace(kept, known=Known(replace(run, history=from_records(())), loaded_at)))

    def copy(self, key: str) -> Run | None:
        """A run as it was when it was last read; None: it was not, or not to the end."""
        kept = self._kept.get(key)
        if kept is None or kept.known is None or kept.lines == BROKEN_OFF:
            return None
        return replace(kept.known.facts, history=kept.history)

    def _scan(self, run: Any, key: str, min_step: int, before: History | None, moved: Callable[[int], None]) -> History:
        """The rows from `min_step` on, by rising step, each once. Rows read before a failure are kept for next time."""
        read: list[History] = []
        rows = run.scan_history(page_size=_page_size(run, before), min_step=min_step, use_cache=False)
        try:
            so_far = 0 if before is None else len(before)
            for chunk in _chunks(rows):
                read.append(from_records(chunk))  # what came before a failure stays
                so_far += len(chunk)
                moved(so_far)
        except BaseException:
            found = _in_order(joined(read))
            far = found if before is None else _joined(before, found)
            if far is not None and len(far):
                self._kept.put(key, KeptRun(far, BROKEN_OFF, self.known(key)))
            raise
        finally:
            _forget_downloads(run)
        return _in_order(joined(read))


def _last_step(run: Any) -> int | None:
    """The last step the server has, -1 for none. It comes with a loaded run; a listed one does not tell: None."""
    if not hasattr(run, "historyKeys"):
        return None
    last = (run.historyKeys or {}).get("lastStep")
    return -1 if last is None else int(last)


def _page_size(run: Any, before: History | None) -> int:
    """Steps per page, so that a page holds few enough cells: huge pages for sparse runs, no timeout for wide ones."""
    last = _last_step(run)
    if last is None and before is not None and len(before):
        cells_per_step = sum(len(c.rows) for c in before.columns.values()) / max(1, int(before.step[-1]) + 1)
    else:
        keys = (getattr(run, "historyKeys", None) or {}).get("keys") or ()
        lines = getattr(run, "historyLineCount", None) or 0
        cells_per_step = lines / max(1, (last or 0) + 1) * max(1, len(keys))
    low, high = _PAGE_STEPS
    return int(min(high, max(low, _PAGE_CELLS / cells_per_step))) if cells_per_step else high


def _chunks(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows in lists, nested metrics flat; rows without a step (there should be none) left out.

    When reading fails, what was read before comes first.
    """
    chunk: list[Mapping[str, Any]] = []
    try:
        for row in rows:
            if number(row.get("_step")) is not None:
                chunk.append(flat(row))
            if len(chunk) == _CHUNK_ROWS:
                yield chunk
                chunk = []
    finally:
        yield chunk


def _in_order(history: History) -> History:
    """By rising step, each step once: live and exported rows overlap, and exported files come in any order."""
    step = history.step
    if len(step) < 2 or bool(np.all(np.diff(step) > 0)):
        return history
    _, first = np.unique(step, return_index=True)
    rank: Ints = np.full(len(step), -1, dtype=np.int64)
    rank[first] = np.arange(len(first))
    columns = {}
    for key, column in history.columns.items():
        rows = rank[column.rows]
        order = np.argsort(rows, kind="stable")[int((rows < 0).sum()) :]
        columns[key] = Column(rows[order], column.values[order])
    return History(step[first], history.timestamp[first], history.runtime[first], columns)


def _joined(kept: History, late: History) -> History | None:
    """Kept rows and later ones that begin with the last kept row; None when that row is another one now."""
    if not len(late) or not _same_row(kept, len(kept) - 1, late, 0):
        return None
    rows = Column(late.step[1:], late.timestamp[1:])
    columns = {}
    for key, column in late.columns.items():
        after = column.rows > 0
        if after.any():
            columns[key] = Column(column.rows[after] - 1, column.values[after])
    return append(kept, History(rows.rows, rows.values, late.runtime[1:], columns))


def _same_row(one: History, i: int, other: History, j: int) -> bool:
    def row(history: History, at: int) -> dict[str, float]:
        found = {key: int(np.searchsorted(c.rows, at)) for key, c in history.columns.items()}
        columns = history.columns
        return {
            key: float(columns[key].values[k])
            for key, k in found.items()
            if k < len(columns[key].rows) and columns[key].rows[k] == at
        }

    a, b = row(one, i), row(other, j)
    times = np.array_equal(one.timestamp[i : i + 1], other.timestamp[j : j + 1], equal_nan=True)
    same = a.keys() == b.keys() and np.array_equal(
        np.array([a[k] for k in a]), np.array([b[k] for k in a]), equal_nan=True
    )
    return bool(one.step[i] == other.step[j] and times and same)


def _forget_downloads(run: Any) -> None:
    """Exported history that the client leaves in its cache, although told not to use it."""
    stem = glob.escape(f"{run.entity}_{run.project}_{run.id}_")
    for file in Path(os.environ["WANDB_CACHE_DIR"]).glob(f"{stem}*.runhistory.parquet"):
        file.unlink(missing_ok=True)
