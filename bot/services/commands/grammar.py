"""From what a person typed to words: the way people write, whatever the command. Pure.

A Chinese keyboard may have turned `/` into `、` or `／`, an alias may touch what follows (`关注64wxlc3y`), and `/curve`
itself may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Collection

ON = frozenset({"on", "开", "开启", "打开"})
OFF = frozenset({"off", "关", "关闭"})
NOW = frozenset({"now", "现在", "立即", "马上"})
_STRAY = " \t\r\n,;:!。，；：！、…"  # before or after; a full stop only after, since a path may begin with one
_STRUCTURE = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), *map(ord, "／？＝＆：．－＿"))
_SPACES = (0x3000, 0xA0, 0x2002, 0x2003, 0x2009, 0x202F)
_PLAIN = {code: code - 0xFEE0 for code in _STRUCTURE} | dict.fromkeys(_SPACES, " ")
_CLAUSE = re.compile("[，,。；;]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff]")
_UNITS = {"m": "分钟|分|mins?|minutes?", "h": "小时|hours?|hrs?", "s": "秒钟?|secs?|seconds?", "d": "天|days?"}


def plain(text: str) -> str:
    """A message without `/curve` and odd characters: full-width structure and odd spaces plain, invisible ones dropped.

    Other full-width characters stay: they may belong to a run's display name.
    """
    return _without_slash_command(trim(_INVISIBLE.sub("", text.translate(_PLAIN))))


def trim(text: str) -> str:
    """Without stray punctuation at either end."""
    return text.lstrip(_STRAY).rstrip(_STRAY + ".")


def first_word(text: str, words: Collection[str]) -> tuple[str, str]:
    """The first word and the rest. `words`: those that name a command, in lower case. `/watch x` means `watch x`."""
    word, rest = (*text.split(maxsplit=1), "", "")[:2]
    clause, _, reason = _CLAUSE.sub("\n", word, count=1).partition("\n")
    if clause in words and reason:  # `误报，数据换了`
        word, rest = clause, f"{reason} {rest}"
    known = trim(word.lstrip("/、")).rstrip("?") or word.lstrip("/、")
    bare = known if known.lower() in words else word
    for alias in words:  # a Chinese word that touches a run: 关注64wxlc3y
        tail = bare[len(alias) :]
        touches = tail[:1].isascii() or tail in ON | OFF | NOW
        if tail and touches and not alias.isascii() and bare.startswith(alias):
            return alias, trim(f"{tail} {rest}")
    return bare, trim(rest)


def duration(text: str) -> str:
    """`5 分钟`, `5min` -> `5m`, for `times.seconds`."""
    short = re.sub(r"\s", "", text.lower())
    for unit, words in _UNITS.items():
        short = re.sub(rf"(?<=\d)(?:{words})(?![a-z])", unit, short)
    return short


def time_of_day(text: str) -> str:
    """`9点`, `18时30分` -> `9:00`, `18:30`, for `times.clock`; anything else as it is."""
    return re.sub(r"^(\d{1,2})[点时](\d{2})?分?$", lambda m: f"{m[1]}:{m[2] or '00'}", text)


def _without_slash_command(text: str) -> str:
    """`/curve x`, `、curve x`, `curve x`, `//curve, x` -> `x`; also `/curve /curve x`, pasted behind the command."""
    text = re.sub(r"^@\s*(?:curve[\s-]?bot|bot|机器人)(?=[\s,，:：\u4e00-\u9fff]|$)\s*", "", text, flags=re.IGNORECASE)
    found = re.match(r"[/、\\]*\s*curve(?:bot)?(?=$|[\s,:;!.，。：])", text, flags=re.IGNORECASE)
    rest = trim(text[found.end() :] if found else text)
    again = found is not None and re.match(r"[/\\]+\s*curve\b", rest, flags=re.IGNORECASE)
    return _without_slash_command(rest) if again else rest
