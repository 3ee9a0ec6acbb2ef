"""Whether the receiver takes what we sign."""

from __future__ import annotations

import secrets

from bot.chats import DeliveryError
from bot.chats.webhook.chat import WebhookChat
from bot.chats.webhook.wire import ping
from bot.online import TIMEOUT_S, AmissError, Found


def receiver(url: str, key: bytes) -> Found:
    """Sends a ping. Raises AmissError."""
    try:
        WebhookChat(url, key, timeout_s=TIMEOUT_S).deliver(f"ping-{secrets.token_hex(8)}", ping())
    except DeliveryError as error:
        raise AmissError(f"{error}：核对 WEBHOOK_URL、WEBHOOK_SECRET，看接收端的日志") from None
    return Found("接收端收下了一条 ping")
