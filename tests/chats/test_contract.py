"""What every chat platform must do, through its real SDK against a local server."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot import logs
from bot.address import Address
from bot.chats import Chat, Inbound, NotSent, Post, Refused, ShutOut, Unclear, intake
from bot.chats.feishu import lark
from bot.chats.feishu.chat import FeishuChat
from bot.chats.slack.chat import SlackChat
from bot.chats.sockets import Limits
from bot.platforms import PLATFORMS
from bot.render.message import Button, Item, Message, Section
from tests.fakes import feishu_cards, feishu_server, slack_server
from tests.fakes.cable import Cable
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.proxy import Proxy
from tests.fakes.server import PATIENCE_S, FakeServer, authority
from tests.fakes.slack_server import SlackServer

CAN = {record.name: record.can for record in PLATFORMS}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
CARD = Message(
    "act-uot-64wxlc3y：OT 没起作用，结果只能当纯 BC 基线",
    "critical",
    "已结束 · 20000 步 · 1 小时 30 分",
    items=(
        Item("π 总和 7.3e-12（经验上 0.1–1）", "critical", ("平均代价 1260，为 reg+tau 的 25.7 倍",), "先核对代价", 1),
        Item("隐变量未使用（KL 6.4e-4）", "info"),
    ),
    facts="L1 0.518 → 0.0508 · lr 1e-5",
    buttons=(Button("完整报告", "/curve full team/robot/64wxlc3y"), Button("打开 W&B", url="https://wandb.ai/x")),
    footer="1200 行全部读取",
)


@dataclass
class Platform:
    """One platform under test: its server, and how to make a chat for it."""

    server: Any
    address: Address
    create: str  # the call that posts
    words: Callable[[Any], str]
    make: Callable[..., Chat]
    under: Callable[[str], dict[str, str]]  # how a person's message says under which one it stands
    endpoint: str  # the call that tells where the socket is
    on: Callable[[Any], Platform]  # the same for another server

    def post(self, message: Message = CARD, key: str = "k" * 40, **more: Any) -> Post:
        return Post(key, self.address, message, **more)

    def shown(self) -> str:
        """What the last message says."""
        return self.words(self.server.messages[-1])


def slack(server: SlackServer) -> Platform:
    def make(
        token: str = server.bot_token, url: str = server.api_url, limits: Limits | None = None, timeout_s: int = 1
    ) -> Chat:
        more: Any = {} if limits is None else {"limits": limits, "ping_s": 0.3}
        return SlackChat(bot_token=token, app_token=server.app_token, api_url=url, timeout_s=timeout_s, **more)

    return Platform(
        server,
        Address("slack", "C1"),
        "chat.postMessage",
        slack_server.words,
        make,
        lambda root: {"thread_ts": root},
        "apps.connections.open",
        slack,
    )


def feishu(server: FeishuServer) -> Platform:
    def make(
        token: str = server.app_secret, url: str = server.domain, limits: Limits | None = None, timeout_s: int = 1
    ) -> Chat:
        app = server.app_id if token == server.app_secret else "cli_other"  # the SDK keeps tokens by app
        more: Any = {} if limits is None else {"limits": limits}
        return FeishuChat(app_id=app, app_secret=token, domain=url, timeout_s=timeout_s, **more)

    under, endpoint = feishu_server.under, "endpoint"
    return Platform(server, Address("feishu", "oc_1"), "create", feishu_cards.words, make, under, endpoint, feishu)


SERVERS: list[tuple[type[FakeServer], Callable[[Any], Platform]]] = [(SlackServer, slack), (FeishuServer, feishu)]


@pytest.fixture(params=SERVERS, ids=["slack", "feishu"])
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    server, make = request.param
    with server() as running:
        yield make(running)


@pytest.fixture
def heard() -> list[Inbound]:
    return []


@pytest.fixture
def chat(platform: Platform, heard: list[Inbound]) -> Iterator[Chat]:
    running = platform.make()
    running.start(heard.append)
    platform.server.wait(lambda s: running.connected())
    yield running
    running.stop()


@pytest.fixture
def sender(platform: Platform) -> Chat:
    """A chat that only sends."""
    return platform.make()


def test_acknowledges_what_was_kept(platform: Platform) -> None:
    kept = threading.Event()

    def slow(inbound: Inbound) -> None:
        time.sleep(0.3)
        kept.set()

    chat = platform.make()
    chat.start(slow)
    try:
        ack = platform.server.ack(platform.server.mention("/curve 64wxlc3y"))
        done = kept.is_set()
    finally:
        chat.stop()

    assert done
    assert 0.3 <= ack.seconds < 1.0


@pytest.mark.parametrize("how", ["fails", "hangs"])
def test_what_could_not_be_kept_is_not_acknowledged(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """So that it is delivered again; and what comes meanwhile is heard."""
    monkeypatch.setattr(intake, "KEEP_S", 0.3)
    heard: list[str] = []
    release = threading.Event()

    def receive(inbound: Inbound) -> None:
        if inbound.text == "first" and how == "fails":
            raise OSError("disk full")
        if inbound.text == "first":
            release.wait(PATIENCE_S)
        heard.append(inbound.text)

    chat = platform.make()
    chat.start(receive)
    try:
        first = platform.server.mention("first")
        acknowledged = platform.server.ack(platform.server.mention("second"))
        time.sleep(0.6)
        refused = [a for a in platform.server.acks if getattr(a, "event", None) == first and a.code == 500]
        taken = [a for a in platform.server.acks if a is not acknowledged and a not in refused]
        meanwhile = list(heard)
    finally:
        release.set()
        chat.stop()

    assert taken == []
    assert meanwhile == ["second"]
    assert acknowledged.seconds < 0.5


def test_a_repeated_event_has_the_same_id(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    server = platform.server
    server.ack(server.mention("/curve 64wxlc3y"))
    server.ack(server.redeliver())
    server.ack(server.mention("/curve 64wxlc3y"))
    server.wait(lambda _: len(heard) == 3)

    ids = [inbound.event_id for inbound in heard]
    assert ids[0] == ids[1] != ids[2]


def test_hears_what_was_said_without_the_mention(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    platform.server.mention("诊断　训练 64wxlc3y")
    platform.server.wait(lambda _: heard)

    assert heard[0].text == "诊断　训练 64wxlc3y"
    assert heard[0].address == platform.address
    assert not heard[0].direct


def test_a_direct_message_is_direct(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    platform.server.direct("64wxlc3y")
    platform.server.wait(lambda _: heard)

    assert (heard[0].text, heard[0].direct) == ("64wxlc3y", True)


def test_a_button_is_its_command(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    remote_id = chat.send(platform.post())
    ack = platform.server.ack(platform.server.press(platform.server.messages[-1], "完整报告"))
    platform.server.wait(lambda _: heard)

    assert ack.seconds < 0.5
    assert heard[0].text == "/curve full team/robot/64wxlc3y"
    assert heard[0].address == platform.address
    assert heard[0].reply_to_message_id == remote_id


def test_a_button_stands_in_the_thread_of_its_message(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    remote_id = chat.send(platform.post())
    platform.server.press(platform.server.messages[-1], "完整报告")
    platform.server.wait(lambda _: heard)

    assert heard[0].root_message_id == remote_id


def test_who_speaks_in_a_thread_names_its_root(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    root = chat.send(platform.post())
    server = platform.server
    server.ack(server.mention("完整", **platform.under(root)))
    server.ack(server.mention("完整"))
    server.wait(lambda _: len(heard) == 2)

    assert [inbound.root_message_id for inbound in heard] == [root, None]
    assert not any(inbound.overheard for inbound in heard)


def test_what_is_said_in_a_thread_to_nobody_is_overheard(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    """Where the platform sends it at all. What is said in the open channel is not heard."""
    root = chat.send(platform.post())
    server = platform.server
    server.ack(server.chatter("静音 2h", **platform.under(root)))
    server.ack(server.chatter("静音 2h"))
    server.ack(server.mention("last"))
    server.wait(lambda _: len(heard) == 2)

    assert (heard[0].text, heard[0].root_message_id, heard[0].overheard) == ("静音 2h", root, True)
    assert (heard[1].text, heard[1].overheard) == ("last", False)


def test_reconnects_after_the_connection_broke(platform: Platform, chat: Chat, heard: list[Inbound]) -> None:
    before = platform.server.sockets()
    platform.server.drop()
    platform.server.wait(lambda s: s.sockets() - before)
    platform.server.mention("again")
    platform.server.wait(lambda _: heard)

    assert heard[0].text == "again"


QUICK = Limits(connect_s=1.0, silent_s=1.0, eventless_s=3600.0)


# Slack's SDK leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", ["half-open", "refused", "stalled endpoint", "stalled socket"])
def test_a_connection_gone_deaf_is_made_anew(
    platform: Platform, heard: list[Inbound], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With shorter limits than in earnest, where all of it stays below a minute."""
    monkeypatch.setattr(lark, "_PING_S", 1.0)
    server = platform.server
    with Cable(server.socket_address) as cable:
        server.socket_address = cable.address
        chat = platform.make(limits=QUICK)
        chat.start(heard.append)
        before = server.wait(lambda s: chat.connected() and s.sockets())
        if fault == "half-open":
            cable.freeze()
            server.wait(lambda _: not chat.connected(), 20)
            cable.mend()
        else:
            if fault == "stalled endpoint":
                server.fail(platform.endpoint, "hang", 2)
            elif fault == "refused":
                cable.refuse()
            else:
                cable.freeze(new=True)
            server.drop()
            server.wait(lambda _: not chat.connected(), 20)
            time.sleep(1.0)
            assert not chat.connected()
            cable.mend()
        began = time.monotonic()
        server.wait(lambda s: chat.connected() and s.sockets() - before, 60)
        took_s = time.monotonic() - began
        server.ack(server.mention("again"), 20)
        reconnects = chat.reconnects()  # type: ignore[attr-defined]
        chat.stop()

    assert took_s < 30
    assert heard[-1].text == "again"
    assert reconnects >= 1


