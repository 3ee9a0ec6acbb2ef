"""Commands about what a channel was told: alerts, ack, mute, unmute, quiet."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analysis.figures import duration
from bot import times
from bot.address import Address
from bot.alerts import lists, pages
from bot.alerts.announce import first_key
from bot.alerts.incident import Incident
from bot.alerts.incidents import event
from bot.alerts.silence import Silence
from bot.chats import Inbound
from bot.outgoing import Outgoing
from bot.render import answers
from bot.render.message import Button, Item, Message
from bot.render.numbers import clock
from bot.render.plain import short
from bot.services import glances
from bot.services.commands import grammar
from bot.services.commands.command import Answer
from bot.services.commands.targets import (
    OWN,
    Target,
    incident,
    numbers,
    open_here,
    run_ref,
    target,
    targets,
    the_only,
    told_here,
)
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.store.decisions import new_id

_DAY_S = 86_400.0
_QUIET_DAYS = 7
_LONGEST_S = 30 * _DAY_S
_MOST_ASKED = 4  # silences that are asked about one by one
_ALL = frozenset({"all", "全部", "所有", "*"})
_MORNING = dt.time(9)
_UNTIL = r"(?:到|至|直到|until)?\s*"
_AHEAD = {"tomorrow": 1, "明天": 1, "明早": 1, "明天早上": 1, "明日": 1, "后天": 2}
_DAYS = "|".join(sorted((*_AHEAD, *times.DAYS), key=len, reverse=True))
_DAY = re.compile(rf"{_UNTIL}({_DAYS})\s*(?:(\d{{1,2}})\s*[点:：]\s*(\d{{2}})?)?", flags=re.IGNORECASE)
_RUN_END = re.compile(
    _UNTIL + r"(?:run|run\s*(?:结束|完)|(?:这|本)次(?:\s*run)?(?:\s*结束)?|(?:训练|任务)?(?:结束|跑完)|end)",
    flags=re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Alerts:
    """What is open here."""


@dataclass(frozen=True, slots=True)
class Ack:
    """`target`: numbers of alerts, or a run whose open alerts are meant; empty: the only one."""

    target: str


@dataclass(frozen=True, slots=True)
class Mute:
    """`target`: a run, a rule, or numbers of alerts; empty: the only one. `for_s`: seconds; None: see `until`."""

    target: str
    for_s: float | None = None
    until: str = ""  # run, 15:00, tomorrow, mon, mon 15:00; with `for_s` empty


@dataclass(frozen=True, slots=True)
class Unmute:
    """`target`: as of Mute, or `all`; empty: the only silence there is."""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Quiet:
    """What was seen here and not said."""


def parse_ack(rest: str) -> Ack:
    return Ack(rest)


def parse_mute(rest: str) -> Mute:
    """`12 2h`, `12,13 2h`, `64wxlc3y tomorrow`, `12 15:00`, `12 mon 15:00`; without a time two hours."""
    words = rest.split()
    # The longest tail that says how long; of two numbers (`1 2h`) the first is that of an alert.
    for n in range(1 if re.match(r"#?\d+\s+\d", rest) else 0, len(words)):
        tail = " ".join(words[n:])
        said = _until(tail)
        if said is not None:
            return replace(said, target=" ".join(words[:n]))
    if len(words) > 1 and re.match(r"\d", words[-1]):
        raise ValueError(f"“{words[-1]}”不是时长，可以写 2h、tomorrow 或 run")
    return Mute(rest, 2 * 3600.0)


def parse_unmute(rest: str) -> Unmute:
    return Unmute(rest)


def _until(text: str) -> Mute | None:
    day = _DAY.fullmatch(text)
    if day is not None:
        at = f"{times.clock(f'{day[2]}:{day[3] or 0:>02}'):%H:%M}" if day[2] else ""
        return Mute("", until=f"{day[1].lower()} {at}".strip())
    if _RUN_END.fullmatch(text):
        return Mute("", until="run")
    if re.fullmatch(r"\d{1,2}:\d{2}", text):
        return Mute("", until=f"{times.clock(text):%H:%M}")
    try:
        period = times.seconds(grammar.duration(re.sub(r"^(?:for|静音)\s*", "", text)))
    except ValueError:
        return None
    if not 60 <= period <= _LONGEST_S:
        raise ValueError("静音要在 1m 到 30d 之间")
    return Mute("", period)


def mute_asked(rest: str) -> str:
    """`静音 #3 到明早 9 点`, as a question says it."""
    said = parse_mute(rest)
    day, _, at = said.until.partition(" ")
    names = dict(zip(times.DAYS, "一二三四五六日", strict=True))
    if said.for_s is not None:
        until = duration(said.for_s)
    elif day == "tomorrow" and not at:
        until = "到明早 9 点"
    elif day in names or day in _AHEAD:
        until = f"到{f'周{names[day]}' if day in names else '后天' if _AHEAD[day] > 1 else '明天'} {at or '9 点'}"
    else:
        until = f"到 {'run 结束' if day == 'run' else day}"
    return " ".join(filter(None, ("静音", said.target, until)))


def list_alerts(context: Context, inbound: Inbound, command: Alerts) -> Answer:
    now = context.clock()
    seen = [lists.Seen(glances.title(w), w.ref, i) for w, i in context.incidents_at(inbound.address)]
    silences = context.store.decisions.silences(inbound.address, now)
    return Answer(lists.alerts(seen, silences, now=now, tz=context.tz))


def quiet(context: Context, inbound: Inbound, command: Quiet) -> Answer:
    since = context.clock() - _QUIET_DAYS * _DAY_S
    found = context.incidents_at(inbound.address, since=since)
    seen = [lists.Seen(glances.title(w), w.ref, i) for w, i in found]
    return Answer(lists.quiet(seen, min_severity=context.settings.policy.min_severity, days=_QUIET_DAYS))


def ack(context: Context, inbound: Inbound, command: Ack) -> Answer:
    """Somebody takes an incident, everywhere it is told."""
    numbered = numbers(command.target)
    if not command.target:
        wanted = [the_only(told_here(context, inbound.address), "未结的告警", "ack <n>")]
    elif numbered:
        wanted = [incident(context, inbound.address, n) for n in numbered]
    else:
        ref = run_ref(context, inbound.address, command.target)
        wanted = [(ref, i) for i in open_here(context, inbound.address, ref)]
        if not wanted:
            raise RefusedError(f"{command.target} 在这里没有未结的告警")
    (_, first), *_ = wanted
    if len(wanted) == 1 and first.over:
        raise RefusedError(f"#{first.number} {first.words.title} 已经恢复，不用认领")
    taken = [i for _, i in wanted if i.owner]
    if len(taken) == len(wanted):
        at = "" if first.owned_at is None else f"（{clock(first.owned_at, context.clock(), context.tz)}）"
        raise RefusedError(f"#{first.number} 已由{first.owner}认领{at}")
    now, who = context.clock(), inbound.who
    everywhere = {
        i.id: (address, replace(i, owner=who, owned_at=now), ref)
        for ref, one in ((ref, m) for ref, i in wanted for m in _event(context, inbound.address, ref, i))
        for address, i in context.store.decisions.same(ref, one.identity)
    }
    posts = [
        post
        for address, i, ref in everywhere.values()
        for post in edits(context, [(address, i)], ref, f"acked:{who}", without="/curve ack")
    ]
    context.store.decisions.own(list(everywhere), who, now, context.rows(posts))
    said = "、".join(f"#{i.number}" for _, i in wanted)
    title = first.words.title if len(wanted) == 1 else f"{len(wanted)} 条告警"
    return Answer(answers.sentence(f"{who}认领了 {said}：{title}", "ok"))


def mute(context: Context, inbound: Inbound, command: Mute) -> Answer:
    now, address = context.clock(), inbound.address
    meant = command.target
    if not meant:
        _, only = the_only(told_here(context, address), "未结的告警", "mute <n> 2h")
        meant = str(only.number)
    wanted = targets(context, address, meant)
    for about in wanted:
        if about.incident is not None and about.incident.over:
            raise RefusedError(f"{about.name} 已经恢复，不用静音")
        if command.until == "run" and about.rule is not None:
            raise RefusedError("规则对所有 run 生效，要写静音多久，例如 /curve mute grad-spike 2h")
    until = _ends(command, now, context.tz)
    silences = [Silence(id=new_id(), until=until, by=inbound.who, created_at=now, **_of(about)) for about in wanted]
    for silence in silences:
        posts = _shown_anew(context, address, f"muted:{silence.id}", [silence], silences=[silence])
        context.store.decisions.silence(address, silence, context.rows(posts))
    said = pages.muted(replace(silences[0], by=""), now, context.tz)
    names = "、".join(about.name for about in wanted)
    where = "在本频道" if wanted[0].rule is not None else ""
    space = " " if names[-1].isascii() else ""
    return Answer(
        answers.sentence(f"{names}{space}{where}{said}，照常跟踪，变严重也不报。取消发 /curve unmute {meant}")
    )


def unmute(context: Context, inbound: Inbound, command: Unmute) -> Answer:
    now, address = context.clock(), inbound.address
    held = context.store.decisions.silences(address, now)
    muted = [s for s in held if not _is_of_a_false_alarm(s)]
    if not held or not (command.target or muted):
        raise RefusedError("本频道没有静音")
    if command.target.lower() in _ALL:
        _end(context, address, muted)
        return Answer(answers.sentence(f"已取消本频道的 {len(muted)} 条静音，仍未恢复的会再报", "ok"))
    if not command.target:
        over = {(s.ref, s.diagnosis, s.metric): s for s in muted}
        if len(over) > 1:
            return _which(context, address, list(over.values()))
        (only,) = over.values()
        _end(context, address, muted)
        return Answer(answers.sentence(f"已取消静音：{_named(context, address, only)[0]}，仍未恢复的会再报", "ok"))
    wanted = targets(context, address, command.target)
    names = "、".join(about.name for about in wanted)
    mine = [s for s in held if any(_is_meant(s, about) for about in wanted)]
    wider = [s for s in muted if any(_is_over(s, about) for about in wanted)]
    if not mine and len(wider) > 1:
        return _which(context, address, wider)
    if not mine and wider:  # of its run, or of its rule
        mine, names = wider, _named(context, address, wider[0])[0]
    if not mine:
        raise RefusedError(f"{names} 没有静音，静音了哪些见 /curve alerts")
    _end(context, address, mine)
    return Answer(answers.sentence(f"已取消静音：{names}，仍未恢复的会再报", "ok"))


def _which(context: Context, address: Address, muted: Sequence[Silence]) -> Answer:
    """The question which of several silences is to end: each with its end and a button."""
    now, shown = context.clock(), muted[:_MOST_ASKED]
    named = [(*_named(context, address, s), pages.muted(s, now, context.tz)) for s in shown]
    more = (Item(f"另有 {len(muted) - len(shown)} 条"),) if len(muted) > len(shown) else ()
    buttons = (
        *(
            Button(f"取消 {f'#{text}' if text.isdigit() else short(name, 20)}", command=f"/curve unmute {text}")
            for name, text, _ in named
        ),
        Button("全部取消", command="/curve unmute all"),
    )
    return Answer(
        Message(
            f"有 {len(muted)} 条静音，要取消哪条？",
            items=(*(Item(name, evidence=(until,)) for name, _, until in named), *more),
            buttons=buttons,
            footer=f"点一下，或发 {buttons[0].command}；全部取消发 /curve unmute all",
        )
    )


def _named(context: Context, address: Address, silence: Silence) -> tuple[str, str]:
    """How an answer calls what a silence is over, and the text that names it in a command."""
    of_run = [(ref, i) for ref, i in told_here(context, address) if ref == silence.ref]
    number = next((i.number for _, i in of_run if i.identity == (silence.diagnosis, silence.metric)), None)
    if silence.metric is not None and number is not None:
        text = str(number)
    elif silence.ref is not None:
        text = silence.ref
    else:
        text = (silence.diagnosis or "").removeprefix(OWN)
    return target(context, address, text).name, text


def _is_of_a_false_alarm(silence: Silence) -> bool:
    """Whether it came from `wrong`, which has an undoing of its own."""
    return silence.id.startswith("w")


def _is_meant(silence: Silence, about: Target) -> bool:
    """Whether a silence is the one over what somebody names; of a run also those over its alerts, as they came from
    buttons, but not what was called a false alarm.
    """
    named = {"ref": silence.ref, "diagnosis": silence.diagnosis, "metric": silence.metric}
    of_its_alerts = about.incident is None and about.ref is not None and silence.ref == about.ref
    return named == _of(about) or (of_its_alerts and not _is_of_a_false_alarm(silence))


def _is_over(silence: Silence, about: Target) -> bool:
    return about.incident is not None and about.ref is not None and silence.covers(about.incident, about.ref)


def _end(context: Context, address: Address, ended: Sequence[Silence]) -> None:
    context.store.decisions.end_silences(address, [s.id for s in ended], context.clock())
    shown = _shown_anew(context, address, f"unmuted:{ended[0].id}", ended)
    context.store.enqueue(context.rows(shown), context.clock())


def _shown_anew(
    context: Context, address: Address, transition: str, by: Sequence[Silence], *, silences: Sequence[Silence] = ()
) -> list[Outgoing]:
    """The messages of this channel's open alerts that silences cover, as they read after these began or ended."""
    covered = [(ref, i) for ref, i in told_here(context, address) if any(s.covers(i, ref) for s in by)]
    return [post for ref, i in covered for post in edits(context, [(address, i)], ref, transition, silences=silences)]


