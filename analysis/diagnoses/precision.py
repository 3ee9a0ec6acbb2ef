"""Mixed precision: an fp16 loss scale that keeps falling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.figures import num, whole
from analysis.model import Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.remedy import LOWER_LR, WIDER_NUMBERS, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Level, Steps
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class AmpOverflow(CausalDiagnosis):
    """The fp16 loss scale keeps being halved: gradients overflow again and again, and those steps are skipped.

    A scaler doubles after 2000 clean steps, so more than one halving in 200 is a net loss. It starts far too high by
    design and comes down at once: that descent does not count.
    """

    id = "amp-overflow"
    title = "混合精度频繁溢出"
    severity = Severity.WARNING
    meaning = "fp16 的 loss scale 被反复下调：梯度频繁溢出，对应的步被跳过。"
    clears = "loss scale 连续回升，中途不再下调"
    mistaken_for = "续训后 scaler 从很高的初值重新往下找，下调几次属正常"
    impact = Impact.SLOWER  # skipped steps: the same result takes more of them
    leads_to = ("divergence", "loss-jump", "nan-inf", "run-crashed")
    remedies = (WIDER_NUMBERS, LOWER_LR)
    blows_up = True

    halvings: Count = 3  # within `span_steps`
    span_steps: Steps = 200  # a scaler doubles after 2000 clean ones
    settled_steps: Steps = 200  # from the first record: the descent from 65536
    min_scale: Level = 2.0  # a scale below this leaves small gradients to underflow
    clear_doublings: Count = 2  # doublings in a row: over

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("loss_scale")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        change = np.nan_to_num(np.diff(x, prepend=x[:1])) / np.log(2)
        down = np.where(change < -0.5, -np.round(change), 0.0)
        # Where records lie further apart than the span, one of them may show several halvings of its own long interval.
        at = np.maximum.accumulate(points.at) if len(points) else points.at
        apart = np.diff(at, prepend=at[:1])
        down = np.where(apart > self.span_steps, down * self.span_steps / np.maximum(apart, 1.0), down)
        settled = at - at[:1] > self.settled_steps
        total = np.concatenate([[0.0], np.cumsum(np.where(settled, np.minimum(down, 1e6), 0.0))])
        begin = (
            np.searchsorted(points.at, points.at - self.span_steps, side="right")
            if len(points)
            else np.zeros(0, dtype=int)
        )
        recent = total[1:] - total[np.minimum(begin, np.arange(len(points)))]
        eligible = view.warm(points) & settled
        fell_before = rolling.running_max(points.x) > self.min_scale
        firing = eligible & ((recent >= self.halvings - 0.5) | ((points.x < self.min_scale) & fell_before))
        rising = np.cumsum(change > 0.5)
        quiet = rolling.streak(change > -0.5)
        risen = np.zeros(len(points), dtype=bool)
        for j in np.flatnonzero(change > 0.5).tolist():
            begun = j - int(quiet[j])
            risen[j] = rising[j] - (rising[begun] if begun >= 0 else 0) >= self.clear_doublings
        return track(
            points,
            firing=firing,
            clearing=lambda: risen & (points.x >= self.min_scale),
            severity=Severity.WARNING,
            onset=lambda j: self._onset(down, points, j),
            words=lambda m: self._words(view, points, recent, m),
        )

    def _onset(self, down: Floats, points: Points, j: int) -> int:
        """The first halving of the run of halvings that led here."""
        at = np.flatnonzero(down[: j + 1] > 0)
        if not len(at):
            return j
        far = np.flatnonzero(np.diff(points.at[at]) > self.span_steps)
        return int(at[far[-1] + 1] if len(far) else at[0])

    def _words(self, view: View, points: Points, recent: Floats, m: Moment) -> Words:
        now, before = float(points.x[m.now]), float(points.x[max(0, m.onset - 1)])
        fell = round(max(float(recent[m.now]), float(np.log2(before / now)) if now > 0 and before > now else 0.0))
        evidence = {"scale": now, "before": before, "halvings": fell, "since_step": int(points.step[m.onset])}
        if m.over:
            return Words("loss scale 已回升", f"loss scale 现为 {num(now)}", "", "确定", evidence)
        return Words(
            "fp16 频繁溢出",
            f"第 {whole(float(points.at[m.onset]))} 步起 loss scale {num(before)}→{num(now)}，"
            f"下调 {fell} 次，对应步被跳过",
            "先看 grad norm 是否异常" + one_of(view.facts, *self.remedies, lead="；属实可"),
            "很可能",
            evidence,
        )
