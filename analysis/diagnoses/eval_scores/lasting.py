"""Whether a fall has lasted for as long as it takes to be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.diagnoses.eval_scores.drop import Drop
from analysis.model import Bools, Floats, Ints
from analysis.scan.judges import of_returns, of_rollouts
from analysis.scan.units import Evals, Share, Sigmas, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class Lasting(Drop):
    beyond_doubt: Times = 2.0  # what a fall has to be beyond: so wide a one needs no more evaluations to be believed
    steady_sigmas: Sigmas = 4.0  # standard errors by which a line through all error rates since the best rises
    gone_share: Share = 0.1  # of the best return is left: nearly nothing,
    gone_evals: Evals = 5  # in so many evals in a row, and in more than it ever was before: no scatter does that

    def lasting(self, points: Points, w: int, in_ratios: bool, base: Bools, wide: Bools) -> Bools:
        """(n,) it has lasted for as long as it takes to be believed. Of a score of the same samples each time, most of
        which is gone by far more than noise, two low ones of three are enough, whatever lies between them."""
        if w != self.window:
            return rolling.sustained(base, w)
        # An error rate is counted over a whole test set: a level of two is as sure as a level of more.
        held = rolling.sustained(base, self.hold_evals - in_ratios)
        return held if in_ratios or of_rollouts(points) else held | base & wide

    def mostly_lost(self, drop: Floats, best: Floats, start: Floats, wide: Floats) -> Bools:
        """(n,) most of the score is gone, and of what it had learnt by its best, which is more than noise."""
        learnt = best - start
        return (learnt > wide) & (drop > wide) & (drop > self.critical_share * np.maximum(learnt, np.abs(best)))

    def steadily(self, x: Floats, where: Ints, worse: Bools) -> Bools:
        """(n,) all evaluations since the best go one way: a fall that is plain however far the way to it bent."""
        if not np.count_nonzero(worse):
            return worse
        return worse & (eval_noise.drift(-x, where, eval_noise.scatter(x)) > self.steady_sigmas)

    def nothing_left(
        self, view: View, points: Points, level: Floats, best: Floats, exploring: Bools, lost: Bools
    ) -> Bools:
        if of_returns(points):
            return self._gone(points, level, best) & ~exploring
        return self._unlearnt(view, points, level) & lost

    def _gone(self, points: Points, level: Floats, best: Floats) -> Bools:
        """(n,) next to nothing is left of a return, for longer than ever since it was first there."""
        positive = rolling.running_min(points.x) >= 0
        low = (level < self.gone_share * best) & positive
        run = rolling.streak(low)
        longest = rolling.running_max(np.where(low, 0, rolling.before(run.astype(np.float64))))
        return np.asarray(low & (run >= self.gone_evals) & (run > rolling.filled(longest)))

    def _unlearnt(self, view: View, points: Points, level: Floats) -> Bools:
        """(n,) all that it had gained is gone, as its loss says, too: each stands where it began, or worse, for longer
        than what comes and goes."""
        loss = view.role("eval_loss")
        if loss is None or len(loss) < self.window or len(points) < self.window:
            return np.zeros(len(points), dtype=bool)
        of_loss = loss.median(self.window, least=self.window)
        worse = of_loss > of_loss[self.window - 1] + eval_noise.scatter(loss.x)
        worse = rolling.take_or(worse, view.latest(points, loss), False)
        return rolling.sustained((level <= level[self.window - 1]) & worse, self.hold_evals)
