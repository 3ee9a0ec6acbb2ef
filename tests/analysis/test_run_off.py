"""Objectives of either sign that leave their own size by orders of magnitude, and those that only move far."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.divergence import Divergence
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

RNG = np.random.default_rng(3)


def bound(n: int, start: float, end: float, noise: float = 0.002) -> Floats:
    """One that is learnt: most of the way is made early."""
    course = end + (start - end) * np.exp(-np.linspace(0, 5, n))
    return np.asarray(course + noise * abs(start - end) * RNG.standard_normal(n))


def then(x: Floats, at: int, decades: float) -> Floats:
    """From `at` on it grows by so many orders of magnitude a record, away from zero."""
    return np.asarray(x * 10 ** (decades * np.maximum(0, np.arange(len(x)) - at)))


OFF: dict[str, dict[str, Floats]] = {
    "a bound that is to rise": {"Lowerbound": then(bound(230, -520, -460), 160, 0.4)},
    "in two words, within few records": {"train/lower_bound": then(bound(60, -90, -80), 45, 2.0)},
    "a density that is never dear enough": {"train/elbo": then(bound(300, -8, 40), 250, 1.0)},
    "a likelihood, at once": {"log_likelihood": np.where(np.arange(100) < 80, bound(100, -3, -1), -1e20)},
    "a loss that falls below every floor": {"loss": then(bound(200, 30, 4) * np.repeat([1, -1], [121, 79]), 121, 0.5)},
}  # fmt: skip
HEALTHY: dict[str, dict[str, Floats]] = {
    "a bound that rises": {"Lowerbound": bound(230, -520, -90)},
    "from a thousand times as low in the first records": {"elbo": -np.exp(np.linspace(14, 4, 200))},
    "a density: across zero and on": {"elbo": bound(200, -2000, 6000)},
    "one record far off": {"elbo": np.where(np.arange(200) == 150, -1e12, bound(200, -500, -90))},
    "a loss that is negative because it is learnt": {"loss": bound(300, 2.0, -60)},
    "one that begins at nought": {"lower_bound": np.concatenate([[0.0], bound(100, -500, -90)])},
}


@pytest.mark.parametrize("name", OFF)
def test_an_objective_that_has_run_off_is_critical_and_stays_open(name: str) -> None:
    episodes = found(Divergence(), rows(OFF[name]))

    assert worst(episodes) == Severity.CRITICAL
    assert all(e.open for e in episodes if worst([e]) == Severity.CRITICAL)


@pytest.mark.parametrize("name", HEALTHY)
def test_one_that_only_moves_far_is_none(name: str) -> None:
    assert not found(Divergence(), rows(HEALTHY[name]))
