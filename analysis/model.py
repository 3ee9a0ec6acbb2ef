"""The values everything else speaks in: a run goes in, a report comes out. All frozen, none does I/O.

Two kinds of number must never be mixed: a cell that was not logged, and a NaN that was. So a history keeps, per
metric, only the cells that were logged (`Column`); a NaN in `Column.values` is always a NaN that the run wrote.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


# What a run counts its rows in: steps; passes over the data, or rounds of rollouts; episodes; generations; mere rows.
StepUnit = Literal["步", "轮", "回合", "代", "行"]
STEP: StepUnit = "步"
ROUND: StepUnit = "轮"
EPISODE: StepUnit = "回合"
GENERATION: StepUnit = "代"
ROW: StepUnit = "行"
ROW_COUNT = "row"  # `Run.counted_by` of a file in which no column counts


class Severity(enum.IntEnum):
    """How bad. Ordered: `max()` is the worst."""

    OK = 0
    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """The name used in configuration and JSON: ok, info, warning, critical."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Severity:
        """Inverse of `word`. Raises KeyError for anything else."""
        return cls[word.upper()]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One metric: the rows in which it was logged (ascending, 0-based) and the values logged there.

    `values` may hold NaN and ±Inf: those were logged.
    """

    rows: Ints
    values: Floats


class Origin:
    """What histories share each of which is the beginning of the next. `rows`: of the longest."""

    __slots__ = ("_lock", "rows")

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._lock = threading.Lock()

    def grow(self, rows: int, to: int) -> bool:
        """Whether the one of so many rows is the longest; then it goes on to so many."""
        with self._lock:
            longest = self.rows == rows
            if longest:
                self.rows = to
            return longest

    def __reduce__(self) -> tuple[type[Origin], tuple[int]]:
        return Origin, (self.rows,)  # in another process nobody has seen anything


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The rows of a run in the order in which they were logged.

    step       (n,) `_step` per row; never missing (a source fills a missing one with the row before, or the row number)
    timestamp  (n,) seconds since epoch, NaN where unknown
    runtime    (n,) seconds since the start of the run, NaN where unknown
    columns    metric key -> logged cells, at least one, in the order of the run's columns
    """

    step: Ints
    timestamp: Floats
    runtime: Floats
    columns: Mapping[str, Column]
    origin: Origin = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", Origin(len(self.step)))

    def __len__(self) -> int:
        return len(self.step)

    def continuing(self, old: History) -> History:
        """This history, known to begin with the rows of `old`, unless that was continued in another way before."""
        if old.origin.grow(len(old), len(self)):
            object.__setattr__(self, "origin", old.origin)
        return self

    def head(self, n: int) -> History:
        """The first n rows, as a watcher would have seen them then. A metric not logged by then is absent."""
        cut = {key: int(np.searchsorted(column.rows, n)) for key, column in self.columns.items()}
        begun = History(
            self.step[:n],
            self.timestamp[:n],
            self.runtime[:n],
            {key: Column(c.rows[: cut[key]], c.values[: cut[key]]) for key, c in self.columns.items() if cut[key]},
        )
        object.__setattr__(begun, "origin", self.origin)
        return begun


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Some points of one metric of another run, at most a few hundred: where it stood, ascending, and the values there.

    `at` counts in `Peer.step_key`. `values` may hold NaN and ±Inf: those were logged.
    """

    at: Floats
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """A finished run of the same project, as far as a source read it. `name` is what somebody typed: untrusted text."""

    ref: str
    name: str
    step_key: str  # the run's own step column where it logged that, else `_step`: curves and `last_step` count in it
    last_step: float | None
    keys: frozenset[str]  # every metric it logged
    curves: Mapping[str, Curve]  # of the few metrics that are compared
    config: Mapping[str, Any] = field(default_factory=dict)
    planned_steps: int | None = None  # as its facts say; analysis derives it from config when None
    created_at: float | None = None
    url: str | None = None
    user: str | None = None


ENDED = frozenset({"finished", "failed", "crashed", "killed"})  # states of a run that logs no more


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A training run as it stood when it was read. Times are seconds since epoch; None means unknown."""

    ref: str  # what a person types to get it again: entity/project/run_id, or a path
    name: str
    history: History
    state: str = "unknown"  # running, finished, failed, crashed, killed, pending, preempting, preempted, unknown
    config: Mapping[str, Any] = field(default_factory=dict)
    planned_steps: int | None = None  # as the facts say; analysis derives it from config when None
    created_at: float | None = None
    heartbeat_at: float | None = None
    observed_at: float | None = None  # when the history was read
    url: str | None = None
    tracker: str = ""  # what people call the place where it is kept; empty: nobody keeps it
    tracked_as: str | None = None  # its path there: entity/project/run_id
    entity: str | None = None
    project: str | None = None
    run_id: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    commit: str | None = None  # of the code, where its tracker knows it
    sampled: bool = False  # the source could not give every row
    notes: tuple[str, ...] = ()  # what the source wants said about coverage, in Chinese
    exit_reason: str | None = None  # the exception that ended it, as its console shows it: untrusted text
    earlier_rows: int | None = None  # of other runs before it in its file; None: a tracker keeps it, not a file
    counted_by: str = "_step"  # the column of its file that counts its steps, as it is written there
    local: bool = False  # read from files of this machine: there is no upload that could be late, no tracker to lose it
    peers: tuple[Peer, ...] = ()  # finished runs of the same project, newest first; none where nobody asked for them
    trials: tuple[Trial, ...] = ()  # what people measured by trying it, oldest first

    def head(self, n: int) -> Run:
        """The run as it stood after n rows: running, nothing known of the wall clock. Its peers are fixed facts."""
        return replace(self, history=self.history.head(n), state="running", heartbeat_at=None, observed_at=None)


