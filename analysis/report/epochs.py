"""How often a run has seen its data: by its own epoch column, else by samples over frames, else by steps x batch."""

from __future__ import annotations

import numpy as np

from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import TRAIN
from analysis.facts import Facts
from analysis.model import Column, History


def epochs(history: History, facts: Facts, at: float | None, own: bool) -> float | None:
    """Passes over the data so far; None: cannot be told. `at`: where the run stands; `own`: in its own steps."""
    for key, column in history.columns.items():
        name = [w for w in words(key) if w not in TRAIN]
        if name in (["epoch"], ["epochs"], ["trainer", "epoch"]) and (told := _counted(column)) is not None:
            # A whole epoch of an agent is a round of updates, not a pass over data; a fraction is one of prompts.
            return None if facts.family is Family.RL and float(told).is_integer() else told
    if facts.data_size is None or facts.family is Family.RL:
        return None
    seen = _samples(history)
    if seen is None and at is not None and (own or _strides(history)) and facts.whole_batch is not None:
        seen = at * facts.whole_batch
    return seen / facts.data_size if seen else None


def _strides(history: History) -> bool:
    """Whether `_step` counts training steps: W&B counts calls of `log` where nobody gives it a step, one by one."""
    steps = np.diff(history.step)
    return bool(np.median(steps[steps > 0]) > 1) if (steps > 0).any() else False


def _counted(column: Column) -> float | None:
    """What an epoch column says. Whole numbers name the epoch that a row belongs to, so the last one may be under way:
    it counts by its rows against those of the ones before."""
    x = column.values[np.isfinite(column.values)]
    if not len(x) or x.min() < 0:
        return None
    if (x != np.floor(x)).any():
        return float(x[-1])
    first, last = float(x[0]), float(x[-1])
    if first > 1 or last == first:
        return None  # a resume, or no epoch is through yet
    rows = np.unique(x, return_counts=True)[1]
    return last - first + min(1.0, float(rows[-1] / np.median(rows[:-1])))


def _samples(history: History) -> float | None:
    """Training samples seen, as LeRobot (`train/samples`) and Megatron count them."""
    for key, column in history.columns.items():
        if [w for w in words(key) if w not in TRAIN] in (["samples"], ["consumed", "samples"], ["samples", "seen"]):
            x = column.values[np.isfinite(column.values)]
            if len(x) and (np.diff(x) >= 0).all():  # a counter, not a rate
                return float(x[-1])
    return None
