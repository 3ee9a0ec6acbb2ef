"""Evaluations that are all that a run has logged, and that jump about where they began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import in_title, of_evaluation
from analysis.columns.family import Family
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num
from analysis.model import Floats, Severity, Words
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Ln, Share
from analysis.scan.view import Points, View

LATEST = 3  # evaluations, of which the middle one says where it stands


@dataclass(frozen=True)
class EvaluationsStand(Patience):
    jump_evals: Evals = 8  # of a run that has ended
    jump: Ln = 0.4  # from one evaluation to the next, up or down, of more than half of them: a factor of 1.5
    jump_turns: Share = 0.5  # of these steps go back where the last came from; of noise two in three do
    jump_kept: Share = 0.8  # of the first evaluation is still there in the end

    def of_evaluations(self, view: View) -> Iterator[Track]:
        points = view.role("eval_loss")
        if points is None or not view.reading.ended or view.role("eval_score") is not None:
            return
        if not any(kind.group == "train" and kind.direction == "min" for kind in view.roles.kinds.values()):
            yield self._jumping(view, points)

    def _jumping(self, view: View, points: Points) -> Track:
        """At the end of a run whose training nobody logged: a loss that goes up and down by factors, and stands where
        it began. Neither how it got there nor what it came to speaks for its having learnt anything."""
        firing = view.at_end(points) & self._jumps(points.x)
        return track(
            points,
            firing=firing & ~view.is_family(points, Family.RL, Family.GAN),
            clearing=lambda: ~firing,
            severity=Severity.WARNING,
            onset=lambda j: 0,
            words=lambda m: _words(points, m),
        )

    def _jumps(self, x: Floats) -> bool:
        if len(x) < self.jump_evals or x.min() <= 0:
            return False
        steps = np.diff(np.log(x))
        turns = float(np.mean(steps[1:] * steps[:-1] < 0))
        stands = rolling.median(x[-LATEST:]) > self.jump_kept * x[0]
        return bool(rolling.median(np.abs(steps)) > self.jump and turns >= self.jump_turns and stands)


def _words(points: Points, m: Moment) -> Words:
    seen = points.x[: m.now + 1]
    low, high = float(seen.min()), float(seen.max())
    return Words(
        f"{in_title(points.kind)} 大起大落，没降",
        f"{len(seen)} 次{of_evaluation(points.kind)} {num(low)}–{num(high)}，"
        f"末 {LATEST} 次中位 {num(rolling.median(seen[-LATEST:]))}，第一次 {num(float(seen[0]))}",
        "先归一化目标、调小 lr，多训几百步；同时记录训练 loss",
        "很可能",
        {"now": float(seen[-1]), "lowest": low, "highest": high},
    )
