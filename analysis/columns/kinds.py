"""What the name of a column says it is, by rules on its words. A name that says nothing is honestly unknown.

The first rule that knows a name decides. Here are the rules for what a run counts, times and sets; those for what it
is trained for are in `analysis.columns.objective_kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from analysis.columns.agent_kinds import ANSWERS, agent, temperature
from analysis.columns.names import Kind, Name, place, taken_apart, words
from analysis.columns.objective_kinds import divergence, evaluation, pairs, training, transport
from analysis.columns.vocabulary import (
    COUNTS,
    ERRORS,
    EXTREME,
    GRADIENT,
    LENGTHS,
    NORM,
    PARTS,
    PERCENT,
    SCORES,
    SECONDS,
    SETTINGS,
    SHARES,
    SPREAD,
    SYSTEM,
    TRAIN,
    WHOLE,
    word_set,
)


@lru_cache(maxsize=32_768)
def kind_of(key: str) -> Kind:
    """The kind a name stands for. Unknown names keep their key as label and no role."""
    name = taken_apart(key)
    kind = next((kind for rule in _RULES if (kind := rule(name)) is not None), name.unknown)
    return replace(kind, unit="%") if name.bag & PERCENT else kind


def _no_measurement(n: Name) -> Kind | None:
    """The same numbers against another axis (`lm loss vs samples`), and the best so far: they move otherwise."""
    other_axis = any(a == "vs" and b in COUNTS | SECONDS | {"step"} for a, b in pairwise(n.words))
    return n.unknown if other_axis or "best" in n.bag else None


def _of_what_the_last_word_says(n: Name) -> Kind | None:
    """`1.Total_reward/3.Episode_length`, `score/all_one_frac`: the head of a name says what it is, not its heading."""
    if n.words[-1:] == ("ms",):
        return _timing(n)
    headed = n.leaf[-1:] and n.leaf[-1] in LENGTHS | SHARES and set(n.words) - set(n.leaf)
    return n.unknown if headed and n.stems & SCORES and not set(n.leaf) & (SCORES | ANSWERS | ERRORS) else None


# The run's own step: one of these last, and nothing beside it that could make it a count of something else.
_STEPS = {
    "step": 1, "iter": 1, "iteration": 1, "it": 1, "timesteps": 1, "timestep": 1, "updates": 2, "iterations": 2,
    "round": 2,
}  # fmt: skip
_OF_STEPS = TRAIN | word_set("trainer global time total num current inner vla charts optimizer server")


def _step(n: Name) -> Kind | None:
    if n.group == "train" and n.words[-2:] in (("global", "step"), ("global", "steps"), ("env", "steps")):
        return Kind(n.key, "step", "步数", "other", "none", "step", 0 if "global" in n.bag else 1)
    if n.words[-2:-1] == ("time",):  # how long one took: d3rlpy's time_step
        return None
    if n.words and n.words[-1] in _STEPS and set(n.words[:-1]) <= _OF_STEPS:
        return Kind(n.key, "step", "步数", "other", "none", "step", _STEPS[n.words[-1]])
    if n.words == ("counters", "examples"):  # eric-mitchell/direct-preference-optimization counts by examples seen
        return Kind(n.key, "step", "步数", "other", "none", "step", 3)
    return None


def _precision(n: Name) -> Kind | None:
    if n.bag & {"scale", "scaler"} and n.bag & {"loss", "grad", "amp", "scaler", "fp16"}:
        return Kind(n.key, "loss_scale", "loss scale", "train", "none", "loss_scale", len(n.words))
    return None


_SECOND = {("s",), ("sec",), ("second",)}
_WORK_DONE = {
    (work,) for work in ("it", "iters", "steps", "batches", "samples", "tokens", "examples", "images", "imgs")
}


def _rate(n: Name) -> Kind | None:
    """Work per second. That of an eval, or of one part of a step, says nothing about the pace of training."""
    per_second = any(a == "per" and b in {"s", "sec", "second"} for a, b in pairwise(n.words))
    per_second |= (
        re.search(r"(it|iters?|steps?|batch(es)?|samples?|tokens?|examples|images|frames)/s(ec(ond)?)?\)?$", n.key)
        is not None
    )
    per_second |= n.words[-1:] in _SECOND and n.words[-2:-1] in _WORK_DONE  # speed_steps_sec
    if not per_second and not n.bag & {"fps", "sps", "tps", "wps", "ups", "throughput", "mfu", "tflops"}:
        return None
    work = n.bag & {
        "samples",
        "sample",
        "tokens",
        "token",
        "examples",
        "images",
        "frames",
        "tps",
        "wps",
        "mfu",
        "tflops",
    }
    whole = n.group == "train" and not n.bag & _PARTY
    return Kind(n.key, "rate", "", n.group, "none", "rate" if whole else None, 0 if work else 1)


# Who does one part of a step of an agent: its rate is not that of the step (verl's `perf/mfu/actor`).
_PARTY = word_set("actor critic ref reward gen generate")


def _system(n: Name) -> Kind | None:
    """Memory of the GPU and of the host have a role each; a share outranks an amount, a peak comes last."""
    bag = n.bag
    if not bag & SYSTEM or n.group != "train" or "norm" in bag or bag & {"q", "q1", "q2"}:  # of the Q network
        return None
    if not bag & {"mem", "memory", "vram"}:
        return Kind(n.key, "system", "", "system", "none")
    share = bag & {"allocated", "pct", "percent", "percentage", "frac", "fraction", "used", "usage"}
    amount = bag & {"bytes", "mb", "gb", "mib", "gib"}
    rank = (0 if share and not amount else 1 if amount else 2) + 5 * bool(bag & {"max", "peak"})
    on_gpu = (
        bag & {"gpu", "vram", "cuda"}
        or not bag & {"cpu", "host", "ram", "rss", "proc", "process", "system"}
        or "allocated" in bag
    )
    return Kind(n.key, "system", "", "system", "none", "memory" if on_gpu else "host_memory", rank)


# Scores that are called coefficients themselves: `val_dice_coef` of Keras.
_COEFFICIENTS = word_set("dice jaccard matthews")


def _setting(n: Name) -> Kind | None:
    """`d_loss_weight`, `kl_coef`, `loss_weight/seg`: how much a term counts, whatever the term."""
    if n.bag & _COEFFICIENTS and n.bag & {"coef", "coeff", "coefficient"} and not n.a_loss:
        return None
    of_a_loss = any(a in {"loss", "losses"} and b in SETTINGS | {"weights"} for a, b in pairwise(n.words))
    if of_a_loss or (n.words[-1:] and n.words[-1] in SETTINGS):
        return Kind(n.key, "weight", "", "train", "none", "beta" if n.bag & {"beta", "kl"} else None)
    return None


def _spread(n: Name) -> Kind | None:
    """A spread or an extreme of something is not the thing (`reward_std`, `critic/rewards/max`); a mean of them is."""
    if n.explains:
        role = "explained_variance" if n.group == "train" else None
        return Kind(n.key, "explained_variance", "", n.group, "none", role, len(n.words))
    if n.bag & SPREAD or (n.bag & EXTREME and not n.bag & {"avg", "mean"}):
        return n.unknown
    return None


def _optimiser(n: Name) -> Kind | None:
    """Norm of the gradient and learning rate: of the whole network, or of the first of its parameter groups.

    Of a layer, another group or a critic they hold no role.
    """
    if n.bag & GRADIENT and n.bag & NORM and n.bag & {"square", "squared", "sq"}:
        return Kind(
            n.key, "grad_norm_sq", "", "train", "none", "grad_norm_sq", len(n.words)
        )  # scatters twice as far in ln
    if n.bag & GRADIENT and n.bag & NORM:
        other = n.bag & {"clipped", "param", "params", "weight", "penalty"} or _of_a_part(n, GRADIENT | NORM, 2)
        return Kind(n.key, "grad_norm", "梯度范数", "train", "none", None if other else "grad_norm", len(n.words))
    if "lr" in n.bag or {"learning", "rate"} <= n.bag:
        if n.bag & {"momentum", "decay", "scale", "mult", "multiplier", "ratio", "factor"}:
            return Kind(n.key, "weight", "", "train", "none")
        if not _of_a_part(n, {"lr", "rate"}, -1):
            return Kind(n.key, "lr", "学习率", "train", "none", "lr", len(n.words))
        if _of_the_first_group(n):
            return Kind(n.key, "lr", "学习率", "train", "none", "lr", FIRST_GROUP + len(n.words))
        return Kind(n.key, "lr", "学习率", "train", "none")
    return None


# `lr/group_0` is the learning rate where no other group is logged (`analysis.columns.roles`). Behind any plain `lr`.
FIRST_GROUP = 50


def _of_the_first_group(n: Name) -> bool:
    rest = [w for w in n.words if w.rstrip("0") not in {"", "group", "groups", "pg", "param", "params"}]
    numbered = any(w.endswith("0") for w in set(n.words) - set(rest))
    return numbered and not set(rest) & PARTS and not any(w[-1].isdigit() for w in rest)


def _of_a_part(n: Name, heads: Set[str], order: int) -> bool:
    """Whether a name goes on to say of which part: `grad_norm/decoder.0`, `lr-AdamW/pg1`, `critic/lr`, `lr_0`.

    `order`: numbers up to this are the order of a norm (`grad_2.0_norm`), not an index.
    """
    if n.stems & PARTS or any(w.isdigit() and int(w) > order for w in n.words):
        return True
    segments = [set(words(s)) for s in re.split(r"/|\.(?!\d)", n.key)]
    last = max((i for i, s in enumerate(segments) if s & heads), default=len(segments))
    return any(s - WHOLE for s in segments[last + 1 :])


# Beside a duration these say that it is not that of a training step.
_ASIDE = word_set(
    "gen generate generator actor critic ref reward values adv collection log save checkpoint process token "
    "tokens test testing eta remaining"
)
_WORK = word_set("itime update upd updt step iter iteration batch compute forward fwd learning")


def _timing(n: Name) -> Kind | None:
    bag = n.bag
    whose = bag & {"rtime", "dtime", "itime"}  # of reading, of data, of an iteration: in one word
    if bag & {"cum", "cumulative"} or not (bag & SECONDS or "dataloading" in bag or whose):
        return None
    if bag & SECONDS == {"s"} and n.stems & SCORES:
        return None  # bbox_mAP_s: of small objects
    unit = "ms" if "ms" in bag else "s"
    if bag & {"dataloading", "data", "dataloader", "fetch", "loading", "loader", "rtime", "dtime"}:
        return Kind(n.key, "data_time", f"取数耗时({unit})", "train", "none", "data_time", len(n.words), unit=unit)
    if bag & _WORK and not bag & _ASIDE and n.group == "train":
        rank = 0 if "update" in bag else len(n.words)
        return Kind(n.key, "update_time", f"更新耗时({unit})", "train", "none", "update_time", rank, unit=unit)
    return Kind(n.key, "time", "", "other", "none", unit=unit)


def _counts(n: Name) -> Kind | None:
    bag = n.bag
    if n.stems & (ERRORS | SCORES) or "%" in n.key:
        return None
    if bag & COUNTS or (bag and bag <= TRAIN | {"episode"}):
        return Kind(n.key, "count", "批次数" if "batches" in bag else "", n.group, "none", place=place(n))
    if {"size", "batch"} <= bag or "bsz" in bag:
        return Kind(n.key, "batch_size", "batch 大小", "train", "none", "batch_size")
    if "seqlen" in bag or (bag & {"seq", "sequence"} and bag & {"len", "length"}):
        return Kind(n.key, "seq_len", "序列长度", "train", "none", "seq_len")
    if bag & {"stage", "curriculum", "phase"}:
        return Kind(n.key, "stage", "训练阶段", "train", "none", "stage")
    if bag & (SETTINGS | {"beta", "anneal", "annealing"}):
        return Kind(n.key, "weight", "", "train", "none", "beta" if bag & {"beta", "kl"} else None)
    return None


# The first that knows a name decides.
_RULES: tuple[Callable[[Name], Kind | None], ...] = (
    _no_measurement,
    _of_what_the_last_word_says,
    _step,
    _precision,
    _rate,
    temperature,
    _system,
    agent,
    _spread,
    _optimiser,
    transport,
    _timing,
    _setting,
    _counts,
    divergence,
    pairs,
    evaluation,
    training,
)
