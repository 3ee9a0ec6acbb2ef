"""Level or still learning; stuck from the start or where such losses stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays import rolling
from analysis.arrays.trend import trend
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.progress import Converged, Plateau
from analysis.facts import Facts
from analysis.model import Floats, Severity
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from tests.analysis.scanning import cosine, found, rows, worst

N = 400
LOSS, EV = "train/loss", "eval/loss"


def noise(sigma: float, n: int = N, seed: int = 0) -> Floats:
    return np.exp(sigma * np.random.default_rng(seed).standard_normal(n))


def stuck(at: int = 100, level: float = 1.0, sigma: float = 0.02) -> Floats:
    """Falls from 3 to `level` and stays there from `at` on."""
    x = level + (3 - level) * np.exp(-np.arange(N) / 20.0)
    x[at:] = level
    return x * noise(sigma)


def evals(x: Floats, every: int) -> Floats:
    out = np.full(len(x), np.nan)
    out[every - 1 :: every] = x[every - 1 :: every]
    return out


def plateaus(columns: dict[str, Floats], planned: int | None = 10 * N, **config: Any) -> bool:
    return bool(found(Plateau(), rows(columns), planned, **config))


LEVEL: dict[str, tuple[dict[str, Floats], int | None]] = {
    "train alone": ({LOSS: stuck()}, 10 * N),
    "no plan": ({LOSS: stuck()}, None),
    "with evals": ({LOSS: stuck(), EV: evals(stuck(sigma=0.01), 10)}, 10 * N),
    "no plan, a dozen evals in the window": ({LOSS: stuck(), EV: evals(stuck(sigma=0.01), 8)}, None),
    "few evals, which show no fall": ({LOSS: stuck(), EV: evals(stuck(sigma=0.01), 25)}, 10 * N),
    "evals too noisy to tell": ({LOSS: stuck(), EV: evals(stuck(sigma=0.08), 10)}, 10 * N),
}


@pytest.mark.parametrize(("columns", "planned"), LEVEL.values(), ids=LEVEL)
def test_a_loss_that_has_stopped_is_a_note(columns: dict[str, Floats], planned: int | None) -> None:
    assert plateaus(columns, planned)


language = (2.4 + 8 * np.exp(-np.arange(N) / 8.0)) * (1 - 0.10 * np.arange(N) / N)  # ln: 2.8 % in a window, surely
LEARNING: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "a language model that gains 3 % over the window": ({LOSS: language * noise(0.005)}, {}),
    "the same at an eighth of the gain, quietly": (
        {LOSS: 2.4 * (1 + 3 * np.exp(-np.arange(N) / 8.0)) * (1 - 0.035 * np.arange(N) / N) * noise(0.002)}, {},
    ),
    "train stands, eval improves": ({LOSS: stuck(), EV: evals(2 * np.exp(-0.8 * np.arange(N) / N) * noise(0.01), 10)},
        {}),
    "train stands, few evals improve": ({LOSS: stuck(), EV: evals(2 * np.exp(-0.8 * np.arange(N) / N) * noise(0.01),
        25)}, {}),
    "a diffusion policy": ({LOSS: stuck()}, {"policy": {"type": "diffusion"}}),
    "an agent": ({LOSS: stuck()}, {"algo": "ppo"}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), LEARNING.values(), ids=LEARNING)
def test_small_sure_gains_and_losses_that_say_little_are_no_plateau(
    columns: dict[str, Floats], config: dict[str, Any]
) -> None:
    assert not plateaus(columns, **config)
    assert not plateaus(columns, None, **config)


FLAT = {LOSS: 0.69 * noise(0.02)}


@pytest.mark.parametrize(
    ("config", "severity"),
    [
        ({}, Severity.CRITICAL),
        ({"policy": {"type": "act"}}, Severity.CRITICAL),
        ({"base_model": "a/b"}, Severity.INFO),
        ({"training_stage": "sft"}, Severity.INFO),
        ({"policy": {"type": "smolvla"}}, Severity.INFO),
        ({"loss_type": "dpo"}, Severity.INFO),
        ({"algo": "grpo"}, Severity.OK),
    ],
)
def test_a_loss_that_stands_where_it_began_by_family(config: dict[str, Any], severity: Severity) -> None:
    assert worst(found(NoLearning(), rows(FLAT), 10 * N, **config)) is severity


def test_preference_tuning_whose_margin_grows_does_learn() -> None:
    margin = {"rewards/margins": 0.02 * np.arange(N) + 0.01 * np.random.default_rng(1).standard_normal(N)}

    assert not found(NoLearning(), rows({**FLAT, **margin}), 10 * N, loss_type="dpo")


def test_a_family_that_the_columns_tell_late_changes_nothing_before() -> None:
    columns = {
        LOSS: stuck(),
        "train/d_loss": np.where(np.arange(N) < 350, np.nan, 0.7),
        "train/g_loss": np.where(np.arange(N) < 350, np.nan, 1.2),
    }
    h = rows(columns)
    whole = scan(Reading(h, Facts({}, 10 * N)), (Plateau(),)).episodes
    for n in range(200, N, 13):
        part = scan(Reading(h.head(n), Facts({}, 10 * N)), (Plateau(),)).episodes
        assert part == tuple(e.upto(n) for e in whole if e.raised_row < n)


def correlated(rho: float, n: int, seed: int) -> Floats:
    shocks = np.random.default_rng(seed).standard_normal(n)
    x = shocks.copy()
    for i in range(1, n):
        x[i] = rho * x[i - 1] + np.sqrt(1 - rho**2) * shocks[i]
    return x


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_noise_is_seldom_a_trend_even_when_smooth(rho: float) -> None:
    """One-sided 5 %: with neighbours that correlate by 0.8 an uncorrected test would call every fourth one."""
    called = sum(trend(correlated(rho, 150, seed)).z < -1.64 for seed in range(300))

    assert called <= 0.1 * 300


def test_a_trend_has_the_size_that_was_put_in() -> None:
    x = -0.05 * np.arange(200) / 199 + 0.01 * correlated(0.3, 200, 3)
    got = trend(x)

    assert got.z < -3
    assert got.change == pytest.approx(-0.05, abs=0.012)
    assert trend(np.ones(50)).z == 0
    assert trend(x[:3]).change == 0


@pytest.mark.parametrize("n", [1, 2, 7, 48, 3000])
def test_the_middle_is_the_median(n: int) -> None:
    x = np.random.default_rng(n).standard_normal(n)

    assert rolling.median(x) == np.median(x)
    assert np.isnan(rolling.median(np.append(x, np.nan)))


def test_a_plan_in_epochs_is_a_plan() -> None:
    """A window of 28 % is 112 of 400 records; without a plan it would be 100, and 28 of a plan of 100 epochs."""
    columns = {LOSS: stuck(), "epoch": np.linspace(0, 10, N)}
    (episode,) = found(Plateau(), rows(columns), None, epochs=10)

    assert 180 < episode.raised_row < 230
    assert not found(Plateau(), rows({LOSS: stuck(), "epoch": np.linspace(0, 10, N)}), None, epochs=100)


def test_what_is_level_across_a_restart_of_lr_has_not_converged() -> None:
    """A loss that each restart lifts stands at two phases of a cycle."""
    flat = {LOSS: stuck(), EV: evals(stuck(sigma=0.01), 4)}
    restarts = np.concatenate([cosine(80) for _ in range(5)])

    assert found(Converged(), rows({**flat, "train/lr": np.full(N, 1e-3)}), 10 * N)
    assert not found(Converged(), rows({**flat, "train/lr": restarts}), 10 * N)


CLIMB = (
    93, 134, 183, 207, 279, 328, 378, 415, 483, 520, 592, 642, 719, 793, 876, 899, 990, 1098, 1146, 1247, 1299, 1415,
    1535, 1644,
    1775, 1775, 1789, 1776, 1962, 2063, 2180, 2216, 2314, 2246, 2260, 2223, 2243, 2183, 2153, 2017, 2063, 2116, 2145,
    2346, 2404,
    2224, 2317, 2393, 2331, 2413, 2548, 2514, 2425, 2450, 2434, 2595, 2620, 2639, 2610, 2708,
)  # fmt: skip


def test_a_return_that_climbs_smoothly_has_risen() -> None:
    """Its spread is its climb, and its records are so correlated that a trend test counts them as a handful."""
    flat = 150 + 40 * np.random.default_rng(3).standard_normal(60)

    assert found(NoLearning(), rows({"rollout/ep_rew_mean": np.asarray(CLIMB, dtype=float)}), 600, algo="ppo") == []
    assert worst(found(NoLearning(), rows({"rollout/ep_rew_mean": flat}), 600, algo="ppo")) is Severity.WARNING
