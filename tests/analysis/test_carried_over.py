"""What an agent earns in training and not where it is evaluated: levels not seen, a reward that only it believes in."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.diagnoses.eval_scores import EvalRegress
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.train_vs_eval import GenGap
from analysis.model import Episode, Floats, Severity
from analysis.scan.diagnosis import CausalDiagnosis
from tests.analysis.scanning import found, rows, worst

N = 120
t = np.arange(N) / N
TRAIN, TEST = "train/eprewmean", "test/eprewmean"
CONFIG: dict[str, Any] = {"algo": "ppo"}


def noisy(level: Floats, sigma: float = 0.3, seed: int = 0) -> Floats:
    return np.asarray(level + sigma * np.random.default_rng(seed).standard_normal(N))


def told(diagnosis: CausalDiagnosis, train: Floats, test: Floats, name: str = TEST) -> list[Episode]:
    return found(diagnosis, rows({TRAIN: noisy(train), name: noisy(test, seed=1)}), **CONFIG)


def test_what_is_learnt_by_heart_is_a_gap() -> None:
    (e,) = told(GenGap(), 20 * t, 8 * t)

    assert e.severity is Severity.INFO
    assert e.open
    assert e.last.words.evidence["carried_over"] < 0.6
    assert not told(GenGap(), 20 * t, 16 * t)
    assert not told(GenGap(), 20 * t, 8 * t, "eval/normalized_score")  # another measure
    assert not told(GenGap(), 0 * t, 0 * t)


def test_a_gap_that_closes_is_over() -> None:
    assert not [e for e in told(GenGap(), 20 * t, 20 * np.maximum(0, 1.6 * t - 0.6)) if e.open]


def test_an_evaluation_that_rises_late_has_learnt_all_the_while() -> None:
    late = np.maximum(0, 20 * (t - 0.6))

    assert worst(told(NoLearning(), 20 * t, late)) <= Severity.INFO
    assert worst(told(NoLearning(), 0 * t, 0 * t)) is Severity.WARNING


def test_a_dip_of_next_to_nothing_is_a_note_and_a_fall_of_all_there_was_is_not() -> None:
    """The fall is the same; what had been gained is not."""
    dips = np.interp(t, [0, 0.2, 0.5, 1], [0, 1.5, -2.0, -2.0])
    falls = np.interp(t, [0, 0.2, 0.4, 1], [0, 9.0, -2.0, -2.0])

    assert worst(told(EvalRegress(), 20 * t, dips)) <= Severity.INFO
    assert worst(told(EvalRegress(), np.minimum(20 * t, 8.0), falls)) is Severity.CRITICAL
    assert worst(told(EvalRegress(), np.zeros(N), dips)) is Severity.CRITICAL
