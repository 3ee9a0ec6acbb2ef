"""The sample run, real curves and a made-up nasty one, in every form that a source reads."""

from __future__ import annotations

import csv
import json
import math
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import RecordWriter

from analysis.history import from_records
from analysis.model import History
from bot.sources import Sources
from bot.sources.files import read as files
from tests.fakes.server import PATIENCE_S
from tests.fakes.wandb_server import Row, WandbServer

SAMPLE = Path(files.__file__).parents[2] / "samples" / "64wxlc3y.parquet"
CURVES = Path(__file__).parents[1] / "data"

Maker = Callable[[Path, list[Row]], Path]


def nasty() -> History:
    """Every kind of cell beside every other, in few rows."""
    nan, inf = math.nan, math.inf
    return from_records(
        [
            {"_step": 3, "_timestamp": 1.76e9, "_runtime": 0.5, "a": nan, "b": 1.0},
            {"_step": 7, "_timestamp": 1.76e9 + 1 / 3, "_runtime": 1.5, "b": inf, "c": 0.1 + 0.2},
            {
                "_step": 8,
                "_timestamp": 1.76e9 + 2,
                "_runtime": 2.5,
                "a": -inf,
                "c": 5e-324,
                "d": 1.7976931348623157e308,
            },
            {"_step": 50, "_timestamp": 1.76e9 + 3, "_runtime": 3.5, "e/中文 指标": 2.0},
            {"_step": 51, "_timestamp": 1.76e9 + 4, "_runtime": 4.5, "a": 0.0, "all/nan": nan},
            {"_step": 900_000, "_timestamp": 1.76e9 + 5, "_runtime": 5.5, "a": nan, "b": nan, "c": nan, "all/nan": nan},
        ]
    )


def histories() -> dict[str, History]:
    names = ("algoperf-shampoo_submission-criteo1tb-03", "algoperf-generalized_adam-criteo1tb-11")
    return {"nasty": nasty(), "sample": files.read(SAMPLE).history} | {
        name: files.read(CURVES / f"{name}.parquet").history for name in names
    }


def assert_same(got: History, wanted: History, *, times: bool = True) -> None:
    """Same rows, same cells bit for bit; a cell not logged stays so, NaN stays NaN. The order of columns is free."""
    assert got.step.tolist() == wanted.step.tolist()
    assert got.columns.keys() == wanted.columns.keys()
    for key, column in wanted.columns.items():
        assert got.columns[key].rows.tolist() == column.rows.tolist(), key
        np.testing.assert_array_equal(got.columns[key].values, column.values, err_msg=key, strict=True)
    if times:
        np.testing.assert_array_equal(got.timestamp, wanted.timestamp)
        np.testing.assert_array_equal(got.runtime, wanted.runtime)


def parquet(directory: Path, rows: list[Row]) -> Path:
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = {key: pa.array([row.get(key) for row in rows], from_pandas=False) for key in keys}
    pq.write_table(pa.table(columns), directory / "run.parquet")
    return directory / "run.parquet"


def csv_file(directory: Path, rows: list[Row]) -> Path:
    keys = dict.fromkeys(key for row in rows for key in row)
    with (directory / "run.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, keys)
        writer.writeheader()
        words = {math.inf: "Infinity", -math.inf: "-Infinity"}
        for row in rows:
            writer.writerow({k: "NaN" if v != v else words.get(v, repr(v)) for k, v in row.items()})
    return directory / "run.csv"


def jsonl(directory: Path, rows: list[Row]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)  # NaN and Infinity as bare tokens
    (directory / "run.jsonl").write_text(text, encoding="utf-8")
    return directory / "run.jsonl"


_LOGGER = """
import json, sys, wandb
runs = json.load(open(sys.argv[1]))
settings = wandb.Settings(silent=True, console="off", x_disable_stats=True)
for run_id, facts in runs.items():
    run = wandb.init(
        mode="offline", dir=sys.argv[2], settings=settings, entity="team", project="robot", id=run_id,
        **facts.get("init", {}),
    )
    for row in facts["rows"]:
        run.log(row, step=row.pop("_step"))
    run.finish(exit_code=facts.get("exit_code", 0))
"""


def log_offline(directory: Path, runs: dict[str, dict[str, Any]]) -> dict[str, Path]:
    """Offline runs written by the real wandb, in a process of its own. Returns the directory of each.

    A run: `rows`, and perhaps `exit_code` and `init` (arguments of wandb.init).
    """
    (directory / "runs.json").write_text(json.dumps(runs))
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")} | {"WANDB_CACHE_DIR": str(directory)}
    command = [sys.executable, "-c", _LOGGER, str(directory / "runs.json"), str(directory)]
    subprocess.run(command, env=clean, check=True, timeout=PATIENCE_S, capture_output=True)
    return {run_id: next((directory / "wandb").glob(f"offline-run-*-{run_id}")) for run_id in runs}


def event_log(directory: Path, rows: list[Row]) -> Path:
    """As TensorFlow 2 writes scalars: tensors, here of doubles, so that nothing is lost."""
    directory.mkdir(parents=True, exist_ok=True)
    writer = RecordWriter(str(directory / "events.out.tfevents.1"))
    for row in rows:
        for tag, number in row.items():
            if tag.startswith("_") or number is None:
                continue
            event = Event(wall_time=row.get("_timestamp", math.nan), step=row["_step"])
            value = event.summary.value.add(tag=tag)
            value.metadata.plugin_data.plugin_name = "scalars"
            value.tensor.dtype, value.tensor.tensor_content = 2, struct.pack("<d", number)
            writer.write(event.SerializeToString())
    writer.close()
    return directory


def cells_of(history: History, key: str) -> dict[int, float]:
    """Row -> value of one metric."""
    column = history.columns.get(key)
    return {} if column is None else dict(zip(column.rows.tolist(), column.values.tolist(), strict=True))


FILES: dict[str, Maker] = {"parquet": parquet, "csv": csv_file, "jsonl": jsonl}


@pytest.fixture
def server() -> Iterator[WandbServer]:
    with WandbServer() as w:
        yield w


@pytest.fixture
def sources(server: WandbServer, tmp_path: Path) -> Sources:
    """As the command line has them: any path may be read."""
    return Sources(
        base_url=server.url,
        api_key=server.api_key,
        entity="team",
        project="robot",
        any_path=True,
        directory=tmp_path,
        deadline_s=20,
        request_timeout_s=3,
    )
