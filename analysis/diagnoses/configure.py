"""The configuration applied to the diagnoses: thresholds changed, diagnoses switched off, custom thresholds added."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.diagnoses import ALL
from analysis.diagnoses.custom import Threshold
from analysis.diagnoses.renamed import RENAMED
from analysis.model import Severity
from analysis.scan.diagnosis import Diagnosis
from analysis.scan.units import units

_SWITCH = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}  # quoted or not


class ConfigurationError(ValueError):
    """Settings of diagnoses that make no sense. `mistakes`: (key path, sentence), all of them."""

    def __init__(self, mistakes: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {what}" for path, what in mistakes))
        self.mistakes = tuple(mistakes)


def configure(
    overrides: Mapping[str, Mapping[str, Any]], thresholds: Sequence[Threshold] = ()
) -> tuple[Diagnosis, ...]:
    """ALL with threshold fields changed (`{"grad-spike": {"ratio": 8}}`), switched off (`{"off": True}`), and
    the custom thresholds behind them. Raises ConfigurationError naming every mistake.
    """
    known = {d.id: d for d in ALL}
    mistakes: list[tuple[str, str]] = []
    mistakes.extend((f"diagnoses.{id_}", _unknown(id_, list(known))) for id_ in overrides.keys() - known.keys())
    out: list[Diagnosis] = []
    for id_, diagnosis in known.items():
        fields = dict(overrides.get(id_) or {})
        off = _SWITCH.get(str(fields.pop("off", False)).lower())
        if off is None:
            mistakes.append((f"diagnoses.{id_}.off", "要写 true 或 false"))
        changed = _changed(id_, diagnosis, fields, mistakes)
        if not off:
            out.append(changed)
    seen: set[str] = set()
    for t in thresholds:
        if t.name in seen:
            mistakes.append(("thresholds", f"{t.name} 这个名字出现了两次"))
        seen.add(t.name)
    if mistakes:
        raise ConfigurationError(sorted(mistakes))
    return (*out, *thresholds)


def _changed(id_: str, diagnosis: Any, fields: Mapping[str, Any], mistakes: list[tuple[str, str]]) -> Any:
    defaults = {f.name: getattr(diagnosis, f.name) for f in dataclasses.fields(diagnosis)}
    renamed = RENAMED.get(id_, {})
    good: dict[str, float] = {}
    for name, value in fields.items():
        path = f"diagnoses.{id_}.{name}"
        if name in renamed:
            mistakes.append((path, f"已改名为 {renamed[name]}"))
        elif name not in defaults:
            mistakes.append((path, _unknown(name, [*defaults, "off"])))
        elif isinstance(value, bool) or not isinstance(value, int | float):
            mistakes.append((path, f"要写数，现在是 {value!r}"))
        elif not math.isfinite(value) or value < 0:
            mistakes.append((path, f"要是不小于 0 的有限的数，现在是 {value:g}"))
        elif isinstance(defaults[name], int) and (not float(value).is_integer() or value < 1):
            mistakes.append((path, f"数的是记录条数，要写不小于 1 的整数，现在是 {value!r}"))
        else:
            good[name] = int(value) if isinstance(defaults[name], int) else float(value)
    return dataclasses.replace(diagnosis, **good)


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"没有这个键，是不是 {near[0]}？" if near else f"没有这个键，可用：{'、'.join(sorted(known))}"


def rules(diagnoses: Sequence[Diagnosis]) -> list[dict[str, Any]]:
    """Every diagnosis: id, title, meaning, severity, and its thresholds.

    Of each threshold the value in force, its unit (empty: none), and where it came from: "default" or "config".
    """
    return [
        {
            "id": d.id,
            "title": d.title,
            "meaning": d.meaning,
            "severity": d.severity.word,
            "thresholds": _thresholds(d, default=next((other for other in ALL if other.id == d.id), None)),
        }
        for d in diagnoses
    ]


def _thresholds(diagnosis: Any, default: Diagnosis | None) -> dict[str, dict[str, Any]]:
    unit = units(type(diagnosis))
    out: dict[str, dict[str, Any]] = {}
    for field in dataclasses.fields(diagnosis):
        value = getattr(diagnosis, field.name)
        shown = value.word if isinstance(value, Severity) else value
        origin = "default" if default is not None and getattr(default, field.name) == value else "config"
        out[field.name] = {"value": shown, "unit": unit.get(field.name, ""), "from": origin}
    return out
