"""What is known about a run besides its rows: one value for a whole scan.

A room for each thing that a config may state; here they come together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from analysis.columns.family import Family
from analysis.columns.profile import GENERIC, Profile
from analysis.facts import dataset, family, hardware, optimizer, plan
from analysis.facts.config import Config
from analysis.facts.precision import Precision, precision
from analysis.facts.schedule import Schedule, schedule
from analysis.facts.transport import Transport, transport

_WHATEVER_IS_PLANNED = frozenset({"entries", "_ending", "declared_family", "family", "pretrained", "offline", "clip"})


@dataclass(frozen=True, eq=False)
class Facts(Config):
    """The config of a run, and what it states. Every fact is worked out once, when it is first asked for.

    `stated_steps`: the planned steps where the source knows them; they are believed before the config.
    """

    stated_steps: int | None = None
    profile: Profile = GENERIC

    def same(self, other: Facts) -> bool:
        """Whether they state the same."""
        mine, others = ((f.stated_steps, f.profile, f.config) for f in (self, other))
        return mine == others

    def planned(self, steps: int) -> Facts:
        """The same, as if so many steps had been planned; what the config says besides is not looked for again."""
        other = Facts(self.config, steps, self.profile)
        vars(other).update((name, fact) for name, fact in vars(self).items() if name in _WHATEVER_IS_PLANNED)
        return other

    @cached_property
    def planned_steps(self) -> int | None:
        """In the run's own steps."""
        return plan.planned_steps(self) if self.stated_steps is None else self.stated_steps

    @cached_property
    def planned_epochs(self) -> float | None:
        """Passes over the data; what the plan is where steps are not stated."""
        return plan.planned_epochs(self)

    @cached_property
    def learning_starts(self) -> float | None:
        """Steps in which an agent only fills its buffer."""
        return plan.learning_starts(self)

    @cached_property
    def warmup(self) -> plan.Warmup:
        return plan.warmup(self, self.planned_steps)

    @cached_property
    def declared_family(self) -> Family:
        """The family where profile or config name the algorithm: no column says otherwise. Else UNKNOWN."""
        return family.declared(self) if self.profile.family is None else Family(self.profile.family)

    @cached_property
    def family(self) -> Family:
        """The family as profile or config say or hint. UNKNOWN: columns may tell (`Reading.families`)."""
        return family.hinted(self) if self.declared_family is Family.UNKNOWN else self.declared_family

    @cached_property
    def pretrained(self) -> bool:
        """Whether training starts from learnt weights: then it starts near its floor."""
        return family.pretrained(self)

    @cached_property
    def offline(self) -> bool:
        """Whether an agent learns from a data set alone."""
        return family.offline(self)

    @cached_property
    def transport(self) -> Transport:
        return transport(self)

    @cached_property
    def schedule(self) -> Schedule:
        return schedule(self)

    @cached_property
    def lr(self) -> float | None:
        """The learning rate that the schedule scales."""
        return optimizer.peak_lr(self)

    @cached_property
    def clip(self) -> float | None:
        """The norm that gradients are clipped to; None when unknown or off."""
        return optimizer.clip_norm(self)

    @cached_property
    def precision(self) -> Precision | None:
        """In which numbers it computes; None where the config does not say."""
        return precision(self)

    @cached_property
    def gpus(self) -> int | None:
        """How many GPUs the run trains on."""
        return hardware.gpus(self, self.family)

    @cached_property
    def data_size(self) -> float | None:
        """Frames or examples of the training set."""
        return dataset.data_size(self)

    @cached_property
    def accumulation(self) -> int | None:
        """Batches whose gradients are added up to one step of the optimiser."""
        return dataset.accumulation(self)

    @cached_property
    def whole_batch(self) -> float | None:
        """Samples per optimiser step over all GPUs."""
        return dataset.whole_batch(self, self.gpus)
