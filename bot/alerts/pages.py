"""The messages of an incident of a watched run: opening, worse, resolved, and the summary when the run ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.model import RunInfo, Severity, Words
from bot.alerts.incident import Incident
from bot.render.card import buttons, marker
from bot.render.message import Item, Message
from bot.render.numbers import progress, remaining, state
from bot.render.plain import dots, short

MOST = 10
_SEVERITY = {Severity.CRITICAL: "严重", Severity.WARNING: "警告", Severity.INFO: "提示", Severity.OK: "正常"}
# An opening must not read as an all-clear on a lock screen: sentences with these words go further down.
_ALL_CLEAR = re.compile("恢复|解除|resolved", re.IGNORECASE)


def opening(run: RunInfo, incident: Incident, effects: Sequence[Incident] = ()) -> Message:
    """One line that stands alone, one of evidence, one of advice. `effects`: named in it, not posted by themselves."""
    words = incident.words
    return Message(
        title=f"{short(run.name)} 第 {incident.news_step} 步：{words.title}",
        marker=marker(incident.severity),
        items=_items(words),
        facts=_circumstances(run, incident, effects),
        buttons=buttons(run, watch=False),
    )


def worsened(run: RunInfo, incident: Incident, words: Words) -> Message:
    """It is worse than what was posted. `incident`: as it is now."""
    return Message(
        title=f"{short(run.name)} 升级为{_SEVERITY[incident.severity]}：{words.title}",
        marker=marker(incident.severity),
        items=_items(words),
        facts=_circumstances(run, incident, ()),
        buttons=buttons(run, watch=False),
    )


def resolved(run: RunInfo, incident: Incident, words: Words, *, rewound: bool = False) -> Message:
    """It is over; what it was stays readable. `words`: what the scan says of it now."""
    over = incident.cleared
    at = "" if over is None else f"（回退到第 {over.step} 步重跑）" if rewound else f"（第 {over.step} 步）"
    was = incident.words
    now = (words.message,) if words.message and not rewound and words.message != was.message else ()
    return Message(
        title=f"{short(run.name)} 已恢复{at}：{was.title}",
        marker="ok",
        items=(
            Item(
                f"第 {incident.news_step} 步报出：{was.message or was.title}",
                evidence=tuple(f"现在：{line}" for line in now),
            ),
        ),
        buttons=buttons(run, watch=False),
    )


def closing(run: RunInfo, incidents: Sequence[Incident]) -> Message:
    """The run ended with these open."""
    ended = state(run) or "已结束"
    worst = max((i.severity for i in incidents), default=Severity.INFO)
    items = [Item(i.words.title, marker(i.severity), (i.words.message,), i.words.advice) for i in incidents[:MOST]]
    if len(incidents) > MOST:
        items.append(Item(f"另有 {len(incidents) - MOST} 个，见完整报告"))
    return Message(
        title=f"{short(run.name)} {ended}，{len(incidents)} 个问题未解决",
        marker=marker(worst),
        subtitle=progress(run),
        items=tuple(items),
        buttons=buttons(run, watch=False),
    )


def _items(words: Words) -> tuple[Item, ...]:
    clauses = re.split(r"[；，](?![^（]*）)", words.message)
    late = [c for c in clauses if _ALL_CLEAR.search(c)]
    first = words.message if not late else "，".join(c for c in clauses if c not in late) or "证据如下"
    return (Item(first, evidence=("，".join(late),) if late else (), advice=words.advice),)


def _circumstances(run: RunInfo, incident: Incident, effects: Sequence[Incident]) -> str:
    """`第 50 步起 · 很可能 · 剩约 1 小时 27 分 · 连带 2 项：…`."""
    sure = incident.words.certainty if incident.words.certainty != "确定" else ""
    also = "、".join(e.words.title for e in effects[:3]) + ("等" if len(effects) > 3 else "")
    folded = f"连带 {len(effects)} 项：{also}" if effects else ""
    return dots((f"第 {incident.onset_step} 步起", sure, remaining(run), folded))
