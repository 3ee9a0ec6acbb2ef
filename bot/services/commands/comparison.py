"""The command that sets runs side by side: two to five of them, or one and the last of its project that worked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from analysis.model import Report, Run
from analysis.report.comparison import MOST_RUNS
from analysis.report.earlier import earlier, worked
from bot.address import Address
from bot.chats import Inbound
from bot.render import compare as page
from bot.render import plots
from bot.services.commands.command import Answer
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.sources import PEERS_UNREAD, SourceError

LAST = frozenset({"last", "上次", "上一次", "上次成功", "上次成功的", "上一次成功的", "最近成功的"})
_BETWEEN = frozenset({"和", "与", "跟", "同", "及", "以及", "还有", "vs", "vs.", "and", "&", "+", "run", "的"})
# A link in brackets or bare, something in quotes, a word.
_TARGET = re.compile(
    r"<[^>]+>|[\"“「《]([^\"”」》]+)[\"”」》]|https?://(?:(?!,https?://)[!-~](?<![<>\";|]))+|[^\s,，、;；]+",
    re.IGNORECASE,
)
_TOUCHING = re.compile(r"(?<=[\w/.-])(?<![^\x00-\x7f])(?:和|与|跟)(?=[A-Za-z0-9])")
_LEADING = re.compile(r"^(?:和|与|跟)(?=[A-Za-z0-9<]|上|最近)")
_MOST_TRIED = 4  # runs that are read to find the last one that worked
_TRY_FOR_S = 8.0  # none is begun later: an answer that says so is better than a late one


@dataclass(frozen=True, slots=True)
class Compare:
    """`targets`: the runs as typed. `with_last`: and the last one of the project that worked."""

    targets: tuple[str, ...]
    with_last: bool = False


def parse_compare(rest: str) -> Compare:
    """`a b`, `a，b`, `a 和 b`, `a vs b`, links, one in a line; `a last`, `a 上次成功的`."""
    words = [
        word
        for found in _TARGET.finditer(rest)
        for part in ([found[1]] if found[1] else _TOUCHING.split(found[0]))
        if (word := _LEADING.sub("", part).strip(" 。！!？?").rstrip(".")) and word.lower() not in _BETWEEN
    ]
    with_last = any(word.lower() in LAST for word in words)
    targets = tuple(dict.fromkeys(word for word in words if word.lower() not in LAST))
    if with_last and len(targets) == 1:
        return Compare(targets, with_last=True)
    if with_last and not targets:
        raise ValueError("看懂了要和上次成功的比，但没写是哪个 run")
    if with_last:
        raise ValueError(f"和上次成功的只能比一个 run，这里写了 {len(targets)} 个")
    if len(targets) < 2:
        raise ValueError(f"对比要两到五个 run，这里{'只有一个' if targets else '一个也没有'}")
    if len(targets) > MOST_RUNS:
        raise ValueError(f"看懂了 {len(targets)} 个 run，但一次最多对比 {MOST_RUNS} 个")
    return Compare(targets)


def compare(context: Context, inbound: Inbound, command: Compare) -> Answer:
    runs = context.runs
    found = runs.asked_together(command.targets)
    first = found[0]
    twice = next((run for i, run in enumerate(found) if run.ref in {other.ref for other in found[:i]}), None)
    if twice is not None:
        raise RefusedError(f"这里有两个写法是同一个 run（{twice.ref}），换一个再比")
    pairs = [(run, runs.report(run, inbound.address)) for run in found]
    if command.with_last:
        pairs.append(_last_that_worked(context, inbound.address, first))
    comparison = runs.compare(pairs)
    message = replace(page.compare(comparison), plot=plots.of_comparison(comparison))
    return Answer(message, runs.overlay(comparison), about=first.ref)


def _last_that_worked(context: Context, address: Address, run: Run) -> tuple[Run, Report]:
    """The newest of the runs before it that came out well. Raises RefusedError where none is found in time."""
    runs, until = context.runs, context.clock() + _TRY_FOR_S
    tried = 0
    candidates = earlier(run, context.settings.profile)
    for peer in candidates[:_MOST_TRIED]:
        if context.clock() > until:
            break
        tried += 1
        try:
            other = runs.fetch(peer.ref)
        except (SourceError, ValueError):
            continue
        report = runs.report(other, address)
        if worked(report):
            return other, report
    if tried:
        seen = f"看了最近 {tried} 个，没有一个诊断无警告"
    elif PEERS_UNREAD in run.notes:
        seen = PEERS_UNREAD
    else:
        seen = "同项目里没有比它早、已结束、配置同类的 run"
    raise RefusedError(
        f"没找到 {run.name} 上次成功的 run：{seen}；可以写明和哪个比，例如 /curve compare {run.ref} <run>"
    )
