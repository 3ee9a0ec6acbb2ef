"""(Run, Report) -> the picture of a run, and its PNG. What to show is decided in bot.render.panels."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator

import numpy as np

from analysis.figures import num
from analysis.model import Report, Run, Severity
from bot.render.card import verdict
from bot.render.lines import Line, lines, stack
from bot.render.numbers import progress, state
from bot.render.panels import Panel, chart_alt, label, panels
from bot.render.picture import GOOD, SOFT, Picture, Plot, Ring
from bot.render.plain import dots, short
from bot.render.steps import Steps, step_text

__all__ = ["chart", "chart_alt"]

Draw = Callable[[Picture], bytes]

_KEPT = 64  # charts, some 200 KB each
_SEVERITY = {
    Severity.CRITICAL: "#c62828",
    Severity.WARNING: "#b26a00",
    Severity.INFO: "#5f6b7a",
    Severity.OK: "#5f6b7a",
}
_LINES = ("#1f5fbf", "#e07b00")
_AREAS = ("#9db8e0", "#f2b26b")


def drawn_here(picture: Picture) -> bytes:
    """In this process, which loads what that takes."""
    from bot.render.drawing import png  # noqa: PLC0415

    return png(picture)


def chart(run: Run, report: Report, draw: Draw = drawn_here) -> bytes:
    """A PNG of 1200 x 800 pixels with up to four panels; of a run without numbers it says so. Thread-safe.

    What was drawn lately is not drawn again: several channels and people look at the same rows.
    """
    shown, caption, steps = panels(report), _caption(report), Steps.of(run, report)
    content = hashlib.blake2b(repr((caption, shown)).encode("utf-8", "replace"))
    for part in (steps.of_row, steps.tracker):
        content.update(np.ascontiguousarray(part).tobytes())
    for metric in (m for panel in shown for m in panel.metrics):
        column = run.history.columns[metric.key]
        content.update(column.rows.tobytes())
        content.update(column.values.tobytes())

    def drawn() -> bytes:
        plots = tuple(_plot(panel, run, steps) for panel in shown)
        return draw(Picture(plots, caption, empty="还没有可画的指标"))

    return _drawn.get(content.digest(), drawn)


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


def _plot(panel: Panel, run: Run, steps: Steps) -> Plot:
    series = [Line.of(run.history.columns[m.key], steps) for m in panel.metrics]
    names = [label(m) for m in panel.metrics]
    keys = " · ".join(
        f"{short(m.key, 40)} → {num(m.last)}" if m.named else f"末值 {num(m.last)}" for m in panel.metrics
    )
    if panel.kind == "stack" and (parts := stack(series[0], series[1], names)) is not None:
        return Plot(title=panel.title, subtitle=keys, lines=parts, colours=_AREAS)
    level = panel.level
    marked = [level.value] if level is not None else []
    if panel.best is not None:
        marked.append(panel.best[1])
    return Plot(
        title=panel.title,
        subtitle=keys,
        lines=lines(series, names),
        colours=_LINES,
        level=(level.value, level.words) if level is not None else None,
        marked=tuple(marked),
        best=panel.metrics[0].direction if panel.best is not None else "none",
        rings=tuple(_rings(panel, steps)),
        onset=_onset(panel, steps),
        saved=tuple(at for step in panel.saved if (at := steps.at(step)) is not None),
        legend=len(series) > 1 or bool(panel.saved),
    )


def _rings(panel: Panel, steps: Steps) -> Iterator[Ring]:
    """Where it was best, and the spike that is meant."""
    if panel.best is not None and (at := steps.at(panel.best[0])) is not None:
        words = f"最优 {num(panel.best[1])}（第 {step_text(at)} {panel.unit}）"
        up = 18 if panel.metrics[0].direction == "max" else -18
        yield Ring(at, panel.best[1], words, GOOD, size=11, width=2.2, up=up)
    if panel.peak is not None and (at := steps.at(panel.peak[0])) is not None:
        words = f"第 {step_text(at)} {panel.unit} {num(panel.peak[1])}"
        yield Ring(at, panel.peak[1], words, _colour(panel), size=13, width=2, up=0)


def _onset(panel: Panel, steps: Steps) -> tuple[float, str, str] | None:
    if panel.finding is None or panel.finding.onset_step is None:
        return None
    at = steps.at(panel.finding.onset_step)
    return (at, f"第 {step_text(at)} {panel.unit}起", _colour(panel)) if at is not None else None


def _colour(panel: Panel) -> str:
    return _SEVERITY[panel.finding.severity] if panel.finding is not None else SOFT
