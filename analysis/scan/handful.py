"""How many samples there are behind a held-out rate, where it is no more than a handful: all that it is are multiples
of one in so many."""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import ACCURACY
from analysis.model import Bools, Floats
from analysis.scan.view import Points, View

MOST = 20  # samples: of more one evaluation tells something
MOSTLY = 0.9  # of all records: what is interpolated (a recall, between two thresholds) is not each time
FEWEST = 5  # records, and of a part of the samples at least so many
EXACT = 1e-4  # as most logs are written
FEW_VALUES = 2  # different parts: of one alone it is the share of a class


def handful(view: View, beside: Points) -> Floats:
    """(n,) at each point of `beside`, the samples of the evaluations; NaN: nobody knows, or more than a few."""
    out = np.full(len(beside), np.nan)
    for key, kind in view.roles.kinds.items():
        held_out = kind.group == "eval" or words(key)[:1] == ("metrics",)  # as ultralytics calls its own
        if held_out and kind.direction == "max" and (ACCURACY | {"recall"}) & taken_apart(key).stems:
            rate = view.column(key)
            out = np.fmin(out, rolling.take_or(samples(rate.x), view.latest(beside, rate), np.nan))
    return out


def samples(rates: Floats) -> Floats:
    """(n,) the smallest number of which nearly all rates so far were multiples, several of them of a part."""
    out = np.full(len(rates), np.nan)
    if len(rates) < FEWEST or rates.min() < 0 or rates.max() > 1:
        return out
    n = np.arange(1, len(rates) + 1)
    coarse = np.logical_and.accumulate(np.abs(rates * 100 - np.round(rates * 100)) < EXACT)  # written with two digits
    for k in range(MOST, 1, -1):
        fits = np.abs(rates * k - np.round(rates * k)) < k * EXACT
        part = fits & (rates > 0) & (rates < 1)
        several = np.cumsum(part) >= np.maximum(FEWEST, 0.05 * n)
        known = several & (np.cumsum(fits) >= MOSTLY * n) & ~(coarse & (100 % k == 0))
        out[known & _turns(np.where(fits, np.round(rates * k), np.nan))] = k
    return out


def _turns(of: Floats) -> Bools:
    """(n,) more than one number of them has been seen."""
    seen = rolling.filled(of, np.inf)
    least = np.minimum.accumulate(seen)
    most = np.maximum.accumulate(rolling.filled(of, -np.inf))
    return np.asarray(most - least >= FEW_VALUES - 1)
