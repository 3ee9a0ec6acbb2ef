"""Train and eval of the same quantity: far apart, or eval too good. What only looks like a pair is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import in_title, of_evaluation, of_score
from analysis.columns.family import WEAK_PROXY, Family
from analysis.columns.names import same_quantity, words
from analysis.columns.vocabulary import PERPLEXITY
from analysis.figures import num, pct, times
from analysis.model import Bools, Finding, Floats, Severity, Words
from analysis.scan import evidence
from analysis.scan.by_heart import ByHeart, by_heart
from analysis.scan.carried_over import FEW, CarriedOver, carried_over
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.judges import as_rate, judges, lower_is_better, of_outputs
from analysis.scan.partners import train_partner
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.score_gap import ScoreGap, score_gap
from analysis.scan.summed import summed
from analysis.scan.too_good import too_good
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Nats, Share, Sigmas, Times
from analysis.scan.view import Points, View

# What is measured on actions that were sampled (denoised, integrated),
# not on the noise or velocity that training predicts.
SAMPLED = {"action", "actions", "sample", "sampled", "sampling", "rollout", "generated"}


def are_pair(view: View, train: str, evaluation: Points) -> bool:
    """Whether the two columns measure one quantity. Where a network predicts noise or velocity, an error of sampled
    actions has other units than the error it is trained on, whatever both are called."""
    if not same_quantity(train, evaluation.key):
        return False
    third = min(2, len(evaluation) - 1)
    denoises = third >= 0 and bool(view.is_family(evaluation, Family.DIFFUSION, Family.VLA)[third])
    return not denoises or SAMPLED.isdisjoint(set(words(train)) ^ set(words(evaluation.key)))


@dataclass(frozen=True)
class GenGap(CausalDiagnosis):
    """Eval stands far above train, and did not at the start: the first evals calibrate units, so it is a real gap.

    A gap alone is no fault, so it is info: when eval turns, it is reported as its consequence. Of a language model it
    is measured in nats: 1.3 are 3.7 times the perplexity. At 20 times the two sets are not of a kind: a warning. Of an
    agent's return the gain is compared, since levels and rewards begin anywhere. Of a score both are: a fifth of all
    samples, and a good part of what was learnt. It warns where most of that does not carry over, and has not for long.
    """

    id = "gen-gap"
    title = "训练/评估差距过大"
    severity = Severity.INFO
    meaning = "评估 loss 是训练 loss 的好几倍，而开训时不是这样：泛化差距拉大了。"
    clears = "评估与训练 loss 的倍数降下来，连续几次评估如此"
    mistaken_for = "评估集更难、分布不同时差距本来就大；成绩还在涨就不算问题"
    impact = Impact.NONE
    patient = True
    explained_by = ("overfit", "divergence")
    doubts_as_note = True

    ratio: Times = 3.0  # eval over train
    wide_ratio: Times = 6.0  # eval over train: what has been learnt holds for the training set
    growth_ratio: Times = 2.0  # times the ratio of the first three evals, which calibrate the units
    clear_ratio: Times = 2.0  # eval over train
    nats: Nats = 1.3  # eval over train, of a cross-entropy of tokens
    start_nats: Nats = 0.5  # of the first three at most
    warning_nats: Nats = 3.0  # 20 times the perplexity
    hold: Evals = 3  # in a row, and before the first that is judged
    carried_share: Share = 0.6  # of what a return has gained in training; in public logs of games that carry over 0.8
    little_carried: Share = 0.2  # of it: next to nothing, a warning where it gets no better
    clear_carried: Share = 0.75  # of it: the gap has closed
    score_gap: Share = 0.2  # of all samples, that are right in training alone
    wide_score_gap: Share = 0.3  # of them: a warning
    wide_carried: Share = 0.4  # and less than this carried over
    score_evals: Evals = 8  # of a run that has ended, where training has a loss and no score
    mostly_right: Share = 0.5  # of samples: below it most answers are wrong
    little_right: Share = 0.1  # of samples, more than at first: hardly any
    evals_at_end: Evals = 4  # of a run that has ended
    kept: Share = 0.7  # of the loss it began with is left of the evaluation's,
    learnt: Share = 0.6  # and less than this of that of training
    stale_share: Share = 0.5  # of all evaluations, since the best of them
    stale_hold: Evals = 12  # evaluations before that is judged

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        if any(evidence.number(finding.words.evidence, key) is not None for key in ("carried_over", "kept")):
            return Impact.IN_DOUBT
        ratio = evidence.number(finding.words.evidence, "ratio")
        return Impact.IN_DOUBT if ratio is not None and ratio >= self.wide_ratio else Impact.NONE

    def use(self, result: Result) -> str | None:
        if result.family in WEAK_PROXY:
            return "与训练差距大，效果须实测"
        if result.evaluated in {Evaluated.NO_GAIN, Evaluated.TRAIN_ONLY}:
            return "泛化差，评估没提升"
        return "泛化差，ckpt 按评估选" if result.judged else "泛化差，还不能判断"

    def tracks(self, view: View) -> Iterable[Track]:
        points, score = view.role("eval_loss"), view.role("eval_score")
        if score is not None and (pair := carried_over(view, score)) is not None:
            yield self._of_returns(score, pair)
        elif score is not None and (gap := score_gap(view, score)) is not None:
            yield self._of_scores(view, score, gap)
        elif score is not None and (learnt := by_heart(view)) is not None:
            yield self._of_score_alone(view, score, learnt)
        if points is None:
            return
        train = train_partner(view, points)
        if train is not None and are_pair(view, train.key, points):
            yield self._track(view, points, train)

    def _of_returns(self, score: Points, pair: CarriedOver) -> Track:
        """What an agent has gained in training and does not have where it is evaluated: levels not seen, a reward that
        is believed and not true."""
        far, index = pair.share < self.carried_share, np.arange(len(score))
        since = rolling.streak(far)
        nothing = (pair.share < self.little_carried) & (
            rolling.index_of_running_min(-score.x) < self.stale_share * (index + 1)
        )
        return track(
            score,
            firing=rolling.sustained(far, self.hold) & (index >= FEW - 1),
            clearing=lambda: rolling.sustained(~(pair.share < self.clear_carried), self.hold),
            severity=np.where(rolling.sustained(nothing, self.hold), Severity.WARNING, Severity.INFO).astype(np.int64),
            metrics=(pair.train.key,),
            onset=lambda j: j - int(since[j]) + 1,
            words=lambda m: self._return_words(score, pair, m),
        )

    def _return_words(self, score: Points, pair: CarriedOver, m: Moment) -> Words:
        now, share = float(score.x[m.now]), float(pair.share[m.now])
        train = rolling.median(pair.train.recent(int(score.rows[m.now]), 5))
        said = {"carried_over": share if np.isfinite(share) else None, "eval": now, "train": train}
        if m.over:
            return Words(f"{in_title(score.kind)} 已跟上训练", f"评估 {num(now)}，训练 {num(train)}", "", "确定", said)
        return Words(
            f"评估 {in_title(score.kind)} 远不及训练",
            f"评估 {num(now)}，训练 {num(train)}：训练涨的只有 {pct(max(share, 0.0))} 带到了评估",
            "先核对两边归一化统计与环境设置；属实再加关卡或随机化",
            "很可能",
            said,
        )

    def _of_scores(self, view: View, score: Points, of: ScoreGap) -> Track:
        apart = (of.gap > self.score_gap) & (of.carried < self.carried_share)
        wide = (of.gap > self.wide_score_gap) & (of.carried < self.wide_carried) & of.stale(self.stale_share)
        wide &= np.arange(len(score)) >= self.stale_hold
        wide = rolling.sustained(wide, self.hold)
        wide |= view.at_end(score) & (len(score) >= self.evals_at_end) & apart & (of.gap > self.wide_score_gap)
        closed = ~((of.gap > 0.75 * self.score_gap) & (of.carried < self.clear_carried))
        return track(
            score,
            firing=rolling.sustained(apart, self.hold),
            clearing=rolling.sustained(closed, self.hold),
            severity=np.where(wide, Severity.WARNING, Severity.INFO).astype(np.int64),
            metrics=(of.train.key,),
            words=lambda m: self._score_words(score, of, m),
        )

    def _score_words(self, score: Points, of: ScoreGap, m: Moment) -> Words:
        now, train, gap = (float(x[m.now]) for x in (of.level, of.learnt, of.gap))
        called = in_title(score.kind)
        said = {"carried_over": float(of.carried[m.now]), "eval": now, "train": train}
        figures = f"训练 {num(train, 3)}，评估 {num(now, 3)}"
        if m.over:
            return Words(f"评估 {called} 已跟上训练", figures, "", "确定", said)
        return Words(
            f"评估 {called} 远不及训练",
            f"{figures}，差 {100 * gap:.0f} 个百分点",
            "先核对两边预处理是否一致；属实再加数据、增广或减小模型",
            "很可能",
            said,
        )

    def _of_score_alone(self, view: View, score: Points, learnt: ByHeart) -> Track:
        """At the end of a run that knows its training set by heart: what is right of other samples was, all along, less
        than half and hardly more than at first."""
        level = rolling.rolling_median(score.x / as_rate(score), self.hold, least=self.hold)
        best = rolling.running_max(rolling.filled(level))
        first = level[self.hold - 1] if len(level) >= self.hold else np.nan
        stands = (best < self.mostly_right) & (best - first < self.little_right) & (score.x.min(initial=0.0) >= 0)
        firing = view.at_end(score) & stands & (len(score) >= self.score_evals) & of_outputs(score)
        return track(
            score,
            firing=firing & ~view.is_family(score, Family.RL, Family.GAN, *WEAK_PROXY),
            clearing=lambda: ~firing,
            severity=Severity.WARNING,
            onset=lambda j: 0,
            words=lambda m: _alone_words(score, learnt, m),
        )

    def _track(self, view: View, points: Points, train: Points) -> Track:
        # A single batch is noisy and a window mean is not: smooth the train side over 9 records.
        t = train.median_at(view.latest(points, train), 9)
        with np.errstate(all="ignore"):
            raw = np.where(t > 0, points.x / t, np.nan)
        times_train = rolling.rolling_median(raw, 3, least=3)
        start = rolling.median(raw[:3]) if len(raw) >= 3 else np.nan
        apart = (times_train > self.ratio) & (times_train > self.growth_ratio * start)
        gap = np.where(self._of_tokens(view, points), rolling.rolling_median(points.x - t, 3, least=3), np.nan)
        begun = float(gap[2]) if len(gap) >= 3 else np.nan
        in_nats = (gap > self.nats) & (begun < self.start_nats)
        firing = rolling.sustained(apart | in_nats, self.hold)
        clearing = rolling.sustained((times_train < self.clear_ratio) & ~(gap > self.nats), self.hold)
        wide = rolling.sustained(in_nats & (gap > self.warning_nats), self.hold)
        kept = self._kept_from_evaluation(view, points, train)
        return track(
            points,
            firing=firing | kept,
            clearing=lambda: clearing & ~kept,
            severity=lambda: np.where(wide | kept, Severity.WARNING, Severity.INFO).astype(np.int64),
            metrics=(train.key,),
            words=lambda m: (
                _kept_words(points, train, m)
                if kept[m.now] and not m.over
                else self._words(points, train, times_train, start, t, m)
            ),
        )

    def _kept_from_evaluation(self, view: View, points: Points, train: Points) -> Bools:
        """(n,) at the end of a run: training has come down by nearly half of what it began with, and its evaluation by
        next to nothing; where a score tells how good it is, that decides."""
        last = view.at_end(points)
        score = view.role("eval_score")
        if not last.any() or len(points) < self.evals_at_end or (score is not None and len(score)):
            return np.zeros(len(points), dtype=bool)
        begun, latest = max(float(points.x[0]), float(train.x[0])), 3
        now, learnt = rolling.median(points.x[-latest:]), rolling.median(train.x[-latest:])
        if not (begun > 0 and points.x.min() > 0 and train.x.min() > 0):
            return np.zeros(len(points), dtype=bool)
        kept = now > self.kept * begun and learnt < self.learnt * begun
        return last & kept & ~view.is_family(points, Family.RL, Family.GAN, *WEAK_PROXY)

    def _of_tokens(self, view: View, points: Points) -> bool | Bools:
        """A language model's: its family, or a perplexity beside it from the start."""
        beside = (k for k in view.roles.kinds if PERPLEXITY & set(words(k)))
        if any(view.logged_by_third_point(k, points) for k in beside):
            return True
        return view.is_family(points, Family.SFT, Family.PRETRAINING)

    def _words(self, points: Points, train: Points, times_train: Floats, start: float, t: Floats, m: Moment) -> Words:
        e = rolling.median(points.x[max(0, m.now - 2) : m.now + 1])
        evidence = {"eval": e, "train": float(t[m.now]), "ratio": float(times_train[m.now]), "ratio_at_start": start}
        name = of_evaluation(points.kind)
        if m.over:
            return Words(
                f"{in_title(points.kind)} 与训练差距已收窄",
                f"{name} 现为训练的 {times(times_train[m.now])} 倍",
                "",
                "确定",
                evidence,
            )
        if times_train[m.now] < self.clear_ratio:  # closed, but not yet for long enough to be over
            widest = float(np.nanmax(times_train[m.onset : m.now + 1]))
            return Words(
                f"{in_title(points.kind)} 与训练差距在收窄",
                f"{name} 现为训练的 {times(times_train[m.now])} 倍（此前 {times(widest)} 倍）",
                "",
                "确定",
                evidence,
            )
        first = f"；开训时 {times(start)} 倍{'，口径应一致' if start < 2 else ''}" if np.isfinite(start) else ""
        return Words(
            f"{in_title(points.kind)} 达训练的 {times(times_train[m.now])} 倍",
            f"{name} {num(e)}，训练 {num(float(t[m.now]))}{first}",
            "先核对评估集分布；属实再加数据或增广",
            "很可能",
            evidence,
        )


