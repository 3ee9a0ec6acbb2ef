"""(Run, Report) -> what the charts of the page are drawn from, as JSON values. Pure; drawn by bot/render/web.

Nothing that a reader could zoom in on is invented: a long curve keeps the first, lowest, highest and last point and the
first NaN of every stretch, at their own steps, and the mean of each stretch for smoothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from analysis.figures import num
from analysis.model import Bools, Column, Episode, Finding, Floats, MetricSummary, Report, Run
from analysis.peers import short_name
from bot.render import traces
from bot.render.panels import Panel, label, panels
from bot.render.plain import one_line, short
from bot.render.steps import Steps, step_text

PANELS = 8
DETAIL = 12_000  # points of a curve that a panel shows from the start: 5 a pixel, so that zooming shows more
REST = 80_000  # points of all other curves together: each can be drawn, from its row in the table
_MOST, _LEAST = 4_000, 200  # points of each of those; with less than the least nothing could be told
_Fault: TypeAlias = tuple[str, tuple[str, ...]]  # id, and the metric that it is said of first
_LARGEST = 1e300  # differences of larger ones would be infinite


@dataclass(frozen=True, slots=True)
class Curves:
    """`data`: JSON values for the page. `thinned`, `absent`: how many curves have fewer points than logged, or none."""

    data: dict[str, Any]
    thinned: int
    absent: int


def curves(run: Run, report: Report) -> Curves:
    """All curves of a run and what is marked in them. They refer to metrics and findings by their index."""
    steps = Steps.of(run, report)
    shown = panels(report, PANELS)
    index = {m.key: i for i, m in enumerate(report.metrics)}
    axes: list[list[float]] = []  # steps, of which many columns share the same
    known: dict[bytes, int] = {}

    def axis(x: Floats) -> int:
        x = x + 0.0
        at = known.setdefault(x.tobytes(), len(axes))
        if at == len(axes):
            axes.append(_numbers(x))
        return at

    telling: defaultdict[_Fault, list[tuple[int, Finding]]] = defaultdict(list)
    for i, f in enumerate(report.findings):
        telling[f.id, f.metrics[:1]].append((i, f))
    limits = _limits(report.metrics, {m.key for p in shown for m in p.metrics}, run)
    metrics = [
        {"key": one_line(m.key), "name": label(m), "points": m.points}
        | (_curve(run.history.columns[m.key], steps, limits[m.key], axis) if limits.get(m.key) else {})
        for m in report.metrics
    ]
    data = {
        "unit": report.run.unit,
        "axes": axes,
        "metrics": metrics,
        "panels": [_panel(panel, run, report, index, steps) for panel in shown],
        "findings": [
            {"title": one_line(f.words.title), "severity": f.severity.word, "at": f.onset_at,
             "metrics": [index[key] for key in f.metrics if key in index]}
            for f in report.findings
        ],
        "peer": _peer(run, report, index, axis),
        "episodes": [e for episode in report.episodes if (e := _episode(episode, telling, index, steps)) is not None],
    }  # fmt: skip
    sized = [(m, limits.get(m.key, 0)) for m in report.metrics if m.key in run.history.columns]
    return Curves(data, sum(0 < limit < m.points for m, limit in sized), sum(not limit for _, limit in sized))


def _limits(metrics: Sequence[MetricSummary], shown: set[str], run: Run) -> dict[str, int]:
    """Metric -> points it may have; what is absent has no curve. Small runs keep everything."""
    columns = run.history.columns
    found = {key: DETAIL for key in shown if key in columns}
    rest = sorted(
        (m.key for m in metrics if m.key in columns and m.key not in shown), key=lambda k: len(columns[k].rows)
    )
    left = REST
    for i, key in enumerate(rest):  # the short ones first: what they do not need is there for the long ones
        fair = min(_MOST, left // (len(rest) - i))
        if fair < min(_LEAST, len(columns[key].rows)):
            continue
        found[key] = max(fair, 4)
        left -= min(fair, len(columns[key].rows))
    return found


def _curve(column: Column, steps: Steps, limit: int, axis: Any) -> dict[str, Any]:
    """x: index of an axis, y: values. `old`: what a resume overwrote. `mean`: of each stretch of a thinned curve."""
    x, y = steps.of_row[column.rows], column.values
    y = np.where(np.isfinite(y), np.clip(y, -_LARGEST, _LARGEST), y)
    gone = traces.overwritten(x)
    if gone is None:
        order = np.argsort(x, kind="stable")
        x, y, gone = x[order], y[order], np.zeros(len(x), dtype=bool)
    told: dict[str, Any] = {"log": traces.wants_log([y])}
    if gone.any():
        told["old"] = _old(x, y, gone, limit // 4, axis)
    x, y = x[~gone], y[~gone]
    if len(x) > limit:
        told["mean"] = _means(x, y, limit // 4, axis)
        x, y = _thinned(x, y, limit)
    return told | {"x": axis(x), "y": _numbers(y)}


def _old(x: Floats, y: Floats, gone: Bools, limit: int, axis: Any) -> dict[str, Any]:
    """What was overwritten, by step; a gap between what one resume overwrote and what the next did."""
    rows = np.flatnonzero(gone)
    x, y = x[rows], y[rows]
    cut = np.flatnonzero((np.diff(rows) > 1) | (x[1:] < x[:-1])) + 1
    x, y = np.insert(x, cut, x[cut - 1]), np.insert(y, cut, np.nan)
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if len(x) > limit:
        x, y = _thinned(x, y, limit)
    return {"x": axis(x), "y": _numbers(y)}


def _thinned(x: Floats, y: Floats, limit: int) -> tuple[Floats, Floats]:
    bins = max(1, limit // 5)
    odd = np.flatnonzero(~np.isfinite(y))
    odd = odd[np.unique(odd * bins // len(y), return_index=True)[1]]
    keep = np.union1d(traces.extremes(np.where(np.isfinite(y), y, np.nan), bins), odd)
    return x[keep], y[keep]


def _means(x: Floats, y: Floats, bins: int, axis: Any) -> dict[str, Any]:
    edges = np.linspace(0, len(y), max(1, bins) + 1).astype(np.int64)
    good = np.isfinite(y)
    count = np.add.reduceat(good.astype(np.float64), edges[:-1])
    # Scaled, so that no sum overflows.
    scale = max(1.0, float(np.max(np.abs(y[good]), initial=0.0)))
    with np.errstate(invalid="ignore"):
        mean = np.add.reduceat(np.where(good, y / scale, 0.0), edges[:-1]) / np.where(count, count, np.nan) * scale
    return {"x": axis(x[(edges[:-1] + edges[1:] - 1) // 2]), "y": _numbers(mean)}


def _panel(panel: Panel, run: Run, report: Report, index: dict[str, int], steps: Steps) -> dict[str, Any]:
    f = panel.finding
    told: dict[str, Any] = {
        "title": one_line(panel.title),
        "metrics": [index[m.key] for m in panel.metrics],
        "log": panel.kind != "stack" and traces.wants_log([run.history.columns[m.key].values for m in panel.metrics]),
        "finding": next((i for i, other in enumerate(report.findings) if other is f), None),
        "saved": [at for step in panel.saved if (at := steps.at(step)) is not None],
    }
    if panel.level is not None:
        told["level"] = {"value": panel.level.value, "words": panel.level.words}
    if panel.best is not None and (at := steps.at(panel.best[0])) is not None:
        words = f"最优 {num(panel.best[1])}（第 {step_text(at)} {panel.unit}）"
        told["best"] = {"x": at, "y": panel.best[1], "words": words, "above": panel.metrics[0].direction == "max"}
    if panel.peak is not None and (at := steps.at(panel.peak[0])) is not None:
        told["peak"] = {"x": at, "y": panel.peak[1], "words": f"第 {step_text(at)} {panel.unit} {num(panel.peak[1])}"}
    return told


def _episode(
    episode: Episode, telling: Mapping[_Fault, list[tuple[int, Finding]]], index: dict[str, int], steps: Steps
) -> dict[str, Any] | None:
    """From its onset to where it cleared; `to` is null while it is open. `finding`: the one that tells it, if any does.
    None for what cannot be seen in a curve. `telling`: findings by fault, with their places."""
    about = [index[key] for key in episode.metrics if key in index]
    same = telling.get((episode.id, episode.metrics[:1]), [])
    if not about or episode.onset_row >= len(steps.of_row) or any(f.panel == "none" for _, f in same):
        return None
    told = next(((i, f) for i, f in same if f.onset_step == episode.onset_step), None)
    return {
        "title": one_line(told[1].words.title if told else episode.last.words.title),
        "finding": told[0] if told else None,
        "severity": max(t.severity for t in episode.transitions).word,
        "from": float(steps.of_row[episode.onset_row]),
        "to": None if episode.open else float(steps.of_row[min(episode.last.row, len(steps.of_row) - 1)]),
        "metrics": about,
    }


def _peer(run: Run, report: Report, index: dict[str, int], axis: Any) -> dict[str, Any] | None:
    """The best of the finished runs that this one was set beside; None where nobody knows which that is, or its steps
    are others."""
    name = report.standing.best if report.standing else None
    named = [p for p in run.peers if short_name(p.name) == name and p.step_key == report.run.step_key]
    if len(named) != 1:
        return None
    best = named[0]
    curves = {
        index[key]: {"x": axis(curve.at), "y": _numbers(np.clip(curve.values, -_LARGEST, _LARGEST))}
        for key, curve in best.curves.items()
        if key in index and len(curve.at)
    }
    return {"name": f"{short(best.name, 40)}（同项目最好）", "curves": curves}


def _numbers(values: Iterable[float]) -> list[Any]:
    """Six digits; NaN and infinite values by name, since JSON has none."""
    found = np.asarray(values, dtype=np.float64)
    if np.isfinite(found).all() and np.array_equal(found, np.rint(found)) and np.abs(found).max(initial=0) < 1e15:
        return [int(v) for v in found]
    return [float(f"{v:.6g}") if abs(v) < np.inf else "NaN" if v != v else f"{v:.0f}" for v in found.tolist()]  # noqa: PLR0124
