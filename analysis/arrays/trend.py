"""Whether a stretch has a trend, and how large: Theil-Sen for size, Mann-Kendall for significance.

Smooth noise looks like a trend to a test that takes its points for independent: n points whose neighbours correlate by
rho say as much as n (1 - rho) / (1 + rho) that do not. Long stretches are looked at as medians of equally many points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from analysis.arrays.rolling import MAD_TO_SIGMA, mean, median, row_medians
from analysis.model import Floats, Ints

BINS = 48  # pairs grow with the square; a trend that 48 medians do not show is none
BLOCKS = 12  # in which a rise is looked for: long enough to hold the memory of a running mean


@dataclass(frozen=True, eq=False)
class Trend:
    """Of evenly spaced levels (m,); nothing for fewer than 4."""

    levels: Floats

    @cached_property
    def change(self) -> float:
        """Over the whole stretch, by the median slope."""
        return self._slope * (len(self.levels) - 1)

    @cached_property
    def z(self) -> float:
        """Of Mann-Kendall, its sign that of the change."""
        if not self._enough:
            return 0.0
        rest = self.levels - self._slope * np.arange(len(self.levels))
        rest = rest - median(rest)
        power = float(np.dot(rest, rest))
        rho = float(np.dot(rest[1:], rest[:-1])) / power if power > 0 else 0.0
        rho = min(max(rho, 0.0), 0.95)
        return self._ups / float(np.sqrt(self._variance * (1 + rho) / (1 - rho)))

    def below(self, z: float) -> bool:
        """Whether z is lower. Were its levels independent it would be further from 0: often that tells."""
        furthest = self._ups / float(np.sqrt(self._variance)) if self._enough else 0.0
        if (furthest < z) if z > 0 else (furthest >= z):
            return z > 0
        return self.z < z

    @property
    def _enough(self) -> bool:
        return len(self.levels) >= 4

    @cached_property
    def _rises(self) -> Floats:
        i, j, _ = _pairs(len(self.levels))
        return np.asarray(self.levels[j] - self.levels[i])

    @cached_property
    def _ups(self) -> float:
        """Pairs that go up, less those that go down."""
        return float(np.add.reduce(np.sign(self._rises)))

    @property
    def _variance(self) -> float:
        m = len(self.levels)
        return m * (m - 1) * (2 * m + 5) / 18

    @cached_property
    def _slope(self) -> float:
        return median(self._rises / _pairs(len(self.levels))[2]) if self._enough else 0.0


def trend(x: Floats) -> Trend:
    """Of evenly spaced points."""
    n = len(x)
    each = max(1, -(-n // BINS))
    m = n // each
    return Trend(x if each == 1 else row_medians(x[n - m * each :].reshape(m, each)))


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
    step = mean(y[-third:]) - mean(y[:third])
    error = median(np.abs(y[1:] - y[:-1])) * MAD_TO_SIGMA / float(np.sqrt(third))
    return step / error if error > 0 else float(np.sign(step)) * float("inf") if step else 0.0


def climbs(x: Floats, parts: int = 8) -> bool:
    """Whether each part of a stretch lies above the one before, by their medians: by luck that is one in 40,000."""
    levels = [median(part) for part in np.array_split(x, parts)] if len(x) >= 3 * parts else []
    return bool(levels) and all(b > a for a, b in pairwise(levels))


@lru_cache(maxsize=BINS)
def _pairs(m: int) -> tuple[Ints, Ints, Ints]:
    i, j = np.triu_indices(m, 1)
    return i, j, j - i
