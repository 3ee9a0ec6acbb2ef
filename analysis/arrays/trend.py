"""Whether a stretch has a trend, and how large: Theil-Sen for size, Mann-Kendall for significance.

Smooth noise looks like a trend to a test that takes its points for independent: n points whose neighbours correlate by
rho say as much as n (1 - rho) / (1 + rho) that do not. Long stretches are looked at as medians of equally many points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.arrays.rolling import MAD_TO_SIGMA, median, row_medians
from analysis.model import Floats, Ints

BINS = 48  # pairs grow with the square; a trend that 48 medians do not show is none
BLOCKS = 12  # in which a rise is looked for: long enough to hold the memory of a running mean


@dataclass(frozen=True, slots=True)
class Trend:
    """`change`: over the whole stretch, by the median slope. `z`: of Mann-Kendall, its sign that of the change."""

    change: float
    z: float


def trend(x: Floats) -> Trend:
    """Of evenly spaced points; (0, 0) for fewer than 4."""
    n = len(x)
    if n < 4:
        return Trend(0.0, 0.0)
    each = -(-n // BINS)
    m = n // each
    y = x if each == 1 else row_medians(x[n - m * each :].reshape(m, each))
    i, j, apart = _pairs(m)
    rise = y[j] - y[i]
    slope = median(rise / apart)
    rest = y - slope * np.arange(m)
    rest = rest - median(rest)
    power = float(np.dot(rest, rest))
    rho = float(np.dot(rest[1:], rest[:-1])) / power if power > 0 else 0.0
    rho = min(max(rho, 0.0), 0.95)
    variance = m * (m - 1) * (2 * m + 5) / 18 * (1 + rho) / (1 - rho)
    return Trend(slope * (m - 1), float(np.sign(rise).sum()) / float(np.sqrt(variance)))


def rise(x: Floats) -> float:
    """By how many of its standard errors the mean of the last third lies above that of the first; 0 for fewer than 6.

    The error is that of blocks of neighbours, by how much one differs from the next: a running mean of episodes strays
    over dozens of records by itself, of which single records tell nothing.
    """
    third = min(len(x) // 2, BLOCKS) // 3
    if not third:
        return 0.0
    each = len(x) // (3 * third)
    y = x[len(x) - 3 * third * each :].reshape(3 * third, each).mean(axis=1)
    step = float(np.mean(y[-third:]) - np.mean(y[:third]))
    error = median(np.abs(np.diff(y))) * MAD_TO_SIGMA / float(np.sqrt(third))
    return step / error if error > 0 else float(np.sign(step)) * float("inf") if step else 0.0


@lru_cache(maxsize=BINS)
def _pairs(m: int) -> tuple[Ints, Ints, Ints]:
    i, j = np.triu_indices(m, 1)
    return i, j, j - i
