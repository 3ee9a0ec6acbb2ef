"""What a diagnosis sees: the points of a role, without resumes, with the facts beside them.

A run that was resumed from step s is seen as the points below s followed by the new ones. `View` is one such stretch;
rows keep their number in the whole history, so that what is decided is stamped with the row that was read then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.descent import Descent, descent
from analysis.arrays.gain import Gain, gain
from analysis.arrays.unrisen import Unrisen, unrisen
from analysis.columns.family import Family
from analysis.columns.names import Kind
from analysis.columns.roles import RoleAssignment
from analysis.facts import Facts, plan
from analysis.model import Bools, Floats, History, Ints
from analysis.scan.reading import Reading

T = TypeVar("T")

BURN_IN = 0.02  # of the plan
MOST_BURN_IN = 30  # points, however long the plan
SETTLED = 0.05  # of the plan: first batches and caches are over, a norm or a posterior has come down to its level
SETTLED_RECORDS = 40  # the same where planned steps are unknown
ENOUGH = 4  # times the points that are asked for without a plan
LEVEL_RECORDS = 5  # of lr without a new high: its warm-up is over


@dataclass(frozen=True, eq=False)
class Points:
    """The logged points of one column within a view.

    rows   (n,) row in the whole history
    step   (n,) `_step`
    at     (n,) where the run stands in its own step column; `_step` where it has none
    x      (n,) values; finite only, unless asked for all
    """

    key: str
    kind: Kind
    rows: Ints
    step: Ints
    at: Floats
    x: Floats
    _cache: dict[object, object] = field(default_factory=dict, init=False)

    def __len__(self) -> int:
        return len(self.x)

    def median(self, window: int, least: int = 1) -> Floats:
        """(n,) rolling median of the values."""
        if least > 1:
            return self.once((window, least), lambda: rolling.of_known(self.median(window), self.x, window, least))
        return self.once((window, 1), lambda: rolling.rolling_median(self.x, window))

    def median_at(self, at: Ints, window: int) -> Floats:
        """(k,) the same at some points only, for columns that are much sparser; NaN at -1, before the first."""
        return rolling.windows(self.x, np.maximum(at + 1 - window, 0), at + 1)[1]

    def once(self, what: object, make: Callable[[], T]) -> T:
        """Works out once what several ask for, from these points alone. Nobody writes to it."""
        if what not in self._cache:
            made = self._cache[what] = make()
            if isinstance(made, np.ndarray):
                made.setflags(write=False)
        return self._cache[what]  # type: ignore[return-value]

    @cached_property
    def plain_noise(self) -> Floats:
        """(n,) of the values, not their logarithms."""
        return rolling.noise(self.x)

    @cached_property
    def log(self) -> Floats:
        """ln x, NaN from the first negative value on (a reward, a negative ELBO): ratio tests stop there."""
        return rolling.log_scale(self.x)

    @cached_property
    def after_first_negative(self) -> Bools:
        """(n,) from the first negative value on: what a ratio test had raised is over."""
        return np.asarray(np.arange(len(self.x)) >= rolling.negative_from(self.x))

    @cached_property
    def noise(self) -> Floats:
        return rolling.noise(self.log)

    @cached_property
    def gain(self) -> Gain:
        """How far it has come, where larger is better."""
        return gain(self.x)

    @cached_property
    def descent(self) -> Descent:
        """What it has lost again, where larger is better."""
        return descent(self.x)

    @cached_property
    def unrisen(self) -> Unrisen:
        """Whether it has ever left its first level, where larger is better."""
        return unrisen(self.x)

    @cached_property
    def unfallen(self) -> Unrisen:
        """The same, where smaller is better."""
        return unrisen(-self.x)

    def where(self, kept: Bools) -> Points:
        """Only these points; which is decided for each by itself."""
        return (
            self
            if kept.all()
            else replace(self, rows=self.rows[kept], step=self.step[kept], at=self.at[kept], x=self.x[kept])
        )

    def recent(self, row: int, count: int) -> Floats:
        """The last `count` values known at `row`; fewer, or none, where there were fewer."""
        end = int(np.searchsorted(self.rows, row, side="right"))
        return self.x[max(0, end - count) : end]

    def value(self, row: int) -> float | None:
        """The last value known at `row`; None where there was none yet."""
        known = self.recent(row, 1)
        return float(known[0]) if len(known) else None


@dataclass(frozen=True, eq=False)
class View:
    """One stretch of a run. `rows` are the rows it consists of, ascending in the order they were logged."""

    reading: Reading
    rows: Ints
    _cache: dict[object, object] = field(default_factory=dict, init=False)
    _of_role: dict[str, Points | None] = field(default_factory=dict, init=False)

    @classmethod
    def whole(cls, reading: Reading) -> View:
        """Every row, whether the run was resumed or not."""
        return cls(reading, np.arange(len(reading.history), dtype=np.int64))

    @property
    def history(self) -> History:
        return self.reading.history

    @property
    def facts(self) -> Facts:
        return self.reading.facts

    @property
    def roles(self) -> RoleAssignment:
        return self.reading.roles

    @property
    def at(self) -> Floats:
        """(rows of the history,) the run's own step, carried forward."""
        return self.reading.at

    def once(self, what: object, make: Callable[[], T]) -> T:
        """Computes a shared intermediate once per view."""
        if what not in self._cache:
            self._cache[what] = make()
        return self._cache[what]  # type: ignore[return-value]

    def column(self, key: str, finite: bool = True) -> Points:
        """The points of one column; with `finite` the NaN and ±Inf that were logged are left out."""
        if len(self.rows) == len(self.history):
            return self.reading.once((key, finite), lambda: self._column(key, finite))
        return self.once((key, finite), lambda: self._column(key, finite))

    def _column(self, key: str, finite: bool) -> Points:
        column = self.history.columns[key]
        if len(self.rows) == len(self.history):
            rows, x = column.rows, column.values
        else:
            kept = self._member[column.rows]
            rows, x = column.rows[kept], column.values[kept]
        if finite and not (good := np.isfinite(x)).all():
            rows, x = rows[good], x[good]
        if len(rows) == len(self.history):  # of every row: nothing to copy
            return Points(key, self.roles.kinds[key], rows, self.history.step, self.at, x)
        return Points(key, self.roles.kinds[key], rows, self.history.step[rows], self.at[rows], x)

    @cached_property
    def _member(self) -> Bools:
        """(rows of the history,) whether each is one of this stretch."""
        member = np.zeros(len(self.history), dtype=bool)
        member[self.rows] = True
        return member

    def role(self, role: str) -> Points | None:
        """The finite points of the column that holds a role; None when no column does."""
        if role not in self._of_role:
            key = self.roles.holder.get(role)
            self._of_role[role] = None if key is None else self.column(key)
        return self._of_role[role]

    def is_family(self, points: Points, *families: Family) -> Bools:
        """Whether the run was known, at each point, to be of one of these families."""
        return self.reading.is_family(points.rows, *families)

    def logged_by_third_point(self, key: str, points: Points) -> bool:
        """Whether a column was logged by the third of `points`: only then may it take part in what is decided there."""
        return len(points) < 3 or int(self.history.columns[key].rows[0]) <= int(points.rows[2])

    def prefer(self, first: str, second: str) -> Points | None:
        """The points of the first role if they came early enough to be asked instead of the second's, else those."""
        a, b = self.role(first), self.role(second)
        return a if a is not None and (b is None or self.logged_by_third_point(a.key, b)) else b

    def keys(self, *kinds: str) -> list[str]:
        """Every column of these kinds, by name."""
        return sorted(key for name in {*kinds} for key in self._of_kind.get(name, ()))

    @cached_property
    def _of_kind(self) -> dict[str, list[str]]:
        """Columns by the name of their kind."""
        found: dict[str, list[str]] = {}
        for key, kind in self.roles.kinds.items():
            found.setdefault(kind.name, []).append(key)
        return found

    def at_end(self, points: Points) -> Bools:
        """(n,) whether each point is the last that there will ever be; that of a run which goes on is not."""
        ended = self.reading.ended and len(self.rows) > 0 and self.rows[-1] == len(self.history) - 1
        return np.asarray(ended & (np.arange(len(points)) == len(points) - 1))

    def progress(self, points: Points) -> Floats:
        """Share of the plan at each point: by planned steps, else by its epochs over the planned ones, else NaN."""
        return self.once((points, "progress"), lambda: self._progress(points))

    def _progress(self, points: Points) -> Floats:
        if (steps := self.facts.planned_steps) is not None:
            done, elapsed = points.at - self.at[self.rows[0]], self._elapsed(points)
            return np.where(plan.in_these_steps(steps, done, elapsed), points.at / steps, np.nan)
        planned = self.facts.planned_epochs
        return np.full(len(points), np.nan) if planned is None else self.epochs(points) / planned

    def _elapsed(self, points: Points) -> Floats:
        """(n,) seconds since the first row of the stretch; NaN where no time is logged."""
        h = self.history
        t = h.timestamp if np.isfinite(h.timestamp[self.rows[0]]) else h.runtime
        return np.asarray(t[points.rows] - t[self.rows[0]])

    def epochs(self, points: Points) -> Floats:
        """What the run's epoch column says at each point; NaN where it has none."""
        key = self.reading.epoch_key
        if key is None:
            return np.full(len(points), np.nan)
        epochs = self.column(key)
        return rolling.take_or(epochs.x, self.latest(points, epochs), np.nan)

    def past(self, points: Points, share: float, otherwise: int) -> Bools:
        """Whether each point lies past `share` of the plan; past `otherwise` points where no plan is known.

        A plan may be far longer than any run of it: so many points are evidence enough, whatever is planned.
        """
        done, index = self.progress(points), np.arange(len(points))
        return np.asarray(np.where(np.isnan(done), index >= otherwise, (done > share) | (index >= ENOUGH * otherwise)))

    def settled(self, points: Points) -> Bools:
        """(n,) past the time in which a run comes down from how it began: what holds then is how it usually is."""
        return self.past(points, SETTLED, SETTLED_RECORDS)

    def burnt_in(self, points: Points, least: int = 10) -> Bools:
        """Past the first `least` points and 2 % of the plan, which is 30 points at most."""
        index = np.arange(len(points))
        return np.asarray((index >= least) & ~((self.progress(points) <= BURN_IN) & (index < MOST_BURN_IN)))

    def warm(self, points: Points) -> Bools:
        """Past burn-in and the lr warm-up of the config."""
        return self.once((points, "warm"), lambda: self.burnt_in(points) & self.past_warmup(points))

    def past_warmup(self, points: Points, times: float = 1.0) -> Bools:
        """Past `times` the lr warm-up of the config; at the latest once lr sets no new high.

        Where the config tells no length in steps, the share of the plan or lr alone decide.
        """
        return self.once((points, "past warmup", times), lambda: self._past_warmup(points, times))

    def _past_warmup(self, points: Points, times: float) -> Bools:
        warmup = self.facts.warmup
        over, rising = self._lr_levelled(points, times)
        if warmup.steps or not warmup.share:
            return np.asarray((points.at > times * warmup.steps) | over)
        done = self.progress(points)
        return np.where(np.isnan(done), ~rising, done > times * warmup.share) | over

    def _lr_levelled(self, points: Points, times: float) -> tuple[Bools, Bools]:
        """(n,) each: lr has set no new high for a while, and is `times` as old as it was then; it sets one now."""
        lr, none = self.role("lr"), np.zeros(len(points), dtype=bool)
        if lr is None or len(lr) < LEVEL_RECORDS:
            return none, none
        fresh, top, high = self.once("lr\0highs", lambda: _highs(lr.x))
        index = np.arange(len(lr))
        levelled = (index - top >= LEVEL_RECORDS) & (index >= times * top) & high
        at = self.latest(points, lr)
        return rolling.take_or(levelled, at, False), rolling.take_or(fresh, at, False)

    def latest(self, points: Points, others: Points) -> Ints:
        """For each of `points`, the index into `others` of the newest one known by then; -1 when there is none."""
        if points.rows is others.rows or np.array_equal(points.rows, others.rows):
            return np.arange(len(points))
        return np.asarray(others.rows.searchsorted(points.rows, side="right") - 1, dtype=np.int64)

    def minutes(self, from_row: int, to_row: int) -> float | None:
        """Wall-clock minutes between two rows; None where the run logs no time."""
        t = (
            self.history.timestamp
            if np.isfinite(self.history.timestamp[[from_row, to_row]]).all()
            else self.history.runtime
        )
        seconds = float(t[to_row] - t[from_row])
        return seconds / 60 if np.isfinite(seconds) and seconds >= 0 else None


def _highs(x: Floats) -> tuple[Bools, Ints, Bools]:
    """(n,) each: whether a new high is set; where the last one was; whether it is one of worth, after the first."""
    high = rolling.running_max(x)
    fresh = x > 1.001 * np.concatenate([[np.inf], high[:-1]])
    top = np.maximum.accumulate(np.where(fresh, np.arange(len(x)), 0))
    return np.asarray(fresh), np.asarray(top, dtype=np.int64), np.asarray((high > 0) & (top > 0))
