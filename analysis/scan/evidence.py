"""The keys of `Words.evidence` that others read. Any other key is a diagnosis' own, and is only shown as it is.

normal, limit, usual, before, level_before   a level of `metrics[0]`, in its units: a line in the chart. The first one
                                             that is a number is drawn: where it should be, where it may not pass, where
                                             it used to be
peak, step                                   the value and the step of the spike that is meant: a circle in the chart
checkpoints                                  steps of saved checkpoints that are named: marks in the chart
best_step                                    the step to go back to: in the line on what the result can be used for
was_healthy                                  whether a part that failed had worked before: likewise
by_clock                                     whether the times of `metrics[0]` tell it, not its values
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

LEVELS = ("normal", "limit", "usual", "before", "level_before")


def number(evidence: Mapping[str, Any], key: str) -> float | None:
    """A finite number; None where there is none."""
    value = evidence.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def finite(value: float) -> float | None:
    """A figure as evidence holds it: None where it is not known."""
    return float(value) if math.isfinite(value) else None


def level(evidence: Mapping[str, Any]) -> tuple[str, float] | None:
    """Which of LEVELS is drawn, and where."""
    return next(((key, value) for key in LEVELS if (value := number(evidence, key)) is not None), None)


def peak(evidence: Mapping[str, Any]) -> tuple[int, float] | None:
    """(step, value) of the spike that is meant."""
    value, step = number(evidence, "peak"), number(evidence, "step")
    return (int(step), float(value)) if value is not None and step is not None else None


def checkpoints(evidence: Mapping[str, Any]) -> tuple[int, ...]:
    """Steps of the saved checkpoints that are named."""
    return tuple(int(step) for step in evidence.get("checkpoints") or ())


def best_step(evidence: Mapping[str, Any]) -> int | None:
    """The step to go back to."""
    step = evidence.get("best_step")
    return step if isinstance(step, int) else None


def by_clock(evidence: Mapping[str, Any]) -> bool:
    """Whether the values of its metric have no part in it."""
    return bool(evidence.get("by_clock"))
