"""Outcomes -> precision, recall, F1 and delay per family, and the totals."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.detection.cases import Outcome

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Row:
    """One family. `delay`: median points from onset to alarm."""

    family: str
    n: int
    tp: int
    fp: float
    delay: float

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else NAN

    @property
    def recall(self) -> float:
        return self.tp / self.n if self.n else NAN

    @property
    def f1(self) -> float:
        return 2 * self.tp / (self.tp + self.fp + self.n) if self.n else NAN


@dataclass(frozen=True, slots=True)
class Score:
    rows: tuple[Row, ...]
    clean_runs: int
    false_on_clean: int
    delay: float

    @property
    def macro_f1(self) -> float:
        """The mean over families that were injected: a rare family weighs as much as a common one."""
        return statistics.fmean(r.f1 for r in self.rows if r.n) if any(r.n for r in self.rows) else NAN

    @property
    def per_clean_run(self) -> float:
        return self.false_on_clean / self.clean_runs if self.clean_runs else NAN


def score(outcomes: Sequence[Outcome]) -> Score:
    delays: dict[str, list[int]] = defaultdict(list)
    n: dict[str, int] = defaultdict(int)
    fp: dict[str, int] = defaultdict(int)
    for o in outcomes:
        for family in o.labels:
            n[family] += 1
        for family, delay in o.hits.items():
            delays[family].append(delay)
        for family in o.false:
            fp[family] += 1
    rows = tuple(
        Row(f, n[f], len(delays[f]), fp[f], statistics.median(delays[f]) if delays[f] else NAN)
        for f in sorted({*n, *fp})
    )
    clean = [o for o in outcomes if not o.labels]
    every = [d for per_family in delays.values() for d in per_family]
    return Score(rows, len(clean), sum(len(o.false) for o in clean), statistics.median(every) if every else NAN)


def table(result: Score) -> Iterator[str]:
    """Markdown, so that docs/detection.md is a paste of what was printed."""
    yield "| family | n | tp | fp | precision | recall | F1 | delay |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for r in result.rows:
        figures = (f"{r.precision:.2f}", f"{r.recall:.2f}", f"{r.f1:.2f}", f"{r.delay:.0f}")
        yield (
            f"| {r.family} | {r.n} | {r.tp} | {r.fp:g} | "
            + " | ".join("–" if f == "nan" else f for f in figures)
            + " |"
        )
    yield ""
    yield (
        f"macro-F1 {result.macro_f1:.3f} · false alarms per clean run {result.per_clean_run:.3f} "
        f"({result.false_on_clean} on {result.clean_runs}) · median delay {result.delay:.1f} points"
    )
