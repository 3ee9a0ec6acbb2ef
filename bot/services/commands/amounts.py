"""Numbers, spans and times as people say them -> as commands take them: `两小时` -> `2h`, `九点半` -> `09:30`. Pure."""

from __future__ import annotations

import re

_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_N = r"(?:\d+(?:\.\d+)?|[零一二两俩三四五六七八九十]+)"
_HALF = r"半\s*个?\s*(?:小时|钟头|天|日)"
_UNIT = (
    r"(?:小时|钟头|分钟|分(?!之|数|析|布)|秒钟?|天|周|星期"
    r"|hours?|hrs?|minutes?|mins?|seconds?|secs?|days?|weeks?|[hmsdw])(?![A-Za-z\w])"
)
_SPAN = re.compile(
    rf"(?<![\w.@])(?!十分(?!钟))(?:{_N}个?半个?(?:小时|钟头|天)|{_N}\s*个?\s*{_UNIT}|{_HALF})",
    re.IGNORECASE | re.ASCII,
)
_EVERY = re.compile(
    rf"(?:每隔?|every)\s*(?:({_SPAN.pattern})|(小时|分钟|天|hour|minute|day))|({_SPAN.pattern})(?=\s*(?:看|查|检查)?一次)",
    re.IGNORECASE | re.ASCII,
)
_UNTIL_TOMORROW = re.compile(
    r"明天|明早|明儿|一晚上?|今[天儿日晚]|当天|过夜|睡觉|下班|today|tomorrow|tonight|overnight", re.IGNORECASE
)
_UNTIL_THE_END = re.compile(
    r"训练?完|跑完|结束|一直(?!在)|永久|再也|彻底|until (?:it|the) (?:end|run)|for ?ever", re.IGNORECASE
)
_A_WHILE = re.compile(r"一会儿?|会儿|片刻|for a while|a bit", re.IGNORECASE)
_SECONDS = dict([
    *(("小时", 3600), ("钟头", 3600), ("h", 3600), ("分", 60), ("m", 60), ("秒", 1), ("s", 1)),
    *(("天", 86_400), ("日", 86_400), ("d", 86_400), ("周", 604_800), ("星期", 604_800), ("w", 604_800)),
])  # fmt: skip
_CLOCK = re.compile(
    rf"(早上|早晨|上午|中午|下午|晚上|傍晚|夜里|凌晨|am|pm)?\s*({_N})"
    rf"\s*(?:[:：点时]\s*(半|一刻|三刻|{_N})?\s*分?|\s*(am|pm)\b)",
    re.IGNORECASE,
)
_PARTS_OF_AN_HOUR = {"半": 30, "一刻": 15, "三刻": 45}
_MORE_THAN = r"超[过出]?|[高大多][于过出]|突?破|[升涨飙冲][到过破]|[低小少][于过]|不到|不足|[跌降掉][到破穿]|[<>]"
_BEYOND = re.compile(
    rf"([\w./-]+)\s*(?:的值|一旦|要是|如果|一直|持续|连着|连续)?\s*({_MORE_THAN}|\b(?:above|over|exceeds?|below|under)\b)\s*=?\s*([\d.]+(?:e[+-]?\d+)?%?)",
    re.IGNORECASE | re.ASCII,
)
_ABOVE = re.compile(r"[超高大多突破升涨飙冲>]|above|over|exceed", re.IGNORECASE)
_IN_A_ROW = re.compile(
    rf"(?:连续|连着|接连|一连|连)\s*(?:超过)?\s*({_N})\s*(?:[次个条]?[点步]|[次个条])都?|({_N})\s*[次个]点?(?:以上)?都"
)
NTH = re.compile(rf"第\s*({_N})\s*[条个项点]")
# The number of an alert: `#3`, `3 号`, `三号`, `第三条`; no time, no date.
_NUMBERED = re.compile(
    r"(?<![\w.月])#?(\d{1,4})(?![\w.%:/月])"
    r"|(?<![月一二三四五六七八九十])([一二三四五六七八九十]+)号|第([一二三四五六七八九十]+)[条个项点号]",
    re.ASCII,
)
_ORDINALS = (
    NTH,
    re.compile(r"\b(?:finding|point|number|item)\s*(\d)", re.IGNORECASE),
    re.compile(rf"(?:^|[◇\s#])({_N})\s*号?\s*条?$"),
    re.compile(rf"({_N})\s*号\s*(?:结论|建议|发现|问题|诊断)"),
    re.compile(rf"^#?({_N})\s*[号条]?\s*(?:条|个)?\s*(?=[怎为依理啥凭咋是])"),
)
_DAYS = (
    ("daily", re.compile(r"每天|天天|(?:周末|休息日|周六|周日)[^，。]{0,3}(?:也|都|照)|every ?day|daily")),
    ("weekdays", re.compile(r"工作日|周一(?:到|至)周五|weekday|(?:周末|休息日)[^，。]{0,4}(?:别|不|勿|停)")),
    ("weekends", re.compile("周末|weekend")),
)
_WEEKDAY = dict(zip("一二三四五六日天", ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "sun"), strict=True))
_NAMED_DAYS = re.compile(
    r"(?:周|星期|礼拜)([一二三四五六日天](?:[、，,和]?(?:周|星期|礼拜)?[一二三四五六日天])*)(?!个|次|份|条)"
)


