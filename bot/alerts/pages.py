"""The messages of an incident of a watched run: opening, worse, resolved, and the summary when the run ends."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence

from analysis.diagnoses import ALL
from analysis.figures import spaced
from analysis.model import ENDED, Report, RunInfo, Severity, Words
from analysis.scan.impact import Impact
from bot.alerts.incident import Incident
from bot.alerts.silence import Silence, over
from bot.render import card
from bot.render.card import marker
from bot.render.message import Button, Item, Message
from bot.render.numbers import clock, progress, remaining, state
from bot.render.plain import dots, short

MOST = 10
SEVERITY = {Severity.CRITICAL: "严重", Severity.WARNING: "警告", Severity.INFO: "提示", Severity.OK: "正常"}
# An opening must not read as an all-clear on a lock screen: sentences with these words go further down.
_ALL_CLEAR = re.compile("恢复|解除|resolved", re.IGNORECASE)
_IMPACT = {d.id: d.impact for d in ALL}


def named(incident: Incident) -> str:
    """`#12 · 张三已认领`: what its channel calls an incident, and what people made of it."""
    number = "" if incident.number is None else f"#{incident.number}"
    owner = f"{incident.owner}已认领" if incident.owner else ""
    return dots((number, owner, f"{incident.wrong_by}标为误报" if incident.wrong_by else ""))


def standing(incident: Incident, silences: Iterable[Silence], *, ref: str, now: float, tz: dt.tzinfo) -> str:
    """`#12 · 张三已认领 · 李四静音到 11:30`. Times in seconds since epoch."""
    silence = None if incident.over else over(incident, silences, ref=ref, now=now)
    return dots((named(incident), "" if silence is None else muted(silence, now, tz)))


def muted(silence: Silence, now: float, tz: dt.tzinfo) -> str:
    """`李四静音到 11:30`, `静音到 run 结束`."""
    until = "run 结束" if silence.until is None else clock(silence.until, now, tz)
    return f"{silence.by}{spaced(f'静音到 {until}')}"


def opening(report: Report, incident: Incident, effects: Sequence[Incident] = (), standing: str = "") -> Message:
    """One line that stands alone, one of evidence, one of advice. `effects`: named in it, not posted by themselves."""
    words = incident.words
    return Message(
        title=f"{short(report.run.name)} 第 {incident.news_step} {report.run.unit}：{words.title}",
        marker=marker(incident.severity),
        subtitle=standing,
        items=_items(words),
        facts=_circumstances(report, incident, effects),
        buttons=buttons(report.run, incident),
    )


def event(report: Report, members: Sequence[Incident], standing: Callable[[Incident], str] = named) -> Message:
    """Several faults that are one event: the worst of what is open, and the order in which they came."""
    worst = max((i for i in members if not i.over), key=lambda i: (i.severity, -i.raised_row))
    others = [f"第 {i.news_step} {report.run.unit} {i.words.title}{'（已过去）' if i.over else ''}" for i in members]
    return Message(
        title=f"{short(report.run.name)} 第 {worst.news_step} {report.run.unit}：{worst.words.title}",
        marker=marker(worst.severity),
        subtitle=standing(worst),
        items=(*_items(worst.words), Item(f"经过：{' → '.join(others[:MOST])}")),
        facts=_circumstances(report, worst, ()),
        buttons=buttons(report.run, worst),
    )


def worsened(report: Report, incident: Incident, words: Words) -> Message:
    """It is worse than what was posted. `incident`: as it is now."""
    return Message(
        title=f"{short(report.run.name)} 升级为{SEVERITY[incident.severity]}：{words.title}",
        marker=marker(incident.severity),
        items=_items(words),
        facts=_circumstances(report, incident, ()),
        buttons=card.buttons(report.run, watch=False),
    )


def reminder(report: Report, incident: Incident) -> Message:
    """It is still open, and nobody has taken it. Says what is true now."""
    now = next(
        (f.words for f in report.findings if (f.id, *f.metrics[:1]) == (incident.diagnosis, *incident.metrics[:1])),
        incident.words,
    )
    return Message(
        title=f"{short(report.run.name)} 仍未解决，还没人认领：{now.title}",
        marker=marker(incident.severity),
        items=_items(now),
        facts=_circumstances(report, incident, ()),
        buttons=buttons(report.run, incident)[:1],
    )


def resolved(run: RunInfo, incident: Incident, words: Words, *, rewound: bool = False, standing: str = "") -> Message:
    """It is over; what it was stays readable. `words`: what the scan says of it now."""
    over = incident.cleared
    at = (
        ""
        if over is None
        else f"（回退到第 {over.step} {run.unit}重跑）"
        if rewound
        else f"（第 {over.step} {run.unit}）"
    )
    was = incident.words
    anew = over is not None and over.reason == "anew"
    about = "已重新开训，上一次训练的告警到此为止" if anew else f"已恢复{at}"
    now = (words.message,) if words.message and not rewound and words.message != was.message else ()
    return Message(
        title=f"{short(run.name)} {about}：{was.title}",
        marker="ok",
        subtitle=standing,
        items=(
            Item(
                f"第 {incident.news_step} {run.unit}报出：{was.message or was.title}",
                evidence=tuple(f"现在：{line}" for line in now),
            ),
        ),
        buttons=card.buttons(run, watch=False),
    )


def closing(report: Report, incidents: Sequence[Incident]) -> Message:
    """The run ended with these open, and what its result is good for."""
    run = report.run
    ended = state(run) or "已结束"
    worst = max((i.severity for i in incidents), default=Severity.INFO)
    items = [Item(i.words.title, marker(i.severity), (i.words.message,), i.words.advice) for i in incidents[:MOST]]
    if len(incidents) > MOST:
        items.append(Item(f"另有 {len(incidents) - MOST} 个，见完整报告"))
    return Message(
        title=f"{short(run.name)} {ended}，{len(incidents)} 个问题未解决",
        marker=marker(worst),
        subtitle=dots((progress(run), report.use)),
        items=tuple(items),
        buttons=card.buttons(run, watch=False),
    )


def ended(report: Report, tz: dt.tzinfo) -> Message:
    """The run ended, for who asked to hear of it: the verdict, and what it came to."""
    run = report.run
    return Message(
        title=f"{short(run.name)} {state(run) or '已结束'}：{card.verdict(report).partition('：')[2]}",
        marker=marker(report.severity),
        subtitle=card.subtitle(run, tz),
        facts=card.facts(report),
        buttons=card.buttons(run, watch=False, compare=True),
    )


def buttons(run: RunInfo, incident: Incident) -> tuple[Button, ...]:
    """What a channel can do about an incident, and where to read more."""
    n = incident.number
    if n is None or incident.over:
        return card.buttons(run, watch=False)
    wrong = Button("误报", command=f"/curve wrong {n}")
    if run.state in ENDED:
        return (wrong, *card.buttons(run, watch=False))
    act = [
        Button("静音 2h", command=f"/curve mute {n} 2h", at_once=True),
        Button("静音到明早 9 点", command=f"/curve mute {n} tomorrow", at_once=True),
        Button("静音到 run 结束", command=f"/curve mute {n} run", at_once=True),
        wrong,
    ]
    take = () if incident.owner else (Button("认领", command=f"/curve ack {n}", at_once=True),)
    return (*take, *act, *card.buttons(run, watch=False, compare=True))


def _items(words: Words) -> tuple[Item, ...]:
    clauses = re.split(r"[；，](?![^（]*）)", words.message)
    late = [c for c in clauses if _ALL_CLEAR.search(c)]
    first = words.message if not late else "，".join(c for c in clauses if c not in late) or "证据如下"
    return (Item(first, evidence=("，".join(late),) if late else (), advice=words.advice),)


def _circumstances(report: Report, incident: Incident, effects: Sequence[Incident]) -> str:
    """`第 50 步起 · 很可能 · 建议先停 · 剩约 1 小时 27 分（12 卡时） · 连带 2 项：…`."""
    sure = incident.words.certainty if incident.words.certainty != "确定" else ""
    also = "、".join(e.words.title for e in effects[:3]) + ("等" if len(effects) > 3 else "")
    folded = f"连带 {len(effects)} 项：{also}" if effects else ""
    since = f"第 {incident.onset_step} {report.run.unit}起"
    return dots((since, sure, _go_on(report.run, incident), remaining(report.run), folded))


def _go_on(run: RunInfo, incident: Incident) -> str:
    """Whether to let it run: the question that an alert is opened with."""
    if run.state in ENDED:
        return ""
    impact = _IMPACT.get(incident.diagnosis, Impact.NONE)
    if incident.severity < Severity.CRITICAL:
        return "可继续，尽快查" if impact >= Impact.IN_DOUBT else "可继续"
    if impact >= Impact.USABLE_BEFORE_ONSET:
        return "建议先停"
    return "先修再继续" if impact >= Impact.IN_DOUBT else "先查原因"
