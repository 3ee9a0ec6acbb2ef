"""What is judged by what it draws: error rates that turn while the loss says nothing, and losses of single draws.
Each kind is drawn with three seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.columns.family import Family
from analysis.facts import Facts
from analysis.model import Floats, Report, Run, Severity
from tests.analysis.scanning import rows

SEEDS = (0, 1, 2)
N = 400
X = np.linspace(0, 1, N)
DDPM = {"model": "ddpm", "diffusion_steps": 1000}
Rng = np.random.Generator


def report(columns: dict[str, Floats], config: dict[str, Any], **more: Any) -> Report:
    return analyze(Run("r", "r", rows(columns, 500), config=config, **more))


def through(figures: str, sigma: float, n: int, rng: Rng) -> Floats:
    """n evaluations along `share:level` figures, every so many rows; noise in proportion."""
    at, y = zip(*(map(float, f.split(":")) for f in figures.split()), strict=True)
    out = np.full(N, np.nan)
    rows_ = np.linspace(N / n, N, n).astype(int) - 1
    level = np.exp(np.interp(X[rows_], at, np.log(y)))
    out[rows_] = level * np.exp(sigma * rng.standard_normal(n))
    return out


def loss(rng: Rng) -> Floats:
    return np.asarray((0.055 + 0.2 * np.exp(-30 * X)) * np.exp(0.02 * rng.standard_normal(N)))


# name -> (column, config, evaluations, figures, noise)
WORSE: dict[str, tuple[str, dict[str, Any], int, str, float]] = {
    "FID of a denoiser, from four to five and a half": ("fid", DDPM, 25, "0:46 0.2:12 0.5:5.4 0.72:4.36 1:5.6", 0.008),
    "FID begins in the hundreds": ("eval/fid", DDPM, 30, "0:320 0.1:60 0.3:12 0.6:8.1 1:11", 0.01),
    "FID twice as high in the end": ("fid50k_full", {"model": "stylegan2"}, 25, "0:180 0.3:14 0.5:8 1:17", 0.02),
    "KID of a GAN": ("kid", {"model": "biggan"}, 30, "0:0.2 0.4:0.01 0.6:0.008 1:0.012", 0.02),
    "FID, at once worse by half": ("val/fid", DDPM, 30, "0:90 0.4:9 0.65:7 0.66:10.6 1:11", 0.015),
    "FVD of videos": ("fvd", DDPM, 24, "0:2000 0.4:420 0.6:380 1:560", 0.02),
    "noisy FID, far worse": ("fid", DDPM, 30, "0:60 0.4:14 0.6:12 1:25", 0.05),
    "few evaluations": ("fid", DDPM, 12, "0:60 0.3:12 0.5:9 1:15", 0.01),
}  # fmt: skip
WELL: dict[str, tuple[str, dict[str, Any], int, str, float]] = {
    "FID comes down to the end": ("fid", DDPM, 25, "0:46 0.2:12 0.5:5.4 1:3.6", 0.01),
    "FID level after a third": ("fid", DDPM, 40, "0:46 0.2:6 0.35:4 1:4", 0.02),
    "noisy FID, level": ("fid", DDPM, 40, "0:46 0.2:12 0.35:9 1:9", 0.06),
    "FID four per cent worse": ("eval/fid", DDPM, 25, "0:46 0.2:12 0.7:4.4 1:4.55", 0.01),
    "one bad evaluation": ("fid", DDPM, 25, "0:46 0.3:9 0.69:6 0.72:9 0.75:6 1:5.5", 0.01),
    "FID of transfer, down in five": ("fid50k_full", {"model": "stylegan2"}, 14, "0:306 0.3:38 1:12", 0.03),
    "KID that wanders": ("kid", {"model": "biggan"}, 30, "0:0.2 0.3:0.012 1:0.011", 0.07),
    "few evaluations": ("fid", DDPM, 6, "0:60 0.5:12 1:9", 0.03),
}  # fmt: skip


def says(case: tuple[str, dict[str, Any], int, str, float], seed: int) -> Severity:
    column, config, n, figures, sigma = case
    rng = np.random.default_rng(seed)
    beside = {"loss": loss(rng)} if config is DDPM else {"loss_d": 0.9 + 0 * loss(rng), "loss_g": 1.1 + loss(rng)}
    found = report({**beside, column: through(figures, sigma, n, rng)}, config).findings
    return max((f.severity for f in found if f.id == "eval-regress" and not f.over), default=Severity.OK)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", WORSE.values(), ids=WORSE)
def test_samples_that_get_worse_are_told(case: Any, seed: int) -> None:
    assert says(case, seed) >= Severity.INFO


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", WELL.values(), ids=WELL)
def test_samples_that_do_not_are_not(case: Any, seed: int) -> None:
    assert says(case, seed) is Severity.OK


def test_how_much_worse_says_how_loud() -> None:
    assert says(WORSE["FID of a denoiser, from four to five and a half"], 0) <= Severity.WARNING
    assert says(WORSE["FID twice as high in the end"], 0) >= Severity.WARNING


@pytest.mark.parametrize(("config", "family"), [
    ({"model": "FLUX.1-Kontext-dev", "lora_rank": 64}, Family.DIFFUSION),
    ({"pretrained_model_name_or_path": "runwayml/stable-diffusion-v1-5", "lora_r": 8}, Family.DIFFUSION),
    ({"model_name": "stabilityai/sdxl-base"}, Family.DIFFUSION),
    ({"policy": "pi05"}, Family.VLA),
    ({"policy": "diffusion"}, Family.DIFFUSION),
    ({"policy": "MlpPolicy", "algo": "ppo"}, Family.RL),
    ({"model_name_or_path": "Qwen/Qwen2.5-7B", "lora_r": 8}, Family.UNKNOWN),
])  # fmt: skip
def test_models_are_known_by_their_names(config: dict[str, Any], family: Family) -> None:
    assert Facts(config).declared_family is family


@pytest.mark.parametrize("seed", SEEDS)
def test_a_denoiser_of_single_pictures_scatters_by_the_noise_levels_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.clip(0.17 * np.exp(0.8 * rng.standard_normal(2500)), 0.02, 0.75)
    config = {"model": "FLUX.1-Kontext-dev", "lora_rank": 64, "batch_size": 1}

    found = analyze(Run("r", "r", rows({"train_loss": x}, 1), config=config, planned_steps=2500)).findings

    assert not [f for f in found if f.severity > Severity.INFO]


@pytest.mark.parametrize(("apart", "config", "usable"), [
    (12.0, {"model": "RAE"}, "unknown"),
    (2.0, {"model": "RAE"}, "yes"),
    (12.0, {"policy": "act"}, "unknown"),
])  # fmt: skip
def test_what_holds_for_the_training_set_alone_is_not_called_usable(
    apart: float, config: dict[str, Any], usable: str
) -> None:
    at, rng = np.arange(1, 51), np.random.default_rng(3)
    falls = np.exp(-np.minimum(at, 40) / 6)
    train = (0.13 + 4.5 * falls) * np.exp(0.02 * rng.standard_normal(50))
    val = (0.13 * apart + 5 * falls) * np.exp(0.02 * rng.standard_normal(50))

    run = Run("r", "r", rows({"train_loss": train, "val_loss": val}, 1), "finished", config, planned_steps=50)

    assert analyze(run).usable == usable
