"""Who calls every sample positive misses none: by the identity of its rates, beside who learns."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Severity
from tests.analysis.curves import history, run

SHARE = 0.6056
LOSS = [0.668, 0.660, 0.635, 0.631, 0.628]


def severity(recall: list[float], precision: list[float], accuracy: list[float], state: str = "running") -> Severity:
    r, p = np.array(recall), np.array(precision)
    columns = {
        "loss": np.linspace(0.7, 0.6, len(r)),
        "eval_loss": np.array(LOSS[: len(r)]),
        "eval_f1": 2 * p * r / (p + r),
        "eval_recall": r,
        "eval_precision": p,
        "eval_accuracy": np.array(accuracy),
    }
    told = analyze(run(history(columns), state=state))
    return max((f.severity for f in told.findings if f.id == "at-chance"), default=Severity.OK)


def test_the_best_f1_is_that_of_one_class() -> None:
    rates = [1.0, 0.9535, 0.8953], [SHARE, 0.6119, 0.6311], [SHARE, 0.6056, 0.6197]

    assert severity(*rates) is Severity.WARNING
    assert severity(*rates, state="finished") is Severity.CRITICAL


@pytest.mark.parametrize(
    ("recall", "precision", "accuracy"),
    [
        ([1.0, 0.95, 0.92], [SHARE, 0.80, 0.88], [SHARE, 0.83, 0.88]),  # it began so, and learns
        ([1.0, 1.0, 1.0], [0.70, 0.75, 0.80], [0.74, 0.80, 0.85]),  # it misses none, and tells some apart
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]),  # a task that is solved
    ],
)
def test_it_is_silent(recall: list[float], precision: list[float], accuracy: list[float]) -> None:
    assert severity(recall, precision, accuracy) is Severity.OK


def test_the_last_evaluations_call_all_positive() -> None:
    assert severity([0.8, 0.9, 1.0, 1.0, 1.0], [0.6, 0.61, SHARE, SHARE, SHARE], [0.6, 0.61, SHARE, SHARE, SHARE]) is (
        Severity.WARNING
    )
