"""The command about false alarms: `wrong` makes a rule less sensitive for a project, and can be undone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from analysis.diagnoses.quieter import Quieter
from bot.alerts.incident import Incident
from bot.alerts.silence import Silence
from bot.chats import Inbound
from bot.render import answers
from bot.render.message import Button
from bot.render.numbers import figure
from bot.services.commands.alerts import edits
from bot.services.commands.command import Answer
from bot.services.commands.targets import OWN, incident, number, open_here, run_ref, the_only, told_here
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.services.rules import scope_of
from bot.store.decisions import Tuning, new_id

_UNDO_DAYS = 7
_UNDO = re.compile(r"^(.*?)[\s，,]*(undo|撤销|撤回|取消)$", flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wrong:
    """`target`: the number of an alert, or a run with one open alert; empty: the only one. `undo`: takes it back."""

    target: str
    undo: bool = False


def parse_wrong(rest: str) -> Wrong:
    found = _UNDO.match(rest)
    return Wrong(found[1] if found else rest, undo=found is not None)


def wrong(context: Context, inbound: Inbound, command: Wrong) -> Answer:
    ref, one = _meant(context, inbound, command)
    return _undo(context, inbound, ref, one) if command.undo else _mark(context, inbound, ref, one)


def _meant(context: Context, inbound: Inbound, command: Wrong) -> tuple[str, Incident]:
    target = command.target
    if not target and command.undo:
        since = context.clock() - _UNDO_DAYS * 86_400.0
        marked = [(w.ref, i) for w, i in context.incidents_at(inbound.address, since=since) if i.wrong_by]
        return the_only(marked, "标为误报的告警", "wrong <n> undo")
    if not target:
        return the_only(told_here(context, inbound.address), "未结的告警", "wrong <n>")
    n = number(target)
    if n is not None:
        return incident(context, inbound.address, n)
    ref = run_ref(context, inbound.address, target)
    found = open_here(context, inbound.address, ref)
    if len(found) != 1:
        many = "、".join(f"#{i.number} {i.words.title}" for i in found[:5])
        raise RefusedError(
            f"{target} 有 {len(found)} 条未结告警（{many}），说一下是哪条，例如 /curve wrong {found[0].number}"
            if found
            else f"{target} 在这里没有未结的告警"
        )
    return ref, found[0]


def _mark(context: Context, inbound: Inbound, ref: str, one: Incident) -> Answer:
    if one.wrong_by:
        raise RefusedError(f"#{one.number} 已由{one.wrong_by}标为误报；撤销：/curve wrong {one.number} undo")
    now, who, scope = context.clock(), inbound.who, scope_of(ref)
    change = context.runs.quieter(context.runs.fetch(ref), one, inbound.address)
    tuning = None
    if change is not None:
        # What was changed before stays changed; of one field the newest counts.
        tuning = Tuning(
            id=new_id(),
            scope=scope,
            diagnosis=one.diagnosis,
            fields={change.field: change.new},
            incident_id=one.id,
            by=who,
            created_at=now,
        )
    marked = replace(one, wrong_by=who)
    posts = edits(context, [(inbound.address, marked)], ref, f"wrong:{now:.0f}", without="/curve wrong", add=_take_back)
    if not context.store.decisions.call_wrong(tuning, one.id, who, context.rows(posts), now):
        raise RefusedError(f"#{one.number} 刚刚已被标为误报")
    if change is None:
        diagnosis, metric = one.identity
        kept = Silence(id=f"w{one.id[:16]}", ref=ref, diagnosis=diagnosis, metric=metric, by=who, created_at=now)
        context.store.decisions.silence(inbound.address, kept)
    return Answer(answers.sentence(_done(one, scope, change), "ok", _take_back(one)))


def _undo(context: Context, inbound: Inbound, ref: str, one: Incident) -> Answer:
    now = context.clock()
    posts = edits(
        context,
        [(inbound.address, replace(one, wrong_by=""))],
        ref,
        f"unwrong:{now:.0f}",
        without="/curve wrong",
        add=lambda i: (Button("误报", command=f"/curve wrong {i.number}"),),
    )
    if not context.store.decisions.undo_wrong(one.id, now, context.rows(posts)):
        raise RefusedError(f"#{one.number} 没有标过误报")
    context.store.decisions.end_silences(inbound.address, [f"w{one.id[:16]}"], now)
    return Answer(answers.sentence(f"已撤销 #{one.number} 的误报标记，这条规则照原来的阈值播报", "ok"))


def _take_back(one: Incident) -> answers.Buttons:
    return (Button("撤销误报", command=f"/curve wrong {one.number} undo", at_once=True),)


def _done(one: Incident, scope: str, change: Quieter | None) -> str:
    if change is None:
        rule = one.diagnosis.removeprefix(OWN)
        return f"已把 #{one.number} 标为误报。{rule} 没有合适的阈值可调，改为把这条静音到 run 结束"
    unit = f" {change.unit}" if change.unit not in ("", "占比") else ""
    old, new = figure(change.old), figure(change.new)
    changed = f"{one.diagnosis} 的 {change.field} {old} → {new}{unit}"
    return f"已把 #{one.number} 标为误报：{scope} 里把 {changed}，这种程度不再报"
