"""What a post becomes on platforms that can do more or less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.address import Address
from bot.outgoing import Capabilities, Outgoing, for_platform
from bot.render.message import Button, File, Message, Section

ALL = Capabilities(inline_charts=True, files=True, edits=True, buttons=True, look_up=True)
BUTTONS = (Button("完整报告", "/curve full r1"), Button("打开", url="https://x.example"))
MESSAGE = Message("run-1：训练发散", buttons=BUTTONS, file=File("r.html", "<p>报告</p>"))
POST = Outgoing(Address("x", "1"), "alert", "i1", "opened", MESSAGE, chart=b"png")


def test_what_a_platform_can_do_is_left_as_it_is() -> None:
    assert for_platform(POST, ALL) == [POST]


def test_a_chart_that_is_not_inline_goes_under_its_message() -> None:
    message, chart = for_platform(POST, replace(ALL, inline_charts=False))

    assert (message.message, message.chart) == (MESSAGE, None)
    assert (chart.message, chart.chart, chart.parent, chart.orphan) == (None, b"png", message.key, "drop")


def test_an_edit_is_dropped_where_nothing_can_be_edited() -> None:
    assert for_platform(replace(POST, edits="a" * 40), replace(ALL, edits=False)) == []


def test_a_file_is_left_out() -> None:
    [post] = for_platform(POST, replace(ALL, files=False))

    assert post.message == replace(MESSAGE, file=None)


def test_what_a_button_does_is_written_out() -> None:
    [post] = for_platform(POST, replace(ALL, buttons=False))

    assert post.message is not None and post.message.buttons == ()
    assert post.message.sections == (Section("", ("完整报告：/curve full r1", "打开：https://x.example")),)


@pytest.mark.parametrize("lacking", ["inline_charts", "files", "edits", "buttons"])
def test_the_key_stays(lacking: str) -> None:
    """A message that was sent before a record changed is not sent again."""
    posts = for_platform(POST, replace(ALL, **{lacking: False}))

    assert posts[0].key == POST.key
