"""Message -> Feishu card."""

from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chats.feishu.cards import dumps, escape, key_mark, render, render_plain
from bot.render.message import Button, Item, Marker, Message, Plot, PlotLine, Section
from tests.fakes.feishu_cards import buttons, card_errors, words
from tests.render.messages import MESSAGES


@given(MESSAGES, st.none() | st.just("img_1"))
def test_feishu_takes_any_message(message: Message, image: str | None) -> None:
    for rendered in (render(message, image_key=image, key="k"), render_plain(message, key="k")):
        assert not list(card_errors(rendered.card, {"img_1": b""}))
        assert len(rendered.content.encode()) <= 30 * 1024
        assert key_mark("k") in rendered.content


@given(st.text())
def test_escaped_text_shows_itself_and_means_nothing(text: str) -> None:
    escaped = escape(text)

    assert html.unescape(escaped) == html.unescape(text.replace("&", "&amp;"))
    assert not re.search(r"[<>*_~`\[\]|\\]|&(?!#\d+;)", escaped)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("train/ot_ot_pi_sum", "train/ot&#95;ot&#95;pi&#95;sum"),
        ("<at id=all></at>", "&#60;at id=all&#62;&#60;/at&#62;"),
        ("[x](http://y)", "&#91;x&#93;&#40;http&#58;//y&#41;"),
        (":OK:", "&#58;OK&#58;"),
        ("- 一项", "&#45; 一项"),
        ("1. 一项", "1&#46; 一项"),
        ("www.evil.example", "www&#46;evil.example"),
        ("7.3e-12（-99.6%）", "7.3e-12（-99.6%）"),
        ("1.5 步", "1.5 步"),
        ("&lt;", "&#38;lt;"),
    ],
)
def test_what_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("marker", "template", "mark"),
    [("critical", "red", "🔴"), ("warning", "orange", "🟡"), ("info", "grey", "⚪"), ("ok", "green", "🟢")],
)
def test_the_header_has_the_colour_of_the_severity(marker: Marker, template: str, mark: str) -> None:
    card = render(Message("run-1：发散", marker, items=(Item("x"),))).card

    assert card["header"]["template"] == template
    assert card["header"]["title"] == {"tag": "plain_text", "content": f"{mark} run-1：发散"}
    assert card["config"]["summary"]["content"] == f"{mark} run-1：发散"


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
        chart_alt="loss（第 50 步起）",
        buttons=(Button("完整报告", "/curve full x"), Button("打开 W&B", url="https://wandb.ai/x")),
        footer="1200 行全部读取",
    )
    rendered = render(card, image_key="img_1").card

    assert [e["tag"] for e in rendered["body"]["elements"]] == [
        "markdown",
        "markdown",
        "markdown",
        "img",
        "column_set",
        "markdown",
    ]
    assert words({"content": rendered}).split("\n") == [
        "🔴 run-1：训练发散",
        "20000 步",
        "1 🔴 loss 3.2e5",
        "NaN 3 个",
        "→ 降 lr",
        "⚪ KL 6e-4",
        "⚪ lr 恒定",
        "loss 3.2e5",
        "loss（第 50 步起）",
        "完整报告",
        "打开 W&B",
        "1200 行全部读取",
    ]
    assert [b["behaviors"] for b in buttons(rendered)] == [
        [{"type": "callback", "value": {"command": "/curve full x"}}],
        [{"type": "open_url", "default_url": "https://wandb.ai/x"}],
    ]


def test_one_sentence_has_no_header() -> None:
    card = render(Message("没有这个 run：x")).card

    assert "header" not in card
    assert card["config"]["summary"]["content"] == "没有这个 run：x"
    assert words({"content": card}) == "没有这个 run：x"


def test_lines_below_a_line_stand_deeper() -> None:
    card = render(Message("x", sections=(Section("诊断", ("π 太小", "  依据: mass")),))).card

    assert card["body"]["elements"][0]["content"] == "**诊断**\nπ 太小\n　依据&#58; mass"


def test_a_long_section_is_several_elements() -> None:
    """One markdown element is cut silently near 10,000 characters."""
    card = render(Message("x", sections=(Section("训练", tuple("loss" * 60 for _ in range(60))),))).card
    lengths = [len(e["content"]) for e in card["body"]["elements"]]

    assert len(lengths) > 2
    assert max(lengths) < 7000


def test_a_number_that_is_none_never_leaves() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dumps({"value": float("nan")})


def test_the_mark_is_the_keys_own() -> None:
    assert key_mark("a") != key_mark("b")
    assert re.fullmatch(r"[a-z]\w{1,19}", key_mark("a" * 40))
    assert json.loads(render(Message("x"), key="a").content)["body"]["elements"][0]["element_id"] == key_mark("a")


def line(n: int, *, low: float = 1.0) -> PlotLine:
    return PlotLine("训练 loss", tuple(range(0, 50 * n, 50)), tuple(low + i % 7 for i in range(n)))


@pytest.mark.parametrize("log", [True, False])
def test_lines_to_point_at_are_folded_under_the_picture(log: bool) -> None:
    message = Message("x", "ok", items=(Item("y"),), plot=Plot("训练 loss", (line(80),), log, "NaN/Inf 3 次未画"))
    card = render(message, image_key="img_1").card

    image, panel = card["body"]["elements"][-2:]
    assert image["tag"] == "img" and not panel["expanded"]
    assert panel["header"]["title"]["content"].startswith("交互曲线：训练 loss")
    assert ("对数轴" in panel["header"]["title"]["content"]) == log
    assert "NaN/Inf 3 次未画" in panel["header"]["title"]["content"]
    spec = panel["elements"][0]["chart_spec"]
    assert spec["axes"][0]["type"] == ("log" if log else "linear") and spec["media"] == []
    assert len(spec["data"][0]["values"]) == 80
    assert not list(card_errors(card, {"img_1": b""}))


def test_without_a_picture_they_stand_open() -> None:
    assert render(Message("x", plot=Plot("loss", (line(3),)))).card["body"]["elements"][-1]["expanded"]


def test_words_come_before_lines() -> None:
    sections = (Section("", tuple(f"第 {i} 行 " + "长" * 80 for i in range(90))),)
    rendered = render(Message("x", sections=sections, plot=Plot("loss", (line(240),))))

    assert "chart_spec" not in rendered.content
    assert "第 89 行" in rendered.content
