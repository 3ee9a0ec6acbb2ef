"""Swings: a loss with one period, a loss that surges again and again, a return that collapses and comes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.descent import returns
from analysis.columns.captions import in_title, of_tries
from analysis.facts import Facts
from analysis.figures import num, pct, times
from analysis.model import Bools, Finding, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.judges import of_returns
from analysis.scan.loss_scale import no_level
from analysis.scan.remedy import LOWER_LR, one_of
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Evals, Ln, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class Oscillation(CausalDiagnosis):
    """Large swings that are not noise.

    A loss: one period holds most of the power of the detrended curve (a healthy peak holds a quarter); or it surges,
    several records wide, to three times its low and comes back, three times within the window, without any period.
    A wave of just one epoch, as its column counts them, is of the order of the data: a note where even its highest has
    come down by half.
    A return: it loses more than half of all it had gained, comes back, and does so again. Info where neighbouring
    evals differ by as much as was learnt in all.
    """

    id = "oscillation"
    title = "反复大幅震荡"
    severity = Severity.WARNING
    meaning = "loss 或 return 反复大起大落，而且不是噪声：有固定周期、反复突升，或学到的东西反复丢失。"
    clears = "波幅明显减小，且较长一段不再大起大落"
    mistaken_for = "数据按固定顺序轮换、课程难度交替，也会让 loss 周期性起伏"
    impact = Impact.CHOOSE_CHECKPOINT
    remedies = (LOWER_LR,)
    explained_by = ("divergence", "loss-jump", "no-learning")
    doubts_as_note = True

    window: Records = 64  # in a spectrum: two waves of the longest period
    short_window: Records = 32  # for periods up to half of it, seen sooner
    min_power_share: Share = (
        0.7  # of the power in the top peak, its neighbours and harmonics: a healthy peak holds a quarter
    )
    min_deviation: Ln = 0.18  # standard deviation about the trend
    # between the deviations of the thirds of the window: of a step or a spike they differ by more
    max_third_ratio: Times = 1.8
    min_autocorrelation: Share = 0.55  # correlation of the window with itself one period later
    # between the periods of loss and lr: a window of 2 to 4 waves tells no better than by a third
    period_tolerance: Ln = 0.4
    epoch_tolerance: Ln = 0.2  # between a period and the records of an epoch: half a bin of three waves
    fallen_share: Share = 0.5  # of what it began with, by the highest of late: it learns all the same
    deviation_multiple: Times = 2.0  # times the deviation that the run had before
    # deviations: the level moved less than this over the window; a drop or a step moves more
    max_level_shift: Sigmas = 2.0
    hold: Records = 4  # in a row
    surge_ratio: Times = 3.0  # times the low: lr restarts lift a loss by 1.3, a warm-up hump by 2 to 2.5
    # of one record, above the lower quartile: four deviations of a median of 3 above the middle
    surge_sigmas: Sigmas = 3.5
    recovered_share: Share = 0.5  # of a surge, in ln, is gone: it has come back
    surge_count: Count = 3  # within the window; one hump or two is how many a run begins
    # of the first losses: below it a loss is rounding or learnt by heart, and ratios mean little
    min_swing: Share = 0.02  # of the first losses, a wave in plain numbers
    min_level_share: Share = 1e-3
    collapse_share: Share = 0.5  # of the gain made, by a single eval: a collapse
    regained_share: Share = 0.8  # of the gain made: it has come back
    collapse_count: Count = 2  # collapses; one may be an accident of exploration
    gain_sigmas: Sigmas = 8.0  # noises of one eval: half of such a gain is four
    min_evals: Evals = 40  # before neighbouring ones are compared with the gain
    scatter_of_gain: Share = 0.25  # of the gain: two deviations up and down are all that was learnt
    scatter_of_level: Share = 0.15  # and of the level: a return that stands still within a few per cent does not swing

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        """Evaluations that differ by all that was learnt tell neither a good checkpoint nor a good run."""
        if finding.severity > Severity.INFO:
            return self.impact
        return Impact.IN_DOUBT if of_eval else Impact.NONE

    def use(self, result: Result) -> str | None:
        return "评估波动太大，还不能判断" if result.finding.severity <= Severity.INFO else None

    def tracks(self, view: View) -> Iterable[Track]:
        points, score = view.role("loss"), view.role("eval_score")
        if points is not None:
            yield self._loss_track(view, points)
        if score is not None and of_returns(score):
            yield self._return_track(score)

    def _loss_track(self, view: View, points: Points) -> Track:
        x = self._above_floor(points)
        warm = view.warm(points)
        swings, sooner = self._swings(x, self.window, warm), self._swings(x, self.short_window, warm)
        deviation, period = np.full(len(x), np.nan), np.full(len(x), np.nan)
        if swings.any() or sooner.any():
            deviation, period = _looked_at(x, self.window)
            deviation_short, period_short = _looked_at(x, self.short_window)
            cycle = self._lr_cycle(view, points)
            # What lr does explains a wave of its own period, and a step within the window that is looked at.
            swings &= ~self._keeps_time(period, cycle) & ~near_scheduled_change(view, points, self.window)
            sooner &= ~self._keeps_time(period_short, cycle) & ~near_scheduled_change(view, points, self.short_window)
            deviation, period = np.where(sooner, deviation_short, deviation), np.where(sooner, period_short, period)
        waves = rolling.sustained((swings | sooner) & warm, self.hold)
        up, count, low = self._surges(points)
        # The loss of an agent or of two adversaries follows whom it is measured against, not how well it learns.
        fits = ~no_level(view, points)
        waves &= fits
        surges = (count >= self.surge_count) & warm & fits
        if surges.any():  # they have no period to compare: under an lr that goes up and down they are its doing
            surges &= np.isnan(self._lr_cycle(view, points)) & ~near_scheduled_change(view, points, self.window)

        order = self._of_order(view, points, period) if waves.any() else np.full(len(x), np.nan)
        by_order = np.isfinite(order)
        waves |= surges & by_order  # which is the same wave where it is high

        def calm() -> Bools:
            before = rolling.carried(np.where(waves, deviation, np.nan))
            calm = rolling.sustained((deviation < 0.5 * before) | np.isnan(before), self.hold) & (count == 0)
            return np.asarray(calm | points.after_first_negative)

        return track(
            points,
            firing=waves | surges,
            clearing=calm,
            severity=np.where(by_order, Severity.INFO, Severity.WARNING),
            onset=lambda j: self._begun(waves, up, j),
            words=lambda m: (
                self._wave_words(points, deviation, np.where(by_order, order, period), bool(by_order[m.now]), m)
                if waves[m.raised]
                else self._surge_words(view.facts, points, count, low, m)
            ),
        )

    def _begun(self, waves: Bools, up: Bools, j: int) -> int:
        lo = max(0, j - self.window + 1)
        return lo if waves[j] else lo + int(np.argmax(up[lo : j + 1]))

    def _above_floor(self, points: Points) -> Floats:
        """ln; far below where it began, relative swings are those of next to nothing."""
        x = points.log
        return np.maximum(x, rolling.median(x[:4]) + np.log(self.min_level_share)) if len(x) >= 4 else x

    def _low(self, level: Floats, since: int) -> Floats:
        """(n,) ln: what a surge rises from, and comes back to, from the record on from which it is asked for."""
        begin = max(0, since - self.window)
        low = rolling.rolling_quantile(level[begin:], self.window, 0.25, least=8)
        low[: since - begin] = np.nan
        return np.concatenate([np.full(begin, np.nan), low])

    def _surges(self, points: Points) -> tuple[Bools, Ints, Floats]:
        """(n,) each: where the loss has surged; how often within the window it has, and come back; ln: its lows.

        Up is a median of 3, so that a single bad batch is none; back is a single record, since lows may be as short.
        The noise it must exceed is that of second differences: a surge is several records wide, noise is not.
        """
        x = self._above_floor(points)
        level = rolling.rolling_median(x, 3)
        high = level > rolling.rolling_min(level, self.window) + np.log(self.surge_ratio)
        if len(x) < 4 or not np.count_nonzero(high):
            return np.zeros(len(x), dtype=bool), np.zeros(len(x), dtype=np.int64), np.full(len(x), np.nan)
        low = self._low(level, int(np.argmax(high)))  # before the first of them nothing has come back
        height = np.maximum(np.log(self.surge_ratio), self.surge_sigmas * eval_noise.scatter(x, self.window + 2))
        down = x < low + (1 - self.recovered_share) * height
        up = (level > low + height) & ~down & (level > rolling.median(x[:4]) + np.log(self.min_swing))
        return up, rolling.count_of(returns(up, down), self.window), low

    def _swings(self, x: Floats, window: int, asked: Bools) -> Bools:
        """(n,) whether the window ending at each point that is asked about swings with one period."""
        out = np.zeros(len(x), dtype=bool)
        # About a trend they deviate by no more than about their mean.
        restless = asked & (rolling.rolling_std(x, window) > 0.99 * self.min_deviation)
        restless = _whole(restless, window)
        restless &= _deviates(x, window, restless, 0.99 * self.min_deviation)
        if not restless.any():
            return out
        # Some losses swing by nature: what counts is that this one swings more than it used to, over four windows,
        # since the swing of one window of noise wanders by a third.
        lately = 4 * self.window
        known = _whole(rolling.any_ahead(restless, window + lately), window)
        if 2 * np.count_nonzero(restless) < np.count_nonzero(known):  # a few: mostly one spike or step
            for at, rest in _detrended(x, window, np.flatnonzero(restless)):
                restless[at] = self._even(rest)
            if not restless.any():
                return out
            known = _whole(rolling.any_ahead(restless, window + lately), window)
        deviation = np.full(len(x), np.nan)
        for at, rest in _detrended(x, window, np.flatnonzero(known)):
            deviation[at] = np.std(rest, axis=1)
        usual = rolling.before(rolling.carried(rolling.rolling_median(deviation, lately, least=16)), window)
        # Where there is no past to compare with, twice the deviation is needed: damped noise (AR(2))
        # draws waves of one swing.
        least = self.deviation_multiple * np.fmax(usual, np.where(np.isnan(usual), self.min_deviation, 0.0))
        # What a loss that is all but learnt swings by is little of what there was to learn.
        size = np.log(np.fmax(deviation, 1e-9)) + rolling.rolling_median(x, window)
        plain = size > rolling.median(x[:4]) + np.log(self.min_swing)
        swung = np.flatnonzero(restless & (deviation > self.min_deviation) & (deviation > least) & plain)
        for at, rest in _detrended(x, window, swung):
            out[at] = self._one_wave(rest) & (_level_shift(x, at, window, deviation[at]) < self.max_level_shift)
        return out

    def _one_wave(self, rest: Floats) -> Bools:
        """(k,) whether each of these windows swings in one period, evenly, again and again."""
        w, out = rest.shape[1], self._even(rest)
        if not out.any():
            return out
        even = rest[out]
        power = _power(even)
        top = _top(power)
        with np.errstate(all="ignore"):
            share = _with_harmonics(power, top) / np.cumsum(power[:, 1:], axis=1)[:, -1]
        waves = (share > self.min_power_share) & (w / top <= w / 2)
        waves[waves] = _autocorrelation(even[waves], w / top[waves]) > self.min_autocorrelation
        out[out] = waves
        return out

    def _even(self, rest: Floats) -> Bools:
        """(k,) whether the thirds of each of these windows swing alike."""
        thirds = np.stack([np.std(t, axis=1) for t in np.array_split(rest, 3, axis=1)])
        with np.errstate(all="ignore"):
            return np.asarray(thirds.max(axis=0) / thirds.min(axis=0) < self.max_third_ratio)

    def _lr_cycle(self, view: View, points: Points) -> Floats:
        """Period of lr in points of the loss, where lr itself has gone up and down within the window; NaN elsewhere.

        From the start of one rise to that of the next, the longer of the last two: an uneven cycle explains as much.
        """
        lr = view.role("lr")
        if lr is None or len(lr) < 3:
            return np.full(len(points), np.nan)
        step = np.sign(np.diff(lr.x))
        rises, falls = np.concatenate([[False], step > 0]), np.concatenate([[False], step < 0])
        turning = (rolling.count_of(rises, self.window) > 2) & (rolling.count_of(falls, self.window) > 2)
        begins = np.flatnonzero(returns(falls, rises))
        where = np.searchsorted(points.rows, lr.rows[begins])
        cycle = np.full(len(lr), np.nan)
        if len(begins) > 1:
            apart = np.diff(where).astype(np.float64)
            cycle[begins[1:]] = np.maximum(apart, np.concatenate([apart[:1], apart[:-1]]))
        # Where it has turned but once its period is not known yet: it may be any.
        cycle = rolling.filled(rolling.carried(cycle), np.inf)
        return rolling.take_or(np.where(turning, cycle, np.nan), view.latest(points, lr), np.nan)

    def _of_order(self, view: View, points: Points, period: Floats) -> Floats:
        """(n,) records of an epoch, where the wave is as long as that, and rides on a loss that falls: the same batches
        in the same order. NaN elsewhere."""
        whole = np.floor(view.epochs(points))
        begins = np.flatnonzero(np.diff(whole, prepend=np.nan) == 1)
        length = np.full(len(points), np.nan)
        length[begins[1:]] = np.diff(begins)
        with np.errstate(all="ignore"):
            length = rolling.carried(length)
            same = np.abs(np.log(period / length)) < self.epoch_tolerance
        high = rolling.rolling_max(points.x, self.short_window // 2)
        return np.where(same & (high < self.fallen_share * np.max(points.x[:4])), length, np.nan)

    def _keeps_time(self, period: Floats, cycle: Floats) -> Bools:
        """Whether lr turns as often as the loss does, within what a window shows of a period; or its own is unknown."""
        with np.errstate(all="ignore"):
            off = np.abs(np.log(period / cycle))
        return np.isinf(cycle) | (off < self.period_tolerance)

    def _return_track(self, score: Points) -> Track:
        x = score.x
        level = rolling.rolling_median(x, 3, least=3)
        start = float(level[2]) if len(level) > 2 else np.nan
        best = rolling.before(rolling.running_max(level))  # held by two of three evals, before this one
        gain = best - start
        sigma = rolling.noise(x, 60)
        made = gain > self.gain_sigmas * rolling.before(sigma)
        # One of many loud evaluations that is low is no collapse.
        deep = best - x > np.maximum(self.collapse_share * gain, self.gain_sigmas * rolling.before(sigma))
        deep &= ~eval_noise.one_try(x)
        up = x > best - (1 - self.regained_share) * gain
        # What comes and goes before it has once stood is about to be learnt, not lost.
        held = rolling.before(np.maximum.accumulate(rolling.sustained(up & made, self.hold)).astype(np.float64)) > 0
        down = made & deep & held
        begins = returns(up, down)
        count = np.cumsum(begins)
        collapsing = down & (count >= self.collapse_count)
        # Neighbouring evals that differ by all that was learnt: nothing has collapsed, nothing is held either.
        swing = sigma > np.maximum(
            self.scatter_of_gain * gain, self.scatter_of_level * np.abs(rolling.rolling_median(x, 60))
        )
        swing = rolling.sustained(swing & (np.arange(len(x)) >= self.min_evals), self.hold)
        calm = rolling.sustained(~down, self.min_evals // 2) & ~swing
        return track(
            score,
            firing=collapsing | swing,
            clearing=lambda: rolling.sustained(calm, 2 * self.hold),
            severity=lambda: np.where(collapsing, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: (
                int(np.flatnonzero(begins[: j + 1])[0]) if collapsing[j] else max(0, j - self.min_evals + 1)
            ),
            words=lambda m: self._return_words(score, begins, best, start, sigma, m),
        )

    def _return_words(
        self, score: Points, begins: Bools, best: Floats, start: float, sigma: Floats, m: Moment
    ) -> Words:
        called, noise, high = in_title(score.kind), float(sigma[m.now]), float(best[m.now])
        low = int(np.argmin(score.x[m.onset : m.now + 1])) + m.onset
        fallen = np.flatnonzero(begins[: m.now + 1])
        evidence = {
            "best": high,
            "start": start,
            "lowest": float(score.x[low]),
            "lowest_step": int(score.at[low]),
            "collapses": len(fallen),
            "collapse_steps": [int(score.at[k]) for k in fallen.tolist()],
            "noise": noise,
        }
        if m.over:
            return Words(
                f"{called} 已平稳",
                f"近 {self.min_evals // 2} 次评估未再大起大落，现 {num(float(score.x[m.now]))}",
                "",
                "确定",
                evidence,
            )
        if m.severity >= Severity.WARNING:
            last, goal = int(score.at[fallen[-1]]), "return" if score.kind.role == "reward" else "得分"
            return Words(
                f"{called} 反复塌落",
                f"第 {len(fallen)} 次跌去已学到的一半以上"
                f"（第 {last} 步 {num(float(score.x[fallen[-1]]))}，最高 {num(high)}）",
                f"先查 lr、ent_coef 与{of_tries(score.kind)}；ckpt 取 {goal} 高的区间",
                "很可能",
                evidence,
            )
        return Words(
            f"{called} 大幅波动",
            f"相邻评估波动 ±{num(noise, 2)}，与全程涨幅相当（{num(start)}→最高 {num(high)}）",
            f"先加{of_tries(score.kind)}；若仍如此再看 lr",
            "仅提示",
            evidence,
        )

    def _wave_words(self, points: Points, deviation: Floats, period: Floats, by_order: bool, m: Moment) -> Words:
        lo = max(0, m.now - self.window + 1)
        per_point = float(points.at[m.now] - points.at[lo]) / max(1, m.now - lo)
        steps = float(period[m.now]) * per_point if np.isfinite(period[m.now]) else 0.0
        swing = float(np.sqrt(2) * deviation[m.now]) if np.isfinite(deviation[m.now]) else 0.0
        evidence = {"period_steps": steps, "amplitude": swing}
        if m.over:
            return Words(f"{in_title(points.kind)} 震荡已减弱", f"幅度降到 ±{pct(swing)}", "", "确定", evidence)
        if by_order:
            return Words(
                f"{in_title(points.kind)} 每个 epoch 起伏相同",
                f"以约 {num(steps)} 步为周期，正好一个 epoch，整体仍在降：多半每轮数据顺序相同",
                "核对 DataLoader 是否 shuffle；看趋势用 epoch 均值",
                "很可能",
                evidence,
            )
        return Words(
            f"{in_title(points.kind)} 周期性震荡",
            f"近 {self.window} 次记录以约 {num(steps)} 步为周期，幅度 ±{pct(swing)}",
            "先核对数据是否打乱；再试 lr×0.3",
            "很可能",
            evidence,
        )

    def _surge_words(self, facts: Facts, points: Points, count: Ints, low: Floats, m: Moment) -> Words:
        part = points.x[m.onset : m.now + 1]
        base, peak = float(np.exp(low[m.now])), float(np.max(part))
        evidence = {"surges": int(count[m.now]), "low": base, "peak": peak}
        if m.over:
            return Words(
                f"{in_title(points.kind)} 已不再大起大落",
                f"近 {self.window} 次记录未再突升，现 {num(float(points.x[m.now]))}",
                "",
                "确定",
                evidence,
            )
        return Words(
            f"{in_title(points.kind)} 反复大起大落",
            f"近 {self.window} 次记录 {int(count[m.now])} 次涨到低点的 {times(self.surge_ratio)} 倍以上又回落，"
            f"低点 {num(base)}，最高 {num(peak)}",
            f"先核对 lr{'' if facts.warmup.steps else '、warmup'} 与 clip" + one_of(facts, LOWER_LR, lead="；再试"),
            "很可能",
            evidence,
        )


def _whole(ends: Bools, w: int) -> Bools:
    """(n,) those of them at which a window of `w` records is whole."""
    return ends & (np.arange(len(ends)) >= w - 1)


def _deviates(x: Floats, w: int, asked: Bools, least: float) -> Bools:
    """(n,) where asked: what a parabola leaves of the window that ends there deviates by more, to many digits. All of
    them at once by correlations, which gather no windows."""
    out, at = np.zeros(len(x), dtype=bool), np.flatnonzero(asked)
    if len(at):
        part = x[at[0] - w + 1 : at[-1] + 1] - x[at[0]]
        power = np.correlate(part * part, np.ones(w)) - sum(np.correlate(part, p) ** 2 for p in _parabolas(w).T)
        out[at[0] : at[-1] + 1] = power > w * least**2
    return out


def _detrended(x: Floats, w: int, ends: Ints) -> Iterator[tuple[Ints, Floats]]:
    """(ends, (k, w) what a parabola leaves of the windows that end there), in chunks."""
    if not len(ends):
        return
    basis, views = _parabolas(w), rolling.windows_of(x, w)
    for lo in range(0, len(ends), rolling.CHUNK):
        at = ends[lo : lo + rolling.CHUNK]
        part = views[at - w + 1]
        yield at, part - np.einsum("ij,kj->ik", np.einsum("ij,jk->ik", part, basis), basis)


@lru_cache(maxsize=8)
def _parabolas(w: int) -> Floats:
    """(w, 3) an orthonormal basis of those over w records."""
    t = np.linspace(-1, 1, w)
    return np.asarray(np.linalg.qr(np.stack([np.ones(w), t, t * t], axis=1))[0])


def _looked_at(x: Floats, w: int) -> tuple[Floats, Floats]:
    """(n,) each: deviation and period of the window ending at each point; NaN before the first is whole."""
    deviation, period = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for at, rest in _detrended(x, w, np.arange(w - 1, len(x))):
        deviation[at], period[at] = np.std(rest, axis=1), w / _top(_power(rest))
    return deviation, period


def _power(rest: Floats) -> Floats:
    return np.asarray(np.abs(np.fft.rfft(rest * np.hanning(rest.shape[1]), axis=1)) ** 2)


def _top(power: Floats) -> Ints:
    """(k,) the bin of most power."""
    return np.asarray(np.argmax(power[:, 2:-1], axis=1) + 2)


def _with_harmonics(power: Floats, top: Ints) -> Floats:
    """Power in the top peak and its neighbours, and in those of its second and third harmonic: a saw has them."""
    rows, bins = np.arange(len(power)), power.shape[1]
    total = np.zeros(len(power))
    for harmonic in (1, 2, 3):
        for offset in (-1, 0, 1):
            k = harmonic * top + offset
            counts = (k < bins) & ((harmonic == 1) | (k > top + 1))  # no bin twice
            total += np.where(counts, power[rows, np.minimum(k, bins - 1)], 0.0)
    return total


def _autocorrelation(rest: Floats, period: Floats) -> Floats:
    """Highest autocorrelation at lags within a quarter of the period; a lone bump or a step has none."""
    w = rest.shape[1]
    spectrum = np.abs(np.fft.rfft(rest, 2 * w, axis=1)) ** 2
    lags = np.arange(w)
    corr = np.fft.irfft(spectrum, axis=1)[:, :w] / (w - lags)
    with np.errstate(all="ignore"):
        corr = corr / corr[:, :1]
    near = (lags >= 0.8 * period[:, None]) & (lags <= 1.25 * period[:, None]) & (lags < 0.6 * w)
    return np.asarray(np.where(near, corr, -1.0).max(axis=1))


def _level_shift(x: Floats, ends: Ints, w: int, deviation: Floats) -> Floats:
    """(k,) by how many deviations the level moved over the windows that end there."""
    part, third = rolling.windows_of(x, w)[ends - w + 1], w // 3
    with np.errstate(all="ignore"):
        moved = rolling.row_medians(part[:, :third]) - rolling.row_medians(part[:, -third:])
        return np.asarray(np.abs(moved) / deviation)