@dataclass(frozen=True, slots=True)
class Trial:
    """A success rate that a person measured. Outranks whatever offline evaluation there is."""

    rate: float  # 0..1
    successes: int | None = None
    trials: int | None = None  # None: nobody said how often it was tried
    step: int | None = None  # of the checkpoint


Certainty = Literal["确定", "很可能", "仅提示"]


@dataclass(frozen=True, slots=True)
class Words:
    """What a diagnosis says at one moment. Chinese. `title` stands alone on a lock screen."""

    title: str  # <= 20 characters
    message: str  # the evidence, <= 60
    advice: str  # what to do, <= 40; may be empty
    certainty: Certainty = "确定"
    evidence: Mapping[str, Any] = field(default_factory=dict)  # JSON values; the numbers behind the sentences
    more: tuple[str, ...] = ()  # what the full report adds: steps for later, reservations


TransitionKind = Literal["raised", "worsened", "cleared", "suppressed", "released"]


@dataclass(frozen=True, slots=True)
class Transition:
    """A change in the life of an episode, stamped with the row at which it was decided and the numbers of that row.

    raised      the first one, always
    worsened    severity rose above the worst so far: within an episode it never falls
    cleared     over; `reason` is "recovered", "rewound" (a resume went back before the onset), or of what a channel was
                told "rescanned" (read by new rules) or "anew" (another run was begun in the same file)
    suppressed  from here on it is told as a consequence of the episode whose id is `by`; released: no longer
    """

    kind: TransitionKind
    row: int
    step: int
    severity: Severity
    words: Words
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One fault's life in one scan. `id`, `metrics`, onset and `raised_row` never change once raised.

    `metrics[0]` is its identity together with `id`.
    """

    id: str
    metrics: tuple[str, ...]
    onset_row: int
    onset_step: int
    transitions: tuple[Transition, ...]

    @property
    def raised_row(self) -> int:
        return self.transitions[0].row

    @property
    def last(self) -> Transition:
        return self.transitions[-1]

    @property
    def open(self) -> bool:
        return all(t.kind != "cleared" for t in self.transitions)

    @property
    def severity(self) -> Severity:
        """Severity now (of a cleared one: when it cleared)."""
        return self.last.severity

    @property
    def suppressed_by(self) -> str | None:
        for t in reversed(self.transitions):
            if t.kind == "suppressed":
                return t.by
            if t.kind == "released":
                return None
        return None

    def upto(self, rows: int) -> Episode:
        """The same episode as it was known after the first `rows` rows. Only for `raised_row < rows`."""
        return replace(self, transitions=tuple(t for t in self.transitions if t.row < rows))


Outcome = Literal["better", "same", "worse"]


class Course(NamedTuple):
    """From where to where a metric went, in levels."""

    begin: float
    end: float
    best: float | None = None  # between, where a good part of the way there was lost again


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric in numbers. `best` is None without a better direction, `change_pct` when it is undefined."""

    key: str
    role: str | None
    label: str  # Chinese, or the key
    caption: str  # in front of a figure: 评估 L1, grad norm, lr
    named: bool  # the label says more than the key
    group: Literal["train", "eval", "system", "other"]
    direction: Literal["min", "max", "target", "none"]
    points: int
    first: float | None
    last: float | None
    best: float | None
    best_step: int | None
    best_at: int | None  # the same in the run's own step column: the step that people read
    best_level: float | None  # of a few records each: a single best one may be luck
    gained: bool | None  # the best level is better than the first record, by more than they scatter
    kept: bool | None  # the last level still has most of what had been gained, as far as they scatter
    course: Course | None  # in levels, where its first and last record mislead
    outcome: Outcome | None  # of its levels, against its beginning; None of few records or without a better direction
    late: bool | None  # half of it was over before anything was gained, and it is still gaining at its end
    moving: bool | None  # a good part of all that was gained was gained in its last third
    worse: bool | None  # the last level is worse than the best, by what decides and by more than they scatter
    change: float | None
    change_pct: float | None
    nonfinite: int
    constant: bool
    unborn: int = 0  # of those, NaN before its first value: an agent has no return before its first episode ends


