"""How far a noisy series has come from where it began: for measures that should grow, and scatter widely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats

WINDOW = 20  # records of the median that is compared; half of what there is while there are fewer than twice as many
LEAST = 10  # records before which nothing is said: a median of five is the least that shrugs a stray one off
SIGMAS = 3.0  # of the difference of two such medians
LOST = 1 / 3  # of the best gain; returns dip and come back by less than that


@dataclass(frozen=True, eq=False)
class Gain:
    """Per record, all (n,); NaN and False before LEAST records.

    start   median of the first records
    now     median of the last ones
    risen   now above the start, by more than the two scatter and by more than the series has yet fallen back on the
            way: neighbours of a running mean agree, so their scatter alone would take every drift for progress
    lost    it has fallen from its best by more than it scatters, and by a third of what it had gained
    """

    start: Floats
    now: Floats
    risen: Bools
    lost: Bools


def gain(x: Floats) -> Gain:
    n = len(x)
    start, now, spread = _ends(x)
    # Of the difference of two medians, of normal noise.
    sigma = 1.25 * spread / np.sqrt(np.clip((np.arange(n) + 1) // 2, 1, WINDOW))
    high = rolling.running_max(now)
    back = high - now
    change = now - start
    with np.errstate(invalid="ignore"):
        risen = change > np.fmax(SIGMAS * sigma, rolling.running_max(back))
        # The best of many medians lies high by luck: one sigma more.
        lost = back > np.fmax((SIGMAS + 1) * sigma, LOST * (high - start))
    return Gain(start, now, risen, lost)


def _ends(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Median of the first and of the last records, and how the two scatter together."""
    n = len(x)
    start, now, spread = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    for j in range(LEAST - 1, min(n, 2 * WINDOW)):
        k = (j + 1) // 2
        first, last = x[:k], x[j + 1 - k : j + 1]
        start[j], now[j] = rolling.median(first), rolling.median(last)
        spread[j] = rolling.MAD_TO_SIGMA * np.hypot(
            rolling.median(np.abs(first - start[j])), rolling.median(np.abs(last - now[j]))
        )
    if n > 2 * WINDOW:
        late = slice(2 * WINDOW, n)
        start[late] = rolling.median(x[:WINDOW])
        now[late] = rolling.rolling_median(x, WINDOW)[late]
        mad = rolling.rolling_mad(x, WINDOW)
        spread[late] = np.hypot(mad[WINDOW - 1], mad[late])
    return start, now, spread
