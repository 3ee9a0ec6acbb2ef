"""What goes wrong anywhere: each takes a sheet, writes the fault into it and says what an expert would flag."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.detection.families.shapes import ramp
from benchmarks.detection.families.sheet import Break, Fault, Sheet, fault


def nan_from(key: str, share: float, *, block: str | None = None, for_good: bool = True) -> Break:
    """A value that is not a number from here on."""

    def apply(s: Sheet) -> Fault:
        b = s.train if block is None else s.block(block)
        first = int(share * b.n)
        b.columns[key][first : None if for_good else first + 3] = np.nan
        return fault("nan-inf", float(s.shared(b)[first]) - 1e-9, min(1.0, share + 0.05))

    return apply


def slower(share: float, times: float, *keys: str) -> Break:
    """Each step takes longer from here on; `keys` are the columns that say so (rates divide)."""

    def apply(s: Sheet) -> Fault:
        late = s.after(share)
        s.seconds[late] *= times
        for key in keys:
            up = key.startswith("/")
            values = s.train.columns[key.removeprefix("/")]
            values[late] = values[late] / times if up else values[late] * times
        return fault("throughput-drop data-bound", share, min(1.0, share + 0.25))

    return apply


def climb(
    key: str,
    share: float,
    times: float,
    *,
    over: float = 0.2,
    others: Mapping[str, float] | None = None,
    ids: str = "divergence loss-jump loss-spike grad-explode",
) -> Break:
    """The loss rises for good: by `times` within `over` of the run. `others` rise with it by factors of their own."""

    def apply(s: Sheet) -> Fault:
        up = ramp(s.x, share, share + over)
        for column, by in {key: times, **(others or {})}.items():
            s.train.columns[column] = s.train.columns[column] * by**up
        return fault(ids, share, min(1.0, share + over + 0.15))

    return apply


def fall(
    key: str, block: str | None, share: float, to: float, *, over: float = 0.15, ids: str = "eval-regress"
) -> Break:
    """A score comes down from where it stood to `to` of it, and stays down."""

    def apply(s: Sheet) -> Fault:
        b = s.train if block is None else s.block(block)
        down = ramp(s.shared(b), share, share + over)
        b.columns[key] = b.columns[key] * to**down
        return fault(ids, share, 1.0)

    return apply


def schedule_too_short(key: str, share: float) -> Break:
    def apply(s: Sheet) -> Fault:
        s.train.columns[key] = np.where(s.x < share, s.train.columns[key] * (1 - ramp(s.x, 0, share)), 0.0)
        return fault("lr-zero", share - 0.01, 1.0)

    return apply
