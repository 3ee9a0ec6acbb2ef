"""The learning-rate schedule that a config names."""

from __future__ import annotations

from analysis.facts.config import Config

_NAMES = (
    "lr_scheduler_type",
    "scheduler_type",
    "scheduler_name",
    "lr_scheduler",
    "scheduler",
    "lr_schedule",
    "lr_decay_style",
    "sched",
    "schedule",
    "learning_rate_scheduler",
)
_CYCLES = ("t_0", "num_cycles", "n_cycles", "cycle_steps", "cycle_length", "restart_period")


def stated_schedule(config: Config) -> str:
    """The lr schedule the config names, lower case; empty when it names none."""
    return next((text for n in _NAMES if (text := config.text(n))), "")


def never_rises(config: Config) -> bool:
    """Whether the config names a schedule that never goes up again after its warm-up."""
    name = stated_schedule(config)
    smooth = any(w in name for w in ("const", "cosine", "linear", "poly", "inverse", "rsqrt", "wsd"))
    if config.number(*_CYCLES, least=1) is not None:
        return False
    return smooth and not any(w in name for w in ("restart", "cycl", "cycle", "sgdr"))


def follows_kl(config: Config) -> bool:
    """Whether the lr is moved up and down by design, after the KL of each update: rsl_rl, skrl, rl_games.

    A KL to aim at is there for that, unless another schedule is named. (`target_kl` of others ends an epoch early.)
    """
    name = stated_schedule(config)
    return "adaptive" in name or (not name and config.number("desired_kl", "kl_threshold", least=0) is not None)


_DECAY = (
    "scheduler_decay_steps", "scheduler_steps", "lr_decay_iters", "lr_decay_steps", "num_decay_steps", "decay_steps",
    "t_max", "cosine_steps", "scheduler_total_steps", "num_training_steps",
)  # fmt: skip
_BY_ITSELF = ("adaptive", "plateau", "cycl", "restart", "sgdr")
_BY_DESIGN = (*_BY_ITSELF, "const", "wsd", "step", "none")


def decay_steps(config: Config) -> int | None:
    """Steps after which the lr is at its end; None where the config does not say."""
    stated = config.number(*_DECAY, least=1)
    return None if stated is None else int(stated)


def holds_by_design(config: Config) -> bool:
    """Whether the config names a schedule that holds an lr, moves it by what it sees, or starts over."""
    name = stated_schedule(config)
    return any(word in name for word in _BY_DESIGN) or moves_by_itself(config)


def moves_by_itself(config: Config) -> bool:
    """Whether the config names a schedule that moves an lr by what it sees, or starts over."""
    name = stated_schedule(config)
    return any(word in name for word in _BY_ITSELF) or config.number(*_CYCLES, least=1) is not None
