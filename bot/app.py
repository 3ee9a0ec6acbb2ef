"""The composition root: real parts put together, started and stopped in order."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from types import FrameType
from typing import NoReturn

import structlog
from pydantic import SecretStr
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from bot import logs
from bot.address import Address
from bot.chats import Chat, Inbound
from bot.delivery import Delivery, Outcome
from bot.http import Events, HttpServer, Site
from bot.metrics import Metrics
from bot.schedule import Schedule, Workers
from bot.services.services import Services
from bot.settings.configuration import Settings, SettingsError
from bot.sources import SourceError, Sources
from bot.store.pages import KeptPages
from bot.store.store import Store

log = structlog.get_logger(__name__)

_COMMANDS, _COMMAND_S = 4, 60.0  # threads, deadline
_POLLS, _POLL_S = 4, 90.0
_STALE_S = 30.0  # a loop that has not turned for so long is stuck


def open_store(settings: Settings, url: str | None = None) -> Store:
    """The database of the settings, or another one. Raises SettingsError when it cannot be had."""
    try:
        return Store.open(url or settings.database_url)
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        why = "连不上，或没有写权限"
        if isinstance(error, ArgumentError | NoSuchModuleError):
            why = "网址写得不对"
        elif isinstance(error, ModuleNotFoundError):
            why = f"缺驱动 {error.name}，装上 curvebot[postgres]"
        raise SettingsError([f"CURVEBOT_DATABASE_URL / CURVEBOT_STATE_DIR：数据库打不开（{why}）"]) from None


class App:
    """The running bot. `start`, then `stop`; nothing in it knows a platform."""

    def __init__(
        self,
        settings: Settings,
        chats: Mapping[str, Chat],
        *,
        store: Store,
        sources: Sources,
        commands: int = _COMMANDS,
    ) -> None:
        """`commands`: how many are answered at the same time."""
        self.settings, self.chats, self.store, self._sources = settings, chats, store, sources
        self._away: set[str] = set()  # platforms that could not be reached at the first try
        self.metrics = Metrics()
        self.metrics.build.labels(metadata.version("curvebot")).set(1)
        self.metrics.read_from(self._readings)
        self.pages = KeptPages(settings.env.curvebot_state_dir / "reports", settings.env.curvebot_public_url)
        self.delivery = Delivery(
            store.outbox, chats, clock=time.time, chance=random.random, observe=self._observe
        )  # chance only spreads retries
        self.services = Services.build(
            settings,
            store,
            sources,
            clock=time.time,
            inline_charts=self._inline_charts,
            pages=self.pages,
            metrics=self.metrics,
            wake=self.delivery.wake,
        )
        overrun = lambda kind: self.metrics.overruns.labels(kind).inc()  # noqa: E731
        self.commands = Workers("command", commands, _COMMAND_S, overrun)
        self.polls = Workers("poll", _POLLS, _POLL_S, overrun)
        self.schedule = Schedule(store, self.services, self.polls, self.commands, clock=time.time)
        self.draining = threading.Event()

    # starting

    def start(self) -> None:
        """Delivery first, so that what was left over goes out; then intake; then the ticks."""
        self.services.adopt()
        if self.settings.database_url.startswith("sqlite"):  # one process at a time
            self.store.release_leases()
        self.delivery.start()
        for name, chat in self.chats.items():
            threading.Thread(target=self._connect, args=(name, chat), name=f"start-{name}", daemon=True).start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        for event in self.store.unfinished(time.time()):
            self.commands.submit(lambda event=event: self.services.answering.answer(event))  # type: ignore[misc]
        self.schedule.start()

    def receive(self, inbound: Inbound) -> None:
        """What a chat calls with everything it hears: keeps it and returns. On the way out it is for the next start."""
        event = self.services.answering.receive(inbound)
        if event is not None and not self.draining.is_set():
            self.commands.submit(lambda: self.services.answering.answer(event))

    def _warm_up(self) -> None:
        """Loads wandb and starts its child before anybody waits for it."""
        try:
            self._sources.check()
        except SourceError as error:
            log.warning("W&B 暂时用不了", reason=str(error))

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
        """The database answers, and we are not on our way out."""
        if self.draining.is_set():
            return False
        try:
            self.store.ping()
        except SQLAlchemyError:
            return False
        return True

    def healthy(self) -> bool:
        """The loops turn. Says nothing of the vendors: their outage must not restart us."""
        turning = time.monotonic() - self.schedule.beat < _STALE_S
        return turning and time.time() - self.delivery.beat < _STALE_S

    def _readings(self) -> dict[str, dict[str, float]]:
        now = time.time()
        due, oldest = self.store.oldest_due(), self.store.outbox.oldest_open()
        watches = [w.state for w in self.store.watches()]
        return {
            "outbox": {state: float(n) for state, n in self.store.outbox.counts().items()},
            "outbox_oldest_seconds": {"": max(0.0, now - oldest) if oldest is not None else 0.0},
            "watches": {state: float(watches.count(state)) for state in ("active", "ended")},
            "due_lag_seconds": {"": max(0.0, now - due) if due is not None else 0.0},
            "ws_connected": {name: float(chat.connected()) for name, chat in self.chats.items()},
        }

    def _inline_charts(self, address: Address) -> bool:
        chat = self.chats.get(address.platform)
        return chat is None or chat.inline_charts

    def _observe(self, outcome: Outcome) -> None:
        self.metrics.deliveries.labels(outcome.platform, outcome.result).inc()
        if outcome.result in ("sent", "found"):
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
        _wait(lambda: self.commands.idle, 2.0)
        self.commands.stop()
        self.polls.stop()
        _wait(self._sent, 2.0)
        self.delivery.stop(1.5)
        self.store.close()

    def _sent(self) -> bool:
        due = self.store.outbox.next_time()
        return due is None or due > time.time()


def _wait(done: Callable[[], bool], timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    while not done() and time.monotonic() < until:
        time.sleep(0.02)


def platforms(settings: Settings, *, http: bool) -> dict[str, Chat]:
    """A chat for each platform whose credentials are present. Imports only those. Raises SettingsError for none."""
    env = settings.env
    chats: dict[str, Chat] = {}
    if env.slack_bot_token is not None:
        from bot.chats.slack.chat import SlackChat  # noqa: PLC0415

        if env.slack_app_token is None and not http:
            raise SettingsError(["SLACK_APP_TOKEN：没有它就要用 --http 收事件"])
        chats["slack"] = SlackChat(
            bot_token=env.slack_bot_token.get_secret_value(),
            app_token=_plain(env.slack_app_token),
            api_url=env.slack_api_url,
            signing_secret=_plain(env.slack_signing_secret) if http else None,
        )
    if env.feishu_app_id is not None and env.feishu_app_secret is not None:
        from bot.chats.feishu.chat import FeishuChat  # noqa: PLC0415

        chats["feishu"] = FeishuChat(
            app_id=env.feishu_app_id,
            app_secret=env.feishu_app_secret.get_secret_value(),
            domain=env.feishu_domain,
            encrypt_key=_plain(env.feishu_encrypt_key),
            verification_token=_plain(env.feishu_verification_token),
        )
    if not chats:
        raise SettingsError(
            ["SLACK_BOT_TOKEN、FEISHU_APP_ID：一个都没有，没有平台可启动（在终端里试用 curvebot chat）"]
        )
    return chats


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _events(settings: Settings, chats: Mapping[str, Chat]) -> dict[str, Events]:
    """The HTTP endpoints of the platforms whose signatures can be checked."""
    env = settings.env
    signed = {"slack": env.slack_signing_secret, "feishu": env.feishu_encrypt_key or env.feishu_verification_token}
    return {name: chat.events for name, chat in chats.items() if signed[name] is not None}  # type: ignore[attr-defined]


def serve(settings: Settings, http: tuple[str, int] | None) -> int:
    """Runs until SIGTERM or SIGINT. Does not return then: it leaves by `os._exit`, since threads of the SDKs and a
    hanging wandb may keep the interpreter from ever finishing.
    """
    chats = platforms(settings, http=http is not None)
    logs.configure(secrets=settings.env.secrets())
    app = App(settings, chats, store=open_store(settings), sources=settings.sources())
    server = _http_server(app, http) if http is not None else None
    stop, got = threading.Event(), list[int]()
    _on_signals(stop, got)
    notify = Notify(os.environ.get("NOTIFY_SOCKET"))
    if server is not None:
        server.start()
    app.start()
    connected = app.wait_connected(20.0)
    sys.stderr.write(_ready_line(app, connected, server) + "\n")
    sys.stderr.flush()
    notify.send("READY=1")
    while not stop.wait(5.0):
        if app.healthy():
            notify.send("WATCHDOG=1")
        else:
            log.error("主循环卡住，停止喂狗")
    notify.send("STOPPING=1")
    app.stop()
    if server is not None:
        server.stop()
    return _leave(_code(got[0]))


def chat(settings: Settings) -> int:
    """The terminal as a chat platform, until its input ends."""
    from bot.chats.terminal import TerminalChat  # noqa: PLC0415

    logs.configure(secrets=settings.env.secrets(), human=True, level=logging.ERROR)
    # A database of its own: with the server's it would take that one's watches, and could not deliver them.
    state = settings.env.curvebot_state_dir
    store = open_store(settings, f"sqlite:///{state / 'chat.db'}")
    terminal = TerminalChat(sys.stdout, state / "charts", lines=sys.stdin)
    if sys.stdin.isatty():
        sys.stdout.write("输入 /curve <run>，/curve help 看全部用法，exit 退出。\n")
    # One person, one answer after the other, in the order of the questions.
    app = App(settings, {"console": terminal}, store=store, sources=settings.sources(), commands=1)
    app.start()
    terminal.wait()
    _wait(lambda: app.commands.idle, 60.0)
    app.stop()
    return _leave(0)


def _http_server(app: App, address: tuple[str, int]) -> HttpServer:
    site = Site(
        healthy=app.healthy,
        ready=app.ready,
        metrics=app.metrics,
        pages=app.pages,
        events=_events(app.settings, app.chats),
    )
    try:
        return HttpServer(site, *address)
    except OSError as error:
        raise SettingsError([f"--http：{address[0]}:{address[1]} 用不了（{error.strerror}）"]) from None


def _ready_line(app: App, connected: Mapping[str, bool], server: HttpServer | None) -> str:
    parts = [f"{name} {'已连接' if up else '连接中'}" for name, up in connected.items()]
    if server is not None:
        parts.append(f"HTTP 端口 {server.port}")
    parts.append(f"关注 {sum(w.state == 'active' and w.kind == 'run' for w in app.store.watches())} 个 run")
    return "curvebot 就绪：" + " · ".join(parts)


def _on_signals(stop: threading.Event, got: list[int]) -> None:
    """The first SIGTERM or SIGINT asks to stop; the second one leaves at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        if got:
            os._exit(_code(number))
        got.append(number)
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def _code(number: int) -> int:
    """SIGTERM is how a service ends; Ctrl-C is a person's."""
    return 130 if number == signal.SIGINT else 0


def _leave(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


class Notify:
    """sd_notify: one datagram per message to the service manager's socket; nothing without one."""

    def __init__(self, address: str | None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def send(self, message: str) -> None:
        if self._address:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door, contextlib.suppress(OSError):
                door.sendto(message.encode(), self._address)
