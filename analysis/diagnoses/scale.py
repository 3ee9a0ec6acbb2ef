"""Numbers of the wrong size from the first record on: sums for means, targets that were not normalised.
No fault grows here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import short_key
from analysis.columns.family import Family
from analysis.columns.names import taken_apart
from analysis.figures import num, times
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.recovery import Recovery
from analysis.scan.summed import Summed, summed
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, PlanShare, Records, Share, Times
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering

LANGUAGE = (Family.SFT, Family.PRETRAINING)
NORMALISED = (Family.IMITATION, Family.VLA, Family.DIFFUSION)  # actions, noise, velocities: of size 1


@dataclass(frozen=True)
class ScaleMismatch(CausalDiagnosis):
    """A loss or a norm that has been of the wrong size since its first record.

    Train is eval times what the config sums over: no leak. The norm is in the hundreds at an ordinary cross-entropy:
    the loss that is differentiated is a sum; no clip follows from that. The loss of normalised targets begins near 1:
    ten thousand says that their statistics are wrong, unless another column shows the same loss as a mean. A
    cross-entropy per token begins near ln V: a thousand is a sum, or broken weights. A million is no sum over pixels
    either: of any other network it is told where nothing of it has been learnt and another term of the same loss counts
    for nothing beside it. Prices are that large by nature, and are learnt.
    """

    id = "scale-mismatch"
    title = "数值尺度不对"
    severity = Severity.INFO
    meaning = "loss 或 grad norm 从一开始就差一个尺度：按累加或卡数求和没取平均，或目标没有归一化。"
    clears = "数值降到平常大小并稳住；多半要改求和口径后重跑"
    mistaken_for = "有意按序列求和的 loss 也会这样，只是不能和取平均的比大小"
    impact = Impact.NONE

    start_points: Records = 20  # of a norm: it has not come down from a bad start
    window: Records = 10
    sum_norm: Level = 100.0  # of a language model: usual ones are 0.1 to 10
    other_norm: Level = 1e4  # of any other
    of_clip: Times = 1000.0  # times the configured clip, of any other: nobody means to cut so much off
    ordinary_loss: Level = 15.0  # of a language model, and of the others 100
    steady_ratio: Times = 2.5  # between now and the start
    size_points: Records = 3
    normalised_size: Level = 1e4  # of a loss that begins near 1; a KL term may start it at hundreds
    action_size: Level = 10.0  # of a loss of normalised actions that has not come below it
    action_progress: PlanShare = 0.1  # by now: a KL term of hundreds has come down within a few hundred steps
    action_points: Records = 100  # the same where no plan is known
    any_size: Level = 1e6  # of a loss of whatever, that stays where it began
    any_points: Records = 40  # records of it
    any_kept: Share = 0.8  # of its first records, which is left at least
    any_beside: Share = 1e-6  # of it: another term that counts for nothing
    language_size: Level = 1e3  # of a loss that begins near ln V, 10 to 12
    same_tolerance: Share = 0.1  # of the ratio to another column, either way: the same loss, as a mean
    clear_share: Share = 0.03

    def impact_of(self, finding: object, *, of_eval: bool) -> Impact:
        return Impact.IN_DOUBT if getattr(finding, "severity", Severity.INFO) > Severity.INFO else self.impact

    def use(self, result: Result) -> str | None:
        return "先核对数据尺度，还不能判断"

    def tracks(self, view: View) -> Iterable[Track]:
        evaluation, norm, loss = view.role("eval_loss"), view.role("grad_norm"), view.role("loss")
        if evaluation is not None and (sums := summed(view, evaluation)) is not None:
            yield self._ratio(view, evaluation, sums)
        if norm is not None and loss is not None and len(norm):
            yield self._norm(view, norm, loss)
        if loss is not None and len(loss):
            yield self._size(view, loss)

    # Train against eval

    def _ratio(self, view: View, points: Points, sums: Summed) -> Track:
        known = np.isfinite(sums.factor)
        return track(
            points,
            firing=known,
            clearing=lambda: rolling.sustained(~known, 2),
            severity=Severity.INFO,
            metrics=(sums.train.key,),
            onset=lambda j: 0,
            words=lambda m: self._ratio_words(points, sums, m),
        )

    def _ratio_words(self, points: Points, sums: Summed, m: Moment) -> Words:
        # After a resume the evaluation that told it may be gone.
        known = [sums.factor[j] for j in (m.raised, m.now) if np.isfinite(sums.factor[j])]
        factor, ratio = float(known[0]) if known else min(sums.called), float(sums.ratio[m.now])
        evidence = {"factor": factor, "ratio": ratio, "eval": float(points.x[m.now])}
        if m.over:
            return Words("训练与评估 loss 尺度已一致", f"现为 {times(ratio)} 倍", "", "确定", evidence)
        return Words(
            f"训练 loss 是评估的 {factor:.0f} 倍",
            f"从开始就约 {times(ratio)} 倍，即 {sums.called[factor]}={factor:.0f}：训练是求和，评估才是均值",
            f"以评估值为准；训练 loss 除以 {factor:.0f} 再比较",
            "很可能",
            evidence,
        )

    # The norm of the gradient

    def _norm(self, view: View, points: Points, loss: Points) -> Track:
        level = points.median(self.window)
        start = float(level[self.window - 1]) if len(level) >= self.window else np.nan
        of_text = view.is_family(points, *LANGUAGE) | bool({"lm"} & taken_apart(loss.key).bag)
        # Of an agent a value of thousands may be behind it; answers have none, and their loss is about 0.
        answers = answering(view, points)
        other = ~view.is_family(points, Family.RL, Family.GAN) | answers
        now = rolling.take_or(loss.median(self.window), view.latest(points, loss), np.nan)
        large = of_text & (level > self.sum_norm) & (now > 0) & (now < self.ordinary_loss)
        limit = min(self.other_norm, self.of_clip * (view.facts.clip or np.inf))
        large |= other & (level > limit) & ((now > 0) | answers) & (np.abs(now) < 100)
        steady = (level < self.steady_ratio * start) & (level > start / self.steady_ratio)
        since = rolling.streak(large & ((np.arange(len(points)) < self.window) | steady))
        always = since == np.arange(1, len(points) + 1)
        return track(
            points,
            firing=always & (since >= self.start_points),
            clearing=lambda: rolling.sustained(level < self.clear_share * start, self.window),
            severity=Severity.INFO,
            metrics=(loss.key,),
            onset=lambda j: 0,
            recovery=lambda: Recovery(np.log(np.maximum(level, 1e-12)), float(-np.log(self.clear_share))),
            words=lambda m: self._norm_words(points, level, now, m),
        )

    def _norm_words(self, points: Points, level: Floats, loss: Floats, m: Moment) -> Words:
        now, beside = float(level[m.now]), float(loss[m.now])
        evidence = {"norm": now, "loss": beside}
        if m.over:
            return Words("grad norm 已是平常大小", f"现 {num(now)}", "", "确定", evidence)
        return Words(
            f"grad norm 一直约 {num(now, 2)}",
            f"从第一条记录起 grad norm 中位 {num(now)}，而 loss 只有 {num(beside)}：像是累加求和、没取平均",
            "先核对 loss 是否按 token 累加、没取平均；勿调大 clip",
            "很可能",
            evidence,
        )

    # The loss itself

    def _size(self, view: View, points: Points) -> Track:
        low = rolling.running_min(points.x)
        text, normalised = view.is_family(points, *LANGUAGE), view.is_family(points, *NORMALISED)
        if view.facts.number("action_horizon", "n_action_steps", "action_dim", least=1) is not None:
            normalised |= view.is_family(points, Family.UNKNOWN)
        limit = np.where(normalised, self.normalised_size, np.where(text, self.language_size, np.inf))
        index = np.arange(len(points))
        # Of actions that are imitated no sum is made over pixels: by a tenth of the plan it is far smaller.
        acts = view.is_family(points, Family.VLA, Family.IMITATION)
        stays = acts & (low > self.action_size) & (index >= self.window - 1)
        stays &= view.past(points, self.action_progress, self.action_points)
        firing = (low > limit) & (index >= self.size_points - 1) | stays | self._absurd(view, points)
        limit = np.where(np.isfinite(limit), limit, self.any_size)
        clear = np.where(acts, self.action_size / 3, self.clear_share * limit)
        # Whether a network of somebody's own has normalised targets, nobody says.
        sure = (low > self.normalised_size) | ~acts | view.is_family(points, Family.VLA)
        mean = self._as_mean(view, points)
        level = points.median(self.window, least=1)
        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(level < clear, self.window),
            severity=lambda: np.where(np.isfinite(mean[1]) | ~sure, Severity.INFO, Severity.WARNING).astype(np.int64),
            onset=lambda j: 0,
            recovery=lambda: Recovery(np.log(np.maximum(level, 1e-12)), float(-np.log(self.clear_share))),
            words=lambda m: self._size_words(points, level, bool(text[m.raised]), mean, m),
        )

    def _absurd(self, view: View, points: Points) -> Bools:
        """(n,) of a size that nobody means, by its level: single batches may leap by orders of magnitude."""
        known = np.arange(len(points)) >= self.any_points
        terms = [k for k in view.keys("loss", "l1", "component") if k != points.key]
        terms = [k for k in terms if view.logged_by_third_point(k, points)]
        if not known.any() or not terms:
            return np.zeros(len(points), dtype=bool)
        level = points.median(2 * self.window, least=self.window)
        high = (rolling.running_min(level) > self.any_size) & (level > self.any_kept * level[self.window - 1])
        beside = [rolling.take_or(np.abs(t.x), view.latest(points, t), np.inf) for t in map(view.column, terms)]
        nothing = rolling.running_max(np.minimum.reduce(beside)) < self.any_beside * level
        return np.asarray(high & nothing & known & ~view.is_family(points, Family.RL, Family.GAN))

    def _as_mean(self, view: View, points: Points) -> tuple[list[str], Floats]:
        """(names, (n,) which of them): another column that began as this loss divided by a constant,
        and of ordinary size.
        """
        names: list[str] = []
        which = np.full(len(points), np.nan)
        for key in view.keys("loss", "l1", "component", "error"):
            if key == points.key:
                continue
            other = view.column(key)
            beside = rolling.take_or(other.x, view.latest(points, other), np.nan)
            with np.errstate(all="ignore"):
                ratio = np.log(np.where((beside > 1e-3) & (beside < 100) & (points.x > 0), points.x / beside, np.nan))
            high = rolling.rolling_max(ratio, self.size_points)
            low = rolling.rolling_min(ratio, self.size_points)
            several = rolling.sustained(np.isfinite(ratio), self.size_points)
            # Of many records that leap three agree by chance: those that are compared first have to.
            several &= np.cumsum(np.isfinite(ratio)) <= 2 * self.size_points
            constant = several & (high - low < 2 * self.same_tolerance) & (low > np.log(100))
            which = np.where(constant & np.isnan(which), len(names), which)
            names.append(key)
        return names, rolling.carried(which)

    def _size_words(
        self, points: Points, level: Floats, text: bool, mean: tuple[list[str], Floats], m: Moment
    ) -> Words:
        now, first = float(points.x[m.now]), float(points.x[0])
        evidence = {"first": first, "now": now}
        if m.over:
            return Words("loss 已是平常大小", f"现 {num(float(level[m.now]))}", "", "确定", evidence)
        title = f"loss 的数量级不对（{num(now, 2)}）"
        at = mean[1][m.now]
        if np.isfinite(at):
            said = f"loss {num(now)} 与 {short_key(mean[0][int(at)])[:16]} 之比恒定：求和，没取平均"
            return Words(title, said, "按元素或样本取平均再训，fp16 尤其容易溢出", "很可能", evidence)
        said = f"从第一条记录起就这样（{num(first)}），"
        if text:
            said += "交叉熵一般不超过 ln 词表≈12"
            advice = "先核对权重与 tokenizer 是否配套、loss 是否取平均"
        else:
            said += "目标归一化后 loss 应在 1 附近"
            advice = "先核对归一化统计：std≈0 的维度、单位、填充值有没有算进 loss"
        return Words(title, said, advice, "很可能", evidence)
