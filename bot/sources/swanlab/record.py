"""SwanLab as people know it: its name, and how its runs are written."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sources.tracker import Tracker

# Begins the name of a workspace wherever runs of several trackers meet: in references, watches, rules of access.
PREFIX = "swanlab:"
API = "https://api.swanlab.cn"


def page(host: str, entity: str, project: str, run_id: str) -> str:
    """The link of a run."""
    return f"https://{host}/@{entity.removeprefix(PREFIX)}/{project}/runs/{run_id}/chart"


SWANLAB = Tracker(name="SwanLab", home="swanlab.cn", page=page)


def run_of(path: Sequence[str]) -> tuple[str, str, str] | None:
    """The pieces of a link's path -> workspace with its prefix, project, run id; None for other pages."""
    if len(path) < 4 or path[2] != "runs" or not path[0].startswith("@"):
        return None
    return f"{PREFIX}{path[0][1:]}", path[1], path[3]
