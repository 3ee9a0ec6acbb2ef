"""The composition root: real parts put together, started and stopped in order."""

from __future__ import annotations

import errno
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import IO

import structlog
from alembic.util.exc import CommandError
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from bot.chats import Chat, Inbound, KeepsSocket, KnowsPeople, PreviewsLinks
from bot.delivery import Delivery, Outcome
from bot.metrics import Metrics
from bot.render.charts import Draw, drawn_here
from bot.schedule import Schedule
from bot.services.commands import likeness, table
from bot.services.previews import Previews
from bot.services.services import Services
from bot.settings import Settings, SettingsError
from bot.sources import SourceError
from bot.sources.wandb.record import WANDB
from bot.store import alone
from bot.store.inbox import Event
from bot.store.pages import KeptPages
from bot.store.store import Store
from bot.timely import ClockSteps, Timely
from bot.workers import Workers

log = structlog.get_logger(__name__)

_COMMANDS, _COMMAND_S = 4, 60.0  # threads, deadline
_QUICK, _QUICK_S = 2, 20.0  # for commands that read no run: a tracker that hangs keeps none of them waiting
_POLLS, _POLL_S = 8, 90.0
_PREVIEWS, _PREVIEW_S = 2, 60.0  # on their own: a preview keeps no answer waiting
_MOST_PREVIEWS = 20  # that wait; further links are left as they are
_NO_PLACE = "那个目录没有写权限或不存在，给运行 curvebot 的用户加上，或指到别处"
_SQLITE = {
    sqlite3.SQLITE_CANTOPEN: _NO_PLACE,
    sqlite3.SQLITE_BUSY: "一直被别的进程锁着，停掉那个进程",
    sqlite3.SQLITE_READONLY: "没有写权限，给运行 curvebot 的用户加上",
    sqlite3.SQLITE_CORRUPT: "文件已损坏，用备份恢复，或挪走它重新开始",
    sqlite3.SQLITE_NOTADB: "文件已损坏，或不是数据库；用备份恢复，或挪走它重新开始",
    sqlite3.SQLITE_FULL: "磁盘满了",
}
_POSTGRES = {  # in what libpq says, which has no code when there is no connection
    "password authentication failed": "用户名或密码不对",
    "no pg_hba.conf entry": "服务器不让这台机器连，改 pg_hba.conf",
    "does not exist": "没有这个数据库或用户，先建好",
    "resolve host": "找不到主机，检查网址里的主机名",
    "translate host name": "找不到主机，检查网址里的主机名",
    "refused": "连不上，检查主机、端口和服务器起没起",
    "timeout expired": "连不上，没有回答，检查防火墙",
    "permission denied": "没有写权限，给这个用户建表和读写的权限",
    "read-only": "没有写权限，连到的是只读副本，换主库",
}
_TAKE_UP_S = 5.0
_ANSWER_S = 1.5  # who asks how we are does not wait longer for the database
_STALE_S = 30.0  # a loop that has not turned for so long is stuck


def open_store(settings: Settings, url: str | None = None) -> Store:
    """The database of the settings, or another one. Raises SettingsError when it cannot be had."""
    try:
        store = Store.open(url or settings.database_url)
        store.ping()
    except (SQLAlchemyError, CommandError, ModuleNotFoundError, OSError) as error:
        raise unusable(error) from None
    return store


def claim(settings: Settings, url: str | None = None) -> IO[str] | None:
    """Takes a SQLite database for this process alone; to be held. Raises SettingsError when another bot runs on it."""
    try:
        return alone.claim(url or settings.database_url)
    except alone.TakenError as error:
        by = f"（进程 {error}）" if str(error) else ""
        sentence = f"已有一个 curvebot 在用这个数据库{by}；SQLite 只能一个用，要开多个请换 PostgreSQL"
        raise SettingsError([f"CURVEBOT_DATABASE_URL / CURVEBOT_STATE_DIR：{sentence}"]) from None
    except (SQLAlchemyError, OSError) as error:
        raise unusable(error) from None


def unusable(error: Exception) -> SettingsError:
    """What is wrong with the database, for people."""
    return SettingsError([f"CURVEBOT_DATABASE_URL / CURVEBOT_STATE_DIR：数据库用不了（{_why(error)}）"])


