"""`report --format json` is as docs/report.schema.json says, on every kind of run; and the schema says nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from analysis import analyze
from analysis.history import from_records
from analysis.model import Run
from bot.render.json import to_dict
from tests.analysis.samples import REAL_CURVES, SAMPLE, read

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)


def nasty() -> Run:
    """NaN, an infinity, an empty column but for one cell, steps that go back."""
    rows: list[dict[str, Any]] = [{"_step": i % 7, "loss": np.inf if i == 3 else 1.0, "v": np.nan} for i in range(12)]
    return Run("r", "r", from_records([*rows, {"_step": 20, "late": 1.0}]))


RUNS: dict[str, Callable[[], Run]] = {
    "empty": lambda: Run("r", "r", from_records([])),
    "nasty": nasty,
    **{path.stem: partial(read, path) for path in (SAMPLE, *REAL_CURVES[:4])},
}


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", RUNS)
def test_a_report_is_as_it_says(name: str) -> None:
    run = RUNS[name]()
    report = to_dict(analyze(run))

    CHECK.validate(json.loads(json.dumps(report, allow_nan=False)))


def leaves(schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Where the schema describes a field."""
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}"
        yield from leaves(inner, f"{path}.{key}")
    if "items" in schema:
        yield from leaves(schema["items"], path)


def spoil(report: Any, path: list[str]) -> None:
    """Gives a field, where it first is, a type that it never has."""
    place = report[0] if isinstance(report, list) else report
    if len(path) > 1:
        spoil(place[path[0]], path[1:])
    else:
        place[path[0]] = 1 if isinstance(place[path[0]], dict) else {"never": 1}


@pytest.mark.parametrize("path", list(leaves(SCHEMA)))
def test_a_field_of_another_type_is_refused(path: str) -> None:
    report = json.loads(json.dumps(to_dict(analyze(read(SAMPLE)))))
    CHECK.validate(report)

    spoil(report, path.strip(".").split("."))

    assert not CHECK.is_valid(report)


def test_a_field_too_many_and_one_too_few() -> None:
    report = json.loads(json.dumps(to_dict(analyze(nasty()))))
    CHECK.validate(report)

    assert not CHECK.is_valid(report | {"more": 1})
    assert not CHECK.is_valid({k: v for k, v in report.items() if k != "verdict"})
    assert not CHECK.is_valid(report | {"schema": 2})
