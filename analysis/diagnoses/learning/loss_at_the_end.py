"""A training loss of a run that has ended: of weights that do not move, or one that was never lower than at first.

While a run goes on either may still change; at its end a handful of records is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.ending import never_rose
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num
from analysis.model import Bools, Words
from analysis.scan.eval_moves import eval_moves
from analysis.scan.track import Moment
from analysis.scan.tuned import tuned
from analysis.scan.units import Nats, Records, Share, Times
from analysis.scan.view import Points, View

OF_LEARNT_WEIGHTS = (Family.SFT, Family.VLA, Family.PREFERENCE)
GAIN, SIGMAS = 0.02, 4.0  # of what it began with, and standard deviations: an evaluation has moved
FEWEST = 5  # records, or evaluations, of a run that has ended
SAME = 1e-6  # of its size: no digit that is printed moves


@dataclass(frozen=True)
class LossEnds(Patience):
    flat_points: Records = 100  # of a run that has ended, in which no stretch lay lower than the first
    most_ratio: Times = 1.5  # times its first fifth: what climbs further does not stand
    costly: Nats = 1.0  # a loss above it: a tiny one may be noise, or not what is learnt
    ended_share: Share = 0.97  # of its first record is left of the last of a handful,
    least_share: Share = 0.95  # and of the lowest

    def frozen(self, view: View, points: Points) -> Bools:
        """(n,) at the end of a run: for most of its records, a handful or more, the loss has stood to the sixth digit,
        and is not 0; no weight that moves does that."""
        last, tail = view.at_end(points), points.x[len(points) // 3 :]
        if not last.any() or len(tail) < FEWEST or view.is_family(points, Family.RL)[-1]:
            return np.zeros(len(points), dtype=bool)
        lr = view.role("lr")
        begun = lr.value(int(points.rows[len(points) // 3])) if lr is not None else None
        if lr is not None and begun is not None and begun < self.spent_lr * float(np.max(lr.x)):
            return np.zeros(len(points), dtype=bool)  # which lr-zero says, and so why
        if points.x.min() * self.most_ratio < tail[-1]:
            return np.zeros(len(points), dtype=bool)  # it had learnt, and has leapt: others say so
        return last & bool(tail[-1] != 0 and np.ptp(tail) <= SAME * abs(rolling.median(tail)))

    def never_fell(self, view: View, points: Points) -> Bools:
        """(n,) at the end of a run that learns from nothing: a loss that costs more than a nat was at no time lower
        than at first, by all of many records; or by fewer, beside evaluations that have not moved either."""
        last, x = view.at_end(points), points.x
        held = [p for r in ("eval_loss", "eval_score") if (p := view.role(r)) is not None and len(p) >= FEWEST]
        still = bool(held) and not any(map(_moved, held))
        few = FEWEST <= len(x) < self.min_points and still
        many = len(x) >= (self.min_points if still else self.flat_points) and float(rolling.median(x)) > self.costly
        if not (last.any() and (few or many)) or view.facts.pretrained or tuned(view, points)[-1]:
            return np.zeros(len(points), dtype=bool)
        level = rolling.median(x[-len(x) // 5 :]) < self.most_ratio * rolling.median(x[: len(x) // 5])
        stands = (
            level and never_rose(-x)
            if many
            else x[-1] >= self.ended_share * x[0] > 0 and x.min() >= self.least_share * x[0]
        )
        fits = ~view.is_family(points, *OF_LEARNT_WEIGHTS, Family.RL, Family.GAN) & ~eval_moves(view, points)
        return last & stands & fits


def _moved(points: Points) -> bool:
    """An evaluation got better from its first few to its last few, by more than it scatters about its course."""
    x = points.x if points.kind.direction == "max" else -points.x
    first, gain = rolling.median(x[:3]), rolling.median(x[-3:]) - rolling.median(x[:3])
    return bool(gain > max(GAIN * abs(first), SIGMAS * rolling.BEND_TO_SIGMA * rolling.median(rolling.bends(x))))


def frozen_words(view: View, points: Points, m: Moment) -> Words:
    called, now = in_title(points.kind), float(points.x[m.now])
    still = int(rolling.streak(np.abs(points.x[: m.now + 1] - now) <= SAME * abs(now))[-1])
    held = view.role("eval_loss")
    also = held is not None and len(held) > 1 and bool(np.ptp(held.x[len(held) // 3 :]) <= SAME * abs(held.x[-1]))
    return Words(
        f"{called} 恒定不变，没在学",
        f"最后 {still} 次记录都是 {num(now)}，6 位数字不变{'，评估 loss 也是' if also else ''}",
        "查输出是否饱和或恒定、梯度是否为 0，再看 lr 与初始化",
        "很可能",
        {"now": now, "records": still},
    )
