"""A training loss of a run that has ended: of weights that do not move, or one that was never lower than at first.

While a run goes on either may still change; at its end a handful of records is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.ending import never_rose
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num
from analysis.model import Bools, Floats, Words
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
    fixed_share: Share = 0.8  # of its last two thirds are that number, if it leaps and comes back to it each time, and
    fixed_records: Records = 30  # of so many: of a handful each has to be
    flat_points: Records = 100  # of a run that has ended, in which no stretch lay lower than the first
    most_ratio: Times = 1.5  # times its first fifth: what climbs further does not stand
    costly: Nats = 1.0  # a loss above it: a tiny one may be noise, or not what is learnt
    ended_share: Share = 0.97  # of its first record is left of the last of a handful,
    least_share: Share = 0.95  # and of the lowest

    def frozen(self, view: View, points: Points) -> Bools:
        """(n,) at the end of a run: for most of its records, a handful or more, the loss has stood to the sixth digit,
        and is not 0; no weight that moves does that, unless what it is answered by is constant: then it may leap, and
        is back at the very same number."""
        last, tail = view.at_end(points), points.x[len(points) // 3 :]
        if not last.any() or len(tail) < FEWEST or view.is_family(points, Family.RL)[-1]:
            return np.zeros(len(points), dtype=bool)
        lr = view.role("lr")
        begun = lr.value(int(points.rows[len(points) // 3])) if lr is not None else None
        if lr is not None and begun is not None and begun < self.spent_lr * float(np.max(lr.x)):
            return np.zeros(len(points), dtype=bool)  # which lr-zero says, and so why
        if points.x.min() * self.most_ratio < tail[-1]:
            return np.zeros(len(points), dtype=bool)  # it had learnt, and has leapt: others say so
        level = rolling.median(tail)
        return last & bool(level != 0 and (_same(tail, level).all() or self._comes_back(tail, level)))

    def _comes_back(self, tail: Floats, level: float) -> bool:
        """Written with so many digits that it would show if it were another number."""
        shows = eval_noise.resolution(tail)[-1] <= SAME * abs(level)
        back = bool(_same(tail, level)[-FEWEST:].sum() > FEWEST // 2)
        return bool(
            len(tail) >= self.fixed_records and shows and back and _same(tail, level).mean() >= self.fixed_share
        )

    def frozen_since(self, points: Points) -> int:
        """The first record of most that are that number."""
        same = _same(points.x, rolling.median(points.x[len(points) // 3 :]))
        share = np.cumsum(same[::-1])[::-1] / np.arange(len(same), 0, -1)
        return int(np.argmax(same & (share >= self.fixed_share)))

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


def _same(x: Floats, level: float) -> Bools:
    return np.asarray(np.abs(x - level) <= SAME * abs(level))


def frozen_words(view: View, points: Points, since: int, m: Moment) -> Words:
    called, level = in_title(points.kind), rolling.median(points.x[since:])
    same = _same(points.x[since:], level)
    still, of_all = int(np.count_nonzero(same)), len(same)
    held = view.role("eval_loss")
    also = held is not None and len(held) > 1 and bool(np.ptp(held.x[len(held) // 3 :]) <= SAME * abs(held.x[-1]))
    said = f"最后 {of_all} 次记录{'都' if still == of_all else f'有 {still} 次'}是 {num(level)}"
    return Words(
        f"{called} 恒定不变，没在学",
        f"{said}，6 位数字不变{'，评估 loss 也是' if also else ''}",
        "查输出是否饱和或恒定、梯度是否为 0，再看 lr 与初始化",
        "很可能",
        {"now": float(points.x[m.now]), "level": level, "records": still},
    )
