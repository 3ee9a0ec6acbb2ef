"""Noise, cadence and a config that is not there change no answer (`benchmarks.wild.variants` found what did)."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import episodes
from analysis.diagnoses.loss import NanInf
from analysis.model import Severity
from tests.analysis.cases import AT, N, descent, put, ramp, rng, severities, steady
from tests.analysis.curves import run
from tests.analysis.scanning import found, rows

LOSS, GRAD, LR = "train/loss", "train/grad_norm", "train/lr"
C, W, I = Severity.CRITICAL, Severity.WARNING, Severity.INFO  # noqa: E741


def test_norms_with_heavy_tails_are_no_news() -> None:
    """Of forty runs with t noise of three degrees of freedom one in five at most is told of a spike."""
    loud = 0
    for seed in range(40):
        norms = np.exp(0.35 * rng(seed).standard_t(3, 900))
        raised = severities({LOSS: descent(n=900), GRAD: norms}, config={"grad_clip_norm": 1.0})
        loud += raised.get("grad-spike", I) > I

    assert loud <= 8


def test_one_batch_in_six_is_not_over_because_it_paused() -> None:
    bad = np.arange(N) % 11 == 0
    bad[110] = False  # a pause of 21, where the longest was 10
    x = np.where(bad, np.inf, descent())

    kinds = [t.kind for e in found(NanInf(), rows({LOSS: x})) for t in e.transitions]

    assert kinds.count("raised") == 1


def test_a_loss_that_recovers_from_one_nan_is_over() -> None:
    kinds = [t.kind for e in found(NanInf(), rows({LOSS: put(descent(), np.inf, 50, 51)})) for t in e.transitions]

    assert kinds[-1] == "cleared"


def test_an_lr_that_goes_up_and_down_at_once_follows_no_schedule() -> None:
    way = np.where(rng(0).random(N) < 0.5, 1.7, 1 / 1.7)
    way[::2], way[1::2] = 1.7, np.where(rng(1).random(N // 2) < 0.7, 1 / 1.7, 1.0)
    lr = np.clip(1e-3 * np.cumprod(way), 1e-5, 1e-2)

    assert "lr-anomaly" not in severities({LOSS: descent(), LR: lr}, planned=False)
    assert severities({LOSS: descent(), LR: put(np.full(N, 1e-3), 4e-3)}, planned=False)["lr-anomaly"] == W


@pytest.mark.parametrize("planned", [True, False])
def test_a_loud_loss_that_certainly_falls_learns(planned: bool) -> None:
    falling = 0.7 * np.exp(-0.085 * np.minimum(np.arange(N) / 100, 1) + 0.03 * rng(2).standard_normal(N))

    raised = severities({LOSS: falling[:150]}, planned=planned)

    assert raised.get("no-learning", I) <= I
    assert severities({LOSS: 5.0 * np.exp(0.02 * rng(2).standard_normal(N))})["no-learning"] == C


def test_a_log_that_begins_late_says_nothing_of_the_start() -> None:
    flat = {LOSS: 2.1 * np.exp(0.01 * rng(3).standard_normal(900))}
    later = rows(flat, step=30_001 + 10 * np.arange(900))

    assert "no-learning" not in {e.id for e in episodes(run(later)).episodes}
    assert severities(flat, planned=False)["no-learning"] == C


def test_a_wave_of_next_to_nothing_is_none() -> None:
    learnt = 4.0 * np.exp(-np.arange(N) / 12) + 0.01

    wave = put(np.ones(N), np.exp(0.8 * np.sin(np.arange(N - AT) * 2 * np.pi / 16)))

    assert "oscillation" not in severities({LOSS: learnt * wave})
    assert severities({LOSS: (learnt + 1) * wave})["oscillation"] == W


@pytest.mark.parametrize("beside", ["recon_loss", "kl_weight"])
def test_a_reconstruction_or_a_weight_of_kl_says_that_the_latents_are_meant_to_be_used(beside: str) -> None:
    columns = {LOSS: descent(), "kl_loss": ramp(steady(1.0), 1e-4, over=60, at=20), beside: descent(seed=5)}

    assert severities(columns, planned=False)["kl-collapse"] == W


def test_a_return_that_stood_and_is_gone_needs_no_plan() -> None:
    stood = np.concatenate([np.linspace(0, 20, 200), 20 + rng(4).standard_normal(600)])
    lost = {"Train/mean_reward": put(stood, 0.5 + 0.1 * rng(5).standard_normal(100), 700)}
    early = np.concatenate([np.abs(rng(6).standard_normal(300)), np.linspace(1, 20, 60), np.full(240, 2.0)])

    assert severities(lost, planned=False)["eval-regress"] == C
    assert severities({"Train/mean_reward": early}, planned=False).get("eval-regress", I) == I


def test_a_loss_at_the_vocabulary_is_told_of_few_records_of_many_steps() -> None:
    guess = {"lm loss": 11.18 + 0.004 * rng(7).standard_normal(80)}

    ids = {e.id: max(t.severity for t in e.transitions) for e in episodes(run(rows(guess, every=20))).episodes}

    assert ids["no-learning"] == C
