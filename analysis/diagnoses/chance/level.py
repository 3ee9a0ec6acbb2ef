"""A level at which a loss says that nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from analysis.arrays.dwell import Dwell, Life, Rest, dwell, fallen_back, life, rest
from analysis.model import Bools, Severity
from analysis.scan.view import Points

KNEW = 1.0  # nats below the guess, of what had been learnt before


@dataclass(frozen=True, eq=False)
class Level:
    """A loss that says that nothing is known, and where it is asked, (n,). `called`: how a sentence writes it.

    The loss sits there from `band` below to `above` over it; for two thirds of its life, or for the last `lately`.
    """

    points: Points
    value: float
    called: str
    asked: Bools
    band: float
    above: float
    lately: int | None = None
    all_along: bool = False  # it has never left: seen by whoever asks
    top: Severity = Severity.CRITICAL
    advice: str = "先用一个 batch 试过拟合，查标签对齐、输入与 lr"
    guess: str = "随机猜"
    ruined: bool = False  # it had known more, and is even over all words now: no weight of that comes back

    @cached_property
    def seen(self) -> Dwell | Rest | Life:
        if self.all_along:
            return life(self.points.x)
        if self.ruined and self.lately is not None:
            return fallen_back(self.points.x, self.value, self.band, self.lately, KNEW)
        if self.lately is not None:
            return rest(self.points.x, self.value, self.band, self.lately)
        return dwell(self.points.x, self.value, self.band, self.above, self.points.plain_noise)
