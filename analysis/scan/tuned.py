"""A log that says by its columns alone that learnt weights are trained on: that of the Trainer of Hugging Face, of
which no config is known. Hardly anybody begins from nothing with it, and what does has a loss as high as a guess.
"""

from __future__ import annotations

import numpy as np

from analysis.columns.names import words
from analysis.columns.vocabulary import TRAIN
from analysis.model import Bools
from analysis.scan.view import Points, View

# As it writes them beside each loss. Which other trainers do, too, but not all of them by these names.
_BESIDE = ("learning_rate", "epoch")
_MOST_CLASSES = 12  # a handful of classes is a usual task; of more the logarithms lie closer than a loss scatters
_NEAR = 0.01  # of the logarithm: a loss there may be one that guesses
_KNOWS = 4.0  # nats: what has learnt any text is below, with few exceptions


def of_trainer(view: View, points: Points) -> bool:
    """It is the training loss of a log as the Trainer writes it."""
    stem = points.key.removesuffix("loss")
    if stem == points.key or set(words(stem)) - TRAIN:
        return False
    named = [stem + name for name in _BESIDE]
    return all(key in view.roles.kinds and view.logged_by_third_point(key, points) for key in named)


def tuned(view: View, points: Points) -> Bools:
    """(n,) it goes on from learnt weights, as far as anybody can tell: its first levels are of no guess."""
    out = np.zeros(len(points), dtype=bool)
    if view.facts.entries or not len(points) or not of_trainer(view, points):
        return out
    mean = np.cumsum(points.x) / np.arange(1, len(points) + 1)
    guesses = np.log(np.arange(2, _MOST_CLASSES + 1))
    near = (np.abs(mean[:, None] - guesses) < _NEAR * guesses).any(axis=1)
    return np.asarray((mean < _KNOWS) & ~near)
