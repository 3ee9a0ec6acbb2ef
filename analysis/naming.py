"""What the name of a column says it is, by rules on its words. A name that says nothing is honestly unknown.

Names are compared as words: `train/kld_loss`, `TrainKldLoss` and `train.kld-loss` are the same three words. The first rule
that knows a name decides. Taking a part for the whole (one term for the loss, one group for the learning rate, one
reward of many for the return) is worse than not knowing: such columns hold no role.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from analysis.vocabulary import (
    ACCURACY,
    AUXILIARY,
    AVERAGED,
    COUNTS,
    DISCRIMINATOR,
    ERRORS,
    EVAL,
    EXTREME,
    FILLER,
    GAN,
    GENERATOR,
    GRADIENT,
    KL,
    L1,
    LOSS,
    NORM,
    OF_A_RETURN,
    OF_A_SET,
    OT,
    PAIRED,
    PARTS,
    PERPLEXITY,
    RETURNS,
    RL,
    SCORES,
    SECONDS,
    SETTINGS,
    SPREAD,
    SUCCESS,
    SYSTEM,
    TRAIN,
    WHOLE,
)  # fmt: skip

Group = Literal["train", "eval", "system", "other"]
Direction = Literal["min", "max", "target", "none"]

# Written with capitals inside a word.
_ACRONYMS = re.compile(r"mAP|mIoU|IoU|TFLOPs?")


@lru_cache(maxsize=8192)
def words(key: str) -> tuple[str, ...]:
    """`train/ot_ot_piSum` -> ("train", "ot", "ot", "pi", "sum"); "3d" is one word, `mAP50-95` is map50 and 95."""
    plain = _ACRONYMS.sub(lambda m: m[0].lower(), key)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return tuple(w.lower() for w in re.findall(r"\d[dD](?![A-Za-z])|[A-Za-z]+\d*|\d+", spaced))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a name says. `rank` orders kinds that compete for a role: lower sits first."""

    name: str
    label: str
    group: Group
    direction: Direction
    role: str | None = None
    rank: int = 0


UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Name:
    """A column's name, taken apart."""

    key: str
    words: tuple[str, ...]
    bag: frozenset[str]
    stems: frozenset[str]  # with `map50` also as "map"; single letters stay what they are (l1, f1)
    group: Group

    @property
    def leaf(self) -> tuple[str, ...]:
        """Words after the last slash."""
        return words(self.key.rsplit("/", 1)[-1])

    @property
    def unknown(self) -> Kind:
        return Kind(UNKNOWN, self.key, self.group if self.bag & (EVAL | TRAIN) else "other", "none")


def _name(key: str) -> Name:
    w = words(key)
    bag = frozenset(w)
    stems = bag | {stem for x in w if len(stem := x.rstrip("0123456789")) > 1}
    on_train = "on" in bag and bool(bag & TRAIN)  # eval_on_train/loss: evaluation mode, training data
    held_out = (bag & EVAL and not on_train) or (stems & OF_A_SET and not bag & TRAIN)
    return Name(key, w, bag, stems, "eval" if held_out else "train")


@lru_cache(maxsize=8192)
def kind_of(key: str) -> Kind:
    """The kind a name stands for. Unknown names keep their key as label and no role."""
    name = _name(key)
    for rule in _RULES:
        if (kind := rule(name)) is not None:
            return kind
    return name.unknown


def _no_measurement(n: Name) -> Kind | None:
    """The same numbers against another axis (`lm loss vs samples`), and the best so far: neither moves as the run does."""
    return n.unknown if n.bag & {"vs", "best"} else None


# The run's own step: one of these last, and nothing beside it that could make it a count of something else.
_STEPS = {"step": 1, "iter": 1, "iteration": 1, "it": 1, "timesteps": 1, "timestep": 1, "updates": 2, "iterations": 2}
_OF_STEPS = TRAIN | {"trainer", "global", "time", "total", "num", "current", "inner", "vla", "charts", "optimizer"}


