"""What is asked of a SwanLab server, through its SDK's client; every failure is a SourceError.

The public `swanlab.Api` asks the same, but answers a failed request as it does a run without data (an empty list), and
tells neither status nor reason; the client below it does. It is not promised, hence the pin.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from bot.sources.port import Failure, SourceError
from bot.sources.swanlab.record import SWANLAB

_LOGIN_PATH = "/login/api_key"
_TOGETHER = 16  # metrics of one export, as the SDK has it
_KEYS_PAGE = 2000
_SYSTEM = "__swanlab__"  # begins the names of what SwanLab measures of the machine, at steps of its own
_LONGEST_LINE = 1_000_000
_BY_STATUS: Mapping[int, Failure] = {401: "forbidden", 403: "forbidden", 404: "not_found", 429: "rate_limited"}

Points = dict[str, tuple[list[int], list[float], list[float]]]  # step, seconds since epoch (0: unknown), value


class Calls:
    """The requests of one read, which end by `until` (monotonic)."""

    def __init__(self, client: Any, what: str, until: float, timeout_s: float) -> None:
        self._client, self._what, self._until, self._timeout_s = client, what, until, timeout_s

    def run(self, workspace: str, project: str, run_id: str) -> Mapping[str, Any]:
        return _object(self._ask("GET", f"/project/{_path(workspace, project)}/runs/{_path(run_id)}"), self._what)

    def project_id(self, workspace: str, project: str) -> str:
        return str(_object(self._ask("GET", f"/project/{_path(workspace, project)}"), self._what).get("cuid") or "")

    def running(self, workspace: str, project: str) -> Iterator[Mapping[str, Any]]:
        """The runs of a project, a page after the other."""
        page = 1
        while True:
            told = self._ask("GET", f"/project/{_path(workspace, project)}/runs", params={"page": page, "size": 100})
            body = _object(told, self._what)
            yield from (run for run in body.get("list") or [] if isinstance(run, dict))
            if page >= int(body.get("pages") or 1):
                return
            page += 1

    def keys(self, ref: Mapping[str, Any]) -> list[str]:
        """Every metric that a person logs. `ref`: what the server knows the run by."""
        found: list[str] = []
        cursor = ""
        while True:
            asked = {"experiments": [ref], "limit": _KEYS_PAGE, "cursor": cursor}
            body = _object(self._ask("POST", "/house/metrics/scalar/keys", json=asked), self._what)
            found += [key for key in body.get("keys") or [] if isinstance(key, str) and not key.startswith(_SYSTEM)]
            cursor = str(body.get("nextCursor") or "")
            if not body.get("hasMore") or not cursor:
                return list(dict.fromkeys(found))

    def points(self, keys: Sequence[str], project_id: str, columns: Callable[[str], Mapping[str, Any]]) -> Points:
        """Every record of these metrics. `columns`: what the server knows a metric by."""
        found: Points = {}
        for begin in range(0, len(keys), _TOGETHER):
            some = keys[begin : begin + _TOGETHER]
            asked = {"projectId": project_id, "columns": [columns(key) for key in some]}
            told = _object(self._ask("POST", "/house/metrics/scalar/export", json=asked), self._what)
            file = {"paths": [told.get("cosKey")]}
            urls = _object(self._ask("POST", "/files/presigned/get", json=file), self._what).get("urls") or [""]
            found |= self._table(str(urls[0]), some)
        return found

    def _table(self, url: str, keys: Sequence[str]) -> Points:
        """The exported file: a step, and of every metric value and time, in the order asked for."""
        if urlsplit(url).scheme not in ("https", "http"):
            raise self._unreadable()
        found: Points = {key: ([], [], []) for key in keys}
        # Signed by itself: the session's cookie is for the server alone.
        with (
            self._explained(),
            requests.get(url, stream=True, timeout=self._left()) as answer,
        ):
            answer.raise_for_status()
            answer.encoding = "utf-8"
            lines = csv.reader(self._lines(answer.iter_lines(decode_unicode=True)))
            header = next(lines, [])
            if len(header) < 1 + 2 * len(keys):
                raise self._unreadable()
            for row in lines:
                for i, key in enumerate(keys):
                    cells = row[1 + 2 * i : 3 + 2 * i]
                    if len(cells) == 2 and (point := _point(row[0], *cells)) is not None:
                        steps, times, values = found[key]
                        steps.append(point[0])
                        times.append(point[1])
                        values.append(point[2])
        return found

    def _lines(self, lines: Iterator[Any]) -> Iterator[str]:
        for line in lines:
            self._left()
            if not isinstance(line, str) or len(line) > _LONGEST_LINE:
                raise self._unreadable()
            yield line

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        with self._explained():
            return self._client.request(method, path, timeout=self._left(), retries=0, log_error=False, **more).data

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise SourceError("unreachable", f"{SWANLAB.name} 一直没有回答完，稍后再试；一直这样就检查网络和代理")
        return min(left, self._timeout_s)

    def _explained(self) -> explained:
        return explained(self._what)

    def _unreadable(self) -> SourceError:
        return SourceError("unreadable", sentence("unreadable", self._what))


class explained:  # noqa: N801  (read as a statement)
    """What goes wrong inside becomes a SourceError."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, requests.RequestException):
            raise SourceError(reason := reason_of(error), sentence(reason, self._what)) from None


