"""One neutral message. Says what is to be said; the renderers of each platform know how, and their limits.

Every string here is raw: renderers escape. Nothing in a message can mention anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Marker = Literal["critical", "warning", "info", "ok", "none"]


@dataclass(frozen=True, slots=True)
class Item:
    """One finding, or one line of a list: a headline, evidence under it, advice after an arrow."""

    headline: str
    marker: Marker = "none"
    evidence: tuple[str, ...] = ()
    advice: str = ""
    number: int | None = None  # printed before the marker: 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (may be empty) and markdown-free lines. Long reports are a list of these."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A button that says `label` and does what typing `command` would (`/curve …`), or opens `url`."""

    label: str
    command: str | None = None
    url: str | None = None
    at_once: bool = False  # pressing it changes the message it stands in, and reads no run for that


@dataclass(frozen=True, slots=True)
class File:
    """A document that goes with the message (HTML or markdown report)."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class PlotLine:
    """Finite points in the order of x."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines that a platform draws itself, so that people can point at a value. On a log axis every y is positive."""

    title: str
    lines: tuple[PlotLine, ...]
    log: bool = False
    note: str = ""  # what could not be drawn


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a chat. `title` alone must be understood on a lock screen."""

    title: str
    marker: Marker = "none"
    subtitle: str = ""
    items: tuple[Item, ...] = ()
    sections: tuple[Section, ...] = ()
    facts: str = ""  # one line of key figures
    chart_alt: str = ""  # what the chart shows, when one goes with the message
    buttons: tuple[Button, ...] = ()
    footer: str = ""
    file: File | None = field(default=None)
    plot: Plot | None = None  # beside the picture of the chart, never instead of what the text says


def without_buttons(message: Message) -> Message:
    """The same with what each button does written out at the end."""
    lines = tuple(f"{b.label}：{b.url or b.command}" for b in message.buttons)
    return replace(message, buttons=(), sections=(*message.sections, Section("", lines)))
