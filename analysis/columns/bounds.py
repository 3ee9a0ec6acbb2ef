"""What a quantity cannot be, as far as the name of its column says what it is. Where a name leaves doubt there is none.

A loss may be negative in many healthy runs (densities, ELBOs, cosines, Wasserstein critics, surrogates), a KID is an
estimate without bias, an error rate of words exceeds 1, a log is of either sign: none of these stands here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from analysis.columns.names import Name, taken_apart
from analysis.columns.vocabulary import ACCURACY, COUNTS, EXTREME, LOSS, RETURNS, SECONDS, SPREAD, word_set

# Beside one of these a name means a difference, a logarithm, a bound of its own or a setting.
_ANOTHER = word_set(
    "log logs logit logits logprob logprobs logstd logvar logp logps lp neg negative minus gap diff difference delta "
    "change improvement gain margin margins relative rel skill normalized normalised norm zscore target threshold "
    "weight coef coeff lr grad grads gradient penalty bonus advantage advantages adv z ratio"
)
_ACCELERATION = word_set("dof joint lin ang linear angular base body imu motor torque vel velocity accum accumulated")
_RATED = word_set("success win collision completion hit pass match accuracy acceptance")


@dataclass(frozen=True, slots=True)
class Bound:
    """The least and the most that a quantity can be; `per_cent`: it is logged as a share or in per cent."""

    called: str
    least: float = -math.inf
    most: float = math.inf
    per_cent: bool = False


@lru_cache(maxsize=32_768)
def bound_of(key: str) -> Bound | None:
    """Of a column; None where its name does not settle what it is."""
    n = taken_apart(key)
    if n.explains:
        return Bound("explained variance", most=1.0)
    if n.bag & _ANOTHER:
        return None
    return next((bound for rule in _RULES if (bound := rule(n)) is not None), None)


def _distance(n: Name) -> Bound | None:
    """FID and FVD: tiny negative values are rounding; above a million a covariance has overflown."""
    for word in ("fid", "fvd"):
        if word in n.stems and not n.bag & (LOSS | RETURNS):
            return Bound(word.upper(), -0.01, 1e6)
    return None


def _perplexity(n: Name) -> Bound | None:
    return Bound("perplexity", least=1.0) if n.bag & {"ppl", "perplexity"} and not n.bag & (LOSS | {"ratio"}) else None


def _spread(n: Name) -> Bound | None:
    if not n.bag & SPREAD or n.bag & LOSS:
        return None
    return Bound("方差" if n.bag & {"var", "variance"} else "标准差", least=0.0)


def _error(n: Name) -> Bound | None:
    """Squares and sizes of errors, as a loss or beside one."""
    if n.bag & {"mse", "rmse"}:
        return Bound("均方误差", least=0.0)
    return Bound("绝对误差", least=0.0) if n.bag & {"mae"} else None


def _share(n: Name) -> Bound | None:
    """What is counted out of all there are. A reward for accuracy, and the acceleration of a joint, are none."""
    graded = n.bag & RETURNS and not n.bag & {"accuracies"}
    if graded or n.bag & (LOSS | SPREAD | EXTREME | SECONDS | COUNTS | _ACCELERATION):
        return None
    if n.bag & ACCURACY or (n.bag & _RATED and n.bag & {"rate", "frac", "fraction"}):
        return Bound("准确率" if n.bag & ACCURACY else "比率", 0.0, 1.0, per_cent=True)
    if n.stems & word_set("iou miou map auc auroc f1 dice") and not n.bag & {"saliency", "feature"}:
        return Bound("得分", 0.0, 1.0, per_cent=True)
    if n.bag & {"prob", "probability", "clipfrac"}:
        return Bound("概率", 0.0, 1.0, per_cent=True)
    return None


_RULES: tuple[Callable[[Name], Bound | None], ...] = (_distance, _perplexity, _spread, _error, _share)
