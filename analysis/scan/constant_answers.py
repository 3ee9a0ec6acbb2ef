"""One answer to every question: what a held-out accuracy looks like that is but the share of one class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.columns.names import same_quantity, taken_apart, words
from analysis.columns.vocabulary import ACCURACY
from analysis.model import Bools, Floats, Ints
from analysis.scan.accuracies import NO_TASK
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import shares

# Identical evaluations in a row: fewer where the loss is that of one class, or that of training as well.
HOLD, CERTAIN_HOLD, SUREST_HOLD = 8, 4, 3
MOST_OF_ALL = 2 / 3  # of all evaluations so far: no end at which learning has arrived
LEAST_OF_ALL = 1 / 2  # the same: what still comes back there has not left
EARLY = 0.2  # of the plan: before it a few say nothing, since all training begins there
NEAR = 0.02  # of an accuracy: what came before was no other level
BAND = 0.03  # nats about the entropy of a share
NOTHING = 0.012  # the same, of a share that stands nearly still: less than this has not been learnt
RANKED = 0.6  # of an area under the curve, which guessing leaves at 0.5
APART = 0.1  # of an accuracy: training stands elsewhere
ABOVE = 0.03  # of an accuracy: training tells more apart than one class
NO_CLASS = 0.98  # of all samples: above it a frozen accuracy is a set that is solved
FEW_WRONG = 0.9  # of all samples: above it the few that are wrong may well be the same ones each time
COIN, COIN_STRAYS = 0.035, 0.12  # about a half: the mean of all evaluations, and any of a few samples
COIN_NATS = 0.1  # about ln 2; with more classes as many right answers cost more
SAMPLES = 100  # of which one more right is one in so many, and no more than luck
KNOWN, GAINED = 0.9, 0.15  # of its own samples: right by now, and learnt since the first evaluation
FEW_CLASSES = 10  # of equal size: a share of one in so many is no rounded one


def entropy(share: Floats) -> Floats:
    """(n,) nats that an answer costs at least which knows nothing but how frequent one class is."""
    p = np.clip(share, 1e-9, 1 - 1e-9)
    return np.asarray(-p * np.log(p) - (1 - p) * np.log1p(-p))


@dataclass(frozen=True, eq=False)
class ConstantAnswers:
    """A held-out accuracy. Arrays are (n,), one entry per evaluation."""

    view: View
    points: Points

    @cached_property
    def share(self) -> Floats:
        """(n,) of all samples, that of the class that every sample is said to be."""
        x = shares(self.points.x)
        return np.round(x / np.maximum(1 - x, 1e-9), 9) if self.macro else x

    @property
    def macro(self) -> bool:
        """It is the mean F1 of both classes, of which one is 0: a single sample of the other one moves it."""
        return _is_macro_f1(self.points.key)

    @cached_property
    def usual(self) -> Floats:
        """(n,) the share of all evaluations so far that gave the very value which has been the most frequent."""
        x, index = self.points.x, np.arange(len(self.points))
        order = np.argsort(x, kind="stable")
        begins = np.diff(x[order], prepend=np.nan) != 0
        times = np.empty(len(x))
        times[order] = index + 1 - np.maximum.accumulate(np.where(begins, index, 0))
        return np.asarray(rolling.running_max(times) / (index + 1))

    @cached_property
    def count(self) -> Ints:
        """Identical evaluations in a row, this one included."""
        x = self.points.x
        return np.asarray(rolling.streak(np.concatenate([[False], x[1:] == x[:-1]])) + 1, dtype=np.int64)

    @cached_property
    def there(self) -> Bools:
        """It has never been anywhere else, or seldom, and something is wrong often enough."""
        if self.macro:
            return self.usual >= LEAST_OF_ALL
        strayed = rolling.running_max(self.share) - rolling.running_min(self.share)
        return np.asarray((self.share > 0) & (self.share < NO_CLASS) & (strayed <= NEAR))

    @cached_property
    def frozen(self) -> Bools:
        """It has stood at one float for most of its life."""
        return np.asarray(self.count >= MOST_OF_ALL * np.arange(1, len(self.points) + 1))

    @cached_property
    def all_along(self) -> Bools:
        """It has never been anywhere else, mostly at the very same float, or was so for long, and for most of the time;
        and there is enough that is wrong."""
        low, high = rolling.running_min(self.share), rolling.running_max(self.share)
        near = (high - self.share <= APART) & (self.share - low <= APART)
        lately = near & (self.usual >= MOST_OF_ALL) & (self.count >= HOLD)
        mostly = self.there & (self.usual >= LEAST_OF_ALL) | lately & (self.share > 0)
        return mostly & (self.share < FEW_WRONG) & (not self._pretrained) | self.one_sample

    @cached_property
    def one_sample(self) -> Bools:
        """Of a few samples no more than one has ever gone over, while training has come to tell its own apart: what it
        learnt is of no use for any other."""
        low, high, training = rolling.running_min(self.share), rolling.running_max(self.share), self.training
        samples = eval_noise.common_denominator(self.share)
        begun = training[np.minimum(np.argmax(np.isfinite(training)), len(training) - 1)]
        with np.errstate(invalid="ignore"):
            stands = (samples <= SAMPLES) & ((high - low) * samples < 1.5) & (low > 0) & (high < FEW_WRONG)
            learnt = (training > KNOWN) & (training - begun > GAINED) & (training - high > APART)
        return np.asarray(stands & learnt & (np.arange(len(self.share)) >= HOLD - 1) & (not self._pretrained))

    @cached_property
    def stands(self) -> Bools:
        """It is where it has been all along, give or take what a sample is."""
        return np.asarray(self.there | self.one_sample)

    @cached_property
    def coin(self) -> Bools:
        """Of all evaluations so far none was far from a half, nor was their mean; and their loss is that of a coin."""
        low, high = rolling.running_min(self.share), rolling.running_max(self.share)
        mean = np.cumsum(self.share) / np.arange(1, len(self.share) + 1)
        near = (low > 0.5 - COIN_STRAYS) & (high < 0.5 + COIN_STRAYS) & (np.abs(mean - 0.5) < COIN)
        with np.errstate(invalid="ignore"):
            return np.asarray(near & (np.abs(self.held - np.log(2)) < COIN_NATS))

    @cached_property
    def held(self) -> Floats:
        """(n,) level of the loss of the evaluation; NaN where there is none, or none in nats."""
        return self._loss("eval_loss")

    def since(self, j: int) -> int:
        if self.macro:
            values, times = np.unique(self.points.x[: j + 1], return_counts=True)
            return int(np.argmax(self.points.x == values[int(np.argmax(times))]))
        return j - int(self.count[j]) + 1 if self.frozen[j] else 0

    @cached_property
    def said(self) -> Bools:
        """It is there, and what is logged beside it says that this is no level that was learnt: the losses know no more
        than the share, or training stands elsewhere."""
        n = np.arange(1, len(self.points) + 1)
        held, train, training = self.held, self._loss("loss"), self.training
        least = entropy(self.share)
        known = np.where(np.isnan(held), train, held)
        with np.errstate(invalid="ignore"):
            learns = training > self.share + ABOVE  # by heart, or more than the evaluation shows
            knows = (known < least - BAND) | (train < least - APART)
            exactly = (np.abs(known - least) < BAND) & ~knows & ~learns
            blind = (known >= least - BAND) & ~knows & ~learns & self._resolved & (self.share < FEW_WRONG)
            # A loss that still falls is learning, though no sample has gone over yet.
            blind &= ~(known < known[n - 1 - self.count // 2] - BAND)
            never = self.count == n
            elsewhere = never & (training < self.share - APART)
            elsewhere |= never & (training > self.share + APART) & (known >= least - BAND) & (not self._pretrained)
            # Of two classes: both losses are those of knowing the share and no more, and training has no more either.
            nothing = (np.abs(held - least) < NOTHING) & (np.abs(train - least) < BAND) & (self.share >= 0.5)
            nothing &= ~(np.abs(training - self.share) > NEAR) & ~self._told_apart
            nothing &= rolling.sustained(nothing, SUREST_HOLD)
        if self.macro:
            often = nothing & (self.usual >= MOST_OF_ALL) & (n * self.usual >= SUREST_HOLD)
            return np.asarray(often & self.view.past(self.points, EARLY, HOLD))
        exactly, blind = exactly & ~self._told_apart, blind & ~self._told_apart
        few = nothing & (self.count >= SUREST_HOLD) | exactly & (self.count >= CERTAIN_HOLD)
        few &= self.view.past(self.points, EARLY, HOLD)
        said = self.frozen & (few | (blind | elsewhere) & (self.count >= HOLD))
        return np.asarray(self.there & (said | rolling.sustained(nothing, HOLD)))

    @cached_property
    def _told_apart(self) -> Bools:
        """(n,) an area under the curve says that the ranking is learnt, whatever the accuracy."""
        out = np.zeros(len(self.points), dtype=bool)
        for key, kind in self.view.roles.kinds.items():
            if kind.group == "eval" and taken_apart(key).bag & {"auc", "auroc"}:
                column = self.view.column(key)
                level = rolling.rolling_median(shares(column.x), 3)
                out |= rolling.take_or(level > RANKED, self.view.latest(self.points, column), False)
        return out

    @property
    def _pretrained(self) -> bool:
        return self.view.facts.pretrained

    @cached_property
    def training(self) -> Floats:
        """The same of training at each evaluation, as a share; NaN where it is not logged."""
        keys = [
            k
            for k, kind in sorted(self.view.roles.kinds.items())
            if kind.group != "eval" and _is_accuracy(k) and self.view.logged_by_third_point(k, self.points)
        ]
        keys.sort(key=lambda k: not same_quantity(k, self.points.key))
        if not keys:
            return np.full(len(self.points), np.nan)
        column = self.view.column(keys[0])
        level = rolling.rolling_median(shares(column.x), 8, least=1)
        return rolling.take_or(level, self.view.latest(self.points, column), np.nan)

    @cached_property
    def _resolved(self) -> Bools:
        """It was not rounded to whole per cent: one in a few classes, or written to more digits."""
        one_in = 1 / np.maximum(self.share, 1e-9)
        even = (np.abs(one_in - np.round(one_in)) < 1e-6) & (one_in < FEW_CLASSES + 0.5)
        return np.asarray(even | (np.abs(self.share - np.round(self.share, 2)) > 1e-9))

    def _loss(self, role: str) -> Floats:
        """Its level at each evaluation; NaN where there is none, or none in nats."""
        loss = self.view.role(role)
        if loss is None or loss.kind.name not in {"loss", "eval_loss"}:
            return np.full(len(self.points), np.nan)
        level = rolling.rolling_median(loss.x, 3 if role == "eval_loss" else 5)
        return rolling.take_or(level, self.view.latest(self.points, loss), np.nan)


def _is_accuracy(key: str) -> bool:
    n = taken_apart(key)
    return bool(n.bag & ACCURACY) and not n.bag & NO_TASK


def _is_macro_f1(key: str) -> bool:
    return {"macro", "f1"} <= set(words(key))


def constant_answers(view: View) -> Iterator[ConstantAnswers]:
    """Every accuracy and macro F1 of an evaluation, the first logged first."""
    columns = view.history.columns
    keys = [k for k, kind in view.roles.kinds.items() if kind.group == "eval" and (_is_accuracy(k) or _is_macro_f1(k))]
    for key in sorted(keys, key=lambda k: (int(columns[k].rows[0]), k)):
        if len(points := view.column(key)):
            yield ConstantAnswers(view, points)
