"""The port: what every source offers, and the one way in which a read fails."""

from __future__ import annotations

from typing import Literal, Protocol

from analysis.model import Run

Reason = Literal["not_found", "forbidden", "rate_limited", "unreachable", "unreadable"]


class SourceError(Exception):
    """A run that could not be read. `reason` is one of five; `str()` is one Chinese sentence: what, where, what next."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason


class Source(Protocol):
    """Reads whole runs. Thread-safe. Blocking, bounded in time."""

    def fetch(self, ref: str) -> Run:
        """The run as it stands now, with every row. Raises SourceError; ValueError when `ref` names no run."""
