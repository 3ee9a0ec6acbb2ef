"""Where nothing is evaluated, what training gets right of its own batches is what there is to judge a run by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.eval_scores import EvalRegress
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.success import SuccessZero
from analysis.model import Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N, K = 120, 60
RNG = np.random.default_rng(11)


def climbs(n: int = N, top: float = 0.8, noise: float = 0.03, zeros: int = 0) -> Floats:
    """From nothing, after so many records of exactly 0."""
    i = np.maximum(np.arange(n) - zeros, 0)
    x = np.clip(top * (1 - np.exp(-i / 15)) + noise * RNG.standard_normal(n), 0.0, 1.0)
    x[:zeros] = 0.0
    return np.asarray(x)


def then(x: Floats, value: float, at: int = K, noise: float = 0.0) -> Floats:
    y = x.copy()
    y[at:] = np.clip(value + noise * RNG.standard_normal(len(x) - at), 0, None)
    return y


LOST = {
    "whole captchas": ("Train-Accuracy", then(climbs(zeros=5), 0.0)),
    "in per cent": ("train/acc1", then(100 * climbs(), 0.0)),
    "beside a loss": ("accuracy", then(climbs(), 0.0)),
    "of small batches": ("train_acc", then(np.round(climbs(noise=0.15) * 8) / 8, 0.0)),
    "overlap": ("train/dice", then(climbs(), 0.0)),
}


@pytest.mark.parametrize(("key", "x"), LOST.values(), ids=LOST)
def test_an_accuracy_that_is_exactly_nought_after_it_had_been_there_is_lost_soon(key: str, x: Floats) -> None:
    columns = {key: x, "speed": np.full(N, 100.0)} | ({"loss": falling(N, RNG)} if key == "accuracy" else {})
    (episode,) = found(SuccessZero(), rows(columns))

    assert K + 2 <= episode.raised_row <= K + 15
    assert episode.onset_row == K
    assert worst([episode]) is Severity.WARNING


@pytest.mark.parametrize(("planned", "raised"), [(None, 49), (50 * N, 49), (50 * 4 * N, 79)])
def test_one_that_was_never_there_is_told_after_thousands_of_steps(planned: int | None, raised: int) -> None:
    (episode,) = found(SuccessZero(), rows({"accuracy": np.zeros(N), "speed": np.full(N, 9.0)}, every=50), planned)

    assert episode.raised_row == raised
    assert "训练准确率一直为 0" in episode.last.words.title


@pytest.mark.parametrize(("planned", "raised"), [(None, 49), (200, 49), (10_000, 99)])
def test_of_epochs_some_dozen_are_enough_and_a_hundred_whatever_is_planned(planned: int | None, raised: int) -> None:
    columns = {"epoch": np.arange(1.0, N + 1), "accuracy": np.zeros(N), "train_cost": np.full(N, 21.9)}
    (episode,) = found(SuccessZero(), rows(columns, every=1), planned)

    assert episode.raised_row == raised


def test_not_while_a_loss_of_these_epochs_still_falls() -> None:
    columns = {"epoch": np.arange(1.0, N + 1), "accuracy": np.zeros(N), "loss": 5 * np.exp(-np.arange(N) / 80)}

    assert not found(SuccessZero(), rows(columns, every=1), 10_000)


SILENT: dict[str, tuple[dict[str, Floats], dict[str, Any], int]] = {
    "whole words are right late": ({"accuracy": climbs(zeros=45)}, {}, 50),
    "each batch is logged": ({"accuracy": np.zeros(N)}, {}, 1),
    "a loss still falls": ({"accuracy": np.zeros(N), "loss": falling(N, RNG, noise=0.01)}, {}, 50),
    "one of many thousands": ({"accuracy": np.zeros(N)}, {"num_classes": 85000, "batch_size": 64}, 50),
    "for a record or two": ({"accuracy": np.where(np.isin(np.arange(N), [60, 61, 90]), 0.0, climbs())}, {}, 50),
    "single samples": ({"train_acc": np.where(RNG.random(N) < 0.3, 1.0, 0.0)}, {}, 50),
    "a discriminator that is fooled": ({"d_acc": then(climbs(), 0.0), "g_loss": np.ones(N)}, {}, 50),
    "domains that are told apart no more": ({"domain_acc": then(climbs(), 0.0)}, {}, 50),
    "an evaluation says otherwise": ({"train_acc": then(climbs(), 0.0), "val_acc": climbs()}, {}, 50),
}


@pytest.mark.parametrize(("columns", "config", "every"), SILENT.values(), ids=SILENT)
def test_nought_that_means_nothing_is_not_told(columns: dict[str, Floats], config: dict[str, Any], every: int) -> None:
    assert not found(SuccessZero(), rows({**columns, "speed": np.full(N, 9.0)}, every=every), **config)


FALLEN = {
    "to one in ten, and the loss to ln 10": {
        "Current accuracy": then(climbs(top=0.75, noise=0.05), 0.2, noise=0.05),
        "Minibatch Loss": then(0.8 + 1.5 * np.exp(-np.arange(N) / 15), 2.25),
    },
    "no loss is logged": {"train/acc": then(climbs(), 0.1, noise=0.03), "speed": np.full(N, 9.0)},
    "in per cent, by another name": {"train_top1": then(100 * climbs(), 1.0, noise=0.5)},
}


@pytest.mark.parametrize("columns", FALLEN.values(), ids=FALLEN)
def test_an_accuracy_that_steps_down_is_told_after_a_few_records(columns: dict[str, Floats]) -> None:
    (episode,) = found(EvalRegress(), rows(columns))

    assert K + 3 <= episode.raised_row <= K + 6
    assert abs(episode.onset_row - K) <= 1
    assert worst([episode]) is Severity.CRITICAL
    assert "ckpt" in episode.last.words.advice


STANDING: dict[str, dict[str, Floats]] = {
    "noisy batches": {"train_acc": np.clip(climbs(noise=0.12), 0, 1)},
    "harder samples, which the loss does not mind": {"acc": then(climbs(), 0.4, noise=0.03), "loss": falling(N, RNG)},
    "a new stage": {"acc": then(climbs(), 0.3, noise=0.03), "stage": then(np.zeros(N), 1.0)},
    "a queue that fills": {"acc": then(climbs(top=0.4), 0.001, at=4)},
    "an epoch that begins": {"acc": np.where(np.arange(N) % 20 == 0, 0.3, climbs())},
    "an evaluation is there": {"train_acc": then(climbs(), 0.1), "val_acc": climbs()},
}


@pytest.mark.parametrize("columns", STANDING.values(), ids=STANDING)
def test_what_training_gets_right_may_fall_for_other_reasons(columns: dict[str, Floats]) -> None:
    assert not found(EvalRegress(), rows({**columns, "speed": np.full(N, 9.0)}))


def test_an_accuracy_that_never_rises_is_what_tells_where_no_loss_does() -> None:
    flat = 0.1 + 0.02 * RNG.standard_normal(N)

    assert worst(found(NoLearning(), rows({"accuracy": flat, "speed": np.full(N, 9.0)}))) is Severity.INFO
    assert worst(found(NoLearning(), rows({"train_acc": climbs()}))) is Severity.OK
    assert worst(found(NoLearning(), rows({"train_acc": 0.9 + 0 * flat}))) is Severity.OK  # nothing above it
