"""The stories: somebody asks, a watched run is looked at, a digest is due. No platform, no thread, no clock of its own.

Whatever happens becomes rows of the outbox, in the same transaction as the state it reports.
"""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from analysis import analyze
from analysis.columns.profile import Profile
from analysis.diagnoses import rules
from analysis.model import ENDED, Report, Run
from bot.alerts.announce import announcements
from bot.alerts.incidents import advance, next_due
from bot.chats import Inbound
from bot.http import Reports
from bot.metrics import Metrics
from bot.render import answers, card, charts, html
from bot.render import digest as digest_page
from bot.render.message import Button, Message
from bot.services import commands, glances
from bot.services.commands import Command, Usage
from bot.settings.configuration import Configuration, Settings, SettingsError
from bot.sources import RunFilter, RunRef, SourceError
from bot.store.outbox import Outgoing, separate_chart
from bot.store.store import Digest, Event, Store, Watch

log = structlog.get_logger(__name__)

DAY_S = 86_400.0
_AFTER_END_S = 900.0  # a run that ended may come back: it is looked at ever less often, at least so often for a day
_WORST_BACKOFF_S = 3600.0
_TELL_ADMIN_AFTER = 3  # failed polls in a row


class RefusedError(Exception):
    """What was asked for cannot be done; `str()` is the Chinese sentence for the person."""


class Runs(Protocol):
    """What the service needs of the sources; `bot.sources.Sources` is it. Methods that take a text raise ValueError."""

    def fetch(self, ref: str) -> Run:
        """The run as it stands now. Raises SourceError."""

    def canonical(self, text: str) -> str:
        """The reference in full."""

    def filter(self, text: str) -> RunFilter | None:
        """None when the text means one run."""

    def list_runs(self, filter_: RunFilter) -> list[str]:
        """References of the running runs that match. Raises SourceError."""

    def with_peers(self, run: Run, profile: Profile) -> Run:
        """The run with the finished runs of its project beside it; it says so where they could not be read."""

    def near(self, text: str) -> RunRef | None:
        """A run that may have been meant by a text that names none. Raises ValueError, SourceError."""


