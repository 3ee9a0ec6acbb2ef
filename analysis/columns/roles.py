"""Which column plays which role in a run.

A *role* is what diagnoses ask for. Some kinds compete for one role (the total loss outranks a component), and the
column that is logged first keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import nsmallest

import numpy as np

from analysis.columns.agent_kinds import explores
from analysis.columns.captions import IN_TRAINING
from analysis.columns.evaluated import Company
from analysis.columns.family import HINTS, Family, ToldByNames
from analysis.columns.kinds import FIRST_GROUP, kind_of
from analysis.columns.names import UNKNOWN, Kind, taken_apart, words
from analysis.columns.objective_kinds import policy_kl
from analysis.columns.profile import GENERIC, Profile, kind_in
from analysis.columns.vocabulary import EVAL, FILLER, LOSS, OF_A_RETURN, RETURNS, RL, SOME_SCORE, TRAIN
from analysis.model import Column

# A run that logs only `train/l1_loss` has that as its loss: these kinds compete for that role too, behind any total.
_ALSO_LOSS = {"l1": 30, "component": 40}


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """Who holds which role, and since which row. `kinds` is per column."""

    kinds: Mapping[str, Kind]
    holder: Mapping[str, str]  # role -> key

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
    names, families = ToldByNames(first, family), dict[int, Family]()
    company, others = Company(columns), _Others(first)

    def known(row: int) -> Family:
        if family not in HINTS:
            return family
        if row not in families:
            families[row] = names.by(row)
        return families[row]

    kinds: dict[str, Kind] = {}
    claims: list[tuple[int, int, str, str]] = []
    for key in columns:
        row = first[key]
        kind = _of_a_value(kind_in(key, profile), row, others)
        if kind.role in _READ_TWO_WAYS or kind.name in {"rl_loss", "entropy"}:
            kind = _among(kind, key, known(row))
        if kind.role == "ref_kl" and _of_an_update(key, row, others):
            kind = replace(kind, role="approx_kl", rank=kind.rank + _BY_FAMILY)
        elif kind.role == "ref_kl" and _of_a_world_model(row, others):
            kind = replace(kind, role=None)
        if kind.role is None and kind.name == "score" and _earned(key, row, others, known):
            kind = replace(kind, role="reward", rank=kind.rank + _BY_FAMILY)
        kind = _of_two_networks(_of_two_domains(kind, row, others), row, others)
        kind = _of_values(kind, row, others, known)
        if kind.role == "temperature" and not _of_an_agent(key, row, others):
            kind = replace(kind, role=None)
        if kind == kind_of(key):  # neither a profile nor its company has said
            kind = company.evaluated(kind, row, known) or _total(key, row, columns, known) or kind
        if kind.role == "eval_score" and _of_rollouts(key, known(row)):
            kind = replace(kind, place=IN_TRAINING, rank=kind.rank + _BEHIND_TESTS)
        if kind.role == "lr" and kind.rank >= FIRST_GROUP and others.have_sibling(key, row):
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


_BEHIND_TESTS = 30  # of what is tried in order to learn, and so behind every set that is held out
_BY_FAMILY = 10  # behind a KL, or a loss, whose name says so itself


def _total(key: str, row: int, columns: Mapping[str, Column], known: Callable[[int], Family]) -> Kind | None:
    """What a bare `total` is where losses are logged beside it, from the same row on, and it counts nothing: theirs."""
    bag, value = set(words(key)), float(columns[key].values[0])
    if "total" not in bag or not bag <= TRAIN | {"total"} or value == np.round(value):
        return None
    heading = key.rpartition("/")[0]
    terms = [kind_of(k) for k, c in columns.items() if int(c.rows[0]) == row and k.rpartition("/")[0] == heading]
    lost = any(t.group == "train" and t.name in {"component", "l1"} and taken_apart(t.key).a_loss for t in terms)
    return replace(kind_of("total_loss"), key=key, rank=_BY_FAMILY) if lost and known(row) not in _NO_TOTAL else None


_OF_ANSWERS = {"completion", "completions", "response", "responses", "prompt", "token", "tokens", "rlhf", "objective"}
_EPISODES = {"ep", "episode", "episodes", "episodic"}


_OF_A_WORLD = {"image", "obs", "observation", "dyn", "dynamics", "rep", "transition", "model", "discount", "cont"}


def _models_a_world(bag: Set[str]) -> bool:
    return not bag.isdisjoint(_OF_A_WORLD) and not bag.isdisjoint(LOSS)


def _answers(bag: Set[str]) -> bool:
    return not bag.isdisjoint(_OF_ANSWERS)


def _lives_through_episodes(bag: Set[str]) -> bool:
    return not bag.isdisjoint(_EPISODES)


def _of_a_policy(bag: Set[str]) -> bool:
    """`pol_loss`: who writes that writes `val_loss` for the loss of the value."""
    return bag in ({"pol", "loss"}, {"pi", "loss"})


def _values(bag: Set[str]) -> bool:
    return not bag.isdisjoint({"q", "q1", "q2"}) and not bag.isdisjoint({"value", "values", "mean", "avg", "taken"})


def _fits_a_policy(bag: Set[str]) -> bool:
    of_policy = {"policy", "pol", "actor", "pi", "pg", "surrogate", "clip"}
    return "entropy" in bag or not (bag.isdisjoint(of_policy) or bag.isdisjoint(LOSS | {"fraction", "range"}))


def _comes_back(bag: Set[str]) -> bool:
    return bag in ({"cycle", "a"}, {"cycle", "b"})


_OF_AN_AGENT = RL - {"alpha", "v", "pi"} | RETURNS | {"entropy", "sac"}


def _acts(bag: Set[str]) -> bool:
    return not bag.isdisjoint(_OF_AN_AGENT)


class _Others:
    """The other columns, as those of them tell that were known by a row. Each question is put to a name once: of the
    columns that answer it, the two logged first are enough, whichever of them is asked about.
    """

    def __init__(self, first: Mapping[str, int]) -> None:
        self._first = first
        self._saying: dict[Callable[[Set[str]], bool], list[tuple[int, str]]] = {}

    def say(self, says: Callable[[Set[str]], bool], row: int, beside: str | None = None) -> bool:
        """Whether the words of one known by a row, `beside` left out, say so."""
        if says not in self._saying:
            saying = ((begun, key) for key, begun in self._first.items() if says(taken_apart(key).bag))
            self._saying[says] = nsmallest(2, saying)
        return any(begun <= row and key != beside for begun, key in self._saying[says])

    @cached_property
    def _alike(self) -> Mapping[tuple[str, ...], list[tuple[int, str]]]:
        alike: dict[tuple[str, ...], list[tuple[int, str]]] = {}
        for key, begun in self._first.items():
            alike.setdefault(_unnumbered(key), []).append((begun, key))
        return {pattern: nsmallest(2, columns) for pattern, columns in alike.items()}

    def have_sibling(self, key: str, row: int) -> bool:
        """Whether columns whose names differ from this one's by a number only were known by this row."""
        return any(begun <= row and other != key for begun, other in self._alike[_unnumbered(key)])


