"""A loss that has not left its start: what its noise lets see of that, and batches that come again."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays import rolling
from analysis.arrays.unfallen import repeated, still, unfallen
from analysis.model import Floats

N = 400
LIMITS = {"fall": 0.1, "z": 1.64, "slow": 0.04, "certain_z": 3.0}
everywhere = np.ones(N, dtype=bool)


def scattered(sigma: float, fall: float = 0.0) -> Floats:
    rng = np.random.default_rng(3)
    return np.asarray(2.0 - fall * np.linspace(0, 1, N) + sigma * rng.standard_normal(N))


def test_batches_in_a_fixed_order_come_again() -> None:
    x = np.tile(np.random.default_rng(0).standard_normal(7), 5)
    period = repeated(x)

    assert period[-1] == 7
    assert not period[: 2 * 7].any()  # once more may be chance
    assert not repeated(np.where(np.arange(len(x)) < len(x) - 1, x, x + 1e-12))[-1]


@pytest.mark.parametrize("x", [np.zeros(0), np.ones(50), np.random.default_rng(1).standard_normal(50)])
def test_what_stands_still_or_is_new_each_time_does_not_come_again(x: Floats) -> None:
    assert not repeated(x).any()


@pytest.mark.parametrize(("sigma", "fall", "is_still"), [
    (0.001, 0.0, True),
    (0.001, 0.02, False),
    (0.001, -0.02, False),
    (0.3, 0.0, False),  # a fall may hide
])  # fmt: skip
def test_still_is_what_no_fall_can_hide_in(sigma: float, fall: float, is_still: bool) -> None:
    x = scattered(sigma, fall)

    assert still(x, np.full(N, sigma), everywhere, 0.003, 1.64)[-1] == is_still


@pytest.mark.parametrize(("sigma", "fall", "flat"), [
    (0.02, 0.0, True),
    (0.02, 0.2, False),
    (0.02, 0.06, False),  # slow, and certain
    (0.8, 0.0, False),  # so loud that nobody knows
])  # fmt: skip
def test_unfallen_is_where_a_fall_can_be_excluded(sigma: float, fall: float, flat: bool) -> None:
    x = scattered(sigma, fall)

    assert unfallen(x, np.full(N, sigma), everywhere, **LIMITS)[-1] == flat
    assert not unfallen(x, np.full(N, sigma), ~everywhere, **LIMITS).any()


def test_both_look_back_only() -> None:
    x, k = scattered(0.02, 0.1), 150
    noise = rolling.noise(x, 60)

    for whole, part in (
        (unfallen(x, noise, everywhere, **LIMITS), unfallen(x[:k], noise[:k], everywhere[:k], **LIMITS)),
        (still(x, noise, everywhere, 0.05, 1.64), still(x[:k], noise[:k], everywhere[:k], 0.05, 1.64)),
        (repeated(x), repeated(x[:k])),
    ):
        assert np.array_equal(whole[:k], part)
