"""Agents whose return lies at its worst but for luck; and those of whom that is a beginning, or the best there is."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.policies import ValueNotLearning
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst

RETURN, SEEDS = "rollout/ep_rew_mean", (0, 1, 2)
N = 2_000


def lucky(low: float, high: float, share: Floats | float, scatter: float = 0.0, seed: int = 0, n: int = N) -> Floats:
    """At its worst, and a little above it; now and then far better."""
    rng = np.random.default_rng(seed)
    base = low + np.abs(scatter * rng.standard_normal(n))
    return np.asarray(np.where(rng.random(n) < share, rng.uniform((low + high) / 2, high, n), base))


def told(x: Floats, planned: int | None = None) -> list[Episode]:
    return [e for e in found(NoLearning(), rows({RETURN: x}, every=1), planned, algo="trpo") if e.open]


KINDS = [(-100.0, 0.0, 0.05, 0.7), (-200.0, -110.0, 0.02, 0.0), (0.0, 1.0, 0.03, 0.0), (-1.0, 1.0, 0.08, 0.01),
         (-2e-3, 5e-3, 0.1, 1e-5), (0.0, 800.0, 0.01, 2.0)]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_worst_that_there_is_with_no_more_luck_than_at_first_is_a_warning(
    kind: tuple[float, float, float, float], seed: int
) -> None:
    (e,) = told(lucky(*kind, seed=seed))

    assert e.severity is Severity.WARNING
    assert worst(told(lucky(*kind, seed=seed, n=1_000))) < Severity.WARNING, "without a plan nobody knows how early"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_luck_that_comes_oftener_is_learning(kind: tuple[float, float, float, float], seed: int) -> None:
    low, high, share, scatter = kind
    more = np.clip(np.linspace(share / 4, 12 * share, N), 0, 0.9)

    assert not told(lucky(low, high, more, scatter, seed))
    assert not told(lucky(low, high, more, scatter, seed), N)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_over_once_it_takes_off(seed: int) -> None:
    share = np.where(np.arange(2 * N) < N, 0.03, 0.9)
    x = lucky(-100, 0, share, 0.5, seed, 2 * N)

    assert worst(found(NoLearning(), rows({RETURN: x}, every=1), algo="ppo")) is Severity.WARNING
    assert not told(x)


@pytest.mark.parametrize("seed", SEEDS)
def test_rare_misfortunes_at_the_best_that_there_is_are_none(seed: int) -> None:
    x = -lucky(0.0, 100.0, 0.05, 0.5, seed)

    assert worst(told(x)) < Severity.WARNING


# A value function of returns that are all alike


def explained(returns: Floats) -> list[Episode]:
    variance = -1e14 * np.exp(np.random.default_rng(3).standard_normal(len(returns)))
    return found(ValueNotLearning(), rows({RETURN: returns, "ev_tdlam_before": variance}, every=1), algo="trpo")


def test_returns_without_any_variance_teach_nothing() -> None:
    told = explained(lucky(-100, 0, 0.05, 0.5, n=200))

    assert worst(told) is Severity.WARNING
    assert "几乎没有差别" in told[-1].last.words.message


def test_nor_need_they_at_the_ceiling() -> None:
    rise = np.minimum(500.0, 20 + 8.0 * np.arange(200)) + np.random.default_rng(2).standard_normal(200)

    assert not [e for e in explained(np.minimum(rise, 500)) if e.open]
