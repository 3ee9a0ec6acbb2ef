"""A loss that leaps up now and then, and each time comes back to the very same number: its output is constant."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.log_integrity import MetricDead
from analysis.model import Floats, Report, Run, Severity
from tests.analysis.scanning import rows

N = 130
AT = 9  # records that moved


def leaping(level: float, seed: int, every: int = 14, last: float = 1e-9, height: float = 0.2) -> Floats:
    """Falls to a level, stands there up to its last digit, and from the middle on leaps up and is back in three."""
    rng = np.random.default_rng(seed)
    x = level * (1 + last * rng.integers(-2, 3, N))
    x[:AT] = level * np.exp(rng.uniform(0.1, 3.0, AT))
    for k in range(N // 2, N - 6, every):
        x[k : k + 3] *= 1 + height * np.array([1.0, 0.06, 0.003])
    return np.asarray(x)


def report(*, state: str = "finished", **columns: Floats) -> Report:
    return analyze(Run("r", "r", rows(dict(columns)), state=state))


@pytest.mark.parametrize("seed", range(3))
def test_it_is_told_at_the_end_of_the_run(seed: int) -> None:
    (f,) = [f for f in report(train_loss=leaping(0.5109, seed)).findings if f.id == NoLearning.id]

    assert f.severity is Severity.CRITICAL
    assert "6 位数字不变" in f.words.message
    assert f.onset_at is not None
    assert 8 * 10 <= f.onset_at <= 11 * 10


@pytest.mark.parametrize(
    "x",
    [
        leaping(0.5109, 0, every=4),  # it is hardly ever there
        leaping(0.5109, 0, last=1e-4),  # batches differ
        leaping(0.5109, 0) * np.linspace(1.5, 1, N),
    ],
    ids=["seldom there", "noise", "falls"],
)
def test_one_that_is_not_the_same_each_time_is_not(x: Floats) -> None:
    assert not [f for f in report(train_loss=x).findings if f.id == NoLearning.id and f.severity > Severity.INFO]


def frozen(then: Floats) -> list[bool]:
    """Whether a term that froze after it had moved is over, by what it does from there on."""
    x = np.concatenate([ALIVE, np.full(40, ALIVE[-1]), then])
    return [f.over for f in report(aux_loss=x, state="running").findings if f.id == MetricDead.id]


ALIVE: Floats = np.asarray(np.exp(0.5 * np.random.default_rng(3).standard_normal(60)))
BACK = ALIVE[-1] * (1 + np.tile([0.3, 0.02, 1e-3, 1e-5, 1e-8, 0.0], 4))


@pytest.mark.parametrize("then", [ALIVE[-1] * (1 + 1e-8 * np.arange(1, 11)), BACK], ids=["by a hair", "and is back"])
def test_a_metric_that_comes_back_to_where_it_froze_is_still_dead(then: Floats) -> None:
    assert frozen(then) == [False]


def test_one_that_moves_as_it_did_before_is_not() -> None:
    assert False not in frozen(np.asarray(np.exp(0.5 * np.random.default_rng(4).standard_normal(20))))
