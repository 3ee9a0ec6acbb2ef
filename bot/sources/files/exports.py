"""Histories as common tools write them -> the columns that a history has. Pure: names and rows in, names and rows out.

What a tool writes differs in two things only: which column counts the steps, and which columns are none of the run's
metrics. Where that cannot be told, the refusal says what to rename.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.columns.kinds import kind_of
from analysis.columns.names import words
from analysis.history import number
from analysis.model import ROW_COUNT, Floats

INDEX = "__index_level_0__"  # of pandas, which writes its index without a name
# Columns that count the steps, in the order in which they are believed: Lightning and SB3 log an epoch or a round
# besides, and Keras has nothing but the epoch. In lower case; a log may write them in capitals.
STEP_COLUMNS: Sequence[str] = (
    "_step",
    "step",  # Lightning, fastai, W&B, TensorBoard
    "global_step",
    "trainer/global_step",  # Lightning
    "train/global_step",  # HF Trainer
    "time/total_timesteps",  # SB3
    "total_timesteps",
    "current_steps",  # LLaMA-Factory
    "iteration",
    "iter",
    "iterations",
    "epoch",  # Keras, YOLO
    "步数",
    INDEX,  # pandas
)
# Names that count the steps of some logs, and in others the length of an episode or what is done per update: a step
# only where they count.
_MAYBE_STEPS: Sequence[str] = (
    "timesteps_total",  # RLlib
    "num_env_steps",
    "env_steps",
    "env_step",
    "timesteps",
    "timestep",
    "frames",
    "frame",
    "steps",
    "iters",
    "updates",
    "update",
    "episode",
    "episodes",
    "generation",
    "gen",
    "genid",
    "gen_id",
    "episode_num",
    "episode_number",
    "episod",
    "episodio",
    "épisode",
    "epoca",
    "época",
    "epoche",
    "回合",
    "轮次",
)
_COUNTERS = frozenset({*STEP_COLUMNS, *_MAYBE_STEPS})
# Wall clock of the row, in the tool's word.
_TIMES = {
    "Wall time": "_timestamp",
    "timestamp": "_timestamp",
    "time/time_elapsed": "_runtime",
    "time_elapsed": "_runtime",
}
# What Gym's monitor writes of each episode.
_MONITOR = {"r": "episode_return", "l": "episode_length", "t": "_runtime"}
# Said in every row and no measurement: how far the run is, as text or as a share.
_NO_METRIC = {"percentage", "elapsed_time", "remaining_time", "total_steps", "time/iterations", INDEX}
# Where a log of events says what a row is, and what it says of one that is no record.
_EVENTS = ("event", "type", "kind", "event_type", "record_type", "phase", "stage", "status", "msg", "message")
_HEADS = {
    "config", "configuration", "args", "hparams", "hyperparameters", "params", "settings", "header", "meta", "metadata",
    "start", "begin", "init", "setup", "run_start", "train_start", "training_start", "start_training",
}  # fmt: skip
_ENDS = {
    "done", "end", "finish", "finished", "complete", "completed", "run_end", "train_end", "training_end", "train_done",
    "training_done", "training_complete", "training_finished", "run_complete", "run_finished",
}  # fmt: skip
_LONGEST_SETTING = 200  # characters; longer texts are no settings
_CLOCKS = frozenset({"time", "ts", "t", "wall_time", "walltime", "unix_time"})  # or how long something took
_OLDEST, _NEWEST = 1e9, 4e9  # seconds since epoch, 2001 to 2096: nothing that a training times takes so long
_MANY = 5  # runs that a refusal names
BY_ONE = 0.75  # of its rows, of a counter that starts anew or leaves some out: what starts anew sooner says little
_ROWS_PER_STEP = 10  # more rows than these at the same step, and it says no longer where a row stands


class UnreadableExportError(ValueError):
    """What the file is, and what to do: one Chinese sentence, without the file's name."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a table are what. `names`: column as written -> key of the history, in order."""

    names: Mapping[str, str]
    note: str = ""
    counted_by: str = "_step"  # as in Run

    @property
    def counts(self) -> bool:
        """Whether a column counts the steps; else the rows do."""
        return "_step" in self.names.values()


def may_count(column: str) -> bool:
    """Whether a column of this name may be the one that counts the steps."""
    return column.lower() in _COUNTERS


def is_telling(column: str) -> bool:
    """Whether a name is that of a loss or a score: what a training brings about."""
    return kind_of(column).direction in ("min", "max") or "loss" in words(column)


