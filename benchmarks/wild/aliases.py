"""Other names for the same columns, as clear as the ones a run has: what another framework calls them.

A table by hand and of no use to the product: what is looked up here is what people call things, not what the product knows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from benchmarks.wild.sketch import Rng

# Who was asked: of training, and of the one evaluation of a run. An empty prefix of training only where none is written.
_OF_TRAINING = ("train/", "train_", "training/", "Train/", "train.", "Training ")
_OF_EVAL = ("eval/", "eval_", "val/", "val_", "valid/", "validation/", "Validation ", "evaluation/")
_TRAIN = re.compile(r"^(?:train|training|Train|Training)[/_. ](?=.)")
_EVAL = re.compile(r"^(?:eval|val|valid|validation|Validation|evaluation)[/_. ](?=.)")
_HELD_OUT = re.compile(r"^(?:eval|val|valid|validation|vali|test|dev)(?![a-z])", re.IGNORECASE)

# What stands behind the prefix; all of a line mean the same.
_LEAVES: tuple[tuple[str, ...], ...] = (
    ("learning_rate", "lr", "LearningRate"),
    ("grad_norm", "gradient_norm", "gnorm", "total_grad_norm", "global_grad_norm"),
    ("accuracy", "acc", "Accuracy"),
    ("success_rate", "success", "mean_success"),
    ("entropy", "policy_entropy"),
    ("approx_kl", "approxkl"),
    ("value_loss", "vf_loss", "critic_loss"),
    ("reward_std", "rewards/std"),
    ("kl_loss", "kld_loss", "KL_loss"),
    ("mse_loss", "loss_mse"),
    ("l1_loss", "loss_l1"),
    ("recon_loss", "reconstruction_loss"),
    ("completion_length", "completions/mean_length", "response_length/mean"),
    ("clip_fraction", "clipfrac"),
    ("perplexity", "ppl"),
    ("wer", "WER"),
)
# Whole names: what rsl_rl, Stable-Baselines3, CleanRL, verl, TRL and GAN trainers call the same thing.
_WHOLE: tuple[tuple[str, ...], ...] = (
    ("loss", "train_loss", "train/loss", "training/loss", "Loss/train", "training_loss", "train/total_loss"),
    ("lr", "learning_rate", "train/lr", "optim/lr", "lr-AdamW", "train/learning_rate", "optimizer/learning_rate"),
    ("grad_norm", "train/grad_norm", "gradient_norm", "optim/grad_norm", "grad norm"),
    ("rollout/ep_rew_mean", "charts/episodic_return", "Train/mean_reward", "train/episode_reward", "rollout/return_mean"),
    ("rollout/ep_len_mean", "charts/episodic_length", "Train/mean_episode_length", "rollout/episode_length"),
    ("eval/mean_reward", "eval/episode_reward", "test/mean_reward", "eval/return", "evaluation/average_return"),
    ("Loss/value_function", "losses/value_loss", "train/value_loss", "loss/value", "critic/vf_loss"),
    ("train/critic_loss", "critic_loss", "losses/critic_loss", "Loss/critic"),
    ("train/actor_loss", "actor_loss", "losses/actor_loss", "Loss/actor"),
    ("critic/score/mean", "train/reward", "reward", "reward/mean", "critic/rewards/mean"),
    ("Perf/total_fps", "time/fps", "charts/SPS", "perf/fps"),
    ("Policy/mean_noise_std", "train/std", "policy/action_std"),
    ("response_length/mean", "train/completion_length", "completions/mean_length"),
    ("d_loss", "loss_D", "train/d_loss", "D_loss", "loss/discriminator"),
    ("g_loss", "loss_G", "train/g_loss", "G_loss", "loss/generator"),
    ("val_loss", "eval/loss", "val/loss", "valid_loss", "validation/loss", "Loss/val"),
    ("val_acc", "val/accuracy", "eval/acc", "valid_accuracy", "Accuracy/val"),
    ("train_acc", "train/accuracy", "acc", "accuracy", "Accuracy/train"),
)  # fmt: skip


def renamed(keys: Iterable[str], rng: Rng) -> dict[str, str]:
    """Old name -> new name of the columns of a run, in one style; two columns never get one name."""
    keys = list(keys)
    train, held_out = _OF_TRAINING[rng.integers(len(_OF_TRAINING))], _OF_EVAL[rng.integers(len(_OF_EVAL))]
    one_eval = len({m[0].lower() for k in keys if (m := _HELD_OUT.match(k))}) <= 1
    new = {key: _other(key, train, held_out if one_eval else None, rng) for key in keys}
    for clash in [name for name, n in Counter(name.lower() for name in new.values()).items() if n > 1]:
        new |= {key: key for key, name in new.items() if name.lower() == clash}
    taken = Counter(name.lower() for name in new.values())
    return new if max(taken.values(), default=1) == 1 else {key: key for key in keys}


def _other(key: str, train: str, held_out: str | None, rng: Rng) -> str:
    line = next((names for names in _WHOLE if key in names), None)
    if line is not None and (held_out is not None or not _HELD_OUT.match(key)) and rng.random() < 0.7:
        return str(rng.choice(line))
    if _TRAIN.match(key):
        return train + _leaf(_TRAIN.sub("", key), rng)
    if held_out is not None and _EVAL.match(key):
        return held_out + _leaf(_EVAL.sub("", key), rng)
    return _leaf(key, rng)


def _leaf(leaf: str, rng: Rng) -> str:
    line = next((names for names in _LEAVES if leaf in names), None)
    return leaf if line is None else str(rng.choice(line))
