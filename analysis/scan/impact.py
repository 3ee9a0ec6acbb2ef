"""What a fault means for the result of a run, which is another matter than how loud it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from analysis.columns.family import Family
from analysis.facts import Facts
from analysis.model import Finding, RunInfo

ROBOTS = frozenset({Family.IMITATION, Family.VLA})  # judged by rollouts


class Impact(enum.IntEnum):
    """Ordered: of several open faults the largest decides what is said of the result."""

    NONE = 0  # it says nothing about the result
    SLOWER = 1  # it has cost time, nothing else
    CHOOSE_CHECKPOINT = 2  # the result stands; which checkpoint is the question
    IN_DOUBT = 3  # what the result would be judged by cannot be believed yet
    PART_MISSING = 4  # it works without the part that failed
    FROZEN_AT_ONSET = 5  # from the onset on nothing was learnt any more
    USABLE_BEFORE_ONSET = 6  # what was saved before the onset is untouched
    UNUSABLE = 7  # there is no result


class Evaluated(enum.Enum):
    """How much evaluation there is to judge a run by."""

    NEVER = enum.auto()
    UNREAD = enum.auto()  # by names that do not say which way is better
    ONCE = enum.auto()
    FEW = enum.auto()  # too few evaluations
    IN_PART = enum.auto()  # of several tasks some are done, others hardly ever
    POOR = enum.auto()  # a rate at which hardly anything works yet
    SELDOM = enum.auto()  # what it is meant to do fails more often than not
    NO_GAIN = enum.auto()  # no evaluation was better than the first, or they do not move at all
    WORSE = enum.auto()  # the same: they were best at first, and have come down from there
    TRAIN_ONLY = enum.auto()  # the same, while the loss of training came down
    SCORE_LEVEL = enum.auto()  # the loss of the evaluations has come down, and their score has gained nothing
    UNMOVED = enum.auto()  # the same, and the loss of training stands as well
    SCORE_STANDS = enum.auto()  # their loss came down, what they get right did not go up
    UNBACKED = enum.auto()  # what its evaluations gained, and lost again, was never earned in training
    LATE = enum.auto()  # a return that began to grow in the second half and has not come to rest
    UNFINISHED = enum.auto()  # a loss of which less than half is gone, and that falls as fast as ever
    BY_PROXY = enum.auto()  # by an offline loss, in a family where success may go its own way
    UNEARNED = enum.auto()  # by the returns of training, which never rose
    IN_TRAINING = enum.auto()  # by the returns of training, which are what is optimised
    ENOUGH = enum.auto()


_EFFECT = {
    Evaluated.NEVER: "未评估",
    Evaluated.UNEARNED: "未单独评估",
    Evaluated.IN_TRAINING: "未单独评估",
    Evaluated.BY_PROXY: "效果待实测",
}


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run under one open fault: what the line on what it can be used for is made of."""

    finding: Finding
    info: RunInfo
    facts: Facts
    family: Family
    evaluated: Evaluated
    running: bool
    of_eval: bool  # the finding is about an eval metric
    best_at: int | None = None  # where what it is judged by was best, in the run's own steps; None: not known
    usable: bool = False  # the answer in one word is yes: a sentence may say so of the result as it stands

    @property
    def judged(self) -> bool:
        """Whether there is evaluation enough to call a checkpoint usable."""
        return self.evaluated is Evaluated.ENOUGH

    @property
    def effect(self) -> str:
        """How good it is, where nobody knows."""
        return _EFFECT.get(self.evaluated, "效果未知")
