"""A value that cannot be: what is measured is not what the name says, or it is measured wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.bounds import Bound, bound_of
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import ACCURACY, word_set
from analysis.facts.classes import classes
from analysis.figures import num
from analysis.model import Bools, Finding, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.judges import is_share_of_codes
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Records, Share
from analysis.scan.view import Points, View

# Any of these, in a config or a column, says that a loss may be negative by its nature.
DENSITIES = word_set(
    "elbo flow nflow logdet likelihood loglikelihood gmm mdn gaussian cosine contrastive simsiam dice unlearn "
    "unlearning ascent vits wgan entropy"
)
# Beside one of these a loss of boxes is that of YOLO, which is 1 - IoU; elsewhere it may be -IoU, or a likelihood.
YOLO = word_set("dfl obj objectness")
BOXES = word_set("box bbox")
# Critics whose loss is not a squared error alone.
CONSERVATIVE = word_set("cql conservative combo calql edac wgan")
SHORT = 12  # characters of a name that a title has room for
SIGNED_KL = (Family.RL, Family.PREFERENCE, Family.GAN)  # estimates from samples, of either sign


@dataclass(frozen=True)
class ImpossibleValue(CausalDiagnosis):
    """A quantity lies outside of what it can be: FID below 0 or at 1e50, an accuracy above 1, a negative variance.

    Bounds are those of `analysis.columns.bounds`. A share may be logged in per cent: above 1 it is impossible only
    where the loss shows that what went before was no per cent. Four need more than a name: a cross-entropy (the name
    or an accuracy says so, and nothing speaks of densities), the squared error of a critic (it had been positive), the
    KL of a posterior, what the boxes of YOLO miss of the true ones. In doubt it is silent.
    """

    id = "impossible-value"
    title = "出现不可能的数值"
    severity = Severity.WARNING
    meaning = "指标取了定义上不可能的值（FID 为负、准确率超过 1、方差为负等）：计算或记录有误，不能据此判断。"
    clears = "数值回到定义允许的范围并保持一段时间"
    mistaken_for = "含连续密度的 NLL 本来就可为负；0–1 与百分数混着记也会越界"
    impact = Impact.IN_DOUBT
    explained_by = ("nan-inf", "masked-nan")

    tolerance: Share = 1e-3  # of the width of a bound: rounding
    doubtful_hold: Records = 3  # where a definition might allow it
    positive_points: Records = 10  # of a loss of a critic, before it counts as a squared error
    share_points: Records = 20  # of a share, at least half of them above 0.5, before its unit is settled
    learnt_share: Share = 0.5  # of the first loss: no model has learnt that much at an accuracy of 1 %
    small_kl: Share = 0.01  # below 0: an estimate's noise

    def use(self, result: Result) -> str | None:
        return "评估数值有误，还不能判断" if result.of_eval else "数值口径有误，还不能判断"

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        return self.impact

    def tracks(self, view: View) -> Iterable[Track]:
        loss = view.roles.holder.get("loss")
        for key in sorted(view.roles.kinds):
            bound = bound_of(key)
            points = view.column(key)
            if bound is not None and len(points) and not is_share_of_codes(points):
                outside = self._outside(points, bound) | self._above_one(view, points, bound)
                outside |= self._below_chance(view, points, bound)
                outside |= self._summed(view, points, bound)
                yield self._track(points, bound, outside, outside, key == loss)
                continue
            bad = self._negative(view, points, key == loss) if len(points) else None
            if bad is not None:
                lasting = rolling.sustained(bad, self.doubtful_hold)
                yield self._track(points, Bound(self._of_loss(points), least=0.0), bad, lasting, key == loss)

    def _outside(self, points: Points, bound: Bound) -> Bools:
        """A share in per cent goes to 100. One that is above 1 for the first time may be in per cent after all."""
        most = 100.0 if bound.per_cent else bound.most
        slack = self.tolerance * (most if np.isfinite(most) else 1.0)
        if np.isfinite(bound.least) and not np.isfinite(most):
            slack = self.tolerance * max(1.0, abs(bound.least))
        return np.asarray((points.x < bound.least - min(slack, 1e-3)) | (points.x > most + slack))

    def _above_one(self, view: View, points: Points, bound: Bound) -> Bools:
        """Above 1, of what has been logged as a share: mostly above one half, while the loss fell by half."""
        loss = view.role("loss")
        if not bound.per_cent or loss is None or len(loss) < self.positive_points:
            return np.zeros(len(points), dtype=bool)
        level = loss.median(5)
        fallen = rolling.take_or(level < self.learnt_share * level[4], view.latest(points, loss), False, least=5)
        within = np.concatenate([[0], np.cumsum((points.x > 0.5) & (points.x <= 1.0))])[:-1]
        settled = (np.arange(len(points)) >= self.share_points) & (2 * within >= np.arange(len(points)))
        first = np.maximum.accumulate(settled & fallen)
        never_far = rolling.before(rolling.running_max(points.x)) <= 2.0
        return np.asarray(first & never_far & (points.x > 1.0 + self.tolerance) & (points.x <= 2.0))

    def _below_chance(self, view: View, points: Points, bound: Bound) -> Bools:
        """Above 1, where even the best in per cent would be less than half of what guessing gives, while the loss fell
        by half: it is no per cent, and was none.
        """
        loss, number = view.role("loss"), classes(view.facts)
        if not bound.per_cent or loss is None or number is None or not taken_apart(points.key).bag & ACCURACY:
            return np.zeros(len(points), dtype=bool)
        level = loss.median(5)
        fallen = rolling.take_or(level < self.learnt_share * np.max(loss.x[:1]), view.latest(points, loss), False)
        best = rolling.running_max(points.x)
        known = np.maximum.accumulate(
            fallen & (best < 50.0 / number) & (np.arange(len(points)) >= self.positive_points)
        )
        return np.asarray(known & (points.x > 1.0 + self.tolerance) & (best < 50.0 / number))

    def _summed(self, view: View, points: Points, bound: Bound) -> Bools:
        """(n,) above 1, and got there by shares of one record each: a sum that nobody divides. Of pairs, of which half
        are told apart by guessing: in per cent none would begin there.
        """
        if not bound.per_cent or len(points) < self.doubtful_hold:
            return np.zeros(len(points), dtype=bool)
        added = np.diff(points.x, prepend=0.0)
        by_shares = np.logical_and.accumulate((added >= 0) & (added <= 1))
        summed = by_shares & (points.x > 1 + self.tolerance) & (np.arange(len(points)) >= self.doubtful_hold)
        return summed & view.is_family(points, Family.PREFERENCE)

    def _of_loss(self, points: Points) -> str:
        if _of_boxes(points):
            return "1−IoU"
        return {"kl": "KL"}.get(points.kind.name, "平方误差" if points.kind.role == "critic_loss" else "交叉熵")

    def _negative(self, view: View, points: Points, trained: bool) -> Bools | None:
        """(n,) below 0, of a loss that cannot be; None where nobody says so."""
        below = points.x < 0
        if points.kind.name == "kl":
            below = points.x < -self.small_kl
            below &= ~view.is_family(points, *SIGNED_KL)
            if self._speaks_of(view, points, DENSITIES - {"entropy", "gaussian"}):
                return None
        elif points.kind.role == "critic_loss":
            if self._speaks_of(view, points, CONSERVATIVE):
                return None
            before = rolling.running_min(points.x[: self.positive_points])
            positive = len(before) == self.positive_points and bool(before[-1] >= 0)
            below &= view.is_family(points, Family.RL) & positive
        elif _of_boxes(points):
            below &= self._logged(view, points, YOLO)
        elif trained or points.kind.name == "eval_loss":
            below &= self._is_cross_entropy(view, points) & ~self._of_parts(view, points, below)
        else:
            return None
        return np.asarray(below)

    def _is_cross_entropy(self, view: View, points: Points) -> Bools:
        """Its name says so; or it is a language model's, or accuracies are logged, and nothing speaks of a density."""
        n = taken_apart(points.key)
        named = bool(n.bag & {"ce", "xent", "crossentropy", "bce"}) or {"cross", "entropy"} <= n.bag
        if self._speaks_of(view, points, DENSITIES - {"entropy"}):
            return np.zeros(len(points), dtype=bool)
        if named:
            return np.ones(len(points), dtype=bool)
        text = view.is_family(points, Family.SFT, Family.PRETRAINING)
        tells_apart = self._logged(view, points, ACCURACY)
        return text | view.is_family(points, Family.SUPERVISED) & tells_apart

    def _of_parts(self, view: View, points: Points, below: Bools) -> Bools:
        """(n,) another loss beside it has been negative by now, which may be a part of it; or what is learnt from is a
        reward, so that the loss is a policy's."""
        if not below.any():
            return below

        def first_negative() -> list[tuple[int, str]]:
            losses = [view.column(k) for k in view.roles.kinds if taken_apart(k).a_loss]
            return sorted((int(part.rows[part.x < 0][0]), part.key) for part in losses if (part.x < 0).any())[:2]

        signed = view.once("the first losses below 0", first_negative)
        begun = next((row for row, key in signed if key != points.key), len(view.history))
        reward = view.role("reward")
        if reward is not None and len(reward):
            begun = min(begun, int(reward.rows[0]))
        return np.asarray(points.rows >= begun)

    def _speaks_of(self, view: View, points: Points, said: Set[str]) -> bool:
        """A column by now, or the config, holds one of these words."""
        if self._logged(view, points, said):
            return True
        entries = view.facts.entries
        return any(
            set(path) & said or (isinstance(value, str) and set(taken_apart(value).words) & said)
            for path, (_, value) in entries.items()
        )

    def _logged(self, view: View, points: Points, said: Set[str]) -> bool:
        """A column by the third of the points holds one of these words."""

        def earliest() -> str | None:
            named = [k for k in view.roles.kinds if taken_apart(k).bag & said]
            return min(named, key=lambda k: int(view.history.columns[k].rows[0]), default=None)

        first = view.once(f"first that says {sorted(said)}", earliest)
        return first is not None and view.logged_by_third_point(first, points)

    def _track(self, points: Points, bound: Bound, bad: Bools, firing: Bools, trained: bool) -> Track:
        since = np.arange(len(points)) - rolling.streak(bad) + 1
        return track(
            points,
            firing=firing,
            clearing=lambda: ~bad,
            severity=Severity.CRITICAL if trained else Severity.WARNING,
            onset=lambda j: int(since[j]),
            recovery=lambda: Recovery(bad.astype(np.float64), 0.5),
            words=lambda m: self._words(points, bound, m),
        )

    def _words(self, points: Points, bound: Bound, m: Moment) -> Words:
        now, first = float(points.x[m.now]), float(points.x[m.onset])
        called = bound.called if bound.called.isascii() and len(bound.called) <= SHORT else in_title(points.kind)
        most = (100.0 if first > 100 else 1.0) if bound.per_cent else bound.most
        limit = max(0.0, bound.least) if first < bound.least else most
        evidence = {"first": first, "now": now, "limit": limit, "since": int(points.at[m.onset])}
        if m.over:
            return Words(f"{called} 已回到可能的范围", f"现 {num(now)}", "", "确定", evidence)
        side = "不会小于" if first < bound.least else "不会大于"
        held_out = points.kind.group == "eval"
        return Words(
            f"{called} 出现不可能的值",
            f"第 {int(points.at[m.onset])} 步为 {num(first)}，而 {bound.called} {side} {num(limit)}",
            "先修评估的计算再看它；在此之前勿据此选 ckpt" if held_out else "先核对该项的计算与记录",
            "确定",
            evidence,
        )


def _of_boxes(points: Points) -> bool:
    n = taken_apart(points.key)
    return n.a_loss and bool(n.bag & BOXES)
