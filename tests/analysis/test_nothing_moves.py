"""Runs in which nothing moves any more, or never did, whatever goes on beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from analysis.diagnoses.adversaries import GanCollapse
from analysis.diagnoses.answers import NoSpread
from analysis.diagnoses.impossible import ImpossibleValue
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.learning_rate import LrZero
from analysis.diagnoses.log_integrity import MetricDead
from analysis.model import Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N = 300
STEPS = np.arange(N).astype(np.float64)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


# A language model in its warm-up that has not learnt one word


def level(value: float, noise: float, seed: int, n: int = N, fall: float = 0.0) -> Floats:
    return np.asarray(value - fall * np.arange(n) / n + noise * rng(seed).standard_normal(n))


UNTOUCHED = {
    "in a long warm-up": (level(11.067, 0.001, 0, 400), {"warmup_iters": 2000}, None),
    "in the first hundredth of a plan": (level(11.18, 0.005, 1, 140), {"warmup_steps": 3125}, 125_000),
    "above ln of the vocabulary": (level(12.4, 0.02, 2), {"warmup_steps": 5000}, 100_000),
    "ln 32000": (level(10.374, 0.003, 3), {"warmup_steps": 10_000}, 500_000),
}
MOVING = {
    "a warm-up that is felt": (level(11.0, 0.02, 4, fall=1.2), {"warmup_iters": 2000}, None),
    "a very small lr": (level(10.9, 0.003, 5, fall=0.35), {"warmup_steps": 10_000}, 500_000),
    "a thousand classes": (level(6.91, 0.005, 6), {"warmup_steps": 5000}, 100_000),
    "a distance whose noise hides all": (level(40.0, 8.0, 7), {"warmup_steps": 5000}, 100_000),
    "eighty records": (level(11.067, 0.001, 8, 80), {"warmup_iters": 2000}, 100_000),
}


@pytest.mark.parametrize(("x", "config", "planned"), UNTOUCHED.values(), ids=UNTOUCHED)
def test_a_loss_of_guessing_words_that_does_not_move_at_all_is_told_in_the_warm_up(
    x: Floats, config: dict[str, Any], planned: int | None
) -> None:
    assert worst(found(NoLearning(), rows({"loss": x}, 1), planned, **config)) is Severity.CRITICAL


@pytest.mark.parametrize(("x", "config", "planned"), MOVING.values(), ids=MOVING)
def test_one_that_moves_or_is_none_of_words_is_not(x: Floats, config: dict[str, Any], planned: int | None) -> None:
    assert worst(found(NoLearning(), rows({"loss": x}, 1), planned, **config)) < Severity.CRITICAL


WORDLESS = {
    "every hundred steps, and it creeps up": level(11.85, 0.06, 20, 24, fall=-0.15),
    "to four digits, above ln 151,936": np.round(level(12.3, 0.03, 21, 40, fall=-0.1), 4),
    "ln 32,000 and a little": level(10.42, 0.02, 22, 30, fall=-0.02),
    "it gets worse from the start": level(10.9, 0.05, 23, 25, fall=-0.8),
    "loud batches": level(11.4, 0.2, 24, 60, fall=-0.3),
}
WORDS_COME = {
    "slowly": level(11.0, 0.02, 25, 30, fall=0.15),
    "after all": np.concatenate([level(10.9, 0.02, 26, 8), level(10.5, 0.02, 27, 12, fall=3.0)]),
    "a sum of terms": level(31.0, 0.3, 28, 40),
    "a distance": level(14.5, 0.2, 29, 40),
}


@pytest.mark.parametrize("name", WORDLESS)
def test_a_few_records_of_a_thousand_steps_and_more_that_do_not_fall_below_guessing(name: str) -> None:
    assert worst(found(NoLearning(), rows({"loss": WORDLESS[name]}, 100))) is Severity.CRITICAL


@pytest.mark.parametrize("name", WORDS_COME)
def test_what_falls_or_is_none_of_words_is_not(name: str) -> None:
    assert worst(found(NoLearning(), rows({"loss": WORDS_COME[name]}, 100))) < Severity.WARNING


def test_neither_are_the_same_records_of_fewer_steps_nor_of_a_warm_up() -> None:
    x = WORDLESS["every hundred steps, and it creeps up"]
    assert worst(found(NoLearning(), rows({"loss": x}, 10))) < Severity.WARNING
    assert worst(found(NoLearning(), rows({"loss": x}, 100), warmup_steps=2000)) < Severity.WARNING


# The lr of one of two adversaries


def lrs(first: npt.ArrayLike, second: npt.ArrayLike, adversaries: bool = True) -> dict[str, Floats]:
    loss = (
        {"G_adv_loss": level(2.0, 0.1, 9), "D_loss": level(1.3, 0.1, 10)}
        if adversaries
        else {"loss": falling(N, rng(9))}
    )
    return loss | {
        "lr_0": np.broadcast_to(np.asarray(first, dtype=np.float64), N).copy(),
        "lr_1": np.broadcast_to(np.asarray(second, dtype=np.float64), N).copy(),
    }


@pytest.mark.parametrize("per_record", [0.7, 0.8, 0.85])
@pytest.mark.parametrize("which", [0, 1])
def test_one_of_two_optimizers_at_an_lr_of_nothing_is_told(per_record: float, which: int) -> None:
    gone = 1e-4 * per_record**STEPS
    pair = (gone, 1e-4) if which == 0 else (1e-4, gone)

    (e,) = found(LrZero(), rows(lrs(*pair), 350))

    assert e.metrics[0] == f"lr_{which}"
    assert worst([e]) >= Severity.WARNING


@pytest.mark.parametrize(
    "columns",
    [
        lrs(1e-4 * 0.999**STEPS, 1e-4),
        lrs(1e-4 * 0.98**STEPS, 2e-4),
        lrs(np.where(STEPS < 100, 1e-5, 0.0), 1e-4, adversaries=False),  # a group that is frozen
    ],
    ids=["decays slowly", "to a four-hundredth", "no adversaries"],
)
def test_an_lr_that_works_or_one_frozen_group_is_not(columns: dict[str, Floats]) -> None:
    assert not found(LrZero(), rows(columns, 350))


# A share that is summed

PAIRS = {
    "train/chosen_reward": np.linspace(0, 4, 40),
    "train/rejected_reward": np.linspace(0, -4, 40),
    "train/margin": np.linspace(0, 8, 40),
    "train/loss": np.geomspace(0.693, 0.01, 40),
}


def cumulated(seed: int, p: float, n: int = 40) -> Floats:
    return np.asarray(np.cumsum(rng(seed).binomial(4, p, n) / 4))


@pytest.mark.parametrize("x", [np.arange(40.0), cumulated(11, 0.9), cumulated(12, 0.6), cumulated(13, 1.0)])
def test_an_accuracy_of_pairs_that_adds_up_is_impossible(x: Floats) -> None:
    (e,) = found(ImpossibleValue(), rows(PAIRS | {"train/accuracy": x}, 1), 40, training_mode="dpo")

    assert e.open
    assert e.raised_row <= 8


@pytest.mark.parametrize(
    "x",
    [
        rng(14).binomial(8, np.linspace(0.5, 0.95, 40)) / 8.0,
        100 * rng(15).binomial(8, np.linspace(0.5, 0.95, 40)) / 8.0,
        np.concatenate([[0.0], np.linspace(48, 90, 39)]),  # no pair is told apart before the first update
        np.minimum(np.linspace(0, 1.5, 40), 1.0),
    ],
    ids=["shares", "per cent", "per cent from 0", "up to 1"],
)
def test_one_that_does_not_is_possible(x: Floats) -> None:
    assert not found(ImpossibleValue(), rows(PAIRS | {"train/accuracy": x}, 1), 40, training_mode="dpo")


# Evaluations that have come to one value


@pytest.mark.parametrize("before", [1, 3, 4])
@pytest.mark.parametrize(
    ("key", "value"), [("mIoU", 0.12360501949317738), ("val/loss", 1.6094379), ("eval/bleu", 3.71192)]
)
def test_evaluations_that_soon_came_to_the_very_same_value_are_told(key: str, value: float, before: int) -> None:
    x = np.full(40, value)
    x[:before] = value * np.linspace(0.2, 0.8, before)

    (e,) = found(MetricDead(), rows({"loss": falling(40, rng(16)), key: x}, 1))

    assert worst([e]) is Severity.WARNING
    assert e.onset_row == before
    assert e.open


@pytest.mark.parametrize(
    "x",
    [
        np.linspace(0.1, 0.5, 40) + 1e-4 * rng(17).standard_normal(40),
        np.where(np.arange(40) < 4, np.linspace(0.02, 0.1, 40), 0.12),  # two digits
        np.repeat(np.linspace(0.1, 0.5, 10) + 1e-5, 4),  # logged again until the next evaluation
        np.concatenate([np.linspace(0.1, 0.4123456, 30), np.full(10, 0.4123456)]),  # the end of a long way
    ],
    ids=["moves", "rounded", "logged again", "at the end"],
)
def test_evaluations_that_move_are_not(x: Floats) -> None:
    assert not found(MetricDead(), rows({"loss": falling(40, rng(18)), "mIoU": x}, 1))


# Advantages and rewards without any spread

ANSWERS = {"response_length/mean": level(330, 5, 19)}
SCORES = {"critic/rewards/mean": np.asarray(rng(20).binomial(256, 0.87, N) / 256)}


@pytest.mark.parametrize("key", ["critic/advantages/max", "advantages/std", "train/advantage_max"])
def test_advantages_of_zero_at_their_largest_are_told(key: str) -> None:
    (e,) = found(NoSpread(), rows(ANSWERS | SCORES | {key: np.zeros(N)}, 1), N, trainer="grpo")

    assert worst([e]) is Severity.WARNING
    assert e.open
    assert e.raised_row < 20


@pytest.mark.parametrize(
    "x",
    [level(2.4, 0.2, 21), np.where(rng(22).random(N) < 0.6, 0.0, 1.2), np.where(STEPS < 5, 0.0, 1.3)],
    ids=["spread", "every other batch", "a critic that warms up"],
)
def test_advantages_now_and_then_are_enough(x: Floats) -> None:
    assert not found(NoSpread(), rows(ANSWERS | SCORES | {"critic/advantages/max": x}, 1), N, trainer="grpo")


def rewards(start: float, end: float, spread: tuple[float, float], seed: int) -> Floats:
    late = 1 / (1 + np.exp(-(STEPS - 150) / 12))
    return np.asarray(
        start + (end - start) * late + (spread[0] + (spread[1] - spread[0]) * late) * rng(seed).standard_normal(N)
    )


PPO = {"act_loss": level(0.0, 0.1, 23), "cri_loss": np.exp(level(-1.0, 0.2, 24))}


@pytest.mark.parametrize(
    ("start", "end", "spread"), [(0.45, 0.206, (0.15, 0.0006)), (3.0, -2.0, (0.8, 0.01)), (-1.0, -4.2, (1.0, 0.02))]
)
@pytest.mark.parametrize("key", ["reward/average", "train/reward"])
def test_one_reward_for_everything_below_what_there_was_is_told(
    start: float, end: float, spread: tuple[float, float], key: str
) -> None:
    (e,) = found(NoSpread(), rows(PPO | {key: rewards(start, end, spread, 25)}, 1))

    assert worst([e]) is Severity.WARNING
    assert e.open


@pytest.mark.parametrize(
    ("start", "end", "spread"),
    [(0.4, 0.99, (0.15, 0.002)), (0.45, 0.3, (0.15, 0.08)), (0.45, 0.43, (0.1, 0.002)), (0.2, 0.6, (0.15, 0.15))],
    ids=["all right", "less, and it differs", "as good as ever", "rises"],
)
def test_a_reward_at_its_ceiling_or_with_spread_is_not(start: float, end: float, spread: tuple[float, float]) -> None:
    assert not found(NoSpread(), rows(PPO | {"reward/average": rewards(start, end, spread, 26)}, 1))


def test_an_agent_whose_episodes_are_averaged_is_not_asked() -> None:
    """A mean over a hundred episodes that take many records each hardly moves from one record to the next."""
    x = rewards(3.0, -2.0, (0.8, 0.01), 25)
    lengths = {"rollout/ep_len_mean": level(900, 20, 29), "train/critic_loss": level(3.0, 0.2, 30)}

    assert not found(NoSpread(), rows(lengths | {"rollout/ep_rew_mean": x}, 1), algo="td3")


# A discriminator that is sure


def stylegan(sign: float, d: tuple[float, float], g: tuple[float, float], n: int, seed: int) -> dict[str, Floats]:
    r, s = rng(seed), sign * (1 - np.exp(-np.arange(n) / (0.2 * n)))
    noise = 0.006 * r.standard_normal((2, n))
    return {
        "Loss/D/loss": np.geomspace(*d, n) * np.exp(0.05 * r.standard_normal(n)),
        "Loss/G/loss": np.geomspace(*g, n) * np.exp(0.05 * r.standard_normal(n)),
        "Loss/signs/real": np.clip(s + noise[0], -1, 1),
        "Loss/signs/fake": np.clip(-s + noise[1], -1, 1),
    }


@pytest.mark.parametrize("n", [50, 120, 400])
@pytest.mark.parametrize(("d", "g"), [((6.4, 0.3), (2.6, 17.7)), ((1.5, 0.12), (1.0, 9.0))])
def test_a_discriminator_that_is_right_about_every_picture_is_told(
    d: tuple[float, float], g: tuple[float, float], n: int
) -> None:
    assert worst(found(GanCollapse(), rows(stylegan(0.98, d, g, n, 27), 4), 25_000)) is Severity.CRITICAL


@pytest.mark.parametrize(
    ("sign", "d", "g"), [(0.6, (1.4, 0.8), (0.8, 2.4)), (0.75, (1.5, 0.6), (1.0, 5.5)), (0.95, (1.4, 0.7), (0.8, 2.0))]
)
def test_one_that_augmentation_keeps_in_doubt_is_not(
    sign: float, d: tuple[float, float], g: tuple[float, float]
) -> None:
    assert not found(GanCollapse(), rows(stylegan(sign, d, g, 200, 28), 4), 25_000)
