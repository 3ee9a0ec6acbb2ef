"""Language models and their kin: sets that are not of a kind, routers that evade, answers that become unlikely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.answers import TruncatedAnswers
from analysis.diagnoses.chance import AtChance
from analysis.diagnoses.divergence import Divergence
from analysis.diagnoses.gradient_spikes import GradSpike
from analysis.diagnoses.gradients import GradExplode, GradVanish
from analysis.diagnoses.learning_rate import LrZero
from analysis.diagnoses.loss import NanInf
from analysis.diagnoses.loss_jump import LossJump
from analysis.diagnoses.preference import PreferenceSaturated
from analysis.diagnoses.routing import ExpertsUnbalanced
from analysis.diagnoses.train_vs_eval import GenGap
from analysis.model import Floats, Severity
from analysis.scan.diagnosis import CausalDiagnosis
from tests.analysis.scanning import found, rows, worst

N = 300
OK, I, W, C = Severity.OK, Severity.INFO, Severity.WARNING, Severity.CRITICAL  # noqa: E741
X: Floats = np.linspace(0, 1, N)


def noise(sigma: float, seed: int = 0) -> Floats:
    return np.asarray(np.exp(sigma * np.random.default_rng(seed).standard_normal(N)))


def spiked(x: Floats, height: float, decay: float) -> Floats:
    """A spike at record 150 that comes down by itself."""
    since = np.arange(N) - 150
    return np.asarray(x + np.where(since >= 0, height * np.exp(-since / decay), 0.0))


BALANCE, CHOSEN, MARGIN = "load_balancing_loss", "train/logps/chosen", "train/rewards/margins"
LM: dict[str, Any] = {"vocab_size": 50000}
DPO: dict[str, Any] = {"loss_type": "simpo"}
GRPO: dict[str, Any] = {"trainer": "grpo", "num_generations": 8, "warmup_steps": 1000}
RECORD: Floats = np.arange(N, dtype=np.float64)
FALL: Floats = np.exp(-8 * X)
SETTLED = 1 + 0.3 * np.exp(-20 * X)
NORM = 0.2 * noise(0.15)
LOSS = 2.2 + 0.01 * np.log(noise(1.0, 1))
GAP = {"train_loss": 4 + 7 * FALL, "train_ppl": np.exp(4 + 7 * FALL)}

TABLE: dict[str, tuple[CausalDiagnosis, dict[str, Floats], dict[str, Any], Severity]] = {
    "experts pile up slowly": (ExpertsUnbalanced(), {BALANCE: 1.36 * 2**X * noise(0.01)}, {}, W),
    "a balance that settles": (ExpertsUnbalanced(), {BALANCE: SETTLED * noise(0.01)}, {}, OK),
    "a balance far below what balance can be": (
        ExpertsUnbalanced(), {BALANCE: np.where(X < 0.6, 1.0, np.exp(-60 * (X - 0.6))) * noise(0.01)}, {}, W),
    "chosen answers become unlikely": (
        PreferenceSaturated(), {CHOSEN: -0.96 - 8 * X, MARGIN: 0.1 + 4 * X, "train/loss": 1 - 0.8 * X}, DPO, W),
    "chosen answers become a little less likely": (
        PreferenceSaturated(), {CHOSEN: -250 - 150 * X, MARGIN: 0.1 + 4 * X, "train/loss": 0.69 - 0.4 * X}, DPO, OK),
    "valid of another preparation": (GenGap(), {**GAP, "valid_loss": 9 + 2 * FALL}, {}, W),
    "a gap of one nat": (GenGap(), {**GAP, "valid_loss": 5 + 6 * FALL}, {}, OK),
    "a norm's spike that comes down": (GradExplode(), {"grad_norm": spiked(NORM, 960, 4), "loss": LOSS}, LM, OK),
    "a loss's spike that comes down slowly": (LossJump(), {"lm loss": spiked(LOSS, 1.5, 8)}, LM, OK),
    "one record in three hundred, of pairs that scatter": (
        GradSpike(), {"grad_norm": np.where(np.arange(N) == 200, 100.0, 2.5 * noise(0.8)), "loss": LOSS}, {}, OK),
    "a norm of 0 in a log that begins in the middle": (
        GradVanish(), {"grad norm": np.zeros(N), "lm loss": LOSS, "iteration": 24010.0 + RECORD}, LM, OK),
    "a norm of 0 from the first step on": (
        GradVanish(), {"grad_norm": np.zeros(N), "loss": LOSS, "step": 1.0 + RECORD}, LM, C),
    "an lr that is printed as 0, without a loss": (LrZero(), {"actor/lr": np.zeros(N)}, {}, OK),
    "an lr of 0, and a loss that stands": (LrZero(), {"lr": np.zeros(N), "loss": LOSS}, {}, C),
    "one class for all": (
        AtChance(), {"val_accuracy": np.full(N, 0.2), "val_loss": 1.7 + X, "loss": 2.3 - 0.6 * X},
        {"num_classes": 5, "loss": "categorical_crossentropy"}, W),
    "a coarse log of a loss that leaves for good": (
        Divergence(), {"train/loss": np.where(X < 0.8, 3.0, 3.0 + 20 * (X - 0.8)) + 0.01 * np.log(noise(1.0))}, LM, C),
    "a KL without a number now and then": (
        NanInf(), {"train/kl": np.where(np.arange(N) == 99, np.inf, 0.002), "train/reward": X}, GRPO, I),
    "answers that are cut while lr warms up": (
        TruncatedAnswers(), {"train/completions/clipped_ratio": np.where(np.arange(N) < 60, 0.6, 0.0)}, GRPO, OK),
}  # fmt: skip


@pytest.mark.parametrize(("diagnosis", "columns", "config", "severity"), TABLE.values(), ids=TABLE)
def test_what_is_told_and_what_comes_near(
    diagnosis: CausalDiagnosis, columns: dict[str, Floats], config: dict[str, Any], severity: Severity
) -> None:
    episodes = found(diagnosis, rows(columns), 100 * N, **config)
    said = worst(episodes)
    assert said is severity or (severity is OK and said is I and diagnosis.id == "grad-spike")
