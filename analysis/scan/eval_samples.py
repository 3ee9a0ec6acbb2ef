"""Of how many samples an evaluation is, as the Trainer of Hugging Face gives away beside each: its seconds, and how
many samples it did in one.
"""

from __future__ import annotations

import re

import numpy as np

from analysis.arrays import rolling
from analysis.model import Floats
from analysis.scan.view import Points, View

_PREFIX = re.compile(r"^.*?(?:eval|test|valid|val)[_/]")


def samples(view: View, score: Points) -> Floats:
    """(n,) behind each value of a score; NaN where unknown."""
    unknown, found = np.full(len(score), np.nan), _PREFIX.match(score.key)
    if found is None:
        return unknown
    keys = [found.group() + name for name in ("runtime", "samples_per_second")]
    if any(key not in view.history.columns for key in keys):
        return unknown
    seconds, rate = (view.column(key) for key in keys)
    each = (rolling.take_or(p.x, view.latest(score, p), np.nan) for p in (seconds, rate))
    return np.asarray(np.round(next(each) * next(each)), dtype=np.float64)
