"""Runs of which only a validation loss was logged: it alone says what was learnt, lost again, or never moved."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
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
