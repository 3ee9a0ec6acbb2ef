"""0 of n: told as soon as it is a fact, and not where nothing is expected yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.success import SuccessZero
from analysis.model import Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N = 200
RNG = np.random.default_rng(5)
LOSS, SUCCESS, MAP = "train/loss", "eval/success_rate", "metrics/mAP50-95(B)"
ACT: dict[str, Any] = {"policy": {"type": "act"}}
SAC: dict[str, Any] = {"algo": "sac"}
GRPO: dict[str, Any] = {"trainer": "grpo", "num_generations": 8}


def at(every: int, *values: float) -> Floats:
    """Values logged at every so-many-th record; the last goes on to the end."""
    out = np.full(N, np.nan)
    places = np.arange(every - 1, N, every)
    out[places] = [values[min(i, len(values) - 1)] for i in range(len(places))]
    return out


def raised(columns: dict[str, Floats], planned: int | None = 10 * N, **config: Any) -> tuple[int, Severity] | None:
    """(evaluation of the told column at which it was told, severity); None: silent."""
    episodes = found(SuccessZero(), rows({LOSS: falling(N, RNG), **columns}), planned, **config)
    if not episodes:
        return None
    (e,) = episodes
    told = int(np.count_nonzero(~np.isnan(columns[e.metrics[0]][: e.raised_row + 1])))
    return told, e.transitions[0].severity


RIGHT = "reward/correct"
answers = {"train/reward_std": np.full(N, 0.3), "train/completions/mean_length": np.full(N, 300.0)}


def rarely(p: Floats | float, tries: int, seed: int = 0, worth: float = 1.0, n: int = N) -> dict[str, Floats]:
    drawn = np.random.default_rng(seed).binomial(tries, np.broadcast_to(p, n)) / tries
    return {RIGHT: worth * drawn, "reward": 0.3 + drawn, **answers}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("p", "tries"), [(0.015, 8), (0.01, 64), (0.03, 16)])
def test_answers_that_are_right_now_and_then_are_a_note_that_stays(p: float, tries: int, seed: int) -> None:
    episodes = found(SuccessZero(), rows(rarely(p, tries, seed)), 10 * N, **GRPO)
    told = [e for e in episodes if e.metrics[0] == RIGHT]

    assert told[-1].open
    assert worst(told) is Severity.INFO


@pytest.mark.parametrize("seed", range(4))
def test_answers_that_are_learnt_or_worth_two_points_are_not_told(seed: int) -> None:
    def told(columns: dict[str, Floats]) -> bool:
        return any(e.open for e in found(SuccessZero(), rows(columns), 10 * N, **GRPO))

    assert not told(rarely(np.linspace(0.01, 0.5, N), 16, seed))
    assert not told(rarely(0.3, 8, seed, worth=2.0))


def test_answers_that_had_been_right_are_lost() -> None:
    (e,) = found(SuccessZero(), rows(rarely(np.where(np.arange(N) < 80, 0.4, 0.0), 8)), 10 * N, **GRPO)

    assert e.severity is Severity.WARNING


TOLD: dict[str, tuple[dict[str, Floats], dict[str, Any], int]] = {
    "a policy that imitates, tries unknown": ({SUCCESS: at(20, 0)}, ACT, 3),
    "0 of 100 after two": ({SUCCESS: at(20, 0)}, {**ACT, "eval": {"n_episodes": 50}}, 2),
    "once 4 of 10, then never": ({SUCCESS: at(20, 0, 40, 0)}, {**ACT, "eval_episodes": 10}, 5),
    "once half of the time, then never": ({SUCCESS: at(20, 0.5, 0)}, ACT, 6),
    "an agent, after a third of the plan": ({SUCCESS: at(10, 0)}, SAC, 7),
    "rollouts of an agent in training": ({"rollout/success_rate": np.zeros(N)}, SAC, 67),
    "an agent that never saw a reward": ({"eval/mean_reward": at(2, 0.0)}, SAC, 20),
    "a detector": ({MAP: at(4, 0.0)}, {"task": "detect"}, 9),
    "a detector of YOLOX": ({"val/COCOAP50_95": at(4, 0.0)}, {"task": "detect"}, 9),
    "all words are wrong": ({"valid WER": at(4, 100.0)}, {}, 9),
    "Dice that was there": ({"mean_fg_dice": np.where(np.arange(N) < 40, 0.3, 0.0)}, {}, 55),
    "all words wrong, and as many characters each time": ({"eval/wer": at(8, 1.0), "eval/cer": at(8, 0.9993)}, {}, 5),
    "answers of which none is right": ({**answers, "train/reward": np.zeros(N)}, GRPO, 20),
    "answers graded by a test": ({**answers, "val/test_score": at(20, 0.0)}, GRPO, 3),
    "right answers given up for another reward": (
        {**answers, "train/rewards/accuracy_reward": np.where(np.arange(N) < 60, 0.2, 0.001), "train/reward": np.linspace(0.5, 1, N)},
        GRPO, 77),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config", "evaluation"), TOLD.values(), ids=TOLD)
def test_it_is_told_at_the_evaluation_at_which_it_is_a_fact(
    columns: dict[str, Floats], config: dict[str, Any], evaluation: int
) -> None:
    assert raised(columns, **config) == (evaluation, Severity.WARNING)


SILENT: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "the third evaluation succeeds": ({SUCCESS: at(20, 0, 0, 0.1)}, ACT),
    "the first three lie in the first 3 % of the plan": ({SUCCESS: at(2, 0, 0, 0, 0.1)}, ACT),
    "2 of 50": ({SUCCESS: at(20, 0.04)}, ACT),
    "1 of 10, then 0 of 30": ({SUCCESS: at(40, 0.1, 0, 0, 0, 0.2)}, {**ACT, "eval_episodes": 10}),
    "a sparse reward, found after a quarter": ({SUCCESS: at(10, 0, 0, 0, 0, 0, 0.05)}, SAC),
    "rollouts that succeed late": ({"rollout/success_rate": np.where(np.arange(N) < 60, 0.0, 0.2)}, SAC),
    "mAP after seven epochs": ({MAP: at(4, *[0.0] * 7, 0.02)}, {"task": "detect"}),
    "mAP that is small": ({MAP: at(4, 0.0004)}, {"task": "detect"}),
    "accuracy of a regression": ({"val_accuracy": at(4, 0.0)}, {"loss": "mse"}),
    "a return that is negative": ({"eval/mean_reward": at(2, -50.0)}, SAC),
    "groups whose answers are sometimes right": ({**answers, "train/reward": np.where(RNG.random(N) < 0.9, 0.0, 0.1)}, GRPO),
    "all words wrong, and fewer characters each time": ({"eval/wer": at(8, *[1.0] * 7, 0.9), "eval/cer": at(8, *np.linspace(0.99, 0.7, 8))}, {}),
    "a word error rate": ({"eval/wer": at(20, 0.0)}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), SILENT.values(), ids=SILENT)
def test_it_is_silent_where_that_is_no_failure(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    assert raised(columns, **config) is None


def test_a_plan_without_end_excuses_no_detector() -> None:
    assert raised({MAP: at(4, 0.0)}, planned=300 * N, task="detect") == (30, Severity.WARNING)
    assert raised({MAP: at(9, 0.0)}, planned=300 * N, task="detect") is None  # 22 evaluations


def test_one_of_several_rewards_that_is_always_zero_is_a_note() -> None:
    parts = {**answers, "train/reward": RNG.random(N), "train/rewards/format_reward": np.zeros(N)}

    assert raised(parts, planned=10 * N, **GRPO) == (30, Severity.INFO)


def test_several_rates_that_are_zero_are_told_once() -> None:
    tasks = {f"eval/success_rate/task_{i}": at(20, 0) for i in range(5)} | {SUCCESS: at(20, 0)}

    assert raised(tasks, planned=10 * N, **ACT) == (3, Severity.WARNING)


def test_a_success_ends_it_once_it_has_lasted() -> None:
    h = rows({LOSS: falling(N, RNG), SUCCESS: at(10, *[0] * 4, 0.1, 0, *[0.2] * 20)})
    (e,) = found(SuccessZero(), h, 10 * N, **ACT)

    assert [t.kind for t in e.transitions] == ["raised", "cleared"]
    assert e.last.row == 119  # six evaluations in a row, twice as many as it took


def test_a_correlation_of_nothing_is_one_answer_for_all() -> None:
    bert = {"base_model": "bert-base-uncased"}

    assert raised({LOSS: falling(N, RNG), "eval/matthews_correlation": at(20, 0)}, planned=10 * N, **bert) is not None
    assert (
        raised({LOSS: falling(N, RNG), "eval/matthews_correlation": at(20, 0, 0, 0.2, 0.4)}, planned=10 * N, **bert)
        is None
    )


@pytest.mark.parametrize(("then", "open_"), [(0.09, True), (0.6, False)])
def test_what_had_worked_is_back_at_a_part_of_that(then: float, open_: bool) -> None:
    h = rows({LOSS: falling(N, RNG), SUCCESS: at(5, *[0.9] * 5, *[0.0] * 6, then)})
    (e,) = found(SuccessZero(), h, N, **ACT)

    assert e.open is open_


# An agent whose reward and success mean two things


def shaped(reward: Floats, success: Floats, planned: float | None = 1.0) -> list[tuple[int, Severity, str]]:
    columns = {"rollout/ep_rew_mean": reward, "rollout/success_rate": success, "train/critic_loss": 1 + 0 * reward}
    steps = None if planned is None else round(len(reward) / planned)
    told = found(SuccessZero(), rows(columns, every=1), steps, **SAC)
    return [(e.raised_row, e.severity, e.last.words.message) for e in told if e.open]


def climb(n: int, top: float, until: float, noise: float = 0.01) -> Floats:
    """From a tenth of it up to the top, and on from there."""
    done = np.arange(n) / n
    rng = np.random.default_rng(n)
    return np.asarray(top * (0.1 + 0.9 * np.minimum(1, done / until)) + noise * top * rng.standard_normal(n))


@pytest.mark.parametrize(("n", "top"), [(15, 700.0), (20, 5.0), (40, -0.3), (45, 9e4)])
def test_a_reward_that_has_come_to_rest_without_any_success(n: int, top: float) -> None:
    reward = climb(n, top, 0.5) if top > 0 else top + climb(n, 1.0, 0.5)

    ((row, severity, said),) = shaped(reward, np.zeros(n))
    assert severity is Severity.WARNING
    assert row >= n // 2
    assert "走平" in said
    assert bool(shaped(reward, np.zeros(n), planned=None)) is (n >= 30), "without a plan it may be early"


@pytest.mark.parametrize("n", [15, 40])
def test_a_run_that_is_over_without_any_success_has_none(n: int) -> None:
    assert shaped(climb(n, 300.0, 1.0), np.zeros(n))
    assert not shaped(climb(n, 300.0, 1.0), np.zeros(n), planned=0.8), "the reward still climbs, and there is time"


@pytest.mark.parametrize("n", [15, 40])
def test_a_success_however_late_is_one(n: int) -> None:
    late = np.where(np.arange(n) > 0.7 * n, 0.2, 0.0)

    assert not shaped(climb(n, 300.0, 0.9), late)


@pytest.mark.parametrize(("key", "zeros", "told"), [("pacman_score", 60, False), ("pacman_score", 200, True)])
def test_points_of_a_game_may_be_switched_on_late(key: str, zeros: int, told: bool) -> None:
    """Without a plan; the reward of the first stage of a curriculum has come to rest meanwhile."""
    n = zeros + 100
    earned = 65 * (1 - np.exp(-np.arange(n) / 8)) + np.random.default_rng(2).standard_normal(n)
    points = np.where(np.arange(n) < zeros, 0.0, 105.0 + np.random.default_rng(3).standard_normal(n))
    columns = {"mean_return": earned, "entropy": np.linspace(10, 9, n), "value_loss": np.full(n, 0.4), key: points}
    assert bool(found(SuccessZero(), rows(columns))) is told
