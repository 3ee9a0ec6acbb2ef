"""Smooth curves with a known fault at a known point, and what a table of cases needs to read like a specification.

All builders return (n,) arrays for n records; `AT` is where the fault begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from analysis import episodes
from analysis.diagnoses import ALL
from analysis.model import Episode, Floats, Severity
from tests.analysis.curves import history, run

N, AT = 300, 150
rng = np.random.default_rng


def descent(n: int = N, sigma: float = 0.04, seed: int = 0, floor: float = 0.2, start: float = 5.0) -> Floats:
    """A healthy loss: a power law with log-normal noise."""
    x = np.arange(1, n + 1) / n
    return (floor + start * (x * 20 + 1) ** -1.2) * np.exp(sigma * rng(seed).standard_normal(n))


def steady(level: float = 1.0, n: int = N, sigma: float = 0.1, seed: int = 1) -> Floats:
    return level * np.exp(sigma * rng(seed).standard_normal(n))


def times(x: Floats, factor: float | Floats, at: int = AT, until: int | None = None) -> Floats:
    """x with records at..until multiplied."""
    out = x.copy()
    out[at:until] *= factor
    return out


def ramp(x: Floats, factor: float, over: int = 60, at: int = AT) -> Floats:
    """x rising (or falling) to `factor` times itself over `over` records, and staying there."""
    k = np.clip((np.arange(len(x)) - at) / over, 0, 1)
    return x * factor**k


def put(x: Floats, value: float | Floats, at: int = AT, until: int | None = None) -> Floats:
    out = x.copy()
    out[at:until] = value
    return out


def spiky(x: Floats, at: int, height: float, tail: int = 3) -> Floats:
    """A spike of `height` times at a record, with a tail that decays over `tail` records."""
    k = np.arange(len(x)) - at
    return np.asarray(x * (1 + np.where(k >= 0, (height - 1) * np.exp(-k / tail), 0)))


def every(x: Floats, k: int = 5) -> Floats:
    """Logged at every k-th record only."""
    out = np.full(len(x), np.nan)
    out[k - 1 :: k] = x[k - 1 :: k]
    return out


def severities(columns: dict[str, Floats], *, planned: bool = True, **facts: Any) -> dict[str, Severity]:
    """Every diagnosis raised, with the worst severity it reached while it was not told as a consequence."""
    h = history(columns)
    r = run(h, planned_steps=10 * len(h) if planned else None, **facts)
    return severities_of(episodes(r, ALL).episodes)


def severities_of(told: Iterable[Episode]) -> dict[str, Severity]:
    """The same of episodes that are known."""
    out: dict[str, Severity] = {}
    for e in told:
        if e.suppressed_by is None:
            out[e.id] = max(out.get(e.id, Severity.OK), *(t.severity for t in e.transitions))
    return out
