"""In which order findings are told, and what is told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.model import Column, Episode, Finding, History, Severity
from analysis.scan.diagnosis import Diagnosis
from analysis.scan.impact import Impact

TOGETHER_RECORDS = 2

Told = tuple[Finding, Episode]


def in_order(told: Sequence[Told], by_id: Mapping[str, Diagnosis], order: Mapping[str, int]) -> list[Told]:
    """As a reader should act. That a run has ended comes after what blew up before it: that is why it did. What does
    nothing to the result comes after what does; of what is only worth knowing, first what the result depends on most.
    """
    blown = [order[f.id] for f, _ in told if not f.over and by_id[f.id].blows_up and not by_id[f.id].ends_run]

    def place(f: Finding) -> float:
        return max([order[f.id], *(at + 0.5 for at in blown)]) if by_id[f.id].ends_run else order[f.id]

    def weight(f: Finding) -> int:
        return by_id[f.id].impact is Impact.NONE if f.severity > Severity.INFO else -by_id[f.id].impact

    def rank(one: Told) -> tuple[int, bool, bool, int, float, int, tuple[str, ...]]:
        f = one[0]
        # That its tracker has lost it, it may yet be told otherwise; a result that is no good stays so.
        lost = by_id[f.id].ends_run and f.severity == Severity.WARNING
        return -f.severity, f.over, lost, weight(f), place(f), f.onset_step or 0, f.metrics

    return _causes_first(sorted(told, key=rank), by_id)


def _causes_first(told: list[Told], by_id: Mapping[str, Diagnosis]) -> list[Told]:
    """What was there first, and may have led to another of the same severity, is told before that. Where the other is
    graver that stays in front, and it is said of the first that it came before.
    """
    out: list[Told] = []
    latest: dict[tuple[str, Severity], int] = {}  # onset of what is not over and may be an effect
    for f, e in told:
        grave, leads_to = not f.over and f.severity >= Severity.WARNING, by_id[f.id].leads_to
        # An onset that is dated back is so to a record or two.
        since = e.onset_row - TOGETHER_RECORDS
        effects = {of for of, row in latest.items() if grave and of[0] in leads_to and row >= since}
        if any(severity == f.severity for _, severity in effects):
            first = next(i for i, one in enumerate(out) if _follows(one, f, since, leads_to))
            out.insert(first, (f, e))
        else:
            out.append((replace(f, began_it=True) if effects else f, e))
        if not f.over:
            latest[f.id, f.severity] = max(e.onset_row, latest.get((f.id, f.severity), e.onset_row))
    return out


def _follows(told: Told, cause: Finding, since: int, leads_to: tuple[str, ...]) -> bool:
    f, e = told
    return f.severity == cause.severity and f.id in leads_to and not f.over and e.onset_row >= since


def nothing_lost(told: Sequence[Told], by_id: Mapping[str, Diagnosis]) -> list[Told]:
    """Of a metric that turns out never to have risen nothing was lost: whatever fall of it had been told before, from
    what was luck, follows from that."""
    out = list(told)
    for i, (f, e) in enumerate(told):
        if not by_id[f.id].denies_gain or f.over or f.severity < Severity.CRITICAL:
            continue
        for j, (fall, begun) in enumerate(told):
            if fall.id in by_id[f.id].explained_by and fall.metrics[:1] == f.metrics[:1] and not fall.over:
                out[j] = replace(fall, suppressed_by=f.id), begun
                if f.suppressed_by == fall.id:
                    out[i] = replace(f, suppressed_by=None), e
    return out


def folded(told: Sequence[Told], history: History) -> list[Told]:
    """The same said of several metrics since the same time is one thing: told of the first, with the others as its
    twins. What is told as a consequence comes last.
    """
    out: list[Told] = []
    leads: defaultdict[tuple[str, Severity], list[_Lead]] = defaultdict(list)
    for f, e in told:
        if f.over or f.suppressed_by or not f.metrics:
            out.append((f, e))
            continue
        alike, gap = leads[f.id, f.severity], _records_apart(history.columns[e.metrics[0]])
        lead = next((one for one in alike if one.at_once(e.onset_row, gap)), None)
        if lead is None:
            alike.append(_Lead(len(out), e.onset_row, gap))
            out.append((f, e))
        else:
            lead.twins.append(f.metrics[0])
            out.append((replace(f, suppressed_by=f.id), e))
    for lead in (lead for alike in leads.values() for lead in alike if lead.twins):
        first, begun = out[lead.place]
        out[lead.place] = replace(first, twins=(*first.twins, *lead.twins)), begun
    return sorted(out, key=lambda t: t[0].suppressed_by is not None)


@dataclass(slots=True)
class _Lead:
    """What others may be told with. `gap`: rows from one record of its column to the next."""

    place: int
    onset_row: int
    gap: int
    twins: list[str] = field(default_factory=list)

    def at_once(self, onset_row: int, gap: int) -> bool:
        """Whether two began within two records of each other, of the column that is logged more rarely."""
        return abs(onset_row - self.onset_row) <= TOGETHER_RECORDS * max(gap, self.gap)


def _records_apart(column: Column) -> int:
    return max(1, int(np.median(np.diff(column.rows)))) if len(column.rows) > 1 else 1
