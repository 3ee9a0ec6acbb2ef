"""When things happen: ticks over due watches, digests by slot, housekeeping. Watches are rows, not jobs."""

from __future__ import annotations

import datetime as dt
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import SQLAlchemyError

from bot.address import Address
from bot.services.services import Services
from bot.services.watching import Watching
from bot.store.digests import Digest
from bot.store.store import Store, Watch
from bot.workers import Workers

log = structlog.get_logger(__name__)

LATE_S = 6 * 3600.0  # a digest that is later than this is not posted
_HOUR_S = 3600.0
_JITTER_S = 60
# Watches of a process that died are another's after so long; then they are the first in its line, which it works off in
# some seconds. A process that lives loses none unless it, or the database, stands still for three beats.
_LEASE_S = 10.0
_BEAT_S = 2.5
# Jobs a thread, running and waiting: below the first more is leased, and to the second looks are kept. What waits here
# no other replica does; and what waits in the database comes to be listed together.
_SOON, _MOST = 1.5, 3.0


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


class Polls:
    """Due watches on their way through the workers: leased a project at a time, kept ours until they are looked at."""

    def __init__(self, store: Store, watching: Watching, workers: Workers, clock: Callable[[], float]) -> None:
        self._store, self._watching, self._workers, self._clock = store, watching, workers, clock
        self._held: dict[object, Sequence[Watch]] = {}  # by the job that they wait for, or that is at them
        self._lock, self._room = threading.Lock(), threading.Lock()

    def tick(self) -> None:
        """Takes as many projects as soon find a thread. What is due beyond that waits for whoever has one first."""
        places = int(_SOON * self._workers.size) - self._workers.jobs
        rounds: dict[str, list[Watch]] = {}
        for watch in self._store.lease_due(self._clock(), lease_s=_LEASE_S, places=places) if places > 0 else ():
            rounds.setdefault(watch.place, []).append(watch)
        for watches in rounds.values():
            self._submit(partial(self._round, watches), watches)

    def keep(self) -> None:
        """The beat: what is held stays ours for another lease."""
        with self._lock:
            held = {w.id: w for watches in self._held.values() for w in watches}
        if held:
            self._store.renew([*held.values()], self._clock() + _LEASE_S)

    def _round(self, watches: Sequence[Watch]) -> None:
        looks = self._watching.survey(watches)
        with self._room:  # rounds that end together do not all take the same room
            room = max(1, int(_MOST * self._workers.size) - self._workers.jobs)
            for look in looks[:room]:
                self._submit(partial(self._watching.look, look), look.watches)
        if looks[room:]:
            self._watching.put_off(looks[room:])

    def _submit(self, work: Callable[[], None], watches: Sequence[Watch]) -> None:
        """They stay ours until the work has ended, or is given up for late."""
        job = object()
        with self._lock:
            self._held[job] = watches
        self._workers.submit(work, over=partial(self._let_go, job), whose=watches[0].place)

    def _let_go(self, job: object) -> None:
        with self._lock:
            del self._held[job]


class Schedule:
    """Starts the ticks. `beat`: monotonic time of the last tick."""

    def __init__(
        self,
        store: Store,
        services: Services,
        polls: Workers,
        *others: Workers,
        clock: Callable[[], float],
        tick_s: float = 0.25,
    ) -> None:
        """`others`: workers whose late jobs are given up at each tick, too."""
        self._store, self._services, self._clock = store, services, clock
        self._workers = (polls, *others)
        self._polls = Polls(store, services.watching, polls, clock)
        self.beat = time.monotonic()
        self._scheduler = BackgroundScheduler(timezone=dt.UTC, executors={"default": ThreadPoolExecutor(4)})
        jobs = (self.tick, tick_s), (self.keep, _BEAT_S), (self.digests, 1.0), (self.housekeeping, _HOUR_S)
        for job, seconds in jobs:  # a thread for each: none waits for another
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
        for workers in self._workers:
            workers.relieve()
        self.beat = time.monotonic()  # also while the database is away: restarting us does not bring it back
        self._polls.tick()

    def keep(self) -> None:
        """Keeps the leases of what is under way."""
        self._polls.keep()

    def digests(self) -> None:
        """Posts the digests whose slot has come."""
        now = self._clock()
        for digest in self._store.digests.all():
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
