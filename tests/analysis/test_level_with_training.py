"""An eval loss that has risen to where that of training stands: there is no gap, and nothing is learnt by heart."""

from __future__ import annotations

import numpy as np

from analysis.diagnoses.overfit import Overfit
from analysis.model import Floats, Severity
from tests.analysis.cases import rng
from tests.analysis.scanning import found, rows, worst

N = 300


def severity(train: Floats, held: Floats) -> Severity:
    open_ = [e for e in found(Overfit(), rows({"train_loss": train, "val_loss": held})) if e.open]
    return worst(open_)


def falls(low: float, seed: int, noise: float = 0.15) -> Floats:
    return np.asarray((low + 0.7 * np.exp(-np.arange(N) / 15)) * np.exp(noise * rng(seed).standard_normal(N)))


def held_out(level: float) -> Floats:
    """Lowest before it has settled, then level for the rest."""
    k = np.arange(N)
    low = 0.029 + 0.6 * np.exp(-k / 8) + (level - 0.029) * np.clip((k - 50) / 60, 0, 1)
    return np.asarray(low * np.exp(0.06 * rng(2).standard_normal(N)))


def test_where_both_stand_level_there_is_no_gap() -> None:
    assert severity(falls(0.032, 1), held_out(0.034)) <= Severity.INFO


def test_where_training_has_left_it_behind_there_is() -> None:
    assert severity(falls(0.010, 1), held_out(0.034)) is Severity.WARNING


def test_training_that_is_made_harder_stands_above_both_times() -> None:
    """Of dropout or of pictures that are distorted it says nothing: eval has lost half of what it had gained."""
    assert severity(falls(0.06, 1), held_out(0.055)) is Severity.WARNING
