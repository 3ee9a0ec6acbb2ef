"""W&B through its public client -> Run. Every row, bounded in time, cheap to ask again.

What the client does by default and must not do here: retry one page for a quarter of an hour, return an old state from
its cache, sample, drop rows that lack a key, write into the home directory, die with its child process.

A poll costs one request when nothing is new (the run itself tells its last step), four when there is.
"""

from __future__ import annotations

import contextlib
import copy
import glob
import itertools
import os
import re
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np

from analysis.history import append, from_records, number
from analysis.model import Column, History, Ints, Run
from bot.sources.files import STATES, seconds
from bot.sources.port import Reason, SourceError
from bot.sources.reference import RunFilter, RunRef
from bot.sources.rows import flat

T = TypeVar("T")

# Internal settings of wandb-core, read when it starts. Without them a page that fails is retried for 16 minutes.
_BOUNDS = {
    "WANDB_X_GRAPHQL_RETRY_MAX": "1",
    "WANDB_X_GRAPHQL_RETRY_WAIT_MIN_SECONDS": "1",
    "WANDB_X_GRAPHQL_RETRY_WAIT_MAX_SECONDS": "2",
    "WANDB_X_GRAPHQL_TIMEOUT_SECONDS": "10",
    "WANDB_SILENT": "true",
    "WANDB_ERROR_REPORTING": "false",
}
_WORKERS = 4  # wandb-core runs at most 10 requests of one client at a time
_PAGE_CELLS = 1_000_000  # what one page should hold at most; a page is a range of steps
_PAGE_STEPS = (1_000, 100_000)
_CHUNK_ROWS = 5_000  # rows kept as dicts before they become arrays
_KEPT_CELLS = 20_000_000  # of all cached histories together, about 320 MB
_MOST_RUNS = 500  # of one filter


