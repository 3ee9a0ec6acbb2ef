"""Slow work: a fixed number of threads, each job under a deadline, nobody's jobs before everybody's.

A thread cannot be killed, so one that overruns is left behind and replaced; its lease protects what it was doing.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[], None]
    over: Callable[[], None]
    whose: str
    started: float = 0.0  # monotonic


class Workers:
    """Those who submitted least lately come first: one who asks two hundred things at once keeps nobody waiting.

    most    jobs of one owner that run at the same time; None: any number
    """

    def __init__(
        self,
        kind: str,
        size: int,
        deadline_s: float,
        overrun: Callable[[str], None] = lambda kind: None,
        *,
        most: int | None = None,
    ) -> None:
        self.kind = kind
        self.size, self._deadline_s, self._overrun, self._most = size, deadline_s, overrun, most or size
        self._waiting: OrderedDict[str, deque[_Job]] = OrderedDict()  # by owner, whose turn is next first
        self._running: dict[int, _Job] = {}
        self._busy: Counter[str] = Counter()  # running jobs by owner
        self._news = threading.Condition()
        self._stopped = False
        for _ in range(size):
            self._hire()

    def submit(self, work: Callable[[], None], *, over: Callable[[], None] = lambda: None, whose: str = "") -> None:
        """`over` is called when the work has ended, however, and when it is given up for late. Jobs must not raise."""
        with self._news:
            self._waiting.setdefault(whose, deque()).append(_Job(work, over, whose))
            self._news.notify()

    @property
    def free(self) -> int:
        """How many more jobs would start at once."""
        with self._news:
            return max(0, self.size - len(self._running) - self._queued())

    @property
    def queued(self) -> int:
        """How many wait."""
        with self._news:
            return self._queued()

    @property
    def jobs(self) -> int:
        """How many run or wait."""
        with self._news:
            return len(self._running) + self._queued()

    @property
    def idle(self) -> bool:
        with self._news:
            return not self._running and not self._waiting

    def relieve(self) -> None:
        """Replaces the threads that are past their deadline."""
        now = time.monotonic()
        with self._news:
            late = [i for i, job in self._running.items() if now - job.started > self._deadline_s]
            given_up = [self._end(i) for i in late]
        for job in given_up:
            log.warning("任务超时，换一个线程", kind=self.kind, deadline_s=self._deadline_s)
            self._overrun(self.kind)
            job.over()
            self._hire()

    def stop(self) -> None:
        """No job starts any more. Those running go on in daemon threads."""
        with self._news:
            self._stopped = True
            self._news.notify_all()

    def _queued(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _hire(self) -> None:
        threading.Thread(target=self._work, name=f"{self.kind}-worker", daemon=True).start()

    def _work(self) -> None:
        me = threading.get_ident()
        while (job := self._next(me)) is not None:
            try:
                job.work()
            except Exception:
                log.exception("任务出错", kind=self.kind)
            with self._news:
                relieved = self._running.get(me) is not job
                if not relieved:
                    self._end(me)
            if relieved:
                return
            job.over()

    def _next(self, me: int) -> _Job | None:
        """The first job of whose turn it is; waits for one. None: it is time to go home."""
        with self._news:
            while not self._stopped:
                whose = next((w for w in self._waiting if self._busy[w] < self._most), None)
                if whose is not None:
                    jobs = self._waiting.pop(whose)
                    job = jobs.popleft()
                    if jobs:
                        self._waiting[whose] = jobs  # at the end of the line
                    job.started = time.monotonic()
                    self._running[me] = job
                    self._busy[whose] += 1
                    return job
                self._news.wait()
            return None

    def _end(self, thread: int) -> _Job:
        """The job of a thread no longer counts. Under the lock."""
        job = self._running.pop(thread)
        self._busy[job.whose] -= 1
        if not self._busy[job.whose]:
            del self._busy[job.whose]
        self._news.notify()
        return job