class Service:
    """Thread-safe: all state is in the store."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        sources: Runs,
        *,
        clock: Callable[[], float],
        inline_charts: Callable[[str], bool],
        reports: Reports,
        metrics: Metrics,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """
        clock          seconds since epoch
        inline_charts  address -> whether its platform shows charts in the message itself
        wake           tells the delivery that there are new rows
        """
        self._settings, self._store, self._sources = settings, store, sources
        self._clock, self._inline_charts, self._wake = clock, inline_charts, wake
        self._reports, self._metrics = reports, metrics
        self._diagnoses, self._policy, self._tz = settings.diagnoses, settings.policy, settings.config.timezone
        self._profile = settings.profile
        self._commands: Mapping[str, Callable[[Inbound, Command], Message | list[Outgoing]]] = {
            "card": self._card,
            "full": self._full,
            "watch": self._watch,
            "unwatch": self._unwatch,
            "list": self._list,
            "digest": self._digest_status,
            "digest_on": self._digest_on,
            "digest_off": self._digest_off,
            "digest_now": self._digest_now,
            "help": lambda inbound, command: answers.help_page(),
            "rules": lambda inbound, command: answers.rules_page(rules(self._diagnoses)),
        }

    # commands

    def receive(self, inbound: Inbound) -> Event | None:
        """Keeps what somebody said; None when the platform delivered it before. Fast."""
        now = self._clock()
        source = inbound.channel.partition(":")[0]
        payload = asdict(inbound)
        if not self._store.receive(source, inbound.event_id, payload, now):
            return None
        return Event(source, inbound.event_id, payload, now, 1)

    def answer(self, event: Event) -> None:
        """Answers an event: its posts and `done` are one transaction. A bug becomes a sentence with a number."""
        inbound = Inbound(**event.payload)
        with structlog.contextvars.bound_contextvars(channel=inbound.channel):
            try:
                answer = self._answer(inbound)
            except (RefusedError, SourceError, ValueError) as error:
                answer = answers.sentence(str(error))
            except Exception:
                answer = answers.sentence(self._bug("command"))
            posts = answer if isinstance(answer, list) else [_reply(inbound, answer)]
            now = self._clock()
            self._store.finish(event.source, event.event_id, self._separated(posts), now)
            self._metrics.commands.observe(max(0.0, now - event.received_at))
            self._wake()

    def _answer(self, inbound: Inbound) -> Message | list[Outgoing]:
        if not self._settings.config.access.allows_channel(inbound.channel):
            raise RefusedError("这个频道没有开通，请管理员把它加进配置的 access")
        command = commands.parse(inbound.text)
        if isinstance(command, Usage):
            raise RefusedError(command.sentence)
        return self._commands[command.name](inbound, command)

    def _fetch(self, text: str) -> Run:
        """The run a person named, if this bot may read it. Raises RefusedError, SourceError, ValueError."""
        run = self._sources.fetch(text)
        if run.entity and run.project:
            self._admit(run.entity, run.project)
        return run

    def _admit(self, entity: str, project: str) -> None:
        if not self._settings.config.access.allows_project(entity, project):
            raise RefusedError(f"{entity}/{project} 不在允许读取的项目里，请管理员把它加进配置的 access.projects")

    def _asked(self, inbound: Inbound, target: str) -> Run:
        """Like `_fetch`; an unknown name is answered with what it may have been."""
        try:
            return self._fetch(target)
        except SourceError as error:
            hint = self._hint(inbound, target) if error.reason == "not_found" else ""
            raise RefusedError(f"{error}{hint}") from None

    def _hint(self, inbound: Inbound, target: str) -> str:
        near = commands.near_command(target)
        if near is not None:
            return f"；想用命令的话，是不是 /curve {near}？"
        watched = {
            name: w.ref for w in self._store.watches(inbound.channel) for name in (w.ref, w.ref.rsplit("/", 1)[-1])
        }
        found = difflib.get_close_matches(target, watched, n=1, cutoff=0.6)
        meant = watched[found[0]] if found else self._near(target)
        return f"；是不是 {meant}？" if meant is not None else ""

    def _near(self, target: str) -> str | None:
        """The run of the same project that comes next to what was typed; a hint is not worth an error."""
        try:
            ref = self._sources.near(target)
        except (SourceError, ValueError):
            return None
        allowed = ref is not None and self._settings.config.access.allows_project(ref.entity, ref.project)
        return str(ref) if allowed else None

    def _card(self, inbound: Inbound, command: Command) -> list[Outgoing]:
        run = self._beside(self._asked(inbound, command.target))
        report = analyze(run, self._diagnoses, self._profile)
        return [_reply(inbound, card.card(report, self._tz), chart=self._chart(run, report))]

    def _full(self, inbound: Inbound, command: Command) -> list[Outgoing]:
        run = self._beside(self._asked(inbound, command.target))
        report = analyze(run, self._diagnoses, self._profile)
        chart = self._chart(run, report)
        page = html.page(report, chart, self._tz)
        message = card.full(report, page, self._tz)
        link = self._reports.keep(page)
        if link is not None:
            message = replace(message, buttons=(*message.buttons, Button("网页版报告", url=link)))
        return [_reply(inbound, message, chart=chart)]

    def _beside(self, run: Run) -> Run:
        """The run with the finished runs of its project beside it. An answer without them is better than none."""
        try:
            return self._sources.with_peers(run, self._profile)
        except Exception:
            self._bug("peers")
            return run

    def _chart(self, run: Run, report: Report) -> bytes | None:
        """The PNG; None when there is nothing to draw. An answer without its chart is better than none."""
        if not len(run.history):
            return None
        try:
            return charts.chart(run, report)
        except Exception:
            self._bug("chart")
            return None

    def _watch(self, inbound: Inbound, command: Command) -> Message:
        interval = command.every_s or self._settings.config.watch.interval
        filter_ = self._sources.filter(command.target)
        now = self._clock()
        if filter_ is not None:
            self._admit(filter_.entity, filter_.project)
            running = len(self._sources.list_runs(filter_))
            self._store.add_watch(inbound.channel, str(filter_), kind="filter", interval_s=interval, now=now)
            text = f"已关注 {filter_}：现在有 {running} 个在跑，之后新开的也算；{glances.every(interval)}看一次，出问题在这里说"
            return answers.sentence(text, "ok")
        run = self._asked(inbound, command.target)
        if run.state in ENDED:
            raise RefusedError(f"{run.name} 已经结束，不用关注；看诊断发 /curve {run.ref}")
        _, new = self._store.add_watch(inbound.channel, run.ref, kind="run", interval_s=interval, now=now)
        done = "已关注" if new else "已在关注，间隔改好了："
        return answers.sentence(f"{done} {run.name}：{glances.every(interval)}看一次，出问题在这里说", "ok")

    def _unwatch(self, inbound: Inbound, command: Command) -> Message:
        watches = self._store.watches(inbound.channel)
        found = [w for w in watches if command.target in glances.names(w)]
        if not found:
            try:
                ref = str(self._sources.filter(command.target) or self._sources.canonical(command.target))
            except ValueError:
                ref = command.target
            found = [w for w in watches if w.ref == ref]
        if not found:
            near = difflib.get_close_matches(
                command.target, [n for w in watches for n in glances.names(w)], n=1, cutoff=0.5
            )
            hint = f"，是不是 {near[0]}？" if near else "，关注着哪些见 /curve list"
            raise RefusedError(f"这里没有关注 {command.target}{hint}")
        if len(found) > 1:
            raise RefusedError(
                f"有 {len(found)} 个关注都叫 {command.target}，请写全，例如 /curve unwatch {found[0].ref}"
            )
        watch = found[0]
        if watch.parent is not None:
            parent = next((w.ref for w in watches if w.id == watch.parent), "筛选条件")
            raise RefusedError(f"它是按 {parent} 关注的，单独取关会再加回来；可以 /curve unwatch {parent}")
        self._store.remove_watch(inbound.channel, watch.ref)
        return answers.sentence(f"已取关 {glances.title(watch)}，不再看它。")

    def _list(self, inbound: Inbound, command: Command) -> Message:
        open_ = self._store.incidents_at(inbound.channel)
        return answers.list_page(
            [
                glances.watched(w, open_)
                for w in self._store.watches(inbound.channel)
                if w.parent is None or w.state == "active"
            ]
        )

    # digests

    def _digest_status(self, inbound: Inbound, command: Command) -> Message:
        found = next((d for d in self._store.digests() if d.address == inbound.channel), None)
        if found is None:
            return answers.sentence("这里没开日报。要开：/curve digest on 09:00；现在看一份：/curve digest now")
        return answers.sentence(f"日报：{glances.when(found)}。关掉：/curve digest off；现在看一份：/curve digest now")

    def _digest_on(self, inbound: Inbound, command: Command) -> Message:
        address, now = inbound.channel, self._clock()
        old = next((d for d in self._store.digests() if d.address == address), None)
        if old is not None and (old.at, old.days) != (command.at, command.days):
            self._store.remove_digest(address)  # a new time counts from now on, not from the last one posted
        zone = str(self._settings.config.timezone)
        new = self._store.set_digest(address, at=command.at, days=command.days, timezone=zone, origin="chat", now=now)
        return answers.sentence(f"日报已开：{glances.when(new)}。")

    def _digest_off(self, inbound: Inbound, command: Command) -> Message:
        was_on = self._store.remove_digest(inbound.channel)
        return answers.sentence("日报已关。" if was_on else "这里本来就没开日报。")

    def _digest_now(self, inbound: Inbound, command: Command) -> Message:
        return self._digest_message(inbound.channel, since=self._clock() - DAY_S)

    def digest(self, digest: Digest, slot: float) -> None:
        """Posts a channel's digest for a planned time, once."""
        now = self._clock()
        since = digest.last_slot if digest.last_slot is not None else now - DAY_S
        message = self._digest_message(digest.address, since=since)
        post = Outgoing(
            dest=digest.address, kind="digest", subject=f"digest:{slot:.0f}", transition="posted", message=message
        )
        if self._store.post_digest(digest.address, slot, [post], now):
            self._wake()

    def _digest_message(self, address: str, *, since: float) -> Message:
        now = self._clock()
        incidents = self._store.incidents_at(address, since=since)
        watches = [w for w in self._store.watches(address) if w.kind == "run" and not glances.long_over(w, now)]
        return digest_page.digest([glances.line(w, incidents, since) for w in watches], now, self._tz)

    # watching

    def poll(self, watch: Watch) -> None:
        """Looks at a leased watch: everything new becomes incidents and posts in one transaction. Never raises for a
        bug or a source that is away; raises SQLAlchemyError when the database is.
        """
        started = self._clock()
        with structlog.contextvars.bound_contextvars(watch=watch.id[:12], run=watch.ref):
            result = self._poll(watch)
        self._metrics.polls.labels(result).inc()
        self._metrics.poll_seconds.observe(max(0.0, self._clock() - started))
        self._wake()

    def _poll(self, watch: Watch) -> str:
        try:
            if watch.kind == "filter":
                self._expand(watch)
            else:
                self._look(watch, self._fetch(watch.ref))
        except (SourceError, RefusedError) as error:
            self._unreadable(watch, str(error))
            return error.reason if isinstance(error, SourceError) else "refused"
        except Exception as error:
            if isinstance(error, SQLAlchemyError):
                raise
            self._unreadable(watch, self._bug("poll"))
            return "bug"
        return "ok"

    def _look(self, watch: Watch, run: Run) -> None:
        report = analyze(run, self._diagnoses, self._profile)
        now, policy = self._clock(), self._policy
        ended = run.state in ENDED
        stored = self._store.incidents(watch.id, told_since=now - max(policy.repeat_s, DAY_S))
        step = advance(
            stored, report.episodes, scope=watch.id, cursor=watch.rows, rows=len(run.history), ended=ended, now=now, policy=policy,
        )  # fmt: skip
        chart = self._chart(run, report) if any(c.posted for c in step.changes) else None
        posts = announcements(
            step.changes, step.incidents, address=watch.address, report=report, chart=chart, inline=self._inline_charts(watch.address)
        )  # fmt: skip
        waiting = next_due(step.incidents)
        silent_s = now - _last_sign(run, watch)
        over = ended and waiting is None and silent_s > DAY_S
        pause = max(watch.interval_s, min(_AFTER_END_S, silent_s / 4)) if ended else watch.interval_s
        kept = self._store.commit_poll(
            watch,
            now=now,
            due_at=min(now + pause, waiting if waiting is not None else now + pause),
            rows=len(run.history),
            step=report.run.last_step,
            state="ended" if over else "active",
            incidents=step.incidents,
            posts=self._separated(posts),
            glance=glances.glance(report, now, self._tz),
        )
        if kept:
            for change in step.changes:
                if not change.posted or change.kind != "opened":
                    continue
                self._metrics.alerts.labels(change.incident.diagnosis, change.incident.severity.word).inc()
        else:
            log.warning("这次轮询的租约已失效，结果作废")

    def _expand(self, watch: Watch) -> None:
        """A filter: every running run that matches is a watch of its own."""
        filter_ = self._sources.filter(watch.ref)
        if filter_ is None:
            raise RefusedError(f"{watch.ref} 不再是筛选条件")
        self._admit(filter_.entity, filter_.project)
        refs = self._sources.list_runs(filter_)
        now = self._clock()
        for ref in refs:
            self._store.add_watch(
                watch.address,
                ref,
                kind="run",
                interval_s=watch.interval_s,
                now=now,
                origin=watch.origin,
                parent=watch.id,
            )
        seen = {"running": len(refs), "seen_at": now}
        self._store.commit_poll(watch, now=now, due_at=now + watch.interval_s, rows=None, step=None, glance=seen)

    def _unreadable(self, watch: Watch, sentence: str) -> None:
        """The run could not be read: wait longer each time, and tell the admin when it goes on."""
        now = self._clock()
        pause = min(max(_WORST_BACKOFF_S, watch.interval_s), watch.interval_s * 2 ** min(watch.failures, 10))
        self._store.fail_poll(watch, due_at=now + pause, error=sentence)
        if watch.failures == 0:
            log.warning("读不到关注的 run", reason=sentence)
        if watch.failures + 1 == _TELL_ADMIN_AFTER:
            about = f"{glances.title(watch)} 连续 {_TELL_ADMIN_AFTER} 次读不到：{sentence}"
            self.tell_admin(about, subject=watch.id, transition=f"unreadable:{now // DAY_S:.0f}")

    # the bot itself

    def tell_admin(self, sentence: str, *, subject: str, transition: str) -> None:
        """What concerns the bot itself: to the admin's address, or only to the log."""
        log.warning("告知管理员", text=sentence)
        admin = self._settings.config.admin
        if admin is not None:
            message = answers.sentence(sentence)
            self._store.enqueue(
                [Outgoing(dest=admin, kind="update", subject=subject, transition=transition, message=message)],
                self._clock(),
            )
            self._wake()

    def housekeeping(self) -> None:
        now = self._clock()
        self._store.purge(now)
        self._reports.purge(now - 30 * DAY_S)

    def adopt(self) -> None:
        """Makes the watches and digests of the configuration rows, and forgets those it no longer has.

        Raises SettingsError when a run or filter in it is none.
        """
        config, now = self._settings.config, self._clock()
        wanted = configured(config, self._sources)
        for w in wanted:
            self._store.add_watch(w.address, w.ref, kind=w.kind, interval_s=w.interval_s, now=now, origin="config")
        kept = {(w.address, w.ref) for w in wanted}
        for old in self._store.watches():
            if old.origin == "config" and old.parent is None and (old.address, old.ref) not in kept:
                self._store.remove_watch(old.address, old.ref)
        zone = str(config.timezone)
        for plan in config.digests:
            at = plan.at.strftime("%H:%M")
            self._store.set_digest(plan.to, at=at, days=plan.days, timezone=zone, origin="config", now=now)
        for d in self._store.digests():
            if d.origin == "config" and d.address not in {plan.to for plan in config.digests}:
                self._store.remove_digest(d.address)

    def _separated(self, posts: Sequence[Outgoing]) -> list[Outgoing]:
        return [p for post in posts for p in ([post] if self._inline_charts(post.dest) else separate_chart(post))]

    def _bug(self, where: str) -> str:
        """Logs the exception being handled; the sentence for people names it by a number."""
        number = secrets.token_hex(3)
        log.exception("内部错误", number=number, where=where)
        self._metrics.bugs.labels(where).inc()
        return f"内部错误，已记下（编号 {number}），请把编号告诉管理员。"


