"""What a channel was told of a fault, and what happened to that: the records of `incidents`, as stored and as shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal
from zoneinfo import ZoneInfo

from analysis.model import Severity, Transition, Words

State = Literal["held", "open", "resolved", "closed"]
Kind = Literal["opened", "folded", "worsened", "suppressed", "released", "resolved", "closed", "reopened", "reminded"]
Reason = Literal[
    "news",  # posted: nothing speaks against it
    "budget",  # posted in the thread of the day's last opening
    "repeat",  # posted in the thread of the same fault's last opening
    "below_severity",  # not posted, like all below
    "suppressed",  # named as a consequence in the message of its cause
    "adopted",  # raised before the cursor: thresholds or version changed
    "rescanned",  # a new reading of old rows no longer finds it
    "resolved_off",  # the policy does not announce recoveries
    "ended",  # the end of the run says it already
    "run_back",  # the run that had ended goes on
    "never_posted",  # the end of something that was not posted
    "event",  # posted in the thread of the event it belongs to
    "muted",  # somebody silenced it
    "reminder",  # still open, and nobody has taken it
]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a channel wants to hear of faults. Durations in seconds."""

    group_wait_s: float = 30.0  # an opening waits this long, so that a cause can take in its effects
    repeat_s: float = 4 * 3600.0  # a fault that comes back sooner goes to its earlier thread (critical ones do not)
    resolved: bool = True
    min_severity: Severity = Severity.WARNING
    # [from, to) in `timezone`, may pass midnight; never for critical
    quiet_hours: tuple[dt.time, dt.time] | None = None
    budget: int = 6  # openings a run and day; further ones below critical go to the last one's thread
    timezone: dt.tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


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
    news_row: int  # where what its opening tells of was decided: raised, or risen to the severity, or let out
    news_step: int
    severity: Severity  # the worst so far: easing is never announced
    words: Words  # at that moment
    state: State
    opened_at: float  # when the bot learnt of it
    hold_until: float | None = None  # while held: when the opening is due
    posted_at: float | None = None  # when it was posted, as an opening or in another's thread
    root_incident_id: str | None = None  # the incident in whose thread it stands; its own id once it has a message
    suppressed_by: str | None = None  # diagnosis id of its cause
    why: Reason = "news"  # why it was posted, or was not
    cleared: Transition | None = None
    reminders: int = 0  # how many times it was brought up again
    # What people made of it, kept beside it: `advance` only hands these on.
    number: int | None = None  # what its channel calls it, from its first message on
    owner: str = ""  # who has taken it
    owned_at: float | None = None
    wrong_by: str = ""  # who called it a false alarm

    @property
    def identity(self) -> tuple[str, str]:
        return self.diagnosis, self.metrics[0] if self.metrics else ""

    @property
    def follows(self) -> bool:
        """It is told in the message of the event it belongs to."""
        return self.why == "event"

    @property
    def over(self) -> bool:
        """Resolved: nothing more will happen to it. (A closed one may come back with its run.)"""
        return self.state == "resolved"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Incident:
        """Inverse of `to_json`, also of an older version's: an upgrade must read the incidents that are open."""
        cleared = data["cleared"]
        parsed = {
            "metrics": tuple(data["metrics"]),
            "severity": Severity(data["severity"]),
            "words": _words(data["words"]),
            "cleared": None if cleared is None else _transition(cleared),
            "root_incident_id": data["root"] if "root" in data else data["root_incident_id"],
        }
        return cls(**{name: value for name, value in data.items() if name != "root"} | parsed)


def _words(data: Mapping[str, Any]) -> Words:
    """What another version stored besides is left out."""
    known = {f.name: data[f.name] for f in fields(Words) if f.name in data}
    return Words(**{**known, "more": tuple(data["more"])})


def _transition(data: Mapping[str, Any]) -> Transition:
    return Transition(**{**data, "severity": Severity(data["severity"]), "words": _words(data["words"])})


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an incident, and whether it is said.

    opened      posted: a message of its own in the channel, at most once per incident. Not posted: only tracked; an
                opening may still come (it rises to the severity, or its cause lets go of it)
    folded      posted in the thread of `root_incident_id` instead of an opening (reason: budget, repeat)
    worsened    posted in its thread
    suppressed  from now on part of its cause's message, whether it was posted before or not. Nothing is posted now
    resolved    posted in its thread, and its first message is edited. `rewound`: the run went back, it did not recover
    closed      the run ended with it open. All posted ones of one `advance` are one summary, in one thread
    reminded   posted in its thread: it is still open, and nobody has taken it
    released, reopened: bookkeeping, never posted
    """

    kind: Kind
    incident: Incident  # as it is after this change
    row: int  # the row at which it was decided by the scan; a hold does not move it
    posted: bool
    reason: Reason
    transition: Transition | None = None  # its words and numbers; None for closed
    root_incident_id: str | None = None  # the incident in whose thread it goes; None: a message in the channel
    not_before: float | None = None  # quiet hours: send it then

    @property
    def rewound(self) -> bool:
        return self.transition is not None and self.transition.reason == "rewound"


@dataclass(frozen=True, slots=True)
class Step:
    """What `advance` returns: the incidents to store and hand in again, and what happened, in order."""

    incidents: tuple[Incident, ...]
    changes: tuple[Change, ...]
