"""W&B -> Run, through its public client.

A poll costs one request a project, which tells of every run whether it moved; each that did, three more.
"""

from __future__ import annotations

import difflib
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from analysis.columns.profile import Profile
from analysis.figures import duration
from analysis.history import from_records
from analysis.model import History, Peer, Run
from bot.sources.facts import STATES, seconds
from bot.sources.port import (
    Allows,
    Budget,
    Listed,
    Progress,
    SeveralRunsError,
    SourceError,
    StillReadingError,
    admit,
)
from bot.sources.reference import RunFilter, RunRef
from bot.sources.rows import flat
from bot.sources.wandb.client import Client, LateError, without_cache
from bot.sources.wandb.failures import reason_of, sentence
from bot.sources.wandb.history import Rows
from bot.sources.wandb.kept import Known
from bot.sources.wandb.peers import WandbPeers
from bot.sources.wandb.record import WANDB

_MOST_RUNS = 500  # of one listing
_MOVED, _LOADED = 3, 4  # requests for a run that was listed, and for one that was not
_FACTS_S = 3600.0  # a config may be changed while a run goes on
_LOOK_AGAIN_S = 0.25  # whether a read that somebody waits for has begun
_LONG = 20_000  # rows: that the first page is not there yet need not mean that nothing comes
_GETS_ON_S = 30.0  # a read that tells nothing for longer may be stuck
_RECENT = 50  # runs among which a misspelt one is looked for


