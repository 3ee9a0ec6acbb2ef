"""Rows that say of which split they are: `{"phase": "val", "epoch": 3, "loss": 0.5}`. Pure.

A loss that train and validation rows log by one name is two metrics.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from analysis.columns.names import words
from analysis.columns.vocabulary import TRAIN
from analysis.history import number
from bot.sources.files.exports import is_telling

SPLITS = dict.fromkeys(TRAIN, "train") | {
    "val": "val", "valid": "val", "validation": "val", "validate": "val", "dev": "val", "eval": "eval",
    "evaluation": "eval", "evaluate": "eval", "test": "test", "testing": "test",
}  # fmt: skip
MOST_TEXTS = 12  # kinds of rows in a log; a column that says more is of something else


def names_a_split(said: Collection[str]) -> bool:
    """Whether a column of text says of which split a row is: several of them, and little else (`config`, `done`)."""
    return len(said) <= MOST_TEXTS and len({_split(text) for text in said} - {None}) > 1


def apart(found: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The rows, what several splits log by one name called after those that are not train.

    Train rows keep theirs: a log that has no others yet is read the same.
    """
    texts: dict[str, set[str]] = {}
    for row in found:
        for key, cell in row.items():
            if isinstance(cell, str) and len(said := texts.setdefault(key, set())) <= MOST_TEXTS:
                said.add(cell)
    label = next((key for key, said in texts.items() if names_a_split(said)), None)
    if label is None:
        return found
    of = [_split(row[label]) if isinstance(row.get(label), str) else None for row in found]
    logged: dict[str, set[str | None]] = {}
    for row, split in zip(found, of, strict=True):
        for key, cell in row.items():
            if number(cell) is not None:
                logged.setdefault(key, set()).add(split)
    shared = shared_by_splits(logged)
    return [
        {name_of(key, split) if key in shared else key: cell for key, cell in row.items()}
        for row, split in zip(found, of, strict=True)
    ]


def shared_by_splits(logged: Mapping[str, Collection[str | None]]) -> set[str]:
    """Of what each column is logged by, the losses and scores of several splits whose name says of none which."""
    return {
        key
        for key, by in logged.items()
        if len({split for split in by if split}) > 1 and is_telling(key) and SPLITS.keys().isdisjoint(words(key))
    }


def name_of(key: str, split: str | None) -> str:
    return key if split in (None, "train") else f"{split}/{key}"


def split_of(said: Iterable[str | None]) -> list[str | None]:
    """The split that each cell names."""
    return [None if cell is None else _split(cell) for cell in said]


def _split(said: str) -> str | None:
    spoken = words(said)
    return SPLITS.get(spoken[0]) if len(spoken) == 1 else None
