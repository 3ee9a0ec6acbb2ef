"""The few tools that diagnoses share. Every one is causal: the value at point j depends on points 0..j only.

Shapes: all arrays are (n,), one entry per logged point. Reductions over growing prefixes are avoided (numpy sums
pairwise, so a prefix would differ in the last bit): windows of fixed size, or accumulating operations only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import overload

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from pandas.api.indexers import BaseIndexer

from analysis.model import Bools, Floats, Ints

MAD_TO_SIGMA = 1.4826  # of a normal distribution
CHUNK = 1 << 15  # rows of windows looked at together, so that memory stays small
WIDE = 32  # points of a window: up to here sorting each window costs less than what pandas does
KEPT = 4096  # points: up to here medians are kept for whoever asks again, some MB in all
SHORT = 2048  # points: up to here sorting costs less than to call np.median


def _trailing(x: Floats, window: int) -> Iterator[tuple[slice, Floats]]:
    """(which points, (n, window) the last `window` points of each): NaN in front of the first of all. In chunks."""
    padded = np.concatenate([np.full(window - 1, np.nan), x])
    for lo in range(0, len(x), CHUNK):
        hi = min(lo + CHUNK, len(x))
        yield slice(lo, hi), sliding_window_view(padded[lo : hi + window - 1], window)


def _row_medians(rows: Floats) -> tuple[Floats, Ints]:
    """(n,) each: the median of what is no NaN in a row, and how many these are. NaN where there are none."""
    ordered = np.sort(rows, axis=1)  # NaN last
    known = np.count_nonzero(~np.isnan(ordered), axis=1)
    row = np.arange(len(rows))
    low, high = ordered[row, np.maximum(known - 1, 0) // 2], ordered[row, np.minimum(known // 2, rows.shape[1] - 1)]
    with np.errstate(over="ignore", invalid="ignore"):  # two values near the limits of a float, or infinite ones
        return np.where(known % 2 == 1, low, (low + high) / 2), known


def rolling_median(x: Floats, window: int, least: int = 1) -> Floats:
    """Median of the last `window` finite points, this one included; NaN before there are `least` of them."""
    if len(x) > KEPT:
        return _rolling_median(x, window, least)
    return _kept_median(np.asarray(x, dtype=np.float64).tobytes(), window, least).copy()


@lru_cache(maxsize=128)
def _kept_median(cells: bytes, window: int, least: int) -> Floats:
    """Several diagnoses of a run ask for the same medians of the same series."""
    return _rolling_median(np.frombuffer(cells), window, least)


def _rolling_median(x: Floats, window: int, least: int) -> Floats:
    if window > WIDE:
        return np.asarray(pd.Series(x).rolling(window, min_periods=least).median(), dtype=np.float64)
    out = np.full(len(x), np.nan)
    for at, rows in _trailing(np.where(np.isfinite(x), x, np.nan), window):
        median, known = _row_medians(rows)
        out[at] = np.where(known >= least, median, np.nan)
    return out


def rolling_mad(x: Floats, window: int) -> Floats:
    """Robust standard deviation (1.4826 MAD) of the last `window` points, this one included; NaN where one is NaN."""
    out = np.full(len(x), np.nan)
    points = np.minimum(np.arange(len(x)) + 1, window)
    for at, rows in _trailing(x, window):
        median, _ = _row_medians(rows)
        mad, known = _row_medians(np.abs(rows - median[:, None]))
        out[at] = np.where(known == points[at], MAD_TO_SIGMA * mad, np.nan)
    return out


def rolling_mean(x: Floats, window: int, least: int = 1) -> Floats:
    """Mean of the last `window` points, NaN left out; summed anew for each, so that a prefix gives the same bits."""
    out = np.full(len(x), np.nan)
    for part, rows in _trailing(x, window):
        known = np.count_nonzero(~np.isnan(rows), axis=1)
        sums = np.cumsum(np.nan_to_num(rows), axis=1)[:, -1]
        out[part] = np.where(known >= least, sums / np.maximum(known, 1), np.nan)
    return out


class _Since(BaseIndexer):
    """Windows that begin where they are told to."""

    def get_window_bounds(
        self,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,
        closed: str | None = None,
        step: int | None = None,
    ) -> tuple[Ints, Ints]:
        begin: Ints = self.begin  # type: ignore[attr-defined]
        return begin, np.arange(1, num_values + 1, dtype=np.int64)


def median_since(x: Floats, begin: Ints) -> Floats:
    """(n,) median of x[begin[j] : j + 1] without its NaN; `begin` never falls. NaN where nothing is left."""
    return np.asarray(pd.Series(x).rolling(_Since(begin=begin), min_periods=1).median(), dtype=np.float64)


def before(x: Floats, lag: int = 1) -> Floats:
    """Shifted by `lag`: what was known `lag` points earlier. NaN at the start."""
    out = np.full(len(x), np.nan)
    if lag < len(x):
        out[lag:] = x[: len(x) - lag]
    return out


def quarter_before(level: Floats, least: int = 10) -> Floats:
    """(n,) what a series stood at when three quarters of its records were there, `least` records ago at least: how fast
    a thing runs away is counted in shares of a run, since a record may be one step or ten thousand."""
    index = np.arange(len(level))
    return take_or(level, index - np.maximum(index // 4, least), np.nan)


def noise(x: Floats, window: int = 100) -> Floats:
    """Point-to-point noise: 1.4826 median|dx| / sqrt 2 over the last `window` points. A trend does not enlarge it."""
    if len(x) < 2:
        return np.zeros(len(x))
    step = np.abs(np.diff(x))
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
    index = np.arange(1, len(mask) + 1)
    last_false = np.maximum.accumulate(np.where(mask, 0, index)) if len(mask) else index
    return np.asarray(index - last_false, dtype=np.int64)


def sustained(mask: Bools, points: int) -> Bools:
    """`mask` for `points` points in a row."""
    return np.asarray(streak(mask) >= points)


def count_within(mask: Bools, at: Ints, span: int) -> Ints:
    """How many points with `mask` lie in the last `span` units of `at` (this one included)."""
    at = np.maximum.accumulate(at) if len(at) else at  # late rows; a search in an unsorted array would look ahead
    total = np.concatenate([[0], np.cumsum(mask)])
    start = np.searchsorted(at, at - span, side="right")
    return np.asarray(total[1:] - total[start], dtype=np.int64)


def median(x: Floats) -> float:
    """np.median, without what it costs to call on a few numbers. NaN where there is one, and of nothing."""
    n = len(x)
    if n > SHORT:
        return float(np.median(x))
    if not n:
        return float("nan")
    y = np.sort(x)
    if np.isnan(y[-1]):
        return float("nan")
    return float(y[n // 2]) if n % 2 else float((y[n // 2 - 1] + y[n // 2]) / 2)


def early_level(x: Floats, begin: int, end: int) -> Floats:
    """(n,) median of x[begin:end], known from point `end` - 1 on; NaN before."""
    out = np.full(len(x), np.nan)
    if len(x) >= end:
        out[end - 1 :] = np.median(x[begin:end])
    return out


TINY = 1e-30  # a logged zero on a log scale: far below anything, yet finite


def negative_from(x: Floats) -> int:
    """Index of the first value < 0; len(x) when there is none. From there on ratios mean nothing."""
    bad = np.flatnonzero(x < 0)
    return int(bad[0]) if len(bad) else len(x)


def log_scale(x: Floats) -> Floats:
    """ln x up to the first negative value, NaN from there on; nothing before it is looked at again."""
    out = np.full(len(x), np.nan)
    cut = negative_from(x)
    out[:cut] = np.log(np.maximum(x[:cut], TINY))
    return out


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


def running_window_max(x: Floats, window: int) -> Floats:
    """Largest of the last `window` finite points (fewer at the start); NaN where there are none."""
    n = len(x)
    window = max(1, min(window, n))
    # The last `window` points are the end of one block and the beginning of the next.
    missing = np.full(window - 1, np.nan), np.full(-(n + window - 1) % window, np.nan)
    blocks = np.concatenate([missing[0], np.where(np.isfinite(x), x, np.nan), missing[1]]).reshape(-1, window)
    begun = np.fmax.accumulate(blocks, axis=1).ravel()
    ending = np.fmax.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.fmax(ending[:n], begun[window - 1 : window - 1 + n])


def carried(x: Floats) -> Floats:
    """Each NaN replaced by the last value before it; NaN until there is one."""
    if not len(x):
        return x
    last = np.maximum.accumulate(np.where(np.isnan(x), -1, np.arange(len(x))))
    return np.where(last >= 0, x[np.maximum(last, 0)], np.nan)
