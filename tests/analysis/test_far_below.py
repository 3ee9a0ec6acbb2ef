"""Single episodes far below all others: of an episode that nothing ends, not of a fine or a jackpot."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays.far_below import far_below
from analysis.diagnoses.critics import SimBlowup
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 900
BURSTS = (60, 75, 400, 420, 700, 760)
LOW = -np.array([9e4, 2e4, 3e4, 1e5, 6e4, 2.5e4])


def episodes(at: tuple[int, ...] = (), values: Floats = LOW, seed: int = 0) -> Floats:
    x = 300 * np.random.default_rng(seed).standard_normal(N)
    x[list(at)] = values[: len(at)]
    return x


def told(x: Floats, name: str = "reward") -> Severity:
    columns = {name: x, "avg_reward": np.convolve(x, np.ones(100) / 100)[:N]}
    return worst([e for e in found(SimBlowup(), rows(columns, every=1)) if e.metrics[0] == name])


@pytest.mark.parametrize("name", ["reward", "episode_reward", "Total_Reward", "ep_return"])
def test_returns_hundreds_of_times_below_the_usual_that_come_again_are_told(name: str) -> None:
    assert told(episodes(BURSTS), name) is Severity.WARNING


@pytest.mark.parametrize(
    "x",
    [
        episodes(),
        episodes(BURSTS[:2]),  # as it began, and never since
        episodes(BURSTS, np.full(6, -9e4)),  # a fine is the same each time
        episodes(BURSTS, -LOW),  # a jackpot
        episodes(BURSTS, LOW / 20),  # it scatters, no more
        np.interp(np.arange(N), [0, 300, N], [-9e4, -300, 300]) + episodes(),  # it learns
    ],
    ids=["none", "at first", "a fine", "a jackpot", "not so far", "learns"],
)
def test_what_is_no_endless_episode_is_not(x: Floats) -> None:
    assert told(x) is Severity.OK


def test_looks_back_only() -> None:
    x = episodes(BURSTS)
    whole = far_below(x)
    for n in (0, 1, 9, 11, 61, 401, 760):
        part = far_below(x[:n])
        for name in ("usual", "count", "lowest", "again", "over"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[:n], equal_nan=True)
