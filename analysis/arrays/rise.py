"""Whether a rise is more than a series does by itself: against its own wandering, and against its earlier crests.

Neighbouring records may be correlated over any length. A series that wanders climbs as far by itself, sooner or later,
as one that has broken; but it climbs unevenly at every scale, and it has done so before.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.model import Floats

PIECES = 16  # in which the rise is looked at
FEWEST = 4  # bends that tell how a series wanders
TINY = 1e-12


def standing_out(x: Floats, since: int, now: int) -> float:
    """By how many deviations of its own wandering the series has risen from `since` to `now`; 0 where nobody can tell.

    The rise, and as many records before it, are cut into pieces of equal length. How far their medians bend tells how
    far the series moves by itself over one piece and over four; how that grows with the length tells how far over the
    whole rise. Bends leave out a steady climb, which is what is asked about. The calmer side of the best counts: the
    other is the descent that led there, or a climb that goes ever faster.
    """
    length = now - since
    if length < 2:
        return 0.0
    each = max(1, length // PIECES)
    sides = [_medians(x[max(0, since - length) : since + 1], each), _medians(x[since + 1 : now + 1], each)]
    whole = length / each  # pieces of the rise
    far = max(2, int(whole // 4))
    by_near, by_far = min(_bend(side, 1) for side in sides), min(_bend(side, far) for side in sides)
    if not np.isfinite(by_near):
        return 0.0
    if np.isfinite(by_far):
        grows = np.log(max(by_far, TINY) / max(by_near, TINY)) / np.log(far)
        by_itself = max(by_near, by_far) * (whole / far) ** float(np.clip(grows, 0.0, 0.5))
    else:
        by_itself = by_near * float(np.sqrt(whole))
    ends = max(3, length // 8)
    top = rolling.median(x[max(since + 1, now - ends + 1) : now + 1])
    base = rolling.median(x[max(0, since - ends + 1) : since + 1])
    return float((top - base) / max(by_itself, TINY))


def _medians(x: Floats, each: int) -> Floats:
    """Of pieces of `each` records, the last ones first to be whole."""
    count = len(x) // each
    return rolling.row_medians(x[len(x) - count * each :].reshape(count, each)) if count else x[:0]


def _bend(pieces: Floats, lag: int) -> float:
    """How far a series moves over `lag` pieces by itself, were it a random walk; infinite where there are too few."""
    if len(pieces) < 2 * lag + FEWEST:
        return float("inf")
    return float(rolling.MAD_TO_SIGMA / np.sqrt(2) * rolling.median(rolling.bends(pieces, lag)))


def crests(above: Floats) -> list[tuple[int, int, float]]:
    """Every wave that is over: (first record, record at which it was over, height).

    above  (n,) how far the series stands above its best so far, >= 0; NaN counts as 0. A wave is over once it has
           come down to half of its height.
    """
    found: list[tuple[int, int, float]] = []
    begun, peak = 0, 0.0
    for j, value in enumerate(rolling.filled(above).tolist()):
        if value > peak:
            peak = value
        elif value < 0.5 * peak:
            found.append((begun, j, peak))
            begun, peak = j, value
    return found
