"""A labelled run, and what the product raised on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analysis import Run, Severity, analyze
from analysis.model import Episode

# What may honestly be info: a spike that has passed, a flat tail, a latent that ACT does not need. These families count
# at every severity, as a hit and as a false alarm alike. For all others info is a remark, not an alarm.
COUNTED_AT_INFO = frozenset(
    {
        "loss-spike",
        "grad-spike",
        "plateau",
        "kl-collapse",
        "overfit",
        "grad-clip-saturated",
        "no-learning",
        "entropy-collapse",
    }
)


@dataclass(frozen=True, slots=True)
class Label:
    """A fault that has to be raised: from the row in which it begins to the last row at which it is still timely."""

    family: str
    metric: str  # the column it shows in; empty for the wall clock
    onset_row: int
    last_row: int


@dataclass(frozen=True, slots=True)
class Case:
    """`fair`: families that are natural consequences of the fault, or true of the run: neither reward nor blame."""

    seed: int
    kind: str  # the fault, or the kind of healthy run
    run: Run
    labels: tuple[Label, ...]
    fair: frozenset[str]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A family raised, or become worse, in a row. `quiet`: at info."""

    family: str
    metric: str
    row: int
    quiet: bool

    @property
    def counts(self) -> bool:
        return not self.quiet or self.family in COUNTED_AT_INFO


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case, judged. `hits`: family -> points of the metric between onset and alarm."""

    seed: int
    kind: str
    labels: tuple[str, ...]
    hits: dict[str, int]
    false: dict[str, str]  # family -> metric and row of its first false alarm

    @property
    def missed(self) -> tuple[str, ...]:
        return tuple(f for f in self.labels if f not in self.hits)


def alarms(episodes: Iterable[Episode]) -> Iterator[Alarm]:
    """A scan is causal: what it stamps with a row is what a watcher saw at that row (the prefix law, under test)."""
    for e in episodes:
        for t in e.transitions:
            if t.kind in {"raised", "worsened"}:
                yield Alarm(e.id, e.metrics[0] if e.metrics else "", t.row, t.severity <= Severity.INFO)


def judge(case: Case) -> Outcome:
    """Runs the product on one case. Early, late and uncalled-for alarms of a family count once."""
    raised = [a for a in alarms(analyze(case.run).episodes) if a.counts]
    hits: dict[str, int] = {}
    for label in case.labels:
        timely = [a.row for a in raised if a.family == label.family and label.onset_row <= a.row <= label.last_row]
        if timely:
            hits[label.family] = _points(case.run, label, min(timely))
    begins = {label.family: label.onset_row for label in case.labels}
    false: dict[str, str] = {}
    for a in sorted(raised, key=lambda a: a.row):
        early = a.family in begins and a.row < begins[a.family]
        if early or (a.family not in begins and a.family not in case.fair):
            false.setdefault(a.family, f"{a.metric} row {a.row}")
    return Outcome(case.seed, case.kind, tuple(begins), hits, false)


def _points(run: Run, label: Label, row: int) -> int:
    column = run.history.columns.get(label.metric)
    if column is None:
        return 0
    return int(((column.rows > label.onset_row) & (column.rows <= row)).sum())
