"""Clipping that never stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.gain import gain
from analysis.figures import num, times
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import PlanShare, Records, Share, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class GradClipSaturated(CausalDiagnosis):
    """Nearly every step is clipped hard.

    Adam divides the scale out again, so there it is info, unless it is hard and the loss gets no better; SGD takes
    smaller steps. Where the config names no optimiser it counts as Adam: language models, VLA and ACT are trained so.
    """

    id = "grad-clip-saturated"
    title = "梯度一直被 clip"
    severity = Severity.INFO
    meaning = "几乎每步的梯度都远超 clip 阈值：对 Adam 影响不大，对 SGD 等于把步长调小了。"
    clears = "被 clip 的步不再占多数"
    mistaken_for = "LLM、VLA 用 Adam 时多数步被 clip 是常态，loss 在降就不用管"
    impact = Impact.NONE
    explained_by = ("scale-mismatch",)

    ratio: Times = 3.0  # times the clip: a step is clipped to a third
    share: Share = 0.9  # of the last `window` points
    window: Records = 30  # points
    # times the clip, for `hard_share` of the last `hard_window` points and without a better loss: a warning
    hard_ratio: Times = 10.0
    hard_share: Share = 0.95  # of points
    hard_window: Records = 200  # points
    pinned_tolerance: Share = 0.01  # relative: norms this near the clip were logged after clipping
    settled_progress: PlanShare = 0.15  # warm-ups clip by design
    settled_points: Records = 60  # the same where planned steps are unknown
    clear_share: Share = 0.5  # of the last `window` points
    sum_ratio: Times = 100.0  # times the clip: no norm of an averaged loss is that large all along

    def tracks(self, view: View) -> Iterable[Track]:
        points, clip = view.role("grad_norm"), view.facts.clip
        if points is not None and clip:
            yield self._track(view, points, clip)

    def _track(self, view: View, points: Points, clip: float) -> Track:
        above = self._share(points.x > self.ratio * clip, self.window)
        pinned = self._share(np.abs(points.x / clip - 1) < self.pinned_tolerance, self.window)
        eligible = view.past(points, self.settled_progress, self.settled_points) & view.past_warmup(points)
        firing = ((above >= self.share) | (pinned >= self.hard_share)) & eligible
        hard = self._share(points.x > self.hard_ratio * clip, self.hard_window) >= self.hard_share
        optimiser = view.facts.text("optimizer_type", "optimizer_name", "optimizer", "optim")
        sgd = "sgd" in optimiser
        level = np.where((hard & ~self._improves(view, points)) | sgd, Severity.WARNING, Severity.INFO)
        clearing = (above < self.clear_share) & (pinned < self.clear_share)
        return track(
            points,
            firing=firing,
            clearing=clearing,
            severity=lambda: level.astype(np.int64),
            onset=lambda j: j - self.window + 1,
            words=lambda m: self._words(points, clip, above, optimiser, m),
        )

    def _share(self, mask: Bools, window: int) -> Floats:
        """Share of the last `window` points; NaN before there are as many."""
        total = np.concatenate([[0], np.cumsum(mask)]).astype(np.float64)
        out = np.full(len(mask), np.nan)
        if len(mask) >= window:
            out[window - 1 :] = (total[window:] - total[:-window]) / window
        return out

    def _improves(self, view: View, points: Points) -> Bools:
        """Against its start: a preference loss takes a thousand steps from ln 2 to 0.55,
        at norms of 5 to 30 all the way.
        """
        loss = view.role("loss")
        if loss is None or not len(loss):
            return np.ones(len(points), dtype=bool)
        return rolling.take_or(gain(-loss.x).risen, view.latest(points, loss), True)

    def _words(self, points: Points, clip: float, above: Floats, optimiser: str, m: Moment) -> Words:
        part = points.x[max(0, m.now - self.window + 1) : m.now + 1]
        middle, p90 = rolling.median(part), float(np.quantile(part, 0.9))
        evidence = {"median": middle, "clip": clip, "share": float(above[m.now]), "p90": p90}
        if m.over:
            return Words(
                "梯度已不再每步被 clip", f"grad norm 中位 {num(middle)}，clip={num(clip)}", "", "确定", evidence
            )
        if "sgd" in optimiser:
            what = "实际步长随之缩小"
        elif m.severity >= Severity.WARNING:
            what = "loss 也没有变好"
        else:
            what = "用的是 Adam 类，影响不大" if "adam" in optimiser else "Adam 类优化器影响不大"
        return Words(
            "梯度几乎每步都被 clip",
            f"近 {self.window} 次记录 grad norm 中位 {num(middle)}，"
            f"为 clip={num(clip)} 的 {times(middle / clip)} 倍；{what}",
            f"先看 loss 是否仍在降；没在降再试 clip {num(p90, 2)}"
            if middle < self.sum_ratio * clip
            else "先核对 loss 是否按 token 或 micro-batch 累加、没取平均；不要调大 clip",
            "仅提示",
            evidence,
        )
