"""The finished runs of a project on W&B: a listing, and one request a run for the few curves that are compared.

They are a courtesy: an answer waits for them no longer than a few seconds, a project is asked at most twice an hour,
and a client of its own keeps what hangs here away from the reading of runs.
"""

from __future__ import annotations

import itertools
import json
import math
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.columns.profile import Profile
from analysis.history import is_metric, number
from analysis.model import Curve, Peer, Run
from analysis.peers import MOST_POINTS, curve, to_read
from analysis.scan.reading import Reading
from bot.sources.facts import seconds
from bot.sources.port import MOST_PEERS, PEERS_DEADLINE_S, SourceError
from bot.sources.rows import flat
from bot.sources.wandb.client import Client, without_cache
from bot.sources.wandb.failures import reason_of

_KEPT_S = 1800.0  # finished runs do not change; new ones may wait
_PAUSE_S = 60.0  # after a failure: the next card should not wait for the same silence
_PROJECTS = 32  # kept
_THREADS = 5  # of one answer; wandb-core runs at most 10 requests of one client at a time
_REQUEST_TIMEOUT_S = 3

# Not in the client's public part, which asks for one set of keys at a time and drops every row that lacks one of them.
_QUERY = """
query RunSampledHistory($project: String!, $entity: String!, $name: String!, $specs: [JSONString!]!) {
    project(name: $project, entityName: $entity) {
        run(name: $name) { sampledHistory(specs: $specs) }
    }
}
"""


class WandbPeers:
    """Thread-safe; no call blocks longer than `deadline_s`."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        directory: Path | None,
        clock: Callable[[], float],
        deadline_s: float = PEERS_DEADLINE_S,
    ) -> None:
        self._client = Client(
            base_url=base_url,
            api_key=api_key,
            entity=None,
            project=None,
            directory=directory,
            deadline_s=deadline_s,
            request_timeout_s=_REQUEST_TIMEOUT_S,
        )
        self._clock = clock
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, run: Run, profile: Profile) -> tuple[Peer, ...]:
        """The newest finished runs of the run's project, without itself. Raises SourceError."""
        shelf = self._shelf(f"{run.entity}/{run.project}")
        if self._clock() - shelf.failed_at < _PAUSE_S:
            raise SourceError("unreachable", "刚才没读到，先不再问")
        try:
            return self._client.call(run.ref, lambda api: self._read(api, shelf, run, profile))
        except SourceError:
            shelf.failed_at = self._clock()
            raise

    def _shelf(self, project: str) -> _Shelf:
        with self._lock:
            now = self._clock()
            shelf = self._shelves.pop(project, None)
            if shelf is None or now - shelf.since > _KEPT_S:
                shelf = _Shelf(now)
            self._shelves[project] = shelf
            while len(self._shelves) > _PROJECTS:
                self._shelves.popitem(last=False)
            return shelf

    def _read(self, api: Any, shelf: _Shelf, run: Run, profile: Profile) -> tuple[Peer, ...]:
        if shelf.listed is None:
            shelf.listed = _list(without_cache(api), run)
        others = [node for node in shelf.listed if node.id != run.run_id][:MOST_PEERS]
        reading = Reading.of(run, profile)
        keys, step = to_read(reading, [node.keys for node in others]), reading.step_key
        wanted = [(node, step if step in node.keys else "_step") for node in others]

        def read(asked: tuple[_Listed, str]) -> None:
            node, axis = asked
            absent = [key for key in keys if key in node.keys and (node.id, axis, key) not in shelf.curves]
            if absent:
                found = _curves(node.run, axis, absent)
                shelf.curves.update({(node.id, axis, key): c for key, c in found.items()})

        _each(read, wanted)
        shelf.failed_at = float("-inf")  # too late for the answer that asked, in time for the next
        return tuple(
            node.peer(axis, {k: c for k in keys if (c := shelf.curves.get((node.id, axis, k))) is not None})
            for node, axis in wanted
        )


@dataclass(eq=False)
class _Shelf:
    """What is known of one project. Filled by whoever reads; whatever is there is right."""

    since: float
    failed_at: float = float("-inf")
    listed: list[_Listed] | None = None
    curves: dict[tuple[str, str, str], Curve] = field(default_factory=dict)  # (run id, step column, key)


