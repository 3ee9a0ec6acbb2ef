"""Who writes waits for those who came before, and for nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.store import engine
from bot.store.store import Store
from bot.store.turns import Turns
from tests.fakes.server import PATIENCE_S


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'x.db'}")
    yield opened
    opened.close()


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(0.0)

    def work(n: int) -> None:
        assert turns.take(PATIENCE_S)
        order.append(n)
        turns.give()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
    for waiting, thread in enumerate(threads, 1):
        thread.start()
        while len(turns._waiting) < waiting:
            time.sleep(0.001)
    turns.give()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert order == [0, 1, 2, 3, 4]


def test_who_gave_up_waiting_is_passed_over() -> None:
    turns = Turns()
    assert turns.take(0.0)
    assert not turns.take(0.01)
    turns.give()

    assert turns.take(0.0)


def test_nobody_who_writes_is_overtaken(store: Store) -> None:
    """Others write all the time, each transaction longer than anybody sleeps between two looks at a lock."""
    done, stop = list[str](), threading.Event()

    def busy() -> None:
        while not stop.is_set():
            with store._engine.begin():
                time.sleep(0.02)
            done.append("busy")

    threads = [threading.Thread(target=busy, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    waited = []
    for _ in range(10):
        before = len(done)
        store.ping()
        waited.append(len(done) - before)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert max(waited) <= 4, waited  # those that had begun or waited, and one more before it is counted


@pytest.mark.parametrize("ends", ["commit", "rollback", "close", "locked"])
def test_a_turn_ends_with_its_transaction(store: Store, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    monkeypatch.setattr(engine, "STALL_S", 0.05)
    with store._engine.connect() as connection:
        transaction = connection.begin()
        if ends == "locked":
            with pytest.raises(OperationalError):
                store.ping()
        if ends in ("commit", "rollback"):
            getattr(transaction, ends)()
            store.ping()

    store.ping()


def test_a_lock_that_another_process_holds_costs_nobody_the_turn(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    store, other = Store.open(url), engine.connect(url)  # its turns are its own, as those of another process
    stalled = store._engine.execution_options()
    with other.begin(), stalled.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA busy_timeout = 10")  # type: ignore[union-attr]
        connection.rollback()
        with pytest.raises(OperationalError):
            connection.begin()

    store.ping()
    store.close()
    other.dispose()


def test_delivery_that_finds_nothing_keeps_no_writer_waiting(store: Store) -> None:
    with store._engine.begin():  # somebody writes
        found = [
            store.outbox.claim(10.0, platforms=["slack"], lease_s=30.0, limit=4),
            store.outbox.claim_unknown(10.0, platforms=["slack"], lease_s=30.0, limit=4),
        ]

    assert found == [[], []]
