"""While an agent does not learn yet, or acts at random: what it earns then is luck, and nothing is lost with it."""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.columns.agent_kinds import explores
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import EVAL
from analysis.model import Bools
from analysis.scan.view import Points, View

MOSTLY = 0.5  # of its actions


def before_learning(view: View, points: Points) -> Bools:
    """(n,) it only fills its buffer, as its config says."""
    steps, planned = view.facts.learning_starts, view.facts.planned_steps
    if steps is None or planned is None or not steps < planned:
        return np.zeros(len(points), dtype=bool)
    return np.asarray(view.progress(points) < steps / planned)


def acts_at_random(view: View, points: Points) -> Bools:
    """(n,) most of its actions are drawn from a hat, as a column says. In what is called an evaluation it is greedy."""
    key = view.once("explores", lambda: _exploring(view))
    greedy = taken_apart(points.key).bag & EVAL
    column = view.column(key) if key is not None and not greedy else None
    if column is None or not len(column) or not 0 <= column.x[0] <= 1:
        return np.zeros(len(points), dtype=bool)
    return np.asarray(rolling.take_or(column.x, view.latest(points, column), 0.0) > MOSTLY)


def _exploring(view: View) -> str | None:
    """The column that says how many of its actions are drawn."""
    return next((k for k in sorted(view.roles.kinds) if explores(taken_apart(k).bag)), None)
