"""Which folders hold the event files of one run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bot.sources.port import SeveralRunsError, SourceError
from bot.sources.tensorboard.record import MARK, TENSORBOARD

_DEEPEST = 3  # folders below the one that is named
_MOST_FOLDERS = 2000  # that are looked into
_MOST_FILES = 500
_NAMED = 3  # runs that a refusal names
# Keras and the estimators write a folder each: two sides of one run.
_SIDES = {"train", "training", "val", "valid", "validation", "eval", "evaluation", "test"}


def is_event_file(path: Path) -> bool:
    return MARK in path.name and path.is_file()


def holds_events(path: Path) -> bool:
    """Whether it is an event file, or a folder with some in it or below."""
    return is_event_file(path) or next(_folders(path), None) is not None


def run_folders(path: Path) -> tuple[Path, dict[Path, list[Path]]]:
    """The folder of the run, and of each folder below that belongs to it (or itself) the event files.

    A writer of its own in a folder below is part of the run; folders side by side are several runs, unless they are
    called after the sides of one. Raises SourceError.
    """
    if path.is_file():
        return path.parent, {path.parent: [path]}
    found = dict(_folders(path))
    if not found:
        raise SourceError("not_found", f"{path.resolve().name} 里没有 {TENSORBOARD} 日志")
    if sum(map(len, found.values())) > _MOST_FILES:
        raise SourceError("unreadable", f"{path.resolve().name} 里的事件文件超过 {_MOST_FILES} 个，请写到具体一个 run")
    base = Path(os.path.commonpath(found))
    if base not in found and {str(folder.relative_to(base)).lower() for folder in found} - _SIDES:
        tops = [folder for folder in found if not any(above in found for above in folder.parents)]
        some = "、".join(str(folder.relative_to(base)) for folder in tops[:_NAMED])
        some += "…" if len(tops) > _NAMED else ""
        raise SeveralRunsError(f"{path} 里有 {len(tops)} 个 run（{some}），请写到其中一个，例如 {tops[0]}")
    return base, found


def _folders(path: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Folders with event files. Links are not followed: they may lead where nobody may read."""
    for looked, (where, below, names) in enumerate(os.walk(path)):
        folder = Path(where)
        if looked == _MOST_FOLDERS:
            return
        deep = len(folder.relative_to(path).parts) == _DEEPEST
        below[:] = [] if deep else sorted(name for name in below if not name.startswith("."))
        files = sorted(folder / name for name in names if MARK in name)
        if files := [file for file in files if file.is_file() and not file.is_symlink()]:
            yield folder, files
