"""What pictures are drawn with: font, style, axes over steps, and lines of which nothing is hidden: a spike of one row,
a zero on a log axis and a NaN stay visible however long the run is.

The font is a subset of Noto Sans SC Regular (OFL): GB2312, Latin, Greek, punctuation, arrows, maths, enclosed numbers,
geometric and full-width forms; made by fontTools.subset (no hinting, no GSUB) from the TTF in PyPI's zhplot 1.0.0.
What it lacks falls back to DejaVu Sans, then to a box.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import Bbox

from analysis.figures import num
from analysis.model import STEP, Bools, Column, Floats, StepUnit
from bot.render import traces
from bot.render.plain import one_line
from bot.render.steps import Steps, step_text

WIDTH, HEIGHT, DPI = 1200, 800, 100
_ROUND = [1, 2, 5, 10]
GOOD, SOFT, BAD = "#1b7f3b", "#6b7280", "#c62828"
_STYLE: dict[Any, Any] = {
    "font.family": ["Noto Sans SC", "DejaVu Sans"],
    "font.size": 14,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa3af",
    "axes.grid": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "xtick.color": "#4b5563",
    "ytick.color": "#4b5563",
    "text.parse_math": False,
    "path.simplify": False,  # would drop single rows
}
_NOTE, _TRIES = "note", 5  # mark of the words beside a point; places that are tried for them
# matplotlib's style is global, and it opens every font anew in each thread: all charts are drawn in one.
_drawing = ThreadPoolExecutor(1, "charts")


def png(draw: Callable[[Figure], None]) -> bytes:
    """What `draw` puts on an empty figure, 1200 x 800 pixels, in the style and font of all charts. Thread-safe."""
    return _drawing.submit(_png, draw).result()


def _png(draw: Callable[[Figure], None]) -> bytes:
    with mpl.rc_context({**_STYLE, "font.family": _families()}):
        layout = ConstrainedLayoutEngine(
            rect=(0.012, 0.012, 0.976, 0.976), w_pad=0.08, h_pad=0.1, hspace=0.04, wspace=0.03
        )
        figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout=layout, facecolor="white")
        FigureCanvasAgg(figure)
        draw(figure)
        figure.draw_without_rendering()  # now the layout is known
        for axes in figure.axes:
            _spread(axes)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=DPI)
        return out.getvalue()


def grid(figure: Figure, count: int) -> list[Axes]:
    """1: whole; 2: one above the other; 3: one wide, two below; 4: two by two."""
    if count == 0:
        return []
    if count == 3:
        spec = figure.add_gridspec(2, 2)
        return [figure.add_subplot(spec[0, :]), figure.add_subplot(spec[1, 0]), figure.add_subplot(spec[1, 1])]
    rows, columns = {1: (1, 1), 2: (2, 1), 4: (2, 2)}[count]
    return list(np.ravel(figure.subplots(rows, columns, squeeze=False)))


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


def plot(
    axes: Axes,
    lines: Sequence[Line],
    names: Sequence[str],
    colours: Sequence[str],
    *,
    marked: Sequence[float] = (),
    best: str = "none",
) -> None:
    """Lines over steps, on a log axis where a plain one would hide what they do. `marked`: values that get room;
    `best`: min or max where words stand beside the best one."""
    step_axis(axes)
    log = traces.wants_log([c.y for c in lines])
    if log:
        axes.set_yscale("log")
    for one, name, colour in zip(lines, names, colours, strict=False):
        _line(axes, one, name, colour, log=log)
    _limits(axes, lines, marked, best, log=log)
    if log:
        _zeros(axes, lines)
    _holes(axes, lines)


def step_axis(axes: Axes, unit: StepUnit = STEP) -> None:
    if unit != STEP:  # what a reader does not expect
        axes.set_xlabel(f"（{unit}）", fontsize=12, color=SOFT, loc="right", labelpad=1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: step_text(x, among=axes.get_xlim()[1])))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=_ROUND))
    axes.tick_params(labelsize=13, length=0)


def value_axis(axes: Axes) -> None:
    """A plain one, of few round values."""
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=_ROUND))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: num(float(f"{v:.6g}"), 4)))


def note(axes: Axes, text: str, x: float, y: float, colour: str, *, up: float = 0, across: bool = False) -> None:
    """A few words beside a point, on the side that has room, `up` points above it.

    `across`: y is a share of the height.
    """
    low, high = axes.get_xlim()
    right = x - low < 0.5 * (high - low)
    note = axes.annotate(
        drawable(text),
        (x, y),
        xycoords=axes.get_xaxis_transform() if across else "data",
        xytext=(9 if right else -9, up),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        color=colour,
        fontsize=14,
        bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "alpha": 0.65, "linewidth": 0},
    )
    note.set_in_layout(False)
    note.set_gid(_NOTE)


def _spread(axes: Axes) -> None:
    """Moves notes that lie on an earlier one up or down, into the axes, until they do not."""
    inside = axes.get_window_extent()
    placed: list[Bbox] = []
    for note in (t for t in axes.texts if isinstance(t, Annotation) and t.get_gid() == _NOTE):
        x, y = note.xyann
        first = note.get_window_extent()
        step = 1.15 * first.height * 72 / DPI * (-1 if first.y0 + first.y1 > inside.y0 + inside.y1 else 1)
        for k in range(_TRIES):
            note.set_position((x, y + k * step))
            if not any(note.get_window_extent().overlaps(other) for other in placed):
                break
        placed.append(note.get_window_extent())


def _line(axes: Axes, curve: Line, name: str, colour: str, *, log: bool) -> None:
    """The raw line at 25 %, the smoothed one over it, and the points that smoothing would hide."""
    y = np.where(curve.y > 0, curve.y, np.nan) if log else np.where(curve.finite, curve.y, np.nan)
    few = np.count_nonzero(np.isfinite(y)) < 40
    x_raw, y_raw = traces.thin(curve.x, y)
    axes.plot(
        x_raw,
        y_raw,
        color=colour,
        alpha=1.0 if few else 0.25,
        linewidth=2.0 if few else 1.1,
        marker="o" if few else None,
        markersize=4,
        label=drawable(name) if few else None,
    )
    if few:
        return
    # Each stretch between resumes by itself: what was overwritten must not bend what replaced it.
    back = np.flatnonzero(np.diff(curve.x) < 0) + 1
    stretches = np.split(np.log(y) if log else y, back if len(back) <= traces.RESUMES else [])
    smooth = np.concatenate([traces.smoothed(stretch) for stretch in stretches])
    axes.plot(
        *traces.thin(curve.x, np.exp(smooth) if log else smooth), color=colour, linewidth=2.2, label=drawable(name)
    )
    lonely = traces.lonely(np.log(y) if log else y)
    axes.plot(curve.x[lonely], y[lonely], ".", color=colour, markersize=7)


def _limits(axes: Axes, curves: Sequence[Line], marked: Sequence[float], best: str, *, log: bool) -> None:
    """Room for the data, for the level and the best that are marked, and for the words beside them."""
    y = np.concatenate([c.y[c.finite] for c in curves])
    if not log:
        y = _without_start(axes, y, traces.after_start([c.y for c in curves]))
    y = np.append(y, marked)
    y = np.log(y[y > 0]) if log else y
    low, high = axes.get_xlim()
    if high - low < 1:  # a single step
        axes.set_xlim(low - 1, high + 1)
    if not len(y):
        axes.set_yticks([])
        return
    low, high = float(y.min()), float(y.max())
    span = high - low or (1.0 if log else max(abs(high), 1e-12) * 0.1)
    low, high = low - (0.2 if best == "min" else 0.07) * span, high + (0.2 if best == "max" else 0.13) * span
    value_axis(axes)
    if log:
        axes.set_ylim(np.exp(low), np.exp(high))
        narrow = high - low < np.log(100)  # powers of ten alone would be one tick or two
        axes.yaxis.set_major_locator(LogLocator(numticks=8 if narrow else 6, subs=(1, 2, 5) if narrow else (1,)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(low, high)


def _without_start(axes: Axes, y: Floats, later: Floats) -> Floats:
    """The values that set a plain axis: not the first 2 % where they would press all the rest flat.

    Then they are noted in words.
    """
    if len(later) < 30 or np.ptp(later) == 0 or np.ptp(y) < 3 * np.ptp(later):
        return y
    for words, mark, edge, off in (
        ("最高", "▲", 0.95, y.max() > later.max()),
        ("最低", "▼", 0.05, y.min() < later.min()),
    ):
        if off:
            extreme = y.max() if words == "最高" else y.min()
            note(axes, f"{mark} 开头{words} {num(float(extreme))}", axes.get_xlim()[0], edge, SOFT, across=True)
    return later


def _zeros(axes: Axes, curves: Sequence[Line]) -> None:
    """Zeros have no place on a log axis: they stand under it, counted."""
    zero = np.concatenate([c.x[c.y == 0] for c in curves])
    if not len(zero):
        return
    low, high = np.log(axes.get_ylim())
    axes.set_ylim(np.exp(low - 0.1 * (high - low)), np.exp(high))
    marks = traces.apart(zero)
    axes.plot(
        marks,
        np.full(len(marks), 0.035),
        "v",
        transform=axes.get_xaxis_transform(),
        color=SOFT,
        markersize=7,
        clip_on=False,
    )
    note(axes, f"恰为 0：{len(zero)} 次记录", float(marks[-1]), 0.04, SOFT, across=True)


def _holes(axes: Axes, curves: Sequence[Line]) -> None:
    """NaN and Inf that were logged: crosses at the top edge."""
    odd = np.concatenate([c.x[~c.finite] for c in curves])
    if not len(odd):
        return
    marks = traces.apart(odd)
    axes.plot(
        marks,
        np.full(len(marks), 0.965),
        "x",
        transform=axes.get_xaxis_transform(),
        color=BAD,
        markersize=7,
        markeredgewidth=1.8,
    )
    note(axes, f"NaN/Inf：{len(odd)} 次", float(marks[0]), 0.965, BAD, up=-24, across=True)


@lru_cache(maxsize=1)
def _families() -> list[str]:
    """Registers the font that comes with the program; once."""
    with as_file(files("bot") / "fonts" / "NotoSansSC-subset.ttf") as path:
        font_manager.fontManager.addfont(path)
        return [FT2Font(str(path)).family_name, "DejaVu Sans"]


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    found: set[int] = set()
    for family in _families():
        found |= FT2Font(font_manager.findfont(family)).get_charmap().keys()
    return frozenset(found)


def drawable(text: str) -> str:
    """What no font has becomes a box, as matplotlib draws one, but warns. The font's `·` is as wide as a character."""
    return "".join(c if ord(c) in _characters() else "□" for c in re.sub(" ?· ?", "·", one_line(text)))
