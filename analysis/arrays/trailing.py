"""What a series looked like before each of its points: its trailing level and spread, and its best since a restart."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Trailing:
    """Level and spread of the `window` points before each point of `x` (n,), in its units (ln of a loss).

    The point itself is left out, so that a spike is not measured against itself. `floor`: the least spread; below it is
    rounding, not noise.
    """

    x: Floats
    window: int
    floor: float

    @cached_property
    def level(self) -> Floats:
        """(n,), NaN before there are 5 points."""
        return rolling.before(rolling.rolling_median(self.x, self.window, least=5))

    def spread(self, at: Ints) -> Floats:
        """(k,) of the points before each of these; dear, so of those only that are asked about."""
        return np.maximum(rolling.filled(rolling.mad_at(self.x, self.window, at - 1)), self.floor)


def best_since(level: Floats, restart: Bools) -> tuple[Floats, Ints]:
    """(n,) each: the lowest level since the last restart, and the index at which it was first reached."""
    best, where = level.copy(), np.arange(len(level))
    bounds = [0, *np.flatnonzero(restart).tolist(), len(level)]
    for lo, hi in itertools.pairwise(bounds):
        if hi > lo:
            best[lo:hi] = rolling.running_min(level[lo:hi])
            where[lo:hi] = lo + rolling.index_of_running_min(rolling.filled(level[lo:hi], np.inf))
    return best, where
