"""Histories as common tools write them -> the columns that a history has. Pure: names and rows in, names and rows out.

What a tool writes differs in two things only: which column counts the steps, and which columns are none of the run's
metrics. Where that cannot be told, the refusal says what to rename.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

INDEX = "__index_level_0__"  # of pandas, which writes its index without a name
# Column that counts the steps -> who writes it. In the order in which they are believed: Lightning and SB3 log an epoch
# or a round besides, and Keras has nothing but the epoch.
STEP_COLUMNS: Mapping[str, str] = {
    "_step": "",
    "step": "Lightning / fastai",
    "Step": "W&B / TensorBoard",
    "global_step": "",
    "trainer/global_step": "Lightning",
    "train/global_step": "HF Trainer",
    "time/total_timesteps": "SB3",
    "total_timesteps": "SB3",
    "current_steps": "LLaMA-Factory",
    "iteration": "",
    "iter": "",
    "iterations": "",
    "epoch": "Keras / YOLO",
    "Epoch": "",
    "步数": "",
    INDEX: "pandas",
}
# Wall clock of the row, in the tool's word.
_TIMES = {
    "Wall time": "_timestamp",
    "timestamp": "_timestamp",
    "time/time_elapsed": "_runtime",
    "time_elapsed": "_runtime",
}
# Said in every row and no measurement: how far the run is, as text or as a share.
_NO_METRIC = {"percentage", "elapsed_time", "remaining_time", "total_steps", "time/iterations", INDEX}
_MANY = 5  # runs that a refusal names


class UnreadableExportError(ValueError):
    """What the file is, and what to do: one Chinese sentence, without the file's name."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a table are what. `names`: column as written -> key of the history, in order."""

    names: Mapping[str, str]
    note: str = ""


def layout(columns: Iterable[str]) -> Layout:
    """How a table of these columns is read. Raises UnreadableExportError."""
    names = list(columns)
    if "_step" in names:
        return Layout({name: name for name in names})
    if (runs := _of_the_web_page(names)) is not None:
        return runs
    step = next((name for name in STEP_COLUMNS if name in names), None)
    if step is None:
        said = "、".join(names[:_MANY]) + ("…" if len(names) > _MANY else "")
        raise UnreadableExportError(f"没有步数列（有 {said}），把表示步数的那一列改名为 _step 即可")
    kept = {name: _TIMES.get(name, name) for name in names if name not in _NO_METRIC and name != step}
    return Layout({step: "_step", **kept}, f"没有 _step 列，步数取自 {'行号' if step == INDEX else step}")


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


def rows(found: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], dict[str, Any]]:
    """Rows of a log as rows of a history, and what they say of the run. Raises UnreadableExportError."""
    keys = dict.fromkeys(key for row in found for key in row)
    how = layout(keys)
    totals = [row["total_steps"] for row in found if isinstance(row.get("total_steps"), int)]
    facts = {"planned_steps": totals[-1]} if totals and "_step" not in keys and totals[-1] > 0 else {}
    return [{how.names[key]: value for key, value in row.items() if key in how.names} for row in found], facts
