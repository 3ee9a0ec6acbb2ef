"""Chat platforms behind one small port; each has a folder, and a record in `bot.platforms`."""

from bot.chats.port import (
    Chat,
    DeliveryError,
    Inbound,
    KeepsSocket,
    KnowsPeople,
    LinkShared,
    LookUpImpossible,
    NotSent,
    NotThere,
    Post,
    Preview,
    PreviewsLinks,
    Refused,
    ShutOut,
    Unclear,
)

__all__ = [
    "Chat",
    "DeliveryError",
    "Inbound",
    "KeepsSocket",
    "KnowsPeople",
    "LinkShared",
    "LookUpImpossible",
    "NotSent",
    "NotThere",
    "Post",
    "Preview",
    "PreviewsLinks",
    "Refused",
    "ShutOut",
    "Unclear",
]
