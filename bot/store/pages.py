"""HTML reports kept as files in the state directory, under ids that cannot be guessed."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


class KeptPages:
    """Thread-safe: a page is written once."""

    def __init__(self, folder: Path, public_url: str | None) -> None:
        self._folder, self._public_url = folder, public_url

    def keep(self, html: str) -> str | None:
        """The address under which the page can be read, or None when there is no public address."""
        if self._public_url is None:
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        name = secrets.token_urlsafe(24)
        (self._folder / f"{name}.html").write_text(html, encoding="utf-8")
        return f"{self._public_url.rstrip('/')}/r/{name}"

    def read(self, name: str) -> bytes | None:
        """The page of an id, or None."""
        if not _ID.fullmatch(name):
            return None
        try:
            return (self._folder / f"{name}.html").read_bytes()
        except OSError:
            return None

    def purge(self, before: float) -> None:
        """Drops pages written before a time (seconds since epoch)."""
        for page in self._folder.glob("*.html") if self._folder.is_dir() else ():
            if page.stat().st_mtime < before:
                page.unlink(missing_ok=True)
