"""The running bot as a whole, without platforms of its own."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import settings
from bot.address import Address
from bot.app import App, open_store
from bot.chats import Inbound, Post
from bot.delivery import Outcome
from bot.services.answering import PLACEHOLDER
from bot.store.store import Store
from tests.fakes.mute_chat import MuteChat


class Noticeboard(MuteChat):
    def __init__(self) -> None:
        self.shown: list[str] = []

    def send(self, post: Post) -> str:
        assert post.message is not None
        self.shown.append(post.message.title)
        return f"m{len(self.shown)}"

    def find(self, post: Post, since: float) -> str | None:
        return None


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in settings.variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def board() -> Noticeboard:
    return Noticeboard()


@pytest.fixture
def app(environment: Path, board: Noticeboard) -> Iterator[App]:
    """One that is not started."""
    (environment / "c.yaml").write_text("admin: feishu:oc_ops")
    told = settings.load(environment / "c.yaml")
    made = App(told, {"feishu": board}, store=Store.open(told.database_url))
    yield made
    made.sorting.stop()
    made.commands.stop()
    made.polls.stop()
    made.previewing.stop()
    made.store.close()


def test_it_is_not_ready_without_room_for_what_it_is_to_keep(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.ready()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 20))
    assert not app.ready()


def test_it_is_not_ready_while_nothing_can_be_written(app: App, environment: Path) -> None:
    with sqlite3.connect(environment / ".curvebot" / "curvebot.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not app.ready()
        assert "curvebot_database_up 1.0" in app.metrics.text().decode()  # it can be read
        other.execute("ROLLBACK")
    other.close()


def test_who_is_heard_does_not_wait_to_be_understood(
    app: App, board: Noticeboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What that takes is loaded with the first sentence, and a platform waits for two seconds."""
    understood = threading.Event()
    monkeypatch.setattr(app, "_lane", lambda inbound: app.quick if understood.wait(60) else app.commands)

    app.receive(Inbound("e-1", Address.parse("feishu:oc_1"), "help"))

    until = time.monotonic() + 60
    while not board.shown and time.monotonic() < until:
        app.delivery.drain_once(time.time())
    assert board.shown == [PLACEHOLDER] and not app.idle
    understood.set()
    while not app.idle and time.monotonic() < until:
        time.sleep(0.001)
    app.delivery.drain_once(time.time())
    assert len(board.shown) == 2


@pytest.mark.parametrize("platform", ["slack", "feishu"])
def test_a_platform_that_shuts_us_out_is_told_where_it_can_be(app: App, board: Noticeboard, platform: str) -> None:
    for _ in range(2):
        app._observe(Outcome(platform, "shut_out", None, detail="Bot Token 已撤销"))
    app.delivery.drain_once(time.time() + 1)

    assert [("已撤销" in text and "补发" in text) for text in board.shown] == ([True] if platform == "slack" else [])


def test_a_clock_set_back_stops_no_tick(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither APScheduler's, which waits for wall time, nor the watches."""
    real, behind = dt.datetime, [dt.timedelta()]

    class Set(real):  # type: ignore[valid-type, misc]
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return real.now(tz) - behind[0]

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Set)
    monkeypatch.setattr("bot.schedule.dt.datetime", Set)
    app.schedule.start()
    behind[0] = dt.timedelta(hours=1)
    time.sleep(1.2)  # the tick that was due
    before = app.schedule.beat
    time.sleep(1.2)
    assert app.schedule.beat == before
    app.schedule.clock_set_back()
    until = time.monotonic() + 60
    while app.schedule.beat < before + 2:
        assert time.monotonic() < until
        time.sleep(0.02)
    app.schedule.stop()


def test_who_sets_the_clock_is_noticed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(app.schedule, "clock_set_back", lambda: told.append("ticks"))
    monkeypatch.setattr(app.store, "clock_set_back", lambda now: told.append("watches"))
    now = time.time
    app._mind_clock()
    assert told == []
    monkeypatch.setattr(app._steps, "_clock", lambda: now() - 600)
    app._mind_clock()
    app._mind_clock()

    assert told == ["ticks", "watches"]


def newer(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def no_database(file: Path) -> None:
    file.write_bytes(b"not a database at all" * 1000)


def torn(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * len(content[4096:])
    file.write_bytes(content)


@pytest.mark.parametrize(("spoil", "part"), [(newer, "升级 curvebot"), (no_database, "已损坏"), (torn, "已损坏")])
def test_a_database_that_cannot_be_used_is_named(environment: Path, spoil: Callable[[Path], None], part: str) -> None:
    told = settings.load()
    Store.open(told.database_url).close()
    spoil(environment / ".curvebot" / "curvebot.db")

    with pytest.raises(settings.SettingsError, match=part):
        open_store(told)


def test_a_database_that_may_only_be_read_is_named(environment: Path) -> None:
    told = settings.load()
    Store.open(told.database_url).close()
    file = environment / ".curvebot" / "curvebot.db"

    with pytest.raises(settings.SettingsError, match="没有写权限"):
        open_store(told, f"sqlite:///file:{file}?mode=ro&uri=true")
