"""A platform that nobody in `bot/` knows: its record alone has it configured, checked, answered, alerted, edited."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import settings
from bot.app import App, chats, open_store
from bot.cli.check import check
from bot.cli.serve import events
from bot.platforms import PLATFORMS
from bot.services.answering import PLACEHOLDER
from bot.settings import SettingsError
from tests.fakes.wandb_server import Row, WandbServer
from tests.relay import wire
from tests.relay.record import RELAY
from tests.relay.server import TOKEN, RelayServer

ALL = (*PLATFORMS, RELAY)
CONFIG = """
wandb: {entity: team, project: robot}
alerts: {group_wait: 0s}
thresholds: [{name: floor, metric: train/mass, below: 0.1, for: 3, severity: critical}]
admin: "relay:team"
"""


def rows(first: int, mass: list[float]) -> list[Row]:
    """From a step on, one a second and the last of all just now, so that nothing else is wrong with the run."""
    begin = time.time() - 60
    return [{"_step": first + i, "_timestamp": begin + first + i, "train/mass": m} for i, m in enumerate(mass)]


@pytest.fixture
def relay() -> Iterator[RelayServer]:
    with RelayServer() as server:
        yield server


@pytest.fixture
def wandb() -> Iterator[WandbServer]:
    with WandbServer() as server:
        server.add_run("team", "robot", "r1", rows(0, [1.0] * 30), name="act-uot")
        yield server


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, relay: RelayServer, wandb: WandbServer) -> Path:
    """The variables of the bot; the path of its configuration."""
    for name in settings.variable_names(ALL):
        monkeypatch.delenv(name, raising=False)
    known = {
        "RELAY_TOKEN": TOKEN,
        "RELAY_SECRET": "relay-secret",
        "RELAY_URL": relay.url,
        "WANDB_API_KEY": wandb.api_key,
        "WANDB_BASE_URL": wandb.url,
        "CURVEBOT_STATE_DIR": str(tmp_path / "state"),
    }
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "c.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path / "c.yaml"


def started(path: Path) -> App:
    loaded = settings.load(path, ALL)
    app = App(loaded, chats(loaded, http=False), store=open_store(loaded))
    app.start()
    return app


def test_a_question_an_answer_an_alert_and_an_edit(environment: Path, relay: RelayServer, wandb: WandbServer) -> None:
    app = started(environment)
    try:
        relay.say("team", "/curve r1")
        [card] = relay.wait(lambda s: [text for text in s.texts("team") if text != PLACEHOLDER], 60)
        image = relay.wait(lambda s: [m for m in s.messages.values() if "image" in m], 60)
        relay.say("team", "/curve watch r1 every 1s")
        relay.wait(lambda s: "已关注" in s.texts("team")[-1], 60)
        wandb.append("r1", rows(30, [0.01] * 5))
        relay.wait(lambda s: "floor" in s.texts("team")[-1], 60)
        alert = relay.texts("team")[-1]
        wandb.append("r1", rows(35, [1.0] * 12))
        relay.wait(lambda s: any("已恢复" in text for text in s.texts("team")), 60)
    finally:
        app.stop()
    told = next(i for i, m in relay.messages.items() if "已恢复" in m.get("text", "") and m["under"] is None)

    assert "act-uot" in card
    assert "完整报告：/curve full team/robot/r1" in card  # it has no buttons
    assert image[0]["image"].startswith(b"\x89PNG") and image[0]["under"] == "m1"
    assert alert.startswith("🔴")
    assert "已恢复" not in alert
    assert len(relay.texts("team")) == 3  # the alert was edited, and told of in its thread
    assert [text for text in relay.texts("team", under=told) if "已恢复" in text]


def test_access_refuses_it_until_it_is_named(environment: Path, relay: RelayServer) -> None:
    def answers(access: str) -> tuple[str, str]:
        environment.write_text(f"{CONFIG}access: {access}\n", encoding="utf-8")
        app = started(environment)
        try:
            rooms = ("team", "elsewhere")
            before = {room: len(relay.texts(room)) for room in rooms}
            for room in rooms:
                relay.say(room, "help")
            relay.wait(lambda s: all(len(s.texts(room)) > before[room] for room in rooms), 60)
        finally:
            app.stop()
        one, other = (relay.texts(room)[-1] for room in rooms)
        return one, other

    refused = "这个频道没有开通，请管理员把它加进配置的 access"

    assert answers("{slack: {channels: [C1]}}") == (refused, refused)
    allowed, other = answers("{slack: {channels: [C1]}, relay: {rooms: [team]}}")
    assert "/curve watch" in allowed and other == refused


def test_its_events_over_http_are_checked(environment: Path, relay: RelayServer) -> None:
    app = started(environment)
    body = json.dumps({"id": "http-1", "room": "team", "user": "bob", "text": "help"}).encode()
    try:
        endpoint = events(app)["relay"]
        wrong = endpoint({"x-relay-signature": "0"}, body)
        right = endpoint({"x-relay-signature": wire.signature(body, "relay-secret")}, body)
        relay.wait(lambda s: s.texts("team"), 60)
    finally:
        app.stop()

    assert (wrong[0], right[0]) == (401, 200)


def test_check_tries_it(environment: Path) -> None:
    out = io.StringIO()

    assert check(environment, online=True, out=out, platforms=ALL)
    assert "✓ Relay：curvebot" in out.getvalue()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "admin: relay",
            "admin：“relay”不是地址，要写成 slack:C0TEAM、feishu:oc_team、webhook:ops、console: 或 relay:team 这样",
        ),
        ("access: {relay: {romms: []}}", "access.relay.romms：没有这个键，是不是 rooms？"),
    ],
)
def test_mistakes_know_it(environment: Path, text: str, mistake: str) -> None:
    environment.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as error:
        settings.load(environment, ALL)
    assert error.value.mistakes == [mistake]


def test_without_its_record_there_is_none(environment: Path) -> None:
    with pytest.raises(SettingsError, match="relay:team"):
        settings.load(environment)
