"""What the relay says -> what it means for us. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from bot.address import Address
from bot.chats import DeliveryError, Inbound, NotSent, Refused, Unclear


def update(data: Mapping[str, Any]) -> Inbound | None:
    """Something said in a room; None for what a bot said."""
    if data.get("bot"):
        return None
    return Inbound(
        event_id=str(data["id"]),
        address=Address("relay", str(data["room"])),
        text=str(data["text"]),
        user=str(data["user"]),
        reply_to_message_id=data.get("under"),
    )


def failure(status: int, retry_after: str | None) -> DeliveryError:
    if status == 429:
        return NotSent("relay: too many", float(retry_after or 1))
    return Unclear(f"relay: {status}") if status >= 500 else Refused(f"relay: {status}")


def signature(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, sha256).hexdigest()
