"""Whether a log begins where training did."""

from __future__ import annotations

from analysis.scan.view import Points, View

RESUMED = ("resume", "resume_from", "resume_from_checkpoint", "resume_path", "resume_ckpt")


def begun_before(view: View, points: Points) -> bool:
    """Whether training had begun before the first record: then nobody knows where its loss started.

    A first record after one interval of logging is the first that there can be, however coarse that is.
    """
    planned = view.facts.planned_steps
    first, interval = (float(points.at[0]), float(points.at[1] - points.at[0])) if len(points) > 1 else (0.0, 0.0)
    resumed = any(view.facts.value(name) not in (None, False, "", 0, "none", "None", "auto") for name in RESUMED)
    return bool((planned and first > max(0.02 * planned, 2.5 * interval)) or (resumed and first > 0))
