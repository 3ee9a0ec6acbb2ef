"""Which train curve an eval is compared with."""

from __future__ import annotations

from analysis.columns.names import same_quantity
from analysis.scan.view import Points, View


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
