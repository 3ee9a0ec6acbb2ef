"""Runs beside finished runs of their project, small and smooth, for the tests of comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.model import Floats, Peer, Run
from analysis.peers import PeerContext, curve, peer_context
from analysis.report.run_info import run_info
from analysis.scan.reading import Reading
from tests.analysis.curves import history

EVAL, LOSS, SUCC = "eval/l1", "train/l1_loss", "eval/success_rate"
PLAN = 20_000
KEYS = frozenset({EVAL, LOSS, "train/lr", "train/grad_norm"})


def shape(n: int, level: float) -> Floats:
    """A loss that falls from 1 towards `level`."""
    return level + (1 - level) * np.exp(-8 * np.arange(1, n + 1) / n)


def peer(level: float = 0.3, *, name: str = "act-1", last: float = PLAN, key: str = EVAL, **facts: Any) -> Peer:
    """One that was evaluated 40 times over `last` steps."""
    at = np.arange(1, 41) * last / 40
    x = shape(40, level) if key != SUCC else 1 - shape(40, 1 - level)
    known: dict[str, Any] = {
        "ref": f"team/robot/{name}",
        "name": name,
        "step_key": "_step",
        "last_step": last,
        "keys": KEYS,
        "curves": {key: curve(at, x)},
        "config": {"lr": 1e-4, "steps": PLAN},
    }
    return Peer(**(known | facts))


def several(*levels: float, **facts: Any) -> tuple[Peer, ...]:
    return tuple(peer(level, name=f"act-{i}", **facts) for i, level in enumerate(levels))


def run(level: float = 0.3, *, at: int = 8000, peers: tuple[Peer, ...] = (), key: str = EVAL, **facts: Any) -> Run:
    """The same training, evaluated every 500 steps and at step `at` now."""
    n = at // 50
    whole = shape(PLAN // 50, level) if key != SUCC else 1 - shape(PLAN // 50, 1 - level)
    x = np.full(n, np.nan)
    x[9::10] = whole[:n][9::10]
    columns = {
        LOSS: shape(PLAN // 50, 0.05)[:n],
        key: x,
        "train/lr": np.full(n, 1e-4),
        "train/grad_norm": np.full(n, 3.0),
    }
    columns |= facts.pop("columns", {})
    known: dict[str, Any] = {"state": "running", "config": {"lr": 1e-4, "steps": PLAN}}
    return Run(ref="team/robot/me", name="me", history=history(columns, every=50), peers=peers, **(known | facts))


def beside(r: Run) -> PeerContext:
    reading = Reading.of(r)
    return peer_context(r, run_info(r, reading), reading)
