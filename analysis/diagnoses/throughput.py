"""G. Where the time goes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis import series
from analysis.model import Certainty, Floats, Severity, Words
from analysis.numbers import duration, num, pct, times
from analysis.scan import Moment, Track, track
from analysis.view import Points, View


@dataclass(frozen=True)
class DataBound:
    """Steps wait for data. Only where data + update explain the wall clock is the wait real.

    With asynchronous GPU work the wait for the GPU is charged to the next data call: then it is info only.
    """

    id: ClassVar[str] = "data-bound"
    title: ClassVar[str] = "数据加载是瓶颈"
    usual: ClassVar[Severity] = Severity.WARNING

    ratio: float = 1.0  # data / update: more than half of a step is waiting
    window: int = 20
    back: float = 0.7
    shown: int = 100  # records behind the figures in the sentence
    wall_lo: float = 0.85  # (data + update) / wall time per step inside this band: both are really spent in a row
    wall_hi: float = 1.05

    def tracks(self, view: View) -> Iterable[Track]:
        data, update = view.role("data_time"), view.role("update_time")
        if data is not None and update is not None and data.key != update.key:
            yield self._track(view, data, update)

    def _track(self, view: View, data: Points, update: Points) -> Track:
        partner = view.latest(data, update)
        u = np.where(partner >= 0, update.x[np.maximum(partner, 0)] if len(update) else np.nan, np.nan)
        unit = (1e-3 if "(ms)" in data.kind.label else 1.0) / (1e-3 if "(ms)" in update.kind.label else 1.0)
        with np.errstate(all="ignore"):
            share = np.where(u > 0, data.x * unit / u, np.nan)
        ratio = series.rolling_median(share, self.window, least=self.window)
        firing = series.held((ratio > self.ratio) & view.warm(data), self.window)
        wall = self._wall(view, data, data.x * unit + u)
        real = (wall >= self.wall_lo) & (wall <= self.wall_hi)
        level = np.where(real | np.isnan(wall), Severity.WARNING, Severity.INFO)
        clearing = series.held(ratio < self.back, 2 * self.window)
        return track(
            data, firing=firing, clearing=clearing, severity=level.astype(np.int64), metrics=(update.key,),
            onset=lambda j: self._onset(ratio, j), words=lambda m: self._words(view, data, share, u, wall, m),
        )  # fmt: skip

    def _wall(self, view: View, data: Points, spent: Floats) -> Floats:
        """(data + update) over the wall time per step, median of the last 20 intervals; NaN where no time is logged."""
        t = view.history.timestamp if np.isfinite(view.history.timestamp[data.rows]).all() else view.history.runtime
        out = np.full(len(data), np.nan)
        if len(data) > 1:
            dt, ds = np.diff(t[data.rows]), np.diff(data.at)
            with np.errstate(all="ignore"):
                per_step = np.where((ds > 0) & (dt > 0), dt / ds, np.nan)
                out[1:] = spent[1:] / per_step
        return series.rolling_median(out, self.window, least=5)

    def _onset(self, ratio: Floats, j: int) -> int:
        """First point of the unbroken stretch that led here (the medians need `window` points to see it)."""
        below = np.flatnonzero(~(ratio[: j + 1] > self.ratio))
        start = int(below[-1]) + 1 if len(below) else 0
        return max(0, start - self.window + 1)

    def _words(self, view: View, data: Points, share: Floats, update: Floats, wall: Floats, m: Moment) -> Words:
        part = slice(max(0, m.now - self.shown + 1), m.now + 1)
        u = float(np.nanmedian(update[part]))
        d = u * float(np.nanmedian(share[part]))
        waiting = d / (d + u)
        workers, cpus = (
            view.facts.number("num_workers", "dataloader_num_workers", least=0),
            view.facts.number("cpu_count", least=1),
        )
        more = math.ceil((workers or 1) * (d + u) / u)
        more = int(min(more, 2 * (workers or 1), cpus or math.inf)) if workers else more
        evidence = {
            "data_s": d, "update_s": u, "waiting_share": waiting, "speedup_at_most": (d + u) / u, "num_workers": workers,
            "try_num_workers": more if workers is not None else None, "wall_ratio": _finite(wall[m.now]),
            "lost_s": self._lost(data, d, m),
        }  # fmt: skip
        if m.over:
            return Words("数据加载已不是瓶颈", f"取数占比降到 {pct(waiting)}", "", "确定", evidence)
        if m.severity < Severity.WARNING:
            sure: Certainty = "仅提示"
            title = f"取数占每步 {pct(waiting)}"
        else:
            sure, title = ("确定" if np.isfinite(wall[m.now]) else "很可能"), f"每步 {pct(waiting)} 在等数据"
        tried = (
            f"num_workers {num(workers)}→{more} 试 200 步；无效再预解码"
            if workers
            else "先加 dataloader worker 试 200 步；无效再预解码"
        )
        lost = f"，累计约 {duration(evidence['lost_s'])}" if evidence["lost_s"] else ""
        return Words(
            title,
            f"取数 {num(d)} s / 每步 {num(d + u)} s，最多可快 {times((d + u) / u)} 倍{lost}",
            tried,
            sure,
            evidence,
        )

    def _lost(self, data: Points, d: float, m: Moment) -> float | None:
        steps = float(data.at[m.now] - data.at[m.onset])
        return _finite(steps * d)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
