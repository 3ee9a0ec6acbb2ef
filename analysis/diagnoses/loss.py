"""The loss itself: values that are no numbers, a climb that goes on, a step up that stays, lone spikes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trailing import Trailing, best_since
from analysis.columns.captions import name
from analysis.columns.family import Family
from analysis.facts import checkpoints
from analysis.figures import num, times
from analysis.model import Bools, Finding, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.scheduled_changes import near_scheduled_change, weights_rise
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Evals, Ln, Nats, Records, Sigmas, Steps, Times
from analysis.scan.view import Points, View

LOSS_KINDS = ("loss", "l1", "component", "kl", "gan_loss", "rl_loss", "ot_loss")


@dataclass(frozen=True)
class NanInf(CausalDiagnosis):
    """A NaN or Inf that was logged is never legitimate in a loss; a cell that was not logged is no NaN.

    A gradient norm alone, with finite losses and back within `grace` points, is what an fp16 scaler does: warning.
    An eval loss that has never been finite may be an empty split; not three times running.
    """

    id = "nan-inf"
    title = "出现 NaN/Inf"
    severity = Severity.CRITICAL
    meaning = "loss、梯度或评估指标里出现了 NaN/Inf：数值已溢出，之后的权重通常不能用。"
    impact = Impact.USABLE_BEFORE_ONSET
    explains_what_follows = True
    wastes_time = True

    grace: Records = 3  # points: an fp16 scaler skips one step, at most a few
    clear_points: Records = 20  # finite points until it counts as over
    never_finite_evals: Evals = 3  # evals, all of them non-finite: no empty split

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        if of_eval:
            return Impact.IN_DOUBT
        # A lone Inf norm with a finite loss is a step that was skipped.
        return Impact.NONE if finding.severity < Severity.CRITICAL else self.impact

    def use(self, result: Result) -> str | None:
        return "评估有异常，还不能判断" if result.of_eval else None

    def tracks(self, view: View) -> Iterable[Track]:
        for key in view.keys(*LOSS_KINDS, "grad_norm", "eval_loss", "eval_l1", "eval_error", "eval_score", "score"):
            points = view.column(key, finite=False)
            if len(points):
                yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        bad = ~np.isfinite(points.x)
        if points.kind.name in {"grad_norm"}:
            level = np.where(rolling.streak(bad) > self.grace, Severity.CRITICAL, Severity.WARNING)
        elif points.kind.group == "eval" or points.kind.name == "score":
            # An eval split may be empty, a return undefined before the first episode ends.
            started = np.cumsum(~bad) > 0
            if points.kind.name in {"eval_loss", "eval_l1"}:
                started |= np.arange(len(bad)) >= self.never_finite_evals - 1
            level = np.where(started & bad, Severity.WARNING, Severity.INFO)
        else:
            level = np.full(len(points), Severity.CRITICAL)
        return track(
            points,
            firing=bad,
            clearing=rolling.sustained(~bad, self.clear_points),
            severity=level.astype(np.int64),
            words=lambda m: self._words(view, points, bad, m),
        )

    def _words(self, view: View, points: Points, bad: Bools, m: Moment) -> Words:
        count = int(np.count_nonzero(bad[m.onset : m.now + 1]))
        what = "NaN" if np.isnan(points.x[m.onset]) else "Inf"
        step = int(points.at[m.onset])
        before, after = grad_rise(view, int(points.rows[m.onset]))
        saved = checkpoints.before(view.facts, float(points.at[m.onset]) - 1, float(points.at[m.now]))
        evidence = {
            "step": step,
            "value": what,
            "count": count,
            "grad_norm_before": before,
            "grad_norm_after": after,
            "checkpoint": saved,
        }
        title = f"{name(points)} 的 {what} 已恢复" if m.over else f"{name(points)} 出现 {what}"
        grown = f"，此前 grad norm {num(before)}→{num(after)}" if before and after and after > 2 * before else ""
        return Words(
            title,
            f"{step} 步出现 {what}{grown}" if count == 1 else f"{step} 步起共 {count} 次 {what}{grown}",
            "已恢复，仍请查该 batch、lr 与精度"
            if m.over
            else f"先查该 batch、lr、精度；不恢复再从{checkpoints.called(saved)}续训",
            "确定",
            evidence,
            () if m.over else checkpoints.inferred(saved),
        )


def grad_rise(view: View, row: int) -> tuple[float | None, float | None]:
    """Gradient norm in calm times and just before `row`; None where not logged."""
    grad = view.role("grad_norm")
    if grad is None:
        return None, None
    x = grad.x[: int(np.searchsorted(grad.rows, row))]
    return (rolling.median(x[-30:-5]), float(np.max(x[-3:]))) if len(x) > 8 else (None, None)


# A loss of theirs has no floor, starts near 0 or follows the returns up: its level says nothing of how training goes.
NO_LEVEL = (Family.RL, Family.GAN)


@dataclass(frozen=True)
class LossSpike(CausalDiagnosis):
    """A point far above its own recent level: twice it (KillLossSpike's bound) and 8 robust sigmas (3 fires on every
    run).

    Heavy-tailed noise throws one point that far, not two in a row: for a pair less is enough. A language model stands
    near its floor, where a third of a nat is an event; a denoiser's loss depends on the noise levels drawn, so there
    only a pair is a spike.
    """

    id = "loss-spike"
    title = "loss 尖峰"
    severity = Severity.INFO
    meaning = "个别步的 loss 远高于近期水平，随后回落；单次一般无碍，反复出现要查数据和 lr。"
    impact = Impact.NONE
    explained_by = ("divergence", "loss-jump")

    ratio: Times = 2.0  # times the level
    sigmas: Sigmas = 8.0  # of the spread (ln) before: 3 would fire on every run
    pair_ratio: Times = 1.4  # times the level, two in a row: noise does not do that twice
    pair_sigmas: Sigmas = 4.0  # of the spread, two in a row
    window: Records = 30  # points in the level
    min_nats: Nats = 0.3  # nats above the level, of a language model
    min_points: Records = 15  # points that make a level
    min_spread: Ln = 0.02  # ln, or nats: spread below this is not noise but rounding
    warning_ratio: Times = 10.0  # times the level: one such spike is a warning
    warning_count: Count = 3  # spikes within `warning_span_steps`: a warning
    warning_span_steps: Steps = 1000  # steps
    clear_ratio: Times = 1.15  # times the level, median of 5: recovered

    def tracks(self, view: View) -> Iterable[Track]:
        if (points := view.role("loss")) is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        base = Trailing.of(x, self.window, self.min_spread)
        calm = view.warm(points) & ~near_scheduled_change(view, points)
        # The level before a spike stays the yardstick while it lasts: medians of 30 barely move for a few points.
        above = x - base.level
        firing = above > np.maximum(np.log(self.ratio), self.sigmas * base.spread)
        firing &= ~view.is_family(points, Family.DIFFUSION)
        entropy = np.clip(points.x, 0.0, 1e6)  # no cross entropy is that large; squares of what is would overflow
        raw = Trailing.of(entropy, self.window, self.min_spread)
        nats = entropy - raw.level
        firing |= view.is_family(points, Family.PRETRAINING) & (
            nats > np.maximum(self.min_nats, self.sigmas * raw.spread)
        )
        high = above > np.maximum(np.log(self.pair_ratio), self.pair_sigmas * base.spread)
        top = np.fmax(above, rolling.before(above))
        firing |= rolling.sustained(high, 2) & (
            top > np.maximum(np.log(self.ratio) - 0.1, (self.sigmas - 2) * base.spread)
        )
        firing &= calm & (np.arange(len(points)) >= self.min_points) & ~view.is_family(points, *NO_LEVEL)
        starts = firing & ~np.concatenate([[False], firing[:-1]]) if len(firing) else firing
        often = rolling.count_within(starts, points.at.astype(np.int64), self.warning_span_steps)
        level = np.where(
            (often >= self.warning_count) | (above > np.log(self.warning_ratio)), Severity.WARNING, Severity.INFO
        )
        near = rolling.rolling_median(x, 5) - base.level < np.log(self.clear_ratio)
        return track(
            points,
            firing=firing,
            clearing=rolling.sustained(near & ~firing, 8) | points.after_first_negative,
            severity=level.astype(np.int64),
            words=lambda m: self._words(points, base, often, m),
        )

    def _words(self, points: Points, base: Trailing, often: Ints, m: Moment) -> Words:
        part = points.x[m.raised : m.now + 1]
        peak = float(np.max(part))
        usual = rolling.median(points.x[max(0, m.raised - self.window) : m.raised])
        step = int(points.at[m.raised + int(np.argmax(part))])
        n = int(often[m.now])
        evidence = {"peak": peak, "usual": usual, "step": step, "recent_spikes": n}
        ratio = f"，{times(peak / usual)} 倍" if usual > 0 else ""
        tail = f"，{m.now - m.raised} 次记录后恢复" if m.over else ""
        again = f"；近 {self.warning_span_steps} 步第 {n} 次" if n > 1 else ""
        return Words(
            f"{name(points)} 突刺" + ("（已恢复）" if m.over else ""),
            f"{step} 步 {num(peak)}（平时 {num(usual)}{ratio}）{tail}{again}",
            "再出现就核对这些 batch 与 lr"
            if m.severity < Severity.WARNING
            else "先查这些步的 batch；反复出现再试降 lr 或收紧 clip",
            "确定",
            evidence,
        )


@dataclass(frozen=True)
class LossJump(CausalDiagnosis):
    """A step up that stays: the median of 15 points is 1.4 times the one before, and no longer rises."""

    id = "loss-jump"
    title = "loss 台阶式上升"
    severity = Severity.CRITICAL
    meaning = "loss 跳上一个台阶后不再回落，常见于换了数据、续训没恢复优化器状态或改了 loss 权重。"
    impact = Impact.USABLE_BEFORE_ONSET
    explained_by = ("divergence",)

    ratio: Times = 1.4  # times the level before
    sigmas: Sigmas = 3.5  # of one point; eight of the difference of two medians of 15
    window: Records = 15  # points in a level: a spike is none
    quick_window: Records = 9  # points after which a large step that stands still is reported
    quick_ratio: Times = 1.6  # times the level before
    quick_sigmas: Sigmas = 6.0  # of one point
    max_quick_change: Ln = 0.1  # ln: the tail of a spike comes down by more within half of `quick_window`
    # times the level before: enough where the loss is quiet and the step has stayed for twice the window
    firm_ratio: Times = 1.15
    firm_sigmas: Sigmas = 8.0  # of one point
    max_growth: Ln = 0.25  # ln: more than this within the window is divergence, not a step
    clear_ratio: Times = 1.1  # times the level before

    def tracks(self, view: View) -> Iterable[Track]:
        if (points := view.role("loss")) is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x, w = points.log, self.window
        now = rolling.rolling_median(x, w, least=w)
        old = rolling.before(now, w)
        sigma = rolling.before(points.noise, w)
        rise = now - old
        half = w // 2
        late = rolling.rolling_median(x, half, least=half) - rolling.before(
            rolling.rolling_median(x, half, least=half), half
        )
        # The whole window must lie above the old level, or one loud burst would look like a step.
        low = np.asarray(-rolling.running_window_max(-x, w))
        firing = (rise > np.maximum(np.log(self.ratio), self.sigmas * np.nan_to_num(sigma, nan=np.inf))) & (
            late < self.max_growth
        )
        firing &= low > old + 0.5 * rise
        calm = rolling.before(rolling.rolling_median(x, w, least=w), 2 * w)  # the level before a step one window ago
        firm = now - calm
        stayed = (firm > np.maximum(np.log(self.firm_ratio), self.firm_sigmas * np.nan_to_num(sigma, nan=np.inf))) & (
            old - calm > 0.7 * firm
        )
        lowest = np.asarray(-rolling.running_window_max(-rolling.rolling_median(x, 5), 2 * w - 5))
        firing |= stayed & (lowest > calm + 0.5 * firm) & (late < self.max_growth)
        firing |= self._quick(points)
        firing &= ~near_scheduled_change(view, points, 3 * w) & ~view.is_family(points, *NO_LEVEL)
        firing &= rolling.count_within(weights_rise(view, points), np.arange(len(x)), 3 * w) == 0
        firing &= view.warm(points) & (np.arange(len(points)) >= 2 * w + 10)
        # The level to come back to is the one before the jump that raised it: remembered from the last firing point.
        # Only its first firing point knows it: the windows of later ones already reach into the new level.
        index = np.arange(len(x))
        begins = firing & (rolling.count_within(firing, index, 3 * w) == 1)
        level_before = rolling.carried(np.where(begins, old, np.nan))
        clearing = rolling.sustained(rolling.rolling_median(x, 5) < level_before + np.log(self.clear_ratio), 2)
        return track(
            points,
            firing=firing,
            clearing=(clearing & ~firing) | points.after_first_negative,
            severity=Severity.CRITICAL,
            onset=lambda j: self._onset(x, j),
            words=lambda m: self._words(view, points, m),
        )

    def _quick(self, points: Points) -> Bools:
        """A large step is plain after `quick_window` points, if it neither comes down (a spike) nor goes on
        (divergence).
        """
        x, w = points.log, self.quick_window
        now, old = rolling.rolling_median(x, w, least=w), rolling.before(rolling.rolling_median(x, 15, least=15), w)
        half = rolling.rolling_median(x, w // 2, least=w // 2)
        change = half - rolling.before(half, w // 2)
        sigma = np.nan_to_num(rolling.before(points.noise, w), nan=np.inf)
        large = now - old > np.maximum(np.log(self.quick_ratio), self.quick_sigmas * sigma)
        low = -rolling.running_window_max(-x, w)
        return (
            large & (low > old + 0.6 * (now - old)) & (np.abs(change) < np.maximum(self.max_quick_change, 1.5 * sigma))
        )

    def _onset(self, x: Floats, j: int) -> int:
        lo = max(0, j - 2 * self.window + 1)
        return lo + rolling.change_point(x[lo : j + 1])

    def _words(self, view: View, points: Points, m: Moment) -> Words:
        old = rolling.median(points.x[max(0, m.onset - self.window) : m.onset])
        new = rolling.median(points.x[max(m.onset, m.now - self.window + 1) : m.now + 1])
        step = int(points.at[m.onset])
        saved = checkpoints.before(view.facts, float(points.at[max(0, m.onset - 1)]), float(points.at[m.now]))
        evidence = {"before": old, "after": new, "step": step, "points_since": m.now - m.onset, "checkpoint": saved}
        ratio = f"（{times(new / old)} 倍）" if old > 0 else ""
        if m.over:
            return Words(f"{name(points)} 台阶已回落", f"{step} 步升到高位，现已回到 {num(new)}", "", "确定", evidence)
        return Words(
            f"{name(points)} 跳升后没回来",
            f"{step} 步起 {num(old)}→{num(new)}{ratio}，{m.now - m.onset} 次记录后仍未回落",
            "依次核对：换数据、resume 优化器状态、loss 权重",
            "确定",
            evidence,
            checkpoints.inferred(saved),
        )


@dataclass(frozen=True)
class Divergence(CausalDiagnosis):
    """The loss climbs and goes on climbing: its median stands well above its own best, and the rise is not over."""

    id = "divergence"
    title = "训练发散"
    severity = Severity.CRITICAL
    meaning = "loss 明显高于自己的最低点，而且还在往上走，不是一次突刺。"
    impact = Impact.USABLE_BEFORE_ONSET
    wastes_time = True

    ratio: Times = 1.6  # times its best: schedule restarts lift a loss by 1.3 at most
    sigmas: Sigmas = 5.0  # of the noise of one point
    window: Records = 9  # points in the level
    points_since_best: Records = 8  # points: a climb, no spike
    min_late_rise: Ln = 0.12  # ln: the last third of the rise stands this much above the middle third
    total_ratio: Times = 4.0  # times its best: or the whole rise is this large
    clear_ratio: Times = 1.15  # times its best

    def tracks(self, view: View) -> Iterable[Track]:
        if (points := view.role("loss")) is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        level = rolling.rolling_median(x, self.window, least=self.window)
        best, where = best_since(level, weights_rise(view, points))
        age = np.arange(len(x)) - where
        rise = level - best
        third = np.maximum(age // 3, 1)
        at = np.arange(len(x))
        last = level[at]
        middle = level[np.maximum(at - third, 0)]
        going_on = (last - middle > self.min_late_rise) | (rise > np.log(self.total_ratio))
        large = rise > np.maximum(np.log(self.ratio), self.sigmas * points.noise)
        # The tail of a spike is high too, but it is coming down.
        short = rolling.rolling_median(x, 4, least=4)
        going_on &= short > rolling.before(short, 4) - self.min_late_rise
        firing = (
            large
            & going_on
            & (age >= self.points_since_best)
            & view.warm(points)
            & ~near_scheduled_change(view, points, 40)
        )
        firing = rolling.sustained(firing & ~view.is_family(points, *NO_LEVEL, Family.PREFERENCE), 3)
        clearing = rise < np.log(self.clear_ratio)
        return track(
            points,
            firing=firing,
            clearing=clearing | points.after_first_negative,
            severity=Severity.CRITICAL,
            onset=lambda j: int(where[j]),
            words=lambda m: self._words(view, points, level, m),
        )

    def _words(self, view: View, points: Points, level: Floats, m: Moment) -> Words:
        best = rolling.median(points.x[max(0, m.onset - self.window + 1) : m.onset + 1])
        now = rolling.median(points.x[max(0, m.now - 4) : m.now + 1])
        step = int(points.at[m.onset])
        saved = checkpoints.before(view.facts, float(points.at[m.onset]), float(points.at[m.now]))
        evidence = {"best": best, "best_step": step, "now": now, "lr": view.facts.lr, "checkpoint": saved}
        ratio = f"（{times(now / best)} 倍）" if best > 0 else ""
        if m.over:
            return Words(f"{name(points)} 已回到低位", f"{step} 步后一度上升，现回到 {num(now)}", "", "确定", evidence)
        return Words(
            f"{name(points)} 持续上升，疑似发散",
            f"{name(points)} 从 {num(best)}（{step} 步）升到 {num(now)}{ratio}，不像突刺",
            f"先看 lr、数据有无变化；属实则从{'上升前' if saved is None else f' {saved} 步'}的 ckpt 降 lr 续训",
            "很可能",
            evidence,
            checkpoints.inferred(saved),
        )
