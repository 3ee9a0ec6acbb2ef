"""When a socket is replaced, and by whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bot.chats import NotSent
from bot.chats.feishu.lark import LIMITS as FEISHU
from bot.chats.slack.socket import LIMITS as SLACK
from bot.chats.sockets import Limits, Pulse, Reason, SocketKeeper, overdue, pause_s

LIMITS = Limits(connect_s=0.5, silent_s=10.0, eventless_s=600.0)


@pytest.mark.parametrize(
    ("pulse", "reason"),
    [
        (Pulse(True, 0.0, 0.0), None),
        (Pulse(True, 10.0, 600.0), None),
        (Pulse(False, 0.0, 0.0), "closed"),
        (Pulse(True, 10.1, 0.0), "silent"),
        (Pulse(True, 0.0, 0.0, asked=True), "asked"),
        (Pulse(True, 0.0, 600.1), "eventless"),
        (Pulse(True, 10.1, 600.1, asked=True), "silent"),
    ],
)
def test_when_a_connection_is_replaced(pulse: Pulse, reason: Reason | None) -> None:
    assert overdue(pulse, LIMITS) == reason


@pytest.mark.parametrize("limits", [SLACK, FEISHU])
def test_deaf_for_less_than_a_minute(limits: Limits) -> None:
    """Found out in time, or the longest pause and one more try after the other end is well again."""
    longest = max(pause_s(n) for n in range(100))

    assert limits.silent_s < 45
    assert longest + limits.connect_s < 60
    assert [pause_s(n) for n in range(3)] == [0.0, 0.5, 1.0]
    assert pause_s(1, 7.0) == 7.0
    assert pause_s(1, 3600.0) == 30.0


class Line:
    """A connection of a test's making."""

    def __init__(self) -> None:
        self.seen, self.closed = Pulse(True, 0.0, 0.0), threading.Event()

    def pulse(self) -> Pulse:
        return self.seen

    def close(self) -> None:
        self.closed.set()


class Vendor:
    """`broken`: what connecting raises; `gate`: connecting waits for it."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.tries = 0
        self.broken: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()

    def connect(self) -> Line:
        self.tries += 1
        gate = self.gate
        if self.broken is not None:
            raise self.broken
        gate.wait(20)
        self.lines.append(Line())
        return self.lines[-1]


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def keeper(vendor: Vendor) -> Iterator[SocketKeeper]:
    made = SocketKeeper("x", vendor.connect, LIMITS, tick_s=0.01)
    yield made
    made.stop(1.0)


def until(happened: object) -> None:
    assert callable(happened)
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_first_failure_is_told_and_it_may_be_started_again(keeper: SocketKeeper, vendor: Vendor) -> None:
    vendor.broken = NotSent("no")
    with pytest.raises(NotSent):
        keeper.start(now=True)
    vendor.broken = None
    keeper.start(now=True)

    assert keeper.connected
    assert keeper.reconnects == 0


def test_a_closed_one_is_replaced(keeper: SocketKeeper, vendor: Vendor) -> None:
    keeper.start(now=False)
    until(lambda: keeper.connected)
    vendor.lines[0].seen = Pulse(False, 0.0, 0.0)
    until(lambda: len(vendor.lines) == 2 and keeper.connected)

    assert vendor.lines[0].closed.wait(5)
    assert keeper.reconnects == 1


def test_an_eventless_one_stays_until_the_new_one_is_there(keeper: SocketKeeper, vendor: Vendor) -> None:
    keeper.start(now=False)
    until(lambda: keeper.connected)
    vendor.broken = NotSent("no")
    vendor.lines[0].seen = Pulse(True, 0.0, 1e6)
    until(lambda: vendor.tries >= 3)
    kept = keeper.connected and not vendor.lines[0].closed.is_set()
    vendor.broken = None
    until(lambda: len(vendor.lines) == 2)

    assert kept
    assert vendor.lines[0].closed.wait(5)


def test_a_try_that_hangs_is_left_behind_and_closed_when_it_ends(keeper: SocketKeeper, vendor: Vendor) -> None:
    hanging = vendor.gate = threading.Event()
    keeper.start(now=False)
    until(lambda: vendor.tries == 1)
    vendor.gate = threading.Event()
    vendor.gate.set()
    until(lambda: keeper.connected)
    hanging.set()
    until(lambda: len(vendor.lines) == 2)

    assert vendor.lines[1].closed.wait(5)
    assert keeper.connected


@pytest.mark.parametrize("error", [NotSent("no"), TimeoutError(), RuntimeError("x"), SystemExit()])
def test_whatever_a_try_ends_in_there_is_another(keeper: SocketKeeper, vendor: Vendor, error: BaseException) -> None:
    vendor.broken = error
    keeper.start(now=False)
    until(lambda: vendor.tries >= 2)
    vendor.broken = None
    until(lambda: keeper.connected)


def test_a_vendor_that_cuts_every_connection_is_not_hammered(keeper: SocketKeeper, vendor: Vendor) -> None:
    keeper.start(now=False)
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        for line in list(vendor.lines):
            line.seen = Pulse(False, 0.0, 0.0)
        time.sleep(0.01)

    assert vendor.tries < 8


def test_stops_while_it_tries(keeper: SocketKeeper, vendor: Vendor) -> None:
    vendor.gate = threading.Event()
    keeper.start(now=False)
    until(lambda: vendor.tries == 1)
    began = time.monotonic()
    keeper.stop(30.0)
    took_s = time.monotonic() - began
    vendor.gate.set()
    until(lambda: vendor.lines)

    assert took_s < 15  # no waiting for what still connects
    assert vendor.lines[0].closed.wait(5)
