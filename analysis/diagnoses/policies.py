"""Updates of a policy: how far each one moves it, and what the value function behind it knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.portrait import first_above, left_at
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import CORRELATIONS, EXTREME, KL, RANKS, SPREAD
from analysis.facts import Facts
from analysis.figures import num, pct, times
from analysis.model import Bools, Finding, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import EARLY_STOP_BY_KL, LOWER_LR, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, Nats, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering


def _between_engines(key: str) -> bool:
    """How far the probabilities of sampling and of training lie apart, as trainers of language models call it."""
    bag = set(words(key))
    if bag & (EXTREME | SPREAD):
        return False
    if "mismatch" in bag or "vllm" in bag:
        return bool(bag & KL)
    of_both = bag & {"rollout", "sampling", "sampler", "inference"} and bag & {"diff", "difference"}
    return bool(of_both and bag & {"probs", "prob", "logprob", "logprobs", "logp", "logps"})


def _of_values_with_returns(key: str) -> bool:
    """How far the values of a critic go with what is earned then. That of two critics with each other is another."""
    name = taken_apart(key)
    valued = name.bag & {"q", "q1", "qf", "qf1", "critic", "value", "values", "vf"}
    return bool(valued and name.bag & (CORRELATIONS | RANKS | {"corr"}) and not name.bag & {"q2", "qf2"})


@dataclass(frozen=True, eq=False)
class _OneUpdate:
    """(n,) each: the last update that was far too large, -1 before any; whether it has just cost most of what the
    return had gained; whether that is still gone; what the return stood at before it, and now."""

    at: Ints
    lost: Bools
    down: Bools
    stood: Floats
    now: Floats


@dataclass(frozen=True)
class PpoKlBlowup(CausalDiagnosis):
    """Updates move the policy further than intended: approx_kl beyond three times its target. So they do where answers
    were sampled by another engine whose probabilities drift away from those that are trained.
    """

    id = "ppo-kl-blowup"
    title = "策略更新过大"
    severity = Severity.WARNING
    meaning = "每次更新把策略推得太远：approx_kl 远超目标，训练容易不稳。"
    clears = "approx_kl 连续多次记录明显低于阈值"
    mistaken_for = "没配 target_kl 时按常用值判，有意放大步长的算法会被误报"
    impact = Impact.CHOOSE_CHECKPOINT
    leads_to = ("eval-regress", "policy-collapse", "critic-runaway", "grad-vanish", "nan-inf", "success-zero")
    remedies = (LOWER_LR, EARLY_STOP_BY_KL)
    explained_by = ("policy-collapse",)

    default_target: Nats = 0.015  # where the config states none: the usual target_kl
    target_multiple: Times = 3.0  # times the target: early stopping lets updates overshoot by half
    window: Records = 8  # in the level
    single_multiple: Times = 10.0  # times the target: one update that is enough to lose a policy
    single_ratio: Times = 5.0  # times the level before it
    single_records: Records = 3  # the return of training shows it by then
    single_loss: Share = 0.5  # of what the return had gained: most is gone at once
    single_sigmas: Sigmas = 5.0  # of one record of it
    shown_records: Records = 20  # of a return, before which nobody knows what large updates do to it
    apart: Nats = 0.05  # between sampling and training, per token: half precision alone gives 0.002 to 0.03
    apart_ratio: Times = 3.0  # times the same of the fifth to twenty-fifth record

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("approx_kl")
        if points is not None:
            yield self._track(view, points)
        apart = [k for k in sorted(view.roles.kinds) if _between_engines(k)]
        if apart:
            yield self._engines(view, view.column(min(apart, key=lambda k: int(view.history.columns[k].rows[0]))))

    def _engines(self, view: View, points: Points) -> Track:
        """The engine that writes the answers and the one that is trained no longer agree on how likely they are."""
        level = rolling.rolling_median(np.abs(points.x), self.window, least=self.window)
        early = rolling.early_level(np.abs(points.x), 5, 25)
        far = (level > self.apart) & (level > self.apart_ratio * early)
        return track(
            points,
            firing=rolling.sustained(far, self.window) & view.is_family(points, Family.RL),
            clearing=lambda: ~far,
            severity=Severity.WARNING,
            onset=lambda j: left_at(level, float(early[j]), j),
            words=lambda m: self._engines_words(points, level, float(early[m.now]), m),
            recovery=lambda: Recovery(level, rolling.filled(early)),
        )

    def _engines_words(self, points: Points, level: Floats, early: float, m: Moment) -> Words:
        now, since = float(level[m.now]), int(points.at[m.onset])
        evidence = {"apart": now, "early": early, "since": since}
        if m.over:
            return Words("采样与训练的概率已一致", f"差现为 {num(now)}，早期 {num(early)}", "", "确定", evidence)
        return Words(
            "采样与训练的概率不一致",
            f"第 {since} 步起两边每个 token 的概率差 {num(early)}→{num(now)}",
            "核对权重同步与两边精度；先加 TIS 或改用 fp16、关掉量化",
            "很可能",
            evidence,
        )

    def _track(self, view: View, points: Points) -> Track:
        stated = view.facts.number("target_kl", "desired_kl", least=1e-9)
        limit = self.target_multiple * (stated or self.default_target)
        level = points.median(self.window, least=self.window)
        # A `kl` that was never small is not that of an update: world models have one, too.
        known = (
            stated is not None or "approx" in points.key or (len(points) > 4 and rolling.median(points.x[:5]) < limit)
        )
        large = (level > limit) & view.warm(points) & known
        one = self._of_one(view, points, self.single_multiple * limit / self.target_multiple)
        lost = one.lost & ~large & known
        # How far is too far differs from task to task: where nobody has said it, the return does.
        harmless = self._return_thrives(view, points) & (stated is None)
        far = self.single_multiple * limit / self.target_multiple
        return track(
            points,
            firing=large | lost,
            clearing=lambda: rolling.sustained(level < 0.7 * limit, self.window) & ~one.down,
            severity=lambda: np.where(harmless & (level < far) & ~lost, int(Severity.INFO), int(Severity.WARNING)),
            onset=lambda j: int(one.at[j]) if lost[j] else first_above(points.x, j, self.window, limit),
            words=lambda m: (
                self._one_words(view.facts, points, one, m)
                if lost[m.raised] and not (m.over or large[m.raised : m.now + 1].any())
                else self._words(view, points, level, limit, m)
            ),
        )

    def _return_thrives(self, view: View, points: Points) -> Bools:
        """(n,) the return of training has risen and lost none of it; or has not been logged for long enough to say."""
        reward = view.role("reward")
        if reward is None or not len(reward):
            return np.zeros(len(points), dtype=bool)
        of, early = reward.gain, np.arange(len(reward)) < self.shown_records
        return rolling.take_or((of.risen | early) & ~of.lost, view.latest(points, reward), False)

    def _of_one(self, view: View, points: Points, least: float) -> _OneUpdate:
        """One update far beyond all before it, and what the return of training lost by it. The level hides it."""
        n, reward = len(points), view.role("reward")
        usual = rolling.before(points.median(self.window, least=3))
        with np.errstate(invalid="ignore"):
            jump = np.asarray((points.x > least) & (points.x > self.single_ratio * usual))
        at = np.maximum.accumulate(np.where(jump, np.arange(n), -1)) if n else np.zeros(0, dtype=np.int64)
        nothing, none = np.zeros(n, dtype=bool), np.full(n, np.nan)
        if reward is None or not len(reward) or not jump.any():
            return _OneUpdate(at, nothing, nothing, none, none)
        seen = view.latest(points, reward)
        before = rolling.take_or(seen, at, 0) - 1
        level = reward.median(3, least=3)
        stood = rolling.take_or(level, before, np.nan)
        gain = stood - rolling.take_or(rolling.running_min(level), before, np.nan)
        scatter = rolling.take_or(reward.plain_noise, before, np.nan)
        now = rolling.take_or(reward.x, seen, np.nan)
        with np.errstate(invalid="ignore"):
            down = stood - now > np.maximum(self.single_loss * gain, self.single_sigmas * scatter)
            recent = (at >= 0) & (np.arange(n) - at < self.single_records)
            still = stood - now > self.single_loss / 2 * gain
        return _OneUpdate(at, np.asarray(down & recent & (gain > 0)), np.asarray(still & (at >= 0)), stood, now)

    def _one_words(self, facts: Facts, points: Points, of: _OneUpdate, m: Moment) -> Words:
        kl, since = float(points.x[m.onset]), int(points.at[m.onset])
        stood, now = float(of.stood[m.raised]), float(of.now[m.now])
        return Words(
            "一次更新过大，return 大跌",
            f"第 {since} 步 approx_kl {num(kl)}，return {num(stood)}→{num(now)}",
            "看几次更新能否自己回来；不回来就用此前的 ckpt" + one_of(facts, EARLY_STOP_BY_KL, lead="，"),
            "很可能",
            {"approx_kl": kl, "step": since, "return_before": stood, "return": now},
        )

    def _words(self, view: View, points: Points, level: Floats, limit: float, m: Moment) -> Words:
        now = float(level[m.now])
        evidence = {"approx_kl": now, "limit": limit}
        if m.over:
            return Words("策略更新已回到正常", f"approx_kl {num(now)}", "", "确定", evidence)
        peak = float(np.nanmax(level[min(m.onset, m.now) : m.now + 1]))
        large = now > limit
        shown = now if large else peak
        aim = "目标" if view.facts.number("target_kl", "desired_kl", least=1e-9) is not None else "常用目标"
        beyond = f"是{aim} {num(limit / self.target_multiple)} 的 {times(self.target_multiple * shown / limit)} 倍"
        beyond += _clipped(view, int(points.rows[m.now])) if large else ""
        if m.severity < Severity.WARNING:
            return Words(
                "策略更新偏大" if large else "策略更新曾偏大",
                f"approx_kl {'' if large else '曾到 '}{num(shown)}，{beyond}；"
                f"{'' if large else f'现 {num(now)}，'}return 没有因此下降",
                "return 还在涨就不用动；一旦回落，先降 lr 或更新轮数",
                "仅提示",
                evidence,
            )
        return Words(
            "策略更新过大" if large else "策略更新曾过大",
            f"approx_kl {num(now)}，{beyond}" if large else f"approx_kl 曾到 {num(peak)}，{beyond}；现 {num(now)}",
            "先核对 lr、更新轮数" + one_of(view.facts, LOWER_LR, EARLY_STOP_BY_KL, lead="；属实再"),
            "很可能",
            evidence,
        )


AS_GOOD_AS_0 = 5e-4  # of a share of the variance
MOST_CLIPPED, CLIPPED_RECORDS = 0.5, 8  # of all samples: a usual update clips a tenth or a fifth


def _clipped(view: View, row: int) -> str:
    """How many samples were clipped, where that is most of them: the update is far off by another measure, too."""
    key = next((k for k in sorted(view.roles.kinds) if _of_clipping(set(words(k)))), None)
    share = rolling.median(view.column(key).recent(row, CLIPPED_RECORDS)) if key is not None else 0.0
    return f"，{pct(share)} 的样本被 clip" if MOST_CLIPPED < share <= 1 else ""


def _of_clipping(bag: set[str]) -> bool:
    return bool(bag & {"clipfrac", "clipfracs"}) or ("clip" in bag and bool(bag & {"fraction", "frac"}))


@dataclass(frozen=True)
class ValueNotLearning(CausalDiagnosis):
    """The value function explains nothing of the returns although a fifth of the run is over, or does not go with them.

    Without a plan nobody knows how early fewer records are: a note, where it has explained nothing in any stretch. That
    returns were never scaled is plain from a few: errors in the hundreds, which do not come down.
    """

    id = "value-not-learning"
    title = "价值网络没学到"
    severity = Severity.WARNING
    meaning = "explained_variance 长期接近 0：价值网络预测不了 return，优势估计的噪声很大。"
    clears = "explained_variance 的近期中位明显高于 0"
    mistaken_for = "return 几乎不变或 reward 很稀疏时，这个值本来就接近 0"
    impact = Impact.CHOOSE_CHECKPOINT
    patient = True
    explained_by = ("critic-runaway",)

    max_explained: Share = 0.05  # of the variance of returns
    window: Records = 20  # in the level
    settled_progress: PlanShare = 0.2  # a value function takes its time
    settled_points: Records = 80  # the same where planned steps are unknown
    noted_points: Records = 40  # of them, of a value function that never knew anything
    no_variance: Share = -1e3  # of the variance of returns: next to any error, they are all alike
    unscaled_points: Records = 10  # that show returns which a value function cannot reach:
    unscaled_error: Level = 1e5  # its loss; without scaled rewards that of Pendulum is some thousands
    unscaled_kept: Share = 0.5  # of the first of which is left at least,
    unscaled_explained: Share = 0.01  # and no more of the variance was ever explained
    clear_explained: Share = 0.15  # of the variance of returns
    late_gain: Share = 0.33  # of all that was gained, in the last half: a steady climb gains half of it there
    fewest_points: Records = 10  # in a level of a correlation
    error_window: Records = 5
    large_error: Level = 100.0  # of the value loss: returns that are tens apart
    max_error: Share = 0.01  # of the highest level of the value loss: nothing is left to learn

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        return Impact.IN_DOUBT if finding.words.evidence.get("unscaled") else self.impact

    def use(self, result: Result) -> str | None:
        return "reward 未缩放，还不能判断" if result.finding.words.evidence.get("unscaled") else None

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("explained_variance")
        if points is not None:
            yield self._track(view, points)
        for key in sorted(filter(_of_values_with_returns, view.roles.kinds)):
            yield self._correlation_track(view, view.column(key))

    def _correlation_track(self, view: View, points: Points) -> Track:
        """What the critic thinks good is not what turns out well, nor has a return risen and stayed up all the same."""
        level = points.median(self.window, least=self.fewest_points)
        low = (level <= self.max_explained) & view.is_family(points, Family.RL) & ~answering(view, points)
        earned = view.role("reward") or view.role("eval_score")
        if earned is not None:
            low &= ~rolling.take_or(self._keeps(earned), view.latest(points, earned), False)
        since, due = rolling.streak(low), view.past(points, self.settled_progress, self.settled_points)
        # Of nothing at all it may be too early to speak without a plan; of the opposite it is not.
        reversed_ = (level < -self.max_explained) & np.isnan(view.progress(points)) & (since >= self.noted_points)
        return track(
            points,
            firing=low & (due | reversed_),
            clearing=lambda: level > self.clear_explained,
            severity=Severity.WARNING,
            onset=lambda j: max(0, j - int(since[j]) + 2 - self.fewest_points),
            words=lambda m: self._correlation_words(level, m),
        )

    def _correlation_words(self, level: Floats, m: Moment) -> Words:
        now = float(level[m.now])
        evidence = {"correlation": now}
        if m.over:
            return Words("价值网络已与 return 同向", f"相关系数现约 {num(now)}", "", "确定", evidence)
        said = "方向反了" if now < -self.max_explained else "看不出关系"
        return Words(
            "价值网络与 return 不相关",
            f"Q 值与实际 return 的相关系数约 {num(now)}，{said}（critic loss 下降不等于学对）",
            "先核对 reward 尺度、done 与 target 的算法，再看值域是否太宽",
            "很可能",
            evidence,
        )

    def _track(self, view: View, points: Points) -> Track:
        level = points.median(self.window, least=self.window)
        low = level <= self.max_explained
        due = view.past(points, self.settled_progress, self.settled_points)
        never = ~(rolling.running_max(rolling.filled(level, -np.inf)) > self.max_explained)
        never &= points.median(self.error_window) <= self.max_explained  # nor does it begin to
        early = never & np.isnan(view.progress(points)) & (np.arange(len(points)) >= self.noted_points)
        unscaled = self._unscaled(view, points)
        firing = low & (due | early) | unscaled
        known = self._known(view, points, level < self.no_variance) if firing.any() else firing
        since = rolling.streak(low)

        def loud() -> Bools:
            return np.asarray(due & ~self._learns(view, points) | unscaled)

        return track(
            points,
            firing=firing & ~known,
            clearing=lambda: (level > self.clear_explained) | known,
            severity=lambda: np.where(loud(), Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: 0 if unscaled[j] else j - int(since[j]) + 2 - self.window,
            words=lambda m: (
                self._unscaled_words(view, points, m) if unscaled[m.now] else self._words(view, points, level, m)
            ),
        )

    def _unscaled(self, view: View, points: Points) -> Bools:
        """(n,) it has explained nothing at all, and errs by hundreds, as it did at first."""
        error = view.role("critic_loss")
        if error is None or len(error) < self.error_window:
            return np.zeros(len(points), dtype=bool)
        level = error.median(self.error_window, least=self.error_window)
        kept = level > max(self.unscaled_error, self.unscaled_kept * float(level[self.error_window - 1]))
        never = rolling.running_max(np.abs(points.x)) < self.unscaled_explained
        out = never & rolling.take_or(np.asarray(kept), view.latest(points, error), False)
        return np.asarray(out & (np.arange(len(points)) >= self.unscaled_points - 1))

    def _unscaled_words(self, view: View, points: Points, m: Moment) -> Words:
        error, now = view.role("critic_loss"), float(points.x[m.now])
        lost = error.recent(int(points.rows[m.now]), self.error_window) if error is not None else points.x[:0]
        return Words(
            "价值网络没学到",
            f"explained_variance {num(now)}，value_loss 一直约 {num(rolling.median(lost), 2)}：return 没有缩放",
            "先归一化 reward（如 VecNormalize），再看 lr",
            "很可能",
            {"explained_variance": now, "value_loss": rolling.median(lost), "unscaled": True},
        )

    def _known(self, view: View, points: Points, alike: Bools) -> Bools:
        """(n,) the returns are foreseen, of which hardly any error is left, or `alike`, which is all that there is to
        foresee; and they have risen and stay up. As all of them are alike at a ceiling, an error of thousandths may be
        many times their variance.
        """
        error, earned = view.role("critic_loss"), view.role("reward") or view.role("eval_score")
        if earned is None:
            return np.zeros(len(points), dtype=bool)
        keeps, at = self._keeps(earned), view.latest(points, earned)
        known = alike & rolling.take_or(rolling.sustained(keeps, self.window), at, False)
        if error is not None:
            left = rolling.rolling_median(error.x, self.error_window, least=3)
            foreseen = left < self.max_error * rolling.running_max(rolling.filled(left))
            foreseen = rolling.take_or(np.asarray(foreseen), view.latest(points, error), False)
            known = known | foreseen & rolling.take_or(keeps, at, False)
        return np.asarray(known)

    def _learns(self, view: View, points: Points) -> Bools:
        """(n,) the return rises without it, and either nobody knows how early it is, or it has not stopped rising."""
        earned = view.role("reward") or view.role("eval_score")
        if earned is None:
            return np.zeros(len(points), dtype=bool)
        keeps, at = self._keeps(earned), view.latest(points, earned)
        early = np.isnan(view.progress(points)) & rolling.take_or(keeps, at, False)
        return np.asarray(early | rolling.take_or(keeps & self._still_rises(earned), at, False))

    def _still_rises(self, earned: Points) -> Bools:
        """(n,) a good part of all that was gained came in the last half: what stands since then it holds back."""
        of, half = earned.descent, np.arange(len(earned)) // 2
        with np.errstate(invalid="ignore"):
            return np.asarray(of.level - of.level[half] > self.late_gain * of.gain)

    def _keeps(self, earned: Points) -> Bools:
        """(n,) a return has risen, beside single records: a steady climb strays as far as it gains; and stays up."""
        of = earned.descent
        return np.asarray((of.gain > 3 * earned.plain_noise) & (of.drop < 0.25 * np.maximum(of.gain, 1e-12)))

    def _words(self, view: View, points: Points, level: Floats, m: Moment) -> Words:
        now, error = float(level[m.now]), view.role("critic_loss")
        if m.over:
            return Words("价值网络已在学", f"explained_variance {num(now)}", "", "确定", {"explained_variance": now})
        said, advice = (
            f"近 {self.window} 次更新中位 ≤{num(self.max_explained)}",
            "先看 reward 是否稀疏；再核对 vf_coef、return 归一化",
        )
        left = rolling.median(error.recent(int(points.rows[m.now]), self.error_window)) if error is not None else 0.0
        if left > self.large_error:  # so far off are no sparse rewards of 1
            said, advice = (
                f"{said}，value_loss 还有 {num(left)}",
                "先归一化 return，再查 critic 的输入与 vf_coef",
            )
        if now < self.no_variance:
            said, advice = "return 几乎没有差别，没有可学的信号", "先核对 reward 是否可达：多半每个回合都拿到同一个值"
        return Words(
            "价值网络没学到",
            f"explained_variance {'约 0' if abs(now) < AS_GOOD_AS_0 else num(now)}，{said}",
            advice,
            "很可能",
            {"explained_variance": now},
        )
