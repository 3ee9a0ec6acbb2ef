"""Somebody posts the link of a run: what is the matter with it is shown under the link, or nothing is.

Nothing, in the same way: where previews are off, a channel or project that is not allowed, another host, a page that is
no run's, a run that is not there or cannot be read, a message that the bot answers anyway or wrote itself.
"""

from __future__ import annotations

import html
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import structlog

from bot.address import Address
from bot.chats import LinkShared, Preview
from bot.render import card as pages
from bot.render.message import Message
from bot.services.context import Context
from bot.sources import SourceError

Verdict = tuple[str, str, bool]  # marker, what is the matter, whether the run goes on

log = structlog.get_logger(__name__)

MOST_LINKS = 3  # of one message
_FRESH_S = 60.0  # a group's members all ask for the same preview, and a link is often posted twice
_SETTLE_S = 1.0  # until the same message, if it was said to the bot, has come as such
_KEPT = 256
_AGAIN_S = 300.0  # what stands under a link is looked at again so often
_FOLLOWED_S = 12 * 3600.0  # and for so long: later nobody reads that far up
_MOST_AGAIN = 20  # runs that are looked at again at a time, those of the newest messages


@dataclass(slots=True)
class _Shown:
    """What stands under the links of a message. `refresh`: shows other verdicts there."""

    address: Address
    refs: Mapping[str, str]  # link -> run
    since: float
    verdicts: dict[str, Verdict]  # of each run
    refresh: Callable[[Mapping[str, Message]], object]

    @property
    def over(self) -> bool:
        """Whether none of the runs goes on."""
        return not any(running for _, _, running in self.verdicts.values())


class Previews:
    """Thread-safe. What is followed is forgotten with the process: a preview is best effort."""

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
        self._shown: OrderedDict[str, _Shown] = OrderedDict()  # message -> what stands under it
        self._rows: dict[str, int | None] = {}  # of runs that go on, when they were last looked at again
        self._again_at = 0.0

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
                return self._of(shared, refs, plain, ready)
            name = (shared.message, *refs)
            running = self._running.get(name)
            if running is not None:
                return self._of(shared, refs, plain, running)
            found = self._running[name] = Future()
        if not self._submit(lambda: self._look(name, shared, refs, since, found)):
            self._finish(name, found, {})
        return self._of(shared, refs, plain, found)

    def _of(
        self,
        shared: LinkShared,
        refs: Mapping[str, str],
        plain: Mapping[str, str],
        found: Future[Mapping[str, Message]],
    ) -> Preview:
        def follow(refresh: Callable[[Mapping[str, Message]], object]) -> None:
            shown = {refs[link]: _verdict(message) for link, message in found.result().items()}
            entry = _Shown(shared.address, refs, self._context.clock(), shown, refresh)
            with self._lock:
                self._shown[shared.message] = entry
                self._shown.move_to_end(shared.message)
                _shorten(self._shown)

        return Preview(plain, found, follow)

    def refresh(self) -> None:
        """To be called every few seconds: looks again, now and then, at the runs under whose links a verdict stands."""
        now = self._context.clock()
        with self._lock:
            if now < self._again_at:
                return
            self._again_at = now + _AGAIN_S
            for message, shown in list(self._shown.items()):
                if shown.over or now - shown.since > _FOLLOWED_S:
                    del self._shown[message]
            newest = list(reversed(self._shown.values()))
        if newest:
            self._submit(lambda: self._look_again(newest))

    def _look_again(self, newest: Sequence[_Shown]) -> None:
        try:
            places = list(dict.fromkeys((s.address, ref) for s in newest for ref in s.refs.values()))[:_MOST_AGAIN]
            listed = self._context.runs.survey([ref for _, ref in places])
            goes_on = {ref: one.rows for ref, one in listed.items() if one.state == "running"}
            for address, ref in places:
                if goes_on.get(ref) is None or goes_on[ref] != self._rows.get(ref):
                    self._read(address, ref)
            self._rows = goes_on
            for shown in newest:
                self._tell(shown)
        except SourceError as error:
            log.debug("链接预览没有重看", reason=str(error))
        except Exception:
            self._context.notices.bug("preview")

    def _tell(self, shown: _Shown) -> None:
        """Shows the verdicts anew where one has changed; one that cannot be seen any more stays as it was."""
        with self._lock:
            known = {link: self._known.get((shown.address, ref)) for link, ref in shown.refs.items()}
        messages = {link: seen[1] for link, seen in known.items() if seen is not None and seen[1] is not None}
        now = {shown.refs[link]: _verdict(message) for link, message in messages.items()}
        if any(shown.verdicts.get(ref) != verdict for ref, verdict in now.items()):
            shown.verdicts |= now
            shown.refresh(messages)

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


def _verdict(message: Message) -> Verdict:
    """What of a preview is news: not every step of a run that goes on as before."""
    grave = message.marker in ("critical", "warning")
    return message.marker, message.title if grave else "", bool(message.footer)


def _shorten(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > _KEPT:
        kept.popitem(last=False)
