"""Shares of the tokens that single experts of a mixture get."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.routing import ExpertsUnbalanced
from analysis.model import Floats
from tests.analysis.scanning import found, rows

SEEDS = (0, 1, 2)
N = 40


def shares(seed: int, most: Floats, experts: int) -> dict[str, Floats]:
    """Expert 1 of layer 9 gets `most`, the others the rest, unevenly."""
    rng = np.random.default_rng(seed)
    first = np.clip(most + 0.02 * rng.standard_normal(N), 0, 1)
    rest = rng.dirichlet(np.full(experts - 1, 5.0))
    others = {f"router/layer_9_expert_{i + 2}_frac": (1 - first) * r for i, r in enumerate(rest)}
    return {"router/layer_9_expert_1_frac": first, **others, "train/loss": 2 + np.exp(-np.arange(N) / 10)}


@pytest.mark.parametrize("seed", SEEDS)
def test_one_expert_that_takes_more_than_all_the_others_is_told(seed: int) -> None:
    (episode,) = found(ExpertsUnbalanced(), rows(shares(seed, np.interp(np.arange(N), (0, 10), (0.15, 0.7)), 8)))

    assert (episode.metrics[0], episode.open) == ("router/layer_9_expert_1_frac", True)
    assert episode.onset_row <= 12
    assert "第 9 层 expert 1 独占" in episode.transitions[0].words.message


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("most", "experts"),
    [(np.full(N, 0.3), 8), (np.where(np.arange(N) < 4, 0.7, 0.2), 8), (np.full(N, 0.62), 2)],
    ids=("uneven", "only at first", "of two"),
)
def test_uneven_shares_are_not(most: Floats, experts: int, seed: int) -> None:
    assert not found(ExpertsUnbalanced(), rows(shares(seed, most, experts)))
