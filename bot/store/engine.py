"""How the one database is reached, on SQLite and on PostgreSQL, and how its schema is brought up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import alembic.command
import alembic.config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy import exc as errors
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

AWAY = (errors.OperationalError, errors.InterfaceError, errors.TimeoutError)  # the database, not what was asked of it


def connect(url: str) -> Engine:
    """`sqlite:///path` (its directory is made) or `postgresql://…`. Nothing is read before the first transaction."""
    where = make_url(url)
    if where.drivername == "postgresql":
        where = where.set(drivername="postgresql+psycopg")  # the driver of the extra `postgres`
    if where.get_backend_name() != "sqlite":
        return create_engine(where, pool_pre_ping=True)
    if where.database:
        Path(where.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(where, connect_args={"timeout": 30.0, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _settle(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        # NORMAL may lose the last commit on power loss, and with it an alert that was never sent.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails when another one wrote in between; so one that may
        # write takes the lock at the start.
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def migrate(engine: Engine) -> None:
    """Brings the schema up to date."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # replicas start together
            connection.execute(text("SELECT pg_advisory_xact_lock(7315202)"))
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")
