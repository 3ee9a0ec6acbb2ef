"""A held-out accuracy that is the share of one class: where it is told, and the frozen ones that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.chance import AtChance
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst

BERT: dict[str, Any] = {"base_model": "bert-base-uncased", "finetuning_type": "full"}


def down(n: int, start: float, end: float, sigma: float = 0.01, tau: float = 0.2, seed: int = 0) -> Floats:
    """A curve that comes to rest at `end`, with noise."""
    fall = (start - end) * np.exp(-np.arange(n) / (tau * n))
    return np.asarray(end + fall + sigma * np.random.default_rng(seed).standard_normal(n))


def still(n: int, value: float, **first: float) -> Floats:
    """The same value in every evaluation; `first`: what a few at the beginning were (`e0=0.71`)."""
    x = np.full(n, value)
    for at, other in first.items():
        x[int(at[1:])] = other
    return x


def every(x: Floats, k: int) -> Floats:
    """Logged at each k-th record only."""
    out = np.full(len(x) * k, np.nan)
    out[k - 1 :: k] = x
    return out


def told(columns: dict[str, Floats], config: dict[str, Any]) -> list[Episode]:
    n = max(len(x) for x in columns.values())
    return [e for e in found(AtChance(), rows(columns), 10 * n, **config) if "acc" in e.metrics[0].lower()]


def small(n: int, share: float, size: int, seed: int, moves: float = 0.3) -> Floats:
    """An accuracy of few samples that mostly stands still: one of them goes over and back now and then."""
    rng = np.random.default_rng(seed)
    return np.asarray((round(share * size) + np.where(rng.random(n) < moves, rng.integers(-1, 2, n), 0)) / size)


Run = tuple[dict[str, Floats], dict[str, Any]]

SICK: dict[str, Run] = {
    "keras, training comes up to it and stops": (
        {"loss": down(16, 1.0, 0.6), "accuracy": 1.72 - down(16, 1.13, 1.0), "val_loss": down(16, 0.96, 0.61), "val_accuracy": still(16, 0.7188, e0=0.7202, e1=0.7198)}, {}),
    "MRPC in five epochs": (
        {"train/loss": down(100, 0.66, 0.63, 0.02), "eval/loss": every(down(5, 0.63, 0.625, 0.001), 20), "eval/accuracy": every(still(5, 0.6838), 20), "eval/f1": every(still(5, 0.8122), 20)}, BERT),
    "MRPC in three": (
        {"train/loss": down(90, 0.66, 0.632, 0.02), "eval/loss": every(down(3, 0.627, 0.625, 0.0005), 30), "eval/accuracy": every(still(3, 0.6838), 30)}, BERT),
    "a graph network below its validation": (
        {"training_loss": down(30, 0.64, 0.57), "training_acc": 0.86 - down(30, 0.45, 0.41), "val_loss": down(30, 0.52, 0.45), "val_acc": still(30, 0.72414)}, {}),
    "mmpretrain, in per cent": (
        {"loss": down(300, 1.1, 0.9, 0.03), "val/loss": every(down(15, 0.95, 0.9), 20), "accuracy/top1": every(still(15, 61.7284), 20), "val/accuracy": every(still(15, 61.7284), 20)}, {}),
    "half of two classes, three steps off at first": (
        {"train_loss": down(40, 0.8, 0.7, 0.02), "val_loss": down(40, 0.71, 0.695, 0.002), "val_acc": still(40, 0.5, e0=0.51, e2=0.505)}, {}),
    "a fifth of five classes": (
        {"train/loss": down(60, 1.8, 1.61), "val/loss": down(60, 1.65, 1.61, 0.002), "val/acc": still(60, 0.2)}, {}),
    "no loss of the evaluation is logged": (
        {"train_loss": down(25, 0.9, 0.56, 0.02), "val_acc": still(25, 0.7518)}, {}),
    "training learns by heart, the evaluation never moves": (
        {"train_loss": down(20, 1.1, 0.1), "train_acc": 1.6 - down(20, 1.1, 0.65), "val_loss": down(20, 1.1, 1.4), "val_acc": still(20, 0.3333)}, {}),
    "a sample or two that flicker": (
        {"train_loss": down(40, 0.72, 0.63, 0.006), "train_acc": 0.684 + 0.004 * np.random.default_rng(5).standard_normal(40), "val_loss": down(40, 0.63, 0.624, 0.001), "val_acc": small(40, 0.6838, 1021, 6)}, {}),
    "lightning, every tenth step": (
        {"train_loss_step": down(400, 1.3, 0.45, 0.05), "train_acc_step": np.clip(0.84 + 0.06 * np.random.default_rng(4).standard_normal(400), 0, 1), "val_loss": every(down(10, 0.47, 0.44, 0.003), 40), "val_acc": every(still(10, 0.8413), 40)}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), SICK.values(), ids=SICK)
def test_one_class_for_every_sample_is_told(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    episodes = told(columns, config)

    assert episodes
    assert all(e.open for e in episodes)
    assert worst(episodes) is Severity.WARNING
    assert "同一类" in episodes[0].last.words.message


HEALTHY: dict[str, Run] = {
    "learnt, then at rest": (
        {"loss": down(100, 1.6, 0.001, 0), "accuracy": 1.45 - down(100, 0.95, 0.45, 0), "val_loss": down(100, 1.1, 0.13), "val_accuracy": np.where(np.arange(100) < 40, 1.66 - down(100, 1.0, 0.7, 0.002), 0.96)}, {}),
    "few samples": (
        {"train_loss": down(40, 0.5, 0.2), "val_loss": down(40, 0.45, 0.3), "val_acc": small(40, 0.86, 29, 1)}, {}),
    "a fine-tuned model that knew it already": (
        {"train/loss": down(200, 0.3, 0.1, 0.02), "train/accuracy": 1.9 - down(200, 0.98, 0.93), "eval/loss": every(down(10, 0.2, 0.14, 0.004), 20), "eval/accuracy": every(still(10, 0.9286), 20)}, BERT),
    "clicks, which are rare and hard to tell": (
        {"train_loss": down(40, 0.6, 0.45, 0.004), "val_loss": down(40, 0.57, 0.46, 0.001), "val_acc": small(40, 0.744, 5000, 7), "val_auc": 0.5 + 0.28 * (1 - np.exp(-np.arange(40) / 5))}, {}),
    "ranked, though not told apart": (
        {"train_loss": down(40, 0.58, 0.565, 0.004), "val_loss": down(40, 0.57, 0.566, 0.001), "val_acc": small(40, 0.744, 5000, 7), "val_auc": 0.5 + 0.15 * (1 - np.exp(-np.arange(40) / 5))}, {}),
    "three evaluations of few samples": (
        {"train/loss": down(90, 0.66, 0.4, 0.02), "eval/loss": every(down(3, 0.56, 0.5, 0.004), 30), "eval/accuracy": every(still(3, 0.7857), 30)}, BERT),
    "a set that is solved": (
        {"train_loss": down(50, 0.2, 0.01), "val_loss": down(50, 0.1, 0.02), "val_acc": still(50, 0.9917)}, {}),
    "rounded to per cent": (
        {"train_loss": down(50, 1.4, 0.95), "val_loss": down(50, 1.1, 0.99), "val_acc": np.round(0.76 + 0.002 * np.random.default_rng(3).standard_normal(50), 2)}, {}),
    "text: tokens told right": (
        {"train/loss": down(100, 1.9, 1.6), "eval/loss": every(down(10, 1.8, 1.7), 10), "eval/token_accuracy": every(still(10, 0.6123), 10)}, {"stage": "sft", "base_model": "llama"}),
    "dropout in training only": (
        {"train_loss": down(200, 1.97, 1.42, 0.07), "train_acc": 0.95 - down(200, 0.8, 0.44), "val_loss": down(200, 1.9, 1.05), "val_acc": np.round(1.66 - down(200, 1.36, 0.83, 0.004), 3)}, {}),
    "three evaluations": (
        {"train/loss": down(60, 0.9, 0.4), "eval/loss": every(down(3, 0.6, 0.58), 20), "eval/accuracy": every(still(3, 0.7188), 20)}, {}),
    "warming up": (
        {"train_loss": down(40, 1.1, 0.63), "lr": np.linspace(0, 1e-4, 40), "val_loss": down(40, 0.64, 0.63), "val_acc": still(40, 0.6838)}, {"warmup_steps": 500}),
    "agents that tell real from fake": (
        {"D_loss": down(60, 1.4, 1.3), "G_loss": down(60, 0.7, 0.7), "val/acc": still(60, 0.5)}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), HEALTHY.values(), ids=HEALTHY)
def test_an_accuracy_that_stands_still_otherwise_is_not_told(
    columns: dict[str, Floats], config: dict[str, Any]
) -> None:
    assert not told(columns, config)


def test_it_ends_once_the_accuracy_moves_again() -> None:
    moved = np.where(np.arange(60) < 20, 0.6838, 0.72 + 0.01 * np.random.default_rng(0).standard_normal(60))
    (e,) = told({"train_loss": down(60, 0.7, 0.5), "val_loss": down(60, 0.64, 0.6, 0.002), "val_acc": moved}, {})

    assert e.onset_row == 0
    assert [t.kind for t in e.transitions] == ["raised", "cleared"]


def macro(shares: Floats) -> Floats:
    """Macro F1 of two classes where all samples are said to be of the one that makes up that share."""
    return np.asarray(shares / (1 + shares))


def flickers(n: int, share: float, seed: int, often: float = 0.2) -> Floats:
    """The same, but that now and then a few samples are said to be of the other class."""
    rng = np.random.default_rng(seed)
    return np.where(
        rng.random(n) < often, macro(np.full(n, share)) + rng.uniform(0.02, 0.15, n), macro(np.full(n, share))
    )


def of_f1(columns: dict[str, Floats]) -> list[Episode]:
    n = max(len(x) for x in columns.values())
    return [e for e in found(AtChance(), rows(columns), 10 * n) if "f1" in e.metrics[0].lower()]


def near(n: int, share: float, seed: int, sigma: float = 0.001) -> dict[str, Floats]:
    """Losses that know how frequent the classes are, and no more."""
    least = float(-share * np.log(share) - (1 - share) * np.log(1 - share))
    return {"train_loss": down(n, least + 0.02, least - 0.002, 3 * sigma, seed=seed), "val_loss": down(n, least + 0.01, least - 0.001, sigma, seed=seed + 1)}  # fmt: skip


ONE_CLASS: dict[str, dict[str, Floats]] = {
    "nearly even classes": near(18, 0.5258, 1) | {"val_macro_f1": flickers(18, 0.5258, 3)},
    "exactly even": near(30, 0.5, 4) | {"val/f1_macro": flickers(30, 0.5, 5, 0.1)},
    "three quarters": near(40, 0.75, 6) | {"eval_macro_f1": flickers(40, 0.75, 7)},
    "in per cent": near(25, 0.62, 8) | {"val_macro_f1": 100 * flickers(25, 0.62, 9, 0.1)},
    "no flicker": near(20, 0.68, 10) | {"val_macro_f1": macro(still(20, 0.68))},
}
TELLS_APART: dict[str, dict[str, Floats]] = {
    "the loss has learnt": near(30, 0.55, 11) | {"train_loss": down(30, 0.69, 0.4), "val_loss": down(30, 0.69, 0.5), "val_macro_f1": 0.85 - down(30, 0.5, 0.1)},
    "it came up after five evaluations": near(30, 0.55, 12) | {"val_loss": np.where(np.arange(30) < 5, 0.688, 0.6), "val_macro_f1": np.where(np.arange(30) < 5, macro(np.full(30, 0.55)), 0.6 + 0.01 * np.arange(30))},
    "it scatters about one class": near(30, 0.55, 13) | {"val_macro_f1": 0.36 + 0.03 * np.random.default_rng(1).standard_normal(30)},
    "many classes, all but few told wrong": {"train_loss": down(30, 3.1, 2.5), "val_loss": down(30, 3.0, 2.6), "val_macro_f1": still(30, 0.3446)},
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_CLASS)
def test_a_macro_f1_of_one_class_is_told_beside_losses_that_know_no_more(name: str) -> None:
    (episode,) = of_f1(ONE_CLASS[name])

    assert worst([episode]) is Severity.WARNING
    assert episode.open
    assert "同一类" in episode.last.words.message


@pytest.mark.parametrize("name", TELLS_APART)
def test_any_other_macro_f1_is_not(name: str) -> None:
    assert not of_f1(TELLS_APART[name])
