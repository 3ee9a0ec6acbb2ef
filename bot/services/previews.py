"""Somebody posts the link of a run: what is the matter with it is shown under the link, or nothing is.

Nothing, in the same way: where previews are off, a channel or project that is not allowed, another host, a page that is
no run's, a run that is not there or cannot be read, a message that the bot answers anyway or wrote itself.
"""

from __future__ import annotations

import html
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import structlog

from bot.address import Address
from bot.chats import LinkShared, Preview
from bot.render import card as pages
from bot.render.message import Message
from bot.services.context import Context
from bot.sources import SourceError

log = structlog.get_logger(__name__)

MOST_LINKS = 3  # of one message
_FRESH_S = 60.0  # a group's members all ask for the same preview, and a link is often posted twice
_SETTLE_S = 1.0  # until the same message, if it was said to the bot, has come as such
_KEPT = 256


class Previews:
    """Thread-safe."""

    def __init__(
        self, context: Context, submit: Callable[[Callable[[], None]], bool], wait: Callable[[float], None] = time.sleep
    ) -> None:
        """`submit`: has something done in a worker; False when it will not be."""
        self._context, self._submit, self._wait = context, submit, wait
        self._lock = threading.Lock()
        # channel, run -> when, what is shown
        self._known: OrderedDict[tuple[Address, str], tuple[float, Message | None]] = OrderedDict()
        self._first: OrderedDict[str, float] = OrderedDict()  # message -> when it was first asked about
        self._running: dict[tuple[str, ...], Future[Mapping[str, Message]]] = {}

    def preview(self, shared: LinkShared) -> Preview | None:
        """At once what may be looked at, later what was found. None: nothing is shown."""
        try:
            refs = self._admitted(shared)
        except Exception:
            self._context.notices.bug("preview")
            return None
        if not refs:
            return None
        plain = {link: f"{ref.rsplit('/', 1)[-1]}（{ref.rsplit('/', 1)[0]}）" for link, ref in refs.items()}
        with self._lock:
            now = self._context.clock()
            since = self._first.setdefault(shared.message, now)
            _shorten(self._first)
            if now - since >= _SETTLE_S and (known := self._all_known(shared.address, refs, now)) is not None:
                ready: Future[Mapping[str, Message]] = Future()
                ready.set_result(known)
                return Preview(plain, ready)
            name = (shared.message, *refs)
            running = self._running.get(name)
            if running is not None:
                return Preview(plain, running)
            found = self._running[name] = Future()
        if not self._submit(lambda: self._look(name, shared, refs, since, found)):
            self._finish(name, found, {})
        return Preview(plain, found)

    def _admitted(self, shared: LinkShared) -> dict[str, str]:
        """Link -> the run it means, of those that may be looked at. Reads no run."""
        config, address = self._context.config, shared.address
        named = address.channel in config.access.channels.get(address.platform, ())
        if not config.links or not config.access.allows_channel(address):
            return {}
        if not address.channel or not (named if shared.member is None else shared.member):
            return {}
        refs = {}
        for link in shared.links[:MOST_LINKS]:
            ref = self._run_of(link)
            if ref is not None and config.access.allows_project(*ref.split("/", 2)[:2]):
                refs[link] = ref
        return refs if refs and not self._context.store.is_ours(address, shared.message) else {}

    def _run_of(self, link: str) -> str | None:
        """The run a link means; None for another host or another page."""
        if not link.lower().startswith(("http://", "https://")):
            return None
        try:
            ref = self._context.runs.canonical(html.unescape(link))
        except ValueError:
            return None
        return ref if ref.count("/") == 2 and "?" not in ref and not ref.endswith("/*") else None

    def _all_known(self, address: Address, refs: Mapping[str, str], now: float) -> dict[str, Message] | None:
        """What is known of all of them and still fresh; None when one has to be looked at."""
        seen = {link: self._known.get((address, ref)) for link, ref in refs.items()}
        if any(s is None or now - s[0] > _FRESH_S for s in seen.values()):
            return None
        return {link: s[1] for link, s in seen.items() if s is not None and s[1] is not None}

    def _look(
        self,
        name: tuple[str, ...],
        shared: LinkShared,
        refs: Mapping[str, str],
        since: float,
        found: Future[Mapping[str, Message]],
    ) -> None:
        shown: dict[str, Message] = {}
        try:
            with structlog.contextvars.bound_contextvars(channel=str(shared.address)):
                for ref in dict.fromkeys(refs.values()):
                    self._read(shared.address, ref)
                now = self._context.clock()
                if now - since < _SETTLE_S:
                    self._wait(_SETTLE_S - (now - since))
                if not self._context.store.is_ours(shared.address, shared.message):
                    with self._lock:
                        names = {link: (shared.address, ref) for link, ref in refs.items()}
                        kept = {link: self._known[name][1] for link, name in names.items() if name in self._known}
                    shown = {link: message for link, message in kept.items() if message is not None}
        except Exception:
            self._context.notices.bug("preview")
        finally:
            self._finish(name, found, shown)

    def _read(self, address: Address, ref: str) -> None:
        """Looks at a run, unless it was just looked at. One that cannot be read is remembered as well."""
        with self._lock:
            seen = self._known.get((address, ref))
        if seen is not None and self._context.clock() - seen[0] <= _FRESH_S:
            return
        message: Message | None = None
        try:
            runs = self._context.runs
            run = runs.beside_peers(runs.fetch(ref))
            message = pages.preview(runs.report(run, address), self._context.tz)
        except (SourceError, ValueError) as error:
            log.debug("链接没有预览", reason=str(error))
        with self._lock:
            self._known[address, ref] = (self._context.clock(), message)
            self._known.move_to_end((address, ref))
            _shorten(self._known)

    def _finish(
        self, name: tuple[str, ...], found: Future[Mapping[str, Message]], shown: Mapping[str, Message]
    ) -> None:
        with self._lock:
            self._running.pop(name, None)
        found.set_result(shown)


def _shorten(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > _KEPT:
        kept.popitem(last=False)
