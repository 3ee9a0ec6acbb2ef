"""Columns that have no names, read by the name of their file. Pure.

`np.savetxt("rewards.csv", r)` and `pd.Series(losses).to_csv("losses.csv")` write numbers; what they are of stands in
the name of the file, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np

from analysis.columns.names import words
from analysis.columns.vocabulary import EVAL, TRAIN
from bot.sources.files.exports import BY_ONE, INDEX, is_telling, may_count

_MEASURES = {
    "reward": "reward", "rewards": "reward", "return": "return", "returns": "return", "score": "score",
    "scores": "score", "loss": "loss", "losses": "loss", "accuracy": "accuracy", "accuracies": "accuracy",
    "acc": "accuracy", "accs": "accuracy",
}  # fmt: skip
# What belongs to the name of a measurement, where it stands beside it.
_OF_IT = frozenset({
    *TRAIN, *EVAL, "mean", "avg", "average", "episode", "episodic", "ep", "policy", "value", "actor", "critic", "q",
    "generator", "discriminator", "g", "d",
})  # fmt: skip
# Of tags, as SB3, CleanRL and others group them, where `/` became `_`.
_GROUPS = frozenset({"rollout", "charts", "losses"})
_MANY = 20  # rows: no measurement is whole and rises from each to the next for as long
_SPLITS = frozenset({"train", "eval", "evaluation", "val", "valid", "validation", "test"})
_EARNED = frozenset({"reward", "return", "score"})
_COLUMN = "column_"
_COUNTED = {"episode": "episode", "episodes": "episode", "episodic": "episode", "epoch": "epoch", "epochs": "epoch"}


def measured(stem: str) -> str | None:
    """What a file of this name holds, as a column would be called; None where it does not say, or says two things."""
    said = _words(stem)
    at = [i for i, word in enumerate(said) if word in _MEASURES]
    if len({_MEASURES[said[i]] for i in at}) != 1:
        return None
    first = last = at[0]
    while first and said[first - 1] in _OF_IT:
        first -= 1
    while last + 1 < len(said) and said[last + 1] in _OF_IT:
        last += 1
    return "_".join(_MEASURES.get(word, word) for word in said[first : last + 1])


def counted(stem: str) -> str | None:
    """Of what a file of this name has one a row; None where it does not say."""
    return next((_COUNTED[word] for word in _words(stem) if word in _COUNTED), None)


def names(rows: Sequence[Sequence[str]], stem: str) -> list[str] | None:
    """Names for a table that has none, from its first rows; None where nobody could say what is what.

    A first column that counts is a step. What is left is what the file measures; several losses are numbered, which
    gives them no role: which of them is that of the evaluation nobody knows.
    """
    what = measured(stem)
    if what is None or not rows:
        return None
    counts = [counted(stem) or "step"] if len(rows[0]) > 1 and _counts([row[0] for row in rows if row]) else []
    values = len(rows[0]) - len(counts)
    if values == 1:
        return [*counts, what]
    if counts and len(rows) >= _MANY and what.rpartition("_")[2] in _EARNED:
        return _earned(rows, counts[0], what)
    return [*counts, *(f"loss_{n}" for n in range(1, values + 1))] if what == "loss" else None


def _earned(rows: Sequence[Sequence[str]], count: str, what: str) -> list[str] | None:
    """Names for a table of episodes: of what stands beside their count one column alone is none of lengths, which are
    whole, and no share, as epsilon is. The others keep their place, and no name."""
    try:
        values = np.array([[float(cell) for cell in row] for row in rows if row])[:, 1:]
    except ValueError:
        return None
    if not len(values) or not np.isfinite(values).all():
        return None
    other = (values == np.round(values)).all(axis=0) | ((values >= 0) & (values <= 1)).all(axis=0)
    if np.count_nonzero(~other) != 1:
        return None
    return [count, *(f"{_COLUMN}{n}" if is_other else what for n, is_other in enumerate(other.tolist(), 2))]


def doubts(names: Sequence[str]) -> list[str]:
    """What is to be said where names were only numbered."""
    return ["分不清训练和评估，加一行列名才判得全，例如 train_loss,val_loss"] if "loss_2" in names else []


def is_index(header: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a header of one number is that of pandas, which calls a nameless column 0, and no first value."""
    cells = [row[0].strip() for row in below if row]
    return list(header) == ["0"] and bool(cells) and not all(map(str.isdecimal, cells))


def renamed(columns: Collection[str], stem: str) -> dict[str, str]:
    """Names by that of the file: of the one column that pandas called 0, beside what counts; of several that only say
    of which split they are, `train` and `valid`."""
    what = measured(stem)
    values = [name for name in columns if name != INDEX and not may_count(name)]
    if what is None:
        return {}
    splits = [name for name in values if name.lower() in _SPLITS]
    return {"0": what} if values == ["0"] else {n: f"{n}_{what}" for n in splits} if len(splits) > 1 else {}


def tag(stem: str) -> str:
    """Of which tag a file is that TensorBoard has exported: `run-…-tag-loss`, `PPO_1_rollout_ep_rew_mean`."""
    _, mark, named = stem.rpartition("-tag-")
    parts = named.split("_")
    tags = ["_".join(parts[at:]) for at, part in enumerate(parts) if part in _GROUPS | _SPLITS and parts[at + 1 :]]
    return named if mark else next((name for name in tags if name.split("_")[0] in _GROUPS or is_telling(name)), named)


def _words(stem: str) -> tuple[str, ...]:
    return words(re.sub(r"\d+", " ", stem))  # of a run or a date: `losses10`


def _counts(cells: Sequence[str]) -> bool:
    """Whether the numbers of a column are whole and of one stride, as 0, 1, 2 or 100, 200, 300; or, of many, rise from
    each to the next, as the steps do at which episodes end."""
    try:
        count = np.array([float(cell) for cell in cells])
    except ValueError:
        return False
    if len(count) < 2 or not (count == np.round(count)).all():
        return False
    ahead = np.diff(count)
    stride = float(np.median(ahead))
    if len(count) >= _MANY and bool((ahead > 0).all()):
        return True
    return stride > 0 and float(np.mean(ahead == stride)) > BY_ONE
