"""What a series is usually like, told causally: its level, its noise, and how far its level wanders by itself.

Everything is in the unit in which the quantity lives (ln for what scatters in proportion to its size, nats for a cross
entropy, points of a rate): the caller transforms first. The point of it is that "usual", "noise", "since when" and
"back again" mean the same in every diagnosis:

    level     median of the last few records: where the series stands now
    noise     scatter of single records about their level, a trend left out
    usual     median of a long stretch that ended before: where it normally stands
    wander    how far the medians of short stretches have strayed about `usual` by themselves. Neighbouring records
              may be correlated over any length, so this is measured between stretches and never inferred
              from single records
    high, low the most extreme of those medians

A series that is stationary, however heavy its tails and however long its memory, stays within a few `wander` of
`usual`. All arrays are (n,), one entry per record; values are NaN where too little is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Floats, Ints

STRETCHES = 60  # that "usual" looks back over, at most; older ones are another time
FEWEST = 4  # stretches before which nothing is usual
SPAN = 3.0  # wanders from the lowest to the highest of a few independent stretches
OF_THE_WAY = 0.1  # from one level to another: a record that has come no further has not left, whatever the unit
WIDEN = 4.0  # `wander` of m stretches is enlarged by 1 + WIDEN / m: few of them look calmer than they are


@dataclass(frozen=True, eq=False)
class Portrait:
    """See the module. `known` (n,): finished stretches behind `usual`."""

    level: Floats
    noise: Floats
    usual: Floats
    wander: Floats
    high: Floats
    low: Floats
    known: Ints

    def above(self) -> Floats:
        """(n,) by how many `wander` the level stands above everything it has normally been;
        NaN where nothing is usual.
        """
        with np.errstate(invalid="ignore"):
            return (self.level - np.fmax(self.usual, self.high)) / self.wander

    def below(self) -> Floats:
        """(n,) the same downwards, positive where it stands below."""
        with np.errstate(invalid="ignore"):
            return (np.fmin(self.usual, self.low) - self.level) / self.wander

    def departure(self) -> Floats:
        """(n,) by how many `wander` the level departs from `usual`, signed."""
        with np.errstate(invalid="ignore"):
            return (self.level - self.usual) / self.wander


def _lately(stretches: int) -> tuple[Ints, Ints]:
    """(first, end) of what counts at each: the later half of all stretches, `STRETCHES` at most. How a run came down at
    first is not how it usually is."""
    end = np.arange(1, stretches + 1, dtype=np.int64)
    return end - np.clip(end // 2, np.minimum(end, FEWEST), STRETCHES), end


def portrait(y: Floats, stretch: int = 15, gap: int = 0, floor: float = 1e-12, start: int = 0) -> Portrait:
    """The portrait of a series.

    stretch  records of one short median
    gap      records before now that "usual" leaves out besides the current stretch, so that a fault of that length is
             not yet part of it
    floor    of noise and wander, in the unit of `y`
    start    records that belong to no usual: burn-in
    """
    return Sketch.of(y, stretch, start).portrait(gap, floor)


@dataclass(frozen=True, eq=False)
class Sketch:
    """What portraits of a series with one stretch have in common, whatever their gap and floor.

    level, noise                      (n,) per record
    usual, high, low, wander, count   (m,) per finished stretch: of the stretches up to it that count, and how many
    """

    stretch: int
    start: int
    level: Floats
    noise: Floats
    usual: Floats
    high: Floats
    low: Floats
    wander: Floats
    count: Ints

    @classmethod
    def of(cls, y: Floats, stretch: int, start: int = 0) -> Sketch:
        level = rolling.rolling_median(y, stretch, least=min(3, stretch))
        m = max(0, (len(y) - start) // stretch)
        middles = rolling.row_medians(y[start : start + m * stretch].reshape(m, stretch)) if m else y[:0]
        first, end = _lately(m)
        count = end - first
        low, usual, high = (np.where(count >= FEWEST, x, np.nan) for x in rolling.windows(middles, first, end))
        off = np.abs(middles - np.where(np.isfinite(usual), usual, middles))
        wander = rolling.MAD_TO_SIGMA * np.where(count >= FEWEST, rolling.windows(off, first, end)[1], np.nan)
        return cls(stretch, start, level, rolling.noise(y, 4 * stretch), usual, high, low, wander, count)

    def portrait(self, gap: int, floor: float) -> Portrait:
        """See the function `portrait`."""
        n, stretch = len(self.level), self.stretch
        noise = np.maximum(self.noise, floor)
        # The last stretch that was over `gap` records before the current one began.
        last = (np.arange(n) - self.start - gap - stretch + 1) // stretch - 1
        # A median over correlated records strays by at least what independent ones would.
        ends = self.start + stretch * np.arange(1, len(self.usual) + 1) - 1
        least = 1.25 * noise[np.minimum(ends, n - 1)] / np.sqrt(stretch)
        # Neighbouring stretches that are alike stray little from each other: then their span says how far they go.
        span = (self.high - self.low) / SPAN
        wander = np.maximum(np.fmax(np.fmax(self.wander, span), least), floor) * (1 + WIDEN / self.count)
        return Portrait(
            self.level,
            noise,
            rolling.take_or(self.usual, last, np.nan),
            rolling.take_or(wander, last, np.nan),
            rolling.take_or(self.high, last, np.nan),
            rolling.take_or(self.low, last, np.nan),
            np.maximum(last + 1, 0).astype(np.int64) if len(self.usual) else np.zeros(n, dtype=np.int64),
        )


def calm_before(y: Floats, onset: int, span: int = 30) -> float:
    """Median of the records before `onset`, none of which the fault has touched; NaN where there are none."""
    return rolling.median(y[max(0, onset - span) : onset])


def first_above(x: Floats, j: int, window: int, limit: float | Floats) -> int:
    """Where a median of `window` that is above a limit at j began to be: the first record in it that is above."""
    lo = max(0, j - window + 1)
    return lo + int(np.argmax(x[lo : j + 1] > limit))


def left_at(level: Floats, before: float, j: int, first: int = 0) -> int:
    """Where what is seen at j began: the last record from `first` on that had come no further than OF_THE_WAY from the
    level before to where it stands at j, up or down; `first` where there is none."""
    way = level[j] - before
    near = np.flatnonzero((level[first : j + 1] - before) * np.sign(way) <= OF_THE_WAY * np.abs(way))
    return first + int(near[-1]) if len(near) else first
