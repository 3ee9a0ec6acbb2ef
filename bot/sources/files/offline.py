"""A W&B offline run (`run-ID.wandb`, or its directory) -> Run, also while it is still being written.

The file is a LevelDB log (32 KiB blocks, records in fragments, each with a CRC) of protobuf records, after a header of
7 bytes. Read directly with wandb's own protobuf: the public `wandb leet inspect --json` gives the same rows (a test
compares the two) but starts a process each time. The format is not promised by wandb; hence its pin.
"""

from __future__ import annotations

import json
import struct
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.history import from_records, number
from analysis.model import Run
from bot.sources.files.console import last_words
from bot.sources.files.record import HISTORIES
from bot.sources.port import SourceError
from bot.sources.rows import flat
from bot.sources.wandb.record import WANDB

_HEADER = 7
_BLOCK = 32 * 1024
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_CONSOLE_RECORDS = 2000  # the end of the console that is looked at for an exception
_SILENT_S = 600.0  # as wandb's own viewer: no exit record and ten silent minutes is a crash (it flushes every 15 s)


def read(path: Path, clock: Callable[[], float] = time.time) -> Run:
    """The run as far as it is written. Raises SourceError, OSError.

    The records themselves say when the run was last alive: a file may have been copied a moment ago. `clock` tells how
    long it has been silent.
    """
    file = _file(path)
    content = file.read_bytes()
    if content[:4] != b":W&B"[: len(content)]:
        raise SourceError("unreadable", f"{file.name} 不是 W&B 的离线文件")
    damage: list[int] = []
    run = _Reading()
    for record in _records(content, damage):
        run.take(record)
    state = _state(run, clock())
    facts: dict[str, Any] = {"name": run.run_id or file.stem.removeprefix("run-"), "run_id": run.run_id}
    return Run(
        ref=str(path),
        tracker=WANDB.name,
        history=from_records(run.rows),
        state=state,
        config=run.config,
        heartbeat_at=run.alive_at,
        observed_at=clock() if state == "running" else run.alive_at,
        exit_reason=last_words(run.console) if state in {"failed", "crashed"} else None,
        local=True,
        sampled=bool(damage),
        notes=(f"文件在第 {damage[0]} 字节处损坏，那附近的行读不出来",) if damage else (),
        **facts | run.facts,
    )


def _file(path: Path) -> Path:
    """The .wandb file that a path means: itself, the one in a run directory, or the latest run of a wandb directory."""
    if path.is_file():
        return path
    for directory in (path, path / "latest-run"):
        if found := list(directory.glob("*.wandb")):
            return max(found, key=lambda f: f.stat().st_mtime)
    if path.is_dir():
        others = sorted(f.name for f in path.iterdir() if f.name.endswith(HISTORIES) or f.name == "trainer_state.json")
        whole = "，也没有 TensorBoard 日志；离线 run 要给 offline-run-… 这样的目录"
        instead = f"，可以直接给里面的 {others[0]}" if others else whole
        raise SourceError("not_found", f"{path.resolve().name} 里没有 .wandb 文件{instead}")
    raise SourceError("not_found", f"没有找到 {path.name}，检查一下路径")


# 255 is written for a KeyboardInterrupt, and for nothing else (wandb/sdk/lib/exit_hooks.py).
_STATES = {0: "finished", 254: "crashed", 255: "killed"}


def _state(run: _Reading, now: float) -> str:
    if run.exit_code is not None:
        return _STATES.get(run.exit_code, "failed")
    if not run.run_id or run.alive_at is None:  # the first flush comes after up to 15 s
        return "unknown"
    return "crashed" if now - run.alive_at > _SILENT_S else "running"


