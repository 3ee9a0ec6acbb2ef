"""The life of the incidents of one watched run: what is news, and whether it is said. Pure; time is an argument.

An episode is what a scan found; an incident is what a channel was told about it. Live watching and replay call the
same `advance`, so they cannot disagree. All state is in the incidents themselves: store them, load them, go on.

    held ──opening decided──> open ──cleared──────────> resolved
                               │ └──run ended─────────> closed ──run came back──> open
                               └── open without `posted_at`: tracked, but not told (`why`)

Identity: diagnosis id + first metric. An episode that overlaps a stored incident of the same identity is that
incident, whatever its onset now. Only what happens after the watch's cursor is news.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from analysis.model import Episode, Severity, Transition, Words

State = Literal["held", "open", "resolved", "closed"]
Kind = Literal["opened", "folded", "worsened", "suppressed", "released", "resolved", "closed", "reopened"]
Reason = Literal[
    "news",  # posted: nothing speaks against it
    "budget",  # posted in the thread of the day's last opening
    "repeat",  # posted in the thread of the same fault's last opening
    "below_severity",  # not posted, like all below
    "suppressed",  # told as a consequence of its cause
    "adopted",  # raised before the cursor: thresholds or version changed
    "rescanned",  # a new reading of old rows no longer finds it
    "resolved_off",  # the policy does not announce recoveries
    "ended",  # the end of the run says it already
    "run_back",
    "never_told",  # the end of something nobody was told about
]

# Functions of the wall clock: they appear at the last row without new rows, and vanish instead of clearing.
WALL_CLOCK = frozenset({"stalled-logging", "run-crashed", "gpu-idle", "eval-stale"})
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How a channel wants to be told. Durations in seconds."""

    group_wait_s: float = 30.0  # an opening waits this long, so that a cause can take in its effects
    repeat_s: float = 4 * 3600.0  # a fault that comes back sooner goes to its earlier thread (critical ones do not)
    resolved: bool = True
    min_severity: Severity = Severity.WARNING
    quiet_hours: tuple[dt.time, dt.time] | None = (
        None  # [from, to) in `timezone`, may pass midnight; never for critical
    )
    budget: int = 6  # openings a run and day; further ones below critical go to the last one's thread
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Incident:
    """One fault as one channel knows it. Rows 0-based, steps `_step`, times seconds since epoch."""

    id: str
    diagnosis: str
    metrics: tuple[str, ...]
    onset_row: int
    onset_step: int
    raised_row: int
    raised_step: int
    severity: Severity  # the worst so far: easing is never announced
    words: Words  # at that moment
    state: State
    opened_at: float  # when the bot learnt of it
    hold_until: float | None = None  # while held: when the opening is due
    posted_at: float | None = None  # when it was told, as an opening or in another's thread
    root: str | None = None  # id of the incident whose message it lives under; its own id once it has a message
    suppressed_by: str | None = None  # diagnosis id of its cause
    why: Reason = "news"  # why it was told, or was not
    cleared: Transition | None = None

    @property
    def identity(self) -> tuple[str, str]:
        return self.diagnosis, self.metrics[0] if self.metrics else ""

    @property
    def over(self) -> bool:
        """Resolved: nothing more will happen to it. (A closed one may come back with its run.)"""
        return self.state == "resolved"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Incident:
        cleared = data["cleared"]
        return cls(
            **data
            | {
                "metrics": tuple(data["metrics"]),
                "severity": Severity(data["severity"]),
                "words": Words(**data["words"]),
                "cleared": cleared
                and Transition(
                    **cleared | {"severity": Severity(cleared["severity"]), "words": Words(**cleared["words"])}
                ),
            }
        )


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an incident, and whether it is said.

    opened      posted: a message of its own in the channel, at most once per incident. Not posted: only tracked; an
                opening may still come (it rises to the severity, or its cause lets go of it)
    folded      posted in the thread of `thread` instead of an opening (reason: budget, repeat)
    worsened    posted in its thread
    suppressed  was told before its cause was known; from now on part of the cause's message. Nothing is posted
    resolved    posted in its thread, and its first message is edited. `rewound`: the run went back, it did not recover
    closed      the run ended with it open. All posted ones of one `advance` are one summary, in the thread of `thread`
    released, reopened: bookkeeping, never posted
    """

    kind: Kind
    incident: Incident  # as it is after this change
    row: int  # the row at which it was decided by the scan; a hold does not move it
    posted: bool
    reason: Reason
    transition: Transition | None = None  # its words and numbers; None for closed
    thread: str | None = None  # id of the incident under whose message it goes; None: a message in the channel
    not_before: float | None = None  # quiet hours: send it then

    @property
    def rewound(self) -> bool:
        return self.transition is not None and self.transition.reason == "rewound"


@dataclass(frozen=True, slots=True)
class Step:
    """What `advance` returns: the incidents to store and hand in again, and what happened, in order."""

    incidents: tuple[Incident, ...]
    changes: tuple[Change, ...]


def advance(
    incidents: Sequence[Incident],
    episodes: Sequence[Episode],
    *,
    scope: str,
    cursor: int | None,
    rows: int,
    ended: bool,
    now: float,
    policy: Policy,
) -> Step:
    """Brings the incidents of one run up to `rows`.

    incidents  those returned last time (at least: all not over, and all told in the last day)
    episodes   the whole list of a scan of at least `rows` rows; transitions from `rows` on are not looked at, so a
               replay passes the same list every time (episodes of the wall clock only with the last row)
    scope      makes incident ids unique: the watch's id
    cursor     number of rows already processed; None when the watch begins: open faults are news, past ones are not
    ended      the run's state is final; nothing is held any longer (but by quiet hours)
    """
    raise NotImplementedError


def next_due(incidents: Iterable[Incident]) -> float | None:
    """When `advance` must be called again even without new rows, or None."""
    return min((i.hold_until for i in incidents if i.state == "held" and i.hold_until is not None), default=None)


def effects(incidents: Iterable[Incident], cause: Incident) -> tuple[Incident, ...]:
    """The open incidents told as consequences of `cause`, in the order they were raised."""
    found = [i for i in incidents if not i.over and i.suppressed_by == cause.diagnosis]
    return tuple(sorted(found, key=lambda i: i.raised_row))
