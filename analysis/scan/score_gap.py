"""A score of the training set beside the same score of a held-out one: how much of what is learnt holds for both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.columns.names import same_quantity
from analysis.model import Bools, Floats
from analysis.scan.judges import as_rate, lower_is_better, of_returns
from analysis.scan.view import Points, View

WINDOW = 5  # evaluations in a level, and records of training
OTHER = (Family.RL, Family.PREFERENCE)  # what explores, and pairs, have pages of their own


@dataclass(frozen=True, eq=False)
class ScoreGap:
    """Arrays are (n,), one per evaluation; NaN where either is not known.

    level    of the evaluation, as a share
    learnt   of the training set, as a share
    began    the same, when it was first logged
    """

    train: Points
    level: Floats
    learnt: Floats
    began: float

    @cached_property
    def gap(self) -> Floats:
        return self.learnt - self.level

    @cached_property
    def carried(self) -> Floats:
        """The share of what training has gained that the evaluation stands above where training began."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.learnt > self.began, (self.level - self.began) / (self.learnt - self.began), np.nan)

    def stale(self, share: float) -> Bools:
        """(n,) no level was better than those of the first `share` of all evaluations so far."""
        n = np.arange(1, len(self.level) + 1)
        return np.asarray(rolling.index_of_running_min(-np.nan_to_num(self.level, nan=-np.inf)) < share * n)


def score_gap(view: View, score: Points) -> ScoreGap | None:
    """None where training logs no such rate by the third evaluation, or it is what an agent earns."""
    if len(score) < WINDOW or lower_is_better(score) or of_returns(score):
        return None
    known = int(score.rows[2])
    twins = [
        k
        for k, kind in view.roles.kinds.items()
        if kind.group == "train" and kind.direction == "max" and same_quantity(k, score.key)
        if int(view.history.columns[k].rows[0]) <= known
    ]
    if not twins:
        return None
    train = view.column(min(twins, key=lambda k: (len(k), k)))
    if not len(train):
        return None
    unit = as_rate(score)
    at = view.latest(score, train)
    level = score.median(WINDOW, least=3) / unit
    learnt = rolling.take_or(train.median(WINDOW, least=3) / as_rate(train), at, np.nan)
    rate = (rolling.running_min(score.x) >= 0) & (rolling.running_max(score.x) <= unit)
    level = np.where(rate & ~view.is_family(score, *OTHER), level, np.nan)
    return ScoreGap(train, level, learnt, float(train.x[0] / as_rate(train)[0]))
