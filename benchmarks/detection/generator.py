"""Our own labelled runs: make_case(seed). Built to differ from other generators in noise, shapes, names and rows.

Seeds go round in forties: one of each of the 25 families, then 15 healthy runs of changing kinds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np

from analysis import Run
from analysis.model import Column, Floats, History
from benchmarks.detection.cases import Case, Label
from benchmarks.detection.faults import FAULTS, Mark
from benchmarks.detection.healthy import HEALTHY
from benchmarks.detection.naming import name
from benchmarks.detection.noise import Rng
from benchmarks.detection.worlds import Draft, draft

START = 1.77e9
SYSTEM = {"memory"}  # logged in rows of their own, as the W&B agent does
ROUND = 40


def kind_of(seed: int) -> str:
    place, families, healthy = seed % ROUND, list(FAULTS), list(HEALTHY)
    if place < len(families):
        return families[place]
    return healthy[(seed // ROUND * (ROUND - len(families)) + place - len(families)) % len(healthy)]


def make_case(seed: int, kind: str | None = None) -> Case:
    kind = kind or kind_of(seed)
    rng = np.random.default_rng([seed, 7919])
    if kind in FAULTS:
        fault, worlds = FAULTS[kind]
        d = draft(rng, str(rng.choice(worlds)))
        mark: Mark | None = fault(d)
    else:
        oddity, worlds = HEALTHY[kind]
        d, mark = draft(rng, str(rng.choice(worlds))), None
        oddity(d)
    run, positions = recorded(d, mark)
    labels: tuple[Label, ...] = ()
    if mark is not None:
        role, first, last = mark
        rows = bisect_left(positions, first), bisect_right(positions, last) - 1
        labels = (Label(kind, name(d.style, role) if role else "", min(rows[0], len(positions) - 1), rows[1]),)
    return Case(seed, kind, run, labels, frozenset(d.fair))


def recorded(d: Draft, mark: Mark | None) -> tuple[Run, list[float]]:
    """What a tracker would hand out, and the point at which each row stands (evaluations between two points)."""
    rng = d.rng
    kept = _kept(rng, d, mark)
    train = {r: v for r, v in d.train.items() if r not in SYSTEM}
    rows: list[tuple[float, dict[str, float]]] = [(float(i), {r: float(v[i]) for r, v in train.items()}) for i in kept]
    rows += [(float(at) + 0.3, {r: float(v[j]) for r, v in d.evals.items()}) for j, at in enumerate(d.eval_at)]
    every = int(rng.choice([1, 2]))
    for role in SYSTEM & d.train.keys():
        rows += [(i + 0.6, {role: float(d.train[role][i])}) for i in range(0, d.n, every)]
    if rng.random() < 0.3:
        rows += [(i + 0.1, {"samples": 64.0 * i}) for i in range(d.n)]
    rows = sorted((r for r in rows if d.ends_at is None or r[0] < d.ends_at), key=lambda r: r[0])
    positions = [p for p, _ in rows]
    at = np.interp(positions, np.arange(d.n), _clock(rng, d))
    cells: dict[str, tuple[list[int], list[float]]] = {}
    for i, (_, values) in enumerate(rows):
        for role, value in values.items():
            column = cells.setdefault(name(d.style, role), ([], []))
            column[0].append(i)
            column[1].append(value)
    history = History(
        np.array([int(p) * d.every + int(p != int(p)) for p in positions], np.int64),
        START + at,
        at,
        {key: Column(np.array(r, np.int64), np.array(v)) for key, (r, v) in cells.items()},
    )
    pace = float(np.median(np.diff(at)))
    observed = float(START + at[-1] + (900 + pace * d.silence if d.silence else pace))
    planned = round((d.n / d.progress) * d.every) if d.states_plan else None
    return Run(
        ref="own",
        name="own",
        history=history,
        state="running",
        config=d.config,
        planned_steps=planned,
        observed_at=observed,
    ), positions


def _kept(rng: Rng, d: Draft, mark: Mark | None) -> list[int]:
    """Points that reached the log: some are lost, never those that make up a fault's beginning."""
    keep = np.ones(d.n, bool)
    if rng.random() < 0.4:
        keep = rng.random(d.n) > rng.uniform(0.02, 0.15)
    if d.lost is not None:
        keep[d.lost[0] : d.lost[1]] = False
    if mark is not None:
        keep[max(0, int(mark[1]) - 1) : int(mark[1]) + 7] = True
    keep[0] = True
    return [int(i) for i in np.flatnonzero(keep)]


def _clock(rng: Rng, d: Draft) -> Floats:
    """(n,) seconds at each point: what update and data take, plus some jitter."""
    unit = 1e-3 if d.style == "terse" else 1.0
    per = (d.train["update"] + d.train["data"]) * unit * d.every if "update" in d.train else np.full(d.n, 4.0)
    per = np.asarray(per * rng.uniform(1.0, 1.04, d.n))
    if d.pause is not None:
        per[d.pause[0]] += d.pause[1]
    return np.asarray(np.cumsum(per))
