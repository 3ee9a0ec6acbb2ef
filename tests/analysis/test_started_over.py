"""A log whose counter begins anew: with the weights of the beginning, or with those that were learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.log_integrity import ResumeSeam
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows

SEEDS = (0, 1, 2)


def log(
    pieces: list[tuple[int, float]], seed: int, key: str = "iter", scale: float = 1.0, **config: Any
) -> list[Episode]:
    """Of every piece how many records it has, and how much was learnt before it: 0 begins anew, 1 goes on."""
    rng, counter, loss = np.random.default_rng(seed), [], []
    for n, learnt in pieces:
        t = np.arange(n) / 40
        fell = learnt + (1 - learnt) * (1 - np.exp(-t))
        counter += list(range(1, n + 1))
        loss += list(scale * (4.3 - 2 * fell + 0.03 * rng.standard_normal(n)))
    columns: dict[str, Floats] = {key: np.array(counter, float), "loss": np.array(loss), "policy_loss": np.array(loss)}
    return found(ResumeSeam(), rows(columns, every=1), **({"algo": "ppo"} | config))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("key", "scale"), [("iter", 1.0), ("iteration", 100.0), ("global_step", 1e-3)])
def test_weights_that_are_those_of_the_beginning(key: str, scale: float, seed: int) -> None:
    (e,) = log([(60, 0.0), (40, 0.0)], seed, key, scale)

    assert (e.severity, e.onset_row, e.open) == (Severity.WARNING, 60, True)
    assert e.raised_row <= 66


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_over_once_they_are_loaded(seed: int) -> None:
    (e,) = log([(60, 0.0), (12, 0.0), (40, 0.9)], seed)

    assert not e.open


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("pieces", "config"),
    [
        ([(60, 0.0), (30, 0.8), (30, 0.9)], {}),  # it went on each time
        ([(60, 0.0), (60, 0.0)], {"total_steps": 60}),  # through with its plan: another run in the same file
        ([(60, 0.0), (60, 0.0)], {"algo": None, "n_folds": 5, "task": "classification"}),
        ([(8, 0.0), (8, 0.0), (8, 0.0)], {}),  # nothing was learnt that could be lost
    ],
)
def test_a_counter_alone_says_nothing(pieces: list[tuple[int, float]], config: dict[str, Any], seed: int) -> None:
    assert not [e for e in log(pieces, seed, **config) if e.severity > Severity.INFO]
