"""What a run counts its rows in, and that every sentence counts so."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, History
from analysis.scan.counting import counted
from analysis.scan.reading import Reading
from tests.analysis.curves import history, run

N = 40
PER_STEP = re.compile(r"\d ?步")


def curve(n: int = N, begin: float = 2.0) -> Floats:
    return begin * np.exp(-np.arange(n) / 10) + 0.1


def per_epoch(**columns: Floats) -> History:
    return history({"loss": curve(), **columns}, step=np.arange(1, N + 1))


def unit(h: History, **config: Any) -> str:
    return Reading.of(run(h, config=config)).unit(len(h) - 1)


def test_figures_of_steps_are_written_in_the_unit() -> None:
    said = "第 40 步起，最低 0.3（第 12 步），1.25M 步的 ckpt；第 3–9 步；每步 3 s，scheduler 总步数"
    assert (
        counted(said, "轮")
        == "第 40 轮起，最低 0.3（第 12 轮），1.25M 步的 ckpt；第 3–9 轮；每步 3 s，scheduler 总步数"
    )
    assert counted(said, "步") == said


@pytest.mark.parametrize(
    ("h", "config"),
    [
        (per_epoch(epoch=np.arange(1.0, N + 1)), {}),
        (per_epoch(epoch=np.arange(0.0, N)), {}),  # `_step` is one ahead
        (per_epoch(val_loss=curve()), {"epochs": 100}),
        (per_epoch(val_loss=curve()), {}),  # nobody evaluates after every step
        (per_epoch(epoch_time=np.full(N, 9.0)), {"epochs": 100}),
        (per_epoch(), {"epochs": N}),  # it ends where the plan does
        (per_epoch(round=np.arange(1.0, N + 1)), {}),
    ],
)
def test_rounds(h: History, config: dict[str, Any]) -> None:
    assert unit(h, **config) == "轮"


@pytest.mark.parametrize(
    ("h", "config"),
    [
        (per_epoch(), {"epochs": 100}),  # may be the first steps of the first pass
        (per_epoch(), {}),
        (per_epoch(epoch=np.floor(np.arange(0.0, N) / 8)), {"epochs": 5}),
        (per_epoch(epoch=np.arange(0.0, N) / 8), {"num_train_epochs": 5}),
        (per_epoch(epoch=np.arange(0.0, N), global_step=1000 * np.arange(1.0, N + 1)), {"epochs": N}),
        (per_epoch(val_loss=curve()), {"max_steps": 500}),
        (history({"loss": curve(), "val_loss": curve()}, every=10), {"epochs": 100}),
    ],
)
def test_steps(h: History, config: dict[str, Any]) -> None:
    assert unit(h, **config) == "步"


def test_episodes_where_each_record_is_the_next() -> None:
    assert unit(per_epoch(episode=np.arange(1.0, N + 1))) == "回合"
    assert unit(per_epoch(episode=np.floor(np.arange(1.0, N + 1) / 3))) == "步"  # steps within an episode
    assert unit(per_epoch(episode=np.arange(1.0, N + 1), global_step=1000 * np.arange(1.0, N + 1))) == "步"


def test_what_is_planned_changes_nothing_of_what_is_counted() -> None:
    counted_by = replace(run(history({"loss": curve()}, step=np.arange(1, N + 1))), counted_by="Episode")
    assert Reading.of(counted_by).unit(N - 1) == "回合"
    assert Reading.of(counted_by).in_the_end(N).unit(N - 1) == "回合"


def test_an_epoch_is_called_as_its_column_calls_it() -> None:
    """Where `_step` begins at 0 and epochs at 1, people read epochs."""
    h = history({"loss": curve(), "epoch": np.arange(1.0, N + 1)}, step=np.arange(N))
    assert Reading.of(run(h)).at[-1] == N


def test_what_is_known_of_a_row_depends_on_earlier_rows_only() -> None:
    epochs = np.arange(1.0, N + 1)
    epochs[30:] += 5  # no longer one each
    h = per_epoch(epoch=epochs)
    whole = Reading.of(run(h))
    for n in (2, 20, 30, 31, 40):
        part = Reading.of(run(h.head(n)))
        assert part.unit(n - 1) == whole.unit(n - 1)
        assert part.at[n - 1] == whole.at[n - 1]


def test_no_sentence_of_a_run_of_epochs_counts_steps() -> None:
    late = np.maximum(np.arange(N) - 14, 0)
    columns = {"val_loss": curve(begin=1.6) + 0.02 * late, "val_accuracy": 0.9 - 0.4 * curve()}
    loss = curve()
    loss[35:] = 80.0
    report = analyze(run(per_epoch(**(columns | {"loss": loss})), config={"epochs": 50}, state="finished"))
    said = [report.use, report.title, *(t for f in report.findings for t in (f.words.message, f.words.advice))]
    assert any("轮" in text for text in said)
    assert not [text for text in said if PER_STEP.search(text)]


def test_a_late_column_changes_nothing_of_what_was_known_before() -> None:
    late = np.where(np.arange(N) < 20, np.nan, 100.0 * np.arange(N))
    passes = np.where(np.arange(N) < 10, np.nan, np.arange(1.0, N + 1))
    h = per_epoch(val_loss=curve(), global_step=late, epoch=passes)
    whole = Reading.of(run(h))
    for n in (5, 10, 12, 20, 21, 40):
        part = Reading.of(run(h.head(n)))
        assert part.unit(n - 1) == whole.unit(n - 1)
        assert part.at[n - 1] == whole.at[n - 1]
    assert whole.unit(9) == "轮"
    assert whole.unit(30) == "步"
