"""A return, a score beside a reward, or the loss of an evaluation that has never left the level of its first records:
its best stretch is no better than chance makes the best of so many (`analysis.arrays.unrisen`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.ending import fell_all_the_way, never_rose
from analysis.arrays.floor import at_floor, lucky
from analysis.arrays.unrisen import FIRST, WINDOW, Unrisen
from analysis.columns.captions import in_title, of_evaluation, titled
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import AVERAGED, EVAL
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num, pct
from analysis.model import Bools, Severity, Words
from analysis.scan.begun import begun_before
from analysis.scan.carried_over import carried_over
from analysis.scan.episode_lengths import EPISODE, STEPS, episode_lengths
from analysis.scan.judges import NORMALISED, as_rate, measures_task, of_expert, of_returns
from analysis.scan.partners import between, train_partner
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.track import Moment, Track, track
from analysis.scan.training_score import TrainingScore, training_score
from analysis.scan.units import Evals, PlanShare, Records, Share
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering, own_answers


@dataclass(frozen=True)
class ReturnStands(Patience):
    reward_records: Records = 200  # of rollouts in training by then: one noisy batch each
    half_records: Records = 50  # the same of learnt weights by half of the plan: their first reward is not late
    floor_records: Records = 1_500  # at the worst, without a plan: a rare goal takes a thousand episodes to be found
    unplanned_records: Records = 40  # of them where planned steps are unknown: a note, nobody knows how early this is
    late_progress: PlanShare = 0.75  # what has not risen by now is reported from fewer
    late_evals: Evals = 18  # evals
    risen_evals: Evals = 8  # in a row that stand clear of where it began
    own_records: Records = 60  # of training, by what it gets right of its own batches, where no plan is known
    own_ceiling: Share = 0.6  # right of its own batches: less leaves room
    ceiling: Share = 0.9  # of all that a score can be: no room is left above it

    def of_scores(self, view: View) -> Iterator[Track]:
        score, reward, held_out = view.role("eval_score"), view.role("reward"), view.role("eval_loss")
        if score is not None and (of_returns(score) or _scored(score)) and not begun_before(view, score):
            eligible = self._score_eligible(view, score)
            if not of_returns(score):
                eligible &= _unbounded(view, score) | _below_expert(score)
            yield self._return_track(view, score, eligible)
        if held_out is not None and not measures_task(held_out.key) and not begun_before(view, held_out):
            train = train_partner(view, held_out)
            if train is not None and len(train):
                yield self._held_out_track(view, held_out, train)
        if score is not None and reward is not None and score.kind.group == "eval" and not of_returns(score):
            yield self._hacked_track(view, score, reward)
        own = training_score(view)
        if own is not None and own.lossless and not begun_before(view, own.points):
            yield self._return_track(view, own.points, self._own_eligible(view, own))
        if reward is not None and not begun_before(view, reward):
            yield self._return_track(view, reward, self._reward_eligible(view, reward, score))
        elif reward is not None:
            yield self._tail_track(view, reward)

    # A return

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
        eligible |= (done > self.mostly_progress) & (index >= self.min_points)
        learnt = view.facts.pretrained | answering(view, reward)
        eligible |= learnt & (done > self.half_progress) & (index >= self.half_records)
        eligible |= np.isnan(done) & (index >= self.unplanned_records)
        if score is not None:
            eligible &= view.latest(reward, score) < self.zero_evals
        return eligible & view.is_family(reward, Family.RL)

    def _full(self, view: View, reward: Points) -> Bools:
        """(n,) of the answers that are paid for nearly all were right: there was nothing to gain."""
        out = np.zeros(len(reward), dtype=bool)
        for right in own_answers(view):
            full = right.median(WINDOW, least=FIRST) / as_rate(right) >= self.ceiling
            out |= rolling.take_or(np.logical_or.accumulate(full), view.latest(reward, right), False)
        return out

    def _own_eligible(self, view: View, own: TrainingScore) -> Bools:
        """What training gets right of its own batches, where neither a loss nor an evaluation tells; not at a ceiling,
        and where it is nothing at all, success-zero says so."""
        best = rolling.running_max(own.points.median(WINDOW, least=WINDOW)) / as_rate(own.points)
        past = view.past(own.points, self.score_progress, self.own_records)
        return np.asarray(past & own.alone & (best > 0) & (best < self.own_ceiling))

    def _return_track(self, view: View, score: Points, eligible: Bools) -> Track:
        """An agent's return that has never left the level of its first records.

        Not for rates (success, accuracy): one that is flat may be flat at its ceiling.
        """
        of, done = score.unrisen, view.progress(score)
        # Of single tries, which succeed or do not, a median is one or the other.
        firing = rolling.sustained(of.flat, self.hold) & eligible & ~eval_noise.one_try(score.x)
        if score.kind.group == "eval":  # each by itself, so it had risen; that it has come down again is another matter
            firing &= ~np.logical_or.accumulate(rolling.sustained(of.risen, self.risen_evals))
        # The very same penalty in every episode: the goal was never reached. A reward may be at its ceiling instead.
        # A reward of each step may be that, too, while what is earned in an episode differs.
        step = _of_each_step(view, score)
        floor = rolling.sustained(of.constant & (score.x < 0), self.min_points) & ~step
        firing |= floor & (done > self.mostly_progress)
        # Nearly always the worst that there is, and luck that comes no oftener: no level of that is worth a look.
        answers, agent = answering(view, score), view.is_family(score, Family.RL)
        worst = at_floor(score.x) & agent & ~answers
        long = worst & np.isnan(done) & (np.arange(len(score)) >= self.floor_records)
        firing |= worst & eligible & (done > self.half_progress) | long
        last = view.at_end(score)
        few = 0 if score.kind.group == "eval" else self.unplanned_records
        end = last & (len(score) >= few) & self._never_rose(view, score, agent) & ~step if last.any() else last
        firing |= end
        if score.kind.role == "reward":
            firing &= ~self._full(view, score)
        # A return of the next stage of a curriculum is another measure.
        firing &= ~np.logical_or.accumulate(near_scheduled_change(view, score, 1, ("stage",)))
        # Without a plan single episodes scatter so much that hundreds of them hide a slow start.
        early = np.isnan(done) & (score.kind.group != "eval") & ~long
        note = (early | view.facts.pretrained | answers) & ~end
        # All of a run that has ended: the very same earned each time, hundreds of records without a trend, or a fall.
        lost = bool(end.any()) and fell_all_the_way(score.x)
        many = np.arange(len(score)) + 1
        grave = end & (of.constant | lost | (many >= self.reward_records))
        # The best of so many would be better than the first few by luck alone, had these not been better than all.
        grave |= last & firing & of.flat & (many >= self.floor_records) & _below_first(score, of)
        grave &= not view.facts.pretrained
        if (pair := carried_over(view, score)) is not None:  # it does learn: gen-gap says what does not carry over
            note |= np.isfinite(pair.learnt)
        return track(
            score,
            firing=firing,
            clearing=of.risen & ~worst,
            onset=lambda j: 0,
            severity=lambda: np.where(grave, Severity.CRITICAL, np.where(note, Severity.INFO, Severity.WARNING)),
            words=lambda m: _return_words(view, score, of, bool(worst[m.now]), bool(answers[m.now]), m),
        )

    def _tail_track(self, view: View, reward: Points) -> Track:
        """The end of a log whose beginning is not there: nothing was earned in any of its episodes, and nothing more
        comes. Of a return above 0 nobody knows whether it is all that there is to be had, unless its evaluation is 0.
        """
        of = reward.unrisen
        tried, none = view.role("eval_score"), reward.x <= 0
        if tried is not None and of_returns(tried):  # nor is there anything in an evaluation
            none |= rolling.take_or(tried.x == 0, view.latest(reward, tried), False)
        nothing = of.constant & none & view.is_family(reward, Family.RL) & ~_of_each_step(view, reward)
        nothing &= ~answering(view, reward) & (np.arange(len(reward)) + 1 >= self.zero_evals)
        return track(
            reward,
            firing=view.at_end(reward) & nothing,
            clearing=~of.constant,
            onset=lambda j: 0,
            severity=Severity.CRITICAL,
            words=lambda m: _return_words(view, reward, of, False, False, m),
        )

    def _never_rose(self, view: View, score: Points, agent: Bools) -> bool:
        """Of what an agent earns, unless evaluations tell: a rate that is flat may be flat at its ceiling."""
        evaluated = view.role("eval_score")
        told = evaluated is not None and evaluated is not score and len(evaluated) >= self.zero_evals
        earned = (of_returns(score) or score.kind.role == "reward") and not eval_noise.one_try(score.x)[-1]
        agents = bool(agent[-1]) or bool(view.is_family(score, Family.UNKNOWN)[-1])  # who else earns anything?
        return earned and agents and not told and never_rose(score.x)

    # A score beside a reward

    def _hacked_track(self, view: View, score: Points, reward: Points) -> Track:
        """The reward of answers has risen, and what they are meant to do has not, though there is room above it."""
        of, at = score.unrisen, view.latest(score, reward)
        earns = rolling.take_or(reward.gain.risen, at, False) & answering(view, score)
        room = rolling.running_max(score.x) < self.ceiling * as_rate(score)
        firing = rolling.sustained(of.flat, self.hold) & earns & room
        return _note(score, reward, of, firing, lambda m: _hacked_words(score, reward, of, m))

    # The loss of an evaluation

    def _held_out_track(self, view: View, points: Points, train: Points) -> Track:
        """The loss of an evaluation that has never been lower than at first, while that of training falls: what is
        learnt does not carry over. A note, for a good start may be all that there is to be had.
        """
        of, now = points.unfallen, between(view, points, train, train.log)
        known = now[np.minimum(np.argmax(np.isfinite(now)), len(now) - 1)] if len(now) else np.nan
        fell = rolling.running_max(rolling.filled(known - now)) > self.min_fall
        firing = rolling.sustained(of.flat, self.hold) & fell & view.past(points, self.score_progress, self.score_evals)
        firing &= ~view.is_family(points, Family.RL, Family.GAN, Family.DIFFUSION)
        return _note(points, train, of, firing, lambda m: _held_out_words(points, train, of, m))


def _note(points: Points, beside: Points, of: Unrisen, firing: Bools, words: Callable[[Moment], Words]) -> Track:
    """An evaluation stands while what is `beside` it gets better in training."""
    return track(
        points,
        firing=firing,
        clearing=of.risen,
        onset=lambda j: min(2, j),
        severity=Severity.INFO,
        metrics=(beside.key,),
        words=words,
    )


def _scored(score: Points) -> bool:
    """A score that is called nothing else: points of a game, the length of tours, what an expert has as 1."""
    return score.kind.group == "eval" and set(words(score.key)) <= EVAL | AVERAGED | {"score", NORMALISED}


def _unbounded(view: View, score: Points) -> Bools:
    """(n,) of an agent, and no rate: there is no ceiling that it could be at."""
    return np.asarray(view.is_family(score, Family.RL) & (rolling.running_max(np.abs(score.x)) > 100))


def _of_each_step(view: View, score: Points) -> Bools:
    """(n,) it is the very same all the time, while something else that is gained in training, logged as often, is not:
    what is paid for a step, or for the last one, whatever an episode came to."""
    constant = score.unrisen.constant
    if score.kind.group == "eval" or not constant.any():
        return np.zeros(len(score), dtype=bool)
    out = np.zeros(len(score), dtype=bool)
    for key, kind in view.roles.kinds.items():
        if key == score.key or kind.direction != "max" or kind.group != "train" or kind.role is not None:
            continue
        other = view.column(key)
        if 2 * len(other) >= len(score):
            moves = rolling.running_max(other.x) > rolling.running_min(other.x)
            out |= constant & rolling.take_or(moves, view.latest(score, other), False)
    return out


def _below_first(score: Points, of: Unrisen) -> bool:
    """Nearly all of its last third lies below its first records."""
    third = score.x[-max(3, len(score) // 3) :]
    return len(third) > 0 and bool(np.mean(third < of.start) > WORSE)


def _below_expert(score: Points) -> Bools:
    """(n,) it has never been more than what acting at random comes to."""
    return np.asarray((rolling.running_max(score.x) < 0) & of_expert(score))


def _return_words(view: View, score: Points, of: Unrisen, worst: bool, answers: bool, m: Moment) -> Words:
    start, now, called = of.start, float(of.level[m.now]), in_title(score.kind)
    evidence = {"first": start, "now": now, "evals": m.now + 1}
    if m.over:
        return Words(f"{called} 已开始上升", f"{num(start)}→{num(now)}", "", "确定", evidence)
    title, longer = f"{called} 一直没涨", ""
    counted = "评估" if score.kind.group == "eval" else "记录"
    said = f"，{num(start)}→{num(now)}，最好的一段也在波动范围内"
    if score.kind.group != "eval":  # a record of a few rollouts is mostly luck
        third = score.x[: m.now + 1][-max(3, (m.now + 1) // 3) :]
        lately = rolling.median(third)
        said = f"，一直在 {num(rolling.median(score.x[: m.now + 1]), 2)} 上下，最好的一段也在波动范围内"
        if np.mean(third < start) > WORSE:
            said = f"，开头约 {num(start, 3)}，近三分之一在 {num(lately, 3)} 上下，比开头还差"
            low = evidence["lowest"] = float(np.min(score.x[: m.now + 1]))
            said += f"，中途到过 {num(low, 3)}" if start - low > DEEP * max(start - lately, abs(start)) else ""
            lengths = _longer(view, score, m) if lately < 0 and not worst and not of.constant[m.now] else None
            if lengths is not None:
                evidence |= {"episode_steps_at_first": lengths[0], "episode_steps_now": lengths[1]}
                longer = f"；回合长度 {num(lengths[0], 3)}→{num(lengths[1], 3)}"
                title = f"{called} 随回合变长而更低"
    if of.constant[m.now]:
        said = f"恒为 {num(now)}"
        if (steps := _steps_of_each(view, score, m)) is not None:
            evidence["episode_steps"] = steps
            said += f"：每个回合只有 {num(steps)} 个环境步"
        else:
            said += "：像是每个回合都没达到目标" if now <= 0 else "，一位不变"
    elif worst:
        so_far = score.x[: m.now + 1]
        low, share = float(np.min(so_far)), evidence.setdefault("at_worst", 1 - float(np.mean(lucky(so_far))))
        said = f"里 {pct(share)} 停在最低的 {num(low)} 附近，偶有好成绩，没有变多"
    return Words(
        title,
        f"{m.now + 1} 次{counted}{said}{longer}",
        "回合越长扣分越多：先看每步 reward 的均值，再核对每步惩罚与终止条件"
        if longer
        else _explores(view, score, m)
        if "episode_steps" not in evidence and not m.over and not answers and _explores(view, score, m)
        else _return_advice(score, answers, bool(of.constant[m.now]), worst, "episode_steps" in evidence),
        "很可能",
        evidence,
    )


DEEP = 3.0  # times what it still lacks, and what it began with: a fall that is worth a word
WORSE = 0.9  # of the last records lie below where it began
MOSTLY_RANDOM = 0.5  # of all actions
MOST_STEPS = 3  # of an episode that is over as it begins


def _steps_of_each(view: View, score: Points, m: Moment) -> float | None:
    """Of how many steps each episode was so far, where that is the same few every time."""
    row = int(score.rows[m.now])
    for key in sorted(view.history.columns):
        name = words(key)
        if set(name) & EPISODE and set(name) & STEPS and len(name) > 1:
            x = view.column(key).recent(row, m.now + 1)
            if len(x) >= WINDOW and 0 < x[0] <= MOST_STEPS and np.ptp(x) == 0:
                return float(x[0])
    return None


def _longer(view: View, score: Points, m: Moment) -> tuple[float, float] | None:
    """From how many steps to how many the episodes have grown, by more than the return can tell anything about."""
    row = int(score.rows[m.now])
    if (lengths := episode_lengths(view, row)) is None or len(x := lengths.recent(row, m.now + 1)) < 2 * WINDOW:
        return None
    begin, late = rolling.median(x[:WINDOW]), rolling.median(x[-max(WINDOW, len(x) // 3) :])
    return (begin, late) if late > GROWN * begin > 0 else None


GROWN = 3.0  # times the length of the first episodes: each step that costs something costs as much more


def _explores(view: View, score: Points, m: Moment) -> str:
    """What to do first where most actions are still drawn at random; empty where they are not, or nobody knows."""
    for key in sorted(view.history.columns):
        if set(words(key)) & {"epsilon", "eps"} or words(key)[-2:] == ("exploration", "rate"):
            x = view.column(key).value(int(score.rows[m.now]))
            if x is not None and MOSTLY_RANDOM < x <= 1:
                return f"epsilon 还有 {num(x, 2)}，多半是随机动作：先让它降下来再判断"
    return ""


def _return_advice(score: Points, answers: bool, constant: bool, worst: bool, at_once: bool) -> str:
    if score.kind.role != "reward" and not of_returns(score) and not _scored(score):
        return "先用少量样本试过拟合，再查标签对齐、输入与 lr"
    if answers:
        return "先核对 reward 函数与答案解析，再看题目难度"
    if at_once:
        return "先查环境的 done 与 reset：回合刚开始就结束，没有可学的"
    if constant:
        return "打印一个回合的动作与逐步 reward：看是到不了目标，还是环境没响应"
    if worst:
        return "目标很少碰到：先加中间 reward 或从易到难，再看探索"
    return "先和随机策略比；差不多就单步核对观测、动作与 reward 是否对应"


def _hacked_words(score: Points, reward: Points, of: Unrisen, m: Moment) -> Words:
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


def _held_out_words(points: Points, train: Points, of: Unrisen, m: Moment) -> Words:
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
