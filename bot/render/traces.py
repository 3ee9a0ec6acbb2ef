"""What a line chart needs of long series of numbers: fewer points, a calm line, the lonely ones, the right axis. Pure.

All take and give arrays of floats in the order in which they were logged; NaN is a hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import bottleneck
import numpy as np

from analysis.arrays.rolling import finite, rolling_mean, rolling_median
from analysis.model import Bools, Floats, Ints

RESUMES = 50  # more steps back than this are no resumes: the rows are not in order at all
BINS = 1100  # twice the pixels of half a chart: min and max of each bin draw the same picture as all points


def thin(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """At most a few points per pixel column: first, lowest, highest, last of each bin, in order. Breaks where the step
    goes back, so that a resume is not joined to what it overwrote."""
    if len(x) > 4 * BINS:
        keep = extremes(y, BINS)
        x, y = x[keep], y[keep]
    back = np.flatnonzero(x[1:] < x[:-1]) + 1
    return np.insert(x, back, np.nan), np.insert(y, back, np.nan)


def overwritten(x: Floats) -> Bools | None:
    """(n,) Whether a later resume goes back to it or before it; None where the rows are in no order at all."""
    back = np.flatnonzero(x[1:] < x[:-1]) + 1
    if len(back) > RESUMES:
        return None
    lowest = np.append(np.minimum.accumulate(x[back][::-1])[::-1], np.inf)  # of all that follows a stretch
    return np.asarray(x >= lowest[np.searchsorted(back, np.arange(len(x)), side="right")])


def extremes(y: Floats, bins: int) -> Ints:
    """Indices of the first, lowest, highest and last of each of `bins` stretches, ascending. NaN is no extreme."""
    edges = np.linspace(0, len(y), bins + 1).astype(np.int64)
    picks = [edges[:-1], edges[1:] - 1]
    for values, better in (
        (np.where(np.isnan(y), np.inf, y), np.minimum),
        (np.where(np.isnan(y), -np.inf, y), np.maximum),
    ):
        extreme = better.reduceat(values, edges[:-1])
        hit = np.flatnonzero(values == np.repeat(extreme, np.diff(edges)))
        of = np.searchsorted(edges, hit, side="right") - 1
        picks.append(hit[np.unique(of, return_index=True)[1]])
    return np.unique(np.concatenate(picks))


def smoothed(y: Floats) -> Floats:
    """A rolling median and then a mean over about 1/25 of the run: follows a level, ignores a spike. NaN stays NaN."""
    window = max(5, len(y) // 25)
    if len(y) > 8 * BINS:  # the same on block medians: nobody sees the difference at 600 pixels
        block = len(y) // (2 * BINS)
        whole = len(y) // block * block
        parts = bottleneck.nanmedian(y[:whole].reshape(-1, block), axis=1)
        centres = np.arange(len(parts)) * block + block / 2
        fine = smoothed(parts)
        good = np.isfinite(fine)
        if not good.any():
            return np.full(len(y), np.nan)
        wide = np.interp(np.arange(len(y)), centres[good], fine[good])
    else:
        wide = _rolled(_rolled(y, window, "median"), max(3, window // 2), "mean")
    return np.where(np.isnan(y), np.nan, wide)


def _rolled(y: Floats, window: int, how: Literal["median", "mean"]) -> Floats:
    """Centred, and narrower towards the ends: a window cut off on one side would bend a line that falls there."""
    out = _centred(y, window, how)
    half = min(window // 2, len(y) // 2)
    for end in (slice(None, None, 1), slice(None, None, -1)):
        inward, ends = y[end], out[end]
        for i in range(half):
            known = inward[: 2 * i + 1]
            known = known[np.isfinite(known)]
            ends[i] = getattr(np, how)(known) if len(known) else np.nan
    return out


def _centred(y: Floats, window: int, how: Literal["median", "mean"]) -> Floats:
    """Of what is finite in the window around each point; NaN where nothing is."""
    rolling = rolling_median if how == "median" else rolling_mean
    ahead = (window - 1) // 2
    known = np.concatenate([finite(y), np.full(ahead, np.nan)])
    return rolling(known, window)[ahead:]


def lonely(y: Floats) -> Bools:
    """Spikes of a row or two: a pale line one pixel wide would not do them justice."""
    off = np.abs(y - _centred(y, 5, "median"))
    known = off[np.isfinite(off)]
    if not len(known):
        return np.zeros(len(y), dtype=bool)
    return np.asarray(off > max(25 * np.median(known), 0.25 * (np.nanmax(y) - np.nanmin(y)), 1e-300))


def wants_log(curves: Sequence[Floats]) -> bool:
    """When no value is negative and the body or the extremes span more than a line on a plain axis can show."""
    if any(np.any(y[np.isfinite(y)] < 0) for y in curves):
        return False
    y = after_start(curves)
    positive = y[y > 0]
    if len(positive) < 2:
        return False
    ranked = np.sort(positive)  # np.percentile takes longer than all the rest, once a column
    low, mid, high = np.interp(np.array([0.02, 0.5, 0.98]) * (len(ranked) - 1), np.arange(len(ranked)), ranked)
    top = ranked[-1]
    # Where a few spikes set the axis nobody sees what the rest does.
    with np.errstate(over="ignore"):  # near the largest float, or the smallest
        flat = top > 8 * mid and top - low > 8 * (high - low)
        return bool(high / low > 30 or top / mid > 50 or mid / ranked[0] > 1e3 or flat)


def after_start(curves: Sequence[Floats]) -> Floats:
    """Finite values without the first 2 % of each curve, where losses fall from anywhere; of short curves all."""
    y = np.concatenate([c[len(c) // 50 + 1 if len(c) >= 30 else 0 :] for c in curves])
    return np.asarray(y[np.isfinite(y)])


def apart(x: Floats) -> Floats:
    """Marks closer than a pixel are one mark."""
    ordered = np.unique(x)
    return ordered if len(ordered) <= 300 else ordered[np.linspace(0, len(ordered) - 1, 300).astype(np.int64)]
