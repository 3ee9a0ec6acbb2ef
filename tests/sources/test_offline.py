"""Offline runs, written by the real wandb."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.history import number
from bot.sources import SourceError
from bot.sources.files import offline
from tests.fakes.server import PATIENCE_S
from tests.sources.conftest import log_offline

pytestmark = pytest.mark.xdist_group("offline runs")  # logged once

CONFIG = {"steps": 100, "ot": {"reg": 1.0, "terms": {"observation.state": {"weight": 1.0}}}, "layers": [1, 2]}
ROWS = [
    {
        "_step": i,
        "train/loss": 1.0 / (i + 1),
        "deep": {"er": {"x": i}},
        "n": math.nan if i % 7 == 0 else 1.0,
        "pad": "x" * 900,
    }
    for i in range(0, 600, 3)
]  # some 200 kB: several blocks of 32 KiB, records cut across their borders


# wandb takes typed values apart in the file: the size of an image looks like a metric there.
TYPED = {
    "_step": 1,
    "a": 1.0,
    "img": {"_type": "image-file", "width": 640, "sub": {"height": 3}},
    "t": "text",
    "ok": True,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    short = [{"_step": 1, "a": 1.0}]
    logged: dict[str, dict[str, Any]] = {
        "failed": {"rows": short, "exit_code": 1},
        "crashed": {"rows": short, "exit_code": 254},
        "typed": {"rows": [TYPED]},
        "r1": {"rows": ROWS, "init": {"name": "名字", "tags": ["a", "b"], "config": CONFIG}},
    }
    return log_offline(tmp_path_factory.mktemp("offline"), logged)


@pytest.fixture
def directory(runs: dict[str, Path]) -> Path:
    return runs["r1"]


@pytest.fixture
def log(directory: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copy(directory / "run-r1.wandb", tmp_path))


def test_facts(directory: Path) -> None:
    run = offline.read(directory)
    assert (run.name, run.tags, run.entity, run.project, run.run_id) == ("名字", ("a", "b"), "team", "robot", "r1")
    assert run.config == CONFIG
    assert run.state == "finished"
    written = (directory / "run-r1.wandb").stat().st_mtime
    assert run.heartbeat_at == run.observed_at
    assert run.heartbeat_at is not None and written - 60 < run.heartbeat_at <= written + 1
    assert run.created_at is not None and written - 60 < run.created_at <= written
    assert (run.sampled, run.notes) == (False, ())


def test_same_rows_as_wandbs_own_reader(directory: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(directory / "run-r1.wandb")]
    env = os.environ | {"HOME": str(tmp_path), "WANDB_CACHE_DIR": str(tmp_path), "WANDB_DIR": str(tmp_path)}
    out = subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=PATIENCE_S).stdout
    items = [r["history"]["item"] for line in out.splitlines() if (r := json.loads(line))["type"] == "history"]
    history = offline.read(directory).history
    assert history.step.tolist() == [item["_step"] for item in items] == [row["_step"] for row in ROWS]
    for key, column in history.columns.items():
        theirs = [(row, value) for row, item in enumerate(items) if (value := number(item.get(key))) is not None]
        assert column.rows.tolist() == [row for row, _ in theirs]
        assert [repr(v) for v in column.values.tolist()] == [repr(v) for _, v in theirs]
    assert history.columns.keys() == {"train/loss", "deep.er.x", "n"}


def test_every_way_to_name_it(directory: Path) -> None:
    for path in (directory, directory / "run-r1.wandb", directory.parent / "latest-run", directory.parent):
        assert len(offline.read(path).history) == len(ROWS)


def test_a_directory_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"没有 \.wandb 文件") as caught:
        offline.read(tmp_path)
    assert caught.value.reason == "not_found"


@pytest.mark.parametrize("size", [0, 3, 7])
def test_nothing_flushed_yet(size: int, log: Path) -> None:
    os.truncate(log, size)
    run = offline.read(log)
    assert (len(run.history), run.state, run.notes) == (0, "unknown", ())


def test_while_it_is_being_written(log: Path) -> None:
    """Cut anywhere, it gives the rows before the cut, and says nothing is wrong."""
    whole, rows = log.read_bytes(), 0
    for size in [*range(7, len(whole), 4801), *range(32_700, 32_840, 7)]:
        log.write_bytes(whole[:size])
        run = offline.read(log)
        n = len(run.history)
        assert run.history.step.tolist() == [row["_step"] for row in ROWS[:n]]
        assert (run.sampled, run.notes) == (False, ())
        rows = max(rows, n)
    assert len(ROWS) - 10 < rows < len(ROWS)


def test_without_an_exit_record_it_runs_until_ten_silent_minutes(log: Path) -> None:
    """By the time of its last record: that of the file may be when it was copied."""
    os.truncate(log, 100_000)
    alive = offline.read(log).heartbeat_at
    assert alive is not None
    os.utime(log, (alive + 86_400, alive + 86_400))
    assert offline.read(log, clock=lambda: alive + 599).state == "running"
    assert offline.read(log, clock=lambda: alive + 601).state == "crashed"


@pytest.mark.parametrize("state", ["failed", "crashed"])
def test_exit_codes(state: str, runs: dict[str, Path]) -> None:
    assert offline.read(runs[state]).state == state


def test_damage_in_the_middle_is_told_and_read_around(log: Path) -> None:
    content = bytearray(log.read_bytes())
    content[50_000] ^= 0xFF
    log.write_bytes(content)
    run = offline.read(log)
    assert run.sampled
    assert len(run.notes) == 1 and "损坏" in run.notes[0]
    assert set(run.history.step.tolist()) < {row["_step"] for row in ROWS}
    assert run.history.step[-1] == ROWS[-1]["_step"]
    assert len(ROWS) - 45 < len(run.history) < len(ROWS)  # at most one block of 32 KiB is lost


def test_zeros_at_the_end_are_what_a_crash_of_the_machine_leaves(log: Path) -> None:
    content = log.read_bytes()
    log.write_bytes(content + bytes(5000))
    run = offline.read(log)
    assert (len(run.history), run.sampled) == (len(ROWS), False)


def test_typed_values_are_left_out_whole(runs: dict[str, Path]) -> None:
    assert offline.read(runs["typed"]).history.columns.keys() == {"a"}


def test_readings_of_the_machine_stand_in_the_next_row() -> None:
    """They come at times of their own; a row of their own would be no row of the training."""
    from wandb.proto.wandb_internal_pb2 import Record  # noqa: PLC0415

    reading = offline._Reading()
    for gpu in ("3.0", "97.0"):
        record = Record()
        item = record.stats.item.add()
        item.key, item.value_json = "gpu.0.gpu", gpu
        reading.take(record)
    for step in (1, 2):
        record = Record()
        item = record.history.item.add()
        item.key, item.value_json = "_step", str(step)
        reading.take(record)

    assert reading.rows == [{"system/gpu.0.gpu": 97.0, "_step": 1}, {"_step": 2}]
