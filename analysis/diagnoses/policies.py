"""Adversaries and policies: losses whose level means little by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.gain import LEAST, WINDOW
from analysis.arrays.portrait import first_above, onset_above
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import EXTREME, KL, LOSS, SPREAD
from analysis.facts import Facts
from analysis.figures import num, pct, times
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import EARLY_STOP_BY_KL, LOWER_LR, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, Nats, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class GanCollapse(CausalDiagnosis):
    """One of the two has lost: the discriminator has won, or runs away.

    It has won where its loss is a fraction of what it was and the generator's has grown; the equilibrium of cross-
    entropy is ln 4 / ln 2, and balanced runs move by a third. A discriminator that won before there was a balance to
    compare with is known by the loss alone. It runs away where the size of its loss grows without bound, as that of a
    critic (WGAN) does without its penalty; the level of a critic and its sign mean nothing else.
    """

    id = "gan-collapse"
    title = "判别器压倒生成器"
    severity = Severity.CRITICAL
    meaning = "判别器完全压过生成器，或自身 loss 失控增长：生成器得不到有效梯度。"
    clears = "d_loss 明显回升；若是 loss 失控，则幅度大幅回落"
    mistaken_for = "D 开头占优、之后被 G 追上很常见；WGAN 的 loss 大小和正负没有意义"
    impact = Impact.USABLE_BEFORE_ONSET
    wastes_time = True

    fallen_share: Share = 0.15  # of the early loss of D: balanced runs move by a third
    risen_ratio: Times = 1.5  # times the early loss of G
    window: Records = 8  # in the level
    early_points: Records = 20  # points after burn-in that say what balance looks like
    clear_share: Share = 0.4  # of the early loss of D
    won_d_loss: Level = 0.01  # a loss of D below this,
    won_g_loss: Level = 5.0  # and one of G above that, say both that not one sample in a hundred passes;
    won_hold: Records = 25  # for this long, and
    won_progress: PlanShare = 0.2  # after this, since D often wins at first and is caught up with
    won_points: Records = 40  # the same where no plan is known
    sure_sign: Level = 0.9  # of the mean sign of its answers; augmentation (ADA) aims at 0.6
    clear_d_loss: Level = 0.05  # a loss of D above which it has not won
    runaway_ratio: Times = 100.0  # times the largest level of the settling: healthy critics come down from it
    settled_progress: PlanShare = 0.1  # after which the settling is over
    settled_points: Records = 40  # the same where no plan is known
    # that level is taken to be this at least: a D that began by winning may well come back to ln 4
    min_usual: Level = 0.1
    growing_ratio: Times = 1.1  # over the last 20 points
    # the same of a critic, whose loss is a distance, below 0: under its penalty that shrinks once it has settled; the
    # generator's has to have grown by half as much
    distance_ratio: Times = 10.0
    distance_growing_ratio: Times = 1.5  # over the last quarter of the run: it has no end

    def tracks(self, view: View) -> Iterable[Track]:
        d, g = view.role("d_loss"), view.role("g_loss")
        if d is not None:
            yield self._track(view, d, g)
        elif g is not None:  # the other is logged under a name that tells nothing: one of them can still run away
            yield self._track(view, g, None)

    def _track(self, view: View, d: Points, g: Points | None) -> Track:
        won, lost_again = self._won(view, d, g)
        size = rolling.rolling_median(np.abs(d.x), self.window, least=self.window)
        usual = self._usual(view, d, size)
        away = (size > self.runaway_ratio * usual) & (size > self.growing_ratio * rolling.before(size, 20))
        distance = rolling.rolling_median(d.x, self.window, least=self.window) < 0
        endless = size > self.distance_growing_ratio * rolling.quarter_before(size, 20)
        far = distance & (size > self.distance_ratio * usual) & endless & self._follows(view, d, g)
        away |= rolling.sustained(far, self.window)
        firing = won | away
        severity = np.where(won, Severity.CRITICAL, Severity.WARNING).astype(np.int64)
        # What an episode speaks of is what raised it; the one clears by another rule than the other.
        about_size = rolling.carried(np.where(firing, (away & ~won).astype(np.float64), np.nan)) == 1.0
        back = np.where(distance, self.distance_ratio / 3, self.runaway_ratio / 10)
        clearing = np.where(about_size, size < back * usual, lost_again)
        return track(
            d,
            firing=firing,
            clearing=clearing,
            severity=severity,
            metrics=() if g is None else (g.key,),
            onset=lambda j: self._left(size, usual, j) if about_size[j] else self._onset(d, j),
            words=lambda m: self._runs_away(d, size, usual, m) if about_size[m.raised] else self._words(view, d, g, m),
        )

    def _follows(self, view: View, d: Points, g: Points | None) -> Bools:
        """(n,) the loss of the generator has grown as much: scores have run away, not one distance for a while."""
        if g is None:
            return np.zeros(len(d), dtype=bool)
        size = rolling.rolling_median(np.abs(g.x), self.window, least=self.window)
        far = size > self.distance_ratio * self._usual(view, g, size) / 2
        return rolling.take_or(np.asarray(far), view.latest(d, g), False)

    def _won(self, view: View, d: Points, g: Points | None) -> tuple[Bools, Bools]:
        """Where D has won, and where that is over."""
        if g is None:
            return np.zeros(len(d), dtype=bool), np.ones(len(d), dtype=bool)
        d0, g0 = self._early(d), self._early(g)
        low = rolling.rolling_median(d.x, self.window, least=self.window)
        high = rolling.take_or(rolling.rolling_median(g.x, self.window, least=self.window), view.latest(d, g), np.nan)
        settled = np.arange(len(d)) >= 10 + self.early_points
        fell = (low < self.fallen_share * d0) & (high > self.risen_ratio * g0) & settled
        from_the_start = rolling.sustained((low < self.won_d_loss) & (high > self.won_g_loss), self.won_hold)
        from_the_start &= view.past(d, self.won_progress, self.won_points)
        over = low > np.fmax(self.clear_share * d0, self.clear_d_loss)
        if signs := self._signs(view, d):
            sure = self._sure(view, d, signs)
            fell |= rolling.sustained(sure & (high > self.won_g_loss), self.window)
            over &= ~sure
        return (fell | from_the_start) & ~d.after_first_negative, over | d.after_first_negative

    def _signs(self, view: View, d: Points) -> list[str]:
        """Means of the sign of D's answers, to real and to made pictures (StyleGAN)."""
        named = (k for k in sorted(view.roles.kinds) if "signs" in (bag := words(k)) and {"real", "fake"} & set(bag))
        return [k for k in named if view.logged_by_third_point(k, d)]

    def _sure(self, view: View, d: Points, signs: list[str]) -> Bools:
        """(n,) D is right about all but a few pictures of either kind."""
        out = np.ones(len(d), dtype=bool)
        for key in signs:
            answers = view.column(key)
            right = answers.median(5) * (1 if "real" in words(key) else -1) > self.sure_sign
            out &= rolling.take_or(np.asarray(right), view.latest(d, answers), False)
        return out

    def _early(self, points: Points) -> float:
        part = points.x[10 : 10 + self.early_points]
        return rolling.median(part) if len(part) == self.early_points and rolling.median(part) > 0 else np.nan

    def _usual(self, view: View, d: Points, size: Floats) -> Floats:
        """The largest level until the run had settled; NaN while it has not."""
        settled = view.past(d, self.settled_progress, self.settled_points) & (
            np.arange(len(d)) >= 10 + self.early_points
        )
        largest = rolling.running_max(np.where(settled, np.nan, size))
        return np.where(settled, np.fmax(largest, self.min_usual), np.nan)

    def _onset(self, d: Points, j: int) -> int:
        level = rolling.rolling_median(d.x[: j + 1], 5)
        if j < 10 + self.early_points:
            return 0
        balanced = np.flatnonzero(level > 0.7 * self._early(d))
        return int(balanced[-1]) if len(balanced) else 0

    def _left(self, size: Floats, usual: Floats, j: int) -> int:
        """The last point at which the loss was of its usual size."""
        near = np.flatnonzero(size[: j + 1] < 2 * usual[j])
        return int(near[-1]) if len(near) else 0

    def _words(self, view: View, d: Points, g: Points | None, m: Moment) -> Words:
        row = int(d.rows[m.now])
        low, d0 = rolling.median(d.x[max(0, m.now - self.window + 1) : m.now + 1]), self._early(d)
        high, g0 = (rolling.median(g.recent(row, self.window)), self._early(g)) if g is not None else (np.nan, np.nan)
        if m.now < 10 + self.early_points:
            d0 = g0 = np.nan
        evidence = {"d_loss": low, "d_early": d0, "g_loss": high, "g_early": g0}
        if m.over:
            return Words("判别器已不再压倒生成器", f"d_loss 回到 {num(low)}", "", "确定", evidence)
        fell = low < self.fallen_share * d0
        how = "真假几乎全判对" if self._signs(view, d) else "一开始就是如此"
        losses = (
            f"d_loss {num(d0)}→{num(low)}，g_loss {num(g0)}→{num(high)}"
            if fell
            else f"d_loss {num(low)}，g_loss {num(high)}，{how}"
        )
        return Words(
            "判别器压倒生成器",
            f"{losses}，生成器几乎没有梯度",
            "先看生成样本；属实再降 D 的 lr 或更新次数、加 R1",
            "很可能",
            evidence,
        )

    def _runs_away(self, d: Points, size: Floats, usual: Floats, m: Moment) -> Words:
        now, early = float(size[m.now]), float(usual[m.now])
        evidence = {"d_loss": now, "d_early": early, "ratio": now / early, "step": int(d.at[m.onset])}
        said = "生成器" if d.kind.role == "g_loss" else "判别器"
        if m.over:
            return Words(f"{said} loss 已回落", f"幅度回到 {num(now)}", "", "确定", evidence)
        return Words(
            f"{said} loss 失控",
            f"第 {int(d.at[m.onset])} 步起 {d.kind.role} 幅度 {num(early)}→{num(now)}"
            f"（{times(now / early)} 倍），仍在增大",
            "先核对梯度惩罚、权重裁剪与 loss 的求和；再降 D 的 lr",
            "很可能",
            evidence,
        )


