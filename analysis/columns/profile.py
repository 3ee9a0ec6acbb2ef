"""Which column plays which role in a run.

A *kind* is what a name says a column is (`analysis.columns.kinds`): its Chinese label, its group, which direction is better. A
*role* is a seat that diagnoses ask for: some kinds compete for one seat (the total loss outranks a component), and the
column that is logged first keeps it. Where names alone cannot tell, a profile does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from analysis.columns.family import HINTS, Family, told_by
from analysis.columns.kinds import FIRST_GROUP, kind_of
from analysis.columns.names import Direction, Group, Kind, words
from analysis.columns.objective_kinds import policy_kl
from analysis.columns.vocabulary import EVAL, FILLER, RETURNS, RL, TRAIN
from analysis.model import Column

__all__ = [
    "EVAL",
    "GENERIC",
    "RETURNS",
    "RL",
    "ROLES",
    "TRAIN",
    "Kind",
    "Naming",
    "Profile",
    "RoleAssignment",
    "assign_roles",
    "kind_in",
    "kind_of",
    "same_quantity",
    "words",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Naming:
    """One line of a profile: columns that match a pattern (`*`, `?`) are this. None: as their name says."""

    match: str
    role: str | None = None
    label: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What the columns of a family of runs are called. The first matching line counts; other names speak for themselves."""

    name: str
    namings: tuple[Naming, ...] = ()
    family: str | None = None  # a name of analysis.columns.family.Family; None: config and columns tell


GENERIC = Profile("generic")

# The kind of column that holds a role, for names that do not say it: its name, group, direction and rank.
_OF_ROLE: Mapping[str, tuple[str, Group, Direction]] = {
    "loss": ("loss", "train", "min"), "component": ("l1", "train", "min"), "part": ("component", "train", "min"),
    "kl": ("kl", "train", "min"), "grad_norm": ("grad_norm", "train", "none"), "lr": ("lr", "train", "none"),
    "data_time": ("data_time", "train", "none"), "update_time": ("update_time", "train", "none"),
    "ot_mass": ("ot_mass", "train", "target"), "ot_diag": ("ot_diag", "train", "none"), "ot_cost": ("ot_cost", "train", "none"),
    "ot_loss": ("ot_loss", "train", "none"), "eval_loss": ("eval_loss", "eval", "min"), "eval_score": ("eval_score", "eval", "max"),
    "reward": ("score", "train", "max"), "entropy": ("entropy", "train", "none"), "approx_kl": ("policy_kl", "train", "none"),
    "explained_variance": ("explained_variance", "train", "none"), "d_loss": ("gan_loss", "train", "none"),
    "g_loss": ("gan_loss", "train", "none"), "step": ("step", "other", "none"), "stage": ("stage", "train", "none"),
    "batch_size": ("batch_size", "train", "none"), "beta": ("weight", "train", "none"), "memory": ("system", "system", "none"),
}  # fmt: skip
ROLES = tuple(_OF_ROLE)


def kind_in(key: str, profile: Profile) -> Kind:
    """The kind of a column in a family of runs."""
    kind = kind_of(key)
    line = next((n for n in profile.namings if fnmatchcase(key, n.match)), None)
    if line is None:
        return kind
    if line.role is not None and line.role != kind.role:
        name, group, direction = _OF_ROLE[line.role]
        kind = Kind(name, kind.label, group, direction, line.role)
    return replace(kind, label=line.label or kind.label, direction=line.direction or kind.direction)


# A run that logs only `train/l1_loss` has that as its loss: these kinds compete for that seat too, behind any total.
_ALSO_LOSS = {"l1": 30, "component": 40}


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """Who holds which role, and since which row. `kinds` is per column."""

    kinds: Mapping[str, Kind]
    holder: Mapping[str, str]  # single seats: role -> key

    def role(self, key: str) -> str | None:
        """The role a column holds, or None."""
        kind = self.kinds[key]
        return kind.role if kind.role is not None and self.holder.get(kind.role) == key else None


