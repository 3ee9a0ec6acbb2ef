"""Sums for means and targets that were not normalised: there from the first record on; and what only is large."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.scale import ScaleMismatch
from analysis.diagnoses.train_vs_eval import EvalLeak
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N = 200
RNG = np.random.default_rng(3)
LOSS, NORM, EVAL = "train/loss", "train/grad_norm", "eval/loss"
SFT = {"stage": "sft", "base_model": "llama"}
VLA = {"policy": {"type": "smolvla"}}
loss = falling(N, RNG, noise=0.02)


def every(x: Floats, k: int = 10) -> Floats:
    out = np.full(len(x), np.nan)
    out[k - 1 :: k] = x[k - 1 :: k]
    return out


def around(level: float, sigma: float = 0.2) -> Floats:
    return level * np.exp(sigma * RNG.standard_normal(N))


def told(columns: dict[str, Floats], **config: Any) -> list[Episode]:
    return found(ScaleMismatch(), rows(columns), 10 * N, **config)


SUMS = {
    "accumulation": (16, {"gradient_accumulation_steps": 16}),
    "GPUs": (8, {"world_size": 8}),
    "both": (32, {"gradient_accumulation_steps": 4, "world_size": 8}),
}


@pytest.mark.parametrize(("factor", "config"), SUMS.values(), ids=SUMS)
def test_train_is_eval_times_what_is_summed_over(factor: int, config: dict[str, Any]) -> None:
    columns = {LOSS: factor * loss, EVAL: every(1.05 * loss)}
    (e,) = told(columns, **SFT, **config)

    assert e.severity is Severity.INFO
    assert e.open
    assert e.raised_row == 9  # the first evaluation
    assert f"{factor} 倍" in e.last.words.title
    assert not found(EvalLeak(), rows(columns), 10 * N, **SFT, **config)


def test_any_other_ratio_is_none_of_it() -> None:
    four = {"gradient_accumulation_steps": 4}

    assert not told({LOSS: loss, EVAL: every(1.05 * loss)}, **four)
    assert not told({LOSS: 10 * loss, EVAL: every(loss)}, **four)
    assert not told({LOSS: 4 * loss, EVAL: every(loss)})  # nothing is summed over
    leak = every(loss * np.linspace(1, 0.2, N))
    assert not told({LOSS: loss, EVAL: leak}, **four)
    assert found(EvalLeak(), rows({LOSS: loss, EVAL: leak}), 10 * N, **four)


NOTES: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "a norm of a thousand at an ordinary loss": ({"lm loss": loss, "grad-norm": around(950.0)}, {"stage": "pretrain"}),
    "a norm of a million of anything else": ({LOSS: loss, NORM: around(1e6)}, {}),
    "a sum over pixels beside its mean": ({LOSS: 65536 * loss, "mse": loss}, {"policy": {"type": "diffusion"}}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), NOTES.values(), ids=NOTES)
def test_what_trains_all_the_same_is_a_note(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    (e,) = told(columns, **config)

    assert worst([e]) is Severity.INFO
    assert e.onset_row == 0
    assert e.raised_row < 25
    assert "求和" in e.last.words.message


WARNINGS: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "actions that were not normalised": ({LOSS: 3e8 * around(1.0)}, VLA),
    "an unnamed policy": ({LOSS: 3e8 * around(1.0)}, {"model": {"action_horizon": 10}}),
    "a cross-entropy of broken weights": ({LOSS: 1e13 * around(1.0)}, SFT),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), WARNINGS.values(), ids=WARNINGS)
def test_a_loss_of_a_wrong_magnitude_is_told_by_its_third_record(
    columns: dict[str, Floats], config: dict[str, Any]
) -> None:
    (e,) = told(columns, **config)

    assert worst([e]) is Severity.WARNING
    assert e.raised_row == 2


t = np.arange(N)
slow = 30 + 270 * np.exp(-t / 15)  # the way of an error that one coordinate makes, divided by a spread of 1e-4
ACTIONS: dict[str, tuple[dict[str, Floats], dict[str, Any], Severity]] = {
    "a pretrained policy": ({LOSS: slow * around(1.0, 0.1)}, VLA, Severity.WARNING),
    "its every two hundredth step": ({LOSS: slow[::8] * around(1.0, 0.1)[::8]}, VLA, Severity.WARNING),
    "a network of one's own": ({LOSS: slow * around(1.0, 0.1)}, {"policy": {"type": "act"}}, Severity.INFO),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config", "severity"), ACTIONS.values(), ids=ACTIONS)
def test_a_loss_of_actions_that_stays_above_ten_is_told_by_a_tenth_of_the_plan(
    columns: dict[str, Floats], config: dict[str, Any], severity: Severity
) -> None:
    n = len(columns[LOSS])
    (e,) = found(ScaleMismatch(), rows(columns), 10 * n, **config)

    assert worst([e]) is severity
    assert e.raised_row <= max(10, n // 9)


def test_a_gradient_of_billions_of_answers_is_a_note_and_of_an_agent_none() -> None:
    of_answers = {LOSS: 0.01 * RNG.standard_normal(N), "train/kl_loss": around(1e-3), NORM: around(2e9)}
    (e,) = told(of_answers, advantage_estimator="grpo")

    assert worst([e]) is Severity.INFO
    assert not told({LOSS: of_answers[LOSS], NORM: of_answers[NORM], "rollout/ep_rew_mean": around(1.0)}, algo="ppo")
    assert not told({**of_answers, NORM: around(30.0)}, advantage_estimator="grpo")


@pytest.mark.parametrize(
    ("total", "large", "other"),
    [("loss", "loss_recon", "loss_diff"), ("train/total_loss", "train/recon_loss", "train/ce_loss"), ("loss", "mse_loss", "aux_loss")],
)  # fmt: skip
def test_a_term_of_a_billion_that_stays_there_is_one_that_was_not_normalised(
    total: str, large: str, other: str
) -> None:
    leaps = around(1e9, 1.2)
    leaps[[20, 70]] = 300.0
    columns = {large: leaps, other: around(0.9, 0.05)}
    (e,) = told({**columns, total: leaps + columns[other]})

    assert e.severity is Severity.WARNING
    assert not told({**columns, total: leaps * np.exp(-t)})


SILENT: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "a norm that comes down from a bad start": ({LOSS: loss, NORM: 250 * np.exp(-np.arange(N) / 10) + 5}, {"policy": {"type": "act"}}),
    "a language model whose norm comes down": ({"lm loss": loss, NORM: 900 * np.exp(-np.arange(N) / 10) + 1}, {"stage": "pretrain"}),
    "a norm that grows later": ({"lm loss": loss, NORM: np.where(np.arange(N) < 50, 1.0, 800.0)}, {"stage": "pretrain"}),
    "a detector, whose norms are hundreds": ({LOSS: 20 * loss, NORM: around(300.0)}, {"task": "detect"}),
    "an agent": ({"train/loss": loss, NORM: around(1e6), "rollout/ep_rew_mean": around(1.0)}, {"algo": "ppo"}),
    "a VAE that sums over pixels": ({LOSS: 1e5 * loss, "train/kl_loss": around(30.0)}, {"model": "vae"}),
    "a KL that starts at thousands": ({LOSS: np.where(np.arange(N) < 2, 3e4, loss)}, {"policy": {"type": "act"}}),
    "a KL that comes down from hundreds": ({LOSS: 300 * np.exp(-t / 3) + loss}, {"policy": {"type": "act"}}),
    "tokens of actions": ({LOSS: 2 + 9 * np.exp(-t / 10)}, VLA),
    "a regression of prices": ({LOSS: 1e9 * loss}, {}),
    "a sum of squares beside a small penalty, which is learnt": ({LOSS: 1e7 * loss, "train/kl_loss": around(2.0), "recon_loss": 1e7 * loss}, {}),
    "perplexities in the name of a loss": ({LOSS: np.where(np.arange(N) < 1, 4e4, 5 * loss)}, SFT),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), SILENT.values(), ids=SILENT)
def test_what_is_large_by_nature_is_not_told(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    assert not told(columns, **config)


def test_it_ends_once_the_size_is_right() -> None:
    x = np.where(np.arange(N) < 60, 3e8, 1.0) * around(1.0)
    (e,) = told({LOSS: x}, **VLA)

    assert e.transitions[-1].kind == "cleared"
