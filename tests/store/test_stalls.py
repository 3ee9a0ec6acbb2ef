"""A database that does not answer: whoever asks gets an error in time, and goes on when it is back."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.store import engine
from bot.store.engine import AWAY
from bot.store.store import Store
from tests.fakes.postgres import paused
from tests.fakes.server import PATIENCE_S

MOST_S = 4 * engine.STALL_S  # on a busy machine; without a limit it would be for ever


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path / 'x.db'}")
    yield store
    store.close()


@pytest.fixture
def server(postgres: str) -> Iterator[Store]:
    store = Store.open(postgres)
    yield store
    store.close()


def patience(ask: object) -> float:
    began = time.monotonic()
    with pytest.raises(AWAY):
        ask()  # type: ignore[operator]
    return time.monotonic() - began


@pytest.mark.xdist_group("postgresql")
def test_a_paused_server_keeps_nobody_waiting(postgres: str, server: Store) -> None:
    """Neither on a connection that stands, nor for a new one, nor in the middle of a transaction."""
    server.watches()
    took: list[float] = []
    connection = server._engine.connect()
    connection.execute(text("SELECT 1"))
    with paused(postgres):
        took += [patience(server.watches), patience(lambda: connection.execute(text("SELECT 1")))]
        took += [patience(server.watches)]
    connection.close()
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            server.watches()
            break
        except SQLAlchemyError:
            assert time.monotonic() < until

    assert max(took) < MOST_S


@pytest.mark.xdist_group("postgresql")
def test_a_lock_that_somebody_holds_is_not_waited_for(postgres: str, server: Store) -> None:
    with server._engine.begin() as connection:
        connection.execute(text("LOCK TABLE inbox"))
        took = patience(lambda: server.inbox.receive("slack", "Ev1", {}, 0.0))

    assert took < MOST_S
    assert server.inbox.receive("slack", "Ev1", {}, 0.0)


def test_a_locked_file_is_not_waited_for(sqlite: Store, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    took = patience(lambda: sqlite.inbox.receive("slack", "Ev1", {}, 0.0))
    other.execute("ROLLBACK")
    other.close()

    assert took < MOST_S
    assert sqlite.inbox.receive("slack", "Ev1", {}, 0.0)


@pytest.mark.xdist_group("postgresql")
def test_many_at_once_do_not_run_out_of_connections(server: Store) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                server.watches()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
