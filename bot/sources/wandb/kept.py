"""Histories that were read, kept by run: in memory, and in files that outlive the process.

A file is an aid to memory and nothing else: it may be old, damaged or gone. What it holds is compared with the tracker
before it counts, and who may see a run is asked before anything is looked for here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from analysis.history import from_records
from analysis.model import Column, History, Origin, Run

log = structlog.get_logger(__name__)

BROKEN_OFF = -1  # lines of a read that did not come to its end, or of which nobody knows whether they still hold
_CELLS = 8_000_000  # of all histories in memory together, about 130 MB
_DISK_BYTES = 512 << 20
_WORTH_CELLS = 2_000  # a shorter history is read anew as fast
_GROWN = 1.2  # a file is written anew when there is so much more: all writing together is a few times the last file
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What a run said of itself when it was last loaded, its rows left out; state and heartbeat as last listed."""

    facts: Run
    loaded_at: float  # seconds since epoch


@dataclass(frozen=True, slots=True)
class KeptRun:
    history: History
    lines: int | None  # how many the server said there were, or BROKEN_OFF
    known: Known | None = None

    @property
    def last_step(self) -> int:
        return int(self.history.step[-1]) if len(self.history) else -1

    @property
    def cells(self) -> int:
        return _cells(self.history)


class Kept:
    """Histories by run, the least recently used dropped first. Thread-safe.

    folder  where they are kept beyond the process; None: nowhere
    """

    def __init__(self, folder: Path | None, *, cells: int = _CELLS, disk_bytes: int = _DISK_BYTES) -> None:
        self._most = cells
        self._runs: OrderedDict[str, KeptRun] = OrderedDict()
        self._lock = threading.Lock()
        self._files = None if folder is None else _Files(folder, disk_bytes)

    def get(self, key: str) -> KeptRun | None:
        """As it was last put, or as its file has it: then its last row has to be compared."""
        with self._lock:
            if key in self._runs:
                self._runs.move_to_end(key)
                return self._runs[key]
        history = None if self._files is None else self._files.load(key)
        if history is None:
            return None
        with self._lock:
            return self._runs.setdefault(key, KeptRun(history, BROKEN_OFF))

    def put(self, key: str, run: KeptRun) -> None:
        with self._lock:
            self._runs[key] = run
            self._runs.move_to_end(key)
            cells = sum(r.cells for r in self._runs.values())
            while cells > self._most and len(self._runs) > 1:
                cells -= self._runs.popitem(last=False)[1].cells
        if self._files is not None:
            self._files.save(key, run.history)


class _Files:
    """One file a run: its columns as arrays, laid end to end."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder, self._most = folder, most_bytes
        self._saved: dict[str, tuple[Origin, int]] = {}  # run -> which rows its file has, and how many cells
        self._size: int | None = None  # of all files, as far as we know: to count thousands takes long
        self._lock = threading.Lock()  # one writer

    def load(self, key: str) -> History | None:
        path = self._path(key)
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                if int(file["format"]) != _FORMAT or str(file["key"]) != key:
                    return None
                history = _unpacked(file)
            with contextlib.suppress(OSError):
                path.touch()  # the least recently used are dropped
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning("缓存文件读不了，删掉重读", error=type(error).__name__)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        self._saved[key] = history.origin, _cells(history)
        return history

    def save(self, key: str, history: History) -> None:
        """When it is worth it. That a disk is full keeps nobody from reading."""
        cells, before = _cells(history), self._saved.get(key)
        if cells < _WORTH_CELLS:
            return
        if before is not None and before[0] is history.origin and cells < _GROWN * before[1]:
            return
        path = self._path(key)
        part = path.with_suffix(f".{os.getpid()}.part")
        with self._lock:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                with part.open("wb") as file:
                    np.savez(file, **_packed(key, history))
                part.replace(path)
                self._make_room(path.stat().st_size)
            except OSError as error:
                log.warning("缓存写不了", error=type(error).__name__)
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
                return
        self._saved[key] = history.origin, cells

    def _make_room(self, added: int) -> None:
        if self._size is not None and self._size + added <= self._most:
            self._size += added
            return
        files = sorted((f.stat().st_mtime, f.stat().st_size, f) for f in self._folder.glob("*.npz"))
        self._size = sum(size for _, size, _ in files)
        for _, size, path in files:
            if self._size <= self._most:
                return
            path.unlink(missing_ok=True)
            self._size -= size

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"


def _cells(history: History) -> int:
    return len(history) + sum(len(c.rows) for c in history.columns.values())


def _packed(key: str, history: History) -> dict[str, Any]:
    columns = history.columns.values()
    none = np.zeros(0)
    return {
        "format": np.array(_FORMAT),
        "key": np.array(key),
        "step": history.step,
        "timestamp": history.timestamp,
        "runtime": history.runtime,
        "names": np.array(list(history.columns), dtype=np.str_),
        "ends": np.cumsum([len(c.rows) for c in columns], dtype=np.int64),
        "rows": np.concatenate([none.astype(np.int64), *(c.rows for c in columns)]),
        "values": np.concatenate([none, *(c.values for c in columns)]),
    }


def _unpacked(file: np.lib.npyio.NpzFile) -> History:
    """Raises ValueError when the parts do not fit together."""
    step, timestamp, runtime = file["step"], file["timestamp"], file["runtime"]
    names, ends, rows, values = file["names"], file["ends"], file["rows"], file["values"]
    fits = len(step) == len(timestamp) == len(runtime) and len(names) == len(ends) and len(rows) == len(values)
    if not fits or (len(ends) and int(ends[-1]) != len(rows)) or (len(rows) and int(rows.max()) >= len(step)):
        raise ValueError("parts of different lengths")
    if not len(step):
        return from_records(())
    begins = np.concatenate([[0], ends[:-1]])
    columns = {
        str(name): Column(rows[begin:end], values[begin:end])
        for name, begin, end in zip(names, begins, ends, strict=True)
    }
    return History(step, timestamp, runtime, columns)
