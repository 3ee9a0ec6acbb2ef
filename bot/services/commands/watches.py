"""Commands about what a channel watches: watch, unwatch, list."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.model import ENDED
from bot import times
from bot.chats import Inbound
from bot.render import answers
from bot.render.message import Button
from bot.render.plain import short
from bot.services import glances
from bot.services.commands import grammar
from bot.services.commands.command import Answer
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.store.store import Watch as Watching


@dataclass(frozen=True, slots=True)
class Watch:
    """`target`: a run or a filter as typed. `every_s`: seconds; None: as configured. `tells_end`: also of its end."""

    target: str
    every_s: float | None = None
    tells_end: bool = False


@dataclass(frozen=True, slots=True)
class Unwatch:
    """`target`: a watch of this channel by its name, its reference or what means it; `all`; empty: the only one."""

    target: str


@dataclass(frozen=True, slots=True)
class ListWatches:
    """What this channel watches."""


_TELLS_END = re.compile(r"(?:^|[\s，,]+)(?:end|跑完(?:[叫喊]我|告诉我|通知我|说一声)?)$", re.IGNORECASE)
_MOST_ASKED = 4  # watches that are asked about by name
_MOST = 200  # watches of a channel, those of its filters not counted


def parse_watch(rest: str) -> Watch:
    """`<run|filter> [every 5m] [end]`, `<run> 每 5 分钟 跑完叫我`."""
    ends = _TELLS_END.search(rest)
    rest = rest[: ends.start()] if ends is not None else rest
    found = re.match(r"(.*?)(?:^|\s+)(?:every(?=\s|$)|每隔?)\s*(.*)$", rest, flags=re.IGNORECASE | re.DOTALL)
    target, every = (grammar.trim(found[1]), found[2]) if found else (rest, None)
    if not target:
        raise ValueError("没说是哪个 run")
    if every is None:
        return Watch(target, tells_end=ends is not None)
    try:
        period = times.seconds(grammar.duration(every))
    except ValueError:
        raise ValueError(f"看懂了要关注 {target}，但“{every.strip() or '空'}”不是间隔") from None
    if not 1 <= period <= 86_400:
        raise ValueError(f"看懂了要关注 {target}，但间隔要在 1s 到 1d 之间")
    return Watch(target, period, ends is not None)


def parse_unwatch(rest: str) -> Unwatch:
    return Unwatch(rest)


def watch(context: Context, inbound: Inbound, command: Watch) -> Answer:
    before = {w.ref: w.interval_s for w in context.watches(inbound.address) if w.state == "active"}
    interval = command.every_s or context.config.watch.interval
    filter_ = context.runs.filter(command.target)
    now = context.clock()
    if sum(w.parent is None and w.state == "active" for w in context.watches(inbound.address)) >= _MOST:
        raise RefusedError(f"这里已经关注了 {_MOST} 个，先 /curve unwatch 几个，或按条件关注，例如 team/robot?tag=prod")
    if filter_ is not None:
        running = len(context.runs.running(filter_))
        context.store.add_watch(inbound.address, str(filter_), kind="filter", interval_s=interval, now=now)
        here = f"现在有 {running} 个在跑" if running else "现在没有在跑的"
        now_and_later = f"{here}，之后新开的也算；{glances.every(interval)}看一次，出问题在这里说"
        if command.tells_end:
            now_and_later += "；跑完说一声只支持单个 run"
        return Answer(answers.sentence(f"已关注 {filter_}：{now_and_later}", "ok"))
    run = context.runs.asked(command.target)
    if run.state in ENDED:
        raise RefusedError(f"{run.name} 已经结束，不用关注；看诊断发 /curve {run.ref}")
    interval = command.every_s or before.get(run.ref, interval)
    kept, _ = context.store.add_watch(
        inbound.address, run.ref, kind="run", interval_s=interval, now=now, tells_end=command.tells_end
    )
    done = "已关注" if run.ref not in before else "已改间隔" if before[run.ref] != interval else "已在关注"
    what = "出问题、跑完都" if kept.tells_end else "出问题"
    return Answer(
        answers.sentence(f"{done} {run.name}：{glances.every(interval)}看一次，{what}在这里说", "ok"), about=run.ref
    )


def unwatch(context: Context, inbound: Inbound, command: Unwatch) -> Answer:
    target, watches = command.target, context.watches(inbound.address)
    own = [w for w in watches if w.parent is None]
    if target.lower() in ("all", "全部", "所有") and own:
        for w in own:
            context.store.remove_watch(inbound.address, w.ref)
        return Answer(answers.sentence(f"已取关全部 {len(own)} 个"))
    if not target and len(own) != 1:
        return _which(own)
    target = target or own[0].ref
    found = [w for w in watches if target.casefold() in map(str.casefold, glances.names(w))]
    if not found:
        try:
            ref = context.runs.canonical(target)
        except ValueError:
            ref = target
        found = [w for w in watches if w.ref == ref]
    if not found:
        near = difflib.get_close_matches(target, [n for w in watches for n in glances.names(w)], n=1, cutoff=0.5)
        hint = f"，是不是 {near[0]}？" if near else "，关注着哪些见 /curve list"
        raise RefusedError(f"这里没有关注 {target}{hint}")
    if len(found) > 1:
        raise RefusedError(f"有 {len(found)} 个关注都叫 {target}，请写全，例如 /curve unwatch {found[0].ref}")
    (gone,) = found
    if gone.parent is not None:
        parent = next((w.ref for w in watches if w.id == gone.parent), "筛选条件")
        raise RefusedError(f"它是按 {parent} 关注的，单独取关会再加回来；可以 /curve unwatch {parent}")
    context.store.remove_watch(inbound.address, gone.ref)
    return Answer(answers.sentence(f"已取关 {glances.title(gone)}"), about=gone.ref if gone.kind == "run" else None)


def _which(watches: Sequence[Watching]) -> Answer:
    """The question which of several watches is to end. Raises RefusedError when there is none."""
    if not watches:
        raise RefusedError("这里没有关注任何 run")
    shown = watches[:_MOST_ASKED]
    buttons = tuple(Button(f"取关 {short(glances.title(w), 20)}", command=f"/curve unwatch {w.ref}") for w in shown)
    more = f"等 {len(watches)} 个" if len(watches) > len(shown) else ""
    names = "、".join(short(glances.title(w)) for w in shown)
    message = answers.sentence(f"这里关注着 {names}{more}，要取关哪个？", buttons=buttons)
    return Answer(replace(message, footer=f"点一下，或发 {buttons[0].command}；全部取关发 /curve unwatch all"))


def list_watches(context: Context, inbound: Inbound, command: ListWatches) -> Answer:
    open_, now = context.incidents_at(inbound.address), context.clock()
    shown = [w for w in context.watches(inbound.address) if w.parent is None or w.state == "active"]
    return Answer(answers.list_page([glances.watched(w, open_, now) for w in shown]))
