"""Losses that stand still, come back up or leap."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import BAD, Run, cosine, every, noisy, plus, power, ramp, sibling


# At chance, and slow starts that are not.
@sibling(Told(("at-chance", "no-learning"), by=35), usable=BAD, unsaid=("无异常",))
def ten_classes_at_ln10(rng: np.random.Generator) -> Run:
    n = 40
    loss = plus(2.3028, 0.0015, rng, n)
    loss[:2] = 2.41, 2.32
    config = {"arch": "resnet18", "num_classes": 10, "epochs": 100, "dataset": "cifar10"}
    return Run(
        every(n),
        {
            "train_loss": loss,
            "train_acc": plus(0.1, 0.003, rng, n),
            "val_loss": plus(2.3026, 0.0003, rng, n),
            "val_acc": np.full(n, 0.1),
        },
        40.0,
        config,
    )


@sibling(Told(("at-chance", "no-learning")), usable=BAD)
def dpo_at_ln2(rng: np.random.Generator) -> Run:
    n = 100
    config = {"beta": 0.1, "loss_type": "sigmoid", "max_steps": 1000, "learning_rate": 5e-9, "_name_or_path": "qwen"}
    return Run(
        every(n, 5),
        {
            "loss": plus(0.6931, 0.0006, rng, n),
            "rewards/accuracies": plus(0.5, 0.05, rng, n),
            "rewards/margins": plus(0.0002, 0.0015, rng, n),
            "rewards/chosen": plus(0.0, 0.002, rng, n),
        },
        30.0,
        config,
    )


@sibling(Told(("at-chance", "no-learning"), by=5500), usable=BAD)
def lm_at_ln_vocab(rng: np.random.Generator) -> Run:
    n = 120
    loss = plus(10.825, 0.006, rng, n)
    loss[:2] = 10.98, 10.88
    config = {"vocab_size": 50_257, "n_layer": 12, "init_from": "scratch", "max_iters": 20_000, "learning_rate": 6e-4}
    return Run(
        every(n, 50),
        {"train/loss": loss, "train/lr": np.full(n, 6e-4), "train/grad_norm": noisy(0.3, 0.1, rng, n)},
        20.0,
        config,
    )


@sibling(silent=True)
def binary_starts_slowly(rng: np.random.Generator) -> Run:
    n = 1500
    k = np.arange(n)
    loss = plus(0.693 - 0.3 * np.clip(1 - np.exp(-(k - 200) / 500), 0, None), 0.11, rng)
    return Run(
        every(n), {"loss": np.abs(loss), "lr": np.full(n, 2e-5)}, 0.1, {"epochs": 5, "batch_size": 8}, "finished"
    )


@sibling(silent=True)
def imagenet_first_epoch(rng: np.random.Generator) -> Run:
    n = 90
    loss = plus(6.93 - 2.9 * np.clip(1 - np.exp(-(np.arange(n) - 6) / 40), 0, None), 0.03, rng)
    config = {"arch": "vit_b", "num_classes": 1000, "max_steps": 450_000, "warmup_steps": 10_000}
    return Run(
        every(n, 500), {"train/loss": loss, "train/lr": 1e-3 * np.minimum(1, np.arange(1, n + 1) / 20)}, 200.0, config
    )


@sibling(silent=True)
def single_batches_of_a_binary_task(rng: np.random.Generator) -> Run:
    n = 2500
    k = np.arange(n)
    loss = np.abs(plus(0.69 - 0.25 * np.clip(1 - np.exp(-(k - 400) / 900), 0, None), 0.16, rng))
    return Run(every(n), {"train/bce": loss}, 0.05, {"epochs": 12, "batch_size": 4}, "finished")


@sibling(Told(("no-learning", "at-chance")), usable=BAD)
def single_batches_that_learn_nothing(rng: np.random.Generator) -> Run:
    n = 2500
    return Run(
        every(n),
        {"train/bce": np.abs(plus(0.694, 0.1, rng, n)), "lr": np.full(n, 1e-3)},
        0.05,
        {"epochs": 12, "batch_size": 8},
        "finished",
    )


# Plateaus.
@sibling(silent=True, unfound=("plateau",))
def power_law_of_4000_records(rng: np.random.Generator) -> Run:
    n = 4000
    return Run(
        every(n, 10),
        {"lm loss": plus(2.0 + 6.0 * (1 + np.arange(n) / 3) ** -0.32, 0.02, rng)},
        1.2,
        {"train_iters": 40_000},
        "finished",
    )


@sibling(Told(("plateau", "converged"), least="info", most="info", posted=False, open=False))
def flat_for_two_thirds(rng: np.random.Generator) -> Run:
    n = 600
    loss = plus(0.9 + 1.6 * np.exp(-np.arange(n) / 25), 0.01, rng)
    return Run(every(n, 50), {"train/loss": loss, "train/lr": np.full(n, 1e-4)}, 10.0, {"max_steps": 40_000})


# A loss that comes back up.
@sibling(
    Told(("divergence", "loss-jump"), least="critical", onset=(54, 72)),
    unfound=("plateau",),
    unsaid=("无异常",),
    usable=BAD,
)
def lm_loss_3_to_7(rng: np.random.Generator) -> Run:
    n = 150
    loss = plus(power(n, 9.5, 2.6, 8, 1.0) + 4.0 * ramp(n, 62, 80), 0.06, rng)
    return Run(every(n, 1, 0), {"train/loss": loss}, 30.0, {"vocab_size": 32_000}, "finished")


@sibling(
    Told(("divergence", "loss-jump"), least="critical", onset=(11_000, 13_500), by=16_000),
    unsaid=("无异常", "已恢复", "已回落"),
    usable=BAD,
)
def perplexity_from_40_to_3000(rng: np.random.Generator) -> Run:
    n = 90
    nll = power(n, 9.0, 3.3, 4, 0.9) + 4.4 * ramp(n, 60, 14)
    return Run(
        every(n, 200),
        {"train/ppl": np.exp(plus(nll, 0.03, rng)), "train/lr": np.full(n, 3e-4)},
        60.0,
        {"max_steps": 100_000, "n_layer": 24},
    )


@sibling(silent=True)
def tiny_cross_entropy_doubles(rng: np.random.Generator) -> Run:
    n = 200
    loss = noisy(0.021 + 0.7 * np.exp(-np.arange(n) / 12) + 0.02 * ramp(n, 90, 60), 0.15, rng)
    return Run(
        every(n, 25),
        {
            "train/cls_loss": loss,
            "train/acc": np.clip(plus(0.994 - 0.4 * np.exp(-np.arange(n) / 12), 0.001, rng), 0, 1),
        },
        6.0,
        {"num_classes": 5, "max_steps": 5000},
        "finished",
    )


@sibling(Told(("divergence", "loss-jump"), least="critical", onset=(1700, 2000), by=2400), unsaid=("无异常",))
def diverges_at_a_thousandth_of_the_plan(rng: np.random.Generator) -> Run:
    n = 260
    loss = noisy(power(n, 1.1, 0.12, 6, 0.9) + 1.6 * ramp(n, 180, 25), 0.08, rng)
    return Run(
        every(n, 10), {"loss": loss, "lr": np.full(n, 2e-4)}, 3.0, {"max_steps": 2_000_000, "learning_rate": 2e-4}
    )


@sibling(silent=True)
def healthy_at_a_thousandth_of_the_plan(rng: np.random.Generator) -> Run:
    n = 260
    return Run(
        every(n, 10),
        {
            "loss": noisy(power(n, 1.1, 0.12, 6, 0.9), 0.08, rng),
            "lr": np.full(n, 2e-4),
            "grad_norm": noisy(power(n, 4.0, 0.8), 0.3, rng),
        },
        3.0,
        {"max_steps": 2_000_000, "learning_rate": 2e-4},
    )


@sibling(
    Told(("divergence", "loss-jump"), least="critical", onset=(20, 31), by=38),
    unsaid=("已回落", "已恢复", "无异常"),
    usable=BAD,
)
def diverges_just_after_a_warmup(rng: np.random.Generator) -> Run:
    n = 80
    loss = plus(power(n, 11.0, 3.2, 3, 1.0) + 3.4 * ramp(n, 25, 8), 0.04, rng)
    lr = 3e-4 * np.minimum(1, np.arange(1, n + 1) / 20)
    config = {"num_layers": 32, "lr_warmup_iters": 4000, "train_iters": 500_000, "lr": 3e-4}
    return Run(
        every(n, 1, 0), {"iteration": np.arange(1, n + 1) * 200.0, "lm loss": loss, "learning-rate": lr}, 300.0, config
    )


@sibling(
    Told(("loss-jump", "divergence"), least="critical", onset=(4800, 5100), by=6200),
    unsaid=("已恢复", "已回落"),
    usable=BAD,
)
def jumps_and_stays_with_noise(rng: np.random.Generator) -> Run:
    n = 400
    loss = noisy(power(n, 3.0, 0.9, 12) + 2.5 * ramp(n, 198, 2) - 0.5 * ramp(n, 230, 120), 0.12, rng)
    return Run(every(n, 25), {"train_loss": loss}, 5.0, {"max_steps": 20_000})


@sibling(verdict=("ok", "info"), unsaid=("现已回到 5",))
def jumps_and_truly_recovers(rng: np.random.Generator) -> Run:
    n = 500
    hump = ramp(n, 150, 2) * (1 - ramp(n, 190, 40))
    return Run(
        every(n, 20), {"train/loss": noisy(power(n, 5.0, 2.0, 12) + 3.0 * hump, 0.015, rng)}, 5.0, {"max_steps": 12_000}
    )


@sibling(silent=True)
def stairs_at_epoch_bounds(rng: np.random.Generator) -> Run:
    n, block = 480, 120
    level = np.repeat([1.15, 0.82, 0.50, 0.31], block)
    return Run(
        every(n, 5),
        {
            "train/loss": noisy(level, 0.05, rng),
            "train/epoch": np.arange(n) / block,
            "train/learning_rate": cosine(n, 2e-5),
        },
        6.0,
        {"num_train_epochs": 4, "max_steps": 2400, "_name_or_path": "llama"},
        "finished",
    )


@sibling(Told(("loss-spike",), onset=(8000, 60_000), open=False), said=("反复尖峰",))
def spikes_of_a_regression(rng: np.random.Generator) -> Run:
    n = 1000
    loss = noisy(power(n, 1.0, 0.05, 10), 0.06, rng)
    at = np.arange(180, 990, 37) + rng.integers(-12, 13, len(range(180, 990, 37)))
    loss[at] *= rng.uniform(6, 30, len(at))
    return Run(every(n, 50), {"loss": loss, "lr": np.full(n, 1e-3)}, 2.0, {"max_steps": 100_000, "batch_size": 256})


@sibling(
    Told(("divergence", "loss-jump"), least="critical", onset=(4500, 6200), by=7500),
    usable=BAD,
    unsaid=("无异常", "已恢复"),
)
def word_perplexity_jumps(rng: np.random.Generator) -> Run:
    n = 200
    return Run(
        every(n, 50),
        {"perplexity": np.exp(plus(power(n, 7.0, 4.6, 4) + 1.2 * ramp(n, 105, 2), 0.03, rng)), "lr": np.full(n, 20.0)},
        9.0,
        {"model": "AWD-LSTM", "ntokens": 33_278, "max_steps": 60_000},
    )


@sibling(silent=True)
def perplexity_falls(rng: np.random.Generator) -> Run:
    n = 200
    return Run(
        every(n, 50),
        {"train/ppl": np.exp(plus(power(n, 7.0, 4.2, 4), 0.06, rng)), "lr": np.full(n, 20.0)},
        9.0,
        {"model": "AWD-LSTM", "ntokens": 33_278, "max_steps": 60_000},
    )


@sibling(
    Told(("loss-spike", "oscillation", "divergence", "loss-jump", "grad-spike"), onset=(40_000, 160_000), open=False),
    said=("反复尖峰 22 次", "反复尖峰 21 次"),
)
def spikes_come_back_again_and_again(rng: np.random.Generator) -> Run:
    n = 800
    loss = noisy(power(n, 6.0, 2.2, 12), 0.012, rng)
    at = np.sort(rng.choice(np.arange(300, 790), 22, replace=False))
    loss[at] += rng.uniform(1.5, 5.0, 22)
    return Run(
        every(n, 200),
        {"train/loss": loss, "train/grad_norm": noisy(0.4, 0.15, rng, n)},
        30.0,
        {"max_steps": 400_000, "n_layer": 24},
    )
