"""What all that may stand still have in common: how long it is given, and how far the run is in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.figures import ran
from analysis.scan.track import Moment
from analysis.scan.units import Evals, Ln, PlanShare, Records, Share, Sigmas
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class Patience:
    """Thresholds that several of them share."""

    spent_lr: Share = 0.01  # of the highest lr: with less a loss may well stand still
    hold: Records = 5  # in a row
    min_points: Records = 20  # in any case
    unplanned_points: Records = 300  # where no plan tells how far the run is
    min_fall: Ln = 0.1  # less than this between the first 4 and the last 10 points
    zero_evals: Evals = 10  # in any case
    score_progress: PlanShare = 0.25  # before a return is judged
    score_evals: Evals = 40  # in any case, and where planned steps are unknown
    half_progress: PlanShare = 0.5  # what should have begun by then, and has not
    mostly_progress: PlanShare = 2 / 3  # what has not risen by now is reported from fewer records
    z_threshold: Sigmas = 1.64  # Mann-Kendall z of a rise or a fall, one-sided 5 %


def done(view: View, points: Points, m: Moment) -> str:
    """How far the run is, in words: of its plan, else in records."""
    share = float(view.progress(points)[m.now])
    return ran(share) if np.isfinite(share) else f"已记录 {m.now + 1} 次"
