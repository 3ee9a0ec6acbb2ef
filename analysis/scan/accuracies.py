"""What accuracies say beside a loss: that nothing is told apart, or that something is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import short_key
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import ACCURACY, RETURNS
from analysis.model import Bools, Floats
from analysis.scan.view import Points, View

WINDOW = 8  # values of one accuracy that make its level
FEWEST = 3
KNOWN_BY = 5  # values after which a number of classes is read off
NO_TASK = {"token", "tokens", "gap", "diff", "delta", "loss"} | RETURNS
MISSED = {"misclass", "misclassification"}  # the share of samples that are told wrongly (braindecode)
EXACT = 1e-3  # of an accuracy: what rounding leaves
MOST_CLASSES = 50_000


@dataclass(frozen=True, eq=False)
class Accuracies:
    """Of a run, as known at each of some points. Arrays are (n,)."""

    view: View
    points: Points
    held_out: bool = False  # of evaluations alone

    @cached_property
    def _columns(self) -> list[Points]:
        keys = [k for k in self.view.roles.kinds if self._is_one(k)]
        first = self.view.history.columns
        return [c for k in sorted(keys, key=lambda k: (int(first[k].rows[0]), k)) if len(c := self.view.column(k))]

    def _is_one(self, key: str) -> bool:
        n = taken_apart(key)
        return bool(n.bag & (ACCURACY | MISSED)) and not n.bag & NO_TASK and (n.group == "eval" or not self.held_out)

    @cached_property
    def _levels(self) -> list[Floats]:
        """Per column: the level of what is right at each of the points; NaN while it is not known."""
        return [
            rolling.take_or(_right(c, c.median(WINDOW, least=FEWEST)), self.view.latest(self.points, c), np.nan)
            for c in self._columns
        ]

    @cached_property
    def known(self) -> Bools:
        return self._any([~np.isnan(x) for x in self._levels])

    def agree(self, classes: int) -> Bools:
        """Some accuracy is what guessing among so many classes gives, as a share or in per cent."""
        near = [_near(x, classes) | _near(x / 100, classes) for x in self._levels]
        return self._any(near)

    def none_tells(self, classes: int) -> Bools:
        """No accuracy that is known is twice what guessing among so many classes gives: as shares, where all are."""
        percent = any((x > 1).any() for x in self._levels)
        return ~self._any([x / (100 if percent else 1) >= 2 / classes for x in self._levels])

    def stuck(self, classes: int) -> Bools:
        """Some accuracy has been one in so many classes exactly, whenever it was measured: one class for all."""
        found = []
        for column in self._columns:
            right = _right(column, column.x)
            exact = _exactly(right, classes) | _exactly(right / 100, classes)
            always = np.logical_and.accumulate(exact)
            found.append(rolling.take_or(always, self.view.latest(self.points, column), False))
        return self._any(found)

    def _any(self, masks: list[Bools]) -> Bools:
        out = np.zeros(len(self.points), dtype=bool)
        for mask in masks:
            out |= mask
        return out

    def classes(self) -> tuple[int, int] | None:
        """(classes, the point from which on they are known): as the loss says it by the fifth accuracy,
        if that agrees.
        """
        if not self._columns or len(self._columns[0]) < KNOWN_BY:
            return None
        at = int(np.searchsorted(self.points.rows, self._columns[0].rows[KNOWN_BY - 1]))
        if not KNOWN_BY - 1 <= at < len(self.points):
            return None
        guess = _round(float(np.exp(np.clip(rolling.median(self.points.x[max(0, at - 9) : at + 1]), 0.0, 20.0))))
        return (guess, at) if 2 < guess <= MOST_CLASSES and bool(self.agree(guess)[at]) else None

    def pairs_undecided(self) -> Bools:
        """Of pairs of answers: none is told apart (one half), or all are equal (0). True where that is not logged."""
        column = self.view.role("pair_accuracy")
        if column is None or not len(column):
            return np.ones(len(self.points), dtype=bool)
        mean = np.cumsum(column.x)
        width = np.minimum(np.arange(1, len(mean) + 1), 100)
        level = (mean - np.where(np.arange(len(mean)) >= width, mean[np.arange(len(mean)) - width], 0.0)) / width
        return rolling.take_or(
            (level < 0.01) | (np.abs(level - 0.5) < 0.06), self.view.latest(self.points, column), True
        )

    def level_at(self, j: int) -> tuple[str, float] | None:
        """(how a sentence calls it, level) of the first that is known at a point; evaluations before training."""
        order = sorted(range(len(self._columns)), key=lambda i: taken_apart(self._columns[i].key).group != "eval")
        return next(
            ((_called(self._columns[i]), float(x[j])) for i in order if np.isfinite((x := self._levels[i])[j])),
            None,
        )


def _round(guess: float) -> int:
    """1003 is 1000: the loss of guessing is known to a few hundredths only."""
    rounded = (float(f"{guess:.{digits}g}") for digits in (1, 2, 9))
    return round(next(k for k in rounded if abs(k / guess - 1) < 0.02))


def _right(column: Points, x: Floats) -> Floats:
    """(n,) the share that is right, of a column that may count those that are wrong."""
    return 1 - x if taken_apart(column.key).bag & MISSED else x


def _called(column: Points) -> str:
    return "准确率" if taken_apart(column.key).bag & MISSED else short_key(column.key)[:14]


def _near(share: Floats, classes: int) -> Bools:
    with np.errstate(invalid="ignore"):
        if classes == 2:
            return np.asarray(np.abs(share - 0.5) < 0.06)
        return np.asarray((share > 0.4 / classes) & (share < 1.7 / classes))


def _exactly(share: Floats, classes: int) -> Bools:
    return np.asarray(np.abs(share * classes - 1) < EXACT)
