"""A score of a held-out set that has come down from its best and stays down, whatever it had gained before.

Such a score is measured on the same samples each time, as an eval loss is, so it is judged as one: by a valley of what
is wrong. It may be best at the very first evaluation, where nothing had been gained yet that could be lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.early_best import early_best, one_way
from analysis.arrays.valley import Valley, valley
from analysis.model import Bools, Floats, Ints
from analysis.scan.judges import HELD, as_rate
from analysis.scan.view import Points, View

SIGMAS = 3.0  # standard errors beyond what luck gives, of few evaluations
LATE_SIGMAS = 4.5  # of many: more of them, more chances to stray
ALOUD = 2.0  # more of them: tails are heavy, neighbours are alike, and no training loss is asked
HOLD = 3  # evaluations in a row
FEW, MANY = 12, 60  # evaluations
FEWEST = 5  # that may say so at all
SURE = 10  # that may say so aloud: of fewer nobody knows yet what one scatters by
USUAL = 0.02  # what one evaluation scatters by where nobody knows better: of the best, or ln
PLAIN = 0.15  # of the best score, or
MORE_WRONG = 1.5  # times as much is wrong as at best,
POINTS = 0.05  # and that is more by this, of a rate
RESTARTED = 1.2  # times the lr at the best, which had come down by then


@dataclass(frozen=True, eq=False)
class HeldOutFall:
    """Arrays are (n,), one per evaluation.

    fallen  it stands lower than at its best, beyond chance and by what is worth a word
    plain   by so much that another checkpoint has to be taken
    least   a fall by less is none; in the unit of x
    """

    fallen: Bools
    plain: Bools
    least: Floats


def held_out_fall(view: View, points: Points, x: Floats, least: float | None) -> HeldOutFall:
    """x      (n,) higher is better
    least  of a difference of `x`, where it is a logarithm of what is wrong; None: `x` is the score itself
    """
    n = np.arange(len(x)) + 1
    best = rolling.running_max(np.abs(x)) if least is None else np.ones(len(x))
    small = HELD * best if least is None else np.full(len(x), least)
    v = valley(-x, small, USUAL * best)
    sigmas = np.interp(np.log(n), np.log([FEW, MANY]), [SIGMAS, LATE_SIGMAS])
    early = early_best(x)
    lost = np.maximum(_held(v, sigmas), early)
    steps = one_way(x) & (rolling.running_max(x) - x > small)
    restarted = _restarted(view, points, v.where)
    fallen = (steps | (lost > small)) & (n >= FEWEST) & ~restarted
    if least is not None:
        return HeldOutFall(fallen, fallen, small)
    lost = np.maximum(_held(v, sigmas + ALOUD), early)
    plain = lost > PLAIN * best
    unit = as_rate(points)
    a_rate = (rolling.running_min(x) >= 0) & (rolling.running_max(x) <= unit)
    wrong = unit + v.floor  # at best
    plain |= a_rate & (lost > POINTS * unit) & (lost > (MORE_WRONG - 1) * wrong)
    return HeldOutFall(fallen, fallen & plain & (n >= SURE), small)


def _held(v: Valley, sigmas: Floats) -> Floats:
    """(n,) the least that it has been lower by in the last few evaluations, each beyond chance."""
    return rolling.rolling_min(np.where(v.errors > sigmas, v.rise, 0.0), HOLD)


def _restarted(view: View, points: Points, where: Ints) -> Bools:
    """(n,) lr is higher than it was at the best, and had come down by then: a warm restart, which the score follows."""
    lr = view.role("lr")
    if lr is None or not len(lr) or not len(points):
        return np.zeros(len(points), dtype=bool)
    at = view.latest(points, lr)
    now, peak = rolling.take_or(lr.x, at, np.nan), rolling.take_or(rolling.running_max(lr.x), at, np.nan)
    with np.errstate(invalid="ignore"):
        return np.asarray((now > RESTARTED * now[where]) & (now[where] * RESTARTED < peak[where]))
