"""Whether it learns at all: a loss that stands where it began, a score that stays 0, a return that never rises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.order_statistics import expected_max_z
from analysis.arrays.trend import trend
from analysis.arrays.unfallen import repeated, still, unfallen
from analysis.arrays.unrisen import WINDOW, Unrisen, unrisen
from analysis.columns.captions import in_title, of_evaluation, titled
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import SUCCESS
from analysis.figures import num, pct, ran
from analysis.model import Bools, Certainty, Finding, Floats, Ints, Severity, Words
from analysis.scan.begun import begun_before
from analysis.scan.blank_answers import BlankAnswer, blank_answer
from analysis.scan.carried_over import carried_over
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.eval_moves import eval_moves
from analysis.scan.impact import Impact, Result
from analysis.scan.judges import WORTH, as_rate, counted_std, measures_task, of_expert, of_returns, task_error
from analysis.scan.partners import between, train_partner
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Level, Ln, Nats, PlanShare, Records, Share, Sigmas, Steps, Times
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering

# Rates of what is found or done, 0 where nothing is. Accuracy is none: chance is 1e-3 of a thousand classes; nor are
# exact matches and the like, which a language model may reach late and at once.
FROM_ZERO = SUCCESS | {"coco", "map", "ap", "iou", "miou", "dice", "recall", "precision", "f1"}
MOST_ERRORS = 3.0  # of a rate of errors: above it it is in per cent; insertions carry a share past 1
TAKES_OFF = 2.0  # times the stretch before
POOREST = 0.01  # of a rate: what is called near 0
CHANCE_OF_WORDS = 10.3  # nats: ln of the 30,000 words of the smallest vocabularies in use
RECENT = 3  # evaluations that say where a rate stands
MOST_ACTIONS, NEAR_LN = 64, 3e-3  # above it the ln of one number is near that of the next
LITTLE_TEMPERATURE = 0.05  # of the first one: a soft actor-critic explores no more by itself


def _choices(entropy: Points) -> float:
    """Among how many actions an agent chooses, if it began as likely to take one as any other; else NaN."""
    n = round(float(np.exp(np.clip(entropy.x[0], 0.0, np.log(MOST_ACTIONS)))))
    return float(n) if n >= 2 and abs(entropy.x[0] - np.log(n)) < NEAR_LN * np.log(n) else np.nan


@dataclass(frozen=True)
class NoLearning(CausalDiagnosis):
    """The loss stands where it began. Ten per cent is below any run that learns, by the time it is judged.

    From scratch that is a fault; fine-tuning, DPO and GRPO begin near their floor, so there it is info. Beside a KL
    term the total may fall with that alone: there the reconstruction is judged. A rate that never left 0 and a return
    that never rose are the same finding, of an evaluation; so is, as a note, its loss while that of training falls.
    """

    id = "no-learning"
    title = "从头就没学动"
    severity = Severity.CRITICAL
    meaning = "跑了一段时间，loss、成功率或 return 仍和开始时差不多：模型没学到东西。"
    clears = "loss 明显低于起点，或 return 升出波动范围、得分不再为 0"
    mistaken_for = "微调、DPO 起点就接近下限，loss 降得少不等于没学；有的任务开窍晚"
    impact = Impact.UNUSABLE
    explained_by = (
        "lr-zero", "grad-vanish", "masked-nan", "success-zero", "at-chance", "eval-regress", "overfit",
        "policy-collapse",
    )  # fmt: skip
    wastes_time = True
    doubts_as_note = True

    settled_progress: PlanShare = 0.12  # before a loss is judged
    settled_points: Records = 60  # the same where planned steps are unknown
    warmup_multiple: Times = 1.3  # times the lr warm-up
    min_points: Records = 20  # in any case
    unplanned_points: Records = 300  # where no plan tells how far the run is
    early_min_points: Records = 12  # enough past `early_progress`, where nothing at all has moved, by size and by trend
    early_progress: PlanShare = 0.5  # of planned steps
    early_max_fall: Ln = 0.02  # less than this is nothing at all
    untouched_points: Records = 100  # of a language model that has not even learnt which words are frequent
    untouched_steps: Steps = 400  # the same of fewer records
    untouched_fall: Ln = 0.003  # of them, up or down: a thirtieth of a nat
    min_fall: Ln = 0.1  # less than this between the first 4 and the last 10 points
    start_fall: Ln = 0.5  # one of the first 4 points stood this far above: it has learnt
    slow_min_fall: Ln = 0.04  # a fall of this much counts where it is `noise_multiple` times the noise of one record
    noise_multiple: Times = 3.0  # times the noise of one record
    clear_fall: Ln = 0.2  # below the start: it learns
    hold: Records = 5  # in a row
    zero_progress: PlanShare = 1 / 3  # before a rate that never left 0 is reported: detectors find something in 5 %
    zero_evals: Evals = 10  # in any case
    error_progress: PlanShare = 0.5  # before a rate of errors is judged
    offline_progress: PlanShare = 0.1  # of an agent that explores nothing
    max_little: Share = 0.02  # of what an expert has, or of all tries, at best
    poor_progress: PlanShare = 0.5  # before what is found in pictures is
    max_zero_rate: Level = 1e-3  # of a rate, or of a per cent
    lucky_window: Records = 20  # of a rate that is not 0, in a stretch
    score_progress: PlanShare = 0.25  # before a return is judged
    score_evals: Evals = 40  # in any case, and where planned steps are unknown
    reward_records: Records = 200  # of rollouts in training by then: one noisy batch each
    half_progress: PlanShare = (
        0.5  # the same of fewer, of learnt weights, which are not late to find their first reward
    )
    half_records: Records = 50  # of rollouts in training
    mostly_progress: PlanShare = 2 / 3  # what has not risen by now is reported from fewer records
    mostly_records: Records = 25  # of rollouts in training
    unplanned_records: Records = 40  # of them where planned steps are unknown: a note, nobody knows how early this is
    late_progress: PlanShare = 0.75  # what has not risen by now is reported from fewer
    late_evals: Evals = 18  # evals
    ceiling: Share = 0.9  # of all that a score can be: no room is left above it
    still_kl: Nats = 1e-6  # of every update so far; those of healthy agents are 1e-4 to 1e-2
    still_entropy: Share = NEAR_LN  # of the first entropy, or of a nat, that it has moved by at most
    risen_sigmas: Sigmas = 3.0  # beyond the expected maximum: it has risen
    z_threshold: Sigmas = 1.64  # Mann-Kendall z of a rise or a fall, one-sided 5 %
    certain_z: Sigmas = 3.0  # the same of a fall that is certain, however often it is looked at

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        if finding.severity > Severity.INFO:
            return self.impact
        return Impact.IN_DOUBT if finding.words.evidence.get("carries_over") is False else Impact.NONE

    def use(self, result: Result) -> str | None:
        return "评估没有提升，还不能判断" if result.finding.severity <= Severity.INFO else None

    def tracks(self, view: View) -> Iterable[Track]:
        points, score, reward = self._judged(view), view.role("eval_score"), view.role("reward")
        if points is not None and not begun_before(view, points):
            yield self._track(view, points)
        if score is not None and of_returns(score):
            if not begun_before(view, score):
                yield self._return_track(view, score, self._score_eligible(view, score))
        elif score is not None and (of_expert(score) or taken_apart(score.key).stems & FROM_ZERO):
            yield self._zero_track(view, score)
        held_out = view.role("eval_loss")
        if held_out is not None and not measures_task(held_out.key) and not begun_before(view, held_out):
            train = train_partner(view, held_out)
            if train is not None and len(train):
                yield self._held_out_track(view, held_out, train)
        error = task_error(view) or view.role("eval_loss")
        if error is not None and {"wer", "cer"} & set(words(error.key)):
            yield self._error_track(view, error)
        if score is not None and reward is not None and score.kind.group == "eval" and not of_returns(score):
            yield self._hacked_track(view, score, reward)
        update, entropy = view.role("approx_kl"), view.role("entropy")
        if update is not None and entropy is not None and len(update) and len(entropy):
            yield self._still_track(view, update, entropy)
        elif entropy is not None and len(entropy):
            yield self._uniform_track(view, entropy)
        if reward is not None and not begun_before(view, reward):
            yield self._return_track(view, reward, self._reward_eligible(view, reward, score))

    def _judged(self, view: View) -> Points | None:
        """The reconstruction where a KL term is beside it from the start: a total falls when KL alone does."""
        kl, loss = view.role("kl"), view.role("loss")
        if kl is None or loss is None or not view.logged_by_third_point(kl.key, loss):
            return loss
        return view.prefer("component", "loss")

    def _score_eligible(self, view: View, score: Points) -> Bools:
        """Evaluations of an agent: enough of them, fewer where most of the plan is over."""
        index = np.arange(len(score))
        eligible = view.past(score, self.score_progress, self.score_evals) & (index >= self.score_evals)
        return eligible | (view.progress(score) > self.late_progress) & (index >= self.late_evals)

    def _reward_eligible(self, view: View, reward: Points, score: Points | None) -> Bools:
        """An agent's reward in training, where evals are too few to say it: of many records after a quarter of the
        plan, of few once most of it is over.
        """
        done, index = view.progress(reward), np.arange(len(reward))
        eligible = (done > self.score_progress) & (index >= self.reward_records)
        eligible |= (done > self.mostly_progress) & (index >= self.mostly_records)
        learnt = view.facts.pretrained | answering(view, reward)
        eligible |= learnt & (done > self.half_progress) & (index >= self.half_records)
        eligible |= np.isnan(done) & (index >= self.unplanned_records)
        if score is not None:
            eligible &= view.latest(reward, score) < self.zero_evals
        return eligible & view.is_family(reward, Family.RL)

    def _hacked_track(self, view: View, score: Points, reward: Points) -> Track:
        """The reward of answers has risen, and what they are meant to do has not, though there is room above it."""
        of, at = score.unrisen, view.latest(score, reward)
        earns = rolling.take_or(reward.gain.risen, at, False) & answering(view, score)
        room = rolling.running_max(score.x) < self.ceiling * as_rate(score)
        return track(
            score,
            firing=rolling.sustained(of.flat, self.hold) & earns & room,
            clearing=of.risen,
            onset=lambda j: min(2, j),
            severity=Severity.INFO,
            metrics=(reward.key,),
            words=lambda m: self._hacked_words(score, reward, of, m),
        )

    def _hacked_words(self, score: Points, reward: Points, of: Unrisen, m: Moment) -> Words:
        start, now, called = of.start, float(of.level[m.now]), in_title(score.kind)
        evidence = {"first": start, "now": now, "evals": m.now + 1, "carries_over": m.over}
        if m.over:
            return Words(titled(called, " 已开始上升"), f"{num(start)}→{num(now)}", "", "确定", evidence)
        begun = rolling.median(reward.x[:WINDOW])
        stands = rolling.median(reward.recent(int(score.rows[m.now]), WINDOW))
        return Words(
            titled(called, " 没随 reward 涨"),
            f"{m.now + 1} 次评估 {num(start)}→{num(now)}，都在波动范围内；reward {num(begun)}→{num(stands)}",
            "抽查高分回答是否钻了 reward 的空子，以评估选 ckpt",
            "很可能",
            evidence,
        )

    def _still_track(self, view: View, update: Points, entropy: Points) -> Track:
        """An agent whose updates change nothing, from the first on, nor does its entropy: of a single pass over a batch
        the KL is that before the step, so one of the two alone says little.
        """
        size = rolling.running_max(np.abs(update.x))
        first = rolling.running_max(entropy.x) - rolling.running_min(entropy.x)
        moved = first > self.still_entropy * np.maximum(np.abs(entropy.x[0]), 1.0)
        still = (size < self.still_kl) & ~rolling.take_or(np.asarray(moved), view.latest(update, entropy), True)
        firing = rolling.sustained(still, self.min_points) & view.is_family(update, Family.RL)
        firing &= view.past_warmup(update) & ~answering(view, update)
        return track(
            update,
            firing=firing,
            # One lucky batch among dozens is not yet an agent that learns.
            clearing=lambda: rolling.sustained(update.median(self.min_points) > self.still_kl, self.min_points),
            severity=Severity.WARNING,
            metrics=(entropy.key,),
            onset=lambda j: 0,
            words=lambda m: self._still_words(update, entropy, m),
        )

    def _still_words(self, update: Points, entropy: Points, m: Moment) -> Words:
        now, beside = float(update.x[m.now]), entropy.value(int(update.rows[m.now]))
        evidence = {"approx_kl": now, "entropy": beside, "records": m.now + 1}
        if m.over:
            return Words("策略已开始更新", f"approx_kl 现为 {num(now)}", "", "确定", evidence)
        size = np.abs(update.x[: m.now + 1])
        small, n = int(np.count_nonzero(size < self.still_kl)), m.now + 1
        said = f"{n} 次更新 approx_kl 都不到 {num(self.still_kl)}，策略熵也没变"
        if small < n:
            said = f"{n} 次更新里 {small} 次 approx_kl 不到 {num(self.still_kl)}，现 {num(now)}"
        return Words(
            "策略几乎没有更新",
            said,
            "查 lr 实际值、优化器里的参数与 advantage 是否为 0",
            "很可能",
            evidence,
        )

    def _uniform_track(self, view: View, entropy: Points) -> Track:
        """An agent to which all actions are alike, from the first record on: its entropy is the ln of their number."""
        most = np.log(_choices(entropy))
        alike = np.abs(entropy.x - most) < self.still_entropy * most
        uniform = rolling.sustained(np.logical_and.accumulate(alike), self.min_points)
        uniform &= view.past(entropy, self.score_progress, self.score_evals) & view.is_family(entropy, Family.RL)
        late = view.progress(entropy) > self.mostly_progress
        return track(
            entropy,
            firing=uniform & view.past_warmup(entropy) & ~answering(view, entropy),
            clearing=lambda: rolling.sustained(
                ~(np.abs(entropy.x - most) < self.still_entropy * most), self.min_points
            ),
            severity=lambda: np.where(late, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: 0,
            words=lambda m: self._uniform_words(entropy, m),
        )

    def _uniform_words(self, entropy: Points, m: Moment) -> Words:
        now, n = float(entropy.x[m.now]), _choices(entropy)
        evidence = {"entropy": now, "actions": n, "records": m.now + 1}
        if m.over:
            return Words("策略已不再是均匀随机", f"策略熵现为 {num(now)}", "", "确定", evidence)
        return Words(
            "策略仍是均匀随机",
            f"{m.now + 1} 次记录策略熵都是 {num(now)}，即 ln {n:.0f}：{n:.0f} 个动作等概率",
            "先看 reward 是否太稀疏，再查 lr 与 advantage 是否为 0",
            "很可能",
            evidence,
        )

    def _return_track(self, view: View, score: Points, eligible: Bools) -> Track:
        """An agent's return that has never left the level of its first records.

        Not for rates (success, accuracy): one that is flat may be flat at its ceiling.
        """
        of, done = score.unrisen, view.progress(score)
        # Of single tries, which succeed or do not, a median is one or the other.
        firing = rolling.sustained(of.flat, self.hold) & eligible & ~eval_noise.one_try(score.x)
        # The very same penalty in every episode: the goal was never reached. A reward may be at its ceiling instead.
        floor = rolling.sustained(of.constant & (score.x < 0), self.mostly_records)
        firing |= floor & (done > self.mostly_progress)
        # Without a plan single episodes scatter so much that hundreds of them hide a slow start.
        early = np.isnan(done) & (score.kind.group != "eval")
        answers = answering(view, score)
        note = early | view.facts.pretrained | answers
        if (pair := carried_over(view, score)) is not None:  # it does learn: gen-gap says what does not carry over
            note |= np.isfinite(pair.learnt)
        return track(
            score,
            firing=firing,
            clearing=of.risen,
            onset=lambda j: 0,
            severity=lambda: np.where(note, Severity.INFO, Severity.WARNING).astype(np.int64),
            words=lambda m: self._return_words(score, of, bool(answers[m.now]), m),
        )

    def _return_words(self, score: Points, of: Unrisen, answers: bool, m: Moment) -> Words:
        start, now, called = of.start, float(of.level[m.now]), in_title(score.kind)
        evidence = {"first": start, "now": now, "evals": m.now + 1}
        if m.over:
            return Words(f"{called} 已开始上升", f"{num(start)}→{num(now)}", "", "确定", evidence)
        counted = "评估" if score.kind.group == "eval" else "记录"
        said = f"，{num(start)}→{num(now)}，最好的一段也在波动范围内"
        if of.constant[m.now]:
            said = f"恒为 {num(now)}：像是每个回合都没达到目标"
        return Words(
            f"{called} 一直没涨",
            f"{m.now + 1} 次{counted}{said}",
            "先核对 reward 函数与答案解析，再看题目难度" if answers else "先核对 reward 设置、探索与观测归一化",
            "很可能",
            evidence,
        )

    def _held_out_track(self, view: View, points: Points, train: Points) -> Track:
        """The loss of an evaluation that has never been lower than at first, while that of training falls: what is
        learnt does not carry over. A note, for a good start may be all that there is to be had.
        """
        of, now = unrisen(-points.x), between(view, points, train, train.log)
        known = now[np.minimum(np.argmax(np.isfinite(now)), len(now) - 1)] if len(now) else np.nan
        fell = rolling.running_max(rolling.filled(known - now)) > self.min_fall
        firing = rolling.sustained(of.flat, self.hold) & fell & view.past(points, self.score_progress, self.score_evals)
        firing &= ~view.is_family(points, Family.RL, Family.GAN, Family.DIFFUSION)
        return track(
            points,
            firing=firing,
            clearing=of.risen,
            onset=lambda j: min(2, j),
            severity=Severity.INFO,
            metrics=(train.key,),
            words=lambda m: self._held_out_words(view, points, of, train, m),
        )

    def _held_out_words(self, view: View, points: Points, of: Unrisen, train: Points, m: Moment) -> Words:
        start, now, called = -of.start, -float(of.level[m.now]), of_evaluation(points.kind)
        evidence = {"first": start, "now": now, "evals": m.now + 1, "carries_over": m.over}
        if m.over:
            return Words(f"{called} 已开始下降", f"{num(start)}→{num(now)}", "", "确定", evidence)
        begun, stands = float(train.x[0]), rolling.median(train.recent(int(points.rows[m.now]), WINDOW))
        return Words(
            f"{called} 一直没降",
            f"{m.now + 1} 次评估 {num(start)}→{num(now)}，都在波动范围内；训练 {num(begun)}→{num(stands)}",
            "先核对评估集与训练集是否同分布；属实再加数据",
            "仅提示",
            evidence,
        )

    def _zero_track(self, view: View, score: Points) -> Track:
        """A rate that never left 0, whatever the losses do. Info of an agent: a rare reward is found late; a warning
        where it succeeds now and then from the first record on, by luck, and never learns to do so more often.
        """
        high = rolling.running_max(score.x)
        agent = view.is_family(score, Family.RL)
        seen = cache(lambda: self._lucky(view, score))
        lucky = seen()[0] if agent.any() else np.zeros(len(score), dtype=bool)
        eligible = view.past(score, self.zero_progress, self.score_evals) & (
            np.arange(len(score)) >= self.zero_evals - 1
        )
        none = (high <= self.max_zero_rate) & (rolling.running_min(score.x) >= 0)
        from_zero = bool(taken_apart(score.key).stems & FROM_ZERO)
        little = self._little(view, score)
        share = score.x / np.where(high > 1, 100.0, 1.0)
        poor = self._poor(view, score, share)

        def over() -> Bools:
            # A detector that finds one box in a hundred has not begun to work: it is over once something does. An
            # agent's rate may rise above its luck earlier.
            works = rolling.sustained(rolling.rolling_median(share, RECENT, least=RECENT) > WORTH, self.hold)
            works &= ~np.maximum.accumulate(lucky)  # three lucky records in a row are no more than luck
            return np.asarray(works | (agent & ~none & seen()[1] & ~lucky))

        return track(
            score,
            firing=(none & eligible & from_zero) | lucky | little | poor,
            clearing=over,
            severity=lambda: np.where(agent & ~lucky & ~little, Severity.INFO, Severity.WARNING).astype(np.int64),
            onset=lambda j: 0,
            words=lambda m: self._zero_words(
                view, score, seen()[2] if lucky[m.raised] else high, bool(lucky[m.raised]), m
            ),
        )

    def _little(self, view: View, score: Points) -> Bools:
        """(n,) an agent that explores nothing is worth next to nothing, evaluation after evaluation."""
        stretch = rolling.rolling_mean(score.x / as_rate(score), self.zero_evals, least=self.zero_evals)
        best = rolling.running_max(stretch)
        far = view.progress(score) >= self.offline_progress
        return np.asarray(view.facts.offline & far & (best < self.max_little) & view.is_family(score, Family.RL))

    def _poor(self, view: View, score: Points, share: Floats) -> Bools:
        """(n,) what is found in pictures is less than one in ten at best, half of the plan is over, and it has come to
        rest there. Not of a recommender, for which that is much: a loss of boxes, or an overlap, says what it is."""
        boxes = {"box", "bbox", "dfl", "giou", "objectness", "obj"}
        detects = any(
            taken_apart(k).stems & boxes and view.logged_by_third_point(k, score) for k in view.roles.kinds
        ) or bool(taken_apart(score.key).stems & {"iou", "miou", "dice"})
        best = rolling.running_max(rolling.rolling_median(share, RECENT, least=RECENT))
        enough = np.arange(len(score)) >= 2 * self.zero_evals - 1
        asked = enough & (best < WORTH) & view.past(score, self.poor_progress, 3 * self.zero_evals)
        asked &= detects & ~view.is_family(score, Family.RL)
        out = np.zeros(len(score))
        looked = rolling.log_spaced(len(score))
        for j in np.flatnonzero(looked & asked).tolist():
            part = share[(j + 1) // 2 : j + 1]
            out[j] = trend(part).below(self.z_threshold)
        return asked & (rolling.carried(np.where(looked, out, np.nan)) > 0)

    def _lucky(self, view: View, score: Points) -> tuple[Bools, Bools, Floats]:
        """(n,) each: an agent's rate of success that is no better than what its first records had by chance; one that
        has been better for a whole stretch, or worth something; the best stretch so far."""
        w = self.lucky_window
        stretch = rolling.rolling_mean(score.x, w, least=w)
        best = rolling.filled(rolling.running_max(stretch))
        start = stretch[w - 1] if len(stretch) >= w else np.nan
        luck = expected_max_z(np.arange(2, len(score) + 2)) + self.risen_sigmas
        sigma = np.maximum(rolling.noise(score.x, 60), rolling.rolling_mad(score.x, 60)) / np.sqrt(w)
        sigma = np.maximum(sigma, counted_std(view, score) / np.sqrt(w))
        worth = WORTH * as_rate(score)
        risen = (start > worth) | (best - start > luck * sigma)  # the former may be flat at its ceiling
        due = view.past(score, self.zero_progress, self.unplanned_points) & (np.arange(len(score)) >= 2 * w)
        succeeds = bool(taken_apart(score.key).stems & SUCCESS) & (rolling.running_max(score.x) > self.max_zero_rate)
        # What is left of the plan does not make much of a rate below a tenth, unless it is just taking off.
        poor = (view.progress(score) > self.mostly_progress) & (best < worth)
        poor &= stretch < TAKES_OFF * rolling.before(stretch, w)
        lucky = due & (~risen | poor) & succeeds & view.is_family(score, Family.RL)
        # A quiet hour does not make a lucky stretch of a louder one before it any more certain.
        loudest = rolling.running_max(rolling.filled(sigma))
        better = rolling.sustained((start > worth) | (stretch - start > luck * loudest), w)
        return rolling.sustained(lucky, self.hold), better | (len(score) < w), best

    def _error_track(self, view: View, error: Points) -> Track:
        """Nine words in ten are wrong from the first evaluation on, half of the plan through: it recognises nothing."""
        right = 1 - error.x / np.where(rolling.running_max(error.x) > MOST_ERRORS, 100.0, 1.0)
        level = rolling.rolling_median(right, RECENT, least=RECENT)
        best = rolling.running_max(level)
        enough = np.arange(len(error)) >= self.zero_evals - 1
        eligible = enough & view.past(error, self.error_progress, 2 * self.zero_evals)
        return track(
            error,
            firing=(best < WORTH) & eligible,
            clearing=lambda: rolling.sustained(level > 2 * WORTH, self.hold),
            severity=Severity.WARNING,
            onset=lambda j: 0,
            words=lambda m: self._error_words(view, error, m),
        )

    def _error_words(self, view: View, error: Points, m: Moment) -> Words:
        called, now = in_title(error.kind), float(error.x[m.now])
        best = float(np.min(error.x[: m.now + 1]))
        evidence = {"best": best, "now": now, "evals": m.now + 1}
        if m.over:
            return Words(f"{called} 已有起色", f"现 {num(now)}", "", "确定", evidence)
        return Words(
            f"{called} 一直没降下来",
            f"{_done(view, error, m)}，{m.now + 1} 次评估最低 {num(best)}，现 {num(now)}：几乎全错",
            "先核对 lr、语言与 tokenizer；微调先与未调的模型比",
            "很可能",
            evidence,
        )

    def _zero_words(self, view: View, score: Points, high: Floats, by_luck: bool, m: Moment) -> Words:
        called, best = in_title(score.kind), float(high[m.now])
        evidence = {"best": best, "evals": m.now + 1}
        if m.over:
            now = "已开始上升" if by_luck else "已有起色"
            return Words(f"{called} {now}", f"现 {num(float(score.x[m.now]))}", "", "确定", evidence)
        if by_luck:
            return Words(
                f"{called} 一直没涨",
                f"{_done(view, score, m)}，最好的一段也只有 {pct(best)}，与开头的偶然成功相差无几",
                self._lucky_advice(view, int(score.rows[m.now])),
                "很可能",
                evidence,
            )
        if best > self.max_zero_rate:
            offline = view.facts.offline
            return Words(
                f"{called} {'一直很低' if best > POOREST else '仍接近 0'}",
                f"{_done(view, score, m)}，{m.now + 1} 次评估最高 {num(best)}，现 {num(float(score.x[m.now]))}",
                "先核对 reward 是否要平移或归一化，再看数据"
                if offline
                else "先核对标签与输入对齐、输出归一化与评估口径",
                "很可能",
                evidence,
            )
        top = f"最高 {num(best)}" if best > 0 else "全为 0"
        return Words(
            f"{called} 一直为 0",
            f"{_done(view, score, m)}，{m.now + 1} 次评估{top}",
            "先核对标签与输入对齐、输出归一化与评估口径",
            "很可能",
            evidence,
        )

    def _lucky_advice(self, view: View, row: int) -> str:
        coef = view.role("temperature")
        if coef is not None and len(part := coef.recent(row, 1)) and part[0] < LITTLE_TEMPERATURE * coef.x[0]:
            return f"温度已降到 {num(float(part[0]))}，先改成固定的 ent_coef 再试"
        return "先核对 reward 与目标是否可达，再看探索和观测"

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        start = rolling.median(x[:4]) if len(x) >= 4 else np.nan
        now = rolling.rolling_median(x, 10, least=10)
        # A noisy loss hides a slow fall: the lowest median so far must not have left the start either.
        # A slow fall that noise cannot explain is learning too.
        fallen = start - rolling.running_min(np.where(np.isnan(now), np.inf, now))
        flat = (fallen < self.min_fall) & (fallen < np.maximum(self.slow_min_fall, self.noise_multiple * points.noise))
        flat &= now - start < 3 * self.min_fall
        # A run that is logged rarely may have come down before its second record.
        from_first = (np.max(x[:4]) if len(x) else np.nan) - now
        flat &= from_first < self.start_fall
        # So may one that is logged once an epoch; one that stands at chance since then does not go on falling.
        goes_on = fallen > np.maximum(self.early_max_fall, self.noise_multiple * points.noise)
        flat &= ~(goes_on & (from_first > self.min_fall))
        index = np.arange(len(x))
        if flat.any():
            flat &= self._eligible(view, points, fallen) & ~eval_moves(view, points)
            flat = self._unfallen(points, flat)
        firing = rolling.sustained(flat, self.hold)
        blank = blank_answer(view, points)
        as_blank = np.isfinite(blank.value) if blank is not None else np.zeros(len(x), dtype=bool)
        period = repeated(points.x)
        again = (period > 0) & ~view.is_family(points, Family.RL)

        def rated() -> Ints:
            learnt = view.is_family(points, Family.SFT, Family.VLA, Family.PREFERENCE) | view.facts.pretrained
            # Without a plan nobody knows how little a record is: where each batch is logged, a hundred are a start.
            early = np.isnan(view.progress(points)) & (index < self.unplanned_points) & ~self._untouched(points)
            by_itself = np.where((learnt | early | ~firing) & ~again, Severity.INFO, Severity.CRITICAL)
            return np.where(as_blank, np.maximum(by_itself, Severity.WARNING), by_itself).astype(np.int64)

        return track(
            points,
            firing=firing | again | as_blank,
            clearing=lambda: ((start - now > self.clear_fall) | points.after_first_negative) & ~again & ~as_blank,
            severity=rated,
            onset=lambda j: 0,
            words=lambda m: (
                self._blank_words(points, blank, m)
                if blank is not None and as_blank[m.now] and not m.over
                else self._words(view, points, start, period, m)
            ),
        )

    def _eligible(self, view: View, points: Points, fallen: Floats) -> Bools:
        """(n,) past the beginning, or soon where a loss has hardly fallen by then; of what has a reason to fall."""
        x, index = points.log, np.arange(len(points))
        eligible = view.past(points, self.settled_progress, self.settled_points)
        eligible &= view.past_warmup(points, self.warmup_multiple)
        soon = (
            (index < self.min_points)
            & (index >= self.early_min_points)
            & (view.progress(points) > self.early_progress)
            & (fallen < self.early_max_fall)
        )
        for j in np.flatnonzero(soon).tolist():
            soon[j] = trend(x[: j + 1]).z > -self.z_threshold
        eligible &= (index >= self.min_points) | soon
        eligible |= self._untouched(points)
        # An agent's loss has no reason to fall, nor have those of two networks that play against each other.
        return eligible & ~view.is_family(points, Family.RL, Family.GAN)

    def _untouched(self, points: Points) -> Bools:
        """(n,) a loss as high as guessing among all words has not moved at all in a hundred records, too even for a
        fall to hide: how frequent words are is learnt within the first steps, however small the lr of a warm-up.
        """
        n = np.arange(len(points)) + 1
        high = rolling.rolling_median(points.x, 10) > CHANCE_OF_WORDS
        passed = points.at - points.at[0] if len(points) else points.at
        enough = (n >= self.untouched_points) | (n >= 2 * self.min_points) & (passed >= self.untouched_steps)
        asked = high & enough & rolling.log_spaced(len(points))
        return high & still(points.log, points.noise, asked, self.untouched_fall, self.z_threshold)

    def _unfallen(self, points: Points, where: Bools) -> Bools:
        return unfallen(
            points.log,
            points.noise,
            where,
            fall=self.min_fall,
            z=self.z_threshold,
            slow=self.slow_min_fall,
            certain_z=self.certain_z,
        )

    def _words(self, view: View, points: Points, start: float, period: Ints, m: Moment) -> Words:
        first, now = float(np.exp(start)), rolling.median(points.x[max(0, m.now - 9) : m.now + 1])
        lr = view.role("lr")
        logged = lr.value(int(points.rows[m.now])) if lr is not None else None
        evidence = {"first": first, "now": now, "lr_logged": logged, "lr_config": view.facts.lr}
        if m.over:
            return Words(f"{in_title(points.kind)} 已开始下降", f"{num(first)}→{num(now)}", "", "确定", evidence)
        if period[m.now]:
            return Words(
                f"{in_title(points.kind)} 逐次重复，参数没更新",
                f"{m.now + 1} 次记录每 {int(period[m.now])} 次完全相同，现 {num(float(points.x[m.now]))}",
                "查 requires_grad 与 optimizer 的参数，是否冻结",
                "很可能",
                evidence,
            )
        rate = f"，lr {num(logged)}" if logged is not None else ""
        certainty: Certainty = "仅提示" if m.severity < Severity.WARNING else "很可能"
        return Words(
            f"{in_title(points.kind)} 基本没降",
            f"{_done(view, points, m)}，{in_title(points.kind)} {num(first)}→{num(now)}{rate}",
            "先看 lr 实际值、可训练参数、输入与标签对齐",
            certainty,
            evidence,
        )

    def _blank_words(self, points: Points, blank: BlankAnswer, m: Moment) -> Words:
        value, called = float(blank.value[m.now]), blank.called
        loss = f"{in_title(points.kind)} {num(float(points.x[m.now]))} 已走平"
        return Words(
            f"{called} 与没学时相当",
            f"{called} {num(value)}，约等于{blank.said}的水平；{loss}",
            "先核对输入与标签的对齐、缩放与归一化，再换种子重启",
            "很可能",
            {"now": float(points.x[m.now]), "measured": value},
        )


def _done(view: View, points: Points, m: Moment) -> str:
    """How far the run is, in words: of its plan, else in records."""
    done = float(view.progress(points)[m.now])
    return ran(done) if np.isfinite(done) else f"已记录 {m.now + 1} 次"
