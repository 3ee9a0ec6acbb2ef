"""A schedule and a plan of two lengths; and the schedules that are meant to hold, restart or follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.schedule import ScheduleMismatch
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import cosine, found, rows, worst

N = 300
LR = "train/lr"


def told(rate: Any, planned: int | None = 10 * N, **config: Any) -> list[Episode]:
    return found(ScheduleMismatch(), rows({LR: np.asarray(rate, dtype=np.float64)}), planned, **config)


def ends(at: int, last: float, warmup: int = 0) -> Floats:
    """A cosine of `at` records that stays at its floor to the end."""
    return np.concatenate([cosine(at, last=last, warmup=warmup), np.full(N - at, last)])


def back(period: int) -> Floats:
    """torch's cosine, which comes back up after its end."""
    return 1e-6 + 1e-3 * 0.5 * (1 + np.cos(np.pi * np.arange(N) / period))


FLOOR = {
    "2.5 % of the peak at a quarter": (ends(75, 2.5e-5), Severity.WARNING),
    "a tenth of the peak at half": (ends(150, 1e-4), Severity.WARNING),
    "after a warm-up": (ends(90, 1e-5, warmup=20), Severity.WARNING),
    "linear": (np.maximum(np.linspace(1e-3, -2e-3, N), 5e-5), Severity.WARNING),
    "at 85 %": (ends(255, 1e-5), Severity.INFO),
}


@pytest.mark.parametrize(("lr", "severity"), FLOOR.values(), ids=FLOOR)
def test_a_floor_long_before_the_end_of_the_plan(lr: Floats, severity: Severity) -> None:
    (e,) = told(lr)

    assert abs(e.onset_row - int(np.flatnonzero(lr > 1.001 * lr[-1])[-1])) <= 2
    assert e.raised_row <= e.onset_row + 30
    assert worst([e]) is severity
    assert e.open


def test_it_says_both_numbers() -> None:
    (e,) = told(ends(75, 2.5e-5), None, steps=3000, scheduler_decay_steps=750)

    assert "750" in e.last.words.advice
    assert "3000" in e.last.words.advice


def test_it_names_the_workers_that_step_the_scheduler() -> None:
    (e,) = told(ends(75, 2.5e-5), world_size=4)

    assert "num_processes" in e.last.words.advice


def test_a_cosine_that_comes_back_up() -> None:
    (named,) = told(back(150), scheduler="cosine")
    (unnamed,) = told(back(150))

    assert worst([named]) is Severity.WARNING
    assert worst([unnamed]) is Severity.INFO
    assert abs(named.onset_row - 150) <= 2


def test_beyond_the_plan_and_whole_multiples_are_notes() -> None:
    beyond = told(np.full(N, 1e-3), 10 * 200)
    scaled = told(np.full(N, 8e-4), lr=1e-4, world_size=8)

    assert worst(beyond) is Severity.INFO
    assert worst(scaled) is Severity.INFO
    assert "整数倍" in scaled[0].last.words.title


