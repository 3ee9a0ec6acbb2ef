"""B. Gradient norms. They are log-normal with a spread of 0.1 to 0.3 in healthy runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis import series
from analysis.diagnoses.numerics import Trailing, muted
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.numbers import num, times
from analysis.scan import Moment, Track, track
from analysis.view import Points, View


@dataclass(frozen=True)
class GradSpike:
    """A lone norm far above its baseline. Clipped and without effect on the loss it is a note; else it is news.

    `ratio` 6 is six sigmas even at a spread of 0.3; ZClip's 2.5 sigmas fires in nearly every healthy run.
    """

    id: ClassVar[str] = "grad-spike"
    title: ClassVar[str] = "梯度范数尖峰"
    usual: ClassVar[Severity] = Severity.WARNING

    ratio: float = 6.0
    sigmas: float = 6.0
    floor: float = 0.1
    window: int = 30
    large: float = 20.0  # a warning at once
    many: int = 3  # this many within `span` steps are a warning
    span: int = 1000
    wait: int = 5  # points after which the effect on the loss is judged
    moved: float = 1.3  # loss above this ratio of its level: it moved
    clear: int = 20
    below: float = 2.0

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("grad_norm")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        base = Trailing.of(x, self.window, self.floor)
        above = x - base.level
        firing = view.warm(points) & (above > np.maximum(np.log(self.ratio), self.sigmas * base.spread))
        firing &= np.arange(len(points)) >= 15
        starts = firing & ~np.concatenate([[False], firing[:-1]]) if len(firing) else firing
        often = series.count_within(starts, points.at.astype(np.int64), self.span)
        level = np.full(len(points), int(Severity.INFO))
        level[(firing & (above > np.log(self.large))) | (often >= self.many)] = int(Severity.WARNING)
        effect = self._effect(view, points, starts)
        level[effect] = int(Severity.WARNING)
        calm = x < base.level + np.log(self.below)
        return track(
            points, firing=firing, clearing=series.held(calm & ~firing, self.clear) | points.signed, severity=level,
            words=lambda m: self._words(view, points, base, often, effect, m),
        )  # fmt: skip

    def _effect(self, view: View, points: Points, starts: Bools) -> Bools:
        """Points at which a spike has turned out to have moved the loss: `wait` points after it began."""
        out = np.zeros(len(points), dtype=bool)
        loss = view.role("loss")
        if loss is None or not len(loss):
            return out
        level = series.before(series.rolling_median(loss.log, self.window, least=5))
        for j in np.flatnonzero(starts).tolist():
            k = j + self.wait
            if k >= len(points):
                continue
            lo = int(np.searchsorted(loss.rows, points.rows[j]))
            hi = int(np.searchsorted(loss.rows, points.rows[k], side="right"))
            if hi > lo and np.isfinite(level[lo]):
                out[k] = series.median(loss.log[lo:hi]) - level[lo] > np.log(self.moved)
        return out

    def _words(self, view: View, points: Points, base: Trailing, often: Ints, effect: Bools, m: Moment) -> Words:
        part = points.x[m.raised : m.now + 1]
        peak, at = float(np.max(part)), m.raised + int(np.argmax(part))
        usual = float(np.exp(base.level[m.raised]))
        clip, n = view.facts.clip, int(often[m.now])
        moved = bool(effect[m.raised : m.now + 1].any())
        evidence = {
            "peak": peak, "usual": usual, "ratio": peak / usual, "step": int(points.step[at]), "clip": clip,
            "recent_spikes": n, "loss_moved": moved,
        }  # fmt: skip
        seen = m.now - m.raised >= self.wait
        effect_text = "，loss 随之升高" if moved else "，loss 正常" if seen and view.role("loss") is not None else ""
        cut = f"，clip={num(clip)} 已截断" if clip and peak > clip else ""
        again = f"；近 {self.span} 步第 {n} 次" if n > 1 else ""
        calm = m.severity < Severity.WARNING
        return Words(
            "梯度范数尖峰" + ("（已恢复）" if m.over else ""),
            f"{int(points.step[at])} 步 grad norm {num(peak)}（平时 {num(usual)}，{times(peak / usual)} 倍）{cut}{effect_text}{again}",
            "单次可不处理" if calm else "先查这些步的 batch；反复出现再试降 lr 或收紧 clip",
            "确定", evidence,
        )  # fmt: skip


@dataclass(frozen=True)
class GradExplode:
    """The norm has risen for good: the last 8 norms lie 9 times above the lowest level since the run settled."""

    id: ClassVar[str] = "grad-explode"
    title: ClassVar[str] = "梯度爆炸"
    usual: ClassVar[Severity] = Severity.CRITICAL

    ratio: float = 9.0  # weights grow and norms with them, x2 to x3, in normal late training
    window: int = 8
    base: int = 15
    settled: float = 0.08  # share of planned steps before which the norm is still coming down
    points: int = 40  # the same, where planned steps are unknown
    back: float = 4.0
    fast: float = 0.2  # share of planned steps from twice the low level to 9 times it; slower with a loss that still
    fast_points: int = 100  # falls is how weights grow; the same in points, where planned steps are unknown
    beyond: float = 30.0  # past this it is no growth of weights, however slow

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("grad_norm")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        settled = view.past(points, self.settled, self.points) & (np.arange(len(points)) >= 15)
        level = series.rolling_median(x, self.base, least=self.base)
        low = series.running_min(np.where(settled, level, np.nan))
        rise = series.rolling_median(x, self.window, least=self.window) - low
        quarter = series.rolling_median(x, 4, least=4)
        firing = settled & (rise > np.log(self.ratio)) & (quarter - low > np.log(self.ratio)) & ~muted(view, points)
        clearing = rise < np.log(self.back)
        level_ = np.where(
            self._slow(view, points, quarter - low) & (rise < np.log(self.beyond)), Severity.INFO, Severity.CRITICAL
        )
        where = series.index_of_running_min(np.nan_to_num(np.where(settled, level, np.nan), nan=np.inf))
        return track(
            points, firing=firing, clearing=clearing | points.signed, severity=level_.astype(np.int64),
            onset=lambda j: self._onset(x, int(where[j]), j), words=lambda m: self._words(view, points, low, m),
        )  # fmt: skip

    def _slow(self, view: View, points: Points, above: Floats) -> Bools:
        """Whether the way up from twice the low level has taken long while the loss fell."""
        began = np.maximum.accumulate(np.where(~(above > np.log(2.0)), np.arange(len(points)), 0))
        planned = view.facts.planned_steps
        long = (
            points.at - points.at[began] > self.fast * planned
            if planned
            else np.arange(len(points)) - began > self.fast_points
        )
        loss = view.role("loss")
        if loss is None or not len(loss):
            return np.zeros(len(points), dtype=bool)
        smooth = series.rolling_median(loss.log, 9)
        at = view.latest(points, loss)
        now = np.where(at >= 0, smooth[np.maximum(at, 0)], np.nan)
        return np.asarray(long & (now < now[began]))

    def _onset(self, x: Floats, low: int, j: int) -> int:
        """Where the rise begins: the last point before j that still lies near the low level."""
        near = np.flatnonzero(x[low : j + 1] < x[low] + np.log(1.5))
        return low + int(near[-1]) if len(near) else low

    def _words(self, view: View, points: Points, low: Floats, m: Moment) -> Words:
        usual = float(np.exp(low[m.raised]))
        now = series.median(points.x[max(0, m.now - self.window + 1) : m.now + 1])
        healthy = points.x[max(0, m.onset - 200) : m.onset + 1]
        p90 = float(np.quantile(healthy, 0.9)) if len(healthy) else usual
        loss = view.role("loss")
        rising = False
        if loss is not None and len(loss) > 20:
            i = loss.index(int(points.rows[m.now]))
            k = loss.index(int(points.rows[m.onset]))
            rising = series.median(loss.x[max(0, i - 7) : i + 1]) > 1.2 * series.median(loss.x[max(0, k - 7) : k + 1])
        evidence = {"usual": usual, "now": now, "p90": p90, "loss_rising": rising, "step": int(points.step[m.onset])}
        if m.over:
            return Words(
                "梯度范数已回落", f"{int(points.step[m.onset])} 步后升高，现回到 {num(now)}", "", "确定", evidence
            )
        return Words(
            "梯度范数持续升高",
            f"{int(points.step[m.onset])} 步起 {num(usual)}→{num(now)}（{times(now / usual)} 倍），loss {'同步上升' if rising else '未变'}",
            f"先核对 lr 与 clip（健康期 p90={num(p90)}）", "确定", evidence,
        )  # fmt: skip
