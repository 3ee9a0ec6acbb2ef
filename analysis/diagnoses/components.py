"""F. Parts of a loss that may go to sleep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.figures import num
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.episodes import Moment, Track, track
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class KlCollapse:
    """The posterior equals the prior: the latent carries nothing.

    Info for ACT, whose inference uses z = 0 anyway; a warning where z is sampled at inference (a VAE).
    """

    id: ClassVar[str] = "kl-collapse"
    title: ClassVar[str] = "后验坍塌（KL≈0）"
    usual: ClassVar[Severity] = Severity.WARNING

    low: float = 1.5e-3  # nats, after a peak above 0.01
    drop: float = 30.0  # or this far below the peak and below `small`
    small: float = 0.015
    settled: float = 0.04
    points: int = 16
    hold: int = 5
    up: float = 5.0

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("kl")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        level = rolling.rolling_median(points.x, 5, least=5)
        peak = rolling.running_max(rolling.rolling_median(points.x, 3))
        asleep = ((level < self.low) & (peak > 0.01)) | ((level < peak / self.drop) & (level < self.small))
        ready = (
            view.past(points, self.settled, self.points) & view.past_warmup(points) & self._weight_settled(view, points)
        )
        # The KL of an agent is that of an update, which is meant to be small; one that goes negative is an estimate from
        # samples, as agents make it: the KL of a posterior is computed, and never is.
        other = view.is_family(points, Family.RL) | points.after_first_negative
        firing = rolling.sustained(asleep & ready & ~other, self.hold)
        lowest = rolling.carried(np.where(firing, level, np.nan))
        clearing = level > self.up * np.maximum(lowest, self.low / self.up)
        vae = any(
            "vae" in view.facts.text(k) for k in ("policy_type", "model_type", "model_name", "arch", "architecture")
        )
        return track(
            points, firing=firing, clearing=(clearing & ~asleep) | other, severity=Severity.WARNING if vae else Severity.INFO,
            onset=lambda j: self._onset(points.log, j), words=lambda m: self._words(view, points, level, peak, vae, m),
        )  # fmt: skip

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
