"""The analysis core. Pure: numbers in, findings out. No clock, no log, no file, no network.

report = analyze(run)             # everything, as it stands
report = analyze(from_frame(df))  # the same of a pandas.DataFrame, a row per record
found = episodes(run)             # the causal scan alone: for replay
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis import history
from analysis.model import Report, Run, Severity
from analysis.report.analyze import analyze, episodes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Report", "Run", "Severity", "analyze", "episodes", "from_frame"]


def from_frame(
    frame: pd.DataFrame,
    *,
    name: str = "run",
    config: Mapping[str, Any] | None = None,
    planned_steps: int | None = None,
    state: str = "unknown",
    nan_logged: bool = False,
) -> Run:
    """A table of metrics as a run. `config`: as it was logged, and `planned_steps` tell what was meant; `state`:
    running, finished, crashed, ... ; `nan_logged`: see `analysis.history.from_frame`. Raises ValueError.
    """
    read = history.from_frame(frame, nan_logged=nan_logged)
    return Run(name, name, read, state, dict(config or {}), planned_steps, local=True)
