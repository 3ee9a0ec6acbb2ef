"""Gradient norms that rise for good, or vanish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.portrait import Portrait, left_at
from analysis.arrays.trend import climbs
from analysis.columns.family import Family
from analysis.facts import checkpoints
from analysis.figures import num, times
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.advantage import no_advantage
from analysis.scan.begun import begun_before
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.gradient_norms import BURN_IN, portraits
from analysis.scan.impact import Impact
from analysis.scan.recovery import Recovery
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, Ln, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import SETTLED_RECORDS, Points, View

PAST_PEAK = 0.35  # ln, by which two records lie below a peak that is over: what goes on rising has none behind it


@dataclass(frozen=True)
class GradExplode(CausalDiagnosis):
    """The norm has risen for good: the last 8 norms lie 9 times above the lowest level since the run settled.

    So it has where it has climbed all along to a hundred times its lowest, and beyond where it began: clipping hides
    that from the loss, of each step it leaves the direction alone.
    """

    id = "grad-explode"
    title = "梯度爆炸"
    severity = Severity.CRITICAL
    meaning = "grad norm 抬升近一个数量级且不回落，往往是发散的前兆。"
    clears = "grad norm 降回抬升前的量级并稳住"
    mistaken_for = "训练后期 grad norm 随权重缓慢变大、loss 照常下降，不是爆炸"
    impact = Impact.USABLE_BEFORE_ONSET
    leads_to = ("nan-inf", "divergence")
    blows_up = True
    explained_by = ("divergence", "policy-collapse", "critic-runaway")

    ratio: Times = 9.0  # times the lowest level: norms grow with the weights, x2 to x3, in normal late training
    window: Records = 8  # in the level: a lone spike does not move it
    clear_ratio: Times = 4.0  # times the lowest level: it has come down
    falling_ratio: Times = 2.0  # below the highest of the last two windows: it is coming down
    # from twice the low level to `ratio` times it: slower, with a loss that still falls, is how weights grow
    fast_progress: PlanShare = 0.2
    fast_points: Records = 100  # points; the same where planned steps are unknown
    wanders: Sigmas = 4.0  # by which the level lies above everything usual; noise of long memory strays by less
    min_spread: Ln = 0.05  # ln: the least that the level wanders
    climb_ratio: Times = 100.0  # times the lowest level, without a pause: no growth of weights, however the loss does
    begun_ratio: Times = 30.0  # times its first level: it does not come back to it
    max_growth_ratio: Times = 30.0  # times the lowest level: past this it is no growth of weights, however slow

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("grad_norm")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        index = np.arange(len(points))
        settled = (view.settled(points) | (index >= SETTLED_RECORDS)) & (index >= BURN_IN)
        quarter = rolling.rolling_median(x, 4, least=4)
        rungs = cache(lambda: portraits(view, points, self.min_spread))
        high = cache(lambda: [self._high(rung, quarter) for rung in rungs()])
        low, climbed = self._climbed(view, points)
        usual = cache(lambda: np.select([climbed, *high()], [low, *(p.usual for p in rungs())], rungs()[-1].usual))
        risen = quarter - rolling.running_min(x) > np.log(self.ratio)  # nothing usual lies below the lowest
        if risen.any():
            risen = np.logical_or.reduce(high()) | climbed
        # The tail of a spike is high, too, and on its way down.
        coming_down = quarter < rolling.rolling_max(x, 2 * self.window) - np.log(self.falling_ratio)
        coming_down |= rolling.rolling_max(x, 2) < rolling.rolling_max(x, 2 * self.window) - PAST_PEAK
        firing = settled & risen & ~coming_down & ~near_scheduled_change(view, points)

        def rated() -> Ints:
            lowest = np.fmin.reduce([p.usual for p in rungs()])
            small = rungs()[0].level - lowest < np.log(self.max_growth_ratio)
            grows = self._slow(view, points, quarter - lowest) & small
            slight = np.where(climbed, Severity.WARNING, Severity.INFO)
            return np.where(
                grows | self._slow(view, points, quarter - low) & climbed, slight, Severity.CRITICAL
            ).astype(np.int64)

        return track(
            points,
            firing=firing,
            clearing=lambda: ~risen | points.after_first_negative,
            severity=rated,
            onset=lambda j: left_at(x, float(usual()[j]), j),
            words=lambda m: self._words(view, points, usual(), m),
            recovery=lambda: Recovery(rungs()[0].level, np.log(self.clear_ratio)),
        )

    def _climbed(self, view: View, points: Points) -> tuple[Floats, Bools]:
        """(n,) each: the lowest level so far; and whether it has climbed from there all along."""
        level = rolling.rolling_median(points.log, self.window, least=self.window)
        low, where = rolling.running_min(level), rolling.index_of_running_min(rolling.filled(level, np.inf))
        begun = level[self.window - 1] if len(level) >= self.window else np.inf
        high = (level - low > np.log(self.climb_ratio)) & (level - begun > np.log(self.begun_ratio))
        high &= ~view.is_family(points, Family.RL, Family.GAN)  # their norms grow with what is earned, or with a rival
        looked, out = rolling.log_spaced(len(points)), np.full(len(points), np.nan)
        for j in np.flatnonzero(looked & high).tolist():
            out[j] = climbs(points.log[where[j] : j + 1])
        return low, np.asarray(high & (rolling.carried(out) > 0))

    def _high(self, rung: Portrait, quarter: Floats) -> Bools:
        """(n,) the level, and that of the last four records, stand high above what has been usual."""
        high = (rung.level - rung.usual > np.log(self.ratio)) & (quarter - rung.usual > np.log(self.ratio))
        return np.asarray(high & (rung.above() > self.wanders)) if high.any() else high

    def _slow(self, view: View, points: Points, above: Floats) -> Bools:
        """Whether the way up from twice the low level has taken long while the loss fell."""
        began = np.maximum.accumulate(np.where(~(above > np.log(2.0)), np.arange(len(points)), 0))
        planned = view.facts.planned_steps
        long = (
            points.at - points.at[began] > self.fast_progress * planned
            if planned
            else np.arange(len(points)) - began > self.fast_points
        )
        loss = view.role("loss")
        if loss is None or not len(loss):
            return np.zeros(len(points), dtype=bool)
        smooth = rolling.rolling_median(loss.log, 9)
        at = view.latest(points, loss)
        now = rolling.take_or(smooth, at, np.nan)
        return np.asarray(long & (now < now[began]))

    def _words(self, view: View, points: Points, level: Floats, m: Moment) -> Words:
        usual = float(np.exp(level[m.raised]))
        now = rolling.median(points.x[max(0, m.now - self.window + 1) : m.now + 1])
        healthy = points.x[max(0, m.onset - 200) : m.onset + 1]
        p90 = float(np.quantile(healthy, 0.9)) if len(healthy) else usual
        loss = view.role("loss")
        rising = False
        if loss is not None:
            then = rolling.median(loss.recent(int(points.rows[m.onset]), 8))
            rising = rolling.median(loss.recent(int(points.rows[m.now]), 8)) > 1.2 * then
        saved = checkpoints.before(view.facts, float(points.at[m.onset]), float(points.at[m.now]))
        evidence = {
            "usual": usual,
            "now": now,
            "p90": p90,
            "loss_rising": rising,
            "step": int(points.at[m.onset]),
            "checkpoint": saved,
        }
        if m.over:
            return Words(
                "grad norm 已回到平时",
                f"第 {int(points.at[m.onset])} 步起升高，现回到 {num(now)}",
                "",
                "确定",
                evidence,
            )
        if now <= usual:  # told since its cause goes on
            peak = float(np.max(points.x[m.onset : m.now + 1]))
            return Words(
                "grad norm 曾持续升高",
                f"第 {int(points.at[m.onset])} 步起曾升到 {num(peak)}（平时 {num(usual)}），现 {num(now)}",
                f"先核对 lr 与 clip（正常阶段 90 分位 {num(p90)}）",
                "确定",
                evidence,
            )
        return Words(
            "grad norm 持续升高",
            f"第 {int(points.at[m.onset])} 步起 {num(usual)}→{num(now)}（{times(now / usual)} 倍），"
            f"loss {'同步上升' if rising else '未变'}",
            f"先核对 lr 与 clip（正常阶段 90 分位 {num(p90)}）",
            "确定",
            evidence,
            checkpoints.inferred(saved),
        )


@dataclass(frozen=True)
class GradVanish(CausalDiagnosis):
    """The norm is a 300th of what it was once the run had settled, and the loss stands still:
    nothing reaches the weights.

    A converged regression falls by 50 at most; an interpolating classifier's norm goes to 0 while its loss still falls.
    """

    id = "grad-vanish"
    title = "梯度消失"
    severity = Severity.CRITICAL
    meaning = "grad norm 几乎为 0，同时 loss 不动：参数基本不再更新。"
    clears = "grad norm 回升到消失前的量级并稳住"
    mistaken_for = "分类任务学到头时 grad norm 也趋于 0；组内 reward 全相同时也会"
    impact = Impact.FROZEN_AT_ONSET
    wastes_time = True
    explained_by = ("policy-collapse", "no-spread")

    ratio: Times = 300.0  # the usual norm over this one: a converged regression falls by 50 at most
    dead_norm: Level = 1e-7  # a norm that is as good as 0
    window: Records = 8  # in the level
    max_loss_change: Ln = 0.02  # the loss moved less than this, or than its noise, over the last 20 records
    live_share: Share = 0.1  # of the usual norm: two norms above it in a window, and something does reach the weights
    wanders: Sigmas = 4.0  # by which the level lies below everything usual; noise of long memory strays by less

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("grad_norm")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        rungs = cache(lambda: portraits(view, points, 1e-12))

        @cache
        def base() -> Floats:
            return np.asarray(np.exp(np.fmax.reduce([p.usual for p in rungs()])))

        level = points.median(self.window, least=self.window)
        with np.errstate(invalid="ignore"):
            # A norm of 1e-9 that has always been one is a matter of scale.
            dead = (level < self.dead_norm) & ((level == 0) | (rolling.running_max(points.x) > 100 * self.dead_norm))
            # Of eight or more records, half lie together somewhere: no median of them exceeds all medians of three.
            low = level < 1.001 * rolling.running_max(points.median(3)) / self.ratio
            if low.any():
                below = np.fmax.reduce([p.below() for p in rungs()])
                low = (level < base() / self.ratio) & ~(below < self.wanders)
        firing = low | dead
        if firing.any():
            firing &= self._loss_frozen(view, points) & view.warm(points) & ~no_advantage(view, points)
            if len(points) >= self.window:  # batches that are known by heart give none, the others still do
                second = np.sort(rolling.windows_of(points.x, self.window), axis=1)[:, -2]
                firing[self.window - 1 :] &= ~(second > self.live_share * base()[self.window - 1 :])
            # Of a run that had trained long before its log begins, a norm that was never above 0 was not measured.
            firing &= (rolling.running_max(points.x) > 0) | (not begun_before(view, points))
        return track(
            points,
            firing=firing,
            clearing=lambda: ~(low | dead),
            severity=Severity.CRITICAL,
            onset=lambda j: self._onset(points, j),
            words=lambda m: self._words(view, points, base(), level, m),
            recovery=lambda: Recovery(-np.log(np.maximum(level, rolling.TINY)), np.log(self.ratio) / 3),
        )

    def _loss_frozen(self, view: View, points: Points) -> Bools:
        loss = view.role("loss")
        if loss is None or not len(loss):
            return np.ones(len(points), dtype=bool)
        short = rolling.rolling_median(loss.log, self.window, least=self.window)
        moved = np.abs(short - rolling.before(short, 20))
        still = moved < np.maximum(self.max_loss_change, 1.5 * loss.noise)
        at = view.latest(points, loss)
        return rolling.take_or(still, at, True)

    def _onset(self, points: Points, j: int) -> int:
        if not points.x[: j + 1].any():
            return 0
        lo = max(0, j - 120)
        return lo + rolling.change_point(points.log[lo : j + 1])

    def _words(self, view: View, points: Points, base: Floats, level: Floats, m: Moment) -> Words:
        now, usual = float(level[m.now]), float(base[m.raised])
        loss = view.role("loss")
        at = loss.value(int(points.rows[m.now])) if loss is not None else None
        evidence = {"now": now, "usual": usual, "loss": at, "step": int(points.at[m.onset])}
        if m.over:
            return Words("grad norm 已恢复", f"grad norm 回到 {num(now)}", "", "确定", evidence)
        early = f"（早期 {num(usual)}）" if np.isfinite(usual) else ""
        stuck = f"，loss 停在 {num(at)}" if at is not None else ""
        since = f"第 {int(points.at[m.onset])} 步起" if m.onset else "从第一次记录起"
        return Words(
            "grad norm 几乎为 0",
            f"{since} grad norm {num(now) if np.isfinite(now) else '约 0'}{early}{stuck}",
            "先核对 lr、冻结的参数、loss 是否断图、激活饱和",
            "很可能",
            evidence,
        )