STEPS = np.select([np.arange(N) < 100, np.arange(N) < 200], [1e-3, 1e-4], 1e-5)
BY_DESIGN: dict[str, tuple[Any, dict[str, Any]]] = {
    "a cosine to its end": (cosine(N, last=1e-5), {}),
    "its last six per cent at the floor": (ends(282, 1e-5), {}),
    "constant": (np.full(N, 1e-3), {}),
    "constant after a warm-up": (np.minimum(np.linspace(0, 2e-2, N), 1e-3), {}),
    "steps": (STEPS, {}),
    "reduced on plateaus": (1e-3 * 0.25 ** (np.arange(N) // 60), {}),
    "warm-up, stable, decay": (np.concatenate([np.full(240, 1e-3), np.linspace(1e-3, 1e-5, 60)]), {}),
    "warm restarts": (np.concatenate([cosine(75, last=1e-6)] * 4), {}),
    "cycles by config": (back(75), {"scheduler": "cyclic"}),
    "one cycle": (np.concatenate([np.linspace(4e-5, 1e-3, 90), cosine(210, last=4e-9)]), {}),
    "rounded to six decimals": (np.round(cosine(N, 1e-5), 6), {}),
    "follows KL": (1e-3 * 1.5 ** np.random.default_rng(0).integers(-3, 3, N), {"schedule": "adaptive"}),
    "longer than the plan": (cosine(450, last=1e-6)[:N], {}),
    "named wsd": (ends(75, 1e-5), {"lr_scheduler_type": "wsd"}),
    "as configured on eight GPUs": (np.full(N, 1e-4), {"lr": 1e-4, "world_size": 8}),
}


@pytest.mark.parametrize(("rate", "config"), BY_DESIGN.values(), ids=BY_DESIGN)
def test_what_is_meant_is_not_told(rate: Any, config: dict[str, Any]) -> None:
    assert not told(rate, **config)


def test_an_lr_of_zero_is_told_by_another() -> None:
    assert not told(ends(75, 0.0))


def test_without_a_plan_no_floor_is_early() -> None:
    assert not told(ends(75, 1e-5), None)


def rises(share: float, peak: float = 1e-3, jitter: float = 0.0) -> Floats:
    """A warm-up over so much of the plan, then level."""
    x = np.arange(1, N + 1) / N
    return np.asarray(peak * np.minimum(x / share, 1.0) * (1 + jitter * np.random.default_rng(0).standard_normal(N)))


def test_a_warm_up_of_half_of_the_plan() -> None:
    (e,) = told(rises(0.8))

    assert (e.onset_row, worst([e])) == (0, Severity.WARNING)
    assert N * 0.5 - 1 <= e.raised_row <= N * 0.5 + 1
    assert "预热" in e.last.words.title


@pytest.mark.parametrize("steps", [8 * N, 30 * N])
def test_one_that_the_config_states_is_told_at_once(steps: int) -> None:
    lr = rises(steps / (10 * N))
    (e,) = told(lr, lr=1e-3, warmup_steps=steps)

    assert e.raised_row < 20
    assert str(steps) in e.last.words.message


WARM_UPS = {
    "a tenth": rises(0.1),
    "a third, as of one cycle": np.concatenate([np.linspace(4e-5, 1e-3, 100), np.linspace(1e-3, 0, 201)[1:]]),
    "no plan to speak of yet": rises(3.0)[:60],
    "an lr that grows by feedback": rises(0.9, jitter=0.3),
}


@pytest.mark.parametrize("lr", WARM_UPS.values(), ids=WARM_UPS)
def test_a_warm_up_that_ends_in_time_is_not_told(lr: Floats) -> None:
    assert not [e for e in told(lr) if "预热" in e.last.words.title]


CUT = np.where(np.arange(N) < 0.35 * N, 1e-3, 5e-5)


def after_a_cut(loss: Floats, lr: Floats = CUT, **config: Any) -> list[Episode]:
    noise = np.exp(0.03 * np.random.default_rng(0).standard_normal(N))
    return found(ScheduleMismatch(), rows({"train/loss": loss * noise, "train/lr": lr}), 10 * N, **config)


T = np.arange(N) / N
STANDS = np.where(T < 0.35, 2.5 - 4 * T, 1.1)


def test_a_cut_in_the_first_half_after_which_nothing_moves() -> None:
    (episode,) = after_a_cut(STANDS, lr_scheduler="MultiStepLR")

    assert episode.severity is Severity.WARNING
    assert "降得太早" in episode.last.words.title


@pytest.mark.parametrize(
    ("loss", "lr", "config"),
    [
        (2.5 * np.exp(-3 * T), CUT, {}),  # it goes on falling
        (np.where(T < 0.35, 1.4 + np.exp(-40 * T), 1.0), CUT, {}),  # it stood, and the cut let it fall
        (np.where(T < 0.7, 2.5 - 2 * T, 1.1), np.where(T < 0.7, 1e-3, 5e-5), {}),  # late
        (STANDS, np.where(T < 0.35, 1e-3, 5e-4), {}),  # a half
        (STANDS, CUT, {"scheduler": "ReduceLROnPlateau"}),
    ],
)
def test_a_cut_that_is_none_of_that(loss: Floats, lr: Floats, config: dict[str, Any]) -> None:
    assert not after_a_cut(loss, lr, **config)
