"""First, last, best and change of every metric, and when each of them is undefined."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.columns import captions
from analysis.columns.names import Kind
from analysis.model import Bools, Course, Floats, MetricSummary, Outcome
from analysis.scan.reading import Reading

LEVEL_EVALS = 3  # evaluations in a level, or a twentieth of them all; of records of training a tenth
COURSE_RECORDS = 3  # in a level of a tenth of all
FEWEST_FOR_COURSE = 10  # records, of which a level is no tenth but not yet a third
PLACES = 4  # at which a level is looked at, while it moves on by its own width
OFF = 0.2  # of the way from level to level: by as much a single record misleads
LOST = 0.25  # of the way to its best level: worth a word
LITTLE = 0.1  # of all that was gained
MUCH = 0.2  # the same, within a third of all records: one that comes to rest gains less than a seventh there
WORSE = 0.05  # of the best level: which checkpoint is taken makes a difference
SIGMAS = 3.0  # of the difference of two levels
MOST_POINTS = 10_000  # of which levels are made; of more, as many evenly spread ones tell as much


def summarise(reading: Reading) -> tuple[MetricSummary, ...]:
    """One summary per column, in the order of the run's columns. Raw values: the first and last finite ones."""
    return tuple(_summary(reading, key) for key in reading.history.columns)


def _summary(reading: Reading, key: str) -> MetricSummary:
    history, roles = reading.history, reading.roles
    column, kind = history.columns[key], roles.kinds[key]
    good = np.isfinite(column.values)
    x, rows = (column.values, column.rows) if good.all() else (column.values[good], column.rows[good])
    first, last = (float(x[0]), float(x[-1])) if len(x) else (None, None)
    constant = len(x) > 1 and bool(x[-1] == x[0]) and bool(np.all(x == x[0]))
    best = None
    if len(x) and not constant and kind.direction in {"min", "max"}:
        best = int(np.argmin(x) if kind.direction == "min" else np.argmax(x))  # ties: the earliest
    sign = -1.0 if kind.direction == "min" else 1.0
    y = sign * _thinned(x)
    one = 0.0 if constant else _scatter(y)
    levels = _levels(y, one, kind) if best is not None else None
    way = _way(y, one, sign * first) if kind.direction != "target" and first is not None else None
    change = last - first if first is not None and last is not None else None
    percent = None
    if first and change is not None and last is not None and first * last >= 0:
        percent = 100 * change / abs(first)
    return MetricSummary(
        key=key,
        role=roles.role(key),
        label=kind.label,
        caption=captions.of_figure(kind, roles.role(key)),
        named=kind.label != key,
        group=kind.group,
        direction=kind.direction,
        points=len(column.values),
        first=first,
        last=last,
        best=float(x[best]) if best is not None else None,
        best_step=int(history.step[rows[best]]) if best is not None else None,
        best_at=int(reading.at[rows[best]]) if best is not None else None,
        best_level=levels.best if levels is not None else None,
        gained=levels.gained if levels is not None else None,
        kept=levels.kept if levels is not None else None,
        course=_course(x, kind, way) if way is not None else None,
        outcome=_outcome(x, way) if way is not None and kind.direction in {"min", "max"} else None,
        late=levels.late if levels is not None else None,
        moving=levels.moving if levels is not None else None,
        worse=levels.worse if levels is not None else None,
        change=change if change is None or np.isfinite(change) else None,
        change_pct=percent if percent is None or np.isfinite(percent) else None,
        nonfinite=int(np.count_nonzero(~good)),
        constant=constant,
        unborn=_unborn(column.values, good),
    )


def _unborn(values: Floats, good: Bools) -> int:
    first = int(np.argmax(good)) if good.any() else 0
    return first if bool(np.isnan(values[:first]).all()) else 0


class _Way(NamedTuple):
    """From where to where a metric went, in levels of a tenth of its records; each the higher the better."""

    begin: float  # its first record where it left that at once, by more than it scatters
    end: float
    best: float
    apart: float  # so far must two levels be for more than scatter
    one: float  # standard deviation of a record about its level


def _scatter(y: Floats) -> float:
    """Standard deviation of a record about its level, by how the curve bends, since a climb is no scatter."""
    with np.errstate(over="ignore", invalid="ignore"):  # values near the largest float
        bend = rolling.median(rolling.bends(y)) if len(y) > 2 else 0.0
    return float(np.fmax(rolling.BEND_TO_SIGMA * bend, _counted_std(y)))


