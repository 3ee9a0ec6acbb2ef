"""Grey pictures and flows of zero: a loss that stands still at what no answer costs. And FID that jumps up and down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from analysis.diagnoses.eval_process import EvalUnderpowered
from analysis.diagnoses.learning import NoLearning
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

SEEDS = (0, 1, 2)
N = 200
X = np.linspace(0, 1, N)
Columns = dict[str, Floats]


def at(values: Floats, every: int) -> Floats:
    return np.where(np.arange(N) % every == every - 1, values, np.nan)


def scattered(values: Floats, rng: np.random.Generator, sigma: float = 0.02) -> Floats:
    return np.asarray(values * np.exp(sigma * rng.standard_normal(len(values))))


def pictures(rng: np.random.Generator, loss: Floats, psnr: Floats, every: int = 40) -> Columns:
    return {"train/loss": scattered(loss, rng), "test/psnr": at(psnr, every)}


FELL_A_LITTLE = 0.22 + 0.1 * np.exp(-30 * X)
BLANK: dict[str, Callable[[np.random.Generator], Columns]] = {
    "PSNR of a grey picture": lambda rng: pictures(rng, FELL_A_LITTLE, 12 + 0.2 * X),
    "of the pictures that it is trained on": lambda rng: {
        "train_loss_patches/total_loss": scattered(FELL_A_LITTLE, rng),
        "train/loss_viewpoint - psnr": at(np.full(N, 11.5), 50),
    },
    "flow of zero": lambda rng: {
        "train/loss": scattered(184 + 13 * np.exp(-30 * X), rng, 0.005),
        "val/epe": scattered(11.5 + 0.6 * np.exp(-30 * X), rng, 0.005),
    },
}
LEARNS: dict[str, Callable[[np.random.Generator], Columns]] = {
    "PSNR of 25": lambda rng: pictures(rng, FELL_A_LITTLE, 25 + 0 * X),
    "it began at 5": lambda rng: pictures(rng, FELL_A_LITTLE, 5 + 7 * np.minimum(1, 4 * X), 10),
    "the loss still falls": lambda rng: pictures(rng, 0.1 + 0.2 * (1 - X), 12 + 0.5 * X),
    "flow of four pixels": lambda rng: {
        "train/loss": scattered(50 + 100 * np.exp(-10 * X), rng),
        "val/epe": 4 + 20 * np.exp(-10 * X),
    },
}


@pytest.mark.parametrize("name", BLANK)
def test_what_is_as_good_as_no_answer_is_told(name: str) -> None:
    for seed in SEEDS:
        episodes = found(NoLearning(), rows(BLANK[name](np.random.default_rng(seed))), N * 10)
        assert worst(episodes) >= Severity.WARNING
        assert "与没学时相当" in episodes[0].last.words.title


@pytest.mark.parametrize("name", LEARNS)
def test_what_has_learnt_is_silent(name: str) -> None:
    assert not any(found(NoLearning(), rows(LEARNS[name](np.random.default_rng(seed))), N * 10) for seed in SEEDS)


def jumps(fid: list[float]) -> list[str]:
    x = np.full(N, np.nan)
    x[np.linspace(N // 8, N - 1, len(fid)).astype(int)] = fid
    columns = {"loss": 0.05 + np.exp(-20 * X), "fid": x}
    episodes = found(EvalUnderpowered(), rows(columns), N * 20, model="ddpm", diffusion_steps=1000)
    return [e.last.words.title for e in episodes]


def test_a_fid_that_jumps_by_factors_is_the_evaluations_fault() -> None:
    assert jumps([12, 7.7, 16.9, 7.8, 6.7, 18.4, 11.5]) == ["FID 忽高忽低"]


@pytest.mark.parametrize(
    "fid", [[200, 80, 40, 25, 18, 14, 12], [12, 9, 8, 7.5, 9, 10, 12], [12, 11.5, 12.5, 11.8, 12.2, 11.6, 12.4]]
)
def test_a_fid_that_falls_or_scatters_by_little_is_not(fid: list[float]) -> None:
    assert not jumps(fid)
