"""The same loss curve is sick in one family and healthy in another; totals whose weights change; absent evals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.divergence import Divergence
from analysis.diagnoses.loss import NanInf
from analysis.diagnoses.loss_jump import LossJump
from analysis.diagnoses.loss_spikes import LossSpike
from analysis.model import Column, Floats, History, Severity
from tests.analysis.cases import AT, N, descent, ramp, rng, times
from tests.analysis.scanning import found, rows, worst

LOSS = "train/loss"


def follows_returns() -> Floats:
    """A PPO total: the value loss grows with the returns."""
    return np.asarray((0.4 + 12 * np.clip(np.arange(N) / N, 0, 1)) * np.exp(0.1 * rng(4).standard_normal(N)))


@pytest.mark.parametrize(
    ("config", "severity"),
    [
        ({}, Severity.CRITICAL),
        ({"algo": "ppo"}, Severity.OK),
        ({"policy": {"type": "act"}}, Severity.CRITICAL),
        ({"trainer": "dpo"}, Severity.OK),
        ({"model": "wgan-gp"}, Severity.OK),
    ],
)
def test_a_loss_that_follows_the_returns_up_does_not_diverge(config: dict[str, object], severity: Severity) -> None:
    assert worst(found(Divergence(), rows({LOSS: follows_returns()}), planned=10 * N, **config)) == severity


def test_columns_of_an_agent_say_so_too() -> None:
    columns = {
        LOSS: follows_returns(),
        "rollout/ep_rew_mean": np.linspace(0, 200, N),
        "train/approx_kl": np.full(N, 0.01),
    }

    assert found(Divergence(), rows(columns), planned=10 * N) == []
    assert found(LossJump(), rows({**columns, LOSS: times(follows_returns(), 3)}), planned=10 * N) == []


def weighted(ramp_at: int | None) -> dict[str, Floats]:
    """Two tasks that both fall; the second counts ever more from `ramp_at` on."""
    k = np.arange(N)
    weight = np.ones(N) if ramp_at is None else 0.1 + 5 * np.clip((k - ramp_at) / 60, 0, 1)
    a, b = descent(seed=1, floor=0.3, start=2), descent(seed=2, floor=0.8, start=2)
    return {"loss/total": a + weight * b, "loss/det": a, "loss/seg": b, "loss_weight/seg": weight}


@pytest.mark.parametrize("width", [15, 20, 30])
def test_back_from_a_dip_is_no_step_up(width: int) -> None:
    dip = np.interp(np.arange(N), [AT - 10, AT, AT + width, AT + width + 1], [1.0, 0.7, 0.7, 1.0])
    step = np.interp(np.arange(N), [AT + width, AT + width + 1], [0.7, 1.0])
    level = np.linspace(1.3, 1, N) * np.exp(0.02 * rng(1).standard_normal(N))

    assert found(LossJump(), rows({LOSS: level * dip}), planned=10 * N) == []
    assert worst(found(LossJump(), rows({LOSS: level * step}), planned=10 * N)) == Severity.CRITICAL


@pytest.mark.parametrize("diagnosis", [Divergence(), LossJump()], ids=lambda d: d.id)
def test_a_total_whose_weights_are_raised_is_another_sum(diagnosis: Divergence | LossJump) -> None:
    assert found(diagnosis, rows(weighted(AT)), planned=10 * N) == []


def test_without_its_weight_the_same_total_diverges_and_so_does_one_under_constant_weights() -> None:
    unexplained = {k: v for k, v in weighted(AT).items() if k != "loss_weight/seg"}
    constant = weighted(None)
    constant["loss/total"] = ramp(constant["loss/total"], 20)

    assert worst(found(Divergence(), rows(unexplained), planned=10 * N)) == Severity.CRITICAL
    assert worst(found(Divergence(), rows(constant), planned=10 * N)) == Severity.CRITICAL


def test_a_divergence_after_the_ramp_is_still_seen() -> None:
    columns = weighted(40)
    columns["loss/total"] = ramp(columns["loss/total"], 20, at=200)
    (episode,) = found(Divergence(), rows(columns), planned=10 * N)

    assert episode.raised_row >= 200


def near_its_floor() -> Floats:
    """A language model at 3.2 nats whose noise is 0.02."""
    return np.asarray(3.2 + 0.5 * np.exp(-np.arange(N) / 60) + 0.02 * rng(8).standard_normal(N))


@pytest.mark.parametrize(("nats", "told"), [(0.8, True), (0.45, True), (0.15, False)])
def test_a_third_of_a_nat_is_an_event_to_a_language_model(nats: float, told: bool) -> None:
    loss = near_its_floor()
    loss[AT : AT + 2] += nats
    ids = found(LossSpike(), rows({LOSS: loss}), planned=10 * N, stage="pt")

    assert bool(ids) is told
    assert found(LossSpike(), rows({LOSS: loss}), planned=10 * N) == []  # elsewhere a spike is twice the level


def test_a_denoisers_single_records_are_the_noise_levels_drawn() -> None:
    one, many = times(descent(), 6, AT, AT + 1), times(descent(), 4, AT, AT + 6)
    diffusion = {"policy": {"type": "diffusion"}}

    assert found(LossSpike(), rows({LOSS: one}), planned=10 * N, **diffusion) == []
    assert found(LossSpike(), rows({LOSS: many}), planned=10 * N, **diffusion)
    assert found(LossSpike(), rows({LOSS: one}), planned=10 * N)


def evals(values: list[float]) -> History:
    """Train rows, and an eval in every tenth of them; NaN is logged."""
    k = np.arange(10, 10 * len(values) + 10, 10)
    h = rows({LOSS: descent()})
    return History(h.step, h.timestamp, h.runtime, {**h.columns, "eval/loss": Column(k, np.asarray(values))})


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        ([np.nan], Severity.INFO),
        ([np.nan, np.nan], Severity.INFO),
        ([np.inf] * 3, Severity.WARNING),
        ([np.nan, 0.5, 0.4, 0.4], Severity.INFO),
        ([0.5, np.nan], Severity.WARNING),
    ],
)
def test_evals_that_were_never_finite_are_no_empty_split(values: list[float], severity: Severity) -> None:
    assert worst(found(NanInf(), evals(values))) == severity


UNBORN = np.r_[np.full(8, np.nan), np.linspace(0.1, 0.2, 17)]


@pytest.mark.parametrize(
    ("x", "beside", "severity"),
    [
        (UNBORN, "episode_reward", Severity.INFO),  # it has not begun to learn
        (np.full(25, np.nan), "episode_reward", Severity.CRITICAL),  # nor ever did
        (np.full(25, np.nan), "train/loss", Severity.INFO),  # no part of what is trained
        (np.r_[UNBORN[8:], np.nan, np.nan], "train/loss", Severity.CRITICAL),
        (UNBORN, "lr", Severity.CRITICAL),
    ],
)
def test_a_loss_that_has_never_been_a_number(x: Floats, beside: str, severity: Severity) -> None:
    other = np.linspace(0.5, 0.4, len(x))
    columns = {"actor_loss": Column(np.arange(len(x)), x), beside: Column(np.arange(len(x)), other)}
    h = rows({"step_s": other})
    assert worst(found(NanInf(), History(h.step, h.timestamp, h.runtime, columns))) is severity


def test_what_is_born_is_no_longer_told() -> None:
    h = rows({"step_s": UNBORN})
    told = found(NanInf(), History(h.step, h.timestamp, h.runtime, {LOSS: Column(np.arange(25), UNBORN)}))
    assert [e.open for e in told] == [False]


SCALED: tuple[dict[str, Any], ...] = (
    {"fp16": True},
    {"mixed_precision": "fp16"},
    {"fp16": {"enabled": True}},
    {"precision": "16-mixed"},
)


@pytest.mark.parametrize("config", SCALED)
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_step_that_the_scaler_skips_is_a_note(config: dict[str, Any], value: float) -> None:
    def norm(*at: int) -> History:
        x = np.full(N, 0.6)
        x[list(at)] = value
        h = rows({LOSS: descent()})
        return History(h.step, h.timestamp, h.runtime, {**h.columns, "train/grad_norm": Column(np.arange(N), x)})

    assert worst(found(NanInf(), norm(33), **config)) is Severity.INFO
    assert worst(found(NanInf(), norm(33, 90, 150), **config)) is Severity.INFO
    assert worst(found(NanInf(), norm(33, 41), **config)) is Severity.WARNING
    assert worst(found(NanInf(), norm(33, 34, 35, 36), **config)) is Severity.CRITICAL
    assert worst(found(NanInf(), norm(33))) is Severity.WARNING
    assert worst(found(NanInf(), norm(33), bf16=True)) is Severity.WARNING


def test_an_lr_that_waits_says_that_a_step_was_skipped() -> None:
    norm, lr = np.full(N, 0.6), 1e-4 * (1 - np.arange(N) / N)
    norm[33] = np.inf
    waits = lr.copy()
    waits[33:] = lr[32:-1]

    def told(lr: Floats) -> Severity:
        h = rows({LOSS: descent(), "train/lr": lr})
        columns = {**h.columns, "train/grad_norm": Column(np.arange(N), norm)}
        return worst(found(NanInf(), History(h.step, h.timestamp, h.runtime, columns)))

    assert told(waits) is Severity.INFO
    assert told(lr) is Severity.WARNING
    assert told(np.full(N, 1e-4)) is Severity.WARNING


def test_once_is_not_counted() -> None:
    (episode,) = found(NanInf(), evals([0.5, np.nan]))

    assert episode.last.words.message == "第 210 步出现 NaN"


LONE: dict[str, tuple[float, float, Severity]] = {
    "one batch of odd texts": (5.8, 2.2, Severity.INFO),
    "two records of it": (5.8, 4.5, Severity.WARNING),
    "more than a batch explains": (9.0, 2.2, Severity.WARNING),
}


@pytest.mark.parametrize(("first", "second", "severity"), LONE.values(), ids=LONE)
def test_one_high_record_of_a_language_model_is_a_note(first: float, second: float, severity: Severity) -> None:
    loss = 2.2 * np.exp(0.03 * np.random.default_rng(8).standard_normal(N))
    loss[150:152] = first, second
    (episode,) = found(LossSpike(), rows({LOSS: loss}), planned=10 * N, stage="sft", base_model="llama")

    assert worst([episode]) is severity
    assert not episode.open


@pytest.mark.parametrize(
    ("factor", "sigma", "within"), [(2.2, 0.04, 6), (2.2, 0.12, 10), (1.7, 0.02, 6), (1.7, 0.05, 10)]
)
def test_a_step_is_told_the_sooner_the_quieter_the_loss(factor: float, sigma: float, within: int) -> None:
    x = times(1 + descent(sigma=0), factor) * np.exp(sigma * rng(3).standard_normal(N))
    (episode,) = found(LossJump(), rows({LOSS: x}), planned=10 * N)

    assert AT < episode.raised_row < AT + within
    assert abs(episode.onset_row - AT) <= 1


@pytest.mark.parametrize("length", [1, 3, 4])
def test_a_burst_of_a_quiet_loss_is_no_step(length: int) -> None:
    x = times(1 + descent(sigma=0), 2.2, AT, AT + length) * np.exp(0.03 * rng(3).standard_normal(N))

    assert found(LossJump(), rows({LOSS: x}), planned=10 * N) == []


BUMPS = {
    "up in five records and down in ten": [1.9, 2.1, 3.1, 3.3, 4.2, 2.9, 1.8, 1.7, 1.4, 1.3, 1.27, 1.25],
    "up in three": [3.0, 4.7, 6.0, 4.2, 3.8, 2.9, 2.4, 1.9, 1.7, 1.4, 1.2],
    "high at once, and higher": [3.2, 4.9, 7.5, 8.0, 6.1, 4.0, 2.7, 1.9, 1.4, 1.2],
}


@pytest.mark.parametrize("bump", BUMPS.values(), ids=BUMPS)
@pytest.mark.parametrize("level", [0.3, 1.2, 40.0])
def test_a_bump_that_heals_is_no_step(bump: list[float], level: float) -> None:
    x = (level + level * np.exp(-np.arange(N) / 40)) * np.exp(0.04 * rng(5).standard_normal(N))
    x[AT : AT + len(bump)] *= bump

    assert found(LossJump(), rows({LOSS: x}), planned=10 * N) == []


@pytest.mark.parametrize("factor", [2.8, 4.0, 12.0])
@pytest.mark.parametrize("sigma", [0.03, 0.1])
def test_a_very_large_step_is_told_within_a_handful_of_records(factor: float, sigma: float) -> None:
    x = times(1 + descent(sigma=0), factor) * np.exp(sigma * rng(3).standard_normal(N))
    (episode,) = found(LossJump(), rows({LOSS: x}), planned=10 * N)

    assert AT < episode.raised_row < AT + 8


def swings(level: float, seed: int = 21) -> Floats:
    """It falls for two records, then an lr of 1 throws it about for the rest of the run."""
    x = level * np.exp(0.7 * rng(seed).standard_normal(40))
    x[:3] = 9.26, 4.7, 6.3
    return np.asarray(x)


def test_worse_than_before_it_was_trained_needs_no_quiet_loss() -> None:
    (e,) = found(Divergence(), rows({LOSS: swings(80.0)}, every=200), planned=8_000)

    assert worst([e]) is Severity.CRITICAL
    assert e.raised_row <= 16
    assert not found(Divergence(), rows({LOSS: swings(6.0)}, every=200), planned=8_000)
    assert not found(Divergence(), rows({LOSS: swings(80.0)}, every=200), planned=8_000, algo="ppo")
