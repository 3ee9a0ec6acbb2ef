"""A loss of exactly 0: a NaN that was masked, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.masked_nan import MaskedNan
from analysis.model import Column, Floats, History, Severity
from tests.analysis.scanning import cosine, falling, found, rows, worst

N, AT = 200, 120
RNG = np.random.default_rng(11)
LOSS, NORM, LR, EVAL = "train/loss", "train/grad_norm", "train/learning_rate", "eval/loss"
GRPO = {"num_generations": 8, "trainer": "grpo"}


def gone(x: Floats, value: float = 0.0, at: int = AT, until: int | None = None) -> Floats:
    out = x.copy()
    out[at:until] = value
    return out


def norm(level: float = 0.6) -> Floats:
    return level * np.exp(0.2 * RNG.standard_normal(N))


def logged(columns: dict[str, Floats], nan: dict[str, Floats] | None = None) -> History:
    """`nan`: columns whose NaN cells were logged."""
    h = rows(columns)
    more = {k: Column(np.arange(N), x) for k, x in (nan or {}).items()}
    return replace(h, columns={**h.columns, **more})


def every(x: Floats, k: int) -> Column:
    at = np.arange(k - 1, N, k)
    return Column(at, x[at])


loss = np.round(falling(N, RNG, floor=1.0), 4)
MASKED: dict[str, tuple[History, dict[str, Any]]] = {
    "the norm is NaN": (logged({LOSS: gone(loss)}, {NORM: gone(norm(), np.nan)}), {}),
    "the norm is pinned at the clip": (logged({LOSS: gone(loss), NORM: gone(norm(), 1.0)}), {"max_grad_norm": 1.0}),
    "the norm is 0": (logged({LOSS: gone(loss), NORM: gone(norm(), 0.0)}), {}),
    "the scaler holds the lr": (logged({LOSS: gone(loss), LR: gone(cosine(N), cosine(N)[AT - 1])}), {"fp16": True}),
    "the scaler holds the lr in its warm-up": (
        logged({LOSS: gone(loss, at=20), LR: gone(np.linspace(0, 1e-4, N), 1e-5, at=20)}),
        {"fp16": True},
    ),
}  # fmt: skip


def test_a_loss_that_was_there_once_and_never_again_is_told_however_small_it_was() -> None:
    """The first record of a mean over a hundred steps, of which all but the first were 0."""
    once = np.where(np.arange(N) == 0, 0.0328, 0.0)
    (episode,) = found(MaskedNan(), logged({LOSS: once, LR: np.full(N, 2e-4)}), 10 * N)

    assert episode.severity is Severity.CRITICAL
    assert episode.onset_row == 1
    assert episode.raised_row <= 20
    assert not found(MaskedNan(), logged({LOSS: np.where(np.arange(N) < 10, loss, loss / 100), NORM: norm()}), 10 * N)


@pytest.mark.parametrize(("history", "config"), MASKED.values(), ids=MASKED)
def test_zeros_that_are_nan_are_critical_within_three_records(history: History, config: dict[str, Any]) -> None:
    (episode,) = found(MaskedNan(), history, 10 * N, **config)
    first = int(np.flatnonzero(history.columns[LOSS].values == 0)[0])

    assert episode.onset_row == first
    assert episode.raised_row <= first + 2
    assert episode.severity is Severity.CRITICAL
    assert "NaN" in episode.last.words.message


def test_an_evaluation_without_a_number_tells_it_too() -> None:
    h = logged({LOSS: gone(loss)})
    h = replace(h, columns={**h.columns, EVAL: every(gone(loss, np.nan, AT - 25), 20)})
    (episode,) = found(MaskedNan(), h, 10 * N)

    assert episode.severity is Severity.CRITICAL
    assert episode.onset_row == AT - 1  # the last evaluation before had been NaN


def test_from_the_first_record_on_it_is_the_labels() -> None:
    (episode,) = found(MaskedNan(), logged({LOSS: np.zeros(N)}, {NORM: np.full(N, np.nan)}), 10 * N)

    assert episode.onset_row == 0
    assert "-100" in episode.last.words.advice


def test_so_it_is_of_a_language_model_that_logs_no_gradient() -> None:
    (episode,) = found(MaskedNan(), logged({LOSS: np.zeros(N)}), 10 * N, stage="sft")

    assert (episode.onset_row, episode.raised_row, episode.severity) == (0, 11, Severity.CRITICAL)
    assert "-100" in episode.last.words.advice


def test_without_any_gradient_it_takes_eight_and_is_less_sure() -> None:
    (episode,) = found(MaskedNan(), logged({LOSS: gone(loss)}), 10 * N)

    assert episode.severity is Severity.WARNING
    assert episode.raised_row == AT + 7


@pytest.mark.parametrize("config", [{"base_model": "llama-30b-hf", "lora_r": 128}, {"stage": "sft"}, {"stage": "pt"}])
@pytest.mark.parametrize("at", [15, AT])
def test_of_a_language_model_eight_are_enough_to_be_sure(config: dict[str, Any], at: int) -> None:
    (episode,) = found(MaskedNan(), logged({LOSS: gone(loss, at=at)}), 10 * N, **config)

    assert episode.severity is Severity.CRITICAL
    assert (episode.onset_row, episode.raised_row) == (at, at + 7)


fading: Floats = np.round(2.0 * np.exp(-np.arange(N, dtype=np.float64) / 12), 4)
HEALTHY: dict[str, tuple[History, dict[str, Any]]] = {
    "a loss that fades to 0 in four decimals, norm and all": (
        logged({LOSS: fading, NORM: np.where(fading > 0, norm(), 0.0)}), {}),
    "printed with three decimals, gradients going on": (logged({LOSS: np.asarray(np.round(fading / 20, 3), dtype=np.float64), NORM: norm(0.2)}), {}),
    "a hinge that is done at once": (logged({LOSS: gone(loss), NORM: np.where(np.arange(N) < AT, norm(), norm(0.01))}), {}),
    "a hinge that had been 0 now and then": (
        logged({LOSS: gone(np.where(RNG.random(N) < 0.2, 0.0, loss)), NORM: gone(norm(), 0.0)}), {}),
    "GRPO": (logged({LOSS: np.zeros(N), NORM: norm(), "train/reward": norm(), "train/kl": norm(1e-3)}), GRPO),
    "GRPO whose groups agree": (logged({LOSS: gone(loss), NORM: gone(norm(), 0.0), "train/reward": norm()}), GRPO),
    "a saturated preference": (
        logged({LOSS: np.round(0.69 * np.exp(-np.arange(N) / 8), 4), NORM: np.full(N, 0.0), "train/rewards/margins": norm(20)}),
        {"trainer": "dpo"}),
    "one slip of logging": (logged({LOSS: gone(loss, until=AT + 1)}, {NORM: gone(norm(), np.nan, until=AT + 1)}), {}),
    "a language model that knows its few texts by heart": (logged({LOSS: fading}), {"stage": "sft"}),
    "an unknown loss of 0": (logged({LOSS: np.zeros(N)}), {}),
    "0 once an lr has reached its floor": (logged({LOSS: np.round(fading, 4), LR: np.maximum(cosine(N), 3e-5)}), {}),
}  # fmt: skip


@pytest.mark.parametrize(("history", "config"), HEALTHY.values(), ids=HEALTHY)
def test_a_zero_that_is_one_is_no_fault(history: History, config: dict[str, Any]) -> None:
    assert not found(MaskedNan(), history, 10 * N, **config)


def test_it_is_over_only_when_the_loss_has_long_been_back() -> None:
    x, g = gone(loss, until=AT + 10), gone(norm(), np.nan, until=AT + 10)
    x[AT + 4] = 0.4  # one window with a finite batch in it
    (episode,) = found(MaskedNan(), logged({LOSS: x}, {NORM: g}), 10 * N)

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert episode.last.row == AT + 10 + 3
    assert worst([episode]) is Severity.CRITICAL


@pytest.mark.parametrize("beside", ["target_words_per_second", "tokens_per_sec"])
def test_what_counts_its_words_is_a_language_model(beside: str) -> None:
    """A margin that every pair keeps already, and no gradient logged: it runs for nothing."""
    (episode,) = found(MaskedNan(), rows({"loss": np.zeros(40), beside: np.full(40, 25_000.0)}))

    assert (episode.severity, episode.onset_row) == (Severity.CRITICAL, 0)
