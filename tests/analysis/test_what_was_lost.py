"""Scores that fall to nothing with a bounce in between, and falls of what was hardly there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.eval_scores import EvalRegress
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

CLIMB = [0.30, 0.44, 0.57, 0.62, 0.69, 0.74, 0.78, 0.77, 0.79, 0.83, 0.82]


def severity(key: str, x: list[float] | Floats, planned: int | None = None, **config: Any) -> Severity:
    scores = np.asarray(x, dtype=np.float64)
    loss = 0.1 + np.exp(-np.linspace(0, 4, len(scores)))
    return worst(found(EvalRegress(), rows({"train/loss": loss, key: scores}), planned, **config))


@pytest.mark.parametrize(("key", "scale"), [("eval_f1", 1.0), ("val/mAP50", 100.0), ("test_accuracy", 1.0)])
@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ([0.14, 0.73, 0.09], Severity.CRITICAL),
        ([0.14, 0.73, 0.09, 0.004], Severity.CRITICAL),
        ([0.05, 0.04, 0.75], Severity.CRITICAL),  # told before it was back
        ([0.14, 0.81, 0.82, 0.83], Severity.OK),  # one that is off
        ([0.14, 0.81, 0.82, 0.83, 0.11, 0.82], Severity.OK),  # and another
        ([0.76, 0.80, 0.75, 0.79], Severity.OK),
    ],
)
def test_a_bounce_between_two_falls_is_no_recovery(
    key: str, scale: float, end: list[float], expected: Severity
) -> None:
    assert severity(key, scale * np.array(CLIMB + end)) == expected


def test_few_rollouts_bounce_by_themselves() -> None:
    """A rate of success of a few tries: two low ones of three may be luck."""
    assert severity("eval/success_rate", [0.1, 0.4, 0.3, 0.6, 0.5, 0.8, 0.5, 0.7, 0.2, 0.7, 0.3]) < Severity.WARNING


@pytest.mark.parametrize(("scale", "expected"), [(0.004, Severity.INFO), (0.5, Severity.CRITICAL)])
def test_a_rate_that_never_came_to_one_in_a_hundred_had_nothing_to_lose(scale: float, expected: Severity) -> None:
    x = scale * np.array([0.05, 0.4, 0.55, 0.7, 0.8, 0.85, 0.92, 1, 1, 1, 0.3, 0.28, 0.3, 0.25, 0.3, 0.28])
    assert severity("metrics/mAP50-95(B)", x) == expected


PLAIN = np.random.default_rng(4).normal(0, 4, 60)
WALKS = np.r_[np.full(10, -80.0), -2, -2, -4, -15, -40, -70, np.full(14, -150.0)]
LEARNS = np.r_[np.linspace(-80, 900, 12), np.full(8, 950.0), np.full(10, 40.0)]


@pytest.mark.parametrize("key", ["evaluation/episode_reward_mean", "eval/mean_reward"])
@pytest.mark.parametrize(
    ("x", "config", "expected"),
    [
        (WALKS, {}, Severity.INFO),  # for three evaluations it stood still, which costs nothing
        (WALKS, {"pretrained": True}, Severity.CRITICAL),  # it began with learnt weights
        (LEARNS, {}, Severity.CRITICAL),
    ],
)
def test_a_peak_of_a_few_evaluations_is_no_policy(
    key: str, x: Floats, config: dict[str, Any], expected: Severity
) -> None:
    of_agent = {"algo": "sac", **config}
    assert severity(key, x + PLAIN[: len(x)], **of_agent) == expected
