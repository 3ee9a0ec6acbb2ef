"""Thresholds from the configuration: the same kind of episode as everything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.arrays import rolling
from analysis.figures import num
from analysis.model import Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.track import Moment, Track, track
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class Threshold(CausalDiagnosis):
    """One metric above or below a value for `points` consecutive points. Clears after twice as many beyond a margin.

    A NaN counts as beyond the limit: it is not fine.
    """

    impact = Impact.NONE  # its owner's business

    name: str
    metric: str
    limit: float
    side: Literal["above", "below"]
    points: int = 1
    severity: Severity = Severity.WARNING
    margin: float = 0.2  # of the limit

    def __post_init__(self) -> None:
        side = "高于" if self.side == "above" else "低于"
        meaning = f"自定义的阈值：{self.metric} 连续 {self.points} 次{side} {num(self.limit)}。"
        # What others declare on their class; a frozen dataclass takes no other way.
        back = "低于" if self.side == "above" else "高于"
        clears = f"连续 {2 * self.points} 次{back}阈值，且离它 {num(100 * self.margin)}% 以上"
        declared = {"id": f"threshold:{self.name}", "title": f"阈值 {self.name}", "meaning": meaning, "clears": clears}
        for name, value in declared.items():
            object.__setattr__(self, name, value)

    def tracks(self, view: View) -> Iterable[Track]:
        if self.metric in view.history.columns:
            yield self._track(view.column(self.metric, finite=False))

    def _track(self, points: Points) -> Track:
        sign = 1.0 if self.side == "above" else -1.0
        with np.errstate(invalid="ignore"):
            beyond = ~(sign * points.x <= sign * self.limit)
            safe = sign * points.x < sign * self.limit - self.margin * abs(self.limit)
        return track(
            points,
            firing=rolling.sustained(beyond, self.points),
            clearing=lambda: rolling.sustained(safe, 2 * self.points),
            severity=self.severity,
            onset=lambda j: j - self.points + 1,
            words=lambda m: self._words(points, m),
        )

    def _words(self, points: Points, m: Moment) -> Words:
        value = float(points.x[m.now])
        shown = num(value) if np.isfinite(value) else "NaN" if np.isnan(value) else "Inf"
        evidence = {
            "value": value if np.isfinite(value) else None,
            "limit": self.limit,
            "side": self.side,
            "for": self.points,
        }
        side = "高于" if self.side == "above" else "低于"
        metric = points.key if len(points.key) <= 16 else f"…{points.key[-15:]}"
        if m.over:
            return Words(f"{self.name} 回到阈值内", f"{metric} 现为 {shown}", "", "确定", evidence)
        return Words(
            f"{self.name}：{metric} {shown}",
            f"第 {int(points.at[m.onset])} 步起{side} {num(self.limit)}，已 {m.now - m.onset + 1} 次记录",
            "",
            "确定",
            evidence,
        )
