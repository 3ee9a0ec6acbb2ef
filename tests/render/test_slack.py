"""Message -> Block Kit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from bot.chats.slack.blocks import escape, render, render_plain
from bot.render.message import Button, File, Item, Message, Section
from tests.fakes.slack_server import block_errors, buttons, shown, words
from tests.render.messages import MESSAGES


@given(MESSAGES)
def test_slack_takes_any_message(message: Message) -> None:
    rendered = render(message)

    assert not list(block_errors(rendered.blocks))
    assert 0 < shown(rendered.blocks) <= 13_000
    assert 0 < len(rendered.text.encode()) <= 1000
    assert len(render_plain(message).text.encode()) <= 4000


def blocks(message: Message) -> list[Any]:
    return render(message).blocks


def test_the_order_of_a_card() -> None:
    card = Message(
        "run-1：训练发散",
        "critical",
        "20000 步",
        items=(
            Item("loss 3.2e5", "critical", ("NaN 3 个",), "降 lr", 1),
            Item("KL 6e-4", "info"),
            Item("lr 恒定", "info"),
        ),
        facts="loss 3.2e5",
        buttons=(Button("完整报告", "/curve full x"), Button("打开 W&B", url="https://wandb.ai/x")),
        footer="1200 行全部读取",
    )

    assert [b["type"] for b in blocks(card)] == [
        "header",
        "context",
        "rich_text",
        "rich_text",
        "rich_text",
        "actions",
        "context",
    ]
    assert words({"blocks": blocks(card)}).replace("\n\n", "\n").split("\n") == [
        "🔴 run-1：训练发散",
        "20000 步",
        "1 🔴 loss 3.2e5",
        "NaN 3 个",
        "→ 降 lr",
        "⚪ KL 6e-4",
        "⚪ lr 恒定",
        "loss 3.2e5",
        "完整报告",
        "打开 W&B",
        "1200 行全部读取",
    ]
    assert [b.get("value", b.get("url")) for b in buttons(blocks(card))] == ["/curve full x", "https://wandb.ai/x"]


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        (Message("没有这个 run：x"), ["rich_text"]),
        (Message("没有这个 run：x" * 30), ["rich_text"]),
        (Message("run-1 正常", "ok"), ["header"]),
        (
            Message("act-base-17 正常 · 12000/20000 步 · 训练 L1 0.061 · 评估 L1 0.290（最优）", "ok"),
            ["header", "rich_text"],
        ),
        (Message("标题", sections=(Section("", ("一行",)),)), ["header", "rich_text"]),
    ],
)
def test_a_header_is_for_what_has_a_body_or_a_severity(message: Message, kinds: list[str]) -> None:
    assert [b["type"] for b in blocks(message)] == kinds


def test_a_long_calm_line_is_split_at_its_first_dot() -> None:
    line = "act-base-17 正常 · 12000/20000 步 · 训练 L1 0.061 · 评估 L1 0.290（最优）"
    rendered = render(Message(line, "ok"))

    assert (
        words({"blocks": rendered.blocks})
        == "🟢 act-base-17 正常\n12000/20000 步 · 训练 L1 0.061 · 评估 L1 0.290（最优）"
    )
    assert rendered.text == f"🟢 {line}"


def test_lines_below_a_line_stand_deeper() -> None:
    section = Section("诊断", ("π 太小", "  依据: mass=1e-12", "L1 平"))
    [block] = blocks(Message("x", sections=(section,)))[1:]

    assert [(e["type"], e.get("indent")) for e in block["elements"]] == [
        ("rich_text_section", None),
        ("rich_text_list", 0),
        ("rich_text_list", 1),
        ("rich_text_list", 0),
    ]


def test_only_three_characters_are_escaped() -> None:
    assert escape("<!channel> & _a_ `b`") == "&lt;!channel&gt; &amp; _a_ `b`"
    assert render(Message("<!here> a&b", "warning")).text == "🟡 &lt;!here&gt; a&amp;b"


def test_a_cut_notification_cuts_no_entity() -> None:
    text = render(Message("<" * 299)).text

    assert text.replace("&lt;", "").strip("…") == ""


def test_a_list_of_many_runs_says_how_many_are_left_out() -> None:
    many = tuple(Item(f"run-{n} " + "运行中 " * 20, "info") for n in range(400))
    rendered = render(Message("日报", items=many))
    text = words({"blocks": rendered.blocks})
    kept = text.count("run-")

    assert 50 < kept < 400
    assert f"还有 {400 - kept} 行没列出" in text
    assert rendered.file is not None
    assert "run-399" in rendered.file.content


def test_its_own_file_goes_instead_of_the_text() -> None:
    lines = tuple("很长的一行 " * 20 for _ in range(400))
    rendered = render(Message("报告", sections=(Section("训练", lines),), file=File("r.html", "<p>")))

    assert rendered.file == File("r.html", "<p>")
    assert "全文见附件 r.html" in words({"blocks": rendered.blocks})


def test_a_button_that_would_do_something_else_is_left_out() -> None:
    wrong = (
        Button("a", "/curve " + "x" * 3000),
        Button("b", url="javascript:alert(1)"),
        Button("c"),
        Button(" ", "/x"),
    )

    assert not buttons(blocks(Message("x", "ok", buttons=wrong)))


def test_plain_text_keeps_what_the_buttons_do() -> None:
    plain = render_plain(Message("run-1：发散", "critical", buttons=(Button("完整报告", "/curve full <x>"),)))

    assert "完整报告：/curve full &lt;x&gt;" in plain.text
    assert "〔" not in plain.text
    assert plain.blocks == []
