"""Runs that W&B does not keep, asked for and watched in a chat: the real service, the real readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import RecordWriter

from bot.sources import Sources
from tests.fakes.bot import START, Bot
from tests.fakes.swanlab_server import SwanLabServer

FLOOR = {"name": "floor", "metric": "train/mass", "below": 0.1, "for": 3, "severity": "critical"}
CONFIG: dict[str, Any] = {"alerts": {"group_wait": "0s"}, "thresholds": [FLOOR]}
Grow = Callable[[float, int], None]  # appends so many records of a value


@pytest.fixture
def tensorboard(tmp_path: Path) -> Iterator[tuple[Sources, str, Grow]]:
    folder, at = tmp_path / "runs" / "exp1", iter(range(1000))
    folder.mkdir(parents=True)
    writer = RecordWriter(str(folder / "events.out.tfevents.1"))

    def grow(value: float, records: int) -> None:
        for _ in range(records):
            step = next(at)
            event = Event(wall_time=START + step, step=step)
            event.summary.value.add(tag="train/mass", simple_value=value)
            writer.write(event.SerializeToString())
        writer.flush()

    yield Sources(roots=[tmp_path / "runs"]), str(folder), grow
    writer.close()


@pytest.fixture
def swanlab() -> Iterator[tuple[Sources, str, Grow]]:
    with SwanLabServer() as server:
        server.add_run("team", "robot", "r1", [], name="exp1")

        def grow(value: float, records: int) -> None:
            rows = server.rows["cuid-r1"]
            for _ in range(records):
                rows.append({"_step": len(rows), "_timestamp": START + len(rows), "train/mass": value})

        sources = Sources(swanlab_host=server.url, swanlab_api_key=server.api_key)
        yield sources, "https://" + server.url.removeprefix("http://") + "/@team/robot/runs/r1/chart", grow


@pytest.mark.parametrize("source", ["tensorboard", "swanlab"])
def test_it_is_answered_watched_and_told_of(source: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    sources, ref, grow = request.getfixturevalue(source)
    grow(1.0, 30)
    bot = Bot(tmp_path, CONFIG)
    bot.runs = sources
    bot.restart()

    assert "exp1" in bot.say(f"/curve {ref}")
    assert "已关注 exp1" in bot.say(f"/curve watch {ref} every 5m")
    grow(0.01, 6)
    bot.poll(300)
    alert = next(text for text in bot.slack.texts("slack:C1") if "floor" in text)
    assert alert.startswith("🔴")
    grow(1.0, 20)
    bot.poll(300)
    bot.store.close()

    assert any("已恢复" in text for text in bot.slack.texts("slack:C1"))
