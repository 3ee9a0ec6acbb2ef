"""What a page carries of its own: styles and scripts, from the package, and the policy that allows just these."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

# In the order in which they are needed.
_REPORT = (
    "axis.js", "series.js", "marks.js", "touch.js", "panel.js", "board.js", "metrics.js", "themes.js", "page.js",
)  # fmt: skip
_CHAT = (
    "themes.js",
    "chat/dom.js",
    "chat/message.js",
    "chat/log.js",
    "chat/composer.js",
    "chat/server.js",
    "chat/chat.js",
)


@dataclass(frozen=True, slots=True)
class Inline:
    """Text for `<style>` and `<script>`, and the Content-Security-Policy of a page that has these and nothing else."""

    style: Markup
    theme: Markup  # the script in the head
    script: Markup
    policy: str


@lru_cache(maxsize=1)
def inline() -> Inline:
    """Of the report. Read once. The licence of uPlot goes wherever uPlot goes."""
    charts = f"/*!\n{_text('uplot/LICENSE')}\n*/\n{_text('uplot/uPlot.iife.min.js')}"
    return _inline(("uplot/uPlot.min.css", "base.css", "page.css"), _REPORT, before=charts, allows="img-src data:")


@lru_cache(maxsize=1)
def inline_chat() -> Inline:
    """Of the chat. It asks only the server it came from, and can make nothing but text of what that says."""
    allows = "img-src 'self' data:; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    return _inline(("base.css", "chat/chat.css"), _CHAT, allows=f"{allows}; frame-ancestors 'none'")


def data_block(values: Any) -> Markup:
    """JSON for a `<script type="application/json">`: nothing in it can end the block, or begin a comment in it."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 escaped above


def _inline(styles: Sequence[str], scripts: Sequence[str], *, allows: str, before: str = "") -> Inline:
    style, theme = "\n".join(map(_text, styles)), _text("theme.js")
    own = "\n".join(map(_text, scripts))
    script = f'{before}\n(() => {{\n"use strict";\n{own}}})();\n'
    policy = (
        f"default-src 'none'; {allows}; style-src {_hash(style)}; script-src {_hash(theme)} {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Inline(Markup(style), Markup(theme), Markup(script), policy)  # noqa: S704 our own files, not a run's


def _text(path: str) -> str:
    return files("bot.render").joinpath("web", path).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