def edits(
    context: Context,
    changed: Sequence[tuple[Address, Incident]],
    ref: str,
    transition: str,
    *,
    silences: Sequence[Silence] = (),
    without: str = "",
    add: Callable[[Incident], answers.Buttons] = lambda incident: (),
) -> list[Outgoing]:
    """The first messages of incidents as they read after a decision: what people made of them is one line on top.

    `without`: begins the command of a button that has had its day. `add`: buttons that come instead.
    """
    now, posts = context.clock(), []
    for address, i in changed:
        key = first_key(address, i)
        shown = context.store.decisions.shown(key)
        if shown is None:
            continue
        message, chart = shown
        held = [*context.store.decisions.silences(address, now), *silences]
        line = pages.standing(i, held, ref=ref, now=now, tz=context.tz)
        kept = [b for b in message.buttons if not (without and (b.command or "").startswith(without))]
        posts.append(
            Outgoing(
                dest=address,
                kind="update",
                subject=i.id,
                transition=transition,
                message=replace(message, subtitle=line, buttons=(*add(i), *kept)),
                chart=chart if context.can[address.platform].inline_charts else None,
                edits=key,
                orphan="drop",
            )
        )
    return posts


def _event(context: Context, address: Address, ref: str, one: Incident) -> tuple[Incident, ...]:
    """The incident, and those that are one event with it: who takes one of them takes it all."""
    here = [i for w, i in context.incidents_at(address) if w.ref == ref]
    root = one.root_incident_id if one.follows and one.root_incident_id is not None else one.id
    return event(here, root) or (one,)


