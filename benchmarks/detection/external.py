"""Somebody else's generator and scorer, by path: a folder with `detect_gen.py` and `detect_bench.py`.

Their interface: `detect_gen.make_case(seed, hard=False)` gives a frame and its facts;
`detect_bench.score(detector, seeds, make=…, jobs=…)` calls `detector(frame, facts)` on growing prefixes, so
hindsight cannot help. The figures are theirs.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import Run, analyze
from analysis.model import Column, History
from benchmarks.detection.cases import Outcome
from benchmarks.detection.scores import Row, Score


def run_of(frame: pd.DataFrame, facts: Mapping[str, Any]) -> Run:
    """A wide frame says NaN for a missing cell and for a logged NaN; `attrs["nonfinite"]` has the steps of those."""
    logged_nan: Mapping[str, list[int]] = frame.attrs.get("nonfinite", {})
    columns: dict[str, Column] = {}
    for key in (c for c in frame.columns if not c.startswith("_")):
        values = frame[key].to_numpy(float)
        cells = ~np.isnan(values)
        if key in logged_nan:
            cells |= frame["_step"].isin(logged_nan[key]).to_numpy()
        if cells.any():
            columns[key] = Column(np.flatnonzero(cells).astype(np.int64), values[cells])
    history = History(
        frame["_step"].to_numpy(np.int64),
        frame["_timestamp"].to_numpy(float),
        frame["_runtime"].to_numpy(float),
        columns,
    )
    return Run(
        ref="external",
        name="external",
        history=history,
        state=facts["state"],
        config=facts["config"],
        planned_steps=facts["total_steps"],
        observed_at=facts["now"],
    )


def detections(frame: pd.DataFrame, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of every severity, as `curvebot replay --json --no-lifecycle` knows them, and each worsening."""
    return [
        {"id": e.id, "metric": e.metrics[0] if e.metrics else "", "step": t.step, "severity": t.severity.word}
        for e in analyze(run_of(frame, facts)).episodes
        for t in e.transitions
        if t.kind in {"raised", "worsened"}
    ]


def judged(folder: Path, seeds: Iterable[int], *, hard: bool, jobs: int, prefixes: int) -> tuple[Score, list[Outcome]]:
    sys.path.insert(0, str(folder))
    generator, scorer = importlib.import_module("detect_gen"), importlib.import_module("detect_bench")
    make = functools.partial(generator.make_case, hard=True) if hard else generator.make_case
    result = scorer.score(detections, seeds, make=make, n_prefix=prefixes, jobs=jobs, quiet=False)
    summary, runs = result["summary"], result["runs"]
    if failed := [r for r in runs if "error" in r]:
        raise RuntimeError(f"the product failed on seed {failed[0]['seed']}: {failed[0]['error']}")
    clean = [r for r in runs if not r["labels"]]
    rows = tuple(
        Row(f, v["n"], v["tp"], v["fp"], v["delay"]) for f, v in result["families"].items() if v["n"] or v["fp"]
    )
    outcomes = [
        Outcome(r["seed"], r["kind"], tuple(r["labels"]), r["hits"], dict.fromkeys(r["false"], "")) for r in runs
    ]
    total = Score(rows, len(clean), sum(len(r["false"]) for r in clean), summary["median_delay_points"])
    return total, outcomes
