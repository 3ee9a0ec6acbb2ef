"""What a chart's lines are made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.model import Floats
from bot.render import traces

RNG = np.random.default_rng(3)


def holes(y: Floats) -> Floats:
    return np.where(RNG.random(len(y)) < 0.2, np.nan, y)


@pytest.mark.parametrize("points", [0, 1, 2, 6, 100, 1001])
@pytest.mark.parametrize("window", [5, 6, 40])
@pytest.mark.parametrize("how", ["median", "mean"])
def test_a_centred_window_is_that_of_pandas(points: int, window: int, how: str) -> None:
    y = holes(np.cumsum(RNG.normal(size=points)))
    expected = pd.Series(y).rolling(window, center=True, min_periods=1).agg(how)

    np.testing.assert_allclose(traces._centred(y, window, how), expected, rtol=1e-9)  # type: ignore[arg-type]


def test_a_smooth_line_has_the_holes_of_its_points_and_no_spike() -> None:
    y = np.sin(np.arange(20_000) / 3000.0)
    y[7000] = 1e9
    y[9000:9010] = np.nan
    smooth = traces.smoothed(y)

    assert np.isnan(smooth).tolist() == np.isnan(y).tolist()
    known = y < 2
    assert np.abs(smooth - y)[known].max() < 0.1
    assert np.flatnonzero(traces.lonely(y)).tolist() == [7000]
