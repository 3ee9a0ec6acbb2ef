"""What a reader gives: a history, notes about it, and what the file itself says of the run.

Whole columns at a time (parquet, csv) or a row at a time (JSON, consoles). A cell that was not logged and a NaN that
was are kept apart: null against NaN in parquet, empty against "NaN" in csv. pandas would merge the two; hence pyarrow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from analysis.history import STEP_LIMIT, from_records, is_metric, moments, number
from analysis.model import Column, Floats, History, Ints
from bot.sources.files import exports, melted, runs, splits
from bot.sources.port import SourceError
from bot.sources.rows import opened

_LONGEST_LABEL = 40  # characters of what tells a run from others
ROWS_TOLD = 1000  # of a table, from which is told what its columns are
# The history, notes, and fields of Run.
Read = tuple[History, list[str], dict[str, Any]]


def columns(table: Any) -> dict[str, Any]:
    """Flat name -> column. Nested structs are opened as W&B does; typed ones (`_type`) are left out."""
    found: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        _open(name, column, found)
    if "_step" not in found:  # pandas keeps an index without a name under this one
        found = {"_step" if name == exports.INDEX else name: column for name, column in found.items()}
    return found


def _open(name: str, column: Any, into: dict[str, Any]) -> None:
    if not pa.types.is_struct(column.type):
        into.setdefault(name, column)
        return
    fields = [column.type.field(i).name for i in range(column.type.num_fields)]
    if "_type" not in fields:
        for inner in fields:
            _open(f"{name}.{inner}", pc.struct_field(column, [inner]), into)


def whole_parquet(path: Path) -> Read:
    try:
        table = parquet.ParquetFile(path).read()
    except pa.ArrowException as error:
        raise SourceError("unreadable", f"{path.name} 不是完整的 parquet 文件，可能坏了或还没写完") from error
    return from_columns(columns(table), path, lambda row: row + 1)


def some_columns(path: Path, keys: Collection[str]) -> History:
    """The steps and some metrics of a parquet file; nothing else of it is read.

    Raises as pyarrow does, or SourceError.
    """
    held = parquet.ParquetFile(path)
    names = columns(held.schema_arrow.empty_table()).keys()
    index = [name for name in held.schema_arrow.names if exports.may_count(name)]
    return from_columns(columns(held.read(columns=[*index, *sorted(names & set(keys))])), path, lambda row: row + 1)[0]


def from_columns(table: Mapping[str, Any], path: Path, line: Callable[[int], int]) -> Read:
    """`line`: of the file, for a row."""
    size = max(map(len, table.values()), default=0)
    table = _apart(table)
    found_runs = runs.beginnings(list(table), lambda name: _dense(table[name], size), lambda name: texts(table[name]))
    begin = found_runs.begins[-1]
    table, size = {name: column[begin:] for name, column in table.items()}, size - begin
    how = exports.layout(table, lambda name: _dense(table[name], size))
    found = {key: table[name] for name, key in how.names.items()}
    step = _dense(found["_step"], size) if how.counts else np.arange(1.0, size + 1)
    if size and not np.isfinite(step).any():
        raise SourceError("unreadable", f"{path.name} 的 _step 列里没有数，不像一份训练历史")
    metrics = {key: cells for key, column in found.items() if is_metric(key) and (cells := _cells(column)) is not None}
    history = History(
        _steps(step),
        moments(_dense(found.get("_timestamp"), size)),
        _dense(found.get("_runtime"), size),
        {key: cells for key, cells in metrics.items() if len(cells.rows)},
    )
    if size and not how.counts:
        _with_numbers(history, path)
    newest = _newest(found_runs, lambda name: texts(table[name][:1])[0], line)
    return history, [*newest, *([how.note] if how.note else [])], {"earlier_rows": begin, "counted_by": how.counted_by}


def from_rows(found: Sequence[Mapping[str, Any]], path: Path, at: Sequence[int]) -> Read:
    """`at`: the line in which each of them stands."""
    if not found:
        return from_records([]), [], {}
    found = splits.apart([opened(row) for row in melted.wide(found) or found])
    found_runs = runs.beginnings(
        list(dict.fromkeys(key for row in found for key in row)),
        exports.numbers_of(found),
        lambda key: [_text_of(row.get(key)) for row in found],
    )
    newest = found[found_runs.begins[-1] :]
    records, settings = exports.without_head(newest)
    rows, told, how = exports.rows(records)
    told |= {"config": settings} if settings else {}
    told |= {"state": "finished"} if exports.has_ended(records) else {}
    if not any((step := number(r.get("_step"))) is not None and abs(step) <= STEP_LIMIT for r in rows):
        raise SourceError("unreadable", f"{path.name} 的步数列里没有数，不像一份训练历史")
    order = dict.fromkeys(key for r in rows for key in r if is_metric(key))
    history = from_records(rows, order)
    notes = _newest(found_runs, lambda key: _text_of(newest[0].get(key)), lambda row: at[row])
    if not how.counts:
        _with_numbers(history, path)
        notes = [*notes, how.note]
    return history, notes, told | {"earlier_rows": found_runs.begins[-1], "counted_by": how.counted_by}


def _apart(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of rows that say of which split they are, one for each."""
    label = next((column for column in table.values() if _names_a_split(column)), None)
    if label is None:
        return table
    of = splits.split_of(texts(label))
    masks = {split: pa.array([said == split for said in of]) for split in dict.fromkeys(of)}
    parts = {
        name: {split: pc.if_else(mask, column, pa.scalar(None, column.type)) for split, mask in masks.items()}
        for name, column in table.items()
        if exports.is_telling(name)
    }
    logged = {
        name: [split for split, cells in by.items() if cells.null_count < len(cells)] for name, by in parts.items()
    }
    shared = splits.shared_by_splits(logged)
    found: dict[str, Any] = {}
    for name, column in table.items():
        for split in logged[name] if name in shared else [None]:
            key = splits.name_of(name, split)
            part = parts[name][split] if name in shared else column
            found[key] = pc.coalesce(found[key], part) if key in found else part
    return found


