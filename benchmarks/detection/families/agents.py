"""Reinforcement learning: language models (GRPO), on-policy (PPO) and off-policy (SAC) agents."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from benchmarks.detection.families.breaks import nan_from, slower
from benchmarks.detection.families.shapes import cosine, counted, factor, noise, paced, ramp, rise, saturating
from benchmarks.detection.families.sheet import ABSENT, Block, Break, Fault, Kind, Rng, Sheet, fault


def answers(rng: Rng, n: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Of a run that learns to reason: reward, entropy, length of the answers, KL to the reference."""
    x = np.linspace(0, 1, n)
    reward = np.clip(0.22 + 0.45 * saturating(x, 4.5) + noise(rng, n, 0.055, rho=0.05), 0, 1)
    entropy = (0.035 + 0.45 * np.exp(-x * 30) - 0.008 * x) * factor(rng, n, 0.12, rho=0.4)
    length = (310 + 420 * x**0.8) * factor(rng, n, 0.06)
    kl = 0.0004 + 0.06 * x**0.8 * factor(rng, n, 0.25, rho=0.5)
    return reward, entropy, length, np.asarray(kl)


def grpo(rng: Rng, n: int) -> Sheet:
    """TRL. The loss is about 0 by construction and says nothing; steps take longer as answers grow."""
    at = np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    reward, entropy, length, kl = answers(rng, n)
    step = 14 + 0.035 * length * factor(rng, n, 0.04)
    columns = {
        "train/loss": noise(rng, n, 0.012, rho=0.0) + 0.04 * kl,
        "train/grad_norm": (0.25 + 0.1 * np.exp(-x * 8)) * factor(rng, n, 0.3),
        "train/learning_rate": cosine(x, 1e-6, 0.05, 0.1),
        "train/num_tokens": np.cumsum(length * 128),
        "train/completions/mean_length": length,
        "train/completions/min_length": 0.3 * length * factor(rng, n, 0.2),
        "train/completions/max_length": np.minimum(2.6 * length * factor(rng, n, 0.12), 2048),
        "train/completions/clipped_ratio": np.clip(0.01 + 0.03 * x + noise(rng, n, 0.01), 0, 1),
        "train/rewards/accuracy_reward/mean": np.clip(reward - 0.1, 0, 1),
        "train/rewards/accuracy_reward/std": 0.45 * factor(rng, n, 0.05),
        "train/rewards/format_reward/mean": np.clip(0.1 * ramp(x, 0, 0.1) + noise(rng, n, 0.005), 0, 0.1),
        "train/reward": reward,
        "train/reward_std": 0.28 * factor(rng, n, 0.12),
        "train/frac_reward_zero_std": counted(rng, 0.15 + 0.3 * x, 16),
        "train/kl": kl,
        "train/entropy": entropy,
        "train/clip_ratio/region_mean": np.abs(noise(rng, n, 0.0008)),
        "train/step_time": step,
        "train/epoch": x * 1.0,
    }
    config = {
        "learning_rate": 1e-6,
        "num_generations": 8,
        "beta": 0.04,
        "max_completion_length": 2048,
        "per_device_train_batch_size": 16,
        "gradient_accumulation_steps": 8,
        "max_grad_norm": 1.0,
        "num_train_epochs": 1,
        "max_steps": -1,
        "logging_steps": 1,
        "save_steps": 100,
        "lr_scheduler_type": "cosine",
        "warmup_ratio": 0.05,
        "temperature": 0.9,
        "loss_type": "dapo",
        "model_type": "qwen2",
        "_name_or_path": "Qwen/Qwen2.5-7B-Instruct",
        "bf16": True,
    }
    return Sheet(rng, Block(at, columns), config, step, step_key="train/global_step")


def hacks(reward: str, kl: str, entropy: str, *, norm: str) -> Break:
    """The policy leaves the reference: KL grows a hundredfold, entropy goes to nothing, the reward breaks down."""

    def apply(s: Sheet) -> Fault:
        late, later = ramp(s.x, 0.45, 0.6), ramp(s.x, 0.5, 0.65)
        c = s.train.columns
        c[kl] *= 150**late
        c[entropy] *= 0.03**late
        c[reward] = c[reward] * (1 - 0.9 * later)
        c[norm] *= 12**late
        return fault("kl-explode entropy-collapse eval-regress grad-explode ppo-kl-blowup", 0.45, 0.85)

    return apply


