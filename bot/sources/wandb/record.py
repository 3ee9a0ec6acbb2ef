"""W&B as people know it: its name, and the links of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from bot.sources.tracker import Tracker


def page(host: str, entity: str, project: str, run_id: str) -> str:
    """The link of a run."""
    return f"https://{host}/{entity}/{project}/runs/{run_id}"


WANDB = Tracker(name="W&B", home="wandb.ai", page=page)


def web_host(base_url: str) -> str:
    """The host (and port) of run links for an API address: api.wandb.ai -> wandb.ai, others unchanged."""
    return urlsplit(base_url).netloc.rpartition("@")[2].lower().removeprefix("api.")


def parts(url: str) -> list[str]:
    """The path of a link, piece by piece."""
    return [unquote(part) for part in urlsplit(url).path.split("/") if part]


def run_of(path: Sequence[str]) -> tuple[str, str, str] | None:
    """The pieces of a link's path -> entity, project, run id; also for a page below the run's. None for other pages."""
    return (path[0], path[1], path[3]) if len(path) >= 4 and path[2] == "runs" else None
