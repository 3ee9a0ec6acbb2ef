"""The webhook, to a receiver that does what the document says."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot import settings
from bot.address import Address
from bot.app import App, chats, open_store
from bot.chats import DeliveryError, NotSent, Post, Refused, ShutOut, Unclear
from bot.chats.webhook.chat import WebhookChat
from bot.chats.webhook.wire import encoded, event, headers, key_of
from bot.cli.check import check
from bot.delivery import Delivery, Timing
from bot.outgoing import Outgoing
from bot.platforms import WEBHOOK
from bot.render.message import Button, Item, Message, Section
from bot.store.store import Store
from tests.fakes.server import authority, free_port, server_context
from tests.fakes.wandb_server import WandbServer
from tests.fakes.webhook_server import SECRET, WebhookServer
from tests.test_third_platform import rows

OPS = Address("webhook", "ops")
ALARM = Message(
    "act-uot：mass 低于 0.1",
    "critical",
    "训练中",
    items=(Item("mass 0.01", "critical", ("第 30 步起",), "先看代价", 1),),
    sections=(Section("", ("一行",)),),
    facts="L1 0.5",
    chart_alt="图",
    buttons=(
        Button("静音", "/curve mute r1"),
        Button("打开", url="https://wandb.ai/x"),
        Button("?", url="javascript:x"),
    ),
    footer="30 行",
)
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "webhook.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as running:
        yield running


@pytest.fixture
def chat(server: WebhookServer) -> WebhookChat:
    return WebhookChat(server.url, key_of(SECRET), timeout_s=1)


def post(key: str = "a" * 40, **more: Any) -> Post:
    return Post(key, OPS, ALARM, kind="alert", about="team/robot/r1", **more)


def test_a_message_arrives_signed(server: WebhookServer, chat: WebhookChat) -> None:
    assert chat.send(post(chart=b"\x89PNG")) == "a" * 40
    [told] = server.posted
    CHECK.validate(told)
    message = told.pop("message")
    assert told == {
        "schema": 1,
        "type": "message.posted",
        "id": "a" * 40,
        "kind": "alert",
        "channel": "ops",
        "thread": None,
        "edits": None,
        "run": "team/robot/r1",
    }
    assert (message["severity"], message["title"]) == ("critical", "act-uot：mass 低于 0.1")
    assert message["items"] == [
        {"severity": "critical", "headline": "mass 0.01", "evidence": ["第 30 步起"], "advice": "先看代价"}
    ]
    assert message["links"] == [{"label": "打开", "url": "https://wandb.ai/x"}]  # nobody can press anything here
    assert message["text"].splitlines()[0] == "🔴 act-uot：mass 低于 0.1"
    assert "静音" not in message["text"] and "〔" not in message["text"]


def test_an_edit_and_what_stands_under_it_name_the_first(server: WebhookServer, chat: WebhookChat) -> None:
    root = chat.send(post())
    assert chat.send(post("b" * 40, edits=root)) == root
    chat.send(post("c" * 40, root_message_id=root))
    _, edit, under = server.posted
    assert (edit["type"], edit["edits"], edit["thread"]) == ("message.edited", root, None)
    assert (under["type"], under["edits"], under["thread"]) == ("message.posted", None, root)


@pytest.mark.parametrize("change", ["secret", "body", "age"])
def test_what_is_not_genuine_is_told_apart(change: str, server: WebhookServer, chat: WebhookChat) -> None:
    """By what the document gives receivers."""
    if change == "secret":
        server.secret = "whsec_" + base64.b64encode(b"x" * 32).decode()
        with pytest.raises(ShutOut):
            chat.send(post())
        assert server.events == {}
        return
    body = encoded(event(post()))
    signed = headers("a" * 40, body, key_of(SECRET), time.time() - (301 if change == "age" else 0))
    genuine = server._genuine
    assert not genuine(signed, body + b" " if change == "body" else body, SECRET)
    assert genuine(headers("a" * 40, body, key_of(SECRET), time.time()), body, SECRET)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of their specification."""
    signed = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        1614265330,
    )
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("500", Unclear),
        ("502", Unclear),
        ("408", Unclear),
        ("503", NotSent),
        ("429", NotSent),
        ("401", ShutOut),
        ("403", ShutOut),
        ("400", Refused),
        ("404", Refused),
        ("410", Refused),
        ("413", Refused),
        ("307", Refused),
        ("hang", Unclear),
        ("reset", Unclear),
        ("lost", Unclear),
    ],
)
def test_what_an_answer_means(fault: str, error: type[DeliveryError], server: WebhookServer, chat: WebhookChat) -> None:
    server.fail("/", fault)
    with pytest.raises(error) as caught:
        chat.send(post())
    assert type(caught.value) is error
    assert (caught.value.retry_after == 7.0) if fault == "429" and isinstance(caught.value, NotSent) else True
    assert [name for name, _ in server.calls] == ["/"]  # a redirect is not followed
    assert "127.0.0.1" not in str(caught.value) and "secret" not in str(caught.value)


