"""Message -> Feishu card, JSON 2.0.

Titles and labels are plain_text. The rest is markdown, since only that can be bold or small; what comes from outside is
written in HTML entities there, Feishu's own way of escaping.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from bot.render.fitting import clip, fit, has_body, headline
from bot.render.message import Button, File, Item, Marker, Message, Plot, Section, without_buttons
from bot.render.plain import one_line
from bot.render.text import MARKS, render_text

Card = dict[str, Any]

CARD = 28_000  # bytes of UTF-8; Feishu refuses content above 30 KB
ELEMENTS = 180  # nested ones and texts included; Feishu refuses above 200
MARKDOWN = 6000  # characters of one markdown element; near 10,000 it is cut silently
HEADER = 120  # characters; a header shows four lines at most
PREVIEW_LINE = 300  # characters
UNFOLDED = 6  # lines of a section that stand open
PLAIN = 6000  # characters of the plain card's text: below CARD even when each takes three bytes
_TEMPLATES: dict[Marker, str] = {
    "critical": "red",
    "warning": "orange",
    "info": "grey",
    "ok": "green",
    "none": "blue",
}
# What markdown, Feishu's tags, its emoji codes (:OK:) and autolinks are made of.
_MEANT = re.compile(
    r"[&<>*_~`\[\]()!#|\\:$@{}]|^[-+=]|(?:(?<=^\d)|(?<=^\d\d)|(?<=^\d\d\d))[.)](?=\s)|(?<=www)\.", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class FeishuMessage:
    """`content` of an interactive message; `file` is to be sent under it."""

    card: Card
    file: File | None = None

    @property
    def content(self) -> str:
        return dumps(self.card)


def render(message: Message, *, image_key: str | None = None, key: str | None = None) -> FeishuMessage:
    """The message as a card, within Feishu's limits.

    `image_key` of an uploaded chart. `key`, the outbox key, is put into the card unseen, so that it can be found.
    """

    def fits(m: Message) -> bool:
        return _fits(_card(m, image_key, key))

    fitted = fit(message, fits)
    if message.plot is not None and (fitted.left_out or not fits(fitted.message)):  # words before lines
        fitted = fit(replace(message, plot=None), fits)
    return FeishuMessage(_card(fitted.message, image_key, key), fitted.file)


def render_plain(message: Message, *, key: str | None = None) -> FeishuMessage:
    """The simplest card there is, for a server that refuses the other one."""
    bare = replace(without_buttons(message), chart_alt="")
    body = {"tag": "div", "text": _plain(clip(render_text(bare, width=10_000), PLAIN))} | _mark(key)
    return FeishuMessage(_envelope(message.title, None, [body]), message.file)


def render_preview(message: Message) -> tuple[str, Card]:
    """The line that takes a link's place, and the card under it: the older form, the one documented for previews.

    All of it is plain text: nothing in it can mention anybody.
    """
    title = clip(MARKS[message.marker] + message.title, HEADER)
    lines = [f"{item.number or ''} {MARKS[item.marker]}{item.headline}".strip() for item in message.items]
    shown = [clip(line, PREVIEW_LINE) for line in (*lines, message.facts, message.footer) if line]
    card = {
        "config": {"wide_screen_mode": True},
        "header": {"title": _plain(title), "template": _TEMPLATES[message.marker]},
        "elements": [{"tag": "div", "text": _plain(line)} for line in shown or [title]],
    }
    return title, card


def dumps(card: Card) -> str:
    """JSON as Feishu takes it. Raises ValueError for NaN and Infinity, which would make it refuse the card."""
    return json.dumps(card, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def key_mark(key: str) -> str:
    """What the card of an outbox key carries: an element id (a letter first, at most 20 characters)."""
    return "k" + hashlib.sha256(key.encode()).hexdigest()[:19]


def escape(text: str) -> str:
    """Text as markdown that shows exactly this text."""
    return _MEANT.sub(lambda found: "".join(f"&#{ord(c)};" for c in found[0]), text)


def _fits(card: Card) -> bool:
    return len(dumps(card).encode()) <= CARD and _elements(card["body"]) <= ELEMENTS


def _elements(node: Any) -> int:
    if isinstance(node, dict):
        return ("tag" in node) + sum(map(_elements, node.values()))
    return sum(map(_elements, node)) if isinstance(node, list) else 0


def _card(message: Message, image_key: str | None, key: str | None) -> Card:
    header, body = None, [*_items(message.items), *_sections(message.sections)]
    if message.marker == "none" and not has_body(message):
        body.insert(0, _markdown(escape(message.title or "…")))
    else:
        mark = MARKS[message.marker]
        head, rest = headline(message, HEADER - len(mark))
        header = {"title": _plain(mark + (head or "…")), "template": _TEMPLATES[message.marker]}
        if message.subtitle:
            header["subtitle"] = _plain(message.subtitle)
        if rest:
            body.insert(0, _markdown(escape(rest)))
    if message.facts:
        body.append(_markdown(escape(message.facts)))
    if image_key is not None:
        body.append(_image(image_key, message.chart_alt))
    if message.plot is not None:
        body.append(_chart(message.plot, expanded=image_key is None))
    if message.buttons:
        body.append(_buttons(message.buttons))
    if message.footer:
        body.append(_markdown(f"<font color='grey'>{escape(message.footer)}</font>", text_size="notation"))
    if not body:
        body.append(_markdown(escape(message.title or "…")))
    body[0] |= _mark(key)
    return _envelope(MARKS[message.marker] + message.title, header, body)


def _envelope(summary: str, header: Card | None, elements: list[Card]) -> Card:
    """`summary` is what the chat list and a lock screen show."""
    config = {"update_multi": True, "width_mode": "fill", "summary": {"content": clip(summary, HEADER)}}
    return {
        "schema": "2.0",
        "config": config,
        **({"header": header} if header is not None else {}),
        "body": {"elements": elements},
    }


def _mark(key: str | None) -> Card:
    return {"element_id": key_mark(key)} if key is not None else {}


def _items(items: tuple[Item, ...]) -> Iterator[Card]:
    """Items that explain themselves get an element each; a list of one-liners is one element."""
    for plain, group in groupby(items, key=lambda i: not (i.evidence or i.advice or i.number is not None)):
        if plain:
            yield from _pieces([escape(MARKS[i.marker] + i.headline) for i in group])
        else:
            yield from (_markdown("\n".join(_item(i))) for i in group)


def _item(item: Item) -> Iterator[str]:
    number = f"{item.number} " if item.number is not None else ""
    yield f"**{escape(number + MARKS[item.marker] + item.headline)}**"
    yield from (escape(line) for line in item.evidence)
    if item.advice:
        yield f"→ {escape(item.advice)}"


def _sections(sections: tuple[Section, ...]) -> Iterator[Card]:
    """Each under its heading; what is long and comes after the first one is folded, and opens when asked."""
    for n, section in enumerate(sections):
        lines = [_indented(line) for line in section.lines]
        if n and section.heading and len(lines) > UNFOLDED:
            yield _panel(f"{section.heading}（{len(lines)} 行）", list(_pieces(lines)))
        else:
            heading = [f"**{escape(section.heading)}**"] if section.heading else []
            yield from _pieces([*heading, *lines])


def _panel(title: str, elements: list[Card], *, expanded: bool = False) -> Card:
    arrow = {"tag": "standard_icon", "token": "down-small-ccm_outlined", "size": "16px 16px"}
    header = {"title": _plain(title), "icon": arrow, "icon_position": "follow_text", "icon_expanded_angle": -180}
    return {"tag": "collapsible_panel", "expanded": expanded, "header": header, "elements": elements}


def _indented(line: str) -> str:
    """Spaces at the beginning of a line vanish in markdown; the wide one stays."""
    text = line.lstrip(" ")
    return "　" * ((len(line) - len(text)) // 2) + escape(text)


def _pieces(lines: list[str]) -> Iterator[Card]:
    """Lines in as few markdown elements as their limit allows."""
    piece: list[str] = []
    for line in lines:
        if piece and sum(len(p) + 1 for p in piece) + len(line) > MARKDOWN:
            yield _markdown("\n".join(piece))
            piece = []
        piece.append(line)
    if piece:
        yield _markdown("\n".join(piece))


def _image(image_key: str, alt: str) -> Card:
    return {"tag": "img", "img_key": image_key, "alt": _plain(alt or "训练曲线"), "scale_type": "fit_horizontal"}


def _chart(plot: Plot, *, expanded: bool) -> Card:
    """Lines to point at, folded under the picture: whether every client draws a log axis is not known, and the picture
    holds the marks. Where there is no picture they stand open.
    """
    title = f"交互曲线：{plot.title}{'，对数轴' if plot.log else ''}{f'（{plot.note}）' if plot.note else ''}"
    element = {"tag": "chart", "chart_spec": _spec(plot), "aspect_ratio": "16:9", "preview": True}
    return _panel(clip(one_line(title), HEADER), [element], expanded=expanded)


def _spec(plot: Plot) -> Card:
    """VChart's. Both axes are of numbers: its line chart takes x for names. `media`: none of Feishu's own rules."""
    values = [{"x": x, "y": y, "s": line.name} for line in plot.lines for x, y in zip(line.x, line.y, strict=True)]
    left: Card = {"orient": "left", "type": "log", "base": 10} if plot.log else {"orient": "left", "type": "linear"}
    several = len({line.name for line in plot.lines}) > 1
    return {
        "type": "line",
        "data": [{"id": "curves", "values": values}],
        "xField": "x",
        "yField": "y",
        "seriesField": "s",
        "axes": [left | {"zero": False}, {"orient": "bottom", "type": "linear", "zero": False}],
        "point": {"visible": False},
        "legends": {"visible": several, "orient": "top"},
        "media": [],
    }


def _buttons(buttons: tuple[Button, ...]) -> Card:
    columns = [{"tag": "column", "width": "auto", "elements": [_button(b)]} for b in buttons]
    return {"tag": "column_set", "flex_mode": "flow", "columns": columns}


def _button(button: Button) -> Card:
    behavior = (
        {"type": "callback", "value": {"command": button.command} | ({"at_once": True} if button.at_once else {})}
        if button.command is not None
        else {"type": "open_url", "default_url": button.url}
    )
    return {"tag": "button", "text": _plain(button.label), "type": "default", "behaviors": [behavior]}


def _markdown(content: str, **more: str) -> Card:
    return {"tag": "markdown", "content": content, **more}


def _plain(text: str) -> Card:
    return {"tag": "plain_text", "content": text}
