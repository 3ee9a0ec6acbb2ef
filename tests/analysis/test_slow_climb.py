"""A loss that rises by a tenth over most of a run: where that is told, and what rises so by design or by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays.climb import steady_climb
from analysis.diagnoses.divergence import Divergence
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import cosine, falling, found, rows, worst

N = 60
steps = np.arange(N)
SFT = {"stage": "sft", "base_model": "llama"}


def climb(n: int, start: float, rise: float, sigma: float, seed: int = 0, dip: float = 0.15) -> Floats:
    """Down by a little in its first tenths, then up by `rise` times to the end, with noise of `sigma` a record."""
    t = np.arange(n) / (n - 1)
    down = 0.05 * np.maximum(0, 1 - t / dip)
    up = np.log(1 + rise) * np.maximum(0, t - dip) / (1 - dip)
    return np.asarray(start * np.exp(down + up + sigma * np.random.default_rng(seed).standard_normal(n)))


def wave(n: int, memory: float, sigma: float, seed: int) -> Floats:
    """Noise of neighbours that are alike."""
    e = np.random.default_rng(seed).standard_normal(n)
    x = np.zeros(n)
    for t in range(1, n):
        x[t] = memory * x[t - 1] + np.sqrt(1 - memory**2) * e[t]
    return sigma * x


def told(columns: dict[str, Floats], config: dict[str, Any]) -> list[Episode]:
    n = max(len(x) for x in columns.values())
    return found(Divergence(), rows(columns), 10 * n, **config)


def test_what_has_no_logarithm_does_not_climb() -> None:
    nowhere = np.full(40, np.nan)

    assert not steady_climb(nowhere, np.ones(40, dtype=bool))[0].any()


Run = tuple[dict[str, Floats], dict[str, Any]]
SICK: dict[str, Run] = {
    "sixteen records": ({"loss": climb(16, 1.4, 0.17, 0.008), "learning_rate": np.linspace(5e-5, 1e-6, 16)}, {}),
    "a language model in thirty": ({"train/loss": climb(30, 1.1, 0.2, 0.01, 1), "train/learning_rate": cosine(30, 1e-4)}, SFT),
    "a constant lr": ({"train/loss": climb(40, 0.8, 0.25, 0.01, 2), "train/learning_rate": np.full(40, 1e-5)}, SFT),
    "no lr is logged": ({"loss": climb(60, 2.2, 0.15, 0.01, 3)}, {}),
    "long and noisy": ({"train/loss": climb(2000, 1.3, 0.2, 0.15, 4), "train/lr": cosine(2000, 2e-5)}, SFT),
    "of pixels": ({"loss": climb(100, 0.02, 0.3, 0.02, 5), "lr": cosine(100)}, {"loss_type": "mse"}),
    "pretraining": ({"lm loss": climb(120, 2.6, 0.08, 0.01, 6), "learning_rate": cosine(120, 3e-4)}, {"stage": "pretrain"}),
    "an evaluation that rises with it": (
        {"train/loss": climb(50, 1.3, 0.2, 0.01, 7), "eval/loss": np.where(np.arange(50) % 5 == 4, climb(50, 1.35, 0.15, 0.003, 8), np.nan)}, SFT),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), SICK.values(), ids=SICK)
def test_a_loss_that_climbs_for_most_of_its_life_is_a_warning(
    columns: dict[str, Floats], config: dict[str, Any]
) -> None:
    (e,) = told(columns, config)
    n = len(next(iter(columns.values())))

    assert worst([e]) is Severity.WARNING
    assert e.open
    assert e.onset_row <= 0.35 * n


def test_so_is_one_of_a_seventh() -> None:
    assert told({"train/loss": climb(N, 1.2, 0.14, 0.008), "train/lr": cosine(N)}, SFT)


def test_it_does_not_advise_to_lower_an_lr_that_is_falling_already() -> None:
    x = climb(30, 1.1, 0.2, 0.01, 1)
    (falls,) = told({"loss": x, "lr": cosine(30, 1e-4)}, SFT)
    (stays,) = told({"loss": x, "lr": np.full(30, 1e-4)}, SFT)

    assert "降 lr" not in falls.last.words.advice
    assert "降 lr" in stays.last.words.advice


HEALTHY: dict[str, Run] = {
    "a flat loss": ({"train/loss": climb(N, 1.2, 0.0, 0.02), "train/lr": cosine(N)}, SFT),
    "a rise of five per cent": ({"train/loss": climb(N, 1.2, 0.05, 0.01), "train/lr": cosine(N)}, SFT),
    "from scratch": ({"loss": falling(N, np.random.default_rng(1)), "lr": cosine(N)}, {}),
    "the lr warms up throughout": ({"train/loss": climb(N, 1.2, 0.14, 0.008), "train/lr": np.linspace(1e-7, 1e-4, N)}, SFT),
    "a weight of the loss rises": ({"loss": climb(N, 1.2, 0.14, 0.008), "kl_weight": np.linspace(0, 1, N), "lr": cosine(N)}, {}),
    "a posterior that is given room": ({"loss": climb(N, 1.2, 0.14, 0.008), "kl_loss": np.linspace(0.1, 0.5, N), "lr": cosine(N)}, {}),
    "evaluations get better": (
        {"train/loss": climb(N, 1.2, 0.14, 0.008), "eval/loss": np.where(steps % 5 == 4, np.linspace(1.3, 1.1, N), np.nan)}, SFT),
    "a score gets better": (
        {"train_loss": climb(N, 1.2, 0.14, 0.008), "val_acc": np.where(steps % 5 == 4, np.linspace(0.5, 0.8, N), np.nan)}, {}),
    "an agent": ({"train/loss": climb(N, 1.2, 0.5, 0.01), "rollout/ep_rew_mean": np.linspace(0, 100, N)}, {"algo": "ppo"}),
    "a wave that comes back": ({"train/loss": 1.2 * np.exp(0.15 * np.sin(steps / 9)), "train/lr": cosine(N)}, SFT),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), HEALTHY.values(), ids=HEALTHY)
def test_what_rises_by_design_or_little_is_not_told(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    assert not told(columns, config)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9, 0.98])
def test_noise_of_whatever_memory_hardly_ever_climbs_so(memory: float) -> None:
    runs = [wave(n, memory, 0.05, n) for n in range(14, 214, 2)]

    assert sum(bool(steady_climb(x, x - np.minimum.accumulate(x) > 0.1)[0].any()) for x in runs) <= 2  # of 100


def test_what_has_no_logarithm_climbs_nowhere() -> None:
    """And is no warning: at most every third record is a number, so no level is known."""
    x = np.where(np.arange(60) % 3, np.nan, 1.0)

    assert not steady_climb(x, np.ones(60, dtype=bool))[0].any()
