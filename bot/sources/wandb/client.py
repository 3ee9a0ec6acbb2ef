"""wandb's public client, with deadlines: every call bounded in time, the child process replaced when it dies, every
failure a SourceError.

By default the client retries one page for a quarter of an hour, obeys any `Retry-After`, fails for ever after its child
(wandb-core) was killed, and writes into the home directory.
"""

from __future__ import annotations

import contextlib
import copy
import os
import tempfile
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from bot.sources.port import SourceError
from bot.sources.wandb.failures import core_died, explained

T = TypeVar("T")

# Internal settings of wandb-core, read when it starts. Without them a page that fails is retried for 16 minutes.
_BOUNDS = {
    "WANDB_X_GRAPHQL_RETRY_MAX": "1",
    "WANDB_X_GRAPHQL_RETRY_WAIT_MIN_SECONDS": "1",
    "WANDB_X_GRAPHQL_RETRY_WAIT_MAX_SECONDS": "2",
    "WANDB_X_GRAPHQL_TIMEOUT_SECONDS": "10",
    "WANDB_SILENT": "true",
    "WANDB_ERROR_REPORTING": "false",
}
_STUCK = 4  # deadlines after which work that is still under way is given up for lost
_WORKERS, _FOR_PEOPLE = 6, 4  # wandb-core runs at most 10 requests of one client at a time


class LateError(SourceError):
    """The work goes on; only the waiting for it is over."""


