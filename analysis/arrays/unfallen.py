"""Whether a loss has never left the level at which it began: it comes again value by value, or scatters too little to
hide a fall.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trend import trend
from analysis.model import Bools, Floats, Ints

TURNS, FEWEST_SAME = 2, 12  # of the whole period, and records in a row, that have to come again


def repeated(x: Floats) -> Ints:
    """(n,) the period in which the very same values come again and again, different from each other; 0 where none.

    Batches in a fixed order give that where no weight moves. No weight that does gives a loss back to the last digit.
    """
    order = np.argsort(x, kind="stable")
    again = np.flatnonzero(x[order[1:]] == x[order[:-1]])
    lag = np.zeros(len(x), dtype=np.int64)
    if len(again) < FEWEST_SAME - 1:
        return lag
    lag[order[again + 1]] = order[again + 1] - order[again]
    same = rolling.streak(np.concatenate([[False], lag[1:] == lag[:-1]])) + 1
    return np.where((lag >= 2) & (same >= np.maximum(TURNS * lag, FEWEST_SAME)), lag, 0)


def still(x: Floats, noise: Floats, where: Bools, most: float, z: float) -> Bools:
    """(n,) neither a fall nor a rise of `most` over all records may hide in the noise (n,) of single ones, as it was
    when last looked at: `where`."""
    out = np.full(len(x), np.nan)
    for j in np.flatnonzero(where).tolist():
        out[j] = abs(trend(x[: j + 1]).change) + z * _error(noise, j) < most
    return np.asarray(rolling.carried(out) > 0)


def unfallen(x: Floats, noise: Floats, where: Bools, *, fall: float, z: float, slow: float, certain_z: float) -> Bools:
    """(n,) of `where`: a fall of `fall` over all records can be excluded: of a batch at a time noise (n,) may hide one
    for long. Nor has one of `slow` ever been certain, however loud single records are."""
    looked = rolling.log_spaced(len(x))
    out, fell = np.zeros(len(x)), False
    for j in np.flatnonzero(looked & where).tolist():
        of = trend(x[: j + 1])
        fell = fell or (of.z < -certain_z and of.change <= -slow)
        out[j] = of.change - z * _error(noise, j) > -fall and not fell
    return where & (rolling.carried(np.where(looked, out, np.nan)) > 0)


def creeps(x: Floats, certain_z: float, slow: float = 0.0) -> Bools:
    """(n,) it falls for certain, by `slow` over all records or more; else however little."""
    looked = rolling.log_spaced(len(x))
    out = np.full(len(x), np.nan)
    for j in np.flatnonzero(looked).tolist():
        of = trend(x[: j + 1])
        out[j] = of.change <= -slow and of.z < -certain_z
    return np.asarray(rolling.carried(out) > 0)


def trend_error(noise: Floats, index: Ints) -> Floats:
    """Of the change that a line through all records up to `index` has, by the noise of single ones there."""
    return np.asarray(noise * np.sqrt(12 / (index + 1)))


def _error(noise: Floats, j: int) -> float:
    return float(trend_error(noise[j], np.asarray(j)))
