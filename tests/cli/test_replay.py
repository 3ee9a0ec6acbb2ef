"""Old runs replayed: what would have been posted, when, and why not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.diagnoses import ALL
from analysis.diagnoses.custom import Threshold
from analysis.model import Column, History, Run, Severity
from bot.alerts.incident import Policy
from bot.cli.replay import ReplayEvent, first_appearances, replay
from tests.cli.test_cli import curvebot

START = 1_790_000_000.0
LOW = Threshold("low", "m", 0.1, "below", 3, Severity.CRITICAL)
NOTE = Threshold("note", "m", 0.1, "below", 1, Severity.INFO)


def run(values: list[float], *, gap_s: float = 10.0, **facts: Any) -> Run:
    rows = np.arange(len(values))
    runtime = rows * np.float64(gap_s)
    h = History(rows * 50, START + runtime, runtime, {"m": Column(rows, np.asarray(values, dtype=np.float64))})
    return Run("r", "r", h, **({"state": "finished"} | facts))


def played(run: Run, *diagnoses: Any, every: int = 1, **policy: Any) -> list[tuple[str, str, int, bool]]:
    return [brief(h) for h in replay(run, diagnoses or (LOW,), Policy(**policy), every=every)]


def brief(h: ReplayEvent) -> tuple[str, str, int, bool]:
    return h.event, h.id, h.step, h.posted


GOOD, BAD = [1.0] * 20, [0.01] * 10


def test_a_fault_that_passes_is_fired_then_resolved() -> None:
    assert played(run(GOOD + BAD + GOOD)) == [
        ("fired", "threshold:low", 1100, True),
        ("resolved", "threshold:low", 1750, True),
    ]


def test_a_fault_that_stays_is_closed_at_the_end_and_never_called_recovery() -> None:
    found = list(replay(run(GOOD + BAD), (LOW,), Policy()))

    assert [brief(h) for h in found] == [
        ("fired", "threshold:low", 1100, True),
        ("closed", "threshold:low", 1450, True),
    ]
    assert found[0].onset_step == 1000
    assert "恢复" not in json.dumps(found[1].to_json("f"), ensure_ascii=False)


def test_what_is_closed_is_told_as_it_stands_in_the_end() -> None:
    fired, closed = replay(run([*GOOD, 0.05, 0.05, 0.05, *BAD, 0.02]), (LOW,), Policy())

    assert "0.05" in fired.to_json("f")["message"]
    assert "0.02" in closed.to_json("f")["message"] and "0.05" not in closed.to_json("f")["message"]


def test_a_run_that_goes_on_is_not_closed() -> None:
    assert [e for e, *_ in played(run(GOOD + BAD, state="running"))] == ["fired"]


@pytest.mark.parametrize("group_wait_s", [0.0, 30.0, 3600.0])
def test_waiting_for_the_group_moves_no_step(group_wait_s: float) -> None:
    assert played(run(GOOD + BAD), group_wait_s=group_wait_s)[0] == ("fired", "threshold:low", 1100, True)


@pytest.mark.parametrize(("every", "step"), [(1, 1100), (5, 1200), (7, 1350), (100, 1450)])
def test_the_step_is_the_largest_one_fed(every: int, step: int) -> None:
    assert played(run(GOOD + BAD), every=every)[0] == ("fired", "threshold:low", step, True)


def test_below_the_severity_it_is_seen_and_not_posted() -> None:
    assert played(run(GOOD + BAD), NOTE) == [
        ("fired", "threshold:note", 1000, False),
        ("closed", "threshold:note", 1450, False),
    ]


def test_without_a_life_cycle_every_first_appearance() -> None:
    found = list(first_appearances(run(GOOD + BAD + GOOD + BAD), (LOW, NOTE), Policy()))

    assert [brief(h) for h in found] == [
        ("fired", "threshold:note", 1000, False),
        ("fired", "threshold:low", 1100, True),
        ("fired", "threshold:note", 2500, False),
        ("fired", "threshold:low", 2600, True),
    ]


def test_a_gap_before_another_row_is_a_pause_and_never_silence() -> None:
    """The time between the last row and `observed_at` alone can be silence."""
    h = run([1.0 + 0.001 * (i % 7) for i in range(200)], state="running").history
    stamps = h.timestamp.copy()
    stamps[100:] += 86_400.0
    paused = Run("r", "r", replace(h, timestamp=stamps), state="running", observed_at=float(stamps[-1]) + 10)

    assert played(paused, *ALL) == []

    silent = replace(paused, observed_at=float(stamps[-1]) + 10 * 86_400.0, heartbeat_at=float(stamps[-1]))
    assert [(e, i, p) for e, i, _, p in played(silent, *ALL)] == [("fired", "stalled-logging", True)]


def test_a_run_without_times_is_replayed_too() -> None:
    h = run(GOOD + BAD + GOOD).history
    nothing = np.full(len(h), np.nan)

    assert [e for e, *_ in played(Run("r", "r", replace(h, timestamp=nothing, runtime=nothing)))] == [
        "fired",
        "resolved",
    ]


def test_no_rows_no_events() -> None:
    empty = run([]).head(0)

    assert played(empty) == []
    assert list(first_appearances(empty, (LOW,), Policy())) == []


def test_the_events_of_any_chunking_are_the_same_but_for_their_step() -> None:
    values = (GOOD + BAD + GOOD) * 5
    one = [(e, i, p) for e, i, _, p in played(run(values), LOW, NOTE, repeat_s=0.0)]

    assert [(e, i, p) for e, i, _, p in played(run(values), LOW, NOTE, every=3, repeat_s=0.0)] == one


def test_each_of_many_faults_is_told_twice() -> None:
    assert len(played(run((GOOD + BAD + GOOD) * 100, gap_s=1000.0))) == 200


def write(path: Path, values: list[float]) -> Path:
    path.write_text("_step,_timestamp,m\n" + "".join(f"{i * 50},{START + i * 10},{v}\n" for i, v in enumerate(values)))
    return path


def test_files_come_out_in_order_and_a_bad_one_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("thresholds: [{name: low, metric: m, below: 0.1, for: 3, severity: critical}]\n")
    for name in ("b.csv", "a.csv"):
        write(tmp_path / name, GOOD + BAD)
    (tmp_path / "bad.parquet").write_bytes(b"no")

    done = curvebot(
        "replay", "b.csv", "bad.parquet", "a.csv", "missing.csv", "--json", "--config", "c.yaml", cwd=tmp_path
    )

    assert done.returncode == 3
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(e["file"], e["event"]) for e in events] == [
        ("b.csv", "fired"),
        ("b.csv", "closed"),
        ("a.csv", "fired"),
        ("a.csv", "closed"),
    ]
    assert set(events[0]) == {
        "file",
        "event",
        "id",
        "metrics",
        "severity",
        "step",
        "onset_step",
        "posted",
        "message",
    }
    assert "bad.parquet" in done.stderr and "missing.csv" in done.stderr and done.stderr.count("\n") == 2


def test_a_replay_for_people(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("thresholds: [{name: low, metric: m, below: 0.1, for: 3, severity: critical}]\n")
    write(tmp_path / "a.csv", GOOD + BAD + GOOD)

    done = curvebot("replay", "a.csv", "--config", "c.yaml", cwd=tmp_path)

    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "50 行" in lines[0] and "会发 2 条" in lines[0]
    assert "🔴 第 1100 步" in lines[1] and "已恢复" in lines[2]
