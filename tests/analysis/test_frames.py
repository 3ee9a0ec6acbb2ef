"""A DataFrame as a history: what was logged, at which step, and what a NaN in it means."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import analyze, from_frame
from analysis.history import from_frame as history_of
from analysis.history import from_records
from tests.analysis.samples import SAMPLE, read


def cells(frame: pd.DataFrame, key: str, **how: bool) -> list[tuple[int, float]]:
    column = history_of(frame, **how).columns[key]
    return list(zip(column.rows.tolist(), column.values.tolist(), strict=True))


def test_the_same_run_as_a_table_and_as_a_file() -> None:
    """The bundled run logs no NaN, so that pandas loses nothing."""
    file = read(SAMPLE)
    table = analyze(from_frame(pd.read_parquet(SAMPLE), config=file.config, state="finished"))
    whole = analyze(file)

    assert [(f.id, f.severity, f.onset_step) for f in table.findings] == [
        (f.id, f.severity, f.onset_step) for f in whole.findings
    ]
    assert table.metrics == whole.metrics


def test_a_nan_was_not_logged_unless_somebody_says_so() -> None:
    frame = pd.DataFrame({"loss": [1.0, math.nan, 0.5]})

    assert cells(frame, "loss") == [(0, 1.0), (2, 0.5)]
    assert [row for row, _ in cells(frame, "loss", nan_logged=True)] == [0, 1, 2]


def test_nullable_columns_and_texts_keep_nan_and_nothing_apart() -> None:
    nullable = pd.array([1.0, None, 0.5], dtype="Float64")
    frame = pd.DataFrame({"a": nullable, "b": ["1.0", "NaN", None], "c": [None, "Infinity", 2.0]}, dtype=object)
    frame["a"] = nullable

    assert cells(frame, "a") == [(0, 1.0), (2, 0.5)]
    assert [row for row, _ in cells(frame, "b")] == [1]  # a number as text is text
    assert cells(frame, "c") == [(1, math.inf), (2, 2.0)]


@pytest.mark.parametrize(
    ("frame", "steps"),
    [
        (pd.DataFrame({"_step": [10, 20, 30], "loss": [1.0, 2.0, 3.0]}, index=[7, 8, 9]), [10, 20, 30]),
        (pd.DataFrame({"_step": [10.0, math.nan, 30.0], "loss": [1.0, 2.0, 3.0]}), [10, 10, 30]),
        (pd.DataFrame({"loss": [1.0, 2.0, 3.0]}, index=[5, 6, 9]), [5, 6, 9]),
        (pd.DataFrame({"loss": [1.0, 2.0, 3.0]}, index=list("abc")), [0, 1, 2]),
        (pd.DataFrame({"loss": [1.0, 2.0, 3.0]}, index=[0.5, 1.5, 2.5]), [0, 1, 2]),
    ],
)
def test_where_the_steps_come_from(frame: pd.DataFrame, steps: list[int]) -> None:
    assert history_of(frame).step.tolist() == steps


def test_times_are_no_metrics() -> None:
    frame = pd.DataFrame(
        {"loss": [1.0, 0.5], "_timestamp": [100.0, math.nan], "_runtime": [0.0, 3.0], "note": ["a", "b"]}
    )
    read_ = history_of(frame)

    assert set(read_.columns) == {"loss"}
    assert read_.timestamp[0] == 100.0 and math.isnan(read_.timestamp[1])
    assert read_.runtime.tolist() == [0.0, 3.0]


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"name": ["a"]}), pd.DataFrame({"x": [math.nan]})])
def test_a_table_without_numbers_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no column holds numbers"):
        from_frame(frame)


@given(st.lists(st.one_of(st.none(), st.floats(-10, 10)), min_size=1, max_size=30), st.data())
def test_a_table_and_its_rows_are_one(values: list[float | None], data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(0, 1000), min_size=len(values), max_size=len(values)))
    if all(value is None for value in values):
        return
    rows = [{"_step": s} | ({} if v is None else {"loss": v}) for s, v in zip(steps, values, strict=True)]
    table = history_of(pd.DataFrame({"_step": steps, "loss": pd.array(values, dtype="Float64")}))
    plain = from_records(rows)

    assert np.array_equal(table.step, plain.step)
    assert np.array_equal(table.columns["loss"].rows, plain.columns["loss"].rows)
    assert np.array_equal(table.columns["loss"].values, plain.columns["loss"].values)
