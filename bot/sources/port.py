"""The port: what the bot asks of its sources, and the one way in which a read fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from analysis.columns.profile import Profile
from analysis.model import Run
from bot.sources.reference import RunFilter, RunRef

MOST_PEERS = 10  # finished runs that a run is set beside
PEERS_UNREAD = "同项目其他 run 没读到"  # the note of a run whose peers are not there for want of an answer
PEERS_DEADLINE_S = 4.0  # for all of them: an answer without them is better than a late one

Failure = Literal["not_found", "forbidden", "rate_limited", "unreachable", "unreadable"]
Reason = Literal[Failure, "refused"]
Budget = Callable[[int, bool], bool]  # requests, whether a person waits -> whether they may be sent
Allows = Callable[[str, str], bool]  # entity, project -> whether its runs may be read


class SourceError(Exception):
    """A run that could not be read. `str()` is one Chinese sentence: what, where, what next.

    reason  how a tracker or a file failed; or `refused`: the run is not ours to read
    """

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason


class SeveralRunsError(SourceError):
    """More than one run has this name: which one, only the person can say."""

    def __init__(self, sentence: str) -> None:
        super().__init__("not_found", sentence)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the first read of a long run is."""

    rows: int
    lines: int | None  # that the tracker counts; None where it does not
    about: Run  # what the run says of itself; its history is one row, the newest values


class StillReadingError(SourceError):
    """The run is being read, and that goes on: who asks again finds it further on."""

    def __init__(self, progress: Progress) -> None:
        super().__init__("unreachable", f"{progress.about.name} 数据很多，还在读，过一会儿再试")
        self.progress = progress


@dataclass(frozen=True, slots=True)
class Listed:
    """A run as the listing of its project shows it: enough to see whether it moved.

    rows    how many the tracker counts; None where it does not
    handle  with it the source reads the run for fewer requests
    """

    state: str
    rows: int | None = None
    heartbeat_at: float | None = None
    handle: Any = None


class Source(Protocol):
    """Reads whole runs, as far as the configuration allows. Thread-safe; every call blocks, bounded in time.

    A project that is not allowed is refused before anything is read, and in the same words whether there is such a run
    or not; one that only the run itself tells (display names, files) as soon as it has told. Methods that take a text
    raise ValueError when it means nothing, with a Chinese sentence.
    """

    def fetch(self, text: str, listed: Listed | None = None, *, patience_s: float | None = None) -> Run:
        """The run as it stands now, with every row. Raises SourceError.

        listed      as a listing has just shown it
        patience_s  a person waits: when the tracker takes longer, the run as it was last read, and its notes say so;
                    StillReadingError when it is being read for the first time
        """

    def with_peers(self, run: Run, profile: Profile) -> Run:
        """The run with the newest finished runs of its project, at most `MOST_PEERS`; of their curves those that
        `analysis.peers.to_read` names. Takes `PEERS_DEADLINE_S` at most; where they could not be read, the run says so.
        """

    def list_runs(self, filter_: RunFilter) -> Mapping[str, Listed]:
        """The running runs that match, by reference, newest first. Raises SourceError."""

    def survey(self, refs: Sequence[str]) -> Mapping[str, Listed]:
        """How runs stand, for one request a project; those that no listing shows (files, names) are left out.
        Raises SourceError.
        """

    def near(self, text: str) -> RunRef | None:
        """The recent run whose id or name comes next to a text that names none. Raises SourceError."""

    def canonical(self, text: str) -> str:
        """The reference in full, as a watch stores it. Reads nothing: a display name stays one."""

    def held(self, text: str) -> str | None:
        """The reference of a file of this name that is there and may be read; None: there is none. Reads nothing."""

    def filter(self, text: str) -> RunFilter | None:
        """The filter a text means; None when it means one run. Reads nothing."""


def admit(allows: Allows, entity: str | None, project: str | None) -> None:
    """Raises SourceError when a project is known and not allowed. What belongs to none is nobody's secret."""
    if entity and project and not allows(entity, project):
        sentence = f"{entity}/{project} 不在允许读取的项目里，请管理员把它加进配置的 access.projects"
        raise SourceError("refused", sentence)
