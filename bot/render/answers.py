"""The short answers: one sentence, help, rules, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.figures import duration
from analysis.model import Severity
from bot.render.card import marker
from bot.render.message import Button, Item, Marker, Message, Section
from bot.render.numbers import figure
from bot.render.plain import dots, one_line

Buttons = tuple[Button, ...]
_SEVERITY = {"critical": "严重", "warning": "警告", "info": "提示", "ok": "正常"}


@dataclass(frozen=True, slots=True)
class Watched:
    """A line of `/curve list`. `about`: what the last poll saw, in words; `problem`: why it failed, or empty."""

    ref: str
    every_s: float | None  # None: its run is over, it is no longer looked at so often
    name: str = ""  # of the run, where it has one
    about: str = ""
    problem: str = ""
    severity: Severity | None = None
    open: tuple[str, ...] = ()  # titles of open incidents, the worst first


def sentence(text: str, mark: Marker = "none", buttons: Buttons = ()) -> Message:
    """An answer that is one sentence."""
    return Message(text, mark, buttons=buttons)


def help_page(sections: tuple[Section, ...]) -> Message:
    """What the bot understands. `sections`: its commands."""
    return Message("curvebot 能做什么", sections=sections)


def rules_page(rules: Sequence[Mapping[str, Any]]) -> Message:
    """`analysis.diagnoses.configure.rules(...)` as a list: id, title and usual severity of each."""
    lines = tuple(f"{rule['id']} {one_line(rule['title'])}（{_SEVERITY[rule['severity']]}）" for rule in rules)
    return Message(
        f"{len(lines)} 条规则",
        sections=(Section("", lines),),
        footer="看一条是什么意思、阈值多少：/curve rules grad-spike",
    )


def rule_page(rule: Mapping[str, Any]) -> Message:
    """One of them: what it means, and its thresholds in force; one that the configuration sets is marked."""
    key = "thresholds" if rule["id"].startswith("threshold:") else f"diagnoses.{rule['id']}"
    thresholds = tuple(threshold_line(name, setting) for name, setting in rule["thresholds"].items())
    return Message(
        f"{rule['id']} {one_line(rule['title'])}（{_SEVERITY[rule['severity']]}）",
        sections=(
            Section("", (rule["meaning"],)),
            *((Section("阈值（改过的标“已改”，其余是默认值）", thresholds),) if thresholds else ()),
        ),
        footer=f"在配置文件的 {key} 里改" if thresholds else "",
    )


def list_page(watched: Sequence[Watched]) -> Message:
    """What this channel watches, the worst first."""
    if not watched:
        return Message("本频道还没有关注任何 run，例如 /curve watch team/robot/64wxlc3y every 5m")
    ranked = sorted(watched, key=lambda w: -(w.severity or 0))
    troubled = sum(bool(w.open) for w in watched)
    more = f"，{troubled} 个有未结告警" if troubled else ""
    return Message(f"本频道关注 {len(watched)} 个{more}", items=tuple(_watched(w) for w in ranked))


def threshold_line(name: str, setting: Mapping[str, Any]) -> str:
    """`ratio = 8 倍（已改）`."""
    value, unit = setting["value"], setting["unit"]
    shown = figure(value) if isinstance(value, float) else str(value)
    return f"{name} = {' '.join(filter(None, (shown, unit)))}" + ("（已改）" if setting["from"] == "config" else "")


def _watched(watched: Watched) -> Item:
    mark: Marker = "none" if watched.severity is None else marker(watched.severity)
    ref = one_line(watched.ref)
    often = "" if watched.every_s is None else f"每 {duration(watched.every_s)}看一次"
    told = [f"未结：{'；'.join(watched.open)}" if watched.open else "", watched.problem]
    told.append(dots((ref if watched.name else "", often)))
    return Item(dots((watched.name or ref, watched.about)), mark, tuple(filter(None, told)))
