"""What was accepted is answered, or said not to be: over database errors, bugs and dead processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.address import Address
from bot.chats import Inbound
from bot.services.services import Services
from bot.store.inbox import TAKEN_S, Event, Inbox
from bot.store.store import Store
from tests.fakes.bot import BAD, CONFIG, REF, Bot, run

C1 = "slack:C1"


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(BAD)
    yield made
    made.store.close()


def heard(bot: Bot, text: str = "help", services: Services | None = None) -> Event:
    event = (services or bot.services).answering.receive(Inbound("e-1", Address.parse(C1), text))
    assert event is not None
    return event


def away(*_: Any, **__: Any) -> Any:
    raise OperationalError("UPDATE", {}, Exception("database is locked"))


def test_an_answer_that_could_not_be_stored_is_stored_later_and_not_worked_out_again(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = heard(bot, "note r1 12/20 @5000")
    with monkeypatch.context() as broken:
        broken.setattr(Inbox, "finish", away)
        bot.services.answering.answer(event)
        with pytest.raises(OperationalError):
            bot.services.answering.take_up()
    bot.clock.now += 5
    bot.take_up()
    bot.clock.now += 10 * TAKEN_S
    bot.take_up()

    assert len(bot.slack.texts(C1)) == 1
    assert len(bot.store.decisions.notes(REF)) == 1


def test_a_command_whose_database_was_away_is_answered_later(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    event = heard(bot)
    with monkeypatch.context() as broken:
        broken.setattr(Store, "watches", away)
        bot.services.answering.answer(event)
    bot.deliver()
    assert bot.slack.texts(C1) == []

    bot.clock.now += TAKEN_S
    bot.take_up()

    (text,) = bot.slack.texts(C1)
    assert "/curve" in text and "内部错误" not in text


def test_a_dead_replica_strands_nothing(bot: Bot) -> None:
    """Another one takes over what it had accepted, while it may not touch what a live one is at."""
    heard(bot)
    other = Bot(bot.folder, CONFIG)  # starts, and so frees what was leased: as on SQLite
    other.store.inbox.hold([("slack", "e-1")], bot.clock.now)
    other.take_up()
    assert other.slack.texts(C1) == []

    other.clock.now += TAKEN_S
    other.take_up()
    other.store.close()

    assert len(other.slack.texts(C1)) == 1


def test_who_lives_keeps_what_waits(bot: Bot) -> None:
    heard(bot)
    for _ in range(20):
        bot.clock.now += TAKEN_S / 2
        assert bot.services.answering.take_up() == []


def test_after_three_tries_it_is_said_once(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    heard(bot, "r1")
    with monkeypatch.context() as broken:
        broken.setattr("bot.services.answering.Answering._answer", away)
        for _ in range(6):
            bot.restart()
            bot.take_up()
    bot.clock.now += 10 * TAKEN_S
    bot.restart()
    bot.take_up()

    (text,) = bot.slack.texts(C1)
    assert "没能答上" in text and "已记录" in text


def test_what_comes_hours_late_is_not_answered_but_told(bot: Bot) -> None:
    heard(bot, "watch r1")
    bot.clock.now += 3 * 3600
    bot.restart()
    bot.take_up()

    (text,) = bot.slack.texts(C1)
    assert "再发一次" in text
    assert bot.store.watches() == []
