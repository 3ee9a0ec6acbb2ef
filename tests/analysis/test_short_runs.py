"""A handful of records is all that a run has left behind: what an expert says of them at a glance."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Finding, Floats, Run, Severity
from tests.analysis.scanning import rows


def found(columns: dict[str, Floats], state: str = "finished", **config: object) -> list[Finding]:
    run = Run("r", "r", rows({"epoch": np.arange(1.0, len(next(iter(columns.values()))) + 1)} | columns), state, config)
    return [f for f in analyze(run).findings if f.severity >= Severity.WARNING and f.suppressed_by is None]


def ids(columns: dict[str, Floats], state: str = "finished", **config: object) -> set[str]:
    return {f.id for f in found(columns, state, **config)}


def line(*values: float) -> Floats:
    return np.array(values)


def turns(n: int, size: float) -> Floats:
    """Up and down by turns."""
    return np.resize(np.array([size, -size]), n)


def course(begin: float, end: float, n: int) -> Floats:
    return np.linspace(begin, end, n)


LEARNS = {"train_loss": course(1.6, 0.3, 8), "train_acc": course(0.4, 0.9, 8)}


@pytest.mark.parametrize("state", ["finished", "running"])
def test_an_accuracy_of_one_class_all_along_is_told_once_it_is_over(state: str) -> None:
    """Mostly the very same share, now and then a sample more or less: no more than the share of one class."""
    columns = {
        "train_loss": course(0.31, 0.25, 8),
        "train_acc": 0.67 + turns(8, 0.005),
        "val_loss": course(0.34, 0.285, 8),
        "val_acc": line(0.6, 0.6, 0.6, 0.6, 0.5875, 0.6, 0.6, 0.5875),
    }
    assert ("at-chance" in ids(columns, state)) is (state == "finished")


def test_an_accuracy_that_moves_or_is_high_or_began_with_learnt_weights_is_none() -> None:
    moves = line(0.42, 0.55, 0.61, 0.63, 0.66, 0.66, 0.67, 0.67)
    assert "at-chance" not in ids({**LEARNS, "val_acc": moves})
    assert "at-chance" not in ids({**LEARNS, "val_acc": 0.95 + turns(8, 0.004)})
    assert "at-chance" not in ids({**LEARNS, "val_acc": np.full(8, 0.6)}, pretrained=True)


def test_a_coin_is_told_whatever_training_learns_by_heart() -> None:
    coin = {**LEARNS, "val_acc": line(0.5, 0.48, 0.52, 0.51, 0.47, 0.5, 0.53, 0.49), "val_loss": course(0.69, 0.76, 8)}
    told = [f for f in found(coin) if f.id == "at-chance"]
    assert len(told) == 1
    assert "抛硬币" in told[0].words.title
    # Of ten classes half are right: their loss is not that of a coin.
    assert "at-chance" not in ids({**coin, "val_loss": np.full(8, 1.4)})


def test_a_loss_that_never_left_the_coin_is_told_and_one_that_did_is_not() -> None:
    began = line(0.692, 0.688, 0.686, 0.684, 0.681, 0.68, 0.678, 0.677)
    assert "at-chance" in ids({"train_loss": began, "val_loss": np.full(8, 0.686)})
    assert "at-chance" not in ids({"train_loss": began, "val_loss": course(0.69, 0.62, 8)})
    assert "at-chance" not in ids({"train_loss": course(0.692, 0.6, 8), "val_loss": np.full(8, 0.686)})


@pytest.mark.parametrize("vocabulary", [32_000, 50_257, 151_936])
def test_every_record_at_the_logarithm_of_a_vocabulary_is_a_guess(vocabulary: int) -> None:
    guess = np.log(vocabulary) + turns(10, 0.001)
    assert "at-chance" in ids({"loss": guess})
    assert "at-chance" not in ids({"loss": guess - 0.05 * np.arange(10)})


@pytest.mark.parametrize("state", ["finished", "running"])
def test_outputs_that_became_even_over_all_words_are_told_in_any_state(state: str) -> None:
    """It had known a good deal, and leapt."""
    guess = np.round(np.log(32_000) + turns(7, 0.0004), 4)
    leapt = {"loss": np.r_[1.64, 11.8, 11.6, guess], "learning_rate": np.full(10, 5.0)}
    told = [f for f in found(leapt, state) if f.id == "at-chance"]

    assert [f.severity for f in told] == [Severity.CRITICAL]
    assert "ln 32000" in told[0].words.title
    assert "第 40 步起" in told[0].words.message
    assert "降 lr（当时 5）" in told[0].words.advice
    assert "at-chance" not in ids({"loss": np.r_[1.64, 11.8, 11.6, guess + 0.3]}, state)
    assert "at-chance" not in ids({"loss": np.r_[1.64, 11.8, 11.6, guess - 0.01 * np.arange(7)]}, state)


@pytest.mark.parametrize(("cut", "state", "told"), [
    (line(0.7, 0.65, 0.45, 0.6, 0.8, 0.55, 0.6), "finished", True),
    (line(0.7, 0.65, 0.45, 0.6, 0.8, 0.55, 0.6), "running", False),  # more records are to come
    (line(0.7, 0.65, 0.45, 0.6, 0.8, 0.55), "unknown", True),
    (line(0.7, 0.65, 0.25, 0.6, 0.8, 0.55, 0.6), "finished", False),  # of a handful each has to say so
    (line(0.4, 0.45, 0.35, 0.4, 0.5, 0.45, 0.4), "finished", False),  # some always are
    (line(0.7, 0.65, 0.6), "finished", False),
])  # fmt: skip
def test_answers_that_are_cut_in_each_of_a_handful_of_records_are_told_at_the_end(
    cut: Floats, state: str, told: bool
) -> None:
    columns = {"reward": 0.3 + turns(len(cut), 0.2), "completions/clipped_ratio": cut}

    assert ("truncated-answers" in ids(columns, state, trainer="grpo")) is told


@pytest.mark.parametrize(("lengths", "told"), [
    (line(196, 200, 200, 199, 198, 200, 200), True),
    (line(196, 200, 180, 199, 150, 170, 200), False),
])  # fmt: skip
def test_a_handful_of_lengths_at_the_limit_is_told_at_the_end(lengths: Floats, told: bool) -> None:
    columns = {"reward": 0.3 + turns(len(lengths), 0.2), "completions/mean_length": lengths}

    assert ("truncated-answers" in ids(columns, trainer="grpo", max_completion_length=200)) is told


def test_what_has_always_been_cut_says_how_much_and_since_when_nearly_all_is() -> None:
    def said(cut: Floats) -> str:
        columns = {"reward": 0.3 + turns(len(cut), 0.2), "completions/clipped_ratio": cut}
        return next(f for f in found(columns, trainer="grpo") if f.id == "truncated-answers").words.message

    assert "每次都有 55% 以上" in said(0.6 + turns(40, 0.05))
    assert "起初 60%，第 150 步起几乎全" in said(np.r_[0.6 + turns(14, 0.05), np.ones(26)])


def test_a_loss_that_stands_to_the_sixth_digit_is_of_weights_that_do_not_move() -> None:
    still = np.r_[2.49, 2.2693954 * (1 + 1e-9 * np.arange(9))]
    told = [f for f in found({"train_loss": still, "val_loss": np.full(10, 2.303252)}) if f.id == "no-learning"]
    assert told
    assert told[0].severity is Severity.CRITICAL
    assert "no-learning" not in ids({"train_loss": np.r_[2.49, 2.2693954 * (1 + 1e-4 * np.arange(9))]})
    assert "no-learning" not in ids({"train_loss": np.r_[2.49, 1.1, 0.9, np.full(12, 11.931)]}), "it had learnt"


def test_what_training_learns_and_its_evaluation_does_not_is_told_at_the_end() -> None:
    train, held = course(3.3, 0.4, 12), course(4.6, 4.1, 12)
    assert "gen-gap" in ids({"train_loss": train, "val_loss": held})
    assert "gen-gap" not in ids({"train_loss": train, "val_loss": held}, "running")
    assert "gen-gap" not in ids({"train_loss": train, "val_loss": course(4.6, 2.0, 12)})
    assert "gen-gap" not in ids({"train_loss": train, "val_loss": held, "val_acc": course(0.5, 0.9, 12)})


def test_a_score_far_below_that_of_training_is_told_at_the_end() -> None:
    far = {"train_acc": course(0.3, 0.95, 12), "val_acc": 0.35 + turns(12, 0.05)}
    assert "gen-gap" in ids(far)


@pytest.mark.parametrize("zeros", [3, 7])
def test_success_that_was_the_rule_and_is_gone_is_critical(zeros: int) -> None:
    course_ = np.r_[np.ones(20), np.zeros(zeros)]
    told = [f for f in found({"test/success_rate": course_}, algo="ddpg") if f.id == "success-zero"]
    assert bool(told and told[0].severity is Severity.CRITICAL) is (zeros == 7)


def test_a_reward_alone_is_of_an_agent() -> None:
    noise = np.random.default_rng(3).standard_normal(300)
    run = Run("r", "r", rows({"Total Reward": -70_000 + 9_000 * noise}), "finished")
    assert "no-learning" in {f.id for f in analyze(run).findings if f.severity >= Severity.WARNING}


def test_an_area_under_the_curve_below_a_guess_is_told_with_its_reason() -> None:
    columns = {"train_loss": course(0.5, 0.02, 20), "f1": turns(20, 0.01) + 0.01, "roc_auc": course(0.02, 0.2, 20)}
    told = [f for f in found(columns) if f.id == "at-chance"]
    assert len(told) == 1
    assert "方向" in told[0].words.message
    assert "at-chance" not in ids({**columns, "roc_auc": course(0.5, 0.9, 20)})


@pytest.mark.parametrize("last", [0.02, 1.3])
def test_a_kappa_that_never_left_nought_is_a_guess_whatever_training_learns_by_heart(last: float) -> None:
    columns = {"train_loss": np.geomspace(1.5, last, 20), "val_acc": 0.3 + turns(20, 0.04)}
    told = [f for f in found({**columns, "val_cohen_kappa": 0.03 + turns(20, 0.05)}) if f.id == "at-chance"]
    assert [f.severity for f in told] == [Severity.CRITICAL]
    assert "at-chance" not in ids({**columns, "val_cohen_kappa": course(0.0, 0.3, 20)})
    assert "at-chance" not in ids({**columns, "val_cohen_kappa": 0.03 + turns(20, 0.05)}, "running")


def test_an_accuracy_that_stands_while_training_is_learnt_by_heart_is_told_at_the_end() -> None:
    columns = {"train_loss": np.geomspace(1.5, 0.02, 20), "val_acc": 0.3 + turns(20, 0.04)}
    assert "gen-gap" in ids(columns)
    assert "gen-gap" not in ids(columns, "running")
    assert "gen-gap" not in ids({**columns, "train_loss": course(1.5, 0.9, 20)})
    assert "gen-gap" not in ids({**columns, "val_acc": 0.85 + turns(20, 0.04)})
    assert "gen-gap" not in ids({**columns, "val_acc": course(0.3, 0.48, 20)})


JUMPS = line(5000, 18000, 4900, 26000, 3600, 7300, 5500, 9000, 3500, 5400)


def test_evaluations_that_jump_about_where_they_began_and_are_all_there_is() -> None:
    assert "no-learning" in ids({"val_mse": JUMPS})
    assert "no-learning" not in ids({"val_mse": JUMPS}, "running")
    assert "no-learning" not in ids({"val_mse": JUMPS * np.geomspace(1, 0.05, 10)})  # it came down all the same
    assert "no-learning" not in ids({"val_mse": 5000 + (JUMPS - 5000) / 20})
    assert "no-learning" not in ids({"val_mse": JUMPS, "train_loss": course(9000, 300, 10)})
    assert "no-learning" not in ids({"val_mse": JUMPS, "val_acc": course(0.4, 0.8, 10)})


@pytest.mark.parametrize("both", [True, False])
def test_the_lowest_is_said_to_be_the_lowest_only_where_it_is(both: bool) -> None:
    """A score that was best at the same evaluation says that it was no luck of the loss."""
    held = np.array(
        [1.2, 0.8, 0.6, 0.5, 0.45, 0.42, 0.4, 1.5, 1.7, 2.5, 1.9, 2.2, 2.4, 2.0, 2.6, 0.2, 2.5, 2.7, 2.4, 2.8]
    )
    right = np.full(20, 0.6) + turns(20, 0.05)
    right[15 if both else 5] = 0.93
    columns = {"train_loss": np.geomspace(0.8, 0.1, 20), "val_loss": held, "val_accuracy": right}
    told = [f for f in found(columns) if f.id == "overfit"]
    assert len(told) == 1
    assert ("最低 0.2" in told[0].words.message) is both
    assert ("低点 0.4" in told[0].words.message) is not both


SIXTEENTHS = line(13, 12, 12, 11, 12, 12, 11, 12) / 16


def test_evaluations_of_a_handful_that_gained_nothing_tell_nothing() -> None:
    columns = {"loss": course(0.59, 0.51, 8), "accuracy": course(0.71, 0.76, 8), "val_loss": course(0.68, 0.58, 8)}
    told = [f for f in found({**columns, "val_accuracy": SIXTEENTHS}) if f.id == "eval-underpowered"]
    assert len(told) == 1
    assert "16" in told[0].words.title
    # It learnt; it had learnt before; of a thousand; written with one digit; not over yet.
    assert "eval-underpowered" not in ids({**columns, "val_accuracy": line(8, 9, 10, 12, 13, 12, 14, 14) / 16})
    assert "eval-underpowered" not in ids({**columns, "val_accuracy": line(15, 14, 15, 16, 15, 15, 14, 15) / 16})
    assert "eval-underpowered" not in ids({**columns, "val_accuracy": SIXTEENTHS + turns(8, 0.003)})
    assert "eval-underpowered" not in ids({**columns, "val_accuracy": line(8, 7, 7, 6, 7, 7, 6, 7) / 10})
    assert "eval-underpowered" not in ids({**columns, "val_accuracy": SIXTEENTHS}, "running")


@pytest.mark.parametrize(("objects", "told"), [(3, False), (400, True)])
def test_what_a_detector_does_on_one_picture_is_no_overfitting(objects: int, told: bool) -> None:
    seen = np.round(np.r_[course(0.4, 0.9, 30), np.full(30, 0.9)] * objects + 0.26 * np.sin(np.arange(60))) / objects
    columns = {
        "train/box_loss": course(1.0, 0.5, 60),
        "val/box_loss": np.r_[course(1.0, 0.5, 30), course(0.5, 0.9, 30)],
        "metrics/recall(B)": seen,
        "metrics/mAP50-95(B)": np.r_[course(0.4, 0.9, 30), course(0.9, 0.6, 30)],
    }
    assert ("overfit" in ids(columns)) is told


def test_small_objects_that_are_not_there_are_no_failure_to_find_anything() -> None:
    columns = {
        "train_loss": course(25.0, 20.0, 8),
        "test_coco_eval_bbox_0": course(0.003, 0.03, 8),
        "test_coco_eval_bbox_3": np.zeros(8),
    }
    assert "success-zero" not in ids(columns)
    assert "success-zero" in ids({**columns, "test_coco_eval_bbox_0": np.zeros(8)})


@pytest.mark.parametrize(("best", "told"), [(0.06, False), (0.6, True)])
def test_who_hardly_ever_succeeded_has_nothing_to_lose(best: float, told: bool) -> None:
    rate = np.round(np.r_[np.linspace(0, best, 20), np.full(20, best), np.full(40, best / 3)] * 64) / 64
    assert ("eval-regress" in ids({"eval/success_rate": rate}, algo="ppo")) is told


def test_a_loss_that_never_fell_is_told_where_its_evaluations_have_not_moved_either() -> None:
    stands = {"train_loss": line(2.07, 2.1, 2.02, 2.05, 2.04, 2.08), "val_acc": line(0.2, 0.24, 0.21, 0.26, 0.19, 0.23)}
    assert "no-learning" in ids(stands)
    assert "no-learning" not in ids(stands, pretrained=True)
    assert "no-learning" not in ids({**stands, "val_acc": course(0.2, 0.6, 6)})
    assert "no-learning" not in ids({"train_loss": stands["train_loss"]})


def test_a_long_loss_that_was_never_lower_than_at_first_is_told_and_one_that_climbs_is_not() -> None:
    noise = 0.9 * np.random.default_rng(5).standard_normal(150)
    assert "no-learning" in ids({"loss": 5 + noise})
    assert "no-learning" not in ids({"loss": 5 + noise}, "running")
    assert "no-learning" not in ids({"loss": 5 + noise + np.linspace(0, 15, 150)})
    assert "no-learning" not in ids({"loss": (5 + noise) / 100})


@pytest.mark.parametrize("classes", [3, 4, 10])
def test_evaluations_at_the_logarithm_of_a_few_classes_are_guesses_whoever_says_how_many(classes: int) -> None:
    guess = np.log(classes) + turns(8, 0.0005)
    assert "at-chance" in ids({"train_loss": guess + 0.005, "eval_loss": guess})
    assert "at-chance" not in ids({"train_loss": course(1.0, 0.2, 8), "eval_loss": guess})


def test_a_share_of_codes_is_no_perplexity_of_them() -> None:
    columns = {
        "train_recon_loss": course(2.5, 0.4, 30),
        "codebook_usage": np.ones(30),
        "codebook_ppl": course(0.2, 0.63, 30),
    }
    assert not {"impossible-value", "codebook-collapse"} & ids(columns)
    assert "codebook-collapse" in ids(
        {**columns, "codebook_usage": course(0.02, 0.001, 30), "codebook_ppl": np.ones(30)}
    )


def test_one_class_for_long_is_told_though_a_few_samples_had_moved_at_first() -> None:
    accuracy = np.r_[line(0.12, 0.1, 0.15, 0.07), np.full(16, 0.1)]
    columns = {"train_loss": course(2.3, 0.8, 20), "train_acc": course(0.2, 0.78, 20), "val_loss": np.full(20, 2.31)}
    assert "at-chance" in ids({**columns, "val_acc": accuracy})
    assert "at-chance" not in ids({**columns, "val_acc": np.r_[course(0.1, 0.55, 6), np.full(14, 0.6)]})


def test_one_head_that_guesses_does_not_put_a_good_score_in_doubt() -> None:
    columns = {**LEARNS, "val_acc": course(0.5, 0.95, 8), "val_loss": course(1.4, 0.2, 8)}
    aside = {"val_aux_accuracy": line(0.6, 0.6, 0.6, 0.6, 0.5875, 0.6, 0.6, 0.5875)}
    of = analyze(Run("r", "r", rows(columns | aside), "finished"))
    assert "at-chance" in {f.id for f in of.findings if f.severity >= Severity.WARNING}
    assert of.usable == "yes"


def of_answers(n: int, cut: Floats, part: float) -> dict[str, Floats]:
    """A run of GRPO as a `.wandb` file has it: most rows are of the machine."""
    at = np.arange(12 * n) % 12 == 0

    def every(x: Floats) -> Floats:
        out = np.full(12 * n, np.nan)
        out[at] = x
        return out

    reward = 0.3 + 0.4 * np.random.default_rng(2).standard_normal(n)
    return {
        "system/cpu": 50 + turns(12 * n, 3.0),
        "train/reward": every(reward),
        "train/rewards/risk/mean": every(part * np.abs(reward)),
        "train/completions/clipped_ratio": every(cut),
    }


def test_answers_without_an_end_come_before_a_reward_that_stands_and_one_part_of_it_is_not_all() -> None:
    columns = of_answers(40, 0.96 + turns(40, 0.03), 0.0)
    told = [f.id for f in found(columns, trainer="grpo")]

    assert told[:2] == ["truncated-answers", "no-learning"]
    assert "success-zero" not in told, "a penalty that was never due"


@pytest.mark.parametrize(("level", "said"), [(0.6931, True), (0.75, False)])
def test_a_loss_that_did_not_fall_and_is_that_of_a_coin_is_said_to_be(level: float, said: bool) -> None:
    noise = 0.0004 * np.random.default_rng(0).standard_normal(28)
    columns = {"train_loss": level + noise, "val_auc": 0.6 + turns(28, 0.02), "lr": np.full(28, 1e-3)}
    told = [f for f in found(columns) if f.id == "no-learning"]
    assert len(told) == 1
    assert ("ln 2" in told[0].words.message) is said
