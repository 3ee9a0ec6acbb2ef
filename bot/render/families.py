"""Columns that differ only in a number are one family: `layer.0.norm`, `layer.1.norm`, … Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.model import MetricSummary

FEWEST = 4  # members: three rows are read faster than they are unfolded
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """Metrics in the order of the report. `pattern`: their key with `*` for the number; empty for a single one."""

    metrics: tuple[MetricSummary, ...]
    pattern: str = ""


def families(metrics: Iterable[MetricSummary]) -> tuple[MetricFamily, ...]:
    """Every metric once; a family stands where its first member stood."""
    by_pattern: dict[str, list[MetricSummary]] = {}
    for metric in metrics:
        by_pattern.setdefault(_NUMBER.sub("*", metric.key), []).append(metric)
    found: list[MetricFamily] = []
    for pattern, members in by_pattern.items():
        if len(members) >= FEWEST:
            found.append(MetricFamily(tuple(members), pattern))
        else:
            found += [MetricFamily((metric,)) for metric in members]
    return tuple(found)
