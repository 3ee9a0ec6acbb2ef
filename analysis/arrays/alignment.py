"""Curves of several runs brought to the same steps: where they can be set side by side, how high each stands there.

Runs differ in length, in how often they log and in what they overwrote when they were resumed. Steps are ascending
arrays of floats here, one array a curve, all in the same unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.model import Bools, Floats, Ints

STALE = 0.1  # of the step: an older value of a curve is not its value at that step
WINDOW = 0.05  # of the step: a level is a median over it, since single batches swing
FEWEST = 3  # records of every curve in a window, as far as STALE reaches
MOST_STEPS = 200  # of a common grid: a step is then known to half a per cent of the run


class Levels(NamedTuple):
    """(steps,) each: the level of a curve, of how many records it is the median, and the index of the newest."""

    level: Floats
    records: Ints
    newest: Ints


def surviving(at: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Points in the order they were logged -> by step: what a resume went back behind is gone, of a repeated step the
    last wins. One point alone that lies back came late, and takes nothing away."""
    known = np.isfinite(at)
    at, x = at[known], x[known]
    if len(at) < 2:
        return at, x
    after = np.append(at[1:], np.inf)
    before = np.append(-np.inf, at[:-1])
    late = (at < before) & (after >= before)
    lowest = np.minimum.accumulate(np.where(late, np.inf, at)[::-1])[::-1]
    kept = at <= np.append(lowest[1:], np.inf)
    at, x = at[kept], x[kept]
    order = np.argsort(at, kind="stable")
    at, x = at[order], x[order]
    last = np.append(at[1:] != at[:-1], True)
    return at[last], x[last]


def common_step(curves: Sequence[Floats]) -> float | None:
    """The largest step that all have reached and at which each is known; None where there is none.

    `curves`: (n,) steps of each.
    """
    steps = common_steps(curves, np.unique(np.concatenate(curves)) if curves else np.zeros(0))
    return float(steps[-1]) if len(steps) else None


def grid(curves: Sequence[Floats], end: float) -> Floats:
    """Steps up to `end` at which the curves can be compared: those of the one that is logged least, and `end`."""
    coarsest = min(curves, key=lambda at: int(np.searchsorted(at, end, side="right")))
    steps = common_steps(curves, np.unique(np.append(coarsest[coarsest <= end], end)))
    if len(steps) > MOST_STEPS:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, MOST_STEPS).round().astype(np.int64))]
    return steps


def common_steps(curves: Sequence[Floats], steps: Floats) -> Floats:
    """Those of the steps that all curves have reached and at which none is stale."""
    good: Bools = np.ones(len(steps), dtype=bool)
    for at in curves:
        if not len(at):
            return np.zeros(0)
        newest = np.searchsorted(at, steps, side="right") - 1
        age = steps - at[np.maximum(newest, 0)]
        good &= (newest >= 0) & (age <= STALE * np.abs(steps)) & (steps <= at[-1])
    return steps[good]


def levels(curves: Sequence[tuple[Floats, Floats]], steps: Floats) -> list[Levels]:
    """Each curve at each step: the median over the same steps for all of them, so that curves which fall lag alike.

    `curves`: (n,) steps and (n,) finite values of each. `steps`: as `grid` gives them.
    """
    width = WINDOW * np.abs(steps)
    for at, _ in curves:
        newest = np.searchsorted(at, steps, side="right") - 1
        width = np.maximum(width, steps - at[np.maximum(newest - FEWEST + 1, 0)])
    begin = steps - np.minimum(width, STALE * np.abs(steps))
    out = []
    for at, x in curves:
        first = np.searchsorted(at, begin - 1e-9 * np.abs(begin), side="left")
        end = np.searchsorted(at, steps, side="right")
        level = np.array([np.median(x[i:j]) for i, j in zip(first.tolist(), end.tolist(), strict=True)])
        out.append(Levels(level, np.asarray(end - first), np.asarray(end - 1)))
    return out


def held_since(ahead: Bools, least: int) -> int | None:
    """Index from which `ahead` holds to the end, for at least `least` in a row or for all there are; else None."""
    behind = np.flatnonzero(~ahead)
    since = int(behind[-1]) + 1 if len(behind) else 0
    return since if len(ahead) > 0 and len(ahead) - since >= min(least, len(ahead)) else None
