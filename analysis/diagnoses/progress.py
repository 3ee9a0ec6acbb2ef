"""Whether it still learns: a plateau, or what can be learnt has been."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.gain import Gain
from analysis.arrays.order_statistics import expected_max_z
from analysis.arrays.trend import Trend, trend
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.figures import duration, num, pct
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.judges import goal_at, of_returns
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Ln, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class Flatness:
    """Whether the last stretch of a curve is level: the medians of its thirds are one, and no trend within it."""

    window_progress: PlanShare  # of planned steps
    window_points: Records  # points of the train loss, at least, where planned steps are unknown
    max_change: Ln  # ln
    noise_multiple: Times  # times the noise of that difference
    min_fall: Ln = 0.005  # a fall of more than this that noise does not draw is progress, however small
    z_threshold: Sigmas = 1.64  # Mann-Kendall z of such a fall, one-sided 5 %
    window_evals: Evals = 25  # in place of `window_points`, where there is no train loss to count
    window_share: Share = 0.5  # of all records so far, where planned steps are unknown and that is more
    min_evals: Evals = 12  # in any case, where planned steps are unknown

    def of(self, view: View, points: Points, least: int, doubt: bool = False) -> tuple[Bools, Floats]:
        """Per point: is the window that ends there level, and how many points wide it is.

        `doubt`: what counts where noise would hide a step, or points are too few: level unless a fall is found.
        """
        seen = self._seen(view, points)
        scatter = self.noise_multiple * seen.scatter
        # Where noise alone would hide twice the step that counts as level, nobody can tell.
        tells = (seen.width >= least) & (scatter <= 2 * self.max_change)
        level = seen.looked & (tells | doubt)
        told = np.flatnonzero(level & tells)
        level[told] = ~seen.stepped(told, np.maximum(self.max_change, scatter[told]))
        told = np.flatnonzero(level)
        level[told] = [not (t.below(-self.z_threshold) and t.change < -self.min_fall) for t in seen.trends(told)]
        return rolling.carried(np.where(_looks(len(points)), level, np.nan)) > 0, seen.width

    def width(self, view: View, points: Points) -> Floats:
        """(n,) points of the windows."""
        return self._seen(view, points).width

    def _seen(self, view: View, points: Points) -> Stretches:
        shape = (self.window_progress, self.window_points, self.window_evals, self.min_evals)
        return view.once(f"{points.key}\0{shape}", lambda: self._stretches(view, points))

    def _stretches(self, view: View, points: Points) -> Stretches:
        """What any test of levelness needs of the windows of a column, whatever is level enough."""
        begin, whole = self.window(view, points)
        width = np.arange(len(points)) - begin
        scatter = points.noise * 1.25 * np.sqrt(2 / np.maximum(width // 3, 1))
        return Stretches(points.log, begin, _looks(len(points)) & whole, width.astype(np.float64), scatter)

    def window(self, view: View, points: Points) -> tuple[Ints, Bools]:
        """Per point: the first of its window, and whether the run is that old."""
        done = view.progress(points)
        if not len(points):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
        begin, whole = self._begin_unplanned(view, points)
        # Late rows, and epochs not known yet; a search must not look ahead.
        past = np.maximum.accumulate(rolling.filled(done))
        planned = ~np.isnan(done)
        begin = np.where(planned, np.searchsorted(past, past - self.window_progress), begin)
        return begin.astype(np.int64), np.where(planned, past - past[0] >= self.window_progress, whole)

    def _begin_unplanned(self, view: View, points: Points) -> tuple[Ints, Bools]:
        index = np.arange(len(points))
        loss = view.role("loss")
        if points.kind.group != "eval":
            return self._back(index, self.window_points), index >= self.window_points
        if loss is None or not len(loss):
            return self._back(index, self.window_evals), index >= self.window_evals
        # An eval is a mean of many batches: a dozen tell as much, as long as they span what the train loss would need.
        k = view.latest(points, loss)
        since = loss.at[self._back(k, self.window_points)]
        at = np.maximum.accumulate(points.at)
        begin = np.minimum(np.searchsorted(at, since), self._back(index, self.min_evals))
        return begin.astype(np.int64), (k >= self.window_points) & (index >= self.min_evals)

    def _back(self, index: Ints, least: int) -> Ints:
        """The first record of a window that ends at `index`: `least` records, or the share of them all if more.

        A power law has no window: whatever it falls by over a hundred records, it falls by less over the next hundred.
        """
        share = np.floor((1 - self.window_share) * index).astype(np.int64)
        return np.asarray(np.maximum(np.minimum(index - least, share), 0))


@dataclass(frozen=True, eq=False)
class Stretches:
    """The windows that end at each point of a curve. Arrays are (n,).

    x        ln
    scatter  ln, deviation of a step under noise alone
    looked   windows that are looked at; steps and trends are worked out for those that are asked for, and kept
    """

    x: Floats
    begin: Ints
    looked: Bools
    width: Floats
    scatter: Floats
    _ends: dict[int, tuple[float, float]] = field(default_factory=dict)  # medians of the first and the last third
    _middle: dict[int, float] = field(default_factory=dict)
    _trends: dict[int, Trend] = field(default_factory=dict)

    def stepped(self, at: Ints, least: Floats) -> Bools:
        """(k,) whether between the highest and the lowest of the medians of the thirds of the windows that end there
        lies at least so much (k,), ln. Mostly the ends say so."""
        out = np.zeros(len(at), dtype=bool)
        for i, (j, lo, enough) in enumerate(zip(at.tolist(), self.begin[at].tolist(), least.tolist(), strict=True)):
            third = max(1, (j - lo) // 3)
            if j not in self._ends:
                self._ends[j] = rolling.median(self.x[lo : lo + third]), rolling.median(self.x[j + 1 - third : j + 1])
            a, c = self._ends[j]
            if abs(a - c) >= enough:
                out[i] = True
                continue
            if j not in self._middle:
                self._middle[j] = rolling.median(self.x[lo + third : j + 1 - third])
            b = self._middle[j]
            out[i] = not math.isnan(a + b + c) and max(a, b, c) - min(a, b, c) >= enough
        return out

    def trends(self, at: Ints) -> Iterator[Trend]:
        """Of the windows that end there."""
        for j in at.tolist():
            if j not in self._trends:
                self._trends[j] = trend(self.x[self.begin[j] : j + 1])
            yield self._trends[j]


def _looks(n: int) -> Bools:
    """Points at which a window of a quarter of the run is worth its price: each of the first 64, then 32 to 64 in every
    doubling, an eighth of a window apart. Which ones depends on their index alone."""
    j = np.arange(n)
    every = 1 << np.maximum(np.floor(np.log2(np.maximum(j, 1))).astype(np.int64) - 5, 0)
    return np.asarray(j % every == 0)


@dataclass(frozen=True)
class Plateau(CausalDiagnosis):
    """Nothing has moved for more than a quarter of the plan, at a learning rate that is still high.

    Never more than info. A power law with exponent 0.5 still falls by a tenth over that window. Judged on eval where
    there is one; of an agent by what it earns.
    """

    id = "plateau"
    title = "进入平台期"
    severity = Severity.INFO
    meaning = "lr 还不低，loss 却很长一段没有下降：可能已到头，也可能要调 lr 或数据。"
    clears = "loss 明显离开这一水平，升降都算"
    mistaken_for = "幂律下降的后段看着也像平的；loss 走平而成功率还在涨也常见"
    impact = Impact.NONE
    explained_by = ("converged", "lr-zero", "grad-vanish", "no-learning", "at-chance")

    window_progress: PlanShare = 0.28  # a power law with exponent 0.5 falls by a tenth over it
    window_points: Records = 100  # the same where planned steps are unknown
    max_change: Ln = 0.03  # between the first and the last third of the window
    noise_multiple: Times = 1.5  # times the noise of that difference
    min_learnt: Ln = 0.2  # it had learnt before
    high_lr_share: Share = 0.3  # of the highest lr: below it, flatness is what a schedule does
    max_lr_change: Share = 0.1  # relative, over the window
    clear_change: Ln = 0.05  # it moves again
    return_progress: PlanShare = 0.5  # the window of a return: many a healthy one is level for the last third
    max_gain: Share = 0.12  # of all that a return had gained by then: a logarithm gains a sixth over that window

    @property
    def _flatness(self) -> Flatness:
        return Flatness(self.window_progress, self.window_points, self.max_change, self.noise_multiple)

    def tracks(self, view: View) -> Iterable[Track]:
        loss, evaluation = view.role("loss"), view.role("eval_loss")
        if loss is not None:
            yield self._track(view, loss, ("reward",))
        if evaluation is not None:  # judged alone only while there is no train loss
            yield self._track(view, evaluation, ("reward", "loss"))
        score = view.role("eval_score")
        earned = score if score is not None and of_returns(score) else view.role("reward")
        if earned is not None:
            yield self._return_track(view, earned)

    def _return_track(self, view: View, points: Points) -> Track:
        """What an agent earns has risen, and for a window it has gained next to nothing of what it had gained before:
        solved, or stuck. Nobody but its owner knows which, so it is a note.
        """
        test = replace(self._flatness, window_progress=self.return_progress)
        begin, whole = test.window(view, points)
        x, least = points.x, 9 if points.kind.group == "eval" else 40
        looked, flat = _looks(len(x)) & whole, np.zeros(len(x))
        so_far = points.gain
        reached = rolling.running_max(so_far.now) - so_far.start
        for j in np.flatnonzero(looked & so_far.risen & view.is_family(points, Family.RL)).tolist():
            part = x[begin[j] : j + 1]
            if len(part) >= least:
                third = len(part) // 3
                moved = np.ptp([np.mean(piece) for piece in (part[:third], part[third:-third], part[-third:])])
                flat[j] = moved < self.max_gain * reached[j] and trend(part).below(test.z_threshold)
        still = rolling.carried(np.where(looked, flat, np.nan)) > 0
        return track(
            points,
            firing=rolling.sustained(still, 3),
            clearing=lambda: rolling.sustained(~still, 3),
            severity=Severity.INFO,
            onset=lambda j: int(begin[j]),
            words=lambda m: self._return_words(points, int(begin[m.now]), so_far, m),
        )

    def _return_words(self, points: Points, lo: int, so_far: Gain, m: Moment) -> Words:
        third = max(1, (m.now - lo) // 3)
        a, b = float(np.mean(points.x[lo : lo + third])), float(np.mean(points.x[m.now - third + 1 : m.now + 1]))
        steps, start = int(points.at[m.now] - points.at[lo]), float(so_far.start[m.now])
        evidence = {"window_steps": steps, "start": start, "level": b}
        if m.over:
            return Words(f"{in_title(points.kind)} 又有变化", f"现 {num(float(points.x[m.now]))}", "", "确定", evidence)
        return Words(
            f"{in_title(points.kind)} 已走平",
            f"近 {steps} 步均值 {num(a)}→{num(b)}，开训时 {num(start)}",
            "达标就可以停；没达标先看 reward 各项，有没有哪项压住了主目标",
            "仅提示",
            evidence,
        )

    def _track(self, view: View, points: Points, unless: tuple[str, ...]) -> Track:
        level, width = rolling.rolling_median(points.log, 9, least=9), self._flatness.width(view, points)
        first = rolling.median(points.log[:4]) if len(points) >= 4 else np.nan
        # Level is what these losses are while their policies, samples and images improve.
        flat = ~view.is_family(points, Family.RL, Family.GAN, Family.DIFFUSION)
        flat &= (first - level > self.min_learnt) & self._lr_high(view, points, width)
        for role in unless:
            if (other := view.role(role)) is not None:
                flat &= view.latest(points, other) < 0
        if flat.any():
            flat &= self._flatness.of(view, points, 40 if points.kind.group != "eval" else 9)[0]
        evaluation = view.role("eval_loss")
        if evaluation is not None and evaluation.key != points.key and flat.any():
            still, _ = self._flatness.of(view, evaluation, 9, doubt=True)
            at = view.latest(points, evaluation)
            # Until there is an eval to judge by, and where evals are too few or too noisy, the train loss decides.
            flat &= rolling.take_or(still, at, True)
        firing = rolling.sustained(flat, 3)
        low = rolling.carried(np.where(firing, level, np.nan))
        return track(
            points,
            firing=firing,
            clearing=lambda: (np.abs(level - low) > self.clear_change) | points.after_first_negative,
            severity=Severity.INFO,
            onset=lambda j: max(0, j - int(width[j])),
            words=lambda m: self._words(view, points, width, m),
        )

    def _lr_high(self, view: View, points: Points, width: Floats) -> Bools:
        """lr is high and has been level over the window: under a schedule flatness is what it does."""
        lr = view.role("lr")
        if lr is None or not len(lr):
            return np.ones(len(points), dtype=bool)
        high = lr.x > self.high_lr_share * rolling.running_max(lr.x)
        at = view.latest(points, lr)
        begin = at[np.maximum(np.arange(len(points)) - width.astype(np.int64), 0)] if len(points) else at
        now, then = rolling.take_or(lr.x, at, np.nan), rolling.take_or(lr.x, begin, np.nan)
        moved = np.abs(now - then) > self.max_lr_change * np.abs(then)
        return rolling.take_or(high, at, True) & ~moved

    def _words(self, view: View, points: Points, width: Floats, m: Moment) -> Words:
        lo = max(0, m.now - int(width[m.now]))
        third = max(1, (m.now - lo) // 3)
        a, b = rolling.median(points.x[lo : lo + third]), rolling.median(points.x[m.now - third + 1 : m.now + 1])
        steps = int(points.at[m.now] - points.at[lo])
        change = b / a - 1 if a > 0 else 0.0
        evidence = {"window_steps": steps, "change": change, "noise": float(points.noise[m.now]), "level": b}
        if m.over:
            return Words(f"{in_title(points.kind)} 又开始下降", f"现 {num(b)}", "", "确定", evidence)
        planned, done = view.facts.planned_steps, float(view.progress(points)[m.now])
        left = f"，剩 {int(planned - points.at[m.now])} 步" if planned and planned > points.at[m.now] else ""
        if not planned and done < 1:
            left = f"，已跑 {pct(done)}"
        wander = pct(float(points.noise[m.now]))
        noise = f"（波动 ±{wander}）" if float(wander[:-1]) else ""
        judges = (view.role(role) for role in ("eval_score", "eval_loss"))
        evaluated = any(p is not None and p.rows[0] <= points.rows[m.now] for p in judges)
        moved = f"仅变 {pct(change)}" if float(pct(change)[:-1]) else "几乎没变"
        return Words(
            f"{in_title(points.kind)} 进入平台期",
            f"近 {steps} 步{moved}{noise}{left}",
            "看评估是否也走平" if evaluated else "没有评估，补一次再判断是否收敛",
            "仅提示",
            evidence,
        )


@dataclass(frozen=True)
class Converged(CausalDiagnosis):
    """Train and eval are both level and eval stands at its best: what was to be learnt has been.

    Info, no order to stop.
    """

    id = "converged"
    title = "已收敛"
    severity = Severity.INFO
    meaning = "训练和评估都已走平，且评估处在最好水平：继续训练收益很小。"
    clears = "评估又有明显变化，变好变差都算"
    mistaken_for = "lr 还没衰减时的走平，衰减后往往还能再降一截"
    impact = Impact.NONE

    window_progress: PlanShare = 0.28  # as for plateau
    window_points: Records = 100  # the same where planned steps are unknown
    max_change: Ln = 0.02  # between the first and the last third of the window
    noise_multiple: Times = 1.5  # times the noise of that difference
    min_learnt: Ln = 0.2  # it had learnt before
    sigmas: Sigmas = 1.0  # of the smoothed eval: this near its best
    hold: Evals = 3  # in a row
    clear_change: Ln = 0.05  # it moves again

    def tracks(self, view: View) -> Iterable[Track]:
        loss, evaluation = view.role("loss"), view.role("eval_loss")
        if loss is not None and evaluation is not None:
            yield self._track(view, loss, evaluation)

    def _track(self, view: View, loss: Points, evaluation: Points) -> Track:
        test = Flatness(self.window_progress, self.window_points, self.max_change, self.noise_multiple)
        still, width = test.of(view, evaluation, 9)
        level = rolling.rolling_median(evaluation.log, 3, least=3)
        expected_max = expected_max_z(np.arange(2, len(level) + 2))  # the best of n lies this many sigmas too low
        near = level - rolling.running_min(level) <= (expected_max + self.sigmas) * 0.67 * evaluation.noise
        first = rolling.median(evaluation.log[:3]) if len(evaluation) >= 3 else np.nan
        both = still & near & (first - level > self.min_learnt)
        if both.any():
            both &= rolling.take_or(test.of(view, loss, 40)[0], view.latest(evaluation, loss), False)
            both &= ~_restarted(view, evaluation, width)
        firing = rolling.sustained(both, self.hold)
        low = rolling.carried(np.where(firing, level, np.nan))
        return track(
            evaluation,
            firing=firing,
            clearing=lambda: (
                (level < low - self.clear_change) | (level > low + self.clear_change) | evaluation.after_first_negative
            ),
            severity=Severity.INFO,
            metrics=(loss.key,),
            onset=lambda j: max(0, j - int(width[j])),
            words=lambda m: self._words(view, evaluation, width, m),
        )

    def _words(self, view: View, evaluation: Points, width: Floats, m: Moment) -> Words:
        lo = max(0, m.now - int(width[m.now]))
        minutes = view.minutes(int(evaluation.rows[lo]), int(evaluation.rows[m.now]))
        evidence = {"eval": float(evaluation.x[m.now]), "since": int(evaluation.at[lo]), "minutes": minutes}
        if m.over:
            return Words(
                f"{in_title(evaluation.kind)} 又有变化",
                f"{in_title(evaluation.kind)} 现 {num(float(evaluation.x[m.now]))}",
                "",
                "确定",
                evidence,
            )
        spent = f"，已持续 {duration(60 * minutes)}" if minutes else ""
        return Words(
            "训练与评估都已走平",
            f"第 {int(evaluation.at[lo])} 步起几乎不变，"
            f"{in_title(evaluation.kind)} {num(float(evaluation.x[m.now]))}（处于最优）{spent}",
            f"以{goal_at(view, evaluation, m.now)}判断是否够用",
            "仅提示",
            evidence,
        )


def _restarted(view: View, points: Points, width: Floats) -> Bools:
    """Where lr went up by half or more within the window: its ends then stand at two phases of a cycle."""
    lr = view.role("lr")
    if lr is None or not len(lr) or not len(points):
        return np.zeros(len(points), dtype=bool)
    total = np.concatenate([[0.0], np.cumsum(np.diff(lr.x) > 0.5 * np.abs(lr.x[:-1]), dtype=np.float64)])
    at = view.latest(points, lr)
    begin = at[np.maximum(np.arange(len(points)) - width.astype(np.int64), 0)]
    return np.asarray(rolling.take_or(total, at, 0.0) > rolling.take_or(total, begin, 0.0))
