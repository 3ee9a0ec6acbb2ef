"""Comparison -> one PNG: the compared metrics, every run a colour, over its own steps."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import num
from analysis.report.comparison import Comparison, Metric
from bot.render import drawing
from bot.render.compare import called, panels
from bot.render.steps import step_text

# Okabe and Ito's palette, told apart with any kind of colour blindness; every line also ends in its letter.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#111827")
_SOFT = "#6b7280"
_NAME = 28  # characters of a run's name in the legend


def overlay(comparison: Comparison) -> bytes:
    """1200 x 800 pixels with up to four panels. Thread-safe."""

    def draw(figure: Figure) -> None:
        shown = panels(comparison)
        for axes, metric in zip(drawing.grid(figure, len(shown)), shown, strict=True):
            _panel(axes, metric, comparison)
        figure.legend(
            handles=[
                Line2D([], [], color=colour, linewidth=3, label=drawing.drawable(called(run, _NAME)))
                for run, colour in zip(comparison.runs, COLOURS, strict=False)
            ],
            loc="outside upper left",
            ncols=3 if len(comparison.runs) > 2 else 2,
            frameon=False,
            fontsize=15,
            handlelength=1.4,
        )

    return drawing.png(draw)


def _panel(axes: Axes, metric: Metric, comparison: Comparison) -> None:
    lines = [drawing.Line.drawable(r.curve.at, r.curve.values) for r in metric.reached]
    axes.set_title(drawing.drawable(metric.name), loc="left", fontsize=19, pad=26, color="#111827")
    axes.annotate(
        drawing.drawable(_values(metric, comparison)), (0, 1), xycoords="axes fraction", xytext=(0, 6),
        textcoords="offset points", fontsize=12.5, color=_SOFT, va="bottom",
    )  # fmt: skip
    drawing.plot(axes, lines, ["" for _ in lines], COLOURS)
    if metric.step is not None:
        axes.axvline(metric.step, color=_SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
    for run, line, colour in zip(comparison.runs, lines, COLOURS, strict=False):
        seen = line.finite & (line.y > 0 if axes.get_yscale() == "log" else True)
        if seen.any():
            axes.annotate(
                run.letter, (line.x[seen][-1], line.y[seen][-1]), xytext=(5, 0), textcoords="offset points",
                color=colour, fontsize=14, va="center", annotation_clip=False,
            ).set_in_layout(False)  # fmt: skip


def _values(metric: Metric, comparison: Comparison) -> str:
    """Under the title: `第 12000 步 A 0.310 / B 0.280`."""
    if metric.step is None:
        return ""
    values = " / ".join(f"{run.letter} {num(r.level)}" for run, r in zip(comparison.runs, metric.reached, strict=True))
    return f"第 {step_text(metric.step)} {comparison.unit} {values}"
