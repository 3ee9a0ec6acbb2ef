"""A loss that is exactly 0 because it is NaN: trainers leave non-finite losses out of the mean they log,
and write 0.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.facts import checkpoints
from analysis.figures import num
from analysis.model import Bools, Certainty, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import WIDER_NUMBERS
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Records, Share, Times
from analysis.scan.view import Points, View

LONGEST = 60  # characters of a message
GONE = 1e-6  # a norm of the gradient
FEW, ORDINARY = 4, 0.1  # records; a loss that no format prints as 0
LOSSES = {"eval_loss", "eval_l1", "loss", "l1", "component"}  # kinds of an evaluation that are losses


@dataclass(frozen=True, eq=False)
class _Signs:
    """What says, at each record of the loss, that a 0 is a NaN: (n,) each. Only what began with the zeros counts."""

    view: View
    loss: Points
    since: Ints  # (n,) index of the first of the zeros that a record belongs to
    same: int  # records in a row that make one float a pinned one
    moving: float  # share of records at which an lr changed before it stood still
    floor: float  # of the highest lr: below this it may stand still by its schedule

    @cached_property
    def _first_row(self) -> Ints:
        """(n,) the row of the record before the zeros: what went wrong with them may be logged with it."""
        return self.loss.rows[np.maximum(self.since - 1, 0)]

    @cached_property
    def norm(self) -> Points | None:
        key = self.view.roles.holder.get("grad_norm")
        return None if key is None else self.view.column(key, finite=False)

    @cached_property
    def _norm_at(self) -> Ints:
        return np.full(len(self.loss), -1) if self.norm is None else self.view.latest(self.loss, self.norm)

    @cached_property
    def norm_known(self) -> Bools:
        return self._norm_at >= 0

    @cached_property
    def norm_nonfinite(self) -> Bools:
        if self.norm is None:
            return np.zeros(len(self.loss), dtype=bool)
        bad = rolling.take_or(~np.isfinite(self.norm.x), self._norm_at, False)
        return bad & (rolling.take_or(self.norm.rows.astype(np.float64), self._norm_at, -1.0) >= self._first_row)

    @cached_property
    def norm_gone(self) -> Bools:
        """A norm of nothing: no weight is moved by it."""
        if self.norm is None:
            return np.zeros(len(self.loss), dtype=bool)
        return rolling.take_or(self.norm.x < GONE, self._norm_at, False)

    @cached_property
    def norm_pinned(self) -> Bools:
        """The very same norm again and again: clipped from NaN to the bound, or 0."""
        if self.norm is None:
            return np.zeros(len(self.loss), dtype=bool)
        again = rolling.streak(np.concatenate([[False], self.norm.x[1:] == self.norm.x[:-1]]))
        return rolling.take_or(again >= self.same - 1, self._norm_at, False)

    @cached_property
    def lr_frozen(self) -> Bools:
        """An lr that had been moving stands still, short of the end of its schedule: a scaler skips every step."""
        lr = self.view.role("lr")
        if lr is None or len(lr) < self.same:
            return np.zeros(len(self.loss), dtype=bool)
        still = np.concatenate([[False], lr.x[1:] == lr.x[:-1]])
        count = rolling.streak(still)
        begun = np.arange(len(lr)) - count  # the record at which it got where it stands
        moved = np.concatenate([[0.0], np.cumsum(~still[1:], dtype=np.float64)])  # changes up to each record
        span = np.minimum(begun, 10)
        before = (moved[begun] - moved[begun - span]) / np.maximum(span, 1)
        working = lr.x > self.floor * rolling.running_max(lr.x)
        frozen = (count >= self.same - 1) & (span >= self.same) & (before >= self.moving) & working
        at = self.view.latest(self.loss, lr)
        started = rolling.take_or(lr.rows[begun].astype(np.float64), at, -1.0)
        # One record of the lr may lie between: schedulers are read before or after their step.
        earliest = self.loss.rows[np.maximum(self.since - 2, 0)]
        return rolling.take_or(frozen, at, False) & (started >= earliest)

    @cached_property
    def _evaluations(self) -> list[Points]:
        kinds = self.view.roles.kinds
        keys = sorted(k for k, kind in kinds.items() if kind.group == "eval" and kind.name in LOSSES)
        return [self.view.column(key, finite=False) for key in keys]

    @cached_property
    def eval_nonfinite(self) -> Bools:
        """The last evaluation, too, has no number for a loss."""
        out = np.zeros(len(self.loss), dtype=bool)
        for losses in self._evaluations:
            out |= rolling.take_or(~np.isfinite(losses.x), self.view.latest(self.loss, losses), False)
        return out

    def onset(self, j: int) -> int:
        """The first of the zeros; the last evaluation before them where that had no number either."""
        first = int(self.since[j])
        row = int(self.loss.rows[first])
        for losses in self._evaluations:
            k = int(np.searchsorted(losses.rows, row)) - 1
            if k >= 0 and not np.isfinite(losses.x[k]):
                first = min(first, max(0, int(np.searchsorted(self.loss.rows, losses.rows[k], side="right")) - 1))
        return first


@dataclass(frozen=True, eq=False)
class _Judged:
    """Zeros of a loss, per record: whether they are told, how bad, the level before them, and what else shows."""

    firing: Bools
    severity: Ints
    level: Floats
    signs: _Signs


@dataclass(frozen=True)
class MaskedNan(CausalDiagnosis):
    """The loss is exactly 0 from one record to the next, and something beside it says that nothing is trained any more.

    A loss that has been learnt away fades out and its gradients go on changing; that of GRPO is 0 by its nature. A
    masked NaN leaves a NaN norm, or one that is pinned (clipped to the bound, or 0), an lr that a scaler holds still by
    skipping every step, or an evaluation without a number. Where no gradient is logged, eight zeros after an ordinary
    loss say the same, less surely.
    """

    id = "masked-nan"
    title = "loss 恰为 0（NaN 被掩盖）"
    severity = Severity.CRITICAL
    meaning = "loss 恰为 0，而 grad norm 为 NaN 或恒定、或 lr 不再变化：多半是 NaN 被写成 0。"
    clears = "loss 重新不为 0，并保持一段时间"
    mistaken_for = "GRPO 类 loss 本来就可以为 0；简单任务也会慢慢学到 0，不是突然归零"
    impact = Impact.USABLE_BEFORE_ONSET
    remedies = (WIDER_NUMBERS,)
    blows_up = True
    explains_what_follows = True
    wastes_time = True

    nan_hold: Records = 2  # zeros in a row, beside a NaN
    pinned_hold: Records = 3  # zeros in a row, beside a norm or an lr that stands still
    never_hold: Records = 12  # zeros in a row, from the first record on, of a language model
    hardly_hold: Records = 20  # zeros in a row, after no more than the first few records
    alone_hold: Records = 8  # zeros in a row, where no gradient is logged
    resolution_multiple: Times = 50.0  # of the finest step that was logged: a loss below this may be rounded to 0
    faded_share: Share = 0.1  # of the early loss: from below this it may have faded out
    moving_share: Share = 0.6  # of the records before, at which the lr changed
    floor_share: Share = 0.05  # of the highest lr: below this it may stand still by its schedule

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("loss")
        if points is not None and len(points):
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        zero = points.x == 0
        judged = cache(lambda: self._judged(view, points, zero))

        def begun(j: int) -> int:
            return judged().signs.onset(j)

        return track(
            points,
            firing=judged().firing if zero.any() else zero,
            clearing=lambda: ~zero,
            severity=lambda: judged().severity,
            onset=begun,
            recovery=lambda: Recovery(zero.astype(np.float64), 0.5),
            words=lambda m: self._words(view, points, judged().level, judged().signs, m),
        )

    def _judged(self, view: View, points: Points, zero: Bools) -> _Judged:
        count = rolling.streak(zero)
        since = np.arange(len(points)) - np.maximum(count, 1) + 1
        level, fell, abrupt = self._before(points.x, since)
        signs = _Signs(view, points, since, self.pinned_hold, self.moving_share, self.floor_share)
        nan = signs.norm_nonfinite | signs.eval_nonfinite
        pinned, frozen = signs.norm_pinned, signs.lr_frozen
        alive = signs.norm_known & ~signs.norm_nonfinite & ~pinned & ~signs.norm_gone
        never = since == 0  # there was no loss before
        sure = nan & (count >= self.nan_hold) & (fell | never)
        sure |= pinned & (count >= self.pinned_hold) & (abrupt | never)
        sure |= frozen & (count >= self.pinned_hold) & fell
        likely = (count >= self.alone_hold) & abrupt & (~signs.norm_known | signs.norm_gone)
        language = view.is_family(points, Family.SFT, Family.PRETRAINING)
        # A language model that has nothing to learn from its first record on has no labels, whatever is logged besides.
        likely |= never & language & (count >= self.never_hold) & ~signs.norm_known
        # A loss that was hardly ever there: where many steps are averaged, its first record need not be large.
        hardly = ~never & (since <= FEW) & (count >= self.hardly_hold)
        likely |= hardly & (~signs.norm_known | signs.norm_gone)
        firing = (sure | likely) & ~alive & ~view.is_family(points, Family.RL)
        # So does one over a vocabulary, from whatever height: no answer is ever that certain.
        last = rolling.take_or(points.x, since - 1, 0.0)
        sure |= likely & ((since <= FEW) | language & (last >= ORDINARY))
        severity = np.where(sure, Severity.CRITICAL, Severity.WARNING).astype(np.int64)
        return _Judged(firing, severity, level, signs)

    def _before(self, x: Floats, since: Ints) -> tuple[Floats, Bools, Bools]:
        """Of the losses before the zeros that each record belongs to: their level; whether it lay clearly above 0;
        whether it still was a good part of what it had been at first, and hardly a record had been 0 before.
        """
        some = np.flatnonzero(x != 0)
        size = np.abs(x[some])
        step = np.abs(np.diff(size, prepend=np.nan))
        finest = rolling.running_min(np.fmin(size, np.where(step > 0, step, np.nan)))
        at = np.searchsorted(some, since) - 1  # the last one before
        levels = rolling.rolling_median(size, 5)
        level = rolling.take_or(levels, at, np.nan)
        fell = level >= self.resolution_multiple * rolling.take_or(finest, at, np.inf)
        # From its first few records to 0 at once: no loss is learnt away like that, nor rounded.
        sudden = (at >= 0) & (at < FEW) & (rolling.take_or(size, np.minimum(at, 0), 0.0) >= ORDINARY)
        fell |= sudden
        early = rolling.take_or(levels, np.minimum(at, 4), np.nan)  # of the first five, as far as they were known
        zeros_before = since - (at + 1)
        abrupt = fell & ((level >= self.faded_share * early) | sudden) & (zeros_before <= self.nan_hold)
        return level, fell, abrupt

    def _words(self, view: View, points: Points, level: Floats, signs: _Signs, m: Moment) -> Words:
        first = int(signs.since[m.raised])
        step, before = int(points.at[first]), float(level[m.raised])
        evidence = {"since_step": step, "before": before, "zeros": m.now - first + 1}
        if m.over:
            return Words("loss 已不为 0", f"loss 现 {num(float(points.x[m.now]))}", "", "确定", evidence)
        never = first == 0
        was = "从一开始 loss 恰为 0" if never else f"第 {step} 步起 loss 恰为 0（此前 {num(before)}）"
        said = self._said(view, points, signs, m.now)
        if m.onset < first:
            said = [f"第 {int(points.at[m.onset])} 步起已不对", *said]
        sure: Certainty = "很可能" if m.severity >= Severity.CRITICAL else "仅提示"
        ckpt = checkpoints.before(view.facts, float(points.at[max(0, m.onset - 1)]), float(points.at[m.now]))
        message = "，".join([was, *said]) + "；多半是 NaN 被写成 0"
        if len(message) > LONGEST:
            message = "，".join([was, *said[:1]]) + "；多半是 NaN"
        return Words(
            "loss 恰为 0，疑为 NaN",
            message,
            self._advice(view, never, ckpt),
            sure,
            evidence,
            () if never else checkpoints.inferred(ckpt),
        )

    def _said(self, view: View, points: Points, signs: _Signs, j: int) -> list[str]:
        """The signs at a record, at most two of them."""
        row = int(points.rows[j])
        out = []
        if signs.norm is not None and signs.norm_nonfinite[j]:
            out.append("grad norm 为 NaN")
        elif signs.norm is not None and signs.norm_pinned[j]:
            out.append(f"grad norm 恒为 {num(signs.norm.value(row))}")
        lr = view.role("lr")
        if lr is not None and signs.lr_frozen[j]:
            out.append(f"lr 停在 {num(lr.value(row))}")
        if signs.eval_nonfinite[j]:
            out.append("评估 loss 为 NaN")
        return out[:2]

    def _advice(self, view: View, never: bool, ckpt: int | None) -> str:
        if never:
            return "先查标签是否全被屏蔽（-100）与输入数据" + ("" if view.facts.precision == "fp32" else "，再试 fp32")
        if WIDER_NUMBERS.answered(view.facts):
            return f"查该处 batch 的标签与数据，再{checkpoints.again(view.facts, ckpt)}"
        return f"改 bf16/fp32，{checkpoints.again(view.facts, ckpt)}，并查该 batch"
