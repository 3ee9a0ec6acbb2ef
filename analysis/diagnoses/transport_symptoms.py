"""Unbalanced optimal transport: what stands behind a dead plan, or shows before it dies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import mass_law, rolling
from analysis.figures import num, times
from analysis.model import Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.remedy import NORMALISED_COST
from analysis.scan.track import Moment, Track, track
from analysis.scan.transport_plan import Plan, without_transport
from analysis.scan.units import Level, Records, Share, Times
from analysis.scan.view import Points, View

IN_DOUBT = "OT 是否起作用还不能判断"


@dataclass(frozen=True)
class OtSolverInconsistent(CausalDiagnosis):
    """The logged mass cannot be what this config and this log give: outside the law's interval, or above 1."""

    id = "ot-solver-inconsistent"
    title = "OT π 总和不在理论区间"
    severity = Severity.WARNING
    meaning = "按配置和日志推算，π 总和不该是这个值：求解器、记录口径、配置至少有一处不一致。"
    clears = "π 总和连续多次记录落在理论区间内"
    mistaken_for = "ot_loss 做过缩放或代价带权重，按日志推出的区间就不准，求解器没问题"
    impact = Impact.IN_DOUBT
    explained_by = ("ot-mass-collapse",)

    slack_ratio: Times = 3.0  # factor outside the interval: one batch's mass scatters with its cost
    max_mass: Level = 1.05  # marginals sum to 1
    hold: Records = 10  # in a row
    clear_points: Records = 20  # in a row

    def use(self, result: Result) -> str | None:
        return IN_DOUBT

    def tracks(self, view: View) -> Iterable[Track]:
        plan = Plan.of(view)
        if plan is not None and (view.facts.transport.d is not None or len(plan.mass)):
            yield self._track(view, plan)

    def _track(self, view: View, plan: Plan) -> Track:
        lo, hi = self._interval(view, plan)
        x = plan.mass.x
        # One batch's mass scatters with its cost: judge the median of 5 against the median of 5.
        level = rolling.rolling_median(x, 5, least=5)
        outside = (level > 0) & ((level < lo / self.slack_ratio) | (level > hi * self.slack_ratio))
        outside |= level > self.max_mass * self._convention(view)
        return track(
            plan.mass,
            firing=rolling.sustained(outside & plan.on, self.hold),
            clearing=lambda: rolling.sustained(~outside, self.clear_points),
            severity=Severity.WARNING,
            words=lambda m: self._words(plan, lo, hi, m),
        )

    def _convention(self, view: View) -> float:
        ot = view.facts.transport
        return mass_law.entropy_convention(ot.reg or 0.0, ot.d, ot.batch) if ot.d else 1.0

    def _interval(self, view: View, plan: Plan) -> tuple[Floats, Floats]:
        """The tight interval per point, by the same law as mass_law.bounds; (0, inf) where it says nothing."""
        ot, n = view.facts.transport, len(plan.mass)
        lo, hi = np.zeros(n), np.full(n, np.inf)
        if ot.d is None:
            return lo, hi
        mass = rolling.rolling_median(plan.mass.x, 5)
        with np.errstate(all="ignore"):
            price = rolling.rolling_median(plan.loss, 5) / mass
            cost = rolling.rolling_median(plan.cost, 5)
            low = np.exp(-cost / ot.d)
            if ot.batch:
                spread = (2 * (ot.reg or 0) + (ot.tau_src or 0) + (ot.tau_tgt or 0)) * np.log(ot.batch)
                low = np.fmax(low, np.exp(-(price + spread) / ot.d))
            high = np.exp(-price / ot.d) * self._convention(view)
        good = np.isfinite(price) & (price >= 0)
        return np.where(np.isfinite(low), low, 0.0), np.where(good, high, np.inf)

    def _words(self, plan: Plan, lo: Floats, hi: Floats, m: Moment) -> Words:
        mass = float(rolling.rolling_median(plan.mass.x[: m.now + 1], 5)[-1])
        a, b = float(lo[m.now]), float(hi[m.now])
        evidence = {"mass": mass, "interval": [a, b if np.isfinite(b) else None]}
        if m.over:
            return Words("OT π 总和已回到理论区间", f"π 现为 {num(mass)}", "", "确定", evidence)
        span = f"，理论区间 [{num(a, 2)}, {num(b, 2)}]" if np.isfinite(b) else "，不应大于 1"
        return Words(
            f"OT π 总和{'低' if mass < a else '高'}于理论区间",
            f"π {num(mass)}{span}；日志、配置与求解器至少一处不一致",
            "先核对迭代数、记录的代价与 reg/tau 的口径",
            "很可能",
            evidence,
        )


