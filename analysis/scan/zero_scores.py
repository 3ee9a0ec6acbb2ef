"""A score that starts from 0 as its run logs it: a rate of success, what a detector finds,
what an agent or an answer earns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.columns.names import Name, taken_apart, words
from analysis.columns.vocabulary import ACCURACY, EXTREME, RETURNS, SPREAD, SUCCESS
from analysis.facts.eval_size import episodes
from analysis.model import Bools, Floats, Ints
from analysis.scan.training_score import TrainingScore, training_score
from analysis.scan.view import Points, View

# Of what is found in pictures or texts: 0 for the first epochs of many a healthy run.
FOUND = {"map", "ap", "iou", "miou", "dice", "recall", "precision", "f1", "mcc", "matthews"}
# Of an accuracy: no part of an answer counts.
AS_A_WHOLE = {"match", "matches", "matched", "exact", "em", "sequence", "sentence"}
# Rates of errors: where all is wrong nothing is found.
WRONG = {"wer", "cer", "ter"}
FINER = {"cer"}  # of characters: it moves before a word is right
STILL = 3  # times that it is the very same as before
# What says of an answer whether it is right; other rewards are for its form.
RIGHT = {"accuracy", "correct", "correctness", "answer", "solution", "exact", "solved"}
# Beside one of these a rate is not that of the task.
ASIDE = (
    {"token", "tokens", "gap", "diff", "delta", "loss", "losses", "weight", "coef", "threshold", "sem"}
    | EXTREME
    | SPREAD
)
# Roles that only a language model has that is trained on rewards.
ANSWERING = ("ref_kl", "answer_length", "truncated", "zero_spread", "reward_std")
EXACT = 1e-9  # what is logged as 0
LOST, HAD_BEEN = 0.02, 0.05  # of its best level, of right answers: next to nothing, where it had been that much
RARELY = 50  # records of a mean that has never been that much: single answers are right by chance


def shares(x: Floats) -> Floats:
    """(n,) rates as shares: those that have been above 1 are per cent."""
    return np.where(rolling.running_max(x) > 1, x / 100, x)


COCO_OF_ALL = ("0", "1", "2")  # AP, AP50 and AP75; then by size, then recalls


@dataclass(frozen=True, eq=False)
class ZeroScore:
    """A score that starts from 0, and what there is to know of it at each of its points. Arrays are (n,)."""

    view: View
    points: Points
    training: TrainingScore | None = None  # as which it is judged, where it is one

    @cached_property
    def name(self) -> Name:
        return taken_apart(self.points.key)

    @cached_property
    def paid(self) -> bool:
        """It is a return, or what a language model is rewarded for; else a rate."""
        return bool(self.name.bag & RETURNS) or (
            "critic" in self.name.bag and bool(self.name.bag & {"score", "scores"})
        )

    @cached_property
    def found(self) -> bool:
        listed = self.name.stems & (FOUND | {"coco"}) or self.of_answers
        return self.wrong or (bool(listed) and not self.name.stems & SUCCESS)

    @property
    def of_answers(self) -> bool:
        """It counts answers that match as a whole, of which there may be none for long."""
        return self.training is None and _of_answers(self.points.key)

    @property
    def wrong(self) -> bool:
        """It counts errors: its 0 is 100 per cent of them."""
        return bool(self.name.bag & WRONG)

    @cached_property
    def agent(self) -> Bools:
        return np.asarray(self.view.is_family(self.points, Family.RL))

    @cached_property
    def answers(self) -> Bools:
        """What is rewarded are answers of a language model."""
        return answering(self.view, self.points)

    @cached_property
    def held_out(self) -> Bools:
        """It is an evaluation: called so, or much rarer than the rows of the run,
        or of a run that never acts otherwise.
        """
        if self.name.group == "eval":
            return np.ones(len(self.points), dtype=bool)
        rare = (self.points.rows + 1) >= 5 * (np.arange(len(self.points)) + 1)
        total = self.view.role("reward")
        if total is not None and total.key != self.points.key and "rewards" in self.name.words:
            # A part of the reward is logged as often as the whole, however many rows are of the machine.
            rare &= (self.view.latest(self.points, total) + 1) >= 5 * (np.arange(len(self.points)) + 1)
        return rare | self.view.is_family(self.points, Family.IMITATION, Family.VLA, Family.DIFFUSION)

    @cached_property
    def zero(self) -> Bools:
        """Nothing at all; of what answers are right, next to nothing where there had been something."""
        x = self.points.x
        if self.wrong:
            return np.asarray((x == 1) | (x == 100))
        nothing = np.abs(x) < EXACT
        if not (self.paid and self.name.bag & RIGHT):
            return np.asarray(nothing)
        level = rolling.rolling_median(x, 5, least=5)
        lost = self.answers & (self.best > HAD_BEEN) & (level < LOST * self.best)
        return np.asarray(nothing | lost)

    @cached_property
    def rare(self) -> Bools:
        """Of what answers are right, hardly any ever was: the odd one is no sign of learning. Over at twice as many."""
        x = self.points.x
        if not (self.paid and self.name.bag & RIGHT):
            return np.zeros(len(x), dtype=bool)
        mean = rolling.rolling_mean(x, RARELY, least=RARELY)
        never = np.logical_and.accumulate(~(mean >= 2 * HAD_BEEN) & (x >= 0))
        return np.asarray(self.answers & never & np.logical_or.accumulate(mean < HAD_BEEN))

    @cached_property
    def still(self) -> Bools:
        """Every word is wrong, and as many characters as at the evaluations before, to the digit: what is on its way
        gets characters right before words."""
        out = np.zeros(len(self.points), dtype=bool)
        for key, kind in self.view.roles.kinds.items() if self.wrong else ():
            if key != self.points.key and kind.group == "eval" and FINER & taken_apart(key).bag:
                column = self.view.column(key)
                same = rolling.streak(column.x == rolling.before(column.x)) >= STILL
                out |= rolling.take_or(same, self.view.latest(self.points, column), False)
        return out

    @cached_property
    def best(self) -> Floats:
        """The best level so far, of three in a row."""
        return rolling.running_max(rolling.rolling_median(self.points.x, 3, least=3))

    def since(self, j: int) -> int:
        """The first of the zeros that point j is one of; of something that was lost, where half of it had gone."""
        first = 0 if self.rare[j] else j - int(self.count[j]) + 1
        if self.wrong or abs(self.points.x[first]) < EXACT:
            return first
        half = np.flatnonzero(self.points.x[: first + 1] > 0.5 * self.best[j])
        return int(half[-1]) + 1 if len(half) else first

    @cached_property
    def count(self) -> Ints:
        return rolling.streak(self.zero)

    @cached_property
    def never(self) -> Bools:
        return np.asarray(self.count == np.arange(1, len(self.points) + 1))

    @cached_property
    def tries(self) -> Floats:
        """Of one evaluation, as far as config or log tell; NaN: not known."""
        known = episodes(self.view.facts, self.points.key, shares(self.points.x))
        return np.where(self.held_out & ~self.answers & (not (self.paid or self.found)), known, np.nan)

    @cached_property
    def luck(self) -> Floats:
        """ln of how likely these zeros are if the rate were what it had been before them."""
        share = np.clip(shares(self.points.x), 0, 1 - EXACT)
        total = np.concatenate([[0.0], np.cumsum(share)])
        since = np.arange(len(share)) - self.count + 1
        rate = total[since] / np.maximum(since, 1)
        return np.asarray(self.count * rolling.filled(self.tries) * np.log1p(-rate))

    @cached_property
    def luck_of_records(self) -> Floats:
        """ln of how likely all records that were not 0 lie before these zeros, if nothing had changed: where nobody
        knows how many tries are behind one."""
        before = np.arange(len(self.points)) - self.count + 1
        some = np.concatenate([[0], np.cumsum(~self.zero)])[before]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(some > 0, some * np.log(before / (before + self.count)), 0.0)


def answering(view: View, points: Points) -> Bools:
    """(n,) what is rewarded are answers of a language model, as columns tell that no other agent has."""
    beside = (view.roles.holder.get(role) for role in ANSWERING)
    if any(key is not None and view.logged_by_third_point(key, points) for key in beside):
        return view.is_family(points, Family.RL)
    return np.zeros(len(points), dtype=bool)


def own_answers(view: View) -> Iterator[Points]:
    """How many of its own answers are right, as training logs it."""
    for key in view.keys("score"):
        if ACCURACY & set(words(key)) and view.roles.kinds[key].group == "train":
            yield view.column(key)


def zero_scores(view: View) -> list[ZeroScore]:
    """All of them, in the order in which they were first logged."""
    kinds, columns = view.roles.kinds, view.history.columns
    judged_by = view.roles.holder.get("eval_score")
    keys = [
        k
        for k, kind in kinds.items()
        if (kind.name in {"eval_score", "score"} and _starts_from_zero(k))
        or (kind.group == "eval" and WRONG & taken_apart(k).bag)
        or (k == judged_by and kind.group == "eval" and _of_answers(k))
    ]
    keys.sort(key=lambda k: (int(columns[k].rows[0]), kinds[k].rank, len(k), k))
    own = training_score(view)
    if own is not None and own.points.key not in keys:
        keys.append(own.points.key)
    return [
        ZeroScore(view, points, own if own is not None and own.points.key == points.key else None)
        for points in map(view.column, keys)
        if len(points)
    ]


def _of_answers(key: str) -> bool:
    n = taken_apart(key)
    return bool(n.stems & ACCURACY) and bool(n.bag & AS_A_WHOLE) and not n.bag & ASIDE


def _starts_from_zero(key: str) -> bool:
    n = taken_apart(key)
    # Of the numbers of COCO only those of all objects: none that is small, say, may be among them.
    if "coco" in n.bag and n.bag & {"bbox", "segm"} and n.words[-1].isdigit():
        return n.words[-1] in COCO_OF_ALL
    return not n.bag & ASIDE and bool(n.stems & (SUCCESS | FOUND | RETURNS) or n.bag & {"score", "scores", "coco"})