def assign_roles(
    columns: Mapping[str, Column], profile: Profile = GENERIC, family: Family = Family.UNKNOWN
) -> RoleAssignment:
    """Gives each role to the column logged first; within one row to the lowest rank, then to the first name.

    A column that comes later may fill a free role, never takes one away: so what is decided stays decided. `family`: as
    config or profile state it; where they do not, the columns known when a column is first logged tell.
    """
    first = {key: int(column.rows[0]) for key, column in columns.items()}
    families: dict[int, Family] = {}

    def known(row: int) -> Family:
        if family not in HINTS:
            return family
        if row not in families:
            families[row] = told_by((key for key, begun in first.items() if begun <= row), family)
        return families[row]

    kinds: dict[str, Kind] = {}
    claims: list[tuple[int, int, str, str]] = []
    for key in columns:
        kind, row = kind_in(key, profile), first[key]
        if kind.role in _READ_TWO_WAYS or kind.name == "rl_loss":
            kind = _among(kind, key, known(row))
        if kind.role == "lr" and kind.rank >= FIRST_GROUP and _has_siblings(key, row, first):
            kind = replace(kind, role=None)
        kinds[key] = kind
        if kind.role is None:
            continue
        claims.append((row, kind.rank, key, kind.role))
        if kind.group == "train" and kind.name in _ALSO_LOSS and known(row) not in _NO_TOTAL:
            claims.append((row, kind.rank + _ALSO_LOSS[kind.name], key, "loss"))
    holder: dict[str, str] = {}
    for _, _, key, role in sorted(claims):
        holder.setdefault(role, key)
    return RoleAssignment(kinds, holder)


_READ_TWO_WAYS = {"kl", "reward", "entropy"}
# An agent and a GAN have no loss that falls as they get better: a term of it is not watched in its place.
_NO_TOTAL = {Family.RL, Family.GAN}


def _has_siblings(key: str, row: int, first: Mapping[str, int]) -> bool:
    """Whether columns whose names differ from this one's by a number only were known by this row."""
    pattern = [word.rstrip("0123456789") for word in words(key)]
    return any(
        begun <= row and other != key and [word.rstrip("0123456789") for word in words(other)] == pattern
        for other, begun in first.items()
    )


def _among(kind: Kind, key: str, family: Family) -> Kind:
    """What a name that reads in two ways is in a run of this family.

    The KL of an agent is to a reference, not of a posterior; the rewards of preference tuning are scores of answers; the
    entropy of a language model that is fitted to text falls as it learns, and is no policy's. The critic of a GAN is its
    discriminator.
    """
    if kind.name == "rl_loss" and family is Family.GAN and "critic" in words(key) and kind.group == "train":
        whole = set(words(key)) <= FILLER | {"critic"}
        return replace(kind, name="gan_loss", role="d_loss" if whole else None, rank=len(words(key)))
    if kind.role == "kl" and family in {Family.RL, Family.PREFERENCE}:
        return policy_kl(key, kind.group)
    if kind.role == "reward" and family is Family.PREFERENCE:
        return replace(kind, role=None)
    if kind.role == "entropy" and family not in {Family.RL, Family.UNKNOWN}:
        return replace(kind, role=None, label=key)
    return kind


def same_quantity(train: str, evaluation: str) -> bool:
    """Whether a train and an eval column measure the same thing: same words once split and averaging are taken away."""
    return _quantity(train) == _quantity(evaluation) != frozenset()


def _quantity(key: str) -> frozenset[str]:
    left = {
        w
        for w in words(key)
        if w not in TRAIN | EVAL | {"avg", "mean", "step", "epoch", "total", "running", "on", "losses"}
    }
    if "l1" in left or "mse" in left:
        left -= {"loss", "action"}
    return frozenset(left)