def _ends(command: Mute, now: float, tz: dt.tzinfo) -> float | None:
    """When a silence ends, in seconds since epoch; None: with the run."""
    if command.until == "run":
        return None
    if command.for_s is not None:
        return now + command.for_s
    local = dt.datetime.fromtimestamp(now, tz)
    day, _, said = command.until.partition(" ")
    if day[:1].isdigit():
        at = dt.datetime.combine(local.date(), dt.time.fromisoformat(day), tz)
        return (at if at > local else at + dt.timedelta(days=1)).timestamp()
    if day in times.DAYS:  # the next such day
        ahead = (times.DAYS.index(day) - local.weekday() - 1) % 7 + 1
    else:  # who says "tomorrow morning" at two in the night means the morning that comes
        ahead = _AHEAD[day] - (local.hour < 5)
    at_time = dt.time.fromisoformat(said) if said else _MORNING
    return dt.datetime.combine(local.date() + dt.timedelta(days=ahead), at_time, tz).timestamp()


def _of(about: Target) -> dict[str, str | None]:
    """What a silence over it names."""
    if about.incident is not None:
        diagnosis, metric = about.incident.identity
        return {"ref": about.ref, "diagnosis": diagnosis, "metric": metric}
    return {"ref": about.ref, "diagnosis": about.rule, "metric": None}
