"""Old runs as a watcher would have seen them: one scan, then the life of incidents row by row.

The scan and `incidents.advance` are those of live watching, so a replay cannot disagree with it. `advance` is only
called for rows at which something happens or a timer runs out, so a replay is linear in the rows.
"""

from __future__ import annotations

import contextlib
import json
import math
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis import Run, analyze
from analysis.columns.profile import GENERIC, Profile
from analysis.model import ENDED, Episode, Floats, Ints, Severity, Words
from analysis.report.analyze import Diagnoses
from bot.alerts.incident import Change, Incident, Policy
from bot.alerts.incidents import OUTSIDE, advance, next_due
from bot.settings import Settings
from bot.sources import SourceError
from bot.sources.files import read as files

EVENTS = {"opened": "fired", "folded": "fired", "worsened": "worsened", "resolved": "resolved", "closed": "closed"}
_ROW_S = 60.0  # between two rows of a run that logs no time


@dataclass(frozen=True, slots=True)
class ReplayEvent:
    """Something that would have been posted, or not. `step`: the largest `_step` fed when it was decided."""

    event: str  # fired, worsened, resolved, closed
    id: str
    metrics: tuple[str, ...]
    severity: Severity
    step: int
    onset_step: int
    posted: bool
    words: Words
    change: Change | None = None  # None without a life cycle

    def to_json(self, file: str) -> dict[str, Any]:
        """As contract: one object a line."""
        return {
            "file": file,
            "event": self.event,
            "id": self.id,
            "metrics": list(self.metrics),
            "severity": self.severity.word,
            "step": self.step,
            "onset_step": self.onset_step,
            "posted": self.posted,
            "message": "：".join(filter(None, (self.words.title, self.words.message))),
        }


def replay(
    run: Run, diagnoses: Diagnoses, policy: Policy, *, every: int = 1, profile: Profile = GENERIC
) -> Iterator[ReplayEvent]:
    """What a channel would have been told, had it watched from the first row; `every` rows at a time."""
    n = len(run.history)
    if n == 0:
        return
    clock, high = _clock(run), np.maximum.accumulate(run.history.step)
    report = analyze(run, diagnoses, profile)
    causal = [e for e in report.episodes if e.id not in OUTSIDE]
    last = {(f.id, *f.metrics[:1]): f.words for f in report.findings if not f.over}
    life = _Life(causal, policy, every, high, last)
    for rows, now in _moments(causal, clock, n, every):
        while (due := next_due(life.incidents)) is not None and due < now:
            yield from life.advance_to(life.cursor, due)
        yield from life.advance_to(rows, now)
    # A file whose facts say nothing of the run's state is over where it ends.
    ended = run.state in ENDED or run.state == "unknown"
    outside = [e for e in report.episodes if e.id in OUTSIDE]
    yield from life.advance_to(n, max(float(clock[-1]), run.observed_at or -math.inf), outside=outside, ended=ended)
    while not ended and (due := next_due(life.incidents)) is not None:
        yield from life.advance_to(n, due, outside=outside)


def first_appearances(
    run: Run, diagnoses: Diagnoses, policy: Policy, *, every: int = 1, profile: Profile = GENERIC
) -> Iterator[ReplayEvent]:
    """Every episode when it was raised: no grouping, no hold, no inhibition."""
    n = len(run.history)
    high = np.maximum.accumulate(run.history.step)
    for e in sorted(analyze(run, diagnoses, profile).episodes, key=lambda e: e.raised_row):
        raised = e.transitions[0]
        step = int(high[_fed(raised.row, every, n) - 1]) if n else raised.step
        posted = raised.severity >= policy.min_severity
        yield ReplayEvent("fired", e.id, e.metrics, raised.severity, step, e.onset_step, posted, raised.words)


class _Life:
    """The incidents so far, the rows they are brought up to, and the episodes that still matter."""

    def __init__(
        self, found: Sequence[Episode], policy: Policy, every: int, high: Ints, last: Mapping[tuple[str, ...], Words]
    ) -> None:
        """`last`: what is said of each fault still open in the end, by diagnosis and first metric."""
        self.incidents: tuple[Incident, ...] = ()
        self.cursor = 0
        self._ahead = deque(sorted(found, key=lambda e: e.raised_row))
        self._alive: list[Episode] = []
        self._policy, self._every, self._high, self._last = policy, every, high, last

    def advance_to(
        self, rows: int, now: float, *, outside: Sequence[Episode] = (), ended: bool = False
    ) -> Iterator[ReplayEvent]:
        """`outside`: episodes of the wall clock, at the last row."""
        while self._ahead and self._ahead[0].raised_row < rows:
            self._alive.append(self._ahead.popleft())
        # What was over before the last step has been followed to its end; without it, a long run stays linear.
        self._alive = [e for e in self._alive if e.open or e.last.row >= self.cursor - 1]
        step = advance(
            self.incidents,
            [*self._alive, *outside],
            scope="",
            cursor=self.cursor,
            rows=rows,
            ended=ended,
            now=now,
            policy=self._policy,
        )
        self.incidents, self.cursor = step.incidents, rows
        for change in step.changes:
            if change.kind in EVENTS:
                fed = _fed(change.row, self._every, len(self._high))
                yield _event(change, int(self._high[fed - 1]), self._last)


