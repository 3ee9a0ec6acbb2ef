"""Lists of incidents: what is open in a channel, and what was seen there and not said. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.model import Severity
from bot.alerts import pages
from bot.alerts.incident import Incident, Reason
from bot.alerts.silence import Silence, over
from bot.render.card import marker
from bot.render.message import Item, Message, Section
from bot.render.numbers import ago
from bot.render.plain import dots, short

MOST = 20
_WHY: dict[Reason, str] = {
    "below_severity": "级别低于播报线",
    "suppressed": "是别的问题的连带结果，已合并",
    "adopted": "开始关注前或改规则前就有",
    "muted": "已静音",
    "budget": "当天条数已满，合并到最后一条的话题",
    "repeat": "刚报过，合并到上一条的话题",
    "event": "同一次事故，合并到第一条",
    "rescanned": "改规则后不再成立",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident of a watched run. `name`: of the run."""

    name: str
    ref: str
    incident: Incident


def alerts(seen: Sequence[Seen], silences: Sequence[Silence], *, now: float, tz: dt.tzinfo) -> Message:
    """What is open, the worst first."""
    told = [s for s in seen if s.incident.posted_at is not None and s.incident.suppressed_by is None]
    muted = [s for s in seen if s.incident.posted_at is None and s.incident.why == "muted"]
    if not told and not muted:
        return Message("没有未结的告警", "ok")
    ranked = sorted([*told, *muted], key=lambda s: (-s.incident.severity, s.incident.opened_at))
    items = [_open(s, silences, now, tz) for s in ranked[:MOST]]
    if len(ranked) > MOST:
        items.append(Item(f"另有 {len(ranked) - MOST} 条"))
    return Message(
        f"{len(ranked)} 条告警未结",
        items=tuple(items),
        footer="认领 /curve ack <编号> · 静音 /curve mute <编号> 2h · 误报 /curve wrong <编号>",
    )


def quiet(seen: Sequence[Seen], *, min_severity: Severity, days: int) -> Message:
    """What was seen and not said, by the reason why."""
    unsaid = [s for s in seen if s.incident.posted_at is None or s.incident.why in ("budget", "repeat", "event")]
    unsaid = [s for s in unsaid if s.incident.state != "held"]
    if not unsaid:
        return Message(f"近 {days} 天看到的都已播报", "ok")
    sections = []
    for reason, why in _WHY.items():
        counted = Counter(
            f"{short(s.name)} 第 {s.incident.raised_step} 步：{_said(s, seen)}"
            for s in unsaid
            if s.incident.why == reason
        )
        lines = [line if n == 1 else f"{line}（{n} 条）" for line, n in counted.items()]
        line = f"（只报{pages.SEVERITY[min_severity]}及以上）" if reason == "below_severity" else ""
        if lines:
            more = [f"另有 {len(lines) - MOST} 条"] if len(lines) > MOST else []
            sections.append(Section(f"{why}{line}：{counted.total()} 条", (*lines[:MOST], *more)))
    held = sum(s.incident.state == "held" for s in seen)
    footer = f"另有 {held} 条等着和同一时刻的其他问题一起报" if held else ""
    return Message(f"近 {days} 天看到但没单独播报的：{len(unsaid)} 条", sections=tuple(sections), footer=footer)


def _open(seen: Seen, silences: Sequence[Silence], now: float, tz: dt.tzinfo) -> Item:
    i = seen.incident
    silence = over(i, silences, ref=seen.ref, now=now)
    number = "" if i.number is None else f"#{i.number} "
    age = f"{ago(now - (i.posted_at or i.opened_at))}报出" if i.posted_at is not None else "没有播报"
    ended = "任务已结束" if i.state == "closed" else ""
    owner = f"{i.owner}已认领" if i.owner else "没人认领"
    about = dots((age, ended, owner, pages.muted(silence, now, tz) if silence is not None else ""))
    return Item(f"{number}{short(seen.name)} 第 {i.onset_step} 步起：{i.words.title}", marker(i.severity), (about,))


def _said(seen: Seen, among: Sequence[Seen]) -> str:
    """Its title, and of what it follows from the title too."""
    by, title = seen.incident.suppressed_by, seen.incident.words.title
    if not by:
        return title
    causes = [s.incident.words.title for s in among if s.ref == seen.ref and s.incident.diagnosis == by]
    return f"{title} ← {causes[-1] if causes else by}"
