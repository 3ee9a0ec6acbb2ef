"""Frozen metrics, seams, loss scales."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.log_integrity import MetricDead, ResumeSeam
from analysis.diagnoses.precision import AmpOverflow
from analysis.facts import Facts
from analysis.model import Floats, History, Severity, Words
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from tests.analysis.scanning import applies, falling, found, rows, worst

N = 200
K = 120
RNG = np.random.default_rng(5)


def moving(level: float = 0.4, n: int = N) -> Floats:
    return np.asarray(level * np.exp(0.1 * RNG.standard_normal(n)))


def frozen(x: Floats, value: float | None = None, length: int | None = None) -> Floats:
    x = x.copy()
    x[K : None if length is None else K + length] = x[K] if value is None else value
    return x


@pytest.mark.parametrize(
    "x", [frozen(moving()), frozen(moving(), 0.0), frozen(RNG.standard_normal(N))], ids=["last", "0", "signed"]
)
@pytest.mark.parametrize("key", ["train/aux_loss", "something", "eval/loss"])
def test_a_metric_that_freezes_is_raised_after_twelve_records(x: Floats, key: str) -> None:
    (episode,) = found(MetricDead(), rows({key: x}))

    assert episode.onset_row == K
    assert episode.raised_row == K + 11
    assert episode.severity is Severity.WARNING
    assert str((K + 1) * 10) in episode.last.words.message


fading = moving() * np.exp(-np.maximum(np.arange(N) - 60, 0) / 8.0)
capped = np.minimum(moving(0.9), 1.0)
ramp = np.minimum(np.linspace(0, 1.6, N), 1.0)
ALIVE: dict[str, tuple[str, Floats]] = {
    "eleven in a row": ("train/aux_loss", frozen(moving(), length=11)),
    "a constant from the start": ("something", np.full(N, 3.7)),
    "rounded": ("train/loss", np.round(frozen(0.4 + 0.004 * RNG.standard_normal(N)), 2)),
    "whole numbers": ("rollout/ep_len", frozen(np.round(moving(200.0)))),
    "answers that all run into their limit": ("train/completions/mean_length", frozen(moving(700.0), 2040.0)),
    "at its cap": ("rollout/ep_len_mean", frozen(moving(700.0), 1000.0)),
    "clipped all along": ("something", frozen(capped, 1.0)),
    "a schedule that ends": ("train/temperature_tau", ramp),
    "a schedule that ends at an odd number": ("train/tau", np.minimum(ramp, 0.5371)),
    "clipped all along at an odd number": ("something", frozen(np.minimum(moving(0.8), 0.8731), 0.8731)),
    "falling, rounded": ("something", frozen(np.round(1.003 - 5e-4 * np.arange(N) + 6e-4 * RNG.standard_normal(N), 3))),
    "a loss that faded to 0": ("train/hinge_loss", frozen(fading, 0.0)),
    "a learning rate": ("train/lr", frozen(moving(1e-3))),
    "a success rate of 1": ("eval/success_rate", frozen(np.clip(moving(0.8), 0, 0.99), 1.0)),
    "a counter": ("train/num_samples", frozen(np.arange(8.0 * N, step=8.0))),
    "memory": ("system/gpu.0.memoryAllocated", frozen(moving(60.0))),
    "a batch size": ("train/batch_size", frozen(moving(64.0))),
    "free bits": ("train/kl_loss", frozen(np.maximum(moving(0.7), 0.55), 0.5)),
}


@pytest.mark.parametrize(("key", "x"), ALIVE.values(), ids=ALIVE)
def test_what_stands_still_by_nature_is_not_dead(key: str, x: Floats) -> None:
    assert not found(MetricDead(), rows({key: x}))


def test_a_norm_pinned_at_the_clip_is_not_dead() -> None:
    norm = frozen(np.minimum(moving(0.4), 0.49), 0.5)

    assert not found(MetricDead(), rows({"train/grad_norm": norm}), grad_clip_norm=0.5)


def test_a_term_switched_off_by_a_stage_is_not_dead() -> None:
    stage = np.where(np.arange(N) < K, 0.0, 1.0)

    assert not found(MetricDead(), rows({"train/aux_loss": frozen(moving(), 0.0), "train/stage": stage}))


def test_sparse_records_count_as_records_not_rows() -> None:
    x = np.full(10 * N, np.nan)
    x[::10] = frozen(moving())
    (episode,) = found(MetricDead(), rows({"eval/loss": x}))

    assert episode.raised_row == 10 * (K + 11)


def test_a_dead_metric_that_moves_again_clears_after_three_records() -> None:
    (episode,) = found(MetricDead(), rows({"train/aux_loss": frozen(moving(), length=30)}))

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert episode.last.row == K + 32


def resumed(level: float, back: int = 30, noise: float = 0.03) -> tuple[Floats, np.ndarray]:
    """A loss that had reached step 1200, resumed `back` records earlier, at `level` times what it was."""
    x = np.full(N, 0.5) * np.exp(noise * np.random.default_rng(0).standard_normal(N))
    step = np.arange(1, N + 1) * 10
    step[K:] -= 10 * back
    x[K:] *= level
    return x, step


def test_a_resume_is_a_note_with_its_overlap_and_closes() -> None:
    x, step = resumed(1.0)
    (episode,) = found(ResumeSeam(), rows({"train/loss": x}, step=step))

    assert episode.raised_row == episode.onset_row == K
    assert worst([episode]) is Severity.INFO
    assert "重叠 290 步" in episode.transitions[0].words.message
    assert not episode.open


def test_a_loss_that_stays_higher_after_a_resume_is_a_warning() -> None:
    x, step = resumed(1.3)
    (episode,) = found(ResumeSeam(), rows({"train/loss": x}, step=step))

    assert [t.kind for t in episode.transitions] == ["raised", "worsened"]
    assert episode.transitions[1].row == K + 19
    assert episode.open
    assert episode.last.words.evidence["change"] == pytest.approx(0.3, abs=0.05)


def test_a_loss_of_0_before_a_resume_was_none_to_compare_with() -> None:
    x, step = resumed(1.3)
    x[:K] = 0.0
    (episode,) = found(ResumeSeam(), rows({"train/loss": x}, step=step))

    assert worst([episode]) is Severity.INFO


@pytest.mark.parametrize(
    ("level", "back", "noise"),
    [(1.05, 30, 0.03), (0.7, 30, 0.03), (1.2, 30, 0.4)],
    ids=["5 % higher", "lower", "within noise"],
)
def test_near_misses_of_a_lost_optimiser_state(level: float, back: int, noise: float) -> None:
    x, step = resumed(level, back, noise)

    assert worst(found(ResumeSeam(), rows({"train/loss": x}, step=step))) is Severity.INFO


def test_three_rough_records_after_a_resume_are_normal() -> None:
    x, step = resumed(1.0)
    x[K : K + 3] *= 1.5

    assert worst(found(ResumeSeam(), rows({"train/loss": x}, step=step))) is Severity.INFO


def test_a_long_pause_is_a_seam_too_but_no_pause_like_those_before() -> None:
    loss = falling(N, RNG)
    seconds = np.full(N, 2.0)
    seconds[K] = 7200.0
    often = np.full(N, 2.0)
    often[19::20] = 900.0  # an eval of a quarter of an hour every 20 records

    (episode,) = found(ResumeSeam(), rows({"train/loss": loss}, seconds=seconds))
    assert episode.onset_row == K
    assert "2 小时" in episode.transitions[0].words.message
    assert not [e for e in found(ResumeSeam(), rows({"train/loss": loss}, seconds=often)) if e.open]


def test_the_time_of_an_evaluation_is_no_pause_even_in_the_row_of_a_train_record() -> None:
    seconds, held_out = np.full(N, 2.0), np.full(N, np.nan)
    seconds[K], held_out[K] = 7200.0, 0.5

    assert not found(ResumeSeam(), rows({"train/loss": falling(N, RNG), "eval/loss": held_out}, seconds=seconds))


def test_a_seam_is_told_in_the_steps_of_the_run() -> None:
    seconds = np.full(N, 2.0)
    seconds[K] = 7200.0
    own = {"train/loss": falling(N, RNG), "train/global_step": np.linspace(25.0, 25.0 * N, N)}
    (episode,) = found(ResumeSeam(), rows(own, every=1, seconds=seconds))

    assert f"第 {25 * (K + 1)} 步" in episode.transitions[0].words.title


def scale(drops: dict[int, float], n: int = 400, start: float = 65536.0) -> Floats:
    x = np.full(n, start)
    for at, factor in drops.items():
        x[at:] *= factor
    return x


def test_repeated_halvings_are_raised_at_the_third() -> None:
    x = scale({200: 0.5, 206: 0.5, 212: 0.5, 218: 0.5})
    (episode,) = found(AmpOverflow(), rows({"train/loss_scale": x}))

    assert episode.raised_row == 212
    assert episode.onset_row == 200


descent = dict.fromkeys(range(1, 12), 0.5)
CALM = {
    "the descent from 65536": scale(descent),
    "halved now and then": scale({100: 0.5, 200: 0.5, 300: 0.5}),
    "halved twice": scale({200: 0.5, 205: 0.5}),
    "one record of four halvings before things settle": scale({2: 1 / 16}),
    "up and down around its level": scale({k: (2.0 if i % 2 else 0.5) for i, k in enumerate(range(100, 400, 25))}),
    "static at 1": np.full(400, 1.0),
}


@pytest.mark.parametrize("x", CALM.values(), ids=CALM)
def test_what_a_scaler_does_by_itself_is_no_fault(x: Floats) -> None:
    assert not found(AmpOverflow(), rows({"train/loss_scale": x}))


def test_records_far_apart_are_judged_by_rate() -> None:
    """One record per 1000 steps: three halvings in it are one in 333 steps, six are not."""
    few = scale({200: 1 / 8})
    many = scale({200: 1 / 2**16})

    assert not found(AmpOverflow(), rows({"amp/loss_scale": few}, every=1000))
    assert found(AmpOverflow(), rows({"amp/loss_scale": many}, every=1000))


def test_amp_overflow_clears_once_the_scale_rises_twice() -> None:
    x = scale({200: 0.5, 204: 0.5, 208: 0.5, 300: 2.0, 350: 2.0})
    (episode,) = found(AmpOverflow(), rows({"grad_scaler/scale": x}))

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert episode.last.row == 350


def test_inputs_that_were_never_logged_make_them_not_applicable() -> None:
    h = rows({"eval/accuracy": np.linspace(0, 1, 30)})

    assert not applies(AmpOverflow(), h)
    assert not applies(ResumeSeam(), h)


PAUSED = np.where(np.arange(N) == K, 700.0, 90.0)  # eight times the usual, and no more
LEVEL: Floats = 1.7 * np.exp(0.02 * np.random.default_rng(3).standard_normal(N))
LOWER: Floats = np.where(np.arange(N) < K, 1.0, 0.82) * LEVEL
LR_CUT = {"train/lr": np.where(np.arange(N) < K, 1e-4, 1e-5)}
EPOCHS = {"epoch": np.where(np.arange(N) < K, 0.9, 1.1)}


@pytest.mark.parametrize("columns", [{}, {"train/lr": np.linspace(5e-5, 3e-5, N)}], ids=["no lr", "a slow decay"])
@pytest.mark.parametrize("seconds", [PAUSED, np.where(np.arange(N) == K, 7200.0, 2.0)], ids=["short", "long"])
def test_no_model_gets_better_in_a_pause(columns: dict[str, Floats], seconds: Floats) -> None:
    (episode,) = found(ResumeSeam(), rows({"train/loss": LOWER} | columns, seconds=seconds))

    assert worst([episode]) is Severity.INFO
    assert episode.onset_row == K and episode.open
    assert "骤降" in found_words(LOWER, columns, seconds).title


def found_words(loss: Floats, columns: dict[str, Floats], seconds: Floats) -> Words:
    reading = Reading(rows({"train/loss": loss} | columns, seconds=seconds), Facts({}))
    (words,) = scan(reading, (ResumeSeam(),)).now.values()
    return words


SHORT: dict[str, dict[str, Floats]] = {
    "nothing has stepped": {"train/loss": LEVEL},
    "lr was cut": {"train/loss": LOWER} | LR_CUT,
    "another epoch": {"train/loss": LOWER} | EPOCHS,
    "it was coming down": {"train/loss": 3 * np.exp(-np.arange(N) / 60) + 0.01 * LEVEL},
    "it goes up": {"train/loss": LOWER[::-1].copy()},
}


@pytest.mark.parametrize("columns", SHORT.values(), ids=SHORT)
def test_a_short_pause_alone_is_no_seam(columns: dict[str, Floats]) -> None:
    assert not found(ResumeSeam(), rows(columns, seconds=PAUSED))


def test_no_step_without_a_pause_is_a_seam() -> None:
    assert not found(ResumeSeam(), rows({"train/loss": LOWER}, seconds=90.0))


def agent(n: int, **columns: Floats) -> History:
    rng = np.random.default_rng(4)
    falls = np.exp(-np.arange(n) / 5)
    return rows({"train/critic_loss": 1 + 900 * falls, "train/actor_loss": -11 - 20 * falls + rng.random(n), **columns})


@pytest.mark.parametrize("key", ["train/reward", "reward"])
def test_a_reward_that_is_the_same_to_the_last_digit_is_that_of_one_action(key: str) -> None:
    (episode,) = found(MetricDead(), agent(21, **{key: np.full(21, -0.92768824)}), algo="ddpg")

    assert (episode.raised_row, episode.onset_row, episode.severity) == (11, 0, Severity.WARNING)


REPEATED = {
    "the most that there is": {"train/reward": np.full(40, 1.0)},
    "one step's due": {"train/reward": np.full(40, -0.05)},
    "no episode has ended since": {"rollout/ep_rew_mean": np.repeat([13.37127, 14.20051], 20)},
    "a mean of several": {"train/mean_reward": np.full(40, 13.37127)},
    "for some records": {"train/reward": np.repeat([0.37127, 0.20051, 0.91923, 0.5517], 10)},
}


@pytest.mark.parametrize("columns", REPEATED.values(), ids=REPEATED)
def test_a_reward_that_may_well_repeat_is_not(columns: dict[str, Floats]) -> None:
    assert not found(MetricDead(), agent(40, **columns), algo="ddpg")
