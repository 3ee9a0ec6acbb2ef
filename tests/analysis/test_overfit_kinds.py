"""Ways in which an overfit hides: losses that become negative, evals that scatter as much as they rise, a score of the
task that is too noisy to contradict. Each kind is drawn with three seeds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, Run, Severity
from tests.analysis.scanning import rows

SEEDS = (0, 1, 2)
N = 80
X = np.linspace(0, 1, N)
Rng = np.random.Generator
Columns = dict[str, Floats]


def line(figures: str, sigma: float, rng: Rng) -> Floats:
    at, y = zip(*(map(float, f.split(":")) for f in figures.split()), strict=True)
    return np.asarray(np.interp(X, at, y) + sigma * rng.standard_normal(N))


def in_proportion(figures: str, sigma: float, rng: Rng) -> Floats:
    return np.asarray(line(figures, 0.0, rng) * np.exp(sigma * rng.standard_normal(N)))


def dice_losses(rng: Rng, evaluation: str) -> Columns:
    """nnU-Net: cross-entropy less Dice, on both sides."""
    train = line("0:0.9 0.1:0.2 0.3:-0.3 0.6:-0.55 1:-0.7", 0.013, rng)
    return {"train_losses": train, "val_losses": line(evaluation, 0.02, rng)}


def scattered(rng: Rng, evaluation: str, train: str = "0:0.009 1:0.0012", dice: str = "0:0.3 0.2:0.4 1:0.4") -> Columns:
    """An eval loss of few pictures, and a score that is worse still."""
    return {
        "loss": in_proportion(train, 0.02, rng),
        "val_loss": in_proportion(evaluation, 0.25, rng),
        "val_dice": line(dice, 0.1, rng),
    }


def heated(rng: Rng) -> Columns:
    """A warm-up that never ends."""
    return {
        "loss": in_proportion("0:4 0.3:1 1:0.04", 0.02, rng),
        "val_loss": in_proportion("0:3 0.4:0.96 1:1.13", 0.004, rng),
        "lr": np.linspace(1e-6, 1e-4, N),
    }


SICK: dict[str, Callable[[Rng], Columns]] = {
    "Dice losses, training negative": lambda rng: dice_losses(rng, "0:0.6 0.1:0.23 0.3:0.15 1:0.27"),
    "Dice losses, both negative": lambda rng: dice_losses(rng, "0:0.6 0.1:0 0.4:-0.6 1:-0.35"),
    "lr goes up all the while, and training down": heated,
    "it rises as much as it scatters": lambda rng: scattered(rng, "0:0.013 0.2:0.012 1:0.03"),
}
WELL = {
    "Dice losses, level": lambda rng: dice_losses(rng, "0:0.6 0.1:0.23 0.3:0.15 1:0.15"),
    "Dice losses, falling below 0": lambda rng: dice_losses(rng, "0:0.6 0.1:0.1 0.4:-0.5 1:-0.62"),
    "it scatters about a level": lambda rng: scattered(rng, "0:0.02 0.2:0.012 1:0.012"),
    "the score climbs all the same": lambda rng: scattered(rng, "0:0.013 0.2:0.012 1:0.02", dice="0:0.1 1:0.9"),
    "training rises as well": lambda rng: scattered(rng, "0:0.013 0.2:0.012 1:0.016", "0:0.009 0.2:0.003 1:0.0037"),
}


def told(columns: Columns, n: int = N) -> Severity:
    report = analyze(Run("r", "r", rows(columns), config={}, planned_steps=n * 10))
    return max((f.severity for f in report.findings if f.id == "overfit"), default=Severity.OK)


@pytest.mark.parametrize("name", SICK)
def test_it_is_told(name: str) -> None:
    assert [told(SICK[name](np.random.default_rng(seed))) for seed in SEEDS] == [Severity.WARNING] * 3


@pytest.mark.parametrize("name", WELL)
def test_it_is_silent(name: str) -> None:
    assert max(told(WELL[name](np.random.default_rng(seed))) for seed in SEEDS) <= Severity.INFO


@pytest.mark.parametrize(("creeps", "climbs"), [(0.0004, False), (0.006, True)])
def test_a_score_whose_best_moves_by_a_hair_climbs_no_more(creeps: float, climbs: bool) -> None:
    """It had gained a good deal as the loss turned, and one sample more now and then since."""
    n = 24
    at = np.arange(n)
    loss = np.where(at < 4, 0.9 - 0.1 * at, 0.52 + 0.025 * (at - 4))
    score = np.where(at < 8, 0.6 + 0.03 * at, 0.84 + creeps * (at - 8))
    columns = {"loss": 0.7 * np.exp(-at / 3), "eval_loss": loss, "eval_accuracy": score}
    report = analyze(Run("r", "r", rows(columns), config={}, planned_steps=n * 10))
    (overfit,) = [f for f in report.findings if f.id == "overfit"]

    assert ("仍在升" in overfit.words.advice) is climbs


def test_a_best_of_few_evaluations_is_not_forgotten() -> None:
    """Medians of three have a later floor: it is but the level at which it has stood since."""
    held = np.full(66, np.nan)
    held[10::11] = 0.219, 0.416, 0.423, 0.41, 0.438, 0.402
    train = np.interp(np.arange(66), [0, 4, 24, 47, 48, 65], [0.83, 0.12, 0.31, 0.27, 0.18, 0.17])
    report = analyze(Run("r", "r", rows({"loss": train, "eval_loss": held}), config={"base_model": "whisper"}))
    (overfit,) = [f for f in report.findings if f.id == "overfit"]

    assert "最低 0.219" in overfit.words.message
    assert "0.410 → 0.410" not in overfit.words.message


def at_each(n: int, loss: Floats, score: Floats, samples: float | None) -> Columns:
    """What the Trainer of Hugging Face writes beside each evaluation."""
    columns = {"loss": 0.35 * np.exp(-np.arange(n) / 6), "eval_loss": loss, "eval_accuracy": score}
    if samples is not None:
        columns |= {"eval_runtime": np.full(n, 80.0), "eval_samples_per_second": np.full(n, samples / 80)}
    return columns


@pytest.mark.parametrize(("samples", "severity"), [
    (10_000, Severity.INFO),  # a gain of three in a thousand is one
    (200, Severity.WARNING),  # here it is less than one sample
    (None, Severity.WARNING),
])  # fmt: skip
def test_a_small_gain_of_many_samples_is_one(samples: float | None, severity: Severity) -> None:
    """Its accuracy gains on as its loss goes up, by ever less."""
    n, at = 16, np.arange(16)
    loss = 0.2 + np.where(at < 4, 0.04 * (4 - at), 0.014 * (at - 4))
    score = 0.94 - 0.06 * np.exp(-at / 5)

    assert told(at_each(n, loss, score, samples), n) is severity


@pytest.mark.parametrize(("level", "severity"), [(0.025, Severity.INFO), (0.25, Severity.WARNING)])
def test_a_cross_entropy_beside_what_it_gets_right_is_judged_in_nats(level: float, severity: Severity) -> None:
    """By two hundredths of a nat no answer changes, however large a share of the loss that is."""
    loss = level * np.array([1.2, 1.02, 1.0, 1.0, 1.7, 1.75])
    score = np.array([0.927, 0.9395, 0.9426, 0.942, 0.9385, 0.9452])

    run = Run("r", "r", rows(at_each(6, loss, score, None)), config={"save_steps": 5}, planned_steps=60)
    (finding,) = [f for f in analyze(run).findings if f.id == "overfit"]

    assert finding.severity is severity
    # No step is named of which the score is worse.
    assert ("未降，ckpt 按它选" in finding.words.advice) is (severity is Severity.INFO)
    assert ("未降" in finding.words.title) is (severity is Severity.INFO)


@pytest.mark.parametrize(("last", "severity"), [(8.4e-5, Severity.WARNING), (6e-5, Severity.INFO)])
def test_by_more_than_half_it_is_told_whatever_training_does_in_its_noise(last: float, severity: Severity) -> None:
    rng = np.random.default_rng(0)
    n = 55
    rises = np.interp(np.arange(n), [0, 4, n - 1], [5.4e-5, 5e-5, last])
    columns = {
        "loss": 8.3e-6 * np.exp(0.05 * rng.standard_normal(n)),
        "eval_loss": rises * np.exp(0.015 * rng.standard_normal(n)),
        "eval_accuracy": 0.84 - 0.01 * np.arange(n) / n + 0.003 * rng.standard_normal(n),
    }

    assert told(columns) is severity


SURE = 0.39 * np.exp(-np.arange(10) / 5)


def beside(last: float, score: Floats) -> Severity:
    """Ten evaluations, whose loss was lowest at the third and rises to `last` of that."""
    loss = 0.26 * np.r_[1.28, 1.03, np.interp(np.arange(8), [0, 7], [1.0, last])]
    return told({"loss": SURE, "eval_loss": loss, "eval_accuracy": score})


@pytest.mark.parametrize(
    ("last", "score", "severity"),
    [
        (1.2, [0.849, 0.881, 0.892, 0.881, 0.900, 0.898, 0.897, 0.899, 0.895, 0.897], Severity.INFO),
        (1.9, [0.849, 0.881, 0.892, 0.881, 0.900, 0.898, 0.897, 0.899, 0.895, 0.897], Severity.WARNING),
        (1.2, [0.849, 0.881, 0.892, 0.881, 0.900, 0.88, 0.86, 0.86, 0.85, 0.85], Severity.WARNING),  # it falls
        (1.2, [0.600, 0.600, 0.601, 0.600, 0.600, 0.60, 0.60, 0.601, 0.60, 0.60], Severity.WARNING),  # one class
    ],
)
def test_what_is_right_stands_at_its_best(last: float, score: list[float], severity: Severity) -> None:
    assert beside(last, np.array(score)) is severity


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        ([0.826, 0.846, 0.847, 0.848, 0.853], Severity.INFO),
        ([0.826, 0.846, 0.847, 0.841, 0.843], Severity.WARNING),
    ],
)
def test_each_evaluation_is_a_new_best_of_what_is_right(score: list[float], severity: Severity) -> None:
    loss = np.array([0.351, 0.392, 0.598, 0.95, 0.996])
    train = np.array([0.456, 0.249, 0.12, 0.044, 0.01])
    columns = {"loss": train, "eval_loss": loss, "eval_f1": np.array(score)}
    columns |= {"eval_runtime": np.full(5, 45.0), "eval_samples_per_second": np.full(5, 57.0)}

    assert told(columns, 5) is severity
