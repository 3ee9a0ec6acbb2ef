"""Two networks against each other, in the names and units of several frameworks: one has lost, or both are well.
Each kind is drawn with three seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, Run, Severity
from tests.analysis.scanning import rows

SEEDS = (0, 1, 2)
N = 500
X = np.linspace(0, 1, N)
Rng = np.random.Generator


def about(level: Any, sigma: float, rng: Rng) -> Floats:
    """Log-normal noise about a level."""
    return np.asarray(level * np.exp(sigma * rng.standard_normal(N)))


def between(*figures: tuple[float, float]) -> Floats:
    """Straight lines between levels, on a log scale."""
    at, y = zip(*figures, strict=True)
    return np.asarray(np.exp(np.interp(X, at, np.log(y))))


SICK: dict[str, Any] = {
    "Chainer, the discriminator wins slowly": lambda rng: {
        "loss_gen": about(between((0, 9), (0.06, 3.9), (0.5, 11), (1, 13)), 0.1, rng),
        "loss_dis": about(between((0, 1.2), (0.06, 0.5), (0.45, 0.1), (1, 0.08)), 0.3, rng)},
    "PyTorch, it wins within a tenth": lambda rng: {
        "Loss_G": about(between((0, 2), (0.1, 6), (1, 16)), 0.1, rng),
        "Loss_D": about(between((0, 1.3), (0.1, 0.2), (1, 0.02)), 0.4, rng)},
    "Lightning, in long words": lambda rng: {
        "train/generator_loss": about(between((0, 0.9), (0.3, 1.1), (1, 9)), 0.1, rng),
        "train/discriminator_loss": about(between((0, 0.7), (0.3, 0.6), (1, 0.01)), 0.2, rng)},
    "Keras, two columns": lambda rng: {
        "gen_loss": about(between((0, 1.0), (0.2, 2.0), (1, 7)), 0.15, rng),
        "disc_loss": about(between((0, 1.38), (0.2, 0.9), (1, 0.05)), 0.2, rng)},
    "WGAN-GP, to minus three thousand": lambda rng: {
        "d_loss": -about(between((0, 8), (0.03, 31), (0.13, 110), (0.67, 1450), (1, 2700)), 0.08, rng),
        "g_loss": about(between((0, 2), (0.03, 14), (0.13, 62), (1, 1370)), 0.1, rng)},
    "WGAN-GP, pictures not scaled": lambda rng: {
        "critic_loss": -about(between((0, 200), (0.1, 900), (1, 2e5)), 0.1, rng),
        "gen_loss": about(between((0, 100), (1, 9e4)), 0.1, rng)},
    "WGAN, weights not clipped": lambda rng: {
        "loss_D": -about(between((0, 0.05), (0.2, 0.8), (1, 400)), 0.15, rng),
        "loss_G": about(between((0, 0.05), (1, 300)), 0.15, rng)},
    "a distance that begins to grow at half": lambda rng: {
        "dis_loss": -about(between((0, 20), (0.1, 6), (0.5, 4), (1, 900)), 0.1, rng),
        "gen_loss": about(between((0, 3), (0.5, 5), (1, 500)), 0.1, rng)},
}  # fmt: skip
WELL: dict[str, Any] = {
    "Chainer, spectral norm, a slow drift": lambda rng: {
        "loss_gen": about(between((0, 1.5), (0.05, 0.91), (1, 1.51)), 0.03, rng),
        "loss_dis": about(between((0, 0.89), (0.05, 1.23), (1, 0.73)), 0.025, rng)},
    "Chainer, level from the start": lambda rng: {
        "loss_gen": about(1.4, 0.1, rng), "loss_dis": about(0.69, 0.1, rng)},
    "the discriminator rises towards ln 4": lambda rng: {
        "g_loss": about(between((0, 4), (0.3, 1.2), (1, 0.8)), 0.1, rng),
        "dis_loss": about(between((0, 0.3), (0.3, 1.1), (1, 1.36)), 0.1, rng)},
    "hinge": lambda rng: {
        "train/G_loss": 0.3 + 0.2 * X + 0.15 * rng.standard_normal(N),
        "train/D_loss": about(between((0, 2), (0.1, 1.6), (1, 1.2)), 0.08, rng)},
    "WGAN-GP, the distance shrinks": lambda rng: {
        "d_loss": -about(between((0, 5), (0.04, 35), (0.3, 9), (1, 3)), 0.1, rng),
        "g_loss": -20 + np.cumsum(rng.standard_normal(N))},
    "WGAN-GP, the distance trebles": lambda rng: {
        "critic_loss": -about(between((0, 1), (0.1, 6), (1, 20)), 0.1, rng),
        "gen_loss": 30 * X + rng.standard_normal(N)},
    "WGAN, weights clipped": lambda rng: {
        "loss_D": -about(between((0, 1e-4), (0.02, 0.03), (1, 0.012)), 0.2, rng),
        "loss_G": 0.01 * rng.standard_normal(N)},
    "a picture loss beside them": lambda rng: {
        "loss_gen": about(between((0, 30), (0.3, 12), (1, 9)), 0.1, rng),
        "loss_dis": about(between((0, 0.6), (1, 0.4)), 0.25, rng)},
}  # fmt: skip


def told(columns: dict[str, Floats]) -> dict[str, Severity]:
    report = analyze(Run("r", "r", rows(columns, 100), planned_steps=100 * N, config={"batch_size": 64}))
    return {f.id: f.severity for f in report.findings if f.severity > Severity.INFO and not f.over}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("columns", SICK.values(), ids=SICK)
def test_one_of_the_two_has_lost(columns: Any, seed: int) -> None:
    assert "gan-collapse" in told(columns(np.random.default_rng(seed)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("columns", WELL.values(), ids=WELL)
def test_both_are_well(columns: Any, seed: int) -> None:
    assert not told(columns(np.random.default_rng(seed)))
