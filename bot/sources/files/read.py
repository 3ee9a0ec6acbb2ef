"""History files (.parquet, .csv, .jsonl) with the run's facts in a JSON file of the same stem -> Run.

A cell that was not logged and a NaN that was are kept apart: null against NaN in parquet, empty against "NaN" in csv.
pandas would merge the two on reading; hence pyarrow.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from analysis.history import STEP_LIMIT, from_records, is_metric, moments, number
from analysis.model import ROW_COUNT, Column, Floats, History, Ints, Run
from bot.sources.facts import run_facts
from bot.sources.files import console_log, exports, lines, melted, offline, one_object, ragged, runs, splits, unnamed
from bot.sources.files.record import ENDINGS, OFFLINE
from bot.sources.files.text import decoded, unboxed
from bot.sources.port import SourceError
from bot.sources.rows import flat, opened
from bot.sources.tensorboard.folders import holds_events, is_event_file
from bot.sources.tensorboard.record import TENSORBOARD
from bot.sources.tensorboard.source import EventLogs
from bot.sources.wandb.record import WANDB, parts, run_of


def read(path: Path) -> Run:
    """The run in a file, or in a W&B offline run directory. Raises SourceError."""
    try:
        if is_event_log(path):
            return EventLogs().read(path)
        if path.is_dir() or path.suffix.lower() == OFFLINE:
            return offline.read(path)
        readers = {".parquet": _parquet, ".csv": _table, ".jsonl": _jsonl, ".json": _json}
        if not path.is_file():
            raise SourceError("not_found", f"没有找到文件 {path}，检查一下路径")
        history, notes, told = readers.get(path.suffix.lower(), _by_content)(path)
        facts, doubts = ({}, []) if path.suffix.lower() == ".json" else _facts(path.with_suffix(".json"))
    except exports.UnreadableExportError as error:
        raise SourceError("unreadable", f"{path.name} {error}") from None
    except PermissionError:
        raise SourceError("forbidden", f"没有权限读 {path.name}") from None
    except OverflowError as error:
        raise SourceError("unreadable", f"{path.name} 的 _step 大得不像步数") from error
    except OSError as error:  # pyarrow raises it for broken files too
        raise SourceError("unreadable", f"{path.name} 读不出来，文件可能坏了或还没写完") from error
    # Who writes down facts of a run writes those of W&B; the link tells what the run is called there.
    named = run_of(parts(facts.get("url", "")))
    return Run(
        ref=str(path),
        history=history,
        notes=(*notes, *doubts),
        tracker=WANDB.name,
        tracked_as=None if named is None else "/".join(named),
        **{"name": _name(path)} | told | facts,
    )


def is_event_log(path: Path) -> bool:
    """Whether it is TensorBoard's: an event file, or a folder with some; not the folder of a W&B run, which may have
    copies of them below. Raises SourceError when both lie side by side.
    """
    if not path.is_dir():
        return is_event_file(path)
    offline_run = next(iter(path.glob(f"*{OFFLINE}")), None)
    if offline_run is not None and (logged := next(filter(is_event_file, sorted(path.iterdir())), None)):
        both = f"{offline_run.name}（W&B）和 {logged.name}（{TENSORBOARD}）"
        raise SourceError("not_found", f"{path.resolve().name} 里既有 {both}，请写到具体哪个文件")
    return offline_run is None and not (path / "latest-run").is_dir() and holds_events(path)


def _name(path: Path) -> str:
    """The file's, or that of the next folder that says which run it is: every run has a `training_log.csv`."""
    above = path.absolute().parents[: _FOLDERS + 1]
    return next((name for name in (path.stem, *(p.name for p in above)) if not _says_nothing(name)), path.stem)


_FOLDERS = 2  # above that of the file: farther up they are of the machine
_OF_ANY_RUN = {
    "csv", "episode", "epoch", "eval", "evaluation", "history", "log", "logger", "logs", "loss", "losses", "metric",
    "metrics", "monitor", "output", "outputs", "progress", "record", "result", "results", "reward", "rewards", "state",
    "stats", "train", "trainer", "training", "val",
}  # fmt: skip


def _says_nothing(name: str) -> bool:
    return _OF_ANY_RUN.issuperset(re.findall(r"[^\W_]+", name.lower()))


_FEWEST = 3  # records of a log
_NO_NAME = ("", "Unnamed: 0")  # of the index of pandas, written once and again
_LONGEST_LABEL = 40  # characters of what tells a run from others
_ROWS_TOLD = 1000  # from which is told what the columns of a table without names are
_LARGEST_CONSOLE = 20_000_000  # bytes of what a training printed: it is read line by line


class _NamelessError(SourceError):
    """A table of numbers alone, of which nobody says what they are."""