class WandbSource:
    """Runs of one W&B server, read with one key. Thread-safe; no call blocks longer than `deadline_s`.

    A project that is not allowed is not asked for.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        entity: str | None = None,
        project: str | None = None,
        allows: Allows = lambda entity, project: True,
        directory: Path | None = None,
        cache: Path | None = None,
        deadline_s: float = 30.0,
        request_timeout_s: int = 8,
        clock: Callable[[], float] = time.time,
        budget: Budget = lambda requests, asked: True,
    ) -> None:
        """`directory`: where wandb may write (default: a temporary one); `cache`: where rows are kept beyond the
        process (default: nowhere); `request_timeout_s`: of one request.
        """
        self._client = Client(
            base_url=base_url,
            api_key=api_key,
            entity=entity,
            project=project,
            directory=directory,
            deadline_s=deadline_s,
            request_timeout_s=request_timeout_s,
        )
        self._peers = WandbPeers(base_url=base_url, api_key=api_key, directory=directory, clock=clock)
        self._home, self._deadline_s = (entity, project), deadline_s
        self._allows, self._clock, self._budget = allows, clock, budget
        self._under_way: dict[str, tuple[float, Progress]] = {}  # when it last got on, monotonic
        self._rows = Rows(None if cache is None else cache / urlsplit(base_url).netloc.replace(":", "_"))

    def fetch(self, ref: RunRef, listed: Listed | None = None, *, patience_s: float | None = None) -> Run:
        """The run as it stands now, with every row. `patience_s`: as in the port. Raises SourceError."""
        admit(self._allows, ref.entity, ref.project)
        # A listed run is tied to the client that listed it; when that has to be replaced, it is read without.
        ways = iter((listed,))
        work = lambda api: self._read(without_cache(api), ref, next(ways, None))  # noqa: E731
        kept = None if patience_s is None else self._rows.copy(str(ref))
        asked = patience_s is not None
        if self._progress(ref) is None:  # else somebody has paid for it
            self._spend(_MOVED if listed is not None else _LOADED, asked=asked)
        try:
            if kept is None:
                return self._first_read(ref, work, patience_s)
            return self._client.call(str(ref), work, asked=asked, wait_s=patience_s)
        except SourceError as error:
            if kept is None or error.reason not in ("unreachable", "rate_limited"):
                raise
            age_s = max(0.0, self._clock() - (kept.observed_at or 0.0))
            return replace(kept, notes=(*kept.notes, f"W&B 没有及时回应，这是 {duration(age_s)}前读到的"))

    def _first_read(self, ref: RunRef, work: Callable[[Any], Run], patience_s: float | None) -> Run:
        """Waits for the patience of who asks, or the deadline; then for as long as it is not known that it gets on."""
        until = time.monotonic() + self._deadline_s
        wait_s = self._deadline_s if patience_s is None else patience_s
        while True:
            try:
                return self._client.call(str(ref), work, asked=patience_s is not None, wait_s=wait_s)
            except LateError:
                if (progress := self._progress(ref)) is not None:
                    raise StillReadingError(progress) from None
                if time.monotonic() > until:
                    raise
                wait_s = _LOOK_AGAIN_S

    def peers(self, run: Run, profile: Profile) -> tuple[Peer, ...]:
        """The newest finished runs of the run's project, without itself. Raises SourceError."""
        admit(self._allows, run.entity, run.project)
        return self._peers.of(run, profile)

    def list_runs(self, filter_: RunFilter) -> dict[RunRef, Listed]:
        """The running runs that match, newest first, at most 500. Raises SourceError."""
        admit(self._allows, filter_.entity, filter_.project)
        self._spend(1)
        return self._client.call(str(filter_), lambda api: _list(without_cache(api), filter_))

    def survey(self, refs: Sequence[RunRef]) -> dict[RunRef, Listed]:
        """How runs stand, as far as they may be read: a request for 500 runs of a project. Raises SourceError."""
        places: dict[tuple[str, str], dict[str, RunRef]] = {}
        for ref in refs:
            if ref.entity and ref.project and self._allows(ref.entity, ref.project):
                places.setdefault((ref.entity, ref.project), {})[ref.run] = ref
        found: dict[RunRef, Listed] = {}
        for (entity, project), runs in places.items():
            for start in range(0, len(runs), _MOST_RUNS):
                ids = tuple(sorted(runs)[start : start + _MOST_RUNS])
                self._spend(1)
                look = partial(_standing, entity=entity, project=project, ids=ids)
                listed = self._client.call(f"{entity}/{project}", look, key=(entity, project, ids))
                found |= {runs[id_]: one for id_, one in listed.items()}
        return found

    def near(self, ref: RunRef) -> RunRef | None:
        """Of the newest runs of the project, the one whose id or name comes next to a reference that names none."""
        admit(self._allows, ref.entity, ref.project)
        return self._client.call(f"{ref.entity}/{ref.project}", lambda api: _near(without_cache(api), ref))

    def _spend(self, requests: int, *, asked: bool = False) -> None:
        """Raises SourceError when the budget is used up; who asks is answered all the same."""
        if not self._budget(requests, asked):
            raise SourceError("rate_limited", "这一分钟的 W&B 请求预算（wandb.requests_per_minute）用完了，稍后再看")

    def check(self) -> None:
        """Connects, which asks the server whether it takes the key. Raises SourceError."""
        self._client.call(WANDB.name, lambda api: None)

    def _read(self, api: Any, ref: RunRef, listed: Listed | None) -> Run:
        now = self._clock()
        known = self._rows.known(str(ref))
        if listed is not None and known is not None and _still_true(known, listed, now):
            history = self._rows.read(listed.handle, str(ref))
            read = replace(known.facts, history=history, heartbeat_at=listed.heartbeat_at, observed_at=now)
            self._rows.remember(read, known.loaded_at)
            return read
        run = self._find(api, ref)
        admit(self._allows, run.entity, run.project)  # W&B may know the project by another name
        key = f"{run.entity}/{run.project}/{run.id}"
        about = run_of(run, key, _newest(run), now)
        lines = getattr(run, "historyLineCount", None)

        def moved(rows: int) -> None:
            self._under_way[str(ref)] = time.monotonic(), Progress(rows, lines, about)
            self._client.moves(str(ref))

        try:
            moved(0)
            read = replace(about, history=self._rows.read(run, key, moved))
        finally:
            self._under_way.pop(str(ref), None)
        self._rows.remember(read, now)
        return read

    def _progress(self, ref: RunRef) -> Progress | None:
        """Of a long read that gets on; None: there is none."""
        moved_at, progress = self._under_way.get(str(ref), (0.0, None))
        if progress is None or time.monotonic() - moved_at > _GETS_ON_S:
            return None
        return progress if progress.rows or (progress.lines or 0) >= _LONG else None

    def _find(self, api: Any, ref: RunRef) -> Any:
        """The run with this id; or the only one with this display name, here or in the default project; or else one of
        the newest whose id or name differs in case alone.
        """
        if "/" not in ref.run:
            try:
                return api.run(str(ref))
            except Exception as error:
                if reason_of(error) != "not_found":
                    raise
        names = sorted({ref.run, ref.typed} - {""})
        places = [place for place in dict.fromkeys([(ref.entity, ref.project), self._home]) if all(place)]
        for look in (_named, _named_in_any_case):
            for entity, project in places:
                if not self._allows(str(entity), str(project)):
                    continue
                named = look(api, str(entity), str(project), names)
                if len(named) > 1:
                    some = "、".join(run.id for run in named[:3])
                    raise SeveralRunsError(
                        f"{entity}/{project} 里不止一个 run 叫“{named[0].name}”，请写 run_id：{some}"
                    )
                if named:
                    return api.run(f"{entity}/{project}/{named[0].id}")
        raise SourceError("not_found", sentence("not_found", str(ref)))


