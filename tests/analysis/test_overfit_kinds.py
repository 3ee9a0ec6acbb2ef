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


def told(columns: Columns) -> Severity:
    report = analyze(Run("r", "r", rows(columns), config={}, planned_steps=N * 10))
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
