"""Rows as they come from a tracker -> History. Pure: the sources read, this normalises at the door.

A cell may be a number, one of the strings that W&B writes for non-finite numbers, a typed value (histogram, table),
text, or nothing. Only numbers are metrics.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.model import Column, Floats, History

if TYPE_CHECKING:
    import pandas as pd

NONFINITE = {
    "nan": math.nan,
    "infinity": math.inf,
    "inf": math.inf,
    "+inf": math.inf,
    "+infinity": math.inf,
    "-infinity": -math.inf,
    "-inf": -math.inf,
}
STEP_LIMIT = 2.0**62  # beyond it no training step, and the distance of two is no int64
LAST_MOMENT = 2.5e11  # seconds since epoch; beyond it a time is in other units, or none
AXES = ("_step", "_timestamp", "_runtime")


def number(cell: Any) -> float | None:
    """The number a cell holds, NaN and ±Inf included; None for what is not one (missing, text, typed, bool)."""
    if type(cell) is float:  # nearly every cell
        return cell
    if isinstance(cell, bool | np.bool_) or cell is None:
        return None
    if isinstance(cell, numbers.Real):
        try:
            return float(cell)
        except OverflowError:  # an integer beyond float: it was logged, and it is not finite
            return math.inf if str(cell)[0] != "-" else -math.inf
    if isinstance(cell, str):
        return NONFINITE.get(cell.strip().lower())
    return None


def is_metric(key: str) -> bool:
    """Keys with a leading underscore are the tracker's own."""
    return not key.startswith("_")


def from_records(records: Iterable[Mapping[str, Any]], order: Iterable[str] = ()) -> History:
    """Rows (dicts; an absent key or None was not logged) -> History.

    `order` fixes the order of columns; keys not in it follow in order of appearance (within one row: sorted, since
    W&B's own order within a row is random).
    """
    steps: list[int] = []
    stamps: list[float] = []
    runtimes: list[float] = []
    cells: dict[str, tuple[list[int], list[float]]] = {key: ([], []) for key in order if is_metric(key)}
    for row, record in enumerate(records):
        step = number(record.get("_step"))
        steps.append(int(step) if step is not None and abs(step) <= STEP_LIMIT else (steps[-1] if steps else row))
        stamps.append(_or_nan(record.get("_timestamp")))
        runtimes.append(_or_nan(record.get("_runtime")))
        fresh: dict[str, float] = {}
        for key, cell in record.items():
            value = number(cell)
            if value is None:
                continue
            if (known := cells.get(key)) is not None:
                known[0].append(row)
                known[1].append(value)
            elif is_metric(key):
                fresh[key] = value
        for key in sorted(fresh):
            cells[key] = ([row], [fresh[key]])
    return History(
        np.asarray(steps, dtype=np.int64),
        moments(np.asarray(stamps, dtype=np.float64)),
        np.asarray(runtimes, dtype=np.float64),
        {k: Column(np.asarray(r, dtype=np.int64), np.asarray(v, dtype=np.float64)) for k, (r, v) in cells.items() if r},
    )


def from_frame(frame: pd.DataFrame, *, nan_logged: bool = False) -> History:
    """A table, a row per record -> History. Raises ValueError when no column holds numbers.

    The steps are the column `_step`, else an index of integers, else the number of the row; `_timestamp` and `_runtime`
    are seconds. pandas writes NaN for what was not logged and for a NaN that was: it is taken for the former, unless
    `nan_logged`. Nullable columns (`Float64`) keep the two apart, so does the text "NaN"; null is never logged.
    """
    if "_step" in frame.columns:
        step = frame["_step"].ffill().fillna(0).to_numpy(dtype=np.int64)
    else:
        indexed = frame.index.dtype.kind in "iu"
        step = np.asarray(frame.index, dtype=np.int64) if indexed else np.arange(len(frame), dtype=np.int64)
    columns = {str(key): _column(frame[key], nan_logged) for key in frame.columns if is_metric(str(key))}
    kept = {key: column for key, column in columns.items() if len(column.rows)}
    if not kept:
        raise ValueError(f"no column holds numbers: {', '.join(map(str, frame.columns[:8])) or 'there is none'}")
    seconds = {
        key: np.array([_or_nan(cell) for cell in frame[key]]) if key in frame.columns else np.full(len(frame), math.nan)
        for key in AXES[1:]
    }
    return History(step, seconds["_timestamp"], seconds["_runtime"], kept)


def _column(series: pd.Series[Any], nan_logged: bool) -> Column:
    """The cells that were logged."""
    if series.dtype.kind in "iuf" and isinstance(series.dtype, np.dtype):  # those of its own know of null
        values = series.to_numpy(dtype=np.float64)
        rows = np.flatnonzero(~np.isnan(values) | nan_logged)
        return Column(rows, values[rows])
    cells = [number(cell) for cell in series]  # a NaN among them is one
    kept = [i for i, cell in enumerate(cells) if cell is not None]
    return Column(np.array(kept, dtype=np.int64), np.array([cells[i] for i in kept], dtype=np.float64))


def moments(stamps: Floats) -> Floats:
    """(n,) seconds since epoch; NaN for what is none."""
    with np.errstate(invalid="ignore"):
        return np.where((stamps >= 0) & (stamps <= LAST_MOMENT), stamps, np.nan)


def append(old: History, new: History) -> History:
    """`new` logged after `old`."""
    return joined((old, new)).continuing(old) if len(old) and len(new) else joined((old, new))


def joined(parts: Sequence[History]) -> History:
    """Histories that were logged one after the other. Each cell is copied once; of one part none."""
    parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        return parts[0] if parts else from_records(())
    begins = np.cumsum([0, *map(len, parts)]).tolist()
    found: dict[str, list[tuple[int, Column]]] = {}
    for begin, part in zip(begins, parts, strict=False):
        for key, column in part.columns.items():
            found.setdefault(key, []).append((begin, column))
    return History(
        np.concatenate([part.step for part in parts]),
        np.concatenate([part.timestamp for part in parts]),
        np.concatenate([part.runtime for part in parts]),
        {
            key: Column(
                np.concatenate([c.rows + begin if begin else c.rows for begin, c in columns]),
                np.concatenate([c.values for _, c in columns]),
            )
            for key, columns in found.items()
        },
    )


def _or_nan(cell: Any) -> float:
    value = number(cell)
    return math.nan if value is None or not math.isfinite(value) else value
