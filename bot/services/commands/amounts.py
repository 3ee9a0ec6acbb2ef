"""Numbers, spans and times as people say them -> as commands take them: `两小时` -> `2h`, `九点半` -> `09:30`. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

_DIGITS = {character: n for n, of in enumerate(("零", "一", "二两俩", "三仨", *"四五六七八九")) for character in of}
_PLACES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "k": 1_000, "w": 10_000}
_SPOKEN = "零一二两俩三仨四五六七八九十百千万"
_N = rf"(?:\d+(?:\.\d+)?|[{_SPOKEN}]+)"
_IN_ENGLISH = {
    **{"half an": "半", "half a": "半", "an": "1", "a": "1", "a couple of": "2", "a few": "3"},
    **{"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8"},
    **{"nine": "9", "ten": "10"},
    **{"twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "forty five": "45"},
}
_WORDED = "|".join(word.replace(" ", r"\s+") for word in sorted(_IN_ENGLISH, key=len, reverse=True))
_HOUR = r"(?:小时|钟头|钟(?!头))"
_HALF = rf"半\s*个?\s*(?:{_HOUR}|天|日)|一刻钟|三刻钟"
_UNIT = (
    r"(?:小时|钟头|(?<=个)钟|分钟|分(?!之|数|析|布)|秒钟?|天|周|星期"
    r"|hours?|hrs?|minutes?|mins?|seconds?|secs?|days?|weeks?|[hmsdw])(?![A-Za-z\w])"
)
_SPAN = re.compile(
    # A Chinese number may touch the word before it: `mute半小时`.
    rf"(?:(?<![\w.@])|(?<=[A-Za-z])(?=[{_SPOKEN}半]))(?!十分(?!钟))(?:{_N}(?:\s*个)?半个?(?:{_HOUR}|天)|{_N}整个?(?:{_HOUR}|[天周])|{_N}\s*(?:小时|天|周)半|{_N}\s*个?\s*{_UNIT}|{_HALF}|(?:{_WORDED})\s+{_UNIT})",
    re.IGNORECASE | re.ASCII,
)
_LOOKS = r"(?:检?查|看|瞄|瞅|扫|刷|更新|汇?报|check)"
_EVERY = re.compile(
    rf"(?:每隔?|隔|every)\s*(?:({_SPAN.pattern})|个?(小时|分钟|天|hour|minute|day))"
    rf"|({_SPAN.pattern})\s*(?:{_LOOKS}\s?一?[次眼回遍下]|一[次回]|一{_LOOKS})",
    re.IGNORECASE | re.ASCII,
)
_TOMORROW = r"明[天早晚儿日]|\b(?:tomorrow|tmrw?|tmw)\b"
_UNTIL_TOMORROW = re.compile(
    rf"{_TOMORROW}|一晚上?|今[天儿日晚]|当天|过夜|睡觉|下班|today|tonight|overnight", re.IGNORECASE
)
_UNTIL_THE_END = re.compile(
    r"训练?完|跑完|结束|剩下的|rest of (?:it|(?:the|this) (?:run|training))|一直(?!在)|永久|再也|彻底|for ?ever"
    r"|(?:un)?till? (?:(?:it|the|this|that|training|run)\W?s? )*(?:end|run|finish|done|complete|over)",
    re.IGNORECASE,
)
_TO_THE_END = re.compile(r"(?:直到|[到至])(?:它|这个|整个|训练|run|\s)*(?:[跑训]完|结束)(?:为止)?", re.IGNORECASE)
# `静音到下午三点`, `周一再说`, `这周别报`: until then.
_UNTIL_CLOCK = re.compile(
    r"(?:到|至|直到|(?:un)?till?)\s*(?:今天)?(?=[早上中下晚凌傍夜]|\d|[一二两三四五六七八九十])", re.IGNORECASE
)
_BEFORE_CLOCK = re.compile(r"^\s*(?:之?前|再|以前|后再)")
_UNTIL_DAY = re.compile(
    r"(?<![上每])(?:下?周|星期|礼拜)([一二三四五六日天])"
    r"|\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?\b",
    re.IGNORECASE,
)
_DAY_AFTER = re.compile("后天")
_THIS_WEEK = re.compile(
    r"周末(?!再)|weekend|[这本]个?(?:周|星期|礼拜)|下(?:周|星期|礼拜)|this week|next week", re.IGNORECASE
)
_A_WHILE = re.compile(r"一会儿?|会儿|片刻|for a while|a bit", re.IGNORECASE)
_SECONDS = dict([
    *(("刻钟", 900), ("小时", 3600), ("钟头", 3600), ("h", 3600), ("分", 60), ("m", 60), ("秒", 1), ("s", 1)),
    *(("天", 86_400), ("日", 86_400), ("d", 86_400), ("周", 604_800), ("星期", 604_800), ("w", 604_800)),
    ("钟", 3600),
])  # fmt: skip
_CLOCK = re.compile(
    rf"(早上|早晨|上午|中午|下午|下班[前后]?|晚上|傍晚|夜里|凌晨|早|晚|am|pm)?\s*({_N})"
    rf"\s*(?:[:：点时]\s*(半|一刻|三刻|{_N})?\s*分?(?:\s*(am|pm|下午|晚上)(?![\w]))?|\s*(am|pm)\b"
    # `晚8`
    r"|(?:(?<=[早晚午]\d)|(?<=[早晚午]\d\d)|(?<=[早晚]上\d)|(?<=[早晚]上\d\d))(?![\w.%:：]|\s*[个条号次步天周]))",
    re.IGNORECASE,
)
_BEHIND_DAY = re.compile(r"\s*(?:的|at\b)?\s*", re.IGNORECASE)
_PARTS_OF_AN_HOUR = {"半": 30, "一刻": 15, "三刻": 45}
# Metrics as they are spoken of -> what their keys are called.
_METRICS = {
    **{"成功率": "success_rate", "准确率": "accuracy", "正确率": "accuracy", "精度": "accuracy", "学习率": "lr"},
    **{
        "梯度范数": "grad_norm",
        "梯度": "grad_norm",
        "损失": "loss",
        "奖励": "reward",
        "回报": "return",
        "显存": "gpu_mem",
    },
}
_BEHIND_METRIC = (  # between a metric and how far it is to go
    r"的|值|一旦|要是|如果|只要|一直|持续|连着|连续|再|又|都|给我|跑|一"
    r"|is|ever|drops?|falls?|dips?|goes|gets|rises?|climbs?|jumps?|stays?"
)
_METRIC = rf"([\w./-]+|{'|'.join(_METRICS)})(?:\s*(?:{_BEHIND_METRIC})(?![a-z]))*\s*"
_VALUE = (
    rf"((?:百分之\s*)?(?:-?\d[\d.]*+(?:e[+-]?\d++)?[kwKW千万]?|[{_SPOKEN}]++(?:点[零一二三四五六七八九]++)?)"
    r"(?:%|成[一二三四五六七八九半]?)?)"
    r"(?!\s*(?:下(?!面)|[些直般样倍半]|个(?![点就])|天|小时|分钟|[步轮次条周号年月]|epochs?|steps?|[smhd](?![a-z])|点[半钟]))"
)
_MORE_THAN = (
    r"超[过出]?|[高大多][于过出]|突?破|[升涨飙冲][到过破上]|[低小少][于过]|不到|不足|[跌降掉][到破穿下出]|[<>]"
    r"|\b(?:above|over|exceeds?|below|under|(?:greater|higher|less|lower|more)\s+than)\b"
)
_BEYOND = tuple(
    re.compile(_METRIC + pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"(?:[跌降掉升涨飙冲]?到|在|[跌降掉升涨飙冲])\s*(?P<value>{_VALUE})\s*(?P<side>以上|以下|之上|之下|上面|下面|以内)",
        rf"(?:设置?|加|定|建|给)?(?:一?[个条])?的?(?P<side>上限|下限)(?:设置?|定)?[成为到是在:：]?\s*(?P<value>{_VALUE})",
        rf"比\s*(?P<value>{_VALUE})\s*(?:还|要|更)*(?P<side>[大高小低])",
        rf"(?P<side>{_MORE_THAN})(?:等于|了)?\s*=?\s*(?P<value>{_VALUE})",
    )
)
_ABOVE = re.compile(r"[超高大多突破升涨飙冲>上]|above|over|exceed|greater|higher|more", re.IGNORECASE)
_IN_A_ROW = re.compile(
    rf"(?:连续|连着|接连|一连|连)\s*(?:超过)?\s*({_N})\s*(?:[次个条]?[点步]|[次个条])都?|({_N})\s*[次个]点?(?:以上)?都"
)
_NTH_IN_ENGLISH = {word: n for n, word in enumerate(("first", "second", "third", "fourth", "fifth"), 1)}
NTH = re.compile(
    rf"第\s*({_N})\s*[条个项点]"
    rf"|\b({'|'.join(_NTH_IN_ENGLISH)})\s+(?:finding|one|point|item|issue|problem|conclusion)\b",
    re.IGNORECASE,
)
_SAY_MORE = "(?:细说|展开|讲讲|说说|细讲|解释|讲|说)"
_NTH_ALONE = re.compile(
    rf"(?:那|再|{_SAY_MORE})?\s*第?\s*({_N})\s*[条点个]?\s*(?:再?{_SAY_MORE}[一下点细看]*)?\s*[呢吧呗]?[?？]?"
)
# The number of an alert: `#3`, `3 号`, `三号`, `第三条`; no time, no date.
_NUMBERED = re.compile(
    r"(?<![\w.月])#?(\d{1,4})(?![\w.%:/月])"
    r"|(?<![月一二三四五六七八九十])([一二三四五六七八九十]+)号|第([一二三四五六七八九十]+)[条个项点号]",
    re.ASCII,
)
_AND_ANOTHER = re.compile(
    r"\s*(?:号|条)?\s*(?:[和跟与、,，&+]|还有|以及|\band\b|(?<=\s)(?=#|\d+\s*(?:号|[都全我误静认归是]|一起|mine|ack|mute)))\s*",
    re.IGNORECASE,
)
_ALERT = re.compile(
    r"(?:[这那]个|[这那]条|(?<![\w.月]))(?:#\d{1,6}\b|#?(?:\d{1,6}|[一二三四五六七八九十]+)\s*号(?![机卡线楼]))"
    r"(?:\s*的?(?:那条|这条|那个|这个)?(?:告警|报警|alert\b)?)"
    r"|第\s*(?:\d{1,6}|[一二三四五六七八九十]+)\s*[条个号]?\s*(?:告警|报警|alert\b)"
    r"|(?:告警|报警|\balert)\s*#?\d{1,6}(?![\w.%:/]|\s*[条个次步天点])"
    r"|(?<=把)\s*#?\d{1,4}\s*(?=的?(?:也|都|给|先)*(?:[静屏误标认取恢]|mute|ack))"
    # `3 不静音了`, `15 mine`: a number before all else, and no amount of anything
    r"|^#?\d{1,4}(?:(?:\s*[、,，和跟]\s*|\s+)#?\d{1,4})*\s*(?=[我先不别误静屏认归交给为咋怎凭啥取解恢可能都全今]|一起|(?:mine|mute|unmute|ack|why|is|on|me|who)\b)",
    re.ASCII,
)
_PERCENT = re.compile(
    rf"百分之\s*{_N}(?:点[{_SPOKEN}]+)?|(?<!第)(?:[一二两三四五六七八九]|(?<![\d.])[1-9])成[一二三四五六七八九半]?(?![了功员本为分])"
)
_COUNTED = re.compile(rf"(?<![\d.])(?<!\d )[{_SPOKEN}]+(?=\s*(?:[次回]|[万千]?步))")
_ORDINALS = (
    NTH,
    re.compile(r"\b(?:finding|point|number|item)\s*(\d)|#(\d)(?!\d)", re.IGNORECASE),
    re.compile(rf"(?:^|[◇\s#])({_N})\s*号?\s*条?$"),
    re.compile(rf"({_N})\s*号\s*(?:结论|建议|发现|问题|诊断)"),
    re.compile(rf"^#?({_N})\s*[号条]?\s*(?:[这那]?[条个])?\s*(?=[怎为依理啥什凭咋是])"),
)
_DAYS = (
    (
        "weekdays",
        re.compile(r"(?:周末|休息日|周六日|双休)[^，。]{0,3}(?:不|别|勿)[^停漏少，。]{0,3}(?:[了发推看要用必]|$)"),
    ),
    (
        "daily",
        re.compile(
            r"每天|天天|(?:周末|休息日|周六|周日)[^，。]{0,3}(?:也|都|照)"
            r"|every ?day|daily(?! (?:digest|report|summary))"
        ),
    ),
    ("weekdays", re.compile(r"工作日|周一(?:到|至)周五|weekday|(?:周末|休息日)[^，。]{0,4}(?:别|不|勿|停)")),
    ("weekends", re.compile("周末|weekend")),
)
_WEEKDAY = dict(zip("一二三四五六日天", ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "sun"), strict=True))
_NAMED_DAYS = re.compile(
    r"(?:周|星期|礼拜)([一二三四五六日天](?:[、，,和]?(?:周|星期|礼拜)?[一二三四五六日天])*)(?!个|次|份|条)"
)


def number(text: str) -> float:
    """`12`, `1.5`, `十二`, `二十`, `一百二十`, `三点五`, `10k` -> its value."""
    whole, point, decimals = text.lower().partition("点")
    if text[:1].isdigit():
        return float(text.rstrip("kKwW千万")) * _PLACES.get(whole[-1], 1)
    total, digit = 0, 0
    for character in whole:
        if character == "万":
            total, digit = (total + digit or 1) * 10_000, 0
        elif character in _PLACES:
            total, digit = total + (digit or 1) * _PLACES[character], 0
        else:
            digit = _DIGITS[character]
    return float(f"{total + digit}.{''.join(str(_DIGITS[c]) for c in decimals)}" if point else total + digit)


def span(text: str) -> str | None:
    """The first span of time in a text, as `90m`, `2h`, `1d`; None without one."""
    match = _SPAN.search(text)
    if match is None:
        return None
    worded = re.match(rf"(?:{_WORDED})(?=\s)", match[0], re.IGNORECASE)
    said = match[0].lower()
    if worded is not None:
        said = _IN_ENGLISH[" ".join(worded[0].lower().split())] + said[worded.end() :]
    said = re.sub(r"\s|[个整]", "", said)
    unit = next(seconds for word, seconds in _SECONDS.items() if re.search(rf"(?<=[\d半{_SPOKEN}]){word}", said))
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
    """How long: `2h`, `tomorrow`, `15:00`, `mon`, `mon 15:00`, `run` (until it ends), or nothing."""
    found = span(text)
    if found is not None:
        return found
    day, at = _until_day(text)
    clock = "" if at else _until_clock(text)
    if clock:
        return clock
    if day and (at or day != "tomorrow"):
        return f"{day} {at}".strip()
    if _THIS_WEEK.search(text):
        return "mon"
    if _UNTIL_TOMORROW.search(text):
        return "tomorrow"
    if _A_WHILE.search(text):
        return "1h"
    bare = re.search(r"(?:^|\s)run\s*$", text, re.IGNORECASE)
    return "run" if _UNTIL_THE_END.search(text) or bare else ""


def _until_day(text: str) -> tuple[str, str]:
    """`明早十点` -> `tomorrow`, `10:00`; `到周三` -> `wed` and no time, as for its morning at nine."""
    for pattern, name in ((_DAY_AFTER, "后天"), (re.compile(_TOMORROW, re.IGNORECASE), "tomorrow"), (_UNTIL_DAY, "")):
        day = pattern.search(text)
        if day is None:
            continue
        word = name or _WEEKDAY.get(day[1]) or day[2].lower()
        # The part of the day may be in its word: `明晚八点`.
        behind = day.end() - (day[0][-1:] in "早晚")
        clock = _CLOCK.match(text, (_BEHIND_DAY.match(text, behind) or day).end())
        at = "" if clock is None else _of_working_hours(clock)
        return word, "" if at == "09:00" else at
    return "", ""


def _of_working_hours(clock: re.Match[str]) -> str:
    """The time of day of a match: of the hours that could be either those at which people work."""
    at = _time_of_day(clock[0]) or ""
    if not any(clock.group(1, 4, 5)) and "01:00" <= at < "08:00":
        return f"{int(at[:2]) + 12}{at[2:]}"
    return at


def _until_clock(text: str) -> str:
    """`到下午三点`, `三点之前` -> `15:00`."""
    match = _CLOCK.search(text)
    if match is None or re.search(_TOMORROW, text, re.IGNORECASE):
        return ""
    until = _UNTIL_CLOCK.search(text[: match.end()]) is not None or _BEFORE_CLOCK.match(text[match.end() :]) is not None
    return _of_working_hours(match) if until else ""


def is_every_night(text: str) -> bool:
    """Whether it tells from when until when: `晚上十点到早上八点`."""
    between = (text[one.end() : other.start()] for one, other in pairwise(_CLOCK.finditer(text)))
    return any(re.fullmatch(r"\s*(?:到|至|-|~|—|to)\s*(?:第二天|次日|明天|明)?\s*", words) for words in between)


def ordinal(text: str) -> int | None:
    """`第二条`, `第 2 个`, ` 2` -> 2."""
    match = next((m for m in (pattern.search(text.strip()) for pattern in _ORDINALS) if m is not None), None)
    if match is None:
        return None
    said = next(filter(None, match.groups()))
    return _NTH_IN_ENGLISH.get(said.lower()) or int(number(said))


def nth_alone(text: str) -> int | None:
    """`2呢`, `细说1`: which finding is meant where nothing else is said; None: something else."""
    match = _NTH_ALONE.fullmatch(text)
    return int(number(match[1])) if match is not None else None


def numbered(text: str) -> str | None:
    """`2 号`, `三号`, `第三条` -> the number of that alert; `1 号和 2 号`, `1、2` -> `1,2`."""
    match = _NUMBERED.search(text)
    if match is None:
        return None
    found = [match]
    while (more := _AND_ANOTHER.match(text, found[-1].end())) is not None:
        following = _NUMBERED.match(text, more.end())
        if following is None:
            break
        found.append(following)
    return ",".join(dict.fromkeys(m[1] or f"{number(m[2] or m[3]):.0f}" for m in found))


def quoted(text: str) -> str | None:
    """The number of the alert that somebody quotes: `#3 loss 发散`, `3 号：梯度爆炸`; a number alone is anything."""
    match = re.search(rf"#(\d{{1,6}})(?![\w.])|(?<![\w.月])({_N})\s*号(?!机|卡|线)|第\s*({_N})\s*条", text)
    return None if match is None else f"{number(next(filter(None, match.groups()))):.0f}"


def is_of_alert(text: str) -> bool:
    """Whether an alert is told by its number: `alert 5`, `5 号那条`."""
    return _ALERT.search(text) is not None


def alert_alone(text: str) -> int | None:
    """The number where nothing else is said: `#2?`, `5号告警`."""
    number_of = numbered(text) if _ALERT.fullmatch(text.rstrip("?？吧呢啊呀 ")) else None
    return int(number_of) if number_of is not None and number_of.isdigit() else None


def without(text: str) -> str:
    """A text without the spans, untils and times of day in it."""
    return _UNTIL_TOMORROW.sub(" ", _CLOCK.sub(" ", _SPAN.sub(" ", _EVERY.sub(" ", text))))


def digest(text: str, asked: str) -> str:
    """What is asked of the digest, as its command takes it: `on 09:30 weekdays`, `off`, `now`; nothing: how it is.

    asked  `on`, `off`, `now` or nothing, as far as it can be told without the times in the text
    """
    low = re.sub(r"\bat (\d{1,2})(?![\d.:%])", r"at \1:00", text.lower())
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


def in_digits(text: str) -> str:
    """`百分之六十`, `六成半`, `二十次` in digits: `60%`, `65%`, `20次`."""
    text = _PERCENT.sub(lambda match: _limit(match[0]), text)
    return _COUNTED.sub(lambda match: f"{number(match[0]):g}", text)


def by_kind(text: str) -> str:
    """A text in which amounts are signs: limits ≷, spans ⏱, times of day ⏰, ordinals and alerts №; an end is one."""
    text = _IN_A_ROW.sub(" ", text)
    for pattern in _BEYOND:
        text = pattern.sub("≷", text)
    return NTH.sub("№", _ALERT.sub("№", _CLOCK.sub("⏰", _SPAN.sub("⏱", _TO_THE_END.sub("到跑完", text)))))


def _time_of_day(text: str) -> str | None:
    match = _CLOCK.search(text)
    if match is None:
        return None
    when, hour, said = (match[1] or match[4] or match[5] or "").lower(), int(number(match[2])), match[3] or "零"
    minute = _PARTS_OF_AN_HOUR[said] if said in _PARTS_OF_AN_HOUR else int(number(said))
    if when in ("下午", "晚上", "晚", "傍晚", "下班", "下班前", "下班后", "pm") and hour < 12:
        hour += 12
    return f"{hour:02d}:{minute:02d}"


def threshold(text: str) -> str:
    """`train/loss 连续 3 次超过 5 就喊我` -> `train/loss above 5 for 3`; nothing when that is not in it."""
    row = _IN_A_ROW.search(text)
    said = text if row is None else text[: row.start()] + text[row.end() :]
    match = next((m for m in (pattern.search(said) for pattern in _BEYOND) if m is not None), None)
    if match is None:
        return ""
    points = "" if row is None else f" for {int(number(row[1] or row[2]))}"
    side = "above" if _ABOVE.match(match["side"].lstrip("以之")) else "below"
    return f"{_METRICS.get(match[1], match[1])} {side} {_limit(match['value'])}{points}"


def _limit(said: str) -> str:
    """`5`, `三点五`, `百分之五十`, `六成半` -> `5`, `3.5`, `50%`, `65%`."""
    share = said.startswith("百分之") or said.endswith("%")
    bare = re.sub(r"^百分之\s*|%$", "", said).rstrip(".")
    tenths, tenth, rest = bare.partition("成")
    if tenth:
        return f"{10 * number(tenths) + (5 if rest == '半' else number(rest) if rest else 0):g}%"
    plain = bare if re.fullmatch(r"-?[\d.]+(?:e[+-]?\d+)?", bare, re.IGNORECASE) else f"{number(bare):.12g}"
    return f"{plain}%" if share else plain