class WandbSource:
    """Runs of one W&B server, read with one key. Thread-safe; no call blocks longer than `deadline_s`."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        entity: str | None = None,
        project: str | None = None,
        directory: Path | None = None,
        deadline_s: float = 30.0,
        request_timeout_s: int = 8,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`directory`: where wandb may write (default: a temporary one); `request_timeout_s`: of one request."""
        self._base_url, self._api_key = base_url.rstrip("/"), api_key
        self._home = (entity, project)
        self._directory, self._clock = directory, clock
        self._deadline_s, self._timeout_s = deadline_s, request_timeout_s
        self._session: _Session | None = None
        self._session_lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_WORKERS)
        self._flights: dict[str, Future[Any]] = {}
        self._flights_lock = threading.Lock()
        self._kept = _Kept(_KEPT_CELLS)

    def fetch(self, ref: RunRef) -> Run:
        """The run as it stands now, with every row. Raises SourceError."""
        return self._within_deadline(str(ref), lambda api: self._read(api, ref))

    def list_runs(self, filter_: RunFilter) -> list[RunRef]:
        """The running runs that match, newest first, at most 500. Raises SourceError."""
        return self._within_deadline(str(filter_), lambda api: _list(api, filter_))

    # bounded in time

    def _within_deadline(self, what: str, work: Callable[[Any], T]) -> T:
        """Does the work in a thread of its own and waits for it no longer than the deadline.

        A thread that is late goes on and its rows are kept: the next call finds them. Two calls for the same thing at
        the same time share one read.
        """
        if not self._api_key:
            raise SourceError("forbidden", "没有配置 WANDB_API_KEY，读不了 W&B；请管理员设好环境变量")
        with self._flights_lock:
            flight: Future[T] | None = self._flights.get(what)
            if flight is None:
                flight = self._flights[what] = Future()
                threading.Thread(target=self._fly, args=(what, work, flight), name="wandb", daemon=True).start()
        try:
            return flight.result(self._deadline_s)
        except TimeoutError:
            late = f"W&B 在 {self._deadline_s:g} 秒内没有读完 {what}，过一会儿再试"
            raise SourceError("unreachable", late) from None

    def _fly(self, what: str, work: Callable[[Any], T], flight: Future[T]) -> None:
        try:
            if not self._slots.acquire(timeout=self._deadline_s):
                raise SourceError("unreachable", "W&B 很慢，读取都在排队，过一会儿再试")
            try:
                result = self._with_session(what, work)
            finally:
                self._slots.release()
        except BaseException as error:
            self._land(what)
            flight.set_exception(error)
        else:
            self._land(what)
            flight.set_result(result)

    def _land(self, what: str) -> None:
        with self._flights_lock:
            self._flights.pop(what, None)

    def _with_session(self, what: str, work: Callable[[Any], T]) -> T:
        """Works with a client; when wandb-core has died, replaces it and tries once more."""
        for last_try in (False, True):
            session: _Session | None = None
            born = _core.generation
            try:
                session = self._connected()
                return work(session.api)
            except SourceError:
                raise
            except Exception as error:
                if last_try or not _core_died(error):
                    raise _explained(error, what, urlsplit(self._base_url).netloc) from error
                _core.replace(session.generation if session else born)
        raise AssertionError

    def _connected(self) -> _Session:
        """The client; a new one when there is none, or wandb-core was replaced. One Viewer request when new."""
        with self._session_lock:
            if self._session is None or self._session.generation != _core.generation:
                wandb = _core.wandb(self._directory)
                generation = _core.generation
                overrides = {"base_url": self._base_url, "entity": self._home[0] or "-", "project": self._home[1]}
                api = wandb.Api(overrides=overrides, timeout=self._timeout_s, api_key=self._api_key)
                self._session = _Session(api, generation)
            return self._session

    # reading

    def _read(self, api: Any, ref: RunRef) -> Run:
        run = self._find(api, ref)
        observed_at = self._clock()
        key = f"{run.entity}/{run.project}/{run.id}"
        user = getattr(run, "user", None)
        return Run(
            ref=key,
            name=run.name or run.id,
            history=self._history(run, key),
            state=run.state if run.state in STATES else "unknown",
            config=dict(run.config),
            created_at=seconds(getattr(run, "createdAt", None)),
            heartbeat_at=seconds(getattr(run, "heartbeatAt", None)),
            observed_at=observed_at,
            url=run.url,
            entity=run.entity,
            project=run.project,
            run_id=run.id,
            user=user.username if user is not None else None,
            tags=tuple(run.tags or ()),
        )

    def _find(self, api: Any, ref: RunRef) -> Any:
        """The run with this id; or the only one with this display name, here or in the default project."""
        if "/" not in ref.run:
            try:
                return _fresh(api, str(ref))
            except Exception as error:
                if _reason(error) != "not_found":
                    raise
        places = dict.fromkeys([(ref.entity, ref.project), self._home])
        for entity, project in places:
            if not entity or not project:
                continue
            named = _named(api, entity, project, sorted({ref.run, ref.typed} - {""}))
            if len(named) > 1:
                some = "、".join(run.id for run in named[:3])
                raise SourceError(
                    "not_found", f"{entity}/{project} 里不止一个 run 叫“{named[0].name}”，请写 run_id：{some}"
                )
            if named:
                return _fresh(api, f"{entity}/{project}/{named[0].id}")
        raise SourceError("not_found", _sentence("not_found", str(ref), ""))

    def _history(self, run: Any, key: str) -> History:
        """Every row: those kept from before and those logged since. Rewound: read from the start again."""
        last = int((getattr(run, "historyKeys", None) or {}).get("lastStep", -1))
        lines = getattr(run, "historyLineCount", None)
        kept = self._kept.get(key)
        if kept is not None and len(kept.history) and (kept.last_step, kept.lines) == (last, lines):
            return kept.history
        history = None
        if kept is not None and len(kept.history) and kept.last_step <= last:
            # The last row once more: if it is not the same row, the run was rewound in between.
            late = self._scan(run, key, kept.last_step, kept.history)
            history = _joined(kept.history, late)
        if history is None:
            history = self._scan(run, key, 0, None) if last >= 0 else from_records(())
        self._kept.put(key, _KeptRun(history, lines))
        return history

    def _scan(self, run: Any, key: str, min_step: int, before: History | None) -> History:
        """The rows from `min_step` on, by rising step, each once. Rows read before a failure are kept for next time."""
        read = from_records(())
        rows = run.scan_history(page_size=_page_size(run), min_step=min_step, use_cache=False)
        try:
            for chunk in _chunks(rows):
                read = append(read, from_records(chunk))
        except BaseException:
            far = _in_order(read) if before is None else _joined(before, _in_order(read))
            if far is not None and len(far):
                self._kept.put(key, _KeptRun(far, lines=None))
            raise
        finally:
            _forget_downloads(run)
        return _in_order(read)


@dataclass(frozen=True, slots=True)
class _Session:
    api: Any
    generation: int  # of the wandb-core it talks through