class Client:
    """Runs work against one W&B server with one key. Thread-safe; no call blocks longer than `deadline_s`."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        entity: str | None,
        project: str | None,
        directory: Path | None,
        deadline_s: float,
        request_timeout_s: int,
    ) -> None:
        self._base_url, self._api_key, self._directory = base_url.rstrip("/"), api_key, directory
        self._deadline_s, self._timeout_s = deadline_s, request_timeout_s
        # Without an entity the client would ask the server for one at each run; all our paths are full.
        self._overrides = {"base_url": self._base_url, "entity": entity or "-", "project": project}
        self._session: _Session | None = None
        self._session_lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_WORKERS)
        self._slots_of_people = threading.BoundedSemaphore(_FOR_PEOPLE)
        self._flights: dict[Hashable, _Flight] = {}
        self._flights_lock = threading.Lock()

    def call(
        self,
        what: str,
        work: Callable[[Any], T],
        *,
        key: Hashable = None,
        asked: bool = False,
        wait_s: float | None = None,
    ) -> T:
        """Does the work (a function of wandb.Api) in a thread of its own; waits for the deadline at most, or `wait_s`.

        A thread that is late goes on: what it keeps, the next call finds. Two calls for the same `key` (`what`, if
        none is given) at the same time share one. `asked`: a person waits; what nobody asked for takes no place from
        those. Raises SourceError.
        """
        key = what if key is None else key
        if not self._api_key:
            raise SourceError("forbidden", "没有配置 WANDB_API_KEY，读不了 W&B；请管理员设好环境变量")
        with self._flights_lock:
            flight = self._flights.get(key)
            if flight is not None and time.monotonic() - flight.moved > _STUCK * self._deadline_s:
                # A page may hang for as long as `Retry-After` says; only a new client is free of it.
                flight.free_slot()
                self._session, flight = None, None
            if flight is None:
                slots = self._slots_of_people if asked else self._slots
                flight = self._flights[key] = _Flight(slots)
                threading.Thread(target=self._fly, args=(key, what, work, flight), name="wandb", daemon=True).start()
        wait_s = self._deadline_s if wait_s is None else wait_s
        try:
            return cast(T, flight.future.result(wait_s))
        except TimeoutError:
            late = f"W&B 在 {wait_s:g} 秒内没有读完 {what}，过一会儿再试"
            raise LateError("unreachable", late) from None

    def moves(self, key: Hashable) -> None:
        """Work for this key gets on: it is not stuck, however long it takes."""
        with self._flights_lock:
            if key in self._flights:
                self._flights[key].moved = time.monotonic()

    def _fly(self, key: Hashable, what: str, work: Callable[[Any], T], flight: _Flight) -> None:
        try:
            if not flight.take_slot(self._deadline_s):
                raise SourceError("unreachable", "W&B 很慢，读取都在排队，过一会儿再试")
            result = self._with_session(what, work)
        except BaseException as error:
            self._land(key, flight)
            flight.future.set_exception(error)
        else:
            self._land(key, flight)
            flight.future.set_result(result)

    def _land(self, key: Hashable, flight: _Flight) -> None:
        flight.free_slot()
        with self._flights_lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def _with_session(self, what: str, work: Callable[[Any], T]) -> T:
        """Works with a client; when wandb-core has died, replaces it and tries once more."""
        for last_try in (False, True):
            session: _Session | None = None
            born = _core.generation
            try:
                session = self._connected()
                return work(session.api)
            except SourceError:
                raise
            except Exception as error:
                ending = not threading.main_thread().is_alive()  # then wandb-core was ended on purpose
                if last_try or ending or not core_died(error):
                    raise explained(error, what, urlsplit(self._base_url).netloc) from error
                _core.replace(session.generation if session else born)
        raise AssertionError

    def _connected(self) -> _Session:
        """The client; a new one when there is none, or wandb-core was replaced. One Viewer request when new."""
        with self._session_lock:
            if self._session is None or self._session.generation != _core.generation:
                wandb = _core.wandb(self._directory)
                generation = _core.generation
                api = wandb.Api(overrides=self._overrides, timeout=self._timeout_s, api_key=self._api_key)
                self._session = _Session(api, generation)
            return self._session


def without_cache(api: Any) -> Any:
    """The client as of now: it keeps runs by path and lists by filter for ever,
    a copy that has forgotten them does not.
    """
    mine = copy.copy(api)
    mine.flush()
    return mine


class _Flight:
    """One piece of work under way, and the slot it holds."""

    def __init__(self, slots: threading.Semaphore) -> None:
        self.future: Future[Any] = Future()
        self.moved = time.monotonic()  # when it was last known to get on
        self._slots, self._holds, self._lock = slots, False, threading.Lock()

    def take_slot(self, timeout_s: float) -> bool:
        self._holds = self._slots.acquire(timeout=timeout_s)
        return self._holds

    def free_slot(self) -> None:
        """Gives the slot back; once, whoever comes first."""
        with self._lock:
            if self._holds:
                self._holds = False
                self._slots.release()


@dataclass(frozen=True, slots=True)
class _Session:
    api: Any
    generation: int  # of the wandb-core it talks through


class _Core:
    """The one wandb-core child of this process, as far as we know of it: how often it was replaced."""

    def __init__(self) -> None:
        self.generation = 0
        self._lock = threading.Lock()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def wandb(self, directory: Path | None) -> Any:
        """The wandb module, imported late, with its bounds set before. The environment's own settings win."""
        with self._lock:
            if directory is None and self._temporary is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="curvebot-wandb-", ignore_cleanup_errors=True)
            root = directory or Path(self._temporary.name if self._temporary else tempfile.gettempdir())
            places = {
                name: str(root / name)
                for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR")
            }
            for name, value in (_BOUNDS | places).items():
                os.environ.setdefault(name, value)
            Path(os.environ["WANDB_DIR"]).mkdir(parents=True, exist_ok=True)
            import wandb  # noqa: PLC0415  (half a second, and it reads the environment)

            return wandb

    def replace(self, dead: int) -> None:
        """Lets go of a dead child, once however many threads have noticed. The next client starts a new one."""
        with self._lock:
            if self.generation != dead:
                return
            # In a thread: it may wait for the child for ever, or raise ConnectionResetError.
            farewell = threading.Thread(target=_teardown, name="wandb-teardown", daemon=True)
            farewell.start()
            farewell.join(5)
            self.generation += 1


_core = _Core()


def _teardown() -> None:
    import wandb  # noqa: PLC0415

    setup = wandb.setup()
    connection = getattr(setup, "_connection", None)
    with contextlib.suppress(Exception):
        wandb.teardown()
    # What wandb does not come to when the connection is gone; else a thread, five open files and a zombie stay.
    with contextlib.suppress(Exception):
        setup.asyncer.join()
    if (process := getattr(connection, "_proc", None)) is not None:
        process.join()
