"""What a series looked like before each of its points: its trailing level and spread, and its best since a restart."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Trailing:
    """Level (n,) of the `window` points before each point, in the units of the series (ln of a loss).

    The point itself is left out, so that a spike is not measured against itself. NaN level before there are 5 points.
    """

    level: Floats
    _x: Floats
    _window: int
    _floor: float

    @classmethod
    def of(cls, x: Floats, window: int, floor: float) -> Trailing:
        """`floor`: the least spread; below it is rounding, not noise."""
        return cls(rolling.before(rolling.rolling_median(x, window, least=5)), x, window, floor)

    def spread(self, at: Ints) -> Floats:
        """(k,) of the points before each of these; dear, so of those only that are asked about."""
        return np.maximum(np.nan_to_num(rolling.mad_at(self._x, self._window, at - 1)), self._floor)


def best_since(level: Floats, restart: Bools) -> tuple[Floats, Ints]:
    """(n,) each: the lowest level since the last restart, and the index at which it was first reached."""
    best, where = level.copy(), np.arange(len(level))
    bounds = [0, *np.flatnonzero(restart).tolist(), len(level)]
    for lo, hi in itertools.pairwise(bounds):
        if hi > lo:
            best[lo:hi] = rolling.running_min(level[lo:hi])
            where[lo:hi] = lo + rolling.index_of_running_min(np.nan_to_num(level[lo:hi], nan=np.inf))
    return best, where