def _unnumbered(key: str) -> tuple[str, ...]:
    return tuple(word.rstrip("0123456789") for word in words(key))


def _of_a_world_model(row: int, others: _Others) -> bool:
    """Whether an agent learns a model of its world (Dreamer): a KL that says no more is of its latent states."""
    return others.say(_models_a_world, row) and not others.say(_answers, row)


def _of_an_update(key: str, row: int, others: _Others) -> bool:
    """Whether a KL that says no more is that of an agent's update: one that lives through episodes has no reference
    model to stay near, and one that answers has no episodes."""
    if {"ref", "reference", "objective", "penalty"} & set(words(key)):
        return False
    return others.say(_lives_through_episodes, row) and not others.say(_answers, row)


def _of_a_value(kind: Kind, row: int, others: _Others) -> Kind:
    """`val_loss` beside `pol_loss` is no validation."""
    abbreviated = kind.role == "eval_loss" and set(words(kind.key)) == {"val", "loss"}
    return replace(kind_of("value_loss"), key=kind.key) if abbreviated and others.say(_of_a_policy, row) else kind


def _earned(key: str, row: int, others: _Others, known: Callable[[int], Family]) -> bool:
    """Whether a score that says no more is what an agent earned: it lives through episodes, or explores; or what it
    answers is graded (`critic/score/mean` of verl, where no reward is logged)."""
    if not set(words(key)) <= OF_A_RETURN | SOME_SCORE:
        return False
    if others.say(_answers, row):
        return known(row) is Family.RL
    return others.say(_lives_through_episodes, row) or others.say(explores, row)


