"""Runs of which only a validation loss was logged: it alone says what was learnt, lost again, or never moved."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.overfit import Overfit
from analysis.model import Floats, Report, Run, Severity
from tests.analysis.scanning import found, rows, worst

N = 65
SEEDS = (0, 1, 2)


def turned(end: float, seed: int, first: float = 1.12, low: float = 0.93, best: int = 9, n: int = N) -> Floats:
    """Soon at its lowest, with a few bumps there, and then straight up."""
    x = np.interp(np.arange(n), [0, 2, best, n - 1], [first, 0.4 * first + 0.6 * low, low, end])
    return np.asarray(x * np.exp(0.01 * np.random.default_rng(seed).standard_normal(n)))


def ended(x: Floats, key: str = "val_loss") -> Report:
    return analyze(Run("r", "r", rows({key: x}), state="finished"))


# It turned


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("end", [1.06, 1.3])
def test_what_had_been_learnt_and_is_lost_again_needs_no_training_loss_beside_it(end: float, seed: int) -> None:
    (e,) = found(Overfit(), rows({"val_loss": turned(end, seed)}))

    assert worst([e]) is Severity.WARNING


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("end", [0.93, 0.96])
def test_one_that_keeps_most_of_it_is_a_note_at_most(end: float, seed: int) -> None:
    assert worst(found(Overfit(), rows({"val_loss": turned(end, seed)}))) <= Severity.INFO


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_one_that_falls_and_swings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.geomspace(1.1, 0.5, N) * np.exp(0.15 * np.sin(np.arange(N) / 4) + 0.02 * rng.standard_normal(N))
    assert worst(found(Overfit(), rows({"val_loss": x}))) <= Severity.INFO


# It never moved


def still(fall: float, n: int = N, level: float = 615.2847) -> Floats:
    """A little lower in its first few evaluations, and then the same to the last bit of a float32."""
    x = level * (1 + fall * np.exp(-np.arange(n) / 0.7))
    return x.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("fall", [0.0, 2e-6, 5e-6])
def test_evaluations_that_differ_by_less_than_a_hundred_thousandth_are_of_weights_that_do_not_move(fall: float) -> None:
    (e,) = found(NoLearning(), rows({"val_loss": still(fall)}))

    assert worst([e]) is Severity.CRITICAL
    assert e.metrics == ("val_loss",)


ALIVE = {
    "it falls by a thousandth": {"val_loss": still(1e-3)},
    "it is rounded to two digits": {"val_loss": np.full(N, 0.69)},
    "nothing is left of it": {"val_loss": np.zeros(N)},
    "a dozen": {"val_loss": still(2e-6, 12)},
    "training says more": {"val_loss": still(2e-6), "train_loss": np.geomspace(700, 300, N)},
}


@pytest.mark.parametrize("name", ALIVE)
def test_one_that_moves_or_says_too_little_is_not(name: str) -> None:
    assert worst(found(NoLearning(), rows(ALIVE[name]))) < Severity.CRITICAL


@pytest.mark.parametrize("fall", [2e-6, 5e-5])
def test_a_change_that_nobody_would_notice_makes_no_result_usable(fall: float) -> None:
    assert ended(still(fall)).use != "可用"
    assert ended(0.6 + 0.5 * np.exp(-np.arange(N) / 5.0)).use == "可用"
