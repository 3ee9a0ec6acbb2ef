"""Of two answers to a question, which is better: whether that is told at all of pairs that were not trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trend import trend
from analysis.columns.family import Family
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import ACCURACY
from analysis.model import Bools, Floats
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import shares

LN2 = float(np.log(2))
GUESSED = 0.55  # of pairs told right: below it a coin does as well on sets of some hundred pairs
POOR = 0.65  # what sets of answers that people ranked give at least, once their order is learnt
FIRST, ENOUGH = 5, 8  # evaluations for the one and for the other
GUESS_BAND, POOR_BAND = 0.003, 0.012  # nats below ln 2
RISE_Z = 1.64  # Mann-Kendall z of an accuracy that rises, one-sided 5 %
LATELY = 2 / 3  # of all evaluations so far


@dataclass(frozen=True, eq=False)
class HeldOutPairs:
    """The accuracy of an evaluation in preference tuning. Arrays are (n,), one entry per evaluation."""

    view: View
    points: Points

    @cached_property
    def share(self) -> Floats:
        return shares(self.points.x)

    def since(self, j: int) -> int:
        """The first of the later evaluations; the very first of all where those before them are no better."""
        first = int((j + 1) * (1 - LATELY))
        return (
            0
            if first and np.mean(self.share[:first]) < max(GUESSED, float(np.mean(self.share[first : j + 1])))
            else first
        )

    @cached_property
    def loss(self) -> Floats:
        """Level of the loss of the evaluation; NaN where none is logged."""
        loss = self.view.role("eval_loss")
        if loss is None or loss.kind.name != "eval_loss":
            return np.full(len(self.points), np.nan)
        return rolling.take_or(rolling.rolling_median(loss.x, 3), self.view.latest(self.points, loss), np.nan)

    @cached_property
    def level(self) -> Floats:
        """(n,) mean of the later evaluations, with their standard error, none of which rises; else NaN."""
        out = np.full(len(self.points), np.nan)
        for j in np.flatnonzero(rolling.log_spaced(len(out)) & (np.arange(len(out)) >= FIRST - 1)).tolist():
            part = self.share[int((j + 1) * (1 - LATELY)) : j + 1]
            error = float(np.std(part)) / np.sqrt(len(part))
            out[j] = np.mean(part) + error if trend(self.share[: j + 1]).below(RISE_Z) else np.inf
        level = rolling.carried(out)
        return np.where(np.isfinite(level), level, np.nan)

    @cached_property
    def guessed(self) -> Bools:
        with np.errstate(invalid="ignore"):
            return np.asarray((self.level < GUESSED) & ~(self.loss < LN2 - GUESS_BAND))

    @cached_property
    def poor(self) -> Bools:
        """Better than a coin, without any gain since the first evaluation, at the loss of a coin."""
        enough = np.arange(len(self.points)) >= ENOUGH - 1
        with np.errstate(invalid="ignore"):
            return np.asarray(enough & (self.level < POOR) & (self.loss >= LN2 - POOR_BAND))


def held_out_pairs(view: View) -> Iterator[HeldOutPairs]:
    """Every accuracy of an evaluation in preference tuning, the first logged first."""
    columns = view.history.columns
    keys = [k for k, kind in view.roles.kinds.items() if kind.group == "eval" and taken_apart(k).bag & ACCURACY]
    for key in sorted(keys, key=lambda k: (int(columns[k].rows[0]), k)):
        points = view.column(key)
        if (points := points.where(view.is_family(points, Family.PREFERENCE))) and len(points):
            yield HeldOutPairs(view, points)
