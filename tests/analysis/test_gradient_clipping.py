"""Clipping that never lets go: whom it slows down, and when it is too early to say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.gradient_clipping import GradClipSaturated
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import cosine, found, rows, worst

N = 600
x = np.arange(N) / N
rng = np.random.default_rng(1)
norms = 20 * np.exp(0.2 * rng.standard_normal(N))
scatter = 0.02 * rng.standard_normal(N)
preference = 0.693 - 0.15 * (1 - np.exp(-2 * x)) + scatter  # DPO: slow, and never by much
stuck = 0.693 + scatter
ADAM: dict[str, Any] = {"optim": "adamw_torch"}


OPTIMISERS: list[dict[str, Any]] = [ADAM, {}, {"optim": "sgd"}]


def clipped(loss: Floats | None, norm: Floats = norms, lr: Floats | None = None, **config: Any) -> list[Episode]:
    columns = {"train/grad_norm": norm}
    columns |= {} if loss is None else {"train/loss": loss}
    columns |= {} if lr is None else {"train/learning_rate": lr}
    planned = config.pop("planned", 10 * N)
    return found(GradClipSaturated(), rows(columns), planned=planned, max_grad_norm=1.0, **config)


@pytest.mark.parametrize(
    ("loss", "config", "severity"),
    [
        (preference, ADAM, Severity.INFO),
        (preference, {}, Severity.INFO),
        (None, ADAM, Severity.INFO),
        (-20 - 30 * x + scatter, ADAM, Severity.INFO),
        (stuck, ADAM, Severity.WARNING),
        (stuck + 0.2 * x, ADAM, Severity.WARNING),
        (preference, {"optim": "sgd"}, Severity.WARNING),
    ],
    ids=["a slow loss", "whatever the optimiser", "no loss", "a negative loss", "stuck", "rising", "SGD"],
)
def test_clipping_matters_to_sgd_and_to_a_loss_that_does_not_improve(
    loss: Floats | None, config: dict[str, Any], severity: Severity
) -> None:
    episodes = clipped(loss, **config)

    assert episodes
    assert worst(episodes) is severity


def test_eight_times_the_clip_stays_a_note() -> None:
    assert worst(clipped(stuck, norms * 8 / 20, **ADAM)) is Severity.INFO


def test_what_is_said_of_the_optimiser_is_what_is_known() -> None:
    said = [clipped(preference, **c)[0].last.words.message for c in OPTIMISERS]

    effects = ["用的是 Adam 类，影响不大", "Adam 类优化器影响不大", "实际步长随之缩小"]
    assert [m.rsplit("；", 1)[1] for m in said] == effects


@pytest.mark.parametrize(
    ("config", "first"),
    [
        ({}, 0.15 * N),
        ({"warmup_steps": 3000}, 0.5 * N),
        ({"warmup_ratio": 0.4}, 0.4 * N),
    ],
    ids=["15 % of the plan", "warm-up in steps", "warm-up as a share"],
)
def test_not_before_the_run_has_settled(config: dict[str, Any], first: float) -> None:
    (episode,) = clipped(preference, **config)

    assert first <= episode.raised_row < first + 5


def test_a_warm_up_whose_length_nobody_states_lasts_while_lr_rises() -> None:
    (episode,) = clipped(preference, lr=cosine(N, warmup=200), planned=None, warmup_ratio=0.1)

    assert 199 <= episode.raised_row < 205
