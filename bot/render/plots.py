"""(Run, Report), or a comparison -> lines that a chat draws itself. Pure; the picture beside it shows all of them.

A card has little room: a few hundred points, of every stretch of a curve the first, the lowest, the highest and the
last, so that a spike of one row stays visible. What cannot be drawn is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.model import Floats, Report, Run
from analysis.report.comparison import Comparison
from bot.render import compare as compared
from bot.render import traces
from bot.render.message import Plot, PlotLine
from bot.render.panels import label, panels
from bot.render.plain import short
from bot.render.steps import Steps

POINTS = 240  # of all lines together: about 10 KB of a card that may have 30
_NAME = 30  # characters of a line's name
_LARGEST = 1e300
_Curve = tuple[str, Floats, Floats]  # name, steps, values


def of_run(run: Run, report: Report) -> Plot | None:
    """What the first panel of the chart shows; None where there is nothing to draw."""
    steps = Steps.of(run, report)
    for panel in panels(report):
        if panel.kind == "lines":
            columns = [(label(m), run.history.columns[m.key]) for m in panel.metrics]
            return _plot(panel.title, [(name, steps.of_row[c.rows], c.values) for name, c in columns])
    return None


def of_comparison(comparison: Comparison) -> Plot | None:
    """The metric that decides, one line a run."""
    shown = compared.panels(comparison)
    if not shown:
        return None
    curves = [
        (compared.called(run, _NAME), r.curve.at, r.curve.values)
        for run, r in zip(comparison.runs, shown[0].reached, strict=True)
    ]
    return _plot(shown[0].name, curves)


def _plot(title: str, curves: Sequence[_Curve]) -> Plot | None:
    log = traces.wants_log([y for _, _, y in curves])
    lines = [_line(name, x, y, POINTS // len(curves), log=log) for name, x, y in curves]
    odd = sum(int(np.count_nonzero(~np.isfinite(y))) for _, _, y in curves)
    zero = sum(int(np.count_nonzero(y == 0)) for _, _, y in curves) if log else 0
    parts = [f"NaN/Inf {odd} 次" if odd else "", f"0 值 {zero} 次" if zero else ""]
    note = "、".join(filter(None, parts))
    drawn = tuple(line for line in lines if len(line.x) > 1)
    return Plot(title, drawn, log, f"{note}未画" if note else "") if drawn else None


def _line(name: str, x: Floats, y: Floats, limit: int, *, log: bool) -> PlotLine:
    """Without what resumes overwrote."""
    gone = traces.overwritten(x)
    if gone is None:
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    else:
        x, y = x[~gone], y[~gone]
    good = np.isfinite(x) & np.isfinite(y) & (np.abs(y) < _LARGEST) & ((y > 0) | (not log))
    x, y = x[good], y[good]
    if len(x) > limit:
        kept = traces.extremes(y, limit // 4)
        x, y = x[kept], y[kept]
    return PlotLine(short(name, _NAME), tuple(map(_digits, x.tolist())), tuple(map(_digits, y.tolist())))


def _digits(value: float) -> float:
    """Six of them; a whole number as one."""
    rounded = float(f"{value:.6g}") if abs(value) < 1e6 else float(f"{value:.9g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