def layout(columns: Iterable[str], values: Callable[[str], Floats]) -> Layout:
    """How a table of these columns is read. `values`: the numbers of one of them, NaN where there is none.

    Raises UnreadableExportError.
    """
    names = list(columns)
    if "_step" in names:
        return Layout({name: name for name in names})
    if (runs := _of_the_web_page(names)) is not None:
        return runs
    if _MONITOR.keys() <= set(names):
        named = {name: _MONITOR.get(name, name) for name in names}
        return Layout(named, "按 SB3 monitor 读，一行一个回合", "episode")
    step, restarting = _step_of(names, values)
    left_out = {*_NO_METRIC, *restarting, step}
    times = {name: key for name, key in _TIMES.items() if name in names}
    if "_timestamp" not in times.values() and (clock := _clock(names, values)) is not None:
        times[clock] = "_timestamp"
    kept = {name: times.get(name, name) for name in names if name not in left_out}
    by_rows = step in (None, INDEX)
    found = {} if step is None else {step: "_step"}
    if step is None or by_rows:
        return Layout(found | kept, "没有步数列，按行号计", _one_a_row(names, values) or ROW_COUNT)
    return Layout(found | kept, counted_by=step)


def _clock(names: Sequence[str], values: Callable[[str], Floats]) -> str | None:
    """The column that says when a row was written, and not how long something took."""
    for name in names:
        if name.lower() in _CLOCKS:
            known = values(name)
            known = known[np.isfinite(known)]
            if len(known) and (known >= _OLDEST).all() and (known <= _NEWEST).all():
                return name
    return None


def _one_a_row(names: Sequence[str], values: Callable[[str], Floats]) -> str | None:
    """Of which column each row is the next, wherever it starts anew: rows are what that counts."""
    return next((name for name in counters(names) if name != INDEX and _by_one(values(name))), None)


def _by_one(counter: Floats) -> bool:
    known = counter[np.isfinite(counter)]
    return len(known) > 1 and bool(np.mean(np.diff(known) == 1) > BY_ONE)


def _step_of(names: Sequence[str], values: Callable[[str], Floats]) -> tuple[str | None, set[str]]:
    """The first that never falls; else, of those that surely mean it, the first that falls as after a resume.

    A step that starts anew in each epoch gives way to a global one or to the epoch, an epoch of many rows to the rows.
    Also the steps that gave way: the run would have two axes. The epoch is none of them, it says how often data came.
    """
    counts = {name: values(name) for name in counters(names)}
    rising = {name: rises(count) for name, count in counts.items()}
    sure = [name for name in counts if name.lower() in STEP_COLUMNS]
    step = next((name for name in rising if rising[name] == "throughout"), None) or next(
        (name for name in sure if rising[name] and not _is_inside(counts[name], counts.values())), None
    )
    return step, {name for name in sure if rising[name] != "throughout" and name.lower() != "epoch"}


def counters(names: Sequence[str]) -> list[str]:
    """The columns that may count the steps, those that surely mean it first."""
    written = {name.lower(): name for name in reversed(names)}
    return [written[name] for name in (*STEP_COLUMNS, *_MAYBE_STEPS) if name in written]


def _is_inside(counter: Floats, others: Iterable[Floats]) -> bool:
    """Whether it counts inside what another one counts: that goes up whenever this one starts anew."""
    rows = np.flatnonzero(np.isfinite(counter))
    falls = rows[np.flatnonzero(np.diff(counter[rows]) < 0) + 1]
    return any(all(step_at(other, row) > 0 for row in falls.tolist()) for other in others if other is not counter)


def step_at(counter: Floats, row: int) -> float:
    """By how much a counter differs, at a row or at the next that has it, from where it stood before; 0 unknown."""
    known = np.isfinite(counter)
    before, after = counter[:row][known[:row]], counter[row:][known[row:]]
    return float(after[0] - before[-1]) if len(before) and len(after) else 0.0


def rises(values: Floats) -> Literal["throughout", "again", ""]:
    """Whether a column counts the rows it stands in: throughout, or again and again from below."""
    known = np.trunc(values[np.isfinite(values)])
    ahead = np.diff(known)
    if len(known) < len(values) / 2 or 1 + np.count_nonzero(ahead > 0) < len(known) / _ROWS_PER_STEP:
        return ""
    return "throughout" if (ahead >= 0).all() else "again"


