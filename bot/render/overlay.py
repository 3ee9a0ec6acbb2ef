"""Comparison -> one picture: the compared metrics, every run a colour, over its own steps. Pure."""

from __future__ import annotations

from analysis.figures import num
from analysis.report.comparison import Comparison, Metric
from bot.render.compare import called, panels
from bot.render.lines import Line, lines
from bot.render.picture import Picture, Plot
from bot.render.steps import step_text

# Okabe and Ito's palette, told apart with any kind of colour blindness; every line also ends in its letter.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#111827")
_NAME = 28  # characters of a run's name in the legend


def overlay(comparison: Comparison) -> Picture:
    """Up to four panels."""
    plots = tuple(_plot(metric, comparison) for metric in panels(comparison))
    names = (called(run, _NAME) for run in comparison.runs)
    return Picture(plots, legend=tuple(zip(names, COLOURS, strict=False)))


def _plot(metric: Metric, comparison: Comparison) -> Plot:
    series = [Line.drawable(r.curve.at, r.curve.values) for r in metric.reached]
    return Plot(
        title=metric.name,
        subtitle=_values(metric, comparison),
        lines=lines(series, ["" for _ in series]),
        colours=COLOURS,
        rule=float(metric.step) if metric.step is not None else None,
        ends=tuple(run.letter for run in comparison.runs),
    )


def _values(metric: Metric, comparison: Comparison) -> str:
    """Under the title: `第 12000 步 A 0.310 / B 0.280`."""
    if metric.step is None:
        return ""
    values = " / ".join(f"{run.letter} {num(r.level)}" for run, r in zip(comparison.runs, metric.reached, strict=True))
    return f"第 {step_text(metric.step)} {comparison.unit} {values}"
