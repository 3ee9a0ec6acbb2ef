"""Scores of an agent that are no rate and were never better than at first."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.learning import NoLearning
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 80
NOISE = np.random.default_rng(3).standard_normal(N)
OF_AGENT = {
    "entropy": np.linspace(1.9, 1.6, N),
    "value_loss": np.linspace(9, 3, N),
    "total_reward": -190 + 8 * NOISE[::-1],
}


def severity(key: str, x: Floats, agent: bool) -> Severity:
    return worst(found(NoLearning(), rows({**(OF_AGENT if agent else {}), key: x})))


@pytest.mark.parametrize(
    ("key", "x", "agent", "said"),
    [
        ("eval_score", 42_250 + 6 * NOISE, True, True),
        ("eval/avg_score", 780 + 90 * NOISE, True, True),
        ("eval_score", 42_250 + 6 * NOISE + np.linspace(0, 400, N), True, False),  # it rises
        ("eval_score", 0.92 + 0.01 * NOISE, True, False),  # a rate may be at its ceiling
        ("eval_score", 42_250 + 6 * NOISE, False, False),  # of what is not known to be an agent
        ("normalized_score", -0.447 + 4e-4 * NOISE, False, True),  # worse than acting at random
        ("normalized_score", 0.98 + 4e-3 * NOISE, False, False),  # as good as an expert all along
    ],
)
def test_a_score_without_a_ceiling_that_never_rose_is_told(key: str, x: Floats, agent: bool, said: bool) -> None:
    assert (severity(key, x, agent) >= Severity.WARNING) is said
