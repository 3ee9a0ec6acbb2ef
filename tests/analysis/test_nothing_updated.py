"""Evaluations that are the very same numbers each time, of loss and score; and answers of which none ever matched."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, Severity
from tests.analysis.curves import history, run

N = 8
FROZEN = np.full(N, 0.75661134)
FALLS = np.linspace(6.0, 0.7, N)


def severity(id_: str, columns: dict[str, Floats], state: str = "finished") -> Severity:
    told = analyze(run(history(columns), state=state))
    return max((f.severity for f in told.findings if f.id == id_), default=Severity.OK)


@pytest.mark.parametrize(
    ("loss", "accuracy", "told"),
    [
        (FROZEN, np.full(N, 0.488), Severity.CRITICAL),
        (FROZEN + 1e-3 * np.arange(N), np.full(N, 0.488), Severity.OK),  # one class for all, and its loss moves
        (np.full(N, 0.76), np.full(N, 0.488), Severity.OK),  # two digits may hide what moves
    ],
)
def test_nothing_is_updated(loss: Floats, accuracy: Floats, told: Severity) -> None:
    assert severity("no-learning", {"train_loss": np.zeros(N), "val_loss": loss, "val_acc": accuracy}) is told


@pytest.mark.parametrize(
    ("last", "matched", "state", "told"),
    [
        (4.9, 0.0, "finished", Severity.CRITICAL),
        (3.3, 0.0, "finished", Severity.WARNING),  # its loss falls: it may come yet, with more of it
        (4.9, 0.0, "running", Severity.OK),  # of eight evaluations nobody knows that yet
        (4.9, 0.25, "finished", Severity.OK),
    ],
)
def test_nothing_ever_matched(last: float, matched: float, state: str, told: Severity) -> None:
    loss = np.interp(np.arange(N), [0, 2, N - 1], [5.8, 3.4, last])
    matches = np.r_[np.zeros(3), np.full(N - 3, matched)]
    assert severity("success-zero", {"loss": FALLS, "eval_loss": loss, "eval_match_accuracy": matches}, state) is told


EPOCHS = 15
OF_31 = np.array([24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 24, 25, 24, 24]) / 31


@pytest.mark.parametrize(
    ("held", "train", "told"),
    [
        (OF_31, np.linspace(0.69, 0.992, EPOCHS), Severity.WARNING),
        (OF_31, np.linspace(0.69, 0.80, EPOCHS), Severity.OK),  # it has not learnt much yet
        (np.linspace(0.77, 0.87, EPOCHS), np.linspace(0.69, 0.992, EPOCHS), Severity.OK),
        ((OF_31 * 31 + 5) / 31, np.linspace(0.69, 0.992, EPOCHS), Severity.OK),  # few are wrong
    ],
)
def test_no_more_than_one_sample_has_gone_over(held: Floats, train: Floats, told: Severity) -> None:
    columns = {"accuracy": train, "val_accuracy": held, "loss": np.linspace(0.7, 0.15, EPOCHS)}
    assert severity("at-chance", columns) is told


def test_a_score_that_never_matched_chooses_no_checkpoint() -> None:
    loss = np.interp(np.arange(N), [0, 2, N - 1], [5.8, 3.4, 4.9])
    columns = {"loss": FALLS, "eval_loss": loss, "eval_match_accuracy": np.zeros(N)}
    (overfit,) = [f for f in analyze(run(history(columns), state="finished")).findings if f.id == "overfit"]

    assert "match" not in overfit.words.advice
