"""The mass law of entropic unbalanced optimal transport.

    min over pi >= 0 of <C, pi> + eps KL(pi | a x b) + tau1 KL(pi 1 | a) + tau2 KL(pi' 1 | b),   a, b of mass 1

Scale pi = m p and set the derivative in m to zero: m = exp(-G / D), D = eps + tau1 + tau2, with G the least value of
<C, p> + eps KL(p | a x b) + ... over plans p of mass 1. From it:

    m >= exp(-mean C / D)            p = a x b is one of the plans; equality for constant cost
    m <= exp(-<C, p> / D)            every KL is >= 0; <C, p> = loss / mass of the plan itself
    m >= exp(-(<C, p> + eps ln(n n') + tau1 ln n + tau2 ln n') / D)      a KL to a uniform one is <= ln of its size

Checked against POT and a log-domain solver in tests/analysis/test_masslaw.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FP32_UNDERFLOW = 103.97  # exp(-x) is exactly 0 in float32 past this
FP32_SUBNORMAL = 87.3


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of the mass; lo <= hi."""

    lo: float
    hi: float

    def explains(self, mass: float, slack: float) -> bool:
        """Whether a mass lies inside, give or take a factor of `slack`."""
        return self.lo / slack <= mass <= self.hi * slack


def bounds(
    d: float, mean_cost: float | None, price: float | None, eps: float, tau1: float, tau2: float, n: float | None
) -> Interval:
    """The tight interval for the mass. `price` is <C, p> = ot_loss / mass; None for what is not known.

    n: batch size (both sides). The upper end allows for the convention in which the reference is all ones
    (POT reg_type="entropy"): a factor (n n)^(eps / D).
    """
    lows = [0.0]
    if mean_cost is not None:
        lows.append(math.exp(-mean_cost / d))
    high = 1.0
    if price is not None:
        high = math.exp(-price / d)
        if n is not None:
            lows.append(math.exp(-(price + (2 * eps + tau1 + tau2) * math.log(n)) / d))
    lo = max(lows)
    return Interval(lo, max(lo, high))


def entropy_convention(eps: float, d: float, n: float | None) -> float:
    """By how much the other convention of the reference may enlarge the mass."""
    return math.exp(2 * math.log(n) * eps / d) if n else 1.0


def d_for(mass: float, mean_cost: float) -> float:
    """The D at which the law guarantees at least this mass for a given mean cost."""
    return mean_cost / -math.log(mass)


@dataclass(frozen=True, slots=True)
class Remedy:
    """Divide the cost by its (running, detached) mean and use these; the mass then lies in [floor, 1]."""

    divide_by: float
    tau: float
    reg: float

    @property
    def floor(self) -> float:
        """The law's lower bound: mean cost 1 after the division."""
        return math.exp(-1.0 / (2 * self.tau + self.reg))

    @property
    def promise(self) -> float:
        """The middle of [floor, 1] on a log scale: whatever the spread of the cost, the mass is within twice of it."""
        return math.sqrt(self.floor)
