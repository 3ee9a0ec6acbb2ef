"""What people type, and what is understood. One table."""

from __future__ import annotations

import pytest

from bot.services.commands import Command, Usage, near_command, parse

RUN = "team/robot/64wxlc3y"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        # a run
        (f"/curve {RUN}", Command("card", RUN)),
        (RUN, Command("card", RUN)),
        ("／curve　64wxlc3y", Command("card", "64wxlc3y")),
        ("、curve 64wxlc3y。", Command("card", "64wxlc3y")),
        ("/curve：64wxlc3y！", Command("card", "64wxlc3y")),
        ("/CURVE 64wxlc3y", Command("card", "64wxlc3y")),
        ("curve 64wxlc3y", Command("card", "64wxlc3y")),
        ("/curve ／curve 64wxlc3y", Command("card", "64wxlc3y")),
        ("/curve curve-7", Command("card", "curve-7")),
        ("  \u200b64wxlc3y\u00a0", Command("card", "64wxlc3y")),
        (f"<https://wandb.ai/{RUN}?nw=1|run>", Command("card", f"<https://wandb.ai/{RUN}?nw=1|run>")),
        ("./runs/a.parquet", Command("card", "./runs/a.parquet")),
        ("my best run", Command("card", "my best run")),
        ("实验（二）", Command("card", "实验（二）")),
        ("完整训练", Command("card", "完整训练")),
        ("hlep", Command("card", "hlep")),  # may be a run's name; the answer "no such run" points to help
        # full
        (f"/curve full {RUN}", Command("full", RUN)),
        (f"FULL {RUN}", Command("full", RUN)),
        (f"完整 {RUN}", Command("full", RUN)),
        (f"完整报告{RUN}", Command("full", RUN)),
        # watch
        (f"watch {RUN}", Command("watch", RUN)),
        (f"/watch {RUN}", Command("watch", RUN)),
        (f"watch {RUN} every 5m", Command("watch", RUN, every_s=300.0)),
        (f"watch {RUN} every 90 s", Command("watch", RUN, every_s=90.0)),
        (f"关注 {RUN} 每 5 分钟", Command("watch", RUN, every_s=300.0)),
        (f"关注{RUN}　每1小时", Command("watch", RUN, every_s=3600.0)),
        ("watch team/robot?tag=prod&user=alice", Command("watch", "team/robot?tag=prod&user=alice")),
        ("watch every-day-run", Command("watch", "every-day-run")),
        # unwatch, list
        (f"unwatch {RUN}", Command("unwatch", RUN)),
        (f"取关{RUN}", Command("unwatch", RUN)),
        (f"取消关注 {RUN}", Command("unwatch", RUN)),
        ("list", Command("list")),
        ("/curve 列表", Command("list")),
        # digest
        ("digest", Command("digest")),
        ("digest on", Command("digest_on")),
        ("digest on 09:30 weekdays", Command("digest_on", at="09:30", days="mon-fri")),
        ("digest on mon,fri", Command("digest_on", days="mon,fri")),
        ("digest 8:05", Command("digest_on", at="08:05")),
        ("日报 开 9点 工作日", Command("digest_on", days="mon-fri")),
        ("日报开", Command("digest_on")),
        ("日报 开启 18点30分", Command("digest_on", at="18:30")),
        ("digest off", Command("digest_off")),
        ("日报关", Command("digest_off")),
        ("日报 关闭", Command("digest_off")),
        ("digest now", Command("digest_now")),
        ("日报 现在", Command("digest_now")),
        # help, rules
        ("", Command("help")),
        ("/curve", Command("help")),
        ("。", Command("help")),
        ("help watch", Command("help")),
        ("？", Command("help")),
        ("list？", Command("list")),
        ("列表，", Command("list")),
        ("规则", Command("rules")),
    ],
)
def test_understood(text: str, command: Command) -> None:
    assert parse(text) == command


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("wacth a/b/c", ["wacth", "是不是 watch", "/curve watch"]),
        ("unwach a/b/c", ["是不是 unwatch"]),
        ("列表表 a", ["是不是 列表", "/curve list"]),
        ("full", ["full", "/curve full"]),
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
    usage = parse(text)

    assert isinstance(usage, Usage)
    assert all(part in usage.sentence for part in parts), usage.sentence
    assert "/curve" in usage.sentence and "\n" not in usage.sentence


@pytest.mark.parametrize(
    "text",
    ["compare a b", "对比 a b", "alerts", "ack 1", "mute a 2h", "unmute a", "取消静音 3", "wrong 1", "误报 1",
     "threshold loss above 3", "note a good", "quiet", "为何没报"],
)  # fmt: skip
def test_what_is_not_built_yet_is_said(text: str) -> None:
    usage = parse(text)

    assert isinstance(usage, Usage)
    assert usage.sentence.startswith("这一版还")


@pytest.mark.parametrize(("word", "near"), [("hlep", "help"), ("lists", "list"), ("64wxlc3y", None), ("team", None)])
def test_near_commands(word: str, near: str | None) -> None:
    assert near_command(word) == near
