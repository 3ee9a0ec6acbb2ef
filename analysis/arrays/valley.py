"""A measure that should fall, has reached a floor and rises again: how far it stands above its floor,
in levels and in errors.

Two medians are compared: the lowest one of the past, and the one of the last evals. Few evals of a smooth curve
say as much as many of a noisy one, so this is done at several widths at once, and the most certain one counts.
What makes it honest:

luck       the lowest of many medians lies low by chance, by sqrt(2 ln n) of its own errors
scatter    of one eval, from the bends of the curve, among its last evals and among those since the floor; few bends say
           little, so what evals usually scatter by is mixed in
wander     how far medians of that width stray by themselves where neighbouring evals are alike
relapses   how far it has come down again from a height above its floor: a rise has to exceed that
length     a rise holds for a twelfth of all evals so far, so that a long run is not asked more often than a short one
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.order_statistics import expected_max_z
from analysis.model import Floats, Ints

# Evals of the floor and of the end that are compared. Below `FEW` evals there is no room for medians of three.
WIDTHS = ((1, 2), (1, 3), (2, 2), (2, 3), (3, 4), (4, 6), (6, 9), (9, 13), (13, 20), (20, 30))
GROWTH = 1.5  # beyond these, from one width to the next
FEW = 12
FEWEST = 3  # evals in all
SHARE = 12  # the end is at least this part of all evals so far
NARROW = 6  # records of an end of which half may be two or three strays
WIDEST = 3  # and at most this part
BENDS = 18  # of which the scatter is the median
KNOWN = 4.0  # bends that the usual scatter counts for
ALIKE = 0.3  # correlation of neighbouring evals that is usual; measured on public training logs
MOST_WANDER = 3.0  # times the error of independent evals
WANDER_BENDS = 8
EXTRAPOLATED = 1.2  # times the height of the last eval: the most that three in a row foretell
RELAPSE = 1.2  # times the furthest relapse


@dataclass(frozen=True, eq=False)
class Valley:
    """Per eval, all (n,).

    floor   lowest median of three so far; `where`: the eval at which it was first reached
    level   median of the last three
    rise    by how much the end stands above the floor, at the width that is most certain of it; 0 where none is
    errors  by how many standard errors that exceeds what luck gives
    sigma   scatter of one eval
    """

    floor: Floats
    where: Ints
    level: Floats
    rise: Floats
    errors: Floats
    sigma: Floats


def valley(x: Floats, least: float | Floats, usual: float | Floats = 0.02) -> Valley:
    """Of a series of which lower is better.

    least  a rise by less is none; usual  what one eval scatters by where nobody knows better; both in the unit of `x`,
    one for all or one per eval
    """
    n = len(x)
    index = np.arange(n)
    level = rolling.rolling_median(x, 3, least=min(3, max(n, 1)))
    floor, where = rolling.running_min(level), rolling.index_of_running_min(rolling.filled(level, np.inf))
    sigma = scatter(x, where, usual)
    rise, errors = np.zeros(n), np.full(n, -np.inf)
    least_, sigma_ = np.broadcast_to(np.asarray(least, dtype=np.float64), (n,)), sigma
    # No width sees it rise by more than single evals have risen, and where these were going.
    may_rise = EXTRAPOLATED * rolling.running_max(x - rolling.running_min(x)) > least_
    alone = _relapses(x - rolling.running_min(x))  # of single evals, where there are but a handful
    for low, high in _widths(n):
        end = min(n, high * SHARE)  # later evals ask for a wider end
        asked = may_rise[:end] & (index[:end] + 1 <= high * SHARE)
        if low + high == FEWEST:  # more say more
            asked &= index[:end] + 1 == FEWEST
        asked &= index[:end] < FEW if low < 3 else index[:end] + 1 >= min(WIDEST * high, low + high)
        if not asked.any():
            continue
        floors = rolling.rolling_median(x[:end], low, least=low)
        up = _above(x[:end], floors, low, high)
        asked &= up > least_[:end]
        if asked.any():
            asked &= up > (_relapses(up) if low >= 3 else alone[:end])
        if not asked.any():
            continue
        error, luck = _doubt(floors, sigma_[:end], low, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(asked, (up - luck) / error, -np.inf)
        better = z > errors[:end]
        errors[:end][better], rise[:end][better] = z[better], up[better]
    if n >= FEWEST:  # the third has but two beside it: single evals say where it stands
        at = FEWEST - 1
        where[at], floor[at] = int(np.argmin(x[:FEWEST])), float(np.min(x[:FEWEST]))
        level[at] = rolling.median(x[1:FEWEST])
    return Valley(floor, where, level, rise, errors, sigma)


def _widths(n: int) -> list[tuple[int, int]]:
    out = [pair for pair in WIDTHS if sum(pair) <= n]
    while WIDTHS[-1] in out and sum(wider := (int(out[-1][0] * GROWTH), int(out[-1][1] * GROWTH))) <= n:
        out.append(wider)
    return out


def _above(x: Floats, floors: Floats, low: int, high: int) -> Floats:
    """(n,) by how much the last `high` evals lie above the lowest of `floors`, those of `low`, before them."""
    end = rolling.rolling_median(x, high, least=high)
    if high <= NARROW and high % 2 == 0 and low >= 3:  # more than half of them have to stand as high
        end = rolling.rolling_quantile(x, high, (high / 2 - 1) / (high - 1), least=high)
    if high == 3:  # three in a row tell where they are going
        end = np.fmax(end, (5 * x + 2 * rolling.before(x) - rolling.before(x, 2)) / 6)
    best = rolling.before(rolling.running_min(floors), high)
    up = end - best
    if low < 3:  # so few have no outliers to spare
        up = np.where(rolling.rolling_min(x, high, least=high) > best, up, 0.0)
    return rolling.filled(up)


def _doubt(floors: Floats, sigma: Floats, low: int, high: int) -> tuple[Floats, Floats]:
    """(n,) each, of such a rise: its standard error, and what luck gives."""
    one = _error(low) * sigma
    error = np.hypot(_error(low), _error(high)) * sigma
    if low >= 3:
        with np.errstate(divide="ignore", invalid="ignore"):
            times = eval_noise.drift_std(floors, low, least=WANDER_BENDS) / one
        times = rolling.filled(np.clip(times, 1.0, MOST_WANDER), 1.0)
        one, error = one * times, error * times
    return error, expected_max_z(np.maximum(1.5 * np.arange(1, len(floors) + 1) / low, 2)) * one


def _error(width: int) -> float:
    """Of a median of so many evals, neighbours a little alike, in scatters of one."""
    of_median = 1.0 if width <= 2 else 1.25
    return float(of_median / np.sqrt(width) * np.sqrt(1 + 2 * ALIKE * (1 - 1 / width)))


def _relapses(up: Floats) -> Floats:
    """The furthest that it has yet come down again from a height above its floor, and a little more."""
    height = np.maximum(up, 0.0)
    return np.asarray(RELAPSE * rolling.running_max(rolling.running_max(height) - height))


def scatter(x: Floats, floor: Ints, usual: float | Floats) -> Floats:
    """(n,) of one eval: between what the last bends say, which a steep descent enlarges,
    and what the few since the floor do."""
    n = len(x)
    index = np.arange(n)
    expected = np.broadcast_to(np.asarray(usual, dtype=np.float64), (n,))
    bend = np.full(n, np.nan)
    bend[2:] = np.abs(np.diff(x, 2)) if n > 2 else np.nan

    def mixed(begin: Ints) -> tuple[Floats, Floats]:
        middle = rolling.windows(bend, begin, index + 1)[1]
        known = np.clip(index - np.maximum(begin, 2) + 1, 0, None)
        of_bends = rolling.filled(rolling.BEND_TO_SIGMA * middle)
        return np.sqrt((KNOWN * expected**2 + known * of_bends**2) / (KNOWN + known)), known.astype(np.float64)

    lately, _ = mixed(np.maximum(0, index - BENDS + 1))
    since, known = mixed(np.maximum(np.maximum(floor, 0), index - 2 * BENDS))
    return np.where(known >= 3, np.sqrt(lately * since), lately)


STEPS = 12  # at least, into which the way of a series is cut


def directness(x: Floats) -> Floats:
    """(n,) how straight a series has come down: its fall since it began over the way it went, in 12 to 24
    steps. 1: never up; around 0 for noise about a level, however long its memory; negative: it stands higher. 0
    before there are three."""
    return _straight(x, np.zeros(len(x), dtype=np.int64), -1.0)


def straightness(x: Floats, floor: Ints) -> Floats:
    """(n,) the same of its rise since its floor."""
    return _straight(x, floor, 1.0)


def _straight(x: Floats, since: Ints, sign: float) -> Floats:
    n = len(x)
    out = np.zeros(n)
    index = np.arange(n)
    steps = index - since
    width = 1
    while n and (width == 1 or STEPS * width < n):
        level = rolling.rolling_median(x, width)
        way = np.cumsum(rolling.filled(np.abs(level - rolling.before(level, width)) / width))
        begin = np.minimum(since + width - 1, index)
        here = (steps >= (2 if width == 1 else STEPS * width)) & (steps < 2 * STEPS * width)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = sign * (level - level[begin]) / (way - way[begin])
        out[here] = rolling.filled(ratio)[here]
        width *= 2
    return out


def turn(x: Floats, begin: int, end: int) -> int:
    """Where a floor ends: the last of x[begin : end + 1] that belongs to a level, where a level and then a line fit
    best. A change-point, since the lowest of many noisy evals is but the luckiest."""
    y = x[begin : end + 1] - x[begin]
    n = len(y)
    if n < 4:
        return begin + int(np.argmin(y)) if n else begin
    t = np.arange(n, dtype=np.float64)
    m = np.arange(1, n - 1)  # evals of the level; two at least are left for the line
    s, sq = np.cumsum(y), np.cumsum(y * y)
    flat = sq[m - 1] - s[m - 1] ** 2 / m
    k = n - m
    sy, st = s[-1] - s[m - 1], t.sum() - np.cumsum(t)[m - 1]
    syy = sq[-1] - sq[m - 1] - sy**2 / k
    stt = (t * t).sum() - np.cumsum(t * t)[m - 1] - st**2 / k
    sty = (t * y).sum() - np.cumsum(t * y)[m - 1] - st * sy / k
    line = syy - sty**2 / stt
    return begin + int(m[np.argmin(flat + np.maximum(line, 0.0))]) - 1