def _alone_words(score: Points, learnt: ByHeart, m: Moment) -> Words:
    seen = score.x[: m.now + 1]
    low, high = float(seen.min()), float(seen.max())
    return Words(
        f"{of_score(score.kind)} 没跟着训练涨",
        f"训练 loss {num(learnt.first)}→{num(learnt.now)}，{m.now + 1} 次评估一直在 {num(low, 2)}–{num(high, 2)}",
        "先查评估标签与预处理是否和训练对齐，再看划分是否同分布",
        "很可能",
        {"carried_over": 0.0, "eval": float(score.x[m.now]), "train_loss": learnt.now},
    )


def _kept_words(points: Points, train: Points, m: Moment) -> Words:
    held, learnt = points.x[: m.now + 1], train.x[: int(np.searchsorted(train.rows, points.rows[m.now], "right"))]
    now, best = rolling.median(held[-3:]), rolling.median(learnt[-3:])
    evidence = {"eval": now, "train": best, "ratio": now / best, "kept": now / float(held[0])}
    return Words(
        f"{of_evaluation(points.kind)} 没跟着训练降",
        f"训练 {num(float(learnt[0]))}→{num(best)}，评估 {num(float(held[0]))}→{num(float(held[-1]))}",
        "先核对两边数据与预处理是否同口径；属实再加数据、增广或减小模型",
        "很可能",
        evidence,
    )