def _between_engines(key: str) -> bool:
    """How far the probabilities of sampling and of training lie apart, as trainers of language models call it."""
    bag = set(words(key))
    if bag & (EXTREME | SPREAD):
        return False
    if "mismatch" in bag or "vllm" in bag:
        return bool(bag & KL)
    of_both = bag & {"rollout", "sampling", "sampler", "inference"} and bag & {"diff", "difference"}
    return bool(of_both and bag & {"probs", "prob", "logprob", "logprobs", "logp", "logps"})


def _upright(points: Points) -> Points:
    """An entropy as it is: logged as a loss its sign may be turned (Stable-Baselines3, skrl)."""
    turned = LOSS & set(words(points.key.rsplit("/", 1)[-1])) and rolling.median(points.x[:5]) < 0
    return replace(points, x=-points.x) if turned else points


@dataclass(frozen=True)
class EntropyCollapse(CausalDiagnosis):
    """The policy explores no more. In GRPO-like training most entropy goes early while the reward rises: then info.

    It is a warning where the return stands where it began, or has lost what it had gained, and where none is logged.
    """

    id = "entropy-collapse"
    title = "策略熵坍缩"
    severity = Severity.WARNING
    meaning = "策略熵只剩开始时的一小部分：策略基本不再探索，return 容易走平。"
    clears = "策略熵从低位明显回升"
    mistaken_for = "GRPO 类开头熵掉得快而 reward 在涨，属正常；答案本就唯一的任务也低"
    impact = Impact.CHOOSE_CHECKPOINT
    leads_to = ("eval-regress", "policy-collapse", "no-spread")
    remedies = (LOWER_LR,)
    explained_by = ("policy-collapse",)

    left_share: Share = 0.1  # of the first five; healthy policies keep a quarter
    clear_share: Share = 0.2  # of the first five
    # times the first five, below 0: a Gaussian has 1.42 nats per action at a deviation of 1, and 0.62 times that less
    # than none at a deviation of a tenth
    below_zero: Times = 0.62
    back_share: Share = 0.5  # of the fall that has to be made good
    back_window: Records = 10  # in the level that says so
    window: Records = 3  # in the level
    little_temperature: Share = 0.05  # of the first five: a tenth or a fifth is what tuning comes to in healthy runs
    temperature_progress: PlanShare = 1 / 3  # after which an agent that has gained nothing will not by chance
    temperature_points: Records = 100  # the same where no plan is known

    def use(self, result: Result) -> str | None:
        if not result.judged:
            return None
        if (
            result.evaluated is not Evaluated.ENOUGH
        ):  # loud only where the return of training gained nothing, or lost it
            return "探索已停，还不能判断"
        return "现有策略可用，恐难再提升" if result.running else "可用，继续训恐难再提升"

    def tracks(self, view: View) -> Iterable[Track]:
        points, temperature = view.role("entropy"), view.role("temperature")
        if points is not None and len(points):
            yield self._track(view, _upright(points))
        if temperature is not None:
            yield self._temperature_track(view, temperature)

    def _temperature_track(self, view: View, points: Points) -> Track:
        """A temperature that tunes itself is low in many healthy runs; where nothing was gained it is so too early."""
        first = rolling.median(points.x[:5]) if len(points) >= 5 else np.nan
        level = points.median(self.window, least=self.window)
        low = (level < self.little_temperature * first) & (first > 0)
        due = view.past(points, self.temperature_progress, self.temperature_points) & self._earns(view, points)
        paid = self._paid(view, points)
        return track(
            points,
            firing=rolling.sustained(low & due & ~paid, 5),
            clearing=lambda: rolling.sustained((level > 2 * self.little_temperature * first) | paid, 10),
            severity=Severity.WARNING,
            onset=lambda j: int(np.flatnonzero(~(level[: j + 1] < self.little_temperature * first))[-1]),
            words=lambda m: self._temperature_words(points, first, m),
        )

    def _temperature_words(self, points: Points, first: float, m: Moment) -> Words:
        now, since = float(points.x[m.now]), int(points.at[m.onset])
        evidence = {"first": first, "now": now, "since": since}
        if m.over:
            return Words("ent_coef 过低已不成问题", f"ent_coef 现为 {num(now)}", "", "确定", evidence)
        return Words(
            "ent_coef 过早降到底",
            f"第 {since} 步起 ent_coef {num(first)}→{num(now)}，return 至今没涨，探索已停",
            "先把 ent_coef 固定在 0.05–0.1 再试",
            "很可能",
            evidence,
        )

    def _track(self, view: View, points: Points) -> Track:
        first = rolling.median(points.x[:5]) if len(points) >= 5 else np.nan
        level = points.median(self.window, least=self.window)
        positive = first > 0  # a differential entropy may be negative: a share of it means nothing
        continuous = points.after_first_negative
        std = view.role("action_std")
        if std is not None and view.logged_by_third_point(std.key, points):
            continuous = np.ones(len(points), dtype=bool)
        # Of what scatters by its own size three records say little: they have to lie clearly lower.
        unsure = np.exp(rolling.filled(1.25 / np.sqrt(self.window) * points.noise))
        low = np.where(continuous, level < -self.below_zero * first, level * unsure < self.left_share * first)
        firing = low & (np.arange(len(points)) >= 10) & positive
        paid = self._paid(view, points)
        severity = np.where(paid, Severity.INFO, Severity.WARNING).astype(np.int64)
        return track(
            points,
            firing=firing,
            clearing=lambda: level > self.clear_share * first,
            severity=severity,
            onset=lambda j: self._onset(points, j),
            words=lambda m: self._words(view, points, level, first, m),
            recovery=lambda: self._recovery(points),
        )

    def _recovery(self, points: Points) -> Recovery:
        """Half of what was lost is back: an entropy that flares up among its lows explores no more than before."""
        usual = points.median(self.back_window)
        return Recovery(-usual, (1 - self.back_share) * (rolling.running_max(usual) - usual))

    def _onset(self, points: Points, j: int) -> int:
        lo = max(0, j - 60)
        return lo + rolling.change_point(
            points.x[lo : j + 1] if points.after_first_negative[j] else points.log[lo : j + 1]
        )

    def _earns(self, view: View, points: Points) -> Bools:
        """Where a return is known."""
        scores = [score for role in ("reward", "eval_score") if (score := view.role(role)) is not None]
        known = np.zeros(len(points), dtype=bool)
        for score in scores:
            known |= view.latest(points, score) >= 0
        return known

    def _paid(self, view: View, points: Points) -> Bools:
        """Where a return has risen from its start and none has lost its gain; or has too few records to tell yet."""
        risen, lost, young = (np.zeros(len(points), dtype=bool) for _ in range(3))
        for role in ("reward", "eval_score"):
            if (score := view.role(role)) is not None:
                at, of = view.latest(points, score), score.gain
                risen |= rolling.take_or(of.risen, at, False)
                lost |= rolling.take_or(of.lost, at, False)
                young |= (at >= 0) & (at < LEAST - 1)
        return (risen | young) & ~lost

    def _words(self, view: View, points: Points, level: Floats, first: float, m: Moment) -> Words:
        now, coef = float(level[m.now]), view.facts.number("ent_coef", "entropy_coef", "entropy_coeff", least=0)
        evidence = {"first": first, "now": now, "left": now / first if first > 0 else None, "ent_coef": coef}
        if m.over:
            return Words("策略熵已回升", f"策略熵现为 {num(now)}", "", "确定", evidence)
        reward, shown = view.role("reward"), ""
        if reward is not None and len(latest := reward.recent(int(points.rows[m.now]), WINDOW)):
            shown = f"，return {num(rolling.median(latest))}"
        left = f"（剩 {pct(now / first)}）" if now >= 0 else ""
        fell = f"策略熵 {num(first)}→{num(now)}{left}{shown}"
        if m.severity < Severity.WARNING:
            held = "未变差" if shown else "评估未变差"
            return Words(
                "策略熵已很低", f"{fell}，{held}", "目前不用处理；return 走平再查 lr 与 clip_range", "确定", evidence
            )
        advice = (
            f"先看 return 是否走平；属实再试 ent_coef {num(coef)}→{num(3 * coef)}"
            if coef
            else "先看 return 是否走平；属实再试" + one_of(view.facts, LOWER_LR, instead="加熵项")
        )
        return Words("策略熵坍缩", f"{fell}，探索可能不足", advice, "很可能", evidence)


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
            onset=lambda j: onset_above(level, j, 2 * float(early[j])),
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
        return track(
            points,
            firing=large | lost,
            clearing=lambda: rolling.sustained(level < 0.7 * limit, self.window) & ~one.down,
            severity=Severity.WARNING,
            onset=lambda j: int(one.at[j]) if lost[j] else first_above(points.x, j, self.window, limit),
            words=lambda m: (
                self._one_words(view.facts, points, one, m)
                if lost[m.raised] and not (m.over or large[m.raised : m.now + 1].any())
                else self._words(view.facts, level, limit, m)
            ),
        )

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
        scatter = rolling.take_or(rolling.noise(reward.x, 60), before, np.nan)
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

    def _words(self, facts: Facts, level: Floats, limit: float, m: Moment) -> Words:
        now = float(level[m.now])
        evidence = {"approx_kl": now, "limit": limit}
        if m.over:
            return Words("策略更新已回到正常", f"approx_kl {num(now)}", "", "确定", evidence)
        return Words(
            "策略更新过大",
            f"approx_kl {num(now)}，是目标 {num(limit / self.target_multiple)} 的 "
            f"{times(self.target_multiple * now / limit)} 倍",
            "先核对 lr、更新轮数" + one_of(facts, LOWER_LR, EARLY_STOP_BY_KL, lead="；属实再"),
            "很可能",
            evidence,
        )


