"""Records that stand alone: a loss that is back at once has lost nothing, however high it was."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.loss_spikes import LossSpike
from analysis.model import Floats, Severity
from tests.analysis.cases import AT, N, descent, put, rng, times
from tests.analysis.scanning import found, rows, worst

LOSS = "train/loss"


def told(loss: Floats, **config: object) -> Severity:
    return worst(found(LossSpike(), rows({LOSS: loss}), planned=10 * N, **config))


@pytest.mark.parametrize("height", [4, 30, 300])
def test_one_record_that_is_back_at_once_is_a_note(height: float) -> None:
    assert told(times(descent(), height, AT, AT + 1)) is Severity.INFO


def test_one_that_the_next_record_shares_is_more() -> None:
    assert told(times(descent(), 30, AT, AT + 2)) is Severity.WARNING


def test_so_are_three_that_come_one_after_the_other() -> None:
    loss = descent()
    for at in (AT, AT + 30, AT + 55):
        loss = times(loss, 30, at, at + 1)

    assert told(loss) is Severity.WARNING


def pairs(lost: list[int], width: int = 1) -> Floats:
    """Pairs that are told apart: a batch of three costs as much as a nat where one of them is ranked the wrong way."""
    loss = 0.7 * np.exp(-np.arange(N) / 40) + 0.03 * np.exp(0.4 * rng(3).standard_normal(N))
    for at in lost:
        loss = put(loss, 1.0, at, at + width)
    return loss


def test_a_batch_of_pairs_that_has_one_wrong_is_no_spike() -> None:
    lost = [AT, AT + 20, AT + 45, AT + 70]

    assert told(pairs(lost), trainer="dpo") is Severity.OK
    assert told(pairs(lost)) is Severity.WARNING  # of anything else it would be one
    assert told(pairs(lost, 2), trainer="dpo") is Severity.WARNING  # two batches in a row are not chance


def fitted(level: float, height: float = 2.6) -> Floats:
    """A regression that has come down to a share of what it began with, and three batches after that."""
    loss = level + 0.7 * np.exp(-np.arange(N) / 8)
    loss = loss * np.exp(0.05 * rng(5).standard_normal(N))
    for at in (AT, AT + 30, AT + 55):
        loss = times(loss, height, at, at + 1)
    return np.asarray(loss)


def test_spikes_of_a_loss_that_is_learnt_are_a_note_where_they_are_less_than_a_hundredth_of_it() -> None:
    assert told(fitted(0.0015), loss_type="l1") is Severity.INFO
    assert told(fitted(0.03), loss_type="l1") is Severity.WARNING
    assert told(fitted(0.0015, 40), loss_type="l1") is Severity.WARNING


def test_a_loss_of_single_samples_is_thrown_about_by_each() -> None:
    """From nothing to nine nats: the next one that is high is one of many."""
    drawn = 0.6 * rng(6).gamma(0.35, 1.0, N)
    for at in (AT, AT + 30, AT + 55):
        drawn = put(drawn, 9.0, at, at + 1)

    assert told(np.asarray(2 * np.exp(-np.arange(N) / 20) + drawn)) <= Severity.INFO
