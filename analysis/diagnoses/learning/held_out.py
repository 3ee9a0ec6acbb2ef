"""A validation loss that has not moved from its first evaluation on, where no training loss is logged beside it, or
where a score of the same evaluations has not moved either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.columns.captions import of_evaluation, titled
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num
from analysis.model import Bools, Severity, Words
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Share
from analysis.scan.view import Points, View

LOSSES = {"eval_loss", "eval_l1"}  # an error of what is drawn, as an FID, may be at the end of its scale


@dataclass(frozen=True)
class HeldStands(Patience):
    still_evals: Evals = 20  # from the first on
    still_evals_of_both: Evals = 5  # the same where what is right is the very same number each time, too
    still_range: Share = 1e-5  # of its size, between the highest and the lowest: a step of Adam alone does more

    def of_held_out(self, view: View) -> Iterator[Track]:
        points = view.role("eval_loss")
        if points is not None and len(points) and points.kind.name in LOSSES:
            yield self._held_track(view, points)

    def _held_track(self, view: View, points: Points) -> Track:
        loss, x = view.role("loss"), points.x
        alone = np.ones(len(x), dtype=bool) if loss is None else view.latest(points, loss) < 0
        size = rolling.running_max(np.abs(x))
        still = rolling.running_max(x) - rolling.running_min(x) <= self.still_range * size
        if still[self.still_evals_of_both - 1 :].any():  # what is written in few digits may move by less
            still &= eval_noise.resolution(x) < self.still_range * size
        evals = np.arange(len(x)) + 1
        both = (evals >= self.still_evals_of_both) & self._score_still(view, points)
        return track(
            points,
            firing=still & ((evals >= self.still_evals) & alone | both) & view.past_warmup(points),
            clearing=lambda: ~still,
            severity=Severity.CRITICAL,
            onset=lambda j: 0,
            words=lambda m: _held_words(points, bool(both[m.now]), m),
        )

    def _score_still(self, view: View, points: Points) -> Bools:
        """(n,) a score of it has been one and the same number at every evaluation so far."""
        score = view.role("eval_score")
        if score is None or not len(score):
            return np.zeros(len(points), dtype=bool)
        same = rolling.running_max(score.x) == rolling.running_min(score.x)
        enough = np.arange(len(score)) + 1 >= self.still_evals_of_both
        return rolling.take_or(np.asarray(same & enough), view.latest(points, score), False)


def _held_words(points: Points, both: bool, m: Moment) -> Words:
    called, now = of_evaluation(points.kind), float(points.x[m.now])
    evidence = {"now": now, "first": float(points.x[0]), "evals": m.now + 1}
    if m.over:
        return Words(titled(called, " 已有变化"), f"现 {num(now)}", "", "确定", evidence)
    return Words(
        titled(called, " 没动，没在学"),
        f"从第一次起 {m.now + 1} 次评估都是 {num(now)}，{'分数也一位不变' if both else '相差不到十万分之一'}",
        "先查训练循环有没有真的执行、优化器有没有拿到参数"
        if both
        else "查优化器有没有拿到参数、lr 是否为 0、输出与标签形状",
        "很可能",
        evidence,
    )
