"""A series that has climbed for most of its life: too slowly for a rise to be large, too steadily for one by chance."""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.rise import standing_out
from analysis.arrays.trend import trend
from analysis.model import Bools, Floats, Ints

PIECES = 24  # into which a long series is cut; a short one is looked at record by record
SHORTEST = 8  # pieces of the climb
OF_LIFE = 2 / 3  # of all pieces: the climb. No walk of whatever memory goes one way for so long in 99 of 100
LAST = 6  # pieces that are looked at first
STANDING_OUT, TREND_Z, CONCORDANT = 4.0, 3.7, 0.85  # of it; of its pairs of pieces so many more go up than down


def steady_climb(x: Floats, asked: Bools) -> tuple[Bools, Ints]:
    """(n,) each: it climbs at this record, and the record at which that began.

    asked  (n,) records at which it is looked at; everywhere else the answer is no
    """
    out, since = np.zeros(len(x), dtype=bool), np.zeros(len(x), dtype=np.int64)
    for j in np.flatnonzero(asked & rolling.log_spaced(len(x))).tolist():
        each = max(1, (j + 1) // PIECES)
        count = (j + 1) // each
        begin = j + 1 - count * each
        pieces = x[begin : j + 1].reshape(count, each)
        lately = rolling.rolling_median(rolling.row_medians(pieces[-LAST:]), 3, least=3)
        if not lately[-1] >= np.fmax.reduce(lately):  # most often it has come down again
            continue
        y = rolling.row_medians(pieces)
        level = rolling.rolling_median(y, 3, least=3)
        low = int(np.argmin(rolling.filled(level, np.inf)))
        long = count - 1 - low
        if long < max(SHORTEST, OF_LIFE * count) or not np.isfinite(level[-1]) or level[-1] < np.nanmax(level):
            continue  # the logarithm of what was logged may be no number
        part, lo = y[low:], max(0, 2 * low - count + 1)
        first, second = np.triu_indices(len(part), 1)
        concordant = float(np.sign(part[second] - part[first]).mean())
        steady = concordant >= CONCORDANT and trend(part).z >= TREND_Z
        out[j] = steady and standing_out(y[lo:], low - lo, count - 1 - lo) >= STANDING_OUT
        since[j] = begin + low * each
    return out, since
