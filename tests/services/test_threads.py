"""Dialogues in a thread: which run is meant there, and what people say to each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.model import Column, Run
from bot.address import Address
from bot.chats import Inbound
from bot.delivery import Delivery
from bot.render.text import render_text
from tests.fakes.bot import BAD, CAN, CONFIG, HEALTHY, REF, Bot, FakeChat, run


def test_in_the_thread_under_a_card_the_run_is_known(bot: Bot) -> None:
    bot.hear("/curve r1")

    assert "诊断" in bot.say("完整", root_message_id="m1", reply_to_message_id="m1")
    bot.hear("关注", root_message_id="m1", reply_to_message_id="m1")
    assert [w.ref for w in bot.store.watches()] == [REF]
    assert "已取关" in bot.say("不用盯了", root_message_id="m1", reply_to_message_id="m1")
    assert "没说是哪个 run" in bot.say("完整")  # elsewhere it has to be named
    assert "没说是哪个 run" in bot.say("完整", "slack:C2", root_message_id="m1")  # another channel's m1


def test_in_a_thread_that_people_began_the_last_run_is_meant(bot: Bot) -> None:
    bot.runs.runs["team/robot/64wxlc3y"] = run(HEALTHY, ref="team/robot/64wxlc3y", name="other")
    there = {"root_message_id": "171.1", "reply_to_message_id": "171.1"}
    bot.hear("看下 r1", **there)
    bot.hear("还有 64wxlc3y 呢", **there)

    bot.hear("盯一下", **there)

    assert [w.ref for w in bot.store.watches()] == ["team/robot/64wxlc3y"]


def test_in_the_thread_under_an_alert_the_run_is_known(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(BAD)
    for _ in range(3):
        bot.poll()
    opening = next(i for i, p in bot.slack.shown.items() if p.message is not None and "🔴" in render_text(p.message))

    assert "act-uot" in bot.say("还有救吗", root_message_id=opening)


def test_only_a_bare_command_is_overheard(bot: Bot) -> None:
    """In a thread of ours; what people say to each other is not even kept."""
    bot.hear("/curve r1")
    before = len(bot.slack.shown)
    for text in ("还有救吗", "完整地看了一遍，没问题", "谢谢", "我也想关注 r1 的 lr", "列表", "help"):
        bot.hear(text, root_message_id="m1", overheard=True)
    bot.hear("完整", root_message_id="m9", overheard=True)
    bot.hear("完整", overheard=True)
    assert len(bot.slack.shown) == before

    assert "诊断" in bot.say("完整", root_message_id="m1", reply_to_message_id="m1", overheard=True)


def test_a_terminal_is_one_thread_about_the_run_that_was_shown_last(bot: Bot) -> None:
    """Also where the next line comes before the answer to the last one was shown."""
    bot.runs.runs[REF] = run(BAD)
    said = [Inbound(f"e-{text}", Address("console", ""), text, direct=True) for text in ("看下 r1", "为什么")]
    for event in [bot.services.answering.receive(inbound) for inbound in said]:
        assert event is not None
        bot.services.answering.answer(event)
    console = FakeChat("console")
    delivery = Delivery(bot.store.outbox, {"console": console}, can=CAN, clock=bot.clock, chance=lambda: 0.5)
    delivery.drain_once(bot.clock.now)

    card, explained = console.texts("console:")
    assert "floor" in card and "怎么判断" in explained


def test_an_event_kept_by_an_older_version_is_answered_in_its_thread(bot: Bot) -> None:
    """The inbox of the version before last: other names, and one that is gone."""
    kept = {"event_id": "e-old", "channel": "slack:C1", "text": "help", "user": "U1", "thread": "171.2", "team": "T1"}
    bot.store.inbox.receive("slack", "e-old", kept, bot.clock.now)

    bot.restart()
    bot.take_up()

    assert len(bot.slack.texts("slack:C1", thread="171.2")) == 1


def test_in_the_thread_under_an_alert_that_alert_is_meant(bot: Bot) -> None:
    """Whatever else is open of its run, and unless something else is named."""
    two = {"thresholds": [*CONFIG["thresholds"], {"name": "roof", "metric": "train/loss", "above": 5, "for": 3}]}
    bot.config |= two | {"alerts": {"group_wait": "0s"}}
    bot.restart()
    bot.runs.runs[REF] = with_loss(HEALTHY, 1.0)
    bot.hear("watch r1")
    bot.poll()
    bot.runs.runs[REF] = with_loss(BAD, 1.0)
    bot.poll()
    bot.runs.runs[REF] = with_loss([*BAD, *[0.01] * 40], 9.0)
    bot.poll()
    found = {i.diagnosis: i for _, i in bot.store.incidents_at(Address.parse("slack:C1"))}
    floor, roof = (found[f"threshold:{name}"].number for name in ("floor", "roof"))
    root = next(r for r, p in bot.slack.shown.items() if p.message is not None and "roof" in p.message.title)
    there = {"root_message_id": root, "reply_to_message_id": root, "user_name": "张三"}

    assert f"张三认领了 #{roof}：" in bot.say("我来看", **there)
    assert f"#{roof} roof" in bot.say("静音两小时", **there)
    assert f"已取消静音：#{roof}" in bot.say("取消静音", **there)
    assert "train/loss" in bot.say("为什么", **there)
    assert f"#{floor} floor" in bot.say(f"静音 {floor} 号 2 小时", **there)
    assert bot.say("静音这个 run 到明早", **there).startswith("act-uot 静音到")
    assert "已取消静音：act-uot" in bot.say("取消静音", **there)
    assert f"已把 #{roof} 标为误报" in bot.say("误报", **there)


def with_loss(mass: list[float], last: float) -> Run:
    made = run(mass)
    loss = np.full(len(mass), 1.0)
    loss[-8:] = last
    columns = {**made.history.columns, "train/loss": Column(np.arange(len(mass)), loss)}
    return replace(made, history=replace(made.history, columns=columns))
