"""Watched runs are looked at: everything new becomes incidents and messages, in one transaction.

A round takes the watches of one project: one listing says which runs moved, only those are read, each once however many
channels watch it. What one listing told of a filter's runs need not be asked again.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from analysis.figures import duration
from analysis.model import ENDED, Report, Run
from bot.alerts import pages
from bot.alerts.announce import announcements
from bot.alerts.incident import Change
from bot.alerts.incidents import advance, next_due, numbered
from bot.alerts.placement import quiet_until
from bot.outgoing import Outgoing
from bot.services import glances, standing, unseen
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.services.standing import Standing
from bot.sources import Listed, SourceError, StillReadingError
from bot.store.store import Watch

log = structlog.get_logger(__name__)

_DAY_S = 86_400.0
_WORST_BACKOFF_S = 3600.0
_AWAY_BACKOFF_S = 60.0  # a tracker that is away is tried so often: one request tells of a whole project
_AWAY = frozenset({"unreachable", "rate_limited"})  # these say nothing of a run
_UNSEEN = _AWAY | {"forbidden", "unreadable"}
_TELL_ADMIN_AFTER = 3  # failed polls in a row
_UNSEEN_S = 1800.0  # a channel is told of a tracker that is away for longer: its alarms come late
_GONE_S = 60.0  # and of a run that is gone, once it is no slip
_YOUNG = 0.75  # of an interval: a listing that is not older is not asked for again
_TOGETHER_S = 10.0  # runs of a project that were listed so lately are listed with the others
_READING_S = 15.0  # after which it is looked whether a long first read has come to its end
_BLIND_S = 1800.0  # the admin is told when nobody looked for longer at a run that moved


@dataclass(frozen=True, slots=True)
class Look:
    """A run to be read, and the leased watches it is read for. `at`: when the round began."""

    ref: str
    watches: tuple[Watch, ...]
    listed: Listed | None
    at: float


class Watching:
    """Thread-safe. Nothing raises for a bug or a source that is away; SQLAlchemyError when the database is."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._away = threading.Event()  # the tracker did not answer when it was last asked
        self._listings: dict[str, tuple[float, frozenset[str], Mapping[str, Listed]]] = {}  # by project; when, of which
        self._lock = threading.Lock()
        # Judging keeps a core busy: not all of them, or nobody is answered meanwhile.
        self._judging = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) - 1))

    def poll(self, watches: Sequence[Watch]) -> None:
        """A round from beginning to end."""
        for look in self.survey(watches):
            self.look(look)

    def survey(self, watches: Sequence[Watch]) -> list[Look]:
        """What is to be read for leased watches of one project; those of runs that did not move are done with."""
        context, now = self._context, self._context.clock()
        listed: dict[str, Listed] = {}
        runs: list[Watch] = []
        for watch in sorted(watches, key=lambda w: w.kind):  # filters first: their listing tells of their runs
            try:
                if not context.config.access.allows_channel(watch.address):
                    raise RefusedError(f"{watch.address} 已不在配置的 access 里")
                if watch.kind == "filter":
                    listed |= self._expand(watch, now)
                else:
                    runs.append(watch)
            except SQLAlchemyError:
                raise
            except Exception as error:
                self._failed((watch,), error)
        try:
            listed |= self._standing([w for w in runs if w.ref not in listed], now)
        except Exception as error:
            if isinstance(error, SourceError) and error.reason not in _AWAY:
                pass  # each run will say for itself what is wrong
            else:
                self._failed(runs, error)
                return []
        else:
            self._back(listed, now)
        return self._choose(runs, listed, now)

    def _standing(self, watches: Sequence[Watch], now: float) -> dict[str, Listed]:
        """How the runs of a project stand: a listing, or the last one where it is young enough. When there is too much
        to do, a project's watches come to be due at different moments; each listing tells of all of them.
        """
        if not watches:
            return {}
        place, refs = watches[0].place, {w.ref for w in watches}
        with self._lock:
            told_at, about, before = self._listings.get(place, (-math.inf, frozenset(), {}))
        if not refs <= about or not 0 <= now - told_at <= _YOUNG * min(w.interval_s for w in watches):
            beside = about if 0 <= now - told_at <= _TOGETHER_S else frozenset()
            told_at, about = now, frozenset(refs | beside)
            before = self._context.runs.survey(sorted(about))
            with self._lock:
                if any(w.interval_s <= _TOGETHER_S for w in watches):  # others are not due again so soon
                    self._listings[place] = told_at, about, before
                for old in [p for p, (at, _, _) in self._listings.items() if not 0 <= now - at <= _TOGETHER_S]:
                    del self._listings[old]
        return {ref: before[ref] for ref in refs & before.keys()}

    def put_off(self, looks: Sequence[Look]) -> None:
        """Leaves looks of one round to whoever has room first; if that is us, without another listing."""
        place, at = looks[0].watches[0].place, looks[0].at
        with self._lock:
            if place not in self._listings or self._listings[place][0] < at:
                told = {look.ref: look.listed for look in looks if look.listed is not None}
                self._listings[place] = at, frozenset(look.ref for look in looks), told
        self._context.store.release([w for look in looks for w in look.watches])

    def _choose(self, runs: Sequence[Watch], listed: Mapping[str, Listed], now: float) -> list[Look]:
        context = self._context
        still: list[tuple[Watch, float]] = []
        moved: dict[str, list[Watch]] = {}
        for watch in runs:
            seen, one = Standing.from_json(watch.seen), listed.get(watch.ref)
            failed = watch.failing_since is not None
            if seen is None or failed or not standing.unmoved(seen, one, context.runs.rules, now):
                self._mind_blindness(watch, seen, one, now)
                moved.setdefault(watch.ref, []).append(watch)
            else:
                silent_s = now - max(seen.alive_at, (one and one.heartbeat_at) or 0.0)
                still.append((watch, now + standing.pause(seen.state, silent_s, watch.interval_s)))
        context.store.pass_over(still)
        context.metrics.polls.labels("unmoved").inc(len(still))
        return [Look(ref, tuple(mine), listed.get(ref), now) for ref, mine in moved.items()]

    def _mind_blindness(self, watch: Watch, seen: Standing | None, listed: Listed | None, now: float) -> None:
        """We were away, or too busy, while a run went on. What it did meanwhile is told with its true time."""
        late_s = now - watch.due_at
        moved = seen is not None and listed is not None and seen.rows != listed.rows
        if late_s > _BLIND_S and moved:
            about = f"有 {duration(late_s)}没看关注的 run（机器人停过，或忙不过来），期间有新数据的正在补看"
            self._context.notices.tell_admin(about, subject="blind", transition=f"{watch.due_at // _BLIND_S:.0f}")

    def look(self, look: Look) -> None:
        """Reads a run once, and tells each channel what is new to it."""
        context = self._context
        started = time.monotonic()  # somebody may set the clock meanwhile
        with structlog.contextvars.bound_contextvars(run=look.ref):
            try:
                run = context.runs.fetch(look.ref, look.listed)
            except StillReadingError:  # nothing is wrong: it takes its time
                again = context.clock() + _READING_S
                context.store.pass_over([(w, min(again, look.at + w.interval_s)) for w in look.watches])
                context.metrics.polls.labels("reading").inc(len(look.watches))
                return
            except Exception as error:
                self._failed(look.watches, error)
                return
            self._back((look.ref,) if look.listed is not None else (), look.at)
            self._judge(look, run)
        context.metrics.poll_seconds.observe(time.monotonic() - started)
        context.wake()

    def _judge(self, look: Look, run: Run) -> None:
        seen_by = self._context.runs.seen_by_channels(run)
        for watch in look.watches:
            with structlog.contextvars.bound_contextvars(watch=watch.id[:12]):
                try:
                    with self._judging:
                        report = seen_by(watch.address)
                    self._tell(watch, run, report, look)
                except SQLAlchemyError:
                    raise
                except Exception as error:
                    self._failed((watch,), error)
                else:
                    self._context.metrics.polls.labels("ok").inc()

    def _tell(self, watch: Watch, run: Run, report: Report, look: Look) -> None:
        context, policy = self._context, self._context.settings.policy
        decisions = context.store.decisions
        now, ended = context.clock(), run.state in ENDED
        silences = decisions.silences(watch.address, now)
        seen = Standing.from_json(watch.seen)
        step = advance(
            context.store.incidents(watch.id, posted_since=now - max(policy.repeat_s, _DAY_S)),
            report.episodes,
            scope=watch.id,
            cursor=standing.known_rows(watch.rows, seen, run),
            anew=standing.begun_anew(seen, run),
            rows=len(run.history),
            ended=ended,
            now=now,
            policy=policy,
            ref=watch.ref,
            silences=silences,
            unasked=report.unasked,
        )
        step = numbered(step, lambda n: decisions.take_numbers(watch.address, n))
        posts = announcements(
            step.changes,
            step.incidents,
            address=watch.address,
            report=report,
            chart=context.runs.chart(run, report) if any(c.posted for c in step.changes) else None,
            inline=context.can[watch.address.platform].inline_charts,
            standing=lambda incident: pages.standing(incident, silences, ref=watch.ref, now=now, tz=context.tz),
        )
        plot = context.runs.plot(run, report) if any(post.chart is not None for post in posts) else None
        end = self._end(watch, report, now) if ended and watch.tells_end else []
        posts = [*(post.beside_chart(plot) for post in posts), *self._seen_again(watch, now), *end]
        waiting = next_due(step.incidents)
        alive_at = _last_sign(run, watch)
        due_at = standing.next_poll(look.at, now, standing.pause(run.state, now - alive_at, watch.interval_s))
        judge_at = standing.judge_again(run.state, alive_at, watch.interval_s, now)
        kept = context.store.commit_poll(
            watch,
            now=now,
            due_at=due_at if waiting is None else min(due_at, waiting),
            rows=len(run.history),
            step=report.run.last_step,
            state="ended" if waiting is None and standing.over(run.state, alive_at, now) else "active",
            incidents=step.incidents,
            posts=context.rows(posts),
            glance=glances.glance(run, report, now, context.tz),
            seen=Standing(
                run.state,
                look.listed.rows if look.listed is not None else None,
                alive_at,
                judge_at if waiting is None else min(judge_at, waiting),
                context.runs.rules,
                standing.marks(run),
                run.earlier_rows or 0,
            ).to_json(),
            told_end=bool(end),
        )
        if kept:
            self._count(step.changes)
        else:
            log.warning("这次轮询的租约已失效，结果作废")

    def _end(self, watch: Watch, report: Report, now: float) -> list[Outgoing]:
        """That a run has ended, for who asked to hear of it; after the quiet hours."""
        return [
            Outgoing(
                dest=watch.address,
                kind="update",
                subject=watch.id,
                transition=f"ended:{report.run.rows}",
                message=pages.ended(report, self._context.tz),
                not_before=quiet_until(now, self._context.settings.policy),
                about=watch.ref,
            )
        ]

    def _seen_again(self, watch: Watch, now: float) -> list[Outgoing]:
        """Takes back that a run, or all of a channel's, could not be seen, where that was said."""
        if watch.failing_since is None:
            return []
        store = self._context.store
        first = store.failing_since(watch.address) or watch.failing_since
        said = unseen.gone(watch, watch.failing_since, ""), unseen.away(watch, first, "", now)
        return [unseen.back(post, now - first) for post in said if store.outbox.holds(post.key)]

    def _count(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if change.posted and change.kind == "opened":
                incident = change.incident
                self._context.metrics.alerts.labels(incident.diagnosis, incident.severity.word).inc()

    def _expand(self, watch: Watch, now: float) -> Mapping[str, Listed]:
        """A filter: every running run that matches is a watch of its own."""
        context = self._context
        filter_ = context.runs.filter(watch.ref)
        if filter_ is None:
            raise RefusedError(f"{watch.ref} 不再是筛选条件")
        found = context.runs.running(filter_)
        there = {
            w.ref
            for w in context.store.watches(watch.address)
            if w.state == "active" and (w.parent != watch.id or w.interval_s == watch.interval_s)
        }
        for ref in found.keys() - there:
            context.store.add_watch(
                watch.address,
                ref,
                kind="run",
                interval_s=watch.interval_s,
                now=now,
                origin=watch.origin,
                parent=watch.id,
            )
        seen = {"running": len(found), "seen_at": now}
        context.store.commit_poll(watch, now=now, due_at=now + watch.interval_s, rows=None, step=None, glance=seen)
        context.metrics.polls.labels("ok").inc()
        return found

    def _failed(self, watches: Iterable[Watch], error: Exception) -> None:
        """Could not be read: waits longer each time, and says so when it goes on."""
        if isinstance(error, SQLAlchemyError):
            raise error
        label: str
        if isinstance(error, SourceError):
            label, sentence = error.reason, str(error)
            if label in _AWAY:
                self._away.set()
        elif isinstance(error, RefusedError):
            label, sentence = "refused", str(error)
        else:
            label, sentence = "bug", self._context.notices.bug("poll")
        for watch in watches:
            self._unreadable(watch, sentence, label)
            self._context.metrics.polls.labels(label).inc()

    def _unreadable(self, watch: Watch, sentence: str, label: str) -> None:
        context, now = self._context, self._context.clock()
        worst_s = _AWAY_BACKOFF_S if label in _AWAY else _WORST_BACKOFF_S
        pause_s = min(max(worst_s, watch.interval_s), watch.interval_s * 2 ** min(watch.failures, 10))
        since = now if watch.failing_since is None else watch.failing_since
        post: Outgoing | None = None
        if label == "not_found" and watch.kind == "run" and watch.failures and now - since >= _GONE_S:
            post = unseen.gone(watch, since, sentence)
        elif label in _UNSEEN and now - since >= _UNSEEN_S:
            first = context.store.failing_since(watch.address)
            post = unseen.away(watch, since if first is None else first, sentence, now)
        posts = [] if post is None else context.rows([post])
        context.store.fail_poll(watch, now=now, due_at=now + pause_s, error=sentence, posts=posts)
        if watch.failures == 0:
            log.warning("读不到关注的 run", reason=sentence)
        if watch.failures + 1 == _TELL_ADMIN_AFTER:
            about = f"{glances.title(watch)} 连续 {_TELL_ADMIN_AFTER} 次读不到：{sentence}"
            context.notices.tell_admin(about, subject=watch.id, transition=f"unreadable:{since:.0f}")

    def _back(self, answered: Iterable[str], now: float) -> None:
        """The tracker answers: whoever waits because it did not need wait no longer."""
        if any(True for _ in answered) and self._away.is_set():
            self._away.clear()
            self._context.store.retry_failed(now)


def _last_sign(run: Run, watch: Watch) -> float:
    """When the run was last alive, as far as anybody knows; seconds since epoch."""
    stamps = run.history.timestamp[-1:].tolist()
    known = [t for t in (run.heartbeat_at, *stamps) if t is not None and not math.isnan(t)]
    return max(known, default=watch.created_at)
