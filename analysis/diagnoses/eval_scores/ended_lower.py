"""A score that ended far below the best stretch that it had, for whatever reason: nothing comes that could mend it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays.ending import lower_end, never_rose
from analysis.diagnoses.eval_scores.doubts import Doubts
from analysis.diagnoses.eval_scores.drop import onset
from analysis.diagnoses.eval_scores.unit import Unit
from analysis.diagnoses.eval_scores.words import FallWords, Said
from analysis.model import Severity
from analysis.scan.judges import of_returns
from analysis.scan.recovery import Recovery
from analysis.scan.track import Track, from_then_on, track
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class EndsLower(Doubts, FallWords):
    def at_the_end(self, view: View, points: Points, unless: Points | None, so_far: Track) -> Track:
        """What was told of a score so far; at the last record of a run that has ended, how that compares with its best
        stretch, where it is worse than what was told."""
        unit, last = Unit.of(points), view.at_end(points)
        of = lower_end(unit.x) if last.any() and not unit.in_ratios else None
        if last.any() and unless is not None and not self.evaluations_fell(view, points, unless)[-1]:
            # Evaluations outrank it, and they end where they had been: whatever it had lost is a note.
            return replace(so_far, to_rate=lambda: np.where(last, int(Severity.INFO), so_far.severity))
        if of is None:
            return so_far
        # An agent that began with nothing and was never better has lost nothing: it has not learnt.
        earns = of_returns(points) or points.kind.role == "reward"
        n = len(points)
        if (earns and not view.facts.pretrained and never_rose(unit.x)) or self.little_to_lose(
            view, points, unit.said(np.full(n, of.best))
        )[-1]:
            return so_far
        severity = self.severity_by_gain(np.full(n, of.drop), np.full(n, of.gain))
        then = last & ~(so_far.firing & (so_far.severity >= severity))
        best, level = unit.said(np.full(n, of.best)), unit.said(np.full(n, of.level))
        where, never = np.full(n, of.where), np.zeros(n, dtype=bool)
        said = Said(best, where, np.full(n, of.gain), level, np.full(n, of.sigma), np.full(n, np.nan), never)
        near = self.clear_drop_of_best * abs(of.best)
        ended = track(
            points,
            firing=last,
            clearing=never,
            severity=severity,
            onset=lambda j: onset(unit.x, of.where, j),
            words=lambda m: self.words_of_fall(view, points, said, m),
            recovery=Recovery(-np.full(n, of.level), np.full(n, near)),
        )
        return from_then_on(then, so_far, ended)
