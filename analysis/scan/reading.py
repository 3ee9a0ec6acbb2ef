"""A run as it is read: its rows, what its config states, what its columns are. Once per analysis, then handed on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from analysis.columns.family import Family, ToldByNames
from analysis.columns.kinds import kind_of
from analysis.columns.names import words
from analysis.columns.profile import GENERIC, Profile
from analysis.columns.roles import RoleAssignment, assign_roles
from analysis.facts import Facts
from analysis.model import EPISODE, ROUND, ROW, STEP, Bools, Floats, History, Ints, Run, StepUnit
from analysis.scan import counting

T = TypeVar("T")

FARTHEST = 1e15  # steps beyond this are no steps, and would overflow


@dataclass(frozen=True, eq=False)
class Reading:
    """Everything that holds for the run as a whole. Each part is worked out when it is first asked for."""

    history: History
    facts: Facts
    ended: bool = False  # no row comes after the last
    counted_by: str = "_step"  # as in Run
    _cache: dict[object, object] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run, profile: Profile = GENERIC) -> Reading:
        return cls(run.history, Facts(run.config, run.planned_steps, profile), counted_by=run.counted_by)

    def in_the_end(self, steps: int) -> Reading:
        """The same of a run that has ended and so was its own plan; columns and their points do not depend on that."""
        other = Reading(self.history, self.facts.planned(steps), True, self.counted_by, self._cache)
        vars(other).update(roles=self.roles, at=self.at, families=self.families)
        return other

    def once(self, what: object, make: Callable[[], T]) -> T:
        """Works out once what depends on the rows and the columns alone, not on a plan."""
        if what not in self._cache:
            self._cache[what] = make()
        return self._cache[what]  # type: ignore[return-value]

    @cached_property
    def roles(self) -> RoleAssignment:
        """Which column holds which role, and what every column is."""
        found = assign_roles(self.history.columns, self.facts.profile, self.facts.family)
        # A file that counts its own steps is not counted in updates, of which there may be fewer.
        own, other = kind_of(self.counted_by), found.kinds.get(found.holder.get("step", ""))
        outranked = other is not None and own.role == "step" and own.rank < other.rank
        if self.counted_by == "_step" or not outranked:
            return found
        return replace(found, holder={role: key for role, key in found.holder.items() if role != "step"})

    @cached_property
    def step_key(self) -> str:
        """The run's own step column; that of its passes over the data where each record is one; else `_step`."""
        if (own := self.roles.holder.get("step")) is not None:
            return own
        key = self.epoch_key
        return key if key is not None and len(self._in_lockstep) and self._in_lockstep[-1] else "_step"

    def _known(self, key: str | None) -> Bools:
        """(rows,) from which row on a column is known."""
        column = self.history.columns.get(key or "")
        return np.arange(len(self.history)) >= (len(self.history) if column is None else int(column.rows[0]))

    @cached_property
    def _in_lockstep(self) -> Bools:
        """(rows,) whether each record so far was one more pass, as a column says."""
        return counting.in_lockstep(self.history, self.epoch_key)

    @cached_property
    def _an_episode_each(self) -> Bools:
        """(rows,) whether each record so far was one more episode, as a column says."""
        keys = (k for k in self.history.columns if counting.unit_of(k) == EPISODE)
        each = [counting.in_lockstep(self.history, k) for k in keys]
        return np.any(each, axis=0) if each else np.zeros(len(self.history), dtype=bool)

    @cached_property
    def in_passes(self) -> Bools:
        """(rows,) whether each record so far is known to be a pass over the data. Not once a column counts steps."""
        agent = self.is_family(np.arange(len(self.history)), Family.RL)
        guessed = counting.record_per_pass(self.history, self.roles.kinds.values(), self.facts, agent)
        passes = np.where(self._known(self.epoch_key), self._in_lockstep, guessed)
        return np.asarray(passes & ~self._known(self.roles.holder.get("step")))

    def unit(self, row: int) -> StepUnit:
        """What the run counts in, as far as it is known by a row."""
        own = self.roles.holder.get("step")
        known = own if own is not None and row >= int(self.history.columns[own].rows[0]) else self.counted_by
        named = counting.unit_of(known)
        if named not in (STEP, ROW):
            return named
        if self.in_passes[row] or counting.in_rounds(known, self.family_at(row), self.facts):
            return ROUND
        return EPISODE if own is None and self._an_episode_each[row] else named

    @cached_property
    def at(self) -> Floats:
        """(rows,) where the run stands in its own step column, carried forward; in passes where those are one with its
        records; else `_step`."""
        at = self.history.step.astype(np.float64)
        if self.epoch_key is not None and self._in_lockstep.any():
            passes = self.history.columns[self.epoch_key]
            at = np.where(self._in_lockstep, at - (at[passes.rows[0]] - passes.values[0]), at)
        key = self.roles.holder.get("step")
        if key is None:
            return at
        column = self.history.columns[key]
        good = np.isfinite(column.values)
        rows, values = column.rows[good], np.clip(column.values[good], -FARTHEST, FARTHEST)
        seen = np.searchsorted(rows, np.arange(len(self.history)), side="right") - 1
        own = values[np.maximum(seen, 0)] if len(rows) else np.zeros(len(seen))
        return np.where(seen >= 0, own, at)  # nothing else is known before its first value

    @cached_property
    def epoch_key(self) -> str | None:
        """The column that counts passes over the data: epoch, train/epoch, trainer/epoch; the first logged."""
        first = {k: (int(c.rows[0]), k) for k, c in self.history.columns.items() if words(k)[-1:] == ("epoch",)}
        named = [k for k in first if set(words(k)) <= {"epoch", "train", "trainer"}]
        return min(named, key=lambda k: first[k]) if named else None

    @cached_property
    def families(self) -> tuple[tuple[int, Family], ...]:
        """(row, family from that row on), ascending, from row 0 on."""
        hint = self.facts.family
        if self.facts.declared_family is not Family.UNKNOWN:
            return ((0, hint),)
        first = {key: int(column.rows[0]) for key, column in self.history.columns.items()} | {self.counted_by: 0}
        names, out = ToldByNames(first, hint), [(0, hint)]
        for row in sorted(set(first.values())):
            family = names.by(row)
            if family is not out[-1][1]:
                out.append((row, family))
        return tuple(out)

    @property
    def family(self) -> Family:
        """As far as it is known by the last row, from config or columns."""
        return self.families[-1][1]

    def family_at(self, row: int) -> Family:
        """As far as it is known by a row."""
        return next(family for since, family in reversed(self.families) if since <= row)

    def is_family(self, rows: Ints, *families: Family) -> Bools:
        """Whether the run was known, at each of these rows, to be of one of these families."""
        if len(self.families) == 1:
            return (np.ones if self.families[0][1] in families else np.zeros)(len(rows), dtype=bool)
        return np.asarray(self.once(("family", families), lambda: self._of_family(families))[rows])

    def _of_family(self, families: Collection[Family]) -> Bools:
        hit = np.array([family in families for _, family in self.families], dtype=bool)
        return np.asarray(hit[self._known_at])

    @cached_property
    def _known_at(self) -> Ints:
        """(rows,) which of `families` was known."""
        since = np.array([row for row, _ in self.families], dtype=np.int64)
        return np.asarray(np.searchsorted(since, np.arange(len(self.history)), side="right") - 1)
