"""The text of a file, however it is encoded, and numbers as programs print them. Pure."""

from __future__ import annotations

import codecs
import re

# PowerShell writes UTF-16 with a mark. GB2312 before Latin-1: every text is valid Latin-1, and hardly an accented one
# is valid GB2312, where both bytes of a character are beyond ASCII.
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_OTHERS = ("gb2312", "latin-1")
# `tensor(3.13, device='cuda:0')`, `np.float32(0.5)`: a number as its library prints it.
_BOXED = re.compile(r"\b(?:tensor|np\.float\d{2}|float\d{2}|array)\(\[?\s*([-+\w.]{1,40})\s*\]?(?:,[^()]{0,200})?\)")


def decoded(content: bytes) -> str:
    """The text of a file, without a mark. What is neither UTF-8 nor marked is GB2312 or Latin-1."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if len(error.object) - error.start < 4 and error.reason == "unexpected end of data":  # still being written
            return content[: error.start].decode()
    for encoding in _OTHERS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("any text is valid Latin-1")


def unboxed(text: str) -> str:
    """The text with the numbers of torch and numpy as plain ones."""
    return _BOXED.sub(r"\1", text) if "(" in text else text
