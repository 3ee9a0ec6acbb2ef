"""A watched run is looked at: everything new becomes incidents and messages, in one transaction."""

from __future__ import annotations

import math

import structlog
from sqlalchemy.exc import SQLAlchemyError

from analysis.model import ENDED, Run
from bot.alerts import pages
from bot.alerts.announce import announcements
from bot.alerts.incident import Change
from bot.alerts.incidents import advance, next_due, numbered
from bot.services import glances
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.sources import SourceError
from bot.store.store import Watch

log = structlog.get_logger(__name__)

_DAY_S = 86_400.0
_AFTER_END_S = 900.0  # a run that ended may come back: it is looked at ever less often, at least so often for a day
_WORST_BACKOFF_S = 3600.0
_TELL_ADMIN_AFTER = 3  # failed polls in a row


class Watching:
    """Thread-safe."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def poll(self, watch: Watch) -> None:
        """Looks at a leased watch. Never raises for a bug or a source that is away;
        raises SQLAlchemyError when the database is.
        """
        context = self._context
        started = context.clock()
        with structlog.contextvars.bound_contextvars(watch=watch.id[:12], run=watch.ref):
            result = self._poll(watch)
        context.metrics.polls.labels(result).inc()
        context.metrics.poll_seconds.observe(max(0.0, context.clock() - started))
        context.wake()

    def _poll(self, watch: Watch) -> str:
        """-> the label of the result: ok, refused, bug, or the reason of a SourceError."""
        try:
            if not self._context.config.access.allows_channel(watch.address):
                raise RefusedError(f"{watch.address} 已不在配置的 access 里")
            if watch.kind == "filter":
                self._expand(watch)
            else:
                self._look(watch, self._context.runs.fetch(watch.ref))
        except (SourceError, RefusedError) as error:
            self._unreadable(watch, str(error))
            return error.reason if isinstance(error, SourceError) else "refused"
        except SQLAlchemyError:
            raise
        except Exception:
            self._unreadable(watch, self._context.notices.bug("poll"))
            return "bug"
        return "ok"

    def _look(self, watch: Watch, run: Run) -> None:
        context, policy = self._context, self._context.settings.policy
        decisions = context.store.decisions
        report = context.runs.report(run, watch.address)
        now, ended = context.clock(), run.state in ENDED
        silences = decisions.silences(watch.address, now)
        step = advance(
            context.store.incidents(watch.id, posted_since=now - max(policy.repeat_s, _DAY_S)),
            report.episodes,
            scope=watch.id,
            cursor=watch.rows,
            rows=len(run.history),
            ended=ended,
            now=now,
            policy=policy,
            ref=watch.ref,
            silences=silences,
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
        waiting = next_due(step.incidents)
        silent_s = now - _last_sign(run, watch)
        pause_s = max(watch.interval_s, min(_AFTER_END_S, silent_s / 4)) if ended else watch.interval_s
        kept = context.store.commit_poll(
            watch,
            now=now,
            due_at=min(now + pause_s, waiting if waiting is not None else now + pause_s),
            rows=len(run.history),
            step=report.run.last_step,
            state="ended" if ended and waiting is None and silent_s > _DAY_S else "active",
            incidents=step.incidents,
            posts=context.rows(posts),
            glance=glances.glance(run, report, now, context.tz),
        )
        if kept:
            self._count(step.changes)
        else:
            log.warning("这次轮询的租约已失效，结果作废")

    def _count(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if change.posted and change.kind == "opened":
                incident = change.incident
                self._context.metrics.alerts.labels(incident.diagnosis, incident.severity.word).inc()

    def _expand(self, watch: Watch) -> None:
        """A filter: every running run that matches is a watch of its own."""
        context = self._context
        filter_ = context.runs.filter(watch.ref)
        if filter_ is None:
            raise RefusedError(f"{watch.ref} 不再是筛选条件")
        refs = context.runs.running(filter_)
        now = context.clock()
        for ref in refs:
            context.store.add_watch(
                watch.address,
                ref,
                kind="run",
                interval_s=watch.interval_s,
                now=now,
                origin=watch.origin,
                parent=watch.id,
            )
        seen = {"running": len(refs), "seen_at": now}
        context.store.commit_poll(watch, now=now, due_at=now + watch.interval_s, rows=None, step=None, glance=seen)

    def _unreadable(self, watch: Watch, sentence: str) -> None:
        """The run could not be read: wait longer each time, and tell the admin when it goes on."""
        now = self._context.clock()
        pause_s = min(max(_WORST_BACKOFF_S, watch.interval_s), watch.interval_s * 2 ** min(watch.failures, 10))
        self._context.store.fail_poll(watch, due_at=now + pause_s, error=sentence)
        if watch.failures == 0:
            log.warning("读不到关注的 run", reason=sentence)
        if watch.failures + 1 == _TELL_ADMIN_AFTER:
            about = f"{glances.title(watch)} 连续 {_TELL_ADMIN_AFTER} 次读不到：{sentence}"
            day = f"unreadable:{now // _DAY_S:.0f}"
            self._context.notices.tell_admin(about, subject=watch.id, transition=day)


def _last_sign(run: Run, watch: Watch) -> float:
    """When the run was last alive, as far as anybody knows; seconds since epoch."""
    stamps = run.history.timestamp[-1:].tolist()
    known = [t for t in (run.heartbeat_at, *stamps) if t is not None and not math.isnan(t)]
    return max(known, default=watch.created_at)
