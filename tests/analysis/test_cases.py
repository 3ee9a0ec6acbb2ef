"""Pass and fail side by side: the fault, and the healthy curve that almost looks like it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, Report, Severity
from tests.analysis.cases import AT, N, descent, every, put, ramp, rng, severities, severities_of, spiky, steady, times
from tests.analysis.curves import history, run

C, W, I = Severity.CRITICAL, Severity.WARNING, Severity.INFO  # noqa: E741
LOSS, GRAD, LR = "train/loss", "train/grad_norm", "train/lr"
EV, SUCC = "eval/loss", "eval/success_rate"
PI, DIAG, OT, COST = "ot/pi_sum", "ot/pi_diag", "train/ot_loss", "ot/cost/state"
OT_CONFIG: dict[str, Any] = {"ot": {"lambda_ot": 0.1, "reg": 0.05, "tau_src": 0.5, "tau_tgt": 0.5}, "batch_size": 32}
CLIPPED = {"grad_clip_norm": 10.0}


def plan(pi: Floats, cost: float = 1.0) -> dict[str, Floats]:
    """A transport plan that obeys the law: <C, p> a little below the mean cost."""
    return {LOSS: descent(), PI: pi, DIAG: 0.6 * pi, COST: steady(cost, sigma=0.05, seed=3), OT: 0.6 * cost * pi}


def late_eval(rise: float, sigma: float = 0.01, seed: int = 5) -> Floats:
    """Eval that turns at AT and rises by `rise` until the end."""
    x = descent(sigma=sigma, seed=seed, floor=0.3)
    k = np.clip((np.arange(N) - AT) / (N - AT), 0, 1)
    base = np.where(np.arange(N) < AT, x, x[AT - 5 : AT].mean() * np.exp(sigma * rng(seed).standard_normal(N)))
    return every(base * (1 + rise * k))


GRPO: dict[str, Any] = {"config": {"trainer": "grpo", "num_generations": 8}}


def climb() -> Floats:
    """A reward that is learnt."""
    return np.clip(np.arange(N) / 80, 0, 1) + 0.03 * rng(0).standard_normal(N)


# id, columns, facts, severity (None: must not be raised)
CASES = [
    # policy-collapse and what goes wrong beside a reward
    ("policy-collapse", "the reward falls to nothing", {"train/reward": put(climb(), 0.0), "train/kl": put(steady(0.02), 50.0), "completions/mean_length": put(steady(700), 1024)}, GRPO, C),
    ("policy-collapse", "a reward that swings", {"train/reward": climb() + 0.3 * np.sin(np.arange(N) / 9), "train/kl": steady(0.02)}, GRPO, None),
    ("policy-collapse", "lost for a while", {"train/reward": put(climb(), 0.0, AT, AT + 30), "train/kl": steady(0.02)}, GRPO, C),
    ("policy-collapse", "an entropy that runs up before the reward falls", {"train/reward": climb(), "train/kl": steady(0.02), "train/entropy": ramp(steady(0.3), 20, 100)}, GRPO, W),
    ("policy-collapse", "an entropy that doubles", {"train/reward": climb(), "train/kl": steady(0.02), "train/entropy": ramp(steady(0.4), 2, 100)}, GRPO, None),
    ("policy-collapse", "an entropy from nothing to little", {"train/reward": climb(), "train/kl": steady(0.02), "train/entropy": ramp(steady(0.03), 20, 100)}, GRPO, None),
    ("policy-collapse", "an entropy that rises with the reward", {"train/reward": climb() * np.clip(np.arange(N) / N * 4, 0.1, 4), "train/kl": steady(0.02), "train/entropy": ramp(steady(0.3), 20, 100)}, GRPO, None),
    ("ppo-kl-blowup", "sampling and training drift apart", {"train/reward": climb(), "train/kl": steady(0.02), "training/rollout_probs_diff_mean": ramp(steady(0.005), 40, 100)}, GRPO, W),
    ("ppo-kl-blowup", "the same of logarithms, as another trainer names it", {"train/reward": climb(), "train/kl": steady(0.02), "sampling/sampling_logp_difference/mean": ramp(steady(0.02), 12, 100)}, GRPO, W),
    ("ppo-kl-blowup", "half precision", {"train/reward": climb(), "train/kl": steady(0.02), "train_rollout_logprob_abs_diff": ramp(steady(0.03), 1.5, 100)}, GRPO, None),
    ("ppo-kl-blowup", "the furthest of all tokens", {"train/reward": climb(), "train/kl": steady(0.02), "training/rollout_probs_diff_max": ramp(steady(0.1), 6, 100)}, GRPO, None),
    ("no-spread", "every group is of one mind", {"train/reward": steady(0.5), "train/frac_reward_zero_std": put(np.full(N, 0.3), 1.0)}, GRPO, W),
    ("no-spread", "half of the groups", {"train/reward": steady(0.5), "train/frac_reward_zero_std": put(np.full(N, 0.3), 0.5)}, GRPO, None),
    ("no-spread", "for a while", {"train/reward": steady(0.5), "train/frac_reward_zero_std": put(np.full(N, 0.3), 1.0, AT, AT + 40)}, GRPO, W),
    ("no-spread", "a spread that is gone", {"train/reward": steady(0.5), "train/reward_std": put(steady(0.4), 1e-3)}, GRPO, W),
    ("truncated-answers", "more and more are cut", {"train/reward": steady(0.5), "completions/clipped_ratio": put(np.full(N, 0.05), 0.6)}, GRPO, W),
    ("truncated-answers", "some have always been cut", {"train/reward": steady(0.5), "completions/clipped_ratio": np.full(N, 0.4)}, GRPO, I),
    ("truncated-answers", "few", {"train/reward": steady(0.5), "completions/clipped_ratio": put(np.full(N, 0.02), 0.15)}, GRPO, None),
    ("truncated-answers", "for a while", {"train/reward": steady(0.5), "completions/clipped_ratio": put(np.full(N, 0.05), 0.6, AT, AT + 40)}, GRPO, W),
    ("truncated-answers", "lengths at the limit", {"train/reward": steady(0.5), "completions/mean_length": np.full(N, 200.0)}, {"config": {"trainer": "grpo", "max_completion_length": 200}}, W),
    ("truncated-answers", "lengths below it", {"train/reward": steady(0.5), "completions/mean_length": steady(150.0)}, {"config": {"trainer": "grpo", "max_completion_length": 200}}, None),
    ("no-spread", "every other group of two is of one mind", {"train/reward": steady(0.5), "train/reward_std": np.where(rng(4).random(N) < 0.5, 0.0, 0.4)}, GRPO, None),
    ("masked-nan", "0 from the second record on", {LOSS: np.where(np.arange(N) < 1, 2.93, 0.0)}, {}, C),
    ("kl-explode", "far from its reference, and always so", {"objective/kl": steady(11.0), "objective/rlhf_reward": steady(0.5)}, {}, None),
    ("divergence", "a slow climb for most of its life", {LOSS: 1.2 * np.exp(np.linspace(0, 0.14, N) + 0.01 * rng(3).standard_normal(N)), LR: np.linspace(1e-4, 1e-6, N)}, {"config": {"stage": "sft"}}, W),
    ("divergence", "a slow climb while lr warms up", {LOSS: 1.2 * np.exp(np.linspace(0, 0.14, N) + 0.01 * rng(3).standard_normal(N)), LR: np.linspace(1e-6, 1e-4, N)}, {"config": {"stage": "sft"}}, None),
    ("divergence", "a policy's loss about 0", {"train/loss": 0.025 * rng(6).standard_normal(N), "rollout/mean_reward": climb()}, {}, None),
    ("grad-explode", "the tail of a spike", {LOSS: descent(), GRAD: steady() * np.where(np.arange(N) >= AT, 1 + 60 * np.exp(-np.clip(np.arange(N) - AT, 0, None) / 3), 1.0)}, {}, None),
    ("grad-explode", "far above its valley, not above its beginning", {LOSS: descent(), GRAD: steady() * (0.3 + 12 * np.exp(-np.arange(N) / 8)) * np.exp(np.clip((np.arange(N) - AT) / 12, 0, np.log(25)))}, {}, C),
    ("gan-collapse", "a generator without end, its critic unnamed", {"loss_G": steady() * np.exp(np.clip((np.arange(N) - AT) / 5, 0, 12)), "loss_C": steady()}, {}, W),
    ("kl-negative", "an estimate below 0", {"objective/kl": put(0.1 * rng(0).standard_normal(N), -60.0)}, {}, W),
    ("kl-negative", "estimates about 0", {"objective/kl": 0.4 * rng(0).standard_normal(N)}, {}, None),
    ("kl-negative", "for a while", {"objective/kl": put(0.1 * rng(0).standard_normal(N), -60.0, AT, AT + 40)}, {}, W),
    ("preference-saturated", "nothing is left to tell apart", {LOSS: put(descent(), 1e-4), "train/rewards/margins": put(steady(2.0), 25.0)}, {"config": {"trainer": "dpo", "dpo_beta": 0.1}}, W),
    ("preference-saturated", "margins of a healthy run", {LOSS: put(descent(), 0.3), "train/rewards/margins": put(steady(2.0), 5.0)}, {"config": {"trainer": "dpo", "dpo_beta": 0.1}}, None),
    ("preference-saturated", "for a while", {LOSS: put(descent(), 1e-4, AT, AT + 40), "train/rewards/margins": put(steady(2.0), 25.0, AT, AT + 40)}, {"config": {"trainer": "dpo", "dpo_beta": 0.1}}, W),
    # critics and simulations
    ("critic-runaway", "an entropy coefficient without end", {"rollout/ep_rew_mean": climb() - 0.6 * np.clip(np.arange(N) / N - 0.4, 0, 1), "train/ent_coef": 0.3 * np.exp(np.clip(np.arange(N) / N - 0.4, 0, 1) * 14)}, {"config": {"algo": "sac"}}, W),
    ("critic-runaway", "one that comes up from nothing", {"rollout/ep_rew_mean": climb() - 0.6 * np.clip(np.arange(N) / N - 0.4, 0, 1), "train/ent_coef": 3e-4 * np.exp(np.clip(np.arange(N) / N - 0.4, 0, 1) * 14)}, {"config": {"algo": "sac"}}, None),
    ("critic-runaway", "one that tunes itself", {"rollout/ep_rew_mean": climb(), "train/ent_coef": 0.02 + np.exp(-np.arange(N) / 30)}, {"config": {"algo": "sac"}}, None),
    ("critic-runaway", "a critic loss without end", {"rollout/ep_rew_mean": steady(100.0), "train/critic_loss": ramp(steady(1.0), 1e5, over=60)}, {}, W),
    ("critic-runaway", "one that grows with the return", {"rollout/ep_rew_mean": np.linspace(0, 3000, N) + 20 * rng(0).standard_normal(N), "train/critic_loss": ramp(steady(1.0), 300, over=100)}, {}, None),
    ("critic-runaway", "values without end", {"rollout/ep_rew_mean": steady(100.0), "train/q_mean": ramp(steady(10.0), 1e5, over=60)}, {}, W),
    ("critic-runaway", "a climb over the whole run", {"rollout/ep_rew_mean": steady(100.0), "train/critic_loss": ramp(steady(1.0), 3e3, over=280, at=20)}, {}, W),
    ("critic-runaway", "one that goes on after the return has come to stand", {"rollout/ep_rew_mean": 1000 * climb(), "train/critic_loss": ramp(steady(1.0), 3e3, over=140)}, {}, W),
    ("critic-runaway", "one that rises early and settles", {"rollout/ep_rew_mean": steady(100.0), "train/critic_loss": ramp(steady(1.0), 50, over=15, at=30)}, {}, None),
    ("sim-blowup", "squares of an error that nothing physical makes", {"rollout/ep_rew_mean": steady(40.0), "train/value_loss": put(steady(0.1), 4e9, AT, AT + 1)}, {}, W),
    ("sim-blowup", "a bad batch for the critic", {"rollout/ep_rew_mean": steady(40.0), "train/value_loss": put(steady(0.1), 1e4, AT, AT + 1)}, {}, None),
    ("sim-blowup", "noise that grows while the return does", {"rollout/ep_rew_mean": np.linspace(0, 3000, N) + 20 * rng(0).standard_normal(N), "Policy/mean_noise_std": np.linspace(0.8, 8, N)}, {}, W),
    ("sim-blowup", "noise of three times the first", {"rollout/ep_rew_mean": steady(100.0), "Policy/mean_noise_std": np.linspace(0.8, 2.4, N)}, {}, None),
    ("entropy-collapse", "its sign turned, as a loss", {"rollout/ep_rew_mean": steady(100.0), "train/entropy_loss": -ramp(steady(1.38, sigma=0.02), 0.01)}, {}, W),
    ("entropy-collapse", "of a Gaussian that narrows to a third", {"rollout/ep_rew_mean": steady(100.0), "train/entropy_loss": -np.linspace(11, 0.5, N), "train/std": np.linspace(1, 0.3, N)}, {}, None),
    ("entropy-collapse", "a temperature that is gone before anything is gained", {"rollout/ep_rew_mean": steady(100.0, n=450), "train/ent_coef": ramp(steady(1.0, n=450, sigma=0.02), 1e-3, over=40, at=20)}, {}, W),
    ("entropy-collapse", "a temperature that falls while the return grows", {"rollout/ep_rew_mean": steady(100.0, n=450) * np.linspace(1, 9, 450), "train/ent_coef": ramp(steady(1.0, n=450, sigma=0.02), 1e-3, over=40, at=20)}, {}, None),
    ("ppo-kl-blowup", "a KL that does not say of what, of an agent", {"EpRewMean": steady(100.0), "EpLenMean": steady(200.0), "loss_kl": put(steady(0.01), 0.8)}, {}, W),
    ("ppo-kl-blowup", "the KL of a world model", {"episode/score": steady(100.0), "kl": steady(3.0)}, {}, None),
    ("no-learning", "a detector that finds next to nothing", {"train/box_loss": descent(), "metrics/mAP50-95(B)": every(0.03 + 0.004 * rng(3).standard_normal(N), 5)}, {}, W),
    ("no-learning", "a rate of success that stays at its luck", {"rollout/ep_rew_mean": steady(48.0, n=1300), "rollout/success_rate": np.clip(0.05 + 0.02 * rng(3).standard_normal(1300), 0, 1)}, {}, C),
    ("no-learning", "a rate of success that leaves its luck", {"rollout/ep_rew_mean": steady(48.0, n=1300), "rollout/success_rate": np.clip(np.linspace(0.03, 0.3, 1300) + 0.02 * rng(3).standard_normal(1300), 0, 1)}, {}, None),
    ("eval-regress", "a return that is gone for longer than ever", {"rollout/ep_rew_mean": every(put(put(steady(900.0), 20.0, 40, 50), 20.0, 200, 280), 5), "eval/mean_reward": every(put(put(steady(900.0), 20.0, 40, 50), 20.0, 200, 280), 5)}, {}, C),
    ("eval-regress", "a FID that leaps back", {"Metrics/fid50k_full": every(np.where(np.arange(N) < 200, 300 * np.exp(-np.arange(N) / 100), 80.0) * steady(1.0, sigma=0.02), 10), "Timing/sec_per_kimg": steady(17.0, sigma=0.01)}, {}, W),
    ("kl-collapse", "under a weight that only grows", {LOSS: descent(), "train/kl_loss": ramp(steady(1.0), 1e-4, over=60, at=20), "kl_weight": np.linspace(0, 0.05, N)}, {"config": {"model": "vae"}}, W),
    ("eval-leak", "a ratio that narrows", {LOSS: descent(), EV: every(descent(sigma=0.02, seed=9) * np.interp(np.arange(N), [0, 20, N], [0.1, 0.35, 0.45]))}, {}, None),
    ("sim-blowup", "a return of a billion", {"rollout/ep_rew_mean": put(steady(100.0), 1e9, AT, AT + 1)}, {}, W),
    ("sim-blowup", "one good episode", {"rollout/ep_rew_mean": put(steady(100.0), 5e3, AT, AT + 1)}, {}, None),
    ("sim-blowup", "noise that only grows", {"rollout/ep_rew_mean": steady(100.0), "Policy/mean_noise_std": ramp(steady(1.0, sigma=0.01), 10, over=100)}, {}, W),
    # codes and experts
    ("codebook-collapse", "one code is left", {LOSS: descent(), "vq/perplexity": put(steady(200.0), 1.2)}, {}, W),
    ("codebook-collapse", "half of the codes", {LOSS: descent(), "vq/perplexity": put(steady(200.0), 90.0)}, {}, None),
    ("codebook-collapse", "for a while", {LOSS: descent(), "vq/perplexity": put(steady(200.0), 1.2, AT, AT + 40)}, {}, W),
    ("codebook-collapse", "nine codes in ten are lost, counted", {LOSS: descent(), "vq/active_codes": put(steady(6000.0), 700.0)}, {"config": {"codebook_size": 8192}}, W),
    ("codebook-collapse", "five in six are lost, in per cent", {LOSS: descent(), "train/codebook_usage": put(steady(55.0), 8.0)}, {}, W),
    ("codebook-collapse", "as many as a small batch can use", {LOSS: descent(), "train/codebook_usage": steady(0.1)}, {}, None),
    ("codebook-collapse", "half of them are lost", {LOSS: descent(), "vq/active_codes": put(steady(6000.0), 2900.0)}, {"config": {"n_embed": 16384}}, None),
    ("codebook-collapse", "hardly any code is used", {LOSS: descent(), "train/codebook_usage": put(np.full(N, 0.6), 0.01)}, {}, W),
    ("experts-unbalanced", "tokens pile up", {LOSS: descent(), "load_balancing_loss": ramp(steady(1.02, sigma=0.01), 2.7, over=80)}, {}, W),
    ("experts-unbalanced", "a little", {LOSS: descent(), "load_balancing_loss": ramp(steady(1.02, sigma=0.01), 1.05, over=80)}, {}, None),
    # nan-inf
    ("nan-inf", "a loss that turns NaN", {LOSS: put(descent(), np.inf)}, {}, C),
    ("nan-inf", "cells that were not logged", {LOSS: put(descent(), np.nan, AT, AT + 40)}, {}, None),
    ("nan-inf", "one Inf norm with a finite loss", {LOSS: descent(), GRAD: put(steady(), np.inf, AT, AT + 1)}, {}, W),
    ("nan-inf", "a norm that stays Inf", {LOSS: descent(), GRAD: put(steady(), np.inf, AT, AT + 9)}, {}, C),
    ("nan-inf", "an eval score", {LOSS: descent(), SUCC: put(every(steady(0.5)), np.inf, AT + 4, AT + 5)}, {}, W),
    # at-chance
    ("metric-dead", "an evaluation that has never moved", {LOSS: descent(), EV: every(np.full(N, 1.234567), 20)}, {}, W),
    ("metric-dead", "an evaluation that moves at last", {LOSS: descent(), EV: every(np.where(np.arange(N) < AT, 1.234567, descent(seed=8)), 10)}, {}, W),
    ("metric-dead", "answers that nobody reads", {"train/reward": climb(), "train/kl": steady(0.02), "rewards/accuracy_reward": np.full(N, 0.5)}, GRPO, W),
    ("at-chance", "two classes", {LOSS: 0.6935 + 0.002 * rng(0).standard_normal(N)}, {}, C),
    ("at-chance", "a thousand classes", {LOSS: 6.91 + 0.01 * rng(0).standard_normal(N), "test/accuracy": every(steady(1e-3))}, {}, C),
    ("at-chance", "a language model", {"lm loss": 10.9 + 0.02 * rng(0).standard_normal(N)}, {"config": {"stage": "pretrain", "vocab_size": 50257}}, C),
    ("at-chance", "frequencies of tokens and no more", {"lm loss": 7.45 + 3 * np.exp(-np.arange(N) / 8) + 0.02 * rng(0).standard_normal(N)}, {"config": {"stage": "pretrain", "vocab_size": 50257}}, C),
    ("at-chance", "pairs of answers", {LOSS: np.full(N, 0.6931), "train/rewards/margins": np.zeros(N)}, {"config": {"trainer": "dpo"}}, C),
    ("at-chance", "noise that is not predicted", {LOSS: 1 + 0.02 * rng(0).standard_normal(N)}, {"config": {"policy": {"type": "diffusion"}}}, W),
    ("at-chance", "an evaluation above the vocabulary", {LOSS: descent(), EV: every(12.9 + 0.1 * rng(0).standard_normal(N), 20)}, {"config": {"stage": "sft"}}, W),
    ("at-chance", "an evaluation that guesses",
     {LOSS: descent(floor=0.01), "val_loss": 2.0 + steady(0.05), "val_acc": steady(0.17)}, {"config": {"num_classes": 6}}, C),
    ("at-chance", "two classes, for a while", {LOSS: np.where(np.arange(N) < AT, 0.6935, 0.3) + 0.002 * rng(0).standard_normal(N)}, {}, C),
    ("at-chance", "one class for every sample", {LOSS: 0.63 + 0.02 * rng(0).standard_normal(N), EV: every(0.626 + 0.001 * rng(1).standard_normal(N), 30), "eval/accuracy": every(np.full(N, 0.6838), 30)}, {"config": {"base_model": "bert-base"}}, W),
    ("at-chance", "one class for a while", {LOSS: 0.63 + 0.02 * rng(0).standard_normal(N), EV: every(0.626 + 0.001 * rng(1).standard_normal(N), 10), "eval/accuracy": every(np.where(np.arange(N) < AT, 0.6838, 0.7 + 0.02 * rng(2).standard_normal(N)), 10)}, {"config": {"base_model": "bert-base"}}, W),
    ("at-chance", "a few samples that stand still", {LOSS: 0.05 + descent(), EV: every(0.3 + 0.01 * rng(1).standard_normal(N), 30), "eval/accuracy": every(np.full(N, 0.9286), 30)}, {"config": {"base_model": "bert-base"}}, None),
    ("at-chance", "held-out pairs like a coin", {LOSS: 0.64 + 0.03 * rng(0).standard_normal(N), "train/rewards/margins": np.linspace(0, 1, N), EV: every(0.697 + 0.001 * rng(1).standard_normal(N), 30), "eval/rewards/accuracies": every(0.5 + 0.02 * rng(2).standard_normal(N), 30)}, {"config": {"trainer": "dpo"}}, W),
    ("at-chance", "held-out pairs like a coin, for a while", {LOSS: 0.64 + 0.03 * rng(0).standard_normal(N), "train/rewards/margins": np.linspace(0, 1, N), EV: every(np.where(np.arange(N) < AT, 0.697, 0.65), 5), "eval/rewards/accuracies": every(np.where(np.arange(N) < AT, 0.5, 0.66) + 0.02 * rng(2).standard_normal(N), 5)}, {"config": {"trainer": "dpo"}}, W),
    ("at-chance", "held-out pairs that are learnt", {LOSS: 0.64 + 0.03 * rng(0).standard_normal(N), "train/rewards/margins": np.linspace(0, 1, N), EV: every(np.linspace(0.69, 0.65, N), 30), "eval/rewards/accuracies": every(np.linspace(0.52, 0.66, N), 30)}, {"config": {"trainer": "dpo"}}, None),
    ("at-chance", "passes by", {LOSS: np.linspace(0.75, 0.6, N) + 0.005 * rng(0).standard_normal(N)}, {}, None),
    # scale-mismatch
    ("scale-mismatch", "a sum over accumulated batches", {LOSS: 16 * descent(), EV: every(descent(seed=3))}, {"config": {"gradient_accumulation_steps": 16}}, I),
    ("scale-mismatch", "a sum over GPUs", {LOSS: 8 * descent(), EV: every(descent(seed=3))}, {"config": {"world_size": 8}}, I),
    ("scale-mismatch", "a norm of a sum", {"lm loss": descent(), GRAD: steady(950)}, {"config": {"stage": "pretrain"}}, I),
    ("scale-mismatch", "a sum over pixels", {LOSS: 65536 * descent(), "mse": descent()}, {"config": {"policy": {"type": "diffusion"}}}, I),
    ("scale-mismatch", "actions that are not normalised", {LOSS: steady(3e8)}, {"config": {"policy": {"type": "smolvla"}}}, W),
    ("scale-mismatch", "normalised late", {LOSS: np.where(np.arange(N) < 60, 3e8, 1.0) * steady()}, {"config": {"policy": {"type": "smolvla"}}}, W),
    ("scale-mismatch", "a cross-entropy of broken weights", {LOSS: steady(1e13)}, {"config": {"stage": "sft"}}, W),
    ("scale-mismatch", "a total that sums over pixels by design", {LOSS: 1e5 * descent()}, {"config": {"model": "vae"}}, None),
    # schedule-mismatch
    ("schedule-mismatch", "at its floor at a quarter of the plan",
     {LR: np.r_[np.linspace(1e-3, 2.5e-5, 75), np.full(N - 75, 2.5e-5)]}, {}, W),
    ("schedule-mismatch", "told a quarter of the steps",
     {LR: np.r_[np.linspace(1e-3, 2.5e-5, 75), np.full(N - 75, 2.5e-5)]},
     {"config": {"steps": 3000, "scheduler_decay_steps": 750}}, W),
    ("schedule-mismatch", "stepped by four workers",
     {LR: np.r_[np.linspace(1e-3, 2.5e-5, 75), np.full(N - 75, 2.5e-5)]}, {"config": {"world_size": 4}}, W),
    ("schedule-mismatch", "back up after its end",
     {LR: 1e-6 + 5e-4 * (1 + np.cos(np.pi * np.arange(N) / 150))}, {"config": {"scheduler": "cosine"}}, W),
    ("schedule-mismatch", "eight times the configured one", {LR: np.full(N, 8e-4)}, {"config": {"lr": 1e-4, "world_size": 8}}, I),
    ("schedule-mismatch", "a cosine to its end", {LR: 1e-5 + 5e-4 * (1 + np.cos(np.pi * np.arange(N) / N))}, {}, None),
    # impossible-value
    ("impossible-value", "FID of 1e57", {"metrics/fid50k_full": every(np.full(N, 1e57))}, {}, W),
    ("impossible-value", "FID below 0, for a while", {"eval/fid": put(steady(40), -12.0, AT, AT + 20)}, {}, W),
    ("impossible-value", "an accuracy of 140 %", {"eval/accuracy": put(steady(70, sigma=0.01), 140.0)}, {}, W),
    ("impossible-value", "an accuracy below 0", {"eval/accuracy": put(steady(0.7, sigma=0.01), -0.2)}, {}, W),
    ("impossible-value", "a variance below 0", {"train/latent_variance": put(steady(0.3), -0.1)}, {}, W),
    ("impossible-value", "a cross-entropy below 0", {"train/ce_loss": put(steady(1.0), -0.5)}, {}, C),
    ("impossible-value", "the squared error of a critic below 0",
     {"train/critic_loss": put(steady(2.0), -4.0), "rollout/ep_rew_mean": steady(1.0)}, {"config": {"algo": "sac"}}, W),
    ("impossible-value", "a density below 0", {LOSS: put(steady(1.0), -3.0)}, {"config": {"model": "nflow"}}, None),
    # success-zero
    ("success-zero", "never succeeds", {LOSS: descent(), SUCC: every(np.zeros(N), 30)}, {"config": {"policy": {"type": "act"}}}, W),
    ("success-zero", "never in 500 episodes",
     {LOSS: descent(), SUCC: every(np.zeros(N), 30)}, {"config": {"policy": {"type": "act"}, "eval": {"n_episodes": 50}}}, W),
    ("success-zero", "right answers given up for another reward",
     {"train/reward": np.linspace(0.5, 1, N), "train/rewards/accuracy_reward": put(steady(0.2), 0.0, 60), "train/reward_std": steady(0.3)},
     {"config": {"num_generations": 8}}, W),
    ("success-zero", "no detection in ten evaluations", {LOSS: descent(), "metrics/mAP50-95(B)": every(np.zeros(N), 10)}, {}, W),
    ("success-zero", "an agent without any reward", {"eval/mean_reward": every(np.zeros(N))}, {"config": {"algo": "sac"}}, W),
    ("success-zero", "no answer is ever right",
     {"train/reward": np.zeros(N), "train/reward_std": np.zeros(N)}, {"config": {"num_generations": 8}}, W),
    ("success-zero", "succeeds at last", {LOSS: descent(), SUCC: every(put(np.zeros(N), 0.2, 89), 30)}, {"config": {"policy": {"type": "act"}}}, None),
    # masked-nan
    ("masked-nan", "exactly 0 beside a norm that is pinned", {LOSS: put(descent(), 0.0), GRAD: put(steady(), 1.0)}, {}, C),
    ("masked-nan", "exactly 0, and no gradient logged", {LOSS: put(descent(), 0.0)}, {}, W),
    ("masked-nan", "exactly 0 while gradients go on", {LOSS: put(descent(), 0.0), GRAD: steady()}, {}, None),
    # divergence, loss-jump, loss-spike
    ("divergence", "a loss that climbs for good", {LOSS: ramp(descent(), 20)}, {}, C),
    ("divergence", "climbs by a fifth", {LOSS: ramp(descent(), 1.2)}, {}, None),
    ("divergence", "a spike's tail", {LOSS: spiky(descent(), AT, 8, 5)}, {}, None),
    ("loss-jump", "a step up that stays", {LOSS: times(descent(), 2.2)}, {}, C),
    ("loss-jump", "a step at a change of stage",
     {LOSS: times(descent(), 2.2), "train/curriculum_stage": put(np.zeros(N), 1.0)}, {}, None),
    ("loss-jump", "up by a tenth in loud noise", {LOSS: times(descent(sigma=0.08), 1.1)}, {}, None),
    ("loss-jump", "a burst of ten records", {LOSS: times(descent(), 3, AT, AT + 6)}, {}, None),
    ("loss-spike", "a lone spike", {LOSS: spiky(descent(), AT, 4)}, {}, I),
    ("loss-spike", "a spike of thirty times", {LOSS: spiky(descent(), AT, 30)}, {}, W),
    ("loss-spike", "three in a thousand steps",
     {LOSS: spiky(spiky(spiky(descent(), AT, 5), AT + 35, 5), AT + 70, 5)}, {}, W),
    ("loss-spike", "a point 1.6 times too high", {LOSS: times(descent(), 1.6, AT, AT + 1)}, {}, None),
    ("loss-spike", "the first record of a run", {LOSS: times(descent(), 9, 0, 1)}, {}, None),
    ("loss-spike", "heavy-tailed noise",
     {LOSS: descent(sigma=0) * np.exp(0.08 * rng(7).standard_t(5, N))}, {}, None),
    # gradients
    ("grad-spike", "clipped, alone, loss unmoved", {LOSS: descent(), GRAD: times(steady(), 10, AT, AT + 1)},
     {"config": CLIPPED}, I),
    ("grad-spike", "thirty times", {LOSS: descent(), GRAD: times(steady(), 30, AT, AT + 1)}, {"config": CLIPPED}, W),
    ("grad-spike", "ten times, and the loss with it",
     {LOSS: times(descent(), 1.6, AT, AT + 8), GRAD: times(steady(), 10, AT, AT + 1)}, {"config": CLIPPED}, W),
    ("grad-spike", "four times", {LOSS: descent(), GRAD: times(steady(), 4, AT, AT + 1)}, {}, None),
    ("grad-explode", "rises a hundredfold", {LOSS: descent(), GRAD: ramp(steady(), 100, 40)}, {}, C),
    ("grad-explode", "grows threefold as weights do", {LOSS: descent(), GRAD: ramp(steady(), 3, 150, 0)}, {}, None),
    ("grad-explode", "grows twelvefold over the whole run, loss falling",
     {LOSS: descent(floor=0), GRAD: ramp(steady(), 12, 250, 40)}, {}, I),
    ("grad-explode", "climbs a thousandfold over the whole run, loss falling",
     {LOSS: descent(), GRAD: steady(80.0) * np.exp(np.linspace(0, 7.5, N))}, {}, W),
    ("grad-explode", "climbs so, and no loss is logged", {GRAD: steady(sigma=0.3) * np.exp(np.linspace(0, 7.5, N))}, {}, C),
    ("grad-explode", "comes from nothing at first, as of layers that begin at 0",
     {LOSS: descent(), GRAD: steady() * (1 - 0.998 * np.exp(-np.arange(N) / 6))}, {}, None),
    ("grad-vanish", "falls to nothing and the loss stands",
     {LOSS: put(descent(), steady(0.6, N - AT, 0.02)), GRAD: ramp(steady(), 1e-5, 20)}, {}, C),
    ("grad-vanish", "falls by 40 while the loss falls", {LOSS: descent(), GRAD: ramp(steady(), 1 / 40, 200, 20)}, {},
     None),
    ("grad-clip-saturated", "thirty times the clip, Adam", {LOSS: descent(), GRAD: steady(30)},
     {"config": {"grad_clip_norm": 1.0}}, I),
    ("grad-clip-saturated", "thirty times the clip, SGD",
     {LOSS: descent(), GRAD: steady(30)}, {"config": {"grad_clip_norm": 1.0, "optimizer": {"type": "sgd"}}}, W),
    ("grad-clip-saturated", "just above the clip", {LOSS: descent(), GRAD: steady(1.2)},
     {"config": {"grad_clip_norm": 1.0}}, None),
    # progress
    ("no-learning", "never moves", {LOSS: steady(2.3, sigma=0.02)}, {}, C),
    ("no-learning", "a pretrained model near its floor", {LOSS: steady(0.7, sigma=0.02)},
     {"config": {"base_model": "qwen"}}, I),
    ("no-learning", "slow but sure", {LOSS: 2.3 * np.exp(-0.6 * np.arange(N) / N) * steady(sigma=0.02)}, {}, None),
    ("no-learning", "the loss is flat, success is not",
     {LOSS: steady(0.7, sigma=0.02), SUCC: every(np.linspace(0.1, 0.9, N))}, {}, None),
    ("no-learning", "a return that never rises", {"eval/ep_rew_mean": every(steady(100, sigma=0.3))}, {}, W),
    ("no-learning", "success high from the start", {LOSS: descent(), SUCC: every(np.clip(steady(0.85, sigma=0.05), 0,
     1))}, {}, None),
    ("no-learning", "accuracy flat at its ceiling", {LOSS: descent(), "eval/accuracy": every(steady(0.97,
     sigma=0.003))}, {}, None),
    ("no-learning", "a return that is flat, from learnt weights",
     {"eval/ep_rew_mean": every(steady(100, sigma=0.3))}, {"config": {"pretrained_path": "a/b"}}, I),
    ("no-learning", "a return that creeps up", {"eval/ep_rew_mean": every(steady(100, sigma=0.1) * np.linspace(1, 2,
     N))}, {}, None),
    ("plateau", "stuck high from a fifth of the run", {LOSS: put(descent(), steady(1.0, N - 60, 0.03), 60),
     LR: np.full(N, 1e-4)}, {}, I),
    ("plateau", "still falling", {LOSS: 4 * (np.arange(1, N + 1) / 5) ** -0.5 * steady(sigma=0.03),
     LR: np.full(N, 1e-4)}, {}, None),
    ("plateau", "flat under a decayed lr",
     {LOSS: put(descent(), steady(1.0, N - 60, 0.03), 60), LR: np.linspace(1e-4, 0, N)}, {}, None),
    ("plateau", "stuck, but a diffusion policy",
     {LOSS: put(descent(), steady(1.0, N - 60, 0.03), 60), LR: np.full(N, 1e-4)},
     {"config": {"policy": {"type": "diffusion"}}}, None),
    ("plateau", "a language model that gains 3 % in a window",
     {LOSS: (2.4 + 7 * np.exp(-np.arange(N) / 8)) * (1 - 0.1 * np.arange(N) / N) * steady(sigma=0.005),
      LR: np.full(N, 1e-4)}, {}, None),
    ("eta-target", "short of it at the end of the plan", {LOSS: descent(), LR: np.full(N, 1e-4)},
     {"config": {"target_loss": 0.1}}, I),
    ("eta-target", "reached long ago", {LOSS: descent(), LR: np.full(N, 1e-4)}, {"config": {"target_loss": 1.0}}, None),
    ("eta-target", "a cosine is still to fall",
     {LOSS: descent(), LR: np.full(N, 1e-4)}, {"config": {"target_loss": 0.1, "lr_scheduler_type": "cosine"}}, None),
    ("converged", "train and eval level at their best",
     {LOSS: put(descent(), steady(0.4, N - 80, 0.02), 80), EV: every(put(descent(sigma=0.005), steady(0.45, N - 80,
      0.005), 80))}, {}, I),
    ("converged", "level, but eval had been better",
     {LOSS: put(descent(), steady(0.4, N - 80, 0.02), 80), EV: every(put(descent(sigma=0.005), steady(0.9, N - 80,
      0.005), 80))}, {}, None),
    ("converged", "still falling", {LOSS: 4 * (np.arange(1, N + 1) / 5) ** -0.5 * steady(sigma=0.03),
     EV: every(4 * (np.arange(1, N + 1) / 5) ** -0.5)}, {}, None),
    ("oscillation", "a wave of 12 records", {LOSS: times(descent(),
     np.exp(0.7 * np.sin(np.arange(N - AT) * 2 * np.pi / 12)))}, {}, W),
    ("oscillation", "three surges without a period",
     {LOSS: spiky(spiky(spiky(descent(), AT, 8, 3), AT + 9, 8, 3), AT + 31, 8, 3)}, {}, W),
    ("oscillation", "two surges", {LOSS: spiky(spiky(descent(), AT, 8, 3), AT + 9, 8, 3)}, {}, None),
    ("oscillation", "a return that collapses twice and comes back",
     {"eval/ep_rew_mean": put(put(np.linspace(0, 350, N), 10.0, AT, AT + 3), 10.0, 250, 252)}, {}, W),
    ("oscillation", "a return that collapses once",
     {"eval/ep_rew_mean": put(np.linspace(0, 350, N), 10.0, AT, AT + 3)}, {}, None),
    ("oscillation", "noise that is loud", {LOSS: descent(sigma=0.3)}, {}, None),
    ("oscillation", "a step down", {LOSS: times(descent(), 0.3)}, {}, None),
    # evaluation
    ("overfit", "turns and rises by a fifth", {LOSS: descent(), EV: late_eval(0.2)}, {}, W),
    ("overfit", "rises by two per cent", {LOSS: descent(), EV: late_eval(0.02)}, {}, None),
    ("overfit", "noisy and flat", {LOSS: descent(), EV: late_eval(0.0, 0.08)}, {}, None),
    ("overfit", "rises while success holds", {LOSS: descent(), EV: late_eval(0.3), SUCC: every(steady(0.8,
     sigma=0.01))}, {}, I),
    ("overfit", "train rises too", {LOSS: ramp(descent(), 3, 60), EV: late_eval(0.2)}, {}, None),
    ("gen-gap", "six times train, equal at the start",
     {LOSS: descent(floor=0.02), EV: every(descent(sigma=0.01, floor=0.6, start=4.5))}, {}, I),
    ("gen-gap", "other units from the first eval on", {LOSS: descent(), EV: every(5 * descent(sigma=0.01))}, {}, None),
    ("eval-leak", "a fifth of train", {LOSS: descent(), EV: every(0.2 * descent(sigma=0.01))}, {}, W),
    ("eval-leak", "harder training from the middle on", {LOSS: ramp(descent(), 4, 10), EV: every(descent(sigma=0.01))}, {}, None),
    ("eval-leak", "a fifth of train before that, too", {LOSS: ramp(descent(), 4, 10), EV: every(0.2 * descent(sigma=0.01))}, {}, W),
    ("eval-leak", "dropout in training", {LOSS: descent(), EV: every(0.65 * descent(sigma=0.01))}, {}, None),
    ("eval-leak", "eval is L1 only, train is L1 + KL",
     {LOSS: 3 * descent(), "train/l1_loss": descent(seed=2), "train/kld_loss": 0.2 * descent(seed=3),
      EV: every(1.1 * descent(sigma=0.01))}, {}, None),
    ("eval-regress", "success halves", {LOSS: descent(), SUCC: every(times(steady(0.8, sigma=0.03) * np.linspace(0.2, 1,
     N), 0.3))}, {}, C),
    ("eval-regress", "success dips by a tenth", {LOSS: descent(), SUCC: every(times(steady(0.8, sigma=0.03), 0.9))}, {},
     None),
    ("metric-duplicate", "logged twice", {LOSS: descent(), "train/loss_copy": descent()}, {}, I),
    ("metric-duplicate", "two constants", {"a": np.ones(N), "b": np.ones(N), LOSS: descent()}, {}, None),
    ("metric-duplicate", "equal but for a ten-thousandth", {LOSS: descent(), "train/loss_b": descent() * 1.0001}, {},
     None),
    # transport
    ("ot-mass-collapse", "falls to 1e-9", {**plan(ramp(steady(0.5), 2e-9, 20)), LOSS: descent()}, {"config": OT_CONFIG},
     C),
    ("ot-mass-collapse", "never alive", plan(steady(1e-12)), {"config": OT_CONFIG}, C),
    ("ot-mass-collapse", "never a ten thousandth", plan(steady(2e-5)), {"config": OT_CONFIG}, C),
    ("ot-mass-collapse", "a cost whose exponential is 0", plan(steady(1e-12), 1e5), {"config": OT_CONFIG}, C),
    ("ot-mass-collapse", "low but steady", plan(steady(0.02)), {"config": OT_CONFIG}, None),
    ("ot-mass-collapse", "off by design", plan(steady(1e-12)), {"config": {"ot": {"lambda_ot": 0.0}}}, None),
    ("ot-mass-collapse", "zero during its warm-up",
     plan(put(steady(0.5), 0.0, 0, 60)), {"config": {**OT_CONFIG, "ot_warmup_steps": 600}}, None),
    ("ot-mass-collapse", "dips for three records", plan(put(steady(0.5), 1e-8, AT, AT + 3)), {"config": OT_CONFIG},
     None),
    ("ot-solver-inconsistent", "a mass above one", plan(steady(1.6, sigma=0.02)), {"config": OT_CONFIG}, W),
    ("ot-solver-inconsistent", "as the law says", plan(steady(0.5)), {"config": OT_CONFIG}, None),
    ("ot-cost-unnormalised", "a cost of 60 times D, plan alive", plan(steady(0.3), 60), {"config": OT_CONFIG}, W),
    ("ot-plan-degenerate", "all on the diagonal", {**plan(steady(0.5)), DIAG: steady(0.5)}, {"config": OT_CONFIG}, W),
    ("ot-plan-degenerate", "all on the diagonal, a prior by design",
     {**plan(steady(0.5)), DIAG: steady(0.5)}, {"config": {**OT_CONFIG, "ot": {**OT_CONFIG["ot"], "heuristic": True}}},
     None),
    # components
    ("kl-collapse", "ACT", {LOSS: descent(), "train/kl": ramp(steady(0.3), 1e-3, 20)},
     {"config": {"policy": {"type": "act"}}}, I),
    ("kl-collapse", "a VAE", {LOSS: descent(), "train/kl": ramp(steady(0.3), 1e-3, 20)},
     {"config": {"model_type": "vae"}}, W),
    ("kl-collapse", "a latent for its own sake", {LOSS: descent(), "train/kl": ramp(steady(0.3), 1e-3, 20)},
     {"config": {"LATENT_DIM": 64, "MAX_BETA": 1.0}}, W),
    ("kl-collapse", "the latent of an imitator", {LOSS: descent(), "train/l1_loss": descent(), "train/kl_loss": ramp(steady(0.3), 1e-3, 20)},
     {"config": {"latent_dim": 32}}, I),
    ("kl-collapse", "beta still annealing",
     {LOSS: descent(), "train/kl": steady(1e-3), "train/beta": np.linspace(0, 1, N)}, {}, None),
    ("kl-collapse", "of a policy, as the first episode shows",
     {"kl": ramp(steady(0.3), 1e-3, 20), "mean episode reward": every(steady(9.0), 30)}, {}, None),
    ("kl-collapse", "negative at times", {LOSS: descent(), "train/kl": ramp(steady(0.3), 1e-3, 20) - 0.02}, {}, None),
    ("kl-collapse", "settles at a twentieth of a nat", {LOSS: descent(), "train/kl": ramp(steady(0.5), 0.1, 60, 0)}, {},
     None),
    # policies
    ("gan-collapse", "the discriminator wins", {"train/d_loss": ramp(steady(0.65), 0.01, 60),
     "train/g_loss": ramp(steady(1.2), 5, 60)}, {}, C),
    ("gan-collapse", "a balanced pair", {"train/d_loss": steady(0.65, sigma=0.2), "train/g_loss": ramp(steady(1.2), 1.4,
     200)}, {}, None),
    ("gan-collapse", "won from the start", {"train/d_loss": steady(0.001), "train/g_loss": steady(9.0)}, {}, C),
    ("gan-collapse", "a critic that runs away", {"critic_loss": -ramp(steady(5.0), 2000), "gen_loss": steady(3.0)},
     {"config": {"model": "wgan-gp"}}, W),
    ("gan-collapse", "a critic that grows by forty", {"critic_loss": -ramp(steady(5.0), 40), "gen_loss": steady(3.0)},
     {"config": {"model": "wgan-gp"}}, None),
    ("entropy-collapse", "gone, return flat",
     {"train/entropy": ramp(steady(1.5, sigma=0.03), 0.01, 20), "rollout/ep_rew_mean": steady(100, sigma=0.05)}, {}, W),
    ("entropy-collapse", "gone, return rising",
     {"train/entropy": ramp(steady(1.5, sigma=0.03), 0.01, 20),
      "rollout/ep_rew_mean": 100 * np.linspace(1, 3, N) * steady(sigma=0.05)}, {}, I),
    ("entropy-collapse", "falls to a third", {"train/entropy": ramp(steady(1.5, sigma=0.03), 0.3, 250, 0)}, {}, None),
    ("ppo-kl-blowup", "ten times the target", {"train/approx_kl": times(steady(0.01), 15)},
     {"config": {"target_kl": 0.015}}, W),
    ("ppo-kl-blowup", "at the target", {"train/approx_kl": steady(0.015)}, {"config": {"target_kl": 0.015}}, None),
    ("value-not-learning", "explains nothing", {"train/explained_variance": 0.02 * rng(3).standard_normal(N)}, {}, W),
    ("value-not-learning", "explains most", {"train/explained_variance": steady(0.7)}, {}, None),
    # throughput
    ("data-bound", "waits most of the step", {LOSS: descent(), "time/data_s": steady(0.15),
     "time/update_s": steady(0.05)}, {}, W),
    ("data-bound", "prefetched: data and update overlap",
     {LOSS: descent(), "time/data_s": steady(0.6), "time/update_s": steady(0.2)}, {}, I),
    ("data-bound", "a third of the step", {LOSS: descent(), "time/data_s": steady(0.06), "time/update_s": steady(0.14)},
     {}, None),
]  # fmt: skip


GROUP = pytest.mark.xdist_group("cases")  # where they are analysed once, whatever is asked of them


@lru_cache(maxsize=len(CASES))
def analysed(index: int) -> Report:
    """What is told of a case, with a plan."""
    _, _, columns, facts, _ = CASES[index]
    h = history(columns)
    return analyze(run(h, planned_steps=max(10 * N, int(h.step[-1])), **facts))


@GROUP
@pytest.mark.parametrize(
    ("index", "id_", "severity"), [pytest.param(k, i, s, id=f"{i}: {n}") for k, (i, n, _, _, s) in enumerate(CASES)]
)
def test_case(index: int, id_: str, severity: Severity | None) -> None:
    assert severities_of(analysed(index).episodes).get(id_) == severity


@pytest.mark.parametrize("columns", [
    {LOSS: descent(), GRAD: steady(), LR: np.full(N, 1e-4), EV: every(1.1 * descent(sigma=0.01)),
     SUCC: every(np.linspace(0.1, 0.9, N))},
    {LOSS: descent(sigma=0.1, seed=4), GRAD: steady(sigma=0.3), "train/kl": steady(0.1), "time/update_s": steady(0.2)},
    {LOSS: descent(), GRAD: steady(), SUCC: every(np.clip(steady(0.85, sigma=0.05), 0, 1)),
     "eval/accuracy": every(steady(0.97, sigma=0.003))},
    plan(steady(0.4)),
])  # fmt: skip
def test_healthy_runs_are_silent_with_and_without_a_plan(columns: dict[str, Floats]) -> None:
    for planned in (True, False):
        loud = {k for k, s in severities(columns, planned=planned, config=OT_CONFIG).items() if s > Severity.INFO}

        assert loud == set()
