"""Report -> markdown with the sections people know. Whatever comes from outside stays text."""

from __future__ import annotations

import re

from analysis.model import Report
from bot.render.plain import one_line
from bot.render.sections import Markup, heading, sections


def markdown(report: Report) -> str:
    """The whole report, a newline at the end."""
    written = sections(report, Markup(key=_code, text=_text, basis=True))
    blocks = (f"## {s.heading}\n" + "\n".join(_bullet(line) for line in s.lines) for s in written)
    return "\n\n".join([f"# {_text(heading(report))}", *blocks]) + "\n"


def _bullet(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return f"{' ' * indent}- {line[indent:]}"


def _code(key: str) -> str:
    """A code span that its content cannot end."""
    line = one_line(key)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _text(text: str) -> str:
    """Only what markdown would act upon is escaped: the text must read well unrendered too."""
    line = re.sub(
        r"([\\`*]|~(?=~)|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\](?=[(\[:])|(?<!\w)_|_(?!\w))", r"\\\1", one_line(text)
    )
    return re.sub(r"(?<=\w)://", r":\\//", line)
