"""Scores of a held-out set that are best at one of the first evaluations. Each kind is drawn with three seeds."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays.early_best import early_best, one_way
from analysis.columns.kinds import kind_of
from analysis.diagnoses.eval_scores import EvalRegress
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

SEEDS = (0, 1, 2)
# name -> (column, evaluations, `share:level` figures, noise of one evaluation)
LOUD: dict[str, tuple[str, int, str, float]] = {
    "hit rate, best at the second epoch": ("test HR@50", 30, "0:0.322 0.03:0.336 0.3:0.28 1:0.24", 0.003),
    "NDCG falls to two thirds": ("valid/NDCG@10", 25, "0:0.21 0.1:0.2 1:0.13", 0.003),
    "accuracy, nine in ten at first, eight since": ("val_acc", 25, "0:0.89 0.1:0.9 0.2:0.81 1:0.81", 0.008),
    "per cent": ("eval_prec1", 25, "0:89 0.1:90.5 0.2:81 1:81", 0.8),
    "Dice": ("val/dice", 30, "0:0.55 0.06:0.62 0.3:0.45 1:0.4", 0.02),
    "PSNR, by two decibels": ("test/psnr", 20, "0:24.5 0.05:25 1:22.8", 0.05),
    "SI-SDR": ("valid/SI-SDR", 20, "0:11.5 0.1:12 1:9.8", 0.1),
}
QUIET: dict[str, tuple[str, int, str, float]] = {
    "PSNR, by four fifths of a decibel": ("evaluate/PSNR", 20, "0:20.82 0.25:20.68 1:20", 0.02),
    "five evaluations, each a little lower": ("valid/NDCG@10", 5, "0:0.271 1:0.26", 0.0),
    "MRR, by a tenth": ("test/MRR", 25, "0:0.4 0.08:0.41 1:0.37", 0.002),
}
SILENT: dict[str, tuple[str, int, str, float]] = {
    "level": ("test HR@50", 30, "0:0.33 1:0.33", 0.003),
    "noisy": ("val_acc", 30, "0:0.82 1:0.82", 0.04),
    "it climbs": ("valid/NDCG@10", 30, "0:0.1 0.3:0.2 1:0.21", 0.004),
    "a quarter of a decibel": ("val/psnr", 30, "0:22 0.3:31.2 0.5:31.4 1:31.15", 0.03),
    "one point of a hundred": ("val_acc", 30, "0:0.9 0.1:0.96 1:0.95", 0.004),
    "two good ones, and better ones later": ("val_acc", 20, "0:0.8 0.05:0.83 0.1:0.81 0.5:0.82 1:0.86", 0.01),
}  # fmt: skip


def scores(n: int, figures: str, sigma: float, seed: int) -> Floats:
    at, y = zip(*(map(float, f.split(":")) for f in figures.split()), strict=True)
    noise = np.random.default_rng(seed).standard_normal(n)
    return np.asarray(np.interp(np.linspace(0, 1, n), at, y) + sigma * noise)


def severity(case: tuple[str, int, str, float], seed: int) -> Severity:
    key, n, figures, sigma = case
    loss = 0.1 + np.exp(-np.linspace(0, 4, n))
    return worst(found(EvalRegress(), rows({"train/loss": loss, key: scores(n, figures, sigma, seed)}), n * 10))


@pytest.mark.parametrize("name", LOUD)
def test_what_another_checkpoint_is_to_be_taken_for_is_told(name: str) -> None:
    assert all(severity(LOUD[name], seed) >= Severity.WARNING for seed in SEEDS)


@pytest.mark.parametrize("name", QUIET)
def test_a_small_fall_that_is_certain_is_a_note(name: str) -> None:
    assert all(severity(QUIET[name], seed) is Severity.INFO for seed in SEEDS)


@pytest.mark.parametrize("name", SILENT)
def test_what_holds_or_swings_is_silent(name: str) -> None:
    assert all(severity(SILENT[name], seed) is Severity.OK for seed in SEEDS)


def test_noise_about_a_level_hardly_ever_raises_more_than_a_note() -> None:
    """Of any size, and correlated."""
    loud = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n, rho = int(rng.integers(8, 60)), float(rng.choice([0.0, 0.3, 0.5]))
        x = rng.standard_normal(n)
        for i in range(1, n):
            x[i] = rho * x[i - 1] + np.sqrt(1 - rho * rho) * x[i]
        score = np.clip(0.5 + float(rng.choice([0.005, 0.02, 0.05])) * x, 0, 1)
        loud += worst(found(EvalRegress(), rows({"val_acc": score}), n * 10)) > Severity.INFO
    assert loud <= 4


def test_the_order_of_the_best_tells_what_chance_would_not() -> None:
    x = np.array([9.0, 9.1, 9.2, *[5.0 + 0.1 * (i % 3) for i in range(9)]])

    assert early_best(x)[-1] == pytest.approx(4.0, abs=0.2)
    assert not early_best(x[::-1].copy()).any()
    assert not early_best(np.full(20, 3.0)).any()


def test_one_way_counts_from_the_best_of_all() -> None:
    assert one_way(np.array([1.0, 5.0, 4.0, 3.0, 2.0, 1.5])).tolist() == [False] * 5 + [True]
    assert not one_way(np.array([5.0, 4.0, 4.5, 3.0, 2.0, 1.5, 1.0])).any()


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("cv_loss", "eval_loss"), ("cv_acc", "eval_score"), ("CV/loss", "eval_loss"), ("moe/cv", None),
        ("test HR@50", "eval_score"), ("val/hits@10", "eval_score"), ("eval_prec1", "eval_score"),
        ("evaluate/PSNR", "eval_score"), ("valid/SI-SDR", "eval_score"), ("val_jaccard_coefficient", "eval_score"),
        ("val_dice_coef", "eval_score"),
        ("val/epe", "eval_loss"), ("validation/average_batch_EPE", "eval_loss"), ("val_mape", "eval_loss"),
        ("val/r2", "eval_score"), ("train/prec1", None), ("train/hit_rate", None), ("train/snr", None),
        ("dice_loss_weight", None), ("dice_loss_coef", None),
    ],
)  # fmt: skip
def test_what_an_evaluation_is_called(key: str, role: str | None) -> None:
    assert kind_of(key).role == role
