"""F. Adversaries and policies: losses whose level means little by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis import series
from analysis.model import Bools, Floats, Severity, Words
from analysis.numbers import num, pct, times
from analysis.scan import Moment, Track, track
from analysis.view import Points, View


@dataclass(frozen=True)
class GanCollapse:
    """The discriminator has won: its loss is a fraction of what it was and the generator's has grown.

    The equilibrium of cross-entropy is ln 4 / ln 2; balanced runs move by a third. Critic losses (WGAN) go negative and
    are left alone.
    """

    id: ClassVar[str] = "gan-collapse"
    title: ClassVar[str] = "判别器压倒生成器"
    usual: ClassVar[Severity] = Severity.CRITICAL

    fallen: float = 0.15
    risen: float = 1.5
    window: int = 8
    early: int = 20  # points after burn-in that say what balance looks like
    back: float = 0.4

    def tracks(self, view: View) -> Iterable[Track]:
        d, g = view.role("d_loss"), view.role("g_loss")
        if d is not None and g is not None:
            yield self._track(view, d, g)

    def _track(self, view: View, d: Points, g: Points) -> Track:
        d0, g0 = self._early(d), self._early(g)
        low = series.rolling_median(d.x, self.window, least=self.window)
        high = series.rolling_median(g.x, self.window, least=self.window)
        at = view.latest(d, g)
        high = series.pick(high, at, np.nan)
        settled = np.arange(len(d)) >= 10 + self.early
        firing = (low < self.fallen * d0) & (high > self.risen * g0) & settled & ~d.signed
        return track(
            d, firing=firing, clearing=(low > self.back * d0) | d.signed, severity=Severity.CRITICAL, metrics=(g.key,),
            onset=lambda j: self._onset(d, d0, j), words=lambda m: self._words(d, low, high, d0, g0, m),
        )  # fmt: skip

    def _early(self, points: Points) -> float:
        part = points.x[10 : 10 + self.early]
        return float(np.median(part)) if len(part) == self.early and np.median(part) > 0 else np.nan

    def _onset(self, d: Points, d0: float, j: int) -> int:
        level = series.rolling_median(d.x[: j + 1], 5)
        balanced = np.flatnonzero(level > 0.7 * d0)
        return int(balanced[-1]) if len(balanced) else 0

    def _words(self, d: Points, low: Floats, high: Floats, d0: float, g0: float, m: Moment) -> Words:
        evidence = {"d_loss": float(low[m.now]), "d_early": d0, "g_loss": float(high[m.now]), "g_early": g0}
        if m.over:
            return Words("判别器已不再压倒", f"d_loss 回到 {num(float(low[m.now]))}", "", "确定", evidence)
        return Words(
            "判别器压倒生成器", f"d_loss {num(d0)}→{num(float(low[m.now]))}，g_loss {num(g0)}→{num(float(high[m.now]))}，生成器几乎没有梯度",
            "先看生成样本；属实再降 D 的 lr 或更新次数、加 R1", "很可能", evidence,
        )  # fmt: skip


@dataclass(frozen=True)
class EntropyCollapse:
    """The policy explores no more. In GRPO-like training most entropy goes early while the reward rises: then a note."""

    id: ClassVar[str] = "entropy-collapse"
    title: ClassVar[str] = "策略熵坍缩"
    usual: ClassVar[Severity] = Severity.WARNING

    left: float = 0.1  # of the first five; healthy policies keep a quarter
    back: float = 0.2
    window: int = 3

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("entropy")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        first = series.median(points.x[:5]) if len(points) >= 5 else np.nan
        level = series.rolling_median(points.x, self.window, least=self.window)
        positive = first > 0  # a differential entropy may be negative: a share of it means nothing
        firing = (level < self.left * first) & (np.arange(len(points)) >= 10) & positive & ~points.signed
        severity = np.where(self._rising(view, points), Severity.INFO, Severity.WARNING).astype(np.int64)
        return track(
            points, firing=firing, clearing=(level > self.back * first) | points.signed, severity=severity,
            onset=lambda j: self._onset(points, j), words=lambda m: self._words(view, points, level, first, m),
        )  # fmt: skip

    def _onset(self, points: Points, j: int) -> int:
        lo = max(0, j - 60)
        return lo + series.change_point(points.log[lo : j + 1])

    def _rising(self, view: View, points: Points) -> Bools:
        """Where the return over the last 20 records lies above that of the 20 before, by more than it scatters."""
        out = np.zeros(len(points), dtype=bool)
        for role in ("reward", "eval_score"):
            if (score := view.role(role)) is not None:
                level = series.rolling_median(score.x, 20, least=20)
                rising = level - series.before(level, 20) > 0.5 * series.noise(score.x, 60)
                out |= series.pick(rising, view.latest(points, score), False)
        return out

    def _words(self, view: View, points: Points, level: Floats, first: float, m: Moment) -> Words:
        now, coef = float(level[m.now]), view.facts.number("ent_coef", "entropy_coef", "entropy_coeff", least=0)
        evidence = {"first": first, "now": now, "left": now / first if first > 0 else None, "ent_coef": coef}
        if m.over:
            return Words("策略熵已回升", f"entropy 现为 {num(now)}", "", "确定", evidence)
        reward, shown = view.role("reward"), ""
        if reward is not None and len(latest := reward.recent(int(points.rows[m.now]), 20)):
            shown = f"，return {num(series.median(latest))}"
        advice = (
            f"先看 return 是否停滞；属实再试 ent_coef {num(coef)}→{num(3 * coef)}"
            if coef
            else "先看 return 是否停滞；属实再试降 lr 或 clip"
        )
        return Words(
            "策略熵坍缩", f"entropy {num(first)}→{num(now)}（剩 {pct(now / first) if first > 0 else '—'}）{shown}，探索可能不足", advice, "很可能", evidence,
        )  # fmt: skip


@dataclass(frozen=True)
class PpoKlBlowup:
    """Updates move the policy further than intended: approx_kl beyond three times its target, or most samples clipped."""

    id: ClassVar[str] = "ppo-kl-blowup"
    title: ClassVar[str] = "策略更新过大"
    usual: ClassVar[Severity] = Severity.WARNING

    target: float = 0.015  # where the config states none
    times: float = 3.0
    window: int = 8

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("approx_kl")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        limit = self.times * (view.facts.number("target_kl", "desired_kl", least=1e-9) or self.target)
        level = series.rolling_median(points.x, self.window, least=self.window)
        return track(
            points, firing=(level > limit) & view.warm(points), clearing=series.held(level < 0.7 * limit, self.window),
            severity=Severity.WARNING, onset=lambda j: j - self.window + 1, words=lambda m: self._words(level, limit, m),
        )  # fmt: skip

    def _words(self, level: Floats, limit: float, m: Moment) -> Words:
        now = float(level[m.now])
        evidence = {"approx_kl": now, "limit": limit}
        if m.over:
            return Words("策略更新已回到正常", f"approx_kl {num(now)}", "", "确定", evidence)
        return Words(
            "策略更新过大", f"approx_kl {num(now)}，是目标 {num(limit / self.times)} 的 {times(self.times * now / limit)} 倍",
            "先核对 lr、更新轮数；属实再降 lr 或开 target_kl 早停", "很可能", evidence,
        )  # fmt: skip


@dataclass(frozen=True)
class ValueNotLearning:
    """The value function explains nothing of the returns although a fifth of the run is over."""

    id: ClassVar[str] = "value-not-learning"
    title: ClassVar[str] = "价值网络没学到"
    usual: ClassVar[Severity] = Severity.WARNING

    explained: float = 0.05
    window: int = 20
    share: float = 0.2
    points: int = 80
    back: float = 0.15

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("explained_variance")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        level = series.rolling_median(points.x, self.window, least=self.window)
        firing = (level <= self.explained) & view.past(points, self.share, self.points)
        return track(
            points, firing=firing, clearing=level > self.back, severity=Severity.WARNING, onset=lambda j: j - self.window + 1,
            words=lambda m: self._words(level, m),
        )  # fmt: skip

    def _words(self, level: Floats, m: Moment) -> Words:
        now = float(level[m.now])
        if m.over:
            return Words("价值网络已在学", f"explained_variance {num(now)}", "", "确定", {"explained_variance": now})
        return Words(
            "价值网络没学到", f"explained_variance {num(now)}，近 {self.window} 次更新中位 ≤{num(self.explained)}",
            "先看奖励是否稀疏；再核对 vf_coef、回报归一化", "很可能", {"explained_variance": now},
        )  # fmt: skip
