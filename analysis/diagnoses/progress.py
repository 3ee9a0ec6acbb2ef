"""C. Does it still learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis import series
from analysis.diagnoses.numerics import name
from analysis.family import Family, pretrained
from analysis.model import Bools, Certainty, Floats, Ints, Severity, Words
from analysis.numbers import duration, num, pct
from analysis.profile import RETURNS, words
from analysis.scan import Moment, Track, track
from analysis.trend import trend
from analysis.view import Points, View


@dataclass(frozen=True)
class NoLearning:
    """The loss stands where it began. Ten per cent is below any run that learns, by the time it is asked.

    From scratch that is a fault; fine-tuning, DPO and GRPO begin near their floor, so there it is a note.
    """

    id: ClassVar[str] = "no-learning"
    title: ClassVar[str] = "从头就没学动"
    usual: ClassVar[Severity] = Severity.CRITICAL

    share: float = 0.12  # of planned steps before it is asked
    points: int = 60  # the same in points, where planned steps are unknown
    warmups: float = 1.3  # times the lr warm-up
    drop: float = 0.1  # ln; less than this between the first 4 and the last 10 points
    early: float = 0.5  # ln; one of the first 4 points stood this far above: it has learned
    slow: float = 0.04  # ln; a fall of this much counts where it is `certain` times the noise of one record
    certain: float = 3.0
    learned: float = 0.2
    hold: int = 5
    score_share: float = 0.25  # of planned steps before a return is asked
    evals: int = 40

    def tracks(self, view: View) -> Iterable[Track]:
        points, score = view.role("loss"), view.role("eval_score")
        if points is not None:
            yield self._track(view, points)
        if score is not None and set(words(score.key)) & RETURNS:
            yield self._return_track(view, score)

    def _return_track(self, view: View, score: Points) -> Track:
        """An agent's return whose best level is no better than luck makes the best of so many evals.

        Not for rates (success, accuracy): one that is flat may be flat at its ceiling.
        """
        level = series.rolling_median(score.x, 5, least=5)
        start = float(level[4]) if len(level) > 4 else np.nan
        sigma = 0.6 * np.maximum(series.rolling_mad(score.x, 60), series.noise(score.x, 60))  # of a median of 5
        luck = np.sqrt(2 * np.log(np.arange(2, len(level) + 2)))
        gain = series.running_max(level) - start
        asked = view.past(score, self.score_share, self.evals) & (np.arange(len(score)) >= self.evals)
        spread = series.running_max(level) - series.running_min(level)
        firing = series.held((gain < luck * sigma) & asked & (spread > 0), self.hold)
        return track(
            score, firing=firing, clearing=gain > (luck + 3) * sigma, onset=lambda j: 0,
            severity=Severity.INFO if pretrained(view.facts) else Severity.WARNING,
            words=lambda m: self._return_words(view, score, start, level, m),
        )  # fmt: skip

    def _return_words(self, view: View, score: Points, start: float, level: Floats, m: Moment) -> Words:
        now, called = float(level[m.now]), name(score)
        evidence = {"first": start, "now": now, "evals": m.now + 1}
        if m.over:
            return Words(f"{called} 已开始上升", f"{num(start)}→{num(now)}", "", "确定", evidence)
        return Words(
            f"{called} 一直没涨", f"{m.now + 1} 次评估，{num(start)}→{num(now)}，最好的一段也没超出波动",
            "先核对奖励设置、探索与观测归一化", "很可能", evidence,
        )  # fmt: skip

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        start = series.median(x[:4]) if len(x) >= 4 else np.nan
        now = series.rolling_median(x, 10, least=10)
        asked = view.past(points, self.share, self.points) & (points.at > self.warmups * view.warmup_steps)
        asked &= np.arange(len(x)) >= 20
        # A noisy loss hides a slow fall: the lowest median so far must not have left the start either.
        # A slow fall that noise cannot explain is learning too.
        fallen = start - series.running_min(np.where(np.isnan(now), np.inf, now))
        flat = (fallen < self.drop) & (fallen < np.maximum(self.slow, self.certain * points.noise))
        flat &= now - start < 3 * self.drop
        # A run that is logged rarely may have come down before its second record.
        flat &= (np.max(x[:4]) if len(x) else np.nan) - now < self.early
        # An agent's loss has no reason to fall, nor have those of two networks that play against each other.
        asked &= ~view.among(points, Family.RL, Family.GAN)
        firing = series.held(flat & asked & ~self._eval_moves(view, points), self.hold)
        learnt = view.among(points, Family.SFT, Family.VLA, Family.PREFERENCE) | pretrained(view.facts)
        level = np.where(learnt, Severity.INFO, Severity.CRITICAL).astype(np.int64)
        return track(
            points, firing=firing, clearing=(start - now > self.learned) | points.signed, severity=level, onset=lambda j: 0,
            words=lambda m: self._words(view, points, start, m),
        )  # fmt: skip

    def _eval_moves(self, view: View, points: Points) -> Bools:
        """Where an eval loss or score, or a margin, has clearly left its start: the run does learn something."""
        out = np.zeros(len(points), dtype=bool)
        held = [view.role(role) for role in ("eval_loss", "eval_score")]
        margins = [view.column(key) for key in sorted(view.seating.kinds) if {"margin", "margins"} & set(words(key))]
        for other in (*held, *margins):
            if other is None or len(other) < 4:
                continue
            smooth = series.rolling_median(other.x, 3)
            start, spread = smooth[2], series.before(series.noise(other.x, 40), 0)
            # A click-through loss starts a few per cent above its floor: what counts is that eval left its own noise.
            moved = np.abs(smooth - start) > np.maximum(0.02 * abs(start), 4 * spread)
            at = view.latest(points, other)
            out |= series.pick(moved, at, False, least=3)
        return out

    def _words(self, view: View, points: Points, start: float, m: Moment) -> Words:
        first, now = float(np.exp(start)), series.median(points.x[max(0, m.now - 9) : m.now + 1])
        lr = view.role("lr")
        logged = lr.value(int(points.rows[m.now])) if lr is not None else None
        evidence = {"first": first, "now": now, "lr_logged": logged, "lr_config": view.facts.lr}
        if m.over:
            return Words(f"{name(points)} 已开始下降", f"{num(first)}→{num(now)}", "", "确定", evidence)
        planned = view.facts.planned_steps
        done = f"已跑 {pct(float(points.at[m.now]) / planned)}" if planned else f"已记录 {m.now + 1} 次"
        rate = f"，lr {num(logged)}" if logged is not None else ""
        sure: Certainty = "仅提示" if m.severity < Severity.WARNING else "很可能"
        return Words(
            f"{name(points)} 基本没降", f"{done}，{name(points)} {num(first)}→{num(now)}{rate}",
            "先看 lr 实际值、可训练参数、输入与标签对齐", sure, evidence,
        )  # fmt: skip


@dataclass(frozen=True)
class Flatness:
    """Whether the last stretch of a curve is level: its first third against its last, and no trend within it."""

    window: float  # of planned steps
    points: int  # the same in points of the train loss, where planned steps are unknown
    flat: float  # ln
    noises: float  # times the noise of that difference
    gain: float = 0.005  # ln; a fall of more than this that noise does not draw is progress, however small
    sure: float = 1.64  # Mann-Kendall z of such a fall, one-sided 5 %
    evals: int = 25  # evals in place of `points`, where there is no train loss to count
    few: int = 12  # evals in any case, where planned steps are unknown

    def of(self, view: View, points: Points, least: int, doubt: bool = False) -> tuple[Bools, Floats]:
        """Per point: is the window that ends there level, and how many points wide it is.

        `doubt`: what counts where noise would hide a step, or points are too few: level unless a fall is found.
        """
        n = len(points)
        index = np.arange(n)
        begin, whole = self._begin(view, points)
        width = (index - begin).astype(np.float64)
        x = points.log
        out = np.zeros(n, dtype=bool)
        sigma = points.noise
        looked = series.looks(n)
        for j in np.flatnonzero(looked & whole & ((width >= least) | doubt)).tolist():
            third = max(1, int(width[j]) // 3)
            a, b = x[begin[j] : begin[j] + third], x[j - third + 1 : j + 1]
            scatter = self.noises * sigma[j] * 1.25 * np.sqrt(2 / third)
            # Where noise alone would hide twice the step that counts as level, nobody can tell.
            tells = width[j] >= least and scatter <= 2 * self.flat
            if not tells and not doubt:
                continue
            if tells and abs(float(np.median(a)) - float(np.median(b))) >= max(self.flat, scatter):
                continue
            found = trend(x[begin[j] : j + 1])
            out[j] = not (found.z < -self.sure and found.change < -self.gain)
        return series.carried(np.where(looked, out, np.nan)) > 0, width

    def _begin(self, view: View, points: Points) -> tuple[Ints, Bools]:
        """Per point: the first of its window, and whether the run is that old."""
        n = len(points)
        index = np.arange(n)
        planned = view.facts.planned_steps
        at = np.maximum.accumulate(points.at) if n else points.at  # late rows; a search must not look ahead
        if planned:
            whole = at - at[0] >= self.window * planned if n else index > 0
            return np.searchsorted(at, at - self.window * planned).astype(np.int64), whole
        loss = view.role("loss")
        if points.kind.group != "eval":
            return np.maximum(index - self.points, 0), index >= self.points
        if loss is None or not len(loss):
            return np.maximum(index - self.evals, 0), index >= self.evals
        # An eval is a mean of many batches: a dozen tell as much, as long as they span what the train loss would need.
        k = view.latest(points, loss)
        since = loss.at[np.maximum(k - self.points, 0)]
        begin = np.minimum(np.searchsorted(at, since), np.maximum(index - self.few, 0))
        return begin.astype(np.int64), (k >= self.points) & (index >= self.few)


@dataclass(frozen=True)
class Plateau:
    """Nothing has moved for more than a quarter of the plan, at a learning rate that is still high. Never more than a note.

    A power law with exponent 0.5 still falls by a tenth over that window. Judged on eval where there is one.
    """

    id: ClassVar[str] = "plateau"
    title: ClassVar[str] = "进入平台期"
    usual: ClassVar[Severity] = Severity.INFO

    window: float = 0.28  # of planned steps
    points: int = 100  # the same in points, where planned steps are unknown
    flat: float = 0.03  # ln, between the first and the last third of the window
    noises: float = 1.5  # times the noise of that difference
    learned: float = 0.2  # ln; it had learned before
    lr_high: float = 0.3  # of the highest lr: below it, flatness is what a schedule does
    lr_moved: float = 0.1  # over the window
    better: float = 0.05

    @property
    def _flatness(self) -> Flatness:
        return Flatness(self.window, self.points, self.flat, self.noises)

    def tracks(self, view: View) -> Iterable[Track]:
        loss, evaluation = view.role("loss"), view.role("eval_loss")
        if loss is not None:
            yield self._track(view, loss, ("reward",))
        if evaluation is not None:  # judged alone only while there is no train loss
            yield self._track(view, evaluation, ("reward", "loss"))

    def _track(self, view: View, points: Points, unless: tuple[str, ...]) -> Track:
        flat, width = self._flatness.of(view, points, 40 if points.kind.group != "eval" else 9)
        for role in unless:
            if (other := view.role(role)) is not None:
                flat &= view.latest(points, other) < 0
        evaluation = view.role("eval_loss")
        if evaluation is not None and evaluation.key != points.key:
            still, _ = self._flatness.of(view, evaluation, 9, doubt=True)
            at = view.latest(points, evaluation)
            # Until there is an eval to judge by, and where evals are too few or too noisy, the train loss decides.
            flat &= series.pick(still, at, True)
        level = series.rolling_median(points.log, 9, least=9)
        first = series.median(points.log[:4]) if len(points) >= 4 else np.nan
        # Level is what these losses are while their policies, samples and images improve.
        flat &= ~view.among(points, Family.RL, Family.GAN, Family.DIFFUSION)
        firing = series.held(flat & (first - level > self.learned) & self._lr_high(view, points, width), 3)
        low = series.carried(np.where(firing, level, np.nan))
        return track(
            points, firing=firing, clearing=(level < low - self.better) | points.signed, severity=Severity.INFO,
            onset=lambda j: max(0, j - int(width[j])), words=lambda m: self._words(view, points, width, m),
        )  # fmt: skip

    def _lr_high(self, view: View, points: Points, width: Floats) -> Bools:
        """lr is high and has been level over the window: under a schedule flatness is what it does."""
        lr = view.role("lr")
        if lr is None or not len(lr):
            return np.ones(len(points), dtype=bool)
        high = lr.x > self.lr_high * series.running_max(lr.x)
        at = view.latest(points, lr)
        begin = at[np.maximum(np.arange(len(points)) - width.astype(np.int64), 0)] if len(points) else at
        now, then = series.pick(lr.x, at, np.nan), series.pick(lr.x, begin, np.nan)
        moved = np.abs(now - then) > self.lr_moved * np.abs(then)
        return series.pick(high, at, True) & ~moved

    def _words(self, view: View, points: Points, width: Floats, m: Moment) -> Words:
        lo = max(0, m.now - int(width[m.now]))
        third = max(1, (m.now - lo) // 3)
        a, b = series.median(points.x[lo : lo + third]), series.median(points.x[m.now - third + 1 : m.now + 1])
        steps = int(points.at[m.now] - points.at[lo])
        change = b / a - 1 if a > 0 else 0.0
        evidence = {"window_steps": steps, "change": change, "noise": float(points.noise[m.now]), "level": b}
        if m.over:
            return Words(f"{name(points)} 又开始下降", f"现 {num(b)}", "", "确定", evidence)
        planned = view.facts.planned_steps
        left = f"，剩 {int(planned - points.at[m.now])} 步" if planned and planned > points.at[m.now] else ""
        return Words(
            f"{name(points)} 进入平台期", f"近 {steps} 步仅变 {pct(change)}（波动 ±{pct(float(points.noise[m.now]))}）{left}",
            "以评估或成功率判断是否收敛", "仅提示", evidence,
        )  # fmt: skip


@dataclass(frozen=True)
class Converged:
    """Train and eval are both level and eval stands at its best: what was to be learned has been. A note, no order to stop."""

    id: ClassVar[str] = "converged"
    title: ClassVar[str] = "已收敛"
    usual: ClassVar[Severity] = Severity.INFO

    window: float = 0.28  # as for plateau
    points: int = 100
    flat: float = 0.02
    noises: float = 1.5
    learned: float = 0.2
    sigmas: float = 1.0  # of the smoothed eval: this near its best
    hold: int = 3
    better: float = 0.05

    def tracks(self, view: View) -> Iterable[Track]:
        loss, evaluation = view.role("loss"), view.role("eval_loss")
        if loss is not None and evaluation is not None:
            yield self._track(view, loss, evaluation)

    def _track(self, view: View, loss: Points, evaluation: Points) -> Track:
        test = Flatness(self.window, self.points, self.flat, self.noises)
        still, width = test.of(view, evaluation, 9)
        train_still, _ = test.of(view, loss, 40)
        level = series.rolling_median(evaluation.log, 3, least=3)
        luck = np.sqrt(2 * np.log(np.arange(2, len(level) + 2)))  # the best of n lies this many sigmas too low
        near = level - series.running_min(level) <= (luck + self.sigmas) * 0.67 * evaluation.noise
        first = series.median(evaluation.log[:3]) if len(evaluation) >= 3 else np.nan
        both = still & series.pick(train_still, view.latest(evaluation, loss), False)
        firing = series.held(both & near & (first - level > self.learned), self.hold)
        low = series.carried(np.where(firing, level, np.nan))
        return track(
            evaluation, firing=firing, clearing=(level < low - self.better) | (level > low + self.better) | evaluation.signed,
            severity=Severity.INFO, metrics=(loss.key,), onset=lambda j: max(0, j - int(width[j])),
            words=lambda m: self._words(view, evaluation, width, m),
        )  # fmt: skip

    def _words(self, view: View, evaluation: Points, width: Floats, m: Moment) -> Words:
        lo = max(0, m.now - int(width[m.now]))
        minutes = view.minutes(int(evaluation.rows[lo]), int(evaluation.rows[m.now]))
        evidence = {"eval": float(evaluation.x[m.now]), "since": int(evaluation.at[lo]), "minutes": minutes}
        if m.over:
            return Words(
                "评估又有变化", f"{name(evaluation)} 现 {num(float(evaluation.x[m.now]))}", "", "确定", evidence
            )
        spent = f"，已持续 {duration(60 * minutes)}" if minutes else ""
        return Words(
            "训练与评估都已走平", f"{int(evaluation.at[lo])} 步起几乎不变，{name(evaluation)} {num(float(evaluation.x[m.now]))}（处于最优）{spent}",
            "以成功率判断是否够用", "仅提示", evidence,
        )  # fmt: skip
