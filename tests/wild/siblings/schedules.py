"""Plans and learning rates."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import Run, cosine, every, noisy, plus, power, ramp, sibling


# Learning rates that follow the KL by design.
@sibling(silent=True)
def skrl_kl_adaptive(rng: np.random.Generator) -> Run:
    n = 300
    lr = 1e-3 * 1.5 ** np.clip(np.cumsum(rng.integers(-1, 2, n)), -4, 4)
    config = {
        "agent": {
            "learning_rate": 1e-3,
            "learning_rate_scheduler": "KLAdaptiveLR",
            "learning_rate_scheduler_kwargs": {"kl_threshold": 0.008},
        }
    }
    reward = plus(40 * (1 - np.exp(-np.arange(n) / 80)), 1.5, rng)
    return Run(
        every(n, 16),
        {
            "Reward / Total reward (mean)": reward,
            "Learning / Learning rate": lr,
            "Loss / Policy loss": plus(-0.01, 0.003, rng, n),
            "Loss / Value loss": noisy(power(n, 1.0, 0.05), 0.1, rng),
        },
        3.0,
        config,
    )


@sibling(silent=True)
def rl_games_adaptive(rng: np.random.Generator) -> Run:
    n = 250
    lr = np.clip(3e-4 * 1.5 ** np.cumsum(rng.integers(-2, 3, n)), 1e-6, 1e-2)
    config = {
        "params": {
            "config": {"lr_schedule": "adaptive", "kl_threshold": 0.016, "max_epochs": 500, "learning_rate": 3e-4}
        }
    }
    return Run(
        every(n),
        {
            "rewards/iter": plus(200 * (1 - np.exp(-np.arange(n) / 60)), 8, rng),
            "info/last_lr": lr,
            "losses/a_loss": plus(0.0, 0.004, rng, n),
            "losses/c_loss": noisy(power(n, 2.0, 0.2), 0.15, rng),
        },
        5.0,
        config,
    )


@sibling(Told(("lr-anomaly", "schedule-mismatch"), onset=(3000, 3060), by=3200))
def constant_lr_jumps_tenfold(rng: np.random.Generator) -> Run:
    n = 300
    lr = np.where(np.arange(n) < 150, 2e-5, 2e-4)
    config = {"lr_scheduler_type": "constant", "learning_rate": 2e-5, "max_steps": 10_000, "_name_or_path": "bert-base"}
    return Run(
        every(n, 20), {"train/loss": noisy(power(n, 1.2, 0.5), 0.05, rng), "train/learning_rate": lr}, 8.0, config
    )


# Plan and schedule.
@sibling(Told(("lr-zero", "schedule-mismatch"), onset=(2400, 2560), by=2800), unsaid=("无异常",))
def scheduler_steps_four_times(rng: np.random.Generator) -> Run:
    n = 400
    config = {"max_steps": 10_000, "lr_scheduler_type": "cosine", "learning_rate": 1e-4, "num_processes": 4}
    loss = noisy(power(n, 2.0, 1.0, 8), 0.02, rng)
    loss[100:] = noisy(loss[90:100].mean(), 0.02, rng, n - 100)
    return Run(
        every(n, 25), {"train/loss": loss, "train/learning_rate": cosine(n, 1e-4, 0.0, 100)}, 20.0, config, "finished"
    )


@sibling(Told(("schedule-mismatch", "lr-zero"), least="info", onset=(95_000, 110_000), posted=False), said=("100000",))
def nanogpt_decay_ends_early(rng: np.random.Generator) -> Run:
    n = 300
    config = {
        "max_iters": 400_000,
        "lr_decay_iters": 100_000,
        "min_lr": 6e-5,
        "learning_rate": 6e-4,
        "warmup_iters": 2000,
    }
    return Run(
        every(n, 1000),
        {"train/loss": plus(power(n, 10.0, 2.9, 2), 0.02, rng), "lr": cosine(n, 6e-4, 6e-5, 100)},
        60.0,
        config,
    )


@sibling(Told(("schedule-mismatch", "lr-anomaly"), onset=(9700, 11_500)))
def lr_rises_after_its_cosine(rng: np.random.Generator) -> Run:
    n = 300
    lr = 0.5 * 3e-4 * (1 + np.cos(np.pi * np.arange(n) / 200))
    config = {"lr_scheduler": "cosine", "T_max": 10_000, "learning_rate": 3e-4, "max_steps": 20_000}
    return Run(every(n, 50), {"train/loss": noisy(power(n, 3.0, 0.9), 0.03, rng), "train/lr": lr}, 9.0, config)


@sibling(silent=True)
def warmup_stable_decay(rng: np.random.Generator) -> Run:
    n = 300
    k = np.arange(n)
    lr = 1e-3 * np.minimum(1, (k + 1) / 15) * np.where(k < 240, 1.0, np.clip((300 - k) / 60, 0.02, 1))
    return Run(
        every(n, 100),
        {"train/loss": noisy(power(n, 8.0, 2.4) - 0.15 * ramp(n, 240, 60), 0.012, rng), "train/lr": lr},
        20.0,
        {"max_steps": 30_000, "lr_scheduler": "wsd", "warmup_steps": 1500},
        "finished",
    )


@sibling(Told(("lr-zero", "schedule-mismatch"), onset=(1100, 1160)), usable=("yes", "no", "unknown"))
def linear_to_zero_with_thirty_records(rng: np.random.Generator) -> Run:
    n = 30
    lr = 5e-5 * np.clip(1 - np.arange(n) / 22, 0, None)
    loss = noisy(power(n, 1.4, 0.5, 4), 0.03, rng)
    loss[22:] = noisy(float(loss[20]), 0.03, rng, 8)
    return Run(
        every(n, 50),
        {"train/loss": loss, "train/learning_rate": lr},
        60.0,
        {"max_steps": 1500, "lr_scheduler_type": "linear"},
        "finished",
    )


@sibling(silent=True)
def linear_to_zero_at_the_end(rng: np.random.Generator) -> Run:
    n = 30
    return Run(
        every(n, 50),
        {
            "train/loss": noisy(power(n, 1.4, 0.5, 4), 0.03, rng),
            "train/learning_rate": 5e-5 * (1 - np.arange(1, n + 1) / n),
        },
        60.0,
        {"max_steps": 1500, "lr_scheduler_type": "linear"},
        "finished",
    )


@sibling(silent=True, unsaid=("没跑完",), planned=2_000_000)
def unused_epochs_beside_total_timesteps(rng: np.random.Generator) -> Run:
    n = 200
    config = {"num_train_epochs": 3.0, "total_timesteps": 2_000_000, "gamma": 0.99, "clip_coef": 0.2}
    return Run(
        every(n, 10_000),
        {
            "global_step": np.arange(1, n + 1) * 10_000.0,
            "charts/episodic_return": plus(300 * (1 - np.exp(-np.arange(n) / 40)), 10, rng),
            "charts/SPS": noisy(3000.0, 0.03, rng, n),
            "losses/value_loss": noisy(power(n, 8.0, 1.0), 0.2, rng),
        },
        3.3,
        config,
        "finished",
    )


@sibling(unfound=("no-learning",), silent=True)
def begins_at_forty_thousand(rng: np.random.Generator) -> Run:
    n = 150
    return Run(
        every(n, 100, 40_000),
        {"train/loss": noisy(1.31, 0.01, rng, n), "train/lr": np.full(n, 1e-4)},
        20.0,
        {"max_steps": 100_000},
    )


@sibling(Told(("schedule-mismatch", "lr-anomaly"), least="info", posted=False))
def logged_lr_is_eight_times_the_config(rng: np.random.Generator) -> Run:
    n = 200
    config = {"learning_rate": 1e-4, "lr_scheduler_type": "constant", "max_steps": 4000}
    return Run(
        every(n, 20),
        {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "train/learning_rate": np.full(n, 8e-4)},
        10.0,
        config,
    )


@sibling(Told(("lr-zero", "schedule-mismatch"), onset=(4900, 5100), by=5500))
def runs_past_its_plan_at_lr_zero(rng: np.random.Generator) -> Run:
    n = 160
    lr = 2e-4 * np.clip(1 - np.arange(1, n + 1) / 100, 0, None)
    return Run(
        every(n, 50),
        {"train/loss": noisy(power(n, 2.0, 0.6), 0.02, rng), "train/lr": lr},
        10.0,
        {"max_steps": 5000, "lr_scheduler": "linear"},
    )


@sibling(Told(("schedule-mismatch", "lr-anomaly"), least="info", posted=False))
def constant_lr_is_four_times_the_config(rng: np.random.Generator) -> Run:
    n = 150
    lr = 2e-5 * np.minimum(1, np.arange(1, n + 1) / 10)
    return Run(
        every(n, 10),
        {"loss": noisy(power(n, 1.8, 0.9), 0.03, rng), "learning_rate": lr},
        10.0,
        {
            "learning_rate": 5e-6,
            "lr_scheduler_type": "constant_with_warmup",
            "warmup_steps": 100,
            "max_steps": 3000,
            "base_model": "llama",
        },
    )


@sibling(Told(("schedule-mismatch",), onset=(20_000, 20_400), least="info", posted=False), unsaid=("没跑完",))
def ran_on_at_a_floor_beyond_its_plan(rng: np.random.Generator) -> Run:
    n = 130
    return Run(
        every(n, 200),
        {"train/loss": noisy(power(n, 2.4, 0.8), 0.02, rng), "train/lr": cosine(n, 3e-4, 3e-6, 100)},
        10.0,
        {"max_steps": 20_000, "lr_scheduler": "cosine"},
        "finished",
    )
