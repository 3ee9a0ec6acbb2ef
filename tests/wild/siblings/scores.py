"""Scores of an evaluation, beside its loss and beside training."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import BAD, Run, at_rows, every, last_rows, noisy, plus, power, sibling


@sibling(never=("overfit",), usable=("yes",))
def asr_wer_falls_while_eval_loss_rises(rng: np.random.Generator) -> Run:
    n, block = 300, 20
    rows = last_rows(n, block)
    k = np.arange(len(rows))
    loss = np.where(k < 5, 0.9 - 0.1 * k, 0.5 + 0.03 * (k - 5))
    return Run(
        every(n, 50),
        {
            "train/loss": noisy(power(n, 3.0, 0.05, 15, 1.0), 0.05, rng),
            "eval/loss": at_rows(n, rows, noisy(loss, 0.005, rng)),
            "eval/wer": at_rows(n, rows, noisy(0.12 + 0.4 * np.exp(-k / 4), 0.01, rng)),
        },
        5.0,
        {"max_steps": 15_000, "model": "whisper-small"},
        "finished",
    )


@sibling(never=("overfit",), usable=("yes",))
def rouge_rises_while_eval_loss_rises(rng: np.random.Generator) -> Run:
    n, block = 240, 24
    rows = last_rows(n, block)
    k = np.arange(len(rows))
    return Run(
        every(n, 25),
        {
            "train/loss": noisy(power(n, 2.2, 0.3, 30, 1.0), 0.04, rng),
            "eval/loss": at_rows(n, rows, 1.5 + 0.05 * np.abs(k - 2)),
            "eval/rougeL": at_rows(n, rows, plus(28 + 9 * (1 - np.exp(-k / 3)), 0.1, rng)),
        },
        5.0,
        {"num_train_epochs": 10, "max_steps": 6000, "base_model": "flan-t5"},
        "finished",
    )


@sibling(Told(("overfit", "eval-regress", "gen-gap"), onset=(5, 20), by=36))
def accuracy_falls_with_eval_loss_rising(rng: np.random.Generator) -> Run:
    n = 40
    k = np.arange(n)
    return Run(
        every(n),
        {
            "train_loss": noisy(1.8 * np.exp(-k / 6) + 0.01, 0.03, rng),
            "train_acc": 1 - 0.6 * np.exp(-k / 6),
            "val_loss": noisy(np.where(k < 9, 1.6 - 0.08 * k, 0.96 + 0.06 * (k - 8)), 0.01, rng),
            "val_acc": plus(np.where(k < 9, 0.5 + 0.03 * k, 0.74 - 0.006 * (k - 8)), 0.003, rng),
        },
        60.0,
        {"epochs": 40, "num_classes": 20},
        "finished",
    )


@sibling(Told(("gen-gap", "overfit"), least="info", posted=False))
def train_accuracy_far_above_valid(rng: np.random.Generator) -> Run:
    n = 60
    k = np.arange(n)
    return Run(
        every(n),
        {
            "train/accuracy": np.clip(plus(0.995 - 0.75 * np.exp(-k / 7), 0.002, rng), 0, 1),
            "valid/accuracy": plus(0.56 - 0.3 * np.exp(-k / 5), 0.004, rng),
        },
        60.0,
        {"epochs": 60, "num_classes": 10},
        "finished",
    )


@sibling(Told(("gen-gap",), least="info", posted=False))
def seen_levels_far_above_unseen(rng: np.random.Generator) -> Run:
    n = 250
    k = np.arange(n)
    return Run(
        every(n, 40_000),
        {
            "train/mean_episode_reward": plus(9.2 * (1 - np.exp(-k / 50)), 0.15, rng),
            "test/mean_episode_reward": plus(3.1 * (1 - np.exp(-k / 40)), 0.2, rng),
            "losses/value_loss": noisy(power(n, 1.0, 0.1), 0.2, rng),
        },
        30.0,
        {"env_name": "coinrun", "num_levels": 200, "total_timesteps": 10_000_000},
        "finished",
    )


@sibling(usable=BAD)
def coco_after_three_evals(rng: np.random.Generator) -> Run:
    n = 60
    return Run(
        every(n, 50),
        {
            "loss": noisy(power(n, 1.6, 1.1), 0.05, rng),
            "coco/bbox_mAP": at_rows(n, [19, 39, 59], [0.001, 0.004, 0.006]),
        },
        25.0,
        {"max_epochs": 3},
        "finished",
    )


@sibling(usable=BAD)
def wer_above_one(rng: np.random.Generator) -> Run:
    n = 80
    return Run(
        every(n, 25),
        {
            "train/loss": noisy(power(n, 6.0, 2.9), 0.03, rng),
            "eval/wer": at_rows(n, last_rows(n, 20), [1.0, 1.02, 1.0, 1.0]),
        },
        5.0,
        {"max_steps": 2000, "model": "wav2vec2"},
        "finished",
    )


@sibling(Told(("success-zero",)), usable=BAD, unsaid=("无异常",))
def no_success_in_four_evals(rng: np.random.Generator) -> Run:
    n = 200
    return Run(
        every(n, 100),
        {
            "train/loss": noisy(power(n, 1.2, 0.06, 10, 0.9), 0.1, rng),
            "eval/pc_success": at_rows(n, last_rows(n, 50), [0.0] * 4),
        },
        10.0,
        {"policy": {"type": "diffusion"}, "eval": {"n_episodes": 50}, "steps": 20_000},
        "finished",
    )
