"""Commands about what a channel was told: alerts, ack, mute, unmute, quiet."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
from bot.render.numbers import clock
from bot.services import glances
from bot.services.commands import grammar
from bot.services.commands.command import Answer
from bot.services.commands.targets import Target, incident, number, open_here, run_ref, target, the_only, told_here
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.store.decisions import new_id

_DAY_S = 86_400.0
_QUIET_DAYS = 7
_LONGEST_S = 30 * _DAY_S
_MORNING = dt.time(9)
_UNTIL = r"(?:到|至|直到|until)?\s*"
_TOMORROW = re.compile(
    _UNTIL + r"(?:tomorrow|明早|明天|明天早上|明日)\s*(?:9\s*[点:：](?:00)?|九点)?", flags=re.IGNORECASE
)
_RUN_END = re.compile(
    _UNTIL + r"(?:run|run\s*(?:结束|完)|(?:这|本)次(?:\s*run)?(?:\s*结束)?|(?:训练|任务)?(?:结束|跑完)|end)",
    flags=re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Alerts:
    """What is open here."""


@dataclass(frozen=True, slots=True)
class Ack:
    """`target`: the number of an alert, or a run whose open alerts are meant; empty: the only one."""

    target: str


@dataclass(frozen=True, slots=True)
class Mute:
    """`target`: a run, a rule, or the number of an alert. `for_s`: seconds; None: see `until`."""

    target: str
    for_s: float | None = None
    until: str = ""  # tomorrow, run, 15:00, mon; with `for_s` empty


@dataclass(frozen=True, slots=True)
class Unmute:
    """`target`: as of Mute; empty: everything."""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Quiet:
    """What was seen here and not said."""


def parse_ack(rest: str) -> Ack:
    return Ack(rest)


def parse_mute(rest: str) -> Mute:
    """`12 2h`, `64wxlc3y tomorrow`, `12 15:00`, `12 mon`, `grad-spike 到 run 结束`; without a time two hours."""
    if not rest:
        raise ValueError("mute 后面要写静音什么（run、规则或告警编号）和多久")
    words = rest.split()
    for n in range(1, len(words)):  # the longest tail that says how long
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
    if _TOMORROW.fullmatch(text):
        return Mute("", until="tomorrow")
    if _RUN_END.fullmatch(text):
        return Mute("", until="run")
    if text.lower() in times.DAYS or re.fullmatch(r"\d{1,2}:\d{2}", text):
        return Mute("", until=text.lower() if text.lower() in times.DAYS else f"{times.clock(text):%H:%M}")
    try:
        period = times.seconds(grammar.duration(re.sub(r"^(?:for|静音)\s*", "", text)))
    except ValueError:
        return None
    if not 60 <= period <= _LONGEST_S:
        raise ValueError("静音要在 1m 到 30d 之间")
    return Mute("", period)


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
    n = number(command.target)
    if not command.target:
        ref, one = the_only(told_here(context, inbound.address), "未结的告警", "ack <n>")
        wanted = [one]
    elif n is not None:
        ref, one = incident(context, inbound.address, n)
        wanted = [one]
    else:
        ref = run_ref(context, inbound.address, command.target)
        wanted = open_here(context, inbound.address, ref)
        if not wanted:
            raise RefusedError(f"{command.target} 在这里没有未结的告警")
    (first, *_) = wanted
    if len(wanted) == 1 and first.over:
        raise RefusedError(f"#{first.number} {first.words.title} 已经恢复，不用认领")
    taken = [i for i in wanted if i.owner]
    if len(taken) == len(wanted):
        at = "" if first.owned_at is None else f"（{clock(first.owned_at, context.clock(), context.tz)}）"
        raise RefusedError(f"#{first.number} 已由{first.owner}认领{at}")
    now, who = context.clock(), inbound.who
    everywhere = [
        (address, i)
        for one in (m for w in wanted for m in _event(context, inbound.address, ref, w))
        for address, i in context.store.decisions.same(ref, one.identity)
    ]
    ids = list(dict.fromkeys(i.id for _, i in everywhere))
    owned = [(address, replace(i, owner=who, owned_at=now)) for address, i in everywhere]
    posts = edits(context, owned, ref, f"acked:{who}", without="/curve ack")
    context.store.decisions.own(ids, who, now, context.rows(posts))
    numbers = "、".join(f"#{i.number}" for i in wanted)
    title = first.words.title if len(wanted) == 1 else f"{len(wanted)} 条告警"
    return Answer(answers.sentence(f"{who}认领了 {numbers}：{title}", "ok"))


def mute(context: Context, inbound: Inbound, command: Mute) -> Answer:
    now, address = context.clock(), inbound.address
    about = target(context, address, command.target)
    if about.incident is not None and about.incident.over:
        raise RefusedError(f"{about.name} 已经恢复，不用静音")
    if command.until == "run" and about.rule is not None:
        raise RefusedError("规则对所有 run 生效，要写静音多久，例如 /curve mute grad-spike 2h")
    silence = Silence(id=new_id(), until=_ends(command, now, context.tz), by=inbound.who, created_at=now, **_of(about))
    posts = _shown_anew(context, address, f"muted:{silence.id}", [silence], silences=[silence])
    context.store.decisions.silence(address, silence, context.rows(posts))
    until = pages.muted(replace(silence, by=""), now, context.tz)
    what = f"{about.name} 在本频道" if about.rule is not None else f"{about.name} "
    return Answer(answers.sentence(f"{what}{until}，期间照常跟踪，升级也不发。取消：/curve unmute {command.target}"))


def unmute(context: Context, inbound: Inbound, command: Unmute) -> Answer:
    now, address = context.clock(), inbound.address
    held = context.store.decisions.silences(address, now)
    if not held:
        raise RefusedError("本频道没有静音")
    if not command.target:
        _end(context, address, held)
        return Answer(answers.sentence(f"已取消本频道的 {len(held)} 条静音", "ok"))
    about = target(context, address, command.target)
    mine = [s for s in held if _is_meant(s, about)]
    if not mine:
        raise RefusedError(f"{about.name} 没有静音，静音了哪些见 /curve alerts")
    _end(context, address, mine)
    return Answer(answers.sentence(f"已取消静音：{about.name}，仍未恢复的会再报", "ok"))


def _is_meant(silence: Silence, about: Target) -> bool:
    """Whether a silence is the one over what somebody names; of a run also those over its alerts, as they came from
    buttons, but not what was called a false alarm.
    """
    named = {"ref": silence.ref, "diagnosis": silence.diagnosis, "metric": silence.metric}
    of_its_alerts = about.incident is None and about.ref is not None and silence.ref == about.ref
    return named == _of(about) or (of_its_alerts and not silence.id.startswith("w"))


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
    if command.until in times.DAYS:  # the morning of the next such day
        ahead = (times.DAYS.index(command.until) - local.weekday() - 1) % 7 + 1
        return dt.datetime.combine(local.date() + dt.timedelta(days=ahead), _MORNING, tz).timestamp()
    if command.until != "tomorrow":
        at = dt.datetime.combine(local.date(), dt.time.fromisoformat(command.until), tz)
        return (at if at > local else at + dt.timedelta(days=1)).timestamp()
    # Who says "tomorrow morning" at two in the night means the morning that comes.
    day = local.date() if local.hour < 5 else local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, _MORNING, tz).timestamp()


def _of(about: Target) -> dict[str, str | None]:
    """What a silence over it names."""
    if about.incident is not None:
        diagnosis, metric = about.incident.identity
        return {"ref": about.ref, "diagnosis": diagnosis, "metric": metric}
    return {"ref": about.ref, "diagnosis": about.rule, "metric": None}
