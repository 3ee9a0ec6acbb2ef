"""What the page carries of its own: styles and scripts, from the package, and the policy that allows just these."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

# In the order in which they are needed.
_SCRIPTS = ("axis.js", "series.js", "marks.js", "touch.js", "panel.js", "board.js", "metrics.js", "page.js")


@dataclass(frozen=True, slots=True)
class Inline:
    """Text for `<style>` and `<script>`, and the Content-Security-Policy of a page that has these and a chart."""

    style: Markup
    theme: Markup  # the script in the head
    script: Markup
    policy: str


@lru_cache(maxsize=1)
def inline() -> Inline:
    """Read once. The licence of uPlot goes wherever uPlot goes."""
    style = _text("uplot/uPlot.min.css") + "\n" + _text("page.css")
    theme = _text("theme.js")
    own = "\n".join(map(_text, _SCRIPTS))
    charts = f"/*!\n{_text('uplot/LICENSE')}\n*/\n{_text('uplot/uPlot.iife.min.js')}"
    script = f'{charts}\n(() => {{\n"use strict";\n{own}}})();\n'
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(theme)} {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Inline(Markup(style), Markup(theme), Markup(script), policy)  # noqa: S704 our own files, not a run's


def data_block(values: Any) -> Markup:
    """JSON for a `<script type="application/json">`: nothing in it can end the block, or begin a comment in it."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 escaped above


def _text(path: str) -> str:
    return files("bot.render").joinpath("web", path).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