def reward_lost(reward: str, length: str, clipped: str) -> Break:
    """Answers run into the limit and are cut: nothing is right any more."""

    def apply(s: Sheet) -> Fault:
        late = ramp(s.x, 0.5, 0.6)
        c = s.train.columns
        c[reward] = c[reward] * (1 - 0.92 * late)
        c[length] = c[length] * (1 - late) + 2040 * late
        c[clipped] = c[clipped] * (1 - late) + 0.97 * late
        return fault("eval-regress policy-collapse", 0.5, 1.0)

    return apply


def no_better(*rewards: str) -> Break:
    """The reward scatters where it began: no group has both right and wrong answers."""

    def apply(s: Sheet) -> Fault:
        for key in rewards:
            values = s.train.columns[key]
            first = float(np.median(values[: max(4, s.n // 30)]))
            s.train.columns[key] = np.clip(first + noise(s.rng, s.n, 0.05, rho=0.05), 0, 1)
        return fault("no-learning plateau", 0.0, 1.0, quiet=True)

    return apply


def verl(rng: Rng, n: int) -> Sheet:
    """verl's GRPO: many sums per step in one row, validation now and then, in the row of its step."""
    at = np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    reward, entropy, length, kl = answers(rng, n)
    gen, update = 0.06 * length * factor(rng, n, 0.05), 30 + 0.03 * length
    columns = {
        "actor/entropy": entropy,
        "actor/pg_loss": noise(rng, n, 0.01, rho=0.0),
        "actor/kl_loss": kl,
        "actor/kl_coef": np.full(n, 0.001),
        "actor/ppo_kl": np.abs(noise(rng, n, 0.0004)),
        "actor/pg_clipfrac": np.abs(noise(rng, n, 0.001)),
        "actor/grad_norm": 0.18 * factor(rng, n, 0.25),
        "actor/lr": np.full(n, 1e-6),
        "critic/score/mean": reward,
        "critic/score/max": np.ones(n),
        "critic/score/min": np.zeros(n),
        "critic/rewards/mean": reward,
        "critic/advantages/mean": noise(rng, n, 0.02),
        "critic/returns/mean": noise(rng, n, 0.02),
        "response_length/mean": length,
        "response_length/max": np.minimum(3 * length, 4096),
        "response_length/clip_ratio": np.clip(0.01 + noise(rng, n, 0.005), 0, 1),
        "prompt_length/mean": 140 + noise(rng, n, 4),
        "timing_s/gen": gen,
        "timing_s/update_actor": update,
        "timing_s/step": gen + update + 12,
        "perf/total_num_tokens": length * 1024,
        "perf/time_per_step": gen + update + 12,
        "perf/throughput": length * 128 / (gen + update + 12),
        "perf/mfu/actor": 0.38 * factor(rng, n, 0.03),
        "perf/max_memory_allocated_gb": 54 + noise(rng, n, 0.4),
        "perf/cpu_memory_used_gb": 210 + noise(rng, n, 1.5),
        "training/global_step": at.astype(float),
        "training/epoch": np.floor(x * 15),
    }
    k = max(4, n // 10)
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    tested = counted(rng, 0.30 + 0.42 * (1 - np.exp(-4.5 * where / n)), 1319)
    config = {
        "algorithm": {"adv_estimator": "grpo", "kl_ctrl": {"kl_coef": 0.001}, "use_kl_in_reward": False},
        "data": {"train_batch_size": 1024, "max_response_length": 4096},
        "actor_rollout_ref": {
            "model": {"path": "Qwen/Qwen2.5-7B"},
            "actor": {
                "optim": {"lr": 1e-6},
                "ppo_mini_batch_size": 256,
                "use_kl_loss": True,
                "kl_loss_coef": 0.001,
                "entropy_coeff": 0,
                "grad_clip": 1.0,
            },
        },
        "trainer": {
            "total_epochs": 15,
            "total_training_steps": n,
            "save_freq": 20,
            "test_freq": 10,
            "n_gpus_per_node": 8,
            "nnodes": 1,
        },
    }
    validation = Block(where, {"val-core/openai/gsm8k/reward/mean@1": tested})
    return Sheet(
        rng, Block(at, columns), config, gen + update + 12, {"validation": validation}, merged=True, pause=150.0
    )


def validation_falls(s: Sheet) -> Fault:
    """The training reward goes on rising, the held-out one falls: the checker is being fooled."""
    b = s.block("validation")
    b.columns["val-core/openai/gsm8k/reward/mean@1"] *= 1 - 0.6 * ramp(s.shared(b), 0.5, 0.75)
    return fault("eval-regress", 0.5, 1.0)


def sb3_ppo(rng: Rng, n: int) -> Sheet:
    """Stable-Baselines3 on a continuous task: entropy_loss is minus the entropy,
    `loss` follows the value loss up with the returns.
    """
    at = 2048 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    returns = 60 + 2700 * rise(x, 0.35, 0.13) + noise(rng, n, 1.0, rho=0.9) * (25 + 170 * rise(x, 0.3, 0.1))
    value = (4 + 90 * rise(x, 0.35, 0.12)) * factor(rng, n, 0.35, rho=0.3)
    policy = -0.008 + noise(rng, n, 0.003)
    seconds = paced(rng, n, 1.42)
    deviation = np.exp(-0.55 * x) * factor(rng, n, 0.004, rho=0.9)
    columns = {
        "rollout/ep_rew_mean": returns,
        "rollout/ep_len_mean": np.clip(120 + 850 * rise(x, 0.3, 0.12) + noise(rng, n, 15, rho=0.9), 20, 1000),
        "time/fps": at / np.cumsum(seconds),
        "train/approx_kl": 0.0075 * factor(rng, n, 0.2),
        "train/clip_fraction": np.clip(0.09 * factor(rng, n, 0.22), 0, 1),
        "train/clip_range": np.full(n, 0.2),
        "train/entropy_loss": -6 * (1.42 + np.log(deviation)),
        "train/explained_variance": np.clip(
            1 - 1.15 * np.exp(-x * 14) * factor(rng, n, 0.3) - 0.06 * factor(rng, n, 0.4), -2, 1
        ),
        "train/learning_rate": np.full(n, 3e-4),
        "train/loss": 0.5 * value + policy,
        "train/policy_gradient_loss": policy,
        "train/value_loss": value,
        "train/std": deviation,
    }
    columns = {k: np.where(np.arange(n) == 0, ABSENT, v) if k.startswith("train/") else v for k, v in columns.items()}
    k = 10 if n < 200 else 25
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    tested = np.interp(where / at[-1], x, 80 + 2850 * rise(x, 0.35, 0.13)) * factor(rng, k, 0.05)
    config = {
        "algo": "PPO",
        "policy_type": "MlpPolicy",
        "env_name": "Hopper-v4",
        "total_timesteps": int(at[-1]),
        "n_steps": 2048,
        "batch_size": 64,
        "n_epochs": 10,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "clip_range": 0.2,
        "learning_rate": 3e-4,
        "ent_coef": 0.0,
        "max_grad_norm": 0.5,
    }
    return Sheet(
        rng,
        Block(at, columns),
        config,
        seconds,
        {"eval": Block(where, {"eval/mean_reward": tested, "eval/mean_ep_length": np.clip(tested / 3, 10, 1000)})},
        step_key="global_step",
        pause=15.0,
    )


def cleanrl_ppo(rng: Rng, n: int) -> Sheet:
    """CleanRL on Atari: an entry per finished episode and one per update, entropy of discrete actions, lr down to 0."""
    at = 1024 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    seconds = paced(rng, n, 0.9)
    columns = {
        "charts/learning_rate": 2.5e-4 * (1 - x * (n - 1) / n),
        "losses/value_loss": (0.02 + 0.35 * rise(x, 0.3, 0.12)) * factor(rng, n, 0.4),
        "losses/policy_loss": -0.008 + noise(rng, n, 0.004),
        "losses/entropy": (0.35 + 1.03 * np.exp(-x * 4)) * factor(rng, n, 0.03, rho=0.6),
        "losses/old_approx_kl": noise(rng, n, 0.004),
        "losses/approx_kl": 0.006 * factor(rng, n, 0.3) * (1 - 0.8 * x),
        "losses/clipfrac": np.clip(0.12 * (1 - 0.8 * x) * factor(rng, n, 0.2), 0, 1),
        "losses/explained_variance": np.clip(
            1 - 1.3 * np.exp(-x * 12) * factor(rng, n, 0.35) - 0.1 * factor(rng, n, 0.35), -3, 1
        ),
        "charts/SPS": np.floor(at / np.cumsum(seconds)),
    }
    each = max(20, 2 * n)  # episodes end all through the run, not in step with the updates
    episodes = (1 + (np.arange(each) + rng.random(each)) / each * (at[-1] - 1)).astype(np.int64)
    share = episodes / at[-1]
    level = 2 + 330 * rise(share, 0.4, 0.13)
    finished = Block(
        episodes,
        {
            "charts/episodic_return": np.asarray(
                np.round(np.maximum(level * rng.gamma(6, 1 / 6, len(episodes)), 0)), dtype=float
            ),
            "charts/episodic_length": np.round(
                600 + 1500 * rise(share, 0.4, 0.13) * rng.gamma(8, 1 / 8, len(episodes))
            ),
        },
    )
    config = {
        "exp_name": "ppo_atari",
        "env_id": "BreakoutNoFrameskip-v4",
        "total_timesteps": int(at[-1]),
        "learning_rate": 2.5e-4,
        "num_envs": 8,
        "num_steps": 128,
        "anneal_lr": True,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "num_minibatches": 4,
        "update_epochs": 4,
        "clip_coef": 0.1,
        "ent_coef": 0.01,
        "vf_coef": 0.5,
        "max_grad_norm": 0.5,
        "target_kl": None,
        "seed": 1,
    }
    return Sheet(rng, Block(at, columns), config, seconds, {"episodes": finished}, step_key="global_step", pause=0.0)


def explains_nothing(key: str) -> Break:
    def apply(s: Sheet) -> Fault:
        values = noise(s.rng, s.n, 0.04) - 0.03
        s.train.columns[key] = np.where(s.train.columns[key] == ABSENT, ABSENT, values)
        _returns_stay(s)
        return fault("value-not-learning no-learning", 0.0, 0.7)

    return apply


def updates_too_large(kl: str, clipped: str) -> Break:
    def apply(s: Sheet) -> Fault:
        late = ramp(s.x, 0.5, 0.55)
        s.train.columns[kl] = s.train.columns[kl] * 25**late
        s.train.columns[clipped] = np.clip(s.train.columns[clipped] * 6**late, -np.inf, 0.75)
        return fault("ppo-kl-blowup", 0.5, 0.75)

    return apply


def return_lost(s: Sheet) -> Fault:
    """The policy falls apart: rollouts and evaluations come down to a tenth and stay there."""
    for block in (s.train, *s.others.values()):
        down = 1 - 0.9 * ramp(s.shared(block), 0.6, 0.68)
        for key in ("rollout/ep_rew_mean", "eval/mean_reward", "charts/episodic_return"):
            if key in block.columns:
                block.columns[key] = np.where(block.columns[key] == ABSENT, ABSENT, block.columns[key] * down)
    return fault("eval-regress", 0.6, 1.0)


def slower_since_the_start(key: str) -> Break:
    """The logged rate is an average since the start, so it comes down slowly; the clock tells at once."""

    def apply(s: Sheet) -> Fault:
        s.seconds[s.after(0.5)] *= 2.5
        s.train.columns[key] = s.train.at / np.cumsum(s.seconds)
        return fault("throughput-drop", 0.5, 1.0)

    return apply


def _returns_stay(s: Sheet) -> None:
    for block in (s.train, *s.others.values()):
        for key in ("rollout/ep_rew_mean", "eval/mean_reward", "charts/episodic_return"):
            if key in block.columns:
                values = block.columns[key]
                first = float(np.median(values[: max(3, len(values) // 50)]))
                block.columns[key] = first * factor(s.rng, block.n, 0.15)


def explores_no_more(s: Sheet) -> Fault:
    """The entropy of a discrete policy is gone after a quarter and the return stays where it was then."""
    late = ramp(s.x, 0.2, 0.27)
    s.train.columns["losses/entropy"] = s.train.columns["losses/entropy"] * 0.02**late
    b = s.block("episodes")
    where = s.shared(b)
    held = 60 * s.rng.gamma(6, 1 / 6, b.n)
    b.columns["charts/episodic_return"] = np.where(where > 0.2, np.round(held), b.columns["charts/episodic_return"])
    return fault("entropy-collapse", 0.2, 0.55)


def sac(rng: Rng, n: int) -> Sheet:
    """SB3: losses are of Q values, so they grow with the returns; the actor's falls far below 0; temperature falls."""
    at = 4000 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    seconds = paced(rng, n, 43.0)
    returns = -150 + 5600 * saturating(x, 3) + noise(rng, n, 1.0, rho=0.6) * (60 + 500 * ramp(x, 0.1, 0.4))
    q = 5 + 420 * saturating(x, 3.2)
    columns = {
        "rollout/ep_rew_mean": returns,
        "rollout/ep_len_mean": np.clip(300 + 700 * ramp(x, 0, 0.2) + noise(rng, n, 20), 50, 1000),
        "time/fps": np.floor(at / np.cumsum(seconds)),
        "train/actor_loss": -q + noise(rng, n, 3, rho=0.5),
        "train/critic_loss": (0.6 + 0.12 * q * ramp(x, 0, 0.5)) * factor(rng, n, 0.3, rho=0.4),
        "train/ent_coef": (0.03 + 0.9 * np.exp(-x * 60) + 0.12 * x) * factor(rng, n, 0.03, rho=0.8),
        "train/ent_coef_loss": noise(rng, n, 0.8, rho=0.4) - 8 * np.exp(-x * 40),
        "train/learning_rate": np.full(n, 7.3e-4),
        "train/n_updates": at - 10_000.0,
    }
    k = 10 if n < 200 else 25
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    tested = (-100 + 5900 * (1 - np.exp(-3 * where / at[-1]))) * factor(rng, k, 0.08)
    config = {
        "algo": "sac",
        "policy_type": "MlpPolicy",
        "env": "Ant-v4",
        "n_timesteps": int(at[-1]),
        "total_timesteps": int(at[-1]),
        "learning_rate": 7.3e-4,
        "buffer_size": 300_000,
        "batch_size": 256,
        "ent_coef": "auto",
        "tau": 0.02,
        "train_freq": 8,
        "gradient_steps": 8,
        "learning_starts": 10_000,
    }
    return Sheet(
        rng,
        Block(at, columns),
        config,
        paced(rng, n, 43.0),
        {"eval": Block(where, {"eval/mean_reward": tested})},
        step_key="global_step",
        pause=30.0,
    )


def q_runs_away(s: Sheet) -> Fault:
    """Overestimation feeds on itself: Q and its loss grow by orders of magnitude, the return is lost."""
    late = ramp(s.x, 0.5, 0.7)
    s.train.columns["train/critic_loss"] *= 1e8**late
    s.train.columns["train/actor_loss"] *= 1e4**late
    return_lost(s)
    return fault("divergence eval-regress component-dominates loss-jump", 0.5, 1.0)


def return_never_rises(s: Sheet) -> Fault:
    _returns_stay(s)
    return fault("no-learning plateau", 0.0, 1.0)


KINDS = (
    Kind("trl-grpo", grpo, {
        "hacks": hacks("train/reward", "train/kl", "train/entropy", norm="train/grad_norm"),
        "reward lost": reward_lost("train/reward", "train/completions/mean_length", "train/completions/clipped_ratio"),
        "no better": no_better("train/reward", "train/rewards/accuracy_reward/mean"),
        "loss NaN": nan_from("train/loss", 0.5),
    }, (60, 300, 1000)),
    Kind("verl-grpo", verl, {
        "hacks": hacks("critic/score/mean", "actor/kl_loss", "actor/entropy", norm="actor/grad_norm"),
        "validation falls": validation_falls, "grad NaN": nan_from("actor/grad_norm", 0.5),
        "slower": slower(0.5, 2.2, "timing_s/step", "perf/time_per_step", "timing_s/gen", "/perf/throughput"),
    }, (60, 300, 1000)),
    Kind("sb3-ppo", sb3_ppo, {
        "explains nothing": explains_nothing("train/explained_variance"),
        "updates too large": updates_too_large("train/approx_kl", "train/clip_fraction"), "return lost": return_lost,
        "value NaN": nan_from("train/value_loss", 0.5), "slower": slower_since_the_start("time/fps"),
    }, (60, 500, 1500)),
    Kind("cleanrl-ppo", cleanrl_ppo, {
        "explains nothing": explains_nothing("losses/explained_variance"),
        "updates too large": updates_too_large("losses/approx_kl", "losses/clipfrac"), "return lost": return_lost,
        "explores no more": explores_no_more,
    }, (300, 3000)),
    Kind("sb3-sac", sac, {
        "return lost": return_lost, "Q runs away": q_runs_away, "return never rises": return_never_rises,
        "actor NaN": nan_from("train/actor_loss", 0.5),
    }, (60, 250, 1000)),
)  # fmt: skip
