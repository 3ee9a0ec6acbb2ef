"""An accuracy that is no more than a guess: the share of one class, one in K, a coin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import of_evaluation, titled
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import ACCURACY
from analysis.diagnoses.chance.guess import (
    OTHER_LOSSES,
    Guess,
)
from analysis.figures import num
from analysis.model import Floats, Severity, Words
from analysis.scan.constant_answers import ConstantAnswers, constant_answers
from analysis.scan.even_share import EvenShare, even_shares
from analysis.scan.held_out_pairs import HeldOutPairs, held_out_pairs
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Share
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import shares

_NO_ORDER = {"pr", "macro"}  # of precision and recall; of classes of which some may not be there at all
TITLE = 20  # characters
BELOW = 0.1  # a guess by more than that: no luck, the order is turned round


@dataclass(frozen=True)
class AccuracyGuesses(Guess):
    most_area: Share = 0.55  # under the curve, where guessing has 0.5 give or take the samples

    def of_accuracies(self, view: View) -> Iterator[Track]:
        for answers in constant_answers(view):
            yield self._constant(view, answers)
        for even in even_shares(view):
            yield self._even(view, even)
        for pairs in held_out_pairs(view):
            yield self._held_out(view, pairs)
        if view.reading.ended:
            for answers in constant_answers(view):
                yield self._coin(view, answers)
            for key, kind in view.roles.kinds.items():
                area = {"auc", "auroc"} & taken_apart(key).bag and not _NO_ORDER & set(words(key))
                if kind.group == "eval" and area:
                    yield self._area(view, view.column(key))

    def _constant(self, view: View, answers: ConstantAnswers) -> Track:
        """The accuracy of one class for all, whatever the loss of guessing is."""
        points = answers.points
        said = answers.said & view.past_warmup(points) | answers.all_along & self.closing(view, points)
        firing = said & ~view.is_family(points, *OTHER_LOSSES)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~answers.stands,
            severity=Severity.WARNING,
            onset=answers.since,
            recovery=lambda: Recovery(answers.stands.astype(np.float64), 0.5),
            words=lambda m: _constant_words(answers, m),
        )

    def _coin(self, view: View, answers: ConstantAnswers) -> Track:
        """A held-out accuracy that was a coin's from its first evaluation to its last, beside a loss that is."""
        points = answers.points
        firing = answers.coin & self.closing(view, points) & ~view.is_family(points, *OTHER_LOSSES)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~firing,
            severity=Severity.WARNING,
            onset=lambda j: 0,
            words=lambda m: _coin_words(answers, m),
        )

    def _area(self, view: View, points: Points) -> Track:
        """An area under the ROC curve that no evaluation of the run has lifted above a guess."""
        share = shares(points.x)
        low = (rolling.running_max(share) < self.most_area) & (rolling.running_min(share) >= 0)
        firing = low & self.closing(view, points)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~firing,
            severity=np.where(rolling.running_max(share) < 0.5 - BELOW, Severity.CRITICAL, Severity.WARNING),
            onset=lambda j: 0,
            words=lambda m: _area_words(points, share, m),
        )

    def _even(self, view: View, even: EvenShare) -> Track:
        """A training accuracy of one in K all along, whatever the loss of guessing is."""
        points = even.points
        return track(
            points,
            firing=even.said & ~view.is_family(points, *OTHER_LOSSES) & view.past_warmup(points),
            clearing=lambda: ~even.there,
            severity=Severity.WARNING,
            onset=lambda j: 0,
            recovery=lambda: Recovery(even.there.astype(np.float64), 0.5),
            words=lambda m: _even_words(even, m),
        )

    def _held_out(self, view: View, pairs: HeldOutPairs) -> Track:
        """Held-out pairs told apart no better than by a coin; a note where it is a little better, and never rose."""
        points = pairs.points
        guessed = pairs.guessed & view.past(points, self.slow_progress, self.class_hold) & view.past_warmup(points)
        poor = pairs.poor & view.past(points, 0.5, 2 * self.class_hold)
        level = rolling.rolling_median(pairs.share, 3)
        return track(
            points,
            firing=guessed | poor,
            clearing=lambda: ~(guessed | poor),
            severity=lambda: np.where(guessed, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=pairs.since,
            recovery=lambda: Recovery(-level, 0.05),
            words=lambda m: _held_out_words(pairs, m),
        )


def _constant_words(answers: ConstantAnswers, m: Moment) -> Words:
    points, evals = answers.points, m.now - m.onset + 1
    called, now, since = of_evaluation(points.kind), float(points.x[m.now]), int(points.at[m.onset])
    evidence = {"now": now, "evals": evals, "since": since}
    if m.over:
        return Words(titled(called, " 又有变化"), f"现 {num(now)}", "", "确定", evidence)
    if not answers.macro and not answers.stands[m.now]:  # on its way back, and not yet for long
        first = float(points.x[m.raised])
        return Words(
            titled(called, f" 曾恒为 {num(first)}"),
            f"第 {since} 步起停在 {num(first)}，现 {num(now)}，刚有变化",
            "再看几次评估与各类 recall",
            "仅提示",
            evidence,
        )
    training = float(answers.training[m.now])
    beside = f"，训练 {num(training)}" if np.isfinite(training) else ""
    frozen, usual = bool(answers.frozen[m.now]), float(points.x[m.onset])
    if not frozen and answers.one_sample[m.now]:
        seen = points.x[: m.now + 1]
        low, high, learnt = (num(float(v)) for v in (seen.min(), seen.max(), answers.training[m.now]))
        return Words(
            titled(called, " 只差一个样本"),
            f"{evals} 次评估只在 {low}–{high}，仅差一个样本；训练已到 {learnt}",
            "先看混淆矩阵是否总判多数类；再加评估样本、数据增广或减小模型",
            "很可能",
            evidence,
        )
    mostly = answers.macro or not answers.said[m.raised]
    where = f"多半恰为 {num(usual)}" if mostly else f"都在 {num(now)} 附近"
    known = "，loss 等于只知各类占比" if answers.said[m.raised] else ""
    still = "一位不变" if frozen else f"{where}{known}"
    tail = f" {'恒为' if frozen else '停在'} {num(usual if mostly else now)}"
    if len(called) + len(tail) > TITLE and ACCURACY & taken_apart(points.key).stems:
        called = "评估准确率"  # of several, which one is said beside it
    return Words(
        titled(called, tail),
        f"第 {since} 步起 {evals} 次评估{still}{beside}：疑对所有样本判同一类",
        "看混淆矩阵与各类 recall；先用少量样本试过拟合",
        "很可能",
        evidence,
    )


def _coin_words(answers: ConstantAnswers, m: Moment) -> Words:
    points, seen = answers.points, answers.share[: m.now + 1]
    loss = float(answers.held[m.now])
    evidence = {
        "now": float(points.x[m.now]),
        "mean": float(np.mean(seen)),
        "evals": m.now + 1,
        "eval_loss": loss,
        "coin": True,
    }
    return Words(
        "评估准确率与抛硬币无异",
        f"{m.now + 1} 次评估都在 {num(float(seen.min()), 3)}–{num(float(seen.max()), 3)}，"
        f"评估 loss {num(loss)}（抛硬币 0.693）",
        "先用少量样本试过拟合，再查标签与划分、特征是否含信息",
        "很可能",
        evidence,
    )


def _area_words(points: Points, share: Floats, m: Moment) -> Words:
    low, high = float(share[: m.now + 1].min()), float(share[: m.now + 1].max())
    inverted = high < 0.5 - BELOW
    return Words(
        titled(of_evaluation(points.kind), f" {'低于' if inverted else '不高于'}随机"),
        f"{m.now + 1} 次评估 {num(low, 3)}–{num(high, 3)}，随机猜 0.5{'：多半方向反了' if inverted else ''}",
        "先核对正类与分数的方向、标签与样本是否对齐",
        "很可能",
        {"now": float(points.x[m.now]), "most": high, "evals": m.now + 1},
    )


def _even_words(even: EvenShare, m: Moment) -> Words:
    now = float(even.points.x[m.now])
    evidence = {"now": now, "classes": even.classes, "records": m.now + 1}
    if m.over or not even.there[m.now]:
        return Words("训练准确率又有变化", f"现 {num(now)}，{even.classes} 类", "", "确定", evidence)
    return Words(
        "训练准确率停在随机猜",
        f"从第一次起 {m.now + 1} 次记录都在 {num(now)} 附近，{even.classes} 类等于没学",
        "先用少量样本试过拟合，再查 lr、标签与输出是否恒定",
        "很可能",
        evidence,
    )


def _held_out_words(pairs: HeldOutPairs, m: Moment) -> Words:
    points, since = pairs.points, pairs.since(m.now)
    now, loss = float(points.x[m.now]), float(pairs.loss[m.now])
    mean = float(np.mean(points.x[since : m.now + 1]))
    evidence = {"now": now, "mean": mean, "evals": m.now + 1, "eval_loss": loss if np.isfinite(loss) else None}
    if m.over:
        return Words("评估准确率已有提升", f"现 {num(now)}", "", "确定", evidence)
    beside = f"，评估 loss {num(loss)}（随机猜 0.693）" if np.isfinite(loss) else ""
    if m.severity < Severity.WARNING:
        return Words(
            "评估准确率一直没提升",
            f"{m.now + 1} 次评估 {num(float(points.x[0]))}→{num(now)}{beside}",
            "以准确率为准，不看 loss；抽查标注是否一致，再加数据",
            "仅提示",
            evidence,
        )
    return Words(
        "评估准确率与随机猜无异",
        f"近 {m.now - since + 1} 次评估平均 {num(mean)}{beside}",
        "核对模板、mask 与截断是否同训练，再看 lr 与精度",
        "很可能",
        evidence,
    )
