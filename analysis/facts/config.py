"""Fixed facts of a scan: config, planned steps. Names in configs differ as much as metric names; they are looked up here.

A config is a nested mapping; `{"ot": {"reg": 1}}`, `{"ot.reg": 1}` and `{"ot_reg": 1}` are the same fact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from analysis.columns.family import Family, stated
from analysis.columns.profile import GENERIC, Profile, words

# In the order in which they are believed: CleanRL's `num_steps` is the length of a rollout beside `total_timesteps`.
PLANNED = (
    "max_steps", "total_steps", "training_steps", "train_steps", "num_train_steps", "num_training_steps",
    "max_train_steps", "max_iters", "max_iterations", "total_iters", "train_iters", "total_timesteps", "num_iterations",
    "num_steps", "steps",
)  # fmt: skip
# A path with one of these counts something else: `warmup_steps`, `save_steps`, `env.max_episode_steps`, `n_action_steps`.
NOT_PLANNED = {
    "warmup", "save", "eval", "val", "validation", "test", "log", "logging", "print", "checkpoint", "ckpt", "decay",
    "accumulation", "accumulate", "grad", "gradient", "inference", "sampling", "sample", "denoise", "denoising",
    "diffusion", "noise", "obs", "action", "actions", "env", "episode", "rollout", "rollouts", "per", "every", "n", "ot",
    "sinkhorn", "scheduler", "lr", "anneal", "annealing", "start", "starts", "learning", "sanity", "delay", "update",
}  # fmt: skip
EPOCHS = ("num_train_epochs", "num_epochs", "max_epochs", "total_epochs", "epochs")
# Rounds over one batch of rollouts, or a phase: no passes over the data.
NOT_PLANNED_EPOCHS = {
    "ppo", "update", "warmup", "n", "save", "eval", "val", "log", "patience", "decay", "cooldown", "close", "policy",
}  # fmt: skip
OT_WORDS = {"ot", "uot", "sinkhorn", "transport", "wasserstein"}


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known about a run besides its rows. One value for a whole scan."""

    config: Mapping[str, Any] = field(default_factory=dict)
    planned_steps: int | None = None
    profile: Profile = GENERIC

    def __post_init__(self) -> None:
        flat = {words(path): value for path, value in flatten(self.config)}
        object.__setattr__(self, "_flat", flat)
        if self.planned_steps is None:
            planned = self.number(*PLANNED, without=NOT_PLANNED, least=1)
            object.__setattr__(self, "planned_steps", int(planned) if planned is not None else None)

    @cached_property
    def family(self) -> Family:
        """As config or profile say it; where they do not, columns may (View.family)."""
        return stated(self)

    def value(self, *names: str, under: Set[str] | None = None, without: Set[str] = frozenset()) -> Any:
        """The value of the first name found; `a_b` matches `x.a.b`, `a.b`, `x.a_b`. The shortest path wins.

        `under`: some word of the path must be one of these. `without`: none may be.
        """
        flat: Mapping[tuple[str, ...], Any] = self._flat  # type: ignore[attr-defined]
        for name in names:
            tail = words(name)
            hits = [
                p
                for p in flat
                if p[-len(tail) :] == tail and (under is None or under & set(p)) and without.isdisjoint(p)
            ]
            if hits:
                return flat[min(hits, key=lambda p: (len(p), p))]
        return None

    def number(
        self, *names: str, under: Set[str] | None = None, without: Set[str] = frozenset(), least: float = -math.inf
    ) -> float | None:
        """Like `value`, for finite numbers >= `least`. Booleans are not numbers; "1e-5" is one."""
        for name in names:
            got = self.value(name, under=under, without=without)
            if isinstance(got, str):
                try:
                    got = float(got)
                except ValueError:
                    continue
            if isinstance(got, int | float) and not isinstance(got, bool) and math.isfinite(got) and got >= least:
                return float(got)
        return None

    def text(self, *names: str) -> str:
        """Like `value`, for text; lower case; empty when absent."""
        got = self.value(*names)
        return got.lower() if isinstance(got, str) else ""

    @property
    def planned_epochs(self) -> float | None:
        """Passes over the data as planned; what the plan is where steps are not stated."""
        return self.number(*EPOCHS, without=NOT_PLANNED_EPOCHS, least=1e-9)

    @property
    def lr(self) -> float | None:
        return self.number("optimizer_lr", "learning_rate", "lr", "base_lr", "max_lr", least=0)

    @property
    def clip(self) -> float | None:
        """Gradient clipping norm, None when unknown or off (0)."""
        got = self.number("grad_clip_norm", "max_grad_norm", "grad_clip", "clip_grad_norm", "gradient_clip_val",
                          "clip_grad", "grad_norm_clip", "clip_norm", least=0)  # fmt: skip
        return got or None

    @property
    def save_every(self) -> float | None:
        """Steps between checkpoints. A trainer that saves by epoch, or not at all, still states its idle default."""
        if (
            self.text("save_strategy").rsplit(".", 1)[-1] in {"epoch", "no", "best"}
            or self.value("save_checkpoint") is False
        ):
            return None
        return self.number("save_freq", "save_steps", "save_interval", "checkpoint_every", "save_every", least=1)


def flatten(config: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and depth < 12:
            yield from flatten(value, path, depth + 1)
        else:
            yield path, value


@dataclass(frozen=True, slots=True)
class Transport:
    """The entropic unbalanced OT problem of a run, as its config states it. None: not stated."""

    reg: float | None
    tau_src: float | None
    tau_tgt: float | None
    batch: float | None
    weight: float | None  # lambda_ot
    off: bool  # the config switches the term off
    warmup_steps: float

    @property
    def d(self) -> float | None:
        """D = reg + tau_src + tau_tgt of the mass law; None unless all three are stated."""
        if self.reg is None or self.tau_src is None or self.tau_tgt is None:
            return None
        total = self.reg + self.tau_src + self.tau_tgt
        return total if total > 0 else None


def transport(facts: Facts) -> Transport:
    """Reads the OT part of a config; names of POT, LeRobot forks and the usual home-made ones."""
    both = facts.number("reg_m", "tau", under=OT_WORDS, least=0)
    weight = facts.number("lambda_ot", "ot_weight", "ot_lambda", "ot_loss_weight", "ot_coef", least=0)
    enabled = facts.value("ot_enabled", "use_ot", "ot_enable", "enable_ot", "ot_use")
    return Transport(
        reg=facts.number("ot_reg", "reg", "epsilon", "eps", "entropic_reg", under=OT_WORDS, least=0),
        tau_src=facts.number("tau_src", "tau_a", "tau1", "tau_x", "tau_source", "rho_src", least=0)
        if both is None
        else both,
        tau_tgt=facts.number("tau_tgt", "tau_b", "tau2", "tau_y", "tau_target", "rho_tgt", least=0)
        if both is None
        else both,
        batch=facts.number("batch_size", "train_batch_size", "per_device_train_batch_size", least=1),
        weight=weight,
        off=enabled is False or weight == 0,
        warmup_steps=facts.number(
            "ot_warmup_steps", "ot_warmup", "lambda_ot_warmup_steps", "lambda_warmup_steps", least=0
        )
        or 0.0,
    )
