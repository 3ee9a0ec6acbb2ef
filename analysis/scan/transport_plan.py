"""An optimal-transport plan as its run logs it: mass, cost, loss and diagonal, aligned to the points of the mass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats
from analysis.scan.impact import ROBOTS, Result
from analysis.scan.view import Points, View


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is logged about the transport plan, aligned to the points of its mass. NaN: not known there."""

    mass: Points
    cost: Floats  # mean cost, terms weighted and summed
    loss: Floats  # <C, pi>
    diag: Floats
    on: Bools  # past burn-in and the OT warm-up

    @classmethod
    def of(cls, view: View) -> Plan | None:
        """None when the run logs no mass, or its config switches the term off."""
        mass = view.role("ot_mass")
        if mass is None or view.facts.transport.off:
            return None
        # Medians of 5 must not reach back into the warm-up.
        on = view.warm(mass) & rolling.sustained(mass.at > view.facts.transport.warmup_steps, 5)
        return view.once(
            "plan",
            lambda: cls(mass, _cost(view, mass), _beside(view, mass, "ot_loss"), _beside(view, mass, "ot_diag"), on),
        )

    def at(self, values: Floats, j: int) -> float | None:
        """The value logged with point j: sentences quote the row they speak of."""
        return float(values[j]) if np.isfinite(values[j]) else None

    def price(self, j: int) -> float | None:
        """<C, p>: what a unit of mass pays, ot_loss / mass; None while the mass is 0."""
        mass, loss = self.at(self.mass.x, j), self.at(self.loss, j)
        return loss / mass if mass and mass > 0 and loss is not None and loss >= 0 else None


def _beside(view: View, mass: Points, role: str) -> Floats:
    """Another column of the plan at the points of the mass (its newest value by then)."""
    other = view.role(role)
    if other is None:
        return np.full(len(mass), np.nan)
    at = view.latest(mass, other)
    return rolling.take_or(other.x, at, np.nan)


def _cost(view: View, mass: Points) -> Floats:
    """Sum of the logged cost terms, each times its weight in the config (1 where none is stated)."""
    total = np.full(len(mass), np.nan)
    for key in view.keys("ot_cost"):
        points = view.column(key)
        weight = view.facts.number(f"{points.kind.term}_weight", under={"terms", "term"}, least=0)
        at = view.latest(mass, points)
        part = rolling.take_or(points.x, at, np.nan) * (1.0 if weight is None else weight)
        total = np.where(np.isnan(total), part, total + np.nan_to_num(part))
    return total


def without_transport(result: Result) -> str:
    """What a result can be used for whose transport term does not act."""
    finding = result.finding
    if finding.words.evidence.get("was_healthy") and finding.onset_at is not None:
        return f"{finding.onset_at} 步后等于没开 OT"
    return "只能当纯 BC 基线" if result.family in ROBOTS else "只能当不带 OT 的基线"
