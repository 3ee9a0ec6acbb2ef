"""Whether a measure that should grow has ever left the level at which it began: returns and scores, which scatter
widely, stray by themselves where they are means of the last episodes, and are skewed where they are single ones.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.order_statistics import expected_max_z
from analysis.arrays.trend import rise, trend
from analysis.model import Bools, Floats

WINDOW = 5  # records in a level
FEW = 256  # records that are each looked at
OF_LEVEL = 0.6  # standard deviation of a median of five over that of one
LEAST = 14  # records before which nothing is said
SIGMAS = 3.0  # beyond what the best of so many levels lies high by chance: it has risen
TIMES = 2.0  # it has gained so many times what it began with: what luck alone gives is then enough
FIRST, FIRST_SIGMAS = 3, 4.0  # records at which it began; by what they lie lower where it learnt at once
TREND_Z = 1.64  # Mann-Kendall, one-sided 5 %
BLOCK_SIGMAS = 2.0  # by which the last third lies above the first, as blocks of records stray
MEAN_SIGMAS = 3.0  # the same as single records scatter,
MEAN_SHARE = 0.75  # where that is this share of what the first third scatters by, too: a running mean strays further
UPPER_TENTH = 1.2816  # standard deviations of a normal distribution from its median to its upper tenth
MEAN_STEP = 1.128  # mean absolute step over the standard deviation, likewise
FEW_VALUES = 0.2  # of the deviation by mean steps, by median ones: most records are as good as the same
NORMAL = 1.2533  # standard deviation over mean absolute deviation, of a normal distribution


@dataclass(frozen=True, eq=False)
class Unrisen:
    """Per record, all (n,) but `start`.

    start     level of the first records; NaN of fewer than five
    level     median of the last five
    flat      its best level is no better than chance makes the best of so many, and it has no trend
    constant  the very same value all the time
    risen     its best level stands clear of where it began
    """

    start: float
    level: Floats
    flat: Bools
    constant: Bools
    risen: Bools


def unrisen(x: Floats) -> Unrisen:
    """Of a series of which larger is better."""
    level = rolling.rolling_median(x, WINDOW, least=WINDOW)
    start = float(level[WINDOW - 1]) if len(x) >= WINDOW else np.nan
    high = rolling.running_max(level)
    gain, fallen = high - start, high - level
    luck = expected_max_z(np.arange(2, len(x) + 2))
    scatter, noise = _scatter_so_far(x), rolling.noise(x, 60)
    with np.errstate(invalid="ignore"):
        # A few per cent of what it began with have to be plain, three times as much is progress if luck is ruled out.
        within = gain < (luck + np.where(gain > TIMES * abs(start), 0.0, SIGMAS)) * OF_LEVEL * scatter
        # Logged rarely, or learnt at once: its very first records lay far below all that came.
        first = float(np.min(x[:FIRST])) if len(x) else np.nan
        within &= level - first < (luck * OF_LEVEL + FIRST_SIGMAS) * scatter
        # One that has risen and fallen again scatters by that: its neighbours tell how much it really does.
        hump = np.minimum(gain, fallen) > (luck + SIGMAS) * OF_LEVEL * noise
        # Of few values most steps are hardly any: then the mean one tells.
        steps = np.cumsum(np.abs(np.diff(x, prepend=x[:1]))) / np.maximum(np.arange(len(x)), 1) / MEAN_STEP
        near = np.where(noise < FEW_VALUES * steps, steps, noise)
        risen = gain > (luck + SIGMAS) * OF_LEVEL * near
        at = np.flatnonzero(risen)
        risen[at] = gain[at] > (luck[at] + SIGMAS) * OF_LEVEL * np.maximum(rolling.mad_at(x, 60, at), near[at])
    within &= np.arange(len(x)) >= LEAST
    within &= ~_climbed(x, level, within & hump)
    constant = rolling.running_max(x) == rolling.running_min(x)
    return Unrisen(start, level, _trendless(x, noise, within & ~constant), np.asarray(constant), np.asarray(risen))


def _scatter_so_far(x: Floats) -> Floats:
    """(n,) standard deviation of all values so far, by how far the upper tenth lies above their median; NaN of fewer
    than five. Over all of them: one that strays slowly shows only then how far it does."""
    out = np.full(len(x), np.nan)
    few: list[float] = []
    for j, value in enumerate(x[:FEW].tolist()):
        insort(few, value)
        out[j] = _scatter(few) if j >= WINDOW - 1 else np.nan
    for j in np.flatnonzero(rolling.log_spaced(len(x))[FEW:]).tolist():
        out[FEW + j] = _scatter(np.sort(x[: FEW + j + 1]))
    return rolling.carried(out)


def _scatter(ordered: Sequence[float] | Floats) -> float:
    last = len(ordered) - 1
    middle, upper = (ordered[last // 2] + ordered[(last + 1) // 2]) / 2, ordered[(9 * last + 9) // 10]
    # Where nine in ten are the same, the others tell.
    return float((upper - middle) / UPPER_TENTH) or NORMAL * rolling.mean(np.abs(np.asarray(ordered) - middle))


def _climbed(x: Floats, level: Floats, where: Bools) -> Bools:
    """It had gone up to its best in one trend, and not strayed there as a running mean does."""
    top, looked = rolling.index_of_running_min(-rolling.filled(level, -np.inf)), rolling.log_spaced(len(x))
    out = np.zeros(len(x))
    for j in np.flatnonzero(looked & where).tolist():
        out[j] = trend(x[: top[j] + 1]).z >= TREND_Z
    return np.asarray(rolling.carried(np.where(looked, out, np.nan)) > 0)


def _trendless(x: Floats, noise: Floats, where: Bools) -> Bools:
    """No trend by Mann-Kendall, and the last third does not lie above the first: a smooth climb is so correlated that
    the test, which counts correlated records as few, cannot call it one."""
    looked = rolling.log_spaced(len(x))
    out = np.zeros(len(x))
    for j in np.flatnonzero(looked & where).tolist():
        third = (j + 1) // 3
        first, last = x[:third], x[j + 1 - third : j + 1]
        gained, single = rolling.mean(last) - rolling.mean(first), MEAN_SIGMAS * noise[j] * float(np.sqrt(2 / third))
        above = (gained > single and gained > MEAN_SHARE * float(np.std(first))) or last.min() > first.max()
        out[j] = not above and rise(x[: j + 1]) < BLOCK_SIGMAS and trend(x[: j + 1]).below(TREND_Z)
    return where & (rolling.carried(np.where(looked, out, np.nan)) > 0)
