"""Every sample is called positive: recall is exactly 1, and precision what is right of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import of_evaluation
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import ACCURACY
from analysis.diagnoses.chance.guess import OTHER_LOSSES, Guess
from analysis.figures import num
from analysis.model import Floats, Severity, Words
from analysis.scan.judges import as_rate
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Share
from analysis.scan.view import Points, View

EXACT = 1e-6  # of a rate, as logged


@dataclass(frozen=True)
class CalledPositive(Guess):
    """With no sample missed, precision is accuracy where none is called negative, and nowhere else but at 1."""

    most_positive: Share = 0.9  # of all samples: above it the few that are negative may well be missed for long
    positive_hold: Evals = 3  # in a row; so many, the best among them, where none since has been better

    def of_one_class(self, view: View) -> Iterator[Track]:
        score = view.role("eval_score")
        columns = {
            word: next((view.column(k) for k in sorted(view.roles.kinds) if _is(view, k, stems)), None)
            for word, stems in (("recall", {"recall"}), ("precision", {"precision"}), ("accuracy", ACCURACY))
        }
        recall, precision, accuracy = columns["recall"], columns["precision"], columns["accuracy"]
        if score is None or recall is None or precision is None or accuracy is None or not len(score):
            return
        level = _at(view, score, accuracy)
        alike = np.abs(_at(view, score, precision) - level) < EXACT
        told = alike & (np.abs(_at(view, score, recall) - 1) < EXACT) & (level < self.most_positive)
        yield self._positive(view, score, told, level)

    def _positive(self, view: View, score: Points, told: np.ndarray, level: Floats) -> Track:
        """Its last evaluations; or its best, which a model is chosen by, though F1 gives it to who tells nothing
        apart."""
        index = np.arange(len(score))
        best = rolling.index_of_running_min(-score.x)
        chosen = told[best] & (index - best >= self.positive_hold - 1) & bool({"f1"} & taken_apart(score.key).stems)
        lasting = rolling.sustained(told, self.positive_hold)
        firing = (chosen | lasting) & ~view.is_family(score, *OTHER_LOSSES)
        return track(
            score,
            firing=firing,
            clearing=lambda: ~(told | told[best]),
            severity=lambda: np.where(view.at_end(score), Severity.CRITICAL, Severity.WARNING).astype(np.int64),
            onset=lambda j: int(best[j]) if chosen[j] else j - self.positive_hold + 1,
            words=lambda m: _words(score, int(best[m.now]) if told[best[m.now]] else m.now, level, m),
        )


def _is(view: View, key: str, stems: frozenset[str] | set[str]) -> bool:
    n = taken_apart(key)
    return view.roles.kinds[key].group == "eval" and bool(n.stems & stems) and not n.bag & {"macro", "weighted", "map"}


def _at(view: View, score: Points, other: Points) -> Floats:
    return rolling.take_or(other.x / as_rate(other), view.latest(score, other), np.nan)


def _words(score: Points, best: int, level: Floats, m: Moment) -> Words:
    called, share = of_evaluation(score.kind), float(level[best])
    evidence = {"now": float(score.x[m.now]), "best_score": float(score.x[best]), "share": share}
    if m.over:
        return Words(f"{called} 不再是全判正类", f"现 {num(float(score.x[m.now]))}", "", "确定", evidence)
    which = "最优的一次" if best < m.now else f"第 {int(score.at[m.onset])} 步起"
    return Words(
        f"{called} 最优时全判正类" if best < m.now else f"{called} 全判正类",
        f"{which} {num(float(score.x[best]))}：recall 恰为 1，precision 等于准确率 {num(share)}，即正类占比",
        "勿按它选 ckpt；看混淆矩阵，按 AUC 或 macro F1 选并调阈值",
        "确定",
        evidence,
    )
