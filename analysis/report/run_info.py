"""The facts about a run that people read: where it stands, how long it took, when it ends."""

from __future__ import annotations

import numpy as np

from analysis.facts.plan import in_these_steps
from analysis.model import ENDED, STEP, Floats, Run, RunInfo
from analysis.report.epochs import epochs
from analysis.scan.reading import Reading


def run_info(run: Run, reading: Reading) -> RunInfo:
    """What people read about a run. Steps and pace are in the run's own step column where it has one."""
    h, facts = run.history, reading.facts
    n = len(h)
    key = reading.roles.holder.get("step")
    at: float | None = float(np.max(reading.at if reading.step_key != "_step" else h.step)) if n else None
    if key is not None and len(own := h.columns[key].values[np.isfinite(h.columns[key].values)]):
        at = float(own[-1])
    planned = _planned(run, reading)
    times, runtimes = _known(h.timestamp), _known(h.runtime)
    last_at = float(times[-1]) if len(times) else None
    elapsed = float(times[-1] - times[0]) if len(times) > 1 else float(runtimes[-1]) if len(runtimes) else None
    progress = min(1.0, at / planned) if at is not None and planned else None
    passes = epochs(h, facts, at, key is not None)
    if passes is not None and facts.planned_epochs is not None and passes >= facts.planned_epochs:
        progress = 1.0  # passes are counted from 0 by many: the last of n is n - 1
    return RunInfo(
        ref=run.ref,
        name=run.name,
        url=run.url,
        state=run.state,
        user=run.user,
        tags=run.tags,
        rows=n,
        step_key=reading.step_key,
        first_step=int(h.step[0]) if n else None,
        last_step=int(np.max(h.step)) if n else None,
        planned_steps=planned,
        created_at=run.created_at,
        last_row_at=last_at,
        observed_at=run.observed_at,
        heartbeat_at=run.heartbeat_at,
        at=int(at) if at is not None else None,
        progress=progress,
        elapsed_s=elapsed,
        eta_s=_eta(run, at, planned),
        gpus=facts.gpus,
        epochs=passes,
        tracker=run.tracker,
        tracked_as=run.tracked_as,
        trials=run.trials,
        unit=reading.unit(n - 1) if n else STEP,
        from_zero=_from_zero(reading.at),
    )


def _from_zero(at: Floats) -> bool:
    """Whether it counts its records from 0, one by one: the last of n is n - 1."""
    apart = np.diff(at)
    return len(at) > 1 and bool(at[0] == 0) and bool(np.all(apart <= 1)) and bool(np.max(apart) == 1)


def _known(times: Floats) -> Floats:
    good = np.isfinite(times)
    return times if good.all() else times[good]


def _planned(run: Run, reading: Reading) -> int | None:
    """The planned steps, where they can be meant in the steps that the run counts; of one that counts passes those."""
    planned, h = reading.facts.planned_steps, run.history
    if planned is None and len(h) and reading.in_passes[-1] and reading.facts.planned_epochs is not None:
        return int(reading.facts.planned_epochs)
    if planned is None or not len(h):
        return planned
    t = h.timestamp if np.isfinite(h.timestamp[0]) else h.runtime
    return planned if in_these_steps(planned, reading.at - reading.at[0], t - t[0])[-1] else None


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
