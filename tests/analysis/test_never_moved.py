"""What has never moved although training does: a measure of the weights, a reward for right answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.log_integrity import MetricDead
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N = 120
rng = np.random.default_rng
GRPO = {"trainer": "grpo", "num_generations": 8}
LOSS = {"train/loss": falling(N, rng(0))}
ANSWERS = {"reward": np.linspace(0.9, 1.4, N) + 0.03 * rng(1).standard_normal(N), "completions/mean_length": 250 + rng(2).standard_normal(N)}  # fmt: skip


def every(x: Floats | float, k: int) -> Floats:
    out = np.full(N, np.nan)
    out[k - 1 :: k] = np.broadcast_to(x, N)[k - 1 :: k]
    return out


def told(columns: dict[str, Floats], config: dict[str, Any]) -> list[Episode]:
    return found(MetricDead(), rows(columns), 10 * N, **config)


def late_counts(samples: int) -> Floats:
    """An evaluation each eighth record: it comes to all samples but one within four, and one of them goes over later."""
    out = np.full(N, np.nan)
    wrong = np.array([25, 11, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0])
    out[7::8] = 1 - wrong / samples
    return out


Run = tuple[dict[str, Floats], dict[str, Any]]
SICK: dict[str, Run] = {
    "an evaluation of the first weights": (LOSS | {"eval/loss": every(1.234567, 10)}, {}),
    "keras": ({"loss": falling(N, rng(3)), "val_loss": np.full(N, 0.693147)}, {}),
    "a language model": (LOSS | {"eval_loss": every(2.0791234, 20)}, {"stage": "sft", "base_model": "llama"}),
    "mAP": (LOSS | {"val/mAP50-95": every(0.351237, 8)}, {}),
    "BLEU": (LOSS | {"eval/bleu": every(23.4187, 12)}, {}),
    "FID": (LOSS | {"eval/fid": every(47.18234, 12)}, {}),
    "L1 of actions": (LOSS | {"eval/l1_loss": every(0.0831234, 12)}, {"policy": {"type": "act"}}),
    "answers that nobody read": (ANSWERS | {"rewards/accuracy_reward": np.full(N, 0.5)}, GRPO),
    "the same of another trainer": (ANSWERS | {"train/rewards/correctness_reward_func/mean": np.full(N, 0.125)}, GRPO),
    "less than nothing for each": (ANSWERS | {"rewards/answer_reward": np.full(N, -0.25)}, GRPO),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), SICK.values(), ids=SICK)
def test_it_is_told_from_its_first_record_on(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    (e,) = told(columns, config)

    assert worst([e]) is Severity.WARNING
    assert e.open
    assert "恒为" in e.last.words.title
    assert e.raised_row <= N * 5 / 6


HEALTHY: dict[str, Run] = {
    "mAP at the highest that its interpolation gives": (LOSS | {"metrics/mAP_0.5": every(0.99502, 8)}, {}),
    "Dice of a set that is solved, in per cent": (LOSS | {"val/dice": every(99.127, 8)}, {}),
    "the last digits move": (LOSS | {"eval/loss": every(1.2 + 1e-5 * rng(4).standard_normal(N), 10)}, {}),
    "printed with four digits": (LOSS | {"eval/loss": every(0.6931, 10)}, {}),
    "four evaluations": (LOSS | {"eval/loss": every(1.234567, 30)}, {}),
    "a share of few samples": (LOSS | {"eval/accuracy": every(0.928571, 10)}, {}),
    "successes of fifty tries": (LOSS | {"eval/success_rate": every(0.34, 10)}, {}),
    "what an agent earns": ({"rollout/ep_rew_mean": np.linspace(0, 90, N), "eval/mean_reward": every(-199.8125, 10)}, {"algo": "dqn"}),
    "a whole number for right answers": (ANSWERS | {"rewards/correctness_reward_func": np.full(N, 2.0)}, GRPO),
    "every format is right": (ANSWERS | {"rewards/format_reward": np.full(N, 0.5)}, GRPO),
    "right answers that vary": (ANSWERS | {"rewards/accuracy_reward": np.round(0.5 + 0.1 * rng(5).standard_normal(N), 2)}, GRPO),
    "a share of 115 samples, near its end": (LOSS | {"eval/specificity": late_counts(115)}, {}),
    "the same in single precision": (LOSS | {"eval/specificity": late_counts(715).astype(np.float32).astype(np.float64)}, {}),
    "how many boxes a DETR leaves empty": (LOSS | {"test_cardinality_error": every(294.3125, 8)}, {}),
    "only evaluations are logged": ({"eval/loss": every(1.234567, 10)}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), HEALTHY.values(), ids=HEALTHY)
def test_what_may_stand_still_is_not_told(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    assert not told(columns, config)


def test_it_ends_once_it_moves() -> None:
    moved = np.where(np.arange(N) < 60, 0.5, 0.5 + 0.1 * rng(6).standard_normal(N))
    (e,) = told(ANSWERS | {"rewards/accuracy_reward": moved}, GRPO)

    assert [t.kind for t in e.transitions] == ["raised", "cleared"]


def test_an_order_of_samples_that_never_changes_is_a_note() -> None:
    """Of a dozen samples the order may well stay; nobody can choose a checkpoint by it."""
    dense = {"eval/dev_pearson_cosine": np.linspace(0.1, 0.99, N) + 0.01 * rng(4).standard_normal(N)}
    (e,) = told(LOSS | dense | {"eval/dev_spearman_cosine": np.where(np.arange(N) < 2, 0.083, 0.18257574)}, {})

    assert e.metrics[0] == "eval/dev_spearman_cosine"
    assert worst([e]) is Severity.INFO
    assert not told(LOSS | dense, {})
    assert not told(LOSS | {"eval/stsb_spearmanr": every(0.8 + 0.05 * rng(5).standard_normal(N), 3)}, {})


ZERO = np.zeros(N)
UNTAUGHT: dict[str, Run] = {
    "a weight that was forgotten": (LOSS | {"train/loss_kd": ZERO}, {}),
    "one of several terms": (LOSS | {"distill_loss/cls": ZERO, "distill_loss/feature": 2.8 + 0.01 * rng(7).standard_normal(N)}, {"teacher": "r101"}),
    "weighted, as its config says": (LOSS | {"loss_distillation": ZERO}, {"distillation": {"weight": 0.5, "temperature": 4}}),
}  # fmt: skip
TAUGHT: dict[str, Run] = {
    "switched off": (LOSS | {"train/loss_kd": ZERO}, {"kd_weight": 0.0}),
    "not asked for": (LOSS | {"distill_loss": ZERO}, {"use_distillation": False}),
    "to begin later": (LOSS | {"kd_loss": ZERO}, {"kd_start_epoch": 30}),
    "it moves": (LOSS | {"kd_loss": np.linspace(3, 1, N)}, {}),
    "the balance of experts, where there are none": (LOSS | {"aux_loss": ZERO}, {}),
    "another term that is 0": (LOSS | {"loss_dfl": ZERO}, {}),
}


@pytest.mark.parametrize(("columns", "config"), UNTAUGHT.values(), ids=UNTAUGHT)
def test_a_teacher_of_whom_nothing_arrives_is_a_note(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    (e,) = told(columns, config)

    assert worst([e]) is Severity.INFO
    assert e.raised_row == 19
    assert "teacher" in e.last.words.advice


@pytest.mark.parametrize(("columns", "config"), TAUGHT.values(), ids=TAUGHT)
def test_a_term_that_may_be_0_is_not_told(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    assert not told(columns, config)


def test_once_it_stands_at_another_value_it_has_moved() -> None:
    x = np.full(N, np.nan)
    x[7::8] = np.where(np.arange(15) < 11, 0.8123456, 0.9234567)
    (e,) = told(LOSS | {"eval/bleu": x}, {})

    assert not e.open
