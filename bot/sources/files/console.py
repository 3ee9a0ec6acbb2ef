"""The last words of a program: the line of its console that says why it died. Pure.

It is quoted as data, cut and on one line; what a script prints is untrusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 90  # characters of the line that are kept
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What PowerShell calls each line on stderr is none.
# `torch.OutOfMemoryError: CUDA out of memory.`, `KeyboardInterrupt`: a dotted name that ends like one of Python's.
_EXCEPTION = re.compile(
    r"^(?:\[rank\d+\]:\s*)?(?!System\.Management\.Automation\.)(?P<name>(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit|Iteration))(?::\s*(?P<what>.*))?$"
)
# What kills a process without Python's knowing.
_KILLED = re.compile(
    r"(Segmentation fault|Bus error|Killed|SIGKILL|SIGTERM|oom-kill|CUDA error: .*|NCCL (?:error|timeout).*)",
    re.IGNORECASE,
)


def last_words(lines: Iterable[str]) -> str | None:
    """The exception that ended the program, as its console shows it: the last one; None where none is to be seen."""
    found = None
    for chunk in lines:
        for raw in chunk.replace("\r", "\n").split("\n"):
            line = _ANSI.sub("", raw).strip()
            if (error := _EXCEPTION.match(line)) or _KILLED.fullmatch(line):
                found = line if error is None else _said(error)
    return found


def _said(error: re.Match[str]) -> str:
    name = error["name"].rsplit(".", 1)[-1]
    line = " ".join(f"{name}: {error['what']}".split()) if error["what"] else name
    line = "".join(c for c in line if c.isprintable())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
