"""The command about a channel's digest: on, off, now, or how it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot import times
from bot.address import Address
from bot.chats import Inbound
from bot.render import answers
from bot.services import digests, glances
from bot.services.commands import grammar
from bot.services.commands.command import Answer
from bot.services.context import Context


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """When there is one, if at all."""


@dataclass(frozen=True, slots=True)
class DigestOn:
    """`at`: HH:MM. `days`: APScheduler day_of_week. None: as it is, and without one 09:00 every day."""

    at: str | None = None
    days: str | None = None


@dataclass(frozen=True, slots=True)
class DigestOff:
    """None from now on."""


@dataclass(frozen=True, slots=True)
class DigestNow:
    """One of the last day, at once."""


Digest = DigestStatus | DigestOn | DigestOff | DigestNow


def parse_digest(rest: str) -> Digest:
    """Nothing, `on [09:00] [weekdays]`, `off`, `now`, or a time alone."""
    words = re.findall(r"开启|打开|关闭|立即|马上|现在|工作日|每天|周末|开|关|[^\s开关]+", rest)
    if not words:
        return DigestStatus()
    verb = words[0].lower()
    if verb in grammar.OFF:
        return DigestOff()
    if verb in grammar.NOW:
        return DigestNow()
    on = verb in grammar.ON
    at = days = None
    for word in words[1:] if on else words:
        moment = grammar.time_of_day(word)
        try:
            if moment[0].isdigit():
                at = times.clock(moment).strftime("%H:%M")
            elif on or len(words) > 1:
                days = times.days_of_week(moment)
            else:
                raise ValueError(f"“{word}”不是 on、off 或 now")
        except ValueError as error:
            raise ValueError(f"日报：{error}") from None
    return DigestOn(at, days)


def asked(rest: str) -> str:
    """`把日报改成工作日 09:30`, as a question says it."""
    wanted = parse_digest(rest)
    if not isinstance(wanted, DigestOn):
        return "停掉日报"
    days = glances.days(wanted.days) if wanted.days else ""
    return f"把日报设成{' '.join(filter(None, (days, wanted.at)))}" if wanted.at or days else "开日报"


def digest(context: Context, inbound: Inbound, command: Digest) -> Answer:
    address, now = inbound.address, context.clock()
    match command:
        case DigestStatus():
            return Answer(answers.sentence(_status(context, address)))
        case DigestOn():
            return Answer(answers.sentence(_switch_on(context, address, command, now)))
        case DigestOff():
            was_on = context.store.digests.remove(address)
            return Answer(answers.sentence("日报已关" if was_on else "这里没开日报"))
        case DigestNow():
            return Answer(digests.message(context, address, since=now - digests.DAY_S))


def _status(context: Context, address: Address) -> str:
    found = context.store.digests.at(address)
    if found is None:
        return "这里没开日报。要开：/curve digest on 09:00；现在看一份：/curve digest now"
    return f"日报：{glances.when(found)}。关掉：/curve digest off；现在看一份：/curve digest now"


def _switch_on(context: Context, address: Address, command: DigestOn, now: float) -> str:
    old = context.store.digests.at(address)
    at = command.at or (old.at if old is not None else "09:00")
    days = command.days or (old.days if old is not None else "*")
    if old is not None and (old.at, old.days) != (at, days):
        context.store.digests.remove(address)  # a new time counts from now on, not from the last one posted
    new = context.store.digests.set(address, at=at, days=days, timezone=str(context.tz), origin="chat", now=now)
    return f"{'日报已开' if old is None else '日报已改'}：{glances.when(new)}"
