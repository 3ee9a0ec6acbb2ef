"""Post-training with a reward model or pairs: PPO with a KL penalty, DPO."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import BAD, Run, every, noisy, plus, ramp, sibling


@sibling(Told(("kl-negative",), onset=(60, 110), by=140))
def ppo_kl_sinks_to_minus_fifteen(rng: np.random.Generator) -> Run:
    n = 250
    return Run(
        every(n),
        {
            "train/objective/kl": plus(0.4 - 15 * ramp(n, 80, 120), 0.3, rng),
            "train/objective/rlhf_reward": plus(0.5 + 1.2 * ramp(n, 0, 240), 0.1, rng),
            "train/objective/entropy": noisy(60.0, 0.05, rng, n),
            "train/policy/clipfrac_avg": noisy(0.05, 0.2, rng, n),
        },
        45.0,
        {"kl_coef": 0.05, "num_ppo_epochs": 4, "num_total_batches": 600},
    )


@sibling(silent=True)
def kl_estimate_dips_below_zero(rng: np.random.Generator) -> Run:
    n = 250
    return Run(
        every(n),
        {
            "train/objective/kl": plus(0.02 + 2.0 * ramp(n, 20, 200), 0.15, rng),
            "train/objective/rlhf_reward": plus(0.5 + 1.5 * ramp(n, 0, 240), 0.2, rng),
        },
        45.0,
        {"kl_coef": 0.05, "num_ppo_epochs": 4, "num_total_batches": 600},
    )


@sibling(
    Told(("eval-regress", "policy-collapse"), onset=(240, 320), by=370), usable=BAD, planned=400, unsaid=("无异常",)
)
def ppo_score_turns_negative(rng: np.random.Generator) -> Run:
    n = 400
    high = np.arange(n) < 280
    score = plus(
        np.where(high, np.where(rng.random(n) < 0.6, 7.0, 1.0), np.where(rng.random(n) < 0.7, -6.0, -1.0)), 1.0, rng
    )
    return Run(
        every(n, 1, 0),
        {
            "objective/scores": score,
            "objective/rlhf_reward": score - 0.1,
            "objective/kl": noisy(2.0, 0.2, rng, n),
            "epoch": np.arange(n) * 1e-4,
            "lr": 3e-6 * (1 - np.arange(n) / n),
        },
        6.0,
        {"num_train_epochs": 3.0, "max_steps": -1, "num_total_batches": 400, "num_ppo_epochs": 4, "kl_coef": 0.05},
        "finished",
    )


@sibling(Told(("eval-regress", "policy-collapse"), onset=(1700, 2080), by=2400), usable=BAD)
def two_valued_reward_changes_sign(rng: np.random.Generator) -> Run:
    n = 700
    good = np.where(np.arange(n) < 470, 0.85, 0.08)
    reward = np.where(rng.random(n) < good, 30.0, -30.0)
    return Run(
        every(n, 4),
        {
            "env/reward/total": reward,
            "objective/kl": noisy(3.0, 0.2, rng, n),
            "ppo/returns/var": noisy(1.0, 0.2, rng, n),
        },
        8.0,
        {"model_name": "gpt2", "steps": 4000, "ppo_epochs": 4, "init_kl_coef": 0.2},
    )


@sibling(silent=True)
def two_valued_reward_stays(rng: np.random.Generator) -> Run:
    n = 700
    reward = np.where(rng.random(n) < 0.5 + 0.3 * ramp(n, 0, 500), 30.0, -30.0)
    return Run(
        every(n, 4),
        {"env/reward/total": reward, "objective/kl": noisy(3.0, 0.2, rng, n)},
        8.0,
        {"model_name": "gpt2", "steps": 4000, "ppo_epochs": 4, "init_kl_coef": 0.2},
    )


@sibling(Told(("preference-saturated",)))
def dpo_margins_of_forty(rng: np.random.Generator) -> Run:
    n = 150
    up = ramp(n, 5, 80)
    return Run(
        every(n, 10),
        {
            "train/loss": 0.69 * (1 - up) ** 2 + 1e-6,
            "train/rewards/accuracies": np.clip(plus(0.5 + 0.5 * up, 0.01, rng), 0, 1),
            "train/rewards/margins": plus(42 * up, 0.5, rng),
            "train/rewards/chosen": plus(-12 * up, 0.4, rng),
            "train/rewards/rejected": plus(-54 * up, 0.5, rng),
        },
        20.0,
        {"beta": 0.1, "loss_type": "sigmoid", "max_steps": 2000},
    )


@sibling(silent=True)
def dpo_learns(rng: np.random.Generator) -> Run:
    n = 150
    up = ramp(n, 0, 140) ** 0.6
    return Run(
        every(n, 10),
        {
            "train/loss": plus(0.693 - 0.2 * up, 0.015, rng),
            "train/rewards/accuracies": np.clip(plus(0.5 + 0.24 * up, 0.03, rng), 0, 1),
            "train/rewards/margins": plus(1.1 * up, 0.06, rng),
            "train/rewards/chosen": plus(0.1 - 0.4 * up, 0.04, rng),
        },
        20.0,
        {"beta": 0.1, "loss_type": "sigmoid", "max_steps": 1500, "_name_or_path": "mistral"},
    )
