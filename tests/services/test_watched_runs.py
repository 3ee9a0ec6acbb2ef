"""The life of a watch: a run goes wrong, gets worse, recovers, ends, or cannot be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.render.text import render_text
from bot.sources import SourceError
from tests.fakes.bot import BACK, BAD, CONFIG, HEALTHY, REF, Bot, run


def test_a_watched_run_that_goes_wrong_is_told_once_then_worse_then_better(bot: Bot) -> None:
    assert "每 5 分钟" in bot.say("/curve watch r1 every 5m")
    assert "关注 1 个" in bot.say("list")
    bot.poll()
    assert len(bot.slack.texts("slack:C1")) == 2  # the two answers: a healthy run is no news

    bot.runs.runs[REF] = run(BAD)
    for _ in range(3):
        bot.poll()

    alert = bot.slack.texts("slack:C1")[2:]
    assert len(alert) == 1
    assert "🔴" in alert[0] and "floor" in alert[0] and "第 1600 步" in alert[0]
    first = "\n".join(alert[0].splitlines()[:2])
    assert not any(word in first for word in ("恢复", "解除", "resolved"))
    assert "未结" in bot.say("list")
    opening = next(
        i
        for i, p in bot.slack.shown.items()
        if p.message is not None and "🔴" in render_text(p.message) and p.root_message_id is None
    )

    bot.runs.runs[REF] = run(BACK)
    for _ in range(3):
        bot.poll()

    assert "已恢复" in render_text(bot.slack.shown[opening].message).splitlines()[0]  # type: ignore[arg-type]
    told = bot.slack.texts("slack:C1", thread=opening)
    assert len(told) == 1 and "已恢复" in told[0].splitlines()[0]


def test_both_destinations_hear_it_once_each(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.hear("关注 r1", "feishu:oc_1")
    bot.runs.runs[REF] = run(BAD)

    for _ in range(3):
        bot.poll()

    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1
    assert sum("🔴" in t for t in bot.feishu.texts("feishu:oc_1")) == 1


def test_state_survives_a_restart_and_nothing_is_said_twice(bot: Bot) -> None:
    bot.hear("watch r1 every 1m")
    bot.poll()
    bot.runs.runs[REF] = run(BAD)
    bot.clock.now += 60
    bot.services.watching.poll(bot.store.lease_due(bot.clock.now, lease_s=60, places=50))  # held: waits for its group

    bot.restart()
    bot.poll()
    bot.restart()
    bot.poll()

    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1
    assert "关注 1 个" in bot.say("list")


def test_an_answer_is_not_lost_between_state_and_sending(bot: Bot) -> None:
    """The process dies after the poll is committed and before anything is sent."""
    bot.hear("watch r1")
    bot.poll(1.0)
    bot.runs.runs[REF] = run(BAD)
    for later in (301.0, 31.0):  # the poll, then the end of the group's wait
        bot.clock.now += later
        bot.services.watching.poll(bot.store.lease_due(bot.clock.now, lease_s=60, places=50))
    assert not any("🔴" in t for t in bot.slack.texts("slack:C1"))

    bot.restart()
    bot.deliver()

    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1


def test_a_run_that_ends_with_an_open_fault_closes_with_one_summary(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(BAD)
    bot.poll()
    bot.runs.runs[REF] = run(BAD, state="finished")
    for _ in range(5):
        bot.poll(900.0)

    opening = next(
        i
        for i, p in bot.slack.shown.items()
        if p.message is not None and "🔴" in render_text(p.message) and p.root_message_id is None
    )
    thread = bot.slack.texts("slack:C1", thread=opening)
    assert len(thread) == 1
    assert "未解决" in thread[0] and "已恢复" not in thread[0]
    assert "任务结束时仍未解决" in render_text(bot.slack.shown[opening].message)  # type: ignore[arg-type]


def test_a_run_that_breaks_off_and_comes_back_is_looked_at_as_before(bot: Bot) -> None:
    bot.hear("watch r1 every 1m")
    bot.runs.runs[REF] = replace(run(HEALTHY, state="crashed"), heartbeat_at=bot.clock.now)
    bot.poll(65.0)
    bot.runs.runs[REF] = run(BAD)

    bot.poll(60.0 + 30.0 + 2.0)  # the interval, group_wait, and a little

    assert sum("floor" in t for t in bot.slack.texts("slack:C1")) == 1


def test_a_run_that_ended_long_ago_is_let_go(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(HEALTHY, state="finished")

    bot.poll(2 * 86_400.0)

    assert [w.state for w in bot.store.watches()] == ["ended"]


def test_a_finished_run_is_not_watched(bot: Bot) -> None:
    bot.runs.runs[REF] = run(HEALTHY, state="finished")

    assert "已经结束" in bot.say("watch r1")
    assert bot.store.watches() == []


def test_unwatch_by_any_of_its_names(bot: Bot) -> None:
    for name in (REF, "r1", "act-uot"):
        bot.hear("watch r1")
        bot.poll(1.0)
        assert "已取关" in bot.say(f"unwatch {name}")
        assert bot.store.watches() == []


def test_a_filter_watches_what_runs_now_and_later(bot: Bot) -> None:
    bot.runs.runs["team/robot/a"] = run(HEALTHY, ref="team/robot/a", tags=("prod",), name="run-a")
    assert "1 个在跑" in bot.say("watch team/robot?tag=prod")
    bot.poll()

    bot.runs.runs["team/robot/b"] = run(BAD, ref="team/robot/b", tags=("prod",), name="run-b")
    for _ in range(3):
        bot.poll()

    alerts = [t for t in bot.slack.texts("slack:C1") if "🔴" in t]
    assert len(alerts) == 1 and "run-b" in alerts[0]
    assert "取关" in bot.say("unwatch b")
    assert "已取关" in bot.say("unwatch team/robot?tag=prod")
    assert bot.store.watches() == []


def test_a_run_that_cannot_be_read_is_told_to_the_admin_once(tmp_path: Path) -> None:
    bot = Bot(tmp_path, {"admin": "feishu:oc_admin"})
    bot.runs.runs[REF] = run(HEALTHY)
    bot.hear("watch r1 every 1m")
    bot.poll(1.0)
    bot.runs.error = SourceError("unreachable", "连不上 W&B。")

    bot.poll(20 * 60.0)

    assert [t for t in bot.slack.texts("slack:C1") if "连不上" in t] == []
    told = bot.feishu.texts("feishu:oc_admin")
    assert len(told) == 1 and "连续 3 次读不到" in told[0] and "连不上 W&B" in told[0]
    assert "连不上 W&B" in bot.say("list")

    bot.runs.error = None
    bot.poll(2 * 3600.0)
    assert bot.store.watches()[0].failures == 0
    bot.store.close()


def test_configured_watches_come_and_go_with_the_configuration(tmp_path: Path) -> None:
    bot = Bot(tmp_path, CONFIG | {"watch": {"runs": [{"run": "r1", "to": ["slack:C1", "feishu:oc_1"]}]}})
    bot.runs.runs[REF] = run(BAD)
    bot.poll()
    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1
    assert sum("🔴" in t for t in bot.feishu.texts("feishu:oc_1")) == 1
    bot.hear("watch other")

    bot.config.pop("watch")
    bot.restart()

    assert bot.store.watches() == []
    bot.store.close()


def end_of(bot: Bot) -> list[str]:
    return [text for text in bot.slack.texts("slack:C1") if "已结束：" in text.splitlines()[0]]


@pytest.mark.parametrize("text", ["watch r1 end", "watch r1 every 5m end", f"{REF} 跑完喊我一声", "关注 r1 跑完叫我"])
def test_who_asks_for_it_hears_once_that_a_run_has_ended(bot: Bot, text: str) -> None:
    assert "出问题、跑完都在这里说" in bot.say(text)
    bot.poll()
    assert end_of(bot) == []

    bot.runs.runs[REF] = run([*HEALTHY, 1.0], state="finished")
    for _ in range(3):
        bot.poll(1800)
    bot.restart()
    bot.poll(1800)

    (told,) = end_of(bot)
    assert told.startswith("🟢 act-uot 已结束：") and "1500 步" in told


def test_the_end_of_a_run_is_told_after_the_quiet_hours(tmp_path: Path) -> None:
    bot = Bot(tmp_path, CONFIG | {"alerts": {"quiet_hours": "10:00-12:00"}})
    bot.runs.runs[REF] = run(HEALTHY)
    bot.say("watch r1 end")
    bot.poll()
    bot.runs.runs[REF] = run([*HEALTHY, 1.0], state="finished")
    bot.poll()
    assert end_of(bot) == []

    bot.poll(2 * 3600)

    assert len(end_of(bot)) == 1
    bot.store.close()


def test_the_end_of_a_run_that_nobody_asked_for_is_no_news(bot: Bot) -> None:
    bot.say("watch r1")
    bot.poll()
    bot.runs.runs[REF] = run([*HEALTHY, 1.0], state="finished")
    bot.poll(1800)

    assert end_of(bot) == []
