"""What an evaluation says of a run whose loss stands still."""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import words
from analysis.model import Bools
from analysis.scan.view import Points, View


def eval_moves(view: View, points: Points) -> Bools:
    """(n,) an eval loss or score, or a margin, is clearly better than at its start: the run does learn."""
    out = np.zeros(len(points), dtype=bool)
    held = [view.role(role) for role in ("eval_loss", "eval_score")]
    margins = [view.column(key) for key in sorted(view.roles.kinds) if {"margin", "margins"} & set(words(key))]
    for other in (*held, *margins):
        if other is None or len(other) < 4:
            continue
        smooth = rolling.rolling_median(other.x, 3)
        start, spread = smooth[2], rolling.before(rolling.noise(other.x, 40), 0)
        gain = start - smooth if other.kind.direction == "min" else smooth - start
        # A click-through loss starts a few per cent above its floor: what counts is that eval left its own noise.
        moved = gain > np.maximum(0.02 * abs(start), 4 * spread)
        at = view.latest(points, other)
        out |= rolling.take_or(moved, at, False, least=3)
    return out
