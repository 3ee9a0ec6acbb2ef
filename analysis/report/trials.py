"""What people measured by trying a checkpoint: with its interval, and in words."""

from __future__ import annotations

import math

from analysis.figures import num
from analysis.model import Trial, Usable
from analysis.scan.judges import WORTH

_Z = 1.96  # 95 %


def interval(trial: Trial) -> tuple[float, float]:
    """Wilson's interval of the rate, 95 %; the rate alone where nobody said how often it was tried.

    Wilson, J. Am. Stat. Assoc. 22 (1927): holds for few trials and for rates at 0 and 1.
    """
    n = trial.trials
    if not n:
        return trial.rate, trial.rate
    p, z2 = trial.rate, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def usable(trial: Trial) -> Usable:
    """Whether what was measured is worth something; unknown while too few trials leave it open."""
    low, high = interval(trial)
    return (
        "yes"
        if low >= WORTH
        else "no"
        if high < WORTH or (trial.rate == 0 and (trial.trials or 0) >= 10)
        else "unknown"
    )


def rate(trial: Trial) -> str:
    """`实测成功率 60%（12/20）`."""
    of = "" if trial.trials is None else f"（{trial.successes}/{trial.trials}）"
    return f"实测成功率 {num(100 * trial.rate, 3)}%{of}"


def whole(trial: Trial) -> str:
    """`实测成功率 60%（12/20，95% 区间 39–78%），第 5000 步`."""
    low, high = (num(100 * x, 2) for x in interval(trial))
    of = "" if trial.trials is None else f"（{trial.successes}/{trial.trials}，95% 区间 {low}–{high}%）"
    at = "" if trial.step is None else f"，第 {trial.step} 步"
    return f"实测成功率 {num(100 * trial.rate, 3)}%{of}{at}"
