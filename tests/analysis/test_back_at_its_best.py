"""A return that had fallen and ends as good as ever: nothing more comes that could take it back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Finding, Floats, Severity
from tests.analysis.curves import history, run

NOISE = np.random.default_rng(7).standard_normal(400)
CLIMB, FALL = np.linspace(20, 150, 220), np.linspace(150, 60, 8)
LOW = np.full(20, 60.0)


def told(returns: Floats, **known: Any) -> list[Finding]:
    columns = {"reward": returns, "epsilon": np.linspace(1, 0.05, len(returns))}
    findings = analyze(run(history(columns), **({"state": "finished"} | known))).findings
    return [f for f in findings if f.id == "eval-regress"]


def course(end: float) -> Floats:
    back = np.concatenate([np.linspace(60, end, 25), np.full(30, end)])
    x = np.concatenate([CLIMB, FALL, LOW, back])
    return np.asarray(x + 8 * NOISE[: len(x)])


def test_it_is_a_note_where_the_run_ended_above_all_that_was_before() -> None:
    back, gone = told(course(190)), told(course(55))

    assert all(f.severity <= Severity.INFO for f in back)
    assert max(f.severity for f in gone) == Severity.CRITICAL


@pytest.mark.parametrize("state", ["running", "crashed"])
def test_while_more_may_come_it_is_not_taken_back_early(state: str) -> None:
    assert max(f.severity for f in told(course(190), state=state, planned_steps=3030)) == Severity.CRITICAL


def test_the_level_is_said_that_it_has_come_back_to() -> None:
    (back,) = told(course(190))

    assert back.over
    assert "超过下跌前的" in back.words.message


def test_training_is_not_worse_than_its_evaluations_that_are_back() -> None:
    """Single episodes scatter: of evaluations nothing is missing in the end."""
    n = 3000
    x = np.linspace(0, 1, n)
    level = np.interp(x, [0, 0.5, 0.55, 0.65, 0.7, 0.96, 1], [0, 22, 6, 6, 14, 15, 28])
    scatter = np.random.default_rng(3).standard_normal(n)
    columns = {
        "episode_reward": np.round(level + (2 + level / 4) * scatter),
        "eval_reward": np.repeat(level[::30], 30),
        "epsilon": np.maximum(1 - 5 * x, 0.05),
    }
    findings = analyze(run(history(columns), state="finished")).findings

    assert all(f.severity <= Severity.INFO for f in findings if f.id == "eval-regress")
