"""A case drawn again: with other noise, at other steps, at another pace. None where the figures would not carry over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.wild.case import Case
from benchmarks.wild.cases import parts
from benchmarks.wild.changes import RECORDS_LEFT, RECORDS_OF_FAULT, Variant, moved, written
from benchmarks.wild.sketch import Anchors, Derived, Floats, Line, Rng, Sketch, Touch, Trend

MOST_FIGURES = 12  # real ones, of a column of which more is drawn than given


def denser(case: Case, rng: Rng) -> Variant | None:
    """Logged twice as often, with noise of its own for each record; evaluations as before."""
    segments = list(parts(case.sketch))
    if any(len(p.at) < 2 or int(np.diff(p.at).min()) < 2 for p in segments):
        return None
    if _whole_log(case):
        return None
    twice = None
    for p in reversed(segments):
        middle = p.at - np.diff(p.at, prepend=2 * p.at[0] - p.at[1]) // 2  # the first lies before the first record
        middle = middle[middle >= min(0, int(p.at[0]))]
        twice = replace(p, at=np.sort(np.concatenate([p.at, middle])), then=twice)
    return written(case, f"#dense{rng.integers(1 << 30)}", twice)


def noise(times: float) -> Callable[[Case, Rng], Variant | None]:
    """The noise of every column so many times as large; what is counted (successes of n) keeps its own."""

    def louder(touch: Touch) -> Touch:
        return lambda x, steps, rng: x + times * (touch(x, steps, rng) - x)

    def of(line: Line | Derived) -> Line | Derived:
        return replace(line, noise=tuple(louder(t) for t in line.noise)) if isinstance(line, Line) else line

    def change(case: Case, rng: Rng) -> Variant | None:
        sketch: Sketch | None = None
        for p in reversed(list(parts(case.sketch))):
            sketch = replace(p, lines={key: of(line) for key, line in p.lines.items()}, then=sketch)
        return written(case, f"#noise{rng.integers(1 << 30)}", sketch)

    return change


def paced(power: float) -> Callable[[Case, Rng], Variant | None]:
    """The same course, its early part drawn out and its late part hastened (power > 1), or the other way round.

    Columns that count or time keep their pace.
    """

    def change(case: Case, rng: Rng) -> Variant | None:
        sketch, faults = case.sketch, case.expect.faults
        if any(f.ids & _OF_PACE for f in faults):
            return None
        if sketch.then is not None or len(sketch.at) < RECORDS_LEFT or _whole_log(case):
            return None
        first, last = float(sketch.at[0]), float(sketch.at[-1])
        span = max(last - first, 1.0)

        def drawn_at(s: Floats) -> Floats:
            return first + span * np.clip((s - first) / span, 0.0, None) ** power

        def shown_at(s: float) -> float:
            return float(first + span * max((s - first) / span, 0.0) ** (1 / power))

        def of(key: str, line: Line | Derived) -> Line | Derived:
            if isinstance(line, Derived) or _PACED_BY_STEP.search(key.lower()):
                return line
            trend = line.trend
            anchors = tuple(replace(a, step=shown_at(a.step)) for a in line.anchors)
            warped: Trend | Anchors = anchors if isinstance(trend, tuple) else lambda s, rng: trend(drawn_at(s), rng)
            return replace(
                line,
                trend=warped,
                noise=tuple(_warped(t, drawn_at) for t in line.noise),
                then=tuple(_warped(t, drawn_at) for t in line.then),
            )

        expect = moved(case.expect, shown_at)
        # What is there from the start is told by how long it has lasted.
        early = first + 0.05 * span
        expect = replace(
            expect, faults=tuple(g if f.onset[0] > early else f for f, g in zip(faults, expect.faults, strict=True))
        )
        at = sketch.at.astype(np.float64)
        if any(np.sum((at >= f.onset[1]) & (at <= f.by)) < RECORDS_OF_FAULT for f in expect.faults):
            return None
        drawn = replace(sketch, lines={key: of(key, line) for key, line in sketch.lines.items()})
        try:
            v = written(case, f"#pace{rng.integers(1 << 30)}", drawn)
        except ValueError:  # a real figure, or a spike, that now falls between two records
            return None
        return replace(v, expect=expect)

    return change


_OF_PACE = frozenset(["throughput-drop", "data-bound", "lr-zero", "lr-anomaly", "lr-flat-stall", "schedule-mismatch"])
_PACED_BY_STEP = re.compile(r"epoch|time|step|iter|count|samples|tokens|fps|lr$|learning|second")


def _warped(touch: Touch, drawn_at: Callable[[Floats], Floats]) -> Touch:
    return lambda x, steps, rng: touch(x, drawn_at(steps), rng)


def _whole_log(case: Case) -> bool:
    """A column is given figure by figure: between them, and at another pace, nothing is known."""
    lines = [x for p in parts(case.sketch) for x in p.lines.values() if isinstance(x, Line)]
    return any(sum(a.kind == "real" for a in x.anchors) > MOST_FIGURES for x in lines)
