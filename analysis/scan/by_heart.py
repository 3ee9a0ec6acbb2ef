"""Whether next to nothing is left of the training loss: what a run was shown it knows by heart."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.arrays import rolling
from analysis.scan.view import View

LEFT = 0.1  # of the first loss
NATS = 0.1  # of a cross-entropy: nine in ten is what it gives the right answer
FEWEST = 8  # records
LATEST = 5  # records whose middle one is looked at


@dataclass(frozen=True)
class ByHeart:
    first: float
    now: float


def by_heart(view: View) -> ByHeart | None:
    """The training loss at first and at the end, where it has come down to a tenth and to next to nothing."""
    loss = view.role("loss")
    if loss is None or len(loss) < FEWEST or loss.kind.group != "train":
        return None
    first, now = float(loss.x[0]), rolling.median(loss.x[-LATEST:])
    return ByHeart(first, now) if 0 <= now < min(NATS, LEFT * first) else None
