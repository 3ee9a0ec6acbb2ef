"""What an advice says to change in a config: declared once, so that nothing is advised that the config has already,
and that it can be seen whether somebody did and what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from analysis.columns.vocabulary import OT
from analysis.facts import Facts


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change. `said`: the words by which an advice gives it, since a diagnosis advises by what it sees.

    of      what a config states of it; None: nothing
    lowest  of what is lowered: a config that is there already is not advised to go on
    """

    said: str
    of: Callable[[Facts], Any]
    way: Literal["on", "lower", "raise"]
    lowest: float | None = None
    alone: str = ""  # the words where it stands by itself, if they are others

    @property
    def name(self) -> str:
        return self.alone or self.said

    def answered(self, facts: Facts) -> bool:
        """Whether a config is such that it is no advice any more."""
        value = self.of(facts)
        if self.way == "on":
            return _on(value)
        return self.lowest is not None and value is not None and value <= self.lowest

    def tried(self, before: Facts, after: Facts) -> tuple[Any, Any] | None:
        """(before, after) where it was changed the way that was advised; else None."""
        a, b = self.of(before), self.of(after)
        if self.way == "on":
            return (a, b) if _on(b) and not _on(a) else None
        if not isinstance(a, int | float) or not isinstance(b, int | float):
            return None
        return (a, b) if (b < a if self.way == "lower" else b > a) else None


def one_of(facts: Facts, *remedies: Remedy, lead: str = "", instead: str = "") -> str:
    """`再试降 lr 或收紧 clip`: those that the config has not answered; `instead` where it has answered them all."""
    left = [remedy.said for remedy in remedies if not remedy.answered(facts)]
    return f"{lead}{' 或 '.join(left)}" if left else instead


def _on(value: Any) -> bool:
    return value not in (None, False, 0, "", "none", "None", "off", "false", "False", "no")


_NORMALISED = ("normalize_cost", "normalise_cost", "cost_normalization", "cost_normalize", "cost_norm", "norm_cost")

_ENTROPY = ("ent_coef", "entropy_coef", "entropy_coeff")
_KL_WEIGHT = ("kl_coef", "kl_loss_coef", "init_kl_coef", "beta")
LOWEST_LR = 5e-7  # DPO and GRPO on large models are run at it; what still goes wrong there is not for too large steps
LOWEST_CLIP = 0.1  # the tightest in use: below it every step is cut, and the lr decides alone

LOWER_LR = Remedy("降 lr", lambda facts: facts.lr, "lower", LOWEST_LR)
TIGHTER_CLIP = Remedy("收紧 clip", lambda facts: facts.clip, "lower", LOWEST_CLIP)
WIDER_NUMBERS = Remedy("改 bf16", lambda facts: facts.precision in {"bf16", "fp32"} or None, "on")
EARLY_STOP_BY_KL = Remedy(
    "开 target_kl 早停", lambda facts: facts.number("target_kl", least=1e-9), "on", alone="target_kl 早停"
)
LESS_ENTROPY = Remedy("降 ent_coef", lambda facts: facts.number(*_ENTROPY, least=0), "lower", lowest=0.0)
MORE_KL = Remedy("加大 KL 系数", lambda facts: facts.number(*_KL_WEIGHT, least=0), "raise")
FEWER_EPOCHS = Remedy("减少轮数", lambda facts: facts.planned_epochs, "lower", lowest=1.0)
MORE_WORKERS = Remedy(
    "num_workers",
    lambda facts: facts.number("num_workers", "dataloader_num_workers", least=0),
    "raise",
    alone="加大 num_workers",
)
NORMALISED_COST = Remedy(
    "归一化",
    lambda facts: (
        facts.value(*_NORMALISED)
        if facts.value(*_NORMALISED) is not None
        else facts.value("normalize", "normalise", "normalization", under=OT)
    ),
    "on",
    alone="代价归一化",
)
