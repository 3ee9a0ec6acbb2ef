"""What a fault has cost, on how many GPUs, after how many passes over the data: only what is stated, never guessed."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from analysis import Report, analyze
from analysis.diagnoses import ALL
from analysis.facts import Facts
from analysis.model import Floats, History
from analysis.report.cost import spent
from analysis.report.epochs import epochs
from tests.analysis.cases import AT, N, descent, ramp, steady
from tests.analysis.curves import history, run

GPUS: list[tuple[dict[str, Any], int | None]] = [
    ({"world_size": 8}, 8),
    ({"num_gpus": 4}, 4),
    ({"nproc_per_node": 8, "nnodes": 2}, 16),
    ({"trainer": {"n_gpus_per_node": 8, "nnodes": 4}}, 32),
    ({"devices": 4, "num_nodes": 2}, 8),
    ({"trainer": {"devices": [0, 1, 2]}}, 3),
    ({"gpus": "0,1"}, 2),
    ({"accelerate": {"num_processes": 4}}, 4),
    ({"distributed_type": "MULTI_GPU", "num_processes": 4}, 4),
    # What looks like a number of GPUs and is none.
    ({}, None),
    ({"num_gpus": 4, "num_nodes": 2}, None),  # of a node, or in all
    ({"devices": "auto"}, None),
    ({"devices": -1}, None),
    ({"gpus": "3"}, None),  # the fourth, or three of them
    ({"gpus": 0}, None),
    ({"_n_gpu": 1}, None),  # transformers, per process
    ({"_wandb": {"gpu_count": 8}}, None),  # of the host
    ({"algo": "a2c", "num_processes": 16}, None),  # environments
    ({"num_processes": 16}, None),
    ({"tensor_model_parallel_world_size": 4}, None),
    ({"env": {"world_size": 12}}, None),
]


@pytest.mark.parametrize(("config", "count"), GPUS)
def test_gpus_are_those_the_config_states(config: dict[str, Any], count: int | None) -> None:
    assert Facts(config).gpus == count


def shifted(h: History, at: int, by: float) -> History:
    """The same rows, from `at` on so many seconds later."""
    stamp = h.timestamp + np.where(np.arange(len(h)) >= at, by, 0.0)
    return dataclasses.replace(h, timestamp=stamp, runtime=stamp - stamp[0])


def test_a_night_between_two_rows_costs_nothing_a_slow_stretch_does() -> None:
    h = history({"train/loss": descent()}, seconds=2.0)

    assert spent(h, 0, N - 1) == pytest.approx(2.0 * (N - 1))
    assert spent(shifted(h, 150, 8 * 3600), 0, N - 1) == pytest.approx(2.0 * (N - 1))
    assert spent(shifted(h, 150, 300), 0, N - 1) == pytest.approx(2.0 * (N - 1) + 300)


def test_without_times_nothing_is_counted() -> None:
    h = history({"train/loss": descent()})
    unknown = np.full(N, np.nan)

    assert spent(dataclasses.replace(h, timestamp=unknown, runtime=unknown), 0, N - 1) is None


def report(config: dict[str, Any], **columns: Floats) -> Report:
    """A loss that diverges half-way, a minute a row."""
    named = {"train/loss": ramp(descent(), 20), **columns}
    return analyze(run(history(named, seconds=60.0), planned_steps=10 * N, state="finished", config=config))


def test_what_is_lost_since_is_said_in_hours_and_gpu_hours() -> None:
    told = next(f for f in report({"world_size": 8}).findings if f.id == "divergence")
    rows = (told.last_step or 0) - (told.onset_step or 0)

    assert told.words.evidence["minutes_lost"] == pytest.approx(rows / 10)
    assert told.words.evidence["gpu_hours_lost"] == pytest.approx(8 * rows / 600)
    assert told.lost is not None
    assert told.lost.seconds == pytest.approx(6 * rows)


def test_of_unknown_gpus_only_the_clock_is_told() -> None:
    told = next(f for f in report({}).findings if f.id == "divergence")

    assert told.lost is not None
    assert told.lost.gpu_hours is None
    assert told.words.evidence["gpu_hours_lost"] is None


def test_no_two_findings_carry_the_same_hours() -> None:
    lr = np.full(N, 1e-4)
    lr[AT:] = 0.0
    found = report({"world_size": 8}, **{"train/lr": lr}).findings
    wasting = {d.id for d in ALL if d.wastes_time}
    costly = [f for f in found if f.id in wasting and f.suppressed_by is None and "minutes_lost" in f.words.evidence]

    assert len(costly) > 1
    assert [f.id for f in found if f.lost is not None] == [costly[0].id]


def test_what_was_so_from_the_start_has_cost_the_run_whose_length_is_told_anyway() -> None:
    flat = analyze(
        run(history({"train/loss": steady(2.3, sigma=0.01)}, seconds=60.0), planned_steps=10 * N, state="finished")
    )
    told = next(f for f in flat.findings if f.id == "no-learning")

    assert told.words.evidence["minutes_lost"] == pytest.approx(N - 1, rel=0.05)
    assert told.lost is None


SIZES: list[tuple[dict[str, Any], float | None]] = [
    ({"dataset": {"num_frames": 50_000}}, 50_000),
    ({"dataset": {"meta": {"total_frames": 50_000}}}, 50_000),
    ({"dataset_size": 1200}, 1200),
    ({"num_train_examples": 900}, 900),
    ({"total_frames": 1_000_000}, None),  # the budget of an RL run
    ({"train_samples": 10_000_000}, None),  # of Megatron: all that it will train on
    ({"n_frames": 4}, None),  # an observation window
    ({"dataset": {"max_train_samples": 100}}, None),
    ({"dataset": {"eval": {"num_samples": 100}}}, None),
    ({"data": {"image_size": 224, "batch_size": 8, "shuffle_buffer_size": 1000}}, None),
]


@pytest.mark.parametrize(("config", "size"), SIZES)
def test_the_size_of_the_data_is_what_the_config_says_of_the_training_set(
    config: dict[str, Any], size: float | None
) -> None:
    assert Facts(config).data_size == size


BATCHES: list[tuple[dict[str, Any], float | None]] = [
    ({"batch_size": 8}, 8),
    ({"batch_size": 8, "gradient_accumulation_steps": 4}, 32),
    ({"batch_size": 8, "world_size": 4}, 32),
    ({"global_batch_size": 512, "micro_batch_size": 2, "world_size": 8}, 512),
    ({"per_device_train_batch_size": 4, "gradient_accumulation_steps": 8, "num_gpus": 2}, 64),
    ({"per_device_train_batch_size": 4, "gradient_accumulation_steps": 8}, None),  # on how many devices?
    ({"eval": {"batch_size": 64}}, None),
]


@pytest.mark.parametrize(("config", "batch"), BATCHES)
def test_a_batch_is_that_of_all_devices(config: dict[str, Any], batch: float | None) -> None:
    assert Facts(config).whole_batch == batch


LEROBOT = {"batch_size": 8, "dataset": {"num_frames": 12_000}}


def seen(columns: dict[str, Floats], config: dict[str, Any], every: int = 10) -> float | None:
    h = history({"train/loss": descent(), **columns}, every=every)
    return epochs(h, Facts(config), float(h.step[-1]), own="train/global_step" in columns)


def test_epochs_come_from_the_runs_own_column_first() -> None:
    assert seen({"train/epoch": np.linspace(0.01, 3.2, N)}, LEROBOT) == pytest.approx(3.2)
    assert seen({"epoch": np.repeat(np.arange(3.0), N // 3)}, {}) == pytest.approx(3.0)
    assert seen({"epoch": np.repeat(np.arange(1.0, 4.0), [120, 120, 60])}, {}) == pytest.approx(2.5)
    assert seen({"epoch": np.arange(N, dtype=np.float64)}, {}) == pytest.approx(N)


def test_else_from_samples_or_from_steps_times_batch() -> None:
    assert seen(
        {"train/samples": 80 * np.arange(1, N + 1, dtype=np.float64)}, {"dataset": {"num_frames": 12_000}}
    ) == pytest.approx(2.0)
    assert seen({}, LEROBOT) == pytest.approx(10 * N * 8 / 12_000)


def test_what_is_not_passes_over_data_is_left_out() -> None:
    assert seen({}, {"batch_size": 8}) is None
    assert seen({}, {**LEROBOT, "algo": "ppo"}) is None
    assert seen({"epoch": np.repeat(np.arange(3.0), N // 3)}, {"algo": "ppo"}) is None  # rounds of updates
    assert seen({"epoch_time": np.full(N, 3.5), "eval/epoch": np.full(N, 1.5)}, {}) is None
    assert seen({}, LEROBOT, every=1) is None  # `_step` may count calls of log
    assert (
        seen({"train/samples": np.full(N, 80.0) * (1 + np.arange(N) % 2)}, {"dataset": {"num_frames": 12_000}}) is None
    )


def test_waits_and_slow_steps_cost_a_share_of_the_time() -> None:
    columns: dict[str, Floats] = {"train/loss": descent(), "time/data_s": steady(0.15), "time/update_s": steady(0.05)}
    row = np.where(np.arange(N) < AT, 60.0, 120.0)
    stamp = 1.76e9 + np.cumsum(row)
    slow = dataclasses.replace(history({"train/loss": descent()}), timestamp=stamp, runtime=stamp - stamp[0])
    bound = next(f for f in analyze(run(history(columns), planned_steps=10 * N)).findings if f.id == "data-bound")
    drop = next(f for f in analyze(run(slow, planned_steps=10 * N)).findings if f.id == "throughput-drop")

    assert bound.words.evidence["minutes_lost"] == pytest.approx(bound.words.evidence["lost_s"] / 60)
    assert drop.words.evidence["minutes_lost"] == pytest.approx(N - AT, rel=0.1)  # two minutes a row instead of one
    assert bound.lost is drop.lost is None  # their own messages say it
