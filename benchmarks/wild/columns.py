"""Whole columns as most trainers log them: losses, scores, and what is made of other columns."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats, Ints
from benchmarks.wild.sketch import Anchors, Derived, Line, Scale, Touch, clipped, gaussian


def loss(
    trend: Anchors, sd: float = 0.03, *, steps: Ints | None = None, pace: Scale = "linear", then: tuple[Touch, ...] = ()
) -> Line:
    """A loss: relative noise."""
    return Line(trend, "log", pace, noise=(gaussian(sd),), then=then, at=steps)


def score(
    trend: Anchors, sd: float = 0.01, *, steps: Ints | None = None, then: tuple[Touch, ...] = (), top: float = 1.0
) -> Line:
    """A score between 0 and `top`."""
    return Line(trend, noise=(gaussian(sd),), then=(clipped(0.0, top), *then), at=steps)


def same(column: str) -> Derived:
    """The same numbers under a second name."""
    return Derived((column,), lambda x: x)


def total(*columns: str, then: tuple[Touch, ...] = ()) -> Derived:
    """Their sum, as of parts of a loss or a reward."""

    def add(first: Floats, *rest: Floats) -> Floats:
        for x in rest:
            first = first + x
        return first

    return Derived(columns, add, then)


def margin(chosen: str, rejected: str) -> Derived:
    return Derived((chosen, rejected), lambda c, r: c - r)


def kl_term(beta: float, decimals: int = 4, of: str = "train/kl") -> Derived:
    """The logged loss of on-policy GRPO: advantages cancel, what is left is the KL term."""
    return Derived((of,), lambda kl: np.round(beta * kl, decimals))
