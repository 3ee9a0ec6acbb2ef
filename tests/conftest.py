"""What holds for every test: Hypothesis draws the same examples every time; and the databases that the bot runs on.

`pytest --hypothesis-profile=search --hypothesis-seed=N` draws other examples, and more.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy.engine import make_url

from bot.store import store
from bot.store.engine import migrate
from bot.store.store import Store
from bot.store.tables import metadata
from tests.fakes.postgres import postgres_server

# Hundreds of processes are started, workers among them; each would compile all libraries anew where this is set.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Thousands of commits wait for the disk; what is tested is lost or not with the process, not with the machine.
_IN_MEMORY, _ENOUGH = Path("/dev/shm"), 4 << 30
if "TMPDIR" not in os.environ and _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ENOUGH:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_IN_MEMORY)

# What is imported and collected lives to the end: half a million objects, searched for garbage again and again in vain.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


# A busy machine is slow at random: no example has a deadline, and none is called too slow.
settings.register_profile("search", max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("same", settings.get_profile("search"), max_examples=25, derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def _migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite file in this process begins as a copy of one that was migrated: hundreds of tests want an empty one.

    A file that is there, a bot in a process of its own and PostgreSQL are migrated as ever.
    """
    made = tmp_path_factory.mktemp("migrated") / "empty.db"
    migrate(f"sqlite:///{made}")

    def migrate_or_copy(url: str) -> None:
        where = make_url(url)
        if where.get_backend_name() == "sqlite" and where.database and not where.query:
            file = Path(where.database)
            if file.parent.is_dir() and not file.exists():
                shutil.copyfile(made, file)
                return
        migrate(url)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "migrate", migrate_or_copy)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a migrated database; whoever uses it empties it first."""
    with postgres_server() as url:
        Store.open(url).close()
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'curvebot.db'}"
    url: str = request.getfixturevalue("postgres")
    with psycopg.connect(url) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
    return url
