"""How many steps an episode of an agent takes, as it is logged; and whether more is earned as they become more."""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.columns.names import words
from analysis.columns.vocabulary import EXTREME
from analysis.scan.view import Points, View

EPISODE, STEPS = {"ep", "eps", "episode"}, {"step", "steps", "len", "length"}


def episode_lengths(view: View, row: int) -> Points | None:
    """Known by this row; the first by name of several."""
    for key in sorted(view.history.columns):
        name = set(words(key))
        if name & EPISODE and name & STEPS and not name & EXTREME and view.history.columns[key].rows[0] <= row:
            return view.column(key)
    return None


LITTLE_GAIN = 0.17  # of all that was gained: a return that rises like a logarithm gains twice that
MIN_RECORDS = 40


def stands(reward: Points, row: int) -> bool:
    """Over the second half of its records by this row it has gained next to nothing of all that it has gained."""
    half, late, n = _halves(reward, row)
    return n >= MIN_RECORDS and late - half < LITTLE_GAIN * max(late - float(reward.gain.start[n - 1]), 1e-12)


def grew(lengths: Points, row: int) -> float:
    """How many times as long episodes are as they were half of the records ago; 0 of too few."""
    half, late, n = _halves(lengths, row)
    return late / half if n >= MIN_RECORDS and half > 0 else 0.0


def _halves(points: Points, row: int) -> tuple[float, float, int]:
    """Where it stood before the middle of its records by this row, where it stands at their end; how many they are."""
    n = int(np.searchsorted(points.rows, row, side="right"))
    if n < MIN_RECORDS:
        return np.nan, np.nan, n
    return rolling.median(points.x[n // 4 : n // 2]), rolling.median(points.x[n - n // 4 : n]), n
