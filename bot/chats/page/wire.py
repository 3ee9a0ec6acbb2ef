"""Between page and program: what is shown as JSON, what was said or pressed as values. Pure.

All of it is text: the page makes text nodes of it, and no address of a run becomes a link unless it is http(s).
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from typing import Any

from bot.chats.page.transcript import Entry
from bot.render.message import Button, Item, Message
from bot.render.plain import one_line

LONGEST = 4000  # characters of what is said
_ID = re.compile(r"[A-Za-z0-9:-]{1,64}")  # also of messages that a terminal showed before
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Said:
    """`under`: id of the entry in whose thread it was said."""

    id: str
    text: str
    under: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button with this index of a message."""

    id: str
    message: str
    button: int


def said(body: bytes) -> Said:
    """Raises ValueError: a Chinese sentence."""
    data = _object(body)
    text, under = data.get("text"), data.get("under")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("什么都没写")
    if len(text) > LONGEST:
        raise ValueError(f"太长了，最多 {LONGEST} 个字")
    text = text.encode(errors="replace").decode()  # half of a surrogate pair is in no database
    return Said(_id(data.get("id")), text.strip(), None if under is None else _id(under))


def pressed(body: bytes) -> Pressed:
    """Raises ValueError."""
    data = _object(body)
    button = data.get("button")
    if not isinstance(button, int) or isinstance(button, bool) or button < 0:
        raise ValueError("没有这个按钮")
    return Pressed(_id(data.get("id")), _id(data.get("message")), button)


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as the page takes it."""
    told: dict[str, Any] = {"id": entry.id, "at": entry.at, "place": entry.place, "under": entry.under}
    if entry.text is not None:
        return told | {"text": entry.text, "typed": entry.typed}
    told |= {"run": entry.knows_run}
    if entry.chart is not None:
        told["chart"] = {"url": f"/chart/{entry.id}/{entry.version}", **_size(entry.chart)}
    return told | {"message": _message(entry) if entry.message is not None else None}


def _message(entry: Entry) -> dict[str, Any]:
    message = entry.message or Message("")
    return {
        "title": one_line(message.title),
        "marker": message.marker,
        "subtitle": one_line(message.subtitle),
        "items": [_item(item) for item in message.items],
        "sections": [{"heading": one_line(s.heading), "lines": list(map(_line, s.lines))} for s in message.sections],
        "facts": one_line(message.facts),
        "alt": one_line(message.chart_alt),
        "buttons": [_button(i, b) for i, b in enumerate(message.buttons) if b.command is not None or _is_link(b)],
        "footer": one_line(message.footer),
        "file": None
        if message.file is None
        else {"name": one_line(message.file.name), "url": f"/file/{entry.id}/{entry.version}"},
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "headline": one_line(item.headline),
        "marker": item.marker,
        "evidence": [one_line(line) for line in item.evidence if line.strip()],
        "advice": one_line(item.advice),
        "number": item.number,
    }


def _button(index: int, button: Button) -> dict[str, Any]:
    return {"index": index, "label": one_line(button.label), "url": button.url if _is_link(button) else None}


def _is_link(button: Button) -> bool:
    return button.url is not None and button.url.startswith(("https://", "http://"))


def _line(line: str) -> str:
    """Its indent says what it belongs to."""
    return " " * (len(line) - len(line.lstrip(" "))) + one_line(line)


def _size(png: bytes) -> dict[str, int]:
    """Pixels, so that the page keeps the place of a chart free."""
    if not png.startswith(_PNG) or len(png) < 24:
        return {}
    width, height = struct.unpack(">II", png[16:24])
    return {"width": width, "height": height}


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except ValueError:  # also of bytes that are no UTF-8
        data = None
    if not isinstance(data, dict):
        raise ValueError("看不懂的请求")
    return data


def _id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("看不懂的请求")
    return value