def _why(error: Exception) -> str:
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return "网址写得不对"
    if isinstance(error, ModuleNotFoundError):
        return f"缺驱动 {error.name}，装上 curvebot[postgres]"
    if isinstance(error, CommandError):
        return "表结构比这个版本新，升级 curvebot 再启动"
    if isinstance(error, OSError):
        return "磁盘满了" if error.errno == errno.ENOSPC else _NO_PLACE
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    said = str(getattr(error, "orig", ""))
    return _SQLITE.get(code) or next((why for part, why in _POSTGRES.items() if part in said), "连不上，或没有写权限")


class App:
    """The running bot. `start`, then `stop`; nothing in it knows a platform."""

    def __init__(
        self,
        settings: Settings,
        chats: Mapping[str, Chat],
        *,
        store: Store,
        commands: int = _COMMANDS,
        draw: Draw = drawn_here,
    ) -> None:
        """
        commands  how many that read runs are answered at the same time; 1: everything one after the other
        draw      makes the charts
        """
        self.settings, self.chats, self.store = settings, chats, store
        self._sources = settings.sources(budget=self._may_ask)
        self._can = {platform.name: platform.can for platform in settings.platforms}
        self._away: set[str] = set()  # platforms that could not be reached at the first try
        self.metrics = Metrics()
        self.metrics.build.labels(metadata.version("curvebot")).set(1)
        self.metrics.read_from(self._readings)
        self.pages = KeptPages(
            store, settings.env.curvebot_public_url, clock=time.time, allows=settings.config.access.allows_ref
        )
        self.delivery = Delivery(
            store.outbox,
            chats,
            can=self._can,
            clock=time.time,
            chance=random.random,  # only spreads retries
            observe=self._observe,
        )
        self.services = Services.build(
            settings,
            store,
            self._sources,
            clock=time.time,
            can=self._can,
            pages=self.pages,
            metrics=self.metrics,
            wake=self.delivery.wake,
            name_of=self._name_of,
            draw=draw,
        )
        overrun = lambda kind: self.metrics.overruns.labels(kind).inc()  # noqa: E731
        # Of one person half of them at most.
        self.commands = Workers("command", commands, _COMMAND_S, overrun, most=max(1, commands // 2))
        self.quick = Workers("quick", _QUICK, _QUICK_S, overrun) if commands > 1 else self.commands
        self.sorting = Workers("sort", 1, _QUICK_S, overrun)  # in the order in which they came
        self.polls = Workers("poll", _POLLS, _POLL_S, overrun)
        self.previewing = Workers("preview", _PREVIEWS, _PREVIEW_S, overrun)
        self.previews = Previews(self.services.context, self._submit_preview)
        self.schedule = Schedule(
            store, self.services, self.polls, self.sorting, self.commands, self.quick, clock=time.time
        )
        self.draining = threading.Event()
        self._steps = ClockSteps(time.time)
        # What may hang with the database.
        self._ping, self._kept = Timely(store.ping), Timely(self._read_kept)
        self._next_time = Timely(store.outbox.next_time)

    # starting

    def start(self) -> None:
        """Delivery first, so that what was left over goes out; then intake; then the ticks."""
        self.services.adopt()
        if self.settings.database_url.startswith("sqlite"):  # one process at a time
            self.store.release_leases()
        self.delivery.start()
        for name, chat in self.chats.items():
            if self._can[name].previews and isinstance(chat, PreviewsLinks):
                chat.preview_with(self.previews.preview)
        for name, chat in self.chats.items():
            threading.Thread(target=self._connect, args=(name, chat), name=f"start-{name}", daemon=True).start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        self.store.clock_set_back(time.time())
        self.take_up()
        threading.Thread(target=self._take_up_regularly, name="take-up", daemon=True).start()
        self.schedule.start()

    def take_up(self) -> None:
        """Commands that were accepted and are not answered: of processes that died, also of other ones."""
        for event in self.services.answering.take_up():
            self._answer(event)

    def _mind_clock(self) -> None:
        """Due times are wall time, and somebody may set the clock, also while we do not run."""
        by = self._steps.by()
        if by < 0:
            log.warning("时钟被往回调了", seconds=round(-by))
            self.schedule.clock_set_back()
            self.store.clock_set_back(time.time())
        if by:
            self._steps.settle()

    def _take_up_regularly(self) -> None:
        while not self.draining.wait(_TAKE_UP_S):
            try:
                self._mind_clock()
                self.take_up()
                self.previews.refresh()
            except SQLAlchemyError as error:
                log.error("数据库不可用", job="take_up", error=type(error).__name__)
            except Exception:
                log.exception("定时任务出错", job="take_up")

    def receive(self, inbound: Inbound) -> None:
        """What a chat calls with everything it hears: keeps it and returns. On the way out it is for the next start."""
        event = self.services.answering.receive(inbound)
        if event is not None and not self.draining.is_set():
            self.services.answering.expect(event)
            self.sorting.submit(lambda: self._sort(event))

    def _sort(self, event: Event) -> None:
        """Only now it is understood, which takes seconds right after the start: it is acknowledged before that."""
        if not self._lane(Inbound.from_json(event.payload)).free:
            self.services.answering.expect(event, waits=True)
        self._answer(event)

    def _name_of(self, inbound: Inbound) -> str:
        chat = self.chats[inbound.address.platform]
        return chat.name_of(inbound) if isinstance(chat, KnowsPeople) else ""

    def _lane(self, inbound: Inbound) -> Workers:
        return self.commands if table.reads(inbound.text) else self.quick

    def _answer(self, event: Event) -> None:
        inbound = Inbound.from_json(event.payload)
        whose = f"{inbound.address.platform}:{inbound.user or inbound.address.channel}"
        self._lane(inbound).submit(lambda: self.services.answering.answer(event), whose=whose)

    @property
    def idle(self) -> bool:
        """Everything that was heard is answered."""
        return self.sorting.idle and self.commands.idle and self.quick.idle

    def _submit_preview(self, work: Callable[[], None]) -> bool:
        """False: there are too many already, or we are on our way out."""
        self.previewing.relieve()
        if self.draining.is_set() or self.previewing.queued >= _MOST_PREVIEWS:
            return False
        self.previewing.submit(work)
        return True

    def _may_ask(self, requests: int, asked: bool) -> bool:
        """Counts requests to the tracker, against the budget if there is one. Who asks is answered whatever it says."""
        per_minute = self.settings.config.wandb.requests_per_minute
        if per_minute is not None:
            now = time.time()
            if not self.store.draw(WANDB.name, requests, per_minute=per_minute, now=now, always=asked):
                return False
        self.metrics.requests.labels("person" if asked else "watch").inc(requests)
        return True

    def _warm_up(self) -> None:
        """Loads what plain speech is understood by, and the tracker's client, before anybody waits for it."""
        likeness.known()
        try:
            self._sources.check()
        except SourceError as error:
            log.warning(f"{WANDB.name} 暂时用不了", reason=str(error))

    def _connect(self, name: str, chat: Chat) -> None:
        """Tries until it works: one platform that is away must not stop the other."""
        pause = 2.0
        while not self.draining.is_set():
            try:
                chat.start(self.receive)
                return
            except Exception as error:
                self._away.add(name)
                log.error("连不上聊天平台，稍后再试", platform=name, error=str(error)[:200], retry_s=pause)
            self.draining.wait(pause)
            pause = min(60.0, 2 * pause)

    def wait_connected(self, timeout_s: float) -> dict[str, bool]:
        """Platform -> whether it hears; waits for all that have not failed yet, at most so long."""
        until = time.monotonic() + timeout_s
        while True:
            state = {name: chat.connected() for name, chat in self.chats.items()}
            if (
                all(up or name in self._away for name, up in state.items())
                or time.monotonic() > until
                or self.draining.is_set()
            ):
                return state
            self.draining.wait(0.05)

    # health

    def ready(self) -> bool:
        """The database takes what is written, and we are not on our way out."""
        if self.draining.is_set():
            return False
        try:
            self._ping(_ANSWER_S)
        except (SQLAlchemyError, OSError):  # a TimeoutError is one
            return False
        return True

    def healthy(self) -> bool:
        """The loops turn. Says nothing of vendors and database: their outage must not restart us."""
        now = time.monotonic()
        return now - self.schedule.beat < _STALE_S and now - self.delivery.beat < _STALE_S

    def sockets(self) -> list[str]:
        """A line for each platform: whether it hears, and how often it was connected anew."""
        again = self._reconnects()
        return [
            f"{name} {'connected' if chat.connected() else 'disconnected'}"
            + (f", {again[name]:.0f} reconnects" if name in again else "")
            for name, chat in self.chats.items()
        ]

    def _reconnects(self) -> dict[str, float]:
        return {name: float(chat.reconnects()) for name, chat in self.chats.items() if isinstance(chat, KeepsSocket)}

    def _readings(self) -> dict[str, dict[str, float]]:
        """Without what only the database knows, when that does not answer in time."""
        try:
            kept = {"database_up": {"": 1.0}} | self._kept(_ANSWER_S)
        except (SQLAlchemyError, TimeoutError):
            kept = {"database_up": {"": 0.0}}
        shut = self.delivery.shut_out()
        return kept | {
            "shut_out": {name: float(name in shut) for name in self.chats},
            "ws_connected": {name: float(chat.connected()) for name, chat in self.chats.items()},
            "ws_reconnects_total": self._reconnects(),
        }

    def _read_kept(self) -> dict[str, dict[str, float]]:
        now = time.time()
        due, oldest = self.store.oldest_due(), self.store.outbox.oldest_open()
        return {
            "outbox": {state: float(n) for state, n in self.store.outbox.counts().items()},
            "outbox_oldest_seconds": {"": max(0.0, now - oldest) if oldest is not None else 0.0},
            "watches": {state: float(n) for state, n in self.store.count_watches().items()},
            "due_lag_seconds": {"": max(0.0, now - due) if due is not None else 0.0},
        }

    def _observe(self, outcome: Outcome) -> None:
        self.metrics.deliveries.labels(outcome.platform, outcome.result).inc()
        if outcome.result in ("sent", "found"):
            return
        if outcome.result == "shut_out":
            self._shut_out(outcome)
            return
        log.warning(
            "投递", result=outcome.result, dest=str(outcome.dest), key=(outcome.key or "")[:12], detail=outcome.detail
        )
        if outcome.result in ("dead", "expired") and outcome.dest != self.settings.config.admin:
            day = f"{outcome.result}:{time.time() // 86_400:.0f}"
            self.services.context.notices.tell_admin(
                f"有消息发不到 {outcome.dest}：{outcome.detail or '过期未发出'}",
                subject=str(outcome.dest),
                transition=day,
            )

    def _shut_out(self, outcome: Outcome) -> None:
        """A platform takes nothing: its messages wait. Said where something can still be said."""
        log.error("平台什么都不收，消息先留着", platform=outcome.platform, detail=outcome.detail)
        admin = self.settings.config.admin
        if admin is not None and admin.platform != outcome.platform:
            self.services.context.notices.tell_admin(
                f"消息发不出去：{outcome.detail}。凭据或额度恢复后会自动补发，超过一天的除外。",
                subject=f"shut_out:{outcome.platform}",
                transition=f"{time.time() // 3600:.0f}",
            )

    # stopping

    def stop(self) -> None:
        """Intake, ticks, answers under way, sends under way, database. Under 8 s."""
        self.draining.set()
        self.schedule.stop()
        closing = [threading.Thread(target=chat.stop, daemon=True) for chat in self.chats.values()]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(2.0)
        wait_until(lambda: self.idle, 2.0)
        self.sorting.stop()
        self.commands.stop()
        self.quick.stop()
        self.polls.stop()
        self.previewing.stop()
        wait_until(self._sent, 2.0)
        self.delivery.stop(1.5)
        self.store.close()

    def _sent(self) -> bool:
        """Whether nothing is due any more, as far as the database tells."""
        try:
            due = self._next_time(0.5)
        except (SQLAlchemyError, TimeoutError):
            return True
        return due is None or due > time.time()


def wait_until(done: Callable[[], bool], timeout_s: float) -> None:
    """At most so long."""
    until = time.monotonic() + timeout_s
    while not done() and time.monotonic() < until:
        time.sleep(0.02)


def chats(settings: Settings, *, http: bool) -> dict[str, Chat]:
    """A chat for each platform that is switched on. Raises SettingsError when there is none."""
    wanted = settings.switched_on()
    if not wanted:
        variables = "、".join(p.variable for p in settings.platforms if p.credentials is not None)
        raise SettingsError([f"{variables}：一个都没有，没有平台可启动（在终端里试用 curvebot chat）"])
    if not http and (deaf := [c.missing_for_socket for c in wanted.values() if c.missing_for_socket is not None]):
        raise SettingsError([f"{variable}：没有它就要用 --http 收事件" for variable in deaf])
    return {name: credentials.chat(http=http) for name, credentials in wanted.items()}
