"""A language model that is right from the start, and then nothing is right any more: short runs on rewards."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.post_training import PolicyCollapse
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows

SEEDS = (0, 1, 2)
LIMIT = 512


def drawn(seed: int, right: Floats, length: Floats) -> dict[str, Floats]:
    """Forty answers a record; those at the limit are cut off."""
    rng = np.random.default_rng(seed)
    x = np.minimum(length * np.exp(0.1 * rng.standard_normal(len(length))), LIMIT)
    return {
        "train/reward": rng.binomial(40, right) / 40,
        "train/completions/mean_length": x,
        "train/completions/clipped_ratio": np.where(x >= LIMIT, 1.0, 0.03 * rng.random(len(x))),
    }


def shape(n: int, *points: tuple[float, float]) -> Floats:
    at, to = zip(*points, strict=True)
    return np.asarray(np.interp(np.linspace(0, 1, n), at, to))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "fall"), [(40, 0.36), (60, 0.5), (120, 0.2)])
def test_all_of_it_gone_with_answers_without_an_end_is_a_collapse(n: int, fall: float, seed: int) -> None:
    right = shape(n, (0, 0.88), (fall, 0.9), (fall + 0.06, 0.1), (fall + 0.1, 0.0), (1, 0.01))
    length = shape(n, (0, 270), (fall, 230), (fall + 0.06, 600), (1, 700))

    (episode,) = found(PolicyCollapse(), rows(drawn(seed, right, length), every=5), 5 * n, algo="grpo")

    assert (episode.transitions[0].severity, episode.open) == (Severity.CRITICAL, True)
    assert episode.transitions[0].words.title == "策略崩溃，reward 几乎掉光"
    assert abs(episode.onset_step / (5 * n) - fall) < 0.1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("right", "length"),
    [
        (shape(40, (0, 0.88), (1, 0.93)), shape(40, (0, 270), (1, 240))),
        (shape(40, (0, 0.85), (0.4, 0.85), (0.6, 0.5), (1, 0.45)), shape(40, (0, 270), (1, 300))),  # harder questions
        (shape(40, (0, 0.5), (1, 0.8)), shape(40, (0, 250), (0.5, 600), (1, 700))),  # at its limit, and right
        (shape(40, (0, 0.02), (1, 0.02)), shape(40, (0, 600), (1, 700))),  # never any good
    ],
    ids=("stays", "harder", "long and right", "never"),
)
def test_what_keeps_some_of_it_is_none(right: Floats, length: Floats, seed: int) -> None:
    assert not found(PolicyCollapse(), rows(drawn(seed, right, length), every=5), 200, algo="grpo")
