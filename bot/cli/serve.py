"""`curvebot serve`: the bot as a process, from its start to its signals' end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import NoReturn

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.app import App, chats, claim, open_store, unusable
from bot.charting import ChartProcess
from bot.http import Events, HttpServer, Site
from bot.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

_STOP_S = 9.0  # at most, from the signal to the end
# A thread that hears or sends gets its turn among those that compute after so long: the usual 5 ms add up.
_TURN_S = 0.001


def serve(settings: Settings, http: tuple[str, int] | None) -> int:
    """Runs until SIGTERM or SIGINT. Does not return then: it leaves by `os._exit`, since threads of the SDKs and a
    hanging wandb may keep the interpreter from ever finishing.
    """
    platforms = chats(settings, http=http is not None)
    sys.setswitchinterval(_TURN_S)
    logs.configure(secrets=settings.secrets(), libraries=settings.libraries())
    alone = claim(settings)  # held until the end
    charting = ChartProcess()
    app = App(settings, platforms, store=open_store(settings), draw=charting.draw)
    server = _http_server(app, http) if http is not None else None
    stop, got = threading.Event(), list[int]()
    on_signals(stop, got)
    notify = Notify(os.environ.get("NOTIFY_SOCKET"))
    if server is not None:
        server.start()
    try:
        app.start()
    except SQLAlchemyError as error:
        raise unusable(error) from None
    threading.Thread(target=charting.start, name="chart-process-start", daemon=True).start()
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
    charting.stop()
    del alone
    return leave(exit_code(got[0]))


def events(app: App) -> dict[str, Events]:
    """The HTTP endpoints of the platforms whose signatures can be checked."""
    return {name: chat.events for name, chat in app.chats.items() if app.settings.credentials[name].signed}


def _http_server(app: App, address: tuple[str, int]) -> HttpServer:
    site = Site(
        healthy=app.healthy,
        ready=app.ready,
        metrics=app.metrics,
        pages=app.pages,
        events=events(app),
        state=app.sockets,
    )
    try:
        return HttpServer(site, *address)
    except OSError as error:
        raise SettingsError([f"--http：{address[0]}:{address[1]} 用不了（{error.strerror}）"]) from None


def _ready_line(app: App, connected: Mapping[str, bool], server: HttpServer | None) -> str:
    parts = [f"{name} {'已连接' if up else '连接中'}" for name, up in connected.items()]
    if server is not None:
        parts.append(f"HTTP 端口 {server.port}")
    parts.append(f"关注 {app.store.count_watches(runs_only=True)['active']} 个 run")
    return "curvebot 就绪：" + " · ".join(parts)


def on_signals(stop: threading.Event, got: list[int]) -> None:
    """The first SIGTERM or SIGINT asks to stop; the second one leaves at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        if got:
            os._exit(exit_code(number))
        got.append(number)
        stop.set()
        # Whatever hangs: a manager that sent the signal kills us after ten seconds, and then nothing is flushed.
        late = threading.Timer(_STOP_S, leave, [exit_code(number)])
        late.daemon = True
        late.start()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def exit_code(number: int) -> int:
    """SIGTERM is how a service ends; Ctrl-C is a person's."""
    return 130 if number == signal.SIGINT else 0


def leave(code: int) -> NoReturn:
    """Ends the process, whatever still hangs in it."""
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
