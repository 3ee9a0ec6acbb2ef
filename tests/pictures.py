"""python -m tests.pictures docs: the pictures of the README, slack.png and feishu.png, from what platforms are sent."""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bot.chats.feishu import cards
from bot.chats.slack import blocks
from bot.render import charts, plots
from bot.render.card import card
from bot.render.message import Message
from tests.alerts.story import story
from tests.fakes import viewer
from tests.fakes.browser import Browser
from tests.reports import sample, sample_report

WIDTH = 700


def diagnosis() -> Message:
    return replace(card(sample_report()), plot=plots.of_run(sample(), sample_report()))


def opening() -> Message:
    """The first message of an alert, as it reads once somebody has taken it."""
    message = next(post.message for post in story() if post.transition.startswith("opened"))
    assert message is not None
    return replace(message, subtitle="#1 · 张三已认领", buttons=message.buttons[1:])


def on_slack() -> str:
    chart = charts.chart(sample(), sample_report())
    told = blocks.render(opening()).blocks
    return viewer.page(viewer.slack(blocks.render(diagnosis()).blocks, chart), viewer.slack(told))


def on_feishu() -> str:
    images = {"img_1": charts.chart(sample(), sample_report())}
    told = cards.render(opening()).card
    asked = cards.render(diagnosis(), image_key="img_1").card
    return viewer.page(viewer.feishu(asked, images, unfold=True), viewer.feishu(told, images))


PICTURES: Mapping[str, Callable[[], str]] = {"slack.png": on_slack, "feishu.png": on_feishu}


def main() -> None:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as profile, Browser(Path(profile)) as browser:
        browser.screen(WIDTH, 600)
        for name, page in PICTURES.items():
            browser.open("data:text/html;base64," + base64.b64encode(page().encode()).decode())
            browser.settle()
            (folder / name).write_bytes(browser.picture(whole=True))


if __name__ == "__main__":
    main()
