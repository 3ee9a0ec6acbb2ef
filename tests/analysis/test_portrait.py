"""The portrait of a series: what is usual, how far it wanders, and since when it has left that."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays.portrait import left_at, portrait

RNG = np.random.default_rng(7)


def test_a_portrait_is_causal() -> None:
    y = np.cumsum(RNG.normal(0, 0.1, 400))
    whole, part = portrait(y, stretch=8, gap=16), portrait(y[:250], stretch=8, gap=16)
    for name in ("level", "noise", "usual", "wander", "high", "low"):
        np.testing.assert_array_equal(getattr(whole, name)[:250], getattr(part, name))


def test_noise_stays_within_a_few_wanders_and_a_step_does_not() -> None:
    y = RNG.normal(0, 1, 600)
    y[500:] += 5
    above = portrait(y, stretch=8, gap=40).above()
    assert np.nanmax(above[:500]) < 4
    assert above[510] > 4


@pytest.mark.parametrize("sign", [1, -1])
def test_a_level_was_left_at_the_last_record_within_a_tenth_of_the_way(sign: int) -> None:
    level = sign * np.array([0.0, 0.3, 0.0, 0.9, 1.1, 4.0, 8.0, 10.0])
    assert left_at(level, 0.0, 7) == 3


def test_what_was_never_at_the_level_began_with_the_first_record() -> None:
    assert left_at(np.array([np.nan, 5.0, 6.0, 10.0]), 0.0, 3) == 0
    assert left_at(np.array([0.0, 5.0, 6.0, 10.0]), 0.0, 3, first=1) == 1
