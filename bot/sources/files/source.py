"""Local files as a source: which of them may be read, and the runs in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from analysis.columns.profile import Profile
from analysis.model import Peer, Run
from bot.sources.port import Allows, admit
from bot.sources.tensorboard.folders import holds_events
from bot.sources.tensorboard.source import EventLogs
from bot.sources.wandb.record import WANDB


class FileSource:
    """Thread-safe. A file tells only itself which project it belongs to, so that is checked once it is read."""

    def __init__(self, *, roots: Sequence[Path], any_path: bool, allows: Allows) -> None:
        """`any_path`: any file may be read (command line); otherwise only below `roots` (chat)."""
        self._roots = tuple(root.expanduser().resolve() for root in roots)
        self._any_path, self._allows = any_path, allows
        self._event_logs = EventLogs()

    def named(self, text: str) -> Path | None:
        """On the command line a file, or a directory that holds a run, whatever its name: it is meant."""
        if not self._any_path:
            return None
        expanded = os.path.expanduser(text)  # noqa: PTH111  (pathlib's raises for an unknown user)
        if os.path.isfile(expanded):  # noqa: PTH113  (pathlib's raises for a name too long)
            return Path(expanded)
        if not os.path.isdir(expanded):  # noqa: PTH112
            return None
        path = Path(expanded)
        return path if any(path.glob("*.wandb")) or (path / "latest-run").is_dir() or holds_events(path) else None

    def held(self, name: str) -> Path | None:
        """A file of this name in one of the roots."""
        for root in self._roots:
            try:
                whole = (root / name).resolve()
            except (OSError, RuntimeError):  # a loop of links
                continue
            if whole.is_relative_to(root) and os.path.isfile(whole):  # noqa: PTH113  (pathlib's raises for a name too long)
                return whole
        return None

    def allowed(self, path: Path) -> Path:
        """The path with every link followed, if it lies below one of the roots. Tells nothing about other paths.

        Raises ValueError.
        """
        if self._any_path:
            return path
        for root in self._roots:
            try:
                whole = (root / path).resolve()
            except (OSError, RuntimeError):  # a loop of links
                continue
            if whole.is_relative_to(root) and (path.is_absolute() or whole.exists() or len(self._roots) == 1):
                return whole
        if self._roots:
            raise ValueError(f"只能读配置 local.roots 里的文件；{WANDB.name} 的 run 写法例如 team/robot/64wxlc3y")
        raise ValueError(f"聊天里只读配置 local.roots 里的文件；请给 {WANDB.name} 的 run，例如 team/robot/64wxlc3y")

    def fetch(self, path: Path) -> Run:
        """The run in a file, or in a directory. Raises SourceError."""
        from bot.sources.files import read  # noqa: PLC0415  (pyarrow's 45 MB: most bots never read a file)

        run = self._event_logs.read(path) if read.is_event_log(path) else read.read(path)
        admit(self._allows, run.entity, run.project)
        return run

    def peers(self, path: Path, run: Run, profile: Profile) -> tuple[Peer, ...]:
        """The newest finished runs of the same project in the folder."""
        from bot.sources.files import siblings  # noqa: PLC0415  (as above)

        return siblings.peers(path, run, profile, allows=self._allows)
