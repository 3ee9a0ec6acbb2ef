"""Runs of which it is known in the end: what never once succeeded, what was luck, and what did learn after all."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis import analyze
from analysis.columns.kinds import kind_of
from analysis.model import Finding, Floats, Severity
from tests.analysis.curves import history, run

RNG = np.random.default_rng(11)


def ended(columns: dict[str, Floats], id_: str, **config: Any) -> list[Finding]:
    report = analyze(run(history(columns), state="finished", config=config))
    return [f for f in report.findings if f.id == id_ and not f.over]


N = 205


def never(n: int, **more: Floats) -> dict[str, Floats]:
    return {
        "succ": np.zeros(n),
        "reward_mean": 900 + 30 * RNG.standard_normal(n),
        "policy_loss": RNG.standard_normal(n),
        **more,
    }


def test_an_agent_that_never_once_succeeds_in_so_long_is_critical() -> None:
    assert kind_of("succ").role == "eval_score"
    assert ended(never(N), "success-zero")[0].severity is Severity.CRITICAL
    assert ended(never(80), "success-zero")[0].severity is Severity.WARNING


def test_an_agent_that_has_ended_with_no_more_than_its_first_luck_has_learnt_nothing() -> None:
    rate = RNG.binomial(100, 0.05, 60) / 100
    told = ended({"train/success_rate": rate, "train/policy_loss": RNG.standard_normal(60)}, "no-learning", algo="ddpg")

    assert told[0].severity is Severity.CRITICAL


def test_the_best_so_far_is_no_evaluation() -> None:
    rate = np.asarray([0.0, 0.1, 0.0, 0.2, 0.1, 0.3, 0.2, 0.4, 0.3, 0.5] * 3)
    report = analyze(
        run(
            history(
                {
                    "loss": np.linspace(2, 1, 30),
                    "test/success_rate": rate,
                    "New best success rate": np.maximum.accumulate(rate),
                }
            )
        )
    )

    assert [m.key for m in report.metrics if m.role == "eval_score"] == ["test/success_rate"]


def no_learning(accuracy: Floats) -> list[Finding]:
    n = len(accuracy)
    return ended({"loss": 8.2e-6 * np.exp(0.05 * RNG.standard_normal(n)), "accuracy": accuracy}, "no-learning")


def test_a_loss_that_stands_while_more_and_more_is_right_learns() -> None:
    """Divided by the number of samples, it had come down before its first record."""
    errors = 0.17 * np.exp(-np.arange(60) / 30) + 0.11

    assert no_learning(1 - errors[0] + 0.003 * RNG.standard_normal(60))
    assert not no_learning(1 - errors + 0.003 * RNG.standard_normal(60))
