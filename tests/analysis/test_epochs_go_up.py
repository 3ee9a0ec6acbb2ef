"""Histories of a record an epoch: a training loss that goes up, epoch after epoch. Each kind with three seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.divergence import Divergence
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

SEEDS = (0, 1, 2)
# name -> (levels an epoch, `epoch:level`, noise)
SICK: dict[str, tuple[str, float]] = {
    "a cosine that goes up again": ("0:2.6 6:0.67 10:0.11 12:0.061 14:0.11 18:0.55", 0.01),
    "it unlearns at too high an lr": ("0:0.4 7:0.28 9:0.4 11:0.5 12:0.7 14:0.4 20:0.15 30:0.05", 0.01),
    "it explodes from the first epoch on": ("0:9 3:110 6:1500 12:50000 20:1000000", 0.02),
    "an error that begins in the hundreds": ("0:300 8:90 12:60 18:240", 0.01),
}
WELL: dict[str, tuple[str, float]] = {
    "it comes down": ("0:2.6 6:0.67 10:0.3 20:0.1", 0.03),
    "a step back, for three epochs": ("0:2.6 6:0.67 7:0.9 8:1.1 9:1.2 10:0.6 20:0.3", 0.01),
    "level, and it scatters": ("0:2.6 6:0.67 10:0.3 40:0.3", 0.08),
    "up by a tenth in six epochs": ("0:2.6 6:0.67 10:0.5 16:0.55 22:0.4", 0.002),
    "next to nothing, and a little more": ("0:0.4 6:0.01 10:0.0004 16:0.001", 0.01),
}  # fmt: skip


def losses(figures: str, sigma: float, seed: int) -> Floats:
    at, y = zip(*(map(float, f.split(":")) for f in figures.split()), strict=True)
    n = int(at[-1]) + 1
    noise = np.exp(sigma * np.random.default_rng(seed).standard_normal(n))
    return np.asarray(np.exp(np.interp(np.arange(n), at, np.log(y))) * noise)


def severity(case: tuple[str, float], seed: int, every: int = 1, **more: Any) -> Severity:
    train = losses(*case, seed)
    held_out = np.where(np.arange(len(train)) % every == 0, 1.1 * train, np.nan)
    columns = {"train_loss": train, "val_loss": held_out, **more}
    return worst(found(Divergence(), rows(columns, 1), 10_000))


@pytest.mark.parametrize("name", SICK)
def test_it_is_told(name: str) -> None:
    assert all(severity(SICK[name], seed) >= Severity.WARNING for seed in SEEDS)


@pytest.mark.parametrize("name", WELL)
def test_it_is_silent(name: str) -> None:
    assert all(severity(WELL[name], seed) is Severity.OK for seed in SEEDS)


def test_records_of_a_batch_each_go_up_by_chance() -> None:
    case = ("0:2.6 6:0.67 12:0.5 13:0.53 14:0.58 15:0.65 16:0.72 17:0.85 18:0.5 40:0.5", 0.0)

    assert severity(case, 0) >= Severity.WARNING
    assert severity(case, 0, every=10) is Severity.OK


def test_a_rise_of_the_lr_explains_it() -> None:
    case = SICK["it unlearns at too high an lr"]
    lr = np.concatenate([np.full(8, 1e-4), np.full(23, 1e-3)])

    assert severity(case, 0, lr=lr) is Severity.OK
