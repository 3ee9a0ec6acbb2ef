"""The loss of guessing: where it is told, and the runs that begin there or pass by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays.dwell import dwell
from analysis.diagnoses.chance import AtChance
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N = 300
LN2 = float(np.log(2))
LOSS, LR, EVAL, ACC = "train/loss", "train/lr", "eval/loss", "eval/accuracy"
DPO = {"trainer": "dpo", "beta": 0.1}
LM = {"stage": "pretrain", "vocab_size": 50257}


def noisy(level: Floats | float, sigma: float, n: int = N, seed: int = 0) -> Floats:
    return np.asarray(level + sigma * np.random.default_rng(seed).standard_normal(n))


def every(x: Floats, k: int = 10) -> Floats:
    out = np.full(len(x), np.nan)
    out[k - 1 :: k] = x[k - 1 :: k]
    return out


def starts(at: float, level: float, tau: float = 8) -> Floats:
    """From `at` down to a level, where it stays."""
    return level + (at - level) * np.exp(-np.arange(N) / tau)


def told(columns: dict[str, Floats], planned: int | None = 10 * N, **config: Any) -> list[Episode]:
    return found(AtChance(), rows(columns), planned, **config)


TOLD: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "two classes, to four digits": ({LOSS: noisy(0.694, 0.001)}, {}),
    "two classes, single batches": ({LOSS: noisy(starts(1.8, LN2), 0.03)}, {}),
    "two classes, as the accuracy says": ({LOSS: noisy(LN2, 0.02), ACC: every(noisy(0.5, 0.01))}, {}),
    "a thousand classes, as the config says": ({LOSS: noisy(starts(7.1, 6.909), 0.01)}, {"num_classes": 1000}),
    "ten classes, as loss and accuracy agree": ({LOSS: noisy(2.303, 0.01), ACC: every(noisy(0.1, 0.005))}, {}),
    "ten classes, in per cent": ({LOSS: noisy(2.303, 0.01), ACC: every(noisy(10.0, 0.4))}, {}),
    "a language model": ({"lm loss": noisy(10.85, 0.02)}, LM),
    "a language model that knows how frequent tokens are": ({"lm loss": noisy(starts(10.8, 7.45), 0.03)}, LM),
    "the same, of another vocabulary": ({LOSS: noisy(starts(11.9, 7.7), 0.05)}, {"stage": "pretrain", "vocab_size": 151936}),
    "pairs, to four digits": ({LOSS: np.full(N, 0.6931), "train/rewards/accuracies": np.zeros(N)}, DPO),
    "pairs, divided once too often": ({LOSS: noisy(LN2 / 5, 0.0012)}, {**DPO, "grad_accum": 5}),
    "pairs, summed over the batches of a step": ({LOSS: noisy(8 * LN2, 0.02)}, {**DPO, "gradient_accumulation_steps": 8}),
    "pairs, with noise": (
        {LOSS: noisy(LN2, 0.005), "train/rewards/accuracies": noisy(0.5, 0.1), "train/rewards/margins": noisy(0.0, 0.01)}, DPO),
    "noise that is not predicted": ({LOSS: noisy(1.0, 0.03)}, {"policy": {"type": "diffusion"}}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), TOLD.values(), ids=TOLD)
def test_it_is_told_within_a_third_of_the_plan(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    (e,) = told(columns, **config)

    assert N * 0.04 <= e.raised_row <= N * 0.35
    assert e.onset_row <= 30
    assert worst([e]) is (Severity.WARNING if "policy" in config else Severity.CRITICAL)
    assert e.open


FLOW: dict[str, Any] = {"policy": {"type": "pi05", "optimizer_lr": 2.5e-5}}


def of_actions(loss: Floats, lr: Floats | float = 2.5e-5, config: dict[str, Any] = FLOW) -> list[Episode]:
    return told({LOSS: loss, "train/lr": np.broadcast_to(lr, len(loss)).copy()}, 60_000, **config)


def test_actions_of_which_nothing_is_predicted_are_a_note() -> None:
    comes_down = noisy(1 + 3.7 / (1 + np.exp((np.arange(24) - 6) / 1.2)), 0.006, 24)
    warming = 2.5e-5 * np.minimum(np.arange(24) / 20, 1)
    (e,) = of_actions(comes_down, warming)

    assert worst([e]) is Severity.INFO
    assert e.onset_row >= 8
    assert not of_actions(comes_down, 0.2 * warming)  # lr is not worth anything yet
    assert not of_actions(0.9 * comes_down)
    assert not of_actions(noisy(np.linspace(4, 0.2, 60), 0.006, 60))  # on its way through
    assert not of_actions(comes_down, config={"policy": {"type": "openvla"}})  # tokens


def test_without_a_plan_it_takes_sixty_records_or_three_epochs() -> None:
    loss = noisy(0.694, 0.001)

    assert told({LOSS: loss}, None)[0].raised_row == 60
    assert told({LOSS: loss[:15], "epoch": np.arange(15.0)}, None)[0].raised_row == 11


def through(start: float, end: float) -> Floats:
    return np.linspace(start, end, N)


CLIP: dict[str, Any] = {"batch_size": 128, "model": "ViT-B-32"}
PAIRED: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "pictures and texts, by their scale": ({LOSS: noisy(np.log(128), 0.012), "train/scale": noisy(14.2, 0.01)}, CLIP),
    "the same by name": ({LOSS: noisy(np.log(256), 0.02)}, {"batch_size": 256, "loss": "InfoNCE"}),
    "over all GPUs": ({LOSS: noisy(np.log(1024), 0.02), "logit_scale": noisy(14.2, 0.01)}, {"global_batch_size": 1024}),
    "two views of a picture": ({LOSS: noisy(np.log(511), 0.02)}, {"batch_size": 256, "method": "simclr"}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), PAIRED.values(), ids=PAIRED)
def test_pairs_of_a_batch_that_are_not_told_apart(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    (e,) = told(columns, **config)

    assert e.onset_row <= 30
    assert not told({**columns, LOSS: columns[LOSS] - 0.6 * (1 - np.exp(-np.arange(N) / 60))}, **config)
    assert not told({LOSS: columns[LOSS]}, batch_size=config.get("batch_size"))  # nobody says that it is one


def test_ten_passes_are_enough_however_long_the_warm_up() -> None:
    columns = {LOSS: noisy(np.log(128), 0.012), "train/scale": noisy(14.2, 0.01), LR: through(0, 3e-4)}
    epochs = through(0, 15)

    assert told({**columns, "train/epoch": epochs}, 300 * N, **CLIP)
    assert not told({**columns, "train/epoch": epochs / 3}, 300 * N, **CLIP)


HEALTHY: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "learns after a twentieth of the plan": ({LOSS: noisy(LN2 - 0.4 * (1 - np.exp(-np.maximum(np.arange(N) - 15, 0) / 40)), 0.01)}, {}),
    "passes by slowly": ({LOSS: noisy(through(0.76, 0.62), 0.01)}, {}),
    "passes by slowly, single batches": ({LOSS: noisy(through(0.76, 0.62), 0.15)}, {}),
    "ends between": ({LOSS: noisy(starts(1.2, 0.64), 0.02)}, {}),
    "at ln 2 with an accuracy of 0.8": ({LOSS: noisy(starts(2.3, LN2), 0.01), ACC: every(noisy(0.8, 0.01))}, {}),
    "at ln 2 of a hundred classes": ({LOSS: noisy(starts(4.6, LN2), 0.01)}, {"num_classes": 100}),
    "text tuned to ln 2": ({LOSS: noisy(starts(1.4, LN2), 0.01)}, {"base_model": "llama", "stage": "sft"}),
    "still warming up": ({LOSS: noisy(LN2, 0.001), LR: through(0, 1e-4)}, {}),
    "pairs whose margin grows a little": (
        {LOSS: noisy(through(LN2, 0.69), 0.002), "train/rewards/margins": noisy(through(0, 0.01), 0.004)}, DPO),
    "a pair loss that has come down to a fifth": ({LOSS: np.maximum(LN2 / 5, LN2 - np.arange(N) / 60)}, {**DPO, "grad_accum": 5}),
    "pairs before a fifth of the plan": ({LOSS: noisy(LN2, 0.002)[:55]}, DPO),
    "a GAN at its equilibrium": ({"D_loss": noisy(LN2, 0.001), "G_loss": noisy(LN2, 0.001)}, {}),
    "an agent": ({LOSS: noisy(LN2, 0.001), "rollout/ep_rew_mean": through(0, 100)}, {"algo": "ppo"}),
    "a language model on its way": ({"lm loss": noisy(3.4 + 7.4 * (1 + np.arange(N) / 20) ** -0.7, 0.02)}, LM),
    "slowly past the frequencies": ({"lm loss": noisy(through(7.9, 6.9), 0.02)}, LM),
    "one of codes of sound": ({"lm loss": noisy(starts(8.3, 7.2), 0.02)}, {"stage": "pretrain", "vocab_size": 4096}),
    "a sum of several losses": ({LOSS: noisy(starts(12.0, 7.5), 0.02)}, {}),
    "speech tokens": ({LOSS: noisy(starts(5.1, 4.44), 0.1)}, {"base_model": "orpheus", "stage": "sft"}),
    "noise that is learnt": ({LOSS: noisy(starts(1.05, 0.3), 0.02)}, {"policy": {"type": "diffusion"}}),
    "a detector": ({LOSS: noisy(2.303, 0.01), "metrics/mAP50(B)": every(through(0, 0.5))}, {"num_classes": 10}),
    "an error of 1 of something else": ({LOSS: noisy(1.0, 0.01)}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), HEALTHY.values(), ids=HEALTHY)
def test_what_begins_there_or_passes_by_is_not_told(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    n = len(next(iter(columns.values())))
    assert not told(columns, 10 * max(n, N), **config)


def test_an_evaluation_above_the_vocabulary_is_broken() -> None:
    (e,) = told(
        {LOSS: falling(N, np.random.default_rng(0)), EVAL: every(noisy(12.9, 0.3), 20)}, base_model="gemma", stage="sft"
    )

    assert e.metrics == (EVAL,)
    assert e.onset_row == 19
    assert e.raised_row == 59
    assert worst([e]) is Severity.WARNING


def test_an_evaluation_that_guesses_while_training_learns() -> None:
    held_out = {"val_loss": noisy(through(1.85, 3.0), 0.05), "val_acc": np.clip(noisy(1 / 6, 0.05), 0, 1)}
    (e,) = told({LOSS: noisy(starts(1.8, 0.1, 60), 0.01), **held_out}, num_classes=6)

    assert e.metrics == ("val_loss",)
    assert e.raised_row < 40


@pytest.mark.parametrize(("missed", "loss", "is_told"), [(0.66, 1.15, True), (0.4, 1.15, False), (0.66, 1.05, False)])
def test_a_share_of_errors_says_what_an_accuracy_says(missed: float, loss: float, is_told: bool) -> None:
    level = starts(8.0, 1.06)
    columns = {
        "train_loss": noisy(level, 0.002),
        "valid_loss": noisy(loss, 0.01),
        "valid_misclass": noisy(missed, 0.01),
    }

    assert bool(told(columns, N, n_classes=3)) is is_told


def test_it_ends_once_the_loss_has_clearly_left() -> None:
    x = noisy(np.where(np.arange(N) < 150, LN2, 0.4), 0.005)
    (e,) = told({LOSS: x})

    assert [t.kind for t in e.transitions][-1] == "cleared"
    assert e.last.row > 160


def test_a_dwell_is_resolved_flat_and_long() -> None:
    assert dwell(noisy(1.0, 0.01), 1.0, 0.02, 0.02).inside[-1]
    assert not dwell(noisy(1.0, 0.5), 1.0, 0.02, 0.02).inside[-1]  # noise hides it
    assert not dwell(noisy(through(1.02, 0.99), 0.002), 1.0, 0.02, 0.03).inside[-1]  # on its way through
    assert not dwell(noisy(np.where(np.arange(N) < 200, 3.0, 1.0), 0.01), 1.0, 0.02, 0.02).inside[-1]  # not long


EPOCH_COUNT = 24
EPOCHS: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "ten classes, a loss summed over batches": ({LOSS: noisy(4605.2, 0.1, EPOCH_COUNT), "train/acc": noisy(0.1, 1e-4, EPOCH_COUNT)}, {"num_classes": 10}),
    "four classes, in per cent": ({LOSS: noisy(0.021, 1e-5, EPOCH_COUNT), "train_accuracy": noisy(25.1, 0.02, EPOCH_COUNT)}, {"num_labels": 4}),
    "two classes": ({LOSS: noisy(88.7, 0.05, EPOCH_COUNT), "accuracy/train": noisy(0.5, 0.004, EPOCH_COUNT)}, {"num_classes": 2}),
}  # fmt: skip
LEARNS: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "it leaves after three epochs": ({LOSS: noisy(900.0, 1, EPOCH_COUNT), "train/acc": np.r_[[0.1] * 3, np.linspace(0.12, 0.8, EPOCH_COUNT - 3)]}, {"num_classes": 10}),
    "single batches": ({LOSS: noisy(900.0, 1, EPOCH_COUNT), "train/acc": noisy(0.1, 0.02, EPOCH_COUNT)}, {"num_classes": 10}),
    "nobody says how many": ({LOSS: noisy(900.0, 1, EPOCH_COUNT), "train/acc": noisy(0.1, 1e-4, EPOCH_COUNT)}, {}),
    "another level": ({LOSS: noisy(900.0, 1, EPOCH_COUNT), "train/acc": noisy(0.62, 1e-4, EPOCH_COUNT)}, {"num_classes": 10}),
    "a fifth of the plan": ({LOSS: noisy(900.0, 1, EPOCH_COUNT), "train/acc": noisy(0.1, 1e-4, EPOCH_COUNT)}, {"num_classes": 10, "max_steps": 24_000}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), EPOCHS.values(), ids=EPOCHS)
def test_a_training_accuracy_of_one_in_k_is_told_whatever_the_loss_counts(
    columns: dict[str, Floats], config: dict[str, Any]
) -> None:
    (e,) = found(AtChance(), rows(columns), None, **({"max_steps": 10 * EPOCH_COUNT} | config))

    assert e.severity is Severity.WARNING
    assert e.onset_row == 0
    assert e.raised_row < 10


@pytest.mark.parametrize(("columns", "config"), LEARNS.values(), ids=LEARNS)
def test_an_accuracy_that_leaves_one_in_k_or_scatters_is_not(
    columns: dict[str, Floats], config: dict[str, Any]
) -> None:
    assert not found(AtChance(), rows(columns), None, **({"max_steps": 10 * EPOCH_COUNT} | config))


GAINS = np.linspace(0, 1, 40)


@pytest.mark.parametrize(
    ("loss", "train", "held_out", "said"),
    [
        (2.19 - 0.07 * GAINS, 0.12 + 0.05 * GAINS, 0.12 + 0.06 * GAINS, True),
        (2.19 - 0.07 * GAINS, 12 + 5 * GAINS, 12 + 6 * GAINS, True),  # per cent
        (2.19 - 0.07 * GAINS, 0.12 + 0.05 * GAINS, 0.12 + 0.4 * GAINS, False),  # dropout: a held-out set is told apart
        (2.19 - 0.9 * GAINS, 0.12 + 0.4 * GAINS, 0.12 + 0.4 * GAINS, False),
    ],
)
def test_of_many_classes_hardly_anything_is_learnt(loss: Floats, train: Floats, held_out: Floats, said: bool) -> None:
    """Forty passes, and the loss of nine classes has come down by a thirtieth; no number of classes is stated."""
    n, noise = len(GAINS), np.random.default_rng(1).standard_normal(len(GAINS))
    passes_done = np.arange(n, dtype=np.float64)
    columns: dict[str, Floats] = {
        "loss": loss + 0.002 * noise,
        "accuracy": train,
        "val_accuracy": held_out,
        "epoch": passes_done,
    }
    for passes in (n, 15):
        history = rows({k: x[:passes] for k, x in columns.items()}, step=np.arange(passes))
        assert bool(found(AtChance(), history)) is (said and passes == n)


MEAN: dict[str, Floats] = {
    "0 and 1 in equal parts": starts(1.75, 0.250005),
    "the same in single precision": starts(0.64, 0.25).astype(np.float32).astype(np.float64),
    "to four digits": np.round(noisy(starts(0.5, 0.25), 0.00005), 4),
    "standardised targets": noisy(starts(1.4, 1.0002), 0.0002),
    "no way to it": np.full(N, 0.25) + 1e-6 * np.random.default_rng(5).standard_normal(N),
}


@pytest.mark.parametrize("name", MEAN)
@pytest.mark.parametrize("planned", [10 * N, None])
def test_an_error_that_is_exactly_the_variance_of_the_targets(name: str, planned: int | None) -> None:
    (e,) = told({LOSS: MEAN[name]}, planned)

    assert e.open
    assert worst([e]) is Severity.WARNING


ANOTHER_LEVEL: dict[str, Floats] = {
    "what noise of that variance leaves over": noisy(starts(1.8, 0.25), 0.004),
    "the same of large batches": noisy(starts(3.0, 1.0), 0.003),
    "near it": noisy(starts(1.8, 0.2515), 0.0001),
    "on its way through": 0.27 - 0.04 * np.arange(N) / N,
    "slowly on its way through": 0.2508 - 0.0016 * np.arange(N) / N,
    "another": starts(1.8, 0.24),
}


@pytest.mark.parametrize("name", ANOTHER_LEVEL)
def test_an_error_that_has_come_to_rest_elsewhere(name: str) -> None:
    assert not told({LOSS: ANOTHER_LEVEL[name]})
    assert not told({LOSS: ANOTHER_LEVEL[name]}, None)


def test_a_variance_is_none_of_a_policy_or_of_adversaries() -> None:
    assert not told({LOSS: MEAN["standardised targets"], "train/reward": noisy(5, 1)}, algo="ppo")
    adversaries = {"D_loss": noisy(0.25, 0.01), "G_loss": noisy(0.25, 0.01)}
    assert not told({LOSS: MEAN["0 and 1 in equal parts"], **adversaries})
