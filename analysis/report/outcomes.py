"""What came of an advice: an earlier run of the same user had a fault, the later one was configured as was advised.

One run proves no cause, so what else was changed is counted and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.diagnoses import ALL
from analysis.facts import Facts
from analysis.facts.config_diff import SEED, drift, setting
from analysis.model import Finding, Report, Run, Severity

_ON_A_CARD = 4  # findings whose advice somebody read
_REMEDIES = {d.id: d.remedies for d in ALL if d.remedies}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One remedy that was tried. Figures are the last of the metric that the fault was about; None: it has none."""

    earlier: int  # places of the two runs
    later: int
    remedy: str
    change: tuple[Any, Any]  # in the config: before, after
    fault: str  # its title in the earlier run
    metric: str
    before: float | None
    after: float | None
    gone: bool | None  # the later run does not have the fault; None: it is not as far as the fault began
    besides: int  # other changes of the config that may matter


def outcomes(runs: Sequence[tuple[Run, Report, Facts]]) -> tuple[Outcome, ...]:
    """Of every pair of runs of one user, in the order in which they were begun."""
    found: list[Outcome] = []
    for i, one in enumerate(runs):
        for j, other in enumerate(runs):
            if _followed(one[0], other[0]):
                found += [o for f in _advised(one[1]) for o in _tried(i, j, one, other, f)]
    return tuple(found)


def _followed(one: Run, other: Run) -> bool:
    if one.user is None or one.user != other.user or one.created_at is None or other.created_at is None:
        return False
    return one.created_at < other.created_at


def _advised(report: Report) -> list[Finding]:
    """The findings of its card that came with an advice for which a change of the config is declared."""
    grave = [f for f in report.open_findings() if f.severity >= Severity.WARNING and not f.over]
    return [f for f in grave[:_ON_A_CARD] if f.id in _REMEDIES and f.words.advice]


def _tried(
    i: int, j: int, one: tuple[Run, Report, Facts], other: tuple[Run, Report, Facts], finding: Finding
) -> list[Outcome]:
    (_, report, before), (_, then, after) = one, other
    metric = next((m for m in report.metrics if m.key in finding.metrics[:1]), None)
    same = next((m for m in then.metrics if metric is not None and m.key == metric.key), None)
    if metric is not None and same is None:
        return []  # what is no longer logged tells nothing
    has_it = any(f.id == finding.id and f.severity >= Severity.WARNING and not f.over for f in then.findings)
    far = finding.onset_at is None or (then.run.at or 0) > finding.onset_at
    others = [(c.here, c.there) for c in drift(before, after) if c.impact != SEED]
    return [
        Outcome(
            earlier=i,
            later=j,
            remedy=remedy.name,
            change=change,
            fault=finding.words.title,
            metric="" if metric is None else metric.caption,
            before=None if metric is None else metric.last,
            after=None if same is None else same.last,
            gone=False if has_it else True if far else None,
            besides=len(others) - ((setting(change[0]), setting(change[1])) in others),
        )
        for remedy in _REMEDIES[finding.id]
        if remedy.said in finding.words.advice and (change := remedy.tried(before, after)) is not None
    ]
