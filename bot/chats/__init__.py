"""Chat platforms behind one small port; each has a folder, and a record in `bot.platforms`."""

from bot.chats.port import (
    Capabilities,
    Chat,
    DeliveryError,
    Inbound,
    LookUpImpossible,
    NotSent,
    Post,
    Refused,
    Unclear,
)

__all__ = [
    "Capabilities",
    "Chat",
    "DeliveryError",
    "Inbound",
    "LookUpImpossible",
    "NotSent",
    "Post",
    "Refused",
    "Unclear",
]
