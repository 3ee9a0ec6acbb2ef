"""What a run is measured by while nothing is evaluated: how much of its own batches it gets right.

A batch is noisy, and a score of the very samples that are learnt says nothing of others; but where there is no other,
what it loses is lost, and what is never right was never learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trend import trend
from analysis.columns.captions import short_key
from analysis.columns.family import Family
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import ACCURACY, AVERAGED, TRAIN, word_set
from analysis.facts.classes import classes
from analysis.model import Bools, Floats, Ints
from analysis.scan.view import Points, View

# Of the task as a whole: the accuracy of a discriminator, of a domain or of one head may fall as a run gets better.
_OF_ALL = TRAIN | AVERAGED | ACCURACY | word_set(
    "current minibatch mini top sequence seq word words char line plate exact match cls classification "
    "categorical sparse binary dice iou miou f1"
)  # fmt: skip
_OF_SAMPLES = ACCURACY | {"top1"}
_MEASURES = _OF_SAMPLES | {"dice", "iou", "miou", "f1"}
_OTHERWISE = (Family.RL, Family.GAN, Family.PREFERENCE, Family.DIFFUSION)  # an accuracy says something else there
FALLS_Z = -1.64  # Mann-Kendall, one-sided 5 %
BATCHES = 4  # in a row that are each worse
SIGMAS = 6.0  # of a batch, below the best level
BEYOND = 3.0  # times the furthest that so many ever lay below the best before
HISTORY = 16  # records up to the best, to know that
EXPECTED = 5.0  # right by chance among so many samples: none is no luck


@dataclass(frozen=True, eq=False)
class TrainingScore:
    """Arrays are (n,), one entry per record of the score."""

    view: View
    points: Points

    @property
    def called(self) -> str:
        """How a sentence calls it."""
        return "训练准确率" if taken_apart(self.points.key).stems & _OF_SAMPLES else short_key(self.points.key)[:14]

    @cached_property
    def alone(self) -> Bools:
        """No score of an evaluation is known yet."""
        evaluated = self.view.role("eval_score")
        judged = self.view.is_family(self.points, *_OTHERWISE)
        return ~judged if evaluated is None else ~judged & (self.view.latest(self.points, evaluated) < 0)

    @cached_property
    def _loss(self) -> Points | None:
        loss = self.view.role("loss")
        return loss if loss is not None and len(loss) else None

    @cached_property
    def unexplained(self) -> Bools:
        """No loss is logged that still falls: what gets there goes on learning before the first sample is right."""
        if self._loss is None:
            return np.ones(len(self.points), dtype=bool)
        at = self.view.latest(self.points, self._loss)
        looked, out = rolling.log_spaced(len(self.points)), np.full(len(self.points), np.nan)
        for j in np.flatnonzero(looked & (at >= 0)).tolist():
            out[j] = trend(self._loss.x[(at[j] + 1) // 2 : at[j] + 1]).below(FALLS_Z)
        return ~(rolling.carried(out) > 0)

    @property
    def lossless(self) -> bool:
        return self._loss is None

    def worse_since(self, where: Ints) -> Bools:
        """A loss, where one is logged, stands higher than at these points."""
        if self._loss is None:
            return np.ones(len(self.points), dtype=bool)
        level = rolling.take_or(self._loss.median(5), self.view.latest(self.points, self._loss), np.nan)
        return np.asarray(~(level <= level[where]))

    def enough(self, records: Ints) -> Bools:
        """So many records hold samples enough that guessing would have got some right, as far as that is known."""
        k = classes(self.view.facts)
        return np.asarray(records * (self.view.facts.whole_batch or 1.0) > EXPECTED * k if k else records > 0)

    @cached_property
    def fell(self) -> Bools:
        """It lies below its best level, each of the last few batches by more than a batch scatters, and far lower than
        batches ever fell before: a level of more of them would come down with them later."""
        of, x = self.points.descent, self.points.x
        drop = rolling.filled(of.best - rolling.rolling_max(x, BATCHES))
        then = np.maximum(of.where, 0)
        earlier = np.maximum(rolling.running_max(drop)[then], 0.0)
        plain = (drop > SIGMAS * self.noise[then]) & (np.minimum(drop, of.gain) > BEYOND * earlier)
        return np.asarray(of.fell | plain & (of.where >= HISTORY))

    @cached_property
    def noise(self) -> Floats:
        return np.maximum(self.points.plain_noise, 1e-12)


def training_score(view: View) -> TrainingScore | None:
    """Of the column logged first; None where training has none."""
    return view.once("training score", lambda: _training_score(view))


def _training_score(view: View) -> TrainingScore | None:
    first = view.history.columns
    keys = [k for k, kind in view.roles.kinds.items() if kind.group == "train" and kind.name == "score" and _of_all(k)]
    for key in sorted(keys, key=lambda k: (int(first[k].rows[0]), len(k), k)):
        if len(points := view.column(key)):
            return TrainingScore(view, points)
    return None


def _of_all(key: str) -> bool:
    n = taken_apart(key)
    return bool(n.stems & _MEASURES) and all(w in _OF_ALL or w.rstrip("0123456789") in _OF_ALL | {""} for w in n.bag)
