"""Cohen's kappa and MCC, which leave out what chance gives: at 0 nothing has been learnt of any number of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Finding, Floats, Severity
from tests.analysis.curves import history, run

RNG = np.random.default_rng(11)


def ended(columns: dict[str, Floats], id_: str = "at-chance", **config: Any) -> list[Finding]:
    report = analyze(run(history(columns), state="finished", config=config))
    return [f for f in report.findings if f.id == id_ and not f.over]


@pytest.mark.parametrize("key", ["val_cohen", "eval/matthews_correlation", "valid/cohen_kappa"])
def test_exactly_0_at_every_evaluation_is_a_guess(key: str) -> None:
    told = ended({"train_loss": np.linspace(1.8, 1.39, 6), key: np.zeros(6)})

    assert told[0].severity is Severity.CRITICAL
    assert "恒为 0" in told[0].words.title


def test_near_0_beside_a_training_that_knows_every_sample_is_one() -> None:
    kappa = 0.03 + 0.02 * RNG.standard_normal(60)
    told = ended({"train_loss": 1.4 * np.exp(-np.arange(60) / 8) + 0.002, "val_kappa": kappa, "val_f1": 0.25 + kappa})

    assert told[0].severity is Severity.CRITICAL
    assert "只记住了训练集" in told[0].words.message


@pytest.mark.parametrize(
    "kappa",
    [
        np.concatenate([np.zeros(3), np.linspace(0.1, 0.5, 12)]),
        0.15 + 0.02 * RNG.standard_normal(15),
        np.zeros(3),
        np.linspace(0.0, 0.3, 15),
    ],
    ids=["late", "slight", "three of them", "rising"],
)
def test_what_is_learnt_or_unknown_is_none(kappa: Floats) -> None:
    assert not ended({"train_loss": np.linspace(1.5, 0.7, len(kappa)), "val_kappa": kappa})
