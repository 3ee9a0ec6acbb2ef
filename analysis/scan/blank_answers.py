"""Measures that are no better than those of a blank answer: a grey picture, a flow of zero everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trend import trend
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import TRAIN, word_set
from analysis.model import Floats
from analysis.scan.view import Points, View

GREY = 13.0  # dB of PSNR: pixels of a photograph scatter by a quarter of their range, which is 12
STILL = 10.0  # pixels of end-point error: what flows of zero cost on the usual sets is 11 to 30, what is learnt 1 to 5
SEEN_BEFORE = 3.0  # dB, or as many tenths of the first error: it has learnt something since
FLOW = word_set("epe aee")
SURE_Z = 1.64  # Mann-Kendall z of a fall, one-sided 5 %
STANDS = 0.03  # ln: less of a fall of the loss, in the later half of all records, is none
EVALS, RECORDS = 40, 40  # of the measure, whatever the plan; of the loss
PROGRESS = 0.25  # of the plan, where the measure is taken rarely


@dataclass(frozen=True, eq=False)
class BlankAnswer:
    """value  (n,) per record of the loss: that of a measure no better than a blank answer's, while the loss stands
    still; NaN elsewhere
    """

    key: str
    value: Floats

    @property
    def called(self) -> str:
        return "EPE" if taken_apart(self.key).stems & FLOW else "PSNR"

    @property
    def said(self) -> str:
        return "全零光流" if taken_apart(self.key).stems & FLOW else "一张灰图"


def blank_answer(view: View, loss: Points) -> BlankAnswer | None:
    """Of what was measured first, on held-out data before training."""
    first = {k: int(c.rows[0]) for k, c in view.history.columns.items() if taken_apart(k).stems & (FLOW | {"psnr"})}
    if not first or len(loss) < RECORDS:
        return None
    key = min(first, key=lambda k: (first[k], bool(taken_apart(k).bag & TRAIN), k))
    measure = view.column(key)
    of_flow = bool(taken_apart(key).stems & FLOW)
    x = -measure.x if of_flow else measure.x
    best = rolling.running_max(x)
    gained = best - x[:1] > (0.1 * SEEN_BEFORE * np.abs(x[:1]) if of_flow else SEEN_BEFORE)
    blank = (best < (-STILL if of_flow else GREY)) & ~gained & (of_flow | (x > 0))
    at = view.latest(loss, measure)
    asked = rolling.take_or(blank, at, False)
    asked &= (view.progress(loss) >= PROGRESS) | (at >= EVALS - 1)
    looked = rolling.log_spaced(len(loss)) & (np.arange(len(loss)) >= RECORDS - 1)
    stands = np.full(len(loss), np.nan)
    for j in np.flatnonzero(looked & asked).tolist():
        later = trend(loss.log[(j + 1) // 2 : j + 1])
        stands[j] = later.z > -SURE_Z or later.change > -STANDS
    still = asked & (rolling.carried(stands) > 0)
    return BlankAnswer(key, np.where(still, rolling.take_or(measure.x, at, np.nan), np.nan))
