"""History files (parquet, csv, JSON, consoles) with the run's facts in a JSON file of the same stem -> Run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from analysis.model import ROW_COUNT, Run
from bot.sources.facts import run_facts
from bot.sources.files import console_log, exports, lines, melted, offline, one_object, unnamed
from bot.sources.files.csv_table import NamelessError, csv_table
from bot.sources.files.histories import Read, from_rows, whole_parquet
from bot.sources.files.record import ENDINGS, OFFLINE
from bot.sources.files.text import decoded
from bot.sources.port import SourceError
from bot.sources.rows import flat
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
        readers = {".parquet": whole_parquet, ".csv": _table, ".jsonl": _jsonl, ".json": _json}
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
_LARGEST_CONSOLE = 20_000_000  # bytes of what a training printed: it is read line by line


def _table(path: Path) -> Read:
    """A csv; or what a training printed into a file that is called one."""
    try:
        return csv_table(path)
    except SourceError:
        printed = _console(path.read_bytes(), path)
        if printed is None:
            raise
        return printed


# jsonl: a row at a time


def _jsonl(path: Path) -> Read:
    found = lines.objects(path.read_bytes())
    broken = found.others[:1]
    if broken and (not found.rows or broken[0] < found.at[-1]):
        raise SourceError("unreadable", f"{path.name} 第 {broken[0]} 行不是 JSON 对象")
    history, more, told = from_rows(found.rows, path, found.at)
    return history, [*(["最后一行还没写完，没有读"] if broken else []), *more], told


def _by_content(path: Path) -> Read:
    """A file of any other ending: what it is stands in it."""
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return whole_parquet(path)
    try:
        return _text(path)
    except NamelessError:
        raise
    except SourceError as error:
        said = (
            f"不是能读的格式，支持 {'、'.join(ENDINGS)}、trainer_state.json、每行一个 JSON 的日志、打印指标的控制台输出"
        )
        if path.stat().st_size > _LARGEST_CONSOLE:
            mb = _LARGEST_CONSOLE // 10**6
            said = f"超过 {mb} MB，当不了控制台输出读：先用 grep 只留下打印指标的行"
        raise SourceError("unreadable", f"{path.name} {said}") from error


def _text(path: Path) -> Read:
    """One object a line, one object, a table, or what a training printed.

    Lines that a training printed may pass for a table, or for two objects; as such they hold hardly a number.
    """
    content = path.read_bytes()
    if (spelled := melted.lines_of(decoded(content))) is not None:
        return from_rows(spelled, path, range(1, len(spelled) + 1))
    found = lines.objects(content)
    is_log = lines.is_log(found)
    if is_log and lines.behind_bars(content, found) and (printed := _console(content, path)) is not None:
        return printed
    if is_log and len(found.rows) >= _FEWEST and not _in_passing(found):
        return _log(found, path)
    refused: Exception | None
    try:
        read = _log(found, path) if is_log else _json(path) if found.rows else csv_table(path)
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


def _console(content: bytes, path: Path) -> Read | None:
    """What a training printed; None where it printed no records."""
    log = console_log.console_log(decoded(content)) if len(content) <= _LARGEST_CONSOLE else None
    if log is None:
        return None
    history, notes, told = from_rows(log.rows, path, log.at)
    unread = ["最后一行还没写完，没有读"] if log.unfinished else []
    return history, [f"按控制台输出读，{len(log.rows)} 条记录", *unread, *notes], log.facts | told


def _log(found: lines.Lines, path: Path) -> Read:
    """One object a line; what a program says in between is counted."""
    history, notes, told = from_rows(found.rows, path, found.at)
    return history, [*([f"{len(found.others)} 行不是 JSON，没有读"] if found.others else []), *notes], told


def _json(path: Path) -> Read:
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
        history, notes, more = from_rows([flat(row) for row in rows], path, range(1, len(rows) + 1))
        return history, notes, told | more
    if path.name == "wandb-summary.json":
        raise SourceError("unreadable", f"{path.name} 只有末值，没有历史；请给同一目录里的 run-….wandb")
    if (held := one_object.history(content)) is not None:
        history, notes, more = from_rows(held.rows, path, range(1, len(held.rows) + 1))
        return history, [*held.notes, *notes], ({"config": held.config} if held.config else {}) | more
    if (cells := one_object.plain(content)) is not None and (names := unnamed.names(cells, path.stem)) is not None:
        read = [dict(zip(names, map(float, row), strict=True)) for row in cells]
        history, notes, told = from_rows(read, path, range(1, len(read) + 1))
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
