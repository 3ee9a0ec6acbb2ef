"""Pairs of answers that were not trained on: where their order is not told at all, and where it is learnt slowly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.chance import AtChance
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 400
DPO = {"trainer": "dpo", "beta": 0.1}
RM = {"stage": "rm", "finetuning_type": "lora"}


def line(start: float, end: float, n: int, sigma: float = 0.0, seed: int = 0) -> Floats:
    return np.asarray(np.linspace(start, end, n) + sigma * np.random.default_rng(seed).standard_normal(n))


def told_right(start: float, end: float, n: int, pairs: int, seed: int = 0) -> Floats:
    """An accuracy, counted over so many pairs."""
    return np.asarray(np.random.default_rng(seed).binomial(pairs, np.linspace(start, end, n)) / pairs)


def evals(x: Floats) -> Floats:
    """Spread evenly over the run."""
    out = np.full(N, np.nan)
    out[N // len(x) - 1 :: N // len(x)][: len(x)] = x
    return out


def told(columns: dict[str, Floats], planned: int | None, config: dict[str, Any]) -> list[Episode]:
    episodes = found(AtChance(), rows(columns), planned, **config)
    return [e for e in episodes if "eval" in e.metrics[0] or "val" in e.metrics[0]]


TRAIN = {"train/loss": line(0.7, 0.62, N, 0.03), "train/rewards/accuracies": told_right(0.5, 0.66, N, 32), "train/rewards/margins": line(0.0, 0.3, N, 0.05)}  # fmt: skip
BY_HEART = {"train/loss": line(0.69, 0.05, N, 0.02), "train/rewards/accuracies": told_right(0.6, 1.0, N, 32), "train/rewards/margins": line(0, 9, N, 0.3)}  # fmt: skip

Run = tuple[dict[str, Floats], dict[str, Any]]
SICK: dict[str, Run] = {
    "trl, ten looks": (TRAIN | {"eval/loss": evals(line(0.694, 0.699, 10, 0.002)), "eval/rewards/accuracies": evals(told_right(0.5, 0.51, 10, 256, 1))}, DPO),
    "five looks": (TRAIN | {"eval/loss": evals(line(0.694, 0.697, 5)), "eval/rewards/accuracies": evals(told_right(0.5, 0.5, 5, 1000, 2))}, DPO),
    "learnt by heart": (BY_HEART | {"eval/loss": evals(line(0.7, 1.9, 8)), "eval/rewards/accuracies": evals(told_right(0.51, 0.5, 8, 500, 3))}, DPO),
    "a reward model": ({"loss": line(0.75, 0.3, N, 0.03), "eval_loss": evals(line(0.70, 0.78, 12, 0.004)), "eval_accuracy": evals(told_right(0.5, 0.5, 12, 400, 4))}, RM),
    "as the repository of DPO names them": ({"loss/train": line(0.7, 0.65, N, 0.02), "rewards_train/margins": line(0, 0.2, N, 0.05), "rewards_train/chosen": line(0, -0.2, N, 0.05), "loss/eval": evals(line(0.695, 0.7, 9, 0.002)), "rewards_eval/accuracies": evals(told_right(0.5, 0.51, 9, 256, 5))}, {}),
    "below one half": (TRAIN | {"eval/loss": evals(line(0.70, 0.74, 10, 0.002)), "eval/rewards/accuracies": evals(told_right(0.47, 0.44, 10, 256, 6))}, DPO),
    "no loss of the evaluation": (TRAIN | {"eval/rewards/accuracies": evals(told_right(0.5, 0.5, 20, 200, 7))}, DPO),
    "exactly one half": (TRAIN | {"eval/loss": evals(line(0.6931, 0.6931, 10)), "eval/rewards/accuracies": evals(np.full(10, 0.5))}, DPO),
    "in per cent": (TRAIN | {"eval/loss": evals(line(0.694, 0.70, 10)), "eval/rewards/accuracies": evals(100 * told_right(0.5, 0.5, 10, 256, 8))}, DPO),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), SICK.values(), ids=SICK)
@pytest.mark.parametrize("planned", [10 * N, None])
def test_an_order_that_is_guessed_is_a_warning(
    columns: dict[str, Floats], config: dict[str, Any], planned: int | None
) -> None:
    few = np.isfinite(columns[next(k for k in columns if "eval" in k and "acc" in k)]).sum() < 9
    episodes = told(columns, planned, config)
    if planned is None and few:
        assert not episodes  # nobody knows how early this is
        return

    (e,) = episodes
    assert worst([e]) is Severity.WARNING
    assert e.open
    assert "随机猜" in e.last.words.title


def test_a_little_better_than_a_coin_and_never_more_is_a_note() -> None:
    held = {"eval_loss": evals(line(0.742, 0.684, 10, 0.003)), "eval_accuracy": evals(line(0.63, 0.58, 10, 0.01))}
    (e,) = told({"loss": line(0.8, 0.58, N, 0.03), **held}, 10 * N, RM)

    assert worst([e]) is Severity.INFO
    assert "没提升" in e.last.words.title


HEALTHY: dict[str, Run] = {
    "rises slowly": (TRAIN | {"eval/loss": evals(line(0.693, 0.68, 10, 0.0005)), "eval/rewards/accuracies": evals(line(0.5, 0.56, 10, 0.005))}, DPO),
    "six in ten": (TRAIN | {"eval/loss": evals(line(0.69, 0.665, 10, 0.001)), "eval/rewards/accuracies": evals(told_right(0.58, 0.62, 10, 256, 1))}, DPO),
    "a reward model of 67 %": ({"loss": line(0.69, 0.55, N, 0.03), "eval_loss": evals(line(0.66, 0.61, 10, 0.002)), "eval_accuracy": evals(told_right(0.64, 0.67, 10, 500, 2))}, RM),
    "a small set that wavers": (TRAIN | {"eval/loss": evals(line(0.69, 0.67, 10, 0.004)), "eval/rewards/accuracies": evals(told_right(0.62, 0.64, 10, 32, 3))}, DPO),
    "begins below one half": (TRAIN | {"eval/loss": evals(line(0.93, 0.6, 10, 0.004)), "eval/rewards/accuracies": evals(line(0.42, 0.68, 10, 0.01))}, DPO),
    "three looks": (TRAIN | {"eval/loss": evals(line(0.694, 0.69, 3)), "eval/rewards/accuracies": evals(np.array([0.5, 0.52, 0.51]))}, DPO),
    "the first tenth of the plan": (TRAIN | {"eval/loss": evals(line(0.694, 0.692, 10, 0.001)), "eval/rewards/accuracies": evals(told_right(0.5, 0.52, 10, 256, 4))}, DPO | {"max_steps": 100 * N}),
    "told apart, at a loss above ln 2": (BY_HEART | {"eval/loss": evals(line(0.69, 0.9, 10)), "eval/rewards/accuracies": evals(told_right(0.68, 0.7, 10, 256, 5))}, DPO),
    "accuracy of a classifier": ({"train_loss": line(0.7, 0.2, N), "val_loss": evals(line(0.7, 0.69, 10)), "val_acc": evals(told_right(0.52, 0.53, 10, 256, 6))}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), HEALTHY.values(), ids=HEALTHY)
def test_an_order_that_is_learnt_is_not_told(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    assert not told(columns, config.get("max_steps", 10 * N), config)


def test_it_ends_once_the_order_is_learnt() -> None:
    accuracy = np.concatenate([told_right(0.5, 0.5, 12, 500, 1), told_right(0.64, 0.7, 28, 500, 2)])
    loss = np.concatenate([line(0.694, 0.694, 12, 0.001), line(0.66, 0.62, 28, 0.001)])
    (e,) = told(TRAIN | {"eval/loss": evals(loss), "eval/rewards/accuracies": evals(accuracy)}, 10 * N, DPO)

    assert [t.kind for t in e.transitions] == ["raised", "cleared"]
