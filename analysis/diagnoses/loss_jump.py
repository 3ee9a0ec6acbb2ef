"""A loss that has stepped up and stays there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.eval_noise import drift_std
from analysis.columns.captions import in_title
from analysis.facts import checkpoints
from analysis.figures import num
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.loss_scale import Bar, LossScale, judged_losses, loss_scale, no_level, risen_in_brackets
from analysis.scan.recovery import Recovery
from analysis.scan.scheduled_changes import is_a_penalty, lifted_by_lr, loss_redefined, weights_rise
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Nats, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class LossJump(CausalDiagnosis):
    """A step up that stays: a window of records stands above the one before, beyond what the loss strays,
    and no longer rises.
    """

    id = "loss-jump"
    title = "loss 台阶式上升"
    severity = Severity.CRITICAL
    meaning = "loss 跳上一个台阶后不再回落，常见于换了数据、续训没恢复优化器状态或改了 loss 权重。"
    clears = "loss 落回台阶之前的水平并稳住；停在新台阶上不算"
    mistaken_for = "有意换数据、切课程或调大 loss 权重都会抬出台阶，不一定是坏了"
    impact = Impact.USABLE_BEFORE_ONSET
    blows_up = True
    explained_by = ("divergence",)

    ratio: Times = 1.4  # times the level before
    min_nats: Nats = 0.2  # nats above the level before: a cross entropy
    sigmas: Sigmas = 3.5  # of one point; eight of the difference of two medians of 15
    window: Records = 15  # points in a level: a spike is none
    wander: Sigmas = 8.7  # by how far a level strays over a window by itself: five times what a walk goes in it
    quick_window: Records = 9  # points after which a large step that stands still is told
    quick_ratio: Times = 1.6  # times the level before
    quick_sigmas: Sigmas = 6.0  # of one point
    first_window: Records = 5  # points after which a very large one is
    first_ratio: Times = 2.5
    max_spread: Share = 0.6  # of its five records, in the step up to the lowest of them
    first_sigmas: Sigmas = 12.0  # or one of `quick_ratio`, where the loss is so quiet
    max_quick_change: Share = (
        0.3  # of a step that counts: the tail of a spike comes down by more within half of the window
    )
    max_growth: Share = 0.75  # of a step that counts: more than this within the window is divergence
    memory: Records = 3  # windows before the step: it stands above all of them,
    slow_descent: Share = 0.5  # or none of them had come down by this much of the step
    at_once: Share = 0.6  # of the step: within five records
    # times the level before: a smaller step is over; a larger one is enough where the loss is quiet and it has stayed
    # for twice the window
    clear_ratio: Times = 1.15
    clear_nats: Nats = 0.1  # nats above the level before; likewise
    firm_sigmas: Sigmas = 8.0  # of one point, where so small a step is enough

    def tracks(self, view: View) -> Iterable[Track]:
        for points in judged_losses(view):
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        w = self.window
        scale = loss_scale(view, points)
        log_noise, plain_noise = scale.noise
        bar = Bar(self.ratio, self.min_nats, sigmas=self.sigmas)
        first = self._quick(
            points, scale, self.first_window, Bar(self.first_ratio, 4 * self.min_nats, sigmas=self.quick_sigmas)
        )
        if first.any():
            first &= self._level(scale, self.first_window, self.max_spread)
        quick = self._quick(
            points, scale, self.quick_window, Bar(self.quick_ratio, 1.5 * self.min_nats, sigmas=self.quick_sigmas)
        )
        quiet = Bar(self.quick_ratio, 1.5 * self.min_nats, sigmas=self.first_sigmas)
        soon = self._quick(points, scale, self.first_window, quiet)
        if soon.any():
            quick |= soon & self._level(scale, self.first_window, self.max_quick_change)
        now = points.median(w, w)
        old = rolling.before(now, w)
        step = scale.height(now, old, bar, (rolling.before(log_noise, w), rolling.before(plain_noise, w)))
        firing = self._sharp(scale, self._steps(points, scale, now, step, bar) | quick | first)
        if firing.any():
            firing &= ~loss_redefined(view, points, 3 * w) & ~is_a_penalty(view, points)
            by_lr = lifted_by_lr(view, points, 3 * w)
            firing &= ~by_lr | first
            firing &= rolling.count_of(weights_rise(view, points), 3 * w) == 0
            firing &= view.burnt_in(points, self.first_window) & ~no_level(view, points)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~firing,
            severity=Severity.CRITICAL,
            onset=lambda j: self._onset(scale, j),
            words=lambda m: self._words(view, points, scale, m),
            recovery=lambda: Recovery(
                scale.log(points.median(5)),
                scale.allowance(np.fmin(old, points.median(5)), Bar(self.clear_ratio, self.clear_nats, share=0.1)),
                span=self.window,
            ),
        )

    def _steps(self, points: Points, scale: LossScale, now: Floats, step: Floats, bar: Bar) -> Bools:
        """(n,) a window of records stands above the one before, or two windows above that before them, and stays.

        now (n,) levels of windows; step (n,) their heights above the window before
        """
        x, w = scale.x, self.window
        out = np.zeros(len(x), dtype=bool)
        firm_bar = Bar(self.clear_ratio, self.clear_nats, sigmas=self.firm_sigmas)
        calm = rolling.before(now, 2 * w)  # the level before a step one window ago
        noise = rolling.before(scale.noise[0], 2 * w), rolling.before(scale.noise[1], 2 * w)
        stands = scale.height(now, calm, firm_bar, noise) >= 1
        at = np.flatnonzero((step >= 1) | stands)
        if not len(at):
            return out
        here, now_, old_, calm_ = scale.only(at), now[at], rolling.before(now, w)[at], calm[at]
        half = points.median(w // 2, w // 2)
        half_, half_before = half[at], rolling.before(half, w // 2)[at]
        growing = here.height(half_, half_before, bar) >= self.max_growth
        # What has come down by a good part of the step within half of a window is the tail of a spike.
        sinking = here.height(half_before, half_, bar) > self.max_quick_change * step[at]
        # The whole window must lie above the old level, or one loud burst would look like a step.
        low = rolling.rolling_min(x, w)[at]
        fresh = (step[at] >= 1) & (here.height(low, old_, bar) > 0.5 * here.height(now_, old_, bar)) & ~sinking
        firm = here.height(now_, calm_, firm_bar)
        lowest = rolling.rolling_min(points.median(5), 2 * w - 5)[at]
        stayed = stands[at] & ~(here.height(half_before, half_, firm_bar) > self.max_quick_change * firm)
        stayed &= here.height(old_, calm_, firm_bar) > 0.7 * firm
        stayed &= here.height(lowest, calm_, firm_bar) > 0.5 * firm
        base = np.where(stayed, calm_, old_)
        firing = (fresh | stayed) & ~growing & self._beyond_wander(scale, now, base, w, at)
        # Back from a low is no step up: it stands above all of the last while, or came down slowly before.
        above_all = now_ > rolling.before(rolling.rolling_max(now, self.memory * w), 2 * w - 1)[at]
        down = scale.log(rolling.before(now, w)) - scale.log(now)
        steepest = rolling.before(rolling.rolling_max(down, self.memory * w), w)[at]
        out[at] = firing & (above_all | (steepest < self.slow_descent * (scale.log(now_) - scale.log(old_))))
        return out

    def _beyond_wander(self, scale: LossScale, now: Floats, old: Floats, w: int, at: Ints) -> Bools:
        """(k,) the steps at some points are larger than levels of `w` records stray from one window to the next,
        in calm times before.

        now  (n,) levels; old (k,) what the levels at `at` are compared with
        """

        def larger(level: Floats, before: Floats) -> Bools:
            stray = drift_std(level, w, 6 * w, least=w)
            return np.asarray(level[at] - before > self.wander * rolling.filled(rolling.before(stray, 2 * w)[at]))

        plain = scale.plain[at]
        out = larger(now, old) if plain.any() else plain
        return out if plain.all() else np.where(plain, out, larger(scale.log(now), scale.log(old)))

    def _sharp(self, scale: LossScale, candidates: Bools) -> Bools:
        """Candidates whose rise is mostly one step: what climbs over the whole window is something else."""
        out, side = candidates.copy(), 5
        for j in np.flatnonzero(candidates).tolist():
            lo = max(0, j - 3 * self.window + 1)
            x = scale.judged(scale.x[lo : j + 1], j)
            k = rolling.change_point(x)
            whole = rolling.median(x[k:]) - rolling.median(x[max(0, k - self.window) : k])
            out[j] = rolling.median(x[k : k + side]) - rolling.median(x[max(0, k - side) : k]) > self.at_once * whole
        return out

    def _quick(self, points: Points, scale: LossScale, w: int, bar: Bar) -> Bools:
        """A large step is plain after a few points, if it neither comes down (a spike) nor goes on (divergence)."""
        x = scale.x
        now, old = points.median(w, w), rolling.before(points.median(15, w), w)
        noise = rolling.before(scale.noise[0], w), rolling.before(scale.noise[1], w)
        out = scale.height(now, old, bar, noise) >= 1
        at = np.flatnonzero(out)
        if not len(at):
            return out
        here, now_, old_ = scale.only(at), now[at], old[at]
        half = points.median(w // 2, w // 2)
        change = here.height(half[at], rolling.before(half, w // 2)[at], bar)
        low = here.height(rolling.rolling_min(x, w)[at], old_, bar)
        step = here.height(now_, old_, bar)
        still = np.abs(change) < np.maximum(self.max_quick_change, 1.5 / bar.sigmas * step)
        plain = ~scale.recedes(noise, at) & (low > 0.6 * step) & still
        out[at] = plain & self._beyond_wander(scale, now, old_, w, at)
        return out

    def _level(self, scale: LossScale, w: int, most: float) -> Bools:
        """(n,) so many records lie about one level, apart by no more than that share of the step: the crest of a wave
        bends."""
        high, low = (scale.log(f(scale.x, w)) for f in (rolling.rolling_max, rolling.rolling_min))
        step = low - scale.log(rolling.before(rolling.rolling_median(scale.x, self.window, least=w), w))
        with np.errstate(invalid="ignore"):
            return np.asarray(high - low < most * step)

    def _onset(self, scale: LossScale, j: int) -> int:
        lo = max(0, j - 2 * self.window + 1)
        return lo + rolling.change_point(scale.judged(scale.x[lo : j + 1], j))

    def _words(self, view: View, points: Points, scale: LossScale, m: Moment) -> Words:
        old = rolling.median(points.x[max(0, m.onset - self.window) : m.onset])
        new = rolling.median(points.x[max(m.onset, m.now - self.window + 1) : m.now + 1])
        now, step = float(points.x[m.now]), int(points.at[m.onset])
        saved = checkpoints.before(view.facts, float(points.at[max(0, m.onset - 1)]), float(points.at[m.now]))
        evidence = {"before": old, "after": new, "step": step, "points_since": m.now - m.onset, "checkpoint": saved}
        if m.over:
            return Words(
                f"{in_title(points.kind)} 台阶已回落",
                f"第 {step} 步跳高，现 {num(now)}（此前 {num(old)}）",
                "",
                "确定",
                evidence,
            )
        if new <= old:  # told since its cause goes on
            peak = float(np.max(points.x[m.onset : m.now + 1]))
            return Words(
                f"{in_title(points.kind)} 曾跳升",
                f"第 {step} 步起曾升到 {num(peak)}（此前 {num(old)}），现 {num(now)}",
                _advice(view, points, m),
                "确定",
                evidence,
            )
        return Words(
            f"{in_title(points.kind)} 跳升后没回来",
            f"第 {step} 步起 {num(old)}→{num(now)}{risen_in_brackets(scale, old, new, m.now)}，"
            f"{m.now - m.onset} 次记录后仍未回落",
            _advice(view, points, m),
            "确定",
            evidence,
            checkpoints.inferred(saved),
        )


RISING = 1.02  # times the lr of a few records before: it is warming up


def _advice(view: View, points: Points, m: Moment) -> str:
    """By what was going on when it jumped."""
    lr, row = view.role("lr"), int(points.rows[m.onset])
    then = lr.recent(row, 5) if lr is not None else np.zeros(0)
    if len(then) > 1 and then[-1] > RISING * then[0] > 0:
        return "lr 还在升：降峰值 lr、收紧 clip，从此前重跑"
    return "依次核对：换数据、续训的优化器状态、loss 权重"
