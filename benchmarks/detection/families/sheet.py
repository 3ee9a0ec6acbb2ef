"""A run as its framework would log it: blocks of columns, each at steps of its own, put together into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis import Run
from analysis.model import Column, Floats, History, Ints

Rng = np.random.Generator
START = 1.76e9


@dataclass
class Block:
    """What one call of the logger writes: the same columns each time. `at`: trainer steps."""

    at: Ints
    columns: dict[str, Floats] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.at)

    @property
    def x(self) -> Floats:
        """How far through the block, 0 to 1."""
        return np.linspace(0, 1, self.n)


@dataclass(frozen=True)
class Fault:
    """What an expert would flag: the diagnoses that may answer, from `onset` to `deadline` (shares of the run).

    `quiet`: a note is an answer, where a note is all that may honestly be said.
    """

    ids: frozenset[str]
    onset: float
    deadline: float
    quiet: bool = False


def fault(ids: str, onset: float, deadline: float = 1.0, *, quiet: bool = False) -> Fault:
    return Fault(frozenset(ids.split()), onset, deadline, quiet)


@dataclass
class Sheet:
    """A run being written. `train` is the block that is logged most often; others are evaluations, rollouts, sums.

    step_key   column that holds the trainer's step, where the framework writes one; `_step` then counts rows
    seconds    between records of `train`
    merged     blocks share a row where they share a step (one `wandb.log(step=...)` per step)
    """

    rng: Rng
    train: Block
    config: dict[str, Any]
    seconds: Floats
    others: dict[str, Block] = field(default_factory=dict)
    step_key: str | None = None
    merged: bool = False
    pause: float = 20.0  # seconds of an evaluation

    @property
    def x(self) -> Floats:
        return self.train.x

    @property
    def n(self) -> int:
        return self.train.n

    def shared(self, block: Block) -> Floats:
        """How far through the run each record of a block is."""
        return np.asarray(block.at / max(float(self.train.at[-1]), 1.0))

    def block(self, name: str) -> Block:
        return self.others[name]

    def after(self, share: float) -> slice:
        """The records of `train` from a share of the run on."""
        return slice(int(share * self.n), None)

    def run(self, name: str, planned: int | None) -> Run:
        blocks = [self.train, *self.others.values()]
        at = np.concatenate([b.at for b in blocks])
        which = np.concatenate([np.full(b.n, i) for i, b in enumerate(blocks)])
        keys = np.stack([at, np.zeros_like(which) if self.merged else which], axis=1)
        rows, row_of = np.unique(keys, axis=0, return_inverse=True)
        row_of = row_of.reshape(-1)
        columns: dict[str, Column] = {}
        begin = 0
        for block in blocks:
            mine = row_of[begin : begin + block.n].astype(np.int64)
            begin += block.n
            for key, values in block.columns.items():
                logged = ~_absent(values)
                columns[key] = Column(mine[logged], np.asarray(values, dtype=float)[logged])
        steps = rows[:, 0].astype(np.int64)
        if self.step_key is not None:
            columns[self.step_key] = Column(np.arange(len(rows), dtype=np.int64), steps.astype(float))
        paused = np.zeros(len(rows), dtype=bool)
        paused[row_of[self.train.n :]] = True
        clock = START + self._seconds_at(steps, paused)
        shown = np.arange(len(rows), dtype=np.int64) if self.step_key is not None else steps
        history = History(shown, clock, clock - START, columns)
        return Run(
            ref=name,
            name=name,
            history=history,
            state="running",
            config=self.config,
            planned_steps=planned,
            created_at=START - 60,
            heartbeat_at=float(clock[-1]),
            observed_at=float(clock[-1]) + 5,
        )

    def _seconds_at(self, steps: Ints, paused: np.ndarray[Any, Any]) -> Floats:
        passed = np.cumsum(self.seconds)
        return np.asarray(np.interp(steps, self.train.at, passed) + self.pause * np.cumsum(paused))


ABSENT = -1.2345e300  # a cell that was not logged; NaN is a value


def _absent(values: Floats) -> np.ndarray[Any, Any]:
    return np.asarray(values == ABSENT)


Make = Callable[[Rng, int], Sheet]
Break = Callable[[Sheet], Fault]


@dataclass(frozen=True)
class Kind:
    """A framework's typical run: healthy at each of some lengths (records of `train`), and what goes wrong with it."""

    name: str
    make: Make
    sick: Mapping[str, Break]
    lengths: tuple[int, ...] = (60, 300, 3000)
