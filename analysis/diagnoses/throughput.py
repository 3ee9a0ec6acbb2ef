"""Where the time goes: steps that wait for data, steps that have become slower."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import short_key
from analysis.columns.names import words
from analysis.figures import duration, num, pct, times, whole
from analysis.model import ROUND, STEP, Bools, Certainty, Finding, Floats, Ints, Severity, Words
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import MORE_WORKERS
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Ln, Records, Seconds, Share, Sigmas, Times
from analysis.scan.view import Points, View

COMPUTE = {"update", "upd", "updt", "compute", "forward", "fwd", "backward"}


@dataclass(frozen=True, eq=False)
class _Waits:
    """Per record: seconds of computing; how long it waits over how long it computes, usually and (`ratio`) at worst;
    what both together are of the wall clock."""

    update: Floats
    usual: Floats
    ratio: Floats
    wall: Floats


@dataclass(frozen=True)
class DataBound(CausalDiagnosis):
    """Steps wait for data. Only where data + update explain the wall clock is the wait real.

    With asynchronous GPU work the wait for the GPU is charged to the next data call: then it is info only.
    """

    id = "data-bound"
    title = "数据加载是瓶颈"
    severity = Severity.WARNING
    meaning = "每步一半以上的时间在等数据：瓶颈在数据加载，不在计算。"
    clears = "取数与计算的耗时比明显降下来并稳住"
    mistaken_for = "GPU 异步执行时，等 GPU 的时间会算到下一次取数头上"
    impact = Impact.SLOWER
    remedies = (MORE_WORKERS,)
    panel = "stack"  # the parts add up to the time of a step

    ratio: Times = 1.0  # data over update: more than half of a step is waiting
    window: Records = 20  # in the level
    clear_ratio: Times = 0.7  # data over update
    burst_records: Records = 40  # records over which waits that come in bursts are added up,
    rare_records: Records = 160  # and those that are rare, but so long that they outweigh all that lies between
    shown_records: Records = 100  # records behind the figures in the sentence
    min_wall_share: Share = 0.85  # (data + update) over the wall time per step: from here
    max_wall_share: Share = 1.05  # to here both are really spent, one after the other

    def wasted_s(self, finding: Finding, since_onset_s: float | None) -> float | None:
        lost = evidence.number(finding.words.evidence, "lost_s")
        return lost if lost and lost > 0 else None

    def tracks(self, view: View) -> Iterable[Track]:
        data = view.role("data_time")
        update = view.role("update_time") or (None if data is None else self._iteration(view, data))
        if data is not None and update is not None and data.key != update.key:
            yield self._track(view, data, update)

    def _iteration(self, view: View, data: Points) -> Points | None:
        """`time` beside `data_time` is that of the whole iteration (mmdetection); alone it may be anything."""
        key = data.key.replace("data_time", "time")
        known = key != data.key and key in view.roles.kinds and view.logged_by_third_point(key, data)
        return view.column(key) if known else None

    def _track(self, view: View, data: Points, update: Points) -> Track:
        partner = view.latest(data, update)
        u = rolling.take_or(update.x, partner, np.nan) * _seconds(update)
        d = data.x * _seconds(data)
        seen = cache(lambda: self._seen(view, data, update, d, u))
        # However the two are logged, where no record waits for longer than it computes there is nothing to see.
        with np.errstate(invalid="ignore"):
            waits = ~(d <= 0.99 * self.ratio * np.where(d < u, u - d, u))
        firing = np.zeros(len(data), dtype=bool)
        if waits[partner >= 0].any():
            firing = rolling.sustained((seen().ratio > self.ratio) & view.warm(data), self.window)

        def rated() -> Ints:
            wall = seen().wall
            real = (wall >= self.min_wall_share) & (wall <= self.max_wall_share)
            return np.where(real | np.isnan(wall), Severity.WARNING, Severity.INFO).astype(np.int64)

        return track(
            data,
            firing=firing,
            clearing=lambda: rolling.sustained(seen().ratio < self.clear_ratio, 2 * self.window),
            severity=rated,
            metrics=(update.key,),
            onset=lambda j: self._onset(seen().ratio, j),
            words=lambda m: self._words(view, data, d, seen(), m),
            recovery=lambda: Recovery(seen().ratio, 0.5 * self.ratio),
        )

    def _seen(self, view: View, data: Points, update: Points, d: Floats, u: Floats) -> _Waits:
        # Some log the whole iteration beside its wait (mmdetection's `time`): then it alone explains the wall clock.
        # So does an update that a prefetch runs beside; what is called an update or a forward pass is no iteration.
        whole = self._wall(view, data, u)
        inclusive = (
            (whole >= self.min_wall_share)
            & (whole <= self.max_wall_share)
            & (self._wall(view, data, d + u) > self.max_wall_share)
        )
        # An update that is never shorter than its wait, however long that is, has it inside.
        inclusive |= rolling.sustained(u >= d, self.burst_records) & (
            rolling.rolling_max(d, self.burst_records)
            > 3 * rolling.rolling_median(u, self.burst_records, least=self.window)
        )
        if COMPUTE.isdisjoint(words(update.key)):
            u = np.where(inclusive & (d < u), u - d, u)
        with np.errstate(all="ignore"):
            share = np.where(u > 0, d / u, np.nan)
        usual = rolling.rolling_median(share, self.window, least=self.window)
        bursts = np.fmax(self._by_time(d, u, self.burst_records), self._by_time(d, u, self.rare_records))
        return _Waits(u, usual, np.fmax(usual, bursts), self._wall(view, data, d + u))

    def _by_time(self, d: Floats, u: Floats, window: int) -> Floats:
        """(n,) time spent waiting over time spent computing in the last records: workers that take turns make one step
        in eight wait for all. The longest wait is left out, which may be an evaluation or a checkpoint.
        """
        count = np.minimum(np.arange(len(d)) + 1, window)
        waited = rolling.rolling_mean(d, window, least=window) * count - rolling.rolling_max(d, window)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(waited / (count - 1) / rolling.rolling_mean(u, window, least=window))

    def _wall(self, view: View, data: Points, spent: Floats) -> Floats:
        """What was `spent` over the wall time per step: median of the last 20 intervals, NaN where no time is known."""
        out = np.full(len(data), np.nan)
        if len(data) > 1:
            dt, running = np.diff(view.history.timestamp[data.rows]), np.diff(view.history.runtime[data.rows])
            dt, ds = np.where(np.isfinite(dt), dt, running), np.diff(data.at)
            with np.errstate(all="ignore"):
                per_step = np.where((ds > 0) & (dt > 0), dt / ds, np.nan)
                out[1:] = spent[1:] / per_step
        return rolling.rolling_median(out, self.window, least=5)

    def _onset(self, ratio: Floats, j: int) -> int:
        """First point of the unbroken stretch that led here (the medians need `window` points to see it)."""
        below = np.flatnonzero(~(ratio[: j + 1] > self.ratio))
        start = int(below[-1]) + 1 if len(below) else 0
        return max(0, start - self.window + 1)

    def _words(self, view: View, data: Points, wait: Floats, seen: _Waits, m: Moment) -> Words:
        update, wall, steady = seen.update, seen.wall, bool(seen.usual[m.now] > self.ratio)
        part = slice(max(0, m.onset, m.now - self.shown_records + 1), m.now + 1)
        if steady:
            u = float(np.nanmedian(update[part]))
            with np.errstate(all="ignore"):
                d = u * float(np.nanmedian(np.where(update[part] > 0, wait[part] / update[part], np.nan)))
        else:
            u, d = float(np.nanmean(update[part])), float(np.nanmean(wait[part]))
        waiting = d / (d + u)
        workers, cpus = (
            view.facts.number("num_workers", "dataloader_num_workers", least=0),
            view.facts.number("cpu_count", least=1),
        )
        workers_to_try = math.ceil((workers or 1) * (d + u) / u)
        workers_to_try = int(min(workers_to_try, 2 * (workers or 1), cpus or math.inf)) if workers else workers_to_try
        evidence = {
            "data_s": d,
            "update_s": u,
            "waiting_share": waiting,
            "speedup_at_most": (d + u) / u,
            "num_workers": workers,
            "try_num_workers": workers_to_try if workers is not None else None,
            "wall_ratio": _finite(wall[m.now]),
            "lost_s": self._lost(data, d, m),
        }
        if m.over:
            return Words("数据加载已不是瓶颈", f"取数占比降到 {pct(waiting)}", "", "确定", evidence)
        if m.severity < Severity.WARNING:
            certainty: Certainty = "仅提示"
            title = f"取数占每步 {pct(waiting)}"
        else:
            certainty, title = (
                ("确定" if np.isfinite(wall[m.now]) else "很可能"),
                f"每步{'' if steady else '平均'} {pct(waiting)} 在等数据",
            )
        tried = (
            f"num_workers {num(workers)}→{workers_to_try} 短跑试试；无效再预解码"
            if workers
            else "先加 dataloader worker 短跑试试；无效再预解码"
        )
        lost = f"，累计约 {duration(evidence['lost_s'])}" if evidence["lost_s"] else ""
        return Words(
            title,
            f"取数 {num(d)} s / 每步 {num(d + u)} s，上限约 {times((d + u) / u)} 倍速{lost}",
            tried,
            certainty,
            evidence,
        )

    def _lost(self, data: Points, d: float, m: Moment) -> float | None:
        steps = float(data.at[m.now] - data.at[m.onset])
        return _finite(steps * d)


def _seconds(points: Points) -> float:
    """What one unit of a logged time is in seconds."""
    return 1e-3 if points.kind.unit == "ms" else 1.0


@dataclass(frozen=True)
class ThroughputDrop(CausalDiagnosis):
    """A step takes longer than it did, for the same work.

    Seconds per unit of work: one over a logged rate of samples or tokens; else step time over batch size and sequence
    length where those are logged; else wall time per step between train records. Medians do not see checkpoints, evals
    and single hiccups. A leap from one level to another is a warning; a slow drift away from the early pace is info
    until the pace has halved: averages since the start drift, and so do growing sequences nobody logs.
    """

    id = "throughput-drop"
    title = "训练变慢"
    severity = Severity.WARNING
    meaning = "同样的工作量，每步耗时明显变长：常见原因是同机任务、降频或 IO。"
    clears = "每步耗时连续多次记录回到变慢前附近"
    mistaken_for = "序列变长、分辨率提高而没有记录时，工作量变大看着像变慢"
    impact = Impact.SLOWER
    explained_by = ("data-bound",)

    ratio: Times = 1.3  # times the time before: shared machines wander by a tenth or two
    large_ratio: Times = 1.5  # times the time before: believed sooner
    sigmas: Sigmas = 5.0  # of the scatter before
    short_window: Records = 5  # a median over these sees no single stall
    large_hold: Records = 9  # in a row, when large
    small_hold: Records = 22  # in a row, when not
    window: Records = 40  # in the level before
    early_records: Records = 40  # after the first ten: what the pace was, from which a drift is measured
    drift_ratio: Times = 1.5  # times the early time: info, averages and sequences that grow drift too
    warning_drift_ratio: Times = 2.0  # times the early time: the pace has halved
    clear_ratio: Times = 1.2  # times the time before
    coarse_s: Seconds = 60.0  # between records: evaluations and checkpoints in between weigh little then,
    coarse_ratio: Times = 1.7  # and so many times the best pace will do
    coarse_best: Records = 3  # in the best pace; one,
    whole_s: Seconds = 900.0  # where it is a quarter of an hour of training by itself
    pause_s: Seconds = 1800.0  # and 20 usual intervals without a record: gone on with elsewhere, at another pace
    coarse_hold: Records = 4  # in a row that are slower
    average_records: Records = 10  # records of a rate that say whether it is an average since the start
    average_tolerance: Ln = 0.05  # such an average and steps over elapsed time differ by less

    def wasted_s(self, finding: Finding, since_onset_s: float | None) -> float | None:
        """What the same steps would have taken less at the old pace."""
        slower = evidence.number(finding.words.evidence, "ratio")
        if since_onset_s is None or slower is None or slower <= 1:
            return None
        return since_onset_s * (1 - 1 / slower)

    def tracks(self, view: View) -> Iterable[Track]:
        rate, update, clocked = view.role("rate"), view.role("update_time"), self._clocked(view)
        # Only what was logged from the start of a column takes its place: a late one changes nothing decided there.
        if rate is not None and (update is None or view.logged_by_third_point(rate.key, update)):
            # Some write -100 until they know (nanoGPT's mfu): no rate, so no point.
            rate = rate.where(rate.x > 0)
            averaged = self._averaged(view, rate)
            cost = self._pace(view, rate) - self._work(view, rate) if averaged else -rate.log
            yield self._track(view, rate, cost, relative=averaged)
        elif update is not None:
            yield self._track(view, update, update.log - self._work(view, update))
        if clocked is not None and not any(
            p is not None and view.logged_by_third_point(p.key, clocked) for p in (rate, update)
        ):
            pace = self._pace(view, clocked)
            if np.isfinite(pace).any():
                yield self._track(view, clocked, pace - self._work(view, clocked), relative=True)

    def _clocked(self, view: View) -> Points | None:
        """The column whose records are timed by the wall clock: the first of those that every step of training logs."""
        held = [p for role in ("loss", "component", "d_loss", "g_loss", "grad_norm") if (p := view.role(role))]
        if not held and view.role("reward") is None:  # names nobody knows tell the time as well; episodes do not
            kinds = view.roles.kinds
            held = [
                view.column(k) for k in sorted(kinds) if kinds[k].group in {"train", "other"} and kinds[k].role is None
            ]
        return min((p for p in held if len(p)), key=lambda p: int(p.rows[0]), default=None)

    def _averaged(self, view: View, rate: Points) -> bool:
        """Whether a rate is the average since the start (SB3's fps, CleanRL's SPS), which hides a slowdown for hours.

        Decided once, by records 2 to `average_records`: it then equals steps over elapsed time.
        The clock is used instead.
        """
        n = self.average_records
        if len(rate) < n:
            return False
        elapsed = view.history.runtime[rate.rows[1:n]]
        with np.errstate(all="ignore"):
            off = np.abs(np.log(rate.x[1:n] * elapsed / rate.at[1:n]))
        return bool(rolling.median(off) < self.average_tolerance)

    def _pace(self, view: View, points: Points) -> Floats:
        """ln of the wall time per step between each point and the one before; NaN where it is not known."""
        out = np.full(len(points), np.nan)
        if len(points) > 1:
            h = view.history
            t = h.timestamp if np.isfinite(h.timestamp[points.rows[0]]) else h.runtime
            dt, ds = np.diff(t[points.rows]), np.diff(points.at)
            with np.errstate(all="ignore"):
                out[1:] = np.where((dt > 0) & (ds > 0), np.log(dt / ds), np.nan)
        return out

    def _work(self, view: View, points: Points) -> Floats:
        """ln of batch size x sequence length at each point, as far as they are logged from the start."""
        out = np.zeros(len(points))
        for role in ("batch_size", "seq_len"):
            other = view.role(role)
            if other is not None and view.logged_by_third_point(other.key, points) and len(other):
                at = view.latest(points, other)
                x = np.maximum(other.x, 1e-9)
                out += np.log(np.where(at >= 0, x[np.maximum(at, 0)], x[0]))
        return out

    def _track(self, view: View, points: Points, cost: Floats, *, relative: bool = False) -> Track:
        """`relative`: the column's own values say nothing of the pace, so sentences give the ratio alone."""
        now = rolling.rolling_median(cost, self.short_window, least=self.short_window)
        base = rolling.rolling_median(cost, self.window, least=self.window // 2)
        eligible = cache(lambda: self._eligible(view, points))
        best, coarse = self._coarse(view, points, cost)
        if coarse.any():
            coarse &= eligible()[0]
        leap = np.zeros(len(points), dtype=bool)
        level = np.full(len(points), np.nan)
        for hold, ratio in ((self.large_hold, self.large_ratio), (self.small_hold, self.ratio)):
            lag = hold + self.short_window
            before = rolling.before(base, lag)
            # Every short median since then lies above what was usual before the first of them.
            lowest = rolling.rolling_min(now, hold)
            found = lowest > before + np.log(ratio)
            at = np.flatnonzero(found)
            if not len(at):
                continue
            spread = rolling.mad_at(rolling.filled(rolling.carried(cost)), self.window, at - lag)
            found[at] = lowest[at] > before[at] + np.maximum(np.log(ratio), self.sigmas * spread)
            found &= eligible()[0] & ~self._by_design(view, points, lag + self.window)
            level = np.where(found & ~leap, before, level)
            leap |= found
        start = self._early(cost)
        medium = rolling.rolling_median(cost, self.window, least=self.window)
        drift = rolling.sustained(medium > start + np.log(self.drift_ratio), self.window)
        if drift.any():
            drift &= eligible()[0] & eligible()[1]
        halved = rolling.sustained(medium > start + np.log(self.warning_drift_ratio), self.window) & drift
        if halved.any():
            halved &= self._one_stage(view, points)
        halved |= coarse
        drift |= coarse

        @cache
        def usual() -> Floats:
            since = np.where(coarse, best, start)
            drifts = drift & np.isnan(rolling.carried(level))
            return rolling.carried(np.where(leap, level, np.where(drifts, since, np.nan)))

        def over() -> Bools:
            clearing = rolling.sustained(now < usual() + np.log(self.clear_ratio), 2 * self.large_hold)
            return (clearing if relative else clearing | points.after_first_negative) & ~leap

        return track(
            points,
            firing=leap | drift,
            clearing=over,
            severity=lambda: np.where(leap | halved, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: self._onset(cost, j, bool(leap[j] or coarse[j])),
            words=lambda m: self._words(view, points, cost, usual(), bool(leap[m.raised]), relative, m),
        )

    def _eligible(self, view: View, points: Points) -> tuple[Bools, Bools]:
        """(n,) each: what a point is compared with lies past burn-in and the start of learning too; it has learnt
        from the first point on."""
        learns = self._learns(view, points)
        always = ~np.logical_or.accumulate(~learns)
        far = always | rolling.sustained(learns, self.window + self.small_hold + self.short_window)
        return view.warm(points) & far, always

    def _coarse(self, view: View, points: Points, cost: Floats) -> tuple[Floats, Bools]:
        """(n,) each: the best pace so far; and, where a record is minutes, each is a mean of many steps: a few that
        take twice the best pace will do, as long as there are not enough for the other tests.
        """
        spans = self._spans(view, points)
        if not (spans >= self.coarse_s).any():
            return np.full(len(cost), np.nan), np.zeros(len(cost), dtype=bool)
        several = rolling.rolling_median(cost, self.coarse_best, least=self.coarse_best)
        # Of many single records the best is luck.
        alone = (spans >= self.whole_s) & (np.arange(len(points)) < 2 * self.coarse_hold)
        best = rolling.running_min(np.where(alone, cost, several))
        minutes = rolling.rolling_median(spans, self.coarse_hold, least=self.coarse_hold) >= self.coarse_s
        index, noise = np.arange(len(points)), rolling.noise(rolling.filled(rolling.carried(cost)), 40)
        slow = rolling.rolling_min(cost, self.coarse_hold) > best + np.log(self.coarse_ratio) + self.sigmas * noise
        few = (index >= 2 * self.coarse_hold) & (index < self.early_records + 2 * self.window)
        return best, np.asarray(slow & minutes & few & self._one_stage(view, points))

    def _spans(self, view: View, points: Points) -> Floats:
        """(n,) wall time since the record before, s; of the first, since the run began. NaN where no time is logged."""
        h = view.history
        t = h.runtime if np.isfinite(h.runtime[points.rows]).all() else h.timestamp
        return np.diff(t[points.rows], prepend=0.0 if t is h.runtime else np.nan)

    def _early(self, cost: Floats) -> float:
        part = cost[10 : 10 + self.early_records]
        return rolling.median(part) if len(part) == self.early_records and np.isfinite(part).all() else np.nan

    def _learns(self, view: View, points: Points) -> Bools:
        """Off-policy RL collects before it learns, so its first steps are faster by design."""
        starts = view.facts.number("learning_starts", "warmup_env_steps", "start_steps", least=0) or 0
        learns = np.asarray(points.at >= starts)
        reward = view.role("reward")
        if reward is not None and view.logged_by_third_point(reward.key, points):
            learns &= view.past(points, 0.1, 100)
        return learns

    def _by_design(self, view: View, points: Points, span: int) -> Bools:
        """Within `span` points after a change of stage (other data, another resolution, longer sequences), or after a
        pause: another machine, another load."""
        spans = self._spans(view, points)
        pauses = np.flatnonzero(spans > self.pause_s)
        if len(pauses):
            usual = rolling.before(rolling.rolling_median(spans, 60, least=10))
            pauses = pauses[spans[pauses] > 20 * usual[pauses]]
        out = np.zeros(len(points), dtype=bool)
        for j in pauses.tolist():
            out[j : j + span] = True
        stage = view.role("stage")
        if stage is not None and len(stage) > 1:
            for j in np.searchsorted(points.rows, stage.rows[1:][np.diff(stage.x) != 0]).tolist():
                out[j : j + span] = True
        return out

    def _one_stage(self, view: View, points: Points) -> Bools:
        stage = view.role("stage")
        if stage is None or len(stage) < 2:
            return np.ones(len(points), dtype=bool)
        changed = np.concatenate([[False], np.cumsum(np.diff(stage.x) != 0) > 0])
        at = view.latest(points, stage)
        return np.where(at >= 0, ~changed[np.maximum(at, 0)], True)

    def _onset(self, cost: Floats, j: int, leap: bool) -> int:
        if not leap:
            return max(0, j - 2 * self.window + 1)
        lo = max(0, j - self.small_hold - self.short_window - self.window)
        part = cost[lo : j + 1]
        return lo + rolling.change_point(np.where(np.isfinite(part), part, np.nanmedian(part)))

    def _words(
        self, view: View, points: Points, cost: Floats, usual: Floats, leap: bool, relative: bool, m: Moment
    ) -> Words:
        part = cost[max(m.onset, m.now - self.large_hold + 1) : m.now + 1]
        ratio = float(np.exp(np.nanmedian(part) - usual[m.now])) if np.isfinite(part).any() else float("nan")
        a, b, unit = (1.0, ratio, "倍") if relative else self._shown(points, m)
        lost = self._extra(view, points, m, ratio)
        evidence = {
            "before": None if relative else a,
            "after": None if relative else b,
            "ratio": ratio,
            "since_step": int(points.step[m.onset]),
            "unit": unit,
            "extra_s": lost,
            "by_clock": relative,
        }
        relative, each = unit == "倍", _each(points)
        course = f"每{each}耗时为此前的 {times(ratio)} 倍" if relative else f"{num(a)}→{num(b)} {unit}"
        if m.over:
            slow = rolling.rolling_median(cost[m.onset : m.now + 1], self.short_window, least=1)
            worst = float(np.exp(np.nanmax(slow) - usual[m.now])) if np.isfinite(slow).any() else float("nan")
            past = f"第 {whole(float(points.at[m.onset]))} 步起每{each}耗时一度为此前的 {times(worst)} 倍"
            return Words("训练速度已恢复", past, "", "确定", evidence)
        wait = f"，到结束预计多等 {duration(lost)}" if lost and lost > 60 else ""
        certainty: Certainty = "确定" if leap else "仅提示"
        return Words(
            f"每{each}耗时变为 {times(ratio)} 倍" if ratio >= 1.1 else "训练变慢",
            f"第 {whole(float(points.at[m.onset]))} 步起 {course}{wait}",
            "先查同机任务、降频、IO 与日志频率",
            certainty,
            evidence,
        )

    def _shown(self, points: Points, m: Moment) -> tuple[float, float, str]:
        """Before, after, unit: as it is logged."""
        lo = max(0, m.onset - self.window)
        before = rolling.median(points.x[lo : m.onset]) if m.onset > lo else float(points.x[0])
        after = rolling.median(points.x[max(m.onset, m.now - self.large_hold + 1) : m.now + 1])
        ms = points.kind.unit == "ms"
        return (
            before,
            after,
            short_key(points.key) if points.kind.name == "rate" else f"{'ms' if ms else 's'}/{_each(points)}",
        )

    def _extra(self, view: View, points: Points, m: Moment, ratio: float) -> float | None:
        """Seconds more until the planned end, at the pace of wall clock since the onset."""
        planned, steps = view.facts.planned_steps, float(points.at[m.now] - points.at[m.onset])
        minutes = view.minutes(int(points.rows[m.onset]), int(points.rows[m.now]))
        if not planned or not minutes or steps <= 0 or not ratio > 1:
            return None
        left = max(0.0, planned - float(points.at[m.now]))
        return _finite(60 * minutes / steps * left * (1 - 1 / ratio))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _each(points: Points) -> str:
    """What a time is the time of, as its name says."""
    return ROUND if {"epoch", "round"} & set(words(points.key)) else STEP
