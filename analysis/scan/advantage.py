"""Whether there is anything to learn from: groups of answers that are all worth the same give no
advantage and no gradient.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools
from analysis.scan.view import Points, View

SHARE = 0.5  # of groups without spread: most of the batch teaches nothing
LEFT = 0.05  # of the early standard deviation of rewards, where that share is not logged


def no_advantage(view: View, points: Points) -> Bools:
    """(n,) whether most groups had been without spread, as far as that is logged."""
    out = np.zeros(len(points), dtype=bool)
    if (zero := view.role("zero_spread")) is not None:
        flat = zero.median(5, least=1) >= SHARE
        out |= rolling.take_or(np.asarray(flat), view.latest(points, zero), False)
    if (std := view.role("reward_std")) is not None:
        with np.errstate(invalid="ignore"):
            flat = std.median(5, least=1) < LEFT * rolling.early_level(std.x, 0, 20)
        out |= rolling.take_or(np.asarray(flat), view.latest(points, std), False)
    return out
