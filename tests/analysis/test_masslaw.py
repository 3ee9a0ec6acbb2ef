"""The mass law against an independent solver (POT), for random, skewed and structured costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.arrays import mass_law
from analysis.model import Floats


def solve(cost: Floats, eps: float, tau: float) -> tuple[float, float]:
    """Mass and price <C, p> of the plan, by POT; R = a x b, so multiply the kernel's reference in."""
    import ot  # noqa: PLC0415  (a second, in whoever collects it)

    n = len(cost)
    a = np.ones(n) / n
    plan = ot.unbalanced.sinkhorn_unbalanced(a, a, cost, eps, tau, reg_type="kl", numItermax=20_000, stopThr=1e-13)
    mass = float(plan.sum())
    return mass, float((cost * plan).sum()) / mass


def _squares(x: Floats, y: Floats) -> Floats:
    """Squared distances of every pair of rows."""
    return np.asarray(((x[:, None] - y[None]) ** 2).sum(-1))


def costs(seed: int, n: int) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n, 14))
    return {
        "constant": np.ones((n, n)),
        "uniform": rng.random((n, n)),
        "skewed": np.exp(1.5 * rng.normal(size=(n, n))),
        "very skewed": np.exp(2.5 * rng.normal(size=(n, n))),
        "features": _squares(a, b),
        "matched features": _squares(a, a + 0.3 * b),
    }


@pytest.mark.filterwarnings("ignore::UserWarning")  # POT warns where it stops at numItermax
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [4, 8, 32])
def test_the_interval_contains_the_solvers_mass(seed: int, n: int) -> None:
    """For random C, eps, tau and n, the tight interval from mean C and the plan's own price holds the mass."""
    rng = np.random.default_rng(100 + seed)
    for name, raw in costs(seed, n).items():
        c = raw / raw.mean() * 10 ** rng.uniform(-0.5, 1.0)
        eps, tau = 10 ** rng.uniform(-0.7, 0.3), 10 ** rng.uniform(-0.5, 0.7)
        mass, price = solve(c, eps, tau)
        law = mass_law.bounds(eps + 2 * tau, float(c.mean()), price, eps, tau, tau, n)

        assert law.lo * (1 - 1e-3) <= mass <= law.hi * (1 + 1e-3), name


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [4, 8, 32, 64])
def test_the_remedy_gives_what_it_promises_within_a_factor_of_two(seed: int, n: int) -> None:
    """Cost over its mean, tau 0.5, reg 0.05: whatever its spread."""
    for name, c in costs(seed, n).items():
        remedy = mass_law.Remedy(float(c.mean()), 0.5, 0.05)
        mass, _ = solve(c / remedy.divide_by, remedy.reg, remedy.tau)

        assert remedy.floor * (1 - 1e-3) <= mass, name
        assert remedy.promise / 2 <= mass <= 2 * remedy.promise, name


def test_constant_cost_is_exactly_exponential() -> None:
    mass, _ = solve(np.full((8, 8), 3.0), 0.5, 1.0)

    assert mass == pytest.approx(math.exp(-3.0 / 2.5), rel=1e-6)


def test_d_for_a_mass_guarantees_it() -> None:
    d = mass_law.d_for(0.5, 1260.0)

    assert d == pytest.approx(1818, rel=1e-3)
    assert mass_law.bounds(d, 1260.0, None, 1.0, 0.0, 0.0, None).lo == pytest.approx(0.5)
