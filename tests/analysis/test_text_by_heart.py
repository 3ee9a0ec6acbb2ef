"""A text that is known by heart while nobody evaluates anything."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.overfit import Overfit
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 60
EPOCHS = np.linspace(0.3, 20, N)


def told(last: float, first: float = 2.1, epochs: Floats = EPOCHS, score: Floats | None = None) -> Severity:
    loss, lr = np.geomspace(first, last, N), np.full(N, 2e-4)
    columns = {"train/loss": loss, "train/learning_rate": lr, "train/epoch": epochs}
    return worst(found(Overfit(), rows(columns if score is None else {**columns, "eval/accuracy": score})))


def test_it_is_told() -> None:
    assert told(0.04) is Severity.WARNING
    plain = rows({"loss": np.geomspace(2, 0.04, N), "epoch": EPOCHS})
    assert worst(found(Overfit(), plain, stage="sft")) is Severity.WARNING


@pytest.mark.parametrize(
    "severity",
    [
        told(0.4),  # much is left
        told(0.04, first=0.7),  # of two classes, say
        told(0.04, epochs=EPOCHS / 10),  # it has read it twice
        told(0.04, score=np.linspace(0.5, 0.9, N)),  # which decides
    ],
    ids=["little is known", "no text", "two passes", "evaluated"],
)
def test_it_is_not(severity: Severity) -> None:
    assert severity <= Severity.INFO
