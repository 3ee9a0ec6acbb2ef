"""How many rollouts stand behind one evaluation: as the config states, or as the logged rates give away."""

from __future__ import annotations

import numpy as np

from analysis.arrays import eval_noise
from analysis.columns.names import words
from analysis.columns.vocabulary import word_set
from analysis.facts.config import Config
from analysis.model import Floats

# Rates of success, counted over episodes: only these are k of n.
_COUNTED = word_set("success win wins winrate solved")
_EPISODES = (
    "n_eval_episodes", "num_eval_episodes", "eval_n_episodes", "eval_num_episodes", "eval_episodes",
    "num_episodes_eval", "n_eval_rollouts", "num_eval_rollouts", "eval_rollouts", "n_test_rollouts",
    "num_trials_per_task", "rollout_n", "num_rollouts", "n_rollouts", "n_test",
)  # fmt: skip
_EVAL = word_set("eval evaluation test val validation")


def stated_episodes(config: Config) -> float | None:
    """Rollouts behind one eval, as the config states them; None where it does not."""
    return config.number(*_EPISODES, least=1) or config.number(
        "n_episodes", "num_episodes", "episodes", under=_EVAL, least=1
    )


def episodes(config: Config, key: str, rates: Floats) -> Floats:
    """(n,) rollouts behind each rate of success (0..1) of a column; NaN where unknown, and for what is no such rate."""
    if _COUNTED.isdisjoint(words(key)):
        return np.full(len(rates), np.nan)
    stated = stated_episodes(config)
    return eval_noise.common_denominator(rates) if stated is None else np.full(len(rates), stated)
