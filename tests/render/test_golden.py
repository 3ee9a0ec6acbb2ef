"""What people see, kept in files that a person reads in review. `CURVEBOT_WRITE_GOLDEN=1 pytest` writes them anew."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis import analyze
from analysis.report.compare import compare
from analysis.report.comparison import Comparison
from bot.chats.feishu import cards
from bot.chats.slack import blocks
from bot.outgoing import Outgoing
from bot.render import html
from bot.render.card import card, full
from bot.render.compare import compare as comparison_page
from bot.render.json import to_json
from bot.render.markdown import markdown
from bot.render.message import Message
from bot.render.text import render_text
from tests.alerts.story import story
from tests.reports import healthy, normalised, sample, sample_report

GOLDEN = Path(__file__).parent.parent / "golden"


def told() -> Iterator[tuple[str, Message]]:
    """All that a channel hears of one run, with where it stands."""
    posts = {post.key: post for post in story()}
    for post in story():
        assert post.message is not None
        if post.edits:
            yield f"replaces {_name(posts[post.edits])}", post.message
        else:
            yield _name(post) + (f", under {_name(posts[post.parent])}" if post.parent else ""), post.message


def _name(post: Outgoing) -> str:
    titled = post.message.title if post.message else ""
    return f"{post.transition} ({titled})"


def channel() -> str:
    return "\n".join(f"--- {where}\n\n{render_text(message)}\n" for where, message in told())


def on_slack(message: Message) -> Mapping[str, Any]:
    """The text that a notification shows, and the blocks. A chart is a message of its own."""
    rendered = blocks.render(message)
    return {"text": rendered.text, "blocks": rendered.blocks}


def on_feishu(message: Message, *, chart: bool) -> Mapping[str, Any]:
    return cards.render(message, image_key="img_chart" if chart else None, key="k").card


def reference() -> Message:
    return card(sample_report())


def comparison() -> Comparison:
    return compare([(sample(), sample_report()), (normalised(), analyze(normalised()))])


def alerts() -> list[tuple[Message, bool]]:
    """One of each, and whether it has a chart: an opening, worse, resolved, and the summary at the end."""
    firsts: dict[str, tuple[Message, bool]] = {}
    for post in story():
        assert post.message is not None
        firsts.setdefault(post.transition.partition(":")[0], (post.message, post.chart is not None))
    assert list(firsts) == ["opened", "worsened", "resolved", "closed"]
    return list(firsts.values())


def own_words(page: str) -> str:
    """A page without what it carries of styles, scripts and numbers, and without their hashes."""
    bare = re.sub(r"(<(script|style)[^>]*>).*?(?=</\2>)", r"\1…", page, flags=re.DOTALL)
    return re.sub(r"sha256-[^']+", "sha256-…", bare)


PAGES: dict[str, Callable[[], str]] = {
    "card.txt": lambda: render_text(reference()),
    "full.txt": lambda: render_text(full(sample_report(), "…")),
    "healthy.txt": lambda: render_text(card(analyze(healthy()))),
    "compare.txt": lambda: render_text(comparison_page(comparison())),
    "channel.txt": channel,
    "report.md": lambda: markdown(sample_report()),
    "report.html": lambda: own_words(html.page(sample(), sample_report())),
}
WIRES: dict[str, Callable[[], object]] = {
    "card.slack.json": lambda: on_slack(reference()),
    "card.feishu.json": lambda: on_feishu(reference(), chart=True),
    "alerts.slack.json": lambda: [on_slack(message) for message, _ in alerts()],
    "alerts.feishu.json": lambda: [on_feishu(message, chart=chart) for message, chart in alerts()],
}


def laid_out(value: object, indent: str = "") -> str:
    """JSON to be read: what fits on a line is on one line."""
    line, inner = json.dumps(value, ensure_ascii=False), indent + "  "
    if len(indent) + len(line) <= 110 or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict):
        parts = [f"{json.dumps(k, ensure_ascii=False)}: {laid_out(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + laid_out(v, inner) for v in value) + f"\n{indent}]"


def kept(name: str, text: str) -> str:
    """The golden text; written first when asked to."""
    path = GOLDEN / name
    if os.environ.get("CURVEBOT_WRITE_GOLDEN"):
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str) -> None:
    text = PAGES[name]()

    assert text.rstrip("\n") == kept(name, text)


@pytest.mark.parametrize("name", WIRES)
def test_what_a_platform_gets(name: str) -> None:
    text = laid_out(WIRES[name]())

    assert text == kept(name, text)


def test_json() -> None:
    """Equal up to the last bits of floats, which differ between processors."""
    text = to_json(sample_report())

    assert _rounded(json.loads(text)) == _rounded(json.loads(kept("report.json", text)))


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value
