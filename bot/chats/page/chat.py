"""The Chat port over a page: what is sent goes to the transcript, which pages follow; what they say is handed over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from bot.address import Address
from bot.chats.intake import Intake
from bot.chats.page import wire
from bot.chats.page.transcript import Entry, Transcript
from bot.chats.port import Inbound, Post

log = structlog.get_logger(__name__)

YOU = "你"  # whoever has the page is who started the program


class PageChat:
    """Thread-safe. A message's remote id is the key of its row, so that it has the same one in every session."""

    def __init__(self, address: Address) -> None:
        self.transcript = Transcript()
        self._address = address
        self._receive: Callable[[Inbound], None] | None = None
        self._intake = Intake("page")

    def start(self, receive: Callable[[Inbound], None]) -> None:
        self._receive = receive

    def stop(self) -> None:
        self._receive = None
        self._intake.stop()
        self.transcript.close()

    def connected(self) -> bool:
        return self._receive is not None

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """What a page says comes to `bot.chats.page.site`."""
        return 404, {}, b""

    def send(self, post: Post) -> str:
        """An edit of what an earlier session showed brings it back; what hangs on such a message stands alone."""
        id_ = post.edits or post.key
        root = post.root_message_id and self._root(post.root_message_id)
        kept = self.transcript.get(id_)
        knows_run = post.about is not None or (kept is not None and kept.knows_run)
        self.transcript.put(
            Entry(id=id_, at=time.time(), under=root, message=post.message, chart=post.chart, knows_run=knows_run)
        )
        return id_

    def find(self, post: Post, since: float) -> str | None:
        found = self.transcript.get(post.key)
        return None if found is None else found.id

    def say(self, said: wire.Said) -> bool:
        """Hands over what somebody typed. False: not now; the page keeps it, and says it again with the same id."""
        under = said.under and self._root(said.under)
        return self._hear(said.id, said.text, said.text, under, typed=True)

    def press(self, pressed: wire.Pressed) -> bool:
        """Hands over what a button does. Raises ValueError for one that is not there (any more)."""
        entry = self.transcript.get(pressed.message)
        buttons = entry.message.buttons if entry is not None and entry.message is not None else ()
        button = buttons[pressed.button] if pressed.button < len(buttons) else None
        if button is None or button.command is None:
            raise ValueError("这个按钮已经不在了")
        root = self._root(pressed.message)
        return self._hear(pressed.id, button.command, button.label, root, typed=False)

    def _root(self, id_: str) -> str:
        """Threads are one deep."""
        entry = self.transcript.get(id_)
        return id_ if entry is None or entry.under is None else entry.under

    def _hear(self, id_: str, command: str, shown: str, root: str | None, *, typed: bool) -> bool:
        receive, place = self._receive, self.transcript.reserve()
        if receive is None:
            return False
        inbound = Inbound(
            event_id=id_,
            address=self._address,
            text=command,
            user_name=YOU,
            reply_to_message_id=root,
            root_message_id=root,
            direct=True,
        )
        try:
            self._intake.keep(receive, inbound)
        except Exception as error:
            log.error("说的话没有存下", error=type(error).__name__)
            return False
        self.transcript.put(Entry(id=f"you-{id_}", at=time.time(), place=place, under=root, text=shown, typed=typed))
        return True