def _step(n: Name) -> Kind | None:
    if n.group == "train" and n.words[-2:] in (("global", "step"), ("env", "steps")):
        return Kind("step", "步数", "other", "none", "step", 0 if "global" in n.bag else 1)
    if n.words and n.words[-1] in _STEPS and set(n.words[:-1]) <= _OF_STEPS:
        return Kind("step", "步数", "other", "none", "step", _STEPS[n.words[-1]])
    return None


def _precision(n: Name) -> Kind | None:
    if n.bag & {"scale", "scaler"} and n.bag & {"loss", "grad", "amp", "scaler", "fp16"}:
        return Kind("loss_scale", "loss scale", "train", "none", "loss_scale", len(n.words))
    return None


def _rate(n: Name) -> Kind | None:
    """Work per second. That of an eval says nothing about training."""
    per_second = any(a == "per" and b in {"s", "sec", "second"} for a, b in pairwise(n.words))
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
    return Kind("rate", n.key, n.group, "none", "rate" if n.group == "train" else None, 0 if work else 1)


def _system(n: Name) -> Kind | None:
    """Memory of the GPU and of the host have a seat each; a share of what there is outranks an amount, a peak comes last."""
    bag = n.bag
    if not bag & SYSTEM or n.group != "train" or "norm" in bag:
        return None
    if not bag & {"mem", "memory", "vram"}:
        return Kind("system", n.key, "system", "none")
    share = bag & {"allocated", "pct", "percent", "percentage", "frac", "fraction", "used", "usage"}
    amount = bag & {"bytes", "mb", "gb", "mib", "gib"}
    rank = (0 if share and not amount else 1 if amount else 2) + 5 * bool(bag & {"max", "peak"})
    on_gpu = (
        bag & {"gpu", "vram", "cuda"} or not bag & {"cpu", "host", "ram", "rss", "proc", "system"} or "allocated" in bag
    )
    return Kind("system", n.key, "system", "none", "memory" if on_gpu else "host_memory", rank)


def _setting(n: Name) -> Kind | None:
    """`d_loss_weight`, `kl_coef`: how much a term counts, whatever the term."""
    if n.words[-1:] and n.words[-1] in SETTINGS:
        return Kind("weight", n.key, "train", "none", "beta" if n.bag & {"beta", "kl"} else None)
    return None


def _spread(n: Name) -> Kind | None:
    """A spread or an extreme of something is not the thing (`reward_std`, `critic/rewards/max`); a mean of maxima is one."""
    if "explained" in n.bag and n.bag & {"variance", "var"}:
        role = "explained_variance" if n.group == "train" else None
        return Kind("explained_variance", n.key, n.group, "none", role, len(n.words))
    if n.bag & SPREAD or (n.bag & EXTREME and not n.bag & {"avg", "mean"}):
        return n.unknown
    return None


def _transport(n: Name) -> Kind | None:
    bag, w, group = n.bag, n.words, n.group
    if not bag & OT:
        return None
    if "diag" in bag or "diagonal" in bag:
        return Kind("ot_diag", "OT π 对角和", group, "none", "ot_diag", len(w))
    if bag & (OT - {"pi", "plan", "coupling"}):  # a policy is called pi, too
        if "cost" in bag or "costs" in bag:
            term = _term(n.key)
            label = f"OT term({term}) 平均代价" if term else "OT 平均代价"
            return Kind("ot_cost", label, group, "none", "ot_cost", len(w))
        if bag & {"loss", "losses"}:
            module = w.count("ot") > 1 or "module" in bag
            return Kind("ot_loss", "OT(模块)损失" if module else "OT 损失", group, "none", "ot_loss", len(w))
    if bag & {"sum", "mass", "total"} and not bag & {"loss", "losses"}:
        return Kind("ot_mass", "OT π 总和", group, "target", "ot_mass", len(w))
    return None


def _term(key: str) -> str:
    """`train/ot_ot_cost/observation.state` -> `observation.state`; empty when the name ends at `cost`."""
    return re.split(r"costs?(?![A-Za-z])", key)[-1].strip("/_. -")


