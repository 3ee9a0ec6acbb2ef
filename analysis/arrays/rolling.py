"""The few tools that diagnoses share. Every one is causal: the value at point j depends on points 0..j only.

Shapes: all arrays are (n,), one entry per logged point. Reductions over growing prefixes are avoided (numpy sums
pairwise, so a prefix would differ in the last bit): windows of fixed size, or accumulating operations only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import overload

import bottleneck
import numpy as np

from analysis.model import Bools, Floats, Ints

MAD_TO_SIGMA = 1.4826  # of a normal distribution
BEND_TO_SIGMA = MAD_TO_SIGMA / 6**0.5  # of a record: a second difference holds six of its variances
SORTED = 16  # in a row: of more the median is found by sorting them
CHUNK = 1 << 12  # rows of windows looked at together, so that they stay in the cache of a core


def finite(x: Floats) -> Floats:
    """What is not finite is NaN; `x` itself where everything is."""
    good = np.isfinite(x)
    return x if np.count_nonzero(good) == good.size else np.where(good, x, np.nan)


def filled(x: Floats, value: float = 0.0) -> Floats:
    """What is NaN is `value`."""
    return np.where(np.isnan(x), value, x)


def rolling_median(x: Floats, window: int, least: int = 1) -> Floats:
    """Median of the last `window` finite points, this one included; NaN before there are `least` of them."""
    if window in _OF_FEW and len(x) > 4 * window and np.count_nonzero(np.isfinite(x)) == len(x):
        return np.concatenate([_moved(bottleneck.move_median, x[: window - 1], window, least), _OF_FEW[window](x)])
    return _moved(bottleneck.move_median, x, window, least)


def of_known(level: Floats, x: Floats, window: int, least: int) -> Floats:
    """A statistic of windows of `x` without those in which fewer than `least` points are finite: NaN there."""
    good = np.isfinite(x)
    if np.count_nonzero(good) < len(x):
        return np.where(count_of(good, window) >= least, level, np.nan)
    out = level.copy()
    out[: least - 1] = np.nan
    return out


def _median_of_3(x: Floats) -> Floats:
    a, b, c = x[:-2], x[1:-1], x[2:]
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))


def _median_of_5(x: Floats) -> Floats:
    """What is neither the lowest nor the highest of two pairs is in the middle: with the fifth, it is of three."""
    a, b, c, d, e = x[:-4], x[1:-3], x[2:-2], x[3:-1], x[4:]
    low, high = np.maximum(np.minimum(a, b), np.minimum(c, d)), np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))


# Of so few, comparisons of whole arrays are several times cheaper than keeping an order from window to window.
_OF_FEW = {3: _median_of_3, 5: _median_of_5}


def rolling_min(x: Floats, window: int, least: int = 1) -> Floats:
    """Smallest of the last `window` finite points; NaN before there are `least` of them."""
    return _moved(bottleneck.move_min, x, window, least)


def rolling_max(x: Floats, window: int, least: int = 1) -> Floats:
    """Largest of the last `window` finite points; NaN before there are `least` of them."""
    return _moved(bottleneck.move_max, x, window, least)


def rolling_std(x: Floats, window: int) -> Floats:
    """Standard deviation of the last `window` finite points, this one included, to a few digits: what it was before
    leaves a trace."""
    return _moved(bottleneck.move_std, x, window, 1)


def _moved(move: Callable[[Floats, int, int], Floats], x: Floats, window: int, least: int) -> Floats:
    n = len(x)
    return move(finite(x), min(window, n), least) if n >= least else np.full(n, np.nan)


def rolling_mad(x: Floats, window: int) -> Floats:
    """Robust standard deviation (1.4826 MAD) of the last `window` points, this one included; NaN where one is NaN."""
    return mad_at(x, window, np.arange(len(x)))


def mad_at(x: Floats, window: int, at: Ints) -> Floats:
    """(k,) the same at some points only; NaN at -1, which is before the first."""
    out = np.full(len(at), np.nan)
    if not len(x) or not len(at):
        return out
    window = min(window, len(x))
    points = np.minimum(at + 1, window)
    views = windows_of(np.concatenate([np.full(window, np.nan), x]), window)  # the first are not full
    for lo in range(0, len(at), CHUNK):
        part = slice(lo, lo + CHUNK)
        rows, row, known = views[at[part] + 1], np.arange(len(at[part])), points[part]
        low, high = (known - 1) // 2, known // 2
        rows.sort(axis=1)  # NaN last
        with np.errstate(over="ignore", invalid="ignore"):  # values near the limits of a float, or infinite ones
            away = np.abs(rows - ((rows[row, low] + rows[row, high]) / 2)[:, None])
            away.sort(axis=1)
            mad = (away[row, low] + away[row, high]) / 2
            out[part] = np.where(np.isnan(away[row, known - 1]), np.nan, MAD_TO_SIGMA * mad)
    return out


def rolling_quantile(x: Floats, window: int, share: float, least: int = 1) -> Floats:
    """Quantile of the last `window` points, this one included, NaN left out; NaN before there are `least` of them."""
    out = np.full(len(x), np.nan)
    views = windows_of(np.concatenate([np.full(window, np.nan), x]), window)[1:]  # the first are not full
    for lo in range(0, len(x), CHUNK):
        rows = np.sort(views[lo : lo + CHUNK], axis=1)  # NaN last
        known = np.count_nonzero(~np.isnan(rows), axis=1)
        row, at = np.arange(len(rows)), share * np.maximum(known - 1, 0)
        below = at.astype(np.int64)
        low, high = rows[row, below], rows[row, np.minimum(below + 1, window - 1)]
        value = np.where(at > below, low + (high - low) * (at - below), low)
        out[lo : lo + CHUNK] = np.where(known >= least, value, np.nan)
    return out


def rolling_mean(x: Floats, window: int, least: int = 1) -> Floats:
    """Mean of the last `window` points, NaN left out; NaN before there are `least` of them.

    What has left the window leaves no trace, and a prefix gives the same bits: the window is the end of one block and
    the beginning of the next.
    """
    n = len(x)
    blocks = np.zeros((-(-(n + window - 1) // window), window))
    blocks.ravel()[window - 1 : window - 1 + n] = filled(x)
    ending = np.cumsum(blocks[:, ::-1], axis=1)[:, ::-1]
    ending[:, 0] = 0.0  # a whole block is the beginning of none
    total = ending.ravel()[:n] + np.cumsum(blocks, axis=1).ravel()[window - 1 : window - 1 + n]
    known = count_of(~np.isnan(x), window)
    return np.where(known >= least, total / np.maximum(known, 1), np.nan)


def count_of(mask: Bools, window: int) -> Ints:
    """How many of the last `window` points have `mask`."""
    total = np.cumsum(mask, dtype=np.int64)
    out = total.copy()
    out[window:] -= total[: max(len(mask) - window, 0)]
    return out


def windows(x: Floats, begin: Ints, end: Ints) -> tuple[Floats, Floats, Floats]:
    """(k,) each: lowest, median and highest of the finite of x[begin:end], per pair; NaN where there are none."""
    low, middle, high = np.full((3, len(end)), np.nan)
    if not len(x):
        return low, middle, high
    x = finite(x)
    width = max(1, int((end - begin).max(initial=1)))
    for lo in range(0, len(end), CHUNK):
        part = slice(lo, lo + CHUNK)
        at = end[part, None] - np.arange(1, width + 1)
        rows = np.where(at >= begin[part, None], x[np.maximum(at, 0)], np.nan)
        rows.sort(axis=1)  # NaN last
        known = np.count_nonzero(~np.isnan(rows), axis=1)
        row, last = np.arange(len(rows)), np.maximum(known - 1, 0)
        low[part], high[part] = rows[:, 0], rows[row, last]
        middle[part] = (rows[row, last // 2] + rows[row, np.minimum(known // 2, width - 1)]) / 2
    return low, middle, high


def windows_of(x: Floats, width: int) -> Floats:
    """(n - width + 1, width) every stretch of so many values, as views: numpy's own takes longer than a short sort."""
    x = np.ascontiguousarray(x)
    out: Floats = np.ndarray((len(x) - width + 1, width), x.dtype, x, strides=2 * x.strides)
    out.setflags(write=False)
    return out


