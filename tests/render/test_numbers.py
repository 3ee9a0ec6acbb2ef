"""Numbers as text: four digits at most, never nan."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from bot.render import numbers
from tests.reports import sample_report

DAY = 86_400.0
NOON = 1_760_068_800.0  # 2025-10-10 12:00 in Shanghai


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (15.12, "15.12"),
        (0.51816, "0.5182"),
        (1e-05, "1e-5"),
        (7.302e-12, "7.302e-12"),
        (1495.6, "1496"),
        (20.0, "20"),
        (0.0, "0"),
        (-0.0, "0"),
        (math.nan, "—"),
        (None, "—"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
    ],
)
def test_a_figure_has_the_form_of_the_report(value: float | None, text: str) -> None:
    assert numbers.figure(value) == text


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        (-99.60496, "-99.60%"),
        (-27.4, "-27.40%"),
        (0.0, "0.00%"),
        (-0.0, "0.00%"),
        (123.456, "123.5%"),
        (-99.999, "-100.0%"),
        (39119.6, "39120%"),
        (1e-4, "1.0e-04%"),
        (None, "—"),
        (math.nan, "—"),
    ],
)
def test_a_change_has_four_digits(percent: float | None, text: str) -> None:
    assert numbers.change_pct(percent) == text


@pytest.mark.parametrize(
    ("at", "now", "text"),
    [
        (NOON + 3600, NOON, "13:00"),
        (NOON + 13 * 3600, NOON, "明天 01:00"),
        (NOON - 13 * 3600, NOON, "昨天 23:00"),
        (NOON + 3 * DAY, NOON, "10-13 12:00"),
        (NOON - 365 * DAY, NOON, "2024-10-10 12:00"),
        (NOON, None, "2025-10-10 12:00"),
    ],
)
def test_a_clock_time_is_as_short_as_it_can_be(at: float, now: float | None, text: str) -> None:
    assert numbers.clock(at, now, numbers.SHANGHAI) == text


@pytest.mark.parametrize(("seconds", "text"), [(-5, "刚刚"), (3, "刚刚"), (180, "3 分钟前"), (7200, "2 小时前")])
def test_an_age(seconds: float, text: str) -> None:
    assert numbers.ago(seconds) == text


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"at": 20_002, "planned_steps": 20_000}, "20000 步"),  # a counter logged after the last step
        ({"at": 12_000, "planned_steps": 20_000}, "12000/20000 步"),
        ({"at": 30_000, "planned_steps": 20_000}, "30000/20000 步"),  # longer than planned: say so
        ({"at": 31, "planned_steps": 32, "state": "finished"}, "32 步"),  # counted from 0
        ({"at": 31, "planned_steps": 32, "state": "running"}, "31/32 步"),
        ({"at": 500, "planned_steps": None}, "500 步"),
        ({"at": None, "planned_steps": 500}, ""),
    ],
)
def test_progress(facts: dict[str, Any], text: str) -> None:
    assert numbers.progress(replace(sample_report().run, **facts)) == text
