"""Smallest inputs that once went wrong, online and in the final card. `cases/` holds the histories,
`expected` what is right.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from tests.wild.expected import CASES, Case, Told

FOLDER = Path(__file__).parent / "cases"
ORDER = ("ok", "info", "warning", "critical")


def run(*args: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(list(args)) == 0
    return out.getvalue()


def rank(severity: str) -> int:
    return ORDER.index(severity)


def right_online(told: Told, events: list[dict[str, Any]]) -> list[str]:
    """Why a fault was not told as it should while the run went on; empty when it was."""
    mine = [e for e in events if e["id"] in told.ids]
    spoken = [e for e in mine if e["event"] in ("fired", "worsened") and rank(e["severity"]) >= rank(told.least)]
    if not spoken:
        return [f"{told.ids} not told at {told.least}"]
    wrong = []
    if min(e["step"] for e in spoken) > told.by:
        wrong.append(f"told at {min(e['step'] for e in spoken)}, due by {told.by}")
    if not any(told.onset[0] <= e["onset_step"] <= told.onset[1] for e in spoken):
        wrong.append(f"onset {[e['onset_step'] for e in spoken]}, not in {told.onset}")
    if any(rank(e["severity"]) > rank(told.most) for e in spoken):
        wrong.append(f"louder than {told.most}")
    if told.posted and not any(e["posted"] for e in spoken):
        wrong.append("not posted")
    # Of several ids that may tell it one has to stay open; what was never called open cannot be called over.
    resolved = {e["id"] for e in mine if e["event"] == "resolved"}
    again = {e["id"] for e in mine if e["event"] == "closed"}
    if told.open and {e["id"] for e in spoken} <= resolved - again:
        wrong.append("called over while it goes on")
    return wrong


def right_at_the_end(told: Told, findings: list[dict[str, Any]]) -> list[str]:
    mine = [f for f in findings if f["id"] in told.ids]
    good = [
        f
        for f in mine
        if rank(told.least) <= rank(f["severity"]) <= rank(told.most)
        and (f["onset_step"] is None or told.onset[0] <= f["onset_step"] <= told.onset[1])
    ]
    return [] if good else [f"card: {[(f['id'], f['severity'], f['onset_step']) for f in mine] or 'nothing'}"]


def wrongs(case: Case, path: Path) -> list[str]:
    report = json.loads(run("report", str(path), "--format", "json"))
    card = run("report", str(path))
    events = [json.loads(line) for line in run("replay", str(path), "--json").splitlines()]
    findings = report["findings"]
    found: list[str] = []
    for told in case.told:
        found += right_at_the_end(told, findings)
        if told.posted:
            found += right_online(told, events)
    loud = [e for e in events if e["event"] == "fired" and rank(e["severity"]) >= rank("warning")]
    if case.silent:
        found += [f"not silent: {e['id']} at {e['step']}" for e in loud]
        found += [f"card not silent: {f['id']}" for f in findings if rank(f["severity"]) >= rank("warning")]
    found += [f"{e['id']} told" for e in loud if e["id"] in case.never]
    found += [f"{f['id']} found" for f in findings if f["id"] in case.unfound]
    said = card + "".join(e["message"] for e in events)
    if case.said and not any(text in said for text in case.said):
        found.append(f"none of {case.said} is said")
    found += [f"says {text}" for text in case.unsaid if text in said]
    verdict, about = report["verdict"], report["run"]
    if verdict["severity"] not in case.verdict:
        found.append(f"verdict {verdict['severity']}")
    if verdict.get("usable", "unknown") not in case.usable:
        found.append(f"usable {verdict.get('usable')}: {verdict['use']}")
    if case.state is not None and about["state"] != case.state:
        found.append(f"state {about['state']}")
    if case.planned is not None and about["planned_steps"] != case.planned:
        found.append(f"planned {about['planned_steps']}")
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.name}/{Path(c.file).stem}")
def test_told_right(case: Case, tmp_path: Path) -> None:
    path = FOLDER / case.name / case.file
    if path.suffix == ".wandb":  # a file copied a moment ago: its time says nothing
        path = Path(shutil.copy(path, tmp_path))
        os.utime(path)

    assert wrongs(case, path) == []


@pytest.mark.parametrize(
    "name", ["keras_history.csv", "lightning_metrics.csv", "sb3_progress.csv", "trainer_state.json", "yolo_results.csv"]
)
def test_common_exports_are_read(name: str) -> None:
    report = json.loads(run("report", str(FOLDER / "common-exports-refused" / name), "--format", "json"))
    assert report["run"]["rows"] >= 8
    assert len(report["metrics"]) >= 2


def test_an_export_of_the_web_page_with_one_run_is_read() -> None:
    path = FOLDER / "common-exports-refused" / "wandb_ui_export.csv"
    report = json.loads(run("report", str(path), "--format", "json"))
    assert [m["key"] for m in report["metrics"]] == ["train/loss"]


@pytest.mark.parametrize("name", ["trainer_log.jsonl", "trainer_state.json"])
def test_logs_of_trainers_are_read_with_their_plan(name: str) -> None:
    report = json.loads(run("report", str(FOLDER / "raw-trainer-logs" / name), "--format", "json"))
    assert report["run"]["planned_steps"] == 9750
