"""A track: one fault watched on one metric, point by point. episodes.py turns tracks into episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.model import Bools, Ints, Severity, Words
from analysis.scan.recovery import Recovery
from analysis.scan.view import Points


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the life of an episode, as indices into the track's points."""

    now: int
    raised: int
    onset: int
    severity: Severity
    over: bool = False


@dataclass(frozen=True, eq=False)
class Track:
    """One fault watched on one metric (`metrics[0]`; the others are named with it). Arrays are (n,), one per point."""

    metrics: tuple[str, ...]
    rows: Ints
    step: Ints
    firing: Bools
    clearing: Bools
    severity: Ints  # of Severity, where it fires or is open
    onset: Callable[[int], int]  # point at which it was raised -> point at which it began; looks back only
    words: Callable[[Moment], Words]  # looks at points up to `now` only
    recovery: Recovery | None = None  # what has to come back before it clears; None: a fact without a level
    foremost: bool = False  # the same fault of a lesser metric does not explain it away: a loss, beside its gradient

    def index(self, row: int) -> int:
        """The last point known at `row`."""
        return max(0, int(np.searchsorted(self.rows, row, side="right")) - 1)


def track(
    points: Points,
    *,
    firing: Bools,
    clearing: Bools,
    severity: Ints | Severity,
    words: Callable[[Moment], Words],
    onset: Callable[[int], int] = lambda j: j,
    metrics: tuple[str, ...] = (),
    recovery: Recovery | None = None,
    foremost: bool = False,
) -> Track:
    """A track on the points of one column; `metrics` names the others that were read."""
    levels = np.full(len(points), int(severity), dtype=np.int64) if isinstance(severity, Severity) else severity
    return Track(
        (points.key, *metrics), points.rows, points.step, firing, clearing, levels, onset, words, recovery, foremost
    )
