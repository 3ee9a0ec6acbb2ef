"""An eval loss that rises and comes down again, evaluation after evaluation, or has spikes: no overfit yet."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.overfit import Overfit
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

# A representation that spreads first: the loss is of its distances.
SPREADS = np.r_[0.066, 0.119, 0.144, 0.148, 0.149, 0.147, 0.144, 0.138, 0.134, 0.13 * 0.95 ** np.arange(60)]
FALLS = np.r_[0.32, 0.29, 0.30, 0.28, 0.27, 0.02, 0.021, 0.009]
SPREADING = np.r_[0.062, 0.072, 0.075, 0.058, 0.045, 0.037, 0.032, 0.028, 0.025 * 0.93 ** np.arange(61)]
FALLING = 0.15 * np.r_[0.8 ** np.arange(9), 0.17 * 0.97 ** np.arange(20)]


def severity(x: Floats, train: Floats) -> Severity:
    return worst(found(Overfit(), rows({"train_loss": train[: len(x)], "val_loss": x})))


@pytest.mark.parametrize("unit", [1.0, 40.0])
def test_what_passes_is_no_overfit(unit: float) -> None:
    assert severity(unit * SPREADS, SPREADING) <= Severity.INFO
    assert severity(unit * np.r_[FALLS, 0.04, 1.2, 0.006, 0.8, 0.005, 0.02, 0.004, 0.003], FALLING) <= Severity.INFO


@pytest.mark.parametrize("unit", [1.0, 40.0])
def test_what_stays_up_is(unit: float) -> None:
    stays = np.r_[SPREADS[:5], 0.15 + 0.004 * np.arange(20)]
    assert severity(unit * stays, FALLING) is Severity.WARNING
    assert severity(unit * np.r_[FALLS, 0.03, 0.04, 0.05, 0.06, 0.06, 0.07, 0.07, 0.08], FALLING) is Severity.WARNING
    assert (
        severity(unit * np.array([0.5, 0.3, 0.33, 0.4, 0.5]), FALLING) is Severity.WARNING
    )  # few evaluations are all there are


def test_of_a_handful_a_rise_is_none_that_came_down_from_as_high_before() -> None:
    """Each counts as much as the other, and the first was gone the next time."""
    held = np.array([0.70, 0.73, 0.80, 1.13, 0.64, 0.63, 0.56, 0.54, 0.61, 0.73, 0.70, 0.92, 0.65, 0.52, 0.6, 0.55])
    train = 1.2 * np.arange(1.0, 17.0) ** -0.4

    assert not [e for e in found(Overfit(), rows({"train_loss": train, "val_loss": held})) if e.open]
    held[3] = 0.75  # of one that came straight down it is one
    assert severity(held[:12], train) is Severity.WARNING
