"""Evaluations whose names do not say that they are: `PSNR`, `MRR` or `accuracy`, logged now and then.

What is measured at every step of training is of training. What begins when the loss is long known, or together with
an evaluation that is called one, and comes without an average of the loss, was measured apart from training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analysis.columns.family import Family
from analysis.columns.kinds import kind_of
from analysis.columns.names import Kind, same_quantity, taken_apart
from analysis.columns.objective_kinds import evaluation
from analysis.columns.vocabulary import EVAL, RETURNS, TRAIN
from analysis.model import Column

# Records of a loss before anything that is logged now and then: fewer may be a loss of its own, or a first window.
MIN_RECORDS_BEFORE = 10
_OF_TRAINING = {"loss", "l1", "component", "gan_loss"}


def evaluated(kind: Kind, columns: Mapping[str, Column], row: int, family: Family) -> Kind | None:
    """What the column is as an evaluation, if by this row, its first, it is seen to be one; else None.

    An agent is paid as it learns. What earns something but learns from examples is being tried out.
    """
    name = taken_apart(kind.key)
    if kind.group == "eval" or family is Family.RL or name.bag & (TRAIN | EVAL):
        return None
    tried_out = kind.role == "reward" and family in {Family.IMITATION, Family.VLA, Family.DIFFUSION}
    if not tried_out and (kind.role not in {None, "component"} or name.bag & RETURNS):
        return None
    if name.a_loss or kind.name not in {"score", "error", "l1", "perplexity", "unknown"}:
        return None
    held_out = evaluation(replace(name, group="eval"))
    if held_out is None or held_out.role is None:
        return None
    before, company = 0, False
    for key, column in columns.items():
        begun = int(column.rows[0])
        if key == kind.key or begun > row:
            continue
        other = kind_of(key)
        if other.group == "eval" and same_quantity(key, kind.key):
            return None  # `accuracy` beside `val_accuracy`
        company |= begun == row and other.role in {"eval_score", "eval_loss"}
        if other.group == "train" and other.name in _OF_TRAINING:
            if begun == row:
                return None  # of the same epoch of training
            before = max(before, int(np.searchsorted(column.rows, row)))
    return held_out if before >= (1 if company else MIN_RECORDS_BEFORE) else None
