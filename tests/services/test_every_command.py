"""Every command, in a dialogue on every chat: typed in English, with its Chinese word, and said as people say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.services.commands.table import COMMANDS
from tests.fakes.bot import BAD, CONFIG, HEALTHY, REF, Bot, run

CHANNELS = ("slack:C1", "feishu:oc_1", "console:")
OTHER = "team/robot/r2"
PERSON = {"user": "U0ABC1234", "user_name": "张三"}
# command -> what is typed, its Chinese word, plain speech; and what each answer holds
DIALOGUES: dict[str, tuple[tuple[str, str, str], str]] = {
    "": (("r1", "team/robot/r1", f"看下 {REF} 还有救吗"), "floor"),
    "full": (("full r1", "完整 r1", f"给我 {REF} 的完整报告"), "train/mass"),
    "why": (("why r1 1", "为什么 r1 1", f"{REF} 第一条怎么判断的"), "什么时候解除"),
    "note": (("note r1 12/20 @5000", "备注 r1 12/20 @5000", f"{REF} 真机 20 次成功 12 次，5000 步"), "60%（12/20"),
    "compare": (("compare r1 r2", "对比 r1 r2", f"{REF} 和 {OTHER} 哪个好"), "B act-b"),
    "watch": (("watch r1 every 5m", "关注 r1 每 5 分钟", f"每 5 分钟看一次 {REF}"), "每 5 分钟看一次"),
    "list": (("list", "列表", "现在盯着哪些 run"), "act-uot"),
    "alerts": (("alerts", "告警", "还有哪些告警没处理"), "#1"),
    "ack": (("ack 1", "认领 1", "1 号我来看"), "张三认领了 #1"),
    "mute": (("mute 1 2h", "静音 1 2 小时", "1 号先静音两小时"), "静音"),
    "unmute": (("unmute", "取消静音", "恢复告警吧"), "已取消"),
    "wrong": (("wrong 1", "误报 1", "1 号是误报"), "已把 #1 标为误报"),
    "quiet": (("quiet", "为何没报", "昨晚怎么没报警"), "近 7 天"),
    "threshold": (
        ("threshold train/mass below 0.5", "阈值 train/mass 低于 0.5", "train/mass 低于 0.5 就喊我"),
        "会报 1 次",
    ),
    "digest": (("digest on 09:30", "日报 开 9点30分", "每天早上九点半发日报"), "每天 09:30"),
    "rules": (("rules grad-spike", "规则 grad-spike", "grad-spike 是什么意思"), "grad-spike"),
    "help": (("help", "帮助", "怎么用"), "查一次"),
    "unwatch": (("unwatch r1", "取关 r1", f"{REF} 不用盯了"), "已取关"),
}  # fmt: skip


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """Each chat watches a run that has gone bad, and was told."""
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(HEALTHY)
    made.runs.runs[OTHER] = run(HEALTHY, ref=OTHER, name="act-b")
    for channel in CHANNELS:
        made.say("watch r1", channel)
    made.poll()
    made.runs.runs[REF] = run(BAD)
    made.poll()
    made.poll()
    yield made
    made.store.close()


def test_none_is_missing() -> None:
    assert set(DIALOGUES) == {command.name for command in COMMANDS}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("way", [0, 1, 2], ids=["typed", "chinese", "spoken"])
def test_every_command_is_answered(bot: Bot, channel: str, way: int) -> None:
    for name, (texts, part) in DIALOGUES.items():
        answer = bot.say(texts[way], channel, **PERSON)

        assert part in answer, (name, texts[way], answer)
        assert "内部错误" not in answer
