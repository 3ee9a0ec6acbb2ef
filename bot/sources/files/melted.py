"""Tables of one number a row, which a column names: `step,tag,value` of TensorBoard's readers and of MLflow, and lines
like `250 val 6.0727`. Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analysis.history import number
from bot.sources.files.exports import INDEX, counters, is_telling

_NAMES = ("tag", "metric", "metric_name", "name", "key", "variable", "scalar")
_VALUES = ("value", "metric_value", "scalar_value")
_MOST_NAMES = 1000  # metrics; a column of more words is text
_LINE = re.compile(r"(\d+)[ \t]+([A-Za-z][\w/.-]*)[ \t]+([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf)")
_FEWEST_LINES = 20
_SPLITS = frozenset({"train", "val", "valid", "validation", "test"})


def columns_of(names: Collection[str]) -> tuple[str, str, str] | None:
    """Of a table of these columns the one that counts, the one of names and that of their numbers; None of another."""
    written = {name.lower(): name for name in names}
    named = next((written[name] for name in _NAMES if name in written), None)
    value = next((written[name] for name in _VALUES if name in written), None)
    counting = next((name for name in counters(list(names)) if name != INDEX), None)
    return None if named is None or value is None or counting is None else (counting, named, value)


def wide(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    """A row for each step, with all that was measured there; None where the names are none of metrics.

    Of a name that is told again at a step the rows stay as they are written: of another run, nobody knows which.
    """
    if not rows or (columns := columns_of(rows[-1])) is None:
        return None
    counting, named, value = columns
    told = [row for row in rows if isinstance(row.get(named), str)]
    said = {row[named] for row in told}
    if len(said) > _MOST_NAMES or not any(map(is_telling, said)):
        return None
    single = [
        {key: cell for key, cell in row.items() if key not in (named, value)} | {row[named]: row.get(value)}
        for row in told
    ]
    at: dict[float, dict[str, Any]] = {}
    for row, name in zip(single, (row[named] for row in told), strict=True):
        step = number(row.get(counting))
        here = at.setdefault(-math.inf if step is None else step, {})
        if name in here:
            return single
        here.update(row | here)
    return [at[step] for step in sorted(at)]


def lines_of(text: str) -> list[dict[str, Any]] | None:
    """Rows of a text of which every line is a step, a name and a number; None of another.

    What is only called by its split is its loss, as Karpathy's scripts write it.
    """
    found = [_LINE.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    if len(found) < _FEWEST_LINES or None in found:
        return None
    told = [match.groups() for match in found if match is not None]
    names = {name for _, name, _ in told}
    if not {"train"} < names & _SPLITS:
        return None
    return [
        {"step": int(step), "name": f"{name}_loss" if name in _SPLITS else name, "value": float(value)}
        for step, name, value in told
    ]
