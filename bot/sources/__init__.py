"""Where runs come from, behind one small port: `Sources` reads whatever a person names."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.columns.profile import GENERIC, Profile
from analysis.model import Peer, Run
from bot.sources.files.source import FileSource
from bot.sources.port import (
    PEERS_UNREAD,
    Allows,
    Budget,
    Listed,
    Progress,
    Reason,
    SeveralRunsError,
    Source,
    SourceError,
    StillReadingError,
)
from bot.sources.reference import Home, RunFilter, RunRef, parse, parse_filter
from bot.sources.swanlab.record import API, PREFIX
from bot.sources.swanlab.source import SwanLabSource
from bot.sources.wandb.record import web_host
from bot.sources.wandb.source import WandbSource

__all__ = [
    "PEERS_UNREAD",
    "Budget",
    "Listed",
    "Progress",
    "Reason",
    "RunFilter",
    "RunRef",
    "SeveralRunsError",
    "Source",
    "SourceError",
    "Sources",
    "StillReadingError",
]


class Sources:
    """The port over W&B, SwanLab and local files: a text -> the source that has the run. Thread-safe."""

    def __init__(
        self,
        *,
        base_url: str = "https://api.wandb.ai",
        api_key: str | None = None,
        swanlab_host: str = API,
        swanlab_api_key: str | None = None,
        entity: str | None = None,
        project: str | None = None,
        roots: Sequence[Path] = (),
        any_path: bool = False,
        allows: Allows = lambda entity, project: True,
        directory: Path | None = None,
        cache: Path | None = None,
        deadline_s: float = 30.0,
        request_timeout_s: int = 8,
        clock: Callable[[], float] = time.time,
        budget: Budget = lambda requests, asked: True,
    ) -> None:
        """`any_path`: any file may be read (command line); otherwise only below `roots` (chat).

        `directory`: where wandb may write its side files; `cache`: where rows that were read are kept. Nothing is read
        or connected before the first fetch.
        """
        self._home = Home(web_host(base_url), entity, project, web_host(swanlab_host))
        self._files = FileSource(roots=roots, any_path=any_path, allows=allows)
        self._swanlab = SwanLabSource(
            host=swanlab_host,
            web_host=self._home.swanlab,
            api_key=swanlab_api_key,
            allows=allows,
            deadline_s=deadline_s,
            request_timeout_s=request_timeout_s,
            clock=clock,
        )
        self._wandb = WandbSource(
            base_url=base_url,
            api_key=api_key,
            entity=entity,
            project=project,
            allows=allows,
            directory=directory,
            cache=cache,
            deadline_s=deadline_s,
            request_timeout_s=request_timeout_s,
            clock=clock,
            budget=budget,
        )

    def fetch(self, text: str, listed: Listed | None = None, *, patience_s: float | None = None) -> Run:
        what = self._resolve(text)
        if isinstance(what, Path):
            return self._files.fetch(what)
        if _is_swanlab(what):
            return self._swanlab.fetch(what)
        return self._wandb.fetch(what, listed, patience_s=patience_s)

    def with_peers(self, run: Run, profile: Profile = GENERIC) -> Run:
        try:
            return replace(run, peers=self.peers(run, profile))
        except (SourceError, ValueError):
            return replace(run, notes=(*run.notes, PEERS_UNREAD))

    def peers(self, run: Run, profile: Profile = GENERIC) -> tuple[Peer, ...]:
        """The newest finished runs of the same project, without the run itself. Raises SourceError."""
        if run.project is None or not len(run.history):
            return ()
        what = self._resolve(run.ref)
        if isinstance(what, RunRef) and _is_swanlab(what):
            return ()  # it would export every one of them
        return self._files.peers(what, run, profile) if isinstance(what, Path) else self._wandb.peers(run, profile)

    def list_runs(self, filter_: RunFilter) -> dict[str, Listed]:
        source = self._swanlab if _is_swanlab(filter_) else self._wandb
        return {str(ref): listed for ref, listed in source.list_runs(filter_).items()}

    def survey(self, refs: Sequence[str]) -> dict[str, Listed]:
        runs = {what: ref for ref in refs if isinstance(what := self._resolve(ref), RunRef) and not _is_swanlab(what)}
        return {runs[ref]: listed for ref, listed in self._wandb.survey(list(runs)).items()}

    def near(self, text: str) -> RunRef | None:
        what = self._resolve(text)
        return self._wandb.near(what) if isinstance(what, RunRef) and not _is_swanlab(what) else None

    def canonical(self, text: str) -> str:
        return str(self._resolve(text))

    def held(self, text: str) -> str | None:
        path = self._files.held(text)
        return None if path is None else str(path)

    def filter(self, text: str) -> RunFilter | None:
        return parse_filter(text, self._home)

    def check(self) -> None:
        """Connects to W&B, which takes seconds the first time, and tries the key. Raises SourceError."""
        self._wandb.check()

    def check_swanlab(self) -> None:
        """Raises SourceError."""
        self._swanlab.check()

    def _resolve(self, text: str) -> RunRef | Path:
        """Raises ValueError."""
        named = self._files.named(text.strip())
        what = parse(text, self._home) if named is None else named
        return what if isinstance(what, RunRef) else self._files.allowed(what)


def _is_swanlab(what: RunRef | RunFilter) -> bool:
    return what.entity.startswith(PREFIX)
