"""What a series of evaluations can be trusted for: how much one scatters, whether it drifts, in what steps it is
logged, how many episodes stand behind a rate. Causal, like everything in `analysis.arrays`.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Floats, Ints

MOST_DECIMALS = 12  # more than these, and a value was not rounded for printing


def scatter(x: Floats, window: int = 20) -> Floats:
    """Standard deviation of one eval, from second differences over the last `window`: few evals of a falling loss are
    mostly trend, which first differences take for noise. 0 for the first two."""
    if len(x) < 3:
        return np.zeros(len(x))
    sigma = rolling.BEND_TO_SIGMA * rolling.rolling_median(rolling.bends(x), window - 2)
    return np.concatenate([[0.0, 0.0], sigma])


def autocorrelation_time(x: Floats, lag: int = 6, window: int = 40, least: int = 30, most: float = 9.0) -> Floats:
    """(n,) how many evals are worth one because neighbours are alike: the square of how far they stray over `lag` evals
    over how far next neighbours differ. 1 for independent ones, 3.7 where neighbours correlate by 0.7. At most `most`:
    a smooth curve bends more over six evals than over one, which is not noise. 1 before `least` are known."""
    near, far = scatter(x, window), drift_std(x, lag, window, least)
    with np.errstate(all="ignore"):
        out = (far / near) ** 2
    return np.where(np.isfinite(out), np.clip(out, 1.0, most), 1.0)


def drift(x: Floats, since: Ints, sigma: Floats, least: int = 5, worth: Floats | None = None) -> Floats:
    """(n,) how many standard errors the line through x[since+1 .. j] rises by, per point j; 0 with fewer than `least`.

    The point `since` itself is left out: it was chosen for being extreme, and what follows it returns to the level by
    itself. Neighbouring evals are correlated (same weights but for a few updates, same few samples), so that n of them
    are worth n (1 - r) / (1 + r), with r the lag-1 correlation of the residuals. A short piece may lie on its line by
    chance: one eval scatters by at least `sigma` (n,), and at least `worth` (n,) of them count for one.
    """
    n = len(x)
    if n < least + 1:
        return np.zeros(n)
    y = x - x[0]
    i = np.arange(n, dtype=np.float64)
    first = since + 1  # of the piece; m points, at t = 0 .. m - 1
    m = np.maximum(np.arange(n) - since, 1).astype(np.float64)

    def total(values: Floats, fewer: int = 0) -> Floats:
        """Sum over the piece without its last `fewer` points. Accumulated, so that a prefix gives the same bits."""
        sums = np.concatenate([[0.0], np.cumsum(values)])
        upto = np.maximum(np.arange(1, n + 1) - fewer, 0)
        return np.asarray(sums[upto] - sums[np.minimum(first, upto)])

    after = np.append(y[1:], 0.0)  # the last is never summed
    s = first.astype(np.float64)
    with np.errstate(all="ignore"):
        sy, sty = total(y), total(i * y) - s * total(y)
        stt = m * (m * m - 1) / 12
        slope = (sty - (m - 1) / 2 * sy) / stt
        base = sy / m - slope * (m - 1) / 2
        residual = np.maximum(total(y * y) - sy * sy / m - slope * slope * stt, 0.0)
        one, other = total(y, 1), total(after, 1)
        t_one, t_other = total(i * y, 1) - s * one, total(i * after, 1) - s * other
        k = m - 1
        together = (
            total(y * after, 1)
            - base * (one + other)
            - slope * (t_other + t_one + one)
            + base * base * k
            + base * slope * k * k
            + slope * slope * k * (k * k - 1) / 3
        )
        # Residuals of a fitted line are correlated by about -2 / m even when the noise is not.
        r = np.clip(np.where(residual > 0, together / residual, 0.0) + 2 / m, 0.0, 0.9)
        one_eval = np.maximum(residual / np.maximum(m - 2, 1), sigma * sigma)
        for_one = np.maximum((1 + r) / (1 - r), 1.0 if worth is None else worth)
        error = np.sqrt(one_eval / stt * for_one)
        out = np.where(error > 0, slope / error, np.sign(slope) * np.inf)
    return np.where(np.isfinite(slope) & (m >= least), out, 0.0)


def resolution(x: Floats) -> Floats:
    """(n,) the step in which values have been logged so far: 1e-4 where each had four decimals. 0: no such step."""
    decimals = np.full(len(x), MOST_DECIMALS + 1)
    for d in range(MOST_DECIMALS, -1, -1):
        decimals[np.abs(np.round(x, d) - x) <= 1e-9 * np.abs(x)] = d
    most = np.maximum.accumulate(decimals) if len(x) else decimals
    return np.where(most <= MOST_DECIMALS, 10.0 ** -most.astype(np.float64), 0.0)


def drift_std(level: Floats, lag: int, window: int = 60, least: int = 10) -> Floats:
    """Standard deviation with which a smoothed series strays over `lag` points by itself: from its second differences
    at that lag, so that a steady climb does not count. NaN before there are `least`: an early climb bends, too."""
    out = np.full(len(level), np.nan)
    if len(level) > 2 * lag:
        out[2 * lag :] = rolling.BEND_TO_SIGMA * rolling.rolling_median(rolling.bends(level, lag), window, least)
    return out


MOST_EPISODES = 200  # a rate with more behind it is as good as continuous


def common_denominator(rates: Floats, least: int = 6) -> Floats:
    """(n,) the smallest k of which every rate so far has been a multiple of 1/k; NaN where there is none up to
    MOST_EPISODES, and before `least` rates: fewer may be multiples by chance."""
    out = np.full(len(rates), np.nan)
    if len(rates) < least:
        return out
    every = np.arange(MOST_EPISODES, 1, -1)
    begun = _whole(rates[:least] * every[:, None]).all(axis=1)
    for k in every[begun].tolist():
        out[least - 1 :][np.logical_and.accumulate(_whole(rates * k))[least - 1 :]] = k
    return out


def _whole(x: Floats) -> Bools:
    return np.asarray(np.abs(x - np.round(x)) < 1e-3)


FEWEST_TURNS = 3  # from one of two values to the other and back: no mean of several tries does that


def one_try(x: Floats) -> Bools:
    """(n,) every value so far was one of two, by turns: each evaluation is one rollout that succeeds or does not."""
    if not len(x):
        return np.zeros(0, dtype=bool)
    two = np.logical_and.accumulate((x == x[0]) | (x == _second(x)))
    return np.asarray(two & (np.cumsum(np.diff(x, prepend=x[0]) != 0) >= FEWEST_TURNS))


def _second(x: Floats) -> float:
    """The first value that is not the very first one; NaN where there is none."""
    others = x[x != x[0]]
    return float(others[0]) if len(others) else np.nan


def as_rate(x: Floats, *, percent: bool) -> Floats:
    """(n,) by what each value is divided to be a share: 100 for percentages, as their name (`percent`)
    or a value above 1.5 shows."""
    return np.where(rolling.running_max(np.abs(x)) > 1.5, 100.0, 100.0 if percent else 1.0)
