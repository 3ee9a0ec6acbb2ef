"""The size of losses and gradients."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import Run, at_rows, every, last_rows, noisy, plus, power, ramp, sibling, wander


# Scale of loss and gradient.
@sibling(
    never=("grad-explode", "grad-spike", "grad-vanish", "grad-clip-saturated"),
    unsaid=("可试 clip", "clip 调到"),
    said=("累加", "求和"),
)
def deepspeed_norm_of_thousands(rng: np.random.Generator) -> Run:
    n = 120
    config = {
        "gradient_clipping": 1.0,
        "train_micro_batch_size_per_gpu": 2,
        "max_steps": 4000,
        "optimizer": "AdamW",
        "hidden_size": 2048,
    }
    return Run(
        every(n, 10),
        {"train/loss": noisy(power(n, 3.1, 1.7), 0.02, rng), "train/grad_norm": noisy(5200.0, 0.15, rng, n)},
        30.0,
        config,
    )


@sibling(silent=True, unsaid=("累加",))
def megatron_norm_below_clip(rng: np.random.Generator) -> Run:
    n = 130
    config = {"num_layers": 28, "train_iters": 5000, "clip_grad": 1.0}
    return Run(
        every(n, 10),
        {"lm loss": noisy(power(n, 6.0, 2.3), 0.015, rng), "grad-norm": noisy(power(n, 2.0, 0.4), 0.15, rng)},
        40.0,
        config,
    )


@sibling(Told(("scale-mismatch",), least="info", posted=False))
def action_targets_not_normalised(rng: np.random.Generator) -> Run:
    n = 100
    config = {"policy": {"type": "act", "normalization_mapping": {"ACTION": "MEAN_STD"}}, "steps": 50_000}
    return Run(
        every(n, 200),
        {
            "train/loss": noisy(power(n, 3.2e8, 0.9e8), 0.1, rng),
            "train/l1_loss": noisy(power(n, 3.0e8, 0.85e8), 0.1, rng),
        },
        60.0,
        config,
    )


# Gradient norms that wander, and one that does not come back.
@sibling(silent=True)
def grad_norm_wanders(rng: np.random.Generator) -> Run:
    n = 2500
    return Run(
        every(n),
        {
            "train/loss": noisy(power(n, 1.4, 0.5, 200), 0.2, rng),
            "optim/grad_norm": 3.0 * np.exp(wander(n, 0.95, 0.9, rng)),
        },
        0.2,
        {"epochs": 4, "batch_size": 2},
        "finished",
    )


@sibling(silent=True)
def grad_norm_sq_of_single_samples(rng: np.random.Generator) -> Run:
    n = 2000
    norm = 0.004 * np.exp(wander(n, 0.6, 1.4, rng))
    return Run(
        every(n), {"loss": noisy(power(n, 0.9, 0.3, 300), 0.35, rng), "grad_norm_sq": norm}, 0.05, {"bs": 1}, "finished"
    )


@sibling(Told(("grad-explode", "divergence", "loss-jump"), onset=(1850, 2150), by=2400), unsaid=("无异常",))
def grad_norm_leaves_its_level(rng: np.random.Generator) -> Run:
    n = 2600
    up = ramp(n, 2000, 120)
    norm = 3.0 * np.exp(wander(n, 0.95, 0.6, rng) + 5.0 * up)
    return Run(
        every(n),
        {"train/loss": noisy(power(n, 1.4, 0.5, 200) + 2.0 * up, 0.15, rng), "optim/grad_norm": norm},
        0.2,
        {"epochs": 4, "batch_size": 2},
    )


@sibling(silent=True)
def grad_norm_grows_with_return(rng: np.random.Generator) -> Run:
    n = 400
    k = np.arange(n) / n
    return Run(
        every(n, 2048),
        {
            "rollout/ep_rew_mean": plus(500 * k**0.7, 15, rng),
            "train/grad_norm": noisy(0.4 * 4**k, 0.3, rng),
            "train/value_loss": noisy(5 + 40 * k, 0.3, rng),
            "train/entropy_loss": plus(-1.38 + 0.7 * k, 0.02, rng),
        },
        6.0,
        {"algo": "ppo", "total_timesteps": 1_000_000},
    )


# Train loss that is a multiple of the eval loss.
@sibling(silent=True, said=("8",), unsaid=("数据重叠", "泄漏"))
def train_loss_summed_over_eight(rng: np.random.Generator) -> Run:
    n = 110
    level = power(n, 2.2, 1.1)
    rows = last_rows(n, 11)
    train: list[float | None] = list(noisy(8 * level, 0.02, rng))
    for i in rows:
        train[i] = None
    config = {
        "gradient_accumulation_steps": 8,
        "max_steps": 3000,
        "base_model": "llama",
        "per_device_train_batch_size": 1,
    }
    return Run(
        every(n, 10), {"train/loss": train, "eval/loss": at_rows(n, rows, noisy(level[rows], 0.004, rng))}, 20.0, config
    )


@sibling(silent=True)
def train_loss_as_eval_loss(rng: np.random.Generator) -> Run:
    n = 110
    level = power(n, 2.2, 1.1)
    rows = last_rows(n, 11)
    config = {"gradient_accumulation_steps": 8, "max_steps": 3000, "base_model": "llama"}
    return Run(
        every(n, 10),
        {"train/loss": noisy(level, 0.02, rng), "eval/loss": at_rows(n, rows, noisy(level[rows] * 1.02, 0.004, rng))},
        20.0,
        config,
    )


@sibling(Told(("eval-leak", "scale-mismatch"), least="info", posted=False))
def eval_loss_a_third_of_train(rng: np.random.Generator) -> Run:
    n = 200
    level = power(n, 6.0, 2.6)
    rows = last_rows(n, 10)
    return Run(
        every(n, 100),
        {"train/loss": noisy(level, 0.01, rng), "val/loss": at_rows(n, rows, noisy(0.33 * level[rows], 0.01, rng))},
        20.0,
        {"max_iters": 40_000, "n_layer": 8},
    )