def test_a_connection_without_events_is_replaced_before_it_is_left(platform: Platform, heard: list[Inbound]) -> None:
    """One that answers pings but brings nothing looks like a quiet night: nothing is lost either way."""
    server = platform.server
    chat = platform.make(limits=replace(QUICK, eventless_s=1.0, silent_s=30.0))
    chat.start(heard.append)
    first = server.wait(lambda s: s.sockets())
    server.wait(lambda s: chat.connected())
    up = {True}
    while first & server.sockets():
        up.add(chat.connected())
        time.sleep(0.02)
    server.ack(server.mention("still here"), 20)
    chat.stop()

    assert [inbound.text for inbound in heard] == ["still here"]
    assert up == {True}


def test_stops_fast_and_hears_no_more(platform: Platform, heard: list[Inbound]) -> None:
    chat = platform.make()
    chat.start(heard.append)
    platform.server.wait(lambda s: chat.connected())
    began = time.monotonic()
    chat.stop()

    assert time.monotonic() - began < PATIENCE_S
    assert not chat.connected()


def test_says_everything_in_chinese(platform: Platform, sender: Chat) -> None:
    sender.send(platform.post())
    shown = platform.shown()

    for part in (CARD.title, CARD.subtitle, CARD.facts, CARD.footer, CARD.items[0].advice, CARD.items[1].headline):
        assert part in shown
    assert "1 🔴 π 总和 7.3e-12（经验上 0.1–1）" in shown
    assert shown.startswith("🔴")


