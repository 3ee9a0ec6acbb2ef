"""Medians, means and extremes of windows: what pandas and numpy say, whatever the length of the series."""

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
WINDOWS = st.integers(1, 64)


@given(SERIES, WINDOWS, st.data())
def test_a_rolling_median_is_that_of_pandas(x: Floats, window: int, data: st.DataObject) -> None:
    least = data.draw(st.integers(1, window))
    expected = pd.Series(x).rolling(window, min_periods=least).median()

    assert np.array_equal(rolling.rolling_median(x, window, least), expected, equal_nan=True)


@given(SERIES, WINDOWS, st.data())
def test_the_extremes_of_a_window_are_those_of_pandas(x: Floats, window: int, data: st.DataObject) -> None:
    least = data.draw(st.integers(1, window))
    expected = pd.Series(x).rolling(window, min_periods=least)

    assert np.array_equal(rolling.rolling_min(x, window, least), expected.min(), equal_nan=True)
    assert np.array_equal(rolling.rolling_max(x, window, least), expected.max(), equal_nan=True)


@given(SERIES, WINDOWS, st.sampled_from([0.25, 0.5, 0.9]), st.data())
def test_a_rolling_quantile_is_that_of_pandas(x: Floats, window: int, share: float, data: st.DataObject) -> None:
    least = data.draw(st.integers(1, window))
    expected = pd.Series(x).rolling(window, min_periods=least).quantile(share)

    assert np.allclose(rolling.rolling_quantile(x, window, share, least), expected, rtol=1e-12, equal_nan=True)


@given(arrays(np.float64, st.integers(0, 60), elements=st.integers(-9, 9) | st.just(np.nan)), WINDOWS, st.data())
def test_a_rolling_mean_is_that_of_numpy(x: Floats, window: int, data: st.DataObject) -> None:
    least = data.draw(st.integers(1, window))
    parts = [part[~np.isnan(part)] for j in range(len(x)) for part in [x[max(0, j - window + 1) : j + 1]]]
    expected = np.array([part.mean() if len(part) >= least else np.nan for part in parts])

    assert np.allclose(rolling.rolling_mean(x, window, least), expected, rtol=1e-14, equal_nan=True)


def test_what_has_left_the_window_leaves_no_trace() -> None:
    x = np.full(50, 0.1)
    x[3] = 1e300

    assert rolling.rolling_mean(x, 10)[13:] == pytest.approx(0.1)


@given(SERIES, st.data())
def test_windows_are_what_numpy_says_of_their_parts(x: Floats, data: st.DataObject) -> None:
    ends = data.draw(st.lists(st.integers(0, len(x)), max_size=9))
    begins = [data.draw(st.integers(0, end)) for end in ends]
    low, middle, high = rolling.windows(x, np.array(begins, dtype=np.int64), np.array(ends, dtype=np.int64))

    for k, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        part = x[begin:end][~np.isnan(x[begin:end])]
        expected = (part.min(), np.median(part), part.max()) if len(part) else (np.nan,) * 3
        assert np.array_equal((low[k], middle[k], high[k]), expected, equal_nan=True)


@given(SERIES, WINDOWS)
def test_a_rolling_mad_is_that_of_numpy(x: Floats, window: int) -> None:
    expected = []
    for j in range(len(x)):
        part = x[max(0, j - window + 1) : j + 1]
        expected.append(rolling.MAD_TO_SIGMA * np.median(np.abs(part - np.median(part))))

    assert np.array_equal(rolling.rolling_mad(x, window), np.array(expected, dtype=np.float64), equal_nan=True)


@given(SERIES, WINDOWS, st.data())
def test_what_is_known_of_a_prefix_is_known_of_the_whole(x: Floats, window: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(x)))

    assert np.array_equal(rolling.rolling_median(x[:n], window), rolling.rolling_median(x, window)[:n], equal_nan=True)
    assert np.array_equal(rolling.rolling_mad(x[:n], window), rolling.rolling_mad(x, window)[:n], equal_nan=True)
    assert np.array_equal(rolling.rolling_mean(x[:n], window), rolling.rolling_mean(x, window)[:n], equal_nan=True)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).standard_normal(100)
    ends = np.arange(1, 101)
    mad, parts = rolling.rolling_mad(x, 9), rolling.windows(x, ends // 2, ends)
    monkeypatch.setattr(rolling, "CHUNK", 7)

    assert np.array_equal(rolling.rolling_mad(x, 9), mad)
    assert np.array_equal(rolling.windows(x, ends // 2, ends), parts)


@given(SERIES)
def test_a_median_is_that_of_numpy(x: Floats) -> None:
    expected = np.median(x) if len(x) else np.nan

    assert rolling.median(x) == expected or (np.isnan(expected) and np.isnan(rolling.median(x)))
