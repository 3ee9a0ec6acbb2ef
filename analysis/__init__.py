"""The analysis core. Pure: numbers in, findings out. No clock, no log, no file, no network.

report = analyze(run)             # everything, as it stands
report = analyze(from_frame(df))  # the same of a pandas.DataFrame, a row per record
found = episodes(run)             # the causal scan alone: for replay
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from analysis.model import Report, Run, Severity
    from analysis.report.analyze import analyze, episodes

__all__ = ["Report", "Run", "Severity", "analyze", "episodes", "from_frame"]

_HOMES = dict.fromkeys(("Report", "Run", "Severity"), "analysis.model") | dict.fromkeys(
    ("analyze", "episodes"), "analysis.report.analyze"
)


def __getattr__(name: str) -> Any:
    """Loaded when asked for: who only writes numbers as we do (`analysis.figures`) needs no pandas."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


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
    from analysis import history  # noqa: PLC0415
    from analysis.model import Run  # noqa: PLC0415

    read = history.from_frame(frame, nan_logged=nan_logged)
    return Run(name, name, read, state, dict(config or {}), planned_steps, local=True)
