"""The one table of commands, and how a text becomes one of them. Pure but for the handlers it names.

To add a command: a frozen type, a parser and a handler in the module of its story beside this one, one record here, its
row in the README, a dialogue in tests/services/test_service.py. Help, near misses, refusals and hints follow from the
record.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from analysis.diagnoses import ALL
from bot.render import answers
from bot.render.message import Section
from bot.services.commands import (
    about,
    alerts,
    comparison,
    digests,
    feedback,
    notes,
    runs,
    speech,
    thresholds,
    watches,
    why,
)
from bot.services.commands.command import EXAMPLE_RUN, Answer, Command, Group, Request, Takes
from bot.services.refusals import UsageError
from bot.sources.spotting import NOBODY, files

_RUN_FORMS = "<run> 可以是 run 链接、entity/project/run_id、run_id，或默认项目里不重名的 run 名"
_CARD = Command(
    name="",
    usage="<run>",
    example="<run>",
    about="诊断：结论、证据、怎么办、一张图",
    group="查一次",
    parse=runs.Card,
    answer=runs.card,
    takes="run",
    hint=True,
)
COMMANDS: tuple[Command[Any], ...] = (
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
        takes="run",
    ),
    Command(
        name="why",
        aliases=("为什么",),
        usage="why <run> [n]",
        example="why <run> 2",
        about="诊断里第 n 条是怎么判断的；也可以写告警编号",
        group="查一次",
        parse=why.parse_why,
        answer=why.why,
        takes="run",
    ),
    Command(
        name="note",
        aliases=("备注",),
        usage="note <run> <text>",
        example="note <run> 12/20 @5000",
        about="记一句话；写成 12/20 @5000 就是实测成功率",
        group="查一次",
        parse=notes.parse_note,
        answer=notes.note,
        takes="run",
    ),
    Command(
        name="compare",
        aliases=("对比", "比较"),
        usage="compare <a> <b> [c d e]",
        example="compare <run> <other>",
        about="两到五个 run 并排比：哪个好、从哪步起、配置差在哪；第二个写 last 就和上次成功的比",
        group="查一次",
        parse=comparison.parse_compare,
        answer=comparison.compare,
        takes="runs",
    ),
    Command(
        name="watch",
        aliases=("关注",),
        usage="watch <run> [every 5m] [end]",
        example="watch <run> every 5m",
        about="出问题在本频道说一次，加 end 跑完也说；也可以写 entity/project?tag=x",
        group="盯着看",
        parse=watches.parse_watch,
        answer=watches.watch,
        takes="run",
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
        asks=lambda rest: "全部取关" if rest == "all" else f"取关{rest}",
        answer=watches.unwatch,
        takes="run",
        reads=False,
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
        reads=False,
    ),
    Command(
        name="alerts",
        aliases=("告警", "告警列表"),
        usage="alerts",
        example="alerts",
        about="本频道未结的告警：编号、谁在跟、静音到几点",
        group="处理告警",
        parse=lambda rest: alerts.Alerts(),
        answer=alerts.list_alerts,
        reads=False,
    ),
    Command(
        name="ack",
        aliases=("认领",),
        usage="ack <n>",
        example="ack 12",
        about="认领一条告警，之后不再提醒",
        group="处理告警",
        parse=alerts.parse_ack,
        answer=alerts.ack,
        takes="incident",
        reads=False,
    ),
    Command(
        name="mute",
        aliases=("静音", "屏蔽"),
        usage="mute <run|rule|n> <2h|tomorrow|run>",
        example="mute 12 2h",
        about="静音一个 run、一条规则或一条告警；tomorrow 到明早 9 点，15:00、mon 10:00 到那时，run 到 run 结束",
        group="处理告警",
        parse=alerts.parse_mute,
        asks=alerts.mute_asked,
        answer=alerts.mute,
        takes="incident",
        reads=False,
    ),
    Command(
        name="unmute",
        aliases=("取消静音", "解除静音"),
        usage="unmute [run|rule|n|all]",
        example="unmute 12",
        about="取消静音；不写就是唯一的那条，all 是全部",
        group="处理告警",
        parse=alerts.parse_unmute,
        answer=alerts.unmute,
        takes="incident",
        reads=False,
    ),
    Command(
        name="wrong",
        aliases=("误报",),
        usage="wrong <n> [undo]",
        example="wrong 12",
        about="标为误报：在这个项目调高这条规则的阈值，可撤销",
        group="处理告警",
        parse=feedback.parse_wrong,
        asks=lambda rest: (
            f"撤销 {rest.removesuffix('undo')}的误报标记" if rest.endswith("undo") else f"把 {rest or '这条'} 标为误报"
        ),
        answer=feedback.wrong,
        takes="incident",
    ),
    Command(
        name="quiet",
        aliases=("为何没报",),
        usage="quiet",
        example="quiet",
        about="看到了但没播报的，以及原因",
        group="处理告警",
        parse=lambda rest: alerts.Quiet(),
        answer=alerts.quiet,
        reads=False,
    ),
    Command(
        name="threshold",
        aliases=("阈值",),
        usage="threshold <metric> <above|below> <value> [for N points] [on <run|project>]",
        example="threshold train/loss above 5 for 3 points",
        about="给本频道加一条阈值，先试算再确认；不带参数看已有的",
        group="处理告警",
        parse=thresholds.parse_threshold,
        answer=thresholds.threshold,
    ),
    Command(
        name="digest",
        aliases=("日报",),
        usage="digest [on 09:00 [weekdays]|off|now]",
        example="digest on 09:00",
        about="每天一条汇总；off 关闭，now 立即发",
        group="盯着看",
        parse=digests.parse_digest,
        asks=digests.asked,
        answer=digests.digest,
        reads=False,
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
        reads=False,
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
        reads=False,
    ),
)
_HINT = Command(name="", usage="", example="<run>", about="", parse=about.Hint, answer=about.hint, reads=False)
_ASK = Command(
    name=speech.ASK,
    usage="",
    example="<run>",
    about="",
    parse=lambda lines: about.Ask(_asked(lines)),
    answer=about.ask,
    reads=False,
)
_BY_NAME: Mapping[str, Command[Any]] = {c.name: c for c in COMMANDS}
_WORDS: Mapping[str, str] = {word: c.name for c in COMMANDS for word in (c.name, *c.aliases) if word} | {"?": "help"}
_TAKES: Mapping[str, Takes] = {c.name: c.takes for c in COMMANDS}
_RULES = frozenset(d.id for d in ALL)


def parse(
    text: str, *, run: str | None = None, names: Mapping[str, str] = NOBODY, alert: str | None = None
) -> Request[Any]:
    """A message to the bot, without its mention, as a command. An empty one asks for help. Raises UsageError.

    run    reference of the run in whose thread it stands: what takes a run and is given none takes this one
    names  of the runs that are watched where it stands -> what each means
    alert  the number of the alert in whose thread it stands: what takes one and is given nothing takes this one
    """
    said = speech.understand(text, vocabulary(run, names, alert))
    if said.name == speech.HINT:
        return _HINT.read(said.rest)
    if said.name == speech.ASK:
        return _ASK.read(said.rest)
    return _BY_NAME[said.name].read(said.rest)


def _asked(lines: str) -> tuple[tuple[str, str], ...]:
    """The commands of a question, one a line. Raises UsageError when none of them says enough to be run."""
    asked, problem = [], None
    for line in lines.splitlines():
        name, _, rest = line.partition(" ")
        try:
            _BY_NAME[name].read(rest)
        except UsageError as error:
            problem = problem or error
        else:
            asked.append((_BY_NAME[name].question(rest), f"/curve {line}"))
    if not asked and problem is not None:
        raise problem
    return tuple(asked)


def reads(text: str) -> bool:
    """Whether answering a message may have to read runs, as far as can be told without looking anything up."""
    try:
        return parse(text, run=EXAMPLE_RUN, names={name: name for name in files(text)}).command.reads
    except UsageError:
        return False


def is_bare(text: str) -> bool:
    """Whether a text that is not addressed to the bot is nothing but one of its commands about a run."""
    return speech.is_bare(text, vocabulary())


def vocabulary(
    run: str | None = None, names: Mapping[str, str] = NOBODY, alert: str | None = None
) -> speech.Vocabulary:
    """What is known where somebody speaks; arguments as for `parse`."""
    return speech.Vocabulary(
        words=_WORDS,
        takes=_TAKES,
        near=near_command,
        typed=lambda word: _built(word).typed,
        rules=_RULES,
        run=run,
        names=names,
        alert=alert,
    )


def near_command(word: str) -> str | None:
    """The word of a command that somebody may have meant with one that is none, or None."""
    near = difflib.get_close_matches(
        word.lower(), [w for c in COMMANDS for w in (c.name, *c.aliases) if w], n=1, cutoff=0.7
    )
    return near[0] if near else None


def help_sections() -> tuple[Section, ...]:
    """The commands that are there, as help lists them, and at the end what `<run>` may be."""
    lines: dict[Group, list[str]] = {}
    for command in COMMANDS:
        if command.about:
            lines.setdefault(command.group, []).append(command.line)
    lines["其他"].append(_RUN_FORMS)
    return tuple(Section(group, tuple(of)) for group, of in lines.items())


def usage_hint() -> str:
    """What a platform shows while somebody types: `<run> | watch <run> | list | help`."""
    return " | ".join(c.shortest for c in COMMANDS if c.hint)


def _built(word: str) -> Command[Any]:
    return next((c for c in COMMANDS if word in (c.name, *c.aliases)), _CARD)
