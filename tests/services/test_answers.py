"""Dialogues: what people ask, and what the channel shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.address import Address
from bot.chats import Inbound
from bot.services.commands import table
from bot.sources import SeveralRunsError, SourceError
from tests.fakes.bot import BAD, HEALTHY, REF, Bot, run


@pytest.mark.parametrize("channel", ["slack:C1", "feishu:oc_1"])
def test_a_run_is_answered_with_a_card_and_a_chart(bot: Bot, channel: str) -> None:
    bot.runs.runs[REF] = run(BAD)
    chat = bot.slack if channel == "slack:C1" else bot.feishu

    text = bot.say("/curve r1", channel)

    assert "act-uot" in text and "floor" in text and "🔴" in text
    charts = [p for p in chat.shown.values() if p.chart is not None]
    assert len(charts) == 1
    assert charts[0].chart is not None and charts[0].chart.startswith(b"\x89PNG")
    if channel == "slack:C1":  # the chart is a message of its own right under it
        assert charts[0].root_message_id == "m1" and charts[0].message is None


@pytest.mark.parametrize("channel", ["slack:C1", "feishu:oc_1"])
@pytest.mark.parametrize("text", ["这个 run 咋样 r1.parquet", "看下 r1.parquet，loss 不对", "r1.parquet 怎么样了"])
def test_a_file_that_may_be_read_is_found_in_a_sentence(bot: Bot, channel: str, text: str) -> None:
    bot.runs.files["r1.parquet"] = REF

    assert "act-uot" in bot.say(text, channel)


def test_a_file_that_may_not_be_read_is_no_news(bot: Bot) -> None:
    assert "local.roots" not in bot.say("results.csv 我发你了")
    assert bot.runs.fetched == []


def test_a_repeated_event_is_answered_once(bot: Bot) -> None:
    for _ in range(3):
        bot.hear("/curve r1", event_id="same")

    assert len(bot.slack.texts("slack:C1")) == 1


def test_an_event_left_over_by_a_crash_is_answered_after_the_restart(bot: Bot) -> None:
    bot.services.answering.receive(Inbound("e-lost", Address("slack", "C1"), "help"))

    bot.restart()
    bot.take_up()

    assert len(bot.slack.texts("slack:C1")) == 1


def test_the_whole_report_comes_with_its_page_and_a_link(bot: Bot) -> None:
    bot.say("完整 r1")

    message = bot.slack.shown["m1"].message
    assert message is not None and message.file is not None
    assert "<html" in message.file.content
    link = next(b.url for b in message.buttons if b.url and b.url.startswith("https://bot.example/r/"))
    ref, page = bot.store.page(link.rsplit("/", 1)[-1]) or ("", b"")
    assert ref == REF and b"<html" in page


def test_a_command_for_admins_is_answered_in_their_channel_only(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = replace(table.parse("list").command, who="admin")
    monkeypatch.setattr(table, "parse", lambda text, **known: guarded.read(""))
    bot.config["admin"] = "slack:C0ADMIN"
    bot.restart()

    assert "admin" in bot.say("list")
    assert "还没有关注" in bot.say("list", "slack:C0ADMIN")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("/curve zzyzx", ["没找到叫“zzyzx”的 run", "例如 /curve"]),
        ("/curve hlep", ["没有“hlep”这个命令", "是不是 help？", "/curve help"]),
        ("wacth r1", ["是不是 watch？", "/curve watch"]),
        ("help", ["/curve full", "/curve watch"]),
        ("", ["/curve full"]),
        ("rules", ["ot-mass-collapse", "threshold:floor", "/curve rules grad-spike"]),
        ("规则 grad-spike", ["grad-spike", "grad norm", "ratio = 6 倍"]),
        ("rules threshold:floor", ["limit = 0.1（已改）", "配置文件的 thresholds"]),
        ("rules grad-spkie", ["是不是 grad-spike？"]),
        ("rules xyzzy", ["没有 xyzzy 这条规则", "/curve rules"]),
        ("list", ["还没有关注"]),
        ("unwatch r1", ["没有关注 r1"]),
        ("digest", ["没开日报"]),
    ],
)
def test_short_answers(bot: Bot, text: str, parts: list[str]) -> None:
    answer = bot.say(text)

    assert all(part in answer for part in parts), answer


@pytest.mark.parametrize("reason", ["forbidden", "rate_limited", "unreachable", "unreadable"])
def test_a_source_that_fails_says_why(bot: Bot, reason: Any) -> None:
    bot.runs.error = SourceError(reason, f"读不到，因为 {reason}。")

    assert f"因为 {reason}" in bot.say(f"/curve {REF}")


@pytest.mark.parametrize("reason", ["forbidden", "rate_limited", "unreachable", "unreadable", "refused"])
def test_who_only_talks_is_not_told_about_keys_and_servers(bot: Bot, reason: Any) -> None:
    bot.runs.error = SourceError(reason, "没有配置 WANDB_API_KEY，读不了 W&B，检查网络。")

    for text in ("baseline", "帮我看下 exp-12 咋样", "full act", "谢谢", "hlep", "今天吃啥"):
        said = bot.say(text)
        assert not any(word in said for word in ("WANDB", "W&B", "网络", "配置", "文件")), (text, said)
    assert "不是命令，也没能按名字查到" in bot.say("baseline")


def test_the_name_of_a_watched_run_is_known_in_a_sentence(bot: Bot) -> None:
    bot.runs.runs[REF] = run(HEALTHY, name="实验二 baseline")
    bot.hear("watch r1")
    bot.poll(1.0)

    bot.hear("实验二 Baseline 现在咋样了")

    assert bot.runs.fetched[-1] == REF


def test_more_than_one_run_of_a_name_is_told(bot: Bot) -> None:
    bot.runs.error = SeveralRunsError("team/robot 里不止一个 run 叫“act”，请写 run_id：r1、r2")

    assert "请写 run_id" in bot.say("act")


def test_a_bug_is_a_number_in_the_chat_and_a_traceback_in_the_log(bot: Bot) -> None:
    bot.runs.error = RuntimeError("secret detail")

    answer = bot.say("/curve r1")

    assert "内部错误" in answer and "编号" in answer
    assert "secret" not in answer and "RuntimeError" not in answer
    assert bot.metrics.registry.get_sample_value("curvebot_bugs_total", {"where": "command"}) == 1


def test_an_unknown_run_is_compared_with_the_watched_ones(bot: Bot) -> None:
    bot.runs.runs["team/robot/64wxlc3y"] = run(HEALTHY, ref="team/robot/64wxlc3y")
    bot.hear("watch 64wxlc3y")

    assert "是不是 team/robot/64wxlc3y？" in bot.say("/curve 64wxlc3v")


def test_an_unknown_run_is_compared_with_those_of_its_project(bot: Bot) -> None:
    bot.runs.runs["team/robot/64wxlc3y"] = run(HEALTHY, ref="team/robot/64wxlc3y")

    assert "是不是 team/robot/64wxlc3y？" in bot.say("/curve 64wxlc3v")
    assert "是不是" not in bot.say("/curve team/other/64wxlc3v")
