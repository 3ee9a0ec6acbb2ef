"""What differs between the configs of two runs: what may change the result, most telling first.

Where a run was written to, what it is called and when it began says nothing about how it trains, so paths, names,
hosts, dates and output folders are no drift. A secret is never told, not even that it differs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.columns.vocabulary import word_set
from analysis.facts.config import Config
from analysis.figures import num

# Impact, in the order in which a reader should suspect it: of unknown impact, a repetition on purpose.
LR, BATCH, OPTIMISER, WEIGHTS, DATA, MODEL = range(6)
OTHER, SEED = 7, 8

# What changes a result.
_LR = word_set("lr warmup scheduler schedule annealing")
_BATCH = word_set("accumulation accumulate gpus processes nodes")
_OPTIMISER = word_set("optimizer optimiser optim betas momentum decay clip ema precision amp dtype bf16 fp16")
_WEIGHTS = word_set("weight weights coef coeff lambda beta reg tau gamma temperature")
_DATA = word_set("dataset datasets data revision episodes augmentation augmentations transforms env task tasks")
_MODEL = word_set("policy model pretrained base lora peft dim layers heads chunk dropout horizon act")

_SECRET = word_set("secret secrets password passwd token key apikey credential credentials auth authorization")
# Where, when and by whom; and how it is watched.
_PLACE = word_set(
    "dir dirs directory folder root output out host hostname port ip user username email date time timestamp "
    "started url uri wandb log logs logging logger save verbose debug print progress workers prefetch pin device "
    "rank job resume hub push experiment exp group video checkpoint ckpt tags notes comment description pid cache "
    "entity project"
)
_HOW_OFTEN = word_set("freq frequency interval every steps")
_NAME = word_set("name id path file")  # of the run itself; of a data set or a model they say which one
_ELSEWHERE = re.compile(r"^(?:[~/\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\]|[a-z][a-z0-9+.-]*://)")
_DATED = re.compile(r"\b20\d\d[-_/]?[01]\d[-_/]?[0-3]\d|\b\d\d[-:]\d\d[-:]\d\d\b")
_SECRETIVE = re.compile(r"^(?:sk-|hf_|gh[opsu]_|xox|glpat-|AKIA|eyJ|local-)|^[A-Za-z0-9+/_=-]{48,}$")
_VAGUE = word_set("type name id repo_id path value size weight enabled steps")
_LONGEST = 14  # characters of a value that one line can hold


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs. `here` and `there` as a line shows them; `—` where a run does not have the key."""

    key: str
    here: str
    there: str
    impact: int  # rank: the lower, the sooner to suspect

    @property
    def leaf(self) -> str:
        """The end of the key that still says what it is: `lr`, `optimizer.type`."""
        parts = self.key.split(".")
        return ".".join(parts[-2:] if parts[-1] in _VAGUE else parts[-1:])


def drift(here: Config, there: Config, *, whole: bool = False) -> tuple[Change, ...]:
    """Every difference that may matter, the most telling first. A key that only one of them has counts where its impact
    is known, or with `whole` (last): among many runs it tells which is older, between two it may be what was tried.
    `a.b_c` of one run and `a_b.c` of another are the same key."""
    found: list[Change] = []
    for path in sorted(here.entries.keys() | there.entries.keys()):
        a, b = here.entries.get(path), there.entries.get(path)
        impact = _impact(path) if path else None
        alone = a is None or b is None
        if impact is None or (impact >= OTHER and alone and not whole):
            continue
        x, y = a[1] if a else None, b[1] if b else None
        if not (_same(x, y) or _elsewhere(x) or _elsewhere(y)):
            found.append(Change((a or b or ("", None))[0], setting(x), setting(y), impact))
    return tuple(sorted(found, key=lambda c: (c.impact, len(c.key), c.key)))


def untold(here: Config, there: Config) -> int:
    """How many keys differ besides those of the whole `drift`: paths, names, logging. Secrets are not counted."""
    paths = (path for path in here.entries.keys() | there.entries.keys() if path and not set(path) & _SECRET)
    pairs = ((here.entries.get(path, ("", None))[1], there.entries.get(path, ("", None))[1]) for path in paths)
    return sum(not _same(a, b) for a, b in pairs) - len(drift(here, there, whole=True))


def telling(config: Config, longest: int = 80) -> tuple[Change, ...]:
    """The keys of one config that may matter for its result, the most telling first; `there` is `—`. Values are cut in
    the middle after `longest` characters. What `drift` leaves out is left out here: places, names, secrets."""
    found: list[Change] = []
    for path, (key, value) in config.entries.items():
        impact = _impact(path) if path else None
        if impact is not None and value is not None and not _elsewhere(value):
            found.append(Change(key, setting(value, longest), "—", impact))
    return tuple(sorted(found, key=lambda c: (c.impact, len(c.key), c.key)))


def _impact(path: tuple[str, ...]) -> int | None:
    """The rank of a key; None where a difference says nothing, or must not be told."""
    bag = set(path)
    if bag & _SECRET:
        return None
    if path[-1] == "seed":
        return SEED
    if bag & _PLACE or {"policy", "repo"} <= bag or (bag & {"eval", "val", "test"} and bag & _HOW_OFTEN):
        return None  # `policy.repo_id` is where LeRobot uploads to
    of_batch = ({"batch", "size"} <= bag or bag & _BATCH) and "eval" not in bag
    of_lr = bag & _LR or {"learning", "rate"} <= bag
    ranks = (of_lr, of_batch, bag & _OPTIMISER, bag & _WEIGHTS, bag & _DATA, bag & _MODEL)
    rank = next((i for i, hit in enumerate(ranks) if hit), OTHER)  # LR, BATCH, ... MODEL
    return None if rank == OTHER and bag & _NAME else rank


def _same(a: Any, b: Any) -> bool:
    x, y = _number(a), _number(b)
    if x is not None and y is not None:
        return math.isclose(x, y, rel_tol=1e-9)
    return _text(a) == _text(b)


def _number(value: Any) -> float | None:
    """1e-4 and "1e-4" are the same figure; true is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        figure = float(value)
    except (ValueError, OverflowError):
        return None
    return figure if math.isfinite(figure) else None


def _text(value: Any) -> str:
    if value is None or value in ("", "none", "None", "null"):
        return "—"
    if isinstance(value, bool) or value in ("true", "True", "false", "False"):
        return "是" if value in (True, "true", "True") else "否"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(v) if _number(v) is None else num(_number(v), 4) for v in value) + "]"
    return str(value)


def _elsewhere(value: Any) -> bool:
    """A path, an address, a date, a secret, or a structure that no line can show."""
    if isinstance(value, list | tuple):
        return any(_elsewhere(v) or isinstance(v, Mapping | list | tuple) for v in value)
    if isinstance(value, Mapping):
        return True
    return isinstance(value, str) and any(p.search(value.strip()) for p in (_ELSEWHERE, _DATED, _SECRETIVE))


def setting(value: Any, longest: int = _LONGEST) -> str:
    """A value as a line shows it, cut in the middle; `—` for none."""
    figure = _number(value)
    said = _text(value) if figure is None else num(figure, 4) if abs(figure) < 1e6 else f"{figure:.4g}"
    said = " ".join(said.split())
    return said if len(said) <= longest else f"{said[: longest - 5]}…{said[-4:]}"
