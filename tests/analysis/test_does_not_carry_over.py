"""What is learnt in training and does not hold elsewhere: returns by other names, rates, a second held-out loss; and an
evaluation that falls from one level to another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays import rolling
from analysis.arrays.descent import fell_in_a_step
from analysis.diagnoses.eval_scores import EvalRegress
from analysis.diagnoses.overfit import Overfit
from analysis.diagnoses.train_vs_eval import GenGap
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 120
t = np.arange(N) / N
PPO: dict[str, Any] = {"algo": "PPO"}


def noise(sigma: float, seed: int = 0, n: int = N) -> Floats:
    return np.asarray(sigma * np.random.default_rng(seed).standard_normal(n))


def every(x: Floats, k: int) -> Floats:
    out = np.full(len(x), np.nan)
    out[k - 1 :: k] = x[k - 1 :: k]
    return out


# Returns

AT_ONCE = 80 * (1 - np.exp(-np.arange(N) / 3)) + noise(4)  # learnt before there is a level of many records


@pytest.mark.parametrize(
    "names",
    [
        ("rollout/ep_rew_mean", "eval/mean_reward"),
        ("train/episode_reward", "eval/episode_reward"),
        ("charts/episodic_return", "eval/avg_return"),
    ],
)
def test_a_return_that_is_not_there_where_it_is_evaluated(names: tuple[str, str]) -> None:
    def gaps(evaluation: Floats) -> list[Episode]:
        return [
            e
            for e in found(GenGap(), rows({names[0]: AT_ONCE, names[1]: every(evaluation, 2)}), 10 * N, **PPO)
            if e.open
        ]

    assert gaps(0.3 * (t > 0.5) + noise(0.01, 1))
    assert not gaps(AT_ONCE + noise(5, 2))
    assert not gaps(1.5 * AT_ONCE + noise(9, 3))


def test_noise_is_no_gain_that_could_be_carried_over() -> None:
    for seed in range(10):
        pair = {"rollout/ep_rew_mean": noise(5, seed), "eval/mean_reward": noise(1, 50 + seed)}
        assert not found(GenGap(), rows(pair), 10 * N, **PPO)


# An evaluation that falls in a step

STEP = np.concatenate([np.full(11, -85.0), np.full(7, 115.0), np.full(10, -60.0)])


def regress(x: Floats, name: str = "eval/mean_reward") -> list[Episode]:
    return found(EvalRegress(), rows({name: x}), 10 * len(x), **PPO)


@pytest.mark.parametrize("name", ["eval/mean_reward", "evaluation/return", "test/episode_reward"])
@pytest.mark.parametrize("seed", range(3))
def test_evaluations_that_come_down_in_one_step_and_stay_are_told(name: str, seed: int) -> None:
    assert worst(regress(STEP + noise(15, seed, len(STEP)), name)) is Severity.CRITICAL


def test_a_step_within_its_noise_is_not() -> None:
    for seed in range(5):
        assert worst(regress(STEP / 10 + noise(15, seed, len(STEP)))) <= Severity.INFO


def test_a_step_is_none_while_it_is_short_and_swings_with_a_long_memory_are_none() -> None:
    def stepped(x: Floats) -> bool:
        level = rolling.rolling_median(x, 3, least=3)
        best = rolling.running_max(level)
        return bool(fell_in_a_step(x, best, level, best - level > 0.1).any())

    assert stepped(STEP + noise(15, 0, len(STEP)))
    assert not stepped(np.concatenate([STEP[:18], np.full(4, -60.0), np.full(9, 115.0)]))
    assert not stepped(np.concatenate([STEP[:14], STEP[18:]]))  # four evaluations high
    wander = [noise(1.0, seed, 60) for seed in range(40)]
    for x in wander:
        for i in range(1, len(x)):
            x[i] += 0.85 * x[i - 1]
    assert sum(map(stepped, wander)) <= 5


# Rates

LEARNT = 0.4 + 0.55 * (1 - np.exp(-np.arange(N) / 10))


def rates(train: Floats, held_out: Floats, names: tuple[str, str] = ("train/acc", "val/acc")) -> list[Episode]:
    return found(GenGap(), rows(dict(zip(names, (train, held_out), strict=True))), 10 * N)


@pytest.mark.parametrize(
    ("names", "unit"),
    [(("train/F1", "valid/F1"), 1.0), (("train_acc", "val_acc"), 100.0), (("train/dice", "test/dice"), 1.0)],
)
def test_most_of_what_training_knows_is_not_known_elsewhere(names: tuple[str, str], unit: float) -> None:
    held_out = 0.5 + noise(0.05, 1) - 0.05 * t
    (e,) = rates(unit * LEARNT, unit * held_out, names)

    assert e.severity is Severity.WARNING
    assert e.open


def test_an_evaluation_that_still_climbs_is_a_note() -> None:
    assert worst(rates(LEARNT, 0.4 + 0.2 * t + noise(0.005, 1))) is Severity.INFO


@pytest.mark.parametrize(
    "held_out",
    [
        0.01 + 0.75 * (1 - np.exp(-np.arange(N) / 8)),  # a hundred classes, by heart, and three in four elsewhere
        LEARNT - 0.05 + noise(0.02, 1),
        np.full(N, 0.9) + noise(0.01, 2),  # fine-tuned: good from the first evaluation on
    ],
)
def test_what_carries_over_is_no_gap(held_out: Floats) -> None:
    train = LEARNT if held_out[0] > 0.2 else 0.01 + 0.985 * (1 - np.exp(-np.arange(N) / 8))

    assert not rates(train, held_out)


def test_rates_of_agents_and_of_pairs_are_not_compared() -> None:
    columns = {"train/accuracy": LEARNT, "eval/accuracy": np.full(N, 0.45) + noise(0.01)}

    assert rates(LEARNT, columns["eval/accuracy"], ("train/accuracy", "eval/accuracy"))
    assert not found(GenGap(), rows(columns), 10 * N, trainer="dpo", beta=0.1)


# A second held-out loss

FALL = 0.4 * np.exp(-2 * t) + noise(0.003)
FLAT = np.array([0.665, 0.666, 0.653, 0.667, 0.6745, 0.678])


def held_out(valid: Floats, test: Floats, names: tuple[str, str] = ("val_loss", "test_loss")) -> list[Episode]:
    columns = {"train_loss": FALL}
    for name, x in zip(names, (valid, test), strict=True):
        columns[name] = np.full(N, np.nan)
        columns[name][N // len(x) - 1 :: N // len(x)] = x
    return found(Overfit(), rows(columns), 10 * N)


@pytest.mark.parametrize("names", [("val_loss", "test_loss"), ("Vali Loss", "Test Loss"), ("dev/loss", "test/loss")])
def test_a_test_loss_that_is_worse_after_each_epoch_is_told_beside_a_level_valid_one(names: tuple[str, str]) -> None:
    (e,) = held_out(FLAT, np.array([0.627, 0.688, 0.707, 0.714, 0.722, 0.725]), names)

    assert e.metrics[0] == names[1]


def test_two_that_rise_are_told_once_and_two_that_stay_not_at_all() -> None:
    rises = np.array([0.627, 0.688, 0.707, 0.74, 0.78, 0.83])

    assert len(held_out(rises, rises * 1.05)) == 1
    assert not held_out(FLAT, FLAT * 1.02)
    assert not held_out(FLAT, np.array([0.627, 0.61, 0.612, 0.604, 0.609, 0.606]))
