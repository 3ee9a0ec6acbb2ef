"""A loss of pairs among a queue begins low, rises to the logarithm of the queue as that fills, and rests there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.chance import AtChance
from analysis.diagnoses.learning import NoLearning
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 600
MOCO = {"method": "MoCov2", "nce_k": 65536}
SMALL = {"objective": "infonce", "queue_size": 4096, "batch_size": 64}


def queued(first: float, size: int, rests: int, last: float) -> Floats:
    """Up to ln(size + 1) within three records, there for so many, then down to `last`."""
    top = float(np.log(size + 1))
    i = np.arange(N)
    x = top - (top - last) * (1 - np.exp(-np.maximum(i - rests, 0) / 80))
    x[:3] = first + (top - first) * np.array([0.0, 0.6, 0.9])
    return np.asarray(x + 0.002 * np.random.default_rng(1).standard_normal(N))


@pytest.mark.parametrize(
    ("x", "config"),
    [
        (queued(7.6, 65536, 50, 7.2), MOCO),
        (queued(9.5, 65536, 45, 9.3), MOCO),  # ends near where it began
        (queued(4.2, 4096, 40, 6.0), SMALL),  # and above
        (queued(10.9, 65536, 50, 8.0), {"model": "moco"}),
    ],
)
def test_the_start_of_a_queue_is_no_standstill(x: Floats, config: dict[str, Any]) -> None:
    for diagnosis in (NoLearning(), AtChance()):
        assert worst(found(diagnosis, rows({"loss": x}), 10 * N, **config)) < Severity.WARNING


@pytest.mark.parametrize(("size", "config"), [(65536, MOCO), (4096, SMALL)])
def test_to_rest_there_for_good_is_chance(size: int, config: dict[str, Any]) -> None:
    (episode,) = found(AtChance(), rows({"loss": queued(5.0, size, N, 5.0)}), 10 * N, **config)

    assert episode.severity is Severity.CRITICAL
    assert f"ln {size + 1}" in episode.last.words.message


@pytest.mark.parametrize(("first", "severity"), [(11.09, Severity.CRITICAL), (7.6, Severity.OK)])
def test_only_what_was_never_lower_stands_where_all_words_are_alike(first: float, severity: Severity) -> None:
    """No config says what it is."""
    assert worst(found(NoLearning(), rows({"loss": queued(first, 65536, N, 0.0)[:70]}), 10 * N)) is severity


RETRIEVER = {"output_dir": "out/retriever_s1", "per_device_train_batch_size": 64, "model_type": "bert"}
UPDATES = 1100


def batches(first: float, last: float, n: int = UPDATES) -> Floats:
    return np.asarray(np.linspace(first, last, n) + 0.1 * np.random.default_rng(2).standard_normal(n))


@pytest.mark.parametrize("level", [5.66, 4.3])
def test_a_retriever_that_has_not_moved_in_a_thousand_updates_guesses(level: float) -> None:
    episodes = found(NoLearning(), rows({"loss": batches(level, level)}, 1), 50_000, warmup_steps=5000, **RETRIEVER)

    assert worst(episodes) is Severity.CRITICAL


@pytest.mark.parametrize(
    ("x", "config"),
    [
        (batches(5.66, 5.3), RETRIEVER),  # it falls, if slowly
        (batches(1.2, 1.2), RETRIEVER),  # far better than guessing
        (batches(5.66, 5.66, 400), RETRIEVER),
        (batches(5.66, 5.66), RETRIEVER | {"output_dir": "out/moco", "method": "moco"}),  # which may rest there
    ],
    ids=["falls", "knows", "early", "a queue"],
)
def test_one_that_moves_or_knows_or_has_only_begun_is_left_alone(x: Floats, config: dict[str, Any]) -> None:
    assert worst(found(NoLearning(), rows({"loss": x}, 1), 50_000, warmup_steps=5000, **config)) < Severity.WARNING
