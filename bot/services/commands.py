"""What a person typed -> a command, or one sentence that says what is wrong. Pure.

English words and their Chinese aliases are equal. A Chinese alias may touch what follows (`关注64wxlc3y`), a Chinese
keyboard may have turned `/` into `、` or `／`, and `/curve` itself may be missing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot import times

Name = Literal[
    "card", "full", "watch", "unwatch", "list", "digest", "digest_on", "digest_off", "digest_now", "help", "rules"
]

EXAMPLE_RUN = "team/robot/64wxlc3y"
_ALIASES: dict[str, tuple[str, ...]] = {
    "full": ("完整报告", "完整"),
    "compare": ("对比", "比较"),
    "watch": ("关注",),
    "unwatch": ("取消关注", "取关"),
    "list": ("列表",),
    "alerts": ("告警",),
    "ack": ("认领",),
    "mute": ("静音",),
    "unmute": ("取消静音",),
    "wrong": ("误报",),
    "digest": ("日报",),
    "threshold": ("阈值",),
    "note": ("备注",),
    "quiet": ("为何没报",),
    "rules": ("规则",),
    "help": ("帮助",),
}
_WORDS = {word: name for name, aliases in _ALIASES.items() for word in (name, *aliases)} | {"?": "help"}
_CHINESE = sorted((word for word in _WORDS if not word.isascii()), key=len, reverse=True)

_NOT_YET = {
    "compare": f"这一版还没有对比，可以分别发 /curve {EXAMPLE_RUN} 看各自的诊断",
    "alerts": "这一版还没有告警列表，未结的告警看 /curve list",
    "ack": "这一版还没有认领，可以直接在那条告警下面回复",
    "mute": f"这一版还没有静音，不想再收某个 run 的告警可以 /curve unwatch {EXAMPLE_RUN}",
    "unmute": "这一版还没有静音，不需要取消",
    "wrong": "这一版还没有误报反馈，可以在配置文件的 diagnoses 里调这条规则的阈值",
    "threshold": "这一版还不能在聊天里建阈值，写在配置文件的 thresholds 里即可生效",
    "note": "这一版还没有备注",
    "quiet": f"这一版还不能查为何没报，全部发现（含未播报的）看 /curve full {EXAMPLE_RUN}",
}

_ON = {"on", "开", "开启", "打开"}
_OFF = {"off", "关", "关闭"}
_NOW = {"now", "现在", "立即", "马上"}
_STRAY = " \t\r\n,;:!。，；：！、…"  # before or after; a full stop only after, since a path may begin with one


@dataclass(frozen=True, slots=True)
class Command:
    """What to do. `target`: a run or a filter as typed; the others only where the command has them."""

    name: Name
    target: str = ""
    every_s: float | None = None  # watch
    at: str = "09:00"  # digest_on
    days: str = "*"  # digest_on; APScheduler day_of_week


@dataclass(frozen=True, slots=True)
class Usage:
    """The text cannot be done; one Chinese sentence: what was understood, what is wrong, an example."""

    sentence: str


def parse(text: str) -> Command | Usage:
    """A message to the bot, without its mention, as a command. An empty one asks for help."""
    rest = _without_slash_command(_narrow(text))
    word, rest = _first_word(rest)
    if not word:
        return Command("help")
    name = _WORDS.get(word.lower())
    if name is None:
        near = near_command(word) if rest else None
        if near is not None:
            return Usage(f"没有“{word}”这个命令，是不是 {near}？例如 {_example(near)}")
        return Command("card", f"{word} {rest}".strip())
    if name in _NOT_YET:
        return Usage(_NOT_YET[name])
    return _BRANCHES[name](rest)


def near_command(word: str) -> str | None:
    """The command somebody may have meant with a word that is none, or None."""
    built = [w for w, name in _WORDS.items() if name not in _NOT_YET and len(w) > 1]
    near = difflib.get_close_matches(word.lower(), built, n=1, cutoff=0.7)
    return near[0] if near else None


def _example(word: str) -> str:
    name = _WORDS[word]
    return {
        "watch": f"/curve watch {EXAMPLE_RUN} every 5m",
        "digest": "/curve digest on 09:00",
        "list": "/curve list",
        "help": "/curve help",
        "rules": "/curve rules",
    }.get(name, f"/curve {name} {EXAMPLE_RUN}")


def _narrow(text: str) -> str:
    """Structure typed in full width as its plain form; odd spaces plain, invisible characters dropped.

    Other full-width characters stay: they may belong to a run's display name.
    """
    structure = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), *map(ord, "／？＝＆：．－＿"))
    plain = {code: code - 0xFEE0 for code in structure} | dict.fromkeys(
        (0x3000, 0xA0, 0x2002, 0x2003, 0x2009, 0x202F), " "
    )
    return _trim(re.sub(r"[\u200b-\u200f\u2060\ufeff]", "", text.translate(plain)))


def _trim(text: str) -> str:
    return text.lstrip(_STRAY).rstrip(_STRAY + ".")


def _without_slash_command(text: str) -> str:
    """`/curve x`, `、curve x`, `curve x`, `//curve, x` -> `x`; also `/curve /curve x`, pasted behind the command."""
    found = re.match(r"[/、\\]*\s*curve(?:bot)?(?=$|[\s,:;!.，。：])", text, flags=re.IGNORECASE)
    rest = _trim(text[found.end() :] if found else text)
    again = found is not None and re.match(r"[/\\]+\s*curve\b", rest, flags=re.IGNORECASE)
    return _without_slash_command(rest) if again else rest


def _first_word(text: str) -> tuple[str, str]:
    """The first word and the rest. `/watch x` means `watch x`."""
    word, _, rest = text.partition(" ") if " " in text else (text, "", "")
    known = _trim(word.lstrip("/、")).rstrip("?") or word.lstrip("/、")
    bare = known if known.lower() in _WORDS else word
    for alias in _CHINESE:  # a Chinese word that touches a run: 关注64wxlc3y
        tail = bare[len(alias) :]
        if bare.startswith(alias) and tail and (tail[0].isascii() or tail in _ON | _OFF | _NOW):
            return alias, _trim(f"{tail} {rest}")
    return bare, _trim(rest)


def _watch(rest: str) -> Command | Usage:
    """`<run|filter> [every 5m]`, `<run> 每 5 分钟`."""
    example = _example("watch")
    found = re.match(r"(.*?)(?:^|\s+)(?:every(?=\s|$)|每隔?)\s*(.*)$", rest, flags=re.IGNORECASE | re.DOTALL)
    target, every = (_trim(found[1]), found[2]) if found else (rest, None)
    if not target:
        return Usage(f"watch 后面要写哪个 run，例如 {example}")
    if every is None:
        return Command("watch", target)
    try:
        period = times.seconds(_duration(every))
    except ValueError:
        return Usage(f"看懂了要关注 {target}，但“{every.strip() or '空'}”不是间隔，例如 {example}")
    if not 1 <= period <= 86_400:
        return Usage(f"看懂了要关注 {target}，但间隔要在 1s 到 1d 之间，例如 {example}")
    return Command("watch", target, every_s=period)


def _duration(text: str) -> str:
    """`5 分钟`, `5min` -> `5m`."""
    plain = re.sub(r"\s", "", text.lower())
    for unit, words in {
        "m": "分钟|分|mins?|minutes?",
        "h": "小时|hours?|hrs?",
        "s": "秒钟?|secs?|seconds?",
        "d": "天|days?",
    }.items():
        plain = re.sub(rf"(?<=\d)(?:{words})(?![a-z])", unit, plain)
    return plain


def _digest(rest: str) -> Command | Usage:
    """Nothing, `on [09:00] [weekdays]`, `off`, `now`, or a time alone."""
    words = re.findall(r"开启|打开|关闭|立即|马上|现在|工作日|每天|周末|开|关|[^\s开关]+", rest) if rest else []
    example = _example("digest")
    if not words:
        return Command("digest")
    verb = words[0].lower()
    if verb in _OFF or verb in _NOW:
        return Command("digest_off" if verb in _OFF else "digest_now")
    details = words[1:] if verb in _ON else words
    at, days = "09:00", "*"
    for word in details:
        moment = re.sub(r"^(\d{1,2})[点时](\d{2})?分?$", lambda m: f"{m[1]}:{m[2] or '00'}", word)
        try:
            if moment[0].isdigit():
                at = times.clock(moment).strftime("%H:%M")
            elif verb in _ON or details != words[:1]:
                days = times.days_of_week(moment)
            else:
                raise ValueError(f"“{word}”不是 on、off 或 now")
        except ValueError as error:
            return Usage(f"日报：{error}，例如 {example}")
    return Command("digest_on", at=at, days=days)


def _with_run(name: Literal["full", "unwatch"]) -> Callable[[str], Command | Usage]:
    return lambda rest: Command(name, rest) if rest else Usage(f"{name} 后面要写哪个 run，例如 {_example(name)}")


_BRANCHES: dict[str, Callable[[str], Command | Usage]] = {
    "full": _with_run("full"),
    "watch": _watch,
    "unwatch": _with_run("unwatch"),
    "list": lambda _: Command("list"),
    "digest": _digest,
    "help": lambda _: Command("help"),
    "rules": lambda _: Command("rules"),
}
