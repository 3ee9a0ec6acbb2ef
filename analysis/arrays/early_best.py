"""Whether the best values of a short series all came first: what a mean of few cannot tell, their order does."""

from __future__ import annotations

from math import comb

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats

TOP = 3  # values that count as the best
LATER = 4  # that have to have followed them, and that fall one after another
MOST = 40  # values: of more the levels themselves tell
HOLD = 3  # values in a row that say so
CHANCE = 0.02  # that the best of a series without order are all among so few first ones
SCATTERS = 3.5  # standard deviations of the later ones, tails and all, that these lie below
BEGINNING = 2  # values, of which one has to be the best of a series that goes one way


def early_best(x: Floats) -> Floats:
    """(n,) by how much the later values lie below the best ones, which came before all of them; 0 where chance could
    have put them there. Higher is better; of equal values the later one is taken for the better."""
    out = np.zeros(len(x))
    for n in range(TOP + LATER, min(len(x), MOST) + 1):
        part = x[:n]
        top = np.lexsort((np.arange(n), part))[-TOP:]
        first = int(top.max()) + 1
        later = part[first:]
        if len(later) < LATER or comb(first, TOP) > CHANCE * comb(n, TOP):
            continue
        level = rolling.median(later)
        gap = rolling.median(part[top]) - level
        if gap > SCATTERS * float(np.std(later, ddof=1)):
            out[n - 1] = gap
    return rolling.rolling_min(out, HOLD)


def one_way(x: Floats) -> Bools:
    """(n,) each value since the best, which was one of the first, has been lower than the one before, LATER times at
    least. In a longer series so many falls in a row are nothing."""
    falls = rolling.streak(x < rolling.before(x))
    best = rolling.index_of_running_min(-x)
    return np.asarray((falls >= LATER) & (falls == np.arange(len(x)) - best) & (best < BEGINNING))
