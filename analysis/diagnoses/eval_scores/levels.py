"""Where a score stands, its best so far, and how far both scatter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.diagnoses.eval_scores.drop import Drop
from analysis.model import Bools, Floats, Ints
from analysis.scan.judges import as_rate
from analysis.scan.units import Evals, Times
from analysis.scan.view import Points


@dataclass(frozen=True)
class Levels(Drop):
    single_window: Evals = 20  # in a level of evaluations of one rollout each
    scatter_uncertainty: Times = 2.0  # n evals know their scatter to a share of this / n

    def levels(self, x: Floats, w: int, single: Bools) -> tuple[Floats, Floats, Ints, Floats]:
        """(n,) each: where it stands, its best so far and where that was, its lowest. Evaluations of one rollout each,
        which succeeds or does not, have a level as a mean of many only.
        """
        level = rolling.rolling_median(x, w, least=w)
        many = rolling.rolling_mean(x, self.single_window, least=self.single_window) if single.any() else level
        of = [
            (
                y,
                rolling.running_max(y),
                rolling.index_of_running_min(-rolling.filled(y, -np.inf)),
                rolling.running_min(y),
            )
            for y in (many, level)
        ]
        y, best, where, low = (np.where(single, a, b) for a, b in zip(*of, strict=True))
        return y, best, where, low

    def scatter_of_tries(self, x: Floats, level: Floats, best: Floats) -> Floats:
        """Of the difference of two such levels."""
        low = rolling.running_min(x)
        span = rolling.running_max(x) - low
        with np.errstate(invalid="ignore", divide="ignore"):
            p = np.clip(((best + level) / 2 - low) / span, 0.0, 1.0)
            return np.asarray(span * np.sqrt(2 * p * (1 - p) / self.single_window))

    def scatter_of_evals(
        self, points: Points, x: Floats, behind: Floats, level: Floats, best: Floats, where: Ints, witness: Bools
    ) -> Floats:
        """Of a median of three, as it was at the best eval: the fall itself is no noise.

        Neighbours show it better the more of them there are, and a fall is but one of their steps: so those since the
        best count too. A rate that was counted over n episodes scatters by a binomial at least.
        """
        n, w = len(points), self.window
        known = np.maximum(np.arange(n) - 1, 1)  # second differences so far
        one = 1.25 / np.sqrt(w) * eval_noise.scatter(x)
        drift = eval_noise.drift_std(level, w)
        now = one * (1 + self.scatter_uncertainty / known)
        sigma = np.maximum(np.fmax(now, drift)[np.maximum(where, min(2 * w, n - 1))], one) if n else one
        # The climb to the best bends, too, which looks like scatter while evals are few; once training has fallen as
        # well, or all evals stay down, nobody needs so much of a doubt.
        sigma = np.where(witness, np.minimum(sigma, now), sigma)
        unit = as_rate(points)
        p = np.clip((best + level) / (2 * unit), 0.0, 1.0)
        counted = unit * np.sqrt(p * (1 - p) / (w * behind))
        out: Floats = np.fmax(sigma, np.where(np.abs(points.x) <= unit, counted, np.nan))
        return out

    def scatter_of_returns(self, x: Floats, level: Floats, w: int) -> Floats:
        """How far the level wanders in w points by itself; returns are autocorrelated, so single steps say too little.
        By what points scatter alone a median of w would wander too; the larger of the two counts."""
        wander = (level - rolling.before(level, w))[2 * w - 1 :]
        sigma = 1.25 / np.sqrt(w) * rolling.noise(x, 60)
        sigma[2 * w - 1 :] = np.maximum(sigma[2 * w - 1 :], rolling.rolling_mad(wander, 60) / np.sqrt(2))
        # Neighbouring levels share most of their records: as many wanderings are known as there were whole windows.
        known = np.maximum(np.arange(len(x)) / w, 1)
        return np.asarray(sigma * (1 + self.scatter_uncertainty / known), dtype=np.float64)
