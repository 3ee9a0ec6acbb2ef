"""How the one database is reached, on SQLite and on PostgreSQL, and how its schema is brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy import exc as errors
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.stalls import Guard
from bot.store.turns import Turns

AWAY = (errors.OperationalError, errors.InterfaceError, errors.TimeoutError)  # the database, not what was asked of it


STALL_S = 8.0  # no transaction takes so long, unless the database hangs
_POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 15, "pool_timeout": 5.0}
# One writes at a time, and a file is soon opened: few are kept open beyond what is under way.
_POOL_SQLITE: Mapping[str, Any] = _POOL | {"pool_size": 4, "max_overflow": 21}
# For libpq. A server that is there and does not answer is for `Guard`.
_TO_POSTGRES: Mapping[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}
_PATIENT: Mapping[str, Any] = {"connect_timeout": 10}  # for migrations
# Not in the connection's `options`, which some poolers refuse.
_SESSION = "SET statement_timeout = '5s'; SET lock_timeout = '3s'; SET idle_in_transaction_session_timeout = '30s'"


def connect(url: str) -> Engine:
    """`sqlite:///path` (its directory is made) or `postgresql://…`. Nothing is read before the first transaction.

    Nobody waits for a database much longer than `STALL_S`: then there is an OperationalError.
    """
    where = _where(url)
    if where.get_backend_name() != "sqlite":
        return _guarded(where)
    if where.database:
        Path(where.database).parent.mkdir(parents=True, exist_ok=True)
    arguments = {"timeout": STALL_S, "isolation_level": None, "factory": _InTurn}
    engine = create_engine(where, connect_args=arguments, **_POOL_SQLITE)
    turns = Turns()

    @event.listens_for(engine, "connect")
    def _settle(connection: _InTurn, _: ConnectionPoolEntry) -> None:
        connection.turns = turns
        connection.execute("PRAGMA journal_mode=WAL")
        # NORMAL may lose the last commit on power loss, and with it an alert that was never sent.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails when another one wrote in between; so one that may
        # write takes the lock at the start.
        if connection.get_execution_options().get("reads", False):
            connection.exec_driver_sql("BEGIN")
            return
        own: Any = connection.connection.dbapi_connection
        if not own.wait_for_turn():
            raise errors.OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            own.end_turn()
            raise

    return engine


class _InTurn(sqlite3.Connection):
    """Whoever finds SQLite locked sleeps, ever longer, while others overtake: in this process they queue up instead."""

    turns: Turns  # of those who write
    _has_turn = False

    def wait_for_turn(self) -> bool:
        """False: it did not come in time."""
        self._has_turn = self.turns.take(STALL_S)
        return self._has_turn

    def end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self.turns.give()

    def commit(self) -> None:
        super().commit()  # one that fails is rolled back
        self.end_turn()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.end_turn()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.end_turn()


def _where(url: str) -> URL:
    where = make_url(url)
    # the driver of the extra `postgres`
    return where.set(drivername="postgresql+psycopg") if where.drivername == "postgresql" else where


def _guarded(where: URL) -> Engine:
    """PostgreSQL. What the URL says itself counts."""
    arguments = {name: value for name, value in _TO_POSTGRES.items() if name not in where.query}
    engine = create_engine(where, connect_args=arguments, pool_pre_ping=True, **_POOL)
    from psycopg.types.string import StrDumper  # noqa: PLC0415  (the driver is an extra)

    class WithoutNul(StrDumper):
        """PostgreSQL takes no NUL in a text, and whoever names a run or types a tag may have put one there."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\x00", "\ufffd"))

    guard = Guard(STALL_S)
    ping = engine.dialect.do_ping

    def guarded_ping(dbapi_connection: Any) -> bool:
        guard.begin(dbapi_connection)
        try:
            return ping(dbapi_connection)
        finally:
            guard.end(dbapi_connection)

    engine.dialect.do_ping = guarded_ping  # type: ignore[method-assign]

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _: ConnectionPoolEntry) -> None:
        guard.begin(connection)
        connection.adapters.register_dumper(str, WithoutNul)
        if "options" not in where.query:
            connection.execute(_SESSION)
        connection.commit()
        guard.end(connection)

    @event.listens_for(engine, "checkout")
    def _lent(connection: Any, _: ConnectionPoolEntry, __: object) -> None:
        guard.begin(connection)

    @event.listens_for(engine, "checkin")
    def _back(connection: Any, _: ConnectionPoolEntry) -> None:
        guard.end(connection)

    return engine


def migrate(url: str) -> None:
    """Brings the schema up to date. That may take its time."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    where = _where(url)
    engine = connect(url) if where.get_backend_name() == "sqlite" else create_engine(where, connect_args=_PATIENT)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # replicas start together
            connection.execute(text("SELECT pg_advisory_xact_lock(7315202)"))
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")
    engine.dispose()
