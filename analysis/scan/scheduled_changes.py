"""Changes that move a loss by design: an lr restart, a new stage, another batch size, a weight of a loss that rises."""

from __future__ import annotations

from functools import partial

import numpy as np

from analysis.arrays import rolling
from analysis.model import Bools, Ints
from analysis.scan.view import Points, View

WARM_UP = 5  # points after a rise of lr to a new height
EVENTS = ("lr", "stage", "batch_size", "beta")


def near_scheduled_change(view: View, points: Points, span: int = 20, events: tuple[str, ...] = EVENTS) -> Bools:
    """(n,) whether each point lies within `span` points after a change of one of these roles,
    in a way that moves a loss.

    lr and loss weights (`beta`) count where they rise, lr by half or more; stage and batch size wherever they change.
    """
    out = np.zeros(len(points), dtype=bool)
    for role in events:
        rows, new = view.once(f"{role}\0changes", partial(_changes, view, role))
        # A warm-up goes where no lr has been: what comes long after it is not its doing.
        spans = np.where(new, min(span, WARM_UP), span)
        for j, length in zip(np.searchsorted(points.rows, rows).tolist(), spans.tolist(), strict=True):
            out[j : j + length] = True
    return out


def loss_redefined(view: View, points: Points, span: int) -> Bools:
    """(n,) another loss, or the same of other data, since less than `span` points: its level may be any."""
    return near_scheduled_change(view, points, span, ("stage", "batch_size", "beta"))


def lifted_by_lr(view: View, points: Points, span: int) -> Bools:
    """(n,) a warm-up, or an lr that went up less than `span` points ago: it lifts a loss, within limits."""
    return near_scheduled_change(view, points, span, ("lr",)) | ~view.past_warmup(points)


def _changes(view: View, role: str) -> tuple[Ints, Bools]:
    """(rows in which what holds a role has changed, whether an lr went where it had never been)."""
    other = view.role(role)
    if other is None or len(other) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    rise = np.diff(other.x) > (0.5 * np.abs(other.x[:-1]) if role == "lr" else 0)
    if role in {"stage", "batch_size"}:
        rise = np.diff(other.x) != 0
    rows = other.rows[1:][rise]
    if role != "lr":
        return rows, np.zeros(len(rows), dtype=bool)
    return rows, other.x[1:][rise] > 1.01 * np.maximum.accumulate(other.x)[:-1][rise]


def weights_rise(view: View, points: Points) -> Bools:
    """(n,) points by which a logged weight of a loss has risen since the point before:
    the total is another sum from there.
    """
    out = np.zeros(len(points), dtype=bool)
    for key in view.keys("weight"):
        weight = view.column(key)
        rises = weight.rows[1:][np.diff(weight.x) > 0]
        at = np.searchsorted(points.rows, rises)
        out[at[at < len(out)]] = True
    return out


FIRST_RATIOS, ALIKE, MOSTLY_ALIKE = 5, 0.1, 0.9  # records; by which a ratio differs at most, in so many of them


def is_a_penalty(view: View, points: Points) -> Bools:
    """(n,) the loss is the KL to a reference, times its weight: as advantages average to 0 nothing else is left of it.
    It begins at 0 and grows as the policy leaves its reference, which is judged as a KL."""
    away = view.role("ref_kl") or view.role("kl")
    if away is None or not len(away) or not len(points):
        return np.zeros(len(points), dtype=bool)
    beside = rolling.take_or(away.x, view.latest(points, away), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where((points.x > 0) & (beside > 0), points.x / beside, np.nan)
    known = np.flatnonzero(np.isfinite(ratio))
    if len(known) < FIRST_RATIOS:
        return np.zeros(len(points), dtype=bool)
    usual = rolling.median(ratio[known[:FIRST_RATIOS]])
    alike = np.abs(ratio / usual - 1) < ALIKE
    share = np.cumsum(alike) / np.maximum(np.cumsum(np.isfinite(ratio)), 1)
    return np.asarray((share > MOSTLY_ALIKE) & (np.arange(len(points)) >= known[FIRST_RATIOS - 1]))
