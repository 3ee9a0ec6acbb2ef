"""A SwanLab server, as far as its SDK's client asks it: logging in, a run, its metrics, and their export as a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tests.fakes.server import Answer, FakeServer, Request
from tests.fakes.wandb_server import Row

_STATUS = {"rate_limited": 429, "error": 500, "html": 502}


class SwanLabServer(FakeServer):
    """Faults besides: a status, as text; `garbage`."""

    def __init__(self) -> None:
        super().__init__()
        self.api_key = "swanlab-key-of-21-chars"
        self.runs: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}  # workspace, project -> runs by id
        self.rows: dict[str, list[Row]] = {}  # by the server's own id
        self.requests: list[str] = []
        self.told_files = False  # whether a file, which may lie anywhere, was asked for with the session's cookie
        self._files: dict[str, bytes] = {}

    def add_run(self, workspace: str, project: str, run_id: str, rows: Sequence[Row], **facts: Any) -> None:
        cuid = f"cuid-{run_id}"
        self.rows[cuid] = list(rows)
        self.runs.setdefault((workspace, project), {})[run_id] = {
            "cuid": cuid,
            "slug": run_id,
            "name": f"name-{run_id}",
            "state": "RUNNING",
            "createdAt": "2025-10-09T08:53:20.000Z",
            "labels": [],
            "user": {"username": "alice", "name": "Alice"},
            "profile": {"config": {}},
            **facts,
        }

    def name(self, request: Request) -> str:
        path = request.path.removeprefix("/api/")
        named = {
            "login/api_key": "login",
            "house/metrics/scalar/keys": "keys",
            "house/metrics/scalar/export": "export",
            "files/presigned/get": "presigned",
            "house/metrics/scalar/value": "statistics",
        }
        if path in named:
            return named[path]
        if path.startswith("/files/"):
            return "file"
        return {4: "runs", 5: "run"}.get(len(path.split("/")), "project")

    def refusal(self, fault: str) -> Answer:
        if fault == "garbage":
            return Answer(["?"])
        return Answer({"code": "No", "message": "no"}, _STATUS.get(fault) or int(fault))

    def answer(self, name: str, request: Request) -> Answer:
        self.requests.append(name)
        if name == "file":
            self.told_files |= "Cookie" in request.headers
            return Answer(self._files[request.path])
        if name == "login":
            if request.headers.get("authorization", request.headers.get("Authorization")) != self.api_key:
                return Answer({"code": "Forbidden"}, 401)
            who = {"username": "alice", "name": "Alice"}
            return Answer({"sid": "s1", "expiredAt": "2099-01-01T00:00:00.000Z", "userInfo": who})
        if "sid=s1" not in request.headers.get("Cookie", ""):
            return Answer({}, 401)
        if name == "statistics":
            return Answer([])
        params = request.params
        if name == "keys":
            cuid = params["experiments"][0]["experimentId"]
            keys = list(dict.fromkeys(k for row in self.rows[cuid] for k in row if not k.startswith("_")))
            # Two a page, so that there are pages.
            begin = int(params["cursor"] or 0)
            more = begin + 2 < len(keys)
            some = [*keys[begin : begin + 2], *(["__swanlab__.cpu.pct"] if not begin else [])]
            return Answer({"keys": some, "hasMore": more, "nextCursor": str(begin + 2) if more else ""})
        if name == "export":
            path = f"/files/{len(self._files)}.csv"
            self._files[path] = self._table(params["columns"])
            return Answer({"cosKey": path})
        if name == "presigned":
            return Answer({"urls": [f"{self.url}{path}" for path in params["paths"]]})
        _, _, workspace, project, *rest = request.path.removeprefix("/api").split("/")
        runs = self.runs.get((workspace, project))
        if runs is None:
            return Answer({"code": "NotFound"}, 404)
        if name == "project":
            return Answer({"cuid": f"pro-{project}", "name": project})
        if name == "runs":
            page, pages = int(params["page"]), max(1, len(runs))
            return Answer({"list": list(runs.values())[page - 1 : page], "total": len(runs), "pages": pages})
        return Answer(runs[rest[1]]) if rest[1] in runs else Answer({"code": "NotFound"}, 404)

    def _table(self, columns: Sequence[dict[str, Any]]) -> bytes:
        """A line a step; in it, of every metric, value and milliseconds."""
        names = [f"{column['experimentName']}-{column['key']}" for column in columns]
        lines = [",".join(["step", *(f"{name}_{kind}" for name in names for kind in ("step", "timestamp"))])]
        for row in self.rows[columns[0]["experimentId"]]:
            at = float(row.get("_timestamp") or math.nan)
            stamp = str(round(at * 1000)) if math.isfinite(at) else ""
            cells = [str(row["_step"])]
            for column in columns:
                value = row.get(column["key"])
                cells += ["", ""] if value is None else [repr(value), stamp]
            lines.append(",".join(cells))
        return "\n".join(lines).encode()
