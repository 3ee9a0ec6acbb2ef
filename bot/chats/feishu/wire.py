"""What Feishu says -> what it means for us. Pure: events -> Inbound, requests -> whether they are Feishu's."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from bot.address import Address
from bot.chats.port import Inbound, LinkShared

_MOST_AGE_S = 300.0  # of a request over HTTP


def message(event: Mapping[str, Any], *, bot_id: str | None) -> Inbound | None:
    """A message to the bot, or, overheard, a reply in a thread; None for other bots' messages and for what else is
    said in a group without mentioning the bot.

    `bot_id`: our open_id, None while it is not known. The id is the message's own: a redelivery has the same.
    """
    said, sender = event.get("message") or {}, event.get("sender") or {}
    if sender.get("sender_type", "user") != "user" or said.get("message_type") not in ("text", "post"):
        return None
    mentions = said.get("mentions") or []
    text = _text(str(said.get("content") or "{}"))
    ours = [m for m in mentions if bot_id is None or (m.get("id") or {}).get("open_id") == bot_id]
    # Longest key first: @_user_10 holds @_user_1. What follows a key may be a digit of a run's name.
    for mention in sorted(mentions, key=lambda m: -len(str(m.get("key")))):
        text = text.replace(str(mention.get("key")), " " if mention in ours else f"@{mention.get('name', '')}")
    text = re.sub(r"[ \xa0]+", " ", text).strip()
    direct = said.get("chat_type") == "p2p"
    root = said.get("root_id") or said.get("parent_id")
    meant = direct or ours or re.match(r"[/／]\s*curve", text, re.IGNORECASE)
    if not meant and (root is None or mentions):
        return None
    return Inbound(
        event_id=str(said["message_id"]),
        address=Address("feishu", str(said["chat_id"])),
        text=text,
        user=str((sender.get("sender_id") or {}).get("open_id") or ""),
        # In a topic, where a new message would open a new one: under its root, so that a topic is one thread.
        reply_to_message_id=str(said.get("root_id") or said["message_id"]) if said.get("thread_id") else None,
        direct=direct,
        root_message_id=None if root is None else str(root),
        overheard=not meant,
    )


def card_action(event_id: str, event: Any) -> Inbound | None:
    """A button pressed; answered under its card. None for one that carries no command."""
    value, context = (event.action.value if event.action else None) or {}, event.context
    command = value.get("command") if isinstance(value, Mapping) else None
    if not isinstance(command, str) or context is None or not context.open_chat_id:
        return None
    return Inbound(
        event_id=str(event_id),
        address=Address("feishu", context.open_chat_id),
        text=command,
        user=str((event.operator.open_id if event.operator else "") or ""),
        reply_to_message_id=context.open_message_id,
        root_message_id=context.open_message_id,
    )


def changes_its_card(event: Any) -> bool:
    """Whether the button that was pressed changes the card it stands on at once."""
    value = (event.action.value if event.action else None) or {}
    return isinstance(value, Mapping) and value.get("at_once") is True


def link(event: Any, *, member: bool | None) -> LinkShared | None:
    """A link that Feishu wants a preview of; None while it is only typed: then it names neither message nor chat."""
    context = event.context if event is not None else None
    if context is None or not context.url or not context.open_chat_id or not context.open_message_id:
        return None
    return LinkShared(
        address=Address("feishu", str(context.open_chat_id)),
        links=(str(context.url),),
        message=str(context.open_message_id),
        member=member,
    )


def authentic(headers: Mapping[str, str], body: bytes, encrypt_key: str, *, now: float) -> bool:
    """Whether a request is at most five minutes old and, with an encrypt key, signed with it. Lower-case names.

    Without a key nothing is signed: then the age is the event's own, and the token in it is checked by the SDK.
    """
    try:
        if not encrypt_key:
            stated = json.loads(body)
            if stated.get("type") == "url_verification":
                return True
            return abs(now - _seconds(int(stated["header"]["create_time"]))) < _MOST_AGE_S
        stamp, nonce = headers["x-lark-request-timestamp"], headers["x-lark-request-nonce"]
        signed = sha256((stamp + nonce + encrypt_key).encode() + body).hexdigest()
        genuine = hmac.compare_digest(signed.encode(), headers["x-lark-signature"].encode())
        return genuine and abs(now - int(stamp)) < _MOST_AGE_S
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _seconds(stamp: int) -> float:
    """An event's time is in milliseconds, a callback's in microseconds."""
    return stamp / (1e6 if stamp > 1e14 else 1e3)


def _text(content: str) -> str:
    """The words of a text or post message; a link is its address."""
    try:
        said = json.loads(content)
    except ValueError:
        return ""
    if not isinstance(said, Mapping):
        return ""
    if isinstance(said.get("text"), str):
        return str(said["text"])
    post = said if "content" in said else next((v for v in said.values() if isinstance(v, Mapping)), {})
    lines = ("".join(map(_piece, line)) for line in post.get("content") or () if isinstance(line, list))
    return " ".join(filter(None, (str(post.get("title") or ""), *lines)))


def _piece(element: Any) -> str:
    if not isinstance(element, Mapping):
        return ""
    name = {"a": "href", "at": "user_id"}.get(str(element.get("tag")), "text")
    return str(element.get(name) or "")


def message_id_of(answer: Mapping[str, Any]) -> str:
    """Of a repeated uuid Feishu may name no message: it stands, but nothing can be put under it."""
    return str((answer.get("data") or {}).get("message_id") or "")
