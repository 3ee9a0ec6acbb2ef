"""What a command is: one record. All that is said of commands anywhere is derived from these records."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bot.chats import Inbound
from bot.render.message import Message
from bot.services.context import Context
from bot.services.refusals import UsageError

EXAMPLE_RUN = "team/robot/64wxlc3y"
OTHER_RUN = "team/robot/7h3kq2ab"
Group = Literal["查一次", "盯着看", "处理告警", "其他"]
# What stands behind a command's word. `run`: one, `runs`: several, `incident`: a number, a rule or a run.
# Whoever leaves it out in the thread of a run means that run.
Takes = Literal["nothing", "run", "runs", "incident"]
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody who asked is told."""

    message: Message
    chart: bytes | None = None  # PNG
    about: str | None = None  # reference of the run it is about: who answers in its thread need not name it


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[C]):
    """A command whose words come in as a `C`, a frozen value of its own."""

    name: str  # its English word; empty: no word, a run alone
    aliases: tuple[str, ...] = ()  # Chinese words, the usual one first
    usage: str  # every form, as documents show it: `watch <run> [every 5m]`
    example: str  # one form, `<run>` and `<other>` where runs stand; for help, refusals and near misses
    about: str  # one Chinese line for help; empty: not listed there
    group: Group = "其他"
    parse: Callable[[str], C]  # what stands behind the word; ValueError: a Chinese clause that says what is wrong
    answer: Callable[[Context, Inbound, C], Answer]  # raises RefusedError, SourceError, ValueError: a sentence each
    who: Literal["anyone", "admin"] = "anyone"  # admin: only at the address of the configuration's `admin`
    takes: Takes = "nothing"
    reads: bool = True  # whether it may have to read runs, which can take long
    asks: Callable[[str], str] | None = None  # what it would do, for a question; None: its Chinese word and the rest
    hint: bool = False  # among the few that a platform shows while one types

    @property
    def typed(self) -> str:
        """The example as somebody would type it."""
        return f"/curve {self.example}".replace("<run>", EXAMPLE_RUN).replace("<other>", OTHER_RUN)

    @property
    def line(self) -> str:
        """Its line of help."""
        alias = f"（{self.aliases[0]}）" if self.aliases else ""
        return f"/curve {self.example}{alias}　{self.about}"

    @property
    def shortest(self) -> str:
        """Its usage without what may be left out."""
        return re.sub(r"\s*\[.*\]", "", self.usage)

    def question(self, rest: str) -> str:
        """What it would do with what stands behind its word, as a question says it: `认领 #3`."""
        first, space, more = rest.partition(" ")
        numbered = re.fullmatch(r"\d+(?:,\d+)*", first) is not None
        about = "、".join(f"#{n}" for n in first.split(",")) if numbered else first.rsplit("/", 1)[-1]
        return (self.asks or f"{(*self.aliases, self.name)[0]} {{}}".format)(f"{about}{space}{more}").strip()

    def read(self, rest: str) -> Request[C]:
        """What stands behind the word, understood. Raises UsageError."""
        try:
            return Request(self, self.parse(rest))
        except ValueError as error:
            raise UsageError(f"{error}，例如 {self.typed}") from None


@dataclass(frozen=True, slots=True)
class Request(Generic[C]):
    """A command that was understood: its record, and what it says."""

    command: Command[C]
    value: C

    def answer(self, context: Context, inbound: Inbound) -> Answer:
        return self.command.answer(context, inbound, self.value)
