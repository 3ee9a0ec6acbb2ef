"""Fine-tuning on three passes, an evaluation after each: where the third says that it is learnt by heart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.overfit import Overfit
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 90
SFT: dict[str, Any] = {"stage": "sft", "base_model": "llama", "num_train_epochs": 3}
DPO: dict[str, Any] = {"trainer": "dpo", "beta": 0.1}


def by_heart(start: float, end: float, n: int = N, sigma: float = 0.06, seed: int = 0) -> Floats:
    """A training loss with a step down at each new pass."""
    x = np.arange(n) / n
    level = start * (end / start) ** (np.floor(3 * x) / 2)
    return np.asarray(level * np.exp(sigma * np.random.default_rng(seed).standard_normal(n)))


def told(train: Floats, evals: tuple[float, ...], config: dict[str, Any], **more: Floats) -> list[Episode]:
    n = len(train)
    held = np.full(n, np.nan)
    held[np.arange(1, len(evals) + 1) * n // len(evals) - 1] = evals
    return found(Overfit(), rows({"train/loss": train, "eval/loss": held, **more}), 10 * n, **config)


SICK: dict[str, tuple[Floats, tuple[float, ...], dict[str, Any]]] = {
    "a tenth at each": (by_heart(1.3, 0.4), (1.25, 1.36, 1.5), SFT),
    "faster and faster": (by_heart(1.1, 0.3), (1.05, 1.12, 1.27), SFT),
    "lora on ten records": (by_heart(2.0, 0.9, 12), (1.7, 1.84, 2.05), SFT),
    "a record a step": (by_heart(1.0, 0.2, 900, 0.2), (0.92, 1.1, 1.34), SFT),
    "a small loss": (by_heart(0.3, 0.05), (0.25, 0.31, 0.39), SFT),
    "more than it began with": (by_heart(1.5, 0.1), (1.5, 2.2, 3.1), SFT),
    "pairs of answers": (by_heart(0.6, 0.1), (0.58, 0.66, 0.83), DPO),
    "further pretraining": (by_heart(2.6, 1.6), (2.5, 2.66, 2.85), {"stage": "pt", "base_model": "qwen"}),
}


@pytest.mark.parametrize(("train", "evals", "config"), SICK.values(), ids=SICK)
def test_the_third_tells_it(train: Floats, evals: tuple[float, ...], config: dict[str, Any]) -> None:
    (e,) = told(train, evals, config)
    n = len(train)

    assert worst([e]) is Severity.WARNING
    assert (e.onset_row, e.raised_row) == (n // 3 - 1, n - 1)
    assert "；同期训练 " in e.last.words.message


HEALTHY: dict[str, tuple[Floats, tuple[float, ...], dict[str, Any]]] = {
    "it falls": (by_heart(1.3, 0.8), (1.25, 1.2, 1.18), SFT),
    "level": (by_heart(1.3, 0.8), (1.25, 1.24, 1.25), SFT),
    "up by two per cent": (by_heart(1.3, 0.8), (1.25, 1.26, 1.275), SFT),
    "up once": (by_heart(1.3, 0.4), (1.25, 1.36), SFT),
    "up and down again": (by_heart(1.3, 0.8), (1.25, 1.36, 1.27), SFT),
    "training stands still": (by_heart(1.3, 1.28), (1.25, 1.29, 1.33), SFT),
    "training rises as well": (by_heart(1.3, 1.7), (1.25, 1.4, 1.6), SFT),
    "an error of actions, which scatters": (by_heart(0.3, 0.1), (0.25, 0.3, 0.31), {"policy": {"type": "act"}}),
    "classes, of few samples": (by_heart(1.3, 0.4), (0.6, 0.66, 0.7), {"model": "resnet18"}),
}


@pytest.mark.parametrize(("train", "evals", "config"), HEALTHY.values(), ids=HEALTHY)
def test_three_that_say_less_raise_no_alarm(train: Floats, evals: tuple[float, ...], config: dict[str, Any]) -> None:
    assert worst(told(train, evals, config)) < Severity.WARNING


def test_chance_hardly_ever_looks_like_it() -> None:
    rng = np.random.default_rng(1)
    runs = [
        told(by_heart(1.3, 0.8, seed=i), tuple(1.25 * np.exp(0.015 * rng.standard_normal(3))), SFT) for i in range(100)
    ]

    assert sum(worst(r) >= Severity.WARNING for r in runs) <= 1


FEW_PASSES = {
    "two evaluations up by a little": ((0.2346, 0.2351, 0.2339, 0.2414, 0.2522), False),
    "two up by a quarter": ((0.2346, 0.2351, 0.2339, 0.27, 0.31), True),
    "four up by a little each": ((0.2346, 0.2351, 0.2339, 0.239, 0.244, 0.249, 0.254), True),
}


@pytest.mark.parametrize(("evals", "warned"), FEW_PASSES.values(), ids=FEW_PASSES)
def test_a_small_rise_is_a_note_until_more_evaluations_say_so_than_any_early_stopping_waits_for(
    evals: tuple[float, ...], warned: bool
) -> None:
    train = by_heart(0.3, 0.17, 40 * len(evals))

    assert (worst(told(train, evals, {})) is Severity.WARNING) is warned
