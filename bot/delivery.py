"""Drains the outbox into the chats: each message at least once, and exactly once where the chat lets us find out.

The states and who may change them are in bot.store.outbox. Here stands what follows from what a chat says.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from bot.address import Address
from bot.chats import Chat, DeliveryError, LookUpImpossible, NotSent, NotThere, Post, Refused, ShutOut, Unclear
from bot.outgoing import Capabilities
from bot.render.message import Message
from bot.store.outbox import GivenUp, Outbox, Row
from bot.timely import ClockSteps

Result = Literal["sent", "found", "later", "unclear", "dead", "expired", "maybe_twice", "shut_out"]
TWICE = "可能重复：上次发送没有得到回执"
MOST_DOUBLES = 3  # tries of a message that nobody can look up
_SWEEP_S = 0.5  # between two looks for what is too old: each of them keeps whoever else writes waiting
_LOOK_BACK_S = 3600.0  # the platform's clock may be behind ours, or ours was set meanwhile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try; for metrics, logs and the admin. `detail` holds no secrets."""

    platform: str
    result: Result
    dest: Address | None  # None: the database
    key: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `lease` is longer than the longest send, `settle` longer than a platform takes to show a message."""

    lease_s: float = 30.0
    settle_s: float = 10.0
    backoff_cap_s: float = 600.0  # also of what a platform asks for: nobody is served by waiting a day
    shut_out_cap_s: float = 60.0  # a platform that takes nothing is asked at least so often


def backoff(attempts: int, chance: float, cap_s: float) -> float:
    """Seconds to wait after this many tries: doubling from 2 s, up to the cap, half to one and a half times that."""
    return min(cap_s, float(2 ** min(attempts, 30))) * (0.5 + chance)


@dataclass(frozen=True, slots=True)
class _Shut:
    """A platform that takes nothing from us for now."""

    since: float
    tries: int
    until: float  # then it is asked again


class Delivery:
    """`drain_once` does what is due now. `start` does it in threads until `stop`."""

    def __init__(
        self,
        outbox: Outbox,
        chats: Mapping[str, Chat],
        *,
        can: Mapping[str, Capabilities],
        clock: Callable[[], float],
        chance: Callable[[], float],
        observe: Callable[[Outcome], None] = lambda outcome: None,
        timing: Timing = Timing(),
        workers: int = 4,
    ) -> None:
        """`chats`, `can`: by platform. `clock`: seconds since epoch. `chance`: uniform in [0, 1)."""
        self._outbox, self._chats, self._can = outbox, chats, can
        self._clock, self._chance, self._observe, self._timing = clock, chance, observe, timing
        self._workers = workers
        self._thread: threading.Thread | None = None
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._shut: dict[str, _Shut] = {}
        self._steps, self._minded = ClockSteps(clock), False
        self._swept = -_SWEEP_S  # seconds since epoch
        self.beat = time.monotonic()  # when the loop last turned

    def shut_out(self) -> dict[str, float]:
        """The platforms that take nothing from us for now, whatever it is -> since when."""
        return {platform: shut.since for platform, shut in list(self._shut.items())}

    def drain_once(self, now: float) -> int:
        """Everything that is due at `now`, one after the other, until nothing more is. Returns the number of tries."""
        tries = 0
        while jobs := self._due(now, limit=1):
            for job in jobs:
                job()
                tries += 1
        return tries

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There are new rows."""
        self._news.set()

    def stop(self, timeout_s: float) -> bool:
        """Takes no more rows; waits for those under way. False: some are not finished; their leases will run out."""
        self._stopping.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        under_way: set[Future[None]] = set()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="delivery") as pool:
            while not self._stopping.is_set():
                self._news.clear()
                now, self.beat = self._clock(), time.monotonic()
                under_way = {f for f in under_way if not f.done()}
                jobs: list[Callable[[], None]] = []
                ahead = 1.0
                try:
                    self._mind_clock(now)
                    next_time = self._outbox.next_time()
                    if next_time is not None and next_time <= now:
                        jobs = self._due(now, limit=self._workers - len(under_way))
                    elif next_time is not None:
                        ahead = next_time - now
                except SQLAlchemyError as error:
                    self._observe(_database(error))
                for job in jobs:
                    future = pool.submit(job)
                    future.add_done_callback(self._done)
                    under_way.add(future)
                if not jobs:
                    # Another process may add rows, so never longer than a second; and what is due but waits for
                    # something else is no reason to turn at full speed.
                    self._news.wait(min(max(ahead, 0.2), 1.0))

    def _mind_clock(self, now: float) -> None:
        """Rows hold wall time, and somebody may set the clock, also while we do not run."""
        by = self._steps.by()
        if by < 0 or not self._minded:
            cap_s = max(self._timing.backoff_cap_s, self._timing.settle_s)
            self._outbox.clock_set_back(now, lease_s=self._timing.lease_s, most_s=1.5 * cap_s)
            self._shut = {name: replace(shut, until=min(shut.until, now)) for name, shut in self._shut.items()}
        if by > 0:
            self._outbox.clock_set_forward(by)
        if by:
            self._steps.settle()
        self._minded = True

    def _done(self, future: Future[None]) -> None:
        error = future.exception()
        if error is not None:  # the verdict could not be written: the lease runs out, then the row is looked up
            self._observe(_database(error))
        self._news.set()

    def _due(self, now: float, limit: int) -> list[Callable[[], None]]:
        """At most `limit` things to do, all taken for us alone."""
        if limit <= 0:
            return []
        shut, lease_s = dict(self._shut), self._timing.lease_s
        platforms = {name for name in self._chats if name not in shut or shut[name].until <= now}
        if not 0 <= now - self._swept < _SWEEP_S:
            self._swept = now
            self._outbox.abandon(now, settle_s=self._timing.settle_s)
            for dest in self._outbox.expire(now):
                self._observe(Outcome(dest.platform, "expired", dest))
        unknown = self._outbox.claim_unknown(now, platforms=platforms, lease_s=lease_s, limit=limit)
        fresh = self._outbox.claim(now, platforms=platforms, lease_s=lease_s, limit=limit - len(unknown))
        return [_job(self._reconcile, row, now) for row in unknown] + [_job(self._send, row, now) for row in fresh]

    def _chat(self, row: Row) -> Chat:
        return self._chats[row.dest.platform]

    def _send(self, row: Row, now: float, *, again: bool = False) -> None:
        """One try. `again`: an earlier try may have arrived, so that even a certain failure settles nothing."""
        if row.orphaned:
            self._give_up(row, now, "所属的消息没有送达")
            return
        try:
            remote_id = self._chat(row).send(_post(row))
        except Refused as error:
            self._shut.pop(row.dest.platform, None)
            back = isinstance(error, NotThere) and row.kind == "alert"
            self._give_up(row, now, str(error), "stranded" if back else "dead")
        except ShutOut as error:
            self._bar(row.dest.platform, error)
            kept = self._outbox.postpone(row, self._clock(), str(error), unclear=again)
            self._tell(row, "later", str(error), kept=kept)
        except NotSent as error:
            until = self._clock() + self._wait(row.attempts, error.retry_after)
            settle = self._outbox.unclear if again else self._outbox.later
            self._tell(row, "later", str(error), kept=settle(row, until, str(error)))
        except Unclear as error:
            self._unclear(row, str(error))
        except Exception as error:  # a defect in an adapter: what it did is unknown, and the row must not be lost
            self._unclear(row, type(error).__name__)
        else:
            self._shut.pop(row.dest.platform, None)
            self._tell(row, "sent", "", kept=self._outbox.sent(row, remote_id, now))

    def _reconcile(self, row: Row, now: float) -> None:
        """An unknown row: has it arrived?"""
        can = self._can[row.dest.platform]
        if row.edits is not None or now - row.first_attempt_at < can.idempotent_s:
            # The platform drops a second one of this key, and an edit twice is an edit.
            resent = self._outbox.resend(row, now, lease_s=self._timing.lease_s)
            if resent is not None:
                self._send(resent, now, again=True)
            return
        if not can.look_up:
            self._resolve_unknown(row, now, "这个平台查不到消息")
            return
        try:
            remote_id = self._chat(row).find(_post(row), row.first_attempt_at - _LOOK_BACK_S)
        except LookUpImpossible as error:
            self._resolve_unknown(row, now, str(error))
        except ShutOut as error:
            self._bar(row.dest.platform, error)
            kept = self._outbox.postpone(row, self._clock(), str(error), unclear=True)
            self._tell(row, "unclear", str(error), kept=kept)
        except Exception as error:
            detail = str(error) if isinstance(error, DeliveryError) else type(error).__name__
            if now >= row.expires_at:
                self._give_up(row, now, detail, "expired")
            else:
                retry_after = error.retry_after if isinstance(error, NotSent) else None
                until = self._clock() + self._wait(row.look_ups, retry_after)
                self._tell(row, "unclear", detail, kept=self._outbox.unclear(row, until, detail))
        else:
            self._shut.pop(row.dest.platform, None)
            if remote_id is not None:
                self._tell(row, "found", "", kept=self._outbox.sent(row, remote_id, now))
            else:
                self._tell(row, "later", "查过，没有送达", kept=self._outbox.later(row, now, "查过，没有送达"))

    def _bar(self, platform: str, error: ShutOut) -> None:
        """Nothing goes to the platform for a while. Told once, at the beginning."""
        now, known = self._clock(), self._shut.get(platform)
        tries = 1 if known is None else known.tries + (known.until <= now)
        wait = min(self._wait(tries, error.retry_after), self._timing.backoff_cap_s)
        if error.retry_after is None:
            wait = min(wait, self._timing.shut_out_cap_s)
        self._shut[platform] = _Shut(now if known is None else known.since, tries, now + wait)
        if known is None:
            self._observe(Outcome(platform, "shut_out", None, detail=str(error)))

    def _wait(self, attempts: int, retry_after: float | None) -> float:
        if retry_after is not None:
            return min(max(retry_after, 1.0), self._timing.backoff_cap_s)
        return backoff(attempts, self._chance(), self._timing.backoff_cap_s)

    def _resolve_unknown(self, row: Row, now: float, detail: str) -> None:
        """Nobody can know whether it arrived: a critical one rather twice than not at all."""
        if row.critical and row.attempts < MOST_DOUBLES:
            kept = self._outbox.later(row, now, detail, maybe_twice=True)
            self._tell(row, "maybe_twice", detail, kept=kept)
        else:
            self._give_up(row, now, detail)

    def _unclear(self, row: Row, detail: str) -> None:
        # A chat that never answers in time is asked ever more rarely.
        wait = max(self._timing.settle_s, self._wait(row.attempts, None))
        kept = self._outbox.unclear(row, self._clock() + wait, detail)
        self._tell(row, "unclear", detail, kept=kept)

    def _give_up(self, row: Row, now: float, detail: str, state: GivenUp = "dead") -> None:
        kept = self._outbox.dead(row, now, detail, state)
        self._tell(row, "expired" if state == "expired" else "dead", detail, kept=kept)

    def _tell(self, row: Row, result: Result, detail: str, *, kept: bool) -> None:
        if kept:
            self._observe(Outcome(row.dest.platform, result, row.dest, row.key, detail))


def _database(error: BaseException) -> Outcome:
    return Outcome("database", "later", None, detail=type(error).__name__)


def _job(act: Callable[[Row, float], None], row: Row, now: float) -> Callable[[], None]:
    return lambda: act(row, now)


def _post(row: Row) -> Post:
    message = row.message
    if message is not None and row.maybe_twice:
        message = _doubtful(message)
    return Post(
        key=row.key,
        address=row.dest,
        message=message,
        chart=row.chart,
        root_message_id=None if row.edits is not None else row.root_message_id,
        edits=row.edits,
        reply_url=row.reply_url,
        about=row.about,
        kind=row.kind,
    )


def _doubtful(message: Message) -> Message:
    return replace(message, footer=" · ".join(filter(None, (message.footer, TWICE))))
