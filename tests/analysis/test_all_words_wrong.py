"""Nine words in ten wrong at every evaluation: a warning; of a run that has ended with a higher loss, critical."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, Run, Severity
from tests.analysis.cases import rng
from tests.analysis.scanning import rows

N = 20
K = np.arange(N)


def severity(loss: Floats, state: str = "finished", n: int = N) -> Severity:
    noise = rng(3).standard_normal(N)
    columns = {"eval_loss": loss[:n] + 0.15 * noise[:n], "eval_wer": (93.5 + 1.5 * rng(4).standard_normal(N))[:n]}
    columns["loss"] = (2.0 + 0.1 * rng(5).standard_normal(N))[:n]
    told = analyze(Run("r", "r", rows(columns, every=132), state)).findings
    return max((f.severity for f in told if f.id == "no-learning" and "eval_wer" in f.metrics), default=Severity.OK)


ROSE = 2.5 + 1.2 * (1 - np.exp(-K / 2))
FELL = 2.5 + 1.2 * np.exp(-K / 6)


def test_a_loss_that_ended_higher_says_that_what_was_learnt_before_is_gone() -> None:
    assert severity(ROSE) is Severity.CRITICAL


@pytest.mark.parametrize(("loss", "state", "n"), [(FELL, "finished", N), (ROSE, "running", N), (ROSE, "finished", 6)])
def test_else_it_may_still_come(loss: Floats, state: str, n: int) -> None:
    assert severity(loss, state, n) <= Severity.WARNING
