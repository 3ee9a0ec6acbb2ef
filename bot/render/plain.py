"""Names that come from outside, made harmless for a line of text: no line breaks, no terminal or bidi controls."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

NAME = 60  # characters of a run name in a headline


def one_line(text: str) -> str:
    """The text on one line; control and invisible formatting characters become spaces or nothing."""
    if text.isprintable():  # as nearly every text is: nothing to leave out
        return " ".join(text.split())
    kept = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text if _visible(c))
    return " ".join("".join(kept).split())


def short(text: str, limit: int = NAME) -> str:
    """`one_line`, cut in the middle to at most `limit` characters: both ends of a run name tell runs apart."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    tail = limit // 3
    return f"{line[: limit - tail - 1]}…{line[-tail:]}"


def dots(parts: Iterable[str]) -> str:
    """`a · b · c` of those that are not empty; a full-width bracket brings its own space."""
    return " · ".join(filter(None, parts)).replace("） · ", "）· ")


def _visible(c: str) -> bool:
    # ZWJ and the variation selectors hold emoji together; all other format characters can only deceive.
    return unicodedata.category(c) not in {"Cf", "Cs", "Co", "Cn"} or c == "\u200d"
