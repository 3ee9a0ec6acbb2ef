"""What was heard and could not be kept at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.address import Address
from bot.chats import Inbound, intake
from bot.chats.intake import Intake, NotKeptError
from bot.store.store import Store
from tests.fakes.server import PATIENCE_S

C1 = Address("slack", "C1")


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    monkeypatch.setattr(intake, "RETRY_S", 0.02)
    monkeypatch.setattr(intake, "KEEP_S", 0.2)
    made = Intake("slack")
    yield made
    made.stop()


def wait(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_locked_database_costs_no_command(keeper: Intake, tmp_path: Path) -> None:
    """Longer than the store itself waits, and than a platform waits for its acknowledgement."""
    store = Store.open(f"sqlite:///{tmp_path / 'x.db'}")
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    def receive(inbound: Inbound) -> None:
        store.inbox.receive("slack", inbound.event_id, inbound.to_json(), 0.0)

    names = [f"e{n}" for n in range(7)]
    for name in names:
        with pytest.raises(NotKeptError):
            keeper.keep(receive, Inbound(name, C1, "help"))
    time.sleep(10)
    other.execute("ROLLBACK")
    other.close()
    kept: set[str] = set()

    def all_kept() -> bool:
        kept.update(e.event_id for e in store.inbox.take_unfinished(1000.0))
        return len(kept) == len(names)

    wait(all_kept)
    store.close()

    assert kept == {*names}


def test_what_failed_is_kept_later_and_once(keeper: Intake) -> None:
    tries: list[str] = []

    def receive(inbound: Inbound) -> None:
        tries.append(inbound.event_id)
        if len(tries) < 4:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        keeper.keep(receive, Inbound("e1", C1, "help"))
    wait(lambda: not keeper._retrying)
    keeper.keep(receive, Inbound("e2", C1, "help"))

    assert tries == ["e1"] * 4 + ["e2"]


def test_not_for_ever(keeper: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "GIVE_UP_S", 0.2)

    def receive(inbound: Inbound) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        keeper.keep(receive, Inbound("e1", C1, "help"))
    wait(lambda: not keeper._retrying)

    assert not keeper._waiting
