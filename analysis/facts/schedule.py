"""The learning-rate schedule that a config names."""

from __future__ import annotations

from dataclasses import dataclass

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


_DECAY = (
    "scheduler_decay_steps", "scheduler_steps", "lr_decay_iters", "lr_decay_steps", "num_decay_steps", "decay_steps",
    "t_max", "cosine_steps", "scheduler_total_steps", "num_training_steps",
)  # fmt: skip
_BY_ITSELF = ("adaptive", "plateau", "cycl", "restart", "sgdr")
_BY_DESIGN = (*_BY_ITSELF, "const", "wsd", "step", "none")


@dataclass(frozen=True, slots=True)
class Schedule:
    """name         lower case; empty where the config names none
    cycles       it says how long its cycles are
    desires_kl   a KL is there to be aimed at
    decay_steps  after which the lr is at its end; None where the config does not say
    """

    name: str
    cycles: bool
    desires_kl: bool
    decay_steps: int | None

    @property
    def never_rises(self) -> bool:
        """Whether it never goes up again after its warm-up."""
        return (
            not self.cycles
            and self._is("const", "cosine", "linear", "poly", "inverse", "rsqrt", "wsd")
            and not self._is("restart", "cycl", "cycle", "sgdr")
        )

    @property
    def constant(self) -> bool:
        """Whether it stays where the config puts it, after its warm-up."""
        return self._is("const") and not self._is("cos", "linear", "decay", "wsd")

    @property
    def follows_kl(self) -> bool:
        """Whether the lr is moved up and down by design, after the KL of each update: rsl_rl, skrl, rl_games.

        A KL to aim at is there for that, unless another schedule is named. (`target_kl` of others ends an epoch early.)
        """
        return self._is("adaptive") or (not self.name and self.desires_kl)

    @property
    def holds_by_design(self) -> bool:
        """Whether it holds an lr, moves it by what it sees, or starts over."""
        return self._is(*_BY_DESIGN) or self.moves_by_itself

    @property
    def moves_by_itself(self) -> bool:
        """Whether it moves an lr by what it sees, or starts over."""
        return self._is(*_BY_ITSELF) or self.cycles

    def _is(self, *words: str) -> bool:
        return any(word in self.name for word in words)


def schedule(config: Config) -> Schedule:
    """What the config says of it."""
    decay = config.number(*_DECAY, least=1)
    return Schedule(
        name=next((text for n in _NAMES if (text := config.text(n))), ""),
        cycles=config.number(*_CYCLES, least=1) is not None,
        desires_kl=config.number("desired_kl", "kl_threshold", least=0) is not None,
        decay_steps=None if decay is None else int(decay),
    )
