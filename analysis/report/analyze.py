"""analyze(run): the scan, the numbers and the verdict in one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.columns.profile import GENERIC, Profile, RoleAssignment, assign_roles
from analysis.diagnoses import ALL
from analysis.facts.config import Facts
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
from analysis.report import usability
from analysis.report.cost import gpus, priced
from analysis.report.epochs import epochs
from analysis.report.summary import summarise
from analysis.scan.diagnosis import CausalDiagnosis, Diagnosis, WallClockDiagnosis
from analysis.scan.episodes import Scan, plain, scan
from analysis.scan.view import View

Diagnoses = Sequence[Diagnosis]
ENDED = {"finished", "failed", "crashed", "killed"}


def facts_of(run: Run, profile: Profile = GENERIC) -> Facts:
    """The fixed facts of a run's scan."""
    return Facts(run.config, run.planned_steps, profile)


def episodes(run: Run, diagnoses: Diagnoses = ALL, profile: Profile = GENERIC) -> Scan:
    """The causal scan of a run: everything that obeys the law, nothing that looks at the wall clock or at other runs."""
    return scan(run.history, facts_of(run, profile), [d for d in diagnoses if isinstance(d, CausalDiagnosis)])


def analyze(run: Run, diagnoses: Diagnoses = ALL, profile: Profile = GENERIC) -> Report:
    """The whole diagnosis of a run as it stands. Pure; never raises, whatever the history holds."""
    facts = facts_of(run, profile)
    roles = assign_roles(run.history.columns, profile, facts.family)
    found = episodes(run, diagnoses, profile)
    info = run_info(run, facts, roles)
    order = {d.id: i for i, d in enumerate(diagnoses)}
    beside = peer_context(run, info, facts, roles)
    outside = [d for d in diagnoses if isinstance(d, WallClockDiagnosis | PeerDiagnosis)]
    judged = [(d, e) for d in outside if (e := _judged(d, beside)) is not None]
    view = View(run.history, np.arange(len(run.history), dtype=np.int64), facts, roles, whole=True)
    by_id = {d.id: d for d in diagnoses}
    told = [*_findings(run, found, by_id, view.at), *((_told_now(d, e, info), e) for d, e in judged)]
    findings = tuple(priced(_sorted(told, order), run.history, info, by_id))
    absent = {*found.not_applicable, *(d.id for d in outside if not _applies(d, beside))}
    metrics = summarise(run.history, roles)
    worst = next((f for f in findings if f.suppressed_by is None and f.severity > Severity.OK), None)
    return Report(
        run=info,
        severity=worst.severity if worst else Severity.OK,
        title=worst.words.title if worst else _calm(run, metrics),
        use=usability.use(findings, info, metrics, facts, view.families[-1][1], by_id),
        metrics=metrics,
        findings=findings,
        not_applicable=tuple(d.id for d in diagnoses if d.id in absent),
        coverage=Coverage(len(run.history), run.sampled, len(run.history.columns), run.notes),
        episodes=(*found.episodes, *(e for _, e in judged)),
        standing=beside.standing,
    )


def _calm(run: Run, metrics: Sequence[MetricSummary]) -> str:
    if not len(run.history):
        return "还没有数据"
    return "正常" if any(m.group == "eval" and m.direction in {"min", "max"} for m in metrics) else "无异常，无评估指标"


def run_info(run: Run, facts: Facts, roles: RoleAssignment) -> RunInfo:
    """What people read about a run. Steps and pace are in the run's own step column where it has one."""
    h = run.history
    n = len(h)
    key = roles.holder.get("step")
    at: float | None = float(np.max(h.step)) if n else None
    if key is not None and len(own := h.columns[key].values[np.isfinite(h.columns[key].values)]):
        at = float(own[-1])
    planned = facts.planned_steps
    times = h.timestamp[np.isfinite(h.timestamp)]
    runtimes = h.runtime[np.isfinite(h.runtime)]
    last_at = float(times[-1]) if len(times) else None
    elapsed = float(times[-1] - times[0]) if len(times) > 1 else float(runtimes[-1]) if len(runtimes) else None
    progress = min(1.0, at / planned) if at is not None and planned else None
    return RunInfo(
        ref=run.ref, name=run.name, url=run.url, state=run.state, user=run.user, tags=run.tags, rows=n,
        step_key=key or "_step", first_step=int(h.step[0]) if n else None, last_step=int(np.max(h.step)) if n else None,
        planned_steps=planned, created_at=run.created_at, last_row_at=last_at, observed_at=run.observed_at,
        heartbeat_at=run.heartbeat_at, at=int(at) if at is not None else None, progress=progress, elapsed_s=elapsed,
        eta_s=_eta(run, at, planned), gpus=gpus(facts), epochs=epochs(h, facts, at, key is not None),
        tracker=run.tracker, tracked_as=run.tracked_as,
    )  # fmt: skip


