"""Runs the product on a case and says what was right and what was wrong."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import Run, Severity, analyze
from analysis.model import Episode
from benchmarks.detection.families.sheet import Fault, Kind

HEALTHY = "healthy"
PATIENCE = 30  # records after the onset that any test may ask for, however short the run


@dataclass(frozen=True, slots=True)
class Said:
    """What was told above info (or, `quiet`, only as a note), at the row at which a channel would have read it."""

    id: str
    metric: str
    severity: str
    row: int
    step: int
    message: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """One case. `outcome`: of a healthy run silent or complaint; of a sick one told, late, wrong name or missed."""

    kind: str
    variant: str
    seed: int
    rows: int
    outcome: str
    answer: Said | None  # of a sick run: what told it
    complaints: tuple[Said, ...]  # above info: on a healthy run, and on a sick one before the onset
    notes: tuple[str, ...]  # ids at info, likewise

    @property
    def wrong(self) -> bool:
        return bool(self.complaints) or self.outcome not in {"silent", "told"}


def case(kind: Kind, variant: str, seed: int) -> tuple[Run, Fault | None]:
    """A seed is one healthy run; a variant is that run with a fault. Even seeds: the facts state the planned steps."""
    rng = np.random.default_rng([zlib.crc32(kind.name.encode()), seed])
    sheet = kind.make(rng, kind.lengths[seed % len(kind.lengths)])
    broken = kind.sick[variant](sheet) if variant != HEALTHY else None
    planned = int(sheet.train.at[-1]) if seed % 2 == 0 else None
    return sheet.run(f"{kind.name} {variant} {seed}", planned), broken


def judge(kind: Kind, variant: str, seed: int) -> Verdict:
    run, broken = case(kind, variant, seed)
    rows = len(run.history)
    said = sorted((s for e in analyze(run).episodes for s in _told(e)), key=lambda s: s.row)
    # A share of the run is that share of its rows up to the rows of evaluations: a hundredth is left for that.
    onset = rows if broken is None else max(0, int(broken.onset * rows) - 2 - rows // 100)
    before = [s for s in said if s.row < onset]
    complaints = tuple(_firsts(s for s in before if not s.quiet))
    loud = {s.id for s in complaints}
    notes = tuple(dict.fromkeys(s.id for s in before if s.quiet and s.id not in loud))
    if broken is None:
        return Verdict(kind.name, variant, seed, rows, "complaint" if complaints else "silent", None, complaints, notes)
    after = [s for s in said if s.row >= onset and (broken.quiet or not s.quiet)]
    right = [s for s in after if s.id in broken.ids]
    if not right and any(s.id in broken.ids for s in complaints):  # the same words, before there was a reason
        outcome = "early"
    elif not right:
        outcome = "wrong name" if any(not s.quiet for s in after) else "missed"
    else:
        patience = PATIENCE * rows / kind.lengths[seed % len(kind.lengths)]
        outcome = "told" if right[0].row <= max(broken.deadline * rows + 2, onset + patience) else "late"
    answer = right[0] if right else next((s for s in after if not s.quiet), None)
    return Verdict(kind.name, variant, seed, rows, outcome, answer, complaints, notes)


def _told(e: Episode) -> Iterator[Said]:
    """Each rise in what was told: raised, worsened, or released from being somebody's consequence."""
    hidden = False
    metric = e.metrics[0] if e.metrics else ""
    at_raising = {t.kind for t in e.transitions if t.row == e.raised_row}
    for t in e.transitions:
        hidden = t.kind == "suppressed" or (hidden and t.kind != "released")
        if t.kind == "raised" and "suppressed" in at_raising:
            continue
        if t.kind in {"raised", "worsened", "released"} and not hidden:
            yield Said(e.id, metric, t.severity.word, t.row, t.step, t.words.message, t.severity <= Severity.INFO)


def _firsts(said: Iterator[Said]) -> Iterator[Said]:
    """Of one diagnosis on one metric the first, and again when it got worse."""
    seen: set[tuple[str, str, str]] = set()
    for s in said:
        if (s.id, s.metric, s.severity) not in seen:
            seen.add((s.id, s.metric, s.severity))
            yield s


def verdicts(kinds: Sequence[Kind], seeds: range) -> Iterator[Verdict]:
    for kind in kinds:
        for variant in (HEALTHY, *kind.sick):
            for seed in seeds:
                yield judge(kind, variant, seed)


def report(found: Sequence[Verdict]) -> Iterator[str]:
    """A table with a line per kind, then every case that went wrong."""
    yield "| kind | healthy | silent | complaints | notes | sick | told | late | wrong name | missed | before onset |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    kinds = dict.fromkeys(v.kind for v in found)
    for name in [*kinds, ""]:
        mine = [v for v in found if name in ("", v.kind)]
        calm, sick = [v for v in mine if v.variant == HEALTHY], [v for v in mine if v.variant != HEALTHY]
        ends = [v.outcome for v in sick]
        figures = (
            len(calm),
            sum(v.outcome == "silent" for v in calm),
            sum(len(v.complaints) for v in calm),
            sum(len(v.notes) for v in calm),
            len(sick),
            ends.count("told"),
            ends.count("late"),
            ends.count("wrong name"),
            ends.count("missed") + ends.count("early"),
            sum(bool(v.complaints) for v in sick),
        )
        yield f"| {name or 'all'} | " + " | ".join(str(f) for f in figures) + " |"
    yield ""
    for name in kinds:
        calm = [v for v in found if v.kind == name and v.variant == HEALTHY]
        notes = Counter(note for v in calm for note in v.notes)
        if notes:
            yield f"notes on healthy {name}: " + ", ".join(f"{id_} {n}/{len(calm)}" for id_, n in notes.most_common())
    yield ""
    for v in found:
        if not v.wrong:
            continue
        told = "" if v.variant == HEALTHY else f" {v.outcome}"
        if v.outcome in {"late", "wrong name"} and v.answer is not None:
            told += f" ({_line(v.answer)})"
        yield f"{v.kind} / {v.variant} / seed {v.seed} ({v.rows} rows):{told}"
        yield from (f"    complaint: {_line(s)}" for s in v.complaints)


def _line(s: Said) -> str:
    return f"{s.id} {s.severity} {s.metric} row {s.row} step {s.step}: {s.message}"
