"""The half of a chat that does not matter where only sending is tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.chats.port import Inbound


class MuteChat:
    """A chat in which nobody says anything; `send` and `find` are for the subclass."""

    def start(self, receive: Callable[[Inbound], None]) -> None: ...

    def stop(self) -> None: ...

    def connected(self) -> bool:
        return True

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        return 404, {}, b""
