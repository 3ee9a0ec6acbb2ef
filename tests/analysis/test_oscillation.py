"""Swings that are none of noise's doing, and the healthy curves that come near."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.oscillation import Oscillation
from analysis.model import Floats, Severity
from tests.analysis.scanning import applies, cosine, falling, found, rows, worst

N = 300
LOSS, RETURN = "train/loss", "eval/ep_rew_mean"


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def surging(at: tuple[int, ...], height: float = 6.0, width: int = 2, n: int = N, noise: float = 0.02) -> Floats:
    """A loss that is thrown up at these records and comes back within a few: no period."""
    x = falling(n, rng(), noise)
    for k in at:
        hump = np.exp(-0.5 * ((np.arange(n) - k) / width) ** 2)
        x = x * height**hump
    return x


def second_order(n: int, sigma: float, seed: int = 0) -> Floats:
    """Damped swings: the noise that looks most like a wave."""
    x, shocks = np.zeros(n), rng(seed).standard_normal(n)
    for i in range(2, n):
        x[i] = 1.0 * x[i - 1] - 0.36 * x[i - 2] + shocks[i]
    return np.asarray(np.exp(sigma * x / x.std()))


SWINGING = {
    "four surges without a period": surging((100, 109, 123, 140)),
    "from the first records on": surging((20, 27, 40, 51), n=80),
    "surges whose lows last one record": surging((100, 105, 111, 117), 12.0, 1),
    "a wave": falling(N, rng()) * np.exp(0.7 * np.sin(np.arange(N) * 2 * np.pi / 11) * (np.arange(N) > 150)),
}


@pytest.mark.parametrize("loss", SWINGING.values(), ids=SWINGING)
def test_a_loss_that_swings_is_told(loss: Floats) -> None:
    (episode,) = found(Oscillation(), rows({LOSS: loss}))

    assert episode.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("per_epoch", "end", "severity"), [(11, 0.03, "INFO"), (25, 0.03, "WARNING"), (11, 3.0, "WARNING")]
)
def test_a_wave_of_one_epoch_is_the_order_of_the_data_where_it_learns(
    per_epoch: int, end: float, severity: str
) -> None:
    k = np.arange(N)
    loss = np.geomspace(3.0, end, N) * np.exp(
        0.7 * np.sin(k * 2 * np.pi / 11) * (k > 150) + 0.02 * rng().standard_normal(N)
    )
    (episode,) = found(Oscillation(), rows({LOSS: loss, "epoch": np.floor(k / per_epoch)}))

    assert episode.severity is Severity[severity]


def test_it_begins_with_the_first_surge_and_is_told_when_the_third_is_over() -> None:
    (episode,) = found(Oscillation(), rows({LOSS: surging((100, 107, 129, 150), 12.0, 1)}))

    assert 95 <= episode.onset_row <= 101
    assert 129 < episode.raised_row < 134


def test_it_is_over_once_a_window_has_passed_without_one() -> None:
    (episode,) = found(Oscillation(), rows({LOSS: surging((100, 109, 123))}))

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert 123 + 64 <= episode.last.row <= 123 + 70


CALM = {
    "two humps, as warm-ups have": surging((100, 112)),
    "three surges within three windows": surging((100, 170, 240)),
    "surges to twice the low": surging((100, 106, 131, 147), 2.0),
    "lone bad batches": surging((100, 107, 115, 121, 130), 30.0, 0.1),  # type: ignore[arg-type]
    "loud noise": falling(N, rng(), 0.3),
    "louder noise": falling(3000, rng(), 0.6),
    "heavy-tailed noise": falling(3000, rng(), 0) * np.exp(0.2 * rng().standard_t(3, 3000)),
    "second-order noise": falling(N, rng(), 0) * second_order(N, 0.2),
    "second-order noise, slow": falling(3000, rng(), 0) * second_order(3000, 0.25, 2),
    "the saw of epochs": falling(N, rng()) * (1.25 - 0.25 * (np.arange(N) % 40) / 40),
    "steps down": falling(N, rng()) * np.where(np.arange(N) < 120, 1, np.where(np.arange(N) < 200, 0.3, 0.1)),
    "learnt by heart, printed with four decimals": np.round(falling(N, rng(), 0.3) * np.geomspace(1, 2e-4, N), 4),
}


@pytest.mark.parametrize("loss", CALM.values(), ids=CALM)
def test_a_loss_that_comes_near_is_not(loss: Floats) -> None:
    assert not found(Oscillation(), rows({LOSS: loss}))


def test_surges_that_the_lr_or_a_stage_explains_and_losses_of_agents_are_none() -> None:
    loss = surging((100, 105, 122, 151), 12.0, 1)
    restarts = np.concatenate([cosine(k) for k in (98, 5, 17, 29, 40, 40, 71)])
    stages = np.cumsum(np.isin(np.arange(N), [98, 103, 120, 149]))

    assert found(Oscillation(), rows({LOSS: loss}))
    assert not found(Oscillation(), rows({LOSS: loss, "train/lr": restarts}))
    assert not found(Oscillation(), rows({LOSS: loss, "train/curriculum_stage": stages.astype(np.float64)}))
    assert not found(Oscillation(), rows({LOSS: loss}), algo="ppo")


def waves(period: int, begin: int = 100) -> Floats:
    return falling(N, rng()) * np.exp(0.7 * np.sin(np.arange(N) * 2 * np.pi / period) * (np.arange(N) > begin))


def test_a_wave_that_lr_does_not_keep_time_with_is_told() -> None:
    """Restarts every 60 records do not make a wave of 7; nor does a triangle of 24."""
    restarts = np.concatenate([cosine(60) for _ in range(5)])
    triangle = 1e-3 * (0.8 + np.abs((np.arange(N) % 24) - 12) / 12)

    assert found(Oscillation(), rows({LOSS: waves(7), "train/lr": restarts}))
    assert found(Oscillation(), rows({LOSS: waves(7), "train/lr": triangle}))


@pytest.mark.parametrize("period", [7, 8, 11])
def test_a_wave_in_time_with_lr_is_its_doing(period: int) -> None:
    lr = 1e-3 * (1.1 + np.sin(np.arange(N) * 2 * np.pi / period))

    assert found(Oscillation(), rows({LOSS: waves(period)}))
    assert not found(Oscillation(), rows({LOSS: waves(period), "train/lr": lr}))


def learning(n: int = 100, scatter: float = 5.0, top: float = 350.0) -> Floats:
    """A return that rises along an S from 0 to `top`."""
    return top / (1 + np.exp(-(np.arange(n) - 15) / 3.0)) + scatter * rng().standard_normal(n)


def collapsed(x: Floats, *at: slice, to: float = 0.1) -> Floats:
    out = x.copy()
    for part in at:
        out[part] *= to
    return out


def test_a_return_that_collapses_twice_and_comes_back_is_told_at_the_second() -> None:
    x = collapsed(learning(), slice(40, 43), slice(80, 81))
    (episode,) = found(Oscillation(), rows({RETURN: x}))

    assert episode.severity is Severity.WARNING
    assert (episode.onset_row, episode.raised_row) == (40, 80)
    assert episode.last.words.evidence["collapses"] == 2


def test_a_return_that_swings_by_all_it_has_learnt_is_a_note() -> None:
    episodes = found(Oscillation(), rows({RETURN: -70 + 30 * rng().standard_normal(150)}))

    assert worst(episodes) is Severity.INFO


HELD = {
    "one collapse": collapsed(learning(), slice(40, 43)),
    "a collapse that lasts": collapsed(learning(), slice(40, 100)),
    "drops by a third": collapsed(learning(), slice(40, 43), slice(70, 73), slice(85, 86), to=0.67),
    "rises and scatters": learning(scatter=25.0),
    "rises slowly and scatters": np.linspace(0, 350, 100) + 25 * rng().standard_normal(100),
    "drops before anything was learnt": collapsed(learning(), slice(3, 5), slice(8, 10), to=-3),
    "stands still, within a few per cent": 200 + 5 * rng().standard_normal(150),
}


@pytest.mark.parametrize("x", HELD.values(), ids=HELD)
def test_a_return_that_holds_what_it_learnt_is_not(x: Floats) -> None:
    assert not found(Oscillation(), rows({RETURN: x}))


def test_without_a_loss_or_a_return_it_does_not_apply() -> None:
    assert not applies(Oscillation(), rows({"eval/accuracy": np.full(50, 0.9)}))
