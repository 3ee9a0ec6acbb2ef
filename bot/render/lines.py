"""Series of any length -> the points of a picture, of which nothing is hidden: a spike of one row, a zero on a log axis
and a NaN stay visible. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figures import num
from analysis.model import Bools, Column, Floats
from bot.render import traces
from bot.render.picture import Counted, Curve, Lines, Stack
from bot.render.steps import Steps

_FEW = 40  # points that are drawn one by one


@dataclass(frozen=True, slots=True)
class Line:
    """The points of one metric in the order they were logged, NaN and all. x: steps."""

    x: Floats
    y: Floats

    @classmethod
    def of(cls, column: Column, steps: Steps) -> Line:
        return cls.drawable(steps.of_row[column.rows], column.values)

    @classmethod
    def drawable(cls, x: Floats, y: Floats) -> Line:
        """Differences of the largest floats would be infinite."""
        return cls(x, np.where(np.isfinite(y), np.clip(y, -1e300, 1e300), y))

    @property
    def finite(self) -> Bools:
        return np.isfinite(self.y)


def lines(series: Sequence[Line], names: Sequence[str]) -> Lines:
    """On a log axis where a plain one would hide what they do."""
    log = traces.wants_log([c.y for c in series])
    curves = tuple(_curve(one, name, log=log) for one, name in zip(series, names, strict=False))
    y = np.concatenate([c.y[c.finite] for c in series])
    start: tuple[tuple[str, float], ...] = ()
    if not log:
        later = traces.after_start([c.y for c in series])
        if len(later) >= 30 and np.ptp(later) > 0 and np.ptp(y) >= 3 * np.ptp(later):
            start, y = tuple(_off(y, later)), later
    y = y[y > 0] if log else y
    zeros = np.concatenate([c.x[c.y == 0] for c in series]) if log else np.zeros(0)
    holes = np.concatenate([c.x[~c.finite] for c in series])
    extent = (float(y.min()), float(y.max())) if len(y) else None
    return Lines(curves, log, extent, start, _counted(zeros), _counted(holes))


def stack(first: Line, second: Line, names: Sequence[str]) -> Stack | None:
    """Parts of a whole, the second one below; None when the two cannot be added row by row."""
    if len(first.x) != len(second.x) or not np.array_equal(first.x, second.x) or np.any(np.diff(first.x) <= 0):
        return None
    parts = [traces.smoothed(np.where(c.finite & (c.y >= 0), c.y, np.nan)) for c in (first, second)]
    good = np.isfinite(parts[0]) & np.isfinite(parts[1])
    if np.count_nonzero(good) < 2:
        return None
    at = np.flatnonzero(good)
    at = at[np.linspace(0, len(at) - 1, min(len(at), traces.BINS)).astype(np.int64)]
    a, b = parts[0][at], parts[1][at]
    words = (_share(names[1], b, a + b), _share(names[0], a, a + b))
    return Stack(first.x[at], (b, a), words)


def _share(name: str, part: Floats, whole: Floats) -> str:
    return f"{name} {100 * float(np.median(part / whole)):.0f}%"


def _curve(one: Line, name: str, *, log: bool) -> Curve:
    """The raw line, the smoothed one over it, and the points that smoothing would hide."""
    y = np.where(one.y > 0, one.y, np.nan) if log else np.where(one.finite, one.y, np.nan)
    raw = traces.thin(one.x, y)
    seen = np.flatnonzero(one.finite & (one.y > 0) if log else one.finite)
    end = (float(one.x[seen[-1]]), float(one.y[seen[-1]])) if len(seen) else None
    none = np.zeros(0), np.zeros(0)
    if np.count_nonzero(np.isfinite(y)) < _FEW:
        return Curve(name, raw, None, none, end)
    told = np.log(y) if log else y
    # Each stretch between resumes by itself: what was overwritten must not bend what replaced it.
    back = np.flatnonzero(np.diff(one.x) < 0) + 1
    stretches = np.split(told, back if len(back) <= traces.RESUMES else [])
    smooth = np.concatenate([traces.smoothed(stretch) for stretch in stretches])
    lonely = traces.lonely(told)
    return Curve(name, raw, traces.thin(one.x, np.exp(smooth) if log else smooth), (one.x[lonely], y[lonely]), end)


def _off(y: Floats, later: Floats) -> Iterator[tuple[str, float]]:
    """The first 2 % would press all the rest flat: then they are told in words."""
    if y.max() > later.max():
        yield f"▲ 开头最高 {num(float(y.max()))}", 0.95
    if y.min() < later.min():
        yield f"▼ 开头最低 {num(float(y.min()))}", 0.05


def _counted(x: Floats) -> Counted | None:
    return Counted(traces.apart(x), len(x)) if len(x) else None
