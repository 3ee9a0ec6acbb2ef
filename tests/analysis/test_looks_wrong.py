"""What looks wrong and is not, and the faults that look like it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.learning_rate import LrAnomaly
from analysis.diagnoses.oscillation import Oscillation
from analysis.diagnoses.policies import ValueNotLearning
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


# A mean of each epoch, most of whose fall lies before its second record


def epochs(n: int, first: float, second: float, per_log: float, noise: float, seed: int) -> Floats:
    """From `first` to `second` in one epoch, and on by `per_log` for each factor of e in epochs."""
    x = second - per_log * np.log(np.arange(n) + 1.0)
    x[0] = first
    return np.asarray(x * (1 + noise * rng(seed).standard_normal(n)))


CREEPING = {
    "a matting loss": epochs(100, 0.146, 0.1335, 0.0018, 0.002, 0),
    "sixty epochs": epochs(60, 0.52, 0.45, 0.008, 0.002, 1),
    "200 epochs": epochs(200, 3.3, 2.9, 0.06, 0.003, 2),
    "small figures": epochs(100, 0.00146, 0.00128, 0.00002, 0.002, 3),
    "a contrastive loss": epochs(120, 6.6, 5.7, 0.09, 0.002, 4),
}
STANDING = {
    "at ln 10 since the second epoch": epochs(100, 2.6, 2.3035, 0.0, 0.0005, 5),
    "at ln 2": epochs(60, 0.79, 0.694, 0.0, 0.001, 6),
    "a regression": epochs(200, 1.3, 1.01, 0.0, 0.004, 7),
    "down by a thousandth": epochs(100, 2.6, 2.3035, 0.0006, 0.0005, 8),
}


@pytest.mark.parametrize("x", CREEPING.values(), ids=CREEPING)
def test_a_mean_of_epochs_that_goes_on_falling_learns(x: Floats) -> None:
    assert not found(NoLearning(), rows({"avg_loss": x}, 1), len(x), epochs=len(x))


@pytest.mark.parametrize("x", STANDING.values(), ids=STANDING)
def test_one_that_has_stood_since_its_second_does_not(x: Floats) -> None:
    (e,) = found(NoLearning(), rows({"avg_loss": x}, 1), len(x), epochs=len(x))

    assert worst([e]) is Severity.CRITICAL


# A value function that explains nothing, of returns that are all alike

N = 120


def agent(top: float, error: tuple[float, float], seed: int, risen: bool = True) -> dict[str, Floats]:
    """Explained variance at 0 and below from the middle of the run on; a value loss of two levels."""
    r = rng(seed)
    reward = top * np.minimum(1.0, np.arange(N) / 70) if risen else np.full(N, 0.02 * top)
    left = np.geomspace(*error, N) * np.exp(0.5 * r.standard_normal(N))
    explained = np.where(np.arange(N) < 70, 0.6, -np.geomspace(0.05, 30, N)) + 0.02 * r.standard_normal(N)
    return {
        "rollout/ep_rew_mean": reward + 0.003 * top * r.standard_normal(N),
        "train/value_loss": left,
        "train/explained_variance": np.minimum(explained, 1.0),
    }


@pytest.mark.parametrize(("top", "error"), [(1000.0, (60.0, 1e-6)), (500.0, (20.0, 0.001)), (1.0, (0.3, 1e-5))])
def test_at_a_ceiling_there_is_no_variance_to_explain(top: float, error: tuple[float, float]) -> None:
    assert not found(ValueNotLearning(), rows(agent(top, error, 9), 2048), 2048 * N, algo="ppo")


@pytest.mark.parametrize(
    ("columns"),
    [
        agent(1000.0, (60.0, 40.0), 10),
        agent(500.0, (20.0, 200.0), 11),
        agent(1.0, (0.3, 1e-5), 12, risen=False),  # nothing is earned, so that 0 is a good guess
        {k: v for k, v in agent(1000.0, (60.0, 1e-6), 13).items() if k != "train/value_loss"},
    ],
    ids=["errors stay", "errors grow", "nothing is earned", "no value loss"],
)
def test_a_value_function_that_still_errs_is_told(columns: dict[str, Floats]) -> None:
    (e,) = found(ValueNotLearning(), rows(columns, 2048), 2048 * N, algo="ppo")

    assert worst([e]) is Severity.WARNING


# An lr that follows the KL


def restless(seed: int) -> Floats:
    return np.asarray(2e-5 * np.exp(0.4 * rng(seed).standard_t(4, 400)))


@pytest.mark.parametrize(
    "config",
    [
        {"desired_kl": 0.01},
        {"algorithm": {"desired_kl": 0.008, "schedule": "adaptive"}},
        {"agent": {"kl_threshold": 0.008}},
        {},  # up and down at once, again and again: whatever it follows is no schedule
        {"target_kl": 0.02},
    ],
)
def test_an_lr_that_follows_the_kl_leaps_by_design(config: dict[str, Any]) -> None:
    assert not found(LrAnomaly(), rows({"Loss/learning_rate": restless(14)}, 1000), None, **config)


def test_where_a_schedule_is_stated_it_does_not() -> None:
    config: dict[str, Any] = {"algorithm": {"desired_kl": 0.01, "schedule": "linear"}}

    assert (
        worst(found(LrAnomaly(), rows({"Loss/learning_rate": restless(14)}, 1000), None, **config)) is Severity.WARNING
    )


# Evaluations that succeed now and then before they always do


def evaluations(pattern: str, seed: int, low: float = -900.0, high: float = 1000.0) -> Floats:
    x = np.where(np.array([c == "+" for c in pattern]), high, low)
    return np.asarray(x + 0.02 * (high - low) * rng(seed).standard_normal(len(pattern)))


BEFORE = "-" * 16


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("middle", ["+-++--+-", "++-++-", "+-+++-+--++-", "++--++-+-"])
def test_a_return_that_comes_and_goes_until_it_is_learnt_has_not_collapsed(middle: str, seed: int) -> None:
    x = evaluations(BEFORE + middle + "+" * 75, seed)

    assert worst(found(Oscillation(), rows({"eval/mean_reward": x}, 10_000))) < Severity.WARNING


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("after", ["++++++++--++++++---+++++", "++++++-++++++++-++++", "+-++-++++++++++--+++++++-++"])
def test_one_that_is_lost_again_and_again_once_it_was_held_has(after: str, seed: int) -> None:
    x = evaluations(BEFORE + after, seed)

    assert worst(found(Oscillation(), rows({"eval/mean_reward": x}, 10_000))) is Severity.WARNING
