"""From where to where a metric went, and whether it got better, in levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Column, Floats, MetricSummary
from bot.render.card import card
from tests.analysis.curves import history, run

N = 300
NOISE = np.random.default_rng(8).standard_normal(N)
UP = np.linspace(0.0, 1.0, N)


def summary(key: str, values: Floats) -> MetricSummary:
    return next(m for m in analyze(run(history({key: values}))).metrics if m.key == key)


@pytest.mark.parametrize(
    ("key", "values", "outcome"),
    [
        ("train/reward", 50 * UP + 5 * NOISE, "better"),
        ("train/reward", 100 + 5 * NOISE, "same"),
        ("train/reward", 100 - 200 * UP + 5 * NOISE, "worse"),
        ("train/reward", np.where(UP < 0.5, 80 * UP, 40 - 80 * (UP - 0.5)) + 5 * NOISE, "better"),  # and lost again
        ("train/reward", (100 + 5 * NOISE)[:9], None),
        ("train/loss", 3 * np.exp(-9 * UP) + 0.1 * NOISE, "better"),
        ("train/loss", np.r_[1.6, np.full(N - 1, 10.4) + 0.01 * NOISE[1:]], "worse"),  # with the first update
        ("train/loss", 0.7 + 0.05 * NOISE, "same"),
    ],
)
def test_outcome(key: str, values: Floats, outcome: str | None) -> None:
    assert summary(key, values).outcome == outcome


def test_a_course_goes_from_level_to_level() -> None:
    noisy = summary("train/reward", 50 * UP + 10 * NOISE)
    assert noisy.course is not None
    assert noisy.course.begin == pytest.approx(2.5, abs=4)
    assert noisy.course.end == pytest.approx(47.5, abs=4)
    assert noisy.course.best is None
    assert summary("train/reward", 50 * UP).course is None  # its first and last record tell the same


def test_a_course_begins_where_it_left_at_once() -> None:
    begun = summary("train/loss", np.r_[1.6, 12 + 0.1 * NOISE[1:]])
    assert begun.course is None or begun.course.begin == pytest.approx(1.6)


def test_a_course_that_turned_tells_the_best_of_it() -> None:
    course = summary("train/reward", 80 * np.minimum(UP, 1 - UP) + 3 * NOISE).course
    assert course is not None
    assert course.best == pytest.approx(37, abs=4)
    flat = summary("train/reward", 100 + 10 * NOISE).course
    assert flat is None or flat.best is None  # the luckiest level of many is none


def test_a_first_line_does_not_call_normal_what_learnt_nothing() -> None:
    message = card(analyze(run(history({"loss": np.r_[1.6, 10.4 + 0.01 * (-1.0) ** np.arange(11)]}), state="finished")))
    assert "无异常" not in message.title
    assert "正常" not in message.title
    assert "训练 loss 反而升高" in message.title
    assert message.marker == "info"


def test_what_is_not_there_yet_is_no_fault() -> None:
    """RLlib logs NaN until an episode has ended."""
    whole = history({"train/reward": 50 * UP})
    rows, values = whole.columns["train/reward"].rows, 50 * UP
    values[:4] = np.nan
    title = card(analyze(run(replace(whole, columns={"train/reward": Column(rows, values)})))).title
    assert "NaN" not in title
    later = np.where(np.arange(N) == 100, np.nan, values)
    message = card(analyze(run(replace(whole, columns={"train/reward": Column(rows, later)}))))
    assert "另有 1 次 NaN" in message.facts
