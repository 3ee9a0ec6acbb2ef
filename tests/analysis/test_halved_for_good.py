"""A return of training that kept one level for long, and has stood far below it since."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays.descent import for_good
from analysis.diagnoses.eval_scores import EvalRegress
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows

RNG = np.random.default_rng(6)
N = 1500


def running(level: Floats, size: float, kept: float = 0.97) -> Floats:
    """What a mean of the last few dozen episodes is: neighbours share most of them."""
    shocks = size * np.sqrt(1 - kept**2) * RNG.standard_normal(len(level))
    out = np.zeros(len(level))
    for j in range(1, len(level)):
        out[j] = kept * out[j - 1] + shocks[j]
    return np.asarray(level + out)


def falls(at: int, before: float, after: float, over: int = 100, first: float = 0.0, n: int = N) -> Floats:
    """`first`: by how much it stands higher in the first records, as of a mean that is not filled yet."""
    i = np.arange(n)
    return before + first * np.exp(-i / 20) - (before - after) * np.clip((i - at) / over, 0, 1)


HALVED = {
    "resumed, high at first": running(falls(800, 115, 60, first=70), 8),
    "over many records": running(falls(600, 40, 15, over=150), 2.5),
    "single episodes": falls(700, 200, 90, first=150) + 20 * RNG.standard_normal(N),
}
NOT = {
    "for a while": running(falls(800, 115, 60, first=70) + 55 * (np.arange(N) > 930), 8),
    "a quarter less": running(falls(800, 115, 86, first=70), 8),
    "the first records alone were high": running(falls(2 * N, 60, 60, first=70), 4),
    "it wanders as far by itself": running(np.full(N, 100.0), 25, 0.99),
    "it learns": running(np.linspace(5, 150, N), 8),
}


@pytest.mark.parametrize("x", HALVED.values(), ids=HALVED)
def test_it_is_a_warning_while_it_stays_there(x: Floats) -> None:
    episodes = found(EvalRegress(), rows({"moving_avg_train_reward": x}, every=1), planned=N)

    assert any(e.open and e.severity >= Severity.WARNING for e in episodes)


@pytest.mark.parametrize("x", NOT.values(), ids=NOT)
def test_what_comes_back_or_is_not_so_far_is_none(x: Floats) -> None:
    assert not for_good(x)[0].any()


def test_it_is_over_once_it_is_back() -> None:
    x = running(falls(600, 115, 60, first=70) + 60 * np.clip((np.arange(N) - 1000) / 50, 0, 1), 5)
    (episode,) = found(EvalRegress(), rows({"reward": x}, every=1), planned=N)

    assert not episode.open
