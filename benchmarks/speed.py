"""python -m benchmarks.speed: time per row must not grow with the run, and --help must not wait for imports.

Machines differ, so every time is printed twice more: against the smallest size (flat per row is 1.0), and against a
floor measured in the same process on the same cells: one pandas rolling median over every column. At every size the
replay must tell what the scan found. `--bars` prints one analysis of a few shapes against that floor, and the memory it
takes against that of the history; and what a thousand new rows of a long run cost against the whole.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import Run, analyze
from analysis.diagnoses import ALL
from analysis.model import Column, History
from analysis.report.analyze import Memory
from bot.alerts.incident import Policy
from bot.cli.replay import replay
from bot.render.charts import chart
from bot.sources.files import read as files

SIZES = (10_000, 50_000, 100_000, 200_000)
# (rows, columns, most times the floor, most times the memory of the history). Of a short run the floor is what pandas
# takes to be called; the memory of one is nothing.
BARS = ((1_200, 15, 5.0, None), (5_000, 20, 2.7, None), (100_000, 50, 1.0, 2.0))
# Rows of a long run, rows that are new, and the most that these may cost of an analysis of all.
LONG, NEW, MOST_OF_WHOLE = 1_000_000, 1_000, 0.05
TELL_ALL = Policy(group_wait_s=0.0, budget=10_000)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU seconds for one size. `memory_mb`: the peak of the process, above what it had before."""

    rows: int
    build_memory_mb: float
    memory_mb: float
    analyze_s: float
    replay_s: float
    chart_s: float
    read_s: float  # from a parquet file
    floor_s: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One analysis: CPU seconds, and peak memory above what the history takes, in bytes."""

    rows: int
    columns: int
    analyze_s: float
    floor_s: float
    memory: int
    history: int


def long_run(rows: int, columns: int = 20) -> Run:
    """Every common metric, some unknown ones, an evaluation now and then; two faults; spikes as dense in any length."""
    rng = np.random.default_rng(7)
    i = np.arange(rows)
    loss = (0.3 + 4 * (i + 5.0) ** -0.35) * np.exp(0.05 * rng.standard_normal(rows))
    loss[rows // 2 : rows // 2 + 3] *= 6
    grad = np.exp(0.2 * rng.standard_normal(rows))
    grad[::997] *= 30
    update = 0.2 * np.exp(0.03 * rng.standard_normal(rows))
    update[3 * rows // 4 :] *= 2
    dense = {
        "train/loss": loss,
        "train/grad_norm": grad,
        "train/update_s": update,
        "train/lr": np.full(rows, 1e-4),
        "train/dataloading_s": 0.05 * np.exp(0.1 * rng.standard_normal(rows)),
        "train/l1_loss": 0.6 * loss,
        "train/kld_loss": 0.05 * np.exp(0.1 * rng.standard_normal(rows)),
        "system/gpu.0.memoryAllocated": np.round(60 + rng.standard_normal(rows), 1),
    }
    for k in range(columns - len(dense) - 2):
        dense[f"train/metric_{k}"] = np.cumsum(rng.standard_normal(rows)) / 100
    cells = {key: Column(i.astype(np.int64), values) for key, values in dense.items()}
    evals = i[99::100].astype(np.int64)
    cells["eval/loss"] = Column(evals, 1.2 * np.convolve(loss, np.ones(50) / 50, "same")[evals])
    cells["eval/success_rate"] = Column(evals, np.clip(0.7 + 0.05 * rng.standard_normal(len(evals)), 0, 1))
    seconds = np.cumsum(update)
    history = History((10 * (i + 1)).astype(np.int64), 1.77e9 + seconds, seconds, cells)
    return Run(ref="long", name="long", history=history, state="finished", planned_steps=10 * rows)


def measure(rows: int) -> Timing:
    """In a process of its own, so that the peak of one size is not the peak of another."""
    before = _peak_mb()
    run = long_run(rows)
    built = _peak_mb()
    small = analyze(long_run(1000))  # imports and caches are not part of the time
    analyze_s, report = _timed(lambda: analyze(run))
    replay_s, events = _timed(lambda: list(replay(run, ALL, TELL_ALL)))
    peak = _peak_mb()
    fired = {(e.id, e.metrics, e.onset_step) for e in events if e.event == "fired"}
    assert fired == {(e.id, e.metrics, e.onset_step) for e in report.episodes}, "the replay is not the scan"
    chart(long_run(1000), small)
    chart_s, _ = _timed(lambda: chart(run, report))
    with tempfile.TemporaryDirectory() as folder:
        path = _written(run, Path(folder) / "run.parquet")
        read_s, _ = _timed(lambda: files.read(path))
    floors = [_timed(lambda: _floor(run))[0] for _ in "123"]
    return Timing(
        rows, built - before, peak - built, analyze_s, replay_s, chart_s, read_s, floor_s=float(np.median(floors))
    )


def measure_bar(shape: tuple[int, int]) -> Bar:
    """The fastest of several, since whatever else runs only slows; memory as Python and numpy ask for it."""
    run = long_run(*shape)
    analyze(long_run(1000))  # imports and caches are not part of the time
    times = 5 if shape[0] > 10_000 else 20
    analyze_s = min(_timed(lambda: analyze(run))[0] for _ in range(times))
    floor_s = min(_timed(lambda: _floor(run))[0] for _ in range(times))
    tracemalloc.start()
    analyze(run)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    h = run.history
    arrays = [h.step, h.timestamp, h.runtime, *(a for c in h.columns.values() for a in (c.rows, c.values))]
    return Bar(*shape, analyze_s, floor_s, memory, sum(a.nbytes for a in arrays))


def measure_new(new: int) -> tuple[float, float]:
    """CPU seconds of an analysis of a long run, and of one more when so many rows have come."""
    run = replace(long_run(LONG), state="running")  # one that has ended gets no more
    old, memory = run.head(LONG - new), Memory()
    analyze(long_run(1000))
    whole_s, _ = _timed(lambda: analyze(old, memory=memory))
    known = memory.before
    times, reports = zip(*(_timed(lambda: analyze(run, memory=Memory(known))) for _ in "123"), strict=True)
    assert reports[0].episodes == analyze(run).episodes, "what is known of the rows before changes something"
    return whole_s, min(times)


def _floor(run: Run) -> None:
    """One robust pass over the cells."""
    for column in run.history.columns.values():
        pd.Series(column.values).rolling(30).median()


def bars(measured: Sequence[Bar]) -> Iterator[str]:
    yield "| rows x columns | analyze | vs floor | at most | memory vs history | at most |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    for bar, (_, _, most, most_memory) in zip(measured, BARS, strict=True):
        memory = f"{bar.memory / bar.history:.1f} | {most_memory:.1f}" if most_memory is not None else "- | -"
        times = f"{1e3 * bar.analyze_s:.0f} ms | {bar.analyze_s / bar.floor_s:.2f} | {most:.1f}"
        yield f"| {bar.rows:,} x {bar.columns} | {times} | {memory} |"


def _written(run: Run, path: Path) -> Path:
    """The run as the exports of W&B are: a cell that was not logged is null."""
    h = run.history
    cells: dict[str, object] = {"_step": h.step, "_timestamp": h.timestamp, "_runtime": h.runtime}
    for key, column in h.columns.items():
        missing = np.ones(len(h), dtype=bool)
        missing[column.rows] = False
        dense = np.zeros(len(h))
        dense[column.rows] = column.values
        cells[key] = pa.array(dense, mask=missing)
    pq.write_table(pa.table(cells), path)
    return path


def _timed(act: Callable[[], T], clock: Callable[[], float] = time.process_time) -> tuple[float, T]:
    """CPU seconds, unless told otherwise: a shared machine stretches the wall clock at random. And what came out."""
    start = clock()
    value = act()
    return clock() - start, value


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def table(timings: Sequence[Timing]) -> Iterator[str]:
    parts = ("analyze", "replay", "chart", "read")
    head = ["rows x 20", *(name for part in parts for name in (part, "us/row", "vs smallest", "vs floor"))]
    yield "| " + " | ".join([*head, "peak memory"]) + " |"
    yield "| " + "---: | " * len(head) + "---: |"
    first = timings[0]
    for t in timings:
        cells = [f"{t.rows:,}"]
        for part in parts:
            seconds, least = getattr(t, f"{part}_s"), getattr(first, f"{part}_s")
            per_row = seconds / t.rows
            cells += [
                f"{seconds:.2f} s",
                f"{1e6 * per_row:.0f}",
                f"{per_row / (least / first.rows):.2f}",
                f"{seconds / t.floor_s:.1f}",
            ]
        yield "| " + " | ".join([*cells, f"+{t.memory_mb:.0f} MB (data {t.build_memory_mb:.0f})"]) + " |"


def help_time(repeats: int = 5) -> tuple[float, float]:
    """Seconds of `curvebot --help` and of a Python that does nothing: medians, in turns."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(repeats):
        ours.append(_timed(lambda: _run("-m", "bot", "--help"), time.perf_counter)[0])
        bare.append(_timed(lambda: _run("-c", "pass"), time.perf_counter)[0])
    return float(np.median(ours)), float(np.median(bare))


def _run(*args: str) -> None:
    subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="ROWS")
    parser.add_argument("--bars", action="store_true", help="a few shapes against what they may cost")
    args = parser.parse_args(argv)
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        if args.bars:
            print("\n".join(bars(pool.map(measure_bar, [bar[:2] for bar in BARS], chunksize=1))))
            whole_s, new_s = pool.apply(measure_new, (NEW,))
            share = f"{100 * new_s / whole_s:.1f} %, at most {100 * MOST_OF_WHOLE:.0f} %"
            print(f"\n{NEW:,} new rows of {LONG:,} x 20: {1e3 * new_s:.0f} ms of {whole_s:.2f} s: {share}")
            return
        timings = pool.map(measure, args.sizes, chunksize=1)
    print("\n".join(table(timings)))
    ours, bare = help_time()
    print(f"\ncurvebot --help {ours:.3f} s, python -c pass {bare:.3f} s, difference {ours - bare:.3f} s")


if __name__ == "__main__":
    main()
