"""What a team calls its columns, where names alone cannot tell: a profile says what they are.

A *kind* is what a name says a column is (`analysis.columns.kinds`): its Chinese label, its group, which direction is
better. A profile has the last word on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from analysis.columns.kinds import kind_of
from analysis.columns.names import Direction, Group, Kind


@dataclass(frozen=True, slots=True)
class Naming:
    """One line of a profile: columns that match a pattern (`*`, `?`) are this. None: as their name says."""

    match: str
    role: str | None = None
    label: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What the columns of a family of runs are called. The first matching line counts; other names speak alone."""

    name: str
    namings: tuple[Naming, ...] = ()
    family: str | None = None  # a name of analysis.columns.family.Family; None: config and columns tell


GENERIC = Profile("generic")

# The kind of column that holds a role, for names that do not say it: its name, group and direction.
_OF_ROLE: Mapping[str, tuple[str, Group, Direction]] = {
    "loss": ("loss", "train", "min"),
    "component": ("l1", "train", "min"),
    "part": ("component", "train", "min"),
    "kl": ("kl", "train", "min"),
    "grad_norm": ("grad_norm", "train", "none"),
    "lr": ("lr", "train", "none"),
    "data_time": ("data_time", "train", "none"),
    "update_time": ("update_time", "train", "none"),
    "ot_mass": ("ot_mass", "train", "target"),
    "ot_diag": ("ot_diag", "train", "none"),
    "ot_cost": ("ot_cost", "train", "none"),
    "ot_loss": ("ot_loss", "train", "none"),
    "eval_loss": ("eval_loss", "eval", "min"),
    "eval_score": ("eval_score", "eval", "max"),
    "reward": ("score", "train", "max"),
    "entropy": ("entropy", "train", "none"),
    "approx_kl": ("policy_kl", "train", "none"),
    "explained_variance": ("explained_variance", "train", "none"),
    "d_loss": ("gan_loss", "train", "none"),
    "g_loss": ("gan_loss", "train", "none"),
    "step": ("step", "other", "none"),
    "stage": ("stage", "train", "none"),
    "batch_size": ("batch_size", "train", "none"),
    "beta": ("weight", "train", "none"),
    "memory": ("system", "system", "none"),
}
ROLES = tuple(_OF_ROLE)


def kind_in(key: str, profile: Profile) -> Kind:
    """The kind of a column in a family of runs."""
    kind = kind_of(key)
    line = next((n for n in profile.namings if fnmatchcase(key, n.match)), None)
    if line is None:
        return kind
    if line.role is not None and line.role != kind.role:
        name, group, direction = _OF_ROLE[line.role]
        kind = replace(kind, name=name, group=group, direction=direction, role=line.role, rank=0)
    if line.label:
        kind = kind.labelled(line.label)
    return kind if line.direction is None else replace(kind, direction=line.direction)