def test_an_edit_replaces(platform: Platform, sender: Chat) -> None:
    first = sender.send(platform.post(Message("正在分析…")))
    second = sender.send(platform.post(key="e" * 40, edits=first))

    assert second == first
    assert len(platform.server.messages) == 1
    assert CARD.title in platform.shown()


def test_an_edit_of_what_is_gone_is_refused(platform: Platform, sender: Chat) -> None:
    with pytest.raises(Refused):
        sender.send(platform.post(edits="om_gone"))


def test_answers_in_a_thread(platform: Platform, sender: Chat) -> None:
    root = sender.send(platform.post())
    sender.send(platform.post(Message("恶化", "critical"), key="t" * 40, root_message_id=root))

    last = platform.server.messages[-1]
    assert root in (last.get("thread_ts"), last.get("parent"))


@pytest.mark.parametrize("fault", ["error", "html", "hang", "reset"])
def test_an_outage_is_unclear(platform: Platform, sender: Chat, fault: str) -> None:
    platform.server.fail(platform.create, fault)

    with pytest.raises(Unclear):
        sender.send(platform.post())
    assert len(platform.server.called(platform.create)) == 1


def test_a_rate_limit_says_when(platform: Platform, sender: Chat) -> None:
    platform.server.fail(platform.create, "rate_limited")

    with pytest.raises(NotSent) as caught:
        sender.send(platform.post())
    assert caught.value.retry_after == 7.0
    assert len(platform.server.called(platform.create)) == 1


