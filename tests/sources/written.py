"""History files that tests write, and what is read of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bot.sources.files import read as files


def write(path: Path, text: str, facts: Any = None) -> Path:
    path.write_text(text, encoding="utf-8")
    if facts is not None:
        path.with_suffix(".json").write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf-8")
    return path


def cells(path: Path, key: str) -> dict[int, float]:
    """Row -> value of one metric."""
    column = files.read(path).history.columns.get(key)
    return {} if column is None else dict(zip(column.rows.tolist(), column.values.tolist(), strict=True))


def table(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """As a csv, a jsonl or a parquet, by its ending."""
    if path.suffix == ".csv":
        pd.DataFrame(rows).to_csv(path, index=False)
    elif path.suffix == ".parquet":
        pd.DataFrame(rows).to_parquet(path, index=False)
    else:
        write(path, "".join(json.dumps(row) + "\n" for row in rows))
    return path


def falls(records: int, first: float = 4.0, last: float = 1.0, at: int = 1, **more: float) -> list[dict[str, float]]:
    """A training of so many records, its loss from one level to another; `at`: the first epoch."""
    loss = np.geomspace(first, last, records)
    return [{"epoch": at + n, "loss": round(float(x), 6)} | more for n, x in enumerate(loss)]