# What a reader gives: the history, notes about it, and what the file itself says of the run (fields of Run).
_Read = tuple[History, list[str], dict[str, Any]]


# parquet and csv: whole columns at a time


def _parquet(path: Path) -> _Read:
    try:
        table = parquet.ParquetFile(path).read()
    except pa.ArrowException as error:
        raise SourceError("unreadable", f"{path.name} 不是完整的 parquet 文件，可能坏了或还没写完") from error
    return _from_columns(columns(table), path, lambda row: row + 1)


def some_columns(path: Path, keys: Collection[str]) -> History:
    """The steps and some metrics of a parquet file; nothing else of it is read.

    Raises as pyarrow does, or SourceError.
    """
    held = parquet.ParquetFile(path)
    names = columns(held.schema_arrow.empty_table()).keys()
    index = [name for name in held.schema_arrow.names if exports.may_count(name)]
    return _from_columns(columns(held.read(columns=[*index, *sorted(names & set(keys))])), path, lambda row: row + 1)[0]


def _table(path: Path) -> _Read:
    """A csv; or what a training printed into a file that is called one."""
    try:
        return _csv(path)
    except SourceError:
        printed = _console(path.read_bytes(), path)
        if printed is None:
            raise
        return printed


def _csv(path: Path) -> _Read:
    skipped: list[Any] = []

    def skip(row: Any) -> str:
        skipped.append(row)
        return "skip"

    text = unboxed(decoded(path.read_bytes()))
    try:
        above, header, separator = _header(text)
        if separator == " ":
            text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
        names = [name.strip() for name in next(csv.reader([header], delimiter=separator, skipinitialspace=True), [])]
        nameless: list[str] = []
        below = _first_rows(text, above, separator)
        if names and all(map(ragged.is_number, names)) and not unnamed.is_index(names, below):
            if (given := unnamed.names([names, *below], path.stem)) is None:
                said = f"{path.name} 没有表头，第一行就是数：在最上面加一行列名，例如 step,loss"
                numbers = all(ragged.is_number(cell) for row in below for cell in row)
                raise (_NamelessError if numbers else SourceError)("unreadable", said)
            above, header, names = above - 1, separator.join(given), given
            nameless = [f"没有表头，按文件名读作 {'、'.join(names)}", *unnamed.doubts(names)]
        keys = [str(i) for i in range(len(names))]  # names may repeat
        # Everything as text: pyarrow guesses types from the first block, and a late NaN would then be an error.
        table = arrow_csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=arrow_csv.ReadOptions(column_names=keys, skip_rows=above),
            parse_options=arrow_csv.ParseOptions(
                newlines_in_values=True, invalid_row_handler=skip, delimiter=separator
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
        found: dict[str, Any] = {}
        for name, column in zip(names, table.columns, strict=True):
            found.setdefault(name, column)
        short = sum(
            row.actual_columns < len(names) and not ragged.is_header(row.text.split(separator), names)
            for row in skipped
        )
        if short < len(skipped) or short > len(table) or _says_a_name(table.columns, names):
            whole = ragged.table(_under(header, text, above), separator)
            found = {name: pa.chunked_array([pa.array(cells, pa.string())]) for name, cells in whole.columns.items()}
        else:
            whole = None
    except (pa.ArrowException, csv.Error) as error:
        why = "是空的" if path.stat().st_size == 0 else "不是规整的 CSV，检查一下表头"
        raise SourceError("unreadable", f"{path.name} {why}") from error

    def line(row: int) -> int:
        at = ragged.table(_under(header, text, above), separator).at if whole is None else whole.at
        return at[row] - (above == 0)  # where the header was none of its lines

    found = {exports.INDEX if name in _NO_NAME else name: column for name, column in found.items()}
    if (new := unnamed.renamed(found, path.stem)) and not nameless:
        nameless = [f"列名是 {'、'.join(new)}，按文件名读作 {'、'.join(new.values())}"]
    found = {new.get(name, name): column for name, column in found.items()}
    if melted.columns_of(found) is not None:
        read = [
            {name: cell for name, cell in zip(found, row, strict=True) if cell is not None} for row in _plain(found)
        ]
        if (rows := melted.wide(read)) is not None:
            return _from_rows(rows, path, range(above + 1, above + 1 + len(rows)))
    history, notes, told = _from_columns(_by_tag(found, path), path, line)
    if nameless and told["counted_by"] == ROW_COUNT:
        told["counted_by"] = unnamed.counted(path.stem) or ROW_COUNT
    lost = [f"{short} 行列数不对，没有读"] if short else []
    return history, [*nameless, *(lost if whole is None else whole.notes), *notes], told


def _plain(columns: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    """The rows of columns of text, a number where a cell is one."""
    cells = [[text if (value := _number(text)) is None else value for text in _texts(c)] for c in columns.values()]
    return zip(*cells, strict=True)


def _first_rows(text: str, above: int, separator: str) -> list[list[str]]:
    """Of the rows below the first, some: what a column without a name is, they tell."""
    lines = itertools.islice(io.StringIO(text, newline=""), above, above + _ROWS_TOLD)
    return [row for row in csv.reader(lines, delimiter=separator) if row]


def _header(text: str) -> tuple[int, str, str]:
    """The lines down to the first row, the one that names the columns, and what stands between two names.

    Comments may stand above (SB3's monitor begins with one); where the last has a name for each number of the first
    row, it is the header, as `numpy.savetxt` writes it.
    """
    file = io.StringIO(text, newline="")
    above, comment = 0, ""
    while (line := file.readline()).startswith("#") or line.isspace():
        above += 1
        comment = line.lstrip("# ") if line.startswith("#") else comment
    separator = max(",;\t", key=line.count)
    cells = line.split(separator)
    if len(cells) == 1 and len(line.split()) > 1 and all(map(ragged.is_number, line.split())):
        separator, line, comment = " ", " ".join(line.split()), " ".join(comment.split())
        cells = line.split()
    named = comment.strip() and comment.count(separator) == line.count(separator) and all(map(ragged.is_number, cells))
    if named and (len(cells) == 1 or separator == " "):  # or it is a sentence
        named = any(exports.is_telling(name) or exports.may_count(name) for name in comment.strip().split(separator))
    return (above, comment, separator) if named else (above + 1, line, separator)


def _under(header: str, text: str, above: int) -> str:
    """The text from its header on. As many lines as stood above are left empty, so that rows keep their numbers."""
    rows = io.StringIO(text, newline="")
    for _ in range(above):
        rows.readline()
    return "\n" * (above - 1) + header.rstrip("\r\n") + "\n" + rows.read()


def _says_a_name(columns: Iterable[Any], names: Sequence[str]) -> bool:
    """Whether a cell is the name of a column: the header was perhaps written again."""
    known = pa.array([name for name in {*names, *exports.STEP_COLUMNS} if name], pa.string())
    return any(pc.any(pc.is_in(column, value_set=known)).as_py() for column in columns)


def _by_tag(table: dict[str, Any], path: Path) -> dict[str, Any]:
    """TensorBoard's csv of one tag says only in its file's name which one: `run-train-tag-epoch_loss.csv`."""
    if set(table) != {"Wall time", "Step", "Value"}:
        return table
    return {unnamed.tag(path.stem) if name == "Value" else name: column for name, column in table.items()}


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


def _from_columns(table: Mapping[str, Any], path: Path, line: Callable[[int], int]) -> _Read:
    """`line`: of the file, for a row."""
    size = max(map(len, table.values()), default=0)
    table = _apart(table)
    found_runs = runs.beginnings(list(table), lambda name: _dense(table[name], size), lambda name: _texts(table[name]))
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
    newest = _newest(found_runs, lambda name: _texts(table[name][:1])[0], line)
    return history, [*newest, *([how.note] if how.note else [])], {"earlier_rows": begin, "counted_by": how.counted_by}


def _apart(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of rows that say of which split they are, one for each."""
    label = next((column for column in table.values() if _names_a_split(column)), None)
    if label is None:
        return table
    of = splits.split_of(_texts(label))
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
    said = pc.unique(column.slice(0, _ROWS_TOLD))
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


def _texts(column: Any) -> list[str | None]:
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
        values = [_number(text) for text in column.to_pylist()]
    return pa.array(values, pa.float64()) if any(v is not None and math.isfinite(v) for v in values) else None


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return number(text)


# jsonl: a row at a time


def _jsonl(path: Path) -> _Read:
    found = lines.objects(path.read_bytes())
    broken = found.others[:1]
    if broken and (not found.rows or broken[0] < found.at[-1]):
        raise SourceError("unreadable", f"{path.name} 第 {broken[0]} 行不是 JSON 对象")
    history, more, told = _from_rows(found.rows, path, found.at)
    return history, [*(["最后一行还没写完，没有读"] if broken else []), *more], told


def _by_content(path: Path) -> _Read:
    """A file of any other ending: what it is stands in it."""
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return _parquet(path)
    try:
        return _text(path)
    except _NamelessError:
        raise
    except SourceError as error:
        said = (
            f"不是能读的格式，支持 {'、'.join(ENDINGS)}、trainer_state.json、每行一个 JSON 的日志、打印指标的控制台输出"
        )
        if path.stat().st_size > _LARGEST_CONSOLE:
            mb = _LARGEST_CONSOLE // 10**6
            said = f"超过 {mb} MB，当不了控制台输出读：先用 grep 只留下打印指标的行"
        raise SourceError("unreadable", f"{path.name} {said}") from error


def _text(path: Path) -> _Read:
    """One object a line, one object, a table, or what a training printed.

    Lines that a training printed may pass for a table, or for two objects; as such they hold hardly a number.
    """
    content = path.read_bytes()
    if (spelled := melted.lines_of(decoded(content))) is not None:
        return _from_rows(spelled, path, range(1, len(spelled) + 1))
    found = lines.objects(content)
    is_log = lines.is_log(found)
    if is_log and lines.behind_bars(content, found) and (printed := _console(content, path)) is not None:
        return printed
    if is_log and len(found.rows) >= _FEWEST and not _in_passing(found):
        return _log(found, path)
    refused: Exception | None
    try:
        read = _log(found, path) if is_log else _json(path) if found.rows else _csv(path)
        refused = None if len(read[0]) else SourceError("unreadable", f"{path.name} 里没有一行记录")
    except (SourceError, exports.UnreadableExportError) as error:
        refused = error
    else:
        numbers = sum(len(column.rows) for column in read[0].columns.values())
        if refused is None and not is_log and numbers >= len(read[0]):
            return read
    if (printed := _console(content, path)) is not None:
        return printed
    if refused is not None:
        raise refused
    return read


def _in_passing(found: lines.Lines) -> bool:
    """Whether objects stand in few lines, and name nothing that a training brings about: what was printed tells."""
    few = len(found.rows) < len(found.others)
    return few and not any(exports.is_telling(key) for row in found.rows for key in row)


def _console(content: bytes, path: Path) -> _Read | None:
    """What a training printed; None where it printed no records."""
    log = console_log.console_log(decoded(content)) if len(content) <= _LARGEST_CONSOLE else None
    if log is None:
        return None
    history, notes, told = _from_rows(log.rows, path, log.at)
    unread = ["最后一行还没写完，没有读"] if log.unfinished else []
    return history, [f"按控制台输出读，{len(log.rows)} 条记录", *unread, *notes], log.facts | told


def _log(found: lines.Lines, path: Path) -> _Read:
    """One object a line; what a program says in between is counted."""
    history, notes, told = _from_rows(found.rows, path, found.at)
    return history, [*([f"{len(found.others)} 行不是 JSON，没有读"] if found.others else []), *notes], told


def _from_rows(found: Sequence[Mapping[str, Any]], path: Path, at: Sequence[int]) -> _Read:
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


def _with_numbers(history: History, path: Path) -> None:
    """Any table has rows to count."""
    if not any(len(column.rows) for column in history.columns.values()):
        raise SourceError("unreadable", f"{path.name} 里没有数值列，不像一份训练历史")


def _json(path: Path) -> _Read:
    """One value: the state file of HF Trainer, lists beside each other, records. A summary holds none, and says so.

    Or one object a line, as mmdetection's `….log.json`.
    """
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        if lines.is_log(found := lines.objects(path.read_bytes())):
            return _log(found, path)
        raise SourceError("unreadable", f"{path.name} 不是完整的 JSON") from error
    if exports.is_trainer_state(content):
        rows, told = exports.trainer_state(content)
        history, notes, more = _from_rows([flat(row) for row in rows], path, range(1, len(rows) + 1))
        return history, notes, told | more
    if path.name == "wandb-summary.json":
        raise SourceError("unreadable", f"{path.name} 只有末值，没有历史；请给同一目录里的 run-….wandb")
    if (held := one_object.history(content)) is not None:
        history, notes, more = _from_rows(held.rows, path, range(1, len(held.rows) + 1))
        return history, [*held.notes, *notes], ({"config": held.config} if held.config else {}) | more
    if (cells := one_object.plain(content)) is not None and (names := unnamed.names(cells, path.stem)) is not None:
        read = [dict(zip(names, map(float, row), strict=True)) for row in cells]
        history, notes, told = _from_rows(read, path, range(1, len(read) + 1))
        if told["counted_by"] == ROW_COUNT:
            told["counted_by"] = unnamed.counted(path.stem) or ROW_COUNT
        return history, [f"没有列名，按文件名读作 {'、'.join(names)}", *unnamed.doubts(names), *notes], told
    raise SourceError(
        "unreadable",
        f'{path.name} 里没有训练历史；能读的 JSON：trainer_state.json、{{"loss": [...]}} 这样的列表、一串记录',
    )


# the facts beside the history


def _facts(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What the JSON file says, as fields of Run, and what in it could not be used. No file: nothing is known."""
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}, []
    except ValueError as error:
        raise SourceError("unreadable", f"{path.name} 不是完整的 JSON") from error
    if not isinstance(raw, dict):
        raise SourceError("unreadable", f"{path.name} 要是一个 JSON 对象")
    return run_facts(raw, path.name)
