"""A loss that no model earns so soon, beside those that are earned."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.train_vs_eval import EvalLeak
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 200
RNG = np.random.default_rng(8)
SCATTER = np.exp(0.3 * RNG.standard_normal(N))
LN_GPT2 = float(np.log(50257))


def decay(first: float, last: float, records: float = 8.0) -> Floats:
    course = last * SCATTER + (first - last) * np.exp(-np.arange(N) / records)
    return np.asarray(np.r_[first, course[1:]])


def at(every: int, values: Floats) -> Floats:
    out = np.full(N, np.nan)
    out[::every] = values[::every]
    return out


def passes(all_of_them: float) -> Floats:
    return np.linspace(all_of_them / N, all_of_them, N)


def printed(loss: Floats) -> Floats:
    return np.round(loss, 4)


@pytest.mark.parametrize(("left", "told"), [(0.03, Severity.CRITICAL), (2.8, Severity.OK)])
def test_other_text_is_never_certain(left: float, told: Severity) -> None:
    columns = {"train_loss": decay(LN_GPT2, left), "val_loss": at(20, decay(LN_GPT2, left))}
    assert worst(found(EvalLeak(), rows(columns))) is told


def test_a_regression_may_come_down_as_far() -> None:
    """From no logarithm of a vocabulary."""
    assert not found(EvalLeak(), rows({"train_loss": decay(9.25, 0.01), "val_loss": at(20, decay(9.25, 0.01))}))


def test_text_by_heart_is_known_from_training_alone() -> None:
    columns = {"train_loss": decay(LN_GPT2, 0.01), "val_loss": at(20, decay(LN_GPT2, 4.5))}
    assert not found(EvalLeak(), rows(columns))


@pytest.mark.parametrize(
    ("first", "epochs", "told"), [(9.25, 2.0, Severity.WARNING), (9.25, 40.0, Severity.OK), (2.1, 2.0, Severity.OK)]
)
def test_what_is_shown_for_the_first_time_is_not_known(first: float, epochs: float, told: Severity) -> None:
    """Unless it is the fortieth time; and answers from a template are certain from the start."""
    columns = {"loss": printed(decay(first, 0.001)), "epoch": passes(epochs)}
    assert worst(found(EvalLeak(), rows(columns))) is told


@pytest.mark.parametrize(
    ("train", "held", "epochs", "told"),
    [
        (decay(0.85, 2e-5), 2e-5, 1.0, Severity.WARNING),
        (decay(0.85, 2e-5), 2e-5, 60.0, Severity.OK),  # a small set that is solved, in the end
        (decay(0.85, 2e-3), 4e-3, 1.0, Severity.OK),  # an easy one: spam, digits
        (decay(0.85, 2e-5), 0.4, 1.0, Severity.OK),  # by heart
        (decay(0.02, 2e-5), 4e-5, 1.0, Severity.OK),  # errors of scaled values
    ],
)
def test_nothing_is_left_after_one_pass(train: Floats, held: float, epochs: float, told: Severity) -> None:
    evaluated = np.full(N, np.nan)
    evaluated[-1] = held
    columns = {"loss": printed(train), "eval_loss": evaluated, "epoch": passes(epochs)}
    assert worst(found(EvalLeak(), rows(columns))) is told
