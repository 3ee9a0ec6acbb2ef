"""A critic that begins where nothing is earned: its errors have nothing to be large beside, and grow with what is."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.critics import CriticRunaway
from analysis.diagnoses.eval_scores import EvalRegress
from analysis.model import Floats
from tests.analysis.scanning import found, rows

SEEDS = (0, 1, 2)
N = 800


def between(*points: tuple[float, float], log: bool = False) -> Floats:
    at, to = (np.array(x) for x in zip(*points, strict=True))
    t = np.linspace(0, 1, N)
    return np.asarray(np.exp(np.interp(t, at, np.log(to))) if log else np.interp(t, at, to))


def drawn(seed: int, error: Floats, values: Floats, returns: Floats) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    return {
        "trainer/QF1 Loss": error**2 * np.exp(0.3 * rng.standard_normal(N)),
        "trainer/Q1 Predictions Mean": values * (1 + 0.05 * rng.standard_normal(N)),
        "trainer/Alpha": 0.1 + 0.01 * rng.random(N),
        "evaluation/Average Returns": returns * np.exp(0.2 * rng.standard_normal(N)),
    }


EARLY = ((0, 0.01), (0.03, 0.012))
RETURNS = between((0, 0.5), (0.05, 20), (0.15, 100), (0.3, 10), (1, 5))  # learnt a little, and lost
VALUES = between((0, 0.1), (0.1, 10), (0.3, 70), (1, 8))


@pytest.mark.parametrize("seed", SEEDS)
def test_errors_that_are_small_beside_the_values_have_not_run_away(seed: int) -> None:
    error = between(*EARLY, (0.3, 1.5), (0.6, 2.0), (1, 0.3), log=True)  # of values of 70

    assert not found(CriticRunaway(), rows(drawn(seed, error, VALUES, RETURNS), every=1), N, algo="sac")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("error", "values"),
    [
        (between(*EARLY, (0.4, 1.0), (0.5, 20), (1, 60), log=True), VALUES),
        (between(*EARLY, (0.4, 1.0), (1, 900), log=True), between((0, 0.1), (0.3, 70), (1, 3e4), log=True)),
    ],
    ids=("larger than the values", "with the values"),
)
def test_errors_that_are_not_have(error: Floats, values: Floats, seed: int) -> None:
    told = found(CriticRunaway(), rows(drawn(seed, error, values, RETURNS), every=1), N, algo="sac")
    (episode,) = (e for e in told if e.metrics[0] == "trainer/QF1 Loss")

    assert episode.onset_step / N > 0.25, "not where it began to earn"


@pytest.mark.parametrize("seed", SEEDS)
def test_without_values_the_loss_alone_has_to_do(seed: int) -> None:
    columns = drawn(seed, between(*EARLY, (0.3, 1.5), (0.6, 2.0), (1, 3), log=True), VALUES, RETURNS)
    del columns["trainer/Q1 Predictions Mean"]

    assert found(CriticRunaway(), rows(columns, every=1), N, algo="sac")


@pytest.mark.parametrize(("config", "told"), [({"algo": "sac"}, False), ({"algo": "iql"}, True)])
def test_what_an_agent_hits_on_at_first_is_not_learnt(config: dict[str, str], told: bool) -> None:
    """A return of 120 in the second of 2,000 evaluations; one that learns from data alone has lost something."""
    rng = np.random.default_rng(4)
    x = np.concatenate([[7, 110, 124, 118, 121, 119, 122, 120], 1 + 0.2 * rng.standard_normal(40)])
    columns = {"evaluation/Average Returns": x, "trainer/QF1 Loss": np.full(len(x), 0.1)}

    assert bool(found(EvalRegress(), rows(columns, every=1), 2_000, **config)) is told
    assert found(EvalRegress(), rows(columns, every=1), 100, **config), "late in a run of 100"


# Errors of nothing, before they are errors of something


def valued(loss: Floats, returns: Floats) -> list[int]:
    columns = {"Loss/value_function": loss, "Train/mean_reward": returns}
    return [e.raised_row for e in found(CriticRunaway(), rows(columns, every=1), 2 * len(loss), algo="ppo")]


@pytest.mark.parametrize("early", [0.0, 1e-10, 1e-7])
@pytest.mark.parametrize("worth", [0.02, 0.3, 5.0])
def test_an_error_that_is_first_written_with_a_digit_has_not_run_away(early: float, worth: float) -> None:
    n = np.arange(200)
    returns = worth * np.minimum(1, n / 100) + 0.01 * worth * np.random.default_rng(1).standard_normal(200)
    loss = np.where(n < 140, early, (0.08 * min(worth, 1)) ** 2 * np.minimum(1.0, (n - 139) / 20))

    assert not valued(loss, returns)


@pytest.mark.parametrize("early", [0.0, 1e-10, 1e-7])
@pytest.mark.parametrize("worth", [0.02, 0.3, 5.0])
def test_nor_is_a_real_one_hidden_by_it(early: float, worth: float) -> None:
    n = np.arange(200)
    loss = np.where(n < 140, early, worth**2 * np.exp(np.minimum(n - 139.0, 30.0)))

    (raised,) = valued(loss, worth * np.where(n < 140, 1.0, -50.0))
    assert 140 <= raised < 165