def _newest(run: Any) -> History:
    """One row: the last value of every metric, as the run's summary has it."""
    try:
        summary = dict(run.summary_metrics)
    except Exception:  # of whatever shape it is; the rows will tell
        return from_records(())
    return from_records([flat(summary)]) if summary else from_records(())


def run_of(run: Any, key: str, history: History, now: float) -> Run:
    """What a loaded run of `wandb.Api` says of itself, with its rows. `now`: when it was asked, seconds since epoch."""
    user = getattr(run, "user", None)
    return Run(
        ref=key,
        name=run.name or run.id,
        history=history,
        state=run.state if run.state in STATES else "unknown",
        config=dict(run.config),
        created_at=seconds(getattr(run, "created_at", None)),
        heartbeat_at=seconds(getattr(run, "heartbeat_at", None)),
        observed_at=now,
        url=run.url,
        tracker=WANDB.name,
        tracked_as=key,
        entity=run.entity,
        project=run.project,
        run_id=run.id,
        user=user.username if user is not None else None,
        tags=tuple(run.tags or ()),
        commit=getattr(run, "commit", None) or None,
    )


def _still_true(known: Known, listed: Listed, now: float) -> bool:
    """Whether what a run said of itself need not be asked again."""
    return known.facts.state == listed.state and now - known.loaded_at < _FACTS_S


def _named(api: Any, entity: str, project: str, names: list[str]) -> list[Any]:
    """Up to four runs with one of these display names, newest first."""
    try:
        found = api.runs(
            f"{entity}/{project}", filters={"displayName": {"$in": names}}, order="-created_at", per_page=4
        )
        return [run for run in itertools.islice(found, 4) if run.name in names]
    except Exception as error:
        if reason_of(error) == "not_found":
            return []
        raise


def _named_in_any_case(api: Any, entity: str, project: str, names: list[str]) -> list[Any]:
    """Those of the newest runs whose id or display name is one of these but for upper and lower case."""
    wanted = {name.casefold() for name in names}
    try:
        runs = api.runs(f"{entity}/{project}", order="-created_at", per_page=_RECENT)
        return [
            run for run in itertools.islice(runs, _RECENT) if {run.id.casefold(), str(run.name).casefold()} & wanted
        ]
    except Exception as error:
        if reason_of(error) == "not_found":
            return []
        raise


def _near(api: Any, ref: RunRef) -> RunRef | None:
    runs = api.runs(f"{ref.entity}/{ref.project}", order="-created_at", per_page=_RECENT)
    ids = {name: run.id for run in itertools.islice(runs, _RECENT) for name in (run.name, run.id) if name}
    found = difflib.get_close_matches(ref.run, [name for name in ids if name != ref.run], n=1, cutoff=0.75)
    return RunRef(ref.entity, ref.project, ids[found[0]], ids[found[0]]) if found else None


def _list(api: Any, filter_: RunFilter) -> dict[RunRef, Listed]:
    query: list[dict[str, Any]] = [{"state": "running"}, *({"tags": {"$in": [tag]}} for tag in filter_.tags)]
    if filter_.users:
        query.append({"username": {"$in": list(filter_.users)}})
    runs = api.runs(
        f"{filter_.entity}/{filter_.project}", filters={"$and": query}, order="-created_at", per_page=_MOST_RUNS
    )
    found = {}
    for run in itertools.islice(runs, _MOST_RUNS):
        user = getattr(run, "user", None)
        mine = not filter_.users or user is None or user.username in filter_.users
        if mine and run.state == "running" and set(filter_.tags) <= set(run.tags or ()):
            found[RunRef(filter_.entity, filter_.project, run.id, run.id)] = _listed(run)
    return found


def _standing(api: Any, *, entity: str, project: str, ids: tuple[str, ...]) -> dict[str, Listed]:
    """By id; without those that the project does not have, and none when there is no such project."""
    runs = without_cache(api).runs(
        f"{entity}/{project}", filters={"name": {"$in": list(ids)}}, order="-created_at", per_page=len(ids)
    )
    try:
        return {run.id: _listed(run) for run in itertools.islice(runs, len(ids))}
    except Exception as error:
        if reason_of(error) == "not_found":
            return {}
        raise


def _listed(run: Any) -> Listed:
    state = run.state if run.state in STATES else "unknown"
    return Listed(state, run.historyLineCount, seconds(getattr(run, "heartbeatAt", None)), run)