@dataclass(frozen=True, slots=True)
class WastedTime:
    """Time that a fault has cost. `gpu_hours`: None where the number of GPUs is not known."""

    seconds: float
    gpu_hours: float | None


PanelKind = Literal["lines", "stack", "none"]  # stack: metrics that add up to a whole; none: nothing to see


@dataclass(frozen=True, slots=True)
class Finding:
    """An episode, told now. `severity` of one that is over is at most INFO."""

    id: str
    severity: Severity
    metrics: tuple[str, ...]
    onset_step: int | None
    last_step: int | None
    words: Words
    suppressed_by: str | None = None
    over: bool = False
    onset_at: int | None = None  # onset and last in the run's own step column: the steps that people read
    last_at: int | None = None
    lost: WastedTime | None = None  # told in words: no two findings carry the cost of the same hours
    panel: PanelKind = "lines"  # how the chart shows its metrics
    began_it: bool = False  # it was there before a graver one that it may have led to, and is told after it
    twins: tuple[str, ...] = ()  # other metrics of which the same is told since the same time: folded into this one


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The facts about a run that people read. Steps in `first_step`, `last_step` are `_step`.

    `at`, `total` and `progress` are in the run's own step column where it has one (`step_key`).
    """

    ref: str
    name: str
    url: str | None
    state: str
    user: str | None
    tags: tuple[str, ...]
    rows: int
    step_key: str
    first_step: int | None
    last_step: int | None
    planned_steps: int | None
    created_at: float | None
    last_row_at: float | None
    observed_at: float | None
    heartbeat_at: float | None
    at: int | None  # where it stands now, in units of step_key
    progress: float | None  # 0..1 of planned_steps
    elapsed_s: float | None  # first row to last row
    eta_s: float | None  # seconds to planned_steps at the recent pace; None when finished or unknown
    gpus: int | None = None  # as the config states it
    epochs: float | None = None  # passes over the data so far, where that can be told
    tracker: str = ""  # as in Run
    tracked_as: str | None = None
    trials: tuple[Trial, ...] = ()
    unit: StepUnit = STEP  # of its steps
    from_zero: bool = False  # the first of them is 0 and each record is the next, so that they are one more than `at`


@dataclass(frozen=True, slots=True)
class Standing:
    """A run among the good finished runs of its project, by one metric at one step (in the run's own step column)."""

    key: str
    name: str  # how a sentence calls the metric
    step: float
    value: float
    others: tuple[float, ...]  # theirs at that step, best first
    better_than: int  # of them
    best: str | None  # the name of the one that ended best, and where it stood at that step; None: not known there
    best_value: float | None
    versus: tuple[tuple[str, float, float], ...] = ()  # other metrics at that step: name, here, there


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was seen: an honest line under every answer."""

    rows_read: int
    sampled: bool
    keys: int
    notes: tuple[str, ...]


Usable = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Report:
    """One analysis. `findings`: unsuppressed first, worst first, then in the order in which to act on them."""

    run: RunInfo
    severity: Severity
    title: str
    use: str  # in one line, what the result can be used for; empty without data
    metrics: tuple[MetricSummary, ...]
    findings: tuple[Finding, ...]
    not_applicable: tuple[str, ...]
    coverage: Coverage
    episodes: tuple[Episode, ...]  # everything the scan found, in the order it was raised; for alerts and replay
    standing: Standing | None = None  # among the project's finished runs, where they are known
    usable: Usable = "unknown"  # the result, in one word
    doubtful: bool = False  # nothing is wrong enough to be told, and what `use` says is no good news
    unasked: frozenset[str] = frozenset()  # diagnoses that a bug kept from looking

    def open_findings(self) -> tuple[Finding, ...]:
        """Those not told as somebody else's consequence."""
        return tuple(f for f in self.findings if f.suppressed_by is None)

    def metric(self, role: str) -> MetricSummary | None:
        """The metric that plays a role, or None."""
        return next((m for m in self.metrics if m.role == role), None)
