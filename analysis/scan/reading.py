"""A run as it is read: its rows, what its config states, what its columns are. Once per analysis, then handed on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.columns.family import Family, told_by
from analysis.columns.names import words
from analysis.columns.profile import GENERIC, Profile
from analysis.columns.roles import RoleAssignment, assign_roles
from analysis.facts import Facts
from analysis.model import Bools, Floats, History, Ints, Run

FARTHEST = 1e15  # steps beyond this are no steps, and would overflow


@dataclass(frozen=True, eq=False)
class Reading:
    """Everything that holds for the run as a whole. Each part is worked out when it is first asked for."""

    history: History
    facts: Facts

    @classmethod
    def of(cls, run: Run, profile: Profile = GENERIC) -> Reading:
        return cls(run.history, Facts(run.config, run.planned_steps, profile))

    @cached_property
    def roles(self) -> RoleAssignment:
        """Which column holds which role, and what every column is."""
        return assign_roles(self.history.columns, self.facts.profile, self.facts.family)

    @property
    def step_key(self) -> str:
        """The run's own step column; `_step` where it has none."""
        return self.roles.holder.get("step", "_step")

    @cached_property
    def at(self) -> Floats:
        """(rows,) where the run stands in its own step column, carried forward; `_step` where it has none."""
        key = self.roles.holder.get("step")
        if key is None:
            return self.history.step.astype(np.float64)
        column = self.history.columns[key]
        good = np.isfinite(column.values)
        rows, values = column.rows[good], np.clip(column.values[good], -FARTHEST, FARTHEST)
        seen = np.searchsorted(rows, np.arange(len(self.history)), side="right") - 1
        own = values[np.maximum(seen, 0)] if len(rows) else np.zeros(len(seen))
        return np.where(seen >= 0, own, self.history.step)  # nothing else is known before its first value

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
        first = {key: int(column.rows[0]) for key, column in self.history.columns.items()}
        out = [(0, hint)]
        for row in sorted(set(first.values())):
            family = told_by((key for key, begun in first.items() if begun <= row), hint)
            if family is not out[-1][1]:
                out.append((row, family))
        return tuple(out)

    @property
    def family(self) -> Family:
        """As far as it is known by the last row, from config or columns."""
        return self.families[-1][1]

    def is_family(self, rows: Ints, *families: Family) -> Bools:
        """Whether the run was known, at each of these rows, to be of one of these families."""
        if len(self.families) == 1:
            return np.full(len(rows), self.family in families)
        hit = np.array([family in families for _, family in self.families], dtype=bool)
        return np.asarray(hit[self._known_at[rows]])

    @cached_property
    def _known_at(self) -> Ints:
        """(rows,) which of `families` was known."""
        since = np.array([row for row, _ in self.families], dtype=np.int64)
        return np.asarray(np.searchsorted(since, np.arange(len(self.history)), side="right") - 1)