def test_what_never_left_is_not_sent() -> None:
    with pytest.raises(NotSent) as caught:
        WebhookChat(f"http://127.0.0.1:{free_port()}/token-in-the-path", key_of(SECRET)).send(post())
    assert "token" not in str(caught.value)


def test_every_try_is_the_same_event(server: WebhookServer, tmp_path: Path) -> None:
    """Through the outbox: what failed is tried again, what arrived unseen is a repetition that the id tells."""
    now = [1_760_000_000.0]
    store = Store.open(f"sqlite:///{tmp_path / 'db'}")
    told: list[str] = []
    delivery = Delivery(
        store.outbox,
        {"webhook": WebhookChat(server.url, key_of(SECRET), timeout_s=1)},
        can={"webhook": WEBHOOK.can},
        clock=lambda: now[0],
        chance=lambda: 0.5,
        observe=lambda outcome: told.append(outcome.result),
        timing=Timing(settle_s=1.0),
    )
    for fault in ("500", "429", "lost"):
        server.fail("/", fault)
    alarm = Outgoing(OPS, "alert", "i1", "opened", ALARM, critical=True, about="team/robot/r1")
    store.enqueue([alarm], now[0])
    for _ in range(20):
        delivery.drain_once(now[0])
        now[0] += 30.0
    store.close()

    assert told == ["unclear", "later", "unclear", "sent"]
    assert len(server.tries) == 2 and len(set(server.tries)) == 1  # lost, and once more: the same to the last byte
    assert [event["id"] for event in server.posted] == [alarm.key]
    assert "可能重复" not in server.posted[0]["message"]["text"]


def test_tls_by_an_authority_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with WebhookServer() as server:
        server._http.socket = server_context().wrap_socket(server._http.socket, server_side=True)
        chat = WebhookChat(f"https://localhost:{server.port}", key_of(SECRET), timeout_s=5)
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(NotSent, match="SSLError"):
            chat.send(post())
        monkeypatch.setenv("SSL_CERT_FILE", str(authority()))
        chat.send(post())
        assert len(server.posted) == 1


