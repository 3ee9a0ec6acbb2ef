"""What explains a fall away, and what bears it out: an agent that explores, a peak by luck, the other scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.descent import fell_in_a_step
from analysis.columns.family import Family
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import SUCCESS
from analysis.diagnoses.eval_scores.drop import Drop
from analysis.model import Bools, Floats, Ints
from analysis.scan.carried_over import carried_over
from analysis.scan.judges import as_rate, lower_is_better, of_returns
from analysis.scan.random_play import acts_at_random, before_learning
from analysis.scan.units import Evals, PlanShare, Share
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class Doubts(Drop):
    explored_progress: PlanShare = 0.05  # before which an agent that explores has hit on what it earns, not learnt it
    least_success: Share = 0.15  # of tries: a policy that never succeeded more often has nothing to lose yet
    least_rate: Share = 0.01  # of a rate: what never came to more worked by luck, if at all
    little_share: Share = 0.5  # of what training has gained, by the same measure, and still has
    brief_evals: Evals = 10  # above half of the gain: fewer are a peak,
    brief_share: Share = 0.4  # if they are fewer than this of all evaluations until then

    def exploring(self, view: View, points: Points, best: Ints) -> Bools:
        """(n,) an agent has just begun, from nothing; or it does not learn yet or acts at random, or did at its best:
        a few high returns are what it has hit upon.
        """
        if view.facts.pretrained or view.facts.offline:
            return np.zeros(len(points), dtype=bool)
        by_luck = before_learning(view, points) | acts_at_random(view, points)
        early = view.progress(points) < self.explored_progress
        return np.asarray((early | by_luck | by_luck[best]) & view.is_family(points, Family.RL))

    def little_to_lose(self, view: View, points: Points, best: Floats) -> Bools:
        """(n,) little was there to lose, no policy was: training has risen to twice what this ever had, or it is a rate
        at which nothing worked yet."""
        unit = as_rate(points)
        a_rate = (rolling.running_min(points.x) >= 0) & (rolling.running_max(points.x) <= unit)
        least = self.least_success if taken_apart(points.key).stems & SUCCESS else self.least_rate
        little = a_rate & (best < least * unit) & ~np.asarray(lower_is_better(points))
        pair = carried_over(view, points)
        return little if pair is None else np.asarray(little | (best - pair.start < self.little_share * pair.learnt))

    def brief_peak(self, view: View, points: Points, level: Floats, start: Floats, where: Ints, firing: Bools) -> Bools:
        """(n,) a return stood above half of what it had gained for a few evaluations only, far fewer than all until
        then: a peak that an agent from nothing has hit upon, where no plan tells how early that is."""
        out = np.zeros(len(points), dtype=bool)
        known = view.facts.planned_steps is not None or view.facts.pretrained or view.facts.offline
        if known or not of_returns(points):
            return out
        for best in np.unique(where[firing]):
            high = level > (level[best] + start[best]) / 2
            few = (np.cumsum(high) < self.brief_evals) & (
                np.cumsum(high) < self.brief_share * (rolling.running_max(np.where(high, np.arange(len(high)), 0)) + 1)
            )
            out |= few & (where == best)
        return out & view.is_family(points, Family.RL)

    def evaluations_fell(self, view: View, points: Points, evaluation: Points) -> Bools:
        """(n,) the evals have lost a good part of what they had gained, too; or none is known, or says anything."""
        level = evaluation.median(self.window, least=self.window)
        best = rolling.running_max(level)
        lost = best - level > self.warning_share * (best - rolling.running_min(level))
        at = view.latest(points, evaluation)
        # One that has never left the least that it can be tells nothing: training has earned more.
        blank = rolling.take_or((best <= 0) & (best <= rolling.running_min(level)), at, False)
        blank &= rolling.running_max(points.x) > rolling.take_or(best, at, np.inf)
        scatter = 1.25 / np.sqrt(self.window) * eval_noise.scatter(evaluation.x)
        least = np.maximum(self.min_drop_of_best * np.abs(best), (1 + self.sigmas) * scatter)
        lost = rolling.sustained(lost & (best - level > least), self.hold_evals)
        return np.asarray((at < 0) | blank | rolling.take_or(lost, at, False))

    def witnessed(self, view: View, points: Points, x: Floats, level: Floats, best: Floats) -> Bools:
        """(n,) a return has lost a good part of what it had gained: that of training says so, too, when an eval does,
        or the evals came down from one level that they had kept to another that they keep."""
        reward = view.role("reward")
        if not of_returns(points):
            return np.zeros(len(points), dtype=bool)
        stepped = fell_in_a_step(x, best, level, best - level > self.min_drop_of_best * np.abs(best))
        if reward is None:
            return stepped
        of = reward.descent
        lost = of.drop > self.warning_share * np.maximum(of.gain, np.abs(of.best))
        return stepped | rolling.take_or(np.asarray(lost), view.latest(points, reward), False)
