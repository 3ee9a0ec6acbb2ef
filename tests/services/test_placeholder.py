"""An answer that takes a while is announced, and takes the place of what announced it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.address import Address
from bot.chats import Inbound
from bot.services import answering
from bot.store.inbox import Event
from tests.fakes.bot import BAD, CONFIG, REF, Bot, run


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    monkeypatch.setattr(answering, "FIRST_SIGN_S", 3600.0)  # the test says when it is time
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(BAD)
    yield made
    made.store.close()


def heard(bot: Bot, text: str = "r1", channel: str = "slack:C1", **inbound: Any) -> Event:
    event = bot.services.answering.receive(Inbound("e-slow", Address.parse(channel), text, **inbound))
    assert event is not None
    bot.services.answering.expect(event)
    return event


@pytest.mark.parametrize(("channel", "chart_under"), [("slack:C1", "m1"), ("feishu:oc_1", None)])
def test_the_answer_takes_the_place_of_the_placeholder(bot: Bot, channel: str, chart_under: str | None) -> None:
    event = heard(bot, channel=channel)
    chat = bot.slack if chart_under else bot.feishu

    bot.services.answering.announce([event])
    bot.deliver()
    assert chat.texts(channel) == [answering.PLACEHOLDER]
    bot.services.answering.answer(event)
    bot.deliver()

    (text,) = chat.texts(channel)
    assert "act-uot" in text and "floor" in text
    charts = [p for p in chat.shown.values() if p.chart is not None]
    assert [p.root_message_id for p in charts] == [chart_under]


def test_what_is_answered_at_once_is_not_announced(bot: Bot) -> None:
    event = heard(bot)
    bot.services.answering.answer(event)

    bot.services.answering.announce([event])
    bot.deliver()

    assert len(bot.slack.texts("slack:C1")) == 1 and bot.slack.edits == []


def test_a_placeholder_left_by_a_crash_is_replaced_after_the_restart(bot: Bot) -> None:
    bot.services.answering.announce([heard(bot)])
    bot.deliver()

    bot.restart()
    bot.take_up()

    (text,) = bot.slack.texts("slack:C1")
    assert "act-uot" in text


def test_an_answer_does_not_wait_for_a_placeholder_that_never_arrived(bot: Bot) -> None:
    bot.slack.refuse.add("slack:C1")
    event = heard(bot)
    bot.services.answering.announce([event])
    bot.deliver()
    bot.slack.refuse.clear()

    bot.services.answering.answer(event)
    bot.deliver()

    (text,) = bot.slack.texts("slack:C1")
    assert "act-uot" in text


def test_a_slash_command_shows_itself(bot: Bot) -> None:
    """And its answer may have to come through an address that can replace nothing."""
    bot.services.answering.announce([heard(bot, reply_url="https://hooks.slack.com/x")])
    bot.deliver()

    assert bot.slack.texts("slack:C1") == []


def test_where_the_bot_does_not_listen_nothing_is_announced(bot: Bot) -> None:
    bot.config["access"] = {"slack": {"channels": ["C9"]}}
    bot.restart()

    bot.services.answering.announce([heard(bot)])
    bot.deliver()

    assert bot.slack.texts("slack:C1") == []


def test_it_comes_by_itself(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "FIRST_SIGN_S", 0.0)
    announced: list[Event] = []
    monkeypatch.setattr(bot.services.answering, "announce", announced.extend)

    event = heard(bot)
    until = time.monotonic() + 60
    while not announced and time.monotonic() < until:
        time.sleep(0.01)

    assert announced[0] == event


def test_what_has_to_wait_is_announced_at_once_and_before_what_was_asked_earlier(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[Event] = []
    monkeypatch.setattr(bot.services.answering, "announce", announced.extend)
    heard(bot)

    event = bot.services.answering.receive(Inbound("e-waits", Address.parse("slack:C1"), "r1"))
    assert event is not None
    bot.services.answering.expect(event, waits=True)
    until = time.monotonic() + 60
    while not announced and time.monotonic() < until:
        time.sleep(0.01)

    assert announced == [event]


def test_questions_that_came_meanwhile_are_announced_together(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    go_on = threading.Event()

    def announce(events: Sequence[Event]) -> None:
        calls.append(len(events))
        assert go_on.wait(60)

    monkeypatch.setattr(bot.services.answering, "announce", announce)
    for n in range(10):
        event = bot.services.answering.receive(Inbound(f"e-{n}", Address.parse(f"slack:C{n}"), "r1"))
        assert event is not None
        bot.services.answering.expect(event, waits=True)
        until = time.monotonic() + 60
        while not calls and time.monotonic() < until:
            time.sleep(0.001)
    go_on.set()
    while sum(calls) < 10 and time.monotonic() < until:
        time.sleep(0.001)

    assert calls == [1, 9]


def test_who_is_heard_does_not_wait_while_an_answer_is_written(bot: Bot) -> None:
    event = bot.services.answering.receive(Inbound("e-1", Address.parse("slack:C1"), "r1"))
    assert event is not None
    hearing = threading.Thread(target=bot.services.answering.expect, args=(event,), daemon=True)

    with bot.services.answering._lock:
        hearing.start()
        hearing.join(60)
        assert not hearing.is_alive()
