"""Steps that have become slower."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.climb import steady_climb
from analysis.arrays.portrait import left_at
from analysis.arrays.trend import climbs
from analysis.columns.captions import short_key
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.figures import duration, num, times, whole
from analysis.model import ROUND, STEP, Bools, Certainty, Finding, Floats, Severity, Words
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.evidence import finite
from analysis.scan.impact import Impact
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Ln, Records, Seconds, Sigmas, Steps, Times
from analysis.scan.view import Points, View


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
    window: Records = 40  # in the level before; after the first ten, the pace from which a drift is measured
    drift_ratio: Times = 1.5  # times the early time: info, averages and sequences that grow drift too
    warning_drift_ratio: Times = 2.0  # times the early time: the pace has halved
    clear_ratio: Times = 1.2  # times the time before
    coarse_s: Seconds = 60.0  # between records: evaluations and checkpoints in between weigh little then,
    coarse_ratio: Times = 1.7  # and so many times the best pace will do
    coarse_best: Records = 3  # in the best pace; one,
    whole_s: Seconds = 900.0  # where it is a quarter of an hour of training by itself
    pause_s: Seconds = 1800.0  # and 20 usual intervals without a record: gone on with elsewhere, at another pace
    coarse_hold: Records = 4  # in a row that are slower
    mean_steps: Steps = 100  # in a shorter one, which is a mean as well: that it creeps can be told,
    mean_records: Records = 20  # of so many
    creeping_ratio: Times = 1.5  # times the best pace, where it has slowed down without a pause all along
    average_records: Records = 10  # records of a rate that say whether it is an average since the start
    ticks_s: Seconds = 20.0  # in which a clock of whole seconds is off by a twentieth
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
            t = (h.timestamp if np.isfinite(h.timestamp[points.rows[0]]) else h.runtime)[points.rows]
            k = self._told_apart(t)
            dt, ds = t[k:] - t[:-k], points.at[k:] - points.at[:-k]
            with np.errstate(all="ignore"):
                out[k:] = np.where((dt > 0) & (ds > 0), np.log(dt / ds), np.nan)
        return out

    def _told_apart(self, t: Floats) -> int:
        """Over how many records a pace is taken: one, or as many as a clock of whole seconds can tell. Decided once, by
        the first records."""
        first = t[: self.average_records]
        if len(first) < self.average_records or np.any(first != np.round(first)):
            return 1
        return int(np.ceil(self.ticks_s * (len(first) - 1) / max(float(first[-1] - first[0]), 1.0)))

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
        best, coarse, creeping = self._coarse(view, points, cost)
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
        medium = rolling.of_known(base, cost, self.window, self.window)
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
            onset=lambda j: (
                left_at(rolling.rolling_median(cost, self.coarse_best), float(best[j]), j)
                if creeping[j] and not leap[j]
                else self._onset(cost, j)
                if leap[j] or coarse[j]
                else left_at(medium, start, j)
            ),
            words=lambda m: self._words(
                view, points, cost, usual(), bool(leap[m.raised]), relative, bool(creeping[m.raised]), m
            ),
        )

    def _eligible(self, view: View, points: Points) -> tuple[Bools, Bools]:
        """(n,) each: what a point is compared with lies past burn-in and the start of learning too; it has learnt
        from the first point on."""
        learns = self._learns(view, points)
        always = ~np.logical_or.accumulate(~learns)
        enough = self.window + self.small_hold + self.short_window
        far = always | rolling.sustained(learns, enough)
        begun = self._first_update(view, points)
        if begun is not None:  # known from then on: what was decided before stands
            updates = points.rows >= begun
            late = updates & view.is_family(points, Family.RL)
            far = np.where(late, rolling.sustained(learns & updates, enough), far)
            always = always & ~late
        return view.warm(points) & far, always

    def _coarse(self, view: View, points: Points, cost: Floats) -> tuple[Floats, Bools, Bools]:
        """(n,) each: the best pace so far; and, where a record is minutes, each is a mean of many steps: a few that
        take twice the best pace will do, as long as there are not enough for the other tests, or more of them that
        creep away from it.
        """
        spans, none = self._spans(view, points), np.zeros(len(cost), dtype=bool)
        steps = np.diff(points.at, prepend=np.nan)
        if not ((spans >= self.coarse_s) | (steps >= self.mean_steps)).any():
            return np.full(len(cost), np.nan), none, none
        several = rolling.rolling_median(cost, self.coarse_best, least=self.coarse_best)
        # Of many single records the best is luck.
        alone = (spans >= self.whole_s) & (np.arange(len(points)) < 2 * self.coarse_hold)
        best = rolling.running_min(np.where(alone, cost, several))
        minutes = rolling.rolling_median(spans, self.coarse_hold, least=self.coarse_hold) >= self.coarse_s
        index, noise = np.arange(len(points)), rolling.noise(rolling.filled(rolling.carried(cost)), 40)
        slow = rolling.rolling_min(cost, self.coarse_hold) > best + np.log(self.coarse_ratio) + self.sigmas * noise
        few = (index >= 2 * self.coarse_hold) & (index < 3 * self.window)
        means = rolling.rolling_min(np.nan_to_num(steps), self.coarse_hold) >= self.mean_steps
        # The environment of an agent is its own work: its pace drifts as it plays otherwise, and with it an average.
        means &= ~view.is_family(points, Family.RL)
        creeping = self._creeping(cost, best, noise) & (minutes | (means & (index >= self.mean_records)))
        return best, np.asarray(self._one_stage(view, points) & (minutes & slow & few | creeping)), creeping

    def _creeping(self, cost: Floats, best: Floats, noise: Floats) -> Bools:
        """(n,) slower from each part of all records to the next, however little at once: what is appended to and never
        emptied."""
        level = rolling.rolling_median(cost, self.coarse_hold, least=self.coarse_hold)
        high = level > best + np.log(self.creeping_ratio) + self.sigmas * noise
        looked, out = rolling.log_spaced(len(cost)) & high, np.full(len(cost), np.nan)
        if not looked.any():
            return np.asarray(looked)
        steady, _ = steady_climb(rolling.filled(rolling.carried(cost), np.inf), looked)
        for j in np.flatnonzero(looked).tolist():
            way = cost[: j + 1]
            out[j] = steady[j] or climbs(way[np.isfinite(way)])
        return np.asarray(high & (rolling.carried(out) > 0))

    def _spans(self, view: View, points: Points) -> Floats:
        """(n,) wall time since the record before, s; of the first, since the run began. NaN where no time is logged."""
        h = view.history
        t = h.runtime if np.isfinite(h.runtime[points.rows]).all() else h.timestamp
        return np.diff(t[points.rows], prepend=0.0 if t is h.runtime else np.nan)

    def _early(self, cost: Floats) -> float:
        part = cost[10 : 10 + self.window]
        return rolling.median(part) if len(part) == self.window and np.isfinite(part).all() else np.nan

    def _learns(self, view: View, points: Points) -> Bools:
        """Off-policy RL collects before it learns, so its first steps are faster by design."""
        starts = view.facts.number("learning_starts", "warmup_env_steps", "start_steps", least=0) or 0
        learns = np.asarray(points.at >= starts)
        reward = view.role("reward")
        if reward is not None and view.logged_by_third_point(reward.key, points):
            learns &= view.past(points, 0.1, 100)
        return learns

    def _first_update(self, view: View, points: Points) -> int | None:
        """The row of the first loss, where the first ten points came without: an agent had only collected by then."""
        losses = [c.rows[0] for k in view.roles.kinds if taken_apart(k).a_loss and len(c := view.column(k))]
        if not losses or len(points) <= 10:
            return None
        return int(min(losses)) if min(losses) > points.rows[10] else None

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

    def _onset(self, cost: Floats, j: int) -> int:
        lo = max(0, j - self.small_hold - self.short_window - self.window)
        part = cost[lo : j + 1]
        return lo + rolling.change_point(np.where(np.isfinite(part), part, np.nanmedian(part)))

    def _words(
        self,
        view: View,
        points: Points,
        cost: Floats,
        usual: Floats,
        leap: bool,
        relative: bool,
        creeping: bool,
        m: Moment,
    ) -> Words:
        part = cost[max(m.onset, m.now - self.large_hold + 1) : m.now + 1]
        ratio = float(np.exp(rolling.median(part[~np.isnan(part)]) - usual[m.now]))
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
            "查什么越攒越多（列表、计算图、日志）；重启续训可先恢复"
            if creeping and not leap
            else "先查同机任务、降频、IO 与日志频率",
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
        since = max(m.onset, m.now - 2 * self.window)  # of a drift what it has come to counts
        planned, steps = view.facts.planned_steps, float(points.at[m.now] - points.at[since])
        minutes = view.minutes(int(points.rows[since]), int(points.rows[m.now]))
        if not planned or not minutes or steps <= 0 or not ratio > 1:
            return None
        left = max(0.0, planned - float(points.at[m.now]))
        return finite(60 * minutes / steps * left * (1 - 1 / ratio))


def _each(points: Points) -> str:
    """What a time is the time of, as its name says."""
    return ROUND if {"epoch", "round"} & set(words(points.key)) else STEP
