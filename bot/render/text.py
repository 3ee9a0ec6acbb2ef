"""Message -> plain text for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from bot.render.message import Item, Message, Section
from bot.render.plain import one_line

MARKS = {"critical": "🔴 ", "warning": "🟡 ", "info": "⚪ ", "ok": "🟢 ", "none": ""}


def render_text(message: Message, width: int = 100) -> str:
    """The whole message in lines of at most `width` columns (a Chinese character takes two). No newline at the end."""
    blocks = [
        [MARKS[message.marker] + one_line(message.title), one_line(message.subtitle)],
        [line for item in message.items for line in _item(item)],
        *(list(_section(section)) for section in message.sections),
        [
            one_line(message.facts),
            f"〔图：{one_line(message.chart_alt)}〕" if message.chart_alt else "",
            "".join(f"〔{one_line(button.label)}〕" for button in message.buttons),
            one_line(message.footer),
            f"附件：{one_line(message.file.name)}" if message.file is not None else "",
        ],
    ]
    shown = ([line for line in block if line.strip()] for block in blocks)
    return "\n\n".join("\n".join(part for line in block for part in _wrap(line, width)) for block in shown if block)


def columns(text: str) -> int:
    """Terminal columns a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _item(item: Item) -> Iterator[str]:
    number = f"{item.number} " if item.number is not None else ""
    indent = "    " if number or item.marker != "none" else "  "
    yield number + MARKS[item.marker] + one_line(item.headline)
    yield from (indent + one_line(line) for line in item.evidence)
    if item.advice:
        yield f"{indent}→ {one_line(item.advice)}"


def _section(section: Section) -> Iterator[str]:
    if section.heading:
        yield f"【{one_line(section.heading)}】"
    for line in section.lines:
        yield " " * (len(line) - len(line.lstrip(" "))) + one_line(line)


@lru_cache(maxsize=1 << 12)
def _columns(c: str) -> int:
    if unicodedata.combining(c) or unicodedata.category(c) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1


_NOT_FIRST = set("，。；：、！？）〕】》”’%…,.;:!?)]}")


def _wrap(line: str, width: int) -> Iterator[str]:
    """Breaks at a space or between Chinese characters; what follows keeps the indent.

    A word wider than the line stays whole.
    """
    if columns(line) <= width:
        yield line.rstrip()
        return
    hang = " " * (len(line) - len(line.lstrip(" ")) + 2)
    row, taken = "", 0
    for word in _words(line):
        if taken + columns(word) > width and row.strip() and word.strip():
            yield row.rstrip()
            row, taken = hang, len(hang)
        row, taken = row + word, taken + columns(word)
    yield row.rstrip()


def _words(line: str) -> Iterator[str]:
    """The pieces between which a line may break: spaces, single wide characters, runs of anything else."""
    piece = ""
    for c in line:
        joins = c in _NOT_FIRST or (
            piece and _columns(c) == 1 and c != " " and piece[-1] != " " and _columns(piece[-1]) == 1
        )
        if piece and not joins:
            yield piece
            piece = ""
        piece += c
    if piece:
        yield piece
