"""What all falls have in common: of which level, how much of it is lost, and how grave and how old that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Floats, Ints, Severity
from analysis.scan.units import Evals, Records, Share, Sigmas


@dataclass(frozen=True)
class Drop:
    """Thresholds that several of them share."""

    info_share: Share = 0.2  # of the gain is lost: info
    warning_share: Share = 0.25  # of the gain: a warning
    critical_share: Share = 0.6  # of the gain: critical, most of it is gone
    min_drop_of_best: Share = 0.15  # of the best score: smaller falls change no decision
    clear_drop_of_best: Share = 0.07  # of the best score: back within this of it
    sigmas: Sigmas = 3.0  # of the smoothed score, beyond what the best of so many lies too high by chance
    hold_evals: Evals = 3  # in a row
    window: Evals = 3  # in a level: a median of three drops one that is off; as many are there before one is judged
    rollout_window: Records = 50  # in a level of rollout returns: one noisy batch each

    def severity_by_gain(self, drop: Floats, gain: Floats) -> Ints:
        """(n,) of Severity, by the share of the gain that is gone."""
        some = np.where(drop > self.warning_share * gain, Severity.WARNING, Severity.INFO)
        return np.where(drop > self.critical_share * gain, Severity.CRITICAL, some).astype(np.int64)


def onset(x: Floats, best: int, j: int) -> int:
    """Where it fell, between its best and record j."""
    return best + rolling.change_point(x[best : j + 1])
