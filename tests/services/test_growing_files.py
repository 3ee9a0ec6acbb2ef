"""A watched file to which a script appends: nothing is told twice, and nothing is lost, whatever its counter does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.render.text import render_text
from bot.sources import Sources
from tests.fakes.bot import Bot

RULES = [
    {"name": "floor", "metric": "train/mass", "below": 0.1, "for": 3, "severity": "critical"},
    {"name": "roof", "metric": "train/heat", "above": 9.0, "for": 3, "severity": "critical"},
]
GOOD, BAD = (1.0, 1.0), (0.01, 1.0)


class Growing:
    def __init__(self, folder: Path) -> None:
        (folder / "runs").mkdir()
        self.path = folder / "runs" / "log.csv"
        self.bot = Bot(folder, {"alerts": {"group_wait": "0s"}, "thresholds": RULES})
        sources: Any = Sources(roots=[folder / "runs"])
        self.bot.runs = sources
        self.bot.restart()

    def write(self, *lines: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def log(self, epochs: Sequence[int], values: tuple[float, float] = GOOD, loss: float = 4.0) -> None:
        self.write(*(f"{epoch},{loss / (1 + epoch)},{values[0]},{values[1]}" for epoch in epochs))

    def look(self) -> list[str]:
        """What is said now, in the channel and in its threads: the first line of each."""
        shown = self.bot.slack.shown
        before = set(shown)
        self.bot.poll(300)
        new = [post.message for at, post in shown.items() if at not in before and post.message is not None]
        return [render_text(message).splitlines()[0] for message in new]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Growing]:
    growing = Growing(tmp_path)
    growing.write("epoch,train/loss,train/mass,train/heat")
    growing.log(range(30))
    growing.bot.hear(f"watch {growing.path} every 5m")
    growing.look()
    yield growing
    growing.bot.store.close()


def told_of(texts: Sequence[str], rule: str) -> list[str]:
    return [text for text in texts if rule in text]


def test_a_fault_of_the_run_before_ends_with_it(file: Growing) -> None:
    file.log(range(30, 40), BAD)
    assert len(told_of(file.look(), "floor")) == 1
    file.log(range(5))
    ended = told_of(file.look(), "floor")
    assert len(ended) == 1 and "已重新开训，上一次训练的告警到此为止" in ended[0], ended
    file.log(range(5, 30))
    assert told_of(file.look(), "floor") == []
    file.log(range(30, 36), BAD)
    assert len(told_of(file.look(), "floor")) == 1
    assert told_of(file.look(), "floor") == []


@pytest.mark.parametrize("records", [8, 40, 60])
def test_a_fault_of_the_new_run_is_told_however_long_nobody_looked(file: Growing, records: int) -> None:
    """Also where it has as many rows by then as the one before, of the same steps and without times."""
    file.log(range(30, 40))
    file.look()
    file.log(range(records), (1.0, 10.0))
    told = file.look()
    assert len(told_of(told, "roof")) == 1
    assert told_of(file.look(), "roof") == []


def test_the_same_fault_in_both_runs_is_told_of_each(file: Growing) -> None:
    file.log(range(30, 40), BAD)
    file.look()
    file.log(range(50), BAD)
    told = told_of(file.look(), "floor")
    assert len(told) == 2 and any("已重新开训" in text for text in told) and any("🔴" in text for text in told), told


def test_a_resume_is_none(file: Growing) -> None:
    file.log(range(30, 40), BAD)
    assert len(told_of(file.look(), "floor")) == 1
    file.log(range(35, 45), BAD)
    assert not any("重新开训" in text for text in file.look())


def test_an_axis_that_changes_takes_nothing_back_and_tells_nothing_again(tmp_path: Path) -> None:
    """`iter` counts the first epoch; from the second on it begins anew, and only the rows count."""
    growing = Growing(tmp_path)
    growing.write("epoch,iter,train/loss,train/mass,train/heat")

    def log(epoch: int, iters: Sequence[int], mass: float = 1.0) -> None:
        growing.write(*(f"{epoch},{10 * iter_},{4 / (1 + epoch)},{mass},1.0" for iter_ in iters))

    log(1, range(20))
    growing.bot.hear(f"watch {growing.path} every 5m")
    growing.look()
    log(1, range(20, 26), 0.01)
    log(1, range(26, 40))
    first = growing.look()
    assert len(told_of(first, "floor")) >= 1
    log(1, range(40, 46), 0.01)
    assert len(told_of(growing.look(), "floor")) == 1
    log(2, range(10), 0.01)
    assert growing.look() == []
    log(2, range(10, 30))
    ended = growing.look()
    assert len(told_of(ended, "floor")) == 1 and "已恢复" in ended[0], ended
    growing.bot.store.close()