def test_nobody_there_is_certainly_not_sent(platform: Platform) -> None:
    with type(platform.server)() as gone:
        url = gone.url
    chat = platform.make(url=url)

    with pytest.raises(NotSent):
        chat.send(platform.post())


def test_a_bad_token_says_nothing_of_the_message(platform: Platform) -> None:
    with pytest.raises(ShutOut):
        platform.make(token="xoxb-0-wrong").send(platform.post())


def test_a_foreign_channel_is_refused(platform: Platform, sender: Chat) -> None:
    platform.server.outside.add(platform.address.channel)

    with pytest.raises(Refused, match="机器人不在"):
        sender.send(platform.post())


def test_a_lost_answer_makes_no_second_message(platform: Platform, sender: Chat) -> None:
    """As the outbox does it: within the platform's window send again, after it look up."""
    began = time.time()
    platform.server.fail(platform.create, "lost")
    post = platform.post()
    with pytest.raises(Unclear):
        sender.send(post)
    found = sender.send(post) if CAN[platform.address.platform].idempotent_s else sender.find(post, began - 60)

    assert found in {m.get("ts") or m.get("message_id") for m in platform.server.messages}
    assert len(platform.server.messages) == 1


def test_what_was_not_sent_is_not_found(platform: Platform, sender: Chat) -> None:
    began = time.time()
    sender.send(platform.post())
    other = platform.post(key="o" * 40)

    assert sender.find(other, began - 60) is None
    assert sender.find(platform.post(), began - 60) is not None


@pytest.mark.parametrize("edited", [False, True])
def test_a_huge_message_keeps_the_limits(platform: Platform, sender: Chat, edited: bool) -> None:
    """The servers refuse what is too long. The rest is in the file, and the message says how much."""
    lines = tuple(f"train/ot_ot_pi_sum_{n}: 首值=1.5e-12, 末值=7.3e-12 <b>&amp;*_`~|" for n in range(800))
    huge = replace(CARD, sections=(Section("关键指标趋势（训练）", lines),), title="很长" * 400)
    edits = sender.send(platform.post(Message("正在分析…"), key="p" * 40)) if edited else None
    remote_id = sender.send(platform.post(huge, edits=edits))
    files = platform.server.files.values()
    contents = [f["content"] if isinstance(f, dict) else f[1] for f in files]
    shown = platform.words(next(m for m in platform.server.messages if remote_id in (m.get("ts"), m.get("message_id"))))

    assert "行没列出" in shown
    assert lines[0] in shown
    assert lines[-1] not in shown
    assert lines[-1] in contents[0].decode()


