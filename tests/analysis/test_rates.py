"""Learning rates: what is a fault, and the schedules that look like one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.learning_rate import LrAnomaly, LrFlatStall, LrZero
from analysis.model import Floats, Severity
from tests.analysis.scanning import applies, cosine, falling, found, rows, worst

N = 300  # records, 10 steps apart: 3000 planned steps
RNG = np.random.default_rng(7)


def at_zero(lr: Floats, start: int, length: int | None = None) -> Floats:
    lr = lr.copy()
    lr[start : None if length is None else start + length] = 0.0
    return lr


ZERO = {
    "constant, then 0": at_zero(np.full(N, 1e-3), 120),
    "cosine, then 0": at_zero(cosine(N, last=1e-5), 200),
    "for three records only": at_zero(np.full(N, 1e-3), 120, 3),
    "scheduler told 60 % of the steps": np.concatenate([cosine(180), np.zeros(120)]),
    "ends at an eta_min that is as good as 0": np.where(np.arange(N) < 150, 1e-3, 1e-15),
}


@pytest.mark.parametrize("lr", ZERO.values(), ids=ZERO)
def test_lr_zero_is_raised_where_it_begins(lr: Floats) -> None:
    (episode,) = found(LrZero(), rows({"train/lr": lr}), planned=10 * N)
    first = int(np.flatnonzero(lr < 1e-12)[0])

    assert episode.onset_row == first
    assert episode.raised_row <= first + 6
    assert episode.severity is Severity.CRITICAL


NOT_ZERO = {
    "the end of a cosine": cosine(N),
    "the end of a cosine, rounded to six decimals": np.round(cosine(N, 3e-4), 6),
    "linear to 0, rounded to five decimals": np.round(np.linspace(1e-3, 0, N), 5),
    "warm-up from 0": cosine(N, last=1e-5, warmup=30) - np.where(np.arange(N) == 0, 1e-3 / 30, 0),
    "one slip of logging": at_zero(np.full(N, 1e-3), 150, 1),
    "restarts that touch 0": np.concatenate([cosine(75)] * 4),
    "restarts that stay at 0 for three records": np.concatenate([np.append(cosine(72), [0.0] * 3)] * 4),
    "0 within the last three per cent": at_zero(np.full(N, 1e-3), 293),
}


@pytest.mark.parametrize("lr", NOT_ZERO.values(), ids=NOT_ZERO)
def test_schedules_that_reach_zero_are_no_fault(lr: Floats) -> None:
    assert not found(LrZero(), rows({"train/lr": lr}), planned=10 * N)


STOOD = np.maximum(falling(N, RNG, 0.02), 0.8)


def steps(first: float, factor: float, records: int, most: int = 99) -> Floats:
    """From `first` by `factor` each so many records, at most so often."""
    return np.asarray(first * factor ** np.minimum(np.arange(N) // records, most), dtype=np.float64)


SINKS: Floats = np.exp(-np.arange(N) / 60.0)
IDLES: dict[str, tuple[Floats, int | None, dict[str, Any]]] = {
    "a tenth every 45 records": (steps(1e-4, 0.1, 45), None, {"lr_step_size": 3}),
    "the same, of a plan": (steps(1e-2, 0.1, 45), 10 * N, {}),
    "a third every fifteen": (steps(0.1, 0.33, 15), None, {"scheduler": "StepLR"}),
    "a cosine that ends early at an eta_min": (np.concatenate([cosine(150, last=5e-7), np.full(150, 5e-7)]), None, {}),
}
TRAINS_ON: dict[str, tuple[Floats, Floats, int | None, dict[str, Any]]] = {
    "three steps within the plan": (steps(0.1, 0.1, 90, 3), STOOD, 10 * N, {}),
    "a hundredth, for long": (steps(0.1, 0.1, 45, 2), STOOD, None, {}),
    "the loss falls all the same": (steps(1e-4, 0.1, 45), SINKS, None, {}),
    "it went down since the loss stood": (steps(1e-4, 0.1, 45), STOOD, None, {"lr_scheduler": "ReduceLROnPlateau"}),
    "a cosine to an eta_min": (cosine(N, last=5e-7), STOOD, None, {}),
}  # fmt: skip


@pytest.mark.parametrize(("lr", "planned", "config"), IDLES.values(), ids=IDLES)
def test_an_lr_that_came_down_by_factors_too_soon_is_as_good_as_0(
    lr: Floats, planned: int | None, config: dict[str, Any]
) -> None:
    (episode,) = found(LrZero(), rows({"train/lr": lr, "train/loss": STOOD}), planned, **config)

    assert episode.severity is Severity.WARNING and episode.open
    assert episode.onset_row == int(np.flatnonzero(lr <= 1.0001e-3 * lr[0])[0])


@pytest.mark.parametrize(("lr", "loss", "planned", "config"), TRAINS_ON.values(), ids=TRAINS_ON)
def test_a_small_lr_is_no_fault_by_itself(
    lr: Floats, loss: Floats, planned: int | None, config: dict[str, Any]
) -> None:
    assert not found(LrZero(), rows({"train/lr": lr, "train/loss": loss}), planned, **config)


@pytest.mark.parametrize("ends", [0.6, 1.0])
@pytest.mark.parametrize("whole", [False, True], ids=["shares of an epoch", "whole epochs"])
def test_a_plan_in_epochs_says_where_a_schedule_should_end(ends: float, whole: bool) -> None:
    """Of five whole epochs, counted from 0, the last is still 4/5 of the plan where lr ends with it."""
    epoch = np.linspace(0, 5, N, endpoint=False)
    last = int(ends * N)
    columns = {
        "train/lr": np.concatenate([cosine(last - 8), np.zeros(N - last + 8)]),
        "epoch": np.floor(epoch) if whole else epoch,
    }
    episodes = found(LrZero(), rows(columns), None, num_train_epochs=5)

    if ends == 1.0:
        assert not episodes
    else:
        assert worst(episodes) is Severity.CRITICAL
        assert episodes[0].raised_row < last and "剩余" in episodes[0].transitions[0].words.message


def test_a_glide_to_zero_is_the_end_of_a_schedule_where_no_end_is_known() -> None:
    for after in (1, 10, 25):  # a last eval, the last logs, digits rounded away
        lr = np.concatenate([cosine(180), np.zeros(after)])
        assert not found(LrZero(), rows({"train/lr": lr}))
    assert found(LrZero(), rows({"train/lr": at_zero(np.full(N, 1e-3), 120)}))


def test_rows_that_go_on_coming_after_a_glide_to_zero_say_that_it_was_not_the_end() -> None:
    (episode,) = found(LrZero(), rows({"train/lr": np.concatenate([cosine(180), np.zeros(120)])}))

    assert episode.severity is Severity.WARNING
    assert episode.onset_row == 179
    assert 179 + 0.15 * 179 <= episode.raised_row <= 179 + 0.17 * 179


def test_a_cosine_rounded_to_five_decimals_without_a_plan_is_no_fault() -> None:
    assert not found(LrZero(), rows({"train/lr": np.round(cosine(N, 2e-4), 5)}))


def test_one_frozen_group_among_others_is_by_design() -> None:
    frozen = {"lr/backbone": at_zero(np.full(N, 1e-4), 100), "lr/head": np.full(N, 1e-3)}
    both = {"lr/backbone": at_zero(np.full(N, 1e-4), 100), "lr/head": at_zero(np.full(N, 1e-3), 100)}

    assert not found(LrZero(), rows(frozen), planned=10 * N)
    assert found(LrZero(), rows(both), planned=10 * N)


def test_zero_from_the_start_is_a_fault_unless_the_loss_falls_all_the_same() -> None:
    stuck = {"train/lr": np.zeros(N), "train/loss": 2 * np.exp(0.02 * RNG.standard_normal(N))}
    rounded = {"train/lr": np.zeros(N), "train/loss": falling(N, RNG)}

    assert found(LrZero(), rows(stuck), planned=10 * N)
    assert not found(LrZero(), rows(rounded), planned=10 * N)
    assert not found(LrZero(), rows(stuck), planned=10 * N, warmup_steps=10 * N)


def test_lr_zero_names_the_share_that_is_left_and_the_steps_the_scheduler_was_told() -> None:
    lr = np.concatenate([cosine(180), np.zeros(120)])
    (episode,) = found(LrZero(), rows({"train/lr": lr}), planned=3000, scheduler={"num_training_steps": 1800})

    assert episode.last.words.evidence["remaining_share"] == pytest.approx(0.4, abs=0.01)
    assert "1800" in episode.last.words.advice
    assert "3000" in episode.last.words.advice


def test_lr_zero_clears_when_it_works_again() -> None:
    (episode,) = found(LrZero(), rows({"train/lr": at_zero(np.full(N, 1e-3), 120, 40)}), planned=10 * N)

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert episode.last.row == 161


def leap(lr: Floats, start: int, factor: float) -> Floats:
    lr = lr.copy()
    lr[start:] *= factor
    return lr


ANOMALIES = {
    "constant x 10": (leap(np.full(N, 1e-3), 150, 10.0), {"scheduler": "constant"}),
    "constant x 2, schedule not stated": (leap(np.full(N, 1e-3), 150, 2.0), {}),
    "cosine x 8": (leap(cosine(N, last=1e-5), 150, 8.0), {"lr_scheduler_type": "cosine"}),
    "cosine x 3, still below its peak": (leap(cosine(N, last=5e-5), 200, 3.0), {"scheduler": {"type": "cosine"}}),
    "back to the configured lr mid-way": (
        np.concatenate([cosine(N, last=5e-5)[:200], cosine(N, last=5e-5)[:100]]),
        {"lr_scheduler_type": "cosine", "lr": 1e-3},
    ),
}


@pytest.mark.parametrize(("lr", "config"), ANOMALIES.values(), ids=ANOMALIES)
def test_a_leap_up_is_raised_at_once(lr: Floats, config: dict[str, object]) -> None:
    episodes = found(LrAnomaly(), rows({"train/lr": lr}), planned=10 * N, **config)

    assert worst(episodes) is Severity.WARNING
    assert episodes[0].raised_row in {150, 200}
    assert episodes[0].onset_row == episodes[0].raised_row


step_decay = np.where(np.arange(N) < 100, 1e-3, np.where(np.arange(N) < 200, 1e-4, 1e-5))
gaps = np.concatenate([np.arange(1, 101), 100 + 500 * np.arange(1, 51)])  # every step, later every 500
triangle = 1e-4 + 9e-4 * np.abs(((np.arange(N) / 25) % 2) - 1)
LEGITIMATE = {
    "warm restarts": (np.concatenate([cosine(75)] * 4), {}),
    "warm restarts from a twentieth": (np.concatenate([cosine(75, last=5e-5)] * 4), {}),
    "warm restarts with half the peak each": (np.concatenate([cosine(75, 1e-3 * 0.5**k) for k in range(4)]), {}),
    "a cycle": (triangle, {}),
    "warm-up of a tenth": (cosine(N, warmup=30), {"lr_scheduler_type": "cosine"}),
    "warm-up stated, constant, then the configured lr": (
        np.where(np.arange(N) < 25, 1e-4, 1e-3),
        {"learning_rate": 1e-3},
    ),
    "one cycle up and down": (
        np.interp(np.arange(N), [0, 90, 299], [4e-5, 1e-3, 1e-7]),
        {"lr_scheduler_type": "onecycle"},
    ),
    "lr range test": (1e-6 * 1.05 ** np.arange(N), {}),
    "step decay": (step_decay, {"scheduler": "multistep"}),
    "step decay, schedule not stated": (step_decay, {}),
    "scaled by eight workers": (np.full(N, 8e-4), {"lr": 1e-4}),
    "a third more": (leap(np.full(N, 1e-3), 150, 1.33), {}),
}


@pytest.mark.parametrize(("lr", "config"), LEGITIMATE.values(), ids=LEGITIMATE)
def test_what_schedules_do_is_no_anomaly(lr: Floats, config: dict[str, object]) -> None:
    assert not found(LrAnomaly(), rows({"train/lr": lr}), planned=10 * N, **config)


def test_a_warm_up_logged_at_growing_intervals_is_no_leap() -> None:
    """Every step up to 100, then every 500: the next record stands far above the one before, on the same line."""
    lr = gaps * 1e-7
    assert not found(LrAnomaly(), rows({"lr": lr}, step=gaps))


@pytest.mark.parametrize("length", [7, 15])
def test_stairs_of_a_warm_up_are_no_leap(length: int) -> None:
    """Stepped once in so many records, or printed with one digit: the second stair is twice as high as the first."""
    stairs = np.asarray(1e-7 * (np.arange(N) // length + 1), dtype=np.float64)

    assert not found(LrAnomaly(), rows({"lr": stairs}))
    for last in (2 * length, 2 * length + 3):  # as far as it has come
        assert not found(LrAnomaly(), rows({"lr": stairs[:last]}))


def test_a_second_stair_that_stays_is_a_leap_from_where_it_began() -> None:
    (episode,) = found(LrAnomaly(), rows({"lr": np.where(np.arange(N) < 40, 1e-4, 2e-4)}))

    assert worst([episode]) is Severity.WARNING
    assert episode.onset_row == 40
    assert "0.0001→0.0002" in episode.last.words.message or "1e-4→2e-4" in episode.last.words.message


def test_a_leap_of_the_group_that_leads_is_a_leap_and_one_of_a_frozen_group_is_not() -> None:
    calm = np.full(N, 1e-3)
    head = found(LrAnomaly(), rows({"lr/backbone": 0.1 * calm, "lr/head": leap(calm, 150, 10.0)}), planned=10 * N)
    thawed = found(LrAnomaly(), rows({"lr/backbone": leap(1e-6 * calm, 150, 1e5), "lr/head": calm}), planned=10 * N)

    assert worst(head) is Severity.WARNING
    assert not thawed


def test_restarts_are_expected_where_the_config_gives_their_period() -> None:
    lr = np.concatenate([cosine(75, last=4e-4)] * 4)
    stated = {"scheduler": {"name": "cosine"}}

    assert found(LrAnomaly(), rows({"train/lr": lr}), planned=10 * N, **stated)
    assert not found(LrAnomaly(), rows({"train/lr": lr}), planned=10 * N, scheduler={"name": "cosine", "T_0": 750})


def test_a_peak_scaled_by_samples_over_256_is_as_configured() -> None:
    scaled = np.full(N, 1e-4 * 8 * 120 / 256)  # eight workers of 120 samples

    assert not found(LrAnomaly(), rows({"lr": scaled}), planned=10 * N, lr=1e-4, batch_size=120)
    assert found(LrAnomaly(), rows({"lr": scaled}), planned=10 * N, lr=1e-4)


def test_a_stage_or_a_batch_ramp_may_move_the_lr() -> None:
    lr = leap(np.full(N, 1e-3), 150, 4.0)
    for key in ("train/curriculum_stage", "train/batch_size"):
        by_design = {"train/lr": lr, key: np.where(np.arange(N) < 150, 1.0, 4.0)}
        assert not found(LrAnomaly(), rows(by_design), planned=10 * N)


def test_a_fall_and_a_peak_off_the_configured_lr_are_notes() -> None:
    fall = found(LrAnomaly(), rows({"lr": leap(np.full(N, 1e-3), 150, 0.05)}), planned=10 * N, scheduler="constant")
    off = found(LrAnomaly(), rows({"lr": np.full(N, 4.5e-4)}), planned=10 * N, lr=1e-4)

    assert worst(fall) is Severity.INFO
    assert worst(off) is Severity.INFO
    assert "突降" in fall[0].last.words.title
    assert "配置" in off[0].last.words.title


def test_lr_anomaly_clears_once_it_is_back() -> None:
    lr = np.full(N, 1e-3)
    lr[150:200] = 1e-2
    (episode,) = found(LrAnomaly(), rows({"lr": lr}), planned=10 * N)

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert episode.last.row == 201


def stalled_eval(turn: int) -> Floats:
    x = np.exp(-np.arange(N) / 40.0) + 0.3
    x[turn:] = x[turn]
    out = np.full(N, np.nan)
    out[4::5] = x[4::5] * np.exp(0.003 * RNG.standard_normal(len(x[4::5])))
    return out


@pytest.mark.parametrize(
    ("lr", "turn", "raised"),
    [
        (np.full(N, 1e-4), 100, True),
        (np.full(N, 1e-4), 290, False),  # eval improves to the end
        (cosine(N, last=1e-6), 100, False),  # a schedule
        (cosine(N, last=1e-6, warmup=20), 100, False),
    ],
    ids=["constant and stalled", "constant, improving", "cosine", "cosine with warm-up"],
)
def test_lr_flat_stall(lr: Floats, turn: int, raised: bool) -> None:
    episodes = found(LrFlatStall(), rows({"train/lr": lr, "eval/loss": stalled_eval(turn)}), planned=10 * N)

    assert bool(episodes) is raised
    assert worst(episodes) <= Severity.INFO


def test_without_an_lr_none_of_these_applies() -> None:
    h = rows({"train/loss": falling(50, RNG)})

    assert not any(applies(d, h) for d in (LrZero(), LrAnomaly(), LrFlatStall()))
