"""What the loss of guessing is, and of which loss it can be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.columns.family import Family
from analysis.columns.names import taken_apart
from analysis.facts.classes import vocabulary
from analysis.model import Bools
from analysis.scan.units import Evals, Nats, PlanShare, Share
from analysis.scan.view import Points, View

SMALLEST_VOCABULARY = 32_000  # of the language models in use: a loss at its logarithm is chance for larger ones, too
# Their losses are of no classes.
OTHER_LOSSES = (Family.RL, Family.GAN, Family.IMITATION, Family.VLA, Family.DIFFUSION, Family.PREFERENCE)
LANGUAGE = (Family.SFT, Family.PRETRAINING)
# Beside one of these a total is no single cross-entropy.
SEVERAL_TERMS = {"map", "miou", "bbox", "box", "giou", "dfl", "objectness", "dice", "fid"}


@dataclass(frozen=True)
class Guess:
    """Thresholds that several of them share."""

    band: Nats = 0.012  # below the level of two classes
    band_share: Share = 0.006  # the same of a larger level
    critical_progress: PlanShare = 1 / 3
    slow_progress: PlanShare = 0.2  # of what rests there at first, and leaves: pairs, masked words
    language_band: Nats = 0.05
    class_hold: Evals = 8
    fewest_at_end: Evals = 5  # records of a run that has ended: a handful is all that there will be
    ended_band: Nats = 0.035  # below ln 2: less has been learnt by the end than a tenth of the errors is worth

    def closing(self, view: View, points: Points) -> Bools:
        """(n,) the last record that there will ever be, where there is a handful of them."""
        return view.at_end(points) & (len(points) >= self.fewest_at_end)

    def band_of(self, level: float) -> float:
        return max(self.band, self.band_share * level)


def of_vocabulary(view: View) -> tuple[float, str]:
    """The loss of guessing among all tokens, and how a sentence writes it."""
    size = vocabulary(view.facts)
    return float(np.log(size or SMALLEST_VOCABULARY)), f"ln {size}" if size else "ln 32000"


def of_one_term(view: View, points: Points) -> Bools:
    """(n,) no column is known yet that only a loss of several terms has beside it."""
    begun = (int(c.rows[0]) for k, c in view.history.columns.items() if taken_apart(k).stems & SEVERAL_TERMS)
    return np.asarray(points.rows < min(begun, default=len(view.history)))
