"""analyze(run): the scan, the numbers and the verdict in one report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.columns.family import Family
from analysis.columns.profile import GENERIC, Profile
from analysis.diagnoses import ALL
from analysis.model import (
    Coverage,
    Episode,
    Finding,
    Floats,
    MetricSummary,
    Report,
    Run,
    RunInfo,
    Severity,
    Transition,
    Words,
)
from analysis.peers import PeerContext, PeerDiagnosis, peer_context
from analysis.report import calm, usability
from analysis.report.cost import priced
from analysis.report.ended import in_the_end
from analysis.report.order import folded, in_order, nothing_lost
from analysis.report.run_info import run_info
from analysis.report.summary import summarise
from analysis.scan.diagnosis import CausalDiagnosis, Diagnosis, WallClockDiagnosis, asking
from analysis.scan.episodes import Before, Scan, plain, scan
from analysis.scan.reading import Reading

Diagnoses = Sequence[Diagnosis]


@dataclass(slots=True, eq=False)
class Memory:
    """What the last analysis of a run by the same rules knows of rows that no longer one will look at again."""

    before: Before | None = None
    ended: Before | None = None  # the same of what its end makes certain


def episodes(run: Run, diagnoses: Diagnoses = ALL, profile: Profile = GENERIC) -> Scan:
    """The causal scan of a run: all that obeys the law, nothing that looks at the wall clock or at other runs."""
    return _scan(Reading.of(run, profile), diagnoses)


def _scan(reading: Reading, diagnoses: Diagnoses, memory: Memory | None = None) -> Scan:
    memory = memory or Memory()
    found = scan(reading, [d for d in diagnoses if isinstance(d, CausalDiagnosis)], memory.before)
    memory.before = found.before
    return found


def analyze(run: Run, diagnoses: Diagnoses = ALL, profile: Profile = GENERIC, memory: Memory | None = None) -> Report:
    """The whole diagnosis of a run as it stands, which depends on nothing else: a `memory` that is handed to each
    analysis of a run makes those of a long one cheap, and changes no answer. No history is too odd for it; a diagnosis
    with a bug raises DiagnosisError, and the others can be asked without it.
    """
    reading = Reading.of(run, profile)
    info = run_info(run, reading)
    memory = memory or Memory()
    found, memory.ended = in_the_end(_scan(reading, diagnoses, memory), reading, info, diagnoses, memory.ended)
    order = {d.id: i for i, d in enumerate(diagnoses)}
    beside = peer_context(run, info, reading)
    outside = [d for d in diagnoses if isinstance(d, WallClockDiagnosis | PeerDiagnosis)]
    judged = [(d, e) for d in outside if (e := _judged(d, beside)) is not None]
    by_id = {d.id: d for d in diagnoses}
    told = [*_findings(run, found, by_id, reading.at), *((_told_now(d, e, info), e) for d, e in judged)]
    ordered = in_order(nothing_lost(told, by_id), by_id, order)
    findings = tuple(priced(folded(ordered, run.history), run.history, info, by_id))
    absent = {*found.not_applicable, *(d.id for d in outside if not _applies(d, beside))}
    metrics = summarise(reading)
    # Only what is open now is worth a first line; folding lifts it, and never lowers it.
    worst = next((f for f in findings if f.suppressed_by is None and not f.over and f.severity > Severity.OK), None)
    verdict = usability.verdict(findings, info, metrics, reading.facts, reading.family, by_id)
    return Report(
        run=info,
        severity=max((f.severity for f in findings if not f.over), default=Severity.OK),
        title=worst.words.title if worst else _calm(run, metrics, reading.family),
        use=verdict.use,
        usable=verdict.usable,
        doubtful=verdict.doubtful and (worst is None or worst.severity < Severity.WARNING),
        metrics=metrics,
        findings=findings,
        not_applicable=tuple(d.id for d in diagnoses if d.id in absent),
        coverage=Coverage(len(run.history), run.sampled, len(run.history.columns), run.notes),
        episodes=(*found.episodes, *(e for _, e in judged)),
        standing=beside.standing,
    )


def _calm(run: Run, metrics: Sequence[MetricSummary], family: Family) -> str:
    return calm.calm_title(metrics, family) if len(run.history) else "还没有数据"


def _judged(d: WallClockDiagnosis | PeerDiagnosis, beside: PeerContext) -> Episode | None:
    """What stands outside the law, as an episode of the last row."""
    with asking(d.id):
        verdict = d.judge(beside.run, beside.info) if isinstance(d, WallClockDiagnosis) else d.compare(beside)
    if verdict is None:
        return None
    severity, words = verdict[0], plain(verdict[1], beside.info.unit, verdict[0])
    row = max(0, len(beside.run.history) - 1)
    step = beside.info.last_step or 0
    return Episode(d.id, (), row, step, (Transition("raised", row, step, severity, words),))


def _told_now(d: Diagnosis, e: Episode, info: RunInfo) -> Finding:
    """What stands outside the law, as a finding of now. What other runs tell began nowhere in this one."""
    if isinstance(d, PeerDiagnosis):
        return replace(_finding(d, e, e.last.words), onset_step=None, onset_at=None, last_at=info.at)
    return replace(_finding(d, e, e.last.words), onset_at=info.at, last_at=info.at)


def _applies(d: WallClockDiagnosis | PeerDiagnosis, beside: PeerContext) -> bool:
    with asking(d.id):
        return d.applies(beside.run) if isinstance(d, WallClockDiagnosis) else d.applies(beside)


def _findings(run: Run, found: Scan, by_id: Mapping[str, Diagnosis], at: Floats) -> list[tuple[Finding, Episode]]:
    """What is open, and of what is over the worst of each kind of which none is open. `at`: (rows,) own steps."""
    told: dict[tuple[str, tuple[str, ...]], int] = {}
    for i, e in enumerate(found.episodes):
        old = told.get(key := (e.id, e.metrics[:1]))
        if old is None or e.open or not found.episodes[old].open:
            told[key] = i
    out: list[tuple[Finding, Episode]] = []
    for i in told.values():
        e = found.episodes[i]
        last = _last_row(run, e)
        words = found.now.get(i, e.last.words)
        if not e.open and last < run.history.columns[e.metrics[0]].rows[-1]:
            words = replace(words, message=_NOW.sub("当时", words.message))
        finding = _finding(by_id[e.id], e, words, int(run.history.step[last]))
        out.append((replace(finding, onset_at=int(at[e.onset_row]), last_at=int(at[last])), e))
    return out


# What was now when it was over is the past in a report: there 现 is the last record.
_NOW = re.compile(r"现(?=(?:为|约|占|回到)? ?[^\u4e00-\u9fff]*\d)")


def _last_row(run: Run, e: Episode) -> int:
    return int(run.history.columns[e.metrics[0]].rows[-1]) if e.open else e.last.row


def _finding(d: Diagnosis, e: Episode, words: Words, last_step: int | None = None) -> Finding:
    severity = e.severity if e.open else min(e.severity, Severity.INFO)
    return Finding(
        id=e.id,
        severity=severity,
        metrics=e.metrics,
        onset_step=e.onset_step,
        last_step=e.last.step if last_step is None else last_step,
        words=words,
        suppressed_by=e.suppressed_by if e.open else None,
        over=not e.open,
        panel=d.panel,
    )
