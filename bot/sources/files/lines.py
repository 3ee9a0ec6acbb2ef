"""Logs of one object a line: JSON as most scripts write it, or the dict that HF Trainer prints. Pure."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.history import number
from bot.sources.rows import flat

_LONGEST = 1_000_000  # characters of a dict as Python prints it: its parser is slow
# `100%|###| 13/13 [00:05<00:00, 2.43it/s, loss=3.66]{'accuracy': 0.24}`
_BAR = re.compile(rb"\d%\|[^|\n]{0,900}\| [^\[\n]{1,40}\[[^\]\n]{0,200}?, \w{1,40}=-?\d[^\]\n]{0,400}\]\s?\{")
_WORDS = {"nan": math.nan, "inf": math.inf, "NaN": math.nan, "Infinity": math.inf, "null": None}


@dataclass(frozen=True, slots=True)
class Lines:
    """The objects of a text in their order, the line that each stands in (from 1), and the lines that are none."""

    rows: list[Mapping[str, Any]]
    at: list[int]
    others: list[int]


def objects(text: bytes) -> Lines:
    """Every line that is one object; blank ones are none and no others either."""
    found = Lines([], [], [])
    for at, line in enumerate(text.split(b"\n"), 1):
        if line.strip():
            if (row := _object(line)) is None:
                found.others.append(at)
            else:
                found.rows.append(flat(row))
                found.at.append(at)
    return found


def is_log(found: Lines) -> bool:
    """Whether a text of another ending is such a log: two rows say the same, in numbers."""
    seen: set[str] = set()
    for row in found.rows:
        said = {key for key, cell in row.items() if number(cell) is not None}
        if said & seen:
            return True
        seen |= said
    return False


def behind_bars(text: bytes, found: Lines) -> bool:
    """Whether they mostly stand behind progress bars that say something in numbers, too: a console, which is read
    whole."""
    return 2 * sum(1 for _ in _BAR.finditer(text)) > len(found.rows)


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, nested without end
        try:
            row = printed(line.decode())
        except UnicodeDecodeError:
            return None
    return row if isinstance(row, dict) else None


def printed(text: str) -> dict[str, Any] | None:
    """A dict as Python prints it, behind a progress bar in the same line or not; None where there is none."""
    text = text.rstrip().rpartition("\r")[2].strip()
    if not (text.endswith("}") and "{" in text and len(text) <= _LONGEST):
        return None
    try:
        tree = _Words().visit(ast.parse(text[text.index("{") :], mode="eval"))
        return {str(key): cell for key, cell in ast.literal_eval(tree).items()}
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError, AttributeError):
        return None


class _Words(ast.NodeTransformer):
    """`nan` and `inf` are names to Python, and no literals."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Constant(_WORDS[node.id]), node) if node.id in _WORDS else node
