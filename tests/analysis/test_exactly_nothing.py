"""A loss that is exactly 0 from its first record on: nothing is computed, or nothing is logged."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses.learning import NoLearning
from analysis.model import Episode, Floats, Run, Severity
from tests.analysis.scanning import found, rows, worst

NAMES = ("loss", "train/loss", "Loss/total")


def told(loss: Floats, name: str = "loss", planned: int | None = None, **config: str) -> list[Episode]:
    terms = {"recon": loss, "coll": np.zeros(len(loss))}
    return found(NoLearning(), rows({name: loss, **terms}), planned, **config)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [80, 120, 400])
@pytest.mark.parametrize("planned", [None, 5_000])
def test_it_is_told_before_a_fall_could_hide_in_noise(name: str, n: int, planned: int | None) -> None:
    (episode,) = told(np.zeros(n), name, planned)

    assert worst([episode]) >= Severity.WARNING
    assert "恰为 0" in episode.last.words.title


@pytest.mark.parametrize(("n", "severity"), [(16, Severity.WARNING), (9, Severity.OK)])
def test_a_dozen_passes_over_the_data_are_enough(n: int, severity: Severity) -> None:
    epochs = np.arange(1.0, n + 1)

    assert worst(found(NoLearning(), rows({"loss": np.zeros(n), "epoch": epochs}, every=1))) is severity
    assert worst(found(NoLearning(), rows({"loss": np.zeros(n)}))) is Severity.OK  # records of nobody knows how much


def test_of_learnt_weights_as_well() -> None:
    assert worst(told(np.zeros(120), task="sft", pretrained_model="llama")) >= Severity.WARNING


@pytest.mark.parametrize("begin", [5, 40])
def test_what_begins_later_is_no_fault(begin: int) -> None:
    loss = np.where(np.arange(300) < begin, 0.0, 2 * np.exp(-np.arange(300) / 80))

    assert not [e for e in told(loss) if worst([e]) > Severity.INFO]


def test_what_begins_once_it_was_told_is_over() -> None:
    """A value function whose name says no more, and that learns from its thousandth record on."""
    (episode,) = told(np.where(np.arange(400) < 150, 0.0, 2 * np.exp(-np.arange(400) / 300)))

    assert [t.kind for t in episode.transitions][-1] == "cleared"
    assert "不为 0" in episode.last.words.title


def test_a_policy_that_is_paid_may_have_a_loss_of_nothing() -> None:
    """Advantages of a group add up to nothing where each batch is gone through once."""
    columns = {"loss": np.zeros(120), "reward": np.linspace(0, 1, 120)}

    assert worst(found(NoLearning(), rows(columns))) <= Severity.INFO


def test_a_tiny_loss_is_not_nothing() -> None:
    loss = 1e-9 * np.exp(0.3 * np.random.default_rng(1).standard_normal(120))

    assert worst(told(loss)) <= Severity.INFO


@pytest.mark.parametrize("state", ["running", "finished"])
def test_beside_evaluations_that_get_better_it_is_only_logged_wrongly(state: str) -> None:
    val = 7 + 1.6 * np.exp(-np.arange(60) / 3) + 0.02 * np.random.default_rng(0).standard_normal(60)
    report = analyze(Run("r", "r", rows({"Train Loss": np.zeros(60), "Validation Loss": val}), state))

    (finding,) = [f for f in report.findings if f.severity >= Severity.WARNING]
    assert (finding.id, finding.metrics[0]) == ("metric-dead", "Train Loss")
    assert "loss 恒为 0" in finding.words.title
