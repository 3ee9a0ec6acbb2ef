"""Report -> the JSON object of `report --format json`. Times are seconds since epoch; undefined is null, never NaN."""

from __future__ import annotations

import json
import math
from typing import Any

from analysis.model import Finding, MetricSummary, Report

SCHEMA = 1
_RUN = (
    "ref", "name", "url", "state", "rows", "step_key", "first_step", "last_step", "planned_steps", "created_at",
    "last_row_at", "observed_at",
)  # fmt: skip
_METRIC = (
    "key", "role", "label", "group", "direction", "points", "first", "last", "best", "best_step", "change",
    "change_pct", "nonfinite",
)  # fmt: skip


def to_dict(report: Report) -> dict[str, Any]:
    """Only dicts, lists, strings, finite numbers, booleans and None."""
    return {
        "schema": SCHEMA,
        "run": {name: _plain(getattr(report.run, name)) for name in _RUN},
        "verdict": {
            "severity": report.severity.word,
            "title": report.title,
            "usable": report.usable,
            "use": report.use or None,
        },
        "metrics": [_metric(m) for m in report.metrics],
        "findings": [_finding(f) for f in report.findings],
        "not_applicable": list(report.not_applicable),
        "coverage": {
            "rows_read": report.coverage.rows_read,
            "sampled": report.coverage.sampled,
            "keys": report.coverage.keys,
            "notes": list(report.coverage.notes),
        },
    }


def to_json(report: Report) -> str:
    """One object, Chinese left readable, a newline at the end."""
    return json.dumps(to_dict(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _metric(metric: MetricSummary) -> dict[str, Any]:
    return {name: _plain(getattr(metric, name)) for name in _METRIC}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity.word,
        "metrics": list(finding.metrics),
        "onset_step": finding.onset_step,
        "last_step": finding.last_step,
        "title": finding.words.title,
        "message": finding.words.message,
        "advice": finding.words.advice,
        "evidence": _plain(finding.words.evidence),
        "suppressed_by": finding.suppressed_by,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
