"""Where messages come from and go to: a platform, and a channel of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A channel, a group or a person on a platform. Written and stored as `platform:channel`."""

    platform: str  # the name in the platform's record
    channel: str  # the platform's own id; empty on a platform with only one

    @classmethod
    def parse(cls, text: str) -> Address:
        """Inverse of `str`; a channel may hold colons itself. Raises ValueError."""
        platform, colon, channel = text.partition(":")
        if not colon or not platform:
            raise ValueError(f"{text!r} is no address")
        return cls(platform, channel)

    def __str__(self) -> str:
        return f"{self.platform}:{self.channel}"
