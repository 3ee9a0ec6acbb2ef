"""Runs and reports for the tests of rendering: the sample run, and small ones made to be awkward."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from analysis import Report, Run, analyze
from analysis.history import from_records
from analysis.model import Column, Floats, History
from bot.sources.wandb.record import WANDB

NASTY = (
    'a<script>alert("1")</script> <!channel> <at id=all></at> '
    "`*_$x_{1}$_*` [x](https://e.example) \x1b[31m\u202e🚀\n# h"
)


@lru_cache(maxsize=1)
def sample() -> Run:
    """The bundled run, read three minutes after its last row."""
    folder = files("bot") / "samples"
    facts = json.loads((folder / "64wxlc3y.json").read_text(encoding="utf-8"))
    table = pq.read_table(str(folder / "64wxlc3y.parquet"))
    history = from_records(table.to_pylist(), [c for c in table.column_names if not c.startswith("_")])
    return Run(
        ref="team/robot/64wxlc3y",
        history=history,
        created_at=_epoch(facts.pop("created_at")),
        heartbeat_at=_epoch(facts.pop("heartbeat_at")),
        observed_at=float(history.timestamp[-1]) + 180,
        tags=tuple(facts.pop("tags")),
        tracker=WANDB.name,
        tracked_as="team/robot/64wxlc3y",
        **{k: v for k, v in facts.items() if k not in {"observed_at"}},
    )


@lru_cache(maxsize=1)
def sample_report() -> Report:
    return analyze(sample())


@lru_cache(maxsize=1)
def normalised() -> Run:
    """The bundled run as it might have gone on a day later, with its OT cost normalised: 16000 of 20000 steps."""
    base = sample()
    history = base.history.head(int(np.searchsorted(base.history.step, 16_000, side="right")))
    drawn = np.random.default_rng(5)
    columns = dict(history.columns)
    changes: dict[str, Callable[[Floats], Floats]] = {
        "train/ot_ot_pi_sum": lambda x: 0.42 + 0.01 * drawn.standard_normal(len(x)),
        "train/ot_ot_cost/observation.state": lambda x: 1 + 0.05 * drawn.standard_normal(len(x)),
        "train/ot_ot_pi_diag": lambda x: np.full(len(x), 0.3),
        "train/ot_ot_loss": lambda x: np.full(len(x), 0.42),
        "train/ot_loss": lambda x: np.full(len(x), 0.042),
        "eval/offline_eval/avg_l1": lambda x: x * np.linspace(1.0, 0.85, len(x)),
        "eval/offline_eval/avg_loss": lambda x: x * np.linspace(1.0, 0.85, len(x)),
    }
    for key, change in changes.items():
        column = columns[key]
        columns[key] = Column(column.rows, change(column.values))
    config = {**base.config, "batch_size": 16, "seed": 2000, "output_dir": "/runs/b"}
    config["optimizer"] = {**base.config["optimizer"], "lr": 3e-05}
    config["ot"] = {**base.config["ot"], "normalize_cost": True}
    return replace(
        base,
        ref="team/robot/7h3kq2ab",
        tracked_as="team/robot/7h3kq2ab",
        run_id="7h3kq2ab",
        name="act-uot-norm",
        url="https://wandb.ai/team/robot/runs/7h3kq2ab",
        state="running",
        history=replace(history, columns=columns),
        config=config,
        created_at=(base.created_at or 0.0) + 86_400,
        observed_at=float(history.timestamp[-1]) + 20,
        commit="9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
    )


def run(columns: dict[str, Any], *, every: int = 50, **facts: Any) -> Run:
    """Dense columns of equal length -> a run, one row each second. A NaN in them is a NaN that was logged."""
    n = max((len(v) for v in columns.values()), default=0)
    rows = np.arange(n)
    stamp = 1_760_000_000.0 + np.arange(n, dtype=np.float64)
    cells = {k: Column(rows, np.asarray(v, dtype=np.float64)) for k, v in columns.items() if n}
    history = History((rows + 1) * every, stamp, stamp - stamp[:1], cells)
    usual = Run(
        "team/robot/x1", "act-base-17", history, state="running", tracker=WANDB.name, tracked_as="team/robot/x1"
    )
    return replace(usual, **{"tracked_as": facts["ref"], **facts} if "ref" in facts else facts)


def healthy(n: int = 240, eval_l1: float = 0.08, **facts: Any) -> Run:
    """60 % done, everything as it should be; read 20 s after its last row."""
    t = np.linspace(0, 1, n)
    noise = np.random.default_rng(7).standard_normal((3, n))
    columns: dict[str, Floats] = {
        "train/loss": (0.06 + 0.6 * np.exp(-5 * t)) * np.exp(0.01 * noise[0]),
        "train/l1_loss": (0.05 + 0.5 * np.exp(-5 * t)) * np.exp(0.01 * noise[1]),
        "train/grad_norm": 8 * np.exp(0.05 * noise[2]),
        "train/lr": np.full(n, 1e-4),
        "eval/offline_eval/avg_l1": eval_l1 + 0.5 * np.exp(-5 * t),
    }
    known: dict[str, Any] = {
        "planned_steps": 20_000,
        "observed_at": 1_760_000_000.0 + n + 19,
        "url": "https://wandb.ai/team/robot/runs/x1",
    }
    return run(columns, **(known | facts))


def _epoch(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()