def _event(change: Change, step: int, last: Mapping[tuple[str, ...], Words]) -> ReplayEvent:
    i = change.incident
    words = i.words if change.transition is None else change.transition.words
    if change.kind == "closed":
        words = last.get((i.diagnosis, *i.metrics[:1]), words)
    return ReplayEvent(
        EVENTS[change.kind], i.diagnosis, i.metrics, i.severity, step, i.onset_step, change.posted, words, change
    )


def _fed(row: int, every: int, n: int) -> int:
    """How many rows had been fed when this row was first seen."""
    return min(n, (row // every + 1) * every)


def _moments(found: Iterable[Episode], clock: Floats, n: int, every: int) -> list[tuple[int, float]]:
    """(rows fed, time) whenever something is new, and at the end."""
    fed = sorted({_fed(t.row, every, n) for e in found for t in e.transitions} | {n})
    return [(rows, float(clock[rows - 1])) for rows in fed]


def _clock(run: Run) -> Floats:
    """(n,) seconds since epoch at each row; never back, never unknown."""
    h = run.history
    times = h.timestamp if np.isfinite(h.timestamp).any() else h.runtime + (run.created_at or 0.0)
    if not np.isfinite(times).any():
        times = np.arange(len(h), dtype=np.float64) * _ROW_S + (run.created_at or 0.0)
    known: Floats = np.where(np.isfinite(times), times, -np.inf)
    known[0] = known[0] if np.isfinite(known[0]) else float(np.nanmin(np.where(np.isfinite(times), times, np.nan)))
    rising: Floats = np.maximum.accumulate(known)
    return rising


@dataclass(frozen=True, slots=True)
class Job:
    """One call of the command: everything a worker process needs."""

    settings: Settings
    every: int
    json: bool
    lifecycle: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What one file came to: lines for stdout, or the sentence that says why there are none."""

    lines: tuple[str, ...]
    error: str | None = None


def replay_file(job: Job, path: str) -> Result:
    """Reads and replays one file. Never raises: one bad file does not stop the others."""
    try:
        run = files.read(Path(path))
        play, settings = replay if job.lifecycle else first_appearances, job.settings
        events = list(play(run, settings.diagnoses, settings.policy, every=job.every, profile=settings.profile))
        if job.json:
            return Result(tuple(json.dumps(e.to_json(path), ensure_ascii=False, allow_nan=False) for e in events))
        return Result(tuple(_lines(run, path, events)))
    except SourceError as error:
        return Result((), str(error))
    except Exception as error:
        return Result((), f"{path}：回放时出错（{type(error).__name__}）")


def replay_files(job: Job, paths: Sequence[str]) -> Iterator[Result]:
    """In the order given; several files over the cores."""
    workers = min(len(paths), os.cpu_count() or 1)
    if workers <= 1:
        yield from (replay_file(job, path) for path in paths)
        return
    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            with _ignoring_ctrl_c():
                results = [pool.submit(replay_file, job, path) for path in paths]
            yield from (result.result() for result in results)
        except BaseException:  # Ctrl-C, or nobody reads on: what is half done is of no use
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


@contextlib.contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    """Processes started in here do not hear Ctrl-C, which goes to all of them: one of us ends the others quietly."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(run: Run, path: str, events: Sequence[ReplayEvent]) -> Iterator[str]:
    posted = [e for e in events if e.posted]
    quiet = len(events) - len(posted)
    more = f"（另有 {quiet} 条不发，见 --json）" if quiet else ""
    yield f"{path}：{len(run.history)} 行，会发 {len(posted)} 条{more}"
    yield from map(_line, posted)


def _line(e: ReplayEvent) -> str:
    """`🔴 第 550 步  OT 未起作用：…（自 500 步起）`"""
    by_severity = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟡"}
    mark = {"resolved": "✅", "closed": "⏹"}.get(e.event) or by_severity.get(e.severity, "⚪")
    what = {"worsened": "加重：", "resolved": "已恢复：", "closed": "run 结束时仍未恢复："}.get(e.event, "")
    if e.event == "resolved" and "恢复" in e.words.title:
        what = ""
    since = f"（自第 {e.onset_step} 步起）" if e.event == "fired" and e.onset_step != e.step else ""
    detail = "" if e.event == "closed" else "：" + e.words.message if e.words.message else ""
    return f"  {mark} 第 {e.step} 步  {what}{e.words.title}{detail}{since}"
