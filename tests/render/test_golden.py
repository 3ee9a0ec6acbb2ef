"""What people see, kept in files that a person reads in review. `CURVEBOT_WRITE_GOLDEN=1 pytest` writes them anew."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis import analyze
from bot.render import html
from bot.render.card import card, full
from bot.render.json import to_json
from bot.render.markdown import markdown
from bot.render.text import render_text
from tests.reports import healthy, sample_report

GOLDEN = Path(__file__).parent.parent / "golden"
PAGES: dict[str, Callable[[], str]] = {
    "card.txt": lambda: render_text(card(sample_report())),
    "full.txt": lambda: render_text(full(sample_report(), "…")),
    "healthy.txt": lambda: render_text(card(analyze(healthy()))),
    "report.md": lambda: markdown(sample_report()),
    "report.html": lambda: html.page(sample_report()),
}


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
