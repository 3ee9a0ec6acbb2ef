"""Values that are none, and values that cannot be."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import (
    BAD,
    NAN,
    Run,
    at_rows,
    cosine,
    every,
    last_rows,
    noisy,
    plus,
    power,
    ramp,
    sibling,
)


# NaN and what hides it.
@sibling(Told(("nan-inf",), least="critical", onset=(870, 870), by=870), said=("loss 出现 NaN",), usable=BAD)
def hf_loss_and_norm_nan(rng: np.random.Generator) -> Run:
    n = 90
    loss, norm = noisy(power(n, 2.4, 1.4), 0.03, rng), noisy(1.1, 0.2, rng, n)
    loss[86:] = norm[86:] = NAN
    return Run(
        every(n, 10),
        {"train/grad_norm": norm, "train/loss": loss, "train/learning_rate": cosine(n, 2e-5, 1e-5)},
        9.0,
        {"max_steps": 3000},
    )


@sibling(Told(("nan-inf",), least="critical", onset=(3300, 3300), by=3300))
def megatron_inf_with_norm(rng: np.random.Generator) -> Run:
    n = 70
    loss, norm = noisy(power(n, 8.0, 3.0), 0.02, rng), noisy(1.6, 0.2, rng, n)
    loss[65:] = norm[65:] = np.inf
    return Run(every(n, 50, 50), {"grad-norm": norm, "lm loss": loss}, 60.0, {"train_iters": 100_000, "clip_grad": 1.0})


@sibling(Told(("masked-nan", "nan-inf"), least="critical", onset=(1490, 1520), by=1600), said=("NaN",), usable=BAD)
def loss_zero_with_nan_norm(rng: np.random.Generator) -> Run:
    n = 120
    loss, norm = noisy(power(n, 1.9, 1.1), 0.04, rng), noisy(0.8, 0.2, rng, n)
    loss[75:], norm[75:] = 0.0, NAN
    return Run(
        every(n, 20),
        {"loss": loss, "grad_norm": norm, "learning_rate": np.full(n, 1e-4)},
        12.0,
        {"bf16": False, "fp16": True, "max_steps": 6000, "peft_type": "LORA"},
    )


@sibling(Told(("masked-nan", "nan-inf"), least="critical", onset=(0, 20), by=200), usable=BAD)
def loss_zero_from_the_first_record(rng: np.random.Generator) -> Run:
    n = 60
    rows = last_rows(n, 20)
    return Run(
        every(n, 10),
        {
            "train/loss": np.zeros(n),
            "train/grad_norm": np.full(n, NAN),
            "train/learning_rate": np.full(n, 2e-5),
            "eval/loss": at_rows(n, rows, [NAN] * 3),
        },
        12.0,
        {"fp16": True, "max_steps": 2000, "_name_or_path": "t5-large"},
    )


@sibling(silent=True)
def grpo_loss_of_exactly_zero(rng: np.random.Generator) -> Run:
    n = 150
    return Run(
        every(n),
        {
            "train/loss": np.zeros(n),
            "train/grad_norm": noisy(0.2, 0.3, rng, n),
            "train/reward": plus(0.3 + 0.4 * ramp(n, 0, 140), 0.05, rng),
            "train/reward_std": plus(0.35, 0.03, rng, n),
            "train/frac_reward_zero_std": np.clip(plus(0.3, 0.1, rng, n), 0, 1),
            "train/kl": noisy(0.001 + 0.05 * ramp(n, 0, 150), 0.2, rng),
        },
        60.0,
        {"num_generations": 8, "beta": 0.001, "max_steps": 400},
    )


@sibling(silent=True)
def classifier_reaches_rounded_zero(rng: np.random.Generator) -> Run:
    n = 200
    loss = np.round(noisy(0.7 * np.exp(-np.arange(n) / 18), 0.4, rng), 4)
    rows = last_rows(n, 20)
    return Run(
        every(n, 10),
        {
            "train/loss": loss,
            "train/grad_norm": noisy(3.0 * np.exp(-np.arange(n) / 25) + 0.002, 0.5, rng),
            "eval/accuracy": at_rows(n, rows, np.minimum(0.97 + 0.002 * np.arange(10), 0.985)),
            "train/learning_rate": cosine(n, 3e-5),
        },
        4.0,
        {"num_train_epochs": 3, "max_steps": 2000},
        "finished",
    )


@sibling(
    Told(("nan-inf",), least="info", most="warning", posted=False), usable=("yes",), unsaid=("从此前的 ckpt 续训",)
)
def keras_val_loss_nan_accuracy_fine(rng: np.random.Generator) -> Run:
    n = 25
    return Run(
        every(n),
        {
            "loss": noisy(power(n, 1.6, 0.2, 3), 0.03, rng),
            "accuracy": 0.95 - 0.5 * np.exp(-np.arange(n) / 5),
            "val_loss": np.full(n, NAN),
            "val_accuracy": plus(0.9 - 0.5 * np.exp(-np.arange(n) / 5), 0.004, rng),
        },
        50.0,
        {"epochs": 25, "num_classes": 10},
        "finished",
    )


@sibling(Told(("nan-inf",), least="warning", posted=False), usable=BAD)
def eval_loss_nan_and_no_score(rng: np.random.Generator) -> Run:
    n = 100
    return Run(
        every(n, 10),
        {"train/loss": noisy(power(n, 2.6, 1.3), 0.03, rng), "eval/loss": at_rows(n, last_rows(n, 20), [NAN] * 5)},
        8.0,
        {"max_steps": 1000, "fp16": True},
        "finished",
    )


# Values that cannot be.
@sibling(Told(("impossible-value",)), usable=BAD)
def fid_below_zero(rng: np.random.Generator) -> Run:
    n = 200
    return Run(
        every(n, 100),
        {
            "train/loss": noisy(power(n, 0.3, 0.03), 0.1, rng),
            "eval/fid": at_rows(n, last_rows(n, 25), [61.0, 33.0, 20.0, 8.0, -3.2, -7.9, -12.1, -13.0]),
        },
        10.0,
        {"model": "ddpm", "max_steps": 20_000},
        "finished",
    )


@sibling(Told(("impossible-value",)), usable=BAD)
def accuracy_of_1_7(rng: np.random.Generator) -> Run:
    n = 30
    return Run(
        every(n),
        {"train_loss": noisy(power(n, 2.0, 0.2, 3), 0.03, rng), "val_acc": 1.75 - 1.2 * np.exp(-np.arange(n) / 6)},
        30.0,
        {"epochs": 30, "num_classes": 4},
        "finished",
    )


@sibling(Told(("impossible-value",)))
def lm_cross_entropy_below_zero(rng: np.random.Generator) -> Run:
    n = 150
    return Run(
        every(n, 20),
        {"train/ce_loss": plus(1.5 - 3.0 * ramp(n, 10, 130), 0.05, rng), "train/lr": np.full(n, 1e-4)},
        10.0,
        {"vocab_size": 32_000, "n_layer": 6, "max_steps": 5000},
    )


@sibling(silent=True)
def gaussian_nll_below_zero(rng: np.random.Generator) -> Run:
    n = 150
    return Run(
        every(n, 20),
        {
            "train/nll": plus(1.5 - 4.0 * (1 - np.exp(-np.arange(n) / 40)), 0.05, rng),
            "val/nll": at_rows(
                n, last_rows(n, 15), plus(1.5 - 3.8 * (1 - np.exp(-np.array(last_rows(n, 15)) / 40)), 0.02, rng)
            ),
        },
        10.0,
        {"likelihood": "gaussian", "max_steps": 3000},
    )


@sibling(silent=True)
def accuracy_in_percent(rng: np.random.Generator) -> Run:
    n = 40
    return Run(
        every(n),
        {
            "train_loss": noisy(power(n, 2.3, 0.2, 4), 0.03, rng),
            "val_acc": plus(94 - 60 * np.exp(-np.arange(n) / 6), 0.2, rng),
        },
        30.0,
        {"epochs": 40, "num_classes": 10},
        "finished",
    )


@sibling(silent=True)
def four_classes_in_per_cent(rng: np.random.Generator) -> Run:
    n = 30
    return Run(
        every(n),
        {
            "train_loss": noisy(power(n, 1.5, 0.3, 3), 0.03, rng),
            "val_acc": plus(88 - 62 * np.exp(-np.arange(n) / 6), 0.3, rng),
        },
        30.0,
        {"epochs": 30, "num_classes": 4},
        "finished",
    )