@dataclass(frozen=True)
class EvalLeak(CausalDiagnosis):
    """Eval is less than half of train for the same quantity: dropout and augmentation give 0.6 to 0.95.

    Strong noise that is put on training alone gives less: where the config states it, info; so it is where a score of
    the same evaluations is mediocre, for what leaks is known by heart, and where eval had stood above train. So
    does a scale (class weights, a sum for a mean); it is there before anything has been learnt, while leaked data can
    only help once something has, and is reported as that. A loss that no model earns so soon needs nothing beside it:
    text at less than a tenth of a nat, an evaluation at nothing after a pass or two.
    """

    id = "eval-leak"
    title = "评估好得不正常"
    severity = Severity.WARNING
    meaning = "评估 loss 不到训练的一半，或 loss 早早低到不合常理：先查口径，再查数据重叠与标签泄漏。"
    clears = "评估 loss 回到与训练接近，连续几次评估如此"
    mistaken_for = "训练端有 dropout、mixup 等强增广，或训练 loss 多算了几项"
    impact = Impact.IN_DOUBT

    ratio: Times = 0.5  # eval over train: dropout and augmentation give 0.6 to 0.95
    evals: Evals = 3  # in a row, and before the first that is judged
    clear_ratio: Times = 0.6  # eval over train
    # times the ratio of the first eval: it narrows. What leaks is learnt, so that it widens; a mean over an epoch in
    # which a loss falls fast, or regularisation, does the contrary
    narrowed: Times = 1.5
    risen: Times = 1.5  # times its own lowest level: training has become harder, by augmentation that set in, say
    # of its first record: a train loss above that, three evals on, has learnt next to nothing
    learnt_share: Share = 0.7
    apart: Times = 1.0  # eval over train, at so many in a row: what is learnt did not hold for it, so it is not known
    mediocre: Share = 0.15  # of the same evaluations is wrong: what had been seen in training would be known
    noise_errors: Sigmas = 2.0  # standard errors of three evaluations, by which they are less than half
    scatter_evals: Evals = 40  # of which one's noise is known
    stray_share: Share = 0.05  # of all evaluations, that stand above training, where the others stand below half
    min_dropout: Share = 0.2  # from here on dropout alone may halve a loss
    harder_share: Share = 0.05  # of all samples training gets less right than evaluation: it is made harder

    def use(self, result: Result) -> str | None:
        return "评估存疑，还不能判断" if result.of_eval else "loss 存疑，还不能判断"

    def tracks(self, view: View) -> Iterable[Track]:
        sooner = list(too_good(view))
        yield from sooner
        points = view.role("eval_loss")
        if points is None:
            return
        partners = self._partners(view, points)
        if partners:
            told = self._track(view, points, partners)
            for other in sooner:  # one sentence of one evaluation
                told = replace(told, firing=told.firing & ~other.firing) if other.metrics[0] == points.key else told
            yield told

    def _partners(self, view: View, points: Points) -> list[Points]:
        """Train columns of the same quantity. A total with parts beside it (KL, OT) may hold more than eval does:
        then the parts are compared too, and the smallest decides."""
        if len(points) < 3:
            return []
        known = int(points.rows[2])
        keys = [k for k in view.keys("loss", "l1") if int(view.history.columns[k].rows[0]) <= known]
        same = [k for k in keys if are_pair(view, k, points)]
        mixed = any(int(view.history.columns[k].rows[0]) <= known for k in view.keys("kl", "ot_loss"))
        return [view.column(k) for k in (keys if same and mixed else same)]

    def _track(self, view: View, points: Points, partners: list[Points]) -> Track:
        lowest, last = np.full(len(points), np.inf), np.full(len(points), np.inf)
        for train in partners:
            # A falling loss is ahead of the median of its last nine records.
            at = view.latest(points, train)
            last = np.fmin(last, rolling.take_or(train.x, at, np.nan))
            level = np.fmin(train.median_at(at, 9), train.median_at(at, 3))
            # What leaks makes an eval better, no train loss worse: one that has risen is compared as it was.
            reached = rolling.running_min(level)
            lowest = np.fmin(lowest, np.where(level > self.risen * reached, reached, level))
        with np.errstate(all="ignore"):
            ratio = np.where((lowest > 0) & np.isfinite(lowest) & (points.x >= 0), points.x / lowest, np.nan)
        # After a change of stage the train loss jumps at once; an eval that is smoothed or rare follows later.
        comparable = (np.arange(len(points)) >= self.evals) & ~near_scheduled_change(
            view, points, 4 * self.evals, ("stage", "batch_size")
        )
        sums = summed(view, points)
        if sums is not None:  # scale-mismatch says so
            comparable &= np.isnan(sums.factor)
        first = ratio[np.minimum(np.argmax(np.isfinite(ratio)), len(ratio) - 1)] if len(ratio) else np.nan
        comparable &= ~(rolling.rolling_median(ratio, 3) > self.narrowed * first)
        # As long as noise alone may have it: where one evaluation lies at twice another, half of training is nothing.
        logs = rolling.carried(np.log(np.where(ratio > 0, ratio, np.nan)))
        scatter = self.noise_errors * rolling.filled(rolling.noise(logs, self.scatter_evals), 0.0)
        middle = rolling.rolling_median(ratio, self.evals)
        certain = middle * np.exp(scatter / np.sqrt(self.evals)) < self.ratio
        # Nor is what stands above training again and again: of what leaks no evaluation would.
        above = np.cumsum((ratio > self.apart) & (np.arange(len(points)) >= self.evals))
        strays = (above >= self.evals) & (above >= self.stray_share * np.arange(1, len(points) + 1))
        firing = rolling.sustained((ratio < self.ratio) & comparable, self.evals) & certain & ~strays
        scaled = self._scaled(view, points, partners[0], ratio)
        noisy, harder = self._noise_in_training(view), self._harder(view, points)
        wrong, score = self._wrong(view, points)
        poor = wrong > self.mediocre
        # What had been seen in training would never have stood above it, evaluation after evaluation.
        unseen = np.logical_or.accumulate(rolling.sustained(points.x > self.apart * last, self.evals))
        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(ratio > self.clear_ratio, self.evals) | strays,
            severity=lambda: np.where(poor | unseen | harder | bool(noisy), Severity.INFO, Severity.WARNING).astype(
                np.int64
            ),
            metrics=(partners[0].key,),
            onset=lambda j: j - self.evals + 1,
            words=lambda m: self._words(
                points,
                ratio,
                scaled,
                noisy or ("dropout 或增广" if harder[m.now] else ""),
                score if wrong[m.now] > self.mediocre else None,
                m,
            ),
        )

    def _harder(self, view: View, points: Points) -> Bools:
        """(n,) training gets less right than the evaluation does: it sees noise that the evaluation does not, while of
        what leaks both would know the same."""
        out = np.zeros(len(points), dtype=bool)
        for score in (s for s in judges(view) if of_outputs(s) and s.kind.group == "eval"):
            own = [k for k in view.roles.kinds if view.roles.kinds[k].group == "train" and same_quantity(k, score.key)]
            for train in map(view.column, own):
                level = rolling.rolling_median(train.x, 9, least=3) / as_rate(train)
                held = rolling.rolling_median(score.x, self.evals) / as_rate(score)
                now = rolling.take_or(level, view.latest(points, train), np.nan)
                with np.errstate(invalid="ignore"):
                    out |= now < rolling.take_or(held, view.latest(points, score), np.nan) - self.harder_share
        return out

    def _wrong(self, view: View, points: Points) -> tuple[Floats, Points | None]:
        """(n,) what share of the same evaluations is wrong, by the score beside their loss; NaN where none is known."""
        score = next((s for s in judges(view) if of_outputs(s) or {"wer", "cer"} & set(words(s.key))), None)
        if score is None or not len(score):
            return np.full(len(points), np.nan), None
        share = score.x / as_rate(score)
        level = rolling.rolling_median(share if lower_is_better(score) else 1 - share, self.evals)
        return rolling.take_or(level, view.latest(points, score), np.nan), score

    def _scaled(self, view: View, points: Points, train: Points, ratio: Floats) -> bool:
        """Low from the first three evals on, while training stood where it began. Learnt weights begin anywhere."""
        known = train.x[: int(np.searchsorted(train.rows, points.rows[2], side="right"))]
        if view.facts.pretrained or not len(known) or not bool((ratio[:3] < self.ratio).all()):
            return False
        return rolling.median(known[-3:]) > self.learnt_share * float(known[0])

    def _noise_in_training(self, view: View) -> str:
        """What the config puts on training alone; empty when nothing that would halve a loss."""
        facts = view.facts
        if facts.number("dropout", "dropout_rate", "drop_rate", "hidden_dropout", least=self.min_dropout) is not None:
            return "dropout"
        for name in ("mixup", "mixup_alpha", "cutmix", "cutmix_alpha"):
            if facts.value(name) is True or (facts.number(name, least=0) or 0) > 0:
                return "mixup/cutmix"
        if facts.number("label_smoothing", "smoothing", "label_smoothing_factor", least=0.05) is not None:
            return "label smoothing"
        return ""

    def _words(
        self, points: Points, ratio: Floats, scaled: bool, noisy: str, mediocre: Points | None, m: Moment
    ) -> Words:
        evidence = {"ratio": float(ratio[m.now]), "eval": float(points.x[m.now])}
        name = of_evaluation(points.kind)
        if m.over:
            return Words(f"{name} 与训练已接近", f"现为训练的 {pct(float(ratio[m.now]))}", "", "确定", evidence)
        said = f"{name} {num(float(points.x[m.now]))}"
        if np.isfinite(ratio[m.now]):  # of a train loss of 0 there is none
            said += f"，只有训练的 {pct(float(ratio[m.now]))}"
        if scaled:
            return Words(
                f"{name} 与训练口径不同",
                f"{said}，一开始就是这样，多半是口径不同",
                "核对类别权重、求和还是取平均；比较时勿直接相除",
                "很可能",
                evidence,
            )
        if noisy:
            return Words(
                f"{name} 远低于训练",
                f"{said}；训练端有 {noisy}，多半由此而来",
                "要确认可在训练集上用 eval 模式测一次",
                "仅提示",
                evidence,
            )
        if mediocre is not None:
            beside = f"{of_score(mediocre.kind)[:10]} {num(float(mediocre.recent(int(points.rows[m.now]), 1)[0]))}"
            return Words(
                f"{name} 远低于训练",
                f"{said}；但 {beside} 并不好，多半是口径不同",
                "核对求和还是取平均、训练端有无增广；比较时勿直接相除",
                "仅提示",
                evidence,
            )
        return Words(
            f"{name} 好得不正常", said, "先核对两者口径（增广、dropout、KL 项），再排查数据重叠", "仅提示", evidence
        )
