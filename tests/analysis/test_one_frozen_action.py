"""An agent that repeats one action: no entropy is left, and its episodes grow without anything more being earned."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.exploration import EntropyCollapse
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows

N = 200
X = np.linspace(0, 1, N)
NOISE = np.random.default_rng(4).standard_normal(N)
GONE = -(0.005 + 1.37 * np.exp(-60 * X))  # as it is logged
LEVEL = 3.8 - 3 * np.exp(-20 * X) + 0.02 * NOISE
LONGER = 160 * np.exp(3 * X)


def told(returns: Floats, lengths: Floats, entropy: Floats = GONE) -> Severity:
    columns = {"rollout/ep_rew_mean": returns, "rollout/ep_len_mean": lengths, "train/entropy_loss": entropy}
    return max((e.severity for e in found(EntropyCollapse(), rows(columns), algo="a2c") if e.open), default=Severity.OK)


def test_episodes_that_only_get_longer_are_idle() -> None:
    assert told(LEVEL, LONGER) == Severity.CRITICAL


@pytest.mark.parametrize(
    ("returns", "lengths", "entropy"),
    [
        (20 * LONGER / 160, LONGER, GONE),  # longer, and more is earned in them
        (LEVEL, np.full(N, 500.0), GONE),  # solved: each goes on to its limit
        (LEVEL, LONGER[::-1], GONE),  # sooner at the goal
        (LEVEL, LONGER, -(0.12 + 1.25 * np.exp(-60 * X))),  # other actions are left
    ],
)
def test_a_policy_that_has_made_up_its_mind_is_a_note(returns: Floats, lengths: Floats, entropy: Floats) -> None:
    assert told(returns, lengths, entropy) <= Severity.INFO