class _Core:
    """The one wandb-core child of this process, as far as we know of it: how often it was replaced."""

    def __init__(self) -> None:
        self.generation = 0
        self._lock = threading.Lock()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def wandb(self, directory: Path | None) -> Any:
        """The wandb module, imported late, with its bounds set before. The environment's own settings win."""
        with self._lock:
            if directory is None and self._temporary is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="curvebot-wandb-", ignore_cleanup_errors=True)
            root = directory or Path(self._temporary.name if self._temporary else tempfile.gettempdir())
            places = {
                name: str(root / name)
                for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR")
            }
            for name, value in (_BOUNDS | places).items():
                os.environ.setdefault(name, value)
            Path(os.environ["WANDB_DIR"]).mkdir(parents=True, exist_ok=True)
            import wandb  # noqa: PLC0415  (half a second, and it reads the environment)

            return wandb

    def replace(self, dead: int) -> None:
        """Lets go of a dead child, once however many threads have noticed. The next client starts a new one."""
        with self._lock:
            if self.generation != dead:
                return
            # In a thread: it may wait for the child for ever, or raise ConnectionResetError.
            farewell = threading.Thread(target=_teardown, name="wandb-teardown", daemon=True)
            farewell.start()
            farewell.join(5)
            self.generation += 1


_core = _Core()


def _teardown() -> None:
    import wandb  # noqa: PLC0415

    with contextlib.suppress(Exception):
        wandb.teardown()


@dataclass(frozen=True, slots=True)
class _KeptRun:
    history: History
    lines: int | None  # how many the server said there were; None when the read broke off

    @property
    def last_step(self) -> int:
        return int(self.history.step[-1])

    @property
    def cells(self) -> int:
        return len(self.history) + sum(len(c.rows) for c in self.history.columns.values())


class _Kept:
    """Histories by run, the least recently used dropped first."""

    def __init__(self, cells: int) -> None:
        self._most = cells
        self._runs: OrderedDict[str, _KeptRun] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> _KeptRun | None:
        with self._lock:
            if key in self._runs:
                self._runs.move_to_end(key)
            return self._runs.get(key)

    def put(self, key: str, run: _KeptRun) -> None:
        with self._lock:
            self._runs[key] = run
            self._runs.move_to_end(key)
            cells = sum(r.cells for r in self._runs.values())
            while cells > self._most and len(self._runs) > 1:
                cells -= self._runs.popitem(last=False)[1].cells


def _fresh(api: Any, path: str) -> Any:
    """The run with its state of now. The client keeps runs by path: a copy of it that has forgotten them does not."""
    mine = copy.copy(api)
    mine.flush()
    return mine.run(path)


def _named(api: Any, entity: str, project: str, names: list[str]) -> list[Any]:
    """Up to four runs with one of these display names, newest first."""
    try:
        found = api.runs(
            f"{entity}/{project}", filters={"displayName": {"$in": names}}, order="-created_at", per_page=4
        )
        return [run for run in itertools.islice(found, 4) if run.name in names]
    except Exception as error:
        if _reason(error) == "not_found":
            return []
        raise


def _list(api: Any, filter_: RunFilter) -> list[RunRef]:
    query: list[dict[str, Any]] = [{"state": "running"}, *({"tags": {"$in": [tag]}} for tag in filter_.tags)]
    if filter_.users:
        query.append({"username": {"$in": list(filter_.users)}})
    runs = api.runs(f"{filter_.entity}/{filter_.project}", filters={"$and": query}, order="-created_at", per_page=50)
    found = []
    for run in itertools.islice(runs, _MOST_RUNS):
        user = getattr(run, "user", None)
        mine = not filter_.users or user is None or user.username in filter_.users
        if mine and run.state == "running" and set(filter_.tags) <= set(run.tags or ()):
            found.append(RunRef(filter_.entity, filter_.project, run.id, run.id))
    return found


def _page_size(run: Any) -> int:
    """Steps per page, so that a page holds about a million cells: huge pages for sparse runs, and no timeout for wide ones."""
    told = getattr(run, "historyKeys", None) or {}
    lines, steps = getattr(run, "historyLineCount", None) or 0, int(told.get("lastStep", 0)) + 1
    cells_per_step = lines / max(1, steps) * max(1, len(told.get("keys") or ()))
    low, high = _PAGE_STEPS
    return int(min(high, max(low, _PAGE_CELLS / cells_per_step))) if cells_per_step else high


