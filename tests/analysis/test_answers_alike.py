"""The loss of training has leapt to a number and keeps it, digit by digit: every sample gets the same answer."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.log_integrity import MetricDead
from analysis.model import Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

WILD = np.array([0.69, 2.46, 5.33, 1.02, 10.7, 1.99, 3.57, 0.9])
RNG = np.random.default_rng(3)


def stuck(before: Floats, value: float, n: int = 60) -> Floats:
    return np.concatenate([before, np.full(n, value)])


SICK = {
    "all units dead, ln 2 to four digits": ("loss", stuck(WILD, 0.6931)),
    "ten classes, all digits": ("train/loss", stuck(WILD + 2, float(np.log(10)))),
    "a regression that answers the mean": ("train_loss", stuck(100 * WILD, 12.318)),
    "after a good start": ("train/loss", stuck(falling(15, RNG), 4.6052)),
    "three records before it": ("loss", stuck(WILD[:3], 0.6931, 40)),
}


@pytest.mark.parametrize(("key", "x"), SICK.values(), ids=SICK)
def test_a_loss_that_keeps_one_number_is_dead_soon(key: str, x: Floats) -> None:
    (episode,) = found(MetricDead(), rows({key: x}))

    first = int(np.argmax(x == x[-1]))
    assert episode.onset_row == first
    assert episode.raised_row <= first + 19
    assert worst([episode]) is Severity.WARNING
    assert "输出已恒定" in episode.last.words.advice


HEALTHY = {
    "all of the data in each step, come to rest": np.round(0.3127 + 0.9 * np.exp(-np.arange(80) / 1.2), 4),
    "the same in single precision": (0.3127 + 0.9 * np.exp(-np.arange(200) / 3.0)).astype(np.float32).astype(float),
    "nothing is left to be learnt": stuck(falling(10, RNG, floor=0.0), 0.0),
    "rounded to two digits": np.round(falling(90, RNG, noise=0.001), 1),
    "nineteen in a row": np.concatenate([stuck(WILD, 0.6931, 19), falling(20, RNG)]),
}


@pytest.mark.parametrize("x", HEALTHY.values(), ids=HEALTHY)
def test_a_loss_that_came_to_rest_is_not_dead(x: Floats) -> None:
    assert not found(MetricDead(), rows({"train/loss": x}))
