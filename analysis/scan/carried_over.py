"""What an agent earns in training, beside what it earns where it is evaluated by the same measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.gain import WINDOW
from analysis.columns.family import Family
from analysis.columns.names import same_quantity, words
from analysis.columns.vocabulary import EVAL, OF_A_RETURN
from analysis.model import Bools, Floats
from analysis.scan.judges import of_returns
from analysis.scan.view import Points, View

LOW = 3  # records of the median that is the lowest: it drops one that is off
FEW = 5  # evaluations that are too few for levels of them, and enough where not one came near
AT_ONCE = 3.0  # times what a level has ever fallen back by


@dataclass(frozen=True, eq=False)
class CarriedOver:
    """Arrays are (n,), one per evaluation.

    train    the return of training
    start    where the evaluation began; NaN of fewer than ten evaluations
    learnt   what training has gained by then, since it was lowest; NaN where it has not risen clearly
    share    of it that the evaluation has gained, too; NaN where either is not known
    """

    train: Points
    start: Floats
    learnt: Floats
    share: Floats


def carried_over(view: View, evaluation: Points) -> CarriedOver | None:
    """None where no return of training is logged by the same name, or the evaluation is of something else."""
    train = view.role("reward")
    if train is None or train.key == evaluation.key or not of_returns(evaluation) or not len(train):
        return None
    if evaluation.kind.group != "eval" or not one_measure(train.key, evaluation.key):
        return None
    of, held_out = train.gain, evaluation.gain
    known = np.arange(len(train)) >= WINDOW  # of fewer, luck makes a rise
    gained = np.where(known & (of.risen | _at_once(train)), of.now - _lowest(train), np.nan)
    learnt = rolling.take_or(gained, view.latest(evaluation, train), np.nan)
    learnt = np.where(view.is_family(evaluation, Family.RL), learnt, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (held_out.now - _lowest(evaluation)) / learnt
        share = np.where(np.isnan(held_out.now), _at_best(train, evaluation, view) / learnt, share)
    return CarriedOver(train, held_out.start, learnt, share)


def one_measure(train: str, evaluation: str) -> bool:
    """By one name, or both are all that is earned in an episode: `rollout/ep_rew_mean`, `eval/mean_reward`."""
    plain = all(set(words(key)) <= OF_A_RETURN | EVAL for key in (train, evaluation))
    return plain or same_quantity(train, evaluation)


def _at_once(points: Points) -> Bools:
    """(n,) what it gained it had gained by its first level, and has kept: far more than that has ever fallen back."""
    now = points.gain.now
    back = rolling.running_max(np.nan_to_num(rolling.running_max(now) - now))
    with np.errstate(invalid="ignore"):
        risen = now - rolling.median(points.x[:LOW]) > AT_ONCE * np.fmax(back, points.plain_noise)
    return np.asarray(risen & (np.arange(len(points)) >= 2 * WINDOW))


def _at_best(train: Points, evaluation: Points, view: View) -> Floats:
    """(n,) the most that a few evaluations may have gained: the best of them above the worst, or above where training
    began."""
    best = rolling.running_max(evaluation.x)
    begun = rolling.take_or(_lowest(train), view.latest(evaluation, train), np.nan)
    return np.asarray(best - np.fmin(rolling.running_min(evaluation.x), begun))


def _lowest(points: Points) -> Floats:
    """(n,) where it has stood at worst: what learns at once has left it before there is a level of many records."""
    return rolling.running_min(points.median(LOW, least=LOW))
