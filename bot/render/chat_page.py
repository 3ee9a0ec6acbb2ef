"""The chat as one HTML page: what can be typed, and the scripts that follow and speak to the server it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.render.inline import data_block, inline_chat


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A command, as the page offers it. `words`: what finds it; `text`: what is then typed."""

    text: str
    usage: str
    about: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Something to click: says `text`."""

    text: str
    about: str


def chat_page(
    *, token: str, suggestions: Sequence[Suggestion], examples: Sequence[Example], hints: Sequence[str]
) -> tuple[str, str]:
    """HTML and Content-Security-Policy. `token`: what the page shows when it speaks. `hints`: lines for who is new."""
    data = {"token": token, "suggestions": [asdict(s) for s in suggestions]}
    page = _template().render(inline=inline_chat(), examples=examples, hints=hints, data=data_block(data))
    return page, inline_chat().policy


@lru_cache(maxsize=1)
def _template() -> Template:
    env = Environment(
        loader=PackageLoader("bot"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    return env.get_template("chat.html.j2")
