"""Whether a log begins where training did."""

from __future__ import annotations

import numpy as np

from analysis.scan.view import Points, View

MANY = 20  # intervals of logging before the first record

RESUMED = ("resume", "resume_from", "resume_from_checkpoint", "resume_path", "resume_ckpt")


def begun_before(view: View, points: Points) -> bool:
    """Whether training had begun before the first record: then nobody knows where its loss started.

    A first record after one interval of logging is the first that there can be, however coarse that is; after many it
    is none, however long the plan.
    """
    planned = view.facts.planned_steps or np.inf
    first, interval = (float(points.at[0]), float(points.at[1] - points.at[0])) if len(points) > 1 else (0.0, 0.0)
    resumed = any(view.facts.value(name) not in (None, False, "", 0, "none", "None", "auto") for name in RESUMED)
    late = first > 2.5 * interval > 0 and (first > 0.02 * planned or first > MANY * interval)
    return bool(late or (resumed and first > 0))
