"""The viewer behind the README's pictures shows every word of what a platform is sent."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from bot.chats.feishu import cards
from bot.chats.slack import blocks
from tests import pictures
from tests.alerts.story import story
from tests.fakes import feishu_cards, slack_server, viewer

DOCS = Path(__file__).parents[2] / "docs"


def seen(page: str) -> str:
    """The words of a page, without spaces and marks."""
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", "", page, flags=re.DOTALL)
    return re.sub(r"[\s🔴🟡🟢⚪]", "", html.unescape(shown))


def lines(said: str) -> list[str]:
    return [re.sub(r"[\s🔴🟡🟢⚪]", "", line) for line in said.split("\n") if line.strip()]


def test_every_word_is_seen() -> None:
    for message in (pictures.diagnosis(), *(p.message for p in story() if p.message is not None)):
        on_slack = blocks.render(message).blocks
        on_feishu = cards.render(message, image_key="img_1").card

        page = seen(viewer.page(viewer.slack(on_slack)))
        assert [x for x in lines(slack_server.words({"blocks": on_slack})) if x not in page] == []
        page = seen(viewer.page(viewer.feishu(on_feishu, {"img_1": b""})))
        told = (
            on_feishu["header"]["title"]["content"],
            *(b["text"]["content"] for b in feishu_cards.buttons(on_feishu)),
        )
        assert [x for x in lines("\n".join(told)) if x not in page] == []


def test_what_the_viewer_does_not_know_is_no_blank() -> None:
    with pytest.raises(KeyError):
        viewer.slack([{"type": "video"}])
    with pytest.raises(KeyError):
        viewer.feishu({"body": {"elements": [{"tag": "video"}]}}, {})


def test_the_pictures_are_there() -> None:
    assert {name for name in pictures.PICTURES if (DOCS / name).is_file()} == set(pictures.PICTURES)
