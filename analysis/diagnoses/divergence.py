"""A loss that climbs well above its own best, and goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.climb import steady_climb
from analysis.arrays.portrait import left_at
from analysis.arrays.rise import crests, standing_out
from analysis.arrays.run_off import is_back, run_off
from analysis.arrays.trailing import best_since
from analysis.arrays.trend import trend
from analysis.columns.captions import in_title, titled
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.facts import checkpoints
from analysis.figures import num
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.loss_scale import Bar, LossScale, judged_losses, loss_scale, no_level, risen_in_brackets
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LOWER_LR, one_of
from analysis.scan.scheduled_changes import is_a_penalty, lifted_by_lr, loss_redefined, weights_rise
from analysis.scan.track import Moment, Track, from_then_on, track
from analysis.scan.units import Nats, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View

MOSTLY = 0.8  # of the records have an evaluation beside them: each is an epoch
PASSED = 0.7  # of the climb is left
HIGHER = 2.0  # times the rise that is left: how high it has been on the way is worth a word
LOWER = 0.8  # of the lr at which a climb began: it is not for its height that it goes on
LOWEST = 0.1  # of it: nor is a critical one that goes on
# What is trained, of either sign: a bound or a likelihood that is to rise.
OBJECTIVES = frozenset({"elbo", "lowerbound", "objective", "likelihood", "loglikelihood", "loglik"})
QUARTER_RECORDS = 5  # of which a level can be told
LEVELLED = 0.05  # of all that it rose: less in a quarter of the time is no climb


@dataclass(frozen=True, eq=False)
class _AboveBest:
    """How a loss stands to the best level so far, (n,) each.

    best   that level
    where  the record at which it was
    noise  of calm times, (of the log, of the values)
    high   how high its level stands above that, in rises that count
    leaps  it has left all scale
    """

    best: Floats
    where: Ints
    noise: tuple[Floats, Floats]
    high: Floats
    leaps: Bools

    @cached_property
    def age(self) -> Ints:
        """Records since then."""
        return np.arange(len(self.where)) - self.where


@dataclass(frozen=True)
class Divergence(CausalDiagnosis):
    """The loss climbs well above its own best, further than it strays by itself, and does not come back.

    Told in four ways: a climb that goes on; a rise so large that a handful of records show it; epochs that each stand
    above the one before, where records are means over an epoch; a leap out of all scale, which is told at once. A slow
    climb is a warning before it is certain. A wave like earlier waves is none. An objective of either sign, and a loss
    that falls below zero, have run off once they are a million times as large as in the first half of their records.
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
    large_rise: Times = 3.0  # such rises: or the whole rise is this large; by epochs such a one is critical
    standing_out: Sigmas = 6.5  # of what the series wanders by itself in that time
    trend_z: Sigmas = 5.3  # Mann-Kendall z of the climb: or it is that steady
    slow_rise: Share = 0.55  # of such a rise (times 1.3): a warning where it is surer still
    slow_standing_out: Sigmas = 10.0
    slow_trend_z: Sigmas = 6.0
    slow_points: Records = 24  # points since the best, for that
    quick_points: Records = 5  # points that show a rise of `quick_rise`
    quick_rise: Times = 2.0  # such rises
    first_points: Records = 3  # records at which it began
    untrained: Times = 2.0  # times the highest of them, record for record: worse than before it was trained
    beyond_crests: Times = 1.2  # times the highest earlier wave of comparable length
    life_progress: PlanShare = 0.5  # before a climb over most of its life is asked for
    epochs_up: Records = 5  # epochs in a row, each above the one before: one of 720 orders of six
    other_change: Share = 0.02  # of lr, or of an eval: it explains a climb, or speaks against one
    clear_ratio: Times = 1.1  # times the level before; a climb over most of its life, which steadiness shows, is above
    clear_nats: Nats = 0.1  # nats above the level before; likewise

    def tracks(self, view: View) -> Iterable[Track]:
        for points in judged_losses(view):
            below = self._run_off(view, points, points.x < 0)
            yield from_then_on(np.logical_or.accumulate(below.firing), self._track(view, points), below)
        for key in sorted(view.roles.kinds):
            w = words(key)
            if view.roles.kinds[key].role is None and (OBJECTIVES & set(w) or ("lower", "bound") in pairwise(w)):
                points = view.column(key)
                yield self._run_off(view, points, np.ones(len(points), dtype=bool))

    def _run_off(self, view: View, points: Points, side: Bools) -> Track:
        """On one side of zero, or on both."""
        off, size = run_off(points.x)
        off &= side

        def onset(j: int) -> int:
            near = np.flatnonzero(np.abs(points.x[: j + 1]) <= 2 * size[j])
            return int(near[-1])

        return track(
            points,
            firing=off,
            clearing=lambda: is_back(points.x, off, size),
            severity=Severity.CRITICAL,
            onset=onset,
            words=lambda m: self._run_off_words(view, points, m),
        )

    def _run_off_words(self, view: View, points: Points, m: Moment) -> Words:
        name = in_title(points.kind)
        before, now = rolling.median(points.x[max(0, m.onset - 4) : m.onset + 1]), float(points.x[m.now])
        saved = checkpoints.before(view.facts, float(points.at[m.onset]), float(points.at[m.now]))
        evidence = {"best": before, "best_step": int(points.at[m.onset]), "now": now, "checkpoint": saved}
        if m.over:
            return Words(titled(name, " 已回到原来的量级"), f"现 {num(now)}，此前 {num(before)}", "", "确定", evidence)
        orders = np.log10(abs(now) / abs(before)) if now and before else 6.0
        return Words(
            titled(name, " 已跑飞"),
            f"第 {int(points.at[m.onset])} 步后从 {num(before)} 跑到 {num(now)}，差 {orders:.0f} 个数量级",
            f"先给 log-var 加 clamp 防溢出；{checkpoints.again(view.facts, saved)}",
            "确定",
            evidence,
            checkpoints.inferred(saved),
        )

    @property
    def _bar(self) -> Bar:
        return Bar(self.ratio, self.min_nats, sigmas=self.sigmas)

    def _track(self, view: View, points: Points) -> Track:
        scale = loss_scale(view, points)
        above = self._above_best(view, points, scale)
        climbs, quick, leaps = self._climbs(above), self._quick(points, scale, above), above.leaps
        ready = self._ready(view, points) if (climbs | quick | leaps).any() else np.zeros(len(points), dtype=bool)
        if climbs.any():  # a warm-up or a restart lifts a loss; it explains no more than that
            climbs &= ready & (~lifted_by_lr(view, points, 40) | (above.high >= self.quick_rise))
        climbs = rolling.sustained(climbs & ~self._comes_down(scale, climbs), 3)
        leaps, quick = leaps & ready, self._stands(scale, above, quick & ready)

        firing, grave = self._certain(scale, above, climbs | quick)
        slow, begun = self._lifelong(view, points, scale)
        if slow.any():
            slow &= self._ready(view, points) & ~firing & ~leaps
        streak, steps = self._epochs_up(view, points, scale)
        firing |= (worse := self._worse_than_untrained(view, points))
        grave |= worse
        by_epochs = (streak >= 1) & ~firing & ~leaps
        grave |= streak >= self.large_rise
        slow, begun = slow | by_epochs, np.where(by_epochs, np.arange(len(points)) - steps, begun)
        severity = np.where(grave | leaps, Severity.CRITICAL, Severity.WARNING).astype(np.int64)
        where, best = above.where, above.best
        return track(
            points,
            firing=firing | leaps | slow,
            clearing=lambda: ~(firing | leaps | slow) & ~(above.high >= self.slow_rise),
            severity=severity,
            onset=lambda j: j if leaps[j] else int(begun[j]) if slow[j] else self._onset(scale, int(where[j]), j),
            words=lambda m: self._words(view, points, scale, m),
            recovery=lambda: Recovery(
                scale.log(points.median(5)),
                scale.allowance(np.minimum(best, points.x), Bar(self.clear_ratio, self.clear_nats, share=0.1)),
                span=10,
            ),
        )

    def _worse_than_untrained(self, view: View, points: Points) -> Bools:
        """(n,) every record for a while is twice as high as any of the first, however widely they scatter. Of a loss
        that has no sign: twice is a measure then."""
        if len(points) <= self.first_points:
            return np.zeros(len(points), dtype=bool)
        bar = self.untrained * float(np.max(points.x[: self.first_points]))
        out = (rolling.rolling_min(points.x, self.points_since_best) > bar) & (rolling.running_min(points.x) > 0)
        if out.any():  # as long as it is the same sum
            redefined = weights_rise(view, points) | loss_redefined(view, points, 40)
            out &= self._ready(view, points) & ~np.logical_or.accumulate(redefined)
        return out

    def _above_best(self, view: View, points: Points, scale: LossScale) -> _AboveBest:
        level = points.median(self.window, 3)
        best, where = best_since(level, weights_rise(view, points))
        # Noise is that of calm times: what has broken scatters more, and must not hide behind that.
        then = np.maximum(where, np.minimum(np.arange(len(points)), 2 * self.points_since_best))
        noise = scale.noise[0][then], scale.noise[1][then]
        high = scale.height(level, best, self._bar, noise)
        return _AboveBest(best, where, noise, high, scale.leaps(points.x, rolling.before(level)))

    def _climbs(self, above: _AboveBest) -> Bools:
        """(n,) a rise that goes on, or is very large."""
        high, age, index = above.high, above.age, np.arange(len(above.high))
        going_on = high - high[np.maximum(index - np.maximum(age // 3, 1), 0)] > self.min_late_rise
        climbs = (high >= self.slow_rise) & (age >= self.points_since_best)
        return climbs & (going_on | (high >= self.large_rise))

    def _quick(self, points: Points, scale: LossScale, above: _AboveBest) -> Bools:
        """(n,) a rise so large that a handful of records show it."""
        few = self.quick_points
        high = scale.height(points.median(few, few), above.best, self._bar, above.noise)
        return (high >= self.quick_rise) & (above.age >= few)

    def _stands(self, scale: LossScale, above: _AboveBest, quick: Bools) -> Bools:
        """(n,) those of such rises whose records are all high, and that neither come down nor have begun to."""
        out = quick & ~self._comes_down(scale, quick)
        at = np.flatnonzero(out)
        if len(at):
            here = above.noise[0][at], above.noise[1][at]
            lowest = rolling.rolling_min(scale.x, self.quick_points)[at]
            stands = scale.only(at).height(lowest, above.best[at], self._bar, here) >= 1
            out[at] = stands & ~scale.recedes(above.noise, at)
        return out

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
        asked &= ~no_level(view, points) & ~view.is_family(points, Family.PREFERENCE)
        asked &= ~loss_redefined(view, points, 2 * self.epochs_up)
        asked &= rolling.count_of(weights_rise(view, points), 2 * self.epochs_up) == 0
        begun = np.maximum(index - steps, 0)
        noise = scale.noise[0][begun], scale.noise[1][begun]
        height = rolling.filled(scale.height(points.x, points.x[begun], self._bar, noise))
        by_lr = lifted_by_lr(view, points, 2 * self.epochs_up)
        return np.where(asked & (~by_lr | (height >= self.large_rise)), height, 0.0), steps

    def _ready(self, view: View, points: Points) -> Bools:
        """(n,) the run is past its first records, and nothing that was planned has just changed what the loss is."""
        ready = (
            view.burnt_in(points, self.quick_points)
            & ~no_level(view, points)
            & ~view.is_family(points, Family.PREFERENCE)
        )
        return ready & ~loss_redefined(view, points, 40) & ~is_a_penalty(view, points)

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
        level = points.median(3, 3)
        high = scale.height(level, rolling.running_min(level), Bar(self.clear_ratio, self.clear_nats))
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

    def _certain(self, scale: LossScale, above: _AboveBest, candidates: Bools) -> tuple[Bools, Bools]:
        """(n,) candidates that are no wandering and no wave, and which of them count in full.

        Looked at in growing distances from the best: what was so stays so until there is a new best.
        """
        high, where = above.high, above.where
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

    def _onset(self, scale: LossScale, best: int, j: int) -> int:
        """Where the climb from the best began."""
        level = rolling.rolling_median(scale.judged(scale.x[: j + 1], j), 3)
        return left_at(level, float(level[best]), j, best)

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
        top = float(np.max(points.x[m.onset : m.now + 1]))
        passed = now - best < PASSED * (top - best)  # it is on its way down, and far from where it was
        course = "升高后未回落" if passed or self._levelled(points, best, m) else "持续上升，疑似发散"
        peak = f"，最高到过 {num(top)}" if top - best > HIGHER * (now - best) else "，不像尖峰"
        return Words(
            f"{in_title(points.kind)} {course}",
            f"{in_title(points.kind)} 从 {num(best)}（第 {step} 步）升到 "
            f"{num(now)}{risen_in_brackets(scale, best, now, m.now)}{peak}",
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
        if lr is not None and len(lr):
            then, now = lr.value(int(points.rows[m.onset])), lr.value(int(points.rows[m.now]))
            low = LOWER if m.severity < Severity.CRITICAL else LOWEST
            if then is not None and now is not None and now < low * then:
                return "lr 已在降，不像 lr 太大：查加载的权重、标签与数据顺序"
        lower = one_of(view.facts, *self.remedies, lead="；属实则 ", instead="；再")
        return f"先看 lr、数据有无变化{lower} {checkpoints.again(view.facts, saved)}"
