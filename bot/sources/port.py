"""The port: what every source offers, and the one way in which a read fails."""

from __future__ import annotations

from typing import Literal, Protocol

from analysis.columns.profile import Profile
from analysis.model import Peer, Run

Reason = Literal["not_found", "forbidden", "rate_limited", "unreachable", "unreadable"]


MOST_PEERS = 10  # finished runs that a run is set beside
PEERS_DEADLINE_S = 4.0  # for all of them: an answer without them is better than a late one


class SourceError(Exception):
    """A run that could not be read. `reason` is one of five; `str()` is one Chinese sentence: what, where, what next."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason


class Source(Protocol):
    """Reads whole runs. Thread-safe. Blocking, bounded in time."""

    def fetch(self, ref: str) -> Run:
        """The run as it stands now, with every row. Raises SourceError; ValueError when `ref` names no run."""

    def peers(self, run: Run, profile: Profile) -> tuple[Peer, ...]:
        """Finished runs of the same project, newest first, at most `MOST_PEERS`, without the run itself; of their curves
        those that `analysis.peers.to_read` names. Takes `PEERS_DEADLINE_S` at most. Raises SourceError.
        """
