"""Histories for tests: Hypothesis strategies for nasty ones, and builders of smooth ones with a known fault."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from analysis.model import Column, Floats, History, Run

NAMES = (
    "train/loss", "train/l1_loss", "train/kld_loss", "train/grad_norm", "train/lr", "train/update_s",
    "train/dataloading_s", "eval/offline_eval/avg_loss", "eval/offline_eval/avg_l1", "eval/success_rate",
    "train/ot_loss", "train/ot_ot_loss", "train/ot_ot_pi_sum", "train/ot_ot_pi_diag",
    "train/ot_ot_cost/observation.state", "train/curriculum_stage", "train/batch_size", "train/global_step",
    "train/d_loss", "train/g_loss", "train/entropy", "rollout/ep_rew_mean", "system/gpu.0.memoryAllocated", "something",
    "train/reward", "train/reward_std", "train/frac_reward_zero_std", "train/kl", "completions/mean_length",
    "completions/clipped_ratio", "rewards/margins", "train/critic_loss", "losses/qf1_values", "Policy/mean_noise_std",
    "vq/perplexity", "train/codebook_usage", "load_balancing_loss",
)  # fmt: skip
CONFIG: dict[str, Any] = {
    "batch_size": 8,
    "num_workers": 4,
    "save_freq": 50,
    "policy": {"type": "act"},
    "optimizer": {"lr": 1e-4, "grad_clip_norm": 1.0},
    "ot": {
        "lambda_ot": 0.1,
        "reg": 1.0,
        "tau_src": 24.0,
        "tau_tgt": 24.0,
        "terms": {"observation.state": {"weight": 1.0, "dim": 14}},
    },
}


def history(columns: dict[str, Floats], step: Any = None, every: int = 10, seconds: float = 2.0) -> History:
    """Dense columns -> History; NaN cells are *not logged*. Use `nonfinite` cells through Column for logged NaN."""
    n = len(next(iter(columns.values())))
    steps = np.arange(1, n + 1) * every if step is None else np.asarray(step)
    cells = {}
    for key, values in columns.items():
        rows = np.flatnonzero(~np.isnan(values))
        if len(rows):
            cells[key] = Column(rows.astype(np.int64), np.asarray(values, dtype=np.float64)[rows])
    stamp = 1.76e9 + seconds * np.arange(n, dtype=np.float64)
    return History(steps.astype(np.int64), stamp, stamp - (stamp[0] if n else 0), cells)


def run(h: History, **facts: Any) -> Run:
    return Run(ref="test", name="test", history=h, **facts)


@st.composite
def histories(draw: st.DrawFn, max_rows: int = 160) -> History:
    """Sparse, resumed, rewound, late and non-finite rows, in shapes that make diagnoses fire."""
    n = draw(st.integers(0, max_rows))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True))
    step = np.cumsum(rng.integers(0, 3, n) + (rng.random(n) < 0.9)) * 10
    for _ in range(draw(st.integers(0, 3))):  # resumes and late rows
        if n > 12:
            at = int(rng.integers(6, n))
            step[at:] -= int(rng.integers(0, max(1, step[at - 1] - step[0]) + 1))
    columns = {}
    for name in names:
        logged = rng.random(n) < draw(st.sampled_from([1.0, 0.9, 0.4, 0.1]))
        rows = np.flatnonzero(logged)
        columns[name] = Column(rows.astype(np.int64), _values(draw, rng, len(rows)))
    stamp = 1.76e9 + np.cumsum(rng.random(n) * 5)
    return History(
        step.astype(np.int64), stamp, stamp - (stamp[0] if n else 0), {k: c for k, c in columns.items() if len(c.rows)}
    )


def _values(draw: st.DrawFn, rng: np.random.Generator, n: int) -> Floats:
    base = 10.0 ** draw(st.integers(-13, 4))
    x = base * np.exp(0.2 * rng.standard_normal(n))
    for _ in range(draw(st.integers(0, 3))):  # what happens to it from some point on
        if n < 4:
            break
        at = int(rng.integers(1, n))
        match draw(st.sampled_from(["jump", "ramp", "spike", "zero", "nan", "inf", "negative", "frozen", "wave"])):
            case "jump":
                x[at:] *= 10.0 ** rng.uniform(-6, 3)
            case "ramp":
                x[at:] *= np.exp(np.linspace(0, rng.uniform(-12, 7), n - at))
            case "spike":
                x[at] *= 10.0 ** rng.uniform(1, 4)
            case "zero":
                x[at : at + int(rng.integers(1, 40))] = 0.0
            case "nan":
                x[at : at + int(rng.integers(1, 6))] = np.nan
            case "inf":
                x[at] = np.inf
            case "negative":
                x[at:] -= base
            case "frozen":
                x[at:] = x[at]
            case "wave":
                x[at:] *= np.exp(np.sin(np.arange(n - at) / 2))
    return x
