"""Post-training with several answers to a prompt: GRPO, RLOO."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import BAD, Run, every, noisy, plus, ramp, sibling


@sibling(
    Told(("policy-collapse", "eval-regress", "kl-explode"), least="critical", onset=(100, 145), by=160),
    unsaid=("无异常", "已恢复"),
    usable=BAD,
    verdict=("critical",),
)
def verl_policy_collapses(rng: np.random.Generator) -> Run:
    n = 220
    bad = ramp(n, 120, 14)
    score = np.clip(plus((0.25 + 0.4 * ramp(n, 0, 110)) * (1 - bad), 0.02, rng), 0, 1)
    return Run(
        every(n),
        {
            "critic/score/mean": score,
            "actor/kl_loss": noisy(0.001 + 0.03 * ramp(n, 0, 110) + 60 * bad, 0.2, rng),
            "actor/entropy": noisy(0.6 - 0.3 * ramp(n, 0, 110) + 6 * bad, 0.05, rng),
            "response_length/mean": plus(620 + 1400 * bad, 12, rng),
            "response_length/clip_ratio": np.clip(plus(0.02 + 0.95 * bad, 0.01, rng), 0, 1),
            "actor/grad_norm": noisy(0.2 + 8 * bad * (1 - ramp(n, 150, 10)), 0.2, rng),
        },
        150.0,
        {
            "algorithm": {"adv_estimator": "grpo"},
            "trainer": {"total_training_steps": 500},
            "data": {"max_response_length": 2048},
        },
    )


@sibling(Told(("policy-collapse", "eval-regress"), onset=(300, 390), by=430), usable=BAD, unsaid=("无异常",))
def grpo_without_kl_loses_reward(rng: np.random.Generator) -> Run:
    n = 260
    bad = ramp(n, 170, 10)
    return Run(
        every(n, 2, 2),
        {
            "train/loss": plus(0.0, 0.02, rng, n),
            "train/reward": np.clip(plus((0.4 + 0.5 * ramp(n, 0, 150)) * (1 - bad), 0.04, rng), 0, None),
            "train/entropy": noisy(0.5 + 7 * bad, 0.1, rng),
            "train/completions/mean_length": plus(300 + 700 * bad, 15, rng),
            "train/grad_norm": noisy(0.3, 0.2, rng, n),
        },
        60.0,
        {"num_generations": 16, "beta": 0.0, "max_steps": 1000},
    )


@sibling(silent=True)
def grpo_learns(rng: np.random.Generator) -> Run:
    n = 250
    up = ramp(n, 0, 230) ** 0.6
    return Run(
        every(n),
        {
            "train/loss": plus(0.001, 0.002, rng, n),
            "train/reward": plus(0.3 + 0.45 * up, 0.04, rng),
            "train/reward_std": noisy(0.4 - 0.1 * up, 0.1, rng),
            "train/kl": noisy(0.0005 + 0.09 * up, 0.15, rng),
            "train/entropy": noisy(0.9 * np.exp(-3 * up), 0.05, rng),
            "train/completion_length": plus(280 + 350 * up, 14, rng),
            "train/grad_norm": noisy(0.3, 0.25, rng, n),
        },
        60.0,
        {"num_generations": 8, "beta": 0.01, "max_steps": 300},
    )


@sibling(Told(("no-spread",), onset=(25, 60), by=90), never=("grad-vanish",), usable=BAD)
def every_answer_fails(rng: np.random.Generator) -> Run:
    n = 140
    off = np.arange(n) >= 40
    return Run(
        every(n),
        {
            "train/loss": np.where(off, 0.0, plus(0.0, 0.01, rng, n)),
            "train/grad_norm": np.where(off, 0.0, noisy(0.25, 0.3, rng, n)),
            "train/reward": np.where(off, 0.0, np.clip(plus(0.08, 0.03, rng, n), 0, 1)),
            "train/reward_std": np.where(off, 0.0, noisy(0.2, 0.2, rng, n)),
            "train/frac_reward_zero_std": np.where(off, 1.0, np.clip(plus(0.6, 0.1, rng, n), 0, 1)),
        },
        40.0,
        {"num_generations": 8, "beta": 0.0, "max_steps": 600},
    )


@sibling(Told(("no-spread",), onset=(55, 100), by=140), never=("grad-vanish",))
def reward_std_alone_goes_to_zero(rng: np.random.Generator) -> Run:
    n = 200
    left = 1 - ramp(n, 60, 30)
    return Run(
        every(n),
        {
            "train/loss": plus(0.0, 0.01, rng, n) * left,
            "train/grad_norm": noisy(0.3, 0.2, rng, n) * left,
            "train/reward": plus(1.2 + 0.8 * (1 - left), 0.05, rng),
            "train/reward_std": noisy(0.5, 0.1, rng, n) * left,
        },
        40.0,
        {"num_generations": 4, "beta": 0.0, "max_steps": 800},
    )


@sibling(silent=True)
def groups_keep_their_spread(rng: np.random.Generator) -> Run:
    n = 200
    up = ramp(n, 0, 190)
    return Run(
        every(n),
        {
            "train/loss": plus(0.0, 0.01, rng, n),
            "train/grad_norm": noisy(0.25, 0.3, rng, n),
            "train/reward": plus(0.3 + 0.5 * up, 0.04, rng),
            "train/reward_std": noisy(0.4 - 0.18 * up, 0.1, rng),
            "train/frac_reward_zero_std": np.clip(plus(0.15 + 0.35 * up, 0.08, rng), 0, 1),
        },
        40.0,
        {"num_generations": 8, "max_steps": 300},
    )


@sibling(Told(("truncated-answers",), onset=(60, 120), by=170))
def completions_hit_the_limit(rng: np.random.Generator) -> Run:
    n = 200
    up = ramp(n, 60, 80)
    return Run(
        every(n),
        {
            "train/loss": plus(0.0, 0.01, rng, n),
            "train/reward": plus(0.5 + 0.05 * ramp(n, 0, 60) - 0.03 * up, 0.03, rng),
            "train/completions/mean_length": plus(420 + 480 * up, 12, rng),
            "train/completions/max_length": np.full(n, 1024.0),
            "train/completions/clipped_ratio": np.clip(plus(0.05 + 0.6 * up, 0.02, rng), 0, 1),
            "train/grad_norm": noisy(0.2, 0.2, rng, n),
        },
        60.0,
        {"num_generations": 8, "max_completion_length": 1024, "max_steps": 500},
    )


@sibling(
    Told(("policy-collapse", "eval-regress"), least="critical", onset=(70, 125), by=150), usable=BAD, unsaid=("已恢复",)
)
def graded_answers_shrink_to_nothing(rng: np.random.Generator) -> Run:
    n = 200
    bad = ramp(n, 90, 20)
    return Run(
        every(n),
        {
            "critic/score/mean": plus((-0.4 + 0.9 * ramp(n, 0, 80)) * (1 - bad) - bad, 0.05, rng),
            "actor/ppo_kl": noisy(0.001 + 0.3 * bad, 0.3, rng),
            "response_length/mean": plus(800 - 770 * bad, 10, rng),
            "response_length/clip_ratio": np.clip(plus(0.03, 0.01, rng, n), 0, 1),
            "actor/entropy": noisy(0.5 * (1 - 0.9 * bad) + 0.01, 0.1, rng),
        },
        90.0,
        {"algorithm": {"adv_estimator": "grpo"}, "trainer": {"total_training_steps": 400}},
    )


@sibling(silent=True)
def graded_answers_improve(rng: np.random.Generator) -> Run:
    n = 200
    up = ramp(n, 0, 190) ** 0.7
    return Run(
        every(n),
        {
            "critic/score/mean": plus(-0.4 + 0.9 * up, 0.05, rng),
            "actor/ppo_kl": plus(0.0005, 0.0004, rng, n),
            "response_length/mean": plus(800 + 500 * up, 20, rng),
            "response_length/clip_ratio": np.clip(plus(0.03 + 0.05 * up, 0.01, rng), 0, 1),
            "actor/entropy": noisy(0.5 * (1 - 0.7 * up), 0.05, rng),
        },
        90.0,
        {"algorithm": {"adv_estimator": "grpo"}, "trainer": {"total_training_steps": 250}},
    )


@sibling(silent=True)
def kl_of_many_nats_is_paid_for(rng: np.random.Generator) -> Run:
    n = 320
    up = ramp(n, 0, 310)
    return Run(
        every(n),
        {
            "train/reward": plus(-1.0 + 3.0 * up, 0.6, rng),
            "train/kl": noisy(0.01 + 6.0 * up**1.5, 0.2, rng),
            "train/completion_length": plus(180 + 40 * up, 8, rng),
        },
        30.0,
        {"num_generations": 8, "beta": 0.01, "max_steps": 400},
    )


@sibling(Told(("kl-explode", "policy-collapse"), onset=(110, 215), by=290))
def kl_runs_off_after_reward_has_stopped(rng: np.random.Generator) -> Run:
    n = 320
    return Run(
        every(n),
        {
            "train/reward": plus(-1.0 + 2.0 * ramp(n, 0, 90), 0.2, rng),
            "train/kl": noisy(0.02 + 40 * ramp(n, 150, 150) ** 2, 0.2, rng),
            "train/completion_length": plus(180.0, 8, rng, n),
        },
        30.0,
        {"num_generations": 8, "beta": 0.01, "max_steps": 600},
    )


@sibling(Told(("no-spread",), onset=(100, 135), by=180))
def advantage_std_vanishes_slowly(rng: np.random.Generator) -> Run:
    n = 260
    left = np.clip(1 - ramp(n, 80, 40), 0.0, 1.0)
    return Run(
        every(n),
        {
            "train/reward": np.clip(plus(0.5 + 0.5 * (1 - left), 0.05, rng), 0, 1),
            "train/reward_std": noisy(0.35, 0.15, rng, n) * left,
            "train/loss": plus(0.0, 0.02, rng, n) * left,
            "train/grad_norm": noisy(0.2, 0.2, rng, n) * left,
        },
        30.0,
        {"num_generations": 8, "max_steps": 900},
    )


@sibling(silent=True, unfound=("metric-duplicate",))
def loss_logged_under_two_names(rng: np.random.Generator) -> Run:
    n = 60
    step = noisy(31.0, 0.03, rng, n)
    score = plus(0.4 + 0.3 * ramp(n, 0, 60), 0.02, rng)
    return Run(
        every(n),
        {
            "critic/score/mean": score,
            "critic/rewards/mean": score,
            "critic/score/max": np.ones(n),
            "critic/rewards/max": np.ones(n),
            "timing_s/step": step,
            "perf/time_per_step": step,
            "actor/pg_loss": plus(0.0, 0.02, rng, n),
            "actor/entropy": noisy(0.5, 0.05, rng, n),
        },
        step,
        {"algorithm": {"adv_estimator": "rloo"}, "trainer": {"total_training_steps": 120}},
    )
