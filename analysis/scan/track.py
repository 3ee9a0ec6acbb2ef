"""A track: one fault watched on one metric, point by point. episodes.py turns tracks into episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeAlias, TypeVar

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


T = TypeVar("T")
OnDemand: TypeAlias = T | Callable[[], T]  # or how it is worked out, where that is dear: most faults never fire


@dataclass(frozen=True, eq=False)
class Track:
    """One fault watched on one metric (`metrics[0]`; the others are named with it). Arrays are (n,), one per point."""

    metrics: tuple[str, ...]
    rows: Ints
    step: Ints
    firing: Bools
    onset: Callable[[int], int]  # point at which it was raised -> point at which it began; looks back only
    words: Callable[[Moment], Words]  # looks at points up to `now` only
    to_clear: OnDemand[Bools]
    to_rate: OnDemand[Ints]
    to_recover: OnDemand[Recovery | None] = None
    foremost: bool = False  # the same fault of a lesser metric does not explain it away: a loss, beside its gradient

    @cached_property
    def clearing(self) -> Bools:
        return self.to_clear() if callable(self.to_clear) else self.to_clear

    @cached_property
    def severity(self) -> Ints:
        """Of Severity, where it fires or is open."""
        return self.to_rate() if callable(self.to_rate) else self.to_rate

    @cached_property
    def recovery(self) -> Recovery | None:
        """What has to come back before it clears; None: a fact without a level."""
        return self.to_recover() if callable(self.to_recover) else self.to_recover

    def index(self, row: int) -> int:
        """The last point known at `row`."""
        return max(0, int(np.searchsorted(self.rows, row, side="right")) - 1)


def track(
    points: Points,
    *,
    firing: Bools,
    clearing: OnDemand[Bools],
    severity: OnDemand[Ints] | Severity,
    words: Callable[[Moment], Words],
    onset: Callable[[int], int] = lambda j: j,
    metrics: tuple[str, ...] = (),
    recovery: OnDemand[Recovery | None] = None,
    foremost: bool = False,
) -> Track:
    """A track on the points of one column; `metrics` names the others that were read."""
    rated = partial(np.full, len(points), int(severity), np.int64) if isinstance(severity, Severity) else severity
    return Track(
        (points.key, *metrics), points.rows, points.step, firing, onset, words, clearing, rated, recovery, foremost
    )


def from_then_on(then: Bools, before: Track, after: Track) -> Track:
    """One fault told in two ways: in the one until a point, in the other from there on (`then`, (n,), rises once)."""

    def recovery() -> Recovery | None:
        a, b = before.recovery, after.recovery
        if a is None or b is None:
            return a or b
        small = np.where(then, np.broadcast_to(b.small, then.shape), np.broadcast_to(a.small, then.shape))
        final = a.final if b.final is None else b.final
        return Recovery(np.where(then, b.level, a.level), small, b.span, final)

    return Track(
        before.metrics,
        before.rows,
        before.step,
        np.where(then, after.firing, before.firing),
        lambda j: (after if then[j] else before).onset(j),
        lambda m: (after if then[m.now] else before).words(m),
        lambda: np.where(then, after.clearing, before.clearing),
        lambda: np.where(then, after.severity, before.severity),
        recovery,
        before.foremost,
    )
