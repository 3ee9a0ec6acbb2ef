"""What a sibling is made of: the words to draw its columns with, the run they make, and what is right for it."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.wild.expected import Case, Told

Floats = NDArray[np.floating[Any]]
Column = Sequence[float | None] | Floats
START = 1_760_000_000.0
NAN = float("nan")
BAD = ("no", "unknown")  # what `usable` may say of a spoilt run


@dataclass(frozen=True)
class Run:
    """`columns` in the order of the file; None is an empty cell, NaN was logged."""

    steps: Sequence[int]
    columns: Mapping[str, Column]
    dt: float | Floats = 10.0  # seconds before each row
    config: Mapping[str, Any] = field(default_factory=dict)
    state: str = "running"
    facts: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        times = START + np.cumsum(np.broadcast_to(np.asarray(self.dt, float), len(self.steps)))
        path = folder / "run.csv"
        with path.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["_step", "_timestamp", *self.columns])
            cells = [[_cell(v) for v in column] for column in self.columns.values()]
            writer.writerows(zip(self.steps, (f"{t:.3f}" for t in times), *cells, strict=True))
        last = float(times[-1])
        facts = {"name": "run", "state": self.state, "created_at": START}
        facts |= {"heartbeat_at": last, "observed_at": last + 10}
        path.with_suffix(".json").write_text(json.dumps({**facts, "config": self.config, **self.facts}))
        return path


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    if value != value:
        return "NaN"
    return "Infinity" if value == float("inf") else f"{value:.7g}"


Build = Callable[[np.random.Generator], Run]


@dataclass(frozen=True)
class Sibling:
    case: Case
    build: Build

    def run(self) -> Run:
        return self.build(np.random.default_rng(zlib.crc32(self.case.name.encode())))


def sibling(*told: Told, **expected: Any) -> Callable[[Build], Sibling]:
    """The case is named after the function that builds its run; the name seeds its noise."""
    return lambda build: Sibling(Case(build.__name__, told=told, **expected), build)


def every(n: int, step: int = 1, first: int | None = None) -> list[int]:
    return [(step if first is None else first) + i * step for i in range(n)]


def noisy(level: Floats | float, sigma: float, rng: np.random.Generator, n: int | None = None) -> Floats:
    """`level` times log-normal noise."""
    size = n if n is not None else len(np.asarray(level))
    return np.asarray(level * np.exp(sigma * rng.standard_normal(size)), float)


def plus(level: Floats | float, sigma: float, rng: np.random.Generator, n: int | None = None) -> Floats:
    size = n if n is not None else len(np.asarray(level))
    return np.asarray(level + sigma * rng.standard_normal(size), float)


def wander(n: int, rho: float, sigma: float, rng: np.random.Generator) -> Floats:
    """A stationary AR(1) of standard deviation `sigma`."""
    out, value = np.empty(n), sigma * rng.standard_normal()
    for i, e in enumerate(rng.standard_normal(n)):
        value = rho * value + sigma * (1 - rho * rho) ** 0.5 * e
        out[i] = value
    return out


def power(n: int, start: float, floor: float, k: float = 10.0, b: float = 0.6) -> Floats:
    return floor + (start - floor) * (1 + np.arange(n) / k) ** -b


def ramp(n: int, at: int, over: int) -> Floats:
    """0 before `at`, 1 from `at + over` on."""
    return np.clip((np.arange(n) - at) / over, 0.0, 1.0)


def at_rows(n: int, rows: Sequence[int], values: Sequence[float] | Floats) -> list[float | None]:
    at = dict(zip(rows, (float(v) for v in values), strict=True))
    return [at.get(i) for i in range(n)]


def last_rows(n: int, block: int) -> list[int]:
    return list(range(block - 1, n, block))


def cosine(n: int, peak: float, end: float = 0.0, period: int | None = None) -> Floats:
    t = np.minimum(np.arange(n) / (period or n), 1.0)
    return end + (peak - end) * 0.5 * (1 + np.cos(np.pi * t))
