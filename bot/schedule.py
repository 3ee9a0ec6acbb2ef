"""When things happen: ticks over due watches, digests by slot, housekeeping. Watches are rows, not jobs.

Slow work runs in `Workers`: a fixed number of threads, each job under a deadline. A thread cannot be killed, so one
that overruns is left behind and replaced; what it was doing is protected by its lease.
"""

from __future__ import annotations

import datetime as dt
import queue
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import SQLAlchemyError

from bot.address import Address
from bot.services.services import Services
from bot.store.store import Digest, Store

log = structlog.get_logger(__name__)

LATE_S = 6 * 3600.0  # a digest that is later than this is not posted
_HOUR_S = 3600.0
_JITTER_S = 60


def due_slot(digest: Digest, now: float) -> float | None:
    """The latest planned time that has come, was not posted and is not too old; seconds since epoch."""
    hour, minute = digest.at.split(":")
    trigger = CronTrigger(day_of_week=digest.days, hour=hour, minute=minute, timezone=digest.timezone)
    after = max(now - LATE_S, digest.created_at if digest.last_slot is None else digest.last_slot)
    moment = dt.datetime.fromtimestamp(after, dt.UTC) + dt.timedelta(microseconds=1)
    slot: float | None = None
    while (planned := trigger.get_next_fire_time(None, moment)) is not None and planned.timestamp() <= now:
        slot = planned.timestamp()
        moment = planned + dt.timedelta(seconds=1)
    return slot


def jitter(address: Address) -> float:
    """Seconds by which a channel's digest comes late, the same each time: not all of them on the full hour."""
    return float(zlib.crc32(str(address).encode()) % _JITTER_S)


@dataclass(slots=True)
class _Job:
    work: Callable[[], None]
    started: float | None = None


class Workers:
    """A queue and a fixed number of threads. Jobs must not raise."""

    def __init__(
        self, kind: str, size: int, deadline_s: float, overrun: Callable[[str], None] = lambda kind: None
    ) -> None:
        self.kind = kind
        self._size, self._deadline_s, self._overrun = size, deadline_s, overrun
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._running: dict[int, _Job] = {}
        self._queued = 0
        self._lock = threading.Lock()
        self._stopped = False
        for _ in range(size):
            self._hire()

    def submit(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._queued += 1
        self._jobs.put(_Job(work))

    @property
    def free(self) -> int:
        """How many more jobs would start at once."""
        with self._lock:
            return max(0, self._size - len(self._running) - self._queued)

    @property
    def queued(self) -> int:
        """How many wait."""
        with self._lock:
            return self._queued

    @property
    def idle(self) -> bool:
        with self._lock:
            return not self._running and not self._queued

    def relieve(self) -> None:
        """Replaces the threads that are past their deadline."""
        now = time.monotonic()
        with self._lock:
            late = [i for i, job in self._running.items() if job.started and now - job.started > self._deadline_s]
            for i in late:
                del self._running[i]
        for _ in late:
            log.warning("任务超时，换一个线程", kind=self.kind, deadline_s=self._deadline_s)
            self._overrun(self.kind)
            self._hire()

    def stop(self) -> None:
        """No job starts any more. Those running go on in daemon threads."""
        self._stopped = True
        for _ in range(self._size):
            self._jobs.put(None)

    def _hire(self) -> None:
        threading.Thread(target=self._work, name=f"{self.kind}-worker", daemon=True).start()

    def _work(self) -> None:
        me = threading.get_ident()
        while (job := self._jobs.get()) is not None and not self._stopped:
            job.started = time.monotonic()
            with self._lock:
                self._queued -= 1
                self._running[me] = job
            try:
                job.work()
            except Exception:
                log.exception("任务出错", kind=self.kind)
            with self._lock:
                relieved = self._running.pop(me, None) is None
            if relieved:
                return


class Schedule:
    """Starts the ticks. `beat`: monotonic time of the last tick."""

    def __init__(
        self,
        store: Store,
        services: Services,
        polls: Workers,
        commands: Workers,
        *,
        clock: Callable[[], float],
        tick_s: float = 0.5,
        lease_s: float = 120.0,
    ) -> None:
        self._store, self._services, self._polls, self._commands = store, services, polls, commands
        self._clock, self._lease_s = clock, lease_s
        self.beat = time.monotonic()
        self._scheduler = BackgroundScheduler(timezone=dt.UTC, executors={"default": ThreadPoolExecutor(3)})
        for job, seconds in ((self.tick, tick_s), (self.digests, 1.0), (self.housekeeping, _HOUR_S)):
            self._scheduler.add_job(
                _guarded(job),
                "interval",
                seconds=seconds,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=dt.datetime.now(dt.UTC),
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """No further tick; a running one is not waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def clock_set_back(self) -> None:
        """The next ticks lie far ahead: they are now."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=dt.datetime.now(dt.UTC))

    def tick(self) -> None:
        """Hands the due watches to the workers."""
        self._polls.relieve()
        self._commands.relieve()
        free = self._polls.free
        self.beat = time.monotonic()  # also while the database is away: restarting us does not bring it back
        due = self._store.lease_due(self._clock(), lease_s=self._lease_s, limit=free) if free else []
        for watch in due:
            self._polls.submit(lambda watch=watch: self._services.watching.poll(watch))  # type: ignore[misc]

    def digests(self) -> None:
        """Posts the digests whose slot has come."""
        now = self._clock()
        for digest in self._store.digests():
            slot = due_slot(digest, now - jitter(digest.address))
            if slot is not None:
                self._services.digests.post(digest, slot)

    def housekeeping(self) -> None:
        self._services.housekeeping()


def _guarded(job: Callable[[], None]) -> Callable[[], None]:
    """A tick that fails is logged once per failure and tried again at the next one."""

    def run() -> None:
        try:
            job()
        except SQLAlchemyError as error:
            log.error("数据库不可用", job=job.__name__, error=type(error).__name__)
        except Exception:
            log.exception("定时任务出错", job=job.__name__)

    run.__name__ = job.__name__
    return run