def _of_the_web_page(names: Sequence[str]) -> Layout | None:
    """W&B's csv of one chart: `Step` and, per run, `<run> - <metric>` with its `__MIN` and `__MAX`."""
    step = next((name for name in names if name in {"Step", "_step", "train/global_step", "trainer/global_step"}), None)
    pairs = {name: name.rsplit(" - ", 1) for name in names if " - " in name and not re.search(r"__(MIN|MAX)$", name)}
    if step is None or not pairs or {f"{name}__MIN" for name in pairs}.isdisjoint(names):
        return None
    runs = list(dict.fromkeys(run for run, _ in pairs.values()))
    if len(runs) > 1:
        said = "、".join(runs[:_MANY]) + ("…" if len(runs) > _MANY else "")
        raise UnreadableExportError(
            f"里有 {len(runs)} 个 run（{said}），一次只能看一个：删去其余列，或从 W&B 直接读 run"
        )
    kept = {name: metric for name, (_, metric) in pairs.items() if metric != "_step"}
    return Layout({step: "_step", **kept}, f"W&B 网页导出，run {runs[0]}；记录可能已被抽稀")


def is_trainer_state(content: Any) -> bool:
    """`trainer_state.json` of HF Trainer: one object with its log."""
    return isinstance(content, Mapping) and isinstance(content.get("log_history"), list)


def trainer_state(content: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], dict[str, Any]]:
    """The rows of its log, and what it says of the run (fields as in a facts file)."""
    rows = [row for row in content["log_history"] if isinstance(row, Mapping)]
    planned = content.get("max_steps")
    facts: dict[str, Any] = {"planned_steps": planned} if isinstance(planned, int) and planned > 0 else {}
    config = {
        key: content[key]
        for key in ("num_train_epochs", "train_batch_size", "save_steps", "eval_steps")
        if key in content
    }
    return rows, facts | ({"config": config} if config else {})


def without_head(found: Sequence[Mapping[str, Any]]) -> tuple[Sequence[Mapping[str, Any]], dict[str, Any]]:
    """The rows of a run without those at its beginning that only say what it is, and what these say.

    Such a row is no record: it calls itself a config or a start; or it counts nothing and says no number that a record
    says, as that with which mmdetection begins.
    """
    counting = counters(list(dict.fromkeys(key for row in found for key in row)))
    begin = next((at for at, row in enumerate(found) if _event(row) not in _HEADS or _measures(row)), 0)
    counted = (any(number(row.get(key)) is not None for key in counting) for row in found[begin:])
    first = begin + next((at for at, counts in enumerate(counted) if counts), 0)
    if first == 0:
        return found, {}
    said = {key for row in found[first:] for key, cell in row.items() if number(cell) is not None}
    heads = [at for at in range(first) if at < begin or said.isdisjoint(_numeric(found[at]))]
    settings = {
        re.sub(r"^(?:config|args|hparams|hyperparameters|params|settings)\.", "", key): cell
        for at in heads
        for key, cell in found[at].items()
        if key not in _EVENTS and isinstance(cell, bool | int | float | str) and len(str(cell)) <= _LONGEST_SETTING
    }
    return [row for at, row in enumerate(found) if at not in heads], settings


def has_ended(found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last row says that the run is done."""
    return bool(found) and _event(found[-1]) in _ENDS


def _event(row: Mapping[str, Any]) -> str | None:
    """Of what kind a row calls itself."""
    said = next((row[key] for key in _EVENTS if isinstance(row.get(key), str)), None)
    return None if said is None else "_".join(words(said[:_LONGEST_SETTING]))


def _measures(row: Mapping[str, Any]) -> bool:
    return any(map(is_telling, _numeric(row)))


def _numeric(row: Mapping[str, Any]) -> set[str]:
    return {key for key, cell in row.items() if number(cell) is not None}


def numbers_of(found: Sequence[Mapping[str, Any]]) -> Callable[[str], Floats]:
    """The numbers of a column of rows, NaN where there is none."""
    return lambda key: np.array([_finite(row.get(key)) for row in found], dtype=np.float64)


def rows(found: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], dict[str, Any], Layout]:
    """Rows of a log as rows of a history, what they say of the run, and how they were read.

    Raises UnreadableExportError.
    """
    keys = dict.fromkeys(key for row in found for key in row)
    how = layout(keys, numbers_of(found))
    totals = [row["total_steps"] for row in found if isinstance(row.get("total_steps"), int)]
    facts = {"planned_steps": totals[-1]} if totals and "_step" not in keys and totals[-1] > 0 else {}
    read: list[Mapping[str, Any]] = [
        ({} if how.counts else {"_step": at + 1})
        | {how.names[key]: value for key, value in row.items() if key in how.names}
        for at, row in enumerate(found)
    ]
    return read, facts, how


def _finite(cell: Any) -> float:
    return value if (value := number(cell)) is not None and math.isfinite(value) else math.nan
