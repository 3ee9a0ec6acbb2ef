"""What a picture shows, ready to be drawn: words and a few thousand points, however long the runs are.

Plain values, so that another process can draw them (`bot.charting`). `bot.render.lines` makes the points,
`bot.render.drawing` draws.
"""

from __future__ import annotations

from dataclasses import dataclass

from numpy import float64
from numpy.typing import NDArray

Floats = NDArray[float64]
Points = tuple[Floats, Floats]  # x, y

GOOD, SOFT, BAD = "#1b7f3b", "#6b7280", "#c62828"


@dataclass(frozen=True, slots=True)
class Curve:
    """One line.

    raw     as it was logged
    smooth  over it; None of a few points, which are drawn one by one
    lonely  points that a pale line would not do justice
    end     the last one that is seen
    """

    name: str
    raw: Points
    smooth: Points | None
    lonely: Points
    end: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Values without a place on the axis: where they stand, marks of a pixel apart, and how many there are."""

    at: Floats
    count: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that share two axes.

    extent  lowest and highest value that set the axis, on a log axis of the positive ones; None without any
    start   words on values of the beginning that do not, and the share of the height where they stand
    zeros   on a log axis
    holes   NaN and Inf that were logged
    """

    curves: tuple[Curve, ...]
    log: bool
    extent: tuple[float, float] | None
    start: tuple[tuple[str, float], ...]
    zeros: Counted | None
    holes: Counted | None


@dataclass(frozen=True, slots=True)
class Stack:
    """Two parts of a whole, the lower one first, and what stands in each."""

    x: Floats
    parts: tuple[Floats, Floats]
    words: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ring:
    """A value that is meant. `up`: by how many points its words are moved."""

    x: float
    y: float
    words: str
    colour: str
    size: float
    width: float
    up: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One pair of axes.

    subtitle  under the title
    level     a horizontal line: where the values should be, or used to be; and its words
    marked    values that get room besides those of the lines
    best      min or max, where words stand beside the best value
    onset     where it began, its words, its colour
    saved     steps of checkpoints
    rule      a step that is pointed out without a word
    ends      what stands at the end of each line
    """

    title: str
    subtitle: str
    lines: Lines | Stack
    colours: tuple[str, ...]
    level: tuple[float, str] | None = None
    marked: tuple[float, ...] = ()
    best: str = "none"
    rings: tuple[Ring, ...] = ()
    onset: tuple[float, str, str] | None = None
    saved: tuple[float, ...] = ()
    legend: bool = False
    rule: float | None = None
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """`caption`, or a `legend` of names and colours, stands above the plots; `empty` where there are none."""

    plots: tuple[Plot, ...]
    caption: str | None = None
    legend: tuple[tuple[str, str], ...] = ()
    empty: str = ""