def test_nothing_from_outside_is_obeyed(platform: Platform, sender: Chat) -> None:
    """Names show exactly as they are, and nothing in a payload is markup."""
    evil = "<!channel> <@U1> <at id=all></at> [x](http://evil.example) **b** `c` _d_ :OK: &lt;"
    sender.send(
        platform.post(Message(evil, "critical", evil, (Item(evil, "critical", (evil,), evil, 1),), footer=evil))
    )
    last = platform.server.messages[-1]

    assert platform.shown().count(evil) >= 5
    for parsed in parsed_texts(last):
        for markup in ("<!", "<@", "<at", "](", "`", "_d_"):
            assert markup not in parsed


def parsed_texts(node: Any) -> Iterator[str]:
    """The strings of a payload that the platform parses: Slack's mrkdwn, Feishu's markdown."""
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        elif node.get("tag") in ("markdown", "lark_md"):
            yield node["content"]
        elif "ts" in node:
            yield node["text"].replace("_", "").replace("`", "").replace("](", "")  # only mentions work there
        for value in node.values():
            yield from parsed_texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parsed_texts(value)


PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@pytest.mark.parametrize("trusted", [True, False])
def test_goes_through_the_proxy(
    platform: Platform, heard: list[Inbound], monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    """REST and socket alike (Feishu's SDK alone would connect its socket directly), with the team's own authority."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority()))
    with Proxy() as proxy, type(platform.server)(tls=True) as server:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name)
        chat = platform.on(server).make()
        with contextlib.suppress(NotSent) if not trusted else contextlib.nullcontext():
            chat.start(heard.append)
        server.wait(lambda _: proxy.tunnels)
        if trusted:
            server.ack(server.mention("x"))
        chat.send(platform.post())
        chat.stop()

    assert [inbound.text for inbound in heard] == (["x"] if trusted else [])
    assert set(proxy.tunnels) == {server.socket_address}
    assert any(server.url in address for address in proxy.requests)


def test_goes_past_the_proxy_where_it_is_told(
    platform: Platform, heard: list[Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_PROXY; Slack's SDK alone does not know it."""
    with Proxy() as proxy:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        chat = platform.make()
        chat.start(heard.append)
        platform.server.ack(platform.server.mention("x"))
        chat.send(platform.post())
        chat.stop()

    assert heard
    assert not proxy.tunnels
    assert not proxy.requests


def test_no_secret_is_said(
    platform: Platform, capsys: pytest.CaptureFixture[str], heard: list[Inbound], restore_logging: None
) -> None:
    """Neither logs nor errors nor stdout, before any redaction, hold a token, ticket or secret."""
    raw = io.StringIO()
    logs.configure(stream=io.StringIO(), human=False)
    logging.getLogger().addHandler(logging.StreamHandler(raw))
    errors = []
    chat = platform.make()
    chat.start(heard.append)
    platform.server.wait(lambda s: chat.connected())
    for fault in ("error", "html", "reset", "rate_limited"):
        platform.server.fail(platform.create, fault)
        with pytest.raises((Unclear, NotSent)) as caught:
            chat.send(platform.post())
        errors.append(repr(caught.value) + str(caught.value.__cause__))
    with pytest.raises(ShutOut) as refused:
        platform.make(token="xoxb-0-canary-wrong").send(platform.post())
    errors.append(repr(refused.value))
    platform.server.drop()
    platform.server.wait(lambda s: not chat.connected())
    chat.stop()
    said = raw.getvalue() + "".join(errors) + "".join(capsys.readouterr())

    assert errors
    assert "canary" not in said


@pytest.fixture
def restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook, thread_hook = (
        root.handlers[:],
        root.level,
        sys.excepthook,
        threading.excepthook,
    )
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hook, thread_hook
