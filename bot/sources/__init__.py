"""Where runs come from, behind one small port: `Sources` reads whatever a person names."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.columns.profile import GENERIC, Profile
from analysis.model import Peer, Run
from bot.sources.files import read as files
from bot.sources.files import siblings
from bot.sources.port import Reason, Source, SourceError
from bot.sources.reference import Home, RunFilter, RunRef, parse, parse_filter, web_host
from bot.sources.wandb.peers import WandbPeers
from bot.sources.wandb.source import WandbSource

__all__ = ["Reason", "RunFilter", "RunRef", "Source", "SourceError", "Sources"]


class Sources:
    """Text -> the right source. Thread-safe."""

    def __init__(
        self,
        *,
        base_url: str = "https://api.wandb.ai",
        api_key: str | None = None,
        entity: str | None = None,
        project: str | None = None,
        roots: Sequence[Path] = (),
        any_path: bool = False,
        directory: Path | None = None,
        deadline_s: float = 30.0,
        request_timeout_s: int = 8,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`any_path`: any file may be read (command line); otherwise only below `roots` (chat).

        `directory`: where wandb may write its side files. Nothing is read or connected before the first fetch.
        """
        self._home = Home(web_host(base_url), entity, project)
        self._roots = tuple(root.expanduser().resolve() for root in roots)
        self._any_path = any_path
        self._wandb = WandbSource(
            base_url=base_url, api_key=api_key, entity=entity, project=project, directory=directory,
            deadline_s=deadline_s, request_timeout_s=request_timeout_s, clock=clock,
        )  # fmt: skip

        self._peers = WandbPeers(base_url=base_url, api_key=api_key, directory=directory, clock=clock)

    def fetch(self, ref: str | RunRef) -> Run:
        """The run as it stands now, with every row. Raises ValueError (not a reference), SourceError (not readable)."""
        what = self._resolve(ref) if isinstance(ref, str) else ref
        return files.read(what) if isinstance(what, Path) else self._wandb.fetch(what)

    def peers(self, run: Run, profile: Profile = GENERIC) -> tuple[Peer, ...]:
        """The newest finished runs of the same project, without the run itself. Takes a few seconds at most. Raises SourceError."""
        if run.project is None or not len(run.history):
            return ()
        what = self._resolve(run.ref)
        return siblings.peers(what, run, profile) if isinstance(what, Path) else self._peers.of(run, profile)

    def with_peers(self, run: Run, profile: Profile = GENERIC) -> Run:
        """The run with its peers beside it; without them, and saying so, where they could not be read."""
        try:
            return replace(run, peers=self.peers(run, profile))
        except (SourceError, ValueError):
            return replace(run, notes=(*run.notes, "同项目其他 run 没读到"))

    def canonical(self, text: str) -> str:
        """The reference in full, as a watch stores it. Raises ValueError. Does not ask W&B: a display name stays one."""
        return str(self._resolve(text))

    def filter(self, text: str) -> RunFilter | None:
        """The filter a text means; None when it means one run. Raises ValueError for a condition that does not exist."""
        return parse_filter(text, self._home)

    def list_runs(self, filter_: RunFilter) -> list[str]:
        """References of the running runs that match, newest first. Raises SourceError."""
        return [str(ref) for ref in self._wandb.list_runs(filter_)]

    def near(self, text: str) -> RunRef | None:
        """The recent run whose id or name comes next to a text that names none. Raises ValueError, SourceError."""
        what = self._resolve(text)
        return self._wandb.near(what) if isinstance(what, RunRef) else None

    def check(self) -> None:
        """Connects to W&B, which takes seconds the first time, and tries the key. Raises SourceError."""
        self._wandb.check()

    def _resolve(self, text: str) -> RunRef | Path:
        if self._any_path and (named := _existing(text.strip())) is not None:
            return named
        what = parse(text, self._home)
        return what if isinstance(what, RunRef) or self._any_path else self._allowed(what)

    def _allowed(self, path: Path) -> Path:
        """The path with every link followed, if it lies below one of the roots. Tells nothing about other paths."""
        for root in self._roots:
            try:
                whole = (root / path).resolve()
            except (OSError, RuntimeError):  # a loop of links
                continue
            if whole.is_relative_to(root) and (path.is_absolute() or whole.exists() or len(self._roots) == 1):
                return whole
        if self._roots:
            raise ValueError("只能读配置 local.roots 里的文件；W&B 的 run 写法例如 team/robot/64wxlc3y")
        raise ValueError("聊天里不读文件路径，请给 W&B 的 run，例如 team/robot/64wxlc3y")


def _existing(text: str) -> Path | None:
    """A file, or a directory that holds an offline run, whatever its name: on the command line it is meant."""
    expanded = os.path.expanduser(text)  # noqa: PTH111  (pathlib's raises for an unknown user)
    if os.path.isfile(expanded):  # noqa: PTH113  (pathlib's raises for a name too long)
        return Path(expanded)
    held = os.path.isdir(expanded) and (any(Path(expanded).glob("*.wandb")) or Path(expanded, "latest-run").is_dir())  # noqa: PTH112
    return Path(expanded) if held else None
