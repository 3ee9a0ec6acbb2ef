"""The command about the bot's own rules."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.diagnoses.configure import rules as all_rules
from bot.chats import Inbound
from bot.render import answers
from bot.services.commands.command import Answer
from bot.services.context import Context


@dataclass(frozen=True, slots=True)
class Help:
    """What the bot understands."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, or the one of this id or title."""

    wanted: str = ""


def rules(context: Context, inbound: Inbound, command: Rules) -> Answer:
    known = all_rules(context.settings.diagnoses)
    return Answer(answers.rules_page(known))
