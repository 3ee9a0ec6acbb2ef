"""A platform that knows us no more for a while, or a clock that is wrong: nothing is lost. Real SDKs, real outbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.address import Address
from bot.chats import Chat
from bot.chats.feishu.chat import FeishuChat
from bot.chats.slack.chat import SlackChat
from bot.delivery import Delivery, Outcome
from bot.outgoing import Outgoing
from bot.platforms import PLATFORMS
from bot.render.message import Message
from bot.store.store import Store
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.slack_server import SlackServer

CAN = {platform.name: platform.can for platform in PLATFORMS}
OUTAGE_S = 300
START = 1_790_000_000.0


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def feishu() -> Iterator[FeishuServer]:
    with FeishuServer() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'x.db'}")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("where", "call", "fault"),
    [
        *(("slack:C1", "chat.postMessage", code) for code in ("token_revoked", "invalid_auth", "account_inactive")),
        *(("slack:C1", "chat.postMessage", code) for code in ("not_authed", "token_expired")),
        *(("feishu:oc_1", "create", code) for code in ("99991663", "99991661", "99991403")),
        ("feishu:oc_1", "token", "10014"),
    ],
)
def test_an_alert_outlives_it(
    slack: SlackServer, feishu: FeishuServer, store: Store, where: str, call: str, fault: str
) -> None:
    dest, server = Address.parse(where), slack if where.startswith("slack") else feishu
    chats: dict[str, Chat] = {
        "slack": SlackChat(bot_token=slack.bot_token, api_url=slack.api_url, timeout_s=2),
        "feishu": FeishuChat(app_id=f"cli_{fault}", app_secret=feishu.app_secret, domain=feishu.domain, timeout_s=2.0),
    }
    feishu.app_id = f"cli_{fault}"  # the SDK keeps tokens by app
    outcomes: list[Outcome] = []
    now = START
    delivery = Delivery(store.outbox, chats, can=CAN, clock=lambda: now, chance=lambda: 0.5, observe=outcomes.append)
    store.enqueue([Outgoing(dest, "alert", "i1", "opened", Message("崩了"), critical=True)], now)
    server.fail(call, fault, 1000)
    while now < START + OUTAGE_S:
        delivery.drain_once(now)
        now += 5.0
    tried = len(server.called(call))
    assert store.outbox.counts() == {"pending": 1} and 1 <= tried < 40
    server.heal()
    while now < START + OUTAGE_S + 600:
        delivery.drain_once(now)
        now += 5.0

    assert store.outbox.counts() == {"sent": 1} and len(server.messages) == 1
    assert [o.platform for o in outcomes if o.result == "shut_out"] == [dest.platform]
    assert delivery.shut_out() == {}


@pytest.mark.parametrize("ahead_s", [-1200.0, 0.0, 1200.0])
def test_a_lost_answer_is_found_by_a_clock_that_is_wrong(slack: SlackServer, store: Store, ahead_s: float) -> None:
    """And set right in between."""
    chat = SlackChat(bot_token=slack.bot_token, api_url=slack.api_url, timeout_s=2)
    now = time.time() + ahead_s
    delivery = Delivery(store.outbox, {"slack": chat}, can=CAN, clock=lambda: now, chance=lambda: 0.5)
    alert = Outgoing(Address("slack", "C1"), "alert", "i1", "opened", Message("崩了"), critical=True)
    store.enqueue([alert], now)
    slack.fail("chat.postMessage", "lost")
    delivery.drain_once(now)
    assert store.outbox.counts() == {"unknown": 1}
    now = time.time() + 3600.0
    delivery.drain_once(now)

    assert store.outbox.counts() == {"sent": 1} and len(slack.messages) == 1
