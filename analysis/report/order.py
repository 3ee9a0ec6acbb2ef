"""In which order findings are told, and what is told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.model import Episode, Finding, History, Severity
from analysis.scan.diagnosis import Diagnosis

TOGETHER_RECORDS = 2

Told = tuple[Finding, Episode]


def in_order(told: Sequence[Told], by_id: Mapping[str, Diagnosis], order: Mapping[str, int]) -> list[Told]:
    """As a reader should act. That a run has ended comes after what blew up before it: that is why it did. Of what is
    only worth knowing, first what the result depends on.
    """
    blown = [order[f.id] for f, _ in told if not f.over and by_id[f.id].blows_up and not by_id[f.id].ends_run]

    def place(f: Finding) -> float:
        return max([order[f.id], *(at + 0.5 for at in blown)]) if by_id[f.id].ends_run else order[f.id]

    def weight(f: Finding) -> int:
        return 0 if f.severity > Severity.INFO else -by_id[f.id].impact

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
    for f, e in told:
        grave = not f.over and f.severity >= Severity.WARNING
        effects = [i for i, effect in enumerate(out) if grave and _may_follow(effect, e, by_id[f.id].leads_to)]
        alike = [i for i in effects if out[i][0].severity == f.severity]
        if alike:
            out.insert(alike[0], (f, e))
        else:
            out.append((replace(f, began_it=True) if effects else f, e))
    return out


def _may_follow(effect: Told, cause: Episode, leads_to: tuple[str, ...]) -> bool:
    """An onset that is dated back is so to a record or two."""
    f, e = effect
    return f.id in leads_to and not f.over and cause.onset_row - e.onset_row <= TOGETHER_RECORDS


def folded(told: Sequence[Told], history: History) -> list[Told]:
    """The same said of several metrics since the same time is one thing: told of the first, with the others as its
    twins. What is told as a consequence comes last.
    """
    out: list[Told] = []
    for f, e in told:
        lead = next((i for i, (other, of) in enumerate(out) if _alike(f, other) and _at_once(e, of, history)), None)
        if lead is None:
            out.append((f, e))
            continue
        first, begun = out[lead]
        out[lead] = replace(first, twins=(*first.twins, f.metrics[0])), begun
        out.append((replace(f, suppressed_by=f.id), e))
    return sorted(out, key=lambda t: t[0].suppressed_by is not None)


def _alike(a: Finding, b: Finding) -> bool:
    open_ = not (a.over or b.over or a.suppressed_by or b.suppressed_by)
    return open_ and a.id == b.id and a.severity == b.severity and bool(a.metrics) and bool(b.metrics)


def _at_once(a: Episode, b: Episode, history: History) -> bool:
    """Whether two began within two records of each other, of the column that is logged more rarely."""
    rows = [history.columns[e.metrics[0]].rows for e in (a, b)]
    gap = max(1, *(int(np.median(np.diff(r))) if len(r) > 1 else 1 for r in rows))
    return abs(a.onset_row - b.onset_row) <= TOGETHER_RECORDS * gap
