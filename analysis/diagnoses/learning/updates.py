"""An agent whose updates change nothing, or are not made at all, or to which all actions are as likely as at first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import short_key
from analysis.columns.family import Family
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num
from analysis.model import Severity, Words
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Nats, PlanShare, Records, Share
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering

MOST_ACTIONS, NEAR_LN = 64, 3e-3  # above it the ln of one number is near that of the next


@dataclass(frozen=True)
class UpdatesStand(Patience):
    no_loss_records: Records = 500  # of losses of exactly 0: a buffer may take as many episodes to be filled
    planned_no_loss_records: Records = 100  # the same after `no_loss_progress`
    no_loss_progress: PlanShare = 0.1  # a buffer is filled by then
    same_records: Records = 12  # of a KL and an entropy that are the same to the last digit
    still_kl: Nats = 1e-6  # of every update so far; those of healthy agents are 1e-4 to 1e-2
    still_entropy: Share = NEAR_LN  # of the first entropy, or of a nat, that it has moved by at most

    def of_updates(self, view: View) -> Iterator[Track]:
        if len(losses := _agent_losses(view)) > 1:
            yield self._no_loss_track(view, losses)
        update, entropy = view.role("approx_kl"), view.role("entropy")
        if entropy is None or not len(entropy):
            return
        if (away := view.role("ref_kl")) is not None and len(away):
            yield self._same_track(view, away, entropy)
        if update is not None and len(update):
            yield self._still_track(view, update, entropy)
        else:
            yield self._uniform_track(view, entropy)

    def _no_loss_track(self, view: View, losses: list[Points]) -> Track:
        """Every loss of an agent is exactly 0, that of its values and that of its policy: no update is ever made. One
        of them may be by itself, of rewards that are not there yet or of a batch that is gone through once."""
        first, *others = losses
        none = first.x == 0
        for other in others:
            none &= rolling.take_or(rolling.running_max(np.abs(other.x)) == 0, view.latest(first, other), False)
        n, done = np.arange(len(first)) + 1, view.progress(first)
        due = (n >= self.planned_no_loss_records) & (done > self.no_loss_progress) | (n >= self.no_loss_records)
        firing = np.logical_and.accumulate(none) & due & view.is_family(first, Family.RL) & ~answering(view, first)
        return track(
            first,
            firing=firing,
            clearing=~none,
            severity=Severity.WARNING,
            metrics=tuple(other.key for other in others),
            onset=lambda j: 0,
            words=lambda m: _no_loss_words(losses, m),
        )

    def _same_track(self, view: View, away: Points, entropy: Points) -> Track:
        """How far a policy is from its reference, and its entropy, are the same to the last digit over batch after
        batch: other answers alone would change them. Exactly 0 may be a term that nobody works out."""
        same = (away.x == away.x[0]) & (away.x != 0)
        beside = rolling.take_or(entropy.x == entropy.x[0], view.latest(away, entropy), False)
        firing = np.logical_and.accumulate(same & beside) & (np.arange(len(away)) + 1 >= self.same_records)
        return track(
            away,
            firing=firing & view.is_family(away, Family.RL),
            clearing=lambda: ~same,
            severity=Severity.CRITICAL,
            metrics=(entropy.key,),
            onset=lambda j: 0,
            words=lambda m: _same_words(away, entropy, m),
        )

    def _still_track(self, view: View, update: Points, entropy: Points) -> Track:
        """An agent whose updates change nothing, from the first on, nor does its entropy: of a single pass over a batch
        the KL is that before the step, so one of the two alone says little.
        """
        size = rolling.running_max(np.abs(update.x))
        first = rolling.running_max(entropy.x) - rolling.running_min(entropy.x)
        moved = first > self.still_entropy * np.maximum(np.abs(entropy.x[0]), 1.0)
        still = (size < self.still_kl) & ~rolling.take_or(np.asarray(moved), view.latest(update, entropy), True)
        firing = rolling.sustained(still, self.min_points) & view.is_family(update, Family.RL)
        return track(
            update,
            firing=firing & view.past_warmup(update) & ~answering(view, update),
            # One lucky batch among dozens is not yet an agent that learns.
            clearing=lambda: rolling.sustained(update.median(self.min_points) > self.still_kl, self.min_points),
            severity=Severity.WARNING,
            metrics=(entropy.key,),
            onset=lambda j: 0,
            words=lambda m: self._still_words(update, entropy, m),
        )

    def _still_words(self, update: Points, entropy: Points, m: Moment) -> Words:
        now, beside = float(update.x[m.now]), entropy.value(int(update.rows[m.now]))
        evidence = {"approx_kl": now, "entropy": beside, "records": m.now + 1}
        if m.over:
            return Words("策略已开始更新", f"approx_kl 现为 {num(now)}", "", "确定", evidence)
        size = np.abs(update.x[: m.now + 1])
        small, n = int(np.count_nonzero(size < self.still_kl)), m.now + 1
        said = f"{n} 次更新 approx_kl 都不到 {num(self.still_kl)}，策略熵也没变"
        if small < n:
            said = f"{n} 次更新里 {small} 次 approx_kl 不到 {num(self.still_kl)}，现 {num(now)}"
        return Words(
            "策略几乎没有更新",
            said,
            "查 lr 实际值、优化器里的参数与 advantage 是否为 0",
            "很可能",
            evidence,
        )

    def _uniform_track(self, view: View, entropy: Points) -> Track:
        """An agent to which all actions are alike, from the first record on: its entropy is the ln of their number."""
        most = np.log(_choices(entropy))
        alike = np.abs(entropy.x - most) < self.still_entropy * most
        uniform = rolling.sustained(np.logical_and.accumulate(alike), self.min_points)
        uniform &= view.past(entropy, self.score_progress, self.score_evals) & view.is_family(entropy, Family.RL)
        late = view.progress(entropy) > self.mostly_progress
        return track(
            entropy,
            firing=uniform & view.past_warmup(entropy) & ~answering(view, entropy),
            clearing=lambda: rolling.sustained(~alike, self.min_points),
            severity=lambda: np.where(late, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: 0,
            words=lambda m: _uniform_words(entropy, m),
        )


def _agent_losses(view: View) -> list[Points]:
    """Every loss of an agent that was logged from the start."""
    found = [view.column(key) for key in view.keys("rl_loss") if view.roles.kinds[key].group == "train"]
    found = [points for points in found if len(points)]
    return [points for points in found if view.logged_by_third_point(points.key, found[0])]


def _no_loss_words(losses: list[Points], m: Moment) -> Words:
    now = float(losses[0].x[m.now])
    evidence = {"losses": [points.key for points in losses], "records": m.now + 1, "now": now}
    if m.over:
        return Words("loss 已不为 0", f"现为 {num(now)}", "", "确定", evidence)
    said = "、".join(short_key(points.key) for points in losses[:2])
    return Words(
        "各项 loss 一直为 0",
        f"{m.now + 1} 次记录 {said} 全为 0：多半一次更新也没做",
        "查更新是否被跳过（NaN、大 loss 过滤）、有没有 step",
        "很可能",
        evidence,
    )


def _same_words(away: Points, entropy: Points, m: Moment) -> Words:
    now, beside = float(away.x[m.now]), entropy.value(int(away.rows[m.now]))
    evidence = {"ref_kl": now, "entropy": beside, "records": m.now + 1}
    if m.over:
        return Words("策略已开始更新", f"KL 现为 {num(now)}", "", "确定", evidence)
    return Words(
        "策略没有更新",
        f"{m.now + 1} 次记录 KL 恒为 {num(now)}、策略熵恒为 {num(beside)}，一位不变",
        "查 loss 是否恒为 0、参数有没有进优化器、KL 与熵是不是写死的值",
        "很可能",
        evidence,
    )


def _choices(entropy: Points) -> float:
    """Among how many actions an agent chooses, if it began as likely to take one as any other; else NaN."""
    n = round(float(np.exp(np.clip(entropy.x[0], 0.0, np.log(MOST_ACTIONS)))))
    return float(n) if n >= 2 and abs(entropy.x[0] - np.log(n)) < NEAR_LN * np.log(n) else np.nan


def _uniform_words(entropy: Points, m: Moment) -> Words:
    now, n = float(entropy.x[m.now]), _choices(entropy)
    evidence = {"entropy": now, "actions": n, "records": m.now + 1}
    if m.over:
        return Words("策略已不再是均匀随机", f"策略熵现为 {num(now)}", "", "确定", evidence)
    return Words(
        "策略仍是均匀随机",
        f"{m.now + 1} 次记录策略熵都是 {num(now)}，即 ln {n:.0f}：{n:.0f} 个动作等概率",
        "先看 reward 是否太稀疏，再查 lr 与 advantage 是否为 0",
        "很可能",
        evidence,
    )
