"""How far along its plan a run is, when the plan is stated in steps, in epochs, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.facts import Facts
from analysis.model import Bools, Floats, History, Run
from analysis.report.run_info import run_info
from analysis.scan.reading import Reading
from analysis.scan.view import Points, View
from tests.analysis.curves import history

N = 100
LOSS = np.linspace(2.0, 1.0, N)
EPOCHS = 3.0 * np.arange(1, N + 1) / N


def seen(columns: dict[str, Floats], planned: int | None = None, **config: Any) -> tuple[View, Points]:
    h: History = history({"train/loss": LOSS, **columns})
    view = View.whole(Reading(h, Facts(config, planned)))
    loss = view.role("loss")
    assert loss is not None
    return view, loss


def first(mask: Bools) -> int:
    return int(np.flatnonzero(mask)[0])


def test_a_plan_in_steps_is_a_share_of_them() -> None:
    view, loss = seen({"train/epoch": EPOCHS}, planned=10 * N, num_train_epochs=30)

    assert view.progress(loss)[-1] == 1.0
    assert first(view.past(loss, 0.5, 70)) == 50


@pytest.mark.parametrize("key", ["epoch", "train/epoch", "trainer/epoch"])
def test_a_plan_in_epochs_is_a_share_of_the_epoch_column(key: str) -> None:
    view, loss = seen({key: EPOCHS}, max_steps=-1, num_train_epochs=6)

    assert view.progress(loss)[-1] == pytest.approx(0.5)
    assert first(view.past(loss, 0.25, 70)) == 50


def test_so_many_records_are_evidence_whatever_is_planned() -> None:
    view, loss = seen({}, planned=1_000_000)

    assert first(view.past(loss, 0.5, 7)) == 4 * 7


@pytest.mark.parametrize(
    ("columns", "config"),
    [
        ({}, {"num_train_epochs": 6}),
        ({"train/epoch": EPOCHS}, {}),
        ({"train/epoch": EPOCHS}, {"ppo_epochs": 4, "n_epochs": 10}),
        ({"eval/epoch": EPOCHS}, {"num_train_epochs": 6}),
    ],
)
def test_without_a_plan_points_are_counted(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    view, loss = seen(columns, **config)

    assert np.isnan(view.progress(loss)).all()
    assert first(view.past(loss, 0.25, 7)) == 7


def test_a_warm_up_stated_as_a_share_ends_where_the_plan_says() -> None:
    by_steps, loss = seen({}, planned=10 * N, warmup_ratio=0.3)
    by_epochs, other = seen({"epoch": EPOCHS}, num_train_epochs=6, warmup_ratio=0.3)

    assert first(by_steps.past_warmup(loss)) == 30
    assert first(by_epochs.past_warmup(other)) == 60


def test_a_warm_up_of_unknown_length_lasts_while_lr_rises() -> None:
    lr = 1e-4 * np.minimum(np.arange(1, N + 1) / 40, 1.0)
    view, loss = seen({"train/lr": lr}, warmup_ratio=0.1)

    assert first(view.past_warmup(loss)[1:]) + 1 == 40
    assert view.past_warmup(loss)[40:].all()


def test_without_a_stated_warm_up_there_is_none() -> None:
    view, loss = seen({"train/lr": np.linspace(1e-5, 1e-4, N)})

    assert view.past_warmup(loss).all()


def test_a_plan_that_would_take_years_counts_other_steps() -> None:
    """60 of 60 million: environment steps, in a run that is logged once an update of twenty seconds."""
    h = replace(history({"train/loss": LOSS}), timestamp=1e9 + 20.0 * np.arange(N, dtype=np.float64))
    for planned, known in ((60_000_000, False), (20 * N, True)):
        view = View.whole(Reading(h, Facts({}, planned)))
        loss = view.column("train/loss")
        info = run_info(Run("r", "r", h, "running", {"max_steps": planned}, planned), view.reading)

        assert np.isfinite(view.progress(loss)[1:]).all() == known
        assert (info.planned_steps, info.eta_s is not None) == ((planned, True) if known else (None, False))


def test_a_slow_first_step_does_not_spoil_the_plan() -> None:
    """It is compiled for ten minutes: at that pace a million steps would take twenty years."""
    stamp = 1e9 + np.concatenate([[0.0], 600.0 + 0.1 * np.arange(N - 1)])
    view = View.whole(Reading(replace(history({"train/loss": LOSS}), timestamp=stamp), Facts({}, 1_000_000)))

    assert np.isnan(view.progress(view.column("train/loss"))[1])
    assert view.progress(view.column("train/loss"))[-1] == 10 * N / 1_000_000


def test_a_pause_does_not_change_the_unit_of_the_plan() -> None:
    """Ten days away after a hundredth of the plan: at that pace it would take years."""
    stamp = 1e9 + np.arange(N, dtype=np.float64) + np.where(np.arange(N) < N // 2, 0.0, 10 * 86_400.0)
    h, planned = replace(history({"train/loss": LOSS}), timestamp=stamp, runtime=stamp - stamp[0]), 100 * 10 * N
    view = View.whole(Reading(h, Facts({}, planned)))

    assert np.isfinite(view.progress(view.column("train/loss"))[1:]).all()
    assert run_info(Run("r", "r", h, "running", {}, planned), view.reading).planned_steps == planned