def _of_values(kind: Kind, row: int, others: _Others, known: Callable[[int], Family]) -> Kind:
    """The loss of an agent that fits values and no policy, as DQN does, is that of a critic: it explores by chance, or
    logs its values."""
    if kind.role != "loss" or known(row) is not Family.RL or others.say(_fits_a_policy, row):
        return kind
    if not others.say(explores, row) and not others.say(_values, row):
        return kind
    return replace(kind, name="rl_loss", role="critic_loss", rank=kind.rank + _BY_FAMILY)


_NETWORKS = {"d": "d_loss", "g": "g_loss"}


def _of_two_domains(kind: Kind, row: int, others: _Others) -> Kind:
    """`D_A` and `G_B`, which CycleGAN logs beside `cycle_A`: the loss of one of two networks in one of two domains."""
    w = words(kind.key)
    if kind.name != UNKNOWN or len(w) < 2 or w[-2] not in _NETWORKS or w[-1] not in {"a", "b"}:
        return kind
    if not others.say(_comes_back, row):
        return kind
    return replace(kind, name="gan_loss", group="train", role=_NETWORKS[w[-2]], rank=len(w))


def _discriminates(bag: Set[str]) -> bool:
    return bag - TRAIN == {"d"}


def _generates(bag: Set[str]) -> bool:
    return bag - TRAIN == {"g"}


def _of_two_networks(kind: Kind, row: int, others: _Others) -> Kind:
    """`d` beside `g`, as StyleGAN's progress bar has it: the losses of both networks."""
    bag = set(words(kind.key)) - TRAIN
    mate = {"d": _generates, "g": _discriminates}.get(next(iter(bag)) if len(bag) == 1 else "")
    if kind.name != UNKNOWN or mate is None or not others.say(mate, row):
        return kind
    role = _NETWORKS[next(iter(bag))]
    return replace(kind, name="gan_loss", group="train", role=role, rank=len(words(kind.key)))


def _of_an_agent(key: str, row: int, others: _Others) -> bool:
    """Whether other columns are an agent's: contrastive models and codebooks have a temperature, too."""
    return others.say(_acts, row, beside=key)


_TRAINED_IN = TRAIN | {"env", "envs", "interaction", "collect"}


def _of_rollouts(key: str, family: Family) -> bool:
    """Whether a score is of what is tried in order to learn. An imitator's rollouts are its evaluation."""
    bag = set(words(key))
    rolled_out = family is Family.RL and bag & {"rollout", "rollouts"}
    return not bag & EVAL and bool(bag & _TRAINED_IN or rolled_out)


_READ_TWO_WAYS = {"kl", "reward", "entropy"}
# An agent and a GAN have no loss that falls as they get better: a term of it is not watched in its place.
_NO_TOTAL = {Family.RL, Family.GAN}


def _among(kind: Kind, key: str, family: Family) -> Kind:
    """What a name that reads in two ways is in a run of this family.

    The KL of an agent is to a reference, not of a posterior; the rewards of preference tuning are scores of answers;
    the entropy of a language model that is fitted to text falls as it learns, and is no policy's. The critic of a GAN
    is its discriminator.
    """
    if kind.name == "rl_loss" and family is Family.GAN and "critic" in words(key) and kind.group == "train":
        whole = set(words(key)) <= FILLER | {"critic"}
        return replace(kind, name="gan_loss", role="d_loss" if whole else None, rank=len(words(key)))
    if kind.role == "kl" and family in {Family.RL, Family.PREFERENCE}:
        return policy_kl(key, kind.group)
    if kind.role == "reward" and family is Family.PREFERENCE:
        return replace(kind, role=None)
    if kind.name == "entropy" and kind.measure and family is Family.RL:
        return replace(kind, role="entropy")
    if kind.role == "entropy" and family not in {Family.RL, Family.UNKNOWN}:
        return replace(kind, role=None, measure="")
    return kind
