"""Where a row stands on the axis that people read: the run's own step column where it has one, else `_step`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays.rolling import carried
from analysis.model import Floats, Report, Run


@dataclass(frozen=True, slots=True)
class Steps:
    """Row -> step. Both arrays have one value per row of the history."""

    of_row: Floats
    tracker: Floats

    @classmethod
    def of(cls, run: Run, report: Report) -> Steps:
        tracker = run.history.step.astype(np.float64)
        own = run.history.columns.get(report.run.step_key)
        if own is None or not np.isfinite(own.values).any():
            return cls(tracker, tracker)
        sparse = np.full(len(tracker), np.nan)
        sparse[own.rows] = np.where(np.isfinite(own.values), own.values, np.nan)
        return cls(carried(carried(sparse)[::-1])[::-1], tracker)

    def at(self, step: int) -> float | None:
        """Where a `_step` stands on the axis: the first row of it, else the nearest; None of a run without rows."""
        if not len(self.tracker):
            return None
        rows = np.flatnonzero(self.tracker == step)
        row = rows[0] if len(rows) else np.argmin(np.abs(self.tracker - step))
        return float(self.of_row[row])


def step_text(x: float, among: float = 0.0) -> str:
    """20000; 1.25M from a million on, and so all of an axis that goes there."""
    return f"{x / 1e6:.4g}M" if max(abs(x), among) >= 1e6 and x else f"{x:.0f}"
