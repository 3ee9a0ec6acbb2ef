"""Curves that are logged twice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.model import Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.track import Track, track
from analysis.scan.units import Records, Share
from analysis.scan.view import Points, View

# Settings and readings of time are often logged under two names; so is a score that is also the reward.
_EQUAL_BY_DESIGN = {"lr", "count", "time", "weight", "update_time", "data_time", "rate", "score", "step", "system"}


@dataclass(frozen=True)
class MetricDuplicate(CausalDiagnosis):
    """Two curves equal point by point: logged twice, or one of them is not what its name says."""

    id = "metric-duplicate"
    title = "有指标重复记录"
    severity = Severity.INFO
    meaning = "两个指标逐点相等：同一个值记了两遍，或其中一条名不副实。"
    clears = "两条曲线连续几次记录出现不同"
    mistaken_for = "只有一项 loss 时，总 loss 本来就等于它；框架自带的别名列也会相等"
    impact = Impact.NONE
    panel = "none"  # nothing to see: two curves on top of each other

    common_points: Records = 20  # points, all equal; two curves may begin alike
    tolerance: Share = 1e-6  # relative: what float32 leaves of equal values

    def tracks(self, view: View) -> Iterable[Track]:
        groups: dict[bytes, list[Points]] = {}
        applies = False
        for key in view.keys(*{k.name for k in view.roles.kinds.values()} - _EQUAL_BY_DESIGN):
            if re.search(r"(^|[/_.])lr\d*$", key.lower()):
                continue  # of the groups of an optimizer
            p = view.column(key)
            applies = applies or len(p) > 0
            if len(p) >= self.common_points and len(np.unique(p.x[: self.common_points])) > 1:
                groups.setdefault(p.rows[: self.common_points].tobytes(), []).append(p)
        if applies and not groups:  # looked at, nothing comparable yet
            first = view.column(min(view.roles.kinds))
            nothing = np.zeros(len(first), dtype=bool)
            yield track(
                first, firing=nothing, clearing=nothing, severity=Severity.INFO, words=lambda m: Words("", "", "")
            )
        for group in groups.values():
            yield from self._pairs(group)

    def _pairs(self, group: list[Points]) -> Iterable[Track]:
        n = self.common_points
        group = sorted(group, key=lambda p: p.key)
        heads = np.stack([p.x[:n] for p in group])
        taken = np.zeros(len(group), dtype=bool)
        # What is equal point by point has equal means, too: of thousands of columns each is compared with a few.
        weights = np.arange(1, n + 1) / (n * (n + 1) / 2)
        mean, spread = heads @ weights, 2 * self.tolerance * (np.abs(heads) @ weights)
        by_mean = np.argsort(mean)
        begin = np.searchsorted(mean[by_mean], mean - spread)
        end = np.searchsorted(mean[by_mean], mean + spread, side="right")
        for i, a in enumerate(group):
            if taken[i]:
                continue
            near = np.sort(by_mean[begin[i] : end[i]])
            near = near[(near > i) & ~taken[near]]
            alike = (np.abs(heads[near] - heads[i]) <= self.tolerance * np.abs(heads[near])).all(axis=1)
            for k in near[alike].tolist():
                taken[k] = True
                yield self._track(group[k], a)

    def _track(self, b: Points, a: Points) -> Track:
        at = np.searchsorted(a.rows, b.rows)
        inside = at < len(a)
        same_row = inside & (a.rows[np.minimum(at, len(a) - 1)] == b.rows)
        equal = same_row & np.isclose(b.x, a.x[np.minimum(at, len(a) - 1)], rtol=self.tolerance, atol=0)
        j = self.common_points - 1
        firing = np.zeros(len(b), dtype=bool)
        firing[j] = True  # only the start of both is compared: what differs there is no duplicate
        evidence = {"a": b.key, "b": a.key}
        words = Words(
            "有指标重复记录",
            f"{_pair(b.key, a.key)} 逐点相等：{_why(a, b)}",
            "看一条即可",
            "确定",
            evidence,
        )
        return track(
            b,
            firing=firing,
            clearing=lambda: rolling.sustained(~equal & same_row, 3),
            severity=Severity.INFO,
            metrics=(a.key,),
            onset=lambda _: 0,
            words=lambda _: words,
        )


def _why(a: Points, b: Points) -> str:
    """A total loss of one term is that term."""
    if "loss" in {a.kind.role, b.kind.role} and {a.kind.group, b.kind.group} == {"train"}:
        return "总 loss 只有这一项，或重复记录"
    return "重复记录，或一条口径不符"


def _pair(b: str, a: str) -> str:
    """Two column names in a sentence: without the folder they share; of long ones the words in which they differ, with
    those beside them."""
    folder = a[: a.rfind("/") + 1]
    if folder and b.startswith(folder):
        a, b = a[len(folder) :], b[len(folder) :]
    if max(len(a), len(b)) > LONGEST:
        x, y = a.split("_"), b.split("_")
        same = next((i for i, (p, q) in enumerate(zip(x, y, strict=False)) if p != q), min(len(x), len(y)))
        a, b = ("_".join(parts[max(0, same - 2) :]) for parts in (x, y))
    return f"{_cut(b, BOTH - min(len(a), LONGEST))} 与 {_cut(a, BOTH - min(len(b), LONGEST))}"


LONGEST = 17  # characters of a name in a sentence that has two
BOTH = 36  # of the two


def _cut(key: str, limit: int) -> str:
    return key if len(key) <= limit else f"{key[: limit // 2]}…{key[-(limit // 2) :]}"
