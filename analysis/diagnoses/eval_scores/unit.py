"""In what a score is compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.model import Floats
from analysis.scan.judges import in_decibels, lower_is_better
from analysis.scan.view import Points

LN_OF_DECIBEL = float(np.log(10)) / 10  # of an error


@dataclass(frozen=True, eq=False)
class Unit:
    """In what a score is compared, higher is better. Errors fall by decades, and what they scatter by falls with them:
    they are compared as ratios, and so are decibels, which are those of an error.

    factor  of ln per unit of what is logged, where it is a logarithm itself; 0: of an error
    """

    x: Floats
    in_ratios: bool
    factor: float

    @classmethod
    def of(cls, points: Points) -> Unit:
        sign = -1.0 if lower_is_better(points) else 1.0
        if sign < 0 and len(points) and (points.x > 0).all():
            return cls(-np.log(points.x), True, 0.0)
        decibels = in_decibels(points)
        factor = LN_OF_DECIBEL if decibels else sign
        return cls(factor * points.x, decibels, factor)

    def said(self, x: Floats) -> Floats:
        return x / self.factor if self.factor else np.exp(-x)

    def spread(self, sigma: Floats, level: Floats) -> Floats:
        return sigma / abs(self.factor) if self.factor else sigma * np.exp(-level)
