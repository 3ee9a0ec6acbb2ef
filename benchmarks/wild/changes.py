"""Changes to a run that leave its diagnosis as it is. Pure; None where the expectation would not carry over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.model import Column, Floats, History, Ints, Run
from benchmarks.wild.aliases import renamed
from benchmarks.wild.case import Case, Expect
from benchmarks.wild.sketch import Rng, Sketch, draw

RECORDS_LEFT = 60  # of a column that is thinned: of a shorter one each record is evidence
RECORDS_OF_FAULT = 12  # within which a fault has to be told in the thinned column: 5-8 are to be enough


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    run: Run
    expect: Expect
    step_key: str | None


Change = Callable[[Case, Variant, Rng], Variant | None]


def written(case: Case, seed: str = "", sketch: Sketch | None = None) -> Variant:
    """The case as it stands; `seed`: with other noise."""
    run = draw(sketch or case.sketch, case.name + seed)
    return Variant(replace(run, ref=case.name, name=case.name), case.expect, case.sketch.step_key)


# The changes


def other_names(case: Case, v: Variant, rng: Rng) -> Variant | None:
    fixed = {v.step_key} if v.step_key else set()
    names = renamed([k for k in v.run.history.columns if k not in fixed], rng)
    if all(old == new for old, new in names.items()):
        return None
    return _with(v, {names.get(key, key): column for key, column in v.run.history.columns.items()})


def thinned(every: int) -> Change:
    """One record in so many of each column that has plenty, as of a trainer that logs less often."""

    def change(case: Case, v: Variant, rng: Rng) -> Variant | None:
        h, own = v.run.history, _own_steps(v)
        long = {key: c for key, c in h.columns.items() if len(c.rows) >= every * RECORDS_LEFT}
        if not long:
            return None
        kept = np.zeros(len(h), dtype=bool)
        kept[[c.rows[0] for c in long.values()]] = True
        groups = {c.rows.tobytes(): c.rows for c in long.values()}
        for rows in groups.values():
            kept[rows[int(rng.integers(every)) :: every]] = True
        for f in v.expect.faults:
            inside = (own >= f.onset[1]) & (own <= f.by) & kept
            if not f.lasting or any(0 < np.sum(inside[c.rows]) < RECORDS_OF_FAULT for c in long.values()):
                return None
        columns = dict(h.columns)
        for key, c in long.items():
            columns[key] = Column(c.rows[kept[c.rows]], c.values[kept[c.rows]])
        return replace(v, run=replace(v.run, history=_without_empty_rows(h, columns)))

    return change


def begins_later(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """The first sixth of the records was not kept: a log that was cut, an export of the rest."""
    h, own = v.run.history, _own_steps(v)
    cut = len(h) // 6
    if cut < 5 or any(f.onset[0] <= own[min(2 * cut, len(h) - 1)] for f in v.expect.faults):
        return None
    rows = np.arange(cut, len(h))
    columns = {
        key: Column(c.rows[c.rows >= cut] - cut, c.values[c.rows >= cut])
        for key, c in h.columns.items()
        if (c.rows >= cut).any()
    }
    return replace(v, run=replace(v.run, history=_taken(h, rows, columns)))


def without(pattern: str, ids: str) -> Change:
    """No columns of this name, where the faults of the run are not these."""
    named, theirs = re.compile(pattern, re.IGNORECASE), frozenset(ids.split())

    def change(case: Case, v: Variant, rng: Rng) -> Variant | None:
        columns = v.run.history.columns
        gone = {key for key in columns if named.search(key) and key != v.step_key}
        if not gone or any(f.ids & theirs for f in v.expect.faults):
            return None
        if any(not np.isfinite(columns[key].values).all() for key in gone):
            return None
        return _with(v, {key: c for key, c in columns.items() if key not in gone})

    return change


def no_clock(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """A csv without times."""
    h = v.run.history
    told = frozenset().union(*(f.ids for f in v.expect.faults))
    if not np.isfinite(h.timestamp).any() or told & _OF_TIME:
        return None
    unknown = np.full(len(h), np.nan)
    return replace(v, run=replace(v.run, history=replace(h, timestamp=unknown, runtime=unknown)))


def still_running(case: Case, v: Variant, rng: Rng) -> Variant | None:
    told = frozenset().union(*(f.ids for f in v.expect.faults))
    return (
        None if v.run.state == "running" or "run-crashed" in told else replace(v, run=replace(v.run, state="running"))
    )


def rows_apart(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """Columns of another cadence than the step's get rows of their own, as where each logger writes its own."""
    h = v.run.history
    main = max(h.columns.values(), key=lambda c: len(c.rows), default=None)
    if main is None:
        return None
    apart = {key for key, c in h.columns.items() if len(c.rows) < len(main.rows) and key != v.step_key}
    own = np.unique(np.concatenate([h.columns[key].rows for key in apart])) if apart else np.empty(0, dtype=np.int64)
    own = own[np.isin(own, main.rows)]
    if not len(own):
        return None
    # row r of old -> its place in new; the rows apart follow the one that they were part of
    place = np.arange(len(h)) + np.searchsorted(own, np.arange(len(h)), side="left")
    take = np.repeat(np.arange(len(h)), 1 + np.isin(np.arange(len(h)), own))
    columns = {
        key: Column(place[c.rows] + (np.isin(c.rows, own) if key in apart else 0), c.values)
        for key, c in h.columns.items()
    }
    return replace(v, run=replace(v.run, history=_taken(h, take, columns)))


