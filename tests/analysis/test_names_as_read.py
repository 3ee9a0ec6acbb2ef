"""Names of columns as a person reads them: by the kind of rule that it takes, and by the company that they keep."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.columns.kinds import kind_of
from analysis.columns.roles import RoleAssignment, assign_roles
from analysis.model import Column, Run
from tests.analysis.scanning import rows

Read = tuple[str, str, str | None]  # group, direction, role

# rule: names, and how they are read alone
ALONE: dict[str, dict[str, Read]] = {
    "words written together": {
        "epochloss": ("train", "min", "loss"),
        "valloss": ("eval", "min", "eval_loss"),
        "testacc": ("eval", "max", "eval_score"),
        "trainacc": ("train", "max", None),
        "edgeloss": ("train", "min", "part"),
        "discloss": ("train", "none", "d_loss"),
        "avgreward": ("train", "max", "reward"),
        "PDEloss": ("train", "min", "part"),
        "gloss": ("train", "none", "g_loss"),
        "vloss": ("other", "none", None),
        "finesse": ("other", "none", None),
    },
    "Chinese of Taiwan": {
        "訓練損失": ("train", "min", "loss"),
        "驗證損失": ("eval", "min", "eval_loss"),
        "訓練準確率": ("train", "max", None),
        "val 準確率": ("eval", "max", "eval_score"),
        "學習率": ("train", "none", "lr"),
    },
    "a name of which nothing is known": {"温度": ("other", "none", None), "train": ("train", "none", None)},
    "the last word says what it is, a heading does not": {
        "2.Total_reward/1.Total_reward": ("train", "max", "reward"),
        "2.Total_reward/4.Episode_length": ("other", "none", None),
        "policy/score/all_zero_frac": ("other", "none", None),
        "perf/critic_loss_ms": ("other", "none", None),
        "net/value_loss": ("train", "none", "critic_loss"),
        "learner_update/total_loss": ("train", "min", "loss"),
        "learner_update/contrast_loss": ("train", "min", "part"),
    },
    "a score that is an error is one": {
        "MAPE score": ("train", "min", None),
        "test/RMSE score": ("eval", "min", "eval_loss"),
        "Fake score": ("other", "none", None),
    },
    "measured over a set, by an evaluation only": {
        "MRR": ("eval", "max", "eval_score"),
        "nDCG": ("eval", "max", "eval_score"),
        "pass@8": ("eval", "max", "eval_score"),
        "pass_at_1_numeric": ("eval", "max", "eval_score"),
        "train/pass_at_1": ("train", "none", None),
        "lddt_all_atoms": ("eval", "max", "eval_score"),
    },
    "of training where the name says so": {
        "train_r2": ("train", "max", None),
        "train_pearson": ("train", "max", None),
        "WER_train": ("train", "min", None),
        "training_errors": ("train", "min", None),
    },
    "how often a task is done": {
        "successful_queries": ("other", "none", None),
        "successful_games_rate": ("eval", "max", "eval_score"),
        "successful_episodes %": ("eval", "max", "eval_score"),
        "goal_achievement": ("eval", "max", "eval_score"),
        "win_ratio": ("eval", "max", "eval_score"),
        "solve_rate": ("eval", "max", "eval_score"),
        "val/success_loss": ("eval", "min", "eval_loss"),
        "gen_success": ("train", "none", None),  # at fooling what is trained
        "attack_success_rate": ("train", "none", None),
    },
    "likelihoods and what is made of them": {
        "val/neg_log_p": ("eval", "min", "eval_loss"),
        "train/nelbo": ("train", "min", "loss"),
        "val/bpd": ("eval", "min", "eval_loss"),
        "Test Avg XE": ("eval", "min", "eval_loss"),
    },
    "steps, and work per second": {
        "global_steps": ("other", "none", "step"),
        "time_iter": ("train", "none", "update_time"),
        "speed_tokens_sec": ("train", "none", "rate"),
        "stats/worker_process_memory_mb": ("system", "none", "host_memory"),
    },
}


@pytest.mark.parametrize(("key", "read"), [(key, read) for names in ALONE.values() for key, read in names.items()])
def test_a_name_is_read_as_by_a_person(key: str, read: Read) -> None:
    kind = kind_of(key)

    assert (kind.group, kind.direction, kind.role) == read


def beside(**rows: range) -> RoleAssignment:
    """Columns by their names, with the rows in which each was logged."""
    return assign_roles({k: Column(np.array(r, dtype=np.int64), np.ones(len(r))) for k, r in rows.items()})


EACH, EVERY_50TH = range(1000), range(49, 1000, 50)


@pytest.mark.parametrize("key", ["psnr", "accuracy", "recall", "r2", "rmse", "hits@10", "score"])
def test_what_begins_when_the_loss_is_long_known_is_an_evaluation(key: str) -> None:
    kind = beside(loss=EACH, **{key: EVERY_50TH}).kinds[key]

    assert (kind.group, kind.role) == ("eval", "eval_loss" if key == "rmse" else "eval_score")


@pytest.mark.parametrize("key", ["psnr", "accuracy", "recall", "rmse"])
def test_what_is_measured_at_every_step_is_of_training(key: str) -> None:
    assert beside(loss=EACH, **{key: EACH}).kinds[key].group == "train"
    assert beside(loss=EACH, **{key: range(3, 1000)}).kinds[key].group == "train"


def test_what_comes_with_an_average_of_the_loss_is_of_training() -> None:
    assert beside(loss=EACH, epoch_loss=EVERY_50TH, accuracy=EVERY_50TH).kinds["accuracy"].group == "train"


def test_beside_the_same_of_a_held_out_set_it_is_of_training() -> None:
    """`val_accuracy` says what `accuracy` is, however seldom both come."""
    assert beside(loss=EACH, accuracy=EVERY_50TH, val_accuracy=EVERY_50TH).kinds["accuracy"].group == "train"


def test_beside_an_evaluation_that_is_called_one_it_is_one() -> None:
    read = beside(loss=range(9), test_lddt=range(3, 9, 3), ligand_rmsd=range(3, 9, 3))

    assert read.kinds["ligand_rmsd"].role == "eval_loss"
    assert beside(ligand_rmsd=EACH, test_lddt=EACH).kinds["ligand_rmsd"].group == "train"  # nothing else is trained


@pytest.mark.parametrize("evaluation", ["heldout_violation_rate", "test_bleu", "val/false_refusals_rate", "eval_loss"])
def test_what_is_measured_beside_an_evaluation_before_training_is_an_evaluation(evaluation: str) -> None:
    """Whoever measures a model as it is before the first step measures what no training has made."""
    every, trained = range(0, 1000, 50), range(1, 1000)

    read = beside(accuracy=every, mean_reward=trained, loss=trained, **{evaluation: every})
    assert read.kinds["accuracy"].role == "eval_score"
    for begun in ("loss", "mean_reward"):  # of the same batches, for all that is known
        read = beside(accuracy=EACH, **{begun: EACH, evaluation: every})
        assert read.kinds["accuracy"].group == "train"
    assert beside(accuracy=EACH, loss=trained).kinds["accuracy"].group == "train"


def test_an_error_beside_a_score_is_measured_with_it() -> None:
    read = beside(loss=EACH, psnr=EVERY_50TH, mae=EVERY_50TH)

    assert {read.kinds[key].group for key in ("psnr", "mae")} == {"eval"}


def test_a_loss_that_is_logged_seldom_stays_one() -> None:
    assert beside(loss=EACH, edge_loss=EVERY_50TH).kinds["edge_loss"].group == "train"


def terms(total: float, **others: float) -> RoleAssignment:
    """A column `total` from the same row on as others, by their first values."""
    first = {"total": total, **{k.replace("__", "/"): v for k, v in others.items()}}
    return assign_roles({k: Column(np.arange(9), np.full(9, v)) for k, v in first.items()})


def test_a_bare_total_beside_losses_is_theirs() -> None:
    assert terms(51.77, cls=2.0, reg=8.0, trans_loss=0.4).holder["loss"] == "total"
    assert terms(3.21, loss_bbox=1.1, loss_cls=2.1).holder["loss"] == "total"
    assert terms(3.21, loss=2.9, loss_cls=2.1).holder["loss"] == "loss"  # says so itself
    assert "loss" not in terms(3.21, cls=2.0, reg=1.2).holder  # of nobody knows what
    assert terms(512.0, seg_loss=0.4).kinds["total"].role is None  # it counts
    assert terms(3.21, value_loss=0.5, policy_loss=0.1, episode_reward=9.0).holder.get("loss") != "total"


def test_scores_of_an_agent_are_what_it_earns() -> None:
    assert beside(score=EACH, episode=EACH).holder["reward"] == "score"
    assert beside(episode=EACH, epsilon=EACH, **{"avg score": EACH}).holder["reward"] == "avg score"
    assert beside(score=EACH, episodic_return=EACH).holder["reward"] == "episodic_return"
    assert "reward" not in beside(score=EACH, loss=EACH).holder
    assert beside(grpo_loss=EACH, score=EVERY_50TH).kinds["score"].group == "train"


def test_what_learns_from_examples_earns_something_in_an_evaluation_only() -> None:
    earned = {"loss": EACH, "action_l1_loss": EACH, "avg_sum_reward": EVERY_50TH}

    assert beside(**earned).holder["eval_score"] == "avg_sum_reward"
    assert beside(**earned, critic_loss=EACH, entropy=EACH).holder["reward"] == "avg_sum_reward"


def test_a_temperature_is_an_agents_only_beside_an_agent() -> None:
    assert beside(temperature=EACH, critic_loss=EACH).holder["temperature"] == "temperature"
    assert "temperature" not in beside(temperature=EACH, loss=EACH, val_loss=EACH).holder


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("训练损失", "loss"), ("验证损失", "eval_loss"), ("验证集准确率", "eval_score"), ("平均回报", "reward"),
        ("总奖励", "reward"), ("学习率", "lr"), ("成功率", "eval_score"),
        ("RecompensaTotala", "reward"), ("Récompense moyenne", "reward"),
        ("Pérdida_Entrenamiento", "loss"), ("val_perda", "eval_loss"), ("Validación/Exactitud", "eval_score"),
        ("Época", None), ("回合", None), ("Episod", None), ("耗时(s)", None),
    ],
)  # fmt: skip
def test_names_in_other_languages_are_what_they_mean(written: str, role: str | None) -> None:
    assert kind_of(written).role == role


def test_a_name_of_another_language_is_told_as_it_is_written() -> None:
    run = Run("r", "r", rows({"RecompensaTotala": np.full(300, -70.0)}), "finished", {"algo": "dqn"})

    assert "RecompensaTotala" in {m.key for m in analyze(run).metrics}
    assert "no-learning" in {f.id for f in analyze(run).findings}