def _optimiser(n: Name) -> Kind | None:
    """Norm of the gradient and learning rate: of the whole network. Of a layer, a group or a critic they hold no role."""
    if n.bag & GRADIENT and n.bag & NORM:
        other = n.bag & {"clipped", "param", "params", "weight"} or _of_a_part(n, GRADIENT | NORM, 2)
        return Kind("grad_norm", "梯度范数", "train", "none", None if other else "grad_norm", len(n.words))
    if "lr" in n.bag or {"learning", "rate"} <= n.bag:
        if n.bag & {"momentum", "decay", "scale", "mult", "multiplier", "ratio", "factor"}:
            return Kind("weight", n.key, "train", "none")
        part = _of_a_part(n, {"lr", "rate"}, -1)
        return Kind("lr", "学习率", "train", "none", None if part else "lr", len(n.words))
    return None


def _of_a_part(n: Name, heads: set[str], order: int) -> bool:
    """Whether a name goes on to say of which part: `grad_norm/decoder.0`, `lr-AdamW/pg1`, `critic/lr`, `lr_0`.

    `order`: numbers up to this are the order of a norm (`grad_2.0_norm`), not an index.
    """
    if n.stems & PARTS or any(w.isdigit() and int(w) > order for w in n.words):
        return True
    segments = [set(words(s)) for s in re.split(r"/|\.(?!\d)", n.key)]
    last = max((i for i, s in enumerate(segments) if s & heads), default=len(segments))
    return any(s - WHOLE for s in segments[last + 1 :])


# Beside a duration these say that it is not that of a training step.
_ASIDE = {"gen", "generate", "generator", "actor", "critic", "ref", "reward", "values", "adv", "collection", "log", "save",
          "checkpoint", "process", "token", "tokens", "test", "testing", "eta", "remaining"}  # fmt: skip
_WORK = {"update", "upd", "updt", "step", "iter", "iteration", "batch", "compute", "forward", "fwd", "learning"}


def _timing(n: Name) -> Kind | None:
    bag = n.bag
    if bag & {"cum", "cumulative"} or not (bag & SECONDS or "dataloading" in bag):
        return None
    if bag & SECONDS == {"s"} and n.stems & SCORES:
        return None  # bbox_mAP_s: of small objects
    unit = "ms" if "ms" in bag else "s"
    if bag & {"dataloading", "data", "dataloader", "fetch", "loading", "loader"}:
        return Kind("data_time", f"取数耗时({unit})", "train", "none", "data_time", len(n.words))
    if bag & _WORK and not bag & _ASIDE and n.group == "train":
        rank = 0 if "update" in bag else len(n.words)
        return Kind("update_time", f"更新耗时({unit})", "train", "none", "update_time", rank)
    return Kind("time", n.key, "other", "none")


def _counts(n: Name) -> Kind | None:
    bag = n.bag
    if n.stems & (ERRORS | SCORES):
        return None
    if bag & COUNTS or bag <= TRAIN | {"episode"}:
        label = _prefix(n) + "批次数" if "batches" in bag else n.key
        return Kind("count", label, n.group, "none")
    if {"size", "batch"} <= bag or "bsz" in bag:
        return Kind("batch_size", "batch 大小", "train", "none", "batch_size")
    if "seqlen" in bag or (bag & {"seq", "sequence"} and bag & {"len", "length"}):
        return Kind("seq_len", "序列长度", "train", "none", "seq_len")
    if bag & {"stage", "curriculum", "phase"}:
        return Kind("stage", "训练阶段", "train", "none", "stage")
    if bag & (SETTINGS | {"beta", "anneal", "annealing"}):
        return Kind("weight", n.key, "train", "none", "beta" if bag & {"beta", "kl"} else None)
    return None


