"""The learning rate of a run that logs one, or several: of its parameter groups."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from analysis.scan.view import Points, View


def leading(view: View) -> Points | None:
    """The lr column that was logged first; within one row the one that is of no part. None where no lr is logged.

    Runs with parameter groups may log nothing but parts (`lr-AdamW/pg1`, `lr/head`), none of which holds the role.
    """
    keys = view.keys("lr")
    kinds, columns = view.roles.kinds, view.history.columns
    first = min(keys, key=lambda k: (int(columns[k].rows[0]), kinds[k].role is None, len(k), k), default=None)
    return None if first is None else view.column(first)


def highest_group(view: View, points: Points) -> Floats:
    """(n,) the largest lr over all parameter groups known at each point: one frozen group is no fault.

    Only groups logged by the third point count, so that a late column changes nothing that was decided.
    """
    level = points.x.copy()
    if len(points) < 3:
        return level
    for key in view.keys("lr"):
        if key != points.key and int(view.history.columns[key].rows[0]) <= int(points.rows[2]):
            other = view.column(key)
            at = view.latest(points, other)
            level = np.fmax(level, np.where(at >= 0, other.x[np.maximum(at, 0)] if len(other) else np.nan, np.nan))
    return level
