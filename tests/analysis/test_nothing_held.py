"""Training that learns its own samples by heart, while no evaluation was ever much better than the first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.overfit import Overfit
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 120
SEEDS = (0, 1, 2)


def course(values: list[float], at: list[float], sigma: float, seed: int) -> Floats:
    log = np.interp(np.arange(N) / (N - 1), at, np.log(values))
    return np.asarray(np.exp(log + sigma * np.random.default_rng(seed).standard_normal(N)))


def told(train: list[float], held: list[float], seed: int, stage: str | None = None) -> Severity:
    columns = {
        "train_loss": course(train, [0, 0.1, 1], 0.1, seed),
        "val_loss": course(held, [0, 0.04, 1], 0.04, seed + 10),
    }
    config: dict[str, Any] = {} if stage is None else {"stage": stage, "base_model": "llama"}
    return worst(found(Overfit(), rows(columns), **config))


@pytest.mark.parametrize("seed", SEEDS)
def test_where_nothing_that_was_learnt_holds_no_checkpoint_helps(seed: int) -> None:
    assert told([5.0, 1.5, 0.17], [5.6, 5.4, 10.5], seed) is Severity.CRITICAL


NOT_SO_GRAVE = {
    "it had fallen by half": ([5.0, 1.5, 0.17], [5.6, 2.7, 10.5], None),
    "it ended a little higher": ([5.0, 1.5, 0.17], [5.6, 5.4, 7.0], None),
    "the first pass taught what holds for others, too": ([0.45, 0.2, 0.01], [0.38, 0.36, 0.9], None),
    "a loss that is not what counts": ([5.0, 1.5, 0.17], [5.6, 5.4, 10.5], "sft"),
}


@pytest.mark.parametrize("name", NOT_SO_GRAVE)
def test_else_it_is_a_warning(name: str) -> None:
    train, held, stage = NOT_SO_GRAVE[name]

    assert [told(train, held, seed, stage) for seed in SEEDS] == [Severity.WARNING] * 3
