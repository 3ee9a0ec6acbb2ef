"""A run of millions of rows: first how far the read is and the newest values, then the answer in their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.history import from_records
from bot.address import Address
from bot.chats import Inbound
from bot.services import answering
from bot.sources import Progress, StillReadingError
from bot.store.inbox import Event
from tests.fakes.bot import BAD, CONFIG, REF, Bot, run

NEWEST = from_records([{"_step": 999_999, "train/loss": 0.312, "eval/loss": 0.4}])


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    monkeypatch.setattr(answering, "FIRST_SIGN_S", 3600.0)  # the test says when it is time
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(BAD)
    reads(made, 0)
    yield made
    made.store.close()


def reads(bot: Bot, rows: int | None) -> None:
    """So many rows of a million are there; None: all."""
    about = replace(run(BAD), history=NEWEST)
    bot.runs.error = None if rows is None else StillReadingError(Progress(rows, 1_000_000, about))


def ask(bot: Bot, channel: str, **more: Any) -> Event:
    event = bot.services.answering.receive(Inbound("e-long", Address.parse(channel), "r1", **more))
    assert event is not None
    bot.services.answering.expect(event)
    return event


def go_on(bot: Bot, rows: int | None) -> None:
    reads(bot, rows)
    bot.take_up()
    bot.deliver()


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("channel", ["slack:C1", "feishu:oc_1"])
def test_the_answer_takes_the_place_of_progress(bot: Bot, channel: str, announced: bool) -> None:
    chat = bot.slack if channel.startswith("slack") else bot.feishu
    event = ask(bot, channel)
    if announced:
        bot.services.answering.announce([event])
        bot.deliver()

    bot.services.answering.answer(event)
    bot.deliver()
    (text,) = chat.texts(channel)
    assert "act-uot 数据很多，已读 0/100 万行" in text
    assert "0.312" in text and "最优" not in text

    go_on(bot, 400_000)
    (text,) = chat.texts(channel)
    assert "已读 40 万/100 万行" in text

    go_on(bot, None)
    (text,) = chat.texts(channel)
    assert "floor" in text and "已读" not in text
    asked = len(bot.runs.fetched)
    bot.take_up()  # it is answered
    assert len(bot.runs.fetched) == asked


def test_it_is_told_only_when_it_got_on(bot: Bot) -> None:
    bot.services.answering.answer(ask(bot, "slack:C1"))
    for _ in range(3):
        go_on(bot, 0)

    assert bot.slack.edits == []


def test_a_slash_command_gets_one_message_and_the_answer(bot: Bot) -> None:
    bot.services.answering.answer(ask(bot, "slack:C1", reply_url="https://hooks.slack.com/x"))
    go_on(bot, 400_000)
    go_on(bot, None)

    first, last = bot.slack.texts("slack:C1")
    assert "读完后再发正式答复" in first
    assert "floor" in last


def test_after_a_restart_it_is_asked_again(bot: Bot) -> None:
    bot.services.answering.answer(ask(bot, "slack:C1"))
    bot.deliver()
    bot.restart()
    bot.take_up()
    go_on(bot, None)

    (text,) = bot.slack.texts("slack:C1")
    assert "floor" in text


def test_a_read_that_fails_is_said(bot: Bot) -> None:
    bot.services.answering.answer(ask(bot, "slack:C1"))
    bot.deliver()
    bot.runs.error = None
    bot.runs.runs.clear()
    bot.take_up()
    bot.deliver()

    (text,) = bot.slack.texts("slack:C1")
    assert "没找到" in text
