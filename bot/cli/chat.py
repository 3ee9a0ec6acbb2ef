"""`curvebot chat`: the bot for one person, on the terminal or as a page in the browser."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from wsgiref.types import WSGIApplication

from bot import logs
from bot.app import App, claim, open_store, wait_until
from bot.chats.page.chat import PageChat
from bot.chats.page.site import STREAM, PageSite
from bot.chats.terminal import TerminalChat
from bot.cli.serve import exit_code, leave, on_signals
from bot.http import HttpServer, report
from bot.platforms import CONSOLE, CONSOLE_PAGE, Platform
from bot.render.chat_page import Example, Suggestion, chat_page
from bot.services.commands import table
from bot.settings import Settings, SettingsError
from bot.settings.configuration import Access, Local
from bot.sources.wandb.record import WANDB

SAMPLE = "64wxlc3y.parquet"
USUAL_PORT = 8765
_LOOK_S = 0.5
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_EXAMPLES = (
    Example(f"/curve {SAMPLE}", "诊断自带的样例 run"),
    Example(f"/curve full {SAMPLE}", "它的完整报告，曲线可以放大"),
    Example(f"/curve why {SAMPLE} 1", "第 1 条是怎么判断的"),
    Example("/curve help", "还能做什么"),
)


def terminal(settings: Settings) -> int:
    """The terminal as a chat platform, until its input ends."""
    settings, database = _own(settings, CONSOLE)
    alone = claim(settings, database)  # held until the end
    store = open_store(settings, database)
    chat = TerminalChat(sys.stdout, settings.env.curvebot_state_dir / "charts", lines=sys.stdin)
    if sys.stdin.isatty():
        greeting = f"输入 /curve <run>（自带样例：/curve {SAMPLE}），/curve help 看全部用法，exit 退出。"
        sys.stdout.writelines(f"{said}\n" for said in (greeting, *_hints(settings)))
    # One person, one answer after the other, in the order of the questions.
    app = App(settings, {CONSOLE.name: chat}, store=store, commands=1)
    app.start()
    chat.wait()
    wait_until(lambda: app.idle, 60.0)
    app.stop()
    del alone
    return leave(0)


def page(settings: Settings, address: tuple[str, int]) -> int:
    """A page in the browser as a chat platform, until SIGTERM or Ctrl-C. Port 0: the usual one, or a free one.

    Raises SettingsError for an address that others could reach, or that cannot be had.
    """
    settings, database = _own(settings, CONSOLE_PAGE)
    chat = PageChat(CONSOLE.address)
    token = secrets.token_urlsafe(32)
    html = chat_page(token=token, suggestions=list(_suggestions()), examples=_EXAMPLES, hints=_hints(settings))
    site = PageSite(chat, html, token=token, report=lambda name: report(app.pages, name))
    server = listen(site, *address)
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    site.allow(f"{name}:{server.port}" for name in (*_LOCAL, host))
    url = f"http://{host}:{server.port}/"
    # Full reports are read here, whatever address those of the team's bot have.
    settings = replace(settings, env=settings.env.model_copy(update={"curvebot_public_url": url}))
    alone = claim(settings, database)  # held until the end
    app = App(settings, {CONSOLE.name: chat}, store=open_store(settings, database))
    stop, got = threading.Event(), list[int]()
    on_signals(stop, got)
    app.start()
    server.start()
    sys.stdout.write(f"在浏览器里打开 {url}（只有本机能打开，Ctrl-C 结束）\n")
    sys.stdout.flush()
    while not stop.wait(_LOOK_S):  # a signal that comes just before a wait without an end does not end it
        pass
    app.stop()
    server.stop()
    del alone
    return leave(exit_code(got[0]))


def _own(settings: Settings, console: Platform) -> tuple[Settings, str]:
    """For a chat of its own: its settings, and its database. Sets up the log."""
    logs.configure(secrets=settings.secrets(), libraries=settings.libraries(), human=True, level=logging.ERROR)
    config = settings.config
    own = {
        # Whoever types here runs the program: of `access` only the projects count.
        "access": Access(projects=config.access.projects),
        # What the file says is watched, and told to whom, is the server's business.
        "watch": config.watch.model_copy(update={"runs": []}),
        "digests": [],
        "local": Local(roots=[*config.local.roots, Path(str(resources.files("bot") / "samples"))]),
    }
    platforms = tuple(console if platform.name == console.name else platform for platform in settings.platforms)
    settings = replace(settings, config=config.model_copy(update=own), platforms=platforms)
    # A database of its own: with the server's it would take that one's watches, and could not deliver them.
    return settings, f"sqlite:///{settings.env.curvebot_state_dir / 'chat.db'}"


def _suggestions() -> Iterator[Suggestion]:
    for command in table.COMMANDS:
        word = f"/curve {command.name}".rstrip()
        text = f"{word} " if "<" in command.usage or "[" in command.usage else word
        yield Suggestion(text, f"/curve {command.usage}", command.about, (command.name or "curve", *command.aliases))


def _hints(settings: Settings) -> list[str]:
    given = settings.env.wandb_api_key is not None
    tracker = f"自己的 run：粘贴 {WANDB.name} 链接，或写 entity/project/run_id"
    files = "本地历史文件、离线 run、TensorBoard 日志：放在配置 local.roots 列出的目录里，写文件名"
    return [tracker + ("。" if given else "（先设 WANDB_API_KEY 再启动）。"), f"{files}。"]


def listen(site: WSGIApplication, host: str, port: int) -> HttpServer:
    """A server of this machine's own. Port 0: the usual one, or a free one. Raises SettingsError."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise SettingsError([f"--web：没有 {host} 这个地址"]) from None
    if not all(ipaddress.ip_address(ip.partition("%")[0]).is_loopback for ip in found):
        raise SettingsError([f"--web：只能用本机地址，例如 127.0.0.1:{USUAL_PORT}；从别的机器看请用 ssh -L 转发"])
    for tried in (port,) if port else (USUAL_PORT, 0):
        try:
            return HttpServer(site, host, tried, streams=(STREAM,))
        except OSError as error:
            taken = error.strerror
    raise SettingsError([f"--web：{host}:{port} 用不了（{taken}）"])