def own_step_column(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """`_step` counts rows and the trainer's step is a column, as W&B does it for HF Trainer and Lightning."""
    if v.step_key is not None or any(c in v.run.history.columns for c in _STEP_NAMES):
        return None
    h, key = v.run.history, str(rng.choice(_STEP_NAMES))
    rows = np.arange(len(h), dtype=np.int64)
    columns = {**h.columns, key: Column(rows, h.step.astype(np.float64))}
    return Variant(replace(v.run, history=replace(h, step=rows, columns=columns)), v.expect, key)


_STEP_NAMES = ("train/global_step", "trainer/global_step", "global_step")


def more_steps(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """Ten steps for one: the same run with smaller batches, logged as often in time."""
    h, own = v.run.history, _own_steps(v)
    if float(np.max(np.abs(own))) < 10:
        return None
    columns = {
        key: Column(c.rows, c.values * 10) if np.array_equal(c.values, own[c.rows]) else c
        for key, c in h.columns.items()
    }
    history = replace(h, columns=columns) if v.step_key else replace(h, step=h.step * 10, columns=columns)
    run = replace(v.run, history=history, config=_scaled(v.run.config), planned_steps=_tenfold(v.run.planned_steps))
    return Variant(run, moved(v.expect, lambda s: 10 * s), v.step_key)


def slower(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """A machine of two thirds the speed: all times stretched, those in columns too."""
    h, k = v.run.history, 1.5
    if not np.isfinite(h.timestamp).any() and not np.isfinite(h.runtime).any():
        return None
    begin = float(h.timestamp[0])

    def later(t: float | None) -> float | None:
        return None if t is None else begin + k * (t - begin)

    columns = {key: Column(c.rows, c.values * _in_time(key, k)) for key, c in h.columns.items()}
    run = replace(
        v.run,
        history=History(h.step, begin + k * (h.timestamp - begin), k * h.runtime, columns),
        created_at=later(v.run.created_at), heartbeat_at=later(v.run.heartbeat_at), observed_at=later(v.run.observed_at),
    )  # fmt: skip
    return replace(v, run=run)


def other_unit(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """A regression loss by another constant (sum or mean over dimensions): of cross-entropy it would be another fact."""
    keys = [k for k in v.run.history.columns if re.search(r"loss|mse|l1\b|\bl2\b", k, re.IGNORECASE)]
    spoken = " ".join(v.run.history.columns)
    told = frozenset().union(*(f.ids for f in v.expect.faults), v.expect.never)
    if case.family not in {"imitation", "vla", "diffusion"} or re.search(r"acc|token|ce_|\bce\b|cross|ppl|kl", spoken):
        return None
    if told & {"scale-mismatch", "impossible-value", "at-chance", "masked-nan"}:
        return None
    first = max((abs(float(v.run.history.columns[k].values[0])) for k in keys), default=1.0)
    k = 3.0 if first < 0.33 else 1 / 3
    return _with(
        v, {key: Column(c.rows, c.values * k) if key in keys else c for key, c in v.run.history.columns.items()}
    )


def more_columns(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """What many trainers log besides, and what says nothing: a counter, a constant, a timer, a meter of the machine."""
    h = v.run.history
    rows = max((c.rows for c in h.columns.values()), key=len)
    n = len(rows)
    more: dict[str, Floats] = {
        "train/samples_seen": np.cumsum(rng.integers(120, 136, n)).astype(np.float64),
        "misc/seed": np.full(n, 42.0),
        "timer/callbacks_s": 0.02 * np.exp(0.3 * rng.standard_normal(n)),
        "system/cpu_percent": np.clip(35 + 6 * rng.standard_normal(n), 0, 100),
        "system/gpu.0.temp": np.round(66 + 2 * rng.standard_normal(n)),
        "debug/queue_size": rng.integers(2, 9, n).astype(np.float64),
    }
    return _with(v, {**h.columns, **{k: Column(rows, x) for k, x in more.items() if k not in h.columns}})


# Faults of which a config states the half.
_OF_CONFIG = frozenset(
    [
        "schedule-mismatch",
        "scale-mismatch",
        "at-chance",
        "truncated-answers",
        "eta-target",
        "config-drift",
        "lr-anomaly",
        "lr-flat-stall",
    ]
)


def no_config(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """A bare csv: neither config nor plan."""
    if not v.run.config or any(f.ids & _OF_CONFIG for f in v.expect.faults):
        return None
    return replace(v, run=replace(v.run, config={}, planned_steps=None))


def nested_config(case: Case, v: Variant, rng: Rng) -> Variant | None:
    """The same config below one more key."""
    return replace(v, run=replace(v.run, config={"args": dict(v.run.config)})) if v.run.config else None


_OF_TIME = frozenset(["throughput-drop", "data-bound", "gpu-idle", "stalled-logging", "run-crashed"])


def _with(v: Variant, columns: Mapping[str, Column]) -> Variant:
    return replace(v, run=replace(v.run, history=replace(v.run.history, columns=columns)))


def _own_steps(v: Variant) -> Floats:
    """The trainer's step of each row."""
    h = v.run.history
    if v.step_key is None or v.step_key not in h.columns:
        return h.step.astype(np.float64)
    c = h.columns[v.step_key]
    return c.values[np.clip(np.searchsorted(c.rows, np.arange(len(h)), side="right") - 1, 0, None)]


def _without_empty_rows(h: History, columns: Mapping[str, Column]) -> History:
    used = np.unique(np.concatenate([c.rows for c in columns.values()]))
    place = np.zeros(len(h), dtype=np.int64)
    place[used] = np.arange(len(used))
    return _taken(h, used, {key: Column(place[c.rows], c.values) for key, c in columns.items()})


def _taken(h: History, rows: Ints, columns: Mapping[str, Column]) -> History:
    return History(h.step[rows], h.timestamp[rows], h.runtime[rows], columns)


def moved(expect: Expect, to: Callable[[float], float]) -> Expect:
    faults = tuple(replace(f, onset=(to(f.onset[0]), to(f.onset[1])), by=to(f.by)) for f in expect.faults)
    return replace(expect, faults=faults)


def _tenfold(n: int | None) -> int | None:
    return None if n is None else 10 * n


_IN_STEPS = re.compile(r"(?<![a-z])(steps?|iters?|iterations?|(time)?steps|freq|frequency|interval|every|updates|frames)(?![a-z])")  # fmt: skip
_OTHER_STEPS = re.compile(r"accum|action|obs|chunk|diffusion|denois|inference|noise|stack|sampling|per_step|n_updates")


def _scaled(config: Mapping[str, Any]) -> dict[str, Any]:
    """Whole numbers of steps, tenfold."""

    def one(key: str, x: Any) -> Any:
        if isinstance(x, Mapping):
            return _scaled(x)
        key = key.lower()
        counts = isinstance(x, int) and not isinstance(x, bool) and x > 1
        return 10 * x if counts and _IN_STEPS.search(key.replace("_", " ")) and not _OTHER_STEPS.search(key) else x

    return {key: one(str(key), x) for key, x in config.items()}


def _in_time(key: str, k: float) -> float:
    """By what a column of times or rates is multiplied."""
    name = key.lower()
    if re.search(r"fps|sps|/s\b|per_s|tps|wps|throughput|tflops|mfu|\bips\b|steps_per_second|train_speed", name):
        return 1 / k
    timed = re.search(r"(^|[/_. ])(time|timing|seconds|secs?|elapsed|runtime|s|ms|itime|rtime|dtime)($|[/_. (])", name)
    return k if timed else 1.0