# as it is configured


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: WebhookServer) -> Path:
    for name in settings.variable_names():
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "secret").write_text(SECRET + "\n")
    monkeypatch.setenv("WEBHOOK_URL", f"{server.url}/hook?token=t0p")
    monkeypatch.setenv("WEBHOOK_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("CURVEBOT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.mark.parametrize(
    ("variables", "mistake"),
    [
        ({"WEBHOOK_URL": "hooks.example.com"}, "WEBHOOK_URL：要写成 https://主机 这样的网址"),
        ({"WEBHOOK_SECRET": "hunter2"}, "WEBHOOK_SECRET：要写成 whsec_ 加 24 到 64 字节的 base64"),
        ({"WEBHOOK_SECRET": "whsec_c2hvcnQ="}, "WEBHOOK_SECRET：要写成 whsec_ 加 24 到 64 字节的 base64"),
        ({}, "WEBHOOK_SECRET：有 WEBHOOK_URL 时还要它"),
    ],
)
def test_mistakes(variables: dict[str, str], mistake: str, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEBHOOK_SECRET_FILE")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(settings.SettingsError) as error:
        settings.load()
    assert any(told.startswith(mistake) for told in error.value.mistakes)
    assert "hunter2" not in str(error.value)


def test_check_sends_a_ping(environment: Path, server: WebhookServer) -> None:
    out = io.StringIO()
    assert check(None, online=True, out=out)
    assert "✓ Webhook：接收端收下了一条 ping" in out.getvalue()
    [ping] = server.events.values()
    CHECK.validate(ping)
    assert ping == {"schema": 1, "type": "ping"}

    server.fail("/hook", "401")
    out = io.StringIO()
    assert not check(None, online=True, out=out)
    assert "✗ Webhook：Webhook：HTTP 401，接收端不认签名" in out.getvalue()
    assert "t0p" not in out.getvalue()


def configured(folder: Path, access: str) -> Path:
    path = folder / "c.yaml"
    path.write_text(
        f"""
wandb: {{entity: team, project: robot}}
alerts: {{group_wait: 0s}}
watch: {{runs: [{{run: team/robot/r1, to: ["webhook:ops"], interval: 1s}}]}}
thresholds: [{{name: floor, metric: train/mass, below: 0.1, for: 3, severity: critical}}]
access: {access}
"""
    )
    return path


def test_what_access_does_not_name_is_refused(environment: Path) -> None:
    for access in ("{slack: {channels: [C1]}}", "{webhook: {channels: [other]}}"):
        out = io.StringIO()
        assert not check(configured(environment, access), online=False, out=out)
        assert out.getvalue() == "✗ watch.runs[0].to[0]：access 没有开通 webhook:ops\n"


def test_what_a_watch_tells(environment: Path, server: WebhookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole bot: an alert, and its end as an edit and as a message under it."""
    config = configured(environment, "{webhook: {channels: [ops]}}")
    with WandbServer() as wandb:
        wandb.add_run("team", "robot", "r1", rows(0, [1.0] * 30), name="act-uot")
        monkeypatch.setenv("WANDB_API_KEY", wandb.api_key)
        monkeypatch.setenv("WANDB_BASE_URL", wandb.url)
        loaded = settings.load(config)
        app = App(loaded, chats(loaded, http=False), store=open_store(loaded))
        app.start()
        try:
            wandb.append("r1", rows(30, [0.01] * 5))
            server.wait(lambda s: any(e["kind"] == "alert" for e in s.posted), 60)
            wandb.append("r1", rows(35, [1.0] * 12))
            server.wait(lambda s: any(e["kind"] == "resolve" for e in s.posted), 60)
            server.wait(lambda s: any(e["type"] == "message.edited" for e in s.posted), 60)
        finally:
            app.stop()
    alert = next(e for e in server.posted if e["kind"] == "alert")
    end = next(e for e in server.posted if e["kind"] == "resolve" and e["type"] == "message.posted")
    edit = next(e for e in server.posted if e["type"] == "message.edited")
    for told in server.posted:
        CHECK.validate(told)
    assert (alert["run"], alert["message"]["severity"], alert["thread"]) == ("team/robot/r1", "critical", None)
    assert (end["thread"], edit["edits"]) == (alert["id"], alert["id"])


def test_it_hears_nothing(chat: WebhookChat) -> None:
    chat.start(lambda inbound: pytest.fail("nobody speaks"))
    assert chat.connected()
    assert chat.events({}, b"{}")[0] == 404
    chat.stop()
