"""Commands about the bot itself: its rules. (Help is in the table it lists.)"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.diagnoses.configure import rules as all_rules
from bot.chats import Inbound
from bot.render import answers
from bot.render.message import Button
from bot.services.commands.command import EXAMPLE_RUN, Answer
from bot.services.context import Context

THANKED = "不客气"  # an opening that is an answer by itself


@dataclass(frozen=True, slots=True)
class Help:
    """What the bot understands."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Neither run nor command. `opening`: what is said before, to somebody who only was polite."""

    opening: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What changes something may be wanted, but was not said clearly. `commands`: what each does, and itself."""

    commands: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, or one. `wanted`: its id or title; empty: all."""

    wanted: str = ""


def hint(context: Context, inbound: Inbound, command: Hint) -> Answer:
    """One line, for whoever only talks."""
    if command.opening == THANKED:
        return Answer(answers.sentence(command.opening))
    line = f"我看训练曲线：发 run 链接或 run_id 就行，例如 /curve {EXAMPLE_RUN}；能做什么发 help"
    return Answer(answers.sentence(f"{command.opening}{line}"))


def ask(context: Context, inbound: Inbound, command: Ask) -> Answer:
    """A question that a press answers: nothing is done on a guess."""
    wanted = "，还是".join(what for what, _ in command.commands)
    end = "" if len(command.commands) > 1 else "吗"
    question = f"先没动，要{wanted}{' ' if end and wanted[-1].isascii() else ''}{end}？"
    buttons = tuple(Button(what, command=typed) for what, typed in command.commands)
    footer = f"要的话点一下，或发 {' 或 '.join(typed for _, typed in command.commands)}"
    return Answer(replace(answers.sentence(question, buttons=buttons), footer=footer))


def rules(context: Context, inbound: Inbound, command: Rules) -> Answer:
    known = all_rules(context.settings.diagnoses)
    if not command.wanted:
        return Answer(answers.rules_page(known))
    return Answer(answers.rule_page(named(known, command.wanted, listing="/curve rules")))


def named(rules: Sequence[Mapping[str, Any]], wanted: str, *, listing: str) -> Mapping[str, Any]:
    """The rule of this id or title. Raises ValueError, which names the nearest one, or the command that lists all."""
    by_name = {rule[key].lower(): rule for key in ("title", "id") for rule in rules}
    found = by_name.get(wanted.lower())
    if found is None:
        near = difflib.get_close_matches(wanted.lower(), by_name, n=1, cutoff=0.5)
        hint = f"是不是 {by_name[near[0]]['id']}？" if near else f"全部见 {listing}"
        raise ValueError(f"没有 {wanted} 这条规则，{hint}")
    return found