def before(x: Floats, lag: int = 1) -> Floats:
    """Shifted by `lag`: what was known `lag` points earlier. NaN at the start."""
    out = np.empty(len(x))
    out[:lag] = np.nan
    out[lag:] = x[: max(len(x) - lag, 0)]
    return out


def quarter_before(level: Floats, least: int = 10) -> Floats:
    """(n,) what a series stood at when three quarters of its records were there, `least` records ago at least: how fast
    a thing runs away is counted in shares of a run, since a record may be one step or ten thousand."""
    index = np.arange(len(level))
    return take_or(level, index - np.maximum(index // 4, least), np.nan)


def bends(x: Floats, lag: int = 1) -> Floats:
    """(n - 2 lag,) second differences over so many points, without their sign: a straight climb has none."""
    step = x[lag:] - x[:-lag]
    return np.abs(step[lag:] - step[:-lag])


def noise(x: Floats, window: int = 100) -> Floats:
    """Point-to-point noise: 1.4826 median|dx| / sqrt 2 over the last `window` points. A trend does not enlarge it."""
    if len(x) < 2:
        return np.zeros(len(x))
    step = np.abs(x[1:] - x[:-1])
    sigma = MAD_TO_SIGMA / np.sqrt(2) * rolling_median(step, window - 1)
    return np.concatenate([[0.0], sigma])


def running_min(x: Floats) -> Floats:
    """Lowest so far; NaN (not known yet) is skipped."""
    return np.fmin.accumulate(x) if len(x) else x


def running_max(x: Floats) -> Floats:
    """Highest so far; NaN is skipped."""
    return np.fmax.accumulate(x) if len(x) else x


def index_of_running_min(x: Floats) -> Ints:
    """Where the lowest so far was first reached."""
    low = running_min(x)
    fresh = np.concatenate([[True], low[1:] < low[:-1]]) if len(x) else np.zeros(0, dtype=bool)
    return np.asarray(np.maximum.accumulate(np.where(fresh, np.arange(len(x)), 0)), dtype=np.int64)


@overload
def take_or(values: Bools, at: Ints, missing: bool, least: int = 0) -> Bools: ...
@overload
def take_or(values: Ints, at: Ints, missing: int, least: int = 0) -> Ints: ...
@overload
def take_or(values: Floats, at: Ints, missing: float, least: int = 0) -> Floats: ...
def take_or(values: Bools | Ints | Floats, at: Ints, missing: bool | float, least: int = 0) -> Bools | Ints | Floats:
    """`values[at]`, and `missing` wherever `at` < `least` (nothing known yet). See View.latest."""
    if not len(values):
        return np.full(len(at), missing)
    return np.where(at >= least, values[np.maximum(at, 0)], missing)


def log_spaced(n: int) -> Bools:
    """Points at which a test whose window grows with the run is worth its price: each of the first 256, then 128 to 256
    in every doubling. Which ones depends on their index alone."""
    j = np.arange(n)
    every = 1 << np.maximum(np.floor(np.log2(np.maximum(j, 1))).astype(np.int64) - 7, 0)
    return np.asarray(j % every == 0)


def streak(mask: Bools) -> Ints:
    """How many points in a row `mask` has held, this one included."""
    if not np.count_nonzero(mask):  # as is mostly asked
        return np.zeros(len(mask), dtype=np.int64)
    index = np.arange(1, len(mask) + 1)
    last_false = np.maximum.accumulate(np.where(mask, 0, index)) if len(mask) else index
    return np.asarray(index - last_false, dtype=np.int64)


def begins(mask: Bools) -> Bools:
    """(n,) the first point of each stretch with `mask`."""
    return mask & ~np.concatenate([[False], mask[:-1]]) if len(mask) else mask


def sustained(mask: Bools, points: int) -> Bools:
    """`mask` for `points` points in a row."""
    if points < 1:
        return np.ones(len(mask), dtype=bool)
    out, held = mask.copy(), 1
    while held < points and np.count_nonzero(out):
        more = min(held, points - held)
        longer = np.zeros(len(out), dtype=bool)
        np.logical_and(out[more:], out[:-more], out=longer[more:])
        out, held = longer, held + more
    return out


def any_ahead(mask: Bools, span: int) -> Bools:
    """Whether `mask` holds at a point or one of the `span` after it. It looks ahead: says what is worth working out."""
    total = np.concatenate([[0], np.cumsum(mask)])
    return np.asarray(total[np.minimum(np.arange(len(mask)) + span + 1, len(mask))] > total[:-1])


def count_within(mask: Bools, at: Ints, span: int) -> Ints:
    """How many points with `mask` lie in the last `span` units of `at` (this one included)."""
    at = np.maximum.accumulate(at) if len(at) else at  # late rows; a search in an unsorted array would look ahead
    total = np.concatenate([[0], np.cumsum(mask)])
    start = np.searchsorted(at, at - span, side="right")
    return np.asarray(total[1:] - total[start], dtype=np.int64)


def median(x: Floats) -> float:
    """np.median, without what it costs to call on a few numbers. NaN where there is one, and of nothing."""
    return float(bottleneck.median(x))


def mean(x: Floats) -> float:
    """np.mean, likewise."""
    return float(np.add.reduce(x)) / len(x)


def row_medians(rows: Floats) -> Floats:
    """(n,) the median of each of the rows (n, k)."""
    if rows.shape[1] < SORTED:
        return np.asarray(bottleneck.median(rows, axis=1), dtype=np.float64)
    ordered, k = np.sort(rows, axis=1), rows.shape[1]  # NaN last
    middle = ordered[:, k // 2] if k % 2 else (ordered[:, k // 2 - 1] + ordered[:, k // 2]) / 2
    return np.where(np.isnan(ordered[:, -1]), np.nan, middle)


def early_level(x: Floats, begin: int, end: int) -> Floats:
    """(n,) median of x[begin:end], known from point `end` - 1 on; NaN before."""
    out = np.full(len(x), np.nan)
    if len(x) >= end:
        out[end - 1 :] = median(x[begin:end])
    return out


TINY = 1e-30  # a logged zero on a log scale: far below anything, yet finite


def negative_from(x: Floats) -> int:
    """Index of the first value < 0; len(x) when there is none. From there on ratios mean nothing."""
    bad = (x < 0).nonzero()[0]
    return int(bad[0]) if len(bad) else len(x)


def log_scale(x: Floats) -> Floats:
    """ln x up to the first negative value, NaN from there on; nothing before it is looked at again."""
    out = np.full(len(x), np.nan)
    cut = negative_from(x)
    out[:cut] = np.log(np.maximum(x[:cut], TINY))
    return out


def from_log(level: float) -> float:
    """What was logged, of a level on a log scale."""
    return 0.0 if level <= np.log(TINY) else float(np.exp(level))


def change_point(x: Floats) -> int:
    """The split that best divides x into two levels (least squares): index of the first point of the second level."""
    n = len(x)
    if n < 2:
        return 0
    total = np.cumsum(x)
    k = np.arange(1, n)
    left = total[:-1] / k
    right = (total[-1] - total[:-1]) / (n - k)
    gain = k * (n - k) / n * (left - right) ** 2
    return int(np.argmax(gain)) + 1


def spans(firing: Bools, clearing: Bools, start: int, open_: bool) -> Iterator[tuple[int, int | None]]:
    """Episodes from point `start` on: (first firing point, first clearing point after it or None).

    `open_`: an episode is already open at `start`; its first entry is then (-1, ...). A point that both fires and
    clears keeps the episode open.
    """
    fire = np.flatnonzero(firing)
    clear = np.flatnonzero(clearing & ~firing)
    at = start
    while True:
        if open_:
            first = -1
        else:
            i = int(np.searchsorted(fire, at))
            if i == len(fire):
                return
            first = int(fire[i])
            at = first + 1
        j = int(np.searchsorted(clear, at))
        end = int(clear[j]) if j < len(clear) else None
        yield first, end
        if end is None:
            return
        at, open_ = end + 1, False


def carried(x: Floats) -> Floats:
    """Each NaN replaced by the last value before it; NaN until there is one."""
    missing = np.isnan(x)
    if np.count_nonzero(missing) in {0, len(x)}:
        return x
    last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(x))))
    return np.where(last >= 0, x[np.maximum(last, 0)], np.nan)
