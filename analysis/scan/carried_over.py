"""What an agent earns in training, beside what it earns where it is evaluated by the same measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.columns.names import same_quantity
from analysis.model import Floats
from analysis.scan.judges import of_returns
from analysis.scan.view import Points, View


@dataclass(frozen=True, eq=False)
class CarriedOver:
    """Arrays are (n,), one per evaluation.

    train    the return of training
    start    where the evaluation began; NaN of fewer than ten
    learnt   what training has gained by then; NaN where it has not risen clearly
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
    if evaluation.kind.group != "eval" or not same_quantity(train.key, evaluation.key):
        return None
    of, held_out = train.gain, evaluation.gain
    learnt = rolling.take_or(np.where(of.risen, of.now - of.start, np.nan), view.latest(evaluation, train), np.nan)
    learnt = np.where(view.is_family(evaluation, Family.RL), learnt, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return CarriedOver(train, held_out.start, learnt, (held_out.now - held_out.start) / learnt)
