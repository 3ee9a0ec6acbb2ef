"""Medians and maxima of windows: what pandas and numpy say, to the last bit, whatever the length of the series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.arrays import rolling
from analysis.model import Floats

SERIES = arrays(np.float64, st.integers(0, 60), elements=st.floats(-1e300, 1e300) | st.just(np.nan))
WINDOWS = st.integers(1, 2 * rolling.WIDE)


@given(SERIES, WINDOWS, st.data())
def test_a_rolling_median_is_that_of_pandas(x: Floats, window: int, data: st.DataObject) -> None:
    least = data.draw(st.integers(1, window))
    expected = pd.Series(x).rolling(window, min_periods=least).median()

    assert np.array_equal(rolling.rolling_median(x, window, least), expected, equal_nan=True)


def test_a_median_that_is_kept_is_nobodys_to_change() -> None:
    x = np.arange(40.0)
    rolling.rolling_median(x, 5)[:] = 7.0

    assert rolling.rolling_median(x, 5)[-1] == 37.0


@given(SERIES, WINDOWS)
def test_the_largest_of_a_window_is_that_of_pandas(x: Floats, window: int) -> None:
    expected = pd.Series(x).rolling(window, min_periods=1).max()

    assert np.array_equal(rolling.running_window_max(x, window), expected, equal_nan=True)


@given(SERIES, WINDOWS)
def test_a_rolling_mad_is_that_of_numpy(x: Floats, window: int) -> None:
    expected = []
    for j in range(len(x)):
        part = x[max(0, j - window + 1) : j + 1]
        expected.append(rolling.MAD_TO_SIGMA * np.median(np.abs(part - np.median(part))))

    assert np.array_equal(rolling.rolling_mad(x, window), np.array(expected, dtype=np.float64), equal_nan=True)


@given(SERIES, st.integers(1, rolling.WIDE), st.data())
def test_what_is_known_of_a_prefix_is_known_of_the_whole(x: Floats, window: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(x)))

    assert np.array_equal(rolling.rolling_median(x[:n], window), rolling.rolling_median(x, window)[:n], equal_nan=True)
    assert np.array_equal(rolling.rolling_mad(x[:n], window), rolling.rolling_mad(x, window)[:n], equal_nan=True)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).standard_normal(100)
    monkeypatch.setattr(rolling, "KEPT", 0)  # each is worked out
    median, mad = rolling.rolling_median(x, 9), rolling.rolling_mad(x, 9)
    monkeypatch.setattr(rolling, "CHUNK", 7)

    assert np.array_equal(rolling.rolling_median(x, 9), median)
    assert np.array_equal(rolling.rolling_mad(x, 9), mad)


@given(SERIES)
def test_a_median_is_that_of_numpy(x: Floats) -> None:
    expected = np.median(x) if len(x) else np.nan

    assert rolling.median(x) == expected or (np.isnan(expected) and np.isnan(rolling.median(x)))
