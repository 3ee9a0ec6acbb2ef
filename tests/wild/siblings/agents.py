"""Reinforcement learning: critics, returns, policies."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import BAD, Run, every, noisy, plus, power, ramp, sibling, wander


@sibling(Told(("critic-runaway",), onset=(240_000, 420_000), by=480_000), usable=BAD)
def td3_q_runs_away(rng: np.random.Generator) -> Run:
    n = 200
    k = np.arange(n)
    up = np.clip(k - 90, 0, None)
    ret = plus(900 * (1 - np.exp(-k / 30)) * (1 - ramp(n, 140, 20)), 40, rng)
    return Run(
        every(n, 3000),
        {
            "charts/episodic_return": ret,
            "losses/qf1_loss": noisy(4.0 * np.exp(0.16 * up), 0.3, rng),
            "losses/qf1_values": noisy(40 * np.exp(0.11 * up), 0.05, rng),
            "losses/actor_loss": -noisy(40 * np.exp(0.11 * up), 0.05, rng),
        },
        20.0,
        {"exp_name": "td3_continuous_action", "total_timesteps": 1_000_000},
    )


@sibling(
    Told(("critic-runaway", "policy-collapse", "eval-regress", "sim-blowup"), onset=(200, 330), by=400), usable=BAD
)
def ppo_value_loss_runs_away(rng: np.random.Generator) -> Run:
    n = 500
    k = np.arange(n)
    value = noisy(0.3 * np.exp(0.12 * np.clip(k - 260, 0, 100)), 0.2, rng)
    return Run(
        every(n),
        {
            "Train/mean_reward": plus(25 * (1 - np.exp(-k / 50)) * (1 - ramp(n, 320, 60)), 0.7, rng),
            "Loss/value_function": value,
            "Loss/surrogate": plus(-0.01, 0.003, rng, n),
        },
        2.0,
        {"max_iterations": 1500, "algorithm": {"class_name": "PPO", "schedule": "fixed"}},
    )


@sibling(silent=True)
def sac_critic_settles(rng: np.random.Generator) -> Run:
    n = 200
    k = np.arange(n)
    return Run(
        every(n, 4000),
        {
            "rollout/ep_rew_mean": plus(2500 * (1 - np.exp(-k / 60)), 60, rng),
            "train/critic_loss": noisy(0.5 + 12 * (1 - np.exp(-k / 25)), 0.25, rng),
            "train/actor_loss": plus(-150 * (1 - np.exp(-k / 60)), 2, rng),
            "train/ent_coef": 0.9 * np.exp(-k / 20) + 0.03,
        },
        25.0,
        {"algo": "sac", "total_timesteps": 1_000_000},
    )


@sibling(silent=True)
def dual_variable_grows_by_design(rng: np.random.Generator) -> Run:
    n = 200
    k = np.arange(n)
    return Run(
        every(n, 1000),
        {
            "evaluation/return": plus(60 + 2200 * (1 - np.exp(-k / 60)), 60, rng),
            "train/alpha": 1.0 * np.exp(k / 40),
            "train/critic_loss": noisy(3.0 + 0.01 * k, 0.2, rng),
        },
        25.0,
        {"algo": "BEAR", "max_steps": 200_000},
    )


@sibling(Told(("eval-regress", "policy-collapse"), onset=(1_050_000, 1_300_000), by=1_450_000), usable=BAD)
def gym_return_falls_for_good(rng: np.random.Generator) -> Run:
    n = 300
    k = np.arange(n)
    ret = plus(900 * (1 - np.exp(-k / 40)) - 740 * ramp(n, 180, 8), 45, rng)
    return Run(
        every(n, 6144),
        {
            "rollout/ep_rew_mean": ret,
            "rollout/ep_len_mean": plus(500.0, 5, rng, n),
            "train/approx_kl": noisy(0.01, 0.3, rng, n),
            "train/explained_variance": np.clip(plus(0.9, 0.02, rng, n), -1, 1),
            "time/fps": noisy(900.0, 0.02, rng, n),
        },
        7.0,
        {"algo": "ppo", "total_timesteps": 3_000_000},
    )


@sibling(silent=True)
def gym_return_is_noisy(rng: np.random.Generator) -> Run:
    n = 300
    ret = 850 * (1 - np.exp(-np.arange(n) / 40)) + wander(n, 0.7, 70, rng)
    return Run(
        every(n, 6144),
        {
            "rollout/ep_rew_mean": ret,
            "train/approx_kl": noisy(0.01, 0.3, rng, n),
            "time/fps": noisy(900.0, 0.02, rng, n),
        },
        7.0,
        {"algo": "ppo", "total_timesteps": 2_000_000},
    )


@sibling(said=("rew", "return", "reward", "回报"), unsaid=("fps 9",), silent=True)
def reward_behind_fps_and_length(rng: np.random.Generator) -> Run:
    n = 150
    return Run(
        every(n, 2048),
        {
            "time/fps": noisy(950.0, 0.02, rng, n),
            "time/iterations": np.arange(1.0, n + 1),
            "rollout/ep_len_mean": plus(200.0, 4, rng, n),
            "train/loss": noisy(power(n, 5.0, 1.0), 0.2, rng),
            "rollout/ep_rew_mean": plus(-1200 + 1000 * (1 - np.exp(-np.arange(n) / 40)), 15, rng),
        },
        3.0,
        {"algo": "ppo", "total_timesteps": 307_200},
        "finished",
    )


@sibling(Told(("sim-blowup", "policy-collapse", "entropy-collapse", "eval-regress"), onset=(300, 700), by=900))
def noise_std_rises_without_end(rng: np.random.Generator) -> Run:
    n = 1000
    k = np.arange(n)
    return Run(
        every(n),
        {
            "Train/mean_reward": plus(20 * (1 - np.exp(-k / 80)) - 16 * ramp(n, 500, 350), 0.6, rng),
            "Policy/mean_noise_std": noisy(1.0 + 30 * ramp(n, 400, 580) ** 2, 0.01, rng),
            "Loss/value_function": noisy(0.05, 0.2, rng, n),
        },
        2.0,
        {"max_iterations": 3000, "algorithm": {"class_name": "PPO", "entropy_coef": 0.01}},
    )


@sibling(Told(("sim-blowup",), least="info", onset=(395, 435), by=420, open=False))
def return_outlier_of_a_million(rng: np.random.Generator) -> Run:
    n = 500
    reward = plus(-30 + 45 * (1 - np.exp(-np.arange(n) / 80)), 1.0, rng)
    reward[[400, 401, 430, 431]] = [-4.1e6, -2.2e6, -8.8e6, -1.0e6]
    return Run(
        every(n, 1, 0),
        {
            "Train/mean_reward": reward,
            "Train/mean_episode_length": plus(900.0, 10, rng, n),
            "Loss/surrogate": plus(-0.01, 0.002, rng, n),
        },
        2.0,
        {"max_iterations": 1500, "algorithm": {"class_name": "PPO"}},
    )


@sibling(verdict=("info", "warning", "critical"), unsaid=("无异常",))
def return_swings_to_the_end(rng: np.random.Generator) -> Run:
    n = 300
    k = np.arange(n)
    ret = plus((1 - np.exp(-k / 30)) * (850 + 650 * np.sign(np.sin(2 * np.pi * k / 37))), 60, rng)
    return Run(
        every(n, 5000),
        {"eval/mean_reward": ret, "train/critic_loss": noisy(3.0, 0.3, rng, n)},
        20.0,
        {"algo": "td3", "total_timesteps": 1_500_000},
        "finished",
    )
