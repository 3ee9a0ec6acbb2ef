"""What a fault has cost: wall-clock time since it began, and GPU-hours where the config says how many GPUs there were.

Looked at when a report is made, not in the scan: the price grows with every row and decides nothing. A pause between
two rows (a resume the next morning) costs nobody anything. What is not stated is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from analysis.model import Episode, Finding, Floats, History, RunInfo, Severity, WastedTime
from analysis.scan.diagnosis import Diagnosis

PAUSE_MEDIANS = 20.0  # a gap of so many usual ones, and of ten minutes, is a pause, not a slow step
PAUSE_S = 600.0
WORTH_SAYING_S = 60.0
WHOLE = 0.95  # of the run: then the length of the run, which stands beside it, says it already


def spent(history: History, start: int, end: int) -> float | None:
    """Seconds between two rows, pauses counted as one usual gap; None where the run logs no time."""
    t = history.timestamp if np.isfinite(history.timestamp[[start, end]]).all() else history.runtime
    part = _gaps(t[start : end + 1])
    if not np.isfinite(t[[start, end]]).all() or not (len(part) or len(_gaps(t))):
        return None
    if not len(part) or part.max() <= PAUSE_S:  # of a long run what is usual is dear
        return float(part.sum())
    usual = float(np.median(_gaps(t)))
    return float(np.where(part > max(PAUSE_S, PAUSE_MEDIANS * usual), usual, part).sum())


def _gaps(t: Floats) -> Floats:
    """Between times that are known, without those that stand still or go back."""
    good = np.isfinite(t)
    gaps = np.diff(t if good.all() else t[good])
    return np.asarray(gaps[gaps > 0])


def wasted_by(diagnosis: Diagnosis, finding: Finding, episode: Episode, history: History) -> float | None:
    """Seconds that a finding has cost so far; None where it costs none, or times are unknown."""
    if finding.over or finding.suppressed_by is not None or finding.severity < Severity.WARNING:
        return None
    since = spent(history, episode.onset_row, len(history) - 1) if len(history) else None
    return diagnosis.wasted_s(finding, since)


def priced(
    findings: Iterable[tuple[Finding, Episode]], history: History, info: RunInfo, diagnoses: Mapping[str, Diagnosis]
) -> list[Finding]:
    """The findings, worst first, with what each has cost among its evidence; one of them carries it in words (`lost`).

    All that is lost since an onset reaches to the end, so the same hours would be counted twice: the first one takes
    them. Not one that was there all along, for the length of the run stands beside it already; nor waits and slow
    steps, whose own messages count them. `diagnoses`: by id, of every finding.
    """
    out: list[Finding] = []
    told = False
    for finding, episode in findings:
        diagnosis = diagnoses[finding.id]
        seconds = wasted_by(diagnosis, finding, episode, history)
        if seconds is None:
            out.append(finding)
            continue
        lost = WastedTime(seconds, None if info.gpus is None else seconds / 3600 * info.gpus)
        evidence = {**finding.words.evidence, "minutes_lost": seconds / 60, "gpu_hours_lost": lost.gpu_hours}
        whole = info.elapsed_s is not None and seconds >= WHOLE * info.elapsed_s
        carries = not told and diagnosis.wastes_time and seconds >= WORTH_SAYING_S and not whole
        told = told or carries
        out.append(replace(finding, words=replace(finding.words, evidence=evidence), lost=lost if carries else None))
    return out
