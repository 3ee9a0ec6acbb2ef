"""(Run, Report) -> one PNG. What to show is decided in bot.render.panels; here it is drawn (`bot.render.drawing`)."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import num
from analysis.model import Report, Run, Severity
from bot.render import traces
from bot.render.card import verdict
from bot.render.drawing import GOOD, SOFT, Line, drawable, grid, note, plot, png, step_axis, value_axis
from bot.render.numbers import progress, state
from bot.render.panels import Level, Panel, chart_alt, label, panels
from bot.render.plain import dots, short
from bot.render.steps import Steps, step_text

__all__ = ["chart", "chart_alt"]

_KEPT = 64  # charts, some 200 KB each
_SEVERITY = {
    Severity.CRITICAL: "#c62828",
    Severity.WARNING: "#b26a00",
    Severity.INFO: "#5f6b7a",
    Severity.OK: "#5f6b7a",
}
_LINES = ("#1f5fbf", "#e07b00")


def chart(run: Run, report: Report) -> bytes:
    """A PNG of 1200 x 800 pixels with up to four panels; of a run without numbers it says so. Thread-safe.

    What was drawn lately is not drawn again: several channels and people look at the same rows.
    """
    shown, caption, steps = panels(report), _caption(report), Steps.of(run, report)

    def draw(figure: Figure) -> None:
        figure.suptitle(drawable(caption), x=0.02, ha="left", fontsize=16, color="#374151")
        for axes, panel in zip(grid(figure, len(shown)), shown, strict=True):
            _draw(axes, panel, run, steps)
        if not shown:
            figure.text(0.5, 0.5, "还没有可画的指标", ha="center", va="center", fontsize=22, color=SOFT)

    content = hashlib.blake2b(repr((caption, shown)).encode("utf-8", "replace"))
    for part in (steps.of_row, steps.tracker):
        content.update(np.ascontiguousarray(part).tobytes())
    for metric in (m for panel in shown for m in panel.metrics):
        column = run.history.columns[metric.key]
        content.update(column.rows.tobytes())
        content.update(column.values.tobytes())
    return _drawn.get(content.digest(), lambda: png(draw))


class _Drawn:
    """Charts by what they show, the least recently asked for dropped first. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._charts: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, content: bytes, draw: Callable[[], bytes]) -> bytes:
        with self._lock:
            if content in self._charts:
                self._charts.move_to_end(content)
                return self._charts[content]
        chart = draw()
        with self._lock:
            self._charts[content] = chart
            if len(self._charts) > self._most:
                self._charts.popitem(last=False)
        return chart


_drawn = _Drawn(_KEPT)


def _caption(report: Report) -> str:
    run = report.run
    return dots((short(verdict(report), 70), state(run), progress(run)))


def _draw(axes: Axes, panel: Panel, run: Run, steps: Steps) -> None:
    lines = [Line.of(run.history.columns[m.key], steps) for m in panel.metrics]
    _title(axes, panel)
    if panel.kind == "stack" and _stack(axes, panel, lines):
        return
    marked = [panel.level.value] if panel.level is not None else []
    if panel.best is not None:
        marked.append(panel.best[1])
    best = panel.metrics[0].direction if panel.best is not None else "none"
    plot(axes, lines, [label(m) for m in panel.metrics], _LINES, marked=marked, best=best)
    if panel.level is not None:
        _level(axes, panel.level)
    _marks(axes, panel, steps)
    if len(lines) > 1 or panel.saved:
        axes.legend(frameon=False, fontsize=13, loc="best", handlelength=1.4)


def _title(axes: Axes, panel: Panel) -> None:
    axes.set_title(drawable(panel.title), loc="left", fontsize=19, pad=26, color="#111827")
    keys = " · ".join(
        f"{short(m.key, 40)} → {num(m.last)}" if m.named else f"末值 {num(m.last)}" for m in panel.metrics
    )
    axes.annotate(
        drawable(keys),
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 6),
        textcoords="offset points",
        fontsize=12.5,
        color=SOFT,
        va="bottom",
    )


