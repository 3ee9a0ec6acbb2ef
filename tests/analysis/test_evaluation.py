"""Evals that turn, regress or look too good: what is a fault, what only looks like one, family by family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays import eval_noise
from analysis.diagnoses.eval_process import EvalUnderpowered
from analysis.diagnoses.eval_scores import EvalRegress
from analysis.diagnoses.overfit import Overfit
from analysis.diagnoses.train_vs_eval import EvalLeak, GenGap
from analysis.facts import Facts, eval_size
from analysis.model import Episode, Floats, Severity
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from tests.analysis.scanning import applies, falling, found, proofread, rows, worst

N, M = 400, 100  # records, evals: one every fourth
DETR = {"policy": {"type": "act"}}
DENOISES = {"policy": {"type": "diffusion"}}


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def at(values: Any, every: int = 4) -> Floats:
    out = np.full(N, np.nan)
    where = np.arange(every - 1, N, every)[: len(values)]
    out[where] = np.asarray(values)[: len(where)]
    return out


def trained(seed: int = 1) -> Floats:
    return falling(N, rng(seed), floor=0.05)


def turns(rise: float, sigma: float = 0.01, at_: int = 40) -> Floats:
    """(M,) an eval loss that falls, turns at an eval and rises by a share of itself until the end."""
    k = np.arange(M)
    x = np.where(k < at_, 0.5 + 2 * np.exp(-k / 8), 0.5 + 2 * np.exp(-at_ / 8))
    return np.asarray(x * (1 + rise * np.clip((k - at_) / (M - at_), 0, 1)) * np.exp(sigma * rng().standard_normal(M)))


def wandering(seed: int, sigma: float = 0.03, rho: float = 0.7) -> Floats:
    """(M,) an eval loss that has converged and strays around its level, neighbours alike."""
    x = np.zeros(M)
    for i, shock in enumerate(rng(seed).standard_normal(M - 1), start=1):
        x[i] = rho * x[i - 1] + shock * np.sqrt(1 - rho**2)
    return np.asarray((0.5 + 2 * np.exp(-np.arange(M) / 5)) * np.exp(sigma * x))


def overfit(
    evaluation: Floats, score: Floats | None = None, name: str = "eval/success_rate", **config: Any
) -> list[Episode]:
    columns = {"train/loss": trained(), "eval/loss": at(evaluation)}
    return found(Overfit(), rows(columns if score is None else {**columns, name: at(score)}), **config)


# --- overfit


def test_an_eval_that_turns_is_told_with_its_best_step() -> None:
    (episode,) = overfit(turns(0.3))

    assert episode.severity is Severity.WARNING
    assert episode.onset_row == pytest.approx(4 * 40 + 3, abs=20)
    assert episode.raised_row < 4 * 75


def test_evals_that_stray_around_a_level_are_no_turn() -> None:
    """The lowest of many correlated evals is followed by a return to the mean, which the next ones do not share."""
    assert sum(bool(overfit(wandering(seed))) for seed in range(25)) <= 1


def test_a_unit_of_the_last_decimal_is_no_rise() -> None:
    """0.0012 to 0.0014 is 17 % of a loss that was logged with four decimals."""
    k = np.arange(M)
    exact = 0.00118 + 0.5 * np.exp(-k / 4) + 2e-6 * np.clip(k - 40, 0, None)

    assert not overfit(np.asarray(np.round(exact, 4), dtype=np.float64))
    assert overfit(exact)


ACCURACY = np.clip(0.9 - 0.6 * np.exp(-np.arange(M) / 3), 0, 1)  # level when the loss turns
CLIMBS = np.clip(0.5 + 0.4 * np.arange(M) / M, 0, 1)


def of_samples(samples: int, first: float, last: float) -> Floats:
    """A share of so many, which goes on from the first evaluation to the last."""
    return np.asarray(np.round(samples * np.linspace(first, last, M)) / samples)


OUTRANKS = {
    "three of 228 samples more": ("val/acc_top1", of_samples(228, 0.035, 0.062), Severity.WARNING),
    "two of 60 samples more": ("eval/accuracy", of_samples(60, 0.7, 0.75), Severity.WARNING),
    "the same of many samples": ("val/acc_top1", of_samples(50_000, 0.035, 0.062), Severity.INFO),
    "many more of few samples": ("eval/accuracy", of_samples(228, 0.3, 0.8), Severity.INFO),
    "two decimals": ("eval/accuracy", np.round(np.linspace(0.5, 0.9, M), 2), Severity.INFO),
    "success that holds": ("eval/success_rate", ACCURACY, Severity.INFO),
    "a score of rollouts": ("test/mean_score", ACCURACY, Severity.INFO),
    "success that falls with it": ("eval/success_rate", np.where(np.arange(M) < 40, 0.9, 0.4), Severity.WARNING),
    "an accuracy that stands still": ("eval/accuracy", ACCURACY, Severity.WARNING),
    "an accuracy that still climbs": ("eval/accuracy", CLIMBS, Severity.INFO),
    "a word error rate that still falls": ("eval/wer", 1 - CLIMBS, Severity.INFO),
    "a word error rate that stands still": ("eval/wer", 1 - ACCURACY, Severity.INFO),
}


@pytest.mark.parametrize(("name", "score", "severity"), OUTRANKS.values(), ids=OUTRANKS)
def test_what_outranks_a_loss(name: str, score: Floats, severity: Severity) -> None:
    assert worst(overfit(turns(0.8), score, name)) is severity


def test_it_is_never_critical_however_far_it_rises() -> None:
    assert worst(overfit(turns(4.0))) is Severity.WARNING


FAMILIES: dict[str, tuple[dict[str, Any], str, bool]] = {
    "imitation": (DETR, "成功率", False),
    "diffusion": (DENOISES, "采样效果", False),
    "sft": ({"training_stage": "sft"}, "下游评测", False),
    "pretraining": ({"stage": "pretrain"}, "第 1600 步附近的 ckpt", True),
}


@pytest.mark.parametrize(("config", "goal", "plain"), FAMILIES.values(), ids=FAMILIES)
def test_each_family_has_its_own_wording(config: dict[str, Any], goal: str, plain: bool) -> None:
    """Where offline loss is a weak proxy the sentence is neutral and names what decides."""
    (episode,) = overfit(turns(0.3), **config)
    said = episode.last.words

    assert goal in said.advice
    assert ("过拟合" in said.title) is plain


def test_two_strays_among_the_last_four_evaluations_are_no_rise() -> None:
    train, level = np.exp(-np.arange(24) / 40), 0.015 * np.exp(0.02 * rng(4).standard_normal(24))
    strays = np.where(np.isin(np.arange(24), (20, 22)), 1.8, 1.0)
    rising = np.where(np.arange(24) >= 19, 1.8, 1.0)

    assert not found(Overfit(), rows({"train/mse": train, "val/mse": level * strays}), 240)
    assert found(Overfit(), rows({"train/mse": train, "val/mse": level * rising}), 240)


# --- pairs


def test_a_denoiser_s_error_and_that_of_its_samples_are_no_pair() -> None:
    h = rows({"train/mse": trained(), "eval/action_mse": at(8 * trained()[3::4])})

    assert applies(GenGap(), h)
    assert not applies(GenGap(), h, **DENOISES)
    assert not applies(EvalLeak(), h, **DENOISES)


def test_the_same_loss_of_a_denoiser_is_a_pair() -> None:
    assert applies(GenGap(), rows({"train/loss": trained(), "eval/loss": at(trained()[3::4])}), **DENOISES)


LEAKS: dict[str, tuple[dict[str, Any], Severity]] = {
    "nothing is put on training": ({}, Severity.WARNING),
    "a tenth of dropout": ({"model": {"dropout": 0.1}}, Severity.WARNING),
    "three tenths of dropout": ({"model": {"dropout": 0.3}}, Severity.INFO),
    "mixup": ({"mixup": 0.2}, Severity.INFO),
    "mixup of nothing": ({"mixup": 0.0}, Severity.WARNING),
    "label smoothing": ({"label_smoothing": 0.1}, Severity.INFO),
}


@pytest.mark.parametrize(("config", "severity"), LEAKS.values(), ids=LEAKS)
def test_noise_that_the_config_puts_on_training_explains_a_low_eval(config: dict[str, Any], severity: Severity) -> None:
    (episode,) = found(EvalLeak(), rows({"train/loss": trained(), "eval/loss": at(0.3 * trained()[3::4])}), **config)

    assert episode.severity is severity


BESIDE: dict[str, tuple[str, float, Severity]] = {
    "a third of all words is wrong": ("eval/wer", 35.0, Severity.INFO),
    "a quarter of all answers is wrong": ("eval/accuracy", 0.75, Severity.INFO),
    "nothing is wrong": ("eval/accuracy", 0.995, Severity.WARNING),
    "what a policy does is another matter": ("eval/success_rate", 0.4, Severity.WARNING),
}


@pytest.mark.parametrize(("name", "score", "severity"), BESIDE.values(), ids=BESIDE)
def test_what_leaks_is_known_by_heart(name: str, score: float, severity: Severity) -> None:
    low = {"train/loss": trained(), "eval/loss": at(0.3 * trained()[3::4])}
    wander = 1 + 0.003 * rng(3).standard_normal(len(trained()[3::4]))
    (episode,) = found(EvalLeak(), rows({**low, name: at(score * wander)}))

    assert episode.severity is severity


@pytest.mark.parametrize(("own", "severity"), [(0.84, Severity.INFO), (0.96, Severity.WARNING)])
def test_what_training_gets_wrong_itself_is_made_harder_for_it(own: float, severity: Severity) -> None:
    low = {"train/loss": trained(), "eval/loss": at(0.3 * trained()[3::4])}
    score = at(0.97 + 0.003 * rng(3).standard_normal(len(trained()[3::4])))
    (episode,) = found(EvalLeak(), rows({**low, "eval/accuracy": score, "train/accuracy": np.full(N, own)}))

    assert episode.severity is severity


def test_a_ratio_that_is_there_before_anything_is_learnt_is_told_as_a_scale() -> None:
    slow = 10 * np.exp(-np.arange(N) / 300)
    (episode,) = found(EvalLeak(), rows({"train/loss": slow, "eval/loss": at(0.15 * slow[3::4])}))

    assert "口径不同" in episode.last.words.message


def test_an_eval_ahead_of_a_fast_falling_loss_is_no_leak() -> None:
    """A median of nine records lags behind; the eval is at the level of the last ones."""
    fast = np.exp(-np.arange(N) / 6) + 0.05

    assert not found(EvalLeak(), rows({"train/loss": fast, "eval/loss": at(0.8 * fast[3::4])}))


@pytest.mark.parametrize(("scatter", "told"), [(0.15, True), (0.8, False)])
def test_where_an_evaluation_lies_at_twice_another_half_of_training_is_nothing(scatter: float, told: bool) -> None:
    """A sampled posterior: what its evaluations are by a third of training, the next ones are above it."""
    ratio = 0.35 * np.exp(scatter * rng(3).standard_normal(100))
    train = 0.28 * np.exp(-np.arange(100) / 6) + 0.005

    episodes = found(EvalLeak(), rows({"train_loss": train, "valid_loss": train * ratio}))

    assert any(e.open for e in episodes) is told


def per_epoch(train: Floats, ratio: Floats, sigma: float = 0.1) -> list[Episode]:
    """One record and one evaluation an epoch, which is that many times the record."""
    return found(
        EvalLeak(),
        rows({"train_loss": train, "val_loss": train * ratio * np.exp(sigma * rng(6).standard_normal(len(train)))}),
    )


EPOCHS = np.arange(40)
# Augmented plates: training is harder than validation, once anything has been learnt.
PLATES = 3.2 * np.exp(-np.minimum(EPOCHS, 18) / 3.5) + 0.01
LATE = {
    "it leaps at the fifth epoch": np.where(EPOCHS < 5, 1.35, 0.25),
    "it comes down to a third": np.interp(EPOCHS, [0, 4, 12, 40], [1.5, 1.4, 0.3, 0.3]),
    "it had been twice as high": np.interp(EPOCHS, [0, 6, 9, 40], [2.0, 2.0, 0.2, 0.4]),
}


@pytest.mark.parametrize("ratio", LATE.values(), ids=LATE)
def test_what_had_stood_above_training_had_not_been_seen_there(ratio: Floats) -> None:
    assert worst(per_epoch(PLATES, ratio)) < Severity.WARNING


@pytest.mark.parametrize("ratio", [0.25, np.interp(EPOCHS, [0, 6], [0.9, 0.2]), np.where(EPOCHS == 1, 1.3, 0.3)])
def test_what_was_never_above_it_for_long_may_have_been(ratio: Any) -> None:
    assert worst(per_epoch(PLATES, np.broadcast_to(ratio, 40))) is Severity.WARNING


# --- eval-regress


def regress(score: Any, name: str = "eval/success_rate", every: int = 4, **config: Any) -> list[Episode]:
    return found(EvalRegress(), rows({"train/loss": trained(), name: at(score, every)}), **config)


def binomial(p: Any, n: int, seed: int = 5) -> Floats:
    return np.asarray(rng(seed).binomial(n, p) / n, dtype=np.float64)


LEARNS = np.concatenate([np.linspace(0.1, 0.8, 20), np.full(20, 0.8)])


def test_a_fall_that_counts_of_so_few_rollouts_can_show_is_silent_and_one_of_many_is_told() -> None:
    """0.8 to 0.62: half an error of ten rollouts, many errors of five hundred."""
    p = np.concatenate([LEARNS, np.full(20, 0.6)])
    few, many = binomial(p, 10), binomial(p, 500)

    assert not regress(few, eval={"n_episodes": 10})
    assert worst(regress(many, eval={"n_episodes": 500})) >= Severity.WARNING


def test_rollouts_of_few_episodes_at_a_level_are_silent() -> None:
    for seed in range(25):
        noisy = binomial(np.concatenate([np.linspace(0.1, 0.7, 12), np.full(50, 0.7)]), 20, seed)
        assert worst(regress(noisy, eval={"n_episodes": 20})) <= Severity.INFO, seed


def test_the_number_of_rollouts_is_said_where_it_is_known() -> None:
    (episode,) = regress(np.concatenate([LEARNS, np.full(20, 0.2)]), eval={"n_episodes": 50})

    assert "每次 50 回合" in episode.last.words.message
    assert episode.last.words.evidence["episodes"] == 50


def test_percentages_are_rates_too() -> None:
    (episode,) = regress(100 * np.concatenate([LEARNS, np.full(20, 0.2)]), "eval/pc_success")

    assert "降 60 个百分点" in episode.last.words.message


def test_twelve_evals_are_enough_for_a_crash() -> None:
    assert (
        worst(regress([22, 14, 20, 28, 34, 66, 76, 68, 86, 82, 84, 90, 50, 12, 12, 14, 12], "eval/pc_success", 20))
        is Severity.CRITICAL
    )


def test_a_score_that_has_learnt_nothing_has_nothing_to_lose() -> None:
    for seed in range(25):
        chance = np.clip(0.1 + 0.02 * rng(seed).standard_normal(M), 0, 1)
        assert worst(regress(chance, "eval/accuracy")) <= Severity.INFO, seed


ERRORS = np.concatenate([np.linspace(0.9, 0.2, 30), np.full(20, 0.2), np.full(30, 0.7)])


@pytest.mark.parametrize("name", ["eval/wer", "metrics/fid"])
def test_an_error_rate_that_rises_is_told(name: str) -> None:
    x = ERRORS * np.exp(0.01 * rng().standard_normal(80))
    h = rows({"train/loss": trained(), "eval/loss": at(0.5 + trained()[3::4]), name: at(x)})
    (episode,) = found(EvalRegress(), h)

    assert episode.metrics == (name,)
    assert "升到此前的" in episode.last.words.message
    assert not found(Overfit(), h)


FORGETS = 0.12 + 0.07 * np.clip(np.arange(40) / 24, 0, 1) - 0.08 * (np.arange(40) >= 30)  # of nine classes
DIPS = np.where(np.isin(np.arange(40), [20, 21]), 0.12, 0.12 + 0.07 * np.clip(np.arange(40) / 24, 0, 1))


@pytest.mark.parametrize(
    ("score", "loss", "told"),
    [
        (np.where(np.isin(np.arange(40), [20, 21]), 0.12, FORGETS), 2.4, True),  # it had dipped so once before
        (FORGETS, 2.4, True),
        (DIPS, 2.1, False),  # and came back
        (0.15 + 0 * DIPS, 2.4, False),  # nothing was gained
    ],
)
def test_all_that_was_gained_is_gone_as_the_loss_says_too(score: Floats, loss: float, told: bool) -> None:
    of_loss = np.where(np.arange(40) >= 30, loss, 2.19 - 0.08 * np.clip(np.arange(40) / 24, 0, 1))
    columns = {
        "train_loss": np.linspace(2.2, 2.1, 40),
        "val_loss": of_loss + 0.004 * rng(5).standard_normal(40),
        "val_accuracy": score + 0.004 * rng(6).standard_normal(40),
    }
    episodes = found(EvalRegress(), rows(columns))

    assert bool(episodes) == told
    assert not told or episodes[0].raised_row <= 36


def test_an_error_rate_alone_is_told_once() -> None:
    """It holds the seat of the eval loss, and overfit speaks of it."""
    h = rows({"train/loss": trained(), "eval/wer": at(ERRORS * np.exp(0.01 * rng().standard_normal(80)))})

    assert found(Overfit(), h)
    assert not applies(EvalRegress(), h)


def test_an_error_rate_that_falls_is_silent() -> None:
    assert not found(EvalRegress(), rows({"eval/loss": at(trained()[3::4]), "eval/wer": at(np.linspace(0.9, 0.1, M))}))


# --- the tools


def test_the_drift_of_white_noise_is_small_and_that_of_a_line_large() -> None:
    noise = 0.01 * rng().standard_normal(60)
    since = np.zeros(60, dtype=np.int64)
    none, line = (eval_noise.drift(x, since, np.zeros(60)) for x in (noise, noise + 0.002 * np.arange(60)))

    assert np.abs(none).max() < 4
    assert line[-1] > 10


def test_correlated_neighbours_count_for_less() -> None:
    """A wave of 40 points looks like a line for a quarter of its period; fitted over all of it, it is none."""
    wave = np.sin(np.arange(80) * 2 * np.pi / 40)

    assert abs(eval_noise.drift(wave, np.zeros(80, dtype=np.int64), np.zeros(80))[-1]) < 2


def test_drift_is_the_same_for_a_prefix() -> None:
    x = np.cumsum(rng().standard_normal(200))
    since = np.maximum.accumulate(np.where(rng().random(200) < 0.1, np.arange(200), 0))
    whole = eval_noise.drift(x, since, np.full(200, 0.1))

    for n in (3, 7, 50, 133):
        assert np.array_equal(eval_noise.drift(x[:n], since[:n], np.full(n, 0.1)), whole[:n])


@pytest.mark.parametrize(
    ("values", "step"), [([0.0012, 0.31], 1e-4), ([100.0, 250.0], 1.0), ([1 / 3, 2 / 7], 0.0), ([0.1 + 0.2], 0.1)]
)
def test_grain(values: list[float], step: float) -> None:
    assert eval_noise.resolution(np.array(values))[-1] == pytest.approx(step, abs=1e-9)


EPISODES = {
    "as config says": ({"eval": {"n_episodes": 30}}, "eval/success", [0.5], 30),
    "as values show": ({}, "eval/success", [0.0, 0.25, 0.4, 0.35, 0.9, 0.75], 20),
    "a continuous rate": ({}, "eval/success", [0.1234, 0.2718, 0.3141, 0.5772, 0.6931, 0.7071], None),
    "no rate of success": ({"eval": {"n_episodes": 30}}, "eval/accuracy", [0.5] * 6, None),
    "episodes of the data set": ({"dataset": {"num_episodes": 50}}, "eval/success", [0.5], None),
}


@pytest.mark.parametrize(("config", "key", "rates", "n"), EPISODES.values(), ids=EPISODES)
def test_how_many_rollouts_stand_behind_a_rate(
    config: dict[str, Any], key: str, rates: list[float], n: int | None
) -> None:
    got = eval_size.episodes(Facts(config), key, np.array(rates))[-1]

    assert got == n if n is not None else np.isnan(got)


def test_underpowered_success_speaks_of_points() -> None:
    score = binomial(np.full(M, 0.5), 20)
    episodes = found(EvalUnderpowered(), rows({"eval/success_rate": at(score)}), eval={"n_episodes": 20})

    assert episodes
    assert "个百分点" in episodes[0].last.words.message
    assert "20" in episodes[0].last.words.advice


def test_a_gap_that_is_closing_is_not_called_large() -> None:
    """Open until it has stayed closed: what is said in between must not contradict its own figure."""
    train = np.linspace(1.0, 0.5, N)
    of_train = np.where(np.arange(M) < 15, 1.3, np.where(np.arange(M) < M - 3, 4.0, 0.95))
    columns = {"train/loss": train, "eval/loss": at(train[3::4] * of_train)}
    words = scan(Reading(rows(columns), Facts({}, 10 * N)), (GenGap(),)).now[0]
    proofread(words)

    assert words.title == "评估 loss 与训练差距在收窄"
    assert "0.94 倍（此前 4.0 倍）" in words.message  # the train side is a median, behind its fall


def unfrozen(n: int = 40, frozen: int = 5) -> Floats:
    """Stands at 0.3 while a backbone is frozen, falls at once and swings, comes to rest at a third of training."""
    i = np.maximum(np.arange(n) - frozen, 0)
    x = 0.02 * np.exp(-i / 9) * np.exp(1.2 * np.exp(-i / 8) * rng(2).standard_normal(n)) + 4e-4
    x[:frozen] = 0.3 * np.exp(0.03 * rng(4).standard_normal(frozen))
    x[frozen + 3 : frozen + 5] = 0.04, 1.1
    return np.asarray(x)


TRAINED = 0.03 * np.exp(-np.arange(40) / 7) + 1.5e-3


def test_two_stages_are_neither_overfit_nor_a_leak() -> None:
    columns = rows({"train_loss": TRAINED, "val_loss": unfrozen()})

    for diagnosis in (Overfit(), EvalLeak()):
        assert all(e.severity < Severity.WARNING for e in found(diagnosis, columns))


def test_what_turns_after_the_second_stage_has_settled_is_told() -> None:
    x = unfrozen()
    x[:10] = np.where(np.arange(10) < 5, 0.3 + 0.003 * np.arange(10), 0.02)  # no swings
    x[10:] = 0.02 * np.exp(0.06 * np.arange(30) + 0.02 * rng(9).standard_normal(30))

    assert worst(found(Overfit(), rows({"train_loss": TRAINED, "val_loss": x}))) is Severity.WARNING


def test_an_eval_that_never_stood_above_training_may_be_a_leak() -> None:
    x = np.where(np.arange(40) < 4, TRAINED, TRAINED / 3)

    assert worst(found(EvalLeak(), rows({"train_loss": TRAINED, "val_loss": x}))) is Severity.WARNING