def _names_a_split(column: Any) -> bool:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    said = pc.unique(column.slice(0, ROWS_TOLD))
    if len(said) > splits.MOST_TEXTS:
        return False
    return splits.names_a_split([cell for cell in pc.unique(column).to_pylist() if cell is not None])


def _newest(found: runs.Runs, said: Callable[[str], str | None], line: Callable[[int], int]) -> list[str]:
    """`said`: what a column says of the newest run."""
    if len(found.begins) == 1:
        return []
    which = [f"{name}={' '.join((said(name) or '').split())[:_LONGEST_LABEL]}" for name in found.told_by]
    where = "，".join([*which, f"第 {line(found.begins[-1])} 行起"])
    return [f"文件里有 {len(found.begins)} 次训练，只看最后一次（{where}）"]


def _with_numbers(history: History, path: Path) -> None:
    """Any table has rows to count."""
    if not any(len(column.rows) for column in history.columns.values()):
        raise SourceError("unreadable", f"{path.name} 里没有数值列，不像一份训练历史")


def texts(column: Any) -> list[str | None]:
    return [_text_of(cell) for cell in column.to_pylist()]


def _text_of(cell: Any) -> str | None:
    return None if cell is None else str(cell)


def _steps(step: Floats) -> Ints:
    """A step that is missing is that of the row before."""
    known = np.isfinite(step) & (np.abs(step) <= STEP_LIMIT)
    last = np.maximum.accumulate(np.where(known, np.arange(len(step)), -1))
    return np.where(last >= 0, np.where(known, step, 0.0)[np.maximum(last, 0)], 0.0).astype(np.int64)


def _dense(column: Any, size: int) -> Floats:
    """(size,) finite numbers of a column, NaN where there is none."""
    dense = np.full(size, np.nan)
    if column is not None and (cells := _cells(column)) is not None:
        dense[cells.rows] = np.where(np.isfinite(cells.values), cells.values, np.nan)
    return dense


def _cells(column: Any) -> Column | None:
    """The logged cells of a column; None when it holds no numbers (text, lists, booleans …)."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_timestamp(kind):
        column, kind = pc.divide(pc.cast(pc.cast(column, pa.timestamp("us")), pa.int64()), 1e6), pa.float64()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        column = _numbers(column)
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return None
    if column is None:
        return None
    values = pc.cast(column, pa.float64(), safe=False)
    logged = np.asarray(values.is_valid())
    return Column(np.flatnonzero(logged), np.asarray(values.drop_null(), dtype=np.float64))


def _numbers(column: Any) -> Any | None:
    """Text -> numbers. A column whose words are not numbers is text, even if one of them is "nan"."""
    column = pc.utf8_trim_whitespace(column)
    try:
        return pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        values = [number_in(text) for text in column.to_pylist()]
    return pa.array(values, pa.float64()) if any(v is not None and math.isfinite(v) for v in values) else None


def number_in(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return number(text)
