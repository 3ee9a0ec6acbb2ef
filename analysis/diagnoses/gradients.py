"""Gradient norms: lone spikes, norms that rise for good or vanish.

Norms of healthy runs are log-normal with a spread of 0.1 to 0.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.portrait import Portrait, Sketch
from analysis.arrays.trailing import Trailing
from analysis.facts import checkpoints
from analysis.figures import num, times
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.advantage import no_advantage
from analysis.scan.begun import begun_before
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.loss_scale import MOST_TIMES
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LOWER_LR, TIGHTER_CLIP, one_of
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, Ln, PlanShare, Records, Sigmas, Steps, Times
from analysis.scan.view import Points, View

# A level of 8 records over what was usual before, sure of a short run; then of ever more, sure of ever noisier ones.
LADDER = ((8, 8), (8, 64), (16, 200), (32, 600))  # (records in the level, records between it and what was usual)
PAST_PEAK = 0.35  # ln, by which two records lie below a peak that is over: what goes on rising has none behind it
BURN_IN = 15  # records of a run's beginning that say nothing about what is usual


def _rungs(view: View, points: Points, floor: float) -> list[Portrait]:
    """The portraits of LADDER, of a norm in ln; one per view and column."""

    def sketch(stretch: int) -> Sketch:
        return view.once(f"{points.key}\0sketch {stretch}", lambda: Sketch.of(points.log, stretch, BURN_IN))

    return [sketch(stretch).portrait(gap, floor) for stretch, gap in LADDER]


@dataclass(frozen=True)
class GradSpike(CausalDiagnosis):
    """A lone norm far above its baseline. Clipped and without effect on the loss it is info; else a warning.

    `ratio` 6 is six sigmas even at a spread of 0.3; ZClip's 2.5 sigmas fires in nearly every healthy run.
    """

    id = "grad-spike"
    title = "grad norm 尖峰"
    severity = Severity.WARNING
    meaning = "个别步的 grad norm 远高于平时；单次且已被 clip 截断一般无碍，反复出现要查 batch 和 lr。"
    clears = "grad norm 连续多次记录回到平时水平附近"
    mistaken_for = "换数据段、lr 重启后的第一步也会有一次性尖峰"
    impact = Impact.NONE
    blows_up = True
    remedies = (LOWER_LR, TIGHTER_CLIP)
    explained_by = ("grad-explode", "divergence", "policy-collapse", "critic-runaway", "nan-inf")

    ratio: Times = 6.0  # times the level: six sigmas even at a spread of 0.3
    sigmas: Sigmas = 6.0  # of the spread (ln) before
    pair_ratio: Times = 3.0  # times the level, two in a row: noise does not do that twice
    pair_sigmas: Sigmas = 4.0  # of the spread, two in a row
    min_spread: Ln = 0.1  # ln: the least spread of a healthy run
    window: Records = 30  # points in the level
    warning_ratio: Times = 20.0  # times the level: a warning at once,
    # where it lies this many times as far above it, in ln, as any before: of t noise that has three degrees of freedom
    # the largest of so many records is doubled by one in nine runs, tripled by one in thirty
    record_multiple: Times = 3.0
    warning_span_steps: Steps = 1000  # steps in which spikes are counted
    effect_points: Records = 5  # points after which the effect on the loss is judged
    effect_ratio: Times = 1.3  # times its level: the loss has moved,
    effect_sigmas: Sigmas = 3.0  # and by so many noises of a single record of it
    clear_points: Records = 20  # calm points until it is over
    clear_ratio: Times = 2.0  # times the level: below it a point is calm

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("grad_norm")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        base = Trailing(x, self.window, self.min_spread)
        above = x - base.level
        asked = np.flatnonzero(above > np.log(min(self.pair_ratio, self.ratio, self.warning_ratio)))
        spread = base.spread(asked)

        def beyond(ratio: float, sigmas: float) -> Bools:
            out = np.zeros(len(points), dtype=bool)
            out[asked] = above[asked] > np.maximum(np.log(ratio), sigmas * spread)
            return out

        firing = beyond(self.ratio, self.sigmas) | rolling.sustained(beyond(self.pair_ratio, self.pair_sigmas), 2)
        index = np.arange(len(points))
        firing &= view.warm(points) & (index >= BURN_IN)
        starts = firing & ~np.concatenate([[False], firing[:-1]]) if len(firing) else firing
        often = rolling.count_within(starts, points.at.astype(np.int64), self.warning_span_steps)
        # A series with heavy tails makes large values all the time: news is what lies far beyond all that it has shown.
        farthest = rolling.before(rolling.running_max(np.where(index >= BURN_IN, above, np.nan)))
        news = ~(above < self.record_multiple * farthest)
        level = np.full(len(points), int(Severity.INFO))
        level[firing & news & (above > np.log(self.warning_ratio))] = int(Severity.WARNING)
        effect = self._effect(view, points, starts)
        level[effect] = int(Severity.WARNING)
        calm = x < base.level + np.log(self.clear_ratio)
        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(calm & ~firing, self.clear_points) | points.after_first_negative,
            severity=level,
            words=lambda m: self._words(view, points, base, often, effect, m),
        )

    def _effect(self, view: View, points: Points, starts: Bools) -> Bools:
        """Points at which a spike has turned out to have moved the loss: `effect_points` points after it began."""
        out = np.zeros(len(points), dtype=bool)
        loss = view.role("loss")
        if loss is None or not len(loss) or not starts.any():
            return out
        level = rolling.before(rolling.rolling_median(loss.log, self.window, least=5))
        for j in np.flatnonzero(starts).tolist():
            k = j + self.effect_points
            if k >= len(points):
                continue
            lo = int(np.searchsorted(loss.rows, points.rows[j]))
            hi = int(np.searchsorted(loss.rows, points.rows[k], side="right"))
            if hi > lo and np.isfinite(level[lo]):
                noise = float(loss.noise[lo - 1]) if lo and np.isfinite(loss.noise[lo - 1]) else 0.0
                out[k] = rolling.median(loss.log[lo:hi]) - level[lo] > max(
                    np.log(self.effect_ratio), self.effect_sigmas * noise
                )
        return out

    def _words(self, view: View, points: Points, base: Trailing, often: Ints, effect: Bools, m: Moment) -> Words:
        part = points.x[m.raised : m.now + 1]
        peak, at = float(np.max(part)), m.raised + int(np.argmax(part))
        usual = float(np.exp(base.level[m.raised]))
        usual = 0.0 if usual <= 10 * rolling.TINY else usual
        clip, n = view.facts.clip, int(often[m.now])
        moved = bool(effect[m.raised : m.now + 1].any())
        evidence = {
            "peak": peak,
            "usual": usual,
            "ratio": peak / usual if usual else None,
            "step": int(points.at[at]),
            "clip": clip,
            "recent_spikes": n,
            "loss_moved": moved,
        }
        loss = view.role("loss")
        logged = loss is not None and loss.value(int(points.rows[m.now])) is not None  # by this row, not later
        seen = logged and m.now - m.raised >= self.effect_points
        much = f"，{times(peak / usual)} 倍" if peak < MOST_TIMES * usual else ""
        effect_text = "，loss 随之升高" if moved else "，loss 正常" if seen else ""
        cut = f"，clip={num(clip)} 已截断" if clip and peak > clip else ""
        again = f"；近 {self.warning_span_steps} 步第 {n} 次" if n > 1 else ""
        calm = m.severity < Severity.WARNING
        return Words(
            "grad norm 尖峰" + ("（已恢复）" if m.over else ""),
            f"第 {int(points.at[at])} 步 grad norm {num(peak)}（平时 {num(usual)}{much}）{cut}{effect_text}{again}",
            "单次可不处理"
            if calm
            else "先查尖峰处的 batch" + one_of(view.facts, *self.remedies, lead="；反复出现再试"),
            "确定",
            evidence,
        )


@dataclass(frozen=True)
class GradExplode(CausalDiagnosis):
    """The norm has risen for good: the last 8 norms lie 9 times above the lowest level since the run settled."""

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
    settled_progress: PlanShare = 0.08  # before which the norm is still coming down
    settled_points: Records = 40  # the same where planned steps are unknown
    clear_ratio: Times = 4.0  # times the lowest level: it has come down
    falling_ratio: Times = 2.0  # below the highest of the last two windows: it is coming down
    # from twice the low level to `ratio` times it: slower, with a loss that still falls, is how weights grow
    fast_progress: PlanShare = 0.2
    fast_points: Records = 100  # points; the same where planned steps are unknown
    wanders: Sigmas = 4.0  # by which the level lies above everything usual; noise of long memory strays by less
    min_spread: Ln = 0.05  # ln: the least that the level wanders
    max_growth_ratio: Times = 30.0  # times the lowest level: past this it is no growth of weights, however slow

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("grad_norm")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        index = np.arange(len(points))
        settled = (view.past(points, self.settled_progress, self.settled_points) | (index >= self.settled_points)) & (
            index >= BURN_IN
        )
        quarter = rolling.rolling_median(x, 4, least=4)
        rungs = cache(lambda: _rungs(view, points, self.min_spread))
        high = cache(lambda: [self._high(rung, quarter) for rung in rungs()])
        usual = cache(lambda: np.select(high(), [p.usual for p in rungs()], rungs()[-1].usual))
        risen = quarter - rolling.running_min(x) > np.log(self.ratio)  # nothing usual lies below the lowest
        if risen.any():
            risen = np.logical_or.reduce(high())
        # The tail of a spike is high, too, and on its way down.
        coming_down = quarter < rolling.rolling_max(x, 2 * self.window) - np.log(self.falling_ratio)
        coming_down |= rolling.rolling_max(x, 2) < rolling.rolling_max(x, 2 * self.window) - PAST_PEAK
        firing = settled & risen & ~coming_down & ~near_scheduled_change(view, points)

        def rated() -> Ints:
            lowest = np.fmin.reduce([p.usual for p in rungs()])
            small = rungs()[0].level - lowest < np.log(self.max_growth_ratio)
            grows = self._slow(view, points, quarter - lowest) & small
            return np.where(grows, Severity.INFO, Severity.CRITICAL).astype(np.int64)

        return track(
            points,
            firing=firing,
            clearing=lambda: ~risen | points.after_first_negative,
            severity=rated,
            onset=lambda j: self._onset(x, usual(), j),
            words=lambda m: self._words(view, points, usual(), m),
            recovery=lambda: Recovery(rungs()[0].level, np.log(self.clear_ratio)),
        )

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

    def _onset(self, x: Floats, usual: Floats, j: int) -> int:
        """Where the rise begins: the last point before j that still lies near the usual level."""
        lo = max(0, j - 500)
        near = np.flatnonzero(x[lo : j + 1] < usual[j] + np.log(1.5))
        return lo + int(near[-1]) if len(near) else lo

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

    ratio: Times = 300.0  # the yardstick over the norm: a converged regression falls by 50 at most
    dead_norm: Level = 1e-7  # a norm that is as good as 0
    window: Records = 8  # in the level
    early_progress: PlanShare = 0.08  # the yardstick is the median norm from here
    late_progress: PlanShare = 0.2  # to here
    early_points: Records = 40  # the same where planned steps are unknown
    late_points: Records = 100  # likewise
    max_loss_change: Ln = 0.02  # the loss moved less than this, or than its noise, over the last 20 records
    clear_ratio: Times = 3.0  # times the limit: it lives again
    wanders: Sigmas = 4.0  # by which the level lies below everything usual; noise of long memory strays by less

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("grad_norm")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        rungs = cache(lambda: _rungs(view, points, 1e-12))

        @cache
        def base() -> Floats:
            return np.fmax(self._yardstick(view, points), np.exp(np.fmax.reduce([p.usual for p in rungs()])))

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
            # Of a run that had trained long before its log begins, a norm that was never above 0 was not measured.
            firing &= (rolling.running_max(points.x) > 0) | (not begun_before(view, points))
        return track(
            points,
            firing=firing,
            clearing=lambda: level > self.clear_ratio * np.maximum(base() / self.ratio, self.dead_norm),
            severity=Severity.CRITICAL,
            onset=lambda j: self._onset(points, j),
            words=lambda m: self._words(view, points, base(), level, m),
            recovery=lambda: Recovery(-np.log(np.maximum(level, rolling.TINY)), np.log(self.ratio) / 3),
        )

    def _yardstick(self, view: View, points: Points) -> Floats:
        """Per point, the median norm of the settled early stretch; of what there is of it while it is being run."""
        inside = view.past(points, self.early_progress, self.early_points) & ~view.past(
            points, self.late_progress, self.late_points
        )
        index = np.flatnonzero(inside)
        out = np.full(len(points), np.nan)
        if len(index):
            lo, hi = int(index[0]), int(index[-1]) + 1
            out[lo:hi] = rolling.rolling_median(points.x[lo:hi], hi - lo, least=5)
            out[hi:] = out[hi - 1]
        return out

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
            f"{since} grad norm {num(now)}{early}{stuck}",
            "先核对 lr、冻结的参数、loss 是否断图、激活饱和",
            "很可能",
            evidence,
        )