@dataclass(frozen=True)
class OtLossDead(CausalDiagnosis):
    """The weighted OT term adds less than a millionth to the loss although lambda > 0: it trains nothing."""

    id = "ot-loss-dead"
    title = "OT 项对总 loss 无贡献"
    severity = Severity.WARNING
    meaning = "lambda_ot 不为 0，但 OT 项在总 loss 里的占比小到可以忽略：它对训练不起作用。"
    clears = "OT 项占总 loss 的比例连续多次记录明显高于阈值"
    mistaken_for = "ot_loss 记的是缩放后的值，或 lambda_ot 还在 warmup 而配置没写明"
    impact = Impact.PART_MISSING
    explained_by = ("ot-mass-collapse",)

    max_share: Share = 1e-6  # of the total loss: with less it trains nothing
    hold: Records = 50  # in a row
    clear_points: Records = 20  # in a row

    def use(self, result: Result) -> str | None:
        return without_transport(result)

    def tracks(self, view: View) -> Iterable[Track]:
        loss, ot = view.role("loss"), view.role("ot_loss")
        if loss is not None and ot is not None and not view.facts.transport.off:
            yield self._track(view, loss, ot)

    def _track(self, view: View, loss: Points, ot: Points) -> Track:
        at = view.latest(ot, loss)
        total = rolling.take_or(loss.x, at, np.nan)
        weight = view.facts.transport.weight
        with np.errstate(all="ignore"):
            share = np.abs(ot.x) * (1.0 if weight is None else weight) / np.where(total > 0, total, np.nan)
        on = view.warm(ot) & (ot.at > view.facts.transport.warmup_steps)
        return track(
            ot,
            firing=rolling.sustained((share < self.max_share) & on, self.hold),
            clearing=lambda: rolling.sustained(share > 10 * self.max_share, self.clear_points),
            severity=Severity.WARNING,
            metrics=(loss.key,),
            onset=lambda j: j - self.hold + 1,
            words=lambda m: self._words(share, float(ot.x[m.now]), weight, m),
        )

    def _words(self, share: Floats, value: float, weight: float | None, m: Moment) -> Words:
        evidence = {"share": float(share[m.now]), "ot_loss": value, "lambda_ot": weight}
        if m.over:
            return Words("OT 项已有贡献", f"占总 loss {num(float(share[m.now]), 2)}", "", "确定", evidence)
        return Words(
            "OT 项对总 loss 无贡献",
            f"lambda_ot·OT={num(value * (weight or 1.0))}，占总 loss {num(float(share[m.now]), 2)}",
            "先看 π 总和是否坍缩，再核对 lambda_ot",
            "确定" if weight is not None else "很可能",
            evidence,
        )


@dataclass(frozen=True)
class OtPlanDegenerate(CausalDiagnosis):
    """All mass on the diagonal (one pair, a batch of 1, a tensor logged twice), or spread evenly (eps too large)."""

    id = "ot-plan-degenerate"
    title = "OT 计划退化"
    severity = Severity.WARNING
    meaning = "OT 计划要么全落在对角线上，要么近似均匀：没有形成有意义的配对。"
    clears = "对角占比连续多次记录离开全对角和均匀两端"
    mistaken_for = "两侧本来就按时间一一对齐时，匹配落在对角线上是合理的"
    impact = Impact.IN_DOUBT
    explained_by = ("ot-mass-collapse",)

    diagonal_share: Share = 0.999  # of the mass: all pairs are their own
    uniform_multiple: Times = 1.5  # times 1/n: no pair is preferred
    hold: Records = 20  # in a row

    def use(self, result: Result) -> str | None:
        return IN_DOUBT

    def tracks(self, view: View) -> Iterable[Track]:
        plan = Plan.of(view)
        if plan is not None and view.role("ot_diag") is not None and view.facts.value("ot_heuristic") is not True:
            yield self._track(view, plan)

    def _track(self, view: View, plan: Plan) -> Track:
        with np.errstate(all="ignore"):
            ratio = np.where(plan.mass.x > 0, plan.diag / plan.mass.x, np.nan)
        n = view.facts.transport.batch
        uniform = self.uniform_multiple / n if n and n > 1 else -np.inf
        odd = (ratio >= self.diagonal_share) | (ratio <= uniform)
        return track(
            plan.mass,
            firing=rolling.sustained(odd & plan.on, self.hold),
            clearing=lambda: rolling.sustained(~odd & np.isfinite(ratio), self.hold),
            severity=Severity.WARNING,
            onset=lambda j: j - self.hold + 1,
            words=lambda m: self._words(ratio, n, m),
        )

    def _words(self, ratio: Floats, n: float | None, m: Moment) -> Words:
        known = ratio[: m.now + 1][np.isfinite(ratio[: m.now + 1])]
        r = float(known[-1]) if len(known) else float("nan")
        evidence = {"diag_share": r if len(known) else None, "batch": n}
        if m.over:
            return Words("OT 计划已不再退化", f"对角占比 {num(r)}", "", "确定", evidence)
        if r >= self.diagonal_share:
            return Words(
                "OT 匹配全在对角线",
                f"diag/sum={num(r, 4)}：只剩对角配对，或同一张量记了两次",
                "先核对 batch 大小与两条曲线的记录",
                "很可能",
                evidence,
            )
        return Words(
            "OT 匹配近似均匀",
            f"diag/sum={num(r)}，接近 1/{num(n)}：OT 计划几乎不分配对",
            "先核对 reg 与代价量级",
            "很可能",
            evidence,
        )


