"""Commands about one run: its diagnosis, its whole report."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.chats import Inbound
from bot.render import card as pages
from bot.render import html
from bot.render.message import Button
from bot.services.commands.command import Answer
from bot.services.commands.targets import open_here
from bot.services.context import Context


@dataclass(frozen=True, slots=True)
class Card:
    """The diagnosis of a run. `target`: as typed."""

    target: str


@dataclass(frozen=True, slots=True)
class Full:
    """The whole report of a run. `target`: as typed."""

    target: str


def parse_full(rest: str) -> Full:
    if not rest:
        raise ValueError("没说是哪个 run")
    return Full(rest)


def card(context: Context, inbound: Inbound, command: Card) -> Answer:
    runs = context.runs
    run = runs.beside_peers(runs.asked(command.target))
    report = runs.report(run, inbound.address)
    told = pages.card(report, context.tz, runs.notes(run.ref, context.clock()))
    act = _act(context, inbound, run.ref)
    told = replace(told, buttons=(*act, *told.buttons), plot=runs.plot(run, report))
    return Answer(told, runs.chart(run, report), about=run.ref)


def _act(context: Context, inbound: Inbound, ref: str) -> tuple[Button, ...]:
    """What this channel can do about the alerts of the run that are open here."""
    open_ = open_here(context, inbound.address, ref)
    if not open_:
        return ()
    take = () if all(i.owner for i in open_) else (Button("认领", command=f"/curve ack {ref}"),)
    return (*take, Button("静音 2h", command=f"/curve mute {ref} 2h"))


def full(context: Context, inbound: Inbound, command: Full) -> Answer:
    runs = context.runs
    run = runs.beside_peers(runs.asked(command.target))
    report = runs.report(run, inbound.address)
    chart = runs.chart(run, report)
    page = html.page(run, report, chart, context.tz)
    message = pages.full(report, page, context.tz, runs.notes(run.ref, context.clock()))
    link = context.pages.keep(page, run.ref)
    if link is not None:
        message = replace(message, buttons=(*message.buttons, Button("网页版报告", url=link)))
    return Answer(message, chart, about=run.ref)
