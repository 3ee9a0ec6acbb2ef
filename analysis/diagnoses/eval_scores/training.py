"""What training gets right of its own batches, while nothing else is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.diagnoses.eval_scores.drop import onset
from analysis.diagnoses.eval_scores.words import FallWords, Said
from analysis.scan.recovery import Recovery
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.track import Track, track
from analysis.scan.training_score import BATCHES, TrainingScore
from analysis.scan.units import Records
from analysis.scan.view import View


@dataclass(frozen=True)
class TrainingFalls(FallWords):
    own_records: Records = 10  # of training, before which it has no level

    def training_track(self, view: View, of: TrainingScore) -> Track:
        """What training gets right of its own batches, while nothing else is measured: it stood at one level, and has
        stood at another since, beside a loss that has risen as well."""
        points, fall = of.points, of.points.descent
        lost = fall.best - rolling.rolling_max(points.x, BATCHES)
        fell = of.fell & (lost > self.min_drop_of_best * np.abs(fall.best)) & of.alone
        fell &= (lost > self.warning_share * fall.gain) & view.burnt_in(points, self.own_records)
        if fell.any():
            changes = np.cumsum(near_scheduled_change(view, points, 1))
            fell &= of.worse_since(fall.where) & (changes == changes[fall.where])
        none = np.full(len(points), np.nan)
        near = self.clear_drop_of_best * np.abs(fall.best)
        now = np.fmin(fall.level, points.median(BATCHES))
        said = Said(fall.best, fall.where, fall.gain, now, of.noise, none, np.zeros(len(points), dtype=bool))
        return track(
            points,
            firing=fell,
            clearing=lambda: ~of.alone | ~fell & (fall.level > fall.best - near),
            severity=lambda: self.severity_by_gain(np.fmax(fall.drop, lost), fall.gain),
            onset=lambda j: onset(points.x, int(fall.where[j]), j),
            words=lambda m: self.words_of_fall(view, points, said, m),
            recovery=lambda: Recovery(-rolling.filled(fall.level, -np.inf), near),
        )
