"""A training accuracy of one in K from the first record to the last: nothing is told apart, whatever the loss is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import ACCURACY
from analysis.facts.classes import classes
from analysis.model import Bools, Floats
from analysis.scan.accuracies import NO_TASK
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import shares

HOLD = 8  # records
EARLY = 0.2  # of the plan: all training begins there
EVEN = 0.05  # of one in K: means over an epoch stay within, those of a batch hardly ever
IN_NATS = 0.5  # of ln K, either way: a loss of this size says it itself


@dataclass(frozen=True, eq=False)
class EvenShare:
    """Arrays are (n,), one entry per record of the accuracy."""

    view: View
    points: Points
    classes: int

    @cached_property
    def share(self) -> Floats:
        return shares(self.points.x)

    @cached_property
    def there(self) -> Bools:
        """It has never been anywhere else."""
        return np.logical_and.accumulate(np.abs(self.share * self.classes - 1) < EVEN)

    @cached_property
    def said(self) -> Bools:
        """For long enough, beside a loss whose level says nothing: a sum over batches, a mixture of terms."""
        loss, level = self.view.role("loss"), float(np.log(self.classes))
        beside = np.full(len(self.points), np.nan)
        if loss is not None:
            beside = rolling.take_or(loss.median(5), self.view.latest(self.points, loss), np.nan)
        with np.errstate(invalid="ignore"):
            elsewhere = ~(np.abs(beside - level) < IN_NATS * level)
        return rolling.sustained(self.there, HOLD) & elsewhere & self.view.past(self.points, EARLY, HOLD)


def even_shares(view: View) -> Iterator[EvenShare]:
    """Of every accuracy of training, where the config says among how many classes."""
    k = classes(view.facts)
    if k is None:
        return
    for key, kind in sorted(view.roles.kinds.items()):
        n = taken_apart(key)
        if kind.group != "eval" and n.bag & ACCURACY and not n.bag & NO_TASK and len(points := view.column(key)):
            yield EvenShare(view, points, k)
