"""python -m benchmarks.soak: two hundred runs in bad weather for half an hour: nothing grows.

The real `curvebot serve` between local servers, a tenth of whose answers fails in every way there is; runs log all the
time, now and then one goes bad, people ask; wandb-core is killed five times. Memory, threads, open files and children
are read every few seconds. Flat: the middle of the last quarter lies at most 10 % above that of the second quarter (the
first one fills caches). Exit code 1 when something grows, or a channel hears of wandb-core.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.trouble import Training, bad_weather, configure, good_weather, table
from tests.fakes.world import World, world

RUNS, CHANNELS = 200, 20
KILLS = 5  # of wandb-core
_BAR = 1.10
_SETTLING_S = 60.0
_EVERY_S = 2.0
_COMMANDS = ("help", "list", "r3", "alerts", "full r7", "compare r1 r2")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process holds at one moment."""

    at_s: float
    memory_mb: float
    threads: int
    files: int
    children: int


def read(pid: int, at_s: float) -> Reading:
    """Of a process on Linux."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return Reading(
        at_s,
        int(status["VmRSS"].split()[0]) / 1024,
        int(status["Threads"]),
        len(list((process / "fd").iterdir())),
        len(children(pid)),
    )


def children(pid: int) -> list[int]:
    """Zombies count."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            found += map(int, (task / "children").read_text().split())
    return found


def soak(bot: World, seconds: float, seed: int) -> tuple[list[Reading], list[str], int]:
    """Readings; messages that speak of what is nobody's business; how often wandb-core was killed."""
    rng = random.Random(seed)
    runs = [Training(f"r{i}", time.time() - 600.0, seed + i) for i in range(RUNS)]
    home = {run.name: (f"slack:C{i % CHANNELS}", f"feishu:oc_{i % CHANNELS}") for i, run in enumerate(runs)}
    configure(bot, [r.name for r in runs], interval="10s", channels=lambda name: home[name])
    for run in runs:
        bot.wandb.add_run("team", "robot", run.name, run.healthy(run.FIRST))
    bot.start()
    assert bot.process is not None
    pid = bot.process.pid
    time.sleep(_SETTLING_S / 2)
    bad_weather(bot, rng, chats=0.1, tracker=0.1)
    time.sleep(_SETTLING_S / 2)
    over = threading.Event()

    def live() -> None:
        asked = 0
        while not over.wait(0.5):
            for run in rng.sample(runs, 10):
                bot.wandb.append(run.name, run.healthy(1))
            if rng.random() < 0.05:
                run = rng.choice(runs)
                bot.wandb.append(run.name, run.fails())
            if rng.random() < 0.1:
                asked += 1
                text = rng.choice(_COMMANDS)
                if asked % 2:
                    bot.slack.mention(text, channel=f"CQ{asked % 7}")
                else:
                    bot.feishu.direct(text, chat=f"oc_q{asked % 7}")

    living = threading.Thread(target=live, daemon=True)
    living.start()
    readings: list[Reading] = []
    began, killed = time.monotonic(), 0
    while (at_s := time.monotonic() - began) < seconds:
        readings.append(read(pid, at_s))
        if killed < KILLS and at_s > seconds * (killed + 0.5) / (KILLS + 1):
            cores = [child for child in children(pid) if _is_core(child)]
            for core in cores[:1]:
                os.kill(core, signal.SIGKILL)
                killed += 1
        time.sleep(_EVERY_S)
    over.set()
    living.join()
    good_weather(bot)
    said = [m for channels in home.values() for m in _said(bot, channels)]
    return readings, [m for m in said if "wandb-core" in m or "内部错误" in m or "读不到" in m], killed


def _said(bot: World, channels: tuple[str, str]) -> list[str]:
    slack, feishu = (channel.partition(":")[2] for channel in channels)
    return [*bot.in_slack(slack), *bot.in_feishu(feishu)]


def _is_core(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return "wandb-core" in Path(f"/proc/{pid}/cmdline").read_text()
    return False


def growth(values: Sequence[float]) -> float:
    """The middle of the last quarter over that of the second one."""
    quarter = max(1, len(values) // 4)
    return statistics.median(values[-quarter:]) / max(1e-9, statistics.median(values[quarter : 2 * quarter]))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as bot:
        readings, told, killed = soak(bot, 60 * args.minutes, args.seed)
        messages = len(bot.slack.messages) + len(bot.feishu.messages)
        requests = len(bot.wandb.requests)
    rows: list[list[object]] = []
    flat = True
    for name in ("memory_mb", "threads", "files", "children"):
        values = [float(getattr(r, name)) for r in readings]
        slope = 3600 * float(np.polyfit([r.at_s for r in readings], values, 1)[0])
        grown = growth(values)
        # A thread more or less among thirty is no leak.
        good = grown <= _BAR or statistics.median(values[-len(values) // 4 :]) - min(values) <= 2
        flat = flat and good
        figures = [values[0], statistics.median(values), max(values), values[-1]]
        judged = [f"{slope:+.0f}", f"{grown:.3f}", "flat" if good else "GROWS"]
        rows.append([name.replace("_", " "), *(f"{v:.0f}" for v in figures), *judged])
    print(table(["", "first", "middle", "most", "last", "slope an hour", "last / second quarter", f"bar {_BAR}"], rows))
    print(f"\n{args.minutes:g} minutes, {RUNS} runs, {requests} requests to W&B, {messages} messages")
    print(f"wandb-core killed {killed} times, told of in a channel: {len(told)}")
    for message in told[:5]:
        print(message.replace("\n", " | ")[:200], file=sys.stderr)
    return int(not flat or bool(told) or killed < KILLS)


if __name__ == "__main__":
    sys.exit(main())