def _eta(run: Run, at: float | None, planned: int | None) -> float | None:
    """Seconds to the planned end at the pace of the last fifth of the rows; None for a run that has ended."""
    h = run.history
    if at is None or planned is None or at >= planned or run.state in ENDED or len(h) < 10:
        return None
    t = h.timestamp if np.isfinite(h.timestamp).all() else h.runtime
    lo = len(h) - max(10, len(h) // 5)
    dt, ds = float(t[-1] - t[lo]), float(h.step[-1] - h.step[lo])
    scale = at / float(h.step[-1]) if h.step[-1] > 0 else 1.0  # own steps per `_step`
    return dt / (ds * scale) * (planned - at) if np.isfinite(dt) and dt > 0 and ds > 0 and scale > 0 else None


def _judged(d: WallClockDiagnosis | PeerDiagnosis, beside: PeerContext) -> Episode | None:
    """What stands outside the law, as an episode of the last row."""
    verdict = d.judge(beside.run, beside.info) if isinstance(d, WallClockDiagnosis) else d.compare(beside)
    if verdict is None:
        return None
    severity, words = verdict[0], plain(verdict[1])
    row = max(0, len(beside.run.history) - 1)
    step = beside.info.last_step or 0
    return Episode(d.id, (), row, step, (Transition("raised", row, step, severity, words),))


def _told_now(d: Diagnosis, e: Episode, info: RunInfo) -> Finding:
    """What stands outside the law, as a finding of now. What other runs tell began nowhere in this one."""
    if isinstance(d, PeerDiagnosis):
        return replace(_finding(d, e, e.last.words), onset_step=None, onset_at=None, last_at=info.at)
    return replace(_finding(d, e, e.last.words), onset_at=info.at, last_at=info.at)


def _applies(d: WallClockDiagnosis | PeerDiagnosis, beside: PeerContext) -> bool:
    return d.applies(beside.run) if isinstance(d, WallClockDiagnosis) else d.applies(beside)


def _findings(run: Run, found: Scan, by_id: Mapping[str, Diagnosis], at: Floats) -> list[tuple[Finding, Episode]]:
    """What is open, and of each fault that is over the worst one where none of its kind is open. `at`: own steps by row."""
    out: dict[tuple[str, tuple[str, ...]], tuple[Finding, Episode]] = {}
    for i, e in enumerate(found.episodes):
        finding = replace(
            _finding(by_id[e.id], e, found.now.get(i, e.last.words), int(run.history.step[last := _last_row(run, e)])),
            onset_at=int(at[e.onset_row]),
            last_at=int(at[last]),
        )
        key = (e.id, e.metrics[:1])
        old = out.get(key)
        if old is None or not e.open < (not old[0].over):
            out[key] = finding, e
    return list(out.values())


def _last_row(run: Run, e: Episode) -> int:
    return int(run.history.columns[e.metrics[0]].rows[-1]) if e.open else e.last.row


def _finding(d: Diagnosis, e: Episode, words: Words, last_step: int | None = None) -> Finding:
    severity = e.severity if e.open else min(e.severity, Severity.INFO)
    return Finding(
        id=e.id, severity=severity, metrics=e.metrics, onset_step=e.onset_step,
        last_step=e.last.step if last_step is None else last_step, words=words,
        suppressed_by=e.suppressed_by if e.open else None, over=not e.open, panel=d.panel,
    )  # fmt: skip


def _sorted(told: Sequence[tuple[Finding, Episode]], order: dict[str, int]) -> list[tuple[Finding, Episode]]:
    def rank(one: tuple[Finding, Episode]) -> tuple[bool, int, bool, int, int, tuple[str, ...]]:
        f = one[0]
        return f.suppressed_by is not None, -f.severity, f.over, order.get(f.id, 99), f.onset_step or 0, f.metrics

    return sorted(told, key=rank)