@dataclass(frozen=True, slots=True)
class Configured:
    """A watch of the configuration file."""

    address: str
    ref: str
    kind: Literal["run", "filter"]
    interval_s: float


def configured(config: Configuration, runs: Runs) -> list[Configured]:
    """The watches of the configuration file. Raises SettingsError naming every entry that is no run or filter."""
    found: list[Configured] = []
    mistakes: list[str] = []
    for n, entry in enumerate(config.watch.runs):
        key = "run" if entry.filter is None else "filter"
        try:
            if entry.filter is None:
                ref = runs.canonical(entry.run or "")
            elif (filter_ := runs.filter(entry.filter)) is not None:
                ref = str(filter_)
            else:
                raise ValueError(f"“{entry.filter}”不是筛选条件，写法例如 team/robot?tag=prod")
        except ValueError as error:
            mistakes.append(f"watch.runs[{n}].{key}：{error}")
            continue
        interval = entry.interval or config.watch.interval
        found += [Configured(address, ref, key, interval) for address in entry.to]  # type: ignore[arg-type]
    if mistakes:
        raise SettingsError(mistakes)
    return found


def _reply(inbound: Inbound, message: Message, *, chart: bytes | None = None) -> Outgoing:
    return Outgoing(
        dest=inbound.channel, kind="reply", subject=inbound.event_id, transition="reply", message=message, chart=chart,
        thread=inbound.thread, reply_url=inbound.reply_url,
    )  # fmt: skip


def _last_sign(run: Run, watch: Watch) -> float:
    """When the run was last alive, as far as anybody knows."""
    stamps = run.history.timestamp[-1:].tolist()
    known = [t for t in (run.heartbeat_at, *stamps) if t is not None and t == t]  # noqa: PLR0124
    return max(known, default=watch.created_at)
