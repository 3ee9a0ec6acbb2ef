"""SwanLab -> Run."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.model import ENDED, Run
from bot.sources.facts import seconds
from bot.sources.port import Allows, Listed, SourceError, admit
from bot.sources.reference import RunFilter, RunRef
from bot.sources.scalars import going_on, history
from bot.sources.swanlab.client import Calls, connect
from bot.sources.swanlab.record import API, PREFIX, SWANLAB

_STATES = {"RUNNING": "running", "FINISHED": "finished", "CRASHED": "crashed", "ABORTED": "killed"}
_KEPT = 20  # runs, the last as they were read
_MOST_METRICS = 2000
_SETTLES_S = 600.0  # after its last record, what a run that ended has uploaded is all there is
_SESSION_S = 600.0  # a younger one is used again; one that was ended is found out so late


class SwanLabSource:
    """Runs of one SwanLab server, read with one key. Thread-safe. A project that is not allowed is not asked for."""

    def __init__(
        self,
        *,
        host: str = API,
        web_host: str = SWANLAB.home,
        api_key: str | None,
        allows: Allows = lambda entity, project: True,
        deadline_s: float = 30.0,
        request_timeout_s: float = 8.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._host, self._web_host, self._api_key = host.rstrip("/"), web_host, api_key
        self._allows, self._clock = allows, clock
        self._deadline_s, self._timeout_s = deadline_s, request_timeout_s
        self._lock = threading.Lock()
        self._session: tuple[float, Any] | None = None  # since when, monotonic; the client
        self._kept: OrderedDict[str, Run] = OrderedDict()

    def fetch(self, ref: RunRef) -> Run:
        """The run as it stands now, with every row. Raises SourceError."""
        admit(self._allows, ref.entity, ref.project)
        calls, workspace = self._calls(str(ref)), ref.entity.removeprefix(PREFIX)
        told = calls.run(workspace, ref.project, ref.run)
        about = self._about(ref, told)
        with self._lock:
            kept = self._kept.get(about.ref)
        if kept is not None and _settled(kept) and kept.state == about.state:
            return replace(about, history=kept.history)
        rows = going_on(history(self._scalars(calls, ref, told)), None if kept is None else kept.history)
        run = replace(about, history=rows)
        with self._lock:
            self._kept[run.ref] = run
            self._kept.move_to_end(run.ref)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return run

    def list_runs(self, filter_: RunFilter) -> dict[RunRef, Listed]:
        """The running runs that match. Raises SourceError."""
        admit(self._allows, filter_.entity, filter_.project)
        calls = self._calls(str(filter_))
        found: dict[RunRef, Listed] = {}
        for told in calls.running(filter_.entity.removeprefix(PREFIX), filter_.project):
            if told.get("state") == "RUNNING" and _matches(filter_, told):
                run_id = str(told.get("slug") or told.get("cuid") or "")
                if run_id:
                    found[RunRef(filter_.entity, filter_.project, run_id, run_id)] = Listed("running")
        return found

    def check(self) -> None:
        """Raises SourceError when the server does not take the key."""
        self._calls(SWANLAB.name)

    def _calls(self, what: str) -> Calls:
        if not self._api_key:
            raise SourceError("forbidden", f"还没有配置 {SWANLAB.name} 的 key，请管理员设置 SWANLAB_API_KEY")
        until = time.monotonic() + self._deadline_s
        with self._lock:
            if self._session is None or time.monotonic() - self._session[0] > _SESSION_S:
                client = connect(self._host, self._api_key, what, until, self._timeout_s)
                self._session = time.monotonic(), client
            return Calls(self._session[1], what, until, self._timeout_s)

    def _scalars(self, calls: Calls, ref: RunRef, told: Mapping[str, Any]) -> dict[str, Any]:
        workspace = ref.entity.removeprefix(PREFIX)
        project_id = str(told.get("project_id") or "") or calls.project_id(workspace, ref.project)
        created_at = seconds(told.get("createdAt"))
        known = {"experimentId": str(told.get("cuid") or ""), "createdAt": int(created_at or 0)}
        known |= {key: told[key] for key in ("rootProId", "rootExpId") if told.get(key)}
        keys = calls.keys(known | {"projectId": project_id})
        if len(keys) > _MOST_METRICS:
            raise SourceError("unreadable", f"{ref} 有 {len(keys)} 个指标，超过 {_MOST_METRICS} 个，读不了")
        named = {"experimentName": str(told.get("name") or ref.run)}
        points = calls.points(keys, project_id, lambda key: known | named | {"key": key})
        return {
            key: (np.array(step, np.int64), np.array(time_, np.float64), np.array(value, np.float64))
            for key, (step, time_, value) in points.items()
        }

    def _about(self, ref: RunRef, told: Mapping[str, Any]) -> Run:
        """What the run says of itself; its rows left out."""
        run_id = str(told.get("slug") or told.get("cuid") or ref.run)
        workspace = ref.entity.removeprefix(PREFIX)
        user, profile = told.get("user"), told.get("profile")
        config = profile.get("config") if isinstance(profile, dict) else None
        return Run(
            ref=f"{ref.entity}/{ref.project}/{run_id}",
            name=str(told.get("name") or run_id),
            history=history({}),
            state=_STATES.get(str(told.get("state")), "unknown"),
            config={key: _setting(value) for key, value in config.items()} if isinstance(config, dict) else {},
            created_at=seconds(told.get("createdAt")),
            observed_at=self._clock(),
            url=SWANLAB.page(self._web_host, ref.entity, ref.project, run_id),
            tracker=SWANLAB.name,
            tracked_as=f"{workspace}/{ref.project}/{run_id}",
            entity=ref.entity,
            project=ref.project,
            run_id=run_id,
            user=str(user["username"]) if isinstance(user, dict) and user.get("username") else None,
            tags=tuple(_labels(told)),
        )


def _settled(run: Run) -> bool:
    """Whether nothing of it can still be on its way: it had ended for a while when it was read."""
    last = run.history.timestamp[-1:].tolist()
    return run.state in ENDED and any((run.observed_at or 0.0) - at > _SETTLES_S for at in last)


def _matches(filter_: RunFilter, told: Mapping[str, Any]) -> bool:
    user = told.get("user")
    name = user.get("username") if isinstance(user, dict) else None
    return set(filter_.tags) <= set(_labels(told)) and (not filter_.users or name in filter_.users)


def _labels(told: Mapping[str, Any]) -> list[str]:
    return [str(label["name"]) for label in told.get("labels") or [] if isinstance(label, dict) and label.get("name")]


def _setting(value: Any) -> Any:
    """A setting is kept with its description and place: `{"value": …, "desc": …, "sort": …}`."""
    wrapped = isinstance(value, dict) and "value" in value and set(value) <= {"value", "desc", "sort"}
    return value["value"] if wrapped else value