def _divergence(n: Name) -> Kind | None:
    """KL of a posterior to its prior, unless the name says of a policy: to the one before the update, or to a reference.

    `train/kl` says neither: beside an agent's columns it is taken for the reference's (`analysis.profile.seat`).
    """
    if not n.bag & KL:
        return None
    if n.bag & {"approx", "approxkl", "ppo", "old"}:
        role: str | None = "approx_kl"
    elif n.bag & {"ref", "reference", "objective", "actor", "policy", "penalty"}:
        role = "ref_kl"
    elif "target" in n.bag:
        role = None
    else:
        in_training = "kl" if n.group == "train" else None
        return Kind("kl", _prefix(n) + "KL 损失", n.group, "min", in_training, len(n.words))
    return policy_kl(n.key, n.group, role)


def policy_kl(key: str, group: Group, role: str | None = "ref_kl") -> Kind:
    return Kind("policy_kl", key, group, "none", role if group == "train" else None, len(words(key)))


def _pairs(n: Name) -> Kind | None:
    """Of chosen and rejected answers. A margin should grow; what each is given may fall in a healthy run."""
    if not n.bag & PAIRED or n.bag & (LOSS | ACCURACY):
        return None
    return Kind(UNKNOWN, n.key, n.group, "max" if n.bag & {"margin", "margins"} else "none")


def _evaluation(n: Name) -> Kind | None:
    if n.group != "eval":
        return None
    bag = n.bag
    averaged = bag & {"avg", "mean"} and "average" not in bag and not n.stems & SCORES
    prefix = _prefix(n) + ("平均" if averaged else "")
    seat = 20 if "test" in bag else 0  # a test split is judged only where there is no eval split
    if (n.stems & SCORES and not n.stems & ERRORS) or ("is" in n.stems and bag <= EVAL | AVERAGED | {"is"}):
        # Accuracy of the next token is the loss again, in another form: it does not say whether the task is done.
        role = None if bag & ACCURACY and bag & {"token", "tokens"} else "eval_score"
        return Kind("eval_score" if role else "score", prefix + _leaf(n), "eval", "max", role, seat + _worth(n))
    if not n.stems & ERRORS:
        return None
    if "l1" in bag and not bag & KL:
        return Kind("eval_l1", prefix + "L1", "eval", "min", "eval_loss", seat)
    if bag & LOSS and not bag & PERPLEXITY:
        if (of := _no_total(n)) is not None:
            return of
        plain = bag <= FILLER
        return Kind("eval_loss", prefix + ("损失" if plain else _leaf(n)), "eval", "min", "eval_loss", seat + 2 - plain)
    return Kind("eval_error", prefix + _leaf(n), "eval", "min", "eval_loss", seat + 5)


def _training(n: Name) -> Kind | None:
    bag, key, group = n.bag, n.key, n.group
    if "entropy" in bag and "cross" not in bag and not set(n.leaf) & ERRORS:  # `losses/entropy` is no loss
        return Kind("entropy", "策略熵", group, "none", "entropy" if group == "train" else None)
    if bag & SUCCESS or {"win", "rate"} <= bag:  # a rate of rollouts is an evaluation, whatever its prefix
        return Kind("eval_score", "成功率" if "success" in bag else key, "eval", "max", "eval_score", 0)
    if n.stems & SCORES and not bag & LOSS:
        is_return = bag & RETURNS and bag <= OF_A_RETURN
        rank = int(not bag & {"reward", "rewards", "rew", "episodic", "episode", "ep"})  # before a critic's own returns
        return Kind("score", key, group, "max", "reward" if is_return else None, rank)
    if bag & PERPLEXITY:
        return Kind("perplexity", key, group, "min")
    if bag & {"error", "err"} and not bag & (LOSS | GAN):
        return Kind("error", key, group, "min")  # a measurement beside the loss, no part of it
    if not bag & (LOSS | {"mse", "mae", "l1", "recon", "reconstruction", "err"}):
        return None
    return _no_total(n) or _loss(n)


