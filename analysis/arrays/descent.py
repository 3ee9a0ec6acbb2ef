"""A measure that should grow, and has lost what it had gained: returns, rewards, scores of many noisy records.

The noise that a fall is compared with is that of the time before it: a fall must not hide in its own size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.gain import LOST
from analysis.arrays.trend import trend
from analysis.model import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Descent:
    """Per record, all (n,).

    level   median of the last records
    best    highest level so far; `where`: the record at which it was reached
    gain    by how much the best lies above the lowest level before it
    drop    by how much the level lies below the best
    sigma   standard deviation of a level, as it was up to the best
    fell    the drop is none of luck: beyond what the best of so many levels lies too high by chance, and `sigmas` more.
            Nor is it the wandering of a series with a long memory: it is larger than any fall before the best, as is
            the gain; or it goes down so steadily as nothing does that comes back; or it lies far below all that
            means of many records had been before
    rising  a new best was reached within the last `recent` records
    """

    level: Floats
    best: Floats
    where: Ints
    gain: Floats
    drop: Floats
    sigma: Floats
    fell: Bools
    rising: Bools


BEYOND = 3.0  # times the largest fall before the best; stationary noise of any memory passes in 3 of 100 series
HISTORY = 3  # windows before the best, to know such a fall
STEADY_Z = 6.0  # Mann-Kendall z since the best
LONG = 20  # records in a mean: rewards that jump between two values have no other level
LONG_HISTORY = 5  # such means before, apart from each other
SUNK = 6.0  # standard deviations of them, which n of them know to a share of UNSURE / n
UNSURE = 2.0


def descent(x: Floats, window: int = 8, least: int = 5, sigmas: float = 5.0, recent: int = 15) -> Descent:
    """Of a series of which larger is better."""
    n = len(x)
    level = rolling.rolling_median(x, window, least=least)
    filled = rolling.filled(level, -np.inf)
    best, where = rolling.running_max(level), rolling.index_of_running_min(-filled)
    low = rolling.running_min(level)
    gain = best - low[where]
    drop = best - level
    # Levels of neighbouring records are alike, so how far they stray over a window is looked at besides single records.
    # Rewards of few values jump between two of them: then the mean step tells more than the median one, which may be 0.
    steps = rolling.rolling_mean(np.abs(x - rolling.before(x)), 60, least=5) / 1.128
    single = 1.25 / np.sqrt(window) * np.fmax(rolling.noise(x, 60), rolling.filled(steps))
    stray = np.abs(level - rolling.before(level, window))
    strays = rolling.MAD_TO_SIGMA / np.sqrt(2) * rolling.rolling_median(stray, 60, least=10)
    then = np.fmax(single, strays)
    index = np.arange(n)
    sigma = np.fmax(then[np.minimum(np.maximum(where, 2 * window), index)], 1e-12)
    luck = np.sqrt(2 * np.log(np.maximum(1.5 * (index + 1) / window, 2)))
    earlier = rolling.running_max(rolling.filled(drop))[where]
    with np.errstate(invalid="ignore"):
        far = drop > (luck + sigmas) * sigma
        fell = far & (np.minimum(drop, gain) > BEYOND * earlier) & (where >= HISTORY * window)
    fell |= _steady(x, where, far & ~fell)
    fell |= far & _sunk(x)
    return Descent(level, best, where, gain, drop, sigma, np.asarray(fell), index - where <= recent)


def _steady(x: Floats, where: Ints, asked: Bools) -> Bools:
    """(n,) all of the way down from the best is one trend."""
    looked = rolling.log_spaced(len(x))
    out = np.full(len(x), np.nan)
    for j in np.flatnonzero(looked & asked).tolist():
        out[j] = trend(x[where[j] : j + 1]).below(-STEADY_Z)
    return asked & (rolling.carried(out) > 0)


def _sunk(x: Floats) -> Bools:
    """(n,) a mean of many records lies far below all that such means were until not long ago."""
    off = rolling.rolling_mean(x, LONG, least=LONG) - x[:1]  # far from 0 squares would lose the digits of the spread
    known = np.maximum(np.cumsum(np.isfinite(off)), 1)
    usual = np.cumsum(rolling.filled(off)) / known
    spread = np.sqrt(np.maximum(np.cumsum(rolling.filled(off) ** 2) / known - usual**2, 0.0))
    limit = np.fmin(usual - SUNK * (1 + UNSURE * LONG / known) * spread, rolling.running_min(off))
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (off < rolling.before(limit, 2 * LONG)) & (rolling.before(known, 2 * LONG) >= LONG_HISTORY * LONG)
        )


FOR_GOOD = 100  # records of a new level, or a sixth of all
STRETCHES = 3  # as long, before: it lies further below all of them than they do from each other
LEFT = 0.6  # of the level before
EDGE = 0.05  # of the new level may lie above the lowest record before


def for_good(x: Floats) -> tuple[Bools, Floats]:
    """(n,) each: it has stood far below all that it had been for long, without anything in common with that; and the
    level before. However it had come there, and whatever single high values there were as it began.
    """
    out, before = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for j in np.flatnonzero(rolling.log_spaced(len(x))).tolist():
        k = max(FOR_GOOD, (j + 1) // 6)
        earlier, now = x[: max(0, j + 1 - 2 * k)], x[j + 1 - k : j + 1]  # between the two it was on its way
        if len(earlier) < STRETCHES * k:
            continue
        usual = rolling.median(earlier)
        earlier = earlier[int(np.argmax(earlier >= usual)) :]  # it may have had to climb there
        before[j] = usual
        out[j] = False
        if len(earlier) < STRETCHES * k or not rolling.median(now) < LEFT * usual:
            continue
        levels = rolling.row_medians(earlier[len(earlier) % k :].reshape(-1, k))
        low, high = float(levels.min()), float(levels.max())
        apart = low > 0 and low - rolling.median(now) > high - low
        out[j] = apart and np.quantile(now, 1 - EDGE) < np.min(earlier)
    held = rolling.carried(out) > 0
    return np.asarray(held), rolling.carried(np.where(out > 0, before, np.nan))


STAYED = 5  # records on either side of a step, in a row
APART = 5.0  # of what the records on either side scatter by
EMPTY = 0.5  # of the way from one level to the other, on which no record lies: what wanders passes through


def fell_in_a_step(x: Floats, high: Floats, low: Floats, asked: Bools) -> Bools:
    """(n,) it stood about one level for a while and has stood about another since, with nothing between the two: what
    came down like that is no scatter, whatever the climb before looked like.

    high, low  (n,) the two levels, as known at each record
    """
    looked, out = rolling.log_spaced(len(x)), np.full(len(x), np.nan)
    for j in np.flatnonzero(looked).tolist():
        out[j] = asked[j] and _stepped(x[: j + 1] > (high[j] + low[j]) / 2, x[: j + 1])
    return np.asarray(asked & (rolling.carried(out) > 0))


def _stepped(above: Bools, x: Floats) -> bool:
    fell = len(x) - int(np.argmax(above[::-1]))
    rose = fell - int(np.argmin(np.append(above[:fell][::-1], False)))
    before, after = x[rose:fell], x[fell:]
    if min(len(before), len(after)) < STAYED:
        return False
    spread = np.sqrt((np.var(before) + np.var(after)) / 2)
    gap = float(np.mean(before) - np.mean(after))
    return gap > APART * spread and bool(np.min(before) - np.max(after) > EMPTY * gap)


def returns(up: Bools, down: Bools) -> Bools:
    """(n,) each first point `down` since a point `up`: neither changes what was before."""
    index = np.arange(len(up))
    last_up = np.maximum.accumulate(np.where(up, index, -1)) if len(up) else index
    last_down = np.maximum.accumulate(np.where(down, index, -1)) if len(down) else index
    earlier = np.concatenate([[-1], last_down[:-1]]) if len(down) else last_down
    return np.asarray(down & (last_up >= 0) & (last_up > earlier))


BACK = LOST / 2  # of a gain, is missing still once a collapse is over


def comes_again(of: Descent) -> Bools:
    """(n,) it has collapsed more than once, and has not been up since for as long as it ever was from one collapse to
    the next: whether the last one is over nobody knows yet.
    """
    index = np.arange(len(of.drop))
    with np.errstate(invalid="ignore"):
        learnt = of.gain > 0
        down, up = learnt & (of.drop > LOST * of.gain), learnt & (of.drop < BACK * of.gain)
    begins = np.flatnonzero(returns(np.asarray(up), np.asarray(down)))
    apart = np.zeros(len(index))
    apart[begins[1:]] = np.diff(begins)
    last_down = np.maximum.accumulate(np.where(down, index, -1)) if len(index) else index
    return np.asarray(index - last_down < rolling.running_max(apart))
