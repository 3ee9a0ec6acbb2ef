"""python -m benchmarks.watching: what watching costs, with the real bot between local W&B and Slack servers.

many    10,000 watches of 20 projects every 30 s, ten of whose runs move: how late the oldest is, listings, memory, CPU
prompt  40 watches every 2 s of runs that log a row a second and go wrong one after the other: seconds until it is said
share   replicas on one PostgreSQL, W&B takes 0.5 s for each request: polls a second of one and of three; one is killed:
        how long until each watch is looked at again; whether a report link opens on each of them. The latency is what
        limits: of a core each replica takes 6 %, its wandb-core 1 %, PostgreSQL and the local servers 3 % each
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import create_engine, insert, select

from analysis.history import from_records
from analysis.model import Run
from bot import settings
from bot.address import Address
from bot.services.runs import stamp
from bot.services.standing import Standing, marks
from bot.store import tables
from bot.store.store import Store
from tests.fakes.postgres import postgres_server
from tests.fakes.world import World, wait, world

_ROWS = 50
_PARTS = ("many", "prompt", "share")


def many(bot: World, watches: int, interval_s: float, seconds: float) -> Iterator[str]:
    """Rows of the table. The runs have been looked at before, as by a bot that has been there for a while."""
    (bot.folder / "c.yaml").write_text("wandb: {entity: team, project: robot}\nwatch: {interval: 30s}\n")
    began = time.time()
    projects = [f"p{i}" for i in range(20)]
    per_project = watches // len(projects)
    for project in projects:
        for i in range(per_project):
            bot.wandb.add_run("team", project, f"{project}r{i}", _rows(0, _ROWS, began), heartbeat_at=began)
    _fill(bot, projects, per_project, interval_s, began)
    bot.start()
    time.sleep(2 * interval_s)  # aligned by then
    bot.wandb.requests.clear()
    lags, peak, spent = [], 0.0, _cpu_s(bot)
    until = time.monotonic() + seconds
    at = _ROWS
    while time.monotonic() < until:
        lags.append(_metric(bot, "curvebot_due_lag_seconds"))
        peak = max(peak, _memory_mb(bot))
        if len(lags) % 20 == 0:
            for project in projects[:10]:
                bot.wandb.append(f"{project}r0", _rows(at, at + 5, began))
            at += 5
        time.sleep(0.5)
    rounds = seconds / interval_s
    late = f"{_of(lags, 50)} / {_of(lags, 99)} / {max(lags):.1f} s"
    yield f"| {watches:,} watches every {interval_s:g} s: due lag p50 / p99 / worst | {late} |"
    yield f"| listings a project and interval | {bot.wandb.requests.count('runs') / len(projects) / rounds:.2f} |"
    yield f"| other requests a minute | {60 * sum(r != 'runs' for r in bot.wandb.requests) / seconds:.0f} |"
    yield f"| memory, peak | {peak:.0f} MB |"
    yield f"| CPU | {100 * (_cpu_s(bot) - spent) / seconds:.0f} % of a core |"


def prompt(bot: World, runs: int, seconds: float) -> Iterator[str]:
    """Rows of the table."""
    (bot.folder / "c.yaml").write_text(
        "wandb: {entity: team, project: robot}\nalerts: {group_wait: 0s}\n"
        "watch:\n  interval: 2s\n  runs:\n"
        + "".join(f'    - {{run: team/robot/r{i}, to: ["slack:C{i}"]}}\n' for i in range(runs))
    )
    began = time.time() - 300
    for i in range(runs):
        bot.wandb.add_run("team", "robot", f"r{i}", _rows(0, 300, began))
    bot.start()
    time.sleep(20.0)
    bad: dict[int, float] = {}
    stop = threading.Event()

    def log() -> None:
        second = 300
        while not stop.wait(max(0.0, began + second - time.time())):
            for i in range(runs):
                row = _rows(second, second + 1, began)
                if i in bad:
                    row[0]["train/loss"] = math.nan
                    bad[i] = bad[i] or time.time()
                bot.wandb.append(f"r{i}", row)
            second += 1

    logging = threading.Thread(target=log, daemon=True)
    logging.start()
    bot.wandb.requests.clear()
    began_bad = time.monotonic()
    took: dict[int, float] = {}
    chosen = [i * 7 % runs for i in range(runs)]
    while time.monotonic() < began_bad + seconds and len(took) < runs:
        due = min(runs, 1 + int((time.monotonic() - began_bad) / seconds * 1.5 * runs))
        for i in chosen[:due]:
            bad.setdefault(i, 0.0)
            if i not in took and bad[i] and any("NaN" in text for text in bot.in_slack(f"C{i}")):
                took[i] = time.time() - bad[i]
        time.sleep(0.05)
    asked = time.monotonic() - began_bad
    stop.set()
    logging.join()
    waited = list(took.values())
    listings, others = (sum((r == "runs") is wanted for r in bot.wandb.requests) for wanted in (True, False))
    told = f"{len(took)} of {runs} told"
    yield f"| row to message p50 / worst | {_of(waited, 50)} / {max(waited, default=math.nan):.1f} s ({told}) |"
    yield f"| in 2 s: listings / other requests a run | {listings / asked * 2:.2f} / {others / asked * 2 / runs:.2f} |"


def share(bot: World, url: str, replicas: int, watches: int, seconds: float) -> Iterator[str]:
    """Rows of the table."""
    projects = [f"p{i}" for i in range(6)]
    names = [(project, f"{project}r{i}") for project in projects for i in range(watches // len(projects))]
    began = time.time() - 300
    for project, name in names:
        bot.wandb.add_run("team", project, name, _rows(0, 100, began))
    others = [World(bot.folder, bot.wandb, bot.slack, bot.feishu) for _ in range(replicas - 1)]
    (bot.folder / "c.yaml").write_text(
        "wandb: {entity: team, project: p0}\nwatch:\n  interval: 1s\n  runs:\n"
        + "".join(f'    - {{run: team/{p}/{name}, to: ["slack:C{name}"]}}\n' for p, name in names)
    )
    variables = {"CURVEBOT_DATABASE_URL": url, "CURVEBOT_PUBLIC_URL": "http://curvebot.example"}
    stop = threading.Event()

    def log() -> None:
        at = 100
        while not stop.wait(0.5):
            for _, name in names:
                bot.wandb.append(name, _rows(at, at + 1, began))
            at += 1

    logging = threading.Thread(target=log, daemon=True)
    try:
        bot.start(**variables)
        wait(lambda: min(_cursors(url)) > 0)
        logging.start()
        bot.wandb.latency_s = 0.5
        alone = _polls_a_second(bot, seconds)
        yield f"| one replica, {len(names)} watches every 1 s: polls a second | {alone:.1f} |"
        for other in others:
            other.start(**variables)
        together = _polls_a_second(bot, seconds)
        yield f"| {replicas} replicas | {together:.1f}, {together / alone:.2f} times (bar: 2.5) |"
        path = _report(bot)
        opened = [one.get(path)[0] for one in (bot, *others)]
        yield f"| a report link of one, opened on each | {' '.join(map(str, opened))} |"
        bot.end(signal.SIGKILL)
        killed, before = time.monotonic(), _cursors(url)
        again: dict[int, float] = {}
        while len(again) < len(before) and time.monotonic() - killed < 90:
            now = _cursors(url)
            again |= {i: time.monotonic() - killed for i in range(len(now)) if now[i] > before[i] and i not in again}
            time.sleep(0.2)
        worst = max(again.values()) if len(again) == len(before) else math.inf
        took = f"{_of([*again.values()], 50)} / {worst:.1f} s (bar: 30)"
        yield f"| one is killed: until each watch is looked at again, p50 / worst | {took} |"
    finally:
        stop.set()
        for other in others:
            if other.process is not None:
                other.end(signal.SIGKILL)


def _cursors(url: str) -> list[int]:
    """Rows seen so far of each watch."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        found = connection.execute(select(tables.watch.c.rows).order_by(tables.watch.c.id)).scalars()
        rows = [row or 0 for row in found]
    engine.dispose()
    return rows or [0]


