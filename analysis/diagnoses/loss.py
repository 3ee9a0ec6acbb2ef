"""The loss itself: values that are no numbers, a climb that goes on, a step up that stays, lone spikes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.facts import checkpoints
from analysis.figures import num
from analysis.model import Bools, Finding, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.random_play import acts_at_random, before_learning
from analysis.scan.remedy import LOWER_LR, TIGHTER_CLIP, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Records, Times
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering

REPORTED = ("policy_kl", "entropy")
LOSS_KINDS = ("loss", "l1", "component", "balance", "kl", "gan_loss", "rl_loss", "ot_loss")


@dataclass(frozen=True)
class NanInf(CausalDiagnosis):
    """A NaN or Inf that was logged is never legitimate in a loss; a cell that was not logged is no NaN.

    A gradient norm alone, with finite losses and back within `grace` points, is what an fp16 scaler does: warning, and
    a note where the config says that there is one, and it happened once.
    An eval loss that has never been finite may be an empty split; not three times running. A KL or an entropy that an
    agent merely reports is a mean over what may be nothing: a note, unless it stays so, or both are none together. So
    is a loss of an agent that has not begun to learn, and a term that never was a number beside a total that always is.
    """

    id = "nan-inf"
    title = "出现 NaN/Inf"
    severity = Severity.CRITICAL
    meaning = "loss、grad norm 或评估指标里出现了 NaN/Inf：数值已溢出，之后的 ckpt 通常不能用。"
    clears = "该指标连续多次记录都是有限值；偶尔恢复一两次不算"
    mistaken_for = "fp16 scaler 跳步时 grad norm 偶发 Inf；评估集为空也会出 NaN"
    impact = Impact.USABLE_BEFORE_ONSET
    blows_up = True
    remedies = (LOWER_LR, TIGHTER_CLIP)
    explains_what_follows = True
    wastes_time = True

    grace: Records = 3  # an fp16 scaler skips one step, at most a few
    together: Records = 2  # in a row of both a KL and an entropy: the policy is none, too
    moving: Records = 5  # in a row at which the lr changed: where it then does not, a scaler has skipped the step
    clear_points: Records = 20  # finite points until it counts as over,
    clear_pauses: Times = 3.0  # and so many times the longest pause between two of them
    fill_records: Records = 20  # of an agent that may fill its buffer first: longer than that no loss is awaited
    never_finite_evals: Evals = 3  # all of them non-finite: no empty split
    born: Records = 3  # numbers in a row, after as many and more that were none: what it is of had not begun

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        if of_eval:
            return Impact.IN_DOUBT
        # A lone Inf norm with a finite loss is a step that was skipped.
        return Impact.NONE if finding.severity < Severity.CRITICAL else self.impact

    def wasted_s(self, finding: Finding, since_onset_s: float | None) -> float | None:
        return since_onset_s if finding.severity >= Severity.CRITICAL else None

    def use(self, result: Result) -> str | None:
        return "评估有异常，还不能判断" if result.of_eval else None

    def tracks(self, view: View) -> Iterable[Track]:
        for key in view.keys(
            *LOSS_KINDS, *REPORTED, "grad_norm", "eval_loss", "eval_l1", "eval_error", "eval_score", "score"
        ):
            points = view.column(key, finite=False)
            if len(points):
                yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        bad = ~np.isfinite(points.x)
        return track(
            points,
            firing=bad,
            clearing=lambda: self._over(bad),
            severity=lambda: self._level(view, points, bad).astype(np.int64),
            words=lambda m: self._words(view, points, bad, m),
            foremost=points.key == view.roles.holder.get("loss"),
        )

    def _skipped(self, view: View, points: Points, bad: Bools) -> Bools:
        """(n,) the step of the last bad record was skipped: the config says that there is a scaler, or an lr that moved
        at every record stood still at that one."""
        if view.facts.precision == "fp16":
            return np.ones(len(points), dtype=bool)
        lr, none = view.role("lr"), np.zeros(len(points), dtype=bool)
        if lr is None or points.kind.name != "grad_norm" or not bad.any():
            return none
        still = lr.x == rolling.before(lr.x)
        waits = still & (rolling.before(rolling.streak(~still).astype(np.float64)) >= self.moving)
        at = rolling.take_or(np.asarray(waits), view.latest(points, lr), False)
        last = np.maximum.accumulate(np.where(bad, np.arange(len(bad)), -1))
        return rolling.take_or(at, last, False)

    def _gone(self, view: View, points: Points, bad: Bools) -> Bools:
        """(n,) of what an agent reports: neither its KL nor its entropy is a number, and not for one batch alone."""
        out = np.zeros(len(points), dtype=bool)
        for key in view.keys(*REPORTED):
            other = view.column(key, finite=False)
            if other.kind.name != points.kind.name:
                out |= rolling.take_or(~np.isfinite(other.x), view.latest(points, other), False)
        return rolling.sustained(bad & out, self.together)

    def _level(self, view: View, points: Points, bad: Bools) -> Ints:
        """(n,) of Severity."""
        if points.kind.name in {"grad_norm"}:
            level = np.where(rolling.streak(bad) > self.grace, Severity.CRITICAL, Severity.WARNING)
            skipped = self._skipped(view, points, bad) & (rolling.count_of(bad, self.clear_points) <= 1)
            return np.where(skipped, Severity.INFO, level)
        if points.kind.name in REPORTED:
            stays = (rolling.streak(bad) > self.grace) | self._gone(view, points, bad)
            return np.where(stays, Severity.WARNING, Severity.INFO)
        if points.kind.group == "eval" or points.kind.name == "score":
            # An eval split may be empty, a return undefined before the first episode ends.
            started = np.cumsum(~bad) > 0
            if points.kind.name in {"eval_loss", "eval_l1"}:
                started |= np.arange(len(bad)) >= self.never_finite_evals - 1
            return np.where(started & bad, Severity.WARNING, Severity.INFO)
        # An agent that only fills its buffer, or acts at random to fill it, has no loss yet.
        fills = acts_at_random(view, points) | before_learning(view, points) | self._waits(view, points)
        unborn = (fills | self._aside(view, points)) & (np.cumsum(~bad) == 0)
        return np.where(bad & ~unborn, Severity.CRITICAL, Severity.INFO)

    def _waits(self, view: View, points: Points) -> Bools:
        """(n,) the first episodes of an agent that learns from a buffer: they are paid, and there is no loss yet."""
        reward, on_policy = view.role("reward"), view.role("approx_kl") is not None
        if reward is None or on_policy:
            return np.zeros(len(points), dtype=bool)
        paid = (view.latest(points, reward) >= 0) & view.is_family(points, Family.RL) & ~answering(view, points)
        return np.asarray(paid & (np.arange(len(points)) < self.fill_records))

    def _aside(self, view: View, points: Points) -> Bools:
        """(n,) the total loss has always been a number: a sum that this belongs to would be none."""
        total = view.role("loss")
        if total is None or total.key == points.key:
            return np.zeros(len(points), dtype=bool)
        whole = view.column(total.key, finite=False)
        always = np.logical_and.accumulate(np.isfinite(whole.x))
        return rolling.take_or(np.asarray(always), view.latest(points, whole), False)

    def _over(self, bad: Bools) -> Bools:
        """(n,) finite for so long that no more are to come: one batch in six comes again after a pause, too. What has
        never been a number before is born with the first few."""
        finite = rolling.streak(~bad)
        pause = np.where(bad & (np.cumsum(bad) > 1), rolling.before(finite.astype(np.float64)), 0.0)
        longest = rolling.running_max(rolling.filled(pause))
        born = (finite >= self.born) & (finite == np.cumsum(~bad)) & bad[: self.born].all()
        return np.asarray(born | (finite >= np.maximum(self.clear_points, self.clear_pauses * longest)))

    def _sound(self, view: View, points: Points) -> Bools:
        """(n,) the record has a gradient norm that is a number and another one than before: what was logged is not what
        was trained with (KTO's mean over no pairs)."""
        key = view.roles.holder.get("grad_norm")
        if key is None:
            return np.zeros(len(points), dtype=bool)
        norm = view.column(key, finite=False)
        moves = np.isfinite(norm.x) & (norm.x != rolling.before(norm.x)) & (norm.x > 0)
        at = view.latest(points, norm)
        same = rolling.take_or(norm.rows.astype(np.float64), at, -1.0) == points.rows
        return np.asarray(same & rolling.take_or(np.asarray(moves), at, False))

    def _words(self, view: View, points: Points, bad: Bools, m: Moment) -> Words:
        count = int(np.count_nonzero(bad[m.onset : m.now + 1]))
        odd = points.x[m.onset : m.now + 1][bad[m.onset : m.now + 1]]
        what = "NaN" if np.isnan(odd).all() else "NaN/Inf" if np.isnan(odd).any() else "Inf"
        step = int(points.at[m.onset])
        before, after = grad_rise(view, int(points.rows[m.onset]))
        saved = checkpoints.before(view.facts, float(points.at[m.onset]) - 1, float(points.at[m.now]))
        evidence = {
            "step": step,
            "value": what,
            "count": count,
            "grad_norm_before": before,
            "grad_norm_after": after,
            "checkpoint": saved,
        }
        called = in_title(points.kind)
        title = f"{called} 已恢复正常" if m.over else f"{called} 出现 {what}"
        grown = f"，此前 grad norm {num(before)}→{num(after)}" if before and after and after > 2 * before else ""
        return Words(
            title,
            f"第 {step} 步出现 {what}{grown}" if count == 1 else f"第 {step} 步起{_so_many(count, what, m)}{grown}",
            self._advice(
                view,
                points,
                m,
                checkpoints.again(view.facts, saved),
                risen=bool(grown),
                sound=bool(self._sound(view, points)[m.now]),
            ),
            "确定",
            evidence,
            () if m.over or points.kind.group == "eval" else checkpoints.inferred(saved),
        )

    def _advice(self, view: View, points: Points, m: Moment, again: str, *, risen: bool, sound: bool) -> str:
        """By where it appeared: at once, after a rise, in evaluation alone, in the norm alone, at the peak of the lr,
        or out of nothing."""
        facts = view.facts
        if m.over:
            return "已恢复；再出现就查该 batch、lr 与精度"
        if points.kind.group == "eval":
            return "先查评估集是否为空、评估时的半精度与除零"
        if points.kind.name == "grad_norm" and m.severity < Severity.CRITICAL:
            skipped = "fp16 跳过的步一般无碍；" if facts.precision in {None, "fp16"} else ""
            return f"{skipped}一再出现再查 lr 与精度"
        if sound:
            return "grad norm 正常：先查 loss 的汇总，训练可能没受影响"
        if m.onset == 0:
            return f"先查数据、归一化{'与 fp16' if facts.precision in {None, 'fp16'} else ''}，修好后从头训"
        if risen:
            return f"先{one_of(facts, *self.remedies, instead='查该 batch')}，再{again}"
        if _at_peak(view, int(points.rows[m.onset])):
            return f"正好出在 lr 峰值：降峰值 lr、收紧 clip，再{again}"
        return f"先查该 batch、lr、精度；不恢复再{again}"


def _so_many(count: int, what: str, m: Moment) -> str:
    """`全是 NaN（46 次记录）`, `共 3 次 NaN`."""
    every = count == m.now - m.onset + 1
    return f"全是 {what}（{count} 次记录）" if every else f"共 {count} 次 {what}"


def _at_peak(view: View, row: int) -> bool:
    """Whether the lr had just come to its peak, after a warm-up."""
    lr = view.role("lr")
    x = lr.recent(row, row + 1) if lr is not None else np.zeros(0)
    return len(x) > 2 and bool(x[-1] >= 0.95 * np.max(x) > 0) and bool(x[0] < 0.5 * x[-1])


def grad_rise(view: View, row: int) -> tuple[float | None, float | None]:
    """Gradient norm in calm times and just before `row`; None where not logged."""
    grad = view.role("grad_norm")
    if grad is None:
        return None, None
    x = grad.x[: int(np.searchsorted(grad.rows, row))]
    return (rolling.median(x[-30:-5]), float(np.max(x[-3:]))) if len(x) > 8 else (None, None)
