"""A small W&B server for tests: answers the real wandb client over HTTP the way the real server does.

    with WandbServer() as w:
        w.add_run("team", "robot", "64wxlc3y", records(history), config={"steps": 20000}, state="finished")
        w.append("64wxlc3y", [{"_step": 60, "train/loss": 0.5}])
        w.fail("history", 500, times=3)
        ...                            # point wandb.Api at w.url with the key w.api_key
        w.requests                     # what was asked, in order: ["viewer", "run", "keys", "parquet", "history"]

What it imitates on purpose (each of them is a trap): a row not yet exported has its NaN as the string "NaN" and no
cell for what was not logged, an exported one (`exported=n`, a parquet file) has real NaN and None; the live page
repeats exported rows that share its range; exported files come in any order, and so do the keys within a row; a page
is a range of steps.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.model import History
from tests.fakes.server import PATIENCE_S

# wandb-core reads these when it first starts; the first wins, so a failing request is given up fast in every test.
for _name, _value in {"RETRY_WAIT_MIN_SECONDS": "1", "RETRY_WAIT_MAX_SECONDS": "1", "TIMEOUT_SECONDS": "2"}.items():
    os.environ.setdefault(f"WANDB_X_GRAPHQL_{_name}", _value)

Kind = Literal["viewer", "run", "keys", "parquet", "history", "runs", "file", "sampled", "server"]
Fault = int | Literal["hang", "reset", "garbage", "empty", "graphql"]
Row = dict[str, Any]

_KINDS: dict[str, Kind] = {
    "Viewer": "viewer",
    "ServerInfo": "server",
    "GetViewer": "viewer",
    "GetDefaultEntity": "viewer",
    "Run": "run",
    "RunHistoryKeys": "keys",
    "RunParquetHistory": "parquet",
    "HistoryPage": "history",
    "Runs": "runs",
    "RunSampledHistory": "sampled",
}


def records(history: History) -> list[Row]:
    """A History as the rows that were logged: absent = not logged."""
    rows: list[Row] = [{"_step": int(step)} for step in history.step]
    for key, values in (("_timestamp", history.timestamp), ("_runtime", history.runtime)):
        for row, value in zip(rows, values.tolist(), strict=True):
            if not math.isnan(value):
                row[key] = value
    for key, column in history.columns.items():
        for at, value in zip(column.rows.tolist(), column.values.tolist(), strict=True):
            rows[at][key] = value
    return rows


@dataclass
class StoredRun:
    """One run as the server keeps it. Times are seconds since epoch; None means now, at each request."""

    entity: str
    project: str
    run_id: str
    records: list[Row]
    config: Mapping[str, Any] = field(default_factory=dict)
    state: str = "running"
    name: str = ""
    user: str = "alice"
    tags: tuple[str, ...] = ()
    created_at: float = 1.76e9
    heartbeat_at: float | None = None
    exported: int = 0  # how many of the rows are served from a parquet file
    kinds: Mapping[str, str] = field(default_factory=dict)  # key -> type, as historyKeys tells it

    @property
    def last_step(self) -> int:
        return max((int(r["_step"]) for r in self.records), default=-1)


@dataclass
class _Failure:
    fault: Fault
    times: int | None
    after: int
    retry_after: float | None


class WandbServer:
    """Runs in threads of its own, on a free port of 127.0.0.1. Thread-safe; leaves nothing behind."""

    api_key = "local-" + "0123456789abcdef" * 3  # 40+ characters, as the client demands; not a secret
    entity = "team"

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.version: str | None = None  # of a self-hosted server
        self.date_ahead_s = 0.0  # of the clock by which answers are dated
        self.latency_s = 0.0  # of every request
        self.weather: Callable[[str], Fault | None] = lambda kind: None  # a fault where none is planned
        self._runs: dict[tuple[str, str, str], StoredRun] = {}
        self._failures: dict[str, _Failure] = {}
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """What to give as base URL."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops; requests that hang are dropped. From then on connections are refused."""
        self._closed.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    # what the server holds

    def add_run(
        self, entity: str, project: str, run_id: str, records: Iterable[Mapping[str, Any]] = (), **facts: Any
    ) -> StoredRun:
        """Adds or replaces a run. `facts`: fields of StoredRun (config, state, name, user, tags, …)."""
        run = StoredRun(entity, project, run_id, [dict(r) for r in records], **facts)
        with self._lock:
            self._runs[entity, project, run_id] = run
        return run

    def append(self, run_id: str, records: Iterable[Mapping[str, Any]]) -> None:
        """The run logs more rows."""
        with self._lock:
            self.run(run_id).records.extend(dict(r) for r in records)

    def rewind(self, run_id: str, step: int) -> None:
        """The run is rewound: rows above `step` are gone."""
        with self._lock:
            run = self.run(run_id)
            run.records = [r for r in run.records if r["_step"] <= step]
            run.exported = min(run.exported, len(run.records))

    def update(self, run_id: str, **facts: Any) -> None:
        """Changes fields of StoredRun: state, heartbeat_at, tags, exported, …"""
        with self._lock:
            for name, value in facts.items():
                setattr(self.run(run_id), name, value)

    def run(self, run_id: str) -> StoredRun:
        return next(r for r in self._runs.values() if r.run_id == run_id)

    def fail(
        self,
        kind: Kind | Literal["any"],
        fault: Fault,
        times: int | None = None,
        *,
        after: int = 0,
        retry_after: float | None = None,
    ) -> None:
        """Makes the next `times` requests of a kind fail (None: all, until `heal`), `after` good ones first.

        fault: an HTTP status, or "hang", "reset" (TCP), "garbage" (not JSON), "empty", "graphql" (errors in a 200).
        retry_after: seconds in the header of that name.
        """
        with self._lock:
            self._failures[kind] = _Failure(fault, times, after, retry_after)

    def heal(self) -> None:
        """No more failures."""
        with self._lock:
            self._failures.clear()

    # answering

    def _answer(self, kind: Kind, variables: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            if kind == "viewer":
                teams = {"edges": [{"node": {"name": self.entity}}]}
                return {
                    "viewer": {
                        "id": "VXNlcjox",
                        "entity": self.entity,
                        "username": "alice",
                        "name": "Alice",
                        "flags": "{}",
                        "email": "alice@example.com",
                        "teams": teams,
                        "apiKeys": {"edges": []},
                        "admin": False,
                    }
                }
            if kind == "server":
                return {"serverInfo": {"latestLocalVersionInfo": {"versionOnThisInstanceString": self.version}}}
            if kind == "runs":
                return {"project": self._listing(variables)}
            name = variables.get("name") or variables.get("run") or variables.get("runName")
            run = self._runs.get((variables["entity"], variables["project"], str(name)))
            return {"project": {"run": None if run is None else self._run_answer(kind, run, variables)}}

    def _run_answer(self, kind: Kind, run: StoredRun, variables: Mapping[str, Any]) -> dict[str, Any]:
        if kind == "keys":
            return {"historyKeys": _history_keys(run)}
        if kind == "parquet":
            live = [{"_step": r["_step"]} for r in run.records[run.exported :]]
            half = run.exported // 2
            parts = [(low, high) for low, high in ((half, run.exported), (0, half)) if high > low]  # not in order
            path = f"{self.url}/export/{run.entity}/{run.project}/{run.run_id}"
            urls = [f"{path}/{low}-{high}.parquet" for low, high in parts]
            return {"parquetHistory": {"parquetUrls": urls, "liveData": live}}
        if kind == "sampled":
            return {"sampledHistory": [_sampled(run, json.loads(spec)) for spec in variables["specs"]]}
        if kind == "history":
            low, high = int(variables["minStep"]), int(variables["maxStep"])
            page = [r for r in run.records if low <= r["_step"] < high]
            return {"history": [_live(r) for r in page[: int(variables.get("pageSize") or len(page))]]}
        return self._node(run)

    def _node(self, run: StoredRun) -> dict[str, Any]:
        summary = run.records[-1] if run.records else {}
        user = {"name": run.user.title(), "username": run.user}
        return {
            "id": f"UnVuOjE6{run.run_id}",
            "projectId": "1",
            "tags": list(run.tags),
            "name": run.run_id,
            "displayName": run.name or run.run_id,
            "sweepName": None,
            "state": run.state,
            "config": json.dumps({key: {"value": value, "desc": None} for key, value in run.config.items()}),
            "group": None,
            "jobType": None,
            "commit": None,
            "readOnly": False,
            "createdAt": _iso(run.created_at),
            "heartbeatAt": _iso(time.time() if run.heartbeat_at is None else run.heartbeat_at),
            "description": None,
            "notes": None,
            "systemMetrics": "{}",
            "summaryMetrics": _live(summary),
            "historyLineCount": len(run.records),
            "user": user,
            "historyKeys": _history_keys(run),
        }

    def _listing(self, variables: Mapping[str, Any]) -> dict[str, Any] | None:
        project = (variables["entity"], variables["project"])
        runs = [r for key, r in self._runs.items() if key[:2] == project]
        if not runs:
            return None
        found = [r for r in runs if _matches(r, json.loads(variables.get("filters") or "{}"))]
        if variables.get("order") == "-created_at":
            found.sort(key=lambda r: -r.created_at)
        first = int(variables.get("cursor") or 0)
        page = found[first : first + int(variables.get("perPage") or 50)]
        last = first + len(page)
        return {
            "internalId": "1",
            "runCount": len(found),
            "readOnly": False,
            "runs": {
                "edges": [{"node": self._node(r), "cursor": str(last)} for r in page],
                "pageInfo": {"endCursor": str(last), "hasNextPage": last < len(found)},
            },
        }

    def _export(self, path: str) -> bytes | None:
        entity, project, run_id, part = urlsplit(path).path.split("/")[2:6]
        low, high = map(int, part.removesuffix(".parquet").split("-"))
        with self._lock:
            run = self._runs.get((entity, project, run_id))
            rows = [] if run is None else run.records[low:high]
        if not rows:
            return None
        keys = dict.fromkeys(key for r in rows for key in r)
        columns = {key: [r.get(key) for r in rows] for key in keys}
        numeric = {k: v for k, v in columns.items() if all(x is None or isinstance(x, int | float) for x in v)}
        table = pa.table({k: pa.array(v, pa.int64() if k == "_step" else pa.float64()) for k, v in numeric.items()})
        out = io.BytesIO()
        pq.write_table(table, out)
        return out.getvalue()

    def _fault(self, kind: Kind) -> _Failure | None:
        with self._lock:
            self.requests.append(kind)
            failure = self._failures.get(kind) or self._failures.get("any")
            if failure is None and (fault := self.weather(kind)) is not None:
                return _Failure(fault, None, 0, None)
            if failure is None or failure.times == 0:
                return None
            if failure.after:
                failure.after -= 1
                return None
            if failure.times is not None:
                failure.times -= 1
            return failure


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: WandbServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + self.server.owner.date_ahead_s)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name in the standard library)
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        operation = body.get("operationName") or ""
        if not operation and (found := re.search(r"\b(?:query|mutation)\s+(\w+)", body.get("query", ""))):
            operation = found[1]
        kind = _KINDS.get(operation)
        if urlsplit(self.path).path != "/graphql" or kind is None:  # a client behind a proxy sends the whole address
            self.server.owner.requests.append(f"?{operation or self.path}")
            self._json({"errors": [{"message": f"unknown operation {operation}"}]}, 400)
        elif not self._failed(kind):
            self._json({"data": self.server.owner._answer(kind, body.get("variables") or {})})

    def do_GET(self) -> None:
        if self._failed("file"):
            return
        content = self.server.owner._export(self.path) if self.path.startswith("/export/") else None
        if content is None:
            self._send(b"not found", 404)
            return
        ranged = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if ranged is None:
            self._send(content, 200, {"Accept-Ranges": "bytes"})
            return
        low, high = int(ranged[1]), int(ranged[2] or len(content) - 1)
        span = f"bytes {low}-{min(high, len(content) - 1)}/{len(content)}"
        self._send(content[low : high + 1], 206, {"Content-Range": span, "Accept-Ranges": "bytes"})

    do_HEAD = do_GET  # noqa: N815  (the name http.server looks for)

    def _failed(self, kind: Kind) -> bool:
        """Plays the failure that is due, if one is."""
        self.server.owner._closed.wait(self.server.owner.latency_s)
        failure = self.server.owner._fault(kind)
        if failure is None:
            return False
        if isinstance(failure.fault, int):
            after = {} if failure.retry_after is None else {"Retry-After": f"{failure.retry_after:g}"}
            self._json({"errors": [{"message": f"HTTP {failure.fault}"}]}, failure.fault, after)
        elif failure.fault == "garbage":
            self._send(b"<html>502 from some proxy</html>", 200)
        elif failure.fault == "empty":
            self._send(b"", 200)
        elif failure.fault == "graphql":
            self._json({"errors": [{"message": "something broke"}], "data": None})
        elif failure.fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        else:
            self.server.owner._closed.wait(2 * PATIENCE_S)
            self.close_connection = True
        return True

    def _json(self, answer: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._send(json.dumps(answer).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, content: bytes, status: int, headers: Mapping[str, str] | None = None) -> None:
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)


