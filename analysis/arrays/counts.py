"""Shares that are counted out of few: they take few values, so they repeat by themselves."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats

MOST = 1000  # samples; out of more, a share that repeats has not moved
TOLERANCE = 1e-4  # of a count: a share in single precision, times `MOST`, is off by up to 6e-5


def of_counts(x: Floats) -> bool:
    """Whether all values are whole numbers out of one number of samples, as shares or in per cent. Not of values that
    are all the same one: any one number may be such a share."""
    values = np.unique(x)
    if len(values) < 2 or not np.isfinite(values).all() or values[0] < 0 or values[-1] > 100:
        return False
    shares = values / (100.0 if values[-1] > 1 else 1.0)
    counts = np.outer(np.arange(2, MOST + 1), shares)
    return bool((np.abs(counts - np.round(counts)) < TOLERANCE).all(axis=1).any())
