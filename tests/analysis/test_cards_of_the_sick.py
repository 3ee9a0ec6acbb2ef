"""What readers of the cards of sick runs minded, by kind; each beside a healthy run that almost looks like it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.columns.evaluated import Company
from analysis.columns.family import Family
from analysis.columns.kinds import kind_of
from analysis.diagnoses.adversaries import GanCollapse
from analysis.diagnoses.learning import NoLearning
from analysis.model import Column, Finding, Floats, Report, Severity
from analysis.scan.reading import Reading
from bot.render.card import card, facts
from tests.analysis.curves import history, run
from tests.analysis.scanning import found, rows, worst

N = 300
RNG = np.random.default_rng(5)
NOISE = RNG.standard_normal(N)
X = np.linspace(0.0, 1.0, N)
PPO = {"algo": "ppo"}


def report(columns: dict[str, Floats], **known: Any) -> Report:
    return analyze(run(history(columns), **({"state": "finished"} | known)))


def finding(of: Report, id_: str) -> Finding:
    return next(f for f in of.findings if f.id == id_)


EVALS = 12
FLAT = 0.635 + 0.003 * NOISE[:EVALS]


@pytest.mark.parametrize(
    ("train", "said"),
    [
        (np.linspace(0.65, 0.40, EVALS), "只有训练在变好，评估没提升"),
        (0.64 + 0.002 * NOISE[20 : 20 + EVALS], "训练、评估都几乎没动"),
    ],
)
def test_evaluations_that_gain_nothing_are_told_beside_training(train: Floats, said: str) -> None:
    told = report({"train_loss": train, "val_loss": FLAT}, config={"pretrained": True})

    assert told.use == said
    assert said in card(told).title
    assert report({"train_loss": train, "val_loss": 0.6 + 0.05 * np.exp(-np.arange(EVALS) / 1.5)}).use == "可用"


@pytest.mark.parametrize("last", [0.9452, 0.9301])
def test_of_five_evaluations_the_last_of_them_the_best_nobody_says_that_they_gained_nothing(last: float) -> None:
    score = np.array([0.9268, 0.9395, 0.9426, 0.9385, last])
    told = report({"train_loss": np.linspace(0.1, 0.005, 5), "eval_f1": score, "eval_loss": 0.05 + 0.0 * score})

    assert ("评估没提升" in told.use) is bool(last < score.max())


def test_of_training_alone_nobody_says_that_evaluations_gained_nothing() -> None:
    """Its first record was the best of all by luck."""
    returns = np.r_[21.0, 5 + 7 * np.minimum(X * 3, 1)[1:] - 8 * np.clip(X - 0.5, 0, 0.2)[1:] / 0.2 + 0.5 * NOISE[1:]]
    told = report({"reward": returns, "epsilon": 1 - X}, config=PPO)

    assert finding(told, "eval-regress").severity >= Severity.WARNING
    assert "评估" not in told.use


@pytest.mark.parametrize(("accuracy", "title"), [(0.152 - 0.003 * X[:5], "准确率没动"), (0.15 + 0.3 * X[::75][:5], "")])
def test_a_loss_may_come_down_while_nothing_more_is_right(accuracy: Floats, title: str) -> None:
    loss = np.linspace(14.7, 7.4, 5)
    columns = {"loss": loss + 0.3, "eval_loss": loss, "eval_mean_token_accuracy": accuracy}
    told = report(columns, planned_steps=60, state="unknown")

    assert title in card(told).title
    assert (told.use == "没跑完，loss 在降，准确率没动") is bool(title)
    assert told.doubtful is bool(title)


def test_what_a_finding_says_of_best_and_now_is_not_said_again_in_other_figures() -> None:
    returns = -1600 + 600 * np.minimum(X * 4, 1) - 900 * np.clip((X - 0.4) * 3, 0, 1) + 60 * NOISE
    told = report({"episode_reward": returns}, config=PPO)

    assert "高点" in finding(told, "eval-regress").words.message
    assert "起初" in facts(told)
    assert "→" not in facts(told)
    assert "→" in facts(report({"episode_reward": 900 * X + 60 * NOISE}, config=PPO))


ONCE = np.ones(N)


@pytest.mark.parametrize(
    ("columns", "said", "advice"),
    [
        ({"reward": 0.06 * ONCE, "ep_steps": ONCE}, "每个回合只有 1 个环境步", "done"),
        ({"reward": -10 * ONCE, "ep_steps": 50 + np.round(9 * NOISE)}, "没达到目标", "环境没响应"),
        ({"reward": -100 + 8 * NOISE}, "波动范围内", "随机策略"),
        ({"reward": np.where(X < 0.05, -480.0, -650 + 20 * NOISE)}, "比开头还差", "随机策略"),
    ],
)
def test_advice_on_a_return_that_never_rose_goes_by_how_it_stands(
    columns: dict[str, Floats], said: str, advice: str
) -> None:
    words = finding(report(columns, config=PPO), "no-learning").words

    assert said in words.message
    assert advice in words.advice


@pytest.mark.parametrize(("key", "advice"), [("val_map", "框格式"), ("", "正类")])
def test_where_no_class_is_ever_found_it_is_no_matter_of_boxes(key: str, advice: str) -> None:
    nothing = np.zeros(20)
    columns = {"train_loss": 0.69 + 0.005 * NOISE[:20], "val_f1": nothing, "val_recall": nothing}

    told = report(columns | ({key: nothing} if key else {}))
    assert advice in finding(told, "success-zero").words.advice


@pytest.mark.parametrize(
    ("reason", "title", "advice"),
    [
        ("OutOfMemoryError: CUDA out of memory. Tried to allocate 32 MiB. GPU 0 has 9 GiB", "显存不足（OOM）", "batch"),
        ("KeyError: 'labels'", "任务失败（退出码非 0）", "按报错处理"),
    ],
)
def test_out_of_memory_is_called_that(reason: str, title: str, advice: str) -> None:
    words = finding(report({"loss": 2 - X}, state="failed", exit_reason=reason), "run-crashed").words

    assert words.title == title
    assert advice in words.advice
    assert "GPU 0" not in words.message


@pytest.mark.parametrize(("config", "said"), [({}, "常用目标"), ({"target_kl": 0.015}, "是目标")])
def test_a_target_is_called_one_where_somebody_has_set_it(config: dict[str, Any], said: str) -> None:
    columns = {"reward": X + 0.05 * NOISE, "approx_kl": 10 + NOISE, "clipfrac": 0.9 + 0.01 * NOISE}
    message = finding(report(columns, config=PPO | config), "ppo-kl-blowup").words.message

    assert said in message
    assert "89% 的样本被 clip" in message
    columns["clipfrac"] = 0.1 + 0.01 * NOISE
    assert "clip" not in finding(report(columns, config=PPO | config), "ppo-kl-blowup").words.message


def test_overfitting_is_told_with_what_training_did_meanwhile() -> None:
    """One record of training an epoch: the value of the very epoch, not one of the epochs before."""
    train, k = 0.5 * np.exp(-np.arange(15) / 5), 4
    val = 0.25 + 0.02 * np.abs(np.arange(15.0) - k) + 0.001 * NOISE[:15]
    words = finding(report({"train_loss": train, "val_loss": val}), "overfit").words

    assert f"同期训练 {train[k]:.3f} → {train[-1]:.4f}" in words.message


def grpo(**columns: Floats) -> Report:
    told = {"train/reward": 0.7 + 0.005 * NOISE[:16], "train/kl": np.full(16, 0.0187), "train/entropy": np.ones(16)}
    return report(told | columns, config={"algo": "grpo"})


@pytest.mark.parametrize("moves", [{"train/kl": 0.0187 + 1e-4 * X[:16]}, {"train/kl": np.zeros(16)},
                                   {"train/entropy": 1 + 1e-4 * NOISE[:16]}])  # fmt: skip
def test_a_policy_of_which_no_digit_moves_is_not_updated(moves: dict[str, Floats]) -> None:
    assert finding(grpo(), "no-learning").words.title == "策略没有更新"
    assert not [f for f in grpo(**moves).findings if f.words.title == "策略没有更新"]


@pytest.mark.parametrize(("d_end", "g_end", "told"), [(0.08, 0.85, True), (0.19, 0.85, False), (0.08, 0.36, False)])
def test_a_discriminator_that_draws_ahead_all_the_way_is_noted(d_end: float, g_end: float, told: bool) -> None:
    d = np.linspace(0.22, d_end, N) * np.exp(0.02 * NOISE)
    g = np.linspace(0.35, g_end, N) * np.exp(0.02 * NOISE[::-1])

    episodes = found(GanCollapse(), rows({"d_loss": d, "g_loss": g}))
    assert bool(episodes) is told
    assert not told or worst(episodes) == Severity.INFO
    assert ("判别器一路占上风" in card(report({"d_loss": d, "g_loss": g})).title) is told


def test_evaluations_that_had_risen_and_came_down_are_not_said_never_to_have_risen() -> None:
    evals = 200
    hump = 22 + 45 * np.exp(-(((np.arange(evals) - 30) / 25) ** 2)) + 5 * RNG.standard_normal(evals)
    flat = 22 + 12 * RNG.standard_normal(evals)

    assert not found(NoLearning(), rows({"eval/mean_reward": hump}), planned=2000, **PPO)
    assert found(NoLearning(), rows({"eval/mean_reward": flat}), planned=2000, **PPO)


@pytest.mark.parametrize(("key", "held_out"), [("Match progress", False), ("exact match", True)])
def test_how_far_something_has_come_is_no_evaluation(key: str, held_out: bool) -> None:
    train = np.arange(50)
    columns = {
        "loss": Column(train, 2 - train / 50.0),
        key: Column(np.arange(20, 50, 5), np.linspace(0.1, 0.6, 6)),
    }
    kind = Company(columns).evaluated(kind_of(key), 20, lambda row: Family.UNKNOWN)
    assert (kind is not None) is held_out


@pytest.mark.parametrize(("counted_by", "unit"), [("step", 300 * 1000), ("_step", 300 * 10)])
def test_a_file_that_counts_its_own_steps_is_not_counted_in_updates(counted_by: str, unit: int) -> None:
    h = history({"reward": X, "updates": np.linspace(10.0, 10.0 * N, N)}, every=1000)
    assert analyze(run(h, counted_by=counted_by, state="finished")).run.at == unit


def test_an_lr_that_has_come_down_is_not_what_lifts_the_loss() -> None:
    loss = np.where(X < 0.3, 0.03 * np.exp(-10 * X), 0.0015 * np.exp(4.5 * (X - 0.3))) * np.exp(0.03 * NOISE)
    words = {
        name: finding(report({"loss": loss, "lr": lr}), "divergence").words
        for name, lr in (("falls", 5e-5 * (1 - X)), ("stands", np.full(N, 5e-5)))
    }
    assert "lr 已在降" in words["falls"].advice
    assert "lr 已在降" not in words["stands"].advice


@pytest.mark.parametrize(("error", "advice"), [(900.0, "归一化 return"), (0.2, "reward 是否稀疏")])
def test_a_critic_that_is_hundreds_off_has_no_sparse_reward(error: float, advice: str) -> None:
    columns = {
        "train/explained_variance": 1e-7 * NOISE,
        "train/value_loss": error * np.exp(-X) * np.exp(0.1 * NOISE),
        "rollout/ep_rew_mean": -300 + 20 * NOISE,
    }
    words = finding(report(columns, config=PPO), "value-not-learning").words

    assert advice in words.advice
    assert "约 0，" in words.message
    assert ("value_loss" in words.message) is (error > 100)


FIRST_BEST = np.r_[0.99, 0.60 + 0.01 * NOISE[:19]]


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [(FIRST_BEST, "评估越训越差，不如开头"), (np.r_[0.61, FIRST_BEST[1:]], "只有训练在变好，评估没提升")],
)
def test_what_was_best_before_training_is_said_to_be(accuracy: Floats, said: str) -> None:
    assert report({"train_loss": np.linspace(0.7, 0.2, 20), "val_accuracy": accuracy}).use == said


@pytest.mark.parametrize(("end", "said"), [(1.5, "训练 loss 已回升，未评估"), (1.12, "未评估，无法判断效果")])
def test_a_loss_that_ends_a_quarter_above_its_lowest_is_not_called_fine(end: float, said: str) -> None:
    """It has most of what it had gained, and yet."""
    loss = np.interp(X, [0, 0.4, 0.7, 1], [2.25, 1.1, end, end]) * np.exp(0.01 * NOISE)
    told = report({"train/loss": loss[::10]})

    assert told.use == said
    assert ("无异常" in card(told).title) is (end < 1.2)


@pytest.mark.parametrize(("climb", "said"), [(0.0, "训练 avg_score 几乎没涨，未评估"), (900.0, "未评估，无法判断效果")])
def test_points_of_a_game_are_what_an_agent_is_judged_by(climb: float, said: str) -> None:
    assert report({"avg_score": 770 + climb * X + 40 * NOISE, "max_tile": 2.0 ** np.round(8 + NOISE)}).use == said


def test_of_a_detector_that_has_never_found_much_its_best_is_said() -> None:
    """Its loss came down: that it has learnt nothing would be untrue."""
    ap = 0.02 * (1 - np.exp(-np.arange(100) / 8)) + 0.001 * NOISE[:100]
    told = report({"train_loss": 20 * np.exp(-X[:100] * 9), "test_coco_eval_bbox_0": np.maximum(ap, 0.0)})

    assert finding(told, "no-learning").words.title.startswith("AP")
    assert re.fullmatch(r"不能用（最好才 0\.02\d+）", told.use)


def test_the_standard_error_of_a_return_is_no_rate() -> None:
    columns = {"EpRewMean": -100 + 8 * NOISE, "EpRewSEM": np.zeros(N)}
    assert not [f for f in report(columns, config=PPO).findings if f.id == "success-zero"]


def test_an_accuracy_is_judged_before_a_precision_that_recall_has_paid_for() -> None:
    columns = {"val_precision": 0.5 + 0.49 * X[:20], "val_recall": 1 - 0.8 * X[:20], "val_accuracy": 0.4 + 0.2 * X[:20]}
    metrics = report({"train_loss": FALLING[:20]} | columns).metrics
    assert next(m.key for m in metrics if m.role == "eval_score") == "val_accuracy"


FALLING = 2 * np.exp(-9 * X) + 0.01


@pytest.mark.parametrize(("alive", "gone"), [(0, True), (3, False)])
def test_a_norm_that_is_small_only_for_batches_known_by_heart_has_not_vanished(alive: int, gone: bool) -> None:
    norm = np.where(X < 0.4, 5.0, 1e-4) * np.exp(0.1 * NOISE)
    norm[np.arange(N) % 8 < alive] = 5.0
    told = report({"loss": np.where(X < 0.4, FALLING, 0.02 + 1e-4 * NOISE), "grad_norm": norm})
    assert ("grad-vanish" in {f.id for f in told.findings}) is gone


@pytest.mark.parametrize(("epsilon", "waits"), [(1 - 0.2 * X, True), (np.maximum(1 - 3 * X, 0.05), False)])
def test_while_most_actions_are_random_nobody_looks_for_a_fault(epsilon: Floats, waits: bool) -> None:
    words = finding(report({"reward": -27 + 5 * NOISE, "epsilon": epsilon}, config=PPO), "no-learning").words
    assert ("随机动作" in words.advice) is waits


@pytest.mark.parametrize("seed", [2, 5])
def test_nothing_was_lost_of_what_never_rose(seed: int) -> None:
    """Single plays with tails so heavy that some stretch was high by luck."""
    luck = np.random.default_rng(seed).standard_t(2, 4000)
    told = report({"Test_Return": luck - 1, "Approx_KL": 1e-4 + 0 * luck, "Value_Loss": 4 + luck**2}, config=PPO)

    assert told.findings[0].id == "no-learning"
    assert [f.suppressed_by for f in told.findings if f.id == "eval-regress"] == ["no-learning"]
    assert "最高约" not in facts(told)


def test_the_checkpoint_is_the_one_nearest_the_lowest_evaluation() -> None:
    evals = np.arange(60)
    val = 0.32 + 0.004 * np.abs(evals - 10) + 0.03 * np.exp(-evals / 3) + 0.002 * NOISE[:60]
    told = report(
        {"train_loss": np.exp(-evals / 12), "val_loss": val},
        config={"save_steps": 10, "eval_steps": 10},
        state="finished",
    )
    words = finding(told, "overfit").words
    best = words.evidence["best_step"]
    assert f"用第 {best} 步的 ckpt" in words.advice


@pytest.mark.parametrize(("precision", "said"), [(np.zeros(9), "只有训练在变好，评估没提升"), (0.3 * X[::34], "可用")])
def test_an_f1_that_recall_alone_has_bought_is_no_gain(precision: Floats, said: str) -> None:
    few = 0.005 * np.cos(2.4 * np.arange(9))
    columns = {
        "train_loss": np.linspace(0.69, 0.4, 9),
        "val_f1": np.linspace(0.2, 0.54, 9),
        "val_recall": np.linspace(0.1, 0.65, 9),
        "val_precision": 0.47 + few + precision,
        "val_accuracy": 0.72 + few,
    }
    assert report(columns).use == said


@pytest.mark.parametrize(("end", "said"), [(1.2, "loss 升高后未回落"), (3.0, "loss 持续上升，疑似发散")])
def test_a_loss_that_comes_down_again_is_not_said_to_climb(end: float, said: str) -> None:
    loss = np.interp(X, [0, 0.3, 0.7, 1], [2, 0.5, 2.5, end]) * np.exp(0.01 * NOISE)
    assert finding(report({"train/loss": loss}), "divergence").words.title == said


@pytest.mark.parametrize(
    ("beside", "counted_by", "family"),
    [
        ("entropy", "_step", Family.RL),
        ("lr", "Episode", Family.RL),
        ("lr", "epoch", Family.UNKNOWN),
        ("attention_entropy", "_step", Family.UNKNOWN),
    ],
)
def test_what_earns_by_the_episode_is_an_agent(beside: str, counted_by: str, family: Family) -> None:
    h = history({"reward": -300 + 8 * NOISE, beside: 1 - 0.5 * X})
    assert Reading.of(run(h, counted_by=counted_by)).family is family


def test_what_was_lost_had_been_gained() -> None:
    """That its median is no better than by chance does not make its fall no fall."""
    returns = np.interp(X, [0, 0.3, 0.45, 0.6, 1], [-1650, -1650, -1000, -1900, -2050]) + 150 * NOISE
    told = report({"Total Reward": returns, "episode": np.arange(N, dtype=np.float64)})

    assert told.findings[0].id == "eval-regress"
    assert "没学到" not in told.use


@pytest.mark.parametrize(("spent", "told"), [(True, "lr-zero"), (False, "no-learning")])
def test_where_the_lr_is_spent_a_loss_that_stands_is_its_effect(spent: bool, told: str) -> None:
    k = np.arange(99)
    loss = np.where(k < 20, 0.0256 + 26 * np.exp(-2.0 * k), 0.02805)
    lr = np.where(spent & (k >= 20), 1e-3 * 0.2 ** ((k - 19) / 4), 1e-3)
    assert report({"loss": loss, "val_loss": 0.95 * loss, "lr": lr}).findings[0].id == told


@pytest.mark.parametrize(("other", "told"), [(0.0, False), (0.01, True)])
def test_a_loss_that_is_the_kl_times_its_weight_does_not_diverge(other: float, told: bool) -> None:
    """It begins at 0, where the policy is its reference."""
    kl = 0.034 * X[:80] / X[79] * np.exp(0.05 * NOISE[:80])
    columns = {"loss": 0.1 * kl + other * X[:80] ** 2, "avg_exact_kl": kl, "avg_entropy": 4.2 - X[:80]}
    ids = {f.id for f in report(columns).findings}
    assert bool(ids & {"divergence", "loss-jump"}) is told


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_a_level_that_is_told_is_not_denied_by_the_ends_of_its_noise(slope: float) -> None:
    returns = -150 + 10 * NOISE + 100 * slope * X
    told = report({"reward": returns, "lr": np.full(N, 0.15)}, config=PPO)

    assert ("一直没涨" in card(told).title) is (slope == 0)
    assert ("→" in f"{facts(told)}{card(told).title}") is (slope > 0)
    assert ("lr 0.15" in facts(told)) is (slope == 0)  # what is looked at first where nothing is learnt


@pytest.mark.parametrize(("other", "said"), [("train/mae", False), ("val_mae", True)])
def test_a_column_written_twice_is_news_only_where_an_evaluation_equals_training(other: str, said: bool) -> None:
    copied = FALLING * (1 + 0.01 * NOISE)
    told = report({"train/loss": 2 * FALLING, "train/mae_unscaled": copied, other: copied})

    assert [f for f in told.findings if f.id == "metric-duplicate"]
    assert any("逐点相等" in item.headline for item in card(told).items) is said


def test_where_nothing_is_usable_no_checkpoint_is_advised() -> None:
    """Of a detector that has never found anything the best is no better."""
    ap = np.where(np.arange(50) < 14, 0.002 + 0.001 * np.abs(NOISE[:50]), 0.0)
    columns = {"train/box_loss": np.zeros(50), "train/cls_loss": 100 * np.exp(-9 * X[:300:6]), "val/mAP50-95": ap}
    told = report(columns)

    assert told.usable == "no"
    assert any("checkpoint" in f.words.evidence and not f.suppressed_by for f in told.findings)
    assert not any("ckpt" in item.advice for item in card(told).items)


@pytest.mark.parametrize(("single", "best"), [(0.95, 0.4), (0.5, 0.5)])
def test_a_best_that_no_other_evaluation_came_near_is_luck(single: float, best: float) -> None:
    """Ten evaluations at 0.4, then all at 0.02 but for one."""
    score = np.r_[np.linspace(0.1, 0.4, 15), np.full(10, 0.4), np.full(25, 0.02)] + 0.003 * NOISE[:50]
    score[20] = single
    told = report({"train_loss": FALLING[:50], "val_accuracy": score})
    assert finding(told, "eval-regress").words.evidence["best"] == pytest.approx(best, abs=0.02)


@pytest.mark.parametrize(("noise", "said"), [(1.9, "次的中位"), (0.05, "最低")])
def test_of_what_is_evaluated_a_thousand_times_three_are_as_low_by_luck(noise: float, said: str) -> None:
    n = 1500
    t, rng = np.linspace(0, 1, n), np.random.default_rng(11)
    val = 13 + 12 * np.exp(-t * 30) + 2.5 * t + noise * rng.standard_normal(n)
    train = 5 + 20 * np.exp(-t * 4) + 0.05 * rng.standard_normal(n)
    assert said in finding(report({"loss": train, "val_loss": val}), "overfit").words.message


@pytest.mark.parametrize(("rise", "advice"), [(0.0, "达标就停"), (6.0, "目前不用处理")])
def test_a_policy_that_has_stopped_exploring_and_gains_no_more_is_said_to(rise: float, advice: str) -> None:
    returns = 4 * np.minimum(X * 8, 1) + rise * X + 0.02 * NOISE
    columns = {"rollout/ep_rew_mean": returns, "train/entropy": 1.4 * np.exp(-X * 60) + 0.006}
    assert advice in finding(report(columns, config=PPO), "entropy-collapse").words.advice


@pytest.mark.parametrize(("train", "word"), [(0.85, "无异常"), (0.6, "正常")])
def test_a_gap_that_is_too_young_for_a_finding_is_not_called_normal(train: float, word: str) -> None:
    x = np.linspace(0, 1, 10)
    columns = {
        "train_loss": 3.7 - 3 * x,
        "train_acc": np.r_[np.linspace(0.05, min(train, 0.6), 8), np.linspace(min(train, 0.62), train, 2)],
        "val_loss": 3.4 - 1.6 * np.minimum(1.2 * x, 1),
        "val_acc": 0.08 + 0.42 * np.minimum(1.3 * x, 1),
    }
    assert f" {word}" in card(report(columns)).title


@pytest.mark.parametrize(("end", "said"), [(-92.0, True), (-46.0, False)])
def test_what_a_return_was_at_best_is_said_where_it_has_come_down(end: float, said: bool) -> None:
    returns = np.interp(X, [0, 0.92, 1], [-229, -44, end])
    title = card(report({"rollout/ep_rew_mean": returns, "epsilon": 1 - X}, config=PPO)).title
    assert ("最高 -4" in title) is said


def test_of_an_evaluation_that_never_gained_a_gap_is_not_left_undecided() -> None:
    x = np.linspace(0, 1, 20)
    columns = {
        "train_loss": 1.7 * np.exp(-2.2 * x), "train_balanced_acc": 0.25 + 0.7 * np.minimum(1.6 * x, 1),
        "valid_loss": 1.3 + 0.4 * x + 0.2 * NOISE[:20], "valid_balanced_acc": 0.34 - 0.06 * x + 0.05 * NOISE[20:40],
    }  # fmt: skip
    told = report(columns)
    assert finding(told, "gen-gap").severity >= Severity.WARNING
    assert told.use == "泛化差，评估没提升"


@pytest.mark.parametrize(("length", "advice"), [(10 + 1990 * X**2, "回合越长扣分越多"), (10 + X, "随机策略")])
def test_a_return_that_falls_as_episodes_grow_longer_is_told_with_their_length(length: Floats, advice: str) -> None:
    returns = -1000 - 9000 * X + 300 * NOISE
    words = finding(report({"episode_return": returns, "episode_length": length}, config=PPO), "no-learning").words

    assert advice in words.advice
    assert ("回合长度 1" in words.message) is ("越长" in advice)


@pytest.mark.parametrize(("lowest", "said"), [(0.137, "评估分数没涨"), (0.215, "只有训练在变好，评估没提升")])
def test_a_loss_that_had_come_down_is_a_gain_of_evaluations(lowest: float, said: str) -> None:
    k = np.arange(60)
    columns = {
        "train_loss": 0.5 * np.exp(-k / 15) + 0.015,
        "val_loss": np.interp(k, [0, 12, 30, 59], [0.215, lowest, 1.3 * lowest, 1.4 * lowest])
        * (1 + 0.01 * NOISE[:60]),
        "val_acc": 0.950 + 0.006 * NOISE[60:120],
    }
    told = report(columns)
    assert told.use == said


@pytest.mark.parametrize(("key", "shown"), [("metrics/accuracy_top1", True), ("train/accuracy_top1", False)])
def test_an_accuracy_of_whichever_set_is_shown_beside_an_evaluation_that_is_but_a_loss(key: str, shown: bool) -> None:
    k = np.arange(60)
    columns = {"train/loss": FALLING[:60], "val/loss": 0.5 + np.exp(-k / 9), key: 0.6 - 0.4 * np.exp(-k / 9)}
    title = card(report(columns)).title
    assert ("accuracy_top1 0.59" in title) is shown


@pytest.mark.parametrize(("key", "said"), [("env/reward", "（只评一次；训练 0.7）"), ("env/length", "（只评一次）")])
def test_beside_one_evaluation_it_is_said_what_training_gets(key: str, said: str) -> None:
    h = history({key: 0.5 + 0.2 * X[:7] / X[6], "test/env/reward": np.r_[0.61, np.full(6, np.nan)]})
    assert said in card(analyze(run(h, state="finished"))).title


@pytest.mark.parametrize(("height", "said"), [(20.0, "最高到过"), (1.8, "不像尖峰")])
def test_a_loss_that_had_been_far_higher_says_how_high(height: float, said: str) -> None:
    loss = np.interp(X, [0, 0.1, 0.15, 0.3, 0.5, 1], [0.5, 0.45, height, height, 1.6, 1.5]) * np.exp(0.02 * NOISE)
    assert said in finding(report({"train/loss": loss}), "divergence").words.message


@pytest.mark.parametrize(("key", "told"), [("completions/max_terminated_length", False), ("misc/spread", True)])
def test_where_every_answer_is_cut_those_that_end_have_no_length(key: str, told: bool) -> None:
    lengths = np.where(X < 0.5, 240 + 60 * NOISE, 0.0)
    found_dead = [f for f in report({"reward": NOISE, key: lengths}).findings if f.id == "metric-dead"]
    assert bool(found_dead) is told


def test_a_return_that_is_coming_back_is_told_how_low_it_had_been() -> None:
    returns = np.interp(X, [0, 0.5, 0.55, 0.9, 0.92, 1], [1, 40, 2, 2, 36, 38]) + 0.8 * NOISE
    words = finding(report({"rollout/ep_rew_mean": returns}, config=PPO), "eval-regress").words

    assert words.title == "ep_rew_mean 曾大跌，正在恢复"
    assert re.search(r"步起跌到 (1|2)\b.*现 3\d.*高点", words.message)
    assert "ckpt" in words.advice


@pytest.mark.parametrize(
    ("end", "said"), [(-430, "学到的丢了一部分"), (-600, "学到的丢了大半"), (-900, "比此前最低还低")]
)
def test_what_was_lost_of_a_return_below_zero_is_told_by_what_was_learnt(end: float, said: str) -> None:
    returns = np.interp(X, [0, 0.5, 0.6, 1], [-700, -200, end, end]) + 20 * NOISE
    told = report({"episode_reward": returns}, config=PPO, planned_steps=3000)
    words = finding(told, "eval-regress").words
    message = words.message

    assert words.advice.endswith("附近的 ckpt，降 lr 再续训")
    assert said in message
    assert "明显变差" not in message


def test_heavy_tailed_returns_are_said_to_have_fallen_from_no_lucky_best() -> None:
    """Of single episodes whose scores scatter by their own size the best eight in a row are luck."""
    scores = np.r_[np.linspace(50, 4000, 300), np.full(2000, 4000.0), np.full(200, 300.0)]
    scores *= np.random.default_rng(3).exponential(size=len(scores))
    evidence = finding(report({"total_reward": scores}, config=PPO, state="running"), "eval-regress").words.evidence

    assert evidence["best"] < 6000
