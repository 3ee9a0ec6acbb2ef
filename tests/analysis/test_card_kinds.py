"""What readers of cards of real runs minded, by kind: a sentence that the method, or a figure beside it, belies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import analyze
from analysis.columns.kinds import kind_of
from analysis.columns.names import Kind
from analysis.model import Column, Finding, Floats, Report
from bot.render.card import card
from tests.analysis.curves import history, run

N = 300
RNG = np.random.default_rng(11)
NOISE = RNG.standard_normal(N)
FALLING = 2 * np.exp(-np.arange(N) / 60) + 0.1


def report(columns: dict[str, Floats], **facts: object) -> Report:
    return analyze(run(history(columns), **({"state": "finished"} | facts)))


def found(of: Report, id_: str) -> Finding:
    return next(f for f in of.findings if f.id == id_)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"mean_reward": 0.9 + 0.001 * np.arange(N) + 0.02 * NOISE}, "只有训练 reward，未单独评估"),
        ({"loss": FALLING}, "未评估，无法判断效果"),
    ],
)  # fmt: skip
def test_a_reward_is_what_training_is_judged_by(columns: dict[str, Floats], said: str) -> None:
    assert report(columns).use == said


def test_a_counter_or_a_setting_is_no_figure_of_the_result() -> None:
    columns = {"epoch": np.floor(np.arange(N) / 10), "g_lr": FALLING, "Recompensa": 5 * NOISE - 20 * FALLING}
    title = card(report(columns)).title
    assert "Recompensa" in title
    assert "epoch" not in title
    assert "lr" not in title


@pytest.mark.parametrize(
    ("columns", "advice", "message"),
    [
        ({}, "D 的输出", "此后不再变"),
        ({"gradient_penalty": 0.1 + 0.01 * NOISE**2}, "梯度惩罚", "此后不再变"),
    ],
)
def test_the_remedy_of_a_discriminator_fits_its_loss(columns: dict[str, Floats], advice: str, message: str) -> None:
    stuck = np.where(np.arange(N) < 200, 0.2 + 0.02 * NOISE, np.minimum(0.2 * 1.5 ** (np.arange(N) - 200.0), 100))
    words = found(report({"d_loss": stuck, "g_loss": 1 + 0.1 * NOISE} | columns), "gan-collapse").words
    assert advice in words.advice
    assert message in words.message


@pytest.mark.parametrize(
    ("accuracy", "learnt"),
    [(0.9 - 0.4 * FALLING / 2 + 0.002 * NOISE, True), (np.full(N, 0.95), False)],
)
def test_an_f1_of_0_beside_an_accuracy_that_moves_is_miscounted(accuracy: Floats, learnt: bool) -> None:
    told = report({"loss": FALLING, "eval_f1": np.zeros(N), "eval_accuracy": accuracy})
    assert ("准确率" in found(told, "success-zero").words.message) is learnt
    assert ("按准确率看" in told.use) is learnt
    assert (told.usable == "no") is not learnt


def test_groups_of_an_optimizer_share_their_lr() -> None:
    lr = np.linspace(1e-3, 1e-5, N)
    assert not [f for f in report({"loss": FALLING, "x/lr1": lr, "x/lr2": lr}).findings if f.id == "metric-duplicate"]


def test_two_long_names_are_told_by_what_they_differ_in() -> None:
    values = 3 + NOISE
    keys = ("test_a_very_long_class_error_unscaled", "test_a_very_long_class_error")
    message = found(report({"loss": FALLING} | dict.fromkeys(keys, values)), "metric-duplicate").words.message
    assert "…" not in message
    assert "error_unscaled" in message


def test_a_log_that_goes_back_to_its_beginning_is_no_resume() -> None:
    twice = np.r_[np.arange(100), np.arange(12)]
    told = analyze(run(history({"loss": np.r_[FALLING[:100], FALLING[:12]]}, step=twice), state="finished"))
    assert [e.transitions[0].words.title for e in told.episodes if e.id == "resume-seam"] == ["日志从头重新开始"]
    resumed = np.r_[np.arange(100), np.arange(90, 102)]
    told = analyze(run(history({"loss": np.r_[FALLING[:100], FALLING[90:102]]}, step=resumed), state="finished"))
    assert [e.transitions[0].words.title for e in told.episodes if e.id == "resume-seam"] == ["从第 90 步续训"]


def test_nobody_evaluates_a_hundred_times_as_much() -> None:
    loss = 0.05 * np.exp(0.6 * NOISE)
    told = report({"loss": FALLING, "val_loss": loss})
    assert all("倍" not in f.words.advice for f in told.findings if f.id == "eval-underpowered")


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        ("metrics/mAP_0.5:0.95", "metrics/mAP_0.5"),
        ("metrics/mAP50-95(B)", "metrics/mAP50(B)"),
        ("val_accuracy", "val_top5"),
        ("test_top1", "test_top5"),
    ],
)
def test_the_whole_score_decides(whole: str, cut: str) -> None:
    kinds: tuple[Kind, Kind] = (kind_of(whole), kind_of(cut))
    assert kinds[0].rank < kinds[1].rank


def test_one_card_has_one_best_of_a_metric() -> None:
    score = 0.3 + 0.1 * np.exp(-(((np.arange(N) - 60) / 40) ** 2)) + 0.03 * NOISE
    score[250] = 0.47  # one lucky evaluation
    told = report({"loss": FALLING, "eval/success_rate": np.clip(score, 0, 1)})
    shown = card(told)
    finding = found(told, "best-checkpoint-old")
    assert "最优 0.47" in shown.title or "高点" in finding.words.message  # a level is no record
    assert not ("最优 0.47" in shown.title and "最优 0.47" not in finding.words.message)


def test_nobody_denies_a_gain_that_stands_beside_it() -> None:
    """Of many noisy records the levels rise, whatever the best stretch of a few of them says."""
    returns = np.linspace(120, 190, 4000) + 150 * np.random.default_rng(3).standard_normal(4000)
    told = report({"rollout/ep_rew_mean": returns}, config={"algo": "dqn"})
    assert told.metrics[0].outcome == "better"
    assert not any("一直没涨" in item.headline for item in card(told).items)


def test_what_is_past_its_best_is_not_called_normal() -> None:
    score = np.where(np.arange(N) < 150, 0.7 * np.arange(N) / 150, 0.7 - 0.12 * (np.arange(N) - 150) / 150)
    told = report({"loss": FALLING, "metrics/mAP50-95(B)": score + 0.002 * NOISE})
    assert [f.severity.word for f in told.findings if f.id == "eval-regress"] == ["info"]
    shown = card(told)
    assert "已过最好点" in shown.title
    assert "无异常" not in shown.title
    assert not any("已过最好点" in item.headline for item in shown.items)  # once is enough


def test_a_jump_while_the_lr_still_rises_is_its() -> None:
    loss = np.where(np.arange(N) < 200, 0.5 + 0.3 * FALLING, 1.6) * np.exp(0.02 * NOISE)
    warming = {"loss": loss, "lr": np.linspace(1e-6, 1e-4, N)}
    assert "峰值 lr" in found(report(warming), "loss-jump").words.advice
    assert "峰值 lr" not in found(report(warming | {"lr": np.full(N, 1e-4)}), "loss-jump").words.advice


@pytest.mark.parametrize(("key", "looked_at"), [("val/f_score", "预测"), ("eval/success_rate", "录像")])
def test_what_never_succeeds_is_looked_at_where_it_can_be(key: str, looked_at: str) -> None:
    assert looked_at in found(report({"loss": FALLING, key: np.zeros(N)}), "success-zero").words.advice


def test_a_loss_that_is_nan_for_good_is_said_to_be() -> None:
    warm = np.minimum(np.arange(N) / 100, 1.0) * 3e-3
    h = history({"loss": FALLING, "lr": warm})
    loss = np.where(np.arange(N) < 101, FALLING, np.nan)
    logged = replace(h, columns=dict(h.columns) | {"loss": Column(h.columns["loss"].rows, loss)})
    words = found(analyze(run(logged, state="finished")), "nan-inf").words
    assert f"全是 NaN（{N - 101} 次记录）" in words.message
    assert "lr 峰值" in words.advice


@pytest.mark.parametrize(
    ("beside", "said"),
    [({"skill_max": 0.5 + 0.01 * NOISE}, "策略 KL"), ({"completion_length": 300 + NOISE}, "参考策略")],
)
def test_a_policy_without_a_reference_has_none(beside: dict[str, Floats], said: str) -> None:
    kl = 1e-4 * np.exp(np.minimum(np.arange(N), 200) / 10.0)
    told = report({"avg_reward": 0.4 + 0.05 * NOISE, "train/kl": kl} | beside, config={"algo": "ppo"})
    titles = [f.words.title for f in told.findings if f.id == "kl-explode"]
    assert titles
    assert all(said in title for title in titles)


def test_how_long_an_evaluation_took_is_no_evaluation() -> None:
    told = report({"loss": FALLING, "eval_runtime": 3 + 0.1 * NOISE, "eval_samples_per_second": 90 + NOISE})
    assert told.use == "未评估，无法判断效果"


def test_nobody_chooses_among_checkpoints_of_which_none_is_any_good() -> None:
    told = report({"loss": FALLING, "eval/win_rate": np.where(np.arange(N) < 60, 0.01 + 0.001 * np.arange(N), 0.04)})
    shown = card(told)
    assert found(told, "best-checkpoint-old")
    assert not any("选 ckpt" in item.advice for item in shown.items)


@pytest.mark.parametrize("scored", [False, True])
def test_how_far_a_loss_scatters_is_no_remark_where_a_score_decides(scored: bool) -> None:
    at, rng = np.arange(N) % 15 == 14, np.random.default_rng(3)
    falls = (0.4 + np.exp(-np.arange(N) / 40)) * np.exp(0.12 * rng.standard_normal(N))
    train = 0.35 + np.exp(-np.arange(N) / 40)
    columns: dict[str, Floats] = {"train/loss": train, "eval/loss": np.where(at, falls, np.nan)}
    if scored:
        columns["eval/accuracy"] = np.where(at, 0.99 - 0.4 * np.exp(-np.arange(N) / 20), np.nan)
    told = report(columns)
    said = found(told, "eval-underpowered")
    assert said.metrics[0] == "eval/loss" and not said.over
    assert any(said.words.title in item.headline for item in card(told).items) is not scored


def test_a_twin_that_is_called_alike_goes_by_its_key() -> None:
    constant = np.full(N, 0.1)
    told = card(report({"train/loss": FALLING, "val/accuracy": constant, "test/accuracy": constant}))
    (shown,) = [item.headline for item in told.items if "同样" in item.headline]
    assert "val/accuracy 同样" in shown and "评估准确率 同样" not in shown


def test_what_counts_batches_or_loads_data_is_no_figure() -> None:
    columns: dict[str, Floats] = {
        "batch": (np.arange(N) % 50).astype(np.float64),
        "data": 0.01 + 0.001 * NOISE,
        "D_A": FALLING,
        "G_A": 1 / FALLING,
    }
    told = card(report(columns))
    assert "batch" not in told.title + told.chart_alt and "data" not in told.title + told.chart_alt
