"""An agent that had solved its task for long, and often fails in the end: the median of its episodes hides it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Floats

LAST = 12  # the end is this part of all episodes,
FEWEST = 40  # of so many at least
CALM = 3  # times as many before, of which hardly any failed
HARDLY = 0.02  # of them
OFTEN = 0.1  # of the last ones
WORST = 0.01  # of all episodes: how bad they get, but for single strays
SURE = 5.0  # standard deviations by which that is more than chance would have at the usual share


@dataclass(frozen=True, slots=True)
class FailsAgain:
    """share   of the last episodes that failed; `usual`: of those of its calmest time
    since   the first of them; `calm`: the index of the last episode of that time
    before, now  what both come to on average
    """

    share: float
    usual: float
    since: int
    calm: int
    before: float
    now: float
    last: int


def fails_again(x: Floats) -> FailsAgain | None:
    """Of single episodes, larger is better. One has failed that came nearer to the worst ones than to the usual."""
    n = len(x)
    k = max(FEWEST, n // LAST)
    if n < (CALM + 2) * k:
        return None
    usual = float(np.median(x[k:]))
    failed = x < (usual + float(np.quantile(x, WORST))) / 2
    calm = rolling.rolling_mean(failed[: n - k].astype(np.float64), CALM * k, least=CALM * k)
    at = int(n - k - 1 - np.nanargmin(calm[::-1]))  # the latest of them
    share, least = float(np.mean(failed[-k:])), float(calm[at])
    expected = max(least, 1 / (CALM * k))
    if least > HARDLY or share < max(OFTEN, expected + SURE * np.sqrt(expected * (1 - expected) / k)):
        return None
    since = at + 1 + int(np.argmax(failed[at + 1 :]))
    if since < n - 2 * k or float(np.mean(failed[-k // 2 :])) < OFTEN:  # another matter, or over again
        return None
    begun = slice(at + 1 - CALM * k, at + 1)
    return FailsAgain(share, least, since, at, float(np.mean(x[begun])), float(np.mean(x[-k:])), k)
