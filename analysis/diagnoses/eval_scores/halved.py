"""A return of training that is halved for good, however high it had begun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.descent import for_good
from analysis.columns.captions import of_score, titled
from analysis.columns.names import words
from analysis.columns.vocabulary import OF_A_RETURN, RETURNS
from analysis.diagnoses.eval_scores.doubts import Doubts
from analysis.diagnoses.eval_scores.drop import onset
from analysis.diagnoses.eval_scores.words import FallWords
from analysis.facts import checkpoints
from analysis.figures import num
from analysis.model import Floats, Severity, Words
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.view import Points, View

OF_A_MEAN = OF_A_RETURN | {"moving"}


@dataclass(frozen=True)
class HalvedForGood(Doubts, FallWords):
    def halved_track(self, view: View, points: Points, unless: Points | None) -> Track:
        """A return of training that stands far below all that it had kept for long, however high it had begun."""
        lower, usual = for_good(points.x)
        if lower.any():
            lower &= np.ones(len(points), dtype=bool) if unless is None else self.evaluations_fell(view, points, unless)
            lower &= ~self.exploring(view, points, np.zeros(len(points), dtype=np.int64))
        level, where = points.median(self.rollout_window), np.full(len(points), np.nan)
        for j in np.flatnonzero(lower & rolling.log_spaced(len(points))).tolist():
            where[j] = np.flatnonzero(level[: j + 1] >= usual[j])[-1]
        stood = rolling.filled(rolling.carried(where)).astype(np.int64)
        near = self.clear_drop_of_best * usual
        return track(
            points,
            firing=lower,
            clearing=lambda: level > usual - near,
            severity=Severity.WARNING,
            onset=lambda j: onset(points.x, int(stood[j]), j),
            words=lambda m: self._halved_words(view, points, float(usual[m.now]), int(stood[m.now]), level, m),
            recovery=lambda: Recovery(-rolling.filled(level, -np.inf), rolling.filled(near)),
        )

    def _halved_words(self, view: View, points: Points, usual: float, stood: int, level: Floats, m: Moment) -> Words:
        name, now, step = of_score(points.kind), float(level[m.now]), int(points.at[stood])
        saved = checkpoints.near(view.facts, step, float(points.at[m.now]))
        back = f"{step} 步附近" if saved is None else f"{saved} 步"
        evidence = {"best": usual, "best_step": step, "now": now, "since": int(points.at[m.onset]), "checkpoint": saved}
        if m.over:
            return Words(titled(name, " 已回到原来的水平"), f"现 {num(now)}，此前 {num(usual)}", "", "确定", evidence)
        return Words(
            titled(name, " 明显回退"),
            f"此前一直在 {num(usual)} 上下，第 {step} 步后降到 {num(now)}，没有回来",
            self.advice(view, points, back, m),
            "很可能",
            evidence,
            checkpoints.inferred(saved),
        )


def mean_return(view: View) -> Points | None:
    """The return of training by a name that says too little to judge it as the task's: a mean of some kind."""
    kinds, first = view.roles.kinds, view.history.columns
    keys = [
        k
        for k in view.keys("score")
        if kinds[k].group == "train" and RETURNS & set(words(k)) and set(words(k)) <= OF_A_MEAN
    ]
    return view.column(min(keys, key=lambda k: (int(first[k].rows[0]), k))) if keys else None
