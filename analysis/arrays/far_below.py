"""Records that lie far below 0, beside what is usual: of a sum over an episode that went on where it should have ended.

Upwards a rare jackpot may lie as far away. A fixed fine costs the same each time; what differs by itself is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats, Ints

USUAL = 200  # records before, whose median size is the usual one,
FEWEST = 10  # or as many as there are, from so many on
LEAST = 1.0  # a usual size of less is no scale
FAR = 50.0  # times the usual size
FARTHEST = 200.0  # times it, of one of them at least
APART = 100  # records between two of them: it has come again
VARIES = 2.0  # times the smallest of them is the largest


@dataclass(frozen=True, eq=False)
class FarBelow:
    """Per record, all (n,).

    usual  the median size of the records before
    count  of records far below 0 so far
    lowest of all so far
    again  far below, as records long before were: by sizes that vary, one of them hundreds of times the usual
    over   not far below for longer than it ever took to come again
    """

    usual: Floats
    count: Ints
    lowest: Floats
    again: Bools
    over: Bools


def far_below(x: Floats) -> FarBelow:
    n = len(x)
    size, index = np.abs(x), np.arange(n)
    usual = np.fmax(rolling.before(rolling.rolling_median(size, USUAL, least=FEWEST)), LEAST)
    usual[:FEWEST] = np.nan
    with np.errstate(invalid="ignore"):
        times = np.where(x < 0, size / usual, 0.0)
        far = np.asarray(times > FAR)
    last = rolling.before(np.maximum.accumulate(np.where(far, index, -1)).astype(np.float64)) if n else x
    gap = np.where(far & (last >= 0), index - last, 0.0)
    came_again = rolling.running_max(gap) > APART
    largest = rolling.running_max(np.where(far, size, 0.0))
    smallest = rolling.running_min(np.where(far, size, np.inf))
    farthest = rolling.running_max(rolling.filled(times))
    since = index - np.maximum.accumulate(np.where(far, index, -1)) if n else index
    over = since > np.maximum(rolling.running_max(gap), APART)
    again = far & came_again & (farthest > FARTHEST) & (largest > VARIES * smallest)
    return FarBelow(usual, np.cumsum(far), rolling.running_min(x), again, np.asarray(over))
