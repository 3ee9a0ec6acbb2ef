"""When an episode is over. A recovery is a promise: what was bad is back near where it stood before it began.

A diagnosis says what it judged (`Recovery.level`, larger is worse) and how small a departure is none (`small`). From
the level before the onset, measured on records that the fault has not touched and frozen when it is raised, follows the
level at which it may clear, so nothing is ever resolved at a level that its own opening would call bad.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.portrait import calm_before
from analysis.model import Bools, Floats

LEAST_HOLD, MOST_HOLD = 2, 60  # records that it stays back: twice the time it took to be raised, within these


@dataclass(frozen=True, eq=False)
class Recovery:
    """What has to come back. `level` (n,), one per point of the track, larger is worse; `small` in the same unit, the
    same for all points or one per point: that at which the episode was raised counts."""

    level: Floats
    small: float | Floats
    span: int = 30  # points before the onset that say where it stood
    final: Bools | None = None  # (n,) the last there will ever be: as good as ever, it needs no time to hold

    def limit(self, onset: int, raised: int) -> Limit:
        """The level at which an episode may end; from points up to `raised` only."""
        before = calm_before(self.level, onset, self.span)
        now = float(self.level[raised])
        small = float(self.small if isinstance(self.small, int | float) else self.small[raised])
        if not np.isfinite(before):  # bad from its first record on: then clearly better than it was
            before = now - 2 * small
        hold = int(np.clip(2 * (raised - onset + 1), LEAST_HOLD, MOST_HOLD))
        best = float(np.fmin.reduce(self.level[: onset + 1], initial=np.inf))
        return Limit(min(before + small, now) if np.isfinite(now) else before + small, hold, min(best, now))


@dataclass(frozen=True, slots=True)
class Limit:
    """A level, and for how many records it has to be kept; and the best that there was before the onset."""

    level: float
    hold: int
    best: float = -np.inf


def first_clear(over: Bools, after: int, recovery: Recovery | None, limit: Limit | None) -> int | None:
    """The first point after `after` at which an episode is over; None where it is not.

    over  (n,) where the diagnosis itself would let it go
    """
    size = 256  # looked at piece by piece: most episodes are short, and there may be thousands
    while True:
        piece = slice(after + 1, after + 1 + size)
        ends = over[piece]
        if recovery is not None and limit is not None:
            level = recovery.level[piece]
            held = rolling.sustained(np.asarray(level <= limit.level), limit.hold)
            if recovery.final is not None:
                held = held | recovery.final[piece] & (level <= limit.best)
            ends = ends & held
        if ends.any():
            return after + 1 + int(np.argmax(ends))
        if after + 1 + size >= len(over):
            return None
        size *= 4
