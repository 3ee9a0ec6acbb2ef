"""Rates that stay next to nothing, and evaluations of few tries: agents that explore, and such as learn from data.
Each kind is drawn with three seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.arrays.eval_noise import one_try
from analysis.columns.kinds import kind_of
from analysis.diagnoses.learning import NoLearning
from analysis.facts import Facts
from analysis.model import Floats, Run, Severity
from tests.analysis.scanning import found, rows

SEEDS = (0, 1, 2)
NEVER = {"no-learning", "success-zero"}
LOST = {"eval-regress", "success-zero"}
Rng = np.random.Generator


def share(n: int, upto: float) -> Floats:
    """Shares of the plan at which the evaluations of a run stand that has got as far as `upto`."""
    return np.linspace(upto / n, upto, n)


def counted(p: Any, tries: int, rng: Rng) -> Floats:
    return np.asarray(rng.binomial(tries, np.clip(p, 0, 1)) / tries)


# name -> (column, config, evaluations, how far, curve, which ids say it)
Case = tuple[str, dict[str, Any], int, float, Any, set[str]]
IQL = {"algorithm": "IQL", "env": "antmaze-medium-play-v0", "n_episodes": 100}
HER = {"env": "FetchPickAndPlace-v0", "replay_strategy": "future", "algo": "ddpg"}
SICK: dict[str, Case] = {
    "D4RL, one success in three hundred": ("d4rl_normalized_score", IQL, 30, 0.3,
        lambda at, rng: 100 * counted(np.full(len(at), 0.003), 100, rng), NEVER),
    "D4RL, as a share": ("eval/normalized_score", {"algo": "cql", "task": "antmaze-large-diverse-v2"}, 40, 0.4,
        lambda at, rng: counted(np.full(len(at), 0.002), 50, rng), NEVER),
    "D4RL, locomotion at the level of chance": ("eval/d4rl_normalized_score",
        {"algo": "td3_bc", "dataset": "hopper-medium-v2"}, 60, 0.3,
        lambda at, rng: 0.8 + 0.1 * rng.standard_normal(len(at)), NEVER),
    "offline data without a reward": ("eval/normalized_episode_reward", {"algo": "iql", "task": "antmaze-umaze-v2"}, 70,
        0.07, lambda at, rng: np.zeros(len(at)), NEVER),
    "offline, kitchen, nothing done": ("evaluation/return", {"algo_name": "cql", "dataset": "kitchen-mixed-v0"}, 30,
        0.3, lambda at, rng: np.zeros(len(at)), NEVER),
    "HER on one core, three to seven per cent": ("train/success_rate", HER, 48, 0.96,
        lambda at, rng: counted(0.03 + 0.04 * at, 100, rng), NEVER),
    "one rollout a time, as rare as at first": ("eval/success", HER, 300, 0.75,
        lambda at, rng: counted(np.full(len(at), 0.04), 1, rng), NEVER),
    "one rollout a time, from nine in ten to none": ("evaluation/Average Returns", {"algo": "sac"}, 200, 1.0,
        lambda at, rng: counted(np.where(at < 0.7, np.minimum(0.9, 3 * at), 0.02), 1, rng), LOST),
}  # fmt: skip
WELL: dict[str, Case] = {
    "one rollout a time, rising to four in five": ("evaluation/Average Returns", {"algo": "iql"}, 400, 0.4,
        lambda at, rng: counted(np.interp(at, (0, 0.06, 0.18, 0.4), (0, 0.25, 0.55, 0.8)), 1, rng), set()),
    "one rollout a time, of minus one or nothing": ("evaluation/Average Returns", {"algo": "sac"}, 200, 1.0,
        lambda at, rng: counted(0.2 + 0.6 * at, 1, rng) - 1, set()),
    "one rollout a time, at six in ten from the start": ("eval/mean_reward", {"algo": "ppo"}, 150, 1.0,
        lambda at, rng: 100 * counted(np.minimum(0.65, 10 * at), 1, rng), set()),
    "D4RL, slow in a large maze": ("d4rl_normalized_score", {**IQL, "env": "antmaze-large-play-v2"}, 100, 1.0,
        lambda at, rng: 100 * counted(np.clip(1.2 * (at - 0.02), 0, 0.4), 100, rng), set()),
    "D4RL, a door that is opened late": ("eval/normalized_score", {"algo": "iql", "dataset": "door-human-v1"}, 100, 1.0,
        lambda at, rng: np.clip(60 * at, 0, 9) + 1.0 * rng.standard_normal(len(at)), set()),
    "D4RL, near an expert from early on": ("d4rl_normalized_score", {**IQL, "env": "hopper-expert-v2"}, 100, 1.0,
        lambda at, rng: np.clip(2000 * at, 0, 100) + 6 * rng.standard_normal(len(at)), set()),
    "HER, takes off at half": ("train/success_rate", HER, 50, 1.0,
        lambda at, rng: counted(0.04 + 0.9 * np.clip((at - 0.45) / 0.2, 0, 1), 100, rng), set()),
    "HER, starts at three in ten and stays": ("test/success_rate", HER, 50, 1.0,
        lambda at, rng: counted(0.3 + 0.02 * at, 100, rng), set()),
    "five tries at one in twenty, once nothing for long, then up": ("eval/success_rate", HER, 50, 1.0,
        lambda at, rng: counted(0.06 + 0.8 * np.clip((at - 0.25) / 0.5, 0, 1), 20, rng), set()),
}  # fmt: skip


def told(case: Case, seed: int) -> set[str]:
    """Warnings and worse that the run has got at its end."""
    column, config, n, upto, curve, _ = case
    x = np.asarray(curve(share(n, upto), np.random.default_rng(seed)), dtype=np.float64)
    step = 1000 * np.arange(1, n + 1)
    loss = 0.01 + 0.03 * np.exp(-5 * share(n, upto)) * np.exp(0.1 * np.random.default_rng(9).standard_normal(n))
    run = Run(
        "r", "r", rows({column: x, "q_loss": loss}, step=step), config=config, planned_steps=round(1000 * n / upto)
    )
    return {f.id for f in analyze(run).findings if f.severity > Severity.INFO and not f.over}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", SICK.values(), ids=SICK)
def test_next_to_nothing_is_told(case: Case, seed: int) -> None:
    assert told(case, seed) & case[-1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", WELL.values(), ids=WELL)
def test_few_tries_and_slow_starts_are_not(case: Case, seed: int) -> None:
    assert not told(case, seed) & (NEVER | LOST | {"oscillation"})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hump_of_luck_that_goes_again_resolves_nothing(seed: int) -> None:
    """Of twenty tries each, a tenth succeed at the beginning and at the end; in between one in four for a while."""
    rng, n = np.random.default_rng(seed), 390
    at = share(n, 1.0)
    slow = np.convolve(rng.standard_normal(n + 20), np.ones(20) / np.sqrt(20), "valid")[:n]  # runs of luck, too
    p = 0.07 + 0.1 * np.exp(-(((at - 0.4) / 0.03) ** 2)) + 0.02 * slow
    columns = {"success_rate": counted(p, 20, rng), "value_loss": 1 + 0.1 * rng.random(n)}
    history = rows(columns, step=1280 * np.arange(1, n + 1))

    (episode,) = found(NoLearning(), history, 1280 * n, algo="ppo")

    assert episode.open


def test_single_tries_are_known_by_their_turns() -> None:
    assert one_try(np.array([0.0, 1, 0, 1, 1, 0])).tolist() == [False, False, False, True, True, True]
    assert not one_try(np.array([0.0, 1, 0, 1, 0.5, 0]))[-1], "a third value"
    assert not one_try(np.array([0.0, 0, 0, 1, 1, 1])).any(), "of ten tries that all fail, then all succeed"
    assert not one_try(np.array([])).any()


@pytest.mark.parametrize(("config", "offline"), [
    ({"algo": "iql"}, True),
    ({"algorithm": "TD3_BC"}, True),
    ({"env": "antmaze-umaze-v2", "algo": "mine"}, True),
    ({"dataset_name": "hopper-medium-replay-v2"}, True),
    ({"algo": "td3"}, False),
    ({"env": "Humanoid-v4", "algo": "sac"}, False),
    ({"dataset": "medium-sized-corpus"}, False),
    ({}, False),
])  # fmt: skip
def test_who_explores_nothing(config: dict[str, Any], offline: bool) -> None:
    assert Facts(config).offline is offline


def test_a_normalised_score_is_of_an_evaluation() -> None:
    assert kind_of("d4rl_normalized_score").role == "eval_score"
    assert kind_of("train/normalized_score").group == "train"
