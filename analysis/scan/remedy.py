"""What an advice says to change in a config: declared beside the advice, so that it can be seen whether somebody did
and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from analysis.columns.vocabulary import OT
from analysis.facts import Facts


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change. `said`: the words by which an advice gives it, since a diagnosis advises by what it sees."""

    said: str
    name: str  # the same alone
    of: Callable[[Facts], Any]  # what a config states of it; None: nothing
    way: Literal["on", "lower", "raise"]

    def tried(self, before: Facts, after: Facts) -> tuple[Any, Any] | None:
        """(before, after) where it was changed the way that was advised; else None."""
        a, b = self.of(before), self.of(after)
        if self.way == "on":
            return (a, b) if _on(b) and not _on(a) else None
        if not isinstance(a, int | float) or not isinstance(b, int | float):
            return None
        return (a, b) if (b < a if self.way == "lower" else b > a) else None


def _on(value: Any) -> bool:
    return value not in (None, False, 0, "", "none", "None", "off", "false", "False", "no")


_NORMALISED = ("normalize_cost", "normalise_cost", "cost_normalization", "cost_normalize", "cost_norm", "norm_cost")

LOWER_LR = Remedy("降 lr", "降 lr", lambda facts: facts.lr, "lower")
TIGHTER_CLIP = Remedy("收紧 clip", "收紧 clip", lambda facts: facts.clip, "lower")
MORE_WORKERS = Remedy(
    "num_workers",
    "加大 num_workers",
    lambda facts: facts.number("num_workers", "dataloader_num_workers", least=0),
    "raise",
)
NORMALISED_COST = Remedy(
    "归一化",
    "代价归一化",
    lambda facts: (
        facts.value(*_NORMALISED)
        if facts.value(*_NORMALISED) is not None
        else facts.value("normalize", "normalise", "normalization", under=OT)
    ),
    "on",
)
