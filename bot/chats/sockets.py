"""A platform's socket, watched from outside.

The SDKs' own repairs leave ways to stay deaf for ever: a half-open link, a refused reconnect that ends their loop, an
endpoint that never answers, a link that answers pings but brings no events.

So an SDK's client is used for one connection, and here it is decided when another one is made.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, wait
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from bot.chats.port import DeliveryError, NotSent

log = structlog.get_logger(__name__)

Reason = Literal["closed", "silent", "asked", "eventless"]
_WHY: dict[Reason, str] = {
    "closed": "连接断开",
    "silent": "对方没有回应",
    "asked": "平台要求换连接",
    "eventless": "很久没有事件",
}
_DEAF: tuple[Reason, ...] = ("closed", "silent")  # nothing comes over it any more
_PAUSES_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # after so many failures in a row; with a try it stays below a minute
_SHORT_S = 10.0  # a connection that did not live longer counts as a failure: no busy loop
_LINGER_S = 2.0  # what an old connection still has to acknowledge goes out over it


@dataclass(frozen=True, slots=True)
class Pulse:
    """One connection, as it looks from outside."""

    open: bool
    silent_s: float  # since the other end gave any sign: a frame, or the answer to a ping
    eventless_s: float  # since it brought an event, or since it was made
    asked: bool = False  # the platform wants us on another connection


@dataclass(frozen=True, slots=True)
class Limits:
    """When a connection is replaced.

    connect_s    a try to connect that takes longer is given up
    silent_s     of no sign at all; several pings long
    eventless_s  of signs without events: a quiet night looks the same, so the old one stays until the new one is there
    """

    connect_s: float = 20.0
    silent_s: float = 35.0
    eventless_s: float = 1800.0


class Connection(Protocol):
    """One connection that stands."""

    def pulse(self) -> Pulse: ...

    def close(self) -> None:
        """May block for seconds; called in a thread of its own."""


def overdue(pulse: Pulse, limits: Limits) -> Reason | None:
    """Why a connection is to be replaced now, or None."""
    if not pulse.open:
        return "closed"
    if pulse.silent_s > limits.silent_s:
        return "silent"
    if pulse.asked:
        return "asked"
    return "eventless" if pulse.eventless_s > limits.eventless_s else None


def pause_s(failures: int, retry_after: float | None = None) -> float:
    """How long to wait after so many failures in a row; what the platform asks for counts, up to half a minute."""
    own = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
    return max(own, min(retry_after or 0.0, 30.0))


class SocketKeeper:
    """Keeps one connection up, in a thread of its own. Thread-safe.

    reconnects  how often another one was made
    """

    def __init__(self, title: str, connect: Callable[[], Connection], limits: Limits, *, tick_s: float = 0.25) -> None:
        """`connect` blocks until a connection stands; it raises whatever it likes."""
        self._title, self._connect, self._limits, self._tick_s = title, connect, limits, tick_s
        self._current: Connection | None = None
        self._made_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"socket-{title}", daemon=True)
        self.reconnects = 0

    def start(self, *, now: bool) -> None:
        """`now`: makes the first connection before it returns, and raises when there is none; may be called again."""
        if now:
            self._take(self._attempt())
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s / 2)
        current, self._current = self._current, None
        if current is not None:
            _closing(current, 0.0).join(timeout_s / 2)

    @property
    def connected(self) -> bool:
        """Whether events would arrive now, as far as can be seen."""
        current = self._current
        return current is not None and overdue(current.pulse(), self._limits) not in _DEAF

    def _run(self) -> None:
        failures, lost = 0, None
        while not self._stopping.wait(self._tick_s):
            current, lived_s = self._current, time.monotonic() - self._made_at
            reason = overdue(current.pulse(), self._limits) if current is not None else "closed"
            if reason is None:
                failures = 0 if lived_s > _SHORT_S else failures
                continue
            if current is not None and reason in _DEAF:
                log.warning("长连接断了，正在重连", platform=self._title, reason=_WHY[reason])
                self._current = None
                _closing(current, 0.0)
                lost = reason
                failures += lived_s < _SHORT_S
                if self._stopping.wait(pause_s(failures)):
                    return
            try:
                fresh = self._attempt()
            except BaseException as error:  # an SDK's own, raised in its thread; their texts may hold the ticket
                failures += 1
                if failures in (1, 4) or failures % 30 == 0:
                    why = str(error) if isinstance(error, DeliveryError) else type(error).__name__
                    log.warning("长连接没有连上，继续重试", platform=self._title, reason=why, failures=failures)
                self._stopping.wait(pause_s(failures, getattr(error, "retry_after", None)))
                continue
            if self._made_at:
                self.reconnects += 1
                log.info("长连接已换新", platform=self._title, reason=_WHY[lost or reason])
            lost = None
            old = self._current
            self._take(fresh)
            if old is not None:
                _closing(old, _LINGER_S)

    def _take(self, fresh: Connection) -> None:
        self._current, self._made_at = fresh, time.monotonic()
        if self._stopping.is_set():
            self._current = None
            _closing(fresh, 0.0)

    def _attempt(self) -> Connection:
        """One try. One that hangs is left behind; should it come to something after all, that is closed: a
        connection nobody reads would be sent events."""
        found: Future[Connection] = Future()

        def work() -> None:
            try:
                made = self._connect()
            except BaseException as error:
                with contextlib.suppress(InvalidStateError):  # nobody waits any more
                    found.set_exception(error)
                return
            try:
                found.set_result(made)
            except InvalidStateError:
                made.close()

        threading.Thread(target=work, name=f"connect-{self._title}", daemon=True).start()
        until = time.monotonic() + self._limits.connect_s
        while not self._stopping.is_set() and time.monotonic() < until:
            wait([found], timeout=0.1)
            if found.done():
                break
        if found.cancel():
            raise NotSent(f"{self._limits.connect_s:g} 秒内没有连上")
        return found.result()


def _closing(connection: Connection, after_s: float) -> threading.Thread:
    def close() -> None:
        time.sleep(after_s)
        try:
            connection.close()
        except Exception as error:
            log.debug("关闭长连接时出错", error=type(error).__name__)

    thread = threading.Thread(target=close, name="socket-close", daemon=True)
    thread.start()
    return thread
