"""A replay, a watcher's polls and one scan tell the same, of a run with many faults that was resumed between them.

`python -m benchmarks.speed` compares the first and the last of the three at ten times the size.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses import ALL
from analysis.model import Column, History, Run
from benchmarks.speed import long_run
from bot.alerts.incident import Change, Incident, Policy
from bot.alerts.incidents import advance
from bot.cli.replay import EVENTS, first_appearances, replay

ROWS, EVERY = 20_000, 5_000

Told = tuple[str, str, tuple[str, ...], int, str]  # event, id, metrics, onset, what is said


@pytest.fixture(scope="module")
def run() -> Run:
    """20,000 rows of 20 metrics with faults in them, resumed once from before the second fault."""
    whole = long_run(ROWS)
    h, again = whole.history, ROWS * 4 // 5
    step = h.step.copy()
    step[again:] -= step[again] - step[again - ROWS // 10]  # goes back
    loss = h.columns["train/loss"].values.copy()
    loss[again + ROWS // 40 :] *= 3
    columns = {**h.columns, "train/loss": Column(h.columns["train/loss"].rows, loss)}
    return dataclasses.replace(whole, history=History(step, h.timestamp, h.runtime, columns), state="finished")


def watched(run: Run, every: int, policy: Policy) -> list[Told]:
    """What polls of a growing run tell, each of them with a scan of its own."""
    incidents: tuple[Incident, ...] = ()
    cursor, told = 0, []
    n = len(run.history)
    for rows in range(every, n + 1, every):
        seen = dataclasses.replace(run, history=run.history.head(rows))
        step = advance(
            incidents,
            analyze(seen).episodes,
            scope="",
            cursor=cursor,
            rows=rows,
            ended=rows == n,
            now=float(run.history.timestamp[rows - 1]),
            policy=policy,
        )
        incidents, cursor = step.incidents, rows
        told += [
            (EVENTS[c.kind], c.incident.diagnosis, c.incident.metrics, c.incident.onset_step, _said(c))
            for c in step.changes
            if c.kind in EVENTS and c.kind != "closed"
        ]
    return told


def _said(change: Change) -> str:
    return "" if change.transition is None else change.transition.words.title


def test_a_replay_a_watcher_and_one_scan_agree(run: Run) -> None:
    policy = Policy(group_wait_s=0.0, budget=10_000)
    replayed = [
        (h.event, h.id, h.metrics, h.onset_step, h.words.title)
        for h in replay(run, ALL, policy, every=EVERY)
        if h.event != "closed"
    ]
    scanned = {(h.id, h.metrics, h.onset_step) for h in first_appearances(run, ALL, policy)}

    assert len(replayed) > 5
    assert sorted(replayed) == sorted(watched(run, EVERY, policy))
    assert {(i, m, onset) for event, i, m, onset, _ in replayed if event == "fired"} == scanned
    assert np.any(np.diff(run.history.step) < 0)