@dataclass(frozen=True, eq=False)
class _Listed:
    """A run as the listing tells it."""

    id: str
    run: Any  # wandb's
    keys: frozenset[str]
    last: Mapping[str, float | None]  # the last value of every key, as the summary has it

    def peer(self, axis: str, curves: Mapping[str, Curve]) -> Peer:
        told = self.last.get(axis)
        ends = [float(c.at[-1]) for c in curves.values() if len(c.at)]
        end = max([*ends, *([told] if told is not None and math.isfinite(told) else [])], default=None)
        return Peer(
            ref=f"{self.run.entity}/{self.run.project}/{self.id}",
            name=self.run.name or self.id,
            step_key=axis,
            last_step=end,
            keys=self.keys,
            curves={key: self._ended(key, c, end) for key, c in curves.items()},
            config=dict(self.run.config),
            created_at=seconds(getattr(self.run, "createdAt", None)),
            url=self.run.url,
            user=getattr(getattr(self.run, "user", None), "username", None),
        )

    def _ended(self, key: str, c: Curve, end: float | None) -> Curve:
        """A sample may miss that a metric ended in NaN; the summary tells."""
        last = self.last.get(key)
        if last is None or math.isfinite(last) or end is None:
            return c
        return curve(np.append(c.at, end), np.append(c.values, last))


def _list(api: Any, run: Run) -> list[_Listed]:
    """The newest finished runs, one more than wanted, since the run itself may be among them. One request."""
    most = MOST_PEERS + 1
    runs = api.runs(
        f"{run.entity}/{run.project}", filters={"state": "finished"}, order="-created_at", per_page=most, lazy=False
    )
    return [_listed(found) for found in itertools.islice(runs, most) if found.state == "finished"]


def _listed(run: Any) -> _Listed:
    told = getattr(run, "historyKeys", None) or {}
    keys = frozenset(k for k, about in (told.get("keys") or {}).items() if is_metric(k) and _numeric(about))
    summary = {k: number(v) for k, v in dict(run.summary_metrics).items() if k in keys}
    last = told.get("lastStep")
    return _Listed(run.id, run, keys, {**summary, "_step": None if last is None else float(last)})


def _numeric(about: Any) -> bool:
    """Whether a key holds numbers at times: histograms, tables and images are no metrics."""
    kinds = [c.get("type") for c in (about or {}).get("typeCounts") or ()]
    return not kinds or "number" in kinds


def _curves(run: Any, axis: str, keys: Sequence[str]) -> dict[str, Curve]:
    """One request: a spec for each metric, since the rows of a spec are those that hold all its keys."""
    axes = list(dict.fromkeys(["_step", axis]))
    specs = [json.dumps({"keys": [*axes, key], "samples": MOST_POINTS}) for key in keys]
    answer = run._exec(_QUERY, specs=specs)
    return {
        key: _curve(rows, axis, key) for key, rows in zip(keys, answer["project"]["run"]["sampledHistory"], strict=True)
    }


def _curve(rows: Sequence[Mapping[str, Any]], axis: str, key: str) -> Curve:
    cells = [
        (at, x)
        for row in map(flat, rows)
        if (at := number(row.get(axis))) is not None and (x := number(row.get(key))) is not None
    ]
    table = np.array(cells, dtype=np.float64).reshape(-1, 2)
    return curve(table[:, 0], table[:, 1])


def _each(work: Callable[[tuple[_Listed, str]], None], items: Sequence[tuple[_Listed, str]]) -> None:
    """Does all the work in a few threads that no exit waits for. Raises what a server in trouble says, which ends it;
    a run that alone cannot be read is passed over, unless none can.
    """
    todo: queue.SimpleQueue[tuple[_Listed, str]] = queue.SimpleQueue()
    for item in items:
        todo.put(item)
    trouble: list[Exception] = []
    failed: list[Exception] = []

    def go() -> None:
        while not trouble:
            try:
                item = todo.get_nowait()
            except queue.Empty:
                return
            try:
                work(item)
            except Exception as error:
                (failed if reason_of(error) == "unreadable" else trouble).append(error)

    threads = [threading.Thread(target=go, name="wandb-peers", daemon=True) for _ in range(min(_THREADS, len(items)))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if trouble or (items and len(failed) == len(items)):
        raise (trouble or failed)[0]