class _Reading:
    """What the records have said so far."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, Any]] = []
        self.config: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.run_id: str | None = None
        self.exit_code: int | None = None
        self.alive_at: float | None = None  # the latest time that any record states; seconds since epoch
        self.system: dict[str, Any] = {}  # the latest readings of the machine that no row has taken yet
        self.console: deque[str] = deque(maxlen=_CONSOLE_RECORDS)

    def take(self, record: Any) -> None:
        kind = record.WhichOneof("record_type")
        if kind == "history":
            row = _row(record.history)
            self.rows.append({**self.system, **row})  # readings since the row before stand in the row that comes next
            self.system = {}
            self._seen(number(row.get("_timestamp")))
        elif kind == "run":
            self._run(record.run)
        elif kind == "config":
            self._configure(record.config)
        elif kind == "exit":
            self.exit_code = record.exit.exit_code
        elif kind == "stats":
            self.system = {f"system/{item.key}": json.loads(item.value_json) for item in record.stats.item}
            self._seen(record.stats.timestamp.seconds)
        elif kind in {"output", "output_raw"}:
            said = getattr(record, kind)
            self.console.append(said.line)
            self._seen(said.timestamp.seconds)

    def _seen(self, at: float | None) -> None:
        if at is not None and at > 0:
            self.alive_at = at if self.alive_at is None else max(self.alive_at, at)

    def _run(self, run: Any) -> None:
        self.run_id = run.run_id
        said = {"name": run.display_name, "run_id": run.run_id, "entity": run.entity, "project": run.project}
        self.facts.update({key: value for key, value in said.items() if value}, tags=tuple(run.tags))
        if run.HasField("start_time"):
            self.facts["created_at"] = run.start_time.seconds + run.start_time.nanos / 1e9
            self._seen(self.facts["created_at"])
        self._configure(run.config)

    def _configure(self, change: Any) -> None:
        for item in change.update:
            *above, key = item.nested_key or [item.key]
            if (above or [key])[0] != "_wandb":
                _nest(self.config, above)[key] = json.loads(item.value_json)
        for item in change.remove:
            *above, key = item.nested_key or [item.key]
            _nest(self.config, above).pop(key, None)


def _nest(tree: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for key in path:
        if not isinstance(tree.get(key), dict):
            tree[key] = {}
        tree = tree[key]
    return tree


def _row(history: Any) -> Mapping[str, Any]:
    """The cells of a history record. Its nested keys are built up again, so that typed values can be told."""
    row: dict[str, Any] = {}
    for item in history.item:
        *above, key = item.nested_key or [item.key]
        _nest(row, above)[key] = json.loads(item.value_json)
    if "_step" not in row:
        row["_step"] = history.step.num
    return flat(row)


def _records(content: bytes, damage: list[int]) -> Iterator[Any]:
    """The protobuf records of a log. Appends to `damage` the offset of what is broken; a cut tail is not: it is
    still being written."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415  (with wandb: half a second that only this needs)
    from wandb.proto.wandb_internal_pb2 import Record  # noqa: PLC0415

    for at, payload in _payloads(content, damage):
        record = Record()
        try:
            record.ParseFromString(payload)
        except DecodeError:
            damage.append(at)
        else:
            yield record


def _payloads(content: bytes, damage: list[int]) -> Iterator[tuple[int, bytes]]:
    """(offset, payload) of every whole record."""
    at, parts, begun = _HEADER, list[bytes](), _HEADER
    while at + _HEADER <= len(content):
        room = _BLOCK - at % _BLOCK
        if room < _HEADER:  # too little for a header: padding up to the next block
            at += room
            continue
        crc, size, kind = struct.unpack_from("<IHB", content, at)
        end = at + _HEADER + size
        if kind == 0 and size == 0 and not any(content[at:]):
            return  # zeros that a crash of the machine left
        if _HEADER + size > room or not _FULL <= kind <= _LAST:
            damage.append(at)
            at, parts = at + room, []
            continue
        if end > len(content):
            return
        fragment = content[at + _HEADER : end]
        if zlib.crc32(fragment, zlib.crc32(bytes([kind]))) != crc:
            damage.append(at)
            at, parts = at + room, []
            continue
        if kind in (_FULL, _FIRST):
            parts, begun = [], at
        parts.append(fragment)
        if kind in (_FULL, _LAST):
            yield begun, b"".join(parts)
            parts = []
        at = end
