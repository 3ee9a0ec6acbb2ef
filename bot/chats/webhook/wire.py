"""A post as an event for a program, signed as Standard Webhooks say; what an answer means. Pure.

Described for receivers in docs/webhook.md and docs/webhook.schema.json.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from bot.chats import DeliveryError, NotSent, Post, Refused, ShutOut, Unclear
from bot.render.message import Button, Message
from bot.render.plain import one_line
from bot.render.text import render_text

SECRET = "whsec_"  # noqa: S105  (how a secret begins)
_SHORTEST, _LONGEST = 24, 64  # bytes of a secret
_WIDE = 10_000  # columns: lines are broken by who shows them


def event(post: Post) -> dict[str, Any]:
    """The same for every try. Raises Refused for what is no message."""
    if post.message is None:
        raise Refused("Webhook：只发消息，不发图")
    return {
        "schema": 1,
        "type": "message.posted" if post.edits is None else "message.edited",
        "id": post.key,
        "kind": post.kind,
        "channel": post.address.channel,
        "thread": post.root_message_id,
        "edits": post.edits,
        "run": post.about,
        "message": _message(post.message),
    }


def ping() -> dict[str, Any]:
    """What a receiver takes without doing anything: sent by `curvebot check --online`."""
    return {"schema": 1, "type": "ping"}


def encoded(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False).encode()


def key_of(secret: str) -> bytes:
    """`whsec_` and base64 -> the key. Raises ValueError."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET), validate=True)
    except ValueError:
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError("要写成 whsec_ 加 24 到 64 字节的 base64，生成一个：openssl rand -base64 32")
    return key


def headers(event_id: str, body: bytes, key: bytes, now: float) -> dict[str, str]:
    """`now`: seconds since epoch, of this try."""
    at = str(int(now))
    signed = hmac.new(key, b".".join((event_id.encode(), at.encode(), body)), sha256).digest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "curvebot",
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def failure(status: int, retry_after: str | None) -> DeliveryError | None:
    """What a status says of an event; None: it was taken."""
    detail = f"Webhook：HTTP {status}"
    if 200 <= status < 300:
        return None
    if status in (401, 403):
        return ShutOut(f"{detail}，接收端不认签名")
    if status in (425, 429, 503):
        return NotSent(detail, float(retry_after) if retry_after is not None and retry_after.isdigit() else None)
    if status >= 500 or status == 408:
        return Unclear(detail)
    return Refused(f"{detail}，跳转不跟" if 300 <= status < 400 else detail)


def _message(message: Message) -> dict[str, Any]:
    return {
        "severity": message.marker,
        "title": one_line(message.title),
        "subtitle": one_line(message.subtitle),
        "items": [
            {
                "severity": item.marker,
                "headline": one_line(item.headline),
                "evidence": [one_line(line) for line in item.evidence],
                "advice": one_line(item.advice),
            }
            for item in message.items
        ],
        "sections": [
            {"heading": one_line(section.heading), "lines": [one_line(line) for line in section.lines]}
            for section in message.sections
        ],
        "facts": one_line(message.facts),
        "footer": one_line(message.footer),
        "links": [{"label": one_line(button.label), "url": button.url} for button in message.buttons if _leads(button)],
        "text": render_text(replace(message, buttons=(), chart_alt="", file=None), _WIDE),
    }


def _leads(button: Button) -> bool:
    """Nobody can press a button here; where it only opens a page, that is a link."""
    return button.url is not None and button.url.startswith(("https://", "http://"))
