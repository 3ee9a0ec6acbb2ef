"""What the best of many noisy values owes to there being many."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.model import Floats


def expected_max_z(count: ArrayLike) -> Floats:
    """How many sigmas the largest of `count` normal values lies above their mean, at most about: sqrt(2 ln n)."""
    return np.asarray(np.sqrt(2 * np.log(count)), dtype=np.float64)
