"""A text that a language model has read so often that it knows it by heart, while nobody has evaluated anything.

What people write has a nat and more a token in store for whoever has not read it. A model that answers with a tenth of
a nat after several passes has learnt these very samples; whether it has learnt anything else, nobody knows.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.model import Bools
from analysis.scan.tuned import of_trainer
from analysis.scan.view import Points, View

NATS = 0.1  # of a token: nine in ten is what it gives the right one
UNREAD = 1.0  # nats at first: less is no text, or one that it had read
PASSES = 5.0  # over the data
RECORDS = 5  # in the level, and in a row


def text_by_heart(view: View, points: Points) -> Bools:
    """(n,) of a training loss, while no evaluation is logged."""
    text = view.is_family(points, Family.SFT, Family.PRETRAINING) | of_trainer(view, points)
    if not text.any() or len(points) < RECORDS:
        return np.zeros(len(points), dtype=bool)
    level = points.median(RECORDS, least=RECORDS)
    with np.errstate(invalid="ignore"):
        known = text & (level < NATS) & (level > 0) & (view.epochs(points) >= PASSES)
    known &= rolling.median(points.x[:RECORDS]) > UNREAD
    return rolling.sustained(known & ~_evaluated(view, points), RECORDS)


def _evaluated(view: View, points: Points) -> Bools:
    out = np.zeros(len(points), dtype=bool)
    for key, kind in view.roles.kinds.items():
        if kind.group == "eval" and kind.direction in {"min", "max"}:
            out |= view.latest(points, view.column(key)) >= 0
    return out
