"""Unbalanced optimal transport: whether the term is alive, and if not, why. The law is in analysis.arrays.mass_law."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.arrays import mass_law, rolling
from analysis.figures import num
from analysis.model import Certainty, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.remedy import NORMALISED_COST
from analysis.scan.track import Moment, Track, track
from analysis.scan.transport_plan import Plan, without_transport
from analysis.scan.units import Level, Records, Times
from analysis.scan.view import View


@dataclass(frozen=True)
class OtMassCollapse(CausalDiagnosis):
    """The plan moves no mass, so its loss and its gradient (both proportional to the mass) are nought.

    Healthy unbalanced plans sit at 0.01 to 1. Below 1e-4 the term acts at less than 0.01 % of full strength.
    """

    id = "ot-mass-collapse"
    title = "OT 匹配总量坍缩"
    severity = Severity.CRITICAL
    meaning = "OT 计划的 π 总和塌到接近 0：OT 项的 loss 和梯度随之消失，等于没开。"
    clears = "π 总和连续多次记录回到有效水平；短暂冒头不算"
    mistaken_for = "OT 还没启用（warmup、按阶段关闭）而配置里没写明时，π 也接近 0"
    impact = Impact.PART_MISSING
    remedies = (NORMALISED_COST,)
    wastes_time = True

    dead_mass: Level = 1e-6  # mass; below this from the start it was never alive
    fallen_mass: Level = 1e-4  # mass; below this after having been `fallen_ratio` times higher
    fallen_ratio: Times = 100.0  # the peak over the level
    first_records: Records = 30  # never above `fallen_mass` by then: it was never alive either
    window: Records = 5  # in the level
    hold: Records = 4  # medians in a row: a dip of three records is none
    healthy_mass: Level = 1e-3  # mass; above this for `clear_points` it is alive again
    clear_points: Records = 20  # in a row
    normal_mass: Level = 0.1  # mass, for the sentence and the chart: healthy plans sit at 0.01 to 1
    far_cost_ratio: Times = 5.0  # C / D past which the cost alone explains a dead plan: the law allows 0.7 % at most
    remedy_tau: Level = 0.5  # advised per side, after dividing the cost by its mean
    remedy_reg: Level = 0.05  # advised likewise

    def use(self, result: Result) -> str | None:
        return without_transport(result)

    def tracks(self, view: View) -> Iterable[Track]:
        plan = Plan.of(view)
        if plan is not None:
            yield self._track(view, plan)

    def _track(self, view: View, plan: Plan) -> Track:
        x = plan.mass.x
        level = rolling.rolling_median(x, self.window, least=self.window)
        peak = rolling.running_max(np.where(plan.on, level, np.nan))
        low = (level < self.dead_mass) | ((level < self.fallen_mass) & (level < peak / self.fallen_ratio))
        low |= (peak < self.fallen_mass) & (np.cumsum(plan.on) > self.first_records)
        firing = plan.on & rolling.sustained(low, self.hold)
        clearing = rolling.sustained(x > self.healthy_mass, self.clear_points)
        return track(
            plan.mass,
            firing=firing,
            clearing=clearing,
            severity=Severity.CRITICAL,
            onset=lambda j: self._onset(plan, peak, j),
            words=lambda m: self._words(view, plan, m),
        )

    def _onset(self, plan: Plan, peak: Floats, j: int) -> int:
        """0 when it was never alive; else the first point after the last one near its level while it lived."""
        x = plan.mass.x
        if not np.nan_to_num(peak[j]) > self.fallen_mass:
            return 0
        alive = np.flatnonzero(x[:j] > 0.5 * self._level(x[:j]))
        return int(alive[-1]) + 1 if len(alive) else 0

    def _level(self, x: Floats) -> float:
        """The level of the last points that were clearly alive."""
        alive = x[x > self.healthy_mass]
        return rolling.median(alive[-30:]) if len(alive) else float(np.max(x)) if len(x) else 0.0

    def _words(self, view: View, plan: Plan, m: Moment) -> Words:
        evidence = self.evidence(view, plan, m)
        mass, x = evidence["mass"], plan.mass.x
        never = not evidence["was_healthy"]
        if m.over:
            return Words("OT π 总和已恢复", f"π 回到 {num(mass)}", "", "确定", evidence)
        when = self._when(plan, evidence, m, never)
        ratio = evidence["cost_over_d"]
        cause = []
        if mass == 0 and evidence["cost_over_reg"] is not None and evidence["cost_over_reg"] > mass_law.FP32_SUBNORMAL:
            cause.append(f"C/reg={num(evidence['cost_over_reg'])}，fp32 下溢")
        elif ratio is not None and ratio > self.far_cost_ratio:
            cause.append(f"代价为 reg+tau 之和的 {num(ratio)} 倍，很可能未归一化")
        elif evidence["mean_cost"] is not None and ratio is None:
            cause.append(f"平均代价 {num(evidence['mean_cost'])}")
        if evidence["consistent"] is False:
            if ratio is None or ratio <= self.far_cost_ratio:
                expected = "" if ratio is None else f"按配置 π 应 ≥{num(evidence['interval'][0], 2)}，"
                cause.append(f"{expected}日志与配置不符")
            elif mass > 0 and abs(math.log(mass) + ratio) < math.log(3):  # the cost explains it, if not the price
                cause = [f"π≈exp(−代价/{num(evidence['d'])})，确为代价过大"]
        title = f"OT {'没起作用' if never else '匹配总量坍缩'}（π {num(mass, 2)}）"
        message = "；".join([when, *cause])
        return Words(title, message, self._advice(evidence, x[m.now]), "确定", evidence, self._more(evidence))

    def _when(self, plan: Plan, evidence: dict[str, Any], m: Moment, never: bool) -> str:
        normal = f"经验上 {num(self.normal_mass)}–1"
        if not never:
            return f"{normal}，第 {int(plan.mass.at[m.onset])} 步前约 {num(evidence['level_before'], 2)}"
        first, last = evidence["alive_from"], evidence["alive_to"]
        if first is None:
            return f"{normal}，全程 <{num(evidence['dead_below'])}"
        if last == int(plan.mass.at[m.now]):
            return f"{normal}，第 {first} 步前 <{num(evidence['dead_below'])}"
        return f"{normal}，全程最高 {num(evidence['mass_peak'], 2)}（第 {evidence['mass_peak_step']} 步）"

    def _more(self, evidence: dict[str, Any]) -> tuple[str, ...]:
        """For the full report: the law's numbers, what contradicts what, and what to do after the first step."""
        lines = []
        d, cost, price, share = evidence["d"], evidence["mean_cost"], evidence["plan_price"], evidence["diag_share"]
        if d and cost is not None:
            lines.append(
                f"平均代价 C={num(cost)}，D=reg+tau_src+tau_tgt={num(d)}，C/D={num(evidence['cost_over_d'])}；"
                f"代价处处相等时 π=exp(-C/D)={num(evidence['constant_cost_mass'], 2)}"
            )
        if evidence["consistent"] is False:
            lo, hi = evidence["interval"]
            paid = f"ot_loss/π={num(price)}（每单位匹配的实际代价）" if price is not None else ""
            diagonal = f"，diag/sum={num(share, 4)}" if share is not None else ""
            lines.append(
                f"{paid}{diagonal}；按日志与配置 π 应在 [{num(lo, 2)}, {num(hi, 2)}]，"
                "三者不可能对应同一个 π：查 ot_loss 口径（代价权重、loss 缩放）与求解器内部的代价"
            )
        if (remedy := evidence["remedy"]) is not None and (
            evidence["cost_over_d"] or self.far_cost_ratio + 1
        ) > self.far_cost_ratio:
            lines.append(
                f"归一化：代价除以滑动（detach）均值 {num(remedy['divide_cost_by'])}，"
                f"tau_src=tau_tgt={num(remedy['tau_src'])}、reg={num(remedy['reg'])}，"
                f"π 至少约 {num(remedy['mass_at_least'], 2)}"
            )
            times_d = f"（现在的 {num(remedy['or_d_times'], 2)} 倍）" if remedy["or_d_times"] is not None else ""
            lines.append(
                f"或不动代价，把 reg+tau_src+tau_tgt 提到 {num(remedy['or_d_for_half'])}{times_d}，π≥0.5；"
                "先试前者，一次只改一处"
            )
        lines.append("先确认 OT 项经过可训练的编码器：代价若只含输入（如 state），π 恢复也没有梯度")
        lines.append("之后：π 恢复后 OT 项由 1e-12 量级变为 0.1 量级，lambda_ot 须从小重调")
        return tuple(lines)

    def _advice(self, evidence: dict[str, Any], now: float) -> str:
        if now == 0 and (evidence["cost_over_reg"] or 0) > mass_law.FP32_SUBNORMAL:
            return "先换 log-domain Sinkhorn，再核对代价是否归一化"
        remedy, ratio = evidence["remedy"], evidence["cost_over_d"]
        if remedy is None:
            return "先核对代价是否归一化、reg 与 tau 多大、lambda_ot 是否打开"
        if ratio is not None and ratio <= self.far_cost_ratio:  # the cost is not what holds the mass down
            return "先核对求解器迭代数、π 与代价的记录口径，再看 lambda_ot"
        return "先把进 Sinkhorn 的代价归一化，并确认 OT 项有梯度"

    def evidence(self, view: View, plan: Plan, m: Moment) -> dict[str, Any]:
        """Everything the sentence is made of, at point m.now. Numbers the config or the log do not give are None."""
        ot, x, j = view.facts.transport, plan.mass.x, m.now
        d, cost, price, mass = ot.d, plan.at(plan.cost, j), plan.price(j), float(x[j])
        limit = self.dead_mass if mass < self.dead_mass else self.fallen_mass
        above = np.flatnonzero(x[: j + 1] > limit)
        out: dict[str, Any] = {
            "mass": mass,
            "dead_below": limit,
            "mass_peak": float(np.max(x[: j + 1])),
            "mass_peak_step": int(plan.mass.at[int(np.argmax(x[: j + 1]))]),
            "was_healthy": self._was_healthy(plan, m),
            "level_before": self._level(x[: m.onset]) if m.onset else None,
            "alive_from": int(plan.mass.at[above[0]]) if len(above) else None,
            "alive_to": int(plan.mass.at[above[-1]]) if len(above) else None,
            "normal": self.normal_mass,
            "mean_cost": cost,
            "plan_price": price,
            "d": d,
            "reg": ot.reg,
            "lambda_ot": ot.weight,
            "cost_over_d": cost / d if cost is not None and d else None,
            "cost_over_reg": cost / ot.reg if cost is not None and ot.reg else None,
            "diag_share": self._share(plan, j),
            "interval": None,
            "constant_cost_mass": None,
            "consistent": None,
            "remedy": None,
            "loss_share": loss_share(view, plan, j),
        }
        if d and ot.reg is not None:
            law = mass_law.bounds(d, cost, price, ot.reg, ot.tau_src or 0.0, ot.tau_tgt or 0.0, ot.batch)
            out["interval"] = [law.lo, law.hi]
            out["consistent"] = law.explains(mass, 3.0) if mass > 0 else None
            if cost is not None:
                out["constant_cost_mass"] = float(np.exp(-cost / d))
        if cost is not None and cost > 0:
            remedy = mass_law.Remedy(cost, self.remedy_tau, self.remedy_reg)
            out["remedy"] = {
                "divide_cost_by": cost,
                "tau_src": remedy.tau,
                "tau_tgt": remedy.tau,
                "reg": remedy.reg,
                "mass": remedy.promise,
                "mass_at_least": remedy.floor,
                "or_d_for_half": mass_law.d_for(0.5, cost),
                "or_d_times": mass_law.d_for(0.5, cost) / d if d else None,
            }
        return out

    def _was_healthy(self, plan: Plan, m: Moment) -> bool:
        """Whether it had been alive for a while before: then the collapse is an event."""
        return bool(np.count_nonzero(plan.mass.x[: m.raised + 1] > self.healthy_mass) >= self.clear_points)

    def _share(self, plan: Plan, j: int) -> float | None:
        mass, diag = plan.at(plan.mass.x, j), plan.at(plan.diag, j)
        return diag / mass if mass and diag is not None else None


