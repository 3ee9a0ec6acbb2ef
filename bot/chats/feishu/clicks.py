"""A button pressed on a card: the answer to the click carries the card as it reads now, where that is known at once.

Feishu waits 3 s for the answer, and a person less. What a click changes comes as an edit of the card by the usual way;
when it comes in time it goes out with the answer as well, and the edit after it: not every client shows the former, and
an edit before the answer is undone by clients that still wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# An acknowledgement is due in half a second. Acking and muting take a tenth; only for buttons like these is it waited.
WAIT_S = 0.3
_ANSWERED_S = 1.0  # longer than WAIT_S: an edit never waits for more than an answer that is about to leave


@dataclass(frozen=True, slots=True)
class Click:
    """One that is not answered yet."""

    card: Future[dict[str, Any]] = field(default_factory=Future)
    answered: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> dict[str, Any] | None:
        """The card as it reads now; None when that is not known in time."""
        try:
            return self.card.result(WAIT_S)
        except FutureTimeoutError:
            return None


class Clicks:
    """Those that are being answered, by message. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Click] = {}

    @contextmanager
    def on(self, message_id: str) -> Iterator[Click]:
        """For as long as a click on a message is answered. Of several at once the last one shows the card."""
        click = Click()
        with self._lock:
            self._open[message_id] = click
        try:
            yield click
        finally:
            click.answered.set()
            with self._lock:
                if self._open.get(message_id) is click:
                    del self._open[message_id]

    def shown(self, message_id: str, card: dict[str, Any]) -> None:
        """To be called before an edit: hands the card to who waits for it, and returns once that has been answered."""
        with self._lock:
            click = self._open.pop(message_id, None)
        if click is not None:
            click.card.set_result(card)
            click.answered.wait(_ANSWERED_S)
