"""Which train curve an eval is compared with."""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import same_quantity
from analysis.model import Floats
from analysis.scan.view import Points, View

BETWEEN = 200  # records of training between two evals that say where it stands at the later one


def train_partner(view: View, evaluation: Points) -> Points | None:
    """The train column of the same quantity, else the train loss; of those that were logged by the third eval."""
    if len(evaluation) < 3:
        return None
    known = int(evaluation.rows[2])

    def early(key: str) -> bool:
        return int(view.history.columns[key].rows[0]) <= known

    same = [k for k in view.keys("loss", "l1", "component", "kl") if early(k) and same_quantity(k, evaluation.key)]
    # "Evaluation mode on training data" is the cleanest partner of all: same mode, other data.
    same.sort(key=lambda k: (view.roles.kinds[k].role is not None, len(k), k))
    if same:
        return view.column(same[0])
    held = view.roles.holder.get("loss")
    return view.column(held) if held is not None and early(held) else None


def between(view: View, points: Points, train: Points, values: Floats) -> Floats:
    """(n,) where training stands at each of `points`: the median of what it logged since the one before, at
    most the last BETWEEN records; the last record known where there is none; NaN before the first. `values`
    (m,): one per train point."""
    known = view.latest(points, train)
    begin = np.maximum(np.concatenate([[0], known[:-1] + 1]), known - BETWEEN + 1) if len(known) else known
    begin = begin[np.searchsorted(known, known)]  # of several evals that follow one record, the first tells
    return rolling.windows(values, begin, known + 1)[1]
