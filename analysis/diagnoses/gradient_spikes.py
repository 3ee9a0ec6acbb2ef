"""Lone gradient norms far above their level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trailing import Trailing
from analysis.figures import num, times
from analysis.model import Bools, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.gradient_norms import BURN_IN
from analysis.scan.impact import Impact
from analysis.scan.loss_scale import MOST_TIMES
from analysis.scan.remedy import LOWER_LR, TIGHTER_CLIP, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Ln, Records, Sigmas, Steps, Times
from analysis.scan.view import Points, View


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
        starts = rolling.begins(firing)
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
        if loss is None or not len(loss):
            return out
        for j in np.flatnonzero(starts).tolist():
            k = j + self.effect_points
            if k >= len(points):
                continue
            lo = int(np.searchsorted(loss.rows, points.rows[j]))
            hi = int(np.searchsorted(loss.rows, points.rows[k], side="right"))
            before = loss.log[max(0, lo - self.window) : lo]
            known = before[np.isfinite(before)]
            if hi > lo and len(known) >= 5:
                noise = float(loss.noise[lo - 1]) if lo and np.isfinite(loss.noise[lo - 1]) else 0.0
                out[k] = rolling.median(loss.log[lo:hi]) - rolling.median(known) > max(
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
