"""The command about a channel's own thresholds: tried on what it watches first, in force when confirmed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.model import Run
from bot.chats import Inbound
from bot.render import answers
from bot.render.message import Button, Item, Message
from bot.render.numbers import figure
from bot.render.plain import short
from bot.services.commands.command import Answer
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.services.rules import threshold as as_diagnosis
from bot.sources import SourceError
from bot.store.decisions import Rule, new_id

_MOST_RUNS = 20  # that a new threshold is tried on
_MOST_RULES = 50
_MOST_BUTTONS = 5
_DEADLINE_S = 20.0  # for reading them
_SIDE = {"above": "高于", "below": "低于"}
_SIDES = {
    "above": r"above|over|>=?|高于|大于|超过|超出|＞",
    "below": r"below|under|<=?|低于|小于|不足|＜",
}
_FORM = re.compile(
    rf"(?P<metric>\S+?)\s*(?:(?P<above>{_SIDES['above']})|(?P<below>{_SIDES['below']}))\s*(?P<value>[-+]?[\d.]+(?:e[-+]?\d+)?%?)"
    r"(?:\s*(?:,|，)?\s*(?:for|连续)\s*(?P<points>\d+)\s*(?:points?|[个次条]?(?:点|记录)?)?)?"
    r"(?:\s*(?:on|在|限)\s*(?P<scope>\S+))?",
    flags=re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ListThresholds:
    """Those of this channel."""


@dataclass(frozen=True, slots=True)
class NewThreshold:
    """`scope`: a run or a project as typed; empty: whatever this channel watches."""

    metric: str
    side: Literal["above", "below"]
    limit: float
    points: int = 1
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmThreshold:
    """`name`: of one that was tried."""

    name: str


@dataclass(frozen=True, slots=True)
class RemoveThreshold:
    """`name`: of one of this channel, or its metric."""

    name: str


ThresholdCommand = ListThresholds | NewThreshold | ConfirmThreshold | RemoveThreshold


def parse_threshold(rest: str) -> ThresholdCommand:
    """`train/loss above 5 for 3 points on team/robot`, `train/loss 高于 5 连续 3 次`; `confirm t1`, `off t1`."""
    if not rest:
        return ListThresholds()
    verb, _, name = rest.partition(" ")
    if verb.lower() in ("confirm", "确认") and name:
        return ConfirmThreshold(name.strip())
    if verb.lower() in ("off", "remove", "delete", "删除", "关闭", "取消") and name:
        return RemoveThreshold(name.strip())
    found = _FORM.fullmatch(rest)
    if found is None:
        raise ValueError("要写成：指标 above 或 below 数值")
    share = found["value"].endswith("%")
    try:
        limit = float(found["value"].rstrip("%")) / (100.0 if share else 1.0)
    except ValueError:
        raise ValueError(f"“{found['value']}”不是数") from None
    points = int(found["points"] or 1)
    if not 1 <= points <= 10_000:
        raise ValueError("连续次数要在 1 到 10000 之间")
    side: Literal["above", "below"] = "above" if found["above"] else "below"
    return NewThreshold(found["metric"], side, limit, points, found["scope"] or "")


def threshold(context: Context, inbound: Inbound, command: ThresholdCommand) -> Answer:
    decisions, address = context.store.decisions, inbound.address
    match command:
        case ListThresholds():
            return Answer(_listed([r for r in decisions.rules(address) if r.active]))
        case NewThreshold():
            return _try(context, inbound, command)
        case ConfirmThreshold():
            rule = decisions.confirm_rule(address, command.name, context.clock())
            if rule is None:
                raise RefusedError(f"这里没有 {command.name} 这条阈值，已有的见 /curve threshold")
            return Answer(
                answers.sentence(f"阈值 {rule.id} 已生效：{said(rule)}。删除：/curve threshold off {rule.id}", "ok")
            )
        case RemoveThreshold():
            name = _of_metric(decisions.rules(address), command.name)
            if not decisions.remove_rule(address, name):
                raise RefusedError(f"这里没有 {command.name} 这条阈值，已有的见 /curve threshold")
            return Answer(answers.sentence(f"阈值 {name} 已删除"))


def _of_metric(rules: Sequence[Rule], named: str) -> str:
    """The name of the only rule in force on a metric; otherwise what was typed. Raises RefusedError for several."""
    found = [r for r in rules if r.active and r.metric.casefold() == named.casefold()]
    if len(found) > 1:
        listed = "、".join(f"{r.id} {said(r)}" for r in found[:5])
        example = f"/curve threshold off {found[0].id}"
        raise RefusedError(f"{named} 有 {len(found)} 条阈值（{listed}），说一下删哪条，例如 {example}")
    return found[0].id if found else named


def said(rule: Rule) -> str:
    """`train/loss 高于 5，连续 3 次（team/robot）`."""
    times = f"，连续 {rule.points} 次" if rule.points > 1 else ""
    where = f"（{rule.scope}）" if rule.scope is not None else ""
    return f"{short(rule.metric, 60)} {_SIDE[rule.side]} {figure(rule.limit)}{times}{where}"


def _try(context: Context, inbound: Inbound, command: NewThreshold) -> Answer:
    address = inbound.address
    if len(context.store.decisions.rules(address)) >= _MOST_RULES:
        raise RefusedError(f"本频道已有 {_MOST_RULES} 条阈值，先删掉不用的：/curve threshold")
    runs = _watched(context, inbound)
    rule = Rule(
        id=f"t{new_id()[:5]}",
        address=address,
        scope=_scope(context, command.scope),
        metric=command.metric,
        side=command.side,
        limit=command.limit,
        points=command.points,
        active=False,
        by=inbound.who,
        created_at=context.clock(),
    )
    tried = [r for r in runs if rule.applies(r.ref) and rule.metric in r.history.columns]
    if runs and not tried and not command.scope:
        known = sorted({key for r in runs for key in r.history.columns})
        near = difflib.get_close_matches(command.metric, known, n=1, cutoff=0.4)
        hint = f"，是不是 {near[0]}？" if near else ""
        raise RefusedError(f"关注的 {len(runs)} 个 run 都没有 {command.metric} 这个指标{hint}")
    fired = [(r, context.runs.fired(r, as_diagnosis(rule))) for r in tried]
    context.store.decisions.add_rule(rule)
    return Answer(_confirm(rule, fired))


def _scope(context: Context, typed: str) -> str | None:
    if not typed:
        return None
    filter_ = context.runs.filter(typed)
    return f"{filter_.entity}/{filter_.project}" if filter_ is not None else context.runs.canonical(typed)


def _watched(context: Context, inbound: Inbound) -> list[Run]:
    """The newest runs that this channel watches, as far as they can be read in time."""
    until, found = context.clock() + _DEADLINE_S, []
    watches = [w for w in context.watches(inbound.address) if w.kind == "run"]
    for w in sorted(watches, key=lambda w: -w.created_at)[:_MOST_RUNS]:
        if context.clock() > until:
            break
        try:
            found.append(context.runs.fetch(w.ref))
        except SourceError:
            continue
    return found


def _confirm(rule: Rule, fired: Sequence[tuple[Run, int]]) -> Message:
    total = sum(n for _, n in fired)
    told = [f"{short(r.name)}：{n} 次" for r, n in fired if n]
    if not fired:
        result = "没有可试的 run（还没关注，或没有这个指标）"
    elif total:
        result = f"在关注的 {len(fired)} 个 run 上会报 {total} 次"
    else:
        result = f"在关注的 {len(fired)} 个 run 上一次都不会报"
    return Message(
        f"阈值 {rule.id}：{said(rule)}，还没生效",
        items=(Item(result, evidence=tuple(told[:10])),),
        buttons=(
            Button("确认生效", command=f"/curve threshold confirm {rule.id}"),
            Button("不要了", command=f"/curve threshold off {rule.id}"),
        ),
        footer=f"确认：/curve threshold confirm {rule.id}",
    )


def _listed(rules: Sequence[Rule]) -> Message:
    if not rules:
        return Message("本频道没有自定义阈值，例如 /curve threshold train/loss above 5 for 3 points")
    return Message(
        f"本频道 {len(rules)} 条阈值",
        items=tuple(Item(f"{r.id} {said(r)}", evidence=(f"{r.by}添加",)) for r in rules),
        buttons=tuple(Button(f"删除 {r.id}", command=f"/curve threshold off {r.id}") for r in rules[:_MOST_BUTTONS]),
        footer="删除：/curve threshold off <编号>",
    )
