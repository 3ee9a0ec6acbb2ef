"""The facts of a run as trackers, programs and people write them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

STATES = {"running", "finished", "failed", "crashed", "killed", "pending", "preempting", "preempted"}


def run_facts(raw: Mapping[str, Any], name: str) -> tuple[dict[str, Any], list[str]]:
    """Run facts as a person or a program wrote them -> (fields of Run, notes about what could not be used)."""
    readers: dict[str, Callable[[Any], Any]] = {
        **dict.fromkeys(("name", "url", "entity", "project", "run_id", "user"), _text),
        **dict.fromkeys(("created_at", "heartbeat_at", "observed_at"), seconds),
        "state": _state,
        "config": lambda value: value if isinstance(value, dict) else None,
        "planned_steps": _count,
        "tags": lambda value: tuple(str(tag) for tag in value) if isinstance(value, list) else None,
    }
    given = {key: raw[key] for key in readers if raw.get(key) is not None}
    fields = {key: readers[key](value) for key, value in given.items()}
    doubts = [f"{name} 里的 {key} 看不懂，没有用" for key, value in fields.items() if value is None]
    return {key: value for key, value in fields.items() if value is not None}, doubts


def seconds(value: Any) -> float | None:
    """A time (ISO 8601, UTC unless it says otherwise; or seconds since epoch) -> seconds since epoch, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    try:
        moment = datetime.fromisoformat(str(value).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() else None


def _state(value: Any) -> str | None:
    return value if isinstance(value, str) and (value in STATES or value == "unknown") else None


def _count(value: Any) -> int | None:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 1
    return int(value) if whole else None
