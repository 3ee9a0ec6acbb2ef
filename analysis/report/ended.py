"""A run that has ended is its own plan.

While a run goes on and states no plan, nobody knows how early it is: what may still come right is a note. Once it has
ended nothing more comes. So what waits for a part of the plan (`Diagnosis.patient`) is asked once more, as if what
the run has run had been its plan, and what that says of the last row is told there: what is raised or graver, and
what is as good as ever. Like all that depends on the state of a run it stands outside the law of episodes: judged
once per analysis, at the last row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from analysis.model import Episode, RunInfo, Severity, Transition, Words
from analysis.report.calm import unfinished
from analysis.scan.diagnosis import CausalDiagnosis, Diagnosis
from analysis.scan.episodes import Before, Scan, scan
from analysis.scan.reading import Reading

_WHOLE = frozenset({"finished", "unknown"})  # one that was stopped or broke off was planned to be longer


def in_the_end(
    found: Scan, reading: Reading, info: RunInfo, diagnoses: Sequence[Diagnosis], before: Before | None
) -> tuple[Scan, Before | None]:
    """What was found, and what its end makes certain; the same while it goes on. `before`: returned by the last one."""
    patient = [d for d in diagnoses if isinstance(d, CausalDiagnosis) and d.patient]
    if not patient or not info.at or info.state not in _WHOLE or unfinished(info):
        return found, None
    last = scan(reading.in_the_end(info.at), patient, before)
    told, now = list(found.episodes), dict(found.now)
    for i, severity in sorted(last.stands.items()):
        e, words = last.episodes[i], last.now[i]
        if severity < Severity.WARNING:
            continue
        known = next((j for j in now if _same(told[j], e)), None)
        if known is None:
            by = _cause(e, severity, patient, [told[j] for j in now])
            now[len(told)] = words
            told.append(_raised(e, severity, words, reading, by))
        elif told[known].severity < severity:
            now[known] = words
            told[known] = _worsened(told[known], severity, words, reading)
    regaining = {d.id for d in patient if d.made_good}
    for e in last.episodes:
        if e.id in regaining and e.last.reason == "recovered" and e.last.row == len(reading.history) - 1:
            _cleared(told, now, e.last, next((j for j in now if _same(told[j], e)), None))
    return replace(found, episodes=tuple(told), now=now), last.before


def _cleared(told: list[Episode], now: dict[int, Words], by: Transition, known: int | None) -> None:
    """In its last row it is as good as ever, and nothing more comes that could take that back; what it explained stands
    by itself from then on."""
    if known is None:
        return
    over = told[known]
    told[known] = replace(over, transitions=(*over.transitions, replace(by, severity=over.severity)))
    del now[known]
    if any(told[j].id == over.id for j in now):
        return
    for j, words in now.items():
        if told[j].suppressed_by == over.id:
            released = Transition("released", by.row, by.step, told[j].severity, words, by=over.id)
            told[j] = replace(told[j], transitions=(*told[j].transitions, released))


def _same(a: Episode, b: Episode) -> bool:
    return (a.id, a.metrics[:1]) == (b.id, b.metrics[:1])


def _cause(e: Episode, severity: Severity, patient: Iterable[Diagnosis], open_: Iterable[Episode]) -> str | None:
    """The id of what is open and explains it; it is never hidden by anything less grave than itself."""
    by = next(d.explained_by for d in patient if d.id == e.id)
    return next((o.id for o in open_ if o.id in by and o.severity >= severity), None)


def _raised(e: Episode, severity: Severity, words: Words, reading: Reading, by: str | None) -> Episode:
    at = _stamp(reading)
    told = [Transition("raised", *at, severity, words)]
    if by is not None:
        told.append(Transition("suppressed", *at, severity, words, by=by))
    return replace(e, transitions=tuple(told))


def _worsened(e: Episode, severity: Severity, words: Words, reading: Reading) -> Episode:
    return replace(e, transitions=(*e.transitions, Transition("worsened", *_stamp(reading), severity, words)))


def _stamp(reading: Reading) -> tuple[int, int]:
    """The last row, and its step."""
    return len(reading.history) - 1, int(reading.history.step[-1])