def connect(host: str, api_key: str, what: str, until: float, timeout_s: float) -> Any:
    """A client that is logged in. Raises SourceError."""
    if bundle := os.environ.get("SSL_CERT_FILE"):  # requests reads only its own variables
        os.environ.setdefault("REQUESTS_CA_BUNDLE", bundle)
    try:
        from swanlab.exceptions import AuthenticationError  # noqa: PLC0415  (seconds that only this needs)
        from swanlab.sdk.internal.pkg.client import Client, session  # noqa: PLC0415
    except ImportError:
        raise SourceError("unreadable", f"读 {SWANLAB.name} 要先装一个包：pip install swanlab") from None
    left = min(timeout_s, max(0.1, until - time.monotonic()))
    # The client's own login tells nobody why it failed, and tries for minutes.
    with explained(what), session.create() as first:
        headers = {"authorization": api_key}
        first.post(f"{host}/api{_LOGIN_PATH}", headers=headers, timeout=left, retries=0, log_error=False)
    once = session.request_retries_ctx.set(0)
    try:
        return Client(api_key=api_key, base_url=host, timeout=int(timeout_s))
    except (AuthenticationError, KeyError, TypeError, ValueError):
        raise SourceError("unreadable", sentence("unreadable", what)) from None
    finally:
        session.request_retries_ctx.reset(once)


def reason_of(error: requests.RequestException) -> Failure:
    status = error.response.status_code if error.response is not None else 0
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if isinstance(error, requests.JSONDecodeError) or 400 <= status < 500:
        return "unreadable"
    return "unreachable"


def sentence(reason: Failure, what: str) -> str:
    """What a person is told. `what`: the run or project that was asked for."""
    name = SWANLAB.name
    match reason:
        case "not_found":
            return f"没有找到 {what}：可能写错了，也可能机器人的 key 看不到它"
        case "forbidden":
            return f"没有权限读 {what}：{name} 不认这个 key，或它看不到这个项目，请管理员检查 SWANLAB_API_KEY"
        case "rate_limited":
            return f"{name} 限流了，过一两分钟再试"
        case "unreachable":
            return f"连不上 {name}，稍后再试；一直这样就检查 SWANLAB_API_HOST、网络和代理"
        case "unreadable":
            return f"{name} 的回答看不懂，读不了 {what}，稍后再试；一直这样就检查 SWANLAB_API_HOST 和 swanlab 版本"


def _point(step: str, value: str, stamp: str) -> tuple[int, float, float] | None:
    """None: not logged. A NaN that was logged is written out."""
    try:
        return int(step), int(stamp) / 1000 if stamp else 0.0, float(value)
    except (ValueError, OverflowError):
        return None


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


def _object(told: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise SourceError("unreadable", sentence("unreadable", what))
    return told