def loss_share(view: View, plan: Plan, j: int) -> float | None:
    """Share of the weighted OT term in the total loss at point j; None where lambda, loss or ot_loss is unknown."""
    loss, ot, weight = view.role("loss"), plan.at(plan.loss, j), view.facts.transport.weight
    if loss is None or ot is None or weight is None:
        return None
    total = loss.value(int(plan.mass.rows[j]))
    return weight * ot / total if total is not None and total > 0 else None


@dataclass(frozen=True)
class OtUnderflow(CausalDiagnosis):
    """A mass of exactly 0 past the warm-up: exp(-C / eps) has no float32 value past C / eps = 104."""

    id = "ot-underflow"
    title = "Sinkhorn 核下溢"
    severity = Severity.CRITICAL
    meaning = "π 恰好为 0：代价与 reg 之比太大，Sinkhorn 核 exp(-C/reg) 在 fp32 下溢。"
    clears = "π 总和连续多次记录大于 0"
    mistaken_for = "OT 项没打开、这一列只是写 0 占位，并没有下溢"
    impact = Impact.PART_MISSING
    explained_by = ("ot-mass-collapse",)

    hold: Records = 3  # in a row: one may be a logging slip
    clear_points: Records = 20  # in a row

    def use(self, result: Result) -> str | None:
        return without_transport(result)

    def tracks(self, view: View) -> Iterable[Track]:
        plan = Plan.of(view)
        if plan is None:
            return
        zero = plan.mass.x == 0
        yield track(
            plan.mass,
            firing=rolling.sustained(zero & plan.on, self.hold),
            clearing=lambda: rolling.sustained(~zero, self.clear_points),
            severity=Severity.CRITICAL,
            onset=lambda j: j - int(rolling.streak(zero[: j + 1])[-1]) + 1,
            words=lambda m: self._words(view, plan, m),
        )

    def _words(self, view: View, plan: Plan, m: Moment) -> Words:
        cost, reg = plan.at(plan.cost, m.now), view.facts.transport.reg
        ratio = cost / reg if cost is not None and reg else None
        evidence = {"cost_over_reg": ratio, "mean_cost": cost, "reg": reg}
        if m.over:
            return Words("OT π 总和不再为 0", f"π 现为 {num(float(plan.mass.x[m.now]))}", "", "确定", evidence)
        seen = (
            f"C/reg={num(ratio)}" + (">104，fp32 下溢" if ratio and ratio > mass_law.FP32_UNDERFLOW else "")
            if ratio
            else "可能是 fp32 下溢或该项未打开"
        )
        tail = f"或把 reg 提到 ≥{num(cost / 80)}" if cost else "并核对该项是否打开"
        certainty: Certainty = "确定" if ratio and ratio > mass_law.FP32_UNDERFLOW else "很可能"
        return Words(
            "OT π 总和恰为 0，疑似下溢",
            f"第 {int(plan.mass.at[m.onset])} 步起 π 恰为 0：{seen}",
            f"先换 log-domain Sinkhorn，{tail}",
            certainty,
            evidence,
        )
