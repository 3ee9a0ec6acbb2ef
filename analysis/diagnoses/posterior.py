"""KL terms: a latent that goes to sleep, a posterior or a policy that runs away from its reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.figures import num, times
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Ln, Nats, PlanShare, Records, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class KlCollapse(CausalDiagnosis):
    """The posterior equals the prior: the latent carries nothing.

    Info for ACT, whose inference uses z = 0 anyway; a warning where z is sampled at inference (a VAE).
    """

    id = "kl-collapse"
    title = "后验坍塌（KL≈0）"
    severity = Severity.WARNING
    meaning = "KL 降到接近 0：后验等于先验，隐变量不携带信息；推理时取 z=0 的 ACT 不受影响。"
    impact = Impact.PART_MISSING

    low_nats: Nats = 1.5e-3  # nats, after a peak above 0.01
    drop_ratio: Times = 30.0  # the peak over the level, if that is below `drop_max_nats`
    drop_max_nats: Nats = 0.015  # nats
    settled_progress: PlanShare = 0.04  # of planned steps: KL is still finding its level
    settled_points: Records = 16  # points; the same where planned steps are unknown
    hold: Records = 5  # points in a row
    clear_ratio: Times = 5.0  # times the lowest level: it wakes up

    def use(self, result: Result) -> str | None:
        return "只能当没有隐变量的基线"

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("kl")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        level = rolling.rolling_median(points.x, 5, least=5)
        peak = rolling.running_max(rolling.rolling_median(points.x, 3))
        asleep = ((level < self.low_nats) & (peak > 0.01)) | (
            (level < peak / self.drop_ratio) & (level < self.drop_max_nats)
        )
        ready = (
            view.past(points, self.settled_progress, self.settled_points)
            & view.past_warmup(points)
            & self._weight_settled(view, points)
        )
        # The KL of an agent is that of an update, which is meant to be small; one that goes negative is an estimate
        # from samples, as agents make it: the KL of a posterior is computed, and never is.
        other = view.is_family(points, Family.RL) | points.after_first_negative
        firing = rolling.sustained(asleep & ready & ~other, self.hold)
        lowest = rolling.carried(np.where(firing, level, np.nan))
        clearing = level > self.clear_ratio * np.maximum(lowest, self.low_nats / self.clear_ratio)
        vae = any(
            "vae" in view.facts.text(k) for k in ("policy_type", "model_type", "model_name", "arch", "architecture")
        )
        return track(
            points,
            firing=firing,
            clearing=(clearing & ~asleep) | other,
            severity=Severity.WARNING if vae else Severity.INFO,
            onset=lambda j: self._onset(points.log, j),
            words=lambda m: self._words(view, points, level, peak, vae, m),
        )

    def _weight_settled(self, view: View, points: Points) -> Bools:
        """Not while beta is still being annealed: it has not moved over the last 20 records."""
        beta = view.role("beta")
        if beta is None or not len(beta):
            return np.ones(len(points), dtype=bool)
        moved = beta.x - rolling.before(beta.x, 20)
        still = np.isfinite(moved) & (np.abs(moved) <= 1e-9)
        at = view.latest(points, beta)
        return rolling.take_or(still, at, True)

    def _onset(self, x: Floats, j: int) -> int:
        lo = max(0, j - 100)
        return lo + rolling.change_point(x[lo : j + 1])

    def _words(self, view: View, points: Points, level: Floats, peak: Floats, vae: bool, m: Moment) -> Words:
        kl = float(points.x[m.now])
        weight = view.facts.number("kl_weight", "beta", "kl_coef", least=0)
        evidence = {
            "kl": kl,
            "peak": float(peak[m.now]),
            "kl_weight": weight,
            "latent_dim": view.facts.number("latent_dim", least=1),
        }
        if m.over:
            return Words("KL 已回升", f"KL 现为 {num(kl)}", "", "确定", evidence)
        seen = f"KL {num(kl, 2)} nats（峰值 {num(float(peak[m.now]), 2)}）"
        if "act" in view.facts.text("policy_type", "model_type", "policy_name").split("_"):
            return Words(
                f"隐变量未使用（KL {num(kl, 2)}）", f"{seen}；ACT 推理时 z=0，通常不影响", "", "确定", evidence
            )
        if vae:
            return Words(
                f"后验坍塌（KL {num(kl, 2)}）",
                f"{seen}，隐变量没被使用",
                "先看 kl_weight；可试 KL 退火或 free bits",
                "很可能",
                evidence,
            )
        return Words(
            f"隐变量未使用（KL {num(kl, 2)}）",
            f"{seen}；推理时 z=0 则不影响",
            "推理要采样 z 时再试 KL 退火或 free bits",
            "仅提示",
            evidence,
        )


@dataclass(frozen=True)
class KlExplode(CausalDiagnosis):
    """The KL of a posterior, or of a policy to its reference, runs away.

    A posterior that is being put to use lets KL rise while the loss falls: then it is info. A policy is judged against
    the target of its config only; it is meant to leave its reference.
    """

    id = "kl-explode"
    title = "KL 爆炸"
    severity = Severity.WARNING
    meaning = "KL 涨了一个数量级，或远超配置的目标：后验或策略正在远离它的参考分布。"
    impact = Impact.USABLE_BEFORE_ONSET
    explained_by = ("divergence",)

    ratio: Times = 10.0  # times the lowest of the last `span_points` records
    min_nats: Nats = 0.1  # nats; rises below this are a latent waking up
    window: Records = 8  # records in the level
    span_points: Records = 200  # records
    rising_ratio: Times = 1.2  # over the last `window` records
    settled_progress: PlanShare = 0.1  # of planned steps; latents are put to use before that
    settled_points: Records = 40  # records; the same where planned steps are unknown
    target_multiple: Times = 2.0  # times the target of a policy
    min_loss_fall: Ln = 0.05  # ln: a loss that fell by this since the lowest KL pays for it
    clear_ratio: Times = 3.0  # times the lowest level

    def tracks(self, view: View) -> Iterable[Track]:
        kl, ref = view.role("kl"), view.role("ref_kl")
        reward = view.role("reward")
        target = view.facts.number("kl_target", "target_kl", "kl_ctrl_target", "adap_kl_target", least=1e-9)
        policy = ref or (
            kl if kl is not None and reward is not None and view.logged_by_third_point(reward.key, kl) else None
        )
        if policy is not None and target:
            yield self._policy(view, policy, target)
        if kl is not None and kl is not policy:
            yield self._posterior(view, kl)

    def _policy(self, view: View, points: Points, target: float) -> Track:
        level = rolling.rolling_median(points.x, self.window, least=self.window)
        limit = self.target_multiple * target
        return track(
            points,
            firing=(level > limit) & view.warm(points),
            clearing=rolling.sustained(level < 0.7 * limit, self.window),
            severity=Severity.WARNING,
            onset=lambda j: j - self.window + 1,
            words=lambda m: self._policy_words(level, target, m),
        )

    def _policy_words(self, level: Floats, target: float, m: Moment) -> Words:
        now = float(level[m.now])
        evidence = {"kl": now, "target": target}
        if m.over:
            return Words("KL 已回到目标附近", f"KL {num(now)}，目标 {num(target)}", "", "确定", evidence)
        return Words(
            "KL 远超目标",
            f"与参考策略的 KL {num(now)}，是目标 {num(target)} 的 {times(now / target)} 倍",
            "先看奖励是否被钻空子；属实再调 kl_coef 或 lr",
            "很可能",
            evidence,
        )

    def _posterior(self, view: View, points: Points) -> Track:
        x = points.log
        level = rolling.rolling_median(x, self.window, least=self.window)
        ready = (
            view.past(points, self.settled_progress, self.settled_points)
            & view.past_warmup(points)
            & self._steady(view, points)
        )
        lowest = np.asarray(
            pd.Series(np.where(ready, level, np.nan)).rolling(self.span_points, min_periods=1).min(), dtype=np.float64
        )
        climbing = level - rolling.before(level, self.window) > np.log(self.rising_ratio)
        firing = (
            ready
            & (level - lowest > np.log(self.ratio))
            & climbing
            & (level > np.log(self.min_nats))
            & ~points.after_first_negative
        )
        base = rolling.carried(np.where(firing, lowest, np.nan))
        clearing = rolling.sustained(level < base + np.log(self.clear_ratio), self.window) & ~firing
        severity = np.where(self._paid_for(view, points), Severity.INFO, Severity.WARNING).astype(np.int64)
        return track(
            points,
            firing=firing,
            clearing=clearing | points.after_first_negative,
            severity=severity,
            onset=lambda j: self._onset(x, j),
            words=lambda m: self._words(view, points, level, base, m),
        )

    def _steady(self, view: View, points: Points) -> Bools:
        """Not while the weight of the KL term still moves, nor right after: its floor is a moving target then."""
        beta = view.role("beta")
        if beta is None or len(beta) < 2:
            return np.ones(len(points), dtype=bool)
        moved = np.concatenate([[False], np.abs(np.diff(beta.x)) > 1e-9])
        quiet = rolling.streak(~moved) > 20
        at = view.latest(points, beta)
        return np.where(at >= 0, quiet[np.maximum(at, 0)], True)

    def _paid_for(self, view: View, points: Points) -> Bools:
        """Where the loss has fallen over the last `span_points` records: the latent is being used."""
        loss = view.role("component") or view.role("loss")
        if loss is None or not len(loss):
            return np.zeros(len(points), dtype=bool)
        level = rolling.rolling_median(loss.log, 20, least=10)
        fallen = level < rolling.before(rolling.running_min(level), 60) - self.min_loss_fall
        at = view.latest(points, loss)
        return np.where(at >= 0, fallen[np.maximum(at, 0)], False)

    def _onset(self, x: Floats, j: int) -> int:
        """The last record near the bottom the climb began from."""
        lo = max(0, j - self.span_points)
        level = rolling.rolling_median(x[lo : j + 1], 3)
        return lo + int(np.flatnonzero(level <= np.nanmin(level) + np.log(1.5))[-1])

    def _words(self, view: View, points: Points, level: Floats, base: Floats, m: Moment) -> Words:
        now, low = float(np.exp(level[m.now])), float(np.exp(base[m.now]))
        weight = view.facts.number("kl_weight", "beta", "kl_coef", least=0)
        evidence = {
            "kl": now,
            "lowest": low,
            "ratio": now / low,
            "kl_weight": weight,
            "since_step": int(points.step[m.onset]),
        }
        if m.over:
            return Words("KL 已回落", f"KL 现为 {num(now)}", "", "确定", evidence)
        held = f"（当前 {num(weight)}）" if weight is not None else ""
        return Words(
            "KL 快速上升",
            f"{num(float(points.at[m.onset]), 6)} 步起 KL {num(low)}→{num(now)}（{times(now / low)} 倍），先验约束变弱",
            f"先核对 kl_weight{held or ' '}与方差参数化；属实可加大",
            "很可能",
            evidence,
        )
