"""D. Scores that should rise, and evaluations that look too good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis import checkpoints, series
from analysis.diagnoses.evaluation import eval_name
from analysis.diagnoses.numerics import muted
from analysis.model import Floats, Ints, Severity, Words
from analysis.numbers import num, pct
from analysis.profile import same_quantity
from analysis.scan import Moment, Track, track
from analysis.view import Points, View, label_words


@dataclass(frozen=True)
class EvalRegress:
    """A score that has lost a good part of what it had gained, by far more than it scatters.

    Success counts are binomial (20 rollouts at 50 %: +-22 points); their number is rarely logged, but the scatter of the
    series shows it, so the test is against that scatter.
    """

    id: ClassVar[str] = "eval-regress"
    title: ClassVar[str] = "评估指标明显回退"
    usual: ClassVar[Severity] = Severity.CRITICAL

    note: float = 0.25  # share of the gain that is lost: a note
    lost: float = 0.35  # a warning
    most: float = 0.6  # critical
    of_best: float = 0.15
    sigmas: float = 3.0  # of the smoothed score, beyond what the best of so many lies too high by luck
    evals: int = 3
    least: int = 6  # evals before it is asked
    smooth: int = 3  # evals in a level
    rollouts: int = 50  # the same for rollout returns: one noisy batch a record
    settled: float = 0.1  # of planned steps, before which rollout returns swing
    back: float = 0.07

    def tracks(self, view: View) -> Iterable[Track]:
        evaluation, rollouts = view.role("eval_score"), view.role("reward")
        if evaluation is not None:
            yield self._track(view, evaluation, self.smooth, None)
        if rollouts is not None:  # one noisy batch a point, where an eval is a mean over many; and only without evals
            yield self._track(view, rollouts, self.rollouts, evaluation)

    def _track(self, view: View, points: Points, w: int, unless: Points | None) -> Track:
        x = points.x
        level = series.rolling_median(x, w, least=w)
        filled = np.nan_to_num(level, nan=-np.inf)
        best, where = series.running_max(level), series.index_of_running_min(-filled)
        start = series.running_min(level)
        gain = best - start
        drop = best - level
        # How far the level wanders in w points by itself; returns are autocorrelated, so single steps say too little.
        # By what points scatter alone a median of w would wander too; the larger of the two counts.
        wander = (level - series.before(level, w))[2 * w - 1 :]
        sigma = 1.25 / np.sqrt(w) * series.noise(x, 60)
        sigma[2 * w - 1 :] = np.maximum(sigma[2 * w - 1 :], series.rolling_mad(wander, 60) / np.sqrt(2))
        if w == self.smooth and len(
            x
        ):  # as it was at the best eval: neither an early climb nor the fall itself is noise
            sigma = sigma[np.maximum(where, min(2 * w - 1, len(x) - 1))]
        luck = np.sqrt(2 * np.log(np.arange(2, len(x) + 2)))  # the best of n lies this many sigmas too high
        certain = drop > np.maximum(self.of_best * np.abs(best), (luck + self.sigmas) * sigma)
        base = certain & (drop > self.note * gain) & (gain > 0) & (np.arange(len(x)) >= self.least + w)
        if unless is not None:
            base &= view.latest(points, unless) < self.evals
        if w != self.smooth:
            base &= view.past(points, self.settled, self.rollouts)
        firing = series.held(base, self.evals if w == self.smooth else w)
        size = np.where(
            drop > self.most * gain,
            Severity.CRITICAL,
            np.where(drop > self.lost * gain, Severity.WARNING, Severity.INFO),
        )
        if w != self.smooth and view.facts.planned_steps is None:  # nobody knows how early this is: a note
            size = np.full(len(x), Severity.INFO)
        clearing = level > best - self.back * np.abs(best)
        return track(
            points, firing=firing, clearing=clearing, severity=size.astype(np.int64),
            onset=lambda j: self._onset(x, int(where[j]), j), words=lambda m: self._words(view, points, best, where, level, sigma, m),
        )  # fmt: skip

    def _onset(self, x: Floats, best: int, j: int) -> int:
        return best + series.change_point(x[best : j + 1])

    def _words(
        self, view: View, points: Points, best: Floats, where: Ints, level: Floats, sigma: Floats, m: Moment
    ) -> Words:
        b, now, step = float(best[m.now]), float(level[m.now]), int(points.at[where[m.now]])
        name = label_words(points.key) if points.kind.label == points.key else points.kind.label.rsplit("/", 1)[-1]
        saved = checkpoints.near(view.facts, step, float(points.at[m.now]))
        evidence = {
            "best": b,
            "best_step": step,
            "now": now,
            "noise": float(sigma[m.now]),
            "since": int(points.at[m.onset]),
            "checkpoint": saved,
        }
        if m.over:
            return Words(f"{name} 已回到高位", f"现 {num(now)}，最高 {num(b)}（{step} 步）", "", "确定", evidence)
        rate = 0 <= now <= 1 and 0 < b <= 1
        fall = (
            f"降 {100 * (b - now):.0f} 个百分点"
            if rate
            else f"降到最高时的 {pct(now / b)}"
            if b > 0 and now >= 0
            else "明显变差"
        )
        return Words(
            f"{name} 明显回退", f"最高 {num(b)}（{step} 步），现 {num(now)}，{fall}（平时波动 ±{num(float(sigma[m.now]), 2)}）",
            f"先加回合数复测；属实则用 {step if saved is None else saved} 步{'附近' if saved is None else ''}的 ckpt", "很可能", evidence,
            checkpoints.inferred(saved),
        )  # fmt: skip


@dataclass(frozen=True)
class EvalLeak:
    """Eval is less than half of train for the same quantity: dropout and augmentation give 0.6 to 0.95."""

    id: ClassVar[str] = "eval-leak"
    title: ClassVar[str] = "评估好得不正常"
    usual: ClassVar[Severity] = Severity.WARNING

    ratio: float = 0.5
    evals: int = 3
    back: float = 0.6

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("eval_loss")
        if points is None:
            return
        partners = self._partners(view, points)
        if partners:
            yield self._track(view, points, partners)

    def _partners(self, view: View, points: Points) -> list[Points]:
        """Train columns of the same quantity. A total with parts beside it (KL, OT) may hold more than eval does:
        then the parts are asked too, and the smallest decides."""
        if len(points) < 3:
            return []
        known = int(points.rows[2])
        keys = [k for k in view.keys("loss", "l1") if int(view.history.columns[k].rows[0]) <= known]
        same = [k for k in keys if same_quantity(k, points.key)]
        mixed = any(int(view.history.columns[k].rows[0]) <= known for k in view.keys("kl", "ot_loss"))
        return [view.column(k) for k in (keys if same and mixed else same)]

    def _track(self, view: View, points: Points, partners: list[Points]) -> Track:
        lowest = np.full(len(points), np.inf)
        for train in partners:
            smooth = series.rolling_median(train.x, 9)
            at = view.latest(points, train)
            lowest = np.fmin(lowest, series.pick(smooth, at, np.inf))
        with np.errstate(all="ignore"):
            ratio = np.where((lowest > 0) & np.isfinite(lowest) & (points.x >= 0), points.x / lowest, np.nan)
        # After a change of stage the train loss jumps at once; an eval that is smoothed or rare follows later.
        comparable = (np.arange(len(points)) >= self.evals) & ~muted(
            view, points, 4 * self.evals, ("stage", "batch_size")
        )
        firing = series.held((ratio < self.ratio) & comparable, self.evals)
        return track(
            points, firing=firing, clearing=series.held(ratio > self.back, self.evals), severity=Severity.WARNING,
            metrics=(partners[0].key,), onset=lambda j: j - self.evals + 1, words=lambda m: self._words(points, ratio, m),
        )  # fmt: skip

    def _words(self, points: Points, ratio: Floats, m: Moment) -> Words:
        evidence = {"ratio": float(ratio[m.now]), "eval": float(points.x[m.now])}
        name = eval_name(points)
        if m.over:
            return Words(f"{name} 与训练已接近", f"现为训练的 {pct(float(ratio[m.now]))}", "", "确定", evidence)
        return Words(
            f"{name} 好得不正常", f"{name} {num(float(points.x[m.now]))}，只有训练的 {pct(float(ratio[m.now]))}",
            "先核对两者口径（增广、dropout、KL 项），再排查数据重叠", "仅提示", evidence,
        )  # fmt: skip
