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
        clock = START + self._seconds_at(steps, rows[:, 1] > 0)
        shown = np.arange(len(rows), dtype=np.int64) if self.step_key is not None else steps
        history = History(shown, clock, clock - START, columns)
        return Run(
            ref=name, name=name, history=history, state="running", config=self.config, planned_steps=planned,
            created_at=START - 60, heartbeat_at=float(clock[-1]), observed_at=float(clock[-1]) + 5,
        )  # fmt: skip

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


# how values scatter


def noise(rng: Rng, n: int, sigma: float, rho: float = 0.2, tail: float = 6.0) -> Floats:
    """Autocorrelated, with heavier tails than normal; standard deviation `sigma`."""
    shocks = rng.standard_t(tail, n + 40) * np.sqrt((tail - 2) / tail)
    kernel = rho ** np.arange(40)
    return np.asarray(sigma * np.sqrt(1 - rho**2) * np.convolve(shocks, kernel)[40 : 40 + n])


def factor(rng: Rng, n: int, sigma: float, rho: float = 0.2, tail: float = 6.0) -> Floats:
    return np.exp(noise(rng, n, sigma, rho, tail))


def counted(rng: Rng, p: Floats, trials: int) -> Floats:
    """Successes of so many rollouts, as a share."""
    return np.asarray(rng.binomial(trials, np.clip(p, 0, 1)) / trials)


def paced(rng: Rng, n: int, seconds: float) -> Floats:
    """Seconds of n records: a few percent of jitter, now and then a checkpoint."""
    out = seconds * np.exp(0.04 * rng.standard_normal(n))
    out[rng.random(n) < 0.01] *= 2.5
    return np.asarray(out)


# how curves run


def power(x: Floats, first: float, floor: float, speed: float, exponent: float = 0.6) -> Floats:
    return np.asarray(floor + (first - floor) * (1 + speed * x) ** -exponent)


def rise(x: Floats, middle: float, width: float) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(x - middle) / width)))


def ramp(x: Floats, begin: float, end: float) -> Floats:
    """0 before, 1 behind, straight between."""
    return np.asarray(np.clip((x - begin) / (end - begin), 0, 1))


def cosine(x: Floats, peak: float, warm: float = 0.02, low: float = 0.1) -> Floats:
    """Linear warm-up, then half a cosine to `low` x peak."""
    down = low + (1 - low) * 0.5 * (1 + np.cos(np.pi * ramp(x, warm, 1.0)))
    return np.asarray(peak * np.where(x < warm, (x + 1e-9) / warm, down))


def linear(x: Floats, peak: float, warm: float = 0.03) -> Floats:
    """As HF's default: warm-up and straight to 0."""
    return np.asarray(peak * np.where(x < warm, x / warm, 1 - ramp(x, warm, 1.0)))


# what goes wrong anywhere


def nan_from(key: str, share: float, *, block: str | None = None, for_good: bool = True) -> Break:
    """A value that is not a number from here on."""

    def apply(s: Sheet) -> Fault:
        b = s.train if block is None else s.block(block)
        first = int(share * b.n)
        b.columns[key][first : None if for_good else first + 3] = np.nan
        return fault("nan-inf", float(s.shared(b)[first]) - 1e-9, min(1.0, share + 0.05))

    return apply


def slower(share: float, times: float, *keys: str) -> Break:
    """Each step takes longer from here on; `keys` are the columns that say so (rates divide)."""

    def apply(s: Sheet) -> Fault:
        late = s.after(share)
        s.seconds[late] *= times
        for key in keys:
            up = key.startswith("/")
            values = s.train.columns[key.removeprefix("/")]
            values[late] = values[late] / times if up else values[late] * times
        return fault("throughput-drop data-bound", share, min(1.0, share + 0.25))

    return apply


def climb(key: str, share: float, times: float, *, over: float = 0.2, others: Mapping[str, float] | None = None,
          ids: str = "divergence loss-jump loss-spike grad-explode") -> Break:  # fmt: skip
    """The loss rises for good: by `times` within `over` of the run. `others` rise with it by factors of their own."""

    def apply(s: Sheet) -> Fault:
        up = ramp(s.x, share, share + over)
        for column, by in {key: times, **(others or {})}.items():
            s.train.columns[column] = s.train.columns[column] * by**up
        return fault(ids, share, min(1.0, share + over + 0.15))

    return apply


def fall(
    key: str, block: str | None, share: float, to: float, *, over: float = 0.15, ids: str = "eval-regress"
) -> Break:
    """A score comes down from where it stood to `to` of it, and stays down."""

    def apply(s: Sheet) -> Fault:
        b = s.train if block is None else s.block(block)
        down = ramp(s.shared(b), share, share + over)
        b.columns[key] = b.columns[key] * to**down
        return fault(ids, share, 1.0)

    return apply
