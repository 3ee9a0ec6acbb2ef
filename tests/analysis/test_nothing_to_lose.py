"""What an agent earns by luck is not lost; and an evaluation that says nothing does not vouch for what it had."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.eval_scores import EvalRegress
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst

N, SEEDS = 1_000, (0, 1, 2)
DONE = np.arange(N) / N


def running_mean(level: Floats, sigma: float, seed: int, memory: float = 0.9) -> Floats:
    rng, out, x = np.random.default_rng(seed), np.empty(N), 0.0
    for i in range(N):
        x = memory * x + np.sqrt(1 - memory**2) * sigma * rng.standard_normal()
        out[i] = x
    return np.asarray(level + out)


def told(columns: dict[str, Floats], **config: Any) -> list[Episode]:
    return found(EvalRegress(), rows(columns), 10 * N, **({"algo": "DQN"} | config))


# Luck of random play: a hump of it in the second fifth, then nothing, then it learns


def hump(scale: float, seed: int, low: float = 0.0) -> Floats:
    lucky = np.interp(DONE, [0, 0.21, 0.27, 0.3, 0.4, 0.45, 0.7, 1], [0, 0, 1, 1, 0, 0, 60, 80])
    return np.asarray(low + scale * np.maximum(0, running_mean(lucky, 0.05, seed)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("scale", "low"), [(0.5, 0.0), (20.0, 3.0), (0.01, -1.0)])
@pytest.mark.parametrize("name", ["learning_starts", "start_timesteps", "replay_start_size", "num_seed_steps"])
def test_before_an_agent_learns_nothing_is_lost(name: str, scale: float, low: float, seed: int) -> None:
    columns = {"rollout/ep_rew_mean": hump(scale, seed, low)}

    assert not told(columns, **{name: 0.43 * 10 * N})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", ["rollout/exploration_rate", "train/epsilon", "charts/epsilon"])
def test_nor_while_it_acts_at_random(key: str, seed: int) -> None:
    columns = {"rollout/ep_rew_mean": hump(1.0, seed), key: np.maximum(0.05, 1 - DONE)}

    assert not told(columns)
    assert told({"rollout/ep_rew_mean": hump(1.0, seed), key: np.full(N, 0.05)}), "of an agent that acts by itself"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_learnt_and_lost_is_told_whatever_came_before(seed: int) -> None:
    level = np.interp(DONE, [0, 0.45, 0.6, 0.7, 0.75, 1], [0, 0, 100, 110, 20, 18])
    columns = {
        "rollout/ep_rew_mean": running_mean(level, 3, seed),
        "rollout/exploration_rate": np.maximum(0.02, 1 - 2 * DONE),
    }

    assert worst(told(columns, learning_starts=0.3 * 10 * N)) > Severity.INFO


# An evaluation that has never said anything


def collapse(seed: int, scale: float = 1.0, low: float = 0.0) -> Floats:
    level = np.interp(DONE, [0, 0.5, 0.6, 0.63, 0.9, 1], [10, 120, 125, 25, 20, 20])
    return np.asarray(low + scale * running_mean(level, 6, seed, 0.5))


def evaluated(values: Floats | float) -> Floats:
    x = np.full(N, np.nan)
    x[19::20] = values
    return x


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("scale", "low", "value"), [(1.0, 0.0, 0.0), (0.01, -1.5, -2.0), (50.0, 0.0, 0.0)])
def test_one_that_is_always_the_least_does_not_silence_a_collapse(
    scale: float, low: float, value: float, seed: int
) -> None:
    columns = {"train/episode_reward": collapse(seed, scale, low), "eval/episode_reward": evaluated(value)}

    assert "train/episode_reward" in {e.metrics[0] for e in told(columns, algo="PPO")}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", ["eval/episode_reward", "eval/success_rate"])
def test_one_that_stands_at_its_best_does(key: str, seed: int) -> None:
    columns = {"train/episode_reward": collapse(seed), key: evaluated(1.0 if "success" in key else 130.0)}

    assert not told(columns, algo="PPO")


# Lost again and again


def swings(at: list[float], level: list[float], seed: int, scale: float = 1.0) -> Floats:
    return np.asarray(scale * running_mean(np.interp(DONE, at, level), 3, seed, 0.8))


def posted(x: Floats) -> list[str]:
    told = found(EvalRegress(), rows({"rollout/ep_rew_mean": x}), 10 * N, algo="DQN")
    return [t.kind for e in told for t in e.transitions]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", [1.0, 0.01, 30.0])
def test_a_return_that_is_back_for_the_second_time_is_not_said_to_be_back(scale: float, seed: int) -> None:
    again = swings([0, 0.3, 0.37, 0.5, 0.6, 0.67, 0.8, 1], [20, 120, 40, 40, 122, 50, 130, 131], seed, scale)

    assert "cleared" not in posted(again)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_after_one_collapse_or_once_it_has_kept_up_for_longer_than_ever(seed: int) -> None:
    once = swings([0, 0.3, 0.37, 0.5, 0.6, 1], [20, 120, 40, 40, 125, 135], seed)
    kept = swings([0, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 1], [20, 120, 40, 40, 122, 50, 130, 135], seed)

    assert posted(once)[-1] == posted(kept)[-1] == "cleared"