def _polls_a_second(bot: World, seconds: float) -> float:
    """Of runs that moved, once it goes at a steady pace."""
    time.sleep(15.0)
    before = bot.wandb.requests.count("parquet")
    time.sleep(seconds)
    return (bot.wandb.requests.count("parquet") - before) / seconds


def _report(bot: World) -> str:
    """The path of a report page that somebody asked for."""
    bot.slack.mention("full p0r0", channel="CFULL")
    found: re.Match[str] = wait(
        lambda: re.search(
            r"curvebot\.example(/r/[\w-]+)", json.dumps([m for m in bot.slack.messages if m["channel"] == "CFULL"])
        )
    )
    return found[1]


def _fill(bot: World, projects: Sequence[str], per_project: int, interval_s: float, now: float) -> None:
    loaded = settings.load(bot.folder / "c.yaml")
    store = Store.open(f"sqlite:///{bot.folder / 'state' / 'curvebot.db'}")
    history = from_records(_rows(0, _ROWS, now))
    seen = Standing(
        "running", _ROWS, now, now + 86_400.0, stamp(loaded.diagnoses), marks(Run("p0r0", "p0r0", history))
    ).to_json()
    common = {
        "kind": "run", "origin": "chat", "interval_s": interval_s, "state": "active", "rows": _ROWS, "step": _ROWS,
        "epoch": 0, "failures": 0, "created_at": now, "seen": seen,
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        common
        | {
            "id": f"{project}-{i}",
            "address": Address("slack", f"C{i % 50}"),
            "ref": f"team/{project}/{project}r{i}",
            "place": f"team/{project}",
            "due_at": now + interval_s * (i % 7) / 7,
        }
        for project in projects
        for i in range(per_project)
    ]
    with store._engine.begin() as connection:
        connection.execute(insert(tables.watch), rows)
    store.close()


