"""Picture -> PNG, 1200 x 800 pixels. Font, style, axes over steps, words that do not lie on each other.

The only module that knows matplotlib, and it knows nothing of runs: it is all that the process that draws has to load.

The font is a subset of Noto Sans SC Regular (OFL): GB2312, Latin, Greek, punctuation, arrows, maths, enclosed numbers,
geometric and full-width forms; made by fontTools.subset (no hinting, no GSUB) from the TTF in PyPI's zhplot 1.0.0.
What it lacks falls back to DejaVu Sans, then to a box.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import Bbox

from analysis.figures import num
from bot.render.picture import BAD, GOOD, SOFT, Counted, Curve, Lines, Picture, Plot, Ring, Stack
from bot.render.plain import one_line
from bot.render.steps import step_text

WIDTH, HEIGHT, DPI = 1200, 800, 100
_ROUND = [1, 2, 5, 10]
_DARK = "#111827"
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


def png(picture: Picture) -> bytes:
    """Thread-safe."""
    return _drawing.submit(_png, picture).result()


def _png(picture: Picture) -> bytes:
    with mpl.rc_context({**_STYLE, "font.family": _families()}):
        layout = ConstrainedLayoutEngine(
            rect=(0.012, 0.012, 0.976, 0.976), w_pad=0.08, h_pad=0.1, hspace=0.04, wspace=0.03
        )
        figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout=layout, facecolor="white")
        FigureCanvasAgg(figure)
        _draw(figure, picture)
        figure.draw_without_rendering()  # now the layout is known
        for axes in figure.axes:
            _spread(axes)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=DPI)
        return out.getvalue()


def _draw(figure: Figure, picture: Picture) -> None:
    if picture.caption is not None:
        figure.suptitle(drawable(picture.caption), x=0.02, ha="left", fontsize=16, color="#374151")
    for axes, plot in zip(_grid(figure, len(picture.plots)), picture.plots, strict=True):
        _plot(axes, plot)
    if not picture.plots:
        figure.text(0.5, 0.5, drawable(picture.empty), ha="center", va="center", fontsize=22, color=SOFT)
    if picture.legend:
        figure.legend(
            handles=[
                Line2D([], [], color=colour, linewidth=3, label=drawable(name)) for name, colour in picture.legend
            ],
            loc="outside upper left",
            ncols=3 if len(picture.legend) > 2 else 2,
            frameon=False,
            fontsize=15,
            handlelength=1.4,
        )


def _grid(figure: Figure, count: int) -> list[Axes]:
    """1: whole; 2: one above the other; 3: one wide, two below; 4: two by two."""
    if count == 0:
        return []
    if count == 3:
        spec = figure.add_gridspec(2, 2)
        return [figure.add_subplot(spec[0, :]), figure.add_subplot(spec[1, 0]), figure.add_subplot(spec[1, 1])]
    rows, columns = {1: (1, 1), 2: (2, 1), 4: (2, 2)}[count]
    return list(np.ravel(figure.subplots(rows, columns, squeeze=False)))


def _plot(axes: Axes, plot: Plot) -> None:
    axes.set_title(drawable(plot.title), loc="left", fontsize=19, pad=26, color=_DARK)
    axes.annotate(
        drawable(plot.subtitle),
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 6),
        textcoords="offset points",
        fontsize=12.5,
        color=SOFT,
        va="bottom",
    )
    _step_axis(axes)
    if isinstance(plot.lines, Stack):
        _stack(axes, plot.lines, plot.colours)
        return
    _lines(axes, plot, plot.lines)
    if plot.rule is not None:
        axes.axvline(plot.rule, color=SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
    for letter, curve, colour in zip(plot.ends, plot.lines.curves, plot.colours, strict=False):
        if curve.end is not None:
            axes.annotate(
                letter, curve.end, xytext=(5, 0), textcoords="offset points", color=colour, fontsize=14, va="center",
                annotation_clip=False,
            ).set_in_layout(False)  # fmt: skip
    if plot.level is not None:
        value, words = plot.level
        axes.axhline(value, color=GOOD, linewidth=1.4, linestyle=(0, (5, 3)))
        _note(axes, words, axes.get_xlim()[1], value, GOOD, up=11)
    _marks(axes, plot)
    if plot.legend:
        axes.legend(frameon=False, fontsize=13, loc="best", handlelength=1.4)


def _lines(axes: Axes, plot: Plot, lines: Lines) -> None:
    if lines.log:
        axes.set_yscale("log")
    for curve, colour in zip(lines.curves, plot.colours, strict=False):
        _curve(axes, curve, colour)
    _limits(axes, lines, plot.marked, plot.best)
    if lines.zeros is not None:
        _zeros(axes, lines.zeros)
    if lines.holes is not None:
        _holes(axes, lines.holes)


def _curve(axes: Axes, curve: Curve, colour: str) -> None:
    """The raw line at 25 %, the smoothed one over it, and the points that smoothing would hide."""
    few = curve.smooth is None
    axes.plot(
        *curve.raw,
        color=colour,
        alpha=1.0 if few else 0.25,
        linewidth=2.0 if few else 1.1,
        marker="o" if few else None,
        markersize=4,
        label=drawable(curve.name) if few else None,
    )
    if curve.smooth is not None:
        axes.plot(*curve.smooth, color=colour, linewidth=2.2, label=drawable(curve.name))
        axes.plot(*curve.lonely, ".", color=colour, markersize=7)


def _limits(axes: Axes, lines: Lines, marked: Sequence[float], best: str) -> None:
    """Room for the data, for the level and the best that are marked, and for the words beside them."""
    for words, edge in lines.start:
        _note(axes, words, axes.get_xlim()[0], edge, SOFT, across=True)
    y = np.array([*(lines.extent or ()), *marked])
    y = np.log(y[y > 0]) if lines.log else y
    low, high = axes.get_xlim()
    if high - low < 1:  # a single step
        axes.set_xlim(low - 1, high + 1)
    if not len(y):
        axes.set_yticks([])
        return
    low, high = float(y.min()), float(y.max())
    span = high - low or (1.0 if lines.log else max(abs(high), 1e-12) * 0.1)
    low, high = low - (0.2 if best == "min" else 0.07) * span, high + (0.2 if best == "max" else 0.13) * span
    _value_axis(axes)
    if lines.log:
        axes.set_ylim(np.exp(low), np.exp(high))
        narrow = high - low < np.log(100)  # powers of ten alone would be one tick or two
        axes.yaxis.set_major_locator(LogLocator(numticks=8 if narrow else 6, subs=(1, 2, 5) if narrow else (1,)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(low, high)


def _zeros(axes: Axes, zeros: Counted) -> None:
    """Zeros have no place on a log axis: they stand under it, counted."""
    low, high = np.log(axes.get_ylim())
    axes.set_ylim(np.exp(low - 0.1 * (high - low)), np.exp(high))
    axes.plot(
        zeros.at,
        np.full(len(zeros.at), 0.035),
        "v",
        transform=axes.get_xaxis_transform(),
        color=SOFT,
        markersize=7,
        clip_on=False,
    )
    _note(axes, f"恰为 0：{zeros.count} 次记录", float(zeros.at[-1]), 0.04, SOFT, across=True)


def _holes(axes: Axes, holes: Counted) -> None:
    """NaN and Inf that were logged: crosses at the top edge."""
    axes.plot(
        holes.at,
        np.full(len(holes.at), 0.965),
        "x",
        transform=axes.get_xaxis_transform(),
        color=BAD,
        markersize=7,
        markeredgewidth=1.8,
    )
    _note(axes, f"NaN/Inf：{holes.count} 次", float(holes.at[0]), 0.965, BAD, up=-24, across=True)


def _stack(axes: Axes, stack: Stack, colours: Sequence[str]) -> None:
    """Parts of a whole as areas."""
    lower, upper = stack.parts
    axes.stackplot(stack.x, lower, upper, colors=colours, linewidth=0)
    axes.set_ylim(0, float(np.max(lower + upper)) * 1.25)
    _value_axis(axes)
    mid = len(stack.x) // 2
    for words, base, part in zip(stack.words, (0.0, lower[mid]), stack.parts, strict=True):
        axes.text(stack.x[mid], base + part[mid] / 2, drawable(words), ha="center", va="center", fontsize=13)


def _marks(axes: Axes, plot: Plot) -> None:
    """The values that are meant, where it began, the checkpoints that are named."""
    for ring in plot.rings:
        _ring(axes, ring)
    near = 0.02 * (axes.get_xlim()[1] - axes.get_xlim()[0])
    if plot.onset is not None and all(abs(plot.onset[0] - ring.x) > near for ring in plot.rings):
        at, words, colour = plot.onset
        axes.axvline(at, color=colour, linewidth=1.6, linestyle=(0, (4, 2)))
        _note(axes, words, at, 0.95, colour, across=True)
    if plot.saved:
        axes.plot(
            plot.saved,
            np.zeros(len(plot.saved)),
            "^",
            transform=axes.get_xaxis_transform(),
            color=_DARK,
            markersize=8,
            clip_on=False,
            label="ckpt",
        )


def _ring(axes: Axes, ring: Ring) -> None:
    axes.plot(
        [ring.x],
        [ring.y],
        "o",
        markersize=ring.size,
        markerfacecolor="none",
        markeredgecolor=ring.colour,
        markeredgewidth=ring.width,
    )
    _note(axes, ring.words, ring.x, ring.y, ring.colour, up=ring.up)


def _step_axis(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: step_text(x, among=axes.get_xlim()[1])))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=_ROUND))
    axes.tick_params(labelsize=13, length=0)


def _value_axis(axes: Axes) -> None:
    """A plain one, of few round values."""
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=_ROUND))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: num(float(f"{v:.6g}"), 4)))


def _note(axes: Axes, text: str, x: float, y: float, colour: str, *, up: float = 0, across: bool = False) -> None:
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
