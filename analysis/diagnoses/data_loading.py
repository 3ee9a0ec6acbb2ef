"""Steps that wait for data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import words
from analysis.figures import duration, num, pct, times
from analysis.model import Certainty, Finding, Floats, Ints, Severity, Words
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.evidence import finite
from analysis.scan.impact import Impact
from analysis.scan.remedy import MORE_WORKERS
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Records, Share, Times
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
            "wall_ratio": finite(wall[m.now]),
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
        return finite(steps * d)


def _seconds(points: Points) -> float:
    """What one unit of a logged time is in seconds."""
    return 1e-3 if points.kind.unit == "ms" else 1.0
