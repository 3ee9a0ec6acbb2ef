"""Digest slots, and workers whose jobs overrun."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from bot.address import Address
from bot.schedule import Polls, due_slot
from bot.services.watching import Look, Watching
from bot.store.digests import Digest
from bot.store.store import Store, Watch
from bot.workers import Workers
from tests.fakes.server import PATIENCE_S

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> float:
    """Shanghai wall-clock time -> seconds since epoch."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


def digest(
    time: str = "09:00", days: str = "*", *, last: str | None = None, created: str = "2026-11-01 00:00"
) -> Digest:
    return Digest(
        Address("slack", "C1"), time, days, "Asia/Shanghai", "chat", None if last is None else at(last), at(created)
    )


@pytest.mark.parametrize(
    ("plan", "now", "slot"),
    [
        (digest(), "2026-11-25 08:59:59", None),
        (digest(), "2026-11-25 09:00:00", "2026-11-25 09:00"),
        (digest(), "2026-11-25 11:00", "2026-11-25 09:00"),  # the bot was away at nine
        (digest(), "2026-11-25 15:00:01", None),  # too late to be of use
        (digest(last="2026-11-25 09:00"), "2026-11-25 09:00:01", None),  # posted
        (digest(last="2026-11-24 09:00"), "2026-11-25 09:00:01", "2026-11-25 09:00"),
        (digest(created="2026-11-25 09:30"), "2026-11-25 09:31", None),  # switched on after nine: tomorrow
        (digest(days="mon-fri"), "2026-11-28 09:01", None),  # a Saturday
        (digest(days="mon-fri"), "2026-11-27 09:01", "2026-11-27 09:00"),
        (digest("00:05", last="2026-11-24 00:05"), "2026-11-25 00:05", "2026-11-25 00:05"),
        (digest("08:30"), "2026-11-25 08:30", "2026-11-25 08:30"),
    ],
)
def test_slots(plan: Digest, now: str, slot: str | None) -> None:
    assert due_slot(plan, at(now)) == (None if slot is None else at(slot))


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.002)


def _wait(door: threading.Event) -> None:
    door.wait(PATIENCE_S)


def test_at_most_so_many_jobs_run_at_once() -> None:
    workers, door = Workers("test", 2, 60), threading.Event()
    running: list[int] = []

    def job(number: int) -> None:
        running.append(number)
        door.wait(PATIENCE_S)

    for i in range(5):
        workers.submit(partial(job, i))
    wait_for(lambda: len(running) == 2, "two start")

    assert workers.free == 0
    assert len(running) == 2

    door.set()
    wait_for(lambda: workers.idle, "all run")
    assert sorted(running) == [0, 1, 2, 3, 4]
    assert workers.free == 2
    workers.stop()


def test_a_job_past_its_deadline_gives_up_its_place() -> None:
    late: list[str] = []
    workers, door, done = Workers("poll", 1, 0.05, late.append), threading.Event(), threading.Event()
    workers.submit(lambda: _wait(door))
    workers.submit(done.set)
    wait_for(lambda: workers.free == 0, "the first one runs")

    until = time.monotonic() + PATIENCE_S
    while not done.is_set() and time.monotonic() < until:
        workers.relieve()
        time.sleep(0.005)

    assert done.is_set()
    assert late == ["poll"]
    door.set()
    wait_for(lambda: workers.idle, "the late one ends")
    assert workers.free == 1
    workers.stop()


def test_a_job_that_raises_is_logged_and_its_place_is_free(caplog: pytest.LogCaptureFixture) -> None:
    workers, done = Workers("test", 1, 60), threading.Event()

    def bug() -> None:
        raise RuntimeError("bug")

    workers.submit(bug)
    workers.submit(done.set)

    assert done.wait(PATIENCE_S)
    workers.stop()


def test_one_who_asks_much_keeps_nobody_waiting() -> None:
    workers, door = Workers("test", 2, 60, most=1), threading.Event()
    order: list[str] = []

    def job(whose: str) -> None:
        door.wait(PATIENCE_S)
        order.append(whose)

    for _ in range(50):
        workers.submit(partial(job, "loud"), whose="loud")
    workers.submit(partial(job, "shy"), whose="shy")
    workers.submit(partial(job, "late"), whose="late")
    wait_for(lambda: workers.queued == 50, "one of each of two starts")
    door.set()
    wait_for(lambda: workers.idle, "all run")

    assert order.index("late") <= 5
    assert len(order) == 52
    workers.stop()


def test_a_job_is_over_once_whether_it_ends_or_is_given_up() -> None:
    workers, door = Workers("poll", 1, 0.05), threading.Event()
    over: list[str] = []
    workers.submit(lambda: _wait(door), over=lambda: over.append("late"))
    workers.submit(lambda: None, over=lambda: over.append("short"))
    wait_for(lambda: workers.free == 0, "the first one runs")
    until = time.monotonic() + PATIENCE_S
    while len(over) < 2 and time.monotonic() < until:
        workers.relieve()
        time.sleep(0.005)
    door.set()
    wait_for(lambda: workers.idle, "the late one ends")

    assert sorted(over) == ["late", "short"]
    workers.stop()


class Looking:
    """Finds something to look at in every run, and looks until the door opens."""

    def __init__(self, store: Store) -> None:
        self._store, self.door = store, threading.Event()
        self.put_off_times, self.began, self.looked = 0, 0, list[str]()

    def survey(self, watches: Sequence[Watch]) -> list[Look]:
        return [Look(w.ref, (w,), None, 0.0) for w in watches]

    def put_off(self, looks: Sequence[Look]) -> None:
        self._store.release([w for look in looks for w in look.watches])
        self.put_off_times += 1

    def look(self, look: Look) -> None:
        self.began += 1
        self.door.wait(PATIENCE_S)
        if self._store.commit_poll(look.watches[0], now=0.0, due_at=1e6, rows=1, step=1):
            self.looked.append(look.ref)


def test_a_replica_takes_what_it_soon_can_do_and_keeps_that_while_it_lives(tmp_path: Path) -> None:
    """What it leaves is another's at once; what it has is nobody else's, however long it takes."""
    store, now, threads = Store.open(f"sqlite:///{tmp_path / 'x.db'}"), [0.0], 4
    refs = [f"t/p{i % 4}/r{i}" for i in range(200)]
    for ref in refs:
        store.add_watch(Address("slack", "C1"), ref, kind="run", interval_s=60.0, now=0.0)
    both = [(Looking(store), Workers("poll", threads, 600)) for _ in range(2)]
    (looking, workers), (other, _) = both
    polls, others = (Polls(store, cast(Watching, one), busy, lambda: now[0]) for one, busy in both)

    polls.tick()
    wait_for(lambda: (looking.put_off_times, looking.began) == (4, threads), "all is surveyed, some is looked at")
    held = workers.jobs
    polls.tick()
    assert 2 * threads <= held == workers.jobs <= 4 * threads

    for beat in range(1, 10):  # longer than a lease
        now[0] = 3.0 * beat
        polls.keep()
    assert len(store.lease_due(now[0], lease_s=0.0, places=9)) == len(refs) - held

    looking.door.set()
    other.door.set()

    def all_done() -> bool:
        polls.tick()
        others.tick()
        return len(looking.looked) + len(other.looked) == len(refs)

    wait_for(all_done, "between them they look at every run")
    assert sorted([*looking.looked, *other.looked]) == sorted(refs)
    assert min(len(looking.looked), len(other.looked)) > threads
    for _, busy in both:
        busy.stop()
    store.close()
