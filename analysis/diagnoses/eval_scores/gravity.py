"""How grave a fall is, by what it is measured in and how early it comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.diagnoses.eval_scores.drop import Drop
from analysis.model import Bools, Floats, Ints, Severity
from analysis.scan.units import Records, Share, Times


@dataclass(frozen=True)
class Gravity(Drop):
    info_ratio: Times = 1.1  # times the best error rate: info
    warning_ratio: Times = 1.25  # times it: a warning
    critical_ratio: Times = 2.0  # times it: critical
    lost_records: Records = 100  # without most of a return of training, whose plan nobody knows: two such levels,
    lost_for_good: Share = 0.67  # if they are this much of all records, twice as many as were before
    lost_share: Share = 0.25  # or this much of so many
    late_records: Records = (
        1_500  # that it has not just begun: a humanoid has its first hump, and its end, in a thousand
    )

    def severity_by_ratio(self, drop: Floats) -> Ints:
        """(n,) of Severity, by how many times (ln) an error rate stands above its best."""
        some = np.where(drop > np.log(self.warning_ratio), Severity.WARNING, Severity.INFO)
        return np.where(drop > np.log(self.critical_ratio), Severity.CRITICAL, some).astype(np.int64)

    def severity_while_early(self, size: Ints, held: Bools, gone: Bools) -> Ints:
        """Nobody knows how early this is: info, unless most is gone of what it had had for half of all records; or has
        been gone for longer than any hump of the beginning.
        """
        lost, n = rolling.streak(gone), np.arange(len(size)) + 1
        for_good = (lost >= self.lost_records) & (lost >= self.lost_for_good * n)
        long = for_good | (n >= self.late_records) & (lost >= self.lost_share * n)
        told = np.where(long, np.minimum(size, Severity.WARNING), Severity.INFO)
        return np.where((held | for_good) & (size == Severity.CRITICAL), size, told).astype(np.int64)


def severity_by_best(drop: Floats, best: Floats, plain: Bools) -> Ints:
    """(n,) of Severity, by what is left of a score that had hardly gained anything before its best."""
    some = np.where(plain, Severity.WARNING, Severity.INFO)
    return np.where(plain & (drop > np.abs(best) / 2), Severity.CRITICAL, some).astype(np.int64)


def running_median(x: Floats) -> Floats:
    """(n,) what half of all records so far exceed."""
    looked = rolling.log_spaced(len(x))
    middle = [rolling.median(x[: j + 1]) if looked[j] else np.nan for j in range(len(x))]
    return rolling.carried(np.array(middle, dtype=np.float64))
