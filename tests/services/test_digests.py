"""Digests: when one is due, and what it says."""

from __future__ import annotations

from bot.render.text import render_text
from tests.fakes.bot import BAD, REF, Bot, run


def test_a_digest_is_posted_once_a_slot_even_over_a_restart(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(BAD)
    bot.poll()
    assert "每天 09:00" in bot.say("digest on 09:00")
    before = len(bot.slack.shown)

    bot.clock.now += 86_400.0
    bot.digests()
    bot.digests()
    bot.restart()
    bot.digests()

    new = list(bot.slack.shown.values())[before:]
    assert len(new) == 1 and new[0].message is not None
    text = render_text(new[0].message)
    assert "日报" in text and "act-uot" in text and "floor" in text

    bot.clock.now += 86_400.0
    bot.digests()
    assert len(bot.slack.shown) == before + 2

    assert "已关" in bot.say("digest off")
    bot.clock.now += 86_400.0
    bot.digests()
    assert len(bot.slack.shown) == before + 3


def test_a_digest_can_be_had_now(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.poll(1.0)

    assert "act-uot" in bot.say("日报 现在")


def test_a_changed_time_does_not_post_at_once(bot: Bot) -> None:
    bot.hear("digest on 09:00")
    bot.clock.now += 86_400.0
    bot.digests()
    before = len(bot.slack.shown)
    hour = int((bot.clock.now / 3600 + 8) % 24)
    bot.hear(f"digest on {(hour - 1) % 24}:00")  # this hour of today is over

    bot.digests()

    assert len(bot.slack.shown) == before + 1