def _history_keys(run: StoredRun) -> dict[str, Any] | None:
    if not run.records:
        return None
    keys = dict.fromkeys([*(key for r in run.records for key in r), *run.kinds])
    types = {key: [{"type": kind, "count": len(run.records)}] for key, kind in run.kinds.items()}
    return {"sets": [], "keys": {key: {"typeCounts": types.get(key, [])} for key in keys}, "lastStep": run.last_step}


def _live(record: Mapping[str, Any]) -> str:
    """A row as the live history gives it: a JSON text, non-finite numbers as strings, keys in random order."""
    cells = [(key, _plain(value)) for key, value in record.items() if value is not None]
    random.shuffle(cells)
    return json.dumps(dict(cells), allow_nan=False)


def _sampled(run: StoredRun, spec: Mapping[str, Any]) -> list[Row]:
    """At random so many of the rows that hold all the keys, in their order; neither the first nor the last for sure."""
    rows = [
        {key: _plain(r[key]) for key in spec["keys"]}
        for r in run.records
        if all(r.get(k) is not None for k in spec["keys"])
    ]
    kept = sorted(random.sample(range(len(rows)), min(len(rows), int(spec["samples"]))))
    return [rows[i] for i in kept]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _matches(run: StoredRun, query: Mapping[str, Any]) -> bool:
    """The part of MongoDB's query language that the client is known to send."""
    facts: dict[str, Any] = {
        "state": run.state,
        "displayName": run.name or run.run_id,
        "name": run.run_id,
        "username": run.user,
        "tags": list(run.tags),
    }
    for key, wanted in query.items():
        if key == "$and":
            if not all(_matches(run, part) for part in wanted):
                return False
        elif key == "$or":
            if not any(_matches(run, part) for part in wanted):
                return False
        else:
            choices = wanted["$in"] if isinstance(wanted, dict) else [wanted]
            held = facts[key] if isinstance(facts[key], list) else [facts[key]]
            if not set(choices) & set(held):
                return False
    return True
