"""The schedule of the learning rate against the plan of the run: two lengths that should be one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trend import trend
from analysis.figures import num, pct, times, whole
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.learning_rates import highest_group, leading
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Ln, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View

FLOOR, RISES, BEYOND, MULTIPLE, WARMS, CUT = range(6)  # what is told, the graver first


@dataclass(frozen=True, eq=False)
class _Rate:
    """An lr and where it stands in its life. Arrays are (n,)."""

    x: Floats
    peak: Floats  # the highest so far
    at_peak: Ints  # where that was last
    count: Ints  # records since it last moved
    longest: Ints  # the longest it had stood still before it last moved
    moves: Ints  # times it moved so far
    rises: Ints  # of them upwards

    @classmethod
    def of(cls, x: Floats) -> _Rate:
        index = np.arange(len(x))
        peak = rolling.running_max(x)
        before = rolling.before(x)
        same = np.abs(x - before) <= 1e-4 * np.abs(x)
        count = rolling.streak(same)
        begun = index - count
        longest = np.maximum.accumulate(np.concatenate([[0], count]))[begun] if len(x) else count
        at_peak = np.maximum.accumulate(np.where(x >= peak, index, 0)) if len(x) else index
        moved = ~same & ~np.isnan(before)
        return cls(x, peak, at_peak, count, longest, np.cumsum(moved), np.cumsum(moved & (x > before)))


def _kind(told: Floats, m: Moment) -> int:
    """What was raised; after a resume that is read off what is told now, the floor where nothing is."""
    known = [told[j] for j in (m.raised, m.now) if np.isfinite(told[j])]
    return int(known[0]) if known else FLOOR


@dataclass(frozen=True)
class ScheduleMismatch(CausalDiagnosis):
    """A smooth decay that is at its end long before the plan is, rises again after it, or is outlived by the run; or a
    warm-up that takes half of the plan and more; or a cut in its first half after which nothing moves.

    At the floor for good: it stands still for several times longer than ever before in its decay, which rounded values
    and step decays do not. Schedules that hold, restart or follow what they see are meant to. A constant whole multiple
    of the configured lr is what scaling by GPUs gives: a note.
    """

    id = "schedule-mismatch"
    title = "lr scheduler 与计划不符"
    severity = Severity.WARNING
    meaning = "lr 早早降到底或大幅降低、到底后又升、预热过长、训练超出计划，或是配置的整数倍：scheduler 与计划对不上。"
    clears = "lr 重新变化、预热结束，或再次降到底；超出计划、差整数倍的不会自行解除"
    mistaken_for = "有意留的 min_lr 长尾、临时延长训练、按卡数缩放 lr，都是正常做法"
    impact = Impact.SLOWER
    wastes_time = True
    explained_by = ("lr-zero",)

    max_floor: Share = 0.35  # of the highest lr
    zero_share: Share = 1e-9  # of it: below, lr-zero speaks
    min_hold: Records = 5
    longer_multiple: Times = 4.0  # than it ever stood still before
    decay_moves: Records = 5  # on the way down
    spent_progress: PlanShare = 0.05  # at the floor
    remaining_progress: PlanShare = 0.1  # when it got there
    warning_progress: PlanShare = 0.25
    trough_share: Share = 0.05  # of the highest lr: a decay that has come to its end
    risen_share: Share = 0.02  # of it, smoothly, over `min_hold` records
    beyond_progress: PlanShare = 1.05
    warming_progress: PlanShare = 0.5  # recipes warm up for 1 to 10 % of it, one-cycle schedules for a third
    cut_share: Share = 0.2  # of the lr before: steps are to a tenth, to a third where there are many
    cut_progress: PlanShare = 0.5  # recipes cut for the first time at a third where it brings a lot, else later
    early_cut_progress: PlanShare = 0.4
    still_progress: PlanShare = 0.25  # after it: enough to tell
    was_falling: Ln = 0.1  # in the half of its life before
    stands_still: Ln = 0.05  # since
    sure_z: Sigmas = 1.64  # Mann-Kendall z of a fall, one-sided 5 %
    multiple_points: Records = 20
    near: Share = 0.01  # of a whole multiple

    def use(self, result: Result) -> str | None:
        at = result.finding.onset_at
        return f"等于停在 {at} 步的结果" if result.finding.words.evidence.get("floor") and at is not None else None

    def tracks(self, view: View) -> Iterable[Track]:
        points = leading(view)
        if points is not None and len(points) and not view.facts.schedule.follows_kl:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        rate, done = _Rate.of(highest_group(view, points)), view.progress(points)
        begun = np.arange(len(points)) - rate.count
        beyond = rolling.streak(done > 1)
        masks = (
            self._at_floor(view, rate, done, begun),
            self._rises(view, rate),
            self._beyond(points, done),
            self._multiple(view, points, rate),
            self._warms(view, points, rate, done),
            self._cut(view, points, rate, done),
        )
        code = np.full(len(points), np.nan)
        for kind in (WARMS, MULTIPLE, BEYOND, RISES, CUT, FLOOR):
            code[masks[kind]] = kind
        loud = masks[FLOOR] & (1 - done[begun] >= self.warning_progress)
        loud |= masks[RISES] & view.facts.schedule.never_rises
        loud |= masks[BEYOND] & (rate.x <= self.trough_share * rate.peak)
        loud |= masks[WARMS] | (masks[CUT] & (done[begun] <= self.early_cut_progress))
        told = rolling.carried(code)
        down = rate.x <= self.trough_share * rate.peak
        back = np.where(
            (told == FLOOR) | (told == CUT),
            rate.count == 0,
            (told == RISES) & down | (told == WARMS) & (rate.x < rate.peak),
        )

        def onset(j: int) -> int:
            if code[j] in {FLOOR, CUT}:
                return int(begun[j])
            if code[j] == RISES:
                return int(rate.at_peak[j] + np.argmin(rate.x[rate.at_peak[j] : j + 1]))
            return j - int(beyond[j]) + 1 if code[j] == BEYOND else 0

        return track(
            points,
            firing=np.isfinite(code),
            clearing=lambda: rolling.sustained(back, 2) & ~np.isfinite(code),
            severity=lambda: np.where(loud, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=onset,
            words=lambda m: self._words(view, points, rate, done, _kind(told, m), m),
        )

    def _at_floor(self, view: View, rate: _Rate, done: Floats, begun: Ints) -> Bools:
        if view.facts.schedule.holds_by_design:
            return np.zeros(len(rate.x), dtype=bool)
        low = (rate.x < self.max_floor * rate.peak) & (rate.x > self.zero_share * rate.peak)
        decayed = rate.moves[begun] - rate.moves[rate.at_peak] >= self.decay_moves
        fell = rate.rises[begun] == rate.rises[rate.at_peak]
        stays = rate.count >= np.maximum(self.min_hold, self.longer_multiple * (rate.longest + 1))
        early = (1 - done[begun] >= self.remaining_progress) & (done - done[begun] >= self.spent_progress)
        return np.asarray(low & decayed & fell & stays & early)

    def _rises(self, view: View, rate: _Rate) -> Bools:
        """After its decay, record by record: a restart leaps."""
        if view.facts.schedule.holds_by_design:
            return np.zeros(len(rate.x), dtype=bool)
        up = rolling.sustained(rate.x > rolling.before(rate.x), self.min_hold)
        start = rolling.before(rate.x, self.min_hold)
        low = np.full(len(rate.x), np.nan)  # the lowest since the highest
        for j in np.flatnonzero(up).tolist():
            low[j] = np.min(rate.x[rate.at_peak[j] : j + 1])
        ended = (low <= self.trough_share * rate.peak) & (rate.moves - rate.moves[rate.at_peak] >= 2 * self.decay_moves)
        return np.asarray(up & ended & (rate.x - np.fmin(start, low) >= self.risen_share * rate.peak))

    def _beyond(self, points: Points, done: Floats) -> Bools:
        return rolling.sustained(done > self.beyond_progress, self.min_hold)

    def _warms(self, view: View, points: Points, rate: _Rate, done: Floats) -> Bools:
        """It has risen from its first record on, in equal steps, and half of the plan is over; or it is on a line that
        will not have reached the configured lr by then, whose steps the config states as well."""
        always = (rate.rises == np.arange(len(points))) & (rate.rises >= 2 * self.decay_moves)
        step = np.diff(rate.x, prepend=np.nan)
        even = np.abs(step - rolling.rolling_median(step, self.min_hold)) <= 0.05 * np.abs(step)
        warming = always & rolling.sustained(even, self.min_hold)
        planned, stated = view.facts.planned_steps, view.facts.warmup.steps
        late = np.asarray(done >= self.warming_progress)
        if planned and view.facts.lr and stated >= self.warming_progress * planned:
            with np.errstate(divide="ignore", invalid="ignore"):
                late |= np.abs(rate.x / view.facts.lr * stated / points.at - 1) < 0.1
        return np.asarray(warming & late)

    def _cut(self, view: View, points: Points, rate: _Rate, done: Floats) -> Bools:
        """At once to a fifth or less in the first half of the plan, while the loss still fell; it stands still since.
        A cut at the right time comes when the loss stands, or lets it fall."""
        out, loss = np.full(len(points), np.nan), view.role("loss")
        if loss is None or view.facts.schedule.moves_by_itself:
            return out > 0
        at = view.latest(points, loss)
        leaps = (rate.x <= self.cut_share * rolling.before(rate.x)) & (done <= self.cut_progress)
        for k in np.flatnonzero(leaps & (rate.x > self.zero_share * rate.peak)).tolist():
            late = (done - done[k] >= self.still_progress) & (rate.count == np.arange(len(done)) - k)
            before = trend(loss.log[at[k] // 2 : at[k] + 1])
            if before.z > -self.sure_z or before.change > -self.was_falling:
                continue
            for j in np.flatnonzero(late & rolling.log_spaced(len(done))).tolist():
                since = trend(loss.log[at[k] + 1 : at[j] + 1])
                out[j] = since.z > -self.sure_z or since.change > -self.stands_still
        return np.asarray(rolling.carried(out) > 0)

    def _multiple(self, view: View, points: Points, rate: _Rate) -> Bools:
        """The highest lr, once it rises no more, is a whole multiple of the configured one, by GPUs or accumulation."""
        configured, factors = view.facts.lr, self._factors(view)
        index = np.arange(len(points))
        settled = (index >= self.multiple_points) & (rate.at_peak <= index - (index + 1) // 5)
        settled |= (index >= self.multiple_points) & (rate.count >= self.multiple_points)
        constant = view.facts.schedule.constant
        if not configured or not (factors or constant):
            return np.zeros(len(points), dtype=bool)
        ratio = np.minimum(rate.peak / configured, 1e9)
        near = np.zeros(len(points), dtype=bool)
        for factor in factors:
            near |= np.abs(ratio / factor - 1) < self.near
        if constant:  # whatever it is scaled by
            near |= np.abs(ratio / np.maximum(np.round(ratio), 2.0) - 1) < self.near
        return near & settled & view.past_warmup(points, 1.2)

    def _factors(self, view: View) -> tuple[float, ...]:
        """What an lr is scaled by: GPUs, accumulated batches, both; or, by mistake, divided by."""
        known = [float(k) for k in (view.facts.gpus, view.facts.accumulation) if k is not None and k > 1]
        if len(known) > 1:
            known.append(known[0] * known[1])
        return tuple(f for k in known for f in (k, 1 / k))

    def _words(self, view: View, points: Points, rate: _Rate, done: Floats, kind: int, m: Moment) -> Words:
        now, step = float(rate.x[m.now]), int(points.at[m.onset])
        planned, told = view.facts.planned_steps, view.facts.schedule.decay_steps
        evidence: dict[str, object] = {"lr": now, "since": step, "planned": planned}
        evidence |= {"decay_steps": told, "floor": kind == FLOOR}
        if m.over:
            return Words("lr 又在变化", f"lr 现为 {num(now)}", "", "确定", evidence)
        if kind == FLOOR:
            return self._floor_words(view, rate, done, m, evidence)
        if kind == CUT:
            before = float(rate.x[max(0, m.onset - 1)])
            return Words(
                "lr 降得太早",
                f"第 {step} 步（计划的 {pct(float(done[m.onset]))}）lr {num(before)}→{num(now)}，此后 loss 不再下降",
                "把这次衰减推后到计划的六成以后，或减小降幅",
                "很可能",
                evidence,
            )
        if kind == RISES:
            low, high = float(rate.x[m.onset]), float(rate.peak[m.now])
            return Words(
                "lr 到底后又升",
                f"第 {step} 步 lr 降到 {num(low)} 后回升，现 {num(now)}（峰值 {num(high)}）",
                f"核对 scheduler 总步数{f'（配置 {told}）' if told else ''}与实际步数",
                "很可能",
                evidence,
            )
        if kind == WARMS:
            stated = view.facts.warmup.steps
            long = f"warmup {whole(stated)} 步，计划共 {planned} 步" if planned and stated else "warmup 还没结束"
            return Words(
                "lr 预热占了大半训练",
                f"{long}：已跑 {pct(float(done[m.now]))}，lr 才 {num(now)}",
                "warmup 缩到总步数的 3–10%，按梯度累加后的步数算",
                "很可能",
                evidence,
            )
        if kind == BEYOND:
            return Words(
                "训练超出计划步数",
                f"计划 {whole(float(planned or 0))} 步，现已 {pct(float(done[m.now]))}，lr {num(now)}",
                "若非有意延长，先核对计划步数的口径",
                "仅提示",
                evidence,
            )
        ratio = float(rate.peak[m.now] / (view.facts.lr or 1.0))
        said = f"{times(ratio)} 倍" if ratio > 1 else f"1/{times(1 / ratio)}"
        return Words(
            "实际 lr 与配置差整数倍",
            f"实际最高 lr {num(float(rate.peak[m.now]))}，是配置 {num(view.facts.lr)} 的 {said}",
            "多半按卡数或累加步数缩放：确认是否有意",
            "仅提示",
            evidence,
        )

    def _floor_words(self, view: View, rate: _Rate, done: Floats, m: Moment, evidence: dict[str, object]) -> Words:
        now, step, planned, told = (
            float(rate.x[m.now]),
            evidence["since"],
            view.facts.planned_steps,
            evidence["decay_steps"],
        )
        left, share = 1 - float(done[m.onset]), now / float(rate.peak[m.now])
        plan = f"（计划 {planned} 步）" if planned is not None else ""
        advice = "先核对 scheduler 的总步数与训练步数"
        faster = round(1 / max(float(done[m.onset]), 1e-9))
        if planned is not None and isinstance(told, int) and told < planned:
            advice = f"把 scheduler 的步数 {told} 改为计划的 {planned}"
        elif view.facts.gpus is not None and faster == view.facts.gpus > 1:
            advice = f"scheduler 似每步走 {faster} 次，先核对 num_processes"
        return Words(
            f"lr 在计划的 {pct(float(done[m.onset]))} 处就到底",
            f"第 {step} 步起 lr 停在 {num(now)}（峰值的 {pct(share)}），还剩 {pct(left)}{plan}",
            advice,
            "确定",
            evidence,
        )
