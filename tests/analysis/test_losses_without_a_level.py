"""The loss of what fits values, or of two networks against each other: it follows its target, and has no level."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.divergence import Divergence
from analysis.diagnoses.loss_jump import LossJump
from analysis.diagnoses.loss_spikes import LossSpike
from analysis.diagnoses.oscillation import Oscillation
from analysis.model import Episode, Floats
from analysis.scan.diagnosis import CausalDiagnosis
from tests.analysis.cases import AT, N, descent, ramp, rng, times
from tests.analysis.scanning import found, rows

LOSSES: dict[str, tuple[CausalDiagnosis, Floats]] = {
    "climbs": (Divergence(), ramp(descent(), 20)),
    "steps up": (LossJump(), times(descent(), 2.2)),
    "is thrown up again and again": (
        LossSpike(),
        times(times(times(descent(), 30, AT, AT + 1), 30, AT + 30, AT + 31), 30, AT + 55, AT + 56),
    ),
}


def told(diagnosis: CausalDiagnosis, loss: Floats, beside: str, key: str = "loss") -> list[Episode]:
    other = 1 + 0.1 * rng(4).standard_normal(N)
    return found(diagnosis, rows({key: loss, beside: np.asarray(other)}), planned=10 * N)


@pytest.mark.parametrize("kind", LOSSES)
def test_beside_a_plain_reward_values_are_fitted(kind: str) -> None:
    diagnosis, loss = LOSSES[kind]

    assert told(diagnosis, loss, "reward") == []
    assert told(diagnosis, loss, "train/reward") == []


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("beside", ["eval/reward", "mean_reward", "accuracy"])
def test_beside_anything_else_it_has_a_level(kind: str, beside: str) -> None:
    diagnosis, loss = LOSSES[kind]

    assert told(diagnosis, loss, beside)


def test_two_networks_in_a_row_against_a_third_have_none() -> None:
    """Keras: the generator is trained through the discriminator, as one model that is called the GAN."""
    half = 0.65 + 0.03 * rng(5).standard_normal(N)
    columns = {
        "disc_fake_loss": np.asarray(half),
        "disc_real_loss": np.asarray(half + 0.02),
        "gan_loss": ramp(descent(), 20),
    }

    for diagnosis in (Divergence(), LossJump(), LossSpike(), Oscillation()):
        assert found(diagnosis, rows(columns), planned=10 * N) == []
