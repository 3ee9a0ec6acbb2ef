"""An agreement that leaves out what chance gives: Cohen's kappa, MCC. At 0 the answers know nothing of the labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import taken_apart
from analysis.diagnoses.chance.guess import OTHER_LOSSES, Guess
from analysis.figures import num
from analysis.model import Floats, Severity, Words
from analysis.scan.by_heart import by_heart
from analysis.scan.judges import as_rate
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Share
from analysis.scan.view import Points, View

# How a sentence calls it, by a word of its name.
CALLED = {"kappa": "kappa", "cohen": "kappa", "qwk": "kappa", "mcc": "MCC", "matthews": "MCC"}
EXACT = 1e-9  # what is logged as 0


@dataclass(frozen=True)
class AgreementGuesses(Guess):
    slight: Share = 0.1  # of full agreement: half of what Landis and Koch call slight
    none: Share = 0.05  # of it: the errors of a few hundred samples
    slight_evals: Evals = 10  # of a run that has ended

    def of_agreement(self, view: View) -> Iterator[Track]:
        for key, kind in sorted(view.roles.kinds.items()):
            if kind.group == "eval" and kind.direction == "max" and taken_apart(key).bag & CALLED.keys():
                yield self._agreement(view, view.column(key))

    def _agreement(self, view: View, points: Points) -> Track:
        """Exactly 0 from the first evaluation on, as one class for all gives; or next to it when the run has ended."""
        share, index = points.x / as_rate(points), np.arange(len(points))
        level = rolling.rolling_median(share, 3)
        zero = np.logical_and.accumulate(np.abs(share) < EXACT)
        long = view.past(points, self.slow_progress, self.class_hold) & (index >= self.class_hold - 1)
        never = zero & (long | self.closing(view, points))
        low = rolling.running_max(np.abs(level)) < self.slight
        poor = low & self.closing(view, points) & (index >= self.slight_evals - 1)
        firing = (never | poor) & ~view.is_family(points, *OTHER_LOSSES)
        lately = rolling.rolling_median(share, self.fewest_at_end)
        return track(
            points,
            firing=firing,
            clearing=lambda: level > self.slight,
            severity=lambda: np.where(
                never | (lately < self.none) | (by_heart(view) is not None), Severity.CRITICAL, Severity.WARNING
            ).astype(np.int64),
            onset=lambda j: 0,
            recovery=lambda: Recovery(-level, self.slight),
            words=lambda m: self._agreement_words(view, points, level, bool(zero[m.now]), m),
        )

    def _agreement_words(self, view: View, points: Points, level: Floats, zero: bool, m: Moment) -> Words:
        called = next(said for word, said in CALLED.items() if word in taken_apart(points.key).bag)
        now, best, evals = float(points.x[m.now]), float(np.max(points.x[: m.now + 1])), m.now + 1
        evidence = {"now": now, "best": best, "evals": evals, "coin": True}
        if m.over:
            return Words(f"{called} 已高于随机", f"现 {num(now)}", "", "确定", evidence)
        if zero:
            return Words(
                f"{called} 恒为 0，等于瞎猜",
                f"{evals} 次评估 {called} 恰为 0：疑对所有样本判同一类",
                "看混淆矩阵与各类 recall；先用少量样本试过拟合",
                "很可能",
                evidence,
            )
        learnt = by_heart(view)
        beside = f"，训练 loss 已到 {num(learnt.now)}：只记住了训练集" if learnt is not None else ""
        return Words(
            f"{called} 近乎 0，评估等于瞎猜",
            f"{evals} 次评估最高 {num(best, 2)}，现 {num(now, 2)}（瞎猜为 0）{beside}",
            "先查标签与划分（训练、评估是否同分布），再看特征是否含信息",
            "很可能",
            evidence,
        )
