"""How a score ended, beside the stretches that it had before; and what is told of it once the run is over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import analyze
from analysis.arrays.ending import fell_all_the_way, lower_end, never_rose
from analysis.model import Episode, Floats, Run, Severity
from tests.analysis.scanning import rows

SEEDS = range(6)


def ar(n: int, rho: float, seed: int) -> Floats:
    """Stationary noise with a memory, of standard deviation 1."""
    rng = np.random.default_rng(seed)
    out = np.empty(n)
    out[0] = rng.standard_normal()
    for j in range(1, n):
        out[j] = rho * out[j - 1] + np.sqrt(1 - rho**2) * rng.standard_normal()
    return out


def told(run: Run, *ids: str) -> list[Episode]:
    return [e for e in analyze(run).episodes if e.id in ids and e.open and e.severity >= Severity.WARNING]


def over(key: str, x: Floats, **config: object) -> Run:
    return Run("r", "r", rows({key: x}, every=100), "finished", {"algo": "dqn", **config})


@pytest.mark.parametrize("n", [100, 300, 5_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_climb_that_is_lost_at_the_end_is_seen(n: int, seed: int) -> None:
    course = np.interp(np.arange(n) / n, [0, 0.5, 0.75, 0.8, 1], [0, 10, 10, 2, 2])
    of = lower_end(course + 0.8 * np.random.default_rng(seed).standard_normal(n))

    assert of is not None
    assert of.best == pytest.approx(10, abs=1.5) and of.level == pytest.approx(2, abs=1.5)
    assert 0.35 * n < of.where < 0.85 * n


@pytest.mark.parametrize(("rho", "most"), [(0.0, 0), (0.5, 5), (0.9, 7)])
@pytest.mark.parametrize("n", [20, 50, 200, 1_000])
def test_stationary_noise_has_hardly_ever_a_lower_end(n: int, rho: float, most: int) -> None:
    """Of 200; what remembers a tenth of the run strays as something does that is lost."""
    assert sum(lower_end(2 + 0.8 * ar(n, rho, seed)) is not None for seed in range(200)) <= most


@pytest.mark.parametrize("n", [20, 50, 200, 1_000])
def test_noise_about_one_level_never_rose(n: int) -> None:
    flat = sum(never_rose(5 + ar(n, 0.0, seed)) for seed in range(40))

    assert flat >= 33  # the best of many stretches lies high by luck, which is allowed for


DIVE = np.interp(np.arange(200), [0, 15, 35, 130, 160, 200], [-300, -360, -9_000, -3_000, -375, -375])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_came_back_from_a_dive_to_less_than_it_began_with_never_rose(seed: int) -> None:
    noise = 12 * ar(200, 0.5, seed)

    assert never_rose(DIVE + noise)
    assert not never_rose(DIVE + noise + np.linspace(0, 150, 200))  # to more
    (e,) = told(over("rollout/ep_rew_mean", DIVE + noise), "no-learning")
    assert e.severity == Severity.CRITICAL
    assert "中途到过" in e.last.words.message


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_learnt_within_the_first_records_and_kept_is_no_dive(seed: int) -> None:
    kept = np.interp(np.arange(400), [0, 12, 400], [-300, -50, -50]) + 5 * ar(400, 0.3, seed)

    assert not [e for e in told(over("rollout/ep_rew_mean", kept), "no-learning") if e.severity == Severity.CRITICAL]


def test_a_rise_that_nobody_would_see_is_none_however_long_it_is_measured() -> None:
    unseen = sum(never_rose(np.linspace(0, 0.15, 2_000) + ar(2_000, 0.0, seed)) for seed in range(40))

    assert unseen >= 30


@pytest.mark.parametrize("course", [lambda t: 5 + 3 * t, lambda t: 5 + 3 * (t > 0.6), lambda t: 5 + 6 * t * (1 - t)])
@pytest.mark.parametrize("n", [40, 200, 1_000])
def test_what_climbed_rose_even_if_it_was_lost_again(n: int, course: Callable[[Floats], Floats]) -> None:
    for seed in range(20):
        assert not never_rose(course(np.arange(n) / n) + 0.4 * ar(n, 0.0, seed)), seed


@given(
    st.lists(st.floats(-100, 100), min_size=20, max_size=120),
    st.floats(0.01, 1e6),
)
def test_neither_depends_on_the_scale(x: list[float], scale: float) -> None:
    a, b = lower_end(np.array(x)), lower_end(scale * np.array(x))

    assert (a is None) == (b is None)
    assert never_rose(np.array(x)) == never_rose(scale * np.array(x))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_logged_again_until_there_is_another_counts_once(seed: int) -> None:
    """Its noise is that of what is new, whatever stands between."""
    x = 5 + ar(200, 0.0, seed)
    assert never_rose(np.repeat(x, 40)) == never_rose(x)
    assert lower_end(np.repeat(x, 40)) is None
    course = np.interp(np.arange(200), [0, 100, 150, 160, 199], [0, 10, 10, 2, 2])
    of = lower_end(np.repeat(course + 0.8 * ar(200, 0.0, seed), 40))
    assert of is not None
    assert 40 * 60 < of.where < 40 * 160


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fall_all_the_way_is_more_than_no_rise(seed: int) -> None:
    noise = ar(100, 0.0, seed)
    assert fell_all_the_way(-np.linspace(0, 5, 100) + noise)
    assert not fell_all_the_way(noise)


def test_too_little_says_nothing() -> None:
    assert lower_end(np.array([5.0, 5, 5, 5, 0, 0, 0])) is None
    assert not never_rose(np.zeros(12))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_score_of_an_evaluation_that_ended_low_is_told_with_where_it_was_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    course = np.interp(np.arange(80) / 80, [0, 0.3, 0.8, 0.95, 1], [0.1, 0.6, 0.6, 0.25, 0.2])
    x = np.asarray(np.round(np.clip(course + 0.05 * rng.standard_normal(80), 0, 1), 2), dtype=np.float64)

    found = told(over("eval/success_rate", x), "eval-regress")
    assert found
    assert found[-1].onset_row > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_an_agent_that_never_learnt_has_lost_nothing(seed: int) -> None:
    x = 25 + 4 * np.random.default_rng(seed).standard_normal(120)

    assert not told(over("rollout/ep_rew_mean", x), "eval-regress")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rate_at_its_ceiling_or_of_classes_that_are_soon_learnt_is_no_failure(seed: int) -> None:
    rng = np.random.default_rng(seed)

    assert not told(over("eval/success_rate", np.clip(rng.normal(0.96, 0.02, 60), 0, 1)), "no-learning")
    assert not told(over("val/accuracy", rng.normal(0.55, 0.01, 60), algo="none"), "no-learning")
