"""A train loss that is a sum where the eval loss is a mean: over accumulated batches, over GPUs, or over both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import same_quantity
from analysis.facts import Facts
from analysis.model import Floats
from analysis.scan.view import Points, View

LEAST, MOST = 0.7, 1.3  # of a factor: what train and eval of one model differ by at their first evaluations
STARTS = 3  # evaluations that say by which factor they differ
FELL = 0.4  # of the factor: no longer that


@dataclass(frozen=True, eq=False)
class Summed:
    """factor (n,): what training sums over, at each evaluation where its loss is so many times that; NaN elsewhere.
    ratio  (n,): train over eval
    """

    train: Points
    factor: Floats
    ratio: Floats
    called: dict[float, str]  # what a factor is, as the config names it


def summed(view: View, evaluation: Points) -> Summed | None:
    """None where the config states nothing that could be summed over, or nothing is logged to compare with."""
    factors, train = _factors(view.facts), view.role("loss")
    if not factors or train is None or not len(train) or not same_quantity(train.key, evaluation.key):
        return None
    level = rolling.take_or(rolling.rolling_median(train.x, 9), view.latest(evaluation, train), np.nan)
    with np.errstate(all="ignore"):
        ratio = np.where((evaluation.x > 0) & (level > 0), level / evaluation.x, np.nan)
    known = np.array(sorted(factors))
    first = ratio[: min(STARTS, len(ratio))]
    factor = np.full(len(ratio), np.nan)
    for j in range(len(ratio)):
        start = rolling.median(first[: j + 1])
        nearest = float(known[np.argmin(np.abs(np.log(known) - np.log(start)))]) if start > 0 else np.nan
        if LEAST <= start / nearest <= MOST and ratio[j] > FELL * nearest:
            factor[j] = nearest
    return Summed(train, factor, ratio, factors)


def _factors(facts: Facts) -> dict[float, str]:
    added, devices = facts.accumulation, facts.gpus
    out: dict[float, str] = {}
    if added and devices and devices > 1:
        out[float(added * devices)] = "累加步数×卡数"
    if devices and devices > 1:
        out[float(devices)] = "卡数"
    if added:
        out[float(added)] = "gradient_accumulation_steps"
    return out