def _rows(start: int, stop: int, began: float) -> list[dict[str, Any]]:
    rng = np.random.default_rng(start)
    return [
        {
            "_step": i,
            "_timestamp": began + i,
            "train/loss": 0.5 + 2.0 * math.exp(-i / 300.0) + float(rng.normal(0, 0.02)),
            "train/grad_norm": 2.0 + float(rng.normal(0, 0.1)),
        }
        for i in range(start, stop)
    ]


def _metric(bot: World, name: str) -> float:
    _, text = bot.get("/metrics")
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name)))


def _memory_mb(bot: World) -> float:
    assert bot.process is not None
    status = Path(f"/proc/{bot.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def _cpu_s(bot: World) -> float:
    assert bot.process is not None
    fields = Path(f"/proc/{bot.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def _of(values: Sequence[float], percent: float) -> str:
    return f"{np.percentile(values, percent):.1f}" if len(values) else "none"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.watching", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="*", metavar="{" + ",".join(_PARTS) + "}")  # argparse refuses no choice
    parser.add_argument("--watches", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--replicas", type=int, default=3)
    args = parser.parse_args(argv)
    if unknown := {*args.part} - {*_PARTS}:
        parser.error(f"no part: {', '.join(sorted(unknown))}")
    print("| what | figure |\n| --- | ---: |")
    for part in args.part or _PARTS:
        with contextlib.ExitStack() as stack:
            bot = stack.enter_context(world(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
            if part == "many":
                lines = many(bot, args.watches, 30.0, args.seconds)
            elif part == "prompt":
                lines = prompt(bot, 40, args.seconds)
            else:
                url = stack.enter_context(postgres_server(durable=True))
                lines = share(bot, url, args.replicas, 60, args.seconds)
            for line in lines:
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
