"""A SQLite database belongs to one running bot: two would answer and poll side by side without a lease between them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from sqlalchemy.engine import make_url


class TakenError(Exception):
    """Another process runs on it. `str()`: its process id, or nothing when it is not known."""


def claim(url: str) -> IO[str] | None:
    """Takes the database for this process, until that ends: to be held. None: PostgreSQL, in memory, or a URI.

    Raises TakenError, OSError.
    """
    where = make_url(url)
    if where.get_backend_name() != "sqlite" or not where.database or where.database.startswith("file:"):
        return None
    file = Path(f"{where.database}.lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    held = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        _lock(held)
    except OSError:
        number = held.read(20).strip()
        held.close()
        raise TakenError(number) from None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def _lock(file: IO[str]) -> None:
    """Raises OSError when another process has it. It ends with the process, and no child inherits it."""
    try:
        import fcntl  # noqa: PLC0415
    except ImportError:  # Windows
        import msvcrt  # noqa: PLC0415

        file.seek(100)  # what is locked there cannot be read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        file.seek(0)
    else:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
