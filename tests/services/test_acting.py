"""Dialogues in which a team acts on what it was told: takes, silences, corrects, asks why. On each chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.model import Run
from bot.address import Address
from bot.render.message import Message
from bot.render.text import render_text
from tests.fakes.bot import BACK, BAD, CONFIG, HEALTHY, REF, START, Bot, run

CHANNELS = ("slack:C1", "feishu:oc_1")
PERSON = {"user": "U0ABC1234", "user_name": "张三"}


@pytest.fixture(scope="module")
def told_bot(tmp_path_factory: pytest.TempPathFactory) -> Bot:
    made = Bot(tmp_path_factory.mktemp("told"), CONFIG)
    made.runs.runs[REF] = run(HEALTHY)
    for channel in CHANNELS:
        made.say("watch r1", channel)
    made.poll()
    made.runs.runs[REF] = run(BAD)
    made.poll()
    made.poll()
    made.store.close()
    return made


@pytest.fixture
def bot(told_bot: Bot, tmp_path: Path) -> Iterator[Bot]:
    """Two channels watch a run that has gone bad, and were told."""
    made = told_bot.copied(tmp_path)
    yield made
    made.store.close()


def opening(bot: Bot, channel: str) -> Message:
    """The message in which the channel was told, as it reads now."""
    chat = bot.slack if channel.startswith("slack") else bot.feishu
    found = [p.message for p in chat.shown.values() if str(p.address) == channel and p.message is not None]
    return next(message for message in found if message.subtitle.startswith("#1"))


def told(bot: Bot, channel: str = "slack:C1") -> str:
    return render_text(opening(bot, channel))


def commands(bot: Bot, channel: str = "slack:C1") -> list[str]:
    return [b.command for b in opening(bot, channel).buttons if b.command is not None]


def gradients(values: list[float], **facts: Any) -> Run:
    made = run(values, **facts)
    column = made.history.columns["train/mass"]
    return replace(made, history=replace(made.history, columns={"train/grad_norm": column}))


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_alert_says_what_can_be_done_about_it(bot: Bot, channel: str) -> None:
    assert commands(bot, channel) == [
        "/curve ack 1",
        "/curve mute 1 2h",
        "/curve mute 1 tomorrow",
        "/curve mute 1 run",
        "/curve wrong 1",
        f"/curve full {REF}",
    ]
    assert "先查原因" in told(bot, channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_who_takes_an_alert_is_shown_wherever_it_was_posted(bot: Bot, channel: str) -> None:
    assert "张三认领了 #1" in bot.say("认领 1", channel, **PERSON)

    for each in CHANNELS:
        assert "#1 · 张三已认领" in told(bot, each)
        assert "/curve ack 1" not in commands(bot, each)
    assert "已由张三认领" in bot.say("ack #1", channel, user_name="李四")
    assert "张三已认领" in bot.say("alerts", channel)


def test_a_name_that_the_event_does_not_tell_is_asked_for(bot: Bot) -> None:
    bot.names["ou_wang"] = "王五"

    assert "王五认领了 #1" in bot.say("认领 1", "feishu:oc_1", user="ou_wang")


def test_nobody_loses_an_alert_to_a_poll_at_the_same_time(bot: Bot) -> None:
    """A poll writes what it read before somebody took the incident."""
    address = Address.parse("slack:C1")
    watch, stale = bot.store.incidents_at(address)[0]
    bot.say("ack 1", **PERSON)
    leased = bot.store.lease_due(bot.clock.now + 900, lease_s=60, places=50)
    mine = next(w for w in leased if w.id == watch.id)
    bot.store.commit_poll(mine, now=bot.clock.now, due_at=bot.clock.now + 300, rows=36, step=1, incidents=[stale])

    assert bot.store.incidents_at(address)[0][1].owner == "张三"


@pytest.mark.parametrize(("text", "part"), [("认领", "张三认领了 #1"), ("误报", "已把 #1 标为误报")])
def test_who_names_no_alert_means_the_only_one(bot: Bot, text: str, part: str) -> None:
    assert part in bot.say(text, **PERSON)


def test_of_several_alerts_one_has_to_be_named(bot: Bot) -> None:
    bot.runs.runs["team/robot/r2"] = run(HEALTHY, ref="team/robot/r2", name="other")
    bot.say("watch team/robot/r2")
    bot.poll()
    bot.runs.runs["team/robot/r2"] = run(BAD, ref="team/robot/r2", name="other")
    bot.poll()
    bot.poll()

    answer = bot.say("这个误报了", **PERSON)

    assert "这里有 2 条未结的告警（#1 " in answer and "/curve wrong 1" in answer


def test_what_may_not_be_wanted_is_asked_and_not_done(bot: Bot) -> None:
    answer = bot.say("如果没人管，1 号我认领", **PERSON)

    assert "先没动，要认领 #1 吗？" in answer and "/curve ack 1" in answer
    assert "张三认领了 #1" in bot.say("/curve ack 1", **PERSON)


def test_the_last_false_alarm_is_taken_back_without_its_number(bot: Bot) -> None:
    bot.say("误报 1", **PERSON)

    assert "已撤销 #1 的误报标记" in bot.say("撤销刚才的误报", **PERSON)
    assert "没有标为误报的告警" in bot.say("撤销刚才的误报", **PERSON)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ack 99", ["没有 #99", "/curve alerts"]),
        ("mute 2x", ["2x 不是这里关注的 run"]),
        ("mute 1 2x", ["“2x”不是时长"]),
        ("mute 1 2s", ["1m 到 30d"]),
        ("mute act-uto 2h", ["不是这里关注的 run", "是不是 act-uot？"]),
        ("mute floor run", ["规则对所有 run 生效"]),
        ("unmute", ["本频道没有静音"]),
        ("撤销刚才的误报", ["没有标为误报的告警"]),
        ("wrong 99", ["没有 #99"]),
        ("wrong 1 undo", ["没有标过误报"]),
        ("why", ["没说是哪个 run"]),
        ("why r1 7", ["只有 1 条，没有第 7 条"]),
        ("note r1", ["没说是哪个 run、记什么"]),
        ("note r1 30/20", ["30/20 不是成功率"]),
        ("note r1 off zz", ["没有编号为 zz 的备注"]),
        ("threshold train/mass", ["要写成：指标 above 或 below 数值"]),
        ("threshold train/mas below 1", ["是不是 train/mass？"]),
        ("threshold confirm t0", ["没有 t0 这条阈值"]),
        ("threshold off t0", ["没有 t0 这条阈值"]),
        ("threshold", ["没有自定义阈值"]),
    ],
)
def test_wrong_input_is_one_sentence(bot: Bot, text: str, parts: list[str]) -> None:
    answer = bot.say(text, **PERSON)

    assert all(part in answer for part in parts), answer
    assert answer.count("\n") <= 2 and "内部错误" not in answer


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("mute 1 2h", "到 12:28"),
        ("静音 1 2 小时", "到 12:28"),
        ("mute 1", "到 12:28"),
        ("静音 1 30分钟", "到 10:58"),
        ("mute #1 tomorrow", "到明天 09:00"),
        ("1 号静音到晚上十一点", "到 23:00"),
        ("mute 1 mon", "到 09-28 09:00"),
        ("mute 1 mon 15:00", "到 09-28 15:00"),
        ("1 号静音到周一下午三点", "到 09-28 15:00"),
        ("snooze 1 号 til tmr 10am", "到明天 10:00"),
        ("静音 1 到明天下午三点", "到明天 15:00"),
        ("1 号静音到后天", "到 09-24 09:00"),
        ("静音 1 明早 9 点", "到明天 09:00"),
        ("静音 1 到明早", "到明天 09:00"),
        ("mute 1 run", "到 run 结束"),
        ("静音 1 到 run 结束", "到 run 结束"),
        ("静音 r1 2h", "到 12:28"),
        ("静音 floor 2h", "到 12:28"),
    ],
)
def test_a_silence_has_an_end(bot: Bot, text: str, until: str) -> None:
    answer = bot.say(text, **PERSON)

    assert f"静音{until}" in answer, answer
    assert f"张三静音{until}" in bot.say("alerts")


def test_what_is_silenced_is_tracked_and_not_said(bot: Bot) -> None:
    before = len(bot.slack.shown)
    bot.say("mute r1 2h", **PERSON)
    bot.runs.runs[REF] = run(BACK)
    bot.poll()

    assert "已恢复" in told(bot), "what stands there is true"
    assert len(bot.slack.shown) == before + 1, "and nothing was posted"
    assert any("已恢复" in text for text in bot.feishu.texts("feishu:oc_1", thread="m2")), "another channel is told"


def test_what_goes_on_after_a_silence_is_told_then(bot: Bot) -> None:
    bot.say("unwatch r1")
    bot.runs.runs[REF] = run(HEALTHY)
    bot.say("watch r1")
    bot.poll()
    bot.say("mute r1 2h", **PERSON)
    bot.runs.runs[REF] = run(BAD)
    bot.poll(3600)
    assert "没有播报" in bot.say("alerts")
    assert "已静音：1 条" in bot.say("quiet")

    before = len(bot.slack.shown)
    bot.poll(2 * 3600)

    new = [render_text(p.message) for p in list(bot.slack.shown.values())[before:] if p.message is not None]
    assert len(new) == 1 and "第 1500 步起" in new[0], new


def test_the_end_of_a_silence_can_be_asked_for(bot: Bot) -> None:
    bot.say("mute 1 run", **PERSON)
    assert "静音到 run 结束" in told(bot)

    assert "已取消静音" in bot.say("取消静音 1")

    assert "静音" not in told(bot).splitlines()[1]


@pytest.mark.parametrize("text", ["unmute 1", "unmute r1", "unmute", "取消静音 r1"])
def test_what_was_silenced_by_a_button_is_ended_by_its_run_too(bot: Bot, text: str) -> None:
    bot.say("静音 1 2h", **PERSON)
    assert "张三静音到" in told(bot)

    assert "已取消" in bot.say(text, **PERSON)
    assert "静音" not in told(bot).splitlines()[1]
    assert "没有静音" in bot.say("unmute", **PERSON)


@pytest.mark.parametrize("text", ["静音 r1 2h", "静音 floor 2h"])
def test_a_silence_over_a_run_or_a_rule_is_shown_on_its_alerts(bot: Bot, text: str) -> None:
    bot.say(text, **PERSON)
    assert "张三静音到" in told(bot)
    assert "静音" not in told(bot, "feishu:oc_1").splitlines()[1], "it is this channel's"

    bot.say("unmute", **PERSON)
    assert "静音" not in told(bot).splitlines()[1]


@pytest.mark.parametrize("text", ["取消静音", "unmute", "恢复告警吧"])
def test_which_silence_ends_is_asked_when_there_are_several(bot: Bot, text: str) -> None:
    bot.say("静音 1 2h", **PERSON)
    bot.say("静音 floor 3h", **PERSON)

    answer = bot.say(text, **PERSON)

    assert "有 2 条静音" in answer and "到 12:28" in answer and "到 13:28" in answer
    asked = list(bot.slack.shown.values())[-1].message
    assert asked is not None
    assert [b.command for b in asked.buttons] == ["/curve unmute 1", "/curve unmute floor", "/curve unmute all"]
    assert "静音到" in told(bot), "nothing has ended"
    for button in asked.buttons[:2]:
        assert "已取消静音" in bot.say(str(button.command), **PERSON)
    assert "静音" not in told(bot).splitlines()[1]


def test_all_silences_end_when_all_are_named(bot: Bot) -> None:
    bot.say("静音 1 2h", **PERSON)
    bot.say("静音 floor 3h", **PERSON)

    assert "已取消本频道的 2 条静音" in bot.say("取消所有静音", **PERSON)
    assert "本频道没有静音" in bot.say("取消静音", **PERSON)


@pytest.mark.parametrize("text", ["静音", "静音两小时", "先别报了，两小时"])
def test_the_only_alert_is_silenced_without_its_number(bot: Bot, text: str) -> None:
    assert "静音到 12:28" in bot.say(text, **PERSON)
    assert "静音到 12:28" in told(bot)


def test_several_alerts_are_taken_or_silenced_at_once(bot: Bot) -> None:
    bot.runs.runs["team/robot/r2"] = run(HEALTHY, ref="team/robot/r2", name="act-b")
    bot.say("watch team/robot/r2")
    bot.poll()
    bot.runs.runs["team/robot/r2"] = run(BAD, ref="team/robot/r2", name="act-b")
    bot.poll()
    bot.poll()

    assert "先说是哪条" not in bot.say("静音两小时", **PERSON) and "2 条" in bot.say("静音两小时", **PERSON)
    assert "张三认领了 #1、#2" in bot.say("1 号和 2 号都我来", **PERSON)
    assert bot.say("1、2 号静音两小时", **PERSON).count("#") == 2
    assert bot.say("alerts").count("张三静音到") == 2
    assert "认领了" not in bot.say("认领 1,9", **PERSON)


def test_a_false_alarm_makes_its_rule_less_sensitive_for_the_project(bot: Bot) -> None:
    """A spike of the gradient norm; one as large is not told any more, here or in another run of the project."""
    spiky = [1.0 + 0.05 * (i % 3) for i in range(60)]
    spiky[45] = 30.0
    facts: dict[str, Any] = {"ref": "team/robot/r2", "name": "spiky"}
    bot.runs.runs["team/robot/r2"] = gradients(spiky[:40], **facts)
    bot.say("watch team/robot/r2")
    bot.poll()
    bot.runs.runs["team/robot/r2"] = gradients(spiky, **facts)
    bot.poll()
    bot.poll()
    assert "grad norm 尖峰" in bot.say("alerts")
    number = max(i.number or 0 for _, i in bot.store.incidents_at(Address.parse("slack:C1")))

    answer = bot.say(f"误报 {number}", **PERSON)

    assert "team/robot 里把 grad-spike 的" in answer and "→" in answer
    assert "🟡" not in bot.say("/curve team/robot/r2")
    assert "已由张三标为误报" in bot.say(f"wrong {number}")
    assert "已撤销" in bot.say(f"误报 {number} 撤销")
    assert "🟡" in bot.say("/curve team/robot/r2")


def test_a_threshold_is_tried_then_confirmed(bot: Bot) -> None:
    answer = bot.say("阈值 train/mass 低于 0.5 连续 3 次", **PERSON)
    assert "还没生效" in answer and "会报 1 次" in answer
    name = answer.split("阈值 ")[1].split("：")[0]
    assert name not in bot.say("/curve r1")

    assert "已生效" in bot.say(f"threshold confirm {name}")

    assert f"{name}：train/mass" in bot.say("/curve r1")
    assert f"{name} train/mass 低于 0.5，连续 3 次" in bot.say("threshold")
    assert name not in bot.say("/curve r1", "feishu:oc_1"), "it is this channel's"
    assert "已删除" in bot.say(f"threshold off {name}")
    assert name not in bot.say("/curve r1")


def test_a_threshold_is_removed_by_its_metric_too(bot: Bot) -> None:
    for limit in ("0.5", "0.4"):
        answer = bot.say(f"threshold train/mass below {limit}", **PERSON)
        bot.say(f"threshold confirm {answer.split('阈值 ')[1].split('：')[0]}")

    several = bot.say("train/mass 那个阈值删了吧", **PERSON)
    assert "有 2 条阈值" in several
    assert "已删除" in bot.say(several.rsplit("/curve ", 1)[1].strip(), **PERSON)
    assert "已删除" in bot.say("train/mass 那个阈值删了吧", **PERSON)
    assert "没有自定义阈值" in bot.say("threshold")


def test_who_watches_a_run_again_changes_nothing(bot: Bot) -> None:
    bot.say("watch r1 every 1m")

    assert "已在关注 act-uot：每 1 分钟" in bot.say(f"{REF} 跑完喊我")
    assert "已改间隔 act-uot：每 2 分钟" in bot.say("watch r1 every 2m")


def test_which_watch_ends_is_asked_when_there_are_several(bot: Bot) -> None:
    bot.runs.runs["team/robot/r2"] = run(HEALTHY, ref="team/robot/r2", name="act-b")
    bot.say("watch team/robot/r2")

    assert "取关哪个" in bot.say("不用盯了")
    assert "要全部取关吗" in bot.say("全部取关")
    assert len(bot.store.watches(Address.parse("slack:C1"))) == 2
    assert "已取关全部 2 个" in bot.say("unwatch all")
    assert "没有关注任何 run" in bot.say("不用盯了")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("成功率 65%，用的 1 万步那个", "65%，第 10000 步"),
        ("成功率65%，1万步", "65%，第 10000 步"),
        ("真机 7成", "70%，以后"),
        ("今天真机跑了30次，成功21次，用的12000步的权重", "21/30，95% 区间 52–83%），第 12000 步"),
        ("13/20 8k", "第 8000 步"),
        ("sr 0.6 @1w", "60%，第 10000 步"),
        ("7 成数据有标注", "7 成数据有标注"),
    ],
)
def test_a_success_rate_as_it_is_said(bot: Bot, text: str, shown: str) -> None:
    assert shown in bot.say(f"note r1 {text}", **PERSON)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "note r1 12/20 @5000",
            "备注 r1 成功率 12/20 @5k",
            "note r1 12/20 第 5000 步",
            "备注 r1 真机 20 次成功 12 次，5000 步",
        ),
        *("note r1 今天真机测了 20 次，成了 12 次，用的 ckpt 5000", "note r1 5k 步的 ckpt 实测成功率 12/20"),
    ],
)
def test_a_measured_success_rate_outranks_the_verdict(bot: Bot, text: str) -> None:
    bot.runs.runs[REF] = run(HEALTHY, state="finished")

    assert "实测成功率 60%（12/20，95% 区间 39–78%），第 5000 步" in bot.say(text, **PERSON)

    card = bot.say("/curve r1")
    assert "实测成功率 60%（12/20）" in card.splitlines()[0]
    assert "张三，刚刚" in card


def test_a_note_stays_with_its_run(bot: Bot) -> None:
    bot.say("note r1 换了左相机，12/20 次抓空", **PERSON)

    card = bot.say("/curve r1", "feishu:oc_1")

    assert "换了左相机，12/20 次抓空 — 张三" in card
    assert "成功率" not in card


@pytest.mark.parametrize("text", ["why 1", "why r1", "为什么 r1 1", "为什么 r1 第 1 条"])
def test_a_finding_is_explained(bot: Bot, text: str) -> None:
    answer = bot.say(text)

    for part in ("怎么判断", "依据的数", "第 1500 步起低于 0.1", "什么时候解除", "threshold:floor"):
        assert part in answer, answer


def test_what_is_open_is_reminded_of_until_somebody_takes_it(bot: Bot) -> None:
    bot.poll(4 * 3600)
    assert len([t for t in bot.slack.texts("slack:C1", thread="m2") if "还没人认领" in t]) == 1
    bot.poll(3600)
    assert len([t for t in bot.slack.texts("slack:C1", thread="m2") if "还没人认领" in t]) == 1, "ever more rarely"

    bot.say("ack 1", **PERSON)
    bot.poll(10 * 3600)

    assert len([t for t in bot.slack.texts("slack:C1", thread="m2") if "还没人认领" in t]) == 1


@pytest.mark.parametrize(
    "access", [{"projects": ["team/other"]}, {"slack": {"channels": ["C1"]}, "projects": ["team/other"]}]
)
def test_what_may_not_be_seen_any_more_is_as_if_it_had_never_been(bot: Bot, access: dict[str, Any]) -> None:
    bot.config["access"] = access
    bot.restart()

    answers = {text: bot.say(text, **PERSON) for text in ("list", "alerts", "quiet", "digest now", "ack 1", "wrong 1")}

    assert "还没有关注" in answers["list"] and "没有未结的告警" in answers["alerts"]
    assert "没有关注的 run" in answers["digest now"]
    assert "这里没有 #1" in answers["ack 1"] and "这里没有 #1" in answers["wrong 1"]
    assert not [text for text in answers.values() if "act-uot" in text or REF in text]


def test_the_clock_of_these_dialogues() -> None:
    """The table of silences counts on it: it is 10:28 in Shanghai when they begin."""
    assert START % 86_400 == 2 * 3600 + 13 * 60 + 20
