"""How a score ended, beside the stretches that it had before: what only the end of a run can tell.

While a run goes on, a low stretch may be a dip, and a flat one a beginning; both need long proof. At the end a plain
comparison of stretches is enough: of their medians, and of all their records with each other (Mann-Whitney's U).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analysis.arrays.order_statistics import expected_max_z
from analysis.arrays.rolling import MAD_TO_SIGMA
from analysis.model import Floats, Ints

STRETCHES = (5, 8, 12, 20)  # the last fifth to the last twentieth
FEWEST = 5  # records in a stretch
APART = 4  # as many stretches, before one is compared with the others
LOST = 0.5  # of what it had gained by its best stretch
WORTH = 0.2  # of the best: less changes no decision
HIGHER = 0.7  # of all pairs of a record of the best stretch and one of the last have the higher one there
SURE_Z = 2.5  # standard deviations by which that share has to differ from a half
LIKELY_Z = 1.64  # the same where only one pair of stretches is compared: the first of all and the last
NOTICED = 0.6  # of all pairs: with less, however many there are, nobody calls it better
PLAIN = 0.9  # of all pairs: that is better, however few they are
MOST_SURE = 0.98  # of all pairs, however few
SIGMAS = 4.0  # beyond what the best of so many stretches lies too high by luck
STEP = 1.128  # mean absolute step over the standard deviation of single records
MEDIAN = 1.2533  # standard deviation of a median over that of a mean
MOST = 2_000  # records that are looked at; of more, means of neighbours


@dataclass(frozen=True, slots=True)
class LowerEnd:
    """best   median of the best stretch; `where`: index of the record in its middle
    level  median of the last stretch
    gain   by how much the best lies above the lowest stretch before it
    sigma  standard deviation of such a median
    """

    best: float
    where: int
    level: float
    gain: float
    sigma: float

    @property
    def drop(self) -> float:
        return self.best - self.level


def lower_end(x: Floats) -> LowerEnd | None:
    """Of a series of which larger is better; None where it ended about as high as it ever was, or there is too little
    of it. Every stretch as long as the last one is compared with it, and the longest that tells is taken."""
    at = _news(x)
    means, width = _means(x[at])
    for k in _lengths(len(means)):
        if (found := _lower(means, k)) is not None:
            where = int(at[min(found.where * width, len(at) - 1)])
            return LowerEnd(found.best, where, found.level, found.gain, found.sigma)
    return None


def never_rose(x: Floats) -> bool:
    """Neither its last stretch nor its best one has more than chance above its first; False of too few records."""
    means, _ = _means(x[_news(x)])
    lengths = list(_lengths(len(means)))
    if lengths and _fell_at_once(means, lengths[-1]):
        return True
    if not lengths or _is_higher(means[-lengths[0] :], means[: lengths[0]], LIKELY_Z):
        return False
    return not any(_rose(means, k) for k in lengths)


def fell_all_the_way(x: Floats) -> bool:
    """Its last stretch lies plainly below its first."""
    means, _ = _means(x[_news(x)])
    k = next(_lengths(len(means)), 0)
    return k > 0 and _higher(means[:k], means[-k:]) > PLAIN


@dataclass(frozen=True, slots=True)
class Stretches:
    """Medians of the first, the best and the last fifth; and in which share of pairs a record of the last is higher
    than one of the first."""

    first: float
    best: float
    last: float
    higher: float


def stretches(x: Floats) -> Stretches:
    """Of one record at least."""
    means, _ = _means(x)
    k = max(1, len(means) // STRETCHES[0])
    levels = np.median(sliding_window_view(means, k), axis=1)
    return Stretches(float(levels[0]), float(levels.max()), float(levels[-1]), _higher(means[-k:], means[:k]))


def _news(x: Floats) -> Ints:
    """The records that say something new: where most repeat the one before and yet hardly any value comes back, a
    record is logged again and again until there is another, and counts once."""
    new = np.flatnonzero(np.concatenate([[True], np.diff(x) != 0]))
    again = FEWEST * APART <= len(new) < len(x) / 2 and len(np.unique(x[new])) > len(new) / 2
    return new if again else np.arange(len(x))


def _means(x: Floats) -> tuple[Floats, int]:
    width = max(1, len(x) // MOST)
    return (x[: len(x) // width * width].reshape(-1, width).mean(axis=1) if width > 1 else x), width


def _lengths(n: int) -> Iterator[int]:
    """Of stretches, the longest first."""
    lengths = dict.fromkeys(max(FEWEST, n // share) for share in STRETCHES)
    return (k for k in lengths if n >= APART * k)


def _lower(x: Floats, k: int) -> LowerEnd | None:
    levels = np.median(sliding_window_view(x, k), axis=1)
    before = levels[: len(x) - 2 * k + 1]
    top = int(np.argmax(before))
    best, last = float(before[top]), float(levels[-1])
    gain, drop = best - float(before[: top + 1].min()), best - last
    sigma = _scatter(x, levels, k)
    luck = float(expected_max_z(max(len(x) / k, 2.0)))
    plain = drop > max(LOST * gain, WORTH * abs(best), (luck + SIGMAS) * sigma)
    if not plain or _higher(x[top : top + k], x[-k:]) < max(HIGHER, _sure(k, _of_many(len(x) / k))):
        return None
    return LowerEnd(best, top + k // 2, last, gain, sigma)


def _scatter(x: Floats, levels: Floats, k: int) -> float:
    """Standard deviation of the median of a stretch: by what single records scatter, and by how far levels of stretches
    next to each other lie apart, for records that remember each other move together."""
    single = MEDIAN * float(np.mean(np.abs(np.diff(x)))) / STEP / np.sqrt(k)
    apart = MAD_TO_SIGMA / np.sqrt(2) * float(np.median(np.abs(levels[k:] - levels[:-k])))
    return float(max(single, apart))


def _rose(x: Floats, k: int) -> bool:
    levels = np.median(sliding_window_view(x, k), axis=1)
    top = k + int(np.argmax(levels[k:]))
    return _is_higher(x[-k:], x[:k], SURE_Z) or _is_higher(x[top : top + k], x[:k], _of_many(len(x) / k))


def _fell_at_once(x: Floats, k: int) -> bool:
    """It has never been as good again as in its first stretch, the shortest one, and ended plainly lower: a deep fall
    from there on belongs to longer first stretches, beside which coming back looks like a gain."""
    levels = np.median(sliding_window_view(x, k), axis=1)
    best = k + int(np.argmax(levels[k:]))
    ended = float(np.median(x[:FEWEST])) > levels[-1] and _higher(x[-k:], x[:k]) < 1 - HIGHER
    return bool(ended and _higher(x[best : best + k], x[:k]) < 0.5)


def _of_many(n: float) -> float:
    """Standard deviations that are as rare for the best of so many as those of SURE_Z for one."""
    return float(np.sqrt(SURE_Z**2 + 2 * np.log(n)))


def _is_higher(later: Floats, first: Floats, z: float) -> bool:
    """By more than chance of `z` standard deviations, and by so much that somebody would see it."""
    return _higher(later, first) > min(max(NOTICED, _sure(len(first), z)), PLAIN)


def _sure(k: int, z: float = SURE_Z) -> float:
    """Share of pairs that no chance gives to two stretches of k records of the same kind."""
    return float(min(0.5 + z * np.sqrt((2 * k + 1) / 12) / k, MOST_SURE))


def _higher(a: Floats, b: Floats) -> float:
    """Share of the pairs in which that of `a` is the higher one; a tie is half a one."""
    ordered = np.sort(a)
    below = (np.searchsorted(ordered, b, "left") + np.searchsorted(ordered, b, "right")) / 2
    return 1 - float(np.mean(below)) / len(a)
