"""Gradient norms as all that judge them look at them.

Norms of healthy runs are log-normal with a spread of 0.1 to 0.3.
"""

from __future__ import annotations

from analysis.arrays.portrait import Portrait, Sketch
from analysis.scan.view import Points, View

# A level of 8 records over what was usual before, sure of a short run; then of ever more, sure of ever noisier ones.
LADDER = ((8, 8), (8, 64), (16, 200), (32, 600))  # (records in the level, records between it and what was usual)
BURN_IN = 15  # records of a run's beginning that say nothing about what is usual


def portraits(view: View, points: Points, floor: float) -> list[Portrait]:
    """The portraits of LADDER, of a norm in ln; one per view and column."""

    def sketch(stretch: int) -> Sketch:
        return view.once(f"{points.key}\0sketch {stretch}", lambda: Sketch.of(points.log, stretch, BURN_IN))

    return [sketch(stretch).portrait(gap, floor) for stretch, gap in LADDER]
