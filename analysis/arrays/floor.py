"""Whether a measure that should grow lies at the worst that it can be, but for lucky records that come no oftener:
the return of an agent that never gets anywhere. A level of such records is that worst, or no level at all.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats

NEAR = 0.05  # of all between the worst and the best so far: as good as the worst
FEWEST = 3  # lucky records: one or two may be faults of the log, beside which all others look alike
MOST_LUCKY = 0.2  # of all records, and of the last third of them
LEAST = 50  # records before which nothing is said
SIGMAS = 2.0  # by which the last third has more luck than the first: it comes oftener


def at_floor(x: Floats) -> Bools:
    """(n,) of a series of which larger is better; False while all values are the same."""
    looked, out = rolling.log_spaced(len(x)), np.full(len(x), np.nan)
    for j in np.flatnonzero(looked).tolist():
        out[j] = j >= LEAST and _at_floor(x[: j + 1])
    return np.asarray(rolling.carried(out) > 0)


def lucky(x: Floats) -> Bools:
    """(n,) which of these records are better than the worst, and not by next to nothing."""
    low, high = np.min(x), np.max(x)
    return np.asarray(x > low + NEAR * (high - low))


def _at_floor(x: Floats) -> bool:
    good, third = lucky(x), len(x) // 3
    share, last = float(np.mean(good)), float(np.mean(good[-third:]))
    more = last - float(np.mean(good[:third]))
    oftener = more > SIGMAS * np.sqrt(2 * share * (1 - share) / third)
    return bool(np.count_nonzero(good) >= FEWEST and share < MOST_LUCKY and last < MOST_LUCKY and not oftener)
