"""TensorBoard's event files -> Run. What was read is kept, so that a watched run costs only what is new in it."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.model import History, Run
from bot.sources.port import SourceError
from bot.sources.scalars import Tag, going_on, history
from bot.sources.tensorboard.events import EventFile
from bot.sources.tensorboard.folders import run_folders
from bot.sources.tensorboard.record import TENSORBOARD
from bot.sources.tensorboard.restarts import restarted

_MOST_CELLS = 10_000_000  # scalars of one run: more take minutes to read
_KEPT_CELLS = 12_000_000  # of all runs that are kept in memory together, about 300 MB
_FLUSHED_S = 150.0  # writers keep what they write for two minutes at most: after that a row is whole
_SILENT_S = 600.0  # after which nobody can say whether it goes on: there is no record of the end
# Folders that are called the same in every run.
_GENERIC = {"logs", "log", "runs", "tb", "tensorboard", "tb_logs", "events", "summaries", "train"}


@dataclass(slots=True)
class _Kept:
    files: dict[Path, EventFile] = field(default_factory=dict)
    history: History | None = None
    held_back: bool = False  # its last row, which may not be whole: else every look would find another one there

    @property
    def cells(self) -> int:
        return sum(file.count for file in self.files.values())


class EventLogs:
    """Thread-safe: one read at a time."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: OrderedDict[Path, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: Path) -> Run:
        """The run of an event file, or of a folder of them, as far as it is written. Raises SourceError."""
        with self._lock:
            try:
                return self._read(path)
            except FileNotFoundError:
                raise SourceError("not_found", f"没有找到 {path.name}，检查一下路径") from None
            except PermissionError:
                raise SourceError("forbidden", f"没有权限读 {path.name}") from None
            except OSError as error:
                raise SourceError("unreadable", f"{path.name} 读不出来，文件可能坏了") from error

    def _read(self, path: Path) -> Run:
        base, folders = run_folders(path)
        kept = self._kept.setdefault(path, _Kept())
        self._kept.move_to_end(path)
        paths = [file for files in folders.values() for file in files]
        before = list(kept.files.values())
        known = {file: events for file, events in kept.files.items() if file in paths and not events.replaced()}
        kept.files = {file: known.get(file) or EventFile(file) for file in paths}
        moved = before != list(kept.files.values())
        for file in kept.files.values():
            moved |= file.read_on(_MOST_CELLS - kept.cells + file.count)
        scalars, restarts = _scalars(base, folders, kept.files)
        if moved or kept.history is None or kept.held_back:
            rows = history(scalars)
            alive_at = max((file.alive_at for file in kept.files.values()), default=-math.inf)
            kept.held_back = len(rows) > 1 and 0.0 <= self._clock() - alive_at < _FLUSHED_S
            if kept.held_back:
                rows = _without_last(rows)
            kept.history = going_on(rows, kept.history)
        while len(self._kept) > 1 and sum(k.cells for k in self._kept.values()) > _KEPT_CELLS:
            self._kept.popitem(last=False)
        return self._run(path, base, list(kept.files.values()), kept.history, restarts)

    def _run(self, path: Path, base: Path, files: list[EventFile], rows: History, restarts: int) -> Run:
        config: dict[str, Any] = {}
        for file in files:
            config |= file.config
        begun_at = min((file.begun_at for file in files), default=math.inf)
        alive_at = max((file.alive_at for file in files), default=-math.inf)
        now = self._clock()
        running = math.isfinite(alive_at) and now - alive_at <= _SILENT_S
        notes = [f"训练启动过 {restarts + 1} 次，重复的步数取后一次"] if restarts else []
        damaged = [file for file in files if file.damaged_at is not None]
        notes += [f"{file.path.name} 在第 {file.damaged_at} 字节处损坏，后面读不出来" for file in damaged]
        return Run(
            ref=str(path),
            name=_name(base),
            history=rows,
            state="running" if running else "unknown",
            config=config,
            created_at=begun_at if 0 < begun_at < math.inf else None,
            heartbeat_at=alive_at if running else None,
            observed_at=now if running else None,
            tracker=TENSORBOARD,
            sampled=bool(damaged),
            notes=tuple(notes),
            local=True,
        )


def _without_last(rows: History) -> History:
    return replace(rows.head(len(rows) - 1))  # a history of its own, that others can go on from


def _scalars(
    base: Path, folders: Mapping[Path, list[Path]], files: Mapping[Path, EventFile]
) -> tuple[dict[str, Tag], int]:
    """Every metric of the run, by its name, and how often it was started again."""
    found: dict[str, Tag] = {}
    restarts = 0
    for folder, paths in folders.items():
        mine = sorted((files[path] for path in paths), key=lambda file: (file.begun_at, file.path.name))
        if folder != base and any(file.config for file in mine):
            continue  # `add_hparams` writes a folder: the configuration, and last values as of step 0
        cells = [({tag: c.arrays() for tag, c in file.cells.items()}, file.since) for file in mine]
        scalars, times = restarted(cells)
        restarts = max(restarts, times)
        below = "" if folder == base else folder.relative_to(base).as_posix()
        found |= {_key(below, tag): cells for tag, cells in scalars.items()}
    return found, restarts


def _key(below: str, tag: str) -> str:
    """`add_scalars("loss", {"train": …})` writes the tag `loss` in a folder `loss_train`: that is `loss/train`. Others
    are called as TensorBoard lists them, folder and tag.
    """
    written = f"{tag.replace('/', '_')}_"
    flat = below.replace("/", "_")
    if flat.startswith(written) and len(flat) > len(written):
        return f"{tag}/{flat[len(written) :]}"
    return f"{below}/{tag}" if below else tag


def _name(base: Path) -> str:
    """The folder's, with the one above where every run has a folder of that name."""
    folder = base.resolve()
    common = folder.name.lower() in _GENERIC or folder.name.startswith("version_")
    return f"{folder.parent.name}/{folder.name}" if common and folder.parent.name else folder.name
