"""The short answers: one sentence, help, rules, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.figures import duration
from analysis.model import Severity
from bot.render.card import marker
from bot.render.message import Item, Marker, Message, Section
from bot.render.plain import one_line

_SEVERITY = {"critical": "严重", "warning": "警告", "info": "提示", "ok": "正常"}


@dataclass(frozen=True, slots=True)
class Watched:
    """A line of `/curve list`. `about`: what the last look saw, already in words; `problem`: why it failed, or empty."""

    ref: str
    every_s: float
    about: str = ""
    problem: str = ""
    severity: Severity | None = None
    open: tuple[str, ...] = ()  # titles of open incidents


def sentence(text: str, mark: Marker = "none") -> Message:
    """An answer that is one sentence."""
    return Message(text, mark)


def help_page(sections: tuple[Section, ...]) -> Message:
    """What the bot understands. `sections`: its commands."""
    return Message("curvebot 能做什么", sections=sections)


def rules_page(rules: Sequence[Mapping[str, Any]]) -> Message:
    """`analysis.diagnoses.configure.rules(...)` as a list; a threshold that the configuration changed is marked."""
    lines = tuple(_rule(rule) for rule in rules)
    return Message(f"{len(lines)} 条规则", sections=(Section("", lines),))


def list_page(watched: Sequence[Watched]) -> Message:
    """What this channel watches."""
    if not watched:
        return Message("本频道还没有关注任何 run，例如 /curve watch team/robot/64wxlc3y every 5m")
    return Message(f"本频道关注 {len(watched)} 个", items=tuple(_watched(w) for w in watched))


def _rule(rule: Mapping[str, Any]) -> str:
    values = [
        f"{name}={setting['value']}" + ("（已改）" if setting["from"] == "config" else "")
        for name, setting in rule["thresholds"].items()
    ]
    told = f"：{', '.join(values)}" if values else ""
    return f"{rule['id']} {one_line(rule['title'])}（{_SEVERITY[rule['severity']]}）{told}"


def _watched(watched: Watched) -> Item:
    mark: Marker = "none" if watched.severity is None else marker(watched.severity)
    told = [watched.about, *(f"未结：{title}" for title in watched.open), watched.problem]
    headline = f"{one_line(watched.ref)} · 每 {duration(watched.every_s)}"
    return Item(headline, mark, tuple(filter(None, told)))
