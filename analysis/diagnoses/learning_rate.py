"""The learning rate: what was logged against what a schedule does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import of_evaluation
from analysis.columns.family import Family
from analysis.figures import num, pct, times, whole
from analysis.model import Bools, Certainty, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.learning_rates import highest_group, leading
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Evals, Ln, PlanShare, Records, Share, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class LrZero(CausalDiagnosis):
    """Steps that update nothing. A schedule may end at 0 and a warm-up may begin there; in between 0 is a fault.

    The usual cause is a scheduler that was given fewer steps than the run has.
    """

    id = "lr-zero"
    title = "lr 变为 0"
    severity = Severity.CRITICAL
    meaning = "训练中途 lr 变成 0，之后的步不再更新参数，多半是 scheduler 总步数配小了。"
    clears = "lr 回到起作用的大小，且不是只跳一下"
    mistaken_for = "scheduler 正常收尾；或日志小数位太少，很小的 lr 被记成 0"
    impact = Impact.FROZEN_AT_ONSET
    wastes_time = True

    zero_points: Records = 2  # zeros in a row after a fall from a working lr: a logging slip gives one
    glide_points: Records = 6  # zeros in a row after a glide down: schedules with cycles touch 0 for a few records
    never_points: Records = 30  # zeros from the start on; a warm-up has logged something else by then
    floor_share: Share = 1e-9  # of the highest lr: as good as 0, some schedulers end at such an eta_min
    idle_share: Share = 0.001  # of the highest lr: of what is learnt at less, nothing is seen
    working_share: Share = 0.05  # of the highest lr: a fall from above this is no glide
    until_progress: PlanShare = 0.97  # from here on it is the end of a schedule
    # of the way to the first zero: where no plan is stated, rows that go on coming for this long after a glide say
    # that it was not the end. A last eval and log take less; rounding shows up to a seventh of a cosine as 0
    after_glide_share: Share = 0.15
    after_glide_points: Records = 8  # of them in any case
    idle_again_share: Share = 0.5  # of the way to where it idles, short of 0: no schedule in use ends on so long
    max_idle_fall: Ln = 0.1  # of the loss since then: what falls by more is still trained
    # after a glide: what is logged is rounded, the last few per cent may show as 0
    until_glide_progress: PlanShare = 0.95

    def tracks(self, view: View) -> Iterable[Track]:
        first = leading(view)
        if first is None:
            return
        adversary = view.role("g_loss")
        for key in view.keys("lr"):
            points = view.column(key)
            two = view.is_family(points, Family.GAN)
            if adversary is not None:
                two |= points.rows >= adversary.rows[:1]
            # Of adversaries each has its own optimizer: neither trains for the other.
            if key == first.key:
                yield self._track(view, points, np.where(two, points.x, highest_group(view, points)))
            elif two.any():
                yield self._track(view, points, np.where(two, points.x, np.nan))

    def _track(self, view: View, points: Points, level: Floats) -> Track:
        peak = rolling.running_max(level)
        zero = level <= self.floor_share * peak
        count, idle = rolling.streak(zero), rolling.streak(level <= self.idle_share * peak * (1 + 1e-9))
        before = rolling.before(rolling.carried(np.where(zero, np.nan, level)))  # the last working lr
        fell = zero & (before > self.working_share * peak)
        glided = zero & (before <= self.working_share * peak)
        done = self._done(view, points)
        unplanned = np.isnan(done)
        fell &= ~(done >= self.until_progress)
        # Without a plan nobody knows whether the schedule was meant to end here, until training goes on and on.
        first = np.arange(len(count)) - np.maximum(count, 1) + 1
        since, way = points.at - points.at[first], points.at[first] - (points.at[0] if len(points) else 0.0)
        goes_on = (since > self.after_glide_share * way) & (count >= self.after_glide_points)
        glided &= np.where(unplanned, goes_on, done < self.until_glide_progress)
        faded = glided & (idle - count >= self.glide_points)  # by factors: it has trained nothing long before it is 0
        never = zero & np.isnan(before)
        if never.any():
            never &= self._loss_stands(view, points)
        idles = self._idles(view, points, idle, done) & ~zero
        index = np.arange(len(points))
        lies = (idle > 0) & (rolling.filled(rolling.carried(np.where(idles, index, np.nan)), -1.0) > index - idle)
        warm = view.warm(points)
        firing = fell & (count >= self.zero_points) & warm | glided & (count >= self.glide_points) & warm
        firing |= never & (count >= self.never_points) & view.past_warmup(points)
        firing |= idles & warm
        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(idle == 0, self.zero_points),
            # Without a plan the end may have been meant.
            severity=lambda: np.where(glided & unplanned | lies, Severity.WARNING, Severity.CRITICAL).astype(np.int64),
            onset=lambda j: j - int((idle if faded[j] or idles[j] else count)[j]) + 1,
            words=lambda m: self._words(view, points, level, before, done, bool((faded | idles)[m.raised]), m),
        )

    def _idles(self, view: View, points: Points, idle: Ints, done: Floats) -> Bools:
        """(n,) it has come by factors to where nothing is learnt, and has stayed there for half as long again, well
        before the end, while the loss stands. What moves it by what it sees has come there because the loss stood."""
        loss, index = view.role("loss"), np.arange(len(points))
        first = index - np.maximum(idle, 1) + 1
        way = points.at[first] - points.at[:1]
        out = (idle >= self.after_glide_points) & (points.at - points.at[first] > self.idle_again_share * way)
        out &= ~(done >= self.until_glide_progress) & (not view.facts.schedule.moves_by_itself)
        if loss is None or not out.any():
            return np.zeros(len(points), dtype=bool)
        known = rolling.take_or(rolling.rolling_median(loss.log, 10, least=5), view.latest(points, loss), np.nan)
        with np.errstate(invalid="ignore"):
            return np.asarray(out & (known[first] - known < self.max_idle_fall))

    def _done(self, view: View, points: Points) -> Floats:
        """Share of the plan; of epochs that are counted in whole ones, when the one that runs is over:
        lr may end with it.
        """
        done, epochs = view.progress(points), view.facts.planned_epochs
        if view.facts.planned_steps is not None or epochs is None:
            return done
        counted = rolling.filled(done) * epochs
        whole = np.logical_and.accumulate(np.abs(counted - np.round(counted)) < 1e-6) if len(done) else done > 0
        return np.where(whole, done + 1 / epochs, done)

    def _loss_stands(self, view: View, points: Points) -> Bools:
        """Where a loss bears it out that an lr never logged above 0 is 0: without one, or with one that falls all the
        same, it is a matter of decimals (1e-6 printed with three), or not the one in use.
        """
        loss = view.role("loss")
        if loss is None or len(loss) < 4:
            return np.zeros(len(points), dtype=bool)
        fallen = rolling.median(loss.log[:4]) - rolling.rolling_median(loss.log, 10, least=5) > 0.1
        at = view.latest(points, loss)
        return np.where(at >= 4, ~fallen[np.maximum(at, 0)], False)

    def _words(
        self, view: View, points: Points, level: Floats, before: Floats, done: Floats, faded: bool, m: Moment
    ) -> Words:
        start, planned = float(points.at[m.onset]), view.facts.planned_steps
        scheduler_steps = view.facts.number(
            "scheduler_steps",
            "num_training_steps",
            "lr_decay_iters",
            "lr_decay_steps",
            "num_decay_steps",
            "decay_steps",
            "t_max",
            "cosine_steps",
            "scheduler_total_steps",
            least=1,
        )
        last = float(before[m.onset]) if np.isfinite(before[m.onset]) else None
        left = max(0.0, 1 - float(done[m.onset])) if np.isfinite(done[m.onset]) else None
        evidence = {
            "since_step": start,
            "lr_before": last,
            "remaining_share": left,
            "scheduler_steps": scheduler_steps,
            "planned_steps": planned,
        }
        if m.over:
            return Words("lr 已不为 0", f"lr 现为 {num(float(level[m.now]))}", "", "确定", evidence)
        was = f"（此前 {num(last)}）" if last is not None else ""
        idles = level[m.raised] > self.floor_share * np.max(level[: m.raised + 1])
        zero = f"lr 不到峰值的 {pct(self.idle_share)}" if faded else f"lr 为 0{was}"
        rest = f"，剩余 {pct(left)} 步数不更新参数" if left is not None else "，参数不再更新"
        since = f"第 {whole(start)} 步起" if last is not None else "从一开始"
        advice = (
            f"先核对 scheduler 总步数：配置 {whole(scheduler_steps)}，计划 {whole(float(planned))}"
            if scheduler_steps and planned and scheduler_steps < planned
            else "先核对 scheduler 总步数与续训后的步数"
        )
        if idles:
            advice = "先按总轮数设衰减点（如 60%、85%），从此前的 ckpt 续"
        if m.severity < Severity.CRITICAL:
            rest = f"，此后又有 {m.now - m.onset} 次记录"
        certainty: Certainty = "确定" if m.severity >= Severity.CRITICAL else "很可能"
        return Words("lr 已小到等于 0" if idles else "lr 已为 0", f"{since} {zero}{rest}", advice, certainty, evidence)


@dataclass(frozen=True)
class LrAnomaly(CausalDiagnosis):
    """The lr leaps where no schedule would.

    Warm-ups climb along a line, warm restarts come back from near 0 to an earlier peak, stages and batch ramps are
    logged, a configured lr may be reached at once: none of these. A leap down is what step decay does: info, and
    only where the config names a smooth schedule. So is a peak that does not fit the configured lr: scaling by
    workers is common.
    """

    id = "lr-anomaly"
    title = "lr 突变，不符合 scheduler"
    severity = Severity.WARNING
    meaning = "lr 的变化不像任何常见 scheduler，或与配置值相差很大：多见于续训或参数组配错。"
    clears = "lr 回到突变前的值或配置值附近，慢慢衰减回来也算"
    mistaken_for = "续训时手动改 lr、没写进配置的热重启，看着都像突变"
    impact = Impact.IN_DOUBT
    leads_to = ("nan-inf", "divergence", "loss-jump", "eval-regress")
    explained_by = ("lr-zero",)

    # times the record before and times the line through the last three, beyond every earlier lr
    leap_ratio: Times = 1.5
    beyond_ratio: Times = 1.3  # times the highest lr before
    within_leap_ratio: Times = 1.7  # times the record before: up, but not beyond earlier lrs
    restart_share: Share = 0.3  # of the highest lr: a warm restart comes from below this
    drop_ratio: Times = 4.0  # the record before over this one: no smooth schedule falls by more at once
    off_config_ratio: Times = 3.0  # times the configured lr
    hold: Records = 3  # records off the config in a row
    tolerance: Share = 0.05  # relative: within this of a number it is that number
    clear_ratio: Times = 1.2  # times the lr before: it is back; by more within a record it has moved at once
    turns: Count = 2  # of such moves, up and down: a KL or a plateau moves it, no schedule
    stair_points: Records = 100  # of a warm-up's first stair: accumulated batches are fewer, and so are rounded digits
    stair_lasts: Times = 2.5  # times the first stair: rounding makes the next at most twice as long

    def use(self, result: Result) -> str | None:
        return "先核对 lr，再拿来对比"

    def tracks(self, view: View) -> Iterable[Track]:
        points = leading(view)
        if points is not None and not view.facts.schedule.follows_kl:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x, eligible = highest_group(view, points), view.warm(points)
        prev, peak = rolling.before(x), rolling.before(rolling.running_max(x))
        line = self._line(points.at, x)
        smooth, configured = view.facts.schedule.never_rises, view.facts.lr
        with np.errstate(all="ignore"):
            grown = x / np.fmax(prev, line)
            fallen = np.fmin(prev, line) / x
            up = (grown > self.leap_ratio) & (x > self.beyond_ratio * peak)
            within = (grown > self.within_leap_ratio) & (x <= self.beyond_ratio * peak)
        unstated = view.facts.schedule.name == ""
        if not smooth:
            within &= (prev > self.restart_share * peak) & unstated
        if configured:  # it gets where it was meant to be, for the first time
            at_last = (np.abs(x / configured - 1) < self.tolerance) & (peak < (1 - self.tolerance) * configured)
            up, within = up & ~at_last, within & ~at_last
        leaps = (up | within) & (prev > 0) & eligible & ~self._known(view, points)
        leaps &= ~(unstated & self._restless(x))
        leaps, since, prev = self._without_stairs(x, prev, leaps)
        drops = (
            (fallen > self.drop_ratio) & (x > 0) & (prev > 0.1 * peak) & eligible & ~self._known(view, points) & smooth
        )
        off = self._off_config(view, x, configured) & eligible
        firing = leaps | drops | off
        reference = rolling.carried(np.where(leaps | drops, prev, np.where(off, configured or np.nan, np.nan)))
        fell = rolling.carried(np.where(drops, 1.0, np.where(leaps | off, 0.0, np.nan))) == 1.0
        returned = np.where(fell, x * self.clear_ratio >= reference, x <= self.clear_ratio * reference)
        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(returned, 2) & ~firing,
            severity=lambda: np.where(leaps, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: int(since[j]),
            words=lambda m: self._words(
                points, x, prev, configured, bool(off[m.raised] and not (leaps | drops)[m.raised]), m
            ),
        )

    def _line(self, at: Floats, x: Floats) -> Floats:
        """Where the line through the record before and the third before leads; warm-ups and decays follow it."""
        out = np.full(len(x), np.nan)
        if len(x) > 3:
            with np.errstate(all="ignore"):
                slope = (x[2:-1] - x[:-3]) / (at[2:-1] - at[:-3])
                led = x[2:-1] + slope * (at[3:] - at[2:-1])
            out[3:] = np.where(np.isfinite(led) & (led > 0), led, np.nan)
        return out

    def _without_stairs(self, x: Floats, prev: Floats, leaps: Bools) -> tuple[Bools, Ints, Floats]:
        """The leaps, where each began, and what was before it. Few digits, or a scheduler that is stepped once in so
        many records, make stairs of a linear warm-up, of which the second is twice as high as the first. That is told
        once it has stayed there for longer than a stair may.
        """
        leaps, since, prev = leaps.copy(), np.arange(len(x)), prev.copy()
        moved = np.flatnonzero(x > 0)[:1]
        first = int(moved[0]) if len(moved) else 0
        for j in np.flatnonzero(leaps[: first + self.stair_points + 1]).tolist():
            twice = abs(x[j] / (2 * x[first]) - 1) < self.tolerance
            if j - first < self.hold or not twice or not np.all(x[first:j] == x[first]):
                continue
            leaps[j], late = False, j + int(self.stair_lasts * (j - first))
            if late < len(x) and np.all(x[j : late + 1] == x[j]):
                leaps[late], since[late], prev[late] = True, j, x[first]
        return leaps, since, prev

    def _restless(self, x: Floats) -> Bools:
        """(n,) an lr that has gone up, down and up again at once before follows something else than a schedule."""
        with np.errstate(all="ignore"):
            moved = np.diff(np.log(x), prepend=np.nan)
        way = np.where(np.abs(moved) > np.log(self.clear_ratio), np.sign(moved), np.nan)
        last = rolling.before(rolling.carried(way))
        turns = np.cumsum(np.isfinite(way) & np.isfinite(last) & (way != last))
        return np.asarray(rolling.before(turns.astype(np.float64)) >= self.turns)

    def _known(self, view: View, points: Points) -> Bools:
        """Within two records of a change of stage or batch size, which move the lr by design."""
        out = np.zeros(len(points), dtype=bool)
        for role in ("stage", "batch_size"):
            other = view.role(role)
            if other is None or len(other) < 2:
                continue
            changed = other.rows[1:][np.diff(other.x) != 0]
            for j in np.searchsorted(points.rows, changed).tolist():
                out[j : j + 3] = True
        return out

    def _off_config(self, view: View, x: Floats, configured: float | None) -> Bools:
        """Far above the configured lr and not scaled: by workers or accumulation (whole multiples, or their square
        roots), or by samples / 256.
        """
        if not configured:
            return np.zeros(len(x), dtype=bool)
        multiple = np.minimum(x / configured, 1e9)
        scaled = np.abs(multiple - np.round(multiple)) < self.tolerance
        scaled |= np.abs(multiple**2 - np.round(multiple**2)) < self.tolerance  # square-root scaling
        batch = view.facts.number("batch_size", "train_batch_size", "per_device_train_batch_size", least=1)
        if batch is not None:  # the linear rule: lr x workers x batch / 256
            workers = 256 * multiple / batch
            scaled |= (np.abs(workers - np.round(workers)) < self.tolerance) & (workers > 1 - self.tolerance)
        return rolling.sustained((multiple > self.off_config_ratio) & ~scaled, self.hold)

    def _words(self, points: Points, x: Floats, prev: Floats, configured: float | None, off: bool, m: Moment) -> Words:
        now, a, b = float(x[m.now]), float(prev[m.raised]), float(x[m.raised])
        step = int(points.step[m.onset])
        evidence = {"before": a, "after": b, "step": step, "lr_config": configured, "now": now}
        if m.over:
            return Words("lr 已回到原来水平", f"lr 现为 {num(now)}", "", "确定", evidence)
        if off and configured:
            return Words(
                "lr 与配置不符",
                f"实际 lr {num(b)}，是配置 {num(configured)} 的 {times(b / configured)} 倍",
                "先核对 lr 缩放规则与参数组",
                "仅提示",
                evidence,
            )
        stated = f"，配置 lr={num(configured)}" if configured else ""
        ratio = f"{times(b / a)} 倍" if b > a else f"降到 1/{times(a / b)}"
        certainty: Certainty = "很可能" if m.severity >= Severity.WARNING else "仅提示"
        return Words(
            f"lr 突{'升' if b > a else '降'}，不符合 scheduler",
            f"第 {whole(float(points.at[m.onset]))} 步 lr {num(a)}→{num(b)}（{ratio}）{stated}",
            "若非有意，先核对续训、scheduler 与参数组",
            certainty,
            evidence,
        )


@dataclass(frozen=True)
class LrFlatStall(CausalDiagnosis):
    """A constant lr while eval has not improved for a quarter of the run: a decay is the cheapest thing to try."""

    id = "lr-flat-stall"
    title = "lr 恒定，评估未再改善"
    severity = Severity.INFO
    meaning = "lr 一直没变，评估又很久没有改善：可以试试让 lr 衰减。"
    clears = "lr 有变化，或评估 loss 明显创出新低"
    mistaken_for = "有意用恒定 lr（如 ACT）时，评估 loss 走平而成功率可能还在涨"
    impact = Impact.NONE
    explained_by = ("lr-zero",)

    max_lr_range: Share = 0.01  # relative range of the lr since warm-up
    stale_progress: PlanShare = 0.25  # since the smoothed best
    stale_evals: Evals = 25  # the same where planned steps are unknown
    min_evals: Evals = 8  # since the best in any case
    min_improvement: Ln = 0.01  # a new best counts when it is this much lower

    def tracks(self, view: View) -> Iterable[Track]:
        lr, points = view.role("lr"), view.role("eval_loss")
        if lr is not None and points is not None:
            yield self._track(view, points, lr)

    def _track(self, view: View, points: Points, lr: Points) -> Track:
        where = stale_since(points, self.min_improvement)
        age = np.arange(len(points)) - where
        done = view.progress(points)
        old = np.where(np.isnan(done), age >= self.stale_evals, done - done[where] > self.stale_progress)
        warm = view.warm(lr)
        high = rolling.running_max(np.where(warm, lr.x, np.nan))
        low = rolling.running_min(np.where(warm, lr.x, np.nan))
        flat = (high > 0) & (high - low <= self.max_lr_range * high)
        at = view.latest(points, lr)
        constant = np.where(at >= 0, flat[np.maximum(at, 0)] if len(lr) else False, False)
        firing = old & (age >= self.min_evals) & constant
        return track(
            points,
            firing=firing,
            clearing=lambda: (age == 0) | ~constant,
            severity=Severity.INFO,
            onset=lambda j: int(where[j]),
            words=lambda m: self._words(view, points, lr, m),
        )

    def _words(self, view: View, points: Points, lr: Points, m: Moment) -> Words:
        rate = lr.value(int(points.rows[m.now]))
        near = max(0, m.onset - 2)  # the lowest one by which a median of three is
        best = near + int(np.argmin(points.x[near : min(m.onset + 3, m.now + 1)]))
        step = int(points.step[best])
        evidence = {"lr": rate, "best_step": step, "evals_since": m.now - best}
        if m.over:
            return Words("lr 已变化或评估有改善", f"lr 现为 {num(rate)}", "", "确定", evidence)
        return Words(
            "lr 恒定，评估未再改善",
            f"lr 恒为 {num(rate)}，{of_evaluation(points.kind)} 第 {whole(float(points.at[best]))} 步后 "
            f"{m.now - best} 次未改善",
            "可试 cosine 或 step 衰减",
            "仅提示",
            evidence,
        )


def stale_since(points: Points, better: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) the index of the best eval so far, medians of 3; a new one counts only when lower by `better` (ln)."""
    level = rolling.rolling_median(points.log, 3, least=3)
    best, where = np.inf, 0
    out = np.zeros(len(points), dtype=np.int64)
    for j, value in enumerate(level.tolist()):
        if value < best - better:
            best, where = value, j
        out[j] = where
    return out
