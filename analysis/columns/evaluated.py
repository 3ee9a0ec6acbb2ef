"""Evaluations whose names do not say that they are: `PSNR`, `MRR` or `accuracy`, logged now and then.

What is measured at every step of training is of training. What begins when the loss is long known, or together with
an evaluation that is called one, and comes without an average of the loss, was measured apart from training; so was
a score that is there beside an evaluation before there is any record of training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from analysis.columns.family import Family
from analysis.columns.kinds import kind_of
from analysis.columns.names import Kind, quantity, taken_apart
from analysis.columns.objective_kinds import evaluation
from analysis.columns.vocabulary import EVAL, RETURNS, TRAIN
from analysis.model import Column

# Records of a loss before anything that is logged now and then: fewer may be the first window of an average.
MIN_RECORDS_BEFORE = 5
_OF_A_SET = {"auc", "auroc", "roc", "f1"}
_OF_TRAINING = {"loss", "l1", "component", "gan_loss"}


@lru_cache(maxsize=32_768)
def _held_out(key: str) -> Kind | None:
    """What a name would be of an evaluation."""
    return evaluation(replace(taken_apart(key), group="eval"))


_BY_EXAMPLE = {Family.IMITATION, Family.VLA, Family.DIFFUSION}


class Company:
    """What the other columns say about one: each answer holds for the row in which that one is first logged."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = columns
        self._before: dict[int, int] = {}

    @cached_property
    def _kinds(self) -> list[tuple[Kind, Column]]:
        return [(kind_of(key), column) for key, column in self._columns.items()]

    @cached_property
    def _losses_begin(self) -> set[int]:
        trained = ((k.key, c) for k, c in self._kinds if k.group == "train")
        return {int(c.rows[0]) for key, c in trained if taken_apart(key).a_loss}

    @cached_property
    def _evaluations_begin(self) -> set[int]:
        return {int(c.rows[0]) for k, c in self._kinds if k.role in {"eval_score", "eval_loss"}}

    @cached_property
    def _measures_begin(self) -> set[int]:
        """Rows in which something is first measured that is called an evaluation, whatever it is of."""
        return {int(c.rows[0]) for k, c in self._kinds if k.group == "eval" and k.direction in {"min", "max"}}

    @cached_property
    def _held_out_since(self) -> dict[frozenset[str], int]:
        since: dict[frozenset[str], int] = {}
        for k, c in self._kinds:
            if k.group == "eval":
                what = quantity(k.key)
                since[what] = min(int(c.rows[0]), since.get(what, int(c.rows[0])))
        return since

    def _training_is_named(self, row: int) -> bool:
        """Whether every loss that begins in a row says that it is of training, and no evaluation is called one: then
        what takes a whole set to work out, and says of none, is of another."""
        losses = [k for k, c in self._kinds if taken_apart(k.key).a_loss and int(c.rows[0]) == row]
        named = bool(losses) and all(taken_apart(k.key).bag & TRAIN for k in losses)
        return named and not any(k.group == "eval" for k, c in self._kinds if int(c.rows[0]) <= row)

    def _trained_by(self, row: int) -> bool:
        """Whether a loss, or what training earns, is known by a row."""
        trained = (c for k, c in self._kinds if k.group == "train" and (k.name in _OF_TRAINING or k.role == "reward"))
        return any(int(c.rows[0]) <= row for c in trained)

    def _records_before(self, row: int) -> int:
        """Of the loss, or of the term of it, that has most."""
        if row not in self._before:
            trained = (c.rows for k, c in self._kinds if k.group == "train" and k.name in _OF_TRAINING)
            self._before[row] = max((int(np.searchsorted(rows, row)) for rows in trained), default=0)
        return self._before[row]

    def evaluated(self, kind: Kind, row: int, known: Callable[[int], Family]) -> Kind | None:
        """What the column is as an evaluation, if by this row, its first, it is seen to be one; else None.

        An agent is paid as it learns. What earns something but learns from examples is being tried out.
        """
        name = taken_apart(kind.key)
        if kind.group == "eval" or name.bag & (TRAIN | EVAL) or name.a_loss:
            return None
        if name.words[-1:] == ("progress",) or "best" in name.bag:  # how far something has come, at its best
            return None
        if kind.name not in {"score", "error", "l1", "perplexity", "unknown"}:
            return None
        earned = kind.role == "reward"
        if not earned and (kind.role not in {None, "component"} or name.bag & RETURNS):
            return None
        held_out = _held_out(kind.key)
        if held_out is None or held_out.role is None:
            return None
        if row in self._losses_begin and not (name.stems & _OF_A_SET and self._training_is_named(row)):
            return None  # of the same epoch of training
        if self._held_out_since.get(quantity(kind.key), row + 1) <= row:
            return None  # `accuracy` beside `val_accuracy`
        if row in self._measures_begin and held_out.role == "eval_score" and not earned and not self._trained_by(row):
            return held_out  # of what training starts from
        least = 1 if row in self._evaluations_begin else MIN_RECORDS_BEFORE
        if self._records_before(row) < least and not (name.stems & _OF_A_SET and self._training_is_named(row)):
            return None
        family = known(row)
        return held_out if family in _BY_EXAMPLE or not (earned or family is Family.RL) else None
