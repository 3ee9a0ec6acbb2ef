"""The finished runs beside a history file: those of the same folder whose facts name the same project.

Only their facts, the names of their columns and the few columns that are compared are read.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from analysis.columns.profile import Profile
from analysis.history import is_metric
from analysis.model import Curve, History, Peer, Run
from analysis.peers import curve, to_read
from analysis.scan.reading import Reading
from bot.sources.facts import run_facts
from bot.sources.files import histories
from bot.sources.files import read as files
from bot.sources.files.record import HISTORIES
from bot.sources.port import MOST_PEERS, PEERS_DEADLINE_S, Allows, SourceError

_MOST_FACTS = 1000  # files of facts that are opened
_LARGEST_TEXT = 20_000_000  # bytes of a text file that is read for a comparison: it must be read whole


def peers(
    path: Path,
    run: Run,
    profile: Profile,
    *,
    allows: Allows = lambda entity, project: True,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Peer, ...]:
    """The newest finished siblings of a run's file. What may not or cannot be read, or not in time, is passed over."""
    late = clock() + PEERS_DEADLINE_S
    if run.project is None:
        return ()
    found: list[tuple[_Sibling, frozenset[str]]] = []
    for sibling in sorted(_siblings(path, run, allows), key=lambda s: -s.created_at):
        if len(found) == MOST_PEERS or clock() > late:
            break
        keys = _keys(sibling.path)
        if keys:
            found.append((sibling, keys))
    reading = Reading.of(run, profile)
    step, wanted = reading.step_key, to_read(reading, [keys for _, keys in found])
    out: list[Peer] = []
    for sibling, keys in found:
        if clock() > late:
            break
        axis = step if step in keys else "_step"
        history = _history(sibling.path, {axis, *wanted} & keys)
        if history is not None and len(history):
            out.append(_peer(sibling, keys, axis, history, wanted))
    return tuple(out)


@dataclass(frozen=True, eq=False)
class _Sibling:
    path: Path
    facts: dict[str, Any]  # fields of Run

    @property
    def created_at(self) -> float:
        return float(self.facts.get("created_at") or 0.0)


def _siblings(path: Path, run: Run, allows: Allows) -> Iterator[_Sibling]:
    """Finished runs of the project in the folder. A link that leads out of it may lead where nobody may read."""
    folder = path.resolve().parent
    for beside in sorted(folder.glob("*.json"))[:_MOST_FACTS]:
        history = next((h for form in HISTORIES if (h := beside.with_suffix(form)).is_file()), None)
        if history is None or beside.stem == path.stem or {p.resolve().parent for p in (beside, history)} != {folder}:
            continue
        try:
            raw = json.loads(beside.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        facts = run_facts(raw, beside.name)[0] if isinstance(raw, dict) else {}
        same = facts.get("project") == run.project and facts.get("entity", run.entity) == (
            run.entity or facts.get("entity")
        )
        entity = facts.get("entity") or run.entity
        if same and facts.get("state") == "finished" and (entity is None or allows(entity, facts["project"])):
            yield _Sibling(history, facts)


def _keys(path: Path) -> frozenset[str]:
    """The metrics of a history, without reading its cells where its form allows; empty when it cannot be read."""
    try:
        if path.suffix == ".parquet":
            schema = parquet.ParquetFile(path).schema_arrow
            columns = histories.columns(schema.empty_table())
            named = [name for name, c in columns.items() if pa.types.is_integer(c.type) or pa.types.is_floating(c.type)]
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                named = [name.strip() for name in next(csv.reader(file), [])]
        else:
            history = _history(path, frozenset())
            named = list(history.columns) if history is not None else []
    except (OSError, ValueError, pa.ArrowException, csv.Error):
        return frozenset()
    return frozenset(name for name in named if name and is_metric(name))


def _history(path: Path, keys: Collection[str]) -> History | None:
    """Some columns of a history; of a text file all of them, since its lines must be read anyway."""
    try:
        if path.suffix == ".parquet":
            return histories.some_columns(path, keys)
        return files.read(path).history if path.stat().st_size <= _LARGEST_TEXT else None
    except (SourceError, OSError, ValueError, pa.ArrowException):
        return None


def _peer(sibling: _Sibling, keys: frozenset[str], axis: str, history: History, wanted: Collection[str]) -> Peer:
    at = _at(history, axis)
    facts = sibling.facts
    curves: dict[str, Curve] = {
        key: curve(at[c.rows], c.values) for key in wanted if (c := history.columns.get(key)) is not None
    }
    return Peer(
        ref=str(sibling.path),
        name=facts.get("name", sibling.path.stem),
        step_key=axis,
        last_step=float(np.nanmax(at)),
        keys=keys,
        curves=curves,
        config=facts.get("config", {}),
        planned_steps=facts.get("planned_steps"),
        created_at=facts.get("created_at"),
        url=facts.get("url"),
        user=facts.get("user"),
    )


def _at(history: History, axis: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(rows,) the run's own step, carried forward; `_step` where it has none, and before its first."""
    own = history.columns.get(axis)
    if own is None or not len(own.rows):
        return history.step.astype(np.float64)
    seen = np.searchsorted(own.rows, np.arange(len(history)), side="right") - 1
    return np.where(seen >= 0, own.values[np.maximum(seen, 0)], history.step)