def _way(y: Floats, one: float, first: float) -> _Way | None:
    """`y`: the higher the better, and `first`, which may have been thinned out; `one`: how records scatter."""
    if len(y) < FEWEST_FOR_COURSE:
        return None
    width = max(COURSE_RECORDS, len(y) // 10)
    with np.errstate(over="ignore", invalid="ignore"):
        begin, end = rolling.median(y[:width]), rolling.median(y[-width:])
        outside = not min(begin, end) <= first <= max(begin, end)
        if outside and abs(first - begin) > SIGMAS * one:
            begin = first
        best = float(np.max(rolling.row_medians(rolling.windows_of(y, width)[:: max(1, width // PLACES)])))
    return _Way(begin, end, best, SIGMAS * one * 1.25 * np.sqrt(2 / width), one)


def _course(x: Floats, kind: Kind, way: _Way) -> Course | None:
    """From level to level, where the first and the last record tell of another way, or it was better in between."""
    sign = -1.0 if kind.direction == "min" else 1.0
    begin, end, best = sign * way.begin, sign * way.end, sign * way.best
    with np.errstate(over="ignore", invalid="ignore"):
        far = abs(end - begin)
        misled = (x[-1] - x[0]) * (end - begin) < 0 or max(abs(x[-1] - end), abs(x[0] - begin)) > OFF * far
        gained, lost = way.best - way.begin, way.best - way.end
        turned = lost > LOST * gained and min(gained, lost) > max(way.apart, LOST * far)
    turned &= kind.direction != "none"  # which of the two is better nobody knows
    return Course(begin, end, best if turned else None) if misled or turned else None


def _outcome(x: Floats, way: _Way) -> Outcome | None:
    """Whether its levels ever got better than it began, or are worse, by more than they scatter; None where few
    records scatter too much to tell."""
    if way.best - way.begin > way.apart:
        return "better"
    if way.best - way.begin > way.one:
        return None
    x = _thinned(x)
    width = max(COURSE_RECORDS, len(x) // 10)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = max(rolling.median(np.abs(p - rolling.median(p))) for p in (x[:width], x[-width:]))
    return "worse" if way.begin - way.end > SIGMAS * max(way.one, rolling.MAD_TO_SIGMA * spread) else "same"


def _thinned(x: Floats) -> Floats:
    """At most so many of them, evenly spread; the last one is among them."""
    every = -(-len(x) // MOST_POINTS)
    return x[(len(x) - 1) % every :: every] if every > 1 else x


class _Levels(NamedTuple):
    best: float
    gained: bool
    kept: bool
    late: bool
    moving: bool
    worse: bool


def _levels(y: Floats, one: float, kind: Kind) -> _Levels:
    """Levels, not single values: the last of many noisy ones says little, nor does the luckiest."""
    sign = -1.0 if kind.direction == "min" else 1.0
    window = max(LEVEL_EVALS, len(y) // (20 if kind.group == "eval" else 10))
    with np.errstate(over="ignore", invalid="ignore"):  # values near the largest float
        level = rolling.rolling_median(y, window, least=min(window, len(y)))
        best = int(np.argmax(rolling.filled(level, -np.inf)))
        gain = level[best] - np.fmin.reduce(level[: best + 1])
        scatter = rolling.noise(y[max(0, best - 39) : best + 1], 40)[-1] * 1.25 * np.sqrt(2 / min(window, len(y)))
        lost, since = level[best] - level[-1], y[max(0, best + 1 - window) :]
        kept = lost <= max(0.5 * gain, SIGMAS * scatter)
        one_since = rolling.BEND_TO_SIGMA * rolling.median(rolling.bends(since)) if len(since) > window + 1 else np.inf
        worse = lost > max(WORSE * abs(level[best]), SIGMAS * one_since * 1.25 * np.sqrt(2 / window))
        gained = level[best] - y[0] > SIGMAS * one * np.sqrt(1 + 1.25**2 / min(window, len(y)))
        late = level[(len(y) - 1) // 2] - np.fmin.reduce(level) < LITTLE * gain and _still_gaining(y, LITTLE * gain)
        third = len(y) // 3
        lately = rolling.median(y[-third:]) - rolling.median(y[-2 * third : -third]) if third else 0.0
        moving = lately > MUCH * gain > 0
    return _Levels(sign * float(level[best]), bool(gained), bool(kept), bool(late), bool(moving), bool(worse))


def _counted_std(x: Floats) -> float:
    """Of a share that was counted over so few samples that its values give their number away; else NaN."""
    if len(x) == 0 or x.min() < 0 or x.max() > 1:
        return np.nan
    p = float(np.mean(x))
    return float(np.sqrt(p * (1 - p) / eval_noise.common_denominator(x)[-1]))


def _still_gaining(y: Floats, much: float) -> bool:
    """The last tenth of all records holds one that is better than any before it, by `much`."""
    last = len(y) - max(1, len(y) // 10)
    return last > 0 and bool(np.max(y[last:]) - np.max(y[:last]) > much)
