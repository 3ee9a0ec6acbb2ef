"""A score of which chance has been taken off (Cohen's kappa, Matthews' coefficient): a guess has 0, however many
classes there are and however unequal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import of_evaluation, titled
from analysis.columns.names import words
from analysis.diagnoses.chance.guess import OTHER_LOSSES, Guess
from analysis.figures import num
from analysis.model import Severity, Words
from analysis.scan.by_heart import ByHeart, by_heart
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Share
from analysis.scan.view import Points, View

CORRECTED = {"kappa", "qwk", "mcc", "matthews"}


@dataclass(frozen=True)
class AgreementGuesses(Guess):
    most_agreement: Share = 0.1  # of what is left above a guess: below it raters speak of no agreement, either
    agreement_evals: Evals = 5  # of which the middle one is looked at: of so many evaluations one is lucky

    def of_agreement(self, view: View) -> Iterator[Track]:
        for key, kind in view.roles.kinds.items():
            if view.reading.ended and kind.group == "eval" and CORRECTED & set(words(key)):
                yield self._agreement(view, view.column(key))

    def _agreement(self, view: View, points: Points) -> Track:
        """No evaluation of a run that has ended was better than a guess; what has learnt its training set by heart by
        then does not come to it later, either."""
        level = rolling.filled(rolling.rolling_median(points.x, self.agreement_evals, least=self.agreement_evals))
        low = (rolling.running_max(level) < self.most_agreement) & (np.abs(points.x).max(initial=0.0) <= 1.0)
        low &= np.arange(len(points)) >= self.class_hold - 1
        firing = low & self.closing(view, points) & ~view.is_family(points, *OTHER_LOSSES)
        learnt = by_heart(view)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~firing,
            severity=np.full(len(points), Severity.CRITICAL if learnt is not None else Severity.WARNING),
            onset=lambda j: 0,
            words=lambda m: _words(points, learnt, m),
        )


def _words(points: Points, learnt: ByHeart | None, m: Moment) -> Words:
    low, high = float(points.x[: m.now + 1].min()), float(points.x[: m.now + 1].max())
    beside = f"；训练 loss {num(learnt.first)}→{num(learnt.now)}，只是背下了训练集" if learnt is not None else ""
    return Words(
        titled(of_evaluation(points.kind), " 接近瞎猜"),
        f"{m.now + 1} 次评估 {num(low, 2)}～{num(high, 2)}，瞎猜为 0{beside}",
        "先查评估标签是否对齐、划分是否跨人跨设备，再谈正则",
        "很可能",
        {"now": float(points.x[m.now]), "most": high, "evals": m.now + 1},
    )
