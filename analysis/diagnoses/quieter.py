"""After a false alarm: the smallest change of one threshold with which a rule would have kept silent. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analysis.model import Severity
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from analysis.scan.units import units

# A rule that has to be made more than ten times as blunt for one alarm is not off by its threshold.
_FACTORS = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
_SIZES = frozenset({"倍", "σ", "ln", "nats", "占比"})  # what says how far something is out; a count of points does not
_RECOVERY = ("clear", "settled")  # these say when it is over, or when to begin


@dataclass(frozen=True, slots=True)
class Quieter:
    """One threshold changed: its field, what it was and is now, and its unit."""

    field: str
    old: float
    new: float
    unit: str
    diagnosis: CausalDiagnosis  # with it


def quieter(
    reading: Reading, diagnosis: CausalDiagnosis, metric: str, onset_row: int, least: Severity
) -> Quieter | None:
    """The smallest change with which `diagnosis` raises nothing of `least` or worse about `metric` at or after
    `onset_row`; None: no such change does.
    """
    for change in _changes(diagnosis):
        of_it = [e for e in scan(reading, [change.diagnosis]).episodes if e.metrics[:1] == (metric,)]
        if not any(e.severity >= least and (e.open or e.last.row >= onset_row) for e in of_it):
            return change
    return None


def _changes(diagnosis: Any) -> Iterator[Quieter]:
    """Small ones first; of equal ones in the order in which the class declares its thresholds."""
    unit = units(type(diagnosis))
    names = [
        f.name for f in dataclasses.fields(diagnosis) if unit.get(f.name) in _SIZES and not f.name.startswith(_RECOVERY)
    ]
    for factor in _FACTORS:
        for name in names:
            old = float(getattr(diagnosis, name))
            for new in (old * factor, old / factor):
                rounded = float(f"{new:.3g}")
                if rounded != old and (unit[name] != "占比" or rounded < 1):
                    changed = dataclasses.replace(diagnosis, **{name: rounded})
                    yield Quieter(name, old, rounded, unit[name], changed)