@dataclass(frozen=True)
class ValueNotLearning(CausalDiagnosis):
    """The value function explains nothing of the returns although a fifth of the run is over.

    Without a plan nobody knows how early fewer records are: a note, where it has explained nothing in any stretch.
    """

    id = "value-not-learning"
    title = "价值网络没学到"
    severity = Severity.WARNING
    meaning = "explained_variance 长期接近 0：价值网络预测不了 return，优势估计的噪声很大。"
    clears = "explained_variance 的近期中位明显高于 0"
    mistaken_for = "return 几乎不变或 reward 很稀疏时，这个值本来就接近 0"
    impact = Impact.CHOOSE_CHECKPOINT
    explained_by = ("critic-runaway",)

    max_explained: Share = 0.05  # of the variance of returns
    window: Records = 20  # in the level
    settled_progress: PlanShare = 0.2  # a value function takes its time
    settled_points: Records = 80  # the same where planned steps are unknown
    noted_points: Records = 40  # of them, of a value function that never knew anything
    clear_explained: Share = 0.15  # of the variance of returns
    error_window: Records = 5
    max_error: Share = 0.01  # of the highest level of the value loss: nothing is left to learn

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("explained_variance")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        level = points.median(self.window, least=self.window)
        low = level <= self.max_explained
        due = view.past(points, self.settled_progress, self.settled_points)
        never = ~(rolling.running_max(rolling.filled(level, -np.inf)) > self.max_explained)
        never &= points.median(self.error_window) <= self.max_explained  # nor does it begin to
        early = never & np.isnan(view.progress(points)) & (np.arange(len(points)) >= self.noted_points)
        firing = low & (due | early)
        known = self._known(view, points) if firing.any() else firing
        since = rolling.streak(low)
        return track(
            points,
            firing=firing & ~known,
            clearing=lambda: (level > self.clear_explained) | known,
            severity=lambda: np.where(due, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: j - int(since[j]) + 2 - self.window,
            words=lambda m: self._words(level, m),
        )

    def _known(self, view: View, points: Points) -> Bools:
        """(n,) the returns are foreseen: hardly any error is left, of returns that have risen and stay up. As all of
        them are alike at a ceiling, an error of thousandths may be many times their variance.
        """
        error, earned = view.role("critic_loss"), view.role("reward") or view.role("eval_score")
        if error is None or earned is None:
            return np.zeros(len(points), dtype=bool)
        left = rolling.rolling_median(error.x, self.error_window, least=3)
        foreseen = left < self.max_error * rolling.running_max(rolling.filled(left))
        of = earned.descent
        # Beside single records: a steady climb strays as far as it gains.
        keeps = (of.gain > 3 * rolling.noise(earned.x, 60)) & (of.drop < 0.25 * np.maximum(of.gain, 1e-12))
        known = rolling.take_or(np.asarray(foreseen), view.latest(points, error), False)
        return known & rolling.take_or(np.asarray(keeps), view.latest(points, earned), False)

    def _words(self, level: Floats, m: Moment) -> Words:
        now = float(level[m.now])
        if m.over:
            return Words("价值网络已在学", f"explained_variance {num(now)}", "", "确定", {"explained_variance": now})
        return Words(
            "价值网络没学到",
            f"explained_variance {num(now)}，近 {self.window} 次更新中位 ≤{num(self.max_explained)}",
            "先看 reward 是否稀疏；再核对 vf_coef、return 归一化",
            "很可能",
            {"explained_variance": now},
        )
