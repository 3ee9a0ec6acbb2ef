"""Where a series has stood still within a band for most of its life so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats

SHARE = 2 / 3  # of all records so far: flat in log time, too
BLOCKS = 4  # whose means all have to lie in the band
COME_DOWN = 1.5  # times the level: what begins there has not come to rest there
REACH = 30.0  # bands from the level at which a record counts no further: an outlier moves no mean


@dataclass(frozen=True, eq=False)
class Dwell:
    """inside (n,): the last two thirds of all records, quarter by quarter, have their means in the band,
                 and do not fall.
    mean   (n,): of those two thirds
    error  (n,): standard error of the mean of a quarter
    """

    inside: Bools
    mean: Floats
    error: Floats
    _total: Floats  # (n + 1,) running sum of departures from the level
    _band: tuple[float, float]

    def since(self, j: int) -> int:
        """The first record of the stretch that ends at j, where inside: on from the last two thirds, by eighths of what
        lies before them, while their means stay near the band."""
        first = _begin(j)
        for k in range(7, -1, -1):
            lo = _begin(j) * k // 8
            if lo == first:
                continue
            mean = (self._total[first] - self._total[lo]) / (first - lo)
            if not -self._band[0] < mean < 2 * self._band[1]:
                break
            first = lo
        return first


def _begin(j: int) -> int:
    return int((j + 1) * (1 - SHARE))


def dwell(x: Floats, level: float, below: float, above: float, noise: Floats | None = None, sure: float = 0.7) -> Dwell:
    """The dwell of a series between `below` under a level and `above` over it.

    The band has to be resolved: standard errors at most `sure` times `below`. A fall within it that is beyond both a
    third of `below` and three of its standard errors is no dwelling: the series is on its way through. `noise` (n,): of
    the series, where it is known.
    """
    n = len(x)
    looked = rolling.log_spaced(n) & (np.arange(n) >= 3 * BLOCKS - 1)
    reach = REACH * (max(below, above) if np.isfinite(above) else below)
    total = np.concatenate([[0.0], np.cumsum(np.clip(x - level, -reach, reach))])
    noise = rolling.noise(x) if noise is None else noise
    inside, mean, error = np.zeros(n, dtype=bool), np.full(n, np.nan), np.full(n, np.nan)
    at = np.flatnonzero(looked)
    lo = ((at + 1) * (1 - SHARE)).astype(np.int64)
    edges = lo[:, None] + (at + 1 - lo)[:, None] * np.arange(BLOCKS + 1) // BLOCKS
    means = np.diff(total[edges], axis=1) / np.diff(edges, axis=1)
    mean[at] = level + (total[at + 1] - total[lo]) / (at + 1 - lo)
    sigma = error[at] = noise[at] / np.sqrt((at + 1 - lo) / BLOCKS)
    falls = means[:, 0] - means[:, -1] > np.fmax(below / 3, 3 * np.sqrt(2) * sigma)
    inside[at] = ((means > -below) & (means < above)).all(axis=1) & (sigma <= sure * below) & ~falls
    held = rolling.carried(np.where(looked, inside, np.nan)) > 0
    return Dwell(held, rolling.carried(mean), rolling.carried(error), total, (below, above))


@dataclass(frozen=True, eq=False)
class Life:
    """All of a series, which lies at the level as whoever asks knows. As of a `Dwell`, both (n,)."""

    inside: Bools
    mean: Floats

    def since(self, j: int) -> int:
        return 0


def life(x: Floats) -> Life:
    return Life(np.ones(len(x), dtype=bool), np.cumsum(x) / np.arange(1, len(x) + 1))


@dataclass(frozen=True, eq=False)
class Rest:
    """A series that has come down to a level and rests there now. As of a `Dwell`, both (n,)."""

    inside: Bools
    mean: Floats
    _near: Bools

    def since(self, j: int) -> int:
        """The first record of the stretch up to j that stays near the level."""
        away = np.flatnonzero(~self._near[: j + 1])
        return int(away[-1]) + 1 if len(away) else 0


def rest(x: Floats, level: float, band: float, span: int) -> Rest:
    """The last `span` records have their means, half by half, within a band of the level, and none departs by two; it
    came from half as high again."""
    mean = rolling.rolling_mean(x, span, least=span)
    late = rolling.rolling_mean(x, span // 2, least=span // 2)
    near = np.abs(x - level) < 2 * band
    inside = (np.abs(late - level) < band) & (np.abs(rolling.before(late, span // 2) - level) < band)
    inside &= rolling.sustained(near, span) & (rolling.running_max(x) > COME_DOWN * level)
    return Rest(np.asarray(inside), mean, np.asarray(near))


def fallen_back(x: Floats, level: float, band: float, span: int, below: float) -> Rest:
    """Each of the last `span` records lies in a band about the level, and one before had been `below` under it."""
    near = np.abs(x - level) < band
    inside = rolling.sustained(near, span) & (rolling.running_min(x) < level - below)
    return Rest(np.asarray(inside), rolling.rolling_mean(x, span, least=span), np.asarray(near))
