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


# Lost for good, where no plan says how early that is


def unplanned(level: Floats, scale: float, low: float, seed: int, times: int = 1) -> Severity:
    """`times` as many records of all that."""
    noise = [running_mean(np.zeros(N), 2.0, seed + 10 * i, memory=0.5) for i in range(times)]
    x = low + scale * (np.repeat(level, times) + np.concatenate(noise))
    return worst(found(EvalRegress(), rows({"rollout/ep_rew_mean": np.asarray(x)}), algo="PPO"))


def through(*points: tuple[float, float]) -> Floats:
    at, to = zip(*points, strict=True)
    return np.asarray(np.interp(DONE, at, to))


SCALES = pytest.mark.parametrize(("scale", "low"), [(1.0, 10.0), (0.005, 0.0), (300.0, -2e4)])


@SCALES
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("best", [0.1, 0.15, 0.2])
def test_what_has_been_gone_for_twice_as_long_as_it_took_is_lost(
    best: float, scale: float, low: float, seed: int
) -> None:
    level = through((0, 0), (0.05, 0), (best, 100), (best + 0.05, 5), (1, 3))

    assert unplanned(level, scale, low, seed) is Severity.CRITICAL


@SCALES
@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_gone_for_a_third_of_the_time_and_came_back_was_worth_a_word(
    scale: float, low: float, seed: int
) -> None:
    level = through((0, 0), (0.3, 5), (0.4, 100), (0.42, 10), (0.7, 10), (0.8, 100), (1, 300))

    assert unplanned(level, scale, low, seed, times=4) is Severity.WARNING
    assert unplanned(level, scale, low, seed) is Severity.INFO, "the hump of its beginning, of a thousand episodes"


@SCALES
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "level",
    [
        through((0, 0), (0.3, 5), (0.4, 100), (0.42, 10), (0.5, 10), (0.6, 120), (1, 300)),  # a dip
        through((0, 0), (0.4, 100), (0.5, 60), (1, 60)),  # a part of it
        through((0, 0), (0.06, 100), (0.07, 10), (0.12, 10), (0.3, 200), (1, 500)),  # of too few records to say
        through((0, 0), (0.8, 5), (0.9, 100), (0.92, 10), (1, 10)),  # just now
    ],
    ids=("a dip", "a part", "early", "late"),
)
def test_a_dip_or_a_part_of_it_is_a_note(level: Floats, scale: float, low: float, seed: int) -> None:
    assert unplanned(level, scale, low, seed) <= Severity.INFO


# The first evaluations of an agent, of which no plan says how early they are


def first_evaluations(means: tuple[float, ...], seed: int, scale: float = 1.0, **config: Any) -> Severity:
    level = scale * np.concatenate([np.array(means), np.full(60, means[-1])])
    x = level * (1 + 0.03 * np.random.default_rng(seed).standard_normal(len(level)))
    columns = {"evaluation/episode_reward_mean": x, "episode_reward_mean": x}
    return worst(found(EvalRegress(), rows(columns), **({"algo": "SAC"} | config)))


STANDS_STILL = (-68, -79, -84, -75, -82, -77, -73, -87, -73, -76, -2, -2, -4, -15, -40, -69)
FALLS_OVER = (-137, -157, -162, -130, -160, -126, -140)
RUNS = (458, 790, 1195, 1467, 1288, 1556, 1713, 2000)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", [1.0, 0.01, 40.0])
def test_what_an_agent_earns_while_it_stands_still_is_no_loss_once_it_moves(scale: float, seed: int) -> None:
    assert first_evaluations(STANDS_STILL + FALLS_OVER + RUNS, seed, scale) <= Severity.INFO


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("means", "config"),
    [
        ((0, 100, 400, 900, 1000, 980, 1010, 990, 1000, 1005, 995, 1000, 100), {}),  # had had it for long
        ((*range(0, 2500, 100), 20), {}),  # at its 25th
        (STANDS_STILL + FALLS_OVER + RUNS, {"algo": "iql"}),  # learns from data alone
    ],
    ids=("had it", "not the first", "offline"),
)
def test_what_it_had_is(means: tuple[float, ...], config: dict[str, Any], seed: int) -> None:
    assert first_evaluations(means, seed, **config) is Severity.CRITICAL


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "luck"), [("solve_rate", True), ("eval/success_rate", False)])
def test_a_rate_of_what_it_does_at_random_is_luck(name: str, luck: bool, seed: int) -> None:
    """In what is called an evaluation it does nothing at random."""
    rate = through((0, 0.0), (0.05, 0.0), (0.1, 0.3), (0.2, 0.3), (0.22, 0.05), (1, 0.05))
    x = np.clip(running_mean(rate, 0.01, seed), 0, 1)
    columns = {name: x, "reward": 20 * x, "epsilon": np.maximum(0.05, 1 - 0.4 * DONE)}

    assert (worst(found(EvalRegress(), rows(columns))) > Severity.INFO) is not luck
