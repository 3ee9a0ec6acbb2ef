"""The lines that a chat draws itself."""

from __future__ import annotations

import math

import numpy as np

from analysis import analyze
from analysis.history import from_records
from analysis.model import Run
from bot.chats.feishu.cards import render
from bot.render import plots
from bot.render.message import Message, Plot
from tests.fakes.feishu_cards import card_errors


def plotted(values: list[float], steps: list[int] | None = None) -> Plot:
    rows = [
        {"_step": step, "_timestamp": 1e9 + i, "train/loss": value}
        for i, (step, value) in enumerate(zip(steps or range(len(values)), values, strict=True))
    ]
    run = Run("t/p/r", history=from_records(rows), name="r", state="running")
    found = plots.of_run(run, analyze(run))
    assert found is not None
    return found


def test_a_long_curve_keeps_its_spike_and_its_ends() -> None:
    values = [1.0 + 0.01 * math.sin(i) for i in range(20_000)]
    values[12_345] = 40.0
    (line,) = plotted(values).lines

    assert len(line.x) <= plots.POINTS
    assert (line.x[0], line.x[-1]) == (0, 19_999)
    assert (12_345, 40) in set(zip(line.x, line.y, strict=True))


def test_a_log_axis_holds_no_zero_and_says_so() -> None:
    values = [10.0**-i for i in range(12)] + [0.0, 0.0, math.nan]
    found = plotted(values)

    assert found.log and min(found.lines[0].y) > 0
    assert found.note == "NaN/Inf 1 次、0 值 2 次未画"
    assert not list(card_errors(render(Message("x", plot=found)).card, {}))


def test_what_a_resume_overwrote_is_not_drawn() -> None:
    steps = [*range(50), *range(30, 80)]
    (line,) = plotted([float(100 - i % 60) for i in range(100)], steps).lines

    assert list(line.x) == sorted(set(steps))


def test_a_run_without_numbers_has_none() -> None:
    run = Run("t/p/r", history=from_records([]), name="r", state="running")

    assert plots.of_run(run, analyze(run)) is None


def test_five_long_names_fit_into_a_card() -> None:
    x = np.arange(5000.0)
    found = plots._plot("loss", [(f"{letter} {'长名字' * 30}", x, np.sin(x) + 2) for letter in "ABCDE"])

    assert found is not None and sum(len(line.x) for line in found.lines) <= plots.POINTS
    assert len(render(Message("x", plot=found)).content.encode()) < 20_000
