"""Single episodes of an agent that had solved its task, and fails now and then in the end; and what looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.arrays.failing import fails_again
from analysis.model import Finding, Floats, Severity
from tests.analysis.curves import history, run

N = 1_200


def course(seed: int, share: Floats) -> Floats:
    """Learnt within a hundred episodes; each fails with its share."""
    rng = np.random.default_rng(seed)
    failed = rng.random(N) < np.where(np.arange(N) < 100, 0.5, share)
    return np.where(failed, -170 + 60 * rng.standard_normal(N), 197 + 2 * rng.standard_normal(N))


ENDS = np.where(np.arange(N) < 1_090, 0.0, 0.2)


def told(returns: Floats, **known: object) -> list[Finding]:
    columns = {"episode_return": returns, "episode_length": np.full(N, 5.0)}
    findings = analyze(run(history(columns, every=1), **({"state": "finished"} | known))).findings
    return [f for f in findings if f.id == "eval-regress" and not f.over and f.severity >= Severity.WARNING]


@pytest.mark.parametrize("seed", range(4))
def test_failures_that_had_not_been_there_for_long_are_told(seed: int) -> None:
    (f,) = told(course(seed, ENDS))

    assert f.severity == Severity.WARNING
    assert "又常失败" in f.words.title
    assert not told(course(seed, ENDS), state="running")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.0, 0.03, 0.2])
def test_who_fails_as_often_as_ever_is_not_told(seed: int, share: float) -> None:
    assert fails_again(course(seed, np.full(N, share))) is None
    assert fails_again(course(seed, np.where(np.arange(N) < 600, 0.3, 0.0))) is None  # learnt late
    assert fails_again(course(seed, np.where(np.arange(N) // 50 == 22, 0.6, 0.0))) is None  # and is over again
    fell = course(seed, np.where((np.arange(N) > 600) & (np.arange(N) < 1_150), 1.0, 0.0))
    assert fails_again(fell) is None  # a fall, from which it has come back


@pytest.mark.parametrize("seed", range(10))
def test_returns_that_scatter_widely_have_no_failures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert fails_again(np.linspace(0, 1, N) + rng.standard_normal(N)) is None
    assert fails_again(-rng.exponential(1.0, N)) is None
    assert fails_again(rng.standard_t(2, N)) is None