def number(text: str) -> float:
    """`12`, `1.5`, `十二`, `二十` -> its value."""
    if text[:1].isdigit():
        return float(text)
    tens, ten, ones = text.rpartition("十")
    value = _DIGITS.get(ones, 0) if ones else 0
    return float(value + (10 * (_DIGITS.get(tens, 1) if tens else 1) if ten else 0))


def span(text: str) -> str | None:
    """The first span of time in a text, as `90m`, `2h`, `1d`; None without one."""
    match = _SPAN.search(text)
    if match is None:
        return None
    said = re.sub(r"\s|个", "", match[0].lower())
    unit = next(
        seconds
        for word, seconds in _SECONDS.items()
        if re.search(rf"(?<=[\d零一二两俩三四五六七八九十半]){word}", said)
    )
    amount = re.match(_N, said)
    value = (number(amount[0]) if amount is not None else 0.0) + (0.5 if "半" in said else 0.0)
    seconds = round(value * unit)
    for letter, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def every(text: str) -> str:
    """`每 10 分钟看一次` -> `every 10m`; empty without an interval."""
    match = _EVERY.search(text)
    if match is None:
        return ""
    single = {"小时": "1h", "hour": "1h", "分钟": "1m", "minute": "1m", "天": "1d", "day": "1d"}
    return f"every {single[match[2].lower()] if match[2] else span(match[0])}"


def silence(text: str) -> str:
    """How long: `2h`, `tomorrow`, `run` (until it ends), or nothing."""
    found = span(text)
    if found is not None:
        return found
    if _UNTIL_TOMORROW.search(text):
        return "tomorrow"
    if _A_WHILE.search(text):
        return "1h"
    bare = re.search(r"(?:^|\s)run\s*$", text, re.IGNORECASE)
    return "run" if _UNTIL_THE_END.search(text) or bare else ""


def ordinal(text: str) -> int | None:
    """`第二条`, `第 2 个`, ` 2` -> 2."""
    match = next((m for m in (pattern.search(text.strip()) for pattern in _ORDINALS) if m is not None), None)
    return int(number(match[1])) if match is not None else None


def numbered(text: str) -> str | None:
    """`2 号`, `三号`, `第三条` -> the number of that alert."""
    match = _NUMBERED.search(text)
    return None if match is None else match[1] or f"{number(match[2] or match[3]):.0f}"


def without(text: str) -> str:
    """A text without the spans and untils in it."""
    return _UNTIL_TOMORROW.sub(" ", _SPAN.sub(" ", _EVERY.sub(" ", text)))


def digest(text: str, asked: str) -> str:
    """What is asked of the digest, as its command takes it: `on 09:30 weekdays`, `off`, `now`; nothing: how it is.

    asked  `on`, `off`, `now` or nothing, as far as it can be told without the times in the text
    """
    low = text.lower()
    at = _time_of_day(low)
    days = next((name for name, pattern in _DAYS if pattern.search(low)), "")
    if not days and (named := _NAMED_DAYS.search(low)) is not None:
        days = ",".join(dict.fromkeys(_WEEKDAY[c] for c in named[1] if c in _WEEKDAY))
    why_off = asked == "off" and days == "weekends"  # `日报停了，周末没人看`
    if days and not why_off and re.search("周末|休息日", low):  # `周末别发` is said of two days
        return " ".join(filter(None, ("on", at, days)))
    if asked != "off" and (at is not None or days not in ("", "daily")):
        return " ".join(filter(None, ("on", at, days)))
    return f"on {days}".strip() if asked == "on" else asked


def by_kind(text: str) -> str:
    """A text in which amounts are signs: limits ≷, spans ⏱, times of day ⏰, ordinals №."""
    text = _BEYOND.sub("≷", _IN_A_ROW.sub(" ", text))
    return NTH.sub("№", _CLOCK.sub("⏰", _SPAN.sub("⏱", text)))


def _time_of_day(text: str) -> str | None:
    match = _CLOCK.search(text)
    if match is None:
        return None
    when, hour, said = (match[1] or match[4] or "").lower(), int(number(match[2])), match[3] or "零"
    minute = _PARTS_OF_AN_HOUR[said] if said in _PARTS_OF_AN_HOUR else int(number(said))
    if when in ("下午", "晚上", "傍晚", "pm") and hour < 12:
        hour += 12
    return f"{hour:02d}:{minute:02d}"


def threshold(text: str) -> str:
    """`train/loss 连续 3 次超过 5 就喊我` -> `train/loss above 5 for 3`; nothing when that is not in it."""
    row = _IN_A_ROW.search(text)
    match = _BEYOND.search(text if row is None else text[: row.start()] + text[row.end() :])
    if match is None:
        return ""
    points = "" if row is None else f" for {int(number(row[1] or row[2]))}"
    return f"{match[1]} {'above' if _ABOVE.match(match[2]) else 'below'} {match[3].rstrip('.')}{points}"
