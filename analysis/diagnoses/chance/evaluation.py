"""An evaluation at ln V or ln K, or above, which no working model reaches, whatever training does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import of_evaluation
from analysis.diagnoses.chance.guess import (
    LANGUAGE,
    OTHER_LOSSES,
    Guess,
    of_one_term,
    of_vocabulary,
)
from analysis.facts.classes import classes
from analysis.figures import num
from analysis.model import Floats, Severity, Words
from analysis.scan.accuracies import Accuracies
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Evals, Nats, Share
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class EvaluationGuesses(Guess):
    language_hold: Evals = 3
    stuck_band: Nats = 0.004  # about the loss of guessing, of every evaluation
    most_classes: Count = 20  # of more, neighbouring logarithms lie too close to each other
    language_share: Share = 0.8  # of ln V: below it the evaluation works

    def of_evaluation(self, view: View) -> Iterator[Track]:
        evaluation = view.role("eval_loss")
        if evaluation is not None and len(evaluation):
            yield self._eval(view, evaluation)

    def _eval(self, view: View, points: Points) -> Track:
        """At ln V (less its band) or above, three times; or at ln K or above with an accuracy of 1 / K, eight times."""
        value, called = of_vocabulary(view)
        train = _beside(view, points)
        a_loss = points.kind.name == "eval_loss"  # no error, no distance
        language = view.is_family(points, *LANGUAGE) & (points.x >= value - self.language_band) & a_loss
        language &= ~(train >= self.language_share * value)
        k = classes(view.facts)
        told = np.zeros(len(points), dtype=bool)
        if k is not None:
            single = ~view.is_family(points, *OTHER_LOSSES) & of_one_term(view, points)
            band = self.band_of(float(np.log(k)))
            told = a_loss & single & (points.x >= np.log(k) - band) & Accuracies(view, points, held_out=True).agree(k)
            # Where training is at chance, too, that is what is told; but one class for every sample is told at once.
            told &= ~(train >= np.log(k) - band) | Accuracies(view, points, held_out=True).stuck(k)
        stuck = self._stuck(view, points, train) if a_loss else np.full(len(points), np.nan)
        of_classes = rolling.sustained(told, self.class_hold) | np.isfinite(stuck)
        firing = rolling.sustained(language, self.language_hold) | of_classes
        limit = value if k is None else min(value, float(np.log(k)))
        done = view.progress(points)
        severity = np.where(of_classes & (done >= self.critical_progress), Severity.CRITICAL, Severity.WARNING)
        level = points.median(3)
        by_class = rolling.carried(np.where(firing, of_classes, np.nan))
        hold = np.select(
            [np.isfinite(stuck), of_classes], [np.arange(len(points)) + 1, self.class_hold], self.language_hold
        )

        def words(m: Moment) -> Words:
            number = int(stuck[m.raised]) if np.isfinite(stuck[m.raised]) else k
            said = f"ln {number}" if by_class[m.raised] == 1 else called
            return _eval_words(view, points, said, by_class[m.raised] == 1, m)

        return track(
            points,
            firing=firing,
            clearing=lambda: level < self.language_share * limit,
            severity=lambda: severity.astype(np.int64),
            onset=lambda j: max(0, j - int(hold[j]) + 1),
            recovery=lambda: Recovery(level, (1 - self.language_share) * limit),
            words=words,
        )

    def _stuck(self, view: View, points: Points, train: Floats) -> Floats:
        """(n,) of how many classes every evaluation so far was the loss of guessing, to the third digit, as is that of
        training, when half of the run is over; NaN elsewhere. Nobody has to say how many there are."""
        classes_ = np.round(np.exp(np.clip(points.x, 0.0, np.log(self.most_classes + 1.0))))
        level = np.log(np.maximum(classes_, 1.0))
        near = (np.abs(points.x - level) < self.stuck_band) & (np.abs(train - level) < 5 * self.stuck_band)
        near &= (classes_ >= 2) & (classes_ <= self.most_classes) & (classes_ == classes_[:1])
        due = (view.progress(points) >= 0.5) | view.at_end(points)
        enough = np.arange(len(points)) >= self.fewest_at_end - 1
        said = np.logical_and.accumulate(near) & due & enough & ~view.is_family(points, *OTHER_LOSSES)
        return np.where(said, classes_, np.nan)


def _beside(view: View, points: Points) -> Floats:
    """(n,) the level of the train loss at each evaluation; NaN where there is none."""
    loss = view.role("loss")
    if loss is None:
        return np.full(len(points), np.nan)
    return rolling.take_or(loss.median(5), view.latest(points, loss), np.nan)


def _eval_words(view: View, points: Points, level: str, by_class: bool, m: Moment) -> Words:
    called, now = of_evaluation(points.kind), float(points.x[m.now])
    evidence = {"now": now, "since": int(points.at[m.onset])}
    if m.over:
        return Words(f"{called} 已好于随机", f"现 {num(now)}", "", "确定", evidence)
    other = float(_beside(view, points)[m.now])
    beside = f"，训练 {num(other)}" if np.isfinite(other) else ""
    accuracy = Accuracies(view, points, held_out=True).level_at(m.now) if by_class else None
    beside += f"，{accuracy[0]} {num(accuracy[1])}" if accuracy is not None else ""
    return Words(
        f"{called} 不好于随机猜",
        f"第 {int(points.at[m.onset])} 步起 {called} {num(now)}，不低于 {level}{beside}",
        "先核对评估数据、标签与预处理是否同训练" if by_class else "先核对评估的 label、模板与 packing 是否同训练",
        "很可能",
        evidence,
    )
