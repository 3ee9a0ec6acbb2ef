"""A series that has left its own size by orders of magnitude, to either side: what no objective does that is learnt."""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats

TIMES = 1e6  # the largest of the first half: from a thousandth to a hundred is less
RECORDS = 20  # so many say how large it is
BACK = 1e3  # times that size: it is back


def run_off(x: Floats) -> tuple[Bools, Floats]:
    """(n,) each: whether it has run off; and the size that it had, the largest of the first half of its records."""
    index = np.arange(len(x))
    size = rolling.running_max(np.abs(x))[index // 2]
    off = (index >= RECORDS) & (size > 0) & (np.abs(x) > TIMES * size)
    return rolling.sustained(off, 2), size


def is_back(x: Floats, off: Bools, size: Floats) -> Bools:
    """(n,) near the size again that it had when it ran off."""
    return rolling.sustained(np.abs(x) < BACK * rolling.carried(np.where(off, size, np.nan)), 5)