def _level(axes: Axes, level: Level) -> None:
    axes.axhline(level.value, color=GOOD, linewidth=1.4, linestyle=(0, (5, 3)))
    note(axes, level.words, axes.get_xlim()[1], level.value, GOOD, up=11)


def _marks(axes: Axes, panel: Panel, steps: Steps) -> None:
    """Where it began, where it was best, the spike that is meant, the checkpoints that are named."""
    colour = _SEVERITY[panel.finding.severity] if panel.finding is not None else SOFT
    worded: list[float] = []  # steps that have their words
    if panel.best is not None and (at := steps.at(panel.best[0])) is not None:
        axes.plot(
            [at],
            [panel.best[1]],
            "o",
            markersize=11,
            markerfacecolor="none",
            markeredgecolor=GOOD,
            markeredgewidth=2.2,
        )
        words = f"最优 {num(panel.best[1])}（第 {step_text(at)} {panel.unit}）"
        note(axes, words, at, panel.best[1], GOOD, up=18 if panel.metrics[0].direction == "max" else -18)
        worded.append(at)
    if panel.peak is not None and (at := steps.at(panel.peak[0])) is not None:
        axes.plot(
            [at], [panel.peak[1]], "o", markersize=13, markerfacecolor="none", markeredgecolor=colour, markeredgewidth=2
        )
        note(axes, f"第 {step_text(at)} {panel.unit} {num(panel.peak[1])}", at, panel.peak[1], colour)
        worded.append(at)
    onset = (
        steps.at(panel.finding.onset_step)
        if panel.finding is not None and panel.finding.onset_step is not None
        else None
    )
    near = 0.02 * (axes.get_xlim()[1] - axes.get_xlim()[0])
    if onset is not None and all(abs(onset - at) > near for at in worded):
        axes.axvline(onset, color=colour, linewidth=1.6, linestyle=(0, (4, 2)))
        note(axes, f"第 {step_text(onset)} {panel.unit}起", onset, 0.95, colour, across=True)
    saved = [at for step in panel.saved if (at := steps.at(step)) is not None]
    if saved:
        axes.plot(
            saved,
            np.zeros(len(saved)),
            "^",
            transform=axes.get_xaxis_transform(),
            color="#111827",
            markersize=8,
            clip_on=False,
            label="ckpt",
        )


def _stack(axes: Axes, panel: Panel, curves: Sequence[Line]) -> bool:
    """Parts of a whole as areas; False when the two cannot be added row by row."""
    first, second = curves
    step_axis(axes)
    if len(first.x) != len(second.x) or not np.array_equal(first.x, second.x) or np.any(np.diff(first.x) <= 0):
        return False
    parts = [traces.smoothed(np.where(c.finite & (c.y >= 0), c.y, np.nan)) for c in curves]
    good = np.isfinite(parts[0]) & np.isfinite(parts[1])
    if np.count_nonzero(good) < 2:
        return False
    at = np.flatnonzero(good)
    at = at[np.linspace(0, len(at) - 1, min(len(at), traces.BINS)).astype(np.int64)]
    x, (a, b) = first.x[at], (parts[0][at], parts[1][at])
    axes.stackplot(x, b, a, colors=("#9db8e0", "#f2b26b"), linewidth=0)
    axes.set_ylim(0, float(np.max(a + b)) * 1.25)
    value_axis(axes)
    mid = len(x) // 2
    for metric, base, part in ((panel.metrics[1], np.zeros_like(b), b), (panel.metrics[0], b, a)):
        share = float(np.median(part / (a + b)))
        axes.text(
            x[mid],
            base[mid] + part[mid] / 2,
            f"{drawable(label(metric))} {100 * share:.0f}%",
            ha="center",
            va="center",
            fontsize=13,
        )
    return True
