"""python -m benchmarks.watching: what watching costs, with the real bot between local W&B and Slack servers.

many    10,000 watches of 20 projects every 30 s, ten of whose runs move: how late the oldest is, listings, memory, CPU
prompt  40 watches every 2 s of runs that log a row a second and go wrong one after the other: seconds until it is said
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from analysis.history import from_records
from bot import settings
from bot.address import Address
from bot.services.runs import stamp
from bot.services.standing import Standing, marks
from bot.store import tables
from bot.store.store import Store
from tests.fakes.world import World, world

_ROWS = 50


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


def _fill(bot: World, projects: Sequence[str], per_project: int, interval_s: float, now: float) -> None:
    loaded = settings.load(bot.folder / "c.yaml")
    store = Store.open(f"sqlite:///{bot.folder / 'state' / 'curvebot.db'}")
    history = from_records(_rows(0, _ROWS, now))
    seen = Standing("running", _ROWS, now, now + 86_400.0, stamp(loaded.diagnoses), marks(history)).to_json()
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
    parser.add_argument("part", choices=("many", "prompt"), nargs="*")
    parser.add_argument("--watches", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=90.0)
    args = parser.parse_args(argv)
    print("| what | figure |\n| --- | ---: |")
    for part in args.part or ("many", "prompt"):
        with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as bot:
            lines = many(bot, args.watches, 30.0, args.seconds) if part == "many" else prompt(bot, 40, args.seconds)
            print("\n".join(lines), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
