"""What people type, and what is understood. One table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.render.card import buttons
from bot.services.commands.about import Help, Hint, Rules
from bot.services.commands.command import Command
from bot.services.commands.comparison import Compare
from bot.services.commands.digests import DigestNow, DigestOff, DigestOn, DigestStatus
from bot.services.commands.runs import Card, Full
from bot.services.commands.table import COMMANDS, near_command, parse, reads
from bot.services.commands.watches import ListWatches, Unwatch, Watch
from bot.services.refusals import UsageError
from tests.reports import sample_report

RUN = "team/robot/64wxlc3y"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        # a run
        (f"/curve {RUN}", Card(RUN)),
        (RUN, Card(RUN)),
        ("／curve　64wxlc3y", Card("64wxlc3y")),
        ("、curve 64wxlc3y。", Card("64wxlc3y")),
        ("/curve：64wxlc3y！", Card("64wxlc3y")),
        ("/CURVE 64wxlc3y", Card("64wxlc3y")),
        ("curve 64wxlc3y", Card("64wxlc3y")),
        ("/curve ／curve 64wxlc3y", Card("64wxlc3y")),
        ("/curve curve-7", Card("curve-7")),
        ("  \u200b64wxlc3y\u00a0", Card("64wxlc3y")),
        (
            "<https://wandb.ai/team/robot/runs/64wxlc3y?nw=1|run>",
            Card("https://wandb.ai/team/robot/runs/64wxlc3y?nw=1"),
        ),
        (f"<https://wandb.ai/{RUN}|project>", Card(f"https://wandb.ai/{RUN}")),  # refused by whoever reads links
        ("./runs/a.parquet", Card("./runs/a.parquet")),
        ("my best run", Hint()),
        ("“my best run”", Card("my best run")),
        ("实验（二）", Card("实验（二）")),
        ("baseline", Card("baseline")),
        ("“hlep”", Card("hlep")),
        # full
        (f"/curve full {RUN}", Full(RUN)),
        (f"FULL {RUN}", Full(RUN)),
        (f"完整 {RUN}", Full(RUN)),
        (f"完整报告{RUN}", Full(RUN)),
        # compare
        ("compare a b", Compare(("a", "b"))),
        (f"/curve 对比 {RUN} b", Compare((RUN, "b"))),
        ("比较a和b", Compare(("a", "b"))),
        ("对比 a 与 b、c", Compare(("a", "b", "c"))),
        ("对比 a 跟 b 还有 c", Compare(("a", "b", "c"))),
        ("compare a vs b", Compare(("a", "b"))),
        ("compare a VS. b", Compare(("a", "b"))),
        ("compare a,b，c;d e", Compare(("a", "b", "c", "d", "e"))),
        ("compare\na\nb", Compare(("a", "b"))),
        ("compare a b a", Compare(("a", "b"))),
        (
            f"compare https://wandb.ai/{RUN}?nw=1 和 https://wandb.ai/team/robot/runs/b。",
            Compare((f"https://wandb.ai/{RUN}?nw=1", "https://wandb.ai/team/robot/runs/b")),
        ),
        ("compare https://x/a,https://x/b", Compare(("https://x/a", "https://x/b"))),
        ("compare https://x/a和https://x/b", Compare(("https://x/a", "https://x/b"))),
        ("compare <https://x/a|my run> <https://x/b>", Compare(("<https://x/a|my run>", "<https://x/b>"))),
        ("compare “my best run” b", Compare(("my best run", "b"))),
        ("对比 实验和对照 b", Compare(("实验和对照", "b"))),
        ("compare ./a.parquet ./b.parquet", Compare(("./a.parquet", "./b.parquet"))),
        ("compare a last", Compare(("a",), with_last=True)),
        ("对比 a 上次成功的", Compare(("a",), with_last=True)),
        ("对比 a 和上次成功的 run", Compare(("a",), with_last=True)),
        ("对比 上次 a", Compare(("a",), with_last=True)),
        # watch
        (f"watch {RUN}", Watch(RUN)),
        (f"/watch {RUN}", Watch(RUN)),
        (f"watch {RUN} every 5m", Watch(RUN, every_s=300.0)),
        (f"watch {RUN} every 90 s", Watch(RUN, every_s=90.0)),
        (f"关注 {RUN} 每 5 分钟", Watch(RUN, every_s=300.0)),
        (f"关注{RUN}　每1小时", Watch(RUN, every_s=3600.0)),
        ("watch team/robot?tag=prod&user=alice", Watch("team/robot?tag=prod&user=alice")),
        ("watch every-day-run", Watch("every-day-run")),
        # unwatch, list
        (f"unwatch {RUN}", Unwatch(RUN)),
        (f"取关{RUN}", Unwatch(RUN)),
        (f"取消关注 {RUN}", Unwatch(RUN)),
        ("list", ListWatches()),
        ("/curve 列表", ListWatches()),
        # digest
        ("digest", DigestStatus()),
        ("digest on", DigestOn()),
        ("digest on 09:30 weekdays", DigestOn(at="09:30", days="mon-fri")),
        ("digest on mon,fri", DigestOn(days="mon,fri")),
        ("digest 8:05", DigestOn(at="08:05")),
        ("日报 开 9点 工作日", DigestOn(at="09:00", days="mon-fri")),
        ("日报开", DigestOn()),
        ("日报 开启 18点30分", DigestOn(at="18:30")),
        ("digest off", DigestOff()),
        ("日报关", DigestOff()),
        ("日报 关闭", DigestOff()),
        ("digest now", DigestNow()),
        ("日报 现在", DigestNow()),
        # help, rules
        ("", Help()),
        ("/curve", Help()),
        ("。", Help()),
        ("help watch", Help()),
        ("？", Help()),
        ("list？", ListWatches()),
        ("列表，", ListWatches()),
        ("规则", Rules()),
        ("rules grad-spike", Rules("grad-spike")),
        ("规则ot-mass-collapse", Rules("ot-mass-collapse")),
    ],
)
def test_understood(text: str, command: object) -> None:
    assert parse(text).value == command


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("wacth a/b/c", ["wacth", "是不是 watch", "/curve watch"]),
        ("unwach a/b/c", ["是不是 unwatch"]),
        ("hlep", ["hlep", "是不是 help", "加上引号"]),
        ("/crve 64wxlc3y", ["/crve", "是不是 /curve", "/curve 64wxlc3y"]),
        ("/wach 64wxlc3y", ["是不是 watch"]),
        ("full my best run", ["哪个 run", "/curve full"]),
        ("完整训练", ["哪个 run", "/curve full"]),
        ("关注 64wxlc3y 和 a1b2c3d4", ["一次", "/curve"]),
        ("列表表 a", ["是不是 列表", "/curve list"]),
        ("full", ["full", "/curve full"]),
        ("compare", ["一个也没有", "/curve compare team/robot/64wxlc3y team/robot/7h3kq2ab"]),
        ("compare a", ["只有一个", "/curve compare"]),
        ("compare a a", ["只有一个"]),
        ("对比 a b c d e f", ["6 个 run", "最多对比 5 个"]),
        ("compare last", ["没写是哪个 run"]),
        ("compare a b last", ["只能比一个", "2 个"]),
        ("watch", ["/curve watch"]),
        ("watch every 5m", ["哪个 run"]),
        ("watch a every", ["关注 a", "间隔"]),
        ("watch a every 5x", ["关注 a", "5x"]),
        ("watch a every 2d", ["关注 a", "1s 到 1d"]),
        ("watch a every 0s", ["1s 到 1d"]),
        ("digest foo", ["foo", "/curve digest on 09:00"]),
        ("digest on 25:00", ["25:00", "/curve digest on 09:00"]),
        ("digest on 09:00 someday", ["someday"]),
    ],
)
def test_wrong_input_is_one_sentence_with_an_example(text: str, parts: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text)

    sentence = str(refused.value)
    assert all(part in sentence for part in parts), sentence
    assert "/curve" in sentence and "\n" not in sentence


def test_every_word_means_one_command() -> None:
    words = [word for c in COMMANDS for word in (c.name, *c.aliases)]

    assert len(words) == len(set(words))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_the_example_of_each_command_is_understood_as_it(command: Command[Any]) -> None:
    assert parse(command.typed).command is command
    for alias in command.aliases:
        assert parse(command.typed.replace(command.name, alias, 1)) == parse(command.typed)


def test_the_buttons_of_cards_and_alerts_are_commands() -> None:
    """What a button does is what its text would do if somebody typed it."""
    run = replace(sample_report().run, ref=RUN, state="running")
    asked = [b.command for b in buttons(run) if b.command is not None]

    assert [parse(text).value for text in asked] == [Full(RUN), Watch(RUN)]


@pytest.mark.parametrize(("word", "near"), [("hlep", "help"), ("lists", "list"), ("64wxlc3y", None), ("team", None)])
def test_near_commands(word: str, near: str | None) -> None:
    assert near_command(word) == near


@pytest.mark.parametrize(
    ("text", "read"), [(RUN, True), ("watch 64wxlc3y", True), ("list", False), ("wacth r", False), ("", False)]
)
def test_what_has_to_read_a_run(text: str, read: bool) -> None:
    """Also asked of what is no command: it is refused by its answer, not where it is taken in."""
    assert reads(text) is read