@dataclass(frozen=True)
class OtCostUnnormalised(CausalDiagnosis):
    """The cost is far larger than standardised features give (2 x dim), or than the mass law can pay (C / D > 5: at
    most 0.7 %).
    """

    id = "ot-cost-unnormalised"
    title = "OT 代价未归一化"
    severity = Severity.WARNING
    meaning = "OT 代价远大于特征归一化后该有的量级，会把 π 压到接近 0。"
    clears = "平均代价连续多次记录明显低于上限"
    mistaken_for = "日志记的是归一化之前的代价，实际进 Sinkhorn 的已归一化"
    impact = Impact.IN_DOUBT
    remedies = (NORMALISED_COST,)
    explained_by = ("ot-mass-collapse",)

    max_cost_over_d: Times = 5.0  # C / D: the mass law pays 0.7 % at most
    max_cost_over_2dim: Times = 10.0  # times 2 x dim, which standardised features give
    hold: Records = 20  # in a row
    far_times: Times = 10.0  # the limit: what lies so far beyond it is no scatter of a batch
    far_hold: Records = 5  # in a row, then

    def use(self, result: Result) -> str | None:
        return IN_DOUBT

    def tracks(self, view: View) -> Iterable[Track]:
        if view.facts.transport.off:
            return
        for key in view.keys("ot_cost"):
            yield self._track(view, view.column(key))

    def _track(self, view: View, cost: Points) -> Track:
        d, dim = view.facts.transport.d, view.facts.number(f"{cost.kind.term}_dim", least=1)
        level = rolling.rolling_median(cost.x, 5, least=5)
        limits = [
            x
            for x in (self.max_cost_over_d * d if d else None, self.max_cost_over_2dim * 2 * dim if dim else None)
            if x is not None
        ]
        limit = min(limits) if limits else np.inf
        large, far = (level > limit) & view.warm(cost), level > self.far_times * limit
        return track(
            cost,
            firing=rolling.sustained(large, self.hold) | rolling.sustained(far, self.far_hold),
            clearing=lambda: rolling.sustained(level < 0.7 * limit, self.hold),
            severity=Severity.WARNING,
            onset=lambda j: j - int(rolling.streak(cost.x[: j + 1] > limit)[-1]) + 1,
            words=lambda m: self._words(cost, level, d, dim, m),
        )

    def _words(self, cost: Points, level: Floats, d: float | None, dim: float | None, m: Moment) -> Words:
        c = float(cost.x[m.now])
        evidence = {
            "mean_cost": c,
            "cost_over_d": c / d if d else None,
            "dim": dim,
            "cost_over_2dim": c / (2 * dim) if dim else None,
        }
        if m.over:
            return Words("OT 代价已降下来", f"平均代价 {num(c)}", "", "确定", evidence)
        expected = (
            f"标准化后应约 {num(2 * dim)}，现大 {times(c / (2 * dim))} 倍"
            if dim
            else f"是 reg+tau 之和的 {times(c / d) if d else '—'} 倍"
        )
        return Words(
            "OT 代价很可能未归一化",
            f"{cost.kind.term or 'OT'} 平均代价 {num(c)}，{expected}",
            "先按数据统计量归一化再进 Sinkhorn",
            "很可能",
            evidence,
        )
