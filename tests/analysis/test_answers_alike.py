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
    assert worst([episode]) >= Severity.WARNING
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


BETTER = {
    "uniform over 32,000 words after one step": np.array([1.637, 11.8069, 11.6046, 10.3829, *np.full(6, 10.3735)]),
    "ten classes, once it had learnt": stuck(np.round(falling(60, RNG), 4), 2.3026, 6),
    "a regression that had been near": stuck(np.round(np.concatenate([falling(40, RNG), 40 * WILD[:4]]), 4), 12.318, 6),
    "a language model of 151,936 words, late": stuck(np.round(falling(300, RNG, floor=2.0), 3), 11.931, 8),
    "all digits": stuck(falling(30, RNG), float(np.log(4)), 5),
}


@pytest.mark.parametrize("x", BETTER.values(), ids=BETTER)
def test_a_loss_that_had_been_better_is_dead_after_five_records(x: Floats) -> None:
    (episode,) = found(MetricDead(), rows({"train/loss": x}))

    assert episode.onset_row == int(np.argmax(x == x[-1]))
    assert worst([episode]) is Severity.CRITICAL


RESTS = {
    "written once in ten records": np.repeat(np.round(falling(20, RNG) * (1 + 0.5 * (np.arange(20) % 3)), 4), 10),
    "four in a row": np.concatenate([stuck(np.round(falling(60, RNG), 4), 2.3026, 4), falling(20, RNG)]),
    "of two digits": np.round(0.4 + 0.4 * np.abs(np.sin(np.arange(80) / 6)), 1),
    "no worse than before": stuck(np.round(falling(60, RNG, floor=2.0), 4), 2.3026, 8),
    "ended by a lr of 0 on one batch": stuck(np.round(0.3 + 2 * np.exp(-np.arange(30) / 5), 4), 0.3049, 8),
}


@pytest.mark.parametrize("x", RESTS.values(), ids=RESTS)
def test_a_loss_that_repeats_for_another_reason_is_not_dead(x: Floats) -> None:
    assert not found(MetricDead(), rows({"train/loss": x}))
