"""A loss that rises for good: one that climbs and goes on, and one that has stepped up and stays there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.climb import steady_climb
from analysis.arrays.rise import crests, standing_out
from analysis.arrays.trailing import best_since
from analysis.arrays.trend import trend
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.facts import checkpoints
from analysis.figures import num
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.loss_scale import NO_LEVEL, Bar, LossScale, Unit, loss_scale, risen
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LOWER_LR, one_of
from analysis.scan.scheduled_changes import near_scheduled_change, weights_rise
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Nats, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View

MOSTLY = 0.8  # of the records have an evaluation beside them: each is an epoch
LOWER = 0.8  # of the lr at which a climb began: it is not for its height that it goes on
QUARTER_RECORDS = 5  # of which a level can be told
LEVELLED = 0.05  # of all that it rose: less in a quarter of the time is no climb


@dataclass(frozen=True)
class Divergence(CausalDiagnosis):
    """The loss climbs well above its own best, further than it strays by itself, and does not come back.

    Told in four ways: a climb that goes on; a rise so large that a handful of records show it; epochs that each stand
    above the one before, where records are means over an epoch; a leap out of all scale, which is told at once. A slow
    climb is a warning before it is certain. A wave like earlier waves is none.
    """

    id = "divergence"
    title = "训练发散"
    severity = Severity.CRITICAL
    meaning = "loss 明显高于自己的最低点，而且还在往上走，不是一次尖峰。"
    clears = "loss 回到上升前的水平附近并稳住；只是不再上涨不算"
    mistaken_for = "课程切换、beta 或 loss 权重 warmup 也会抬高总 loss，看未加权的分项"
    impact = Impact.USABLE_BEFORE_ONSET
    leads_to = ("nan-inf", "eval-regress", "success-zero")
    blows_up = True
    remedies = (LOWER_LR,)
    wastes_time = True

    ratio: Times = 1.6  # times its best: schedule restarts lift a loss by 1.3 at most
    min_nats: Nats = 0.3  # nats above its best: a cross entropy
    sigmas: Sigmas = 5.0  # of the noise of one point
    window: Records = 9  # points in the level
    points_since_best: Records = 8  # points: a climb, no spike
    min_late_rise: Share = 0.25  # of such a rise: the last third stands this much above the middle third
    total_rise: Times = 3.0  # such rises: or the whole rise is this large
    standing_out: Sigmas = 6.5  # of what the series wanders by itself in that time
    trend_z: Sigmas = 5.3  # Mann-Kendall z of the climb: or it is that steady
    slow_rise: Share = 0.55  # of such a rise (times 1.3): a warning where it is surer still
    slow_standing_out: Sigmas = 10.0
    slow_trend_z: Sigmas = 6.0
    slow_points: Records = 24  # points since the best, for that
    quick_points: Records = 5  # points that show a rise of `quick_rise`
    quick_rise: Times = 2.0  # such rises
    beyond_crests: Times = 1.2  # times the highest earlier wave of comparable length
    life_ratio: Times = 1.1  # times its best: a climb over most of its life, which steadiness shows
    life_nats: Nats = 0.1  # nats above its best, of the same
    life_progress: PlanShare = 0.5  # before it is asked for
    epochs_up: Records = 5  # epochs in a row, each above the one before: one of 720 orders of six
    large_rise: Times = 3.0  # such rises, of them: critical
    other_change: Share = 0.02  # of lr, or of an eval: it explains a climb, or speaks against one
    clear_ratio: Times = 1.15  # times the level before
    clear_nats: Nats = 0.1  # nats above the level before

    def tracks(self, view: View) -> Iterable[Track]:
        if (points := view.role("loss")) is not None and len(points):
            yield self._track(view, points)

    @property
    def _bar(self) -> Bar:
        return Bar(self.ratio, self.min_nats, sigmas=self.sigmas)

    def _track(self, view: View, points: Points) -> Track:
        x, n = points.x, len(points)
        scale = loss_scale(view, points)
        index = np.arange(n)
        level = rolling.rolling_median(x, self.window, least=3)
        best, where = best_since(level, weights_rise(view, points))
        age = index - where
        # Noise is that of calm times: what has broken scatters more, and must not hide behind that.
        then = np.maximum(where, np.minimum(index, 2 * self.points_since_best))
        log_noise, plain_noise = scale.noise
        noise = log_noise[then], plain_noise[then]
        high = scale.height(level, best, self._bar, noise)
        few = self.quick_points
        climbs = (high >= self.slow_rise) & (age >= self.points_since_best)
        quick = (scale.height(points.median(few, few), best, self._bar, noise) >= self.quick_rise) & (age >= few)
        leaps = scale.leaps(x, rolling.before(level))
        if (climbs | quick | leaps).any():
            ready = self._ready(view, points)
            leaps &= ready
            quick &= ready
            # A warm-up or a restart lifts a loss; it explains no more than that.
            by_lr = near_scheduled_change(view, points, 40, ("lr",)) | ~view.past_warmup(points)
            climbs &= ready & ~(by_lr & ~(high >= self.quick_rise))
        going_on = high - high[np.maximum(index - np.maximum(age // 3, 1), 0)] > self.min_late_rise
        climbs &= going_on | (high >= self.total_rise)
        climbs = rolling.sustained(climbs & ~self._comes_down(scale, climbs), 3)
        quick &= ~self._comes_down(scale, quick)
        at = np.flatnonzero(quick)
        if len(at):
            here = noise[0][at], noise[1][at]
            lowest = rolling.rolling_min(x, few)[at]
            stands = scale.only(at).height(lowest, best[at], self._bar, here) >= 1
            quick[at] = stands & ~_recedes(scale, noise, at)

        firing, grave = self._certain(scale, high, where, climbs | quick)
        slow, since = self._lifelong(view, points, scale)
        if slow.any():
            slow &= self._ready(view, points) & ~firing & ~leaps
        streak, steps = self._epochs_up(view, points, scale)
        by_epochs = (streak >= 1) & ~firing & ~leaps
        grave |= streak >= self.large_rise
        slow, since = slow | by_epochs, np.where(by_epochs, index - steps, since)
        severity = np.where(grave | leaps, Severity.CRITICAL, Severity.WARNING).astype(np.int64)
        return track(
            points,
            firing=firing | leaps | slow,
            clearing=lambda: ~(firing | leaps | slow) & ~(high >= self.slow_rise),
            severity=severity,
            onset=lambda j: j if leaps[j] else int(since[j]) if slow[j] else self._onset(scale, int(where[j]), j),
            words=lambda m: self._words(view, points, scale, m),
            recovery=lambda: Recovery(
                scale.log(points.median(5)),
                scale.allowance(np.minimum(best, x), Bar(self.clear_ratio, self.clear_nats, share=0.1)),
                span=10,
            ),
        )

    def _epochs_up(self, view: View, points: Points, scale: LossScale) -> tuple[Floats, Ints]:
        """(n,) each: how high the last epochs in a row that each stand above the one before have climbed, 0 where they
        are too few; and how many they are. Of records that are means over an epoch: an evaluation goes with each."""
        steps = rolling.streak(points.x > rolling.before(points.x))
        asked = steps >= self.epochs_up
        index = np.arange(len(points))
        if not asked.any():
            return np.zeros(len(points)), steps
        held = [p for p in (view.role("eval_loss"), view.role("eval_score")) if p is not None]
        if max(map(len, held), default=0) < MOSTLY * (int(np.argmax(asked)) + 1):
            return np.zeros(len(points)), steps
        beside = np.zeros(len(points), dtype=np.int64)
        for p in held:
            beside = np.maximum(beside, np.cumsum(np.isin(points.rows, p.rows)))
        asked &= beside >= MOSTLY * (index + 1)
        asked &= ~view.is_family(points, *NO_LEVEL, Family.PREFERENCE)
        asked &= ~near_scheduled_change(view, points, 2 * self.epochs_up, ("stage", "batch_size", "beta"))
        asked &= rolling.count_of(weights_rise(view, points), 2 * self.epochs_up) == 0
        begun = np.maximum(index - steps, 0)
        noise = scale.noise[0][begun], scale.noise[1][begun]
        height = rolling.filled(scale.height(points.x, points.x[begun], self._bar, noise))
        by_lr = near_scheduled_change(view, points, 2 * self.epochs_up, ("lr",)) | ~view.past_warmup(points)
        return np.where(asked & (~by_lr | (height >= self.large_rise)), height, 0.0), steps

    def _ready(self, view: View, points: Points) -> Bools:
        """(n,) the run is past its first records, and nothing that was planned has just changed what the loss is."""
        ready = view.burnt_in(points, self.quick_points) & ~view.is_family(points, *NO_LEVEL, Family.PREFERENCE)
        return ready & ~near_scheduled_change(view, points, 40, ("stage", "batch_size", "beta"))

    def _comes_down(self, scale: LossScale, asked: Bools) -> Bools:
        """(n,) where asked: the tail of a spike, which is high too, but coming down."""
        out, at = np.zeros(len(asked), dtype=bool), np.flatnonzero(asked)
        if len(at):
            short = rolling.rolling_median(scale.x, 4, least=4)
            earlier, now = rolling.before(short, 4)[at], short[at]
            out[at] = scale.only(at).height(earlier, now, self._bar) > self.min_late_rise
        return out

    def _lifelong(self, view: View, points: Points, scale: LossScale) -> tuple[Bools, Ints]:
        """(n,) each: it has climbed for most of its life, and since when, while nothing that is logged explains that:
        the lr is no higher, no loss weight has risen, no posterior is given room, and evals are no better than then."""
        none = np.zeros(len(points), dtype=bool), np.zeros(len(points), dtype=np.int64)
        if view.role("kl") is not None:
            return none
        level = rolling.rolling_median(points.x, 3, least=3)
        high = scale.height(level, rolling.running_min(level), Bar(self.life_ratio, self.life_nats))
        asked = (high >= 1) & view.past(points, self.life_progress, self.slow_points) & view.past_warmup(points)
        if not asked.any():
            return none
        climbs, since = steady_climb(scale.log(points.x), asked)
        weights = np.cumsum(weights_rise(view, points))
        climbs &= weights == weights[since]
        for role, sign in (("lr", 1.0), ("eval_loss", -1.0), ("eval_score", 1.0)):
            other = view.role(role)
            if other is None or not len(other):
                continue
            better = sign if other.kind.direction != "min" or role == "lr" else -1.0
            at = view.latest(points, other)
            value = rolling.take_or(rolling.rolling_median(better * other.x, 3), at, np.nan)
            with np.errstate(invalid="ignore"):
                climbs &= ~(value > value[since] + self.other_change * np.abs(value[since]))
        return climbs, since

    def _certain(self, scale: LossScale, high: Floats, where: Ints, candidates: Bools) -> tuple[Bools, Bools]:
        """(n,) candidates that are no wandering and no wave, and which of them count in full.

        Looked at in growing distances from the best: what was so stays so until there is a new best.
        """
        firing, grave = np.zeros(len(high), dtype=bool), np.zeros(len(high), dtype=bool)
        at = np.flatnonzero(candidates)
        if not len(at):
            return firing, grave
        waves = crests(np.maximum(rolling.filled(high), 0.0))
        over = np.array([end for _, end, _ in waves], dtype=np.int64)
        width = np.array([end - begin for begin, end, _ in waves], dtype=np.int64)
        height = np.array([top for _, _, top in waves])
        looked, since, sure, surer, highest = -1, -1, False, False, 0.0
        for j in at.tolist():
            if since != where[j] or j - since >= 1.05 * (looked - since):
                looked, since = j, int(where[j])
                lo = max(0, 2 * since - j)
                x = scale.judged(scale.x[lo : j + 1], j)
                deviations, z = standing_out(x, since - lo, j - lo), trend(x[since - lo :]).z
                sure = deviations >= self.standing_out or z >= self.trend_z
                surer = deviations >= self.slow_standing_out or z >= self.slow_trend_z
                earlier = (over <= j) & (4 * width >= j - since)
                highest = float(np.max(height[earlier], initial=0.0))
            fresh = high[j] > self.beyond_crests * highest
            grave[j] = fresh and sure and high[j] >= 1
            firing[j] = grave[j] or (fresh and surer and j - since >= self.slow_points)
        return firing, grave

    def _onset(self, scale: LossScale, since: int, j: int) -> int:
        """Where the climb began: the last record that stood within a tenth of it above the level of the best."""
        x = scale.judged(scale.x[: j + 1], j)
        base = rolling.median(x[max(0, since - 4) : since + 1])
        top = rolling.median(x[max(since + 1, j - 4) : j + 1])
        level = rolling.rolling_median(x[since:], 3)
        near = np.flatnonzero(level <= base + 0.1 * (top - base))
        return since + int(near[-1]) if len(near) else since

    def _words(self, view: View, points: Points, scale: LossScale, m: Moment) -> Words:
        before = points.x[max(0, m.onset - 9) : m.onset + 1]  # of a leap the last few may be of it
        best = min(rolling.median(before[-5:]), rolling.median(before), float(points.x[m.onset]))
        now, step = float(points.x[m.now]), int(points.at[m.onset])
        saved = checkpoints.before(view.facts, float(points.at[m.onset]), float(points.at[m.now]))
        evidence = {"best": best, "best_step": step, "now": now, "lr": view.facts.lr, "checkpoint": saved}
        if m.over:
            return Words(
                f"{in_title(points.kind)} 已回到低位",
                f"第 {step} 步后一度上升，现 {num(now)}（此前 {num(best)}）",
                "",
                "确定",
                evidence,
            )
        course = "升高后未回落" if self._levelled(points, best, m) else "持续上升，疑似发散"
        return Words(
            f"{in_title(points.kind)} {course}",
            f"{in_title(points.kind)} 从 {num(best)}（第 {step} 步）升到 "
            f"{num(now)}{_in_brackets(risen(scale, best, now, m.now))}，不像尖峰",
            self._advice(view, points, saved, m),
            "很可能",
            evidence,
            checkpoints.inferred(saved),
        )

    def _levelled(self, points: Points, best: float, m: Moment) -> bool:
        """Whether it no longer climbs: the last quarter since it began lies hardly above the one before."""
        quarter = (m.now - m.onset) // 4
        if quarter < QUARTER_RECORDS:
            return False
        last, before = (
            points.x[m.now + 1 - quarter : m.now + 1],
            points.x[m.now + 1 - 2 * quarter : m.now + 1 - quarter],
        )
        return rolling.median(last) - rolling.median(before) < LEVELLED * (rolling.median(last) - best)

    def _advice(self, view: View, points: Points, saved: int | None, m: Moment) -> str:
        lr = view.role("lr")
        if lr is not None and len(lr) and m.severity < Severity.CRITICAL:
            then, now = lr.value(int(points.rows[m.onset])), lr.value(int(points.rows[m.now]))
            if then is not None and now is not None and now < LOWER * then:
                return "lr 已在降，不像 lr 太大：查加载的权重、标签与数据顺序"
        lower = one_of(view.facts, *self.remedies, lead="；属实则 ", instead="；再")
        return f"先看 lr、数据有无变化{lower} {checkpoints.again(view.facts, saved)}"


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
    wander: Sigmas = 5.0  # of how far such levels stray from one window to the next
    quick_window: Records = 9  # points after which a large step that stands still is told
    quick_ratio: Times = 1.6  # times the level before
    quick_sigmas: Sigmas = 6.0  # of one point
    first_window: Records = 5  # points after which a very large one is
    first_ratio: Times = 2.5
    max_quick_change: Share = (
        0.3  # of a step that counts: the tail of a spike comes down by more within half of the window
    )
    # times the level before: enough where the loss is quiet and the step has stayed for twice the window
    firm_ratio: Times = 1.15
    firm_nats: Nats = 0.1
    firm_sigmas: Sigmas = 8.0  # of one point
    max_growth: Share = 0.75  # of a step that counts: more than this within the window is divergence
    memory: Records = 3  # windows before the step: it stands above all of them,
    slow_descent: Share = 0.5  # or none of them had come down by this much of the step
    at_once: Share = 0.6  # of the step: within five records
    large: Times = 2.0  # steps that count: no lr explains that
    clear_ratio: Times = 1.1  # times the level before
    clear_nats: Nats = 0.07  # nats above the level before

    def tracks(self, view: View) -> Iterable[Track]:
        if (points := view.role("loss")) is not None and len(points):
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x, w = points.x, self.window
        scale = loss_scale(view, points)
        log_noise, plain_noise = scale.noise
        bar = Bar(self.ratio, self.min_nats, sigmas=self.sigmas)
        first = self._quick(
            scale, self.first_window, Bar(self.first_ratio, 4 * self.min_nats, sigmas=self.quick_sigmas)
        )
        quick = self._quick(
            scale, self.quick_window, Bar(self.quick_ratio, 1.5 * self.min_nats, sigmas=self.quick_sigmas)
        )
        now = rolling.rolling_median(x, w, least=w)
        old = rolling.before(now, w)
        step = scale.height(now, old, bar, (rolling.before(log_noise, w), rolling.before(plain_noise, w)))
        firing = self._sharp(scale, self._steps(scale, now, step, bar) | quick | first)
        if firing.any():
            firing &= ~near_scheduled_change(view, points, 3 * w, ("stage", "batch_size", "beta"))
            by_lr = near_scheduled_change(view, points, 3 * w, ("lr",)) | ~view.past_warmup(points)
            firing &= ~by_lr | (step >= self.large) | first
            firing &= rolling.count_of(weights_rise(view, points), 3 * w) == 0
            firing &= view.burnt_in(points, self.first_window) & ~view.is_family(points, *NO_LEVEL)
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

    def _steps(self, scale: LossScale, now: Floats, step: Floats, bar: Bar) -> Bools:
        """(n,) a window of records stands above the one before, or two windows above that before them, and stays.

        now (n,) levels of windows; step (n,) their heights above the window before
        """
        x, w = scale.x, self.window
        out = np.zeros(len(x), dtype=bool)
        firm_bar = Bar(self.firm_ratio, self.firm_nats, sigmas=self.firm_sigmas)
        calm = rolling.before(now, 2 * w)  # the level before a step one window ago
        noise = rolling.before(scale.noise[0], 2 * w), rolling.before(scale.noise[1], 2 * w)
        stands = scale.height(now, calm, firm_bar, noise) >= 1
        at = np.flatnonzero((step >= 1) | stands)
        if not len(at):
            return out
        here, now_, old_, calm_ = scale.only(at), now[at], rolling.before(now, w)[at], calm[at]
        half = rolling.rolling_median(x, w // 2, least=w // 2)
        half_, half_before = half[at], rolling.before(half, w // 2)[at]
        growing = here.height(half_, half_before, bar) >= self.max_growth
        # What has come down by a good part of the step within half of a window is the tail of a spike.
        sinking = here.height(half_before, half_, bar) > self.max_quick_change * step[at]
        # The whole window must lie above the old level, or one loud burst would look like a step.
        low = rolling.rolling_min(x, w)[at]
        fresh = (step[at] >= 1) & (here.height(low, old_, bar) > 0.5 * here.height(now_, old_, bar)) & ~sinking
        firm = here.height(now_, calm_, firm_bar)
        lowest = rolling.rolling_min(rolling.rolling_median(x, 5), 2 * w - 5)[at]
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
            bends = np.abs(level - 2 * rolling.before(level, w) + rolling.before(level, 2 * w))
            stray = rolling.MAD_TO_SIGMA / np.sqrt(2) * rolling.rolling_median(bends, 6 * w, least=w)
            return np.asarray(level[at] - before > self.wander * rolling.filled(rolling.before(stray, 2 * w)[at]))

        plain = _in_plain(scale.only(at))
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

    def _quick(self, scale: LossScale, w: int, bar: Bar) -> Bools:
        """A large step is plain after a few points, if it neither comes down (a spike) nor goes on (divergence)."""
        x = scale.x
        now, old = rolling.rolling_median(x, w, least=w), rolling.before(rolling.rolling_median(x, 15, least=w), w)
        noise = rolling.before(scale.noise[0], w), rolling.before(scale.noise[1], w)
        out = scale.height(now, old, bar, noise) >= 1
        at = np.flatnonzero(out)
        if not len(at):
            return out
        here, now_, old_ = scale.only(at), now[at], old[at]
        half = rolling.rolling_median(x, w // 2, least=w // 2)
        change = here.height(half[at], rolling.before(half, w // 2)[at], bar)
        low = here.height(rolling.rolling_min(x, w)[at], old_, bar)
        step = here.height(now_, old_, bar)
        still = np.abs(change) < np.maximum(self.max_quick_change, 1.5 / bar.sigmas * step)
        plain = ~_recedes(scale, noise, at) & (low > 0.6 * step) & still
        out[at] = plain & self._beyond_wander(scale, now, old_, w, at)
        return out

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
        return Words(
            f"{in_title(points.kind)} 跳升后没回来",
            f"第 {step} 步起 {num(old)}→{num(now)}{_in_brackets(risen(scale, old, new, m.now))}，"
            f"{m.now - m.onset} 次记录后仍未回落",
            "依次核对：换数据、续训的优化器状态、loss 权重",
            "确定",
            evidence,
            checkpoints.inferred(saved),
        )


def _recedes(scale: LossScale, noise: tuple[Floats, Floats], at: Ints) -> Bools:
    """(k,) at some points: the last two records stand below the highest of the last few, a spike coming down."""
    peak, last = rolling.rolling_max(scale.x, 7)[at], rolling.rolling_max(scale.x, 2)[at]
    return scale.only(at).height(peak, last, Bar(1.15, 0.1, sigmas=3.0), (noise[0][at], noise[1][at])) >= 1


def _in_plain(scale: LossScale) -> Bools:
    """(n,) whether values are compared as they are, not their logarithms."""
    return np.asarray((scale.unit == Unit.NATS) | (scale.unit == Unit.SIGNED))


def _in_brackets(said: str) -> str:
    return f"（{said.removeprefix('，')}）" if said else ""
