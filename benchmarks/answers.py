"""python -m benchmarks.answers: how long a person waits for the real bot, between local W&B, Slack and Feishu servers.

Machines differ, so every time is printed twice: in seconds, and against a floor measured on the same machine: one
`curvebot report` of the same run with its chart, the start of the program included.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.fakes.wandb_server import records
from tests.fakes.world import SAMPLE, World, shifted, wait, world

OTHERS = 10  # commands that are answered meanwhile


def measure(bot: World) -> Mapping[str, float]:
    """Seconds by what was waited for. Starts the bot; the caller stops it."""
    took = {"report (the floor)": _seconds(lambda: _report(bot.folder))}
    bot.upload(bot.sample, "64wxlc3y", name="act-uot-64wxlc3y", state="finished")
    took["ready to serve"] = _seconds(bot.start)
    began = time.perf_counter()
    took["Slack: acknowledged"] = bot.slack.ack(bot.slack.command("64wxlc3y", channel="C1")).seconds
    wait(lambda: any(f.get("shared") for f in list(bot.slack.files.values())))
    took["Slack: card and chart"] = time.perf_counter() - began
    took |= _of_a_cached_run(bot)
    took |= _beside_ten_others(bot)
    rows = records(shifted(bot.sample).history)
    bot.wandb.add_run("team", "robot", "r1", rows[:27], name="act-uot", config=bot.sample.config)
    bot.slack.command("watch r1 every 1s", channel="C9")
    wait(lambda: bot.in_slack("C9"))
    bot.wandb.append("r1", rows[27:45])  # the collapse is among these
    took["alert, polled every second, held for another"] = _seconds(
        lambda: wait(lambda: any("OT 没起作用" in text for text in bot.in_slack("C9")))
    )
    return took


def _of_a_cached_run(bot: World) -> Iterator[tuple[str, float]]:
    """It was read just now; asked for on Feishu, where the chart is part of the card."""
    began = time.perf_counter()
    yield "Feishu: acknowledged", bot.feishu.ack(bot.feishu.mention("/curve 64wxlc3y", chat="oc_1")).seconds
    wait(lambda: bot.in_feishu("oc_1"))
    yield "Feishu: card and chart of a cached run", time.perf_counter() - began


def _beside_ten_others(bot: World) -> Iterator[tuple[str, float]]:
    """Ten people ask for ten runs that were never read, all at once; then an eleventh asks for one more."""
    for n in range(OTHERS + 1):
        bot.upload(bot.sample, f"other{n:03d}", name=f"other-{n}", state="finished")
    for n in range(OTHERS):
        bot.slack.mention(f"other{n:03d}", channel="C2", user=f"U{n}")
    began = time.perf_counter()
    name = bot.feishu.mention(f"/curve other{OTHERS:03d}", chat="oc_2")
    asked = [name, *(bot.feishu.mention("/curve list", chat="oc_3") for _ in range(3))]
    wait(lambda: any(m["chat_id"] == "oc_2" for m in list(bot.feishu.messages)))
    yield "Feishu: first sign of life beside ten others", time.perf_counter() - began
    wait(lambda: len(bot.in_feishu("oc_3")) >= 3)
    yield "Feishu: three that read no run, beside ten others", time.perf_counter() - began
    yield "Feishu: slowest acknowledgement beside ten others", max(bot.feishu.ack(a).seconds for a in asked)
    names = [f"other-{n}：" for n in range(OTHERS)]
    wait(lambda: bot.in_feishu("oc_2") and all(any(n in text for text in bot.in_slack("C2")) for n in names))
    yield "all eleven cards", time.perf_counter() - began


def _report(folder: Path) -> None:
    command = [sys.executable, "-m", "bot", "report", str(SAMPLE), "--chart", str(folder / "chart.png")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def table(took: Mapping[str, float]) -> Iterator[str]:
    yield "| waited for | seconds | vs floor |"
    yield "| --- | ---: | ---: |"
    floor = next(iter(took.values()))
    for what, seconds in took.items():
        yield f"| {what} | {seconds:.2f} | {seconds / floor:.2f} |"


def main(argv: Sequence[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__).parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as bot:
        print("\n".join(table(measure(bot))))


if __name__ == "__main__":
    main()
