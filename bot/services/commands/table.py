"""The one table of commands, and how a text becomes one of them. Pure but for the handlers it names.

To add a command: a frozen type, a parser and a handler in the module of its story beside this one, one record here, its
row in the README, a dialogue in tests/services/test_service.py. Help, near misses, refusals and hints follow from the
record.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from bot.render import answers
from bot.render.message import Section
from bot.services.commands import about, digests, grammar, runs, watches
from bot.services.commands.command import EXAMPLE_RUN, Answer, Command, Group, NotYet, Request
from bot.services.refusals import UsageError

_RUN_FORMS = "<run> 可以是 run 链接、entity/project/run_id、run_id，或默认项目里不重名的 run 名"
_CARD = Command(
    name="",
    usage="<run>",
    example="<run>",
    about="诊断：结论、证据、怎么办、一张图",
    group="查一次",
    parse=runs.Card,
    answer=runs.card,
    hint=True,
)
COMMANDS: tuple[Command[Any] | NotYet, ...] = (
    _CARD,
    Command(
        name="full",
        aliases=("完整", "完整报告"),
        usage="full <run>",
        example="full <run>",
        about="完整报告和 HTML",
        group="查一次",
        parse=runs.parse_full,
        answer=runs.full,
    ),
    Command(
        name="watch",
        aliases=("关注",),
        usage="watch <run> [every 5m]",
        example="watch <run> every 5m",
        about="出问题在本频道说一次；也可以写 entity/project?tag=x",
        group="盯着看",
        parse=watches.parse_watch,
        answer=watches.watch,
        hint=True,
    ),
    Command(
        name="unwatch",
        aliases=("取关", "取消关注"),
        usage="unwatch <run>",
        example="unwatch <run>",
        about="不再关注",
        group="盯着看",
        parse=watches.parse_unwatch,
        answer=watches.unwatch,
    ),
    Command(
        name="list",
        aliases=("列表",),
        usage="list",
        example="list",
        about="本频道在关注什么",
        group="盯着看",
        parse=lambda rest: watches.ListWatches(),
        answer=watches.list_watches,
        hint=True,
    ),
    Command(
        name="digest",
        aliases=("日报",),
        usage="digest [on 09:00 [weekdays]|off|now]",
        example="digest on 09:00",
        about="每天一条汇总；off 关闭，now 立即发",
        group="盯着看",
        parse=digests.parse_digest,
        answer=digests.digest,
    ),
    Command(
        name="rules",
        aliases=("规则",),
        usage="rules [id]",
        example="rules",
        about="所有诊断；后面写 id 看一条：什么意思，阈值多少",
        group="其他",
        parse=about.Rules,
        answer=about.rules,
    ),
    Command(
        name="help",
        aliases=("帮助",),
        usage="help",
        example="help",
        about="",
        group="其他",
        parse=lambda rest: about.Help(),
        answer=lambda context, inbound, command: Answer(answers.help_page(help_sections())),
        hint=True,
    ),
    NotYet(
        name="compare",
        aliases=("对比", "比较"),
        instead=f"这一版还没有对比，可以分别发 /curve {EXAMPLE_RUN} 看各自的诊断",
    ),
    NotYet(name="alerts", aliases=("告警",), instead="这一版还没有告警列表，未结的告警看 /curve list"),
    NotYet(name="ack", aliases=("认领",), instead="这一版还没有认领，可以直接在那条告警下面回复"),
    NotYet(
        name="mute",
        aliases=("静音",),
        instead=f"这一版还没有静音，不想再收某个 run 的告警可以 /curve unwatch {EXAMPLE_RUN}",
    ),
    NotYet(name="unmute", aliases=("取消静音",), instead="这一版还没有静音，不需要取消"),
    NotYet(
        name="wrong",
        aliases=("误报",),
        instead="这一版还没有误报反馈，可以在配置文件的 diagnoses 里调这条规则的阈值",
    ),
    NotYet(
        name="threshold",
        aliases=("阈值",),
        instead="这一版还不能在聊天里建阈值，写在配置文件的 thresholds 里即可生效",
    ),
    NotYet(name="note", aliases=("备注",), instead="这一版还没有备注"),
    NotYet(
        name="quiet",
        aliases=("为何没报",),
        instead=f"这一版还不能查为何没报，全部发现（含未播报的）看 /curve full {EXAMPLE_RUN}",
    ),
)
BUILT: tuple[Command[Any], ...] = tuple(c for c in COMMANDS if isinstance(c, Command))
_BY_NAME: Mapping[str, Command[Any] | NotYet] = {c.name: c for c in COMMANDS}
_WORDS: Mapping[str, str] = {word: c.name for c in COMMANDS for word in (c.name, *c.aliases) if word} | {"?": "help"}


def parse(text: str) -> Request[Any]:
    """A message to the bot, without its mention, as a command. An empty one asks for help. Raises UsageError."""
    word, rest = grammar.first_word(grammar.plain(text), _WORDS)
    name = _WORDS.get(word.lower()) if word else "help"
    if name is None:
        near = near_command(word) if rest else None
        if near is not None:
            raise UsageError(f"没有“{word}”这个命令，是不是 {near}？例如 {_built(near).typed}")
        return _CARD.read(f"{word} {rest}".strip())
    command = _BY_NAME[name]
    if isinstance(command, NotYet):
        raise UsageError(command.instead)
    return command.read(rest)


def near_command(word: str) -> str | None:
    """The word of a command that somebody may have meant with one that is none, or None."""
    near = difflib.get_close_matches(
        word.lower(), [w for c in BUILT for w in (c.name, *c.aliases) if w], n=1, cutoff=0.7
    )
    return near[0] if near else None


def help_sections() -> tuple[Section, ...]:
    """The commands that are there, as help lists them, and at the end what `<run>` may be."""
    lines: dict[Group, list[str]] = {}
    for command in BUILT:
        if command.about:
            lines.setdefault(command.group, []).append(command.line)
    lines["其他"].append(_RUN_FORMS)
    return tuple(Section(group, tuple(of)) for group, of in lines.items())


def usage_hint() -> str:
    """What a platform shows while somebody types: `<run> | watch <run> | list | help`."""
    return " | ".join(c.shortest for c in BUILT if c.hint)


def _built(word: str) -> Command[Any]:
    return next(c for c in BUILT if word in (c.name, *c.aliases))