def _no_total(n: Name) -> Kind | None:
    """Losses that are never the run's own: of one network of two, of an agent, of a class, of what keeps order."""
    bag, key, group = n.bag, n.key, n.group
    if bag & {"scores", "signs", "logits", "values", "clipfrac", "frac", "fraction"}:
        return Kind(UNKNOWN, key, "eval" if group == "eval" else "other", "none")  # under a heading `losses/`
    if bag & (GAN | {"real", "fake"}) and not bag & (L1 | RL):
        which = "d_loss" if bag & DISCRIMINATOR else "g_loss" if bag & GENERATOR else None
        whole = bag <= FILLER | GAN | {"gan", "err"}
        return Kind("gan_loss", key, group, "none", which if whole and group == "train" else None, len(n.words))
    if (bag & RL and not bag & {"bc", "action"}) or bag & {"ent"} or ("entropy" in bag and "cross" not in bag):
        return Kind("rl_loss", key, group, "none")
    indexed = any(w[-1].isdigit() and w not in L1 for w in n.leaf)
    if bag & AUXILIARY or (indexed and group == "train"):
        return Kind("component", key, group, "min")
    return None


def _loss(n: Name) -> Kind:
    bag, key, group = n.bag, n.key, n.group
    if bag <= FILLER | {"eval", "entropy"}:
        on_train = "on" in bag
        label = "训练集评估损失" if on_train else "总损失"
        rank = 5 if bag & {"lm", "ce", "nll"} else 2 if "epoch" in bag else 0  # of each step rather than of each epoch
        return Kind("loss", label, group, "min", None if on_train else "loss", rank)
    if bag & L1:
        said = (({"l1"}, "L1 动作损失"), ({"mse", "l2"}, "MSE 损失"), ({"recon", "reconstruction", "rec"}, "重建损失"))
        label = next((text for names, text in said if bag & names), key)
        return Kind("l1", label, group, "min", "component", 0 if "l1" in bag else 1)
    return Kind("component", key, group, "min", "part")


def _prefix(n: Name) -> str:
    if n.group != "eval":
        return ""
    return "离线评估/" if "offline" in n.bag else "测试/" if "test" in n.bag else "评估/"


def _worth(n: Name) -> int:
    """Which score decides when there are several: the task itself first, accuracy (blind to rare classes) last.

    One cut of a score (`mAP50`, `bbox_mAP_s`) comes after the whole (`mAP50-95`, `bbox_mAP`).
    """
    if n.bag & (SUCCESS | {"win"}):
        return 0
    if n.bag & RETURNS:
        return 1
    numbers = re.findall(r"\d+", " ".join(n.words))
    cut = n.stems & {"map", "ap", "iou"} and (len(numbers) == 1 or n.bag & {"s", "m", "l", "small", "medium", "large"})
    return (4 if n.bag & ACCURACY else 2) + bool(cut)


_PHRASES = {  # as people say them; the words of the name, in any order
    frozenset({"average", "precision"}): "mAP",
    frozenset({"map"}): "mAP",
    frozenset({"rew"}): "回报",
    frozenset({"reward"}): "回报",
    frozenset({"return"}): "回报",
    frozenset({"success"}): "成功率",
}
_LEAVES = {
    "loss": "损失",
    "accuracy": "准确率",
    "acc": "准确率",
    "success": "成功率",
    "reward": "回报",
    "return": "回报",
}


def _leaf(n: Name) -> str:
    if ("map" in n.stems and _worth(n) % 2) or "map" in n.stems - n.bag:
        return n.key.rsplit("/", 1)[-1]  # which mAP
    for phrase, said in _PHRASES.items():
        if phrase <= n.bag:
            return said
    named = [x for x in n.words if x not in (FILLER | {"policy", "entropy"}) - {"loss"} and x != "rate"]
    return " ".join(_LEAVES.get(x, x.upper() if len(x) <= 4 else x) for x in named) or "损失"


_RULES: tuple[Callable[[Name], Kind | None], ...] = (
    _no_measurement, _step, _precision, _rate, _system, _spread, _optimiser, _transport, _timing, _setting, _counts,
    _divergence, _pairs, _evaluation, _training,
)  # fmt: skip
