"""Returns of few values: most records are the same as the one before, and the others tell how far they scatter."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays.unrisen import unrisen
from analysis.model import Floats

SEEDS = range(6)


def drawn(seed: int, values: list[float], shares: list[float], n: int) -> Floats:
    return np.asarray(np.random.default_rng(seed).choice(values, n, p=shares), dtype=np.float64)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", [1.0, 0.05, 200.0])
@pytest.mark.parametrize("low", [0.0, -21.0])
def test_the_usual_value_is_no_rise_above_an_unusual_first(scale: float, low: float, seed: int) -> None:
    x = drawn(seed, [-3, -2, -1, 0, 1], [0.01, 0.06, 0.16, 0.76, 0.01], 1_000)
    x[:5] = -1  # means of 20 games, which begin one below what they nearly always are

    assert not unrisen(low + scale * x).risen[100:].any()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", [1.0, 0.05, 200.0])
def test_a_value_that_becomes_usual_is_one(scale: float, seed: int) -> None:
    x = np.concatenate([drawn(seed, [0, 1], [0.99, 0.01], 300), drawn(seed + 10, [5, 6], [0.5, 0.5], 300)])

    assert unrisen(scale * x).risen[-1]
    assert not unrisen(scale * x[:300]).risen[100:].any()
