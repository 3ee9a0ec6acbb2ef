"""The points of a game beside the reward that an agent is trained on: the points are what is wanted, and a reward that
was shaped may be earned without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.ending import NOTICED, PLAIN, Stretches, stretches
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import OF_A_RETURN, RETURNS, SOME_SCORE
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num
from analysis.model import Severity, Words
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Records, Share
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering


@dataclass(frozen=True)
class PointsStand(Patience):
    points_records: Records = 200  # of a run that has ended: by fewer nobody knows what a fifth of it stands at
    same_points: Share = 0.1  # of where the points began, by which their best fifth lies above it: nobody plays better
    more_reward: Share = 0.5  # of where the reward began, by which it ended above it
    full_points: Share = 0.2  # of all records are the highest of all: it may be all that there is to be had

    def of_points(self, view: View) -> Iterator[Track]:
        reward = view.role("reward")
        if reward is None or len(reward) < self.points_records or _points_of_a_game(reward):
            return
        for key in view.keys("score"):
            points = view.column(key)
            ended = len(points) >= self.points_records and view.at_end(points).any()
            if ended and key != reward.key and _points_of_a_game(points):
                yield self._points_track(view, points, reward)

    def _points_track(self, view: View, points: Points, reward: Points) -> Track:
        """At the end: the reward has risen plainly, the points are those of the beginning, and never were many more."""
        last = view.at_end(points)
        last &= view.is_family(points, Family.RL, Family.UNKNOWN) & ~answering(view, points)
        scored, earned = stretches(points.x), stretches(reward.x)
        apart = self._apart(points, scored, earned)
        return track(
            points,
            firing=last & apart,
            clearing=np.zeros(len(points), dtype=bool),
            severity=Severity.CRITICAL,
            onset=lambda j: 0,
            metrics=(reward.key,),
            words=lambda m: _words(scored, earned, m),
        )

    def _apart(self, points: Points, scored: Stretches, earned: Stretches) -> bool:
        stood = scored.higher < NOTICED and scored.best - scored.first < self.same_points * abs(scored.first)
        rose = earned.higher > PLAIN and earned.last - earned.first > self.more_reward * abs(earned.first)
        full = float(np.mean(points.x >= rolling.running_max(points.x)[-1])) > self.full_points
        return bool(stood and rose and not full)


def _points_of_a_game(points: Points) -> bool:
    """A score of training that is called nothing else, of whole games or of the last ones."""
    bag = set(words(points.key))
    named = {w for w in bag if not w.isdigit()} <= SOME_SCORE | OF_A_RETURN | {
        "final",
        "game",
        "games",
        "last",
        "moving",
    }
    return points.kind.group == "train" and bool(bag & SOME_SCORE) and named and not bag & RETURNS


def _words(scored: Stretches, earned: Stretches, m: Moment) -> Words:
    evidence = {"first": scored.first, "now": scored.last, "best": scored.best, "records": m.now + 1}
    evidence |= {"reward_first": earned.first, "reward_now": earned.last}
    return Words(
        "得分没随 reward 涨",
        f"{m.now + 1} 次记录里得分 {num(scored.first, 3)}→{num(scored.last, 3)}，reward {num(earned.first, 3)}→"
        f"{num(earned.last, 3)}：涨的是塑形项",
        "逐项打印 reward：去掉能刷分的塑形项，直接对准最终得分再训",
        "很可能",
        evidence,
    )