def _chunks(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows in lists, nested metrics flat; rows without a step (there should be none) left out."""
    stepped = (flat(row) for row in rows if number(row.get("_step")) is not None)
    while chunk := list(itertools.islice(stepped, _CHUNK_ROWS)):
        yield chunk


def _in_order(history: History) -> History:
    """By rising step, each step once: live and exported rows overlap, and exported files come in any order."""
    step = history.step
    if len(step) < 2 or bool(np.all(np.diff(step) > 0)):
        return history
    _, first = np.unique(step, return_index=True)
    rank: Ints = np.full(len(step), -1, dtype=np.int64)
    rank[first] = np.arange(len(first))
    columns = {}
    for key, column in history.columns.items():
        rows = rank[column.rows]
        order = np.argsort(rows, kind="stable")[int((rows < 0).sum()) :]
        columns[key] = Column(rows[order], column.values[order])
    return History(step[first], history.timestamp[first], history.runtime[first], columns)


def _joined(kept: History, late: History) -> History | None:
    """Kept rows and later ones that begin with the last kept row; None when that row is another one now."""
    if not len(late) or not _same_row(kept, len(kept) - 1, late, 0):
        return None
    rows = Column(late.step[1:], late.timestamp[1:])
    columns = {}
    for key, column in late.columns.items():
        after = column.rows > 0
        if after.any():
            columns[key] = Column(column.rows[after] - 1, column.values[after])
    return append(kept, History(rows.rows, rows.values, late.runtime[1:], columns))


def _same_row(one: History, i: int, other: History, j: int) -> bool:
    def row(history: History, at: int) -> dict[str, float]:
        found = {key: np.flatnonzero(c.rows == at) for key, c in history.columns.items()}
        return {key: float(history.columns[key].values[hit[0]]) for key, hit in found.items() if len(hit)}

    a, b = row(one, i), row(other, j)
    times = np.array_equal(one.timestamp[i : i + 1], other.timestamp[j : j + 1], equal_nan=True)
    same = a.keys() == b.keys() and np.array_equal(
        np.array([a[k] for k in a]), np.array([b[k] for k in a]), equal_nan=True
    )
    return bool(one.step[i] == other.step[j] and times and same)


def _forget_downloads(run: Any) -> None:
    """Exported history that the client leaves in its cache, although told not to use it."""
    stem = glob.escape(f"{run.entity}_{run.project}_{run.id}_")
    for file in Path(os.environ["WANDB_CACHE_DIR"]).glob(f"{stem}*.runhistory.parquet"):
        file.unlink(missing_ok=True)


# failures


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or getattr(error, "exc", None) or error.__context__


def _core_died(error: BaseException) -> bool:
    """A connection to the child that is closed; the public errors then have an empty text."""
    names = {"MailboxClosedError", "HandleAbandonedError"}
    return any(
        type(e).__name__ in names
        or isinstance(e, ConnectionError)
        or (type(e).__name__ in ("CommError", "WandbApiFailedError") and not str(e).strip())
        for e in _chain(error)
    )


def _reason(error: BaseException) -> Reason:
    """Which of the five it is. By HTTP status where the client tells, otherwise by its words (they are all there is)."""
    text = "\n".join(str(e) for e in _chain(error))
    status = next((s for e in _chain(error) if (s := getattr(getattr(e, "response", None), "http_status", 0))), 0)
    if not status and (found := re.search(r"\b(?:HTTP|returned error) (\d{3})\b", text)):
        status = int(found[1])
    by_status: dict[int, Reason] = {401: "forbidden", 403: "forbidden", 404: "not_found", 429: "rate_limited"}
    if status in by_status:
        return by_status[status]
    if status >= 500 or status == 408:
        return "unreachable"
    words: tuple[tuple[str, Reason], ...] = (
        (r"could not find (run|project)", "not_found"),
        (r"permission denied|not authori[sz]ed|access denied|API key must|API key may|API key is", "forbidden"),
        (r"rate.?limit|too many requests", "rate_limited"),
        (
            r"giving up after|did not respond|timed? ?out|deadline exceeded|dial tcp|no such host|connection|x509|proxy",
            "unreachable",
        ),
    )
    return next((reason for pattern, reason in words if re.search(pattern, text, re.IGNORECASE)), "unreadable")


def _explained(error: BaseException, what: str, host: str) -> SourceError:
    reason = _reason(error)
    return SourceError(reason, _sentence(reason, what, host))


def _sentence(reason: Reason, what: str, host: str) -> str:
    match reason:
        case "not_found":
            return f"没有找到 {what}：可能写错了，也可能机器人的 key 看不到它"
        case "forbidden":
            return f"没有权限读 {what}：W&B 不认这个 key，或它没有这个项目的权限，请管理员检查 WANDB_API_KEY"
        case "rate_limited":
            return "W&B 限流了，过一两分钟再试"
        case "unreachable":
            return f"连不上 W&B（{host}），稍后再试；一直这样就检查网络和代理"
        case "unreadable":
            return f"W&B 的回答看不懂，读不了 {what}，稍后再试；一直这样就检查 WANDB_BASE_URL 和 wandb 版本"
