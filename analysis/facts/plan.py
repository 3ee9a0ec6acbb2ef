"""How long a run is planned to be, and its lr warm-up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.columns.vocabulary import word_set
from analysis.facts.config import Config
from analysis.model import Bools, Floats

# In the order in which they are believed: CleanRL's `num_steps` is the length of a rollout beside `total_timesteps`.
_STEPS = (
    "max_steps", "total_steps", "training_steps", "train_steps", "num_train_steps", "num_training_steps",
    "max_train_steps", "max_iters", "max_iterations", "total_iters", "train_iters", "total_timesteps", "num_iterations",
    "num_steps", "num_total_batches", "steps",
)  # fmt: skip
# Stable-Baselines3 and CleanRL, TD3, Spinning Up, Dopamine, DrQ, rlkit, d3rlpy, Nature DQN.
_BUFFERED = (
    "learning_starts", "learning_start", "start_learning", "start_timesteps", "start_steps", "min_replay_history",
    "num_seed_steps", "num_seed_frames", "seed_steps", "min_num_steps_before_training", "random_steps",
    "replay_start_size", "min_replay_size", "num_steps_sampled_before_learning_starts",
)  # fmt: skip
_OF_LR = word_set("lr scheduler warmup decay")
LONGEST_S = 366 * 86_400.0  # of a run
_TIMESTEPS = 10_000  # `num_timesteps` of an agent; that of a diffusion process is smaller
# A path with one of these counts something else: `warmup_steps`, `save_steps`, `n_action_steps`.
_OTHER_STEPS = word_set(
    "warmup save eval val validation test log logging print checkpoint ckpt decay accumulation accumulate grad "
    "gradient inference sampling sample denoise denoising diffusion noise obs action actions env episode rollout "
    "rollouts per every n ot sinkhorn scheduler lr anneal annealing start starts learning sanity delay update"
)
_EPOCHS = ("num_train_epochs", "num_epochs", "max_epochs", "total_epochs", "epochs")
# Rounds over one batch of rollouts, or a phase: no passes over the data.
_OTHER_EPOCHS = word_set("ppo update warmup n save eval val log patience decay cooldown close policy")


def planned_steps(config: Config) -> int | None:
    """Optimiser steps, or what the run counts instead (environment steps, iterations)."""
    steps = config.number(*_STEPS, without=_OTHER_STEPS, least=1)
    steps = steps or config.number("num_timesteps", without=_OTHER_STEPS, least=_TIMESTEPS)
    return None if steps is None else int(steps)


def learning_starts(config: Config) -> float | None:
    """Steps in which an agent only fills its buffer; None where it does not say."""
    return config.number(*_BUFFERED, without=_OF_LR, least=1)


def planned_epochs(config: Config) -> float | None:
    """Passes over the data; what the plan is where steps are not stated."""
    return config.number(*_EPOCHS, without=_OTHER_EPOCHS, least=1e-9)


def in_these_steps(planned: float, done: Floats, elapsed_s: Floats) -> Bools:
    """(n,) Whether a plan can be meant in the steps that are counted; True while the time is not known.

    At each point `done` steps have taken `elapsed_s`. A plan that would take more than a year even at the best pace so
    far (a run may pause) counts something else: environment steps, say, in a run that is logged per update.
    """
    with np.errstate(all="ignore"):
        pace = np.fmin.accumulate(np.where(done > 0, elapsed_s / done, np.nan))
        return np.asarray(~(pace * planned > LONGEST_S))


@dataclass(frozen=True, slots=True)
class Warmup:
    """The lr warm-up. `steps`: 0 where there is none, or its length in steps cannot be told; `share`: of the plan,
    where it is stated so."""

    steps: float
    share: float


def warmup(config: Config, planned_steps: int | None) -> Warmup:
    """In steps where these are stated, else as a share of the planned ones."""
    share = config.number("warmup_ratio", "warmup_frac", "warmup_fraction", least=0) or 0.0
    steps = config.number("warmup_steps", "num_warmup_steps", "lr_warmup_steps", "warmup_iters", least=0)
    return Warmup(share * (planned_steps or 0) if steps is None else steps, share)
