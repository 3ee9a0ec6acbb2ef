"""A total that comes down by orders while one of its terms has never moved."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses.learning import NoLearning
from analysis.model import Floats, Run, Severity
from tests.analysis.scanning import found, rows, worst

N = 400
SEEDS = (0, 1, 2)
Columns = dict[str, Floats]


def falls(first: float, last: float, seed: int, sigma: float = 0.05) -> Floats:
    x = np.geomspace(first, last, N) * np.exp(sigma * np.random.default_rng(seed).standard_normal(N))
    return np.asarray(x)


def settles(first: float, last: float, seed: int, tau: float = 12.0) -> Floats:
    x = last + (first - last) * np.exp(-np.arange(N) / tau)
    return np.asarray(x * np.exp(0.001 * np.random.default_rng(seed).standard_normal(N)))


def pinn(seed: int, boundary: Columns, mean: bool = False) -> Columns:
    terms = {"pde_loss": falls(2e4, 0.3, seed), "initial_loss": falls(30.0, 0.02, seed + 1), **boundary}
    total = np.sum(list(terms.values()), axis=0)
    return terms | {"loss": np.asarray(total / len(terms) if mean else total)}


def told(columns: Columns) -> Severity:
    report = analyze(Run("r", "r", rows(columns), state="finished"))
    return max((f.severity for f in report.findings if f.id == NoLearning.id), default=Severity.OK)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mean", [False, True])
def test_a_boundary_that_is_never_met_makes_the_rest_worthless(seed: int, mean: bool) -> None:
    first = settles(0.8, 0.997, seed + 2)
    first[1:4] = 4.1, 1.8, 1.5  # the first steps were too long
    columns = pinn(seed, {"port1_loss": first, "port2_loss": settles(1.35, 1.0, seed + 3)}, mean)

    assert worst(found(NoLearning(), rows(columns))) is Severity.WARNING
    assert told(columns) is Severity.CRITICAL


FINE = {
    "it comes down as well": {"bc_loss": falls(1.3, 0.01, 5)},
    "it has halved": {"bc_loss": settles(2.0, 1.0, 5)},
    "it still moves": {"bc_loss": falls(1.3, 0.95, 5, 0.01)},
    "it is little of what is left": {"bc_loss": settles(0.01, 0.01, 5)},
    "it holds weights back": {"reg_loss": settles(1.0, 1.0, 5)},
}


@pytest.mark.parametrize("name", FINE)
def test_else_it_is_no_matter(name: str) -> None:
    assert told(pinn(4, FINE[name])) < Severity.WARNING


def test_nor_is_a_column_that_is_no_term_of_the_total() -> None:
    assert told(pinn(4, FINE["it comes down as well"]) | {"probe_loss": settles(1.0, 1.0, 5)}) < Severity.WARNING


def test_nor_a_term_that_is_no_longer_logged() -> None:
    columns = pinn(4, {"bc_loss": settles(0.8, 0.997, 5)})
    columns["bc_loss"][N // 5 :] = np.nan
    assert told(columns) < Severity.WARNING


def pendulum(omega: Floats, name: str = "initial_omega") -> Columns:
    """A solution between what is given at first and the equation: the residual falls, and what is given is missed."""
    terms = {"dynamics_loss": falls(0.1, 0.01, 1), "initial_theta_loss": settles(0.5, 0.165, 2), f"{name}_loss": omega}
    return terms | {"train_loss": np.sum(list(terms.values()), axis=0)}


def loud(x: Floats, seed: int = 7) -> Floats:
    return np.asarray(x * np.exp(0.1 * np.random.default_rng(seed).standard_normal(N)))


def test_a_condition_that_is_met_ever_worse_was_given_up() -> None:
    assert told(pendulum(loud(settles(0.04, 0.145, 3)))) is Severity.CRITICAL
    assert told(pendulum(settles(0.04, 0.145, 3))) is Severity.CRITICAL


@pytest.mark.parametrize(
    "columns",
    [
        pendulum(loud(falls(0.04, 0.0001, 3))),  # met
        pendulum(loud(settles(0.0004, 0.001, 3))),  # a small matter
        pendulum(loud(settles(0.04, 0.145, 3)), "data"),  # what is measured has noise
    ],
)
def test_else_it_is_a_matter_of_degree(columns: Columns) -> None:
    assert told(columns) < Severity.WARNING
