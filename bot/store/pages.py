"""HTML reports kept in the database, under ids that cannot be guessed: a link that one replica made opens on any."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from bot.store.store import Store

_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


class KeptPages:
    """Thread-safe. Errors as in `Store`."""

    def __init__(
        self,
        store: Store,
        public_url: str | None,
        *,
        clock: Callable[[], float],
        allows: Callable[[str], bool] = lambda ref: True,
    ) -> None:
        """`clock`: seconds since epoch; `allows`: whether the page of a run, by its reference, may be shown now."""
        self._store, self._public_url, self._clock, self._allows = store, public_url, clock, allows

    def keep(self, html: str, ref: str) -> str | None:
        """The address under which the page of a run can be read, or None when there is no public address."""
        if self._public_url is None:
            return None
        name = secrets.token_urlsafe(24)
        self._store.keep_page(name, ref, html.encode(), self._clock())
        return f"{self._public_url.rstrip('/')}/r/{name}"

    def read(self, name: str) -> bytes | None:
        """The page of an id; None: there is none, or it may not be shown any more."""
        found = self._store.page(name) if _ID.fullmatch(name) else None
        return None if found is None or not self._allows(found[0]) else found[1]
