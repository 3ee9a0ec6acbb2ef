"""Memory that only ever grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import words
from analysis.figures import duration, num, pct, whole
from analysis.model import Bools, Certainty, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Records, Seconds, Share, Times
from analysis.scan.view import Points, View

SHARE = {"allocated", "pct", "percent", "percentage", "frac", "fraction", "util"}


AMOUNT = {"bytes", "mb", "gb", "mib", "gib", "rss"}


@dataclass(frozen=True, eq=False)
class _Growth:
    """The line through the last window of each point, on the stride that shows it best. All (n,).

    growing  it is a line, still rising in each third of the window, above everything before the window
    rise     along the window, in units of the column
    stride   points between the samples of the window
    """

    growing: Bools
    rise: Floats
    stride: Floats


@dataclass(frozen=True)
class MemGrowth(CausalDiagnosis):
    """Memory climbs along a line towards its limit: a leak.

    Caching allocators climb and then stay, garbage collectors saw: so every third of the window must rise, and to a
    level never seen before. Where the limit is unknown (bytes) only a large relative rise counts, as a hint.
    """

    id = "mem-growth"
    title = "显存/内存持续上涨"
    severity = Severity.WARNING
    meaning = "显存或内存一路线性上涨，照此会用完：通常是泄漏，例如累积了带计算图的 loss。"
    clears = "用量从高位回落，或较长时间不再创新高"
    mistaken_for = "显存缓存、replay buffer 填满之前会一路上涨，填满就停"
    impact = Impact.NONE  # a risk to the run, not to what it has

    window: Records = 60  # in a line
    min_rise: Share = 0.03  # of the limit, along the window
    quick_window: Records = 30  # samples, when the rise along them is already
    quick_min_rise: Share = 0.08  # of the limit: noise of a per cent or so cannot do it
    min_r2: Share = 0.85  # of the line: steps and saws fit worse
    # the rise of the last third over that of the middle one: what fills and stays slows down
    min_third_ratio: Times = 0.75
    projected_share: Share = 0.85  # of the limit, projected to the planned end
    min_relative_rise: Share = 0.5  # of the level, where the limit is unknown
    min_part: Share = 0.2  # of the level, along the window, of a rise that took longer than that
    critical_s: Seconds = 7200.0  # until the limit: critical
    clear_drop: Share = 0.03  # of the limit below its peak: released

    def tracks(self, view: View) -> Iterable[Track]:
        for role in ("memory", "host_memory"):
            points = view.role(role)
            if points is not None:
                yield self._track(view, points, role == "memory")

    def _track(self, view: View, points: Points, gpu: bool) -> Track:
        limit = self._limit(points)
        unit = limit if limit else 1.0
        x = points.x / unit
        level = rolling.rolling_median(x, 5)
        fit = self._fit(x, limit is not None, rolling.running_max(level))
        firing = fit.growing.copy()
        if firing.any():
            firing &= view.settled(points) & view.past_warmup(points)
            if not gpu:  # an RL replay buffer grows until it is full
                full = view.facts.number("buffer_size", "replay_buffer_size", "replay_size", least=0) or 0
                firing &= points.at > full
            if limit:
                ahead = level + fit.rise / (self.window * fit.stride) * self._points_left(view, points)
                firing &= (ahead > self.projected_share) & (rolling.running_max(x) <= 1.001)
        seconds = cache(lambda: self._seconds_left(view, points, fit, 1 - level))

        def rated() -> Ints:
            urgent = (seconds() < self.critical_s) if limit else np.zeros(len(points), dtype=bool)
            return np.where(urgent, Severity.CRITICAL, Severity.WARNING).astype(np.int64)

        return track(
            points,
            firing=firing,
            clearing=lambda: self._over(level, fit, firing, self.clear_drop if limit else 0.1) & ~firing,
            severity=rated,
            onset=lambda j: self._onset(x, fit, j),
            words=lambda m: self._words(points, x, limit, seconds(), gpu, m),
        )

    def _limit(self, points: Points) -> float | None:
        """100 for per cent, 1 for a share, None for amounts and for names that do not say."""
        bag = set(words(points.key))
        if bag & AMOUNT or not (bag & SHARE or ("gpu" not in bag and {"system", "memory"} <= bag)) or not len(points):
            return None  # `system/memory` is the host's use in per cent
        first = float(np.max(points.x[:5]))
        return 1.0 if 0 < first <= 1.0 else 100.0 if first <= 100.0 else None

    def _fit(self, x: Floats, known: bool, highest: Floats) -> _Growth:
        n = len(x)
        growing, rise, stride = np.zeros(n, dtype=bool), np.zeros(n), np.ones(n)
        least, quick = (self.min_rise, self.quick_min_rise) if known else (None, None)
        # A line through values of some span rises by at most one and a half of it; so much where it starts highest.
        steepest = 1.5 * float(np.ptp(x)) if n else 0.0
        lowest = float(np.min(x)) - steepest / 2 if n else 0.0
        if steepest < (min(self.min_rise, self.quick_min_rise) if known else self.min_relative_rise * lowest):
            return _Growth(growing, rise, stride)
        # Amounts have to rise by much: of a short run that shows on a scale between, too.
        scales = (1, 4, 16, 64) if known else (1, 2, 4, 16, 64)
        tries = [(self.window, s, least) for s in scales]
        if known:
            tries.insert(0, (self.quick_window, 1, quick))
        for w, s, need in tries:
            span = (w - 1) * s
            if n <= span:
                continue
            smooth = x if s == 1 else rolling.rolling_median(x, s)
            before = np.concatenate([[-np.inf], highest])[: n - span]  # highest before the window began
            # Most of what does not grow ends no higher than it has been: only of the rest a line is worked out.
            asked = np.flatnonzero(smooth[span:] > before)
            slope, start = _slopes(smooth, w, s, asked)
            along = slope * (w - 1)
            enough = along > need if need is not None else self._relative(smooth, span, asked, along, start)
            steep = enough & (smooth[span:][asked] > before[asked] + 0.2 * along)
            asked, slope, along = asked[steep], slope[steep], along[steep]
            straight = _straight(smooth, w, s, asked, slope, self.min_r2, self.min_third_ratio)
            at, along = asked[straight] + span, along[straight]
            fresh = ~growing[at]
            growing[at] = True
            rise[at[fresh]] = along[fresh] * self.window / w
            stride[at[fresh]] = float(s)
        return _Growth(growing, rise, stride)

    def _relative(self, x: Floats, span: int, asked: Ints, along: Floats, start: Floats) -> Bools:
        """(len(asked),) of windows of `span`: it rises by as much as counts along the window, or as steeply as over
        the last two, by as much along those."""
        end, index = x[asked + span], np.maximum(asked - span, 0)
        base, share = x[index], span / (asked + span - index)
        longer = (end - base > self.min_relative_rise * np.abs(base)) & (along > self.min_part * np.abs(start))
        longer &= along > self.min_third_ratio * share * (end - base)
        return (along > self.min_relative_rise * np.abs(start)) | longer

    def _points_left(self, view: View, points: Points) -> Floats:
        """Points until the planned end, at the spacing so far; as many again as there were where that is unknown."""
        index = np.arange(len(points), dtype=np.float64)
        done = view.progress(points)
        with np.errstate(all="ignore"):
            per_plan = index / (done - done[:1])
        left = np.maximum(1 - done, 0) * np.where(np.isfinite(per_plan), per_plan, 0.0)
        return np.where(np.isnan(done), index, left)

    def _seconds_left(self, view: View, points: Points, fit: _Growth, room: Floats) -> Floats:
        """Wall-clock seconds until nothing is left, along the line; NaN where the run logs no time or does not grow."""
        out = np.full(len(points), np.nan)
        if not len(points):
            return out
        h = view.history
        t = (h.timestamp if np.isfinite(h.timestamp[points.rows[0]]) else h.runtime)[points.rows]
        index = np.arange(len(points))
        earlier = np.maximum(index - (self.window * fit.stride).astype(np.int64), 0)
        with np.errstate(all="ignore"):
            per_point = (t - t[earlier]) / (index - earlier)
            need = room / (fit.rise / (self.window * fit.stride)) * per_point
        return np.where(np.isfinite(need), need, np.nan)

    def _over(self, level: Floats, fit: _Growth, firing: Bools, freed: float) -> Bools:
        """Released, or no higher than two windows ago."""
        stride = rolling.carried(np.where(firing, fit.stride, np.nan))
        index = np.arange(len(level))
        ago = np.maximum(index - np.nan_to_num(2 * self.window * stride).astype(np.int64), 0)
        peak = rolling.running_max(level)
        return np.asarray((level < peak - freed) | ((level <= peak[ago] + 0.1 * freed) & np.isfinite(stride)))

    def _onset(self, x: Floats, fit: _Growth, j: int) -> int:
        """Where the line meets the level from before the window."""
        begin = max(0, j - int(self.window * fit.stride[j]) + 1)
        if begin < 5:
            return 0
        before = rolling.median(x[max(0, begin - self.window) : begin])
        slope = fit.rise[j] / (self.window * fit.stride[j])
        return int(np.clip(j - (rolling.median(x[max(0, j - 4) : j + 1]) - before) / slope, 0, j))

    def _words(self, points: Points, x: Floats, limit: float | None, seconds: Floats, gpu: bool, m: Moment) -> Words:
        a = rolling.median(x[max(0, m.onset - 4) : m.onset + 1])
        b = rolling.median(x[max(0, m.now - 4) : m.now + 1])
        what = "显存" if gpu else "内存"
        eta = float(seconds[m.now]) if np.isfinite(seconds[m.now]) else None
        steps = whole(float(points.at[m.now] - points.at[m.onset]))
        evidence = {
            "from": a * (limit or 1),
            "to": b * (limit or 1),
            "steps": int(points.step[m.now] - points.step[m.onset]),
            "seconds_to_full": eta,
            "since_step": int(points.step[m.onset]),
        }
        giga = 1e9 if "bytes" in words(points.key) else 1.0
        unit = " GB" if giga > 1 else ""
        if m.over:
            shown = pct(b) if limit else f"{num(b / giga)}{unit}"
            return Words(f"{what}已不再上涨", f"现为 {shown}", "", "确定", evidence)
        then = f"，按此约 {duration(eta)}后耗尽" if eta is not None and limit else ""
        span = f"{pct(a)}→{pct(b)}" if limit else f"{num(a / giga)}→{num(b / giga)}{unit}"
        certainty: Certainty = "很可能" if limit else "仅提示"
        return Words(
            f"{what}持续线性增长",
            f"第 {whole(float(points.at[m.onset]))} 步起 {span}，持续 {steps} 步{then}",
            "先核对是否累积了带计算图的 loss" if gpu else "先查 dataloader worker 与缓存是否只增不减",
            certainty,
            evidence,
        )


def _windows(x: Floats, w: int, stride: int) -> Floats:
    """(k, w) windows of w samples, `stride` apart, ending at points (w-1)*stride.."""
    return rolling.windows_of(x, (w - 1) * stride + 1)[:, ::stride]


def _slopes(x: Floats, w: int, stride: int, asked: Ints) -> tuple[Floats, Floats]:
    """(len(asked),) each, of the line through each of these windows: its slope per sample, and where it starts."""
    views = _windows(x, w, stride)
    t = np.arange(w, dtype=np.float64) - (w - 1) / 2
    slope, mean = np.empty(len(asked)), np.empty(len(asked))
    for lo in range(0, len(asked), rolling.CHUNK):
        part = np.ascontiguousarray(views[asked[lo : lo + rolling.CHUNK]])
        at = slice(lo, lo + len(part))
        slope[at], mean[at] = np.einsum("ij,j->i", part, t) / float(t @ t), np.einsum("ij->i", part) / w
    return slope, mean - slope * (w - 1) / 2


def _straight(
    x: Floats, w: int, stride: int, asked: Ints, slope: Floats, min_r2: float, min_third_ratio: float
) -> Bools:
    """(len(asked),) whether a line of this slope is what each of these windows is, and their thirds go on rising: the
    last by at least `min_third_ratio` of what the middle one rose."""
    views, third = _windows(x, w, stride), w // 3
    t = np.arange(w, dtype=np.float64) - (w - 1) / 2
    out = np.zeros(len(asked), dtype=bool)
    for lo in range(0, len(asked), rolling.CHUNK):
        at = asked[lo : lo + rolling.CHUNK]
        part, b = np.ascontiguousarray(views[at]), slope[lo : lo + rolling.CHUNK]
        rest = part - (np.einsum("ij->i", part) / w)[:, None]
        with np.errstate(all="ignore"):
            line = b * b * float(t @ t) / np.einsum("ij,ij->i", rest, rest) > min_r2
        part, b = part[line], b[line]
        levels = np.stack([rolling.row_medians(part[:, k * third : (k + 1) * third]) for k in range(3)])
        first, second = levels[1] - levels[0], levels[2] - levels[1]
        out[lo + np.flatnonzero(line)] = (first > 0.5 * b * third) & (second > min_third_ratio * first)
    return out
