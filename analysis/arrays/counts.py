"""Shares that are counted out of few: they take few values, so they repeat by themselves."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats

MOST = 1000  # samples; out of more, a share that repeats has not moved
PRECISION = 1.2e-7  # of a number in single precision: shares are logged in full, or rounded to fewer digits than `MOST`


def of_counts(x: Floats) -> bool:
    """Whether all values are whole numbers out of one number of samples, as shares or in per cent. Not of values that
    are all the same one: any one number may be such a share."""
    values = np.unique(x)
    if len(values) < 2 or not np.isfinite(values).all() or values[0] < 0 or values[-1] > 100:
        return False
    shares = values / (100.0 if values[-1] > 1 else 1.0)
    counts = np.outer(np.arange(2, MOST + 1), shares)
    return bool((np.abs(counts - np.round(counts)) <= PRECISION * counts).all(axis=1).any())
