"""Agents that end with nothing: a log of which only the end is there, few evaluations, thousands of records below the
first; and what only looks like it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses.learning import NoLearning
from analysis.model import Finding, Floats, Report, Severity
from analysis.scan.reading import Reading
from tests.analysis.curves import history, run
from tests.analysis.scanning import rows

RNG = np.random.default_rng(11)
NOISE = RNG.standard_normal(4_000)
N = 14
PPO = {"algo": "ppo"}


def report(columns: dict[str, Floats], first: int = 0, every: int = 10, **known: Any) -> Report:
    n = len(next(iter(columns.values())))
    h = history(columns, step=first + every * np.arange(1, n + 1))
    return analyze(run(h, **({"state": "finished", "config": PPO} | known)))


def unlearnt(of: Report) -> list[Finding]:
    return [f for f in of.findings if f.id == "no-learning" and not f.over]


def tail(returns: Floats, **more: Floats) -> dict[str, Floats]:
    return {
        "ep_rew_mean": returns,
        "ep_len_mean": np.full(len(returns), 120.0),
        "approx_kl": 0.002 + 0.0005 * NOISE[: len(returns)],
        **more,
    }


LATE = 19_987_456


def test_the_end_of_a_log_in_which_nothing_is_earned_is_told() -> None:
    (f,) = unlearnt(report(tail(np.zeros(N)), LATE, 1024))

    assert f.severity == Severity.CRITICAL
    assert "恒为 0" in f.words.message


@pytest.mark.parametrize(("evaluated", "told"), [(0.0, 1), (0.9, 0)])
def test_what_is_always_the_same_is_nothing_if_its_evaluation_is_0(evaluated: float, told: int) -> None:
    once = np.full(N, np.nan)
    once[-1] = evaluated
    columns = tail(np.full(N, 0.016)) | {"eval/mean_reward": once}

    assert len(unlearnt(report(columns, LATE, 1024))) == told


@pytest.mark.parametrize(
    "returns",
    [
        np.full(N, 500.0),  # all that there is to be had
        0.02 * (1 + NOISE[:N] ** 2),  # something, now and then
        np.zeros(5),  # too few
    ],
)
def test_of_other_ends_nobody_knows(returns: Floats) -> None:
    assert not unlearnt(report(tail(returns), LATE, 1024))


def test_while_it_goes_on_more_may_come() -> None:
    assert not unlearnt(report(tail(np.zeros(N)), LATE, 1024, state="running"))


def test_a_reward_of_each_step_is_no_return() -> None:
    """The last step of every episode costs ten, whatever the episode came to."""
    n = 600
    score = np.round(-9 + 13 * np.minimum(np.arange(n) / 200, 1) + 3 * NOISE[:n])
    columns = {"Episode": np.arange(n) + 1.0, "Epsilon": np.linspace(0.9, 0.1, n), "Reward": np.full(n, -10.0)}

    assert not unlearnt(report(columns | {"Reward cumulee": score}))
    assert [f.severity for f in unlearnt(report(columns))] == [Severity.CRITICAL]


def test_a_run_of_thousands_of_records_below_its_first_has_learnt_nothing() -> None:
    n = 3_000
    strays = 250 * np.cos(np.linspace(0, 4.5, n) * 2 * np.pi)  # it ends high, and began low
    returns = -6_300 - strays + 250 * NOISE[:n]
    returns[:8] = -4_900 + 40 * NOISE[:8]
    columns = {"ep_rew_mean": returns, "ep_len_mean": np.full(n, 3_600.0)}

    assert [f.severity for f in unlearnt(report(columns))] == [Severity.CRITICAL]
    rising = columns | {"ep_rew_mean": returns + np.linspace(0, 3_000, n)}
    assert not unlearnt(report(rising))


def rates(test: Floats, train: Floats) -> dict[str, Floats]:
    return {"test/success_rate": test, "train/success_rate": train, "test/mean_Q": np.linspace(-1.5, -22, len(test))}


def test_a_rate_that_ends_as_poor_as_it_began_is_told_at_the_end_of_few_evaluations() -> None:
    low, her = 0.075 + 0.012 * NOISE[:43], {"algo": "ddpg"}
    (f,) = unlearnt(report(rates(low, low[::-1]), config=her))

    assert f.severity == Severity.CRITICAL
    assert f.metrics[0] == "test/success_rate"
    assert not unlearnt(report(rates(low + np.linspace(0, 0.5, 43), low), config=her))
    assert not unlearnt(report(rates(low, low[::-1]), config=her, state="running"))


def test_what_is_held_out_outranks_what_is_tried_to_learn() -> None:
    low = 0.075 + 0.012 * NOISE[:43]
    reading = Reading.of(run(rows(rates(low, low)), config=PPO))

    assert reading.roles.holder["eval_score"] == "test/success_rate"
    assert NoLearning.patient
