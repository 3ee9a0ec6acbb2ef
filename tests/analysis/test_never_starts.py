"""Agents that never start, and agents that take their time: returns, rates and lengths of episodes in the names, units
and cadences of several frameworks. Each kind is drawn with three seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.eval_scores import EvalRegress
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.progress import Plateau
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

W, I, OK = Severity.WARNING, Severity.INFO, Severity.OK  # noqa: E741
SEEDS = (0, 1, 2)


def ar1(n: int, sd: float, rho: float, rng: np.random.Generator) -> Floats:
    """Of standard deviation `sd`, as a running mean of the last episodes is: neighbours correlate by `rho`."""
    out = np.empty(n)
    out[0] = last = rng.standard_normal()
    for i in range(1, n):
        out[i] = last = rho * last + np.sqrt(1 - rho * rho) * rng.standard_normal()
    return np.asarray(sd * out)


def part(n: int, upto: float) -> Floats:
    """Shares of the plan at which the records of a run stand that has got as far as `upto`."""
    return np.linspace(upto / n, upto, n)


def climb(at: Floats, begin: float, length: float) -> Floats:
    """From 0 to 1, beginning at a share of the plan."""
    return np.asarray(1 / (1 + np.exp(-(at - begin - length / 2) / (length / 10))))


# name -> (column, config, records, how far, curve). `curve(at, rng)`: values at shares of the plan.
FLAT: dict[str, tuple[str, dict[str, Any], int, float, Any]] = {
    "dm_control, 18 to 32 of 1000": ("episode_reward", {"agent": "DrQ-v2", "algo": "drqv2"}, 32, 0.75,
        lambda at, rng: 25 + 3.5 * rng.standard_normal(len(at))),
    "Atari, a point now and then": ("train_return", {"algo": "dreamerv3"}, 700, 0.3,
        lambda at, rng: np.clip(-20.4 + 0.35 * rng.standard_normal(len(at)), -21, 21)),
    "SB3, mean of a hundred episodes": ("rollout/ep_rew_mean", {"algo": "ppo"}, 400, 0.4,
        lambda at, rng: -900 + ar1(len(at), 25, 0.9, rng)),
    "rsl_rl, falls from the start": ("Train/mean_reward", {"algorithm": {"class_name": "PPO"}}, 900, 0.6,
        lambda at, rng: 0.045 + 0.02 * np.exp(-at * 30) + ar1(len(at), 0.004, 0.9, rng)),
    "CleanRL, single episodes": ("charts/episodic_return", {"algo": "dqn"}, 3000, 0.35,
        lambda at, rng: rng.gamma(2.0, 11.0, len(at))),
    "an evaluation of ten episodes": ("eval/mean_reward", {"algo": "sac"}, 50, 0.4,
        lambda at, rng: -1500 + 60 * rng.standard_normal(len(at))),
    "Isaac Gym, thousands of environments": ("rewards/iter", {"algo": "ppo", "reward": 1}, 600, 0.35,
        lambda at, rng: 1.9 + ar1(len(at), 0.08, 0.8, rng)),
    "MountainCar, -200 in every episode": ("rollout/ep_rew_mean", {"algo": "dqn"}, 120, 0.8,
        lambda at, rng: np.full(len(at), -200.0)),
    "a few records to three quarters": ("rollout/ep_rew_mean", {"algo": "td3"}, 32, 0.8,
        lambda at, rng: -430 + 35 * rng.standard_normal(len(at))),
}  # fmt: skip
STARTS: dict[str, tuple[str, dict[str, Any], int, float, Any]] = {
    "dm_control, from 25 to 900": ("episode_reward", {"algo": "drqv2"}, 50, 1.0,
        lambda at, rng: 25 + 900 * climb(at, 0.1, 0.5) + 20 * rng.standard_normal(len(at))),
    "Atari, climbs at a fifth": ("train_return", {"algo": "dreamerv3"}, 700, 0.6,
        lambda at, rng: np.clip(-20.4 + 38 * climb(at, 0.12, 0.2) + 0.5 * rng.standard_normal(len(at)), -21, 21)),
    "SB3, slowly and steadily": ("rollout/ep_rew_mean", {"algo": "ppo"}, 400, 1.0,
        lambda at, rng: -900 + 500 * at + ar1(len(at), 25, 0.9, rng)),
    "rsl_rl, falls first, then learns": ("Train/mean_reward", {"algorithm": {"class_name": "PPO"}}, 900, 1.0,
        lambda at, rng: -1.5 * np.exp(-((at - 0.05) ** 2) / 0.002) + 20 * climb(at, 0.08, 0.4)
        + ar1(len(at), 0.3, 0.9, rng)),
    "CleanRL, single episodes that grow by half": ("charts/episodic_return", {"algo": "dqn"}, 3000, 0.6,
        lambda at, rng: (1 + 1.2 * at) * rng.gamma(2.0, 11.0, len(at))),
    "solved before the fifth record": ("rollout/ep_rew_mean", {"algo": "ppo"}, 300, 1.0,
        lambda at, rng: 500 - 480 * np.exp(-at * 400) + ar1(len(at), 2.0, 0.5, rng)),
    "at a fifth of the plan nobody knows": ("rollout/ep_rew_mean", {"algo": "ppo"}, 300, 0.2,
        lambda at, rng: -900 + ar1(len(at), 25, 0.9, rng)),
    "CartPole, 500 in every episode": ("rollout/ep_rew_mean", {"algo": "dqn"}, 120, 1.0,
        lambda at, rng: np.full(len(at), 500.0)),
    "a reward that comes late, and is the same until then": ("rollout/ep_rew_mean", {"algo": "dqn"}, 150, 1.0,
        lambda at, rng: np.where(at < 0.45, -200.0, -200 + 90 * climb(at, 0.45, 0.3) + rng.standard_normal(len(at)))),
}  # fmt: skip


def judged(case: tuple[str, dict[str, Any], int, float, Any], seed: int) -> Severity:
    column, config, n, upto, curve = case
    x = np.asarray(curve(part(n, upto), np.random.default_rng(seed)), dtype=np.float64)
    return worst(found(NoLearning(), rows({column: x}), round(10 * n / upto), **config))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", FLAT.values(), ids=FLAT)
def test_a_return_that_never_starts_is_told_long_before_the_end(case: Any, seed: int) -> None:
    assert judged(case, seed) is W


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", STARTS.values(), ids=STARTS)
def test_a_return_that_takes_its_time_is_not(case: Any, seed: int) -> None:
    assert judged(case, seed) <= I


def test_a_return_that_only_falls_from_its_first_records_has_nothing_to_regress_from() -> None:
    """It never was better than without training; of learnt weights that is another matter."""
    at, rng = part(900, 0.6), np.random.default_rng(5)
    x = np.asarray(FLAT["rsl_rl, falls from the start"][4](at, rng))
    plan: dict[str, Any] = {"algo": "ppo"}

    assert not found(EvalRegress(), rows({"Train/mean_reward": x}), 15_000, **plan)
    assert found(EvalRegress(), rows({"Train/mean_reward": x}), 15_000, resume=True, **plan)


def test_the_kl_of_a_world_model_is_no_sign_of_answers() -> None:
    """What makes a flat reward of answers a note: they may have been right from the first on."""
    at = part(700, 0.3)
    x = np.asarray(FLAT["Atari, a point now and then"][4](at, np.random.default_rng(0)))
    model = {"kl_loss": np.full(len(at), 0.8), "image_loss": 11_300 + at}
    answers = {"actor/kl_loss": np.full(len(at), 0.8), "response_length/mean": 300 + at}

    assert worst(found(NoLearning(), rows({"train_return": x, **model}), 23_333, algo="dreamerv2")) is W
    assert worst(found(NoLearning(), rows({"train_return": x, **answers}), 23_333, algo="grpo")) is I


def test_one_that_starts_after_all_is_taken_back() -> None:
    at, rng = part(400, 1.0), np.random.default_rng(6)
    x = -900 + 700 * climb(at, 0.75, 0.15) + ar1(400, 25, 0.8, rng)

    (episode,) = found(NoLearning(), rows({"rollout/ep_rew_mean": x}), 4000, algo="ppo")

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert episode.raised_row < 0.75 * 400 < episode.transitions[1].row < 0.9 * 400


# What has risen, and then stands: solved, or stuck

STANDS: dict[str, tuple[str, dict[str, Any], int, float, Any]] = {
    "Dreamer, one penalty drowns the rest": ("episode/score", {"algo": "dreamerv3"}, 800, 0.8,
        lambda at, rng: -517 - 123 * np.exp(-at * 40) + ar1(len(at), 14, 0.8, rng)),
    "solved at a third": ("rollout/ep_rew_mean", {"algo": "ppo"}, 300, 1.0,
        lambda at, rng: 480 * climb(at, 0.05, 0.25) + ar1(len(at), 5, 0.8, rng)),
    "rsl_rl, level at half": ("Train/mean_reward", {"algo": "ppo"}, 1500, 1.0,
        lambda at, rng: 22 * climb(at, 0.05, 0.35) + ar1(len(at), 0.5, 0.9, rng)),
    "evaluations, level at half": ("eval/mean_reward", {"algo": "sac"}, 60, 1.0,
        lambda at, rng: 2000 * climb(at, 0.0, 0.4) + 60 * rng.standard_normal(len(at))),
    "no plan is known": ("charts/episodic_return", {"algo": "dqn"}, 900, 0.0,
        lambda at, rng: 200 * climb(np.linspace(0, 1, len(at)), 0.0, 0.3) + 20 * rng.standard_normal(len(at))),
}  # fmt: skip
CLIMBS: dict[str, tuple[str, dict[str, Any], int, float, Any]] = {
    "in a line": ("rollout/ep_rew_mean", {"algo": "ppo"}, 400, 1.0,
        lambda at, rng: 900 * at + ar1(len(at), 25, 0.8, rng)),
    "in steps of a third": ("Train/mean_reward", {"algo": "ppo"}, 600, 0.95,
        lambda at, rng: 8 * (climb(at, 0.0, 0.2) + climb(at, 0.3, 0.2) + climb(at, 0.6, 0.2))
        + ar1(len(at), 0.2, 0.8, rng)),
    "late": ("episode_reward", {"algo": "drqv2"}, 200, 1.0,
        lambda at, rng: 20 + 800 * climb(at, 0.5, 0.5) + 15 * rng.standard_normal(len(at))),
    "by the root": ("eval/mean_reward", {"algo": "sac"}, 80, 1.0,
        lambda at, rng: 3000 * np.sqrt(at) + 50 * rng.standard_normal(len(at))),
    "up, and down again": ("rollout/ep_rew_mean", {"algo": "ppo"}, 400, 1.0,
        lambda at, rng: 500 * (1 - np.abs(2 * at - 1)) + ar1(len(at), 10, 0.8, rng)),
}  # fmt: skip


def stands(case: tuple[str, dict[str, Any], int, float, Any], seed: int) -> list[Any]:
    column, config, n, upto, curve = case
    x = np.asarray(curve(part(n, upto), np.random.default_rng(seed)), dtype=np.float64)
    return found(Plateau(), rows({column: x}), round(10 * n / upto) if upto else None, **config)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", STANDS.values(), ids=STANDS)
def test_a_return_that_stands_after_it_has_risen_is_a_note(case: Any, seed: int) -> None:
    assert worst(stands(case, seed)) is I


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", CLIMBS.values(), ids=CLIMBS)
def test_a_return_that_moves_does_not_stand(case: Any, seed: int) -> None:
    assert not stands(case, seed)
