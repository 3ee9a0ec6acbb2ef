"""Which column plays which role, decided from its name alone.

A *kind* is what a name says a column is (`train/ot_ot_pi_sum` -> ot_mass); it fixes its Chinese label, its group and
which direction is better. A *role* is a seat that diagnoses ask for: some kinds compete for one seat (the total loss
outranks a component), and the column that is logged first keeps it.

Names are compared as words: `train/kld_loss`, `TrainKldLoss` and `train.kld-loss` are the same three words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from analysis.model import Column

Group = Literal["train", "eval", "system", "other"]
Direction = Literal["min", "max", "target", "none"]

EVAL = {"eval", "evaluation", "val", "valid", "validation", "test", "dev", "heldout", "offline"}
TRAIN = {"train", "training", "tr"}
OT = {"ot", "uot", "pi", "plan", "transport", "sinkhorn", "coupling", "wasserstein"}
SECONDS = {"s", "sec", "secs", "second", "seconds", "time", "ms", "wait", "dt", "duration"}
# Words that say nothing about what a loss is of.
FILLER = TRAIN | EVAL | {
    "loss", "losses", "total", "step", "epoch", "avg", "mean", "average", "batch", "running", "smoothed", "ema",
    "metrics", "metric", "model", "policy", "log", "logs", "overall", "sum", "on", "final", "all", "objective", "cost",
    "lm", "ce", "xent", "nll", "cross", "entropy", "language", "main", "iter", "iteration", "the",
}  # fmt: skip
L1 = {"l1", "mae", "recon", "reconstruction", "bc", "action", "actions", "mse", "l2", "smoothl1", "huber", "rec"}
KL = {"kl", "kld", "kldiv"}
GAN = {"d", "g", "disc", "discriminator", "gen", "generator", "critic", "adv", "adversarial"}
RL = {"value", "vf", "critic", "actor", "pg", "q", "qf", "td", "surrogate", "clip"}
SCORES = {
    "acc", "accuracy", "success", "reward", "rewards", "rew", "return", "returns", "map", "precision", "bleu", "rouge",
    "psnr", "ssim", "f1", "auc", "iou", "miou", "recall", "score", "winrate", "ap", "mrr", "ndcg", "top1", "top5", "dice",
}  # fmt: skip
RETURNS = {"reward", "rewards", "rew", "return", "returns"}  # of an agent: unbounded, and it starts low
ERRORS = {"loss", "losses", "error", "err", "fid", "wer", "cer", "ppl", "perplexity", "nll", "mse", "mae", "rmse", "l1",
          "l2", "bpb", "bpc", "kl", "kld"}  # fmt: skip
COUNTS = {"n", "num", "count", "counts", "samples", "tokens", "batches", "episodes", "epoch", "epochs", "frames", "step",
          "steps", "iter", "iteration", "iterations", "cum", "total"}  # fmt: skip
SYSTEM = {"system", "gpu", "cpu", "memory", "mem", "disk", "network", "power", "temp", "temperature", "util", "vram"}


@lru_cache(maxsize=8192)
def words(key: str) -> tuple[str, ...]:
    """`train/ot_ot_piSum` -> ("train", "ot", "ot", "pi", "sum")."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", key)
    return tuple(w.lower() for w in re.findall(r"[A-Za-z]+\d*|\d+", spaced))


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
class Naming:
    """One line of a profile: columns that match a pattern (`*`, `?`) are this. None: as their name says."""

    match: str
    role: str | None = None
    label: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What the columns of a family of runs are called. The first matching line counts; other names speak for themselves."""

    name: str
    namings: tuple[Naming, ...] = ()
    family: str | None = None  # a name of analysis.family.Family; None: config and columns tell


GENERIC = Profile("generic")

# The kind of column that holds a role, for names that do not say it: its name, group, direction and rank.
_OF_ROLE: Mapping[str, tuple[str, Group, Direction]] = {
    "loss": ("loss", "train", "min"), "component": ("l1", "train", "min"), "part": ("component", "train", "min"),
    "kl": ("kl", "train", "min"), "grad_norm": ("grad_norm", "train", "none"), "lr": ("lr", "train", "none"),
    "data_time": ("data_time", "train", "none"), "update_time": ("update_time", "train", "none"),
    "ot_mass": ("ot_mass", "train", "target"), "ot_diag": ("ot_diag", "train", "none"), "ot_cost": ("ot_cost", "train", "none"),
    "ot_loss": ("ot_loss", "train", "none"), "eval_loss": ("eval_loss", "eval", "min"), "eval_score": ("eval_score", "eval", "max"),
    "reward": ("score", "train", "max"), "entropy": ("entropy", "train", "none"), "approx_kl": ("policy_kl", "train", "none"),
    "explained_variance": ("explained_variance", "train", "none"), "d_loss": ("gan_loss", "train", "none"),
    "g_loss": ("gan_loss", "train", "none"), "step": ("step", "other", "none"), "stage": ("stage", "train", "none"),
    "batch_size": ("batch_size", "train", "none"), "beta": ("weight", "train", "none"), "memory": ("system", "system", "none"),
}  # fmt: skip
ROLES = tuple(_OF_ROLE)


def kind_in(key: str, profile: Profile) -> Kind:
    """The kind of a column in a family of runs."""
    kind = kind_of(key)
    line = next((n for n in profile.namings if fnmatchcase(key, n.match)), None)
    if line is None:
        return kind
    if line.role is not None and line.role != kind.role:
        name, group, direction = _OF_ROLE[line.role]
        kind = Kind(name, kind.label, group, direction, line.role)
    return replace(kind, label=line.label or kind.label, direction=line.direction or kind.direction)


@lru_cache(maxsize=8192)
def kind_of(key: str) -> Kind:
    """The kind a name stands for. Unknown names keep their key as label and no role."""
    w = words(key)
    bag = set(w)
    on_train = "on" in bag and bool(bag & TRAIN)  # eval_on_train/loss: evaluation mode, training data
    group: Group = "eval" if bag & EVAL and not on_train else "train"
    if bag & SYSTEM and group == "train" and "norm" not in bag:
        return _system(key, bag)
    for rule in _RULES:
        if (kind := rule(key, w, bag, group)) is not None:
            return kind
    return Kind(UNKNOWN, key, group if bag & (EVAL | TRAIN) else "other", "none")


Rule = Callable[[str, tuple[str, ...], set[str], Group], Kind | None]


def _system(key: str, bag: set[str]) -> Kind:
    """Memory of the GPU and of the host have a seat each; a share of what there is outranks an amount, a peak comes last."""
    if not bag & {"mem", "memory", "vram"}:
        return Kind("system", key, "system", "none")
    share = bag & {"allocated", "pct", "percent", "percentage", "frac", "fraction", "used", "usage"}
    amount = bag & {"bytes", "mb", "gb", "mib", "gib"}
    rank = (0 if share and not amount else 1 if amount else 2) + 5 * bool(bag & {"max", "peak"})
    on_gpu = (
        bag & {"gpu", "vram", "cuda"} or not bag & {"cpu", "host", "ram", "rss", "proc", "system"} or "allocated" in bag
    )
    return Kind("system", key, "system", "none", "memory" if on_gpu else "host_memory", rank)


def _precision(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if bag & {"scale", "scaler"} and bag & {"loss", "grad", "amp", "scaler", "fp16"}:
        return Kind("loss_scale", "loss scale", "train", "none", "loss_scale", len(w))
    return None


def _rate(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    """Work per second. That of an eval says nothing about training."""
    per_second = {"per"} & bag and w[-1] in {"s", "sec", "second"}
    if not per_second and not bag & {"fps", "sps", "tps", "throughput", "mfu", "tflops"}:
        return None
    work = bag & {"samples", "sample", "tokens", "token", "examples", "images", "frames", "tps", "mfu", "tflops"}
    return Kind("rate", key, group, "none", "rate" if group == "train" else None, 0 if work else 1)


def _step(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if w[-2:] in (("global", "step"), ("env", "steps")) or w in (("step",), ("train", "step"), ("trainer", "step")):
        return Kind("step", "步数", "other", "none", "step", 0 if "global" in bag else 1)
    return None


def _transport(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if not bag & OT:
        return None
    if "diag" in bag or "diagonal" in bag:
        return Kind("ot_diag", "OT π 对角和", group, "none", "ot_diag", len(w))
    if "cost" in bag or "costs" in bag:
        term = _term(key)
        return Kind("ot_cost", f"OT term({term}) 平均代价" if term else "OT 平均代价", group, "none", "ot_cost", len(w))
    if bag & {"loss", "losses"}:
        module = w.count("ot") > 1 or "module" in bag
        return Kind("ot_loss", "OT(模块)损失" if module else "OT 损失", group, "none", "ot_loss", len(w))
    if bag & {"sum", "mass", "total"}:
        return Kind("ot_mass", "OT π 总和", group, "target", "ot_mass", len(w))
    return None


def _term(key: str) -> str:
    """`train/ot_ot_cost/observation.state` -> `observation.state`; empty when the name ends at `cost`."""
    return re.split(r"costs?(?![A-Za-z])", key)[-1].strip("/_. -")


def _optimiser(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if bag & {"grad", "gradient", "gradients", "gnorm", "grads"} and (bag & {"norm", "gnorm"}):
        clipped = bool(bag & {"clipped", "param", "params", "weight", "layer"})
        return Kind("grad_norm", "梯度范数", "train", "none", None if clipped else "grad_norm", len(w))
    if "lr" in bag or ("learning" in bag and "rate" in bag):
        return Kind("lr", "学习率", "train", "none", "lr", len(w))
    return None


def _timing(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if bag & {"cum", "cumulative"} or not (bag & SECONDS or "dataloading" in bag):
        return None
    unit = "ms" if "ms" in bag else "s"
    if bag & {"dataloading", "data", "dataloader", "fetch", "loading", "loader"}:
        return Kind("data_time", f"取数耗时({unit})", "train", "none", "data_time", len(w))
    if (
        bag & {"update", "upd", "updt", "step", "iter", "iteration", "batch", "compute", "forward", "fwd"}
        and group == "train"
    ):
        return Kind(
            "update_time", f"更新耗时({unit})", "train", "none", "update_time", 0 if "update" in bag else len(w)
        )
    return Kind("time", key, "other", "none")


def _counts(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if bag & (ERRORS | SCORES):
        return None
    if bag & COUNTS and bag & {
        "n",
        "num",
        "count",
        "samples",
        "tokens",
        "batches",
        "episodes",
        "epoch",
        "epochs",
        "frames",
    }:
        label = _prefix(bag, group) + "批次数" if "batches" in bag else key
        return Kind("count", label, group, "none")
    if "size" in bag and "batch" in bag:
        return Kind("batch_size", "batch 大小", "train", "none", "batch_size")
    if "seqlen" in bag or (bag & {"seq", "sequence"} and bag & {"len", "length"}):
        return Kind("seq_len", "序列长度", "train", "none", "seq_len")
    if bag & {"stage", "curriculum", "phase"}:
        return Kind("stage", "训练阶段", "train", "none", "stage")
    if bag & {"beta", "anneal", "annealing", "weight", "coef", "lambda"}:
        return Kind("weight", key, "train", "none", "beta" if "beta" in bag or "kl" in bag else None)
    return None


def _kl(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if not bag & KL or bag & {"approx", "ref", "reference", "target", "objective"}:
        return None
    return Kind("kl", _prefix(bag, group) + "KL 损失", group, "min", "kl" if group == "train" else None, len(w))


def _evaluation(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if group != "eval":
        return None
    averaged = bag & {"avg", "mean"} and "average" not in bag and not bag & SCORES
    prefix = _prefix(bag, group) + ("平均" if averaged else "")
    seat = 20 if "test" in bag else 0  # a test split is judged only where there is no eval split
    if bag & SCORES and not bag & ERRORS:
        return Kind("eval_score", prefix + _leaf(w), group, "max", "eval_score", seat + _worth(bag))
    if bag & ERRORS:
        if bag & {"l1"} and not bag & KL:
            return Kind("eval_l1", prefix + "L1", group, "min", "eval_loss", seat)
        if w[-1] in {"loss", "nll"} or (w[-1] in {"step", "epoch"} and "loss" in bag):
            plain = bag <= FILLER
            return Kind(
                "eval_loss",
                prefix + ("损失" if plain else _leaf(w)),
                group,
                "min",
                "eval_loss",
                seat + (1 if plain else 2),
            )
        return Kind("eval_error", prefix + _leaf(w), group, "min", "eval_loss", seat + 5)
    return None


def _training(key: str, w: tuple[str, ...], bag: set[str], group: Group) -> Kind | None:
    if "entropy" in bag and not bag & ({"cross"} | ERRORS):
        return Kind("entropy", "策略熵", "train", "none", "entropy")
    if "explained" in bag and "variance" in bag:
        return Kind("explained_variance", key, "train", "none", "explained_variance")
    if bag & {"success", "winrate"}:  # a rate of rollouts is an evaluation, whatever its prefix
        return Kind("eval_score", "成功率" if "success" in bag else key, "eval", "max", "eval_score", 0)
    if bag & SCORES and not bag & {"loss"}:
        return Kind("score", key, group, "max", "reward" if bag & RETURNS else None)
    if "kl" in bag:  # kl to a reference, approx_kl: measures of a policy update, not of a posterior
        return Kind("policy_kl", key, group, "none", "approx_kl" if "approx" in bag else "ref_kl")
    if not bag & {"loss", "losses", "nll", "ppl", "perplexity", "mse", "mae", "l1", "recon", "reconstruction"}:
        return None
    if bag & GAN and not bag & L1:
        seat_ = (
            "d_loss" if bag & {"d", "disc", "discriminator"} else "g_loss" if bag & {"g", "gen", "generator"} else None
        )
        return Kind("gan_loss", key, group, "none", seat_, len(w))
    if bag & RL and bag & {"loss"} and not bag & {"policy", "bc", "action"}:
        return Kind("rl_loss", key, group, "none")
    if bag <= FILLER | {"eval"}:
        on_train = "on" in bag
        label = "训练集评估损失" if on_train else "总损失"
        return Kind("loss", label, group, "min", None if on_train else "loss", 5 if bag & {"lm", "ce", "nll"} else 0)
    if bag & L1:
        label = (
            "L1 动作损失"
            if "l1" in bag
            else "MSE 损失"
            if bag & {"mse", "l2"}
            else "重建损失"
            if bag & {"recon", "reconstruction", "rec"}
            else key
        )
        return Kind("l1", label, group, "min", "component", 0 if "l1" in bag else 1)
    return Kind("component", key, group, "min", "part")


def _prefix(bag: set[str], group: Group) -> str:
    if group != "eval":
        return ""
    return "离线评估/" if "offline" in bag else "测试/" if "test" in bag else "评估/"


def _worth(bag: set[str]) -> int:
    """Which score decides when there are several: the task itself first, accuracy (blind to rare classes) last."""
    if bag & {"success", "winrate", "win"}:
        return 0
    if bag & RETURNS:
        return 1
    return 3 if bag & {"acc", "accuracy"} else 2


PHRASES = {  # as people say them; the words of the name, in any order
    frozenset({"average", "precision"}): "mAP",
    frozenset({"map"}): "mAP",
    frozenset({"rew"}): "回报",
    frozenset({"reward"}): "回报",
    frozenset({"return"}): "回报",
    frozenset({"success"}): "成功率",
}
LEAVES = {
    "loss": "损失",
    "accuracy": "准确率",
    "acc": "准确率",
    "success": "成功率",
    "reward": "回报",
    "return": "回报",
}


def _leaf(w: tuple[str, ...]) -> str:
    for phrase, said in PHRASES.items():
        if phrase <= set(w):
            return said
    named = [x for x in w if x not in FILLER - {"loss"} and x != "rate"]
    return " ".join(LEAVES.get(x, x.upper() if len(x) <= 4 else x) for x in named) or "损失"


_RULES: tuple[Rule, ...] = (
    _step,
    _precision,
    _rate,
    _optimiser,
    _transport,
    _timing,
    _counts,
    _kl,
    _evaluation,
    _training,
)

# A run that logs only `train/l1_loss` has that as its loss: these kinds compete for that seat too, behind any total.
_ALSO_LOSS = {"l1": 30, "component": 40}


@dataclass(frozen=True, slots=True)
class Seating:
    """Who holds which role, and since which row. `kinds` is per column."""

    kinds: Mapping[str, Kind]
    holder: Mapping[str, str]  # single seats: role -> key

    def role(self, key: str) -> str | None:
        """The role a column holds, or None."""
        kind = self.kinds[key]
        return kind.role if kind.role is not None and self.holder.get(kind.role) == key else None


def seat(columns: Mapping[str, Column], profile: Profile = GENERIC) -> Seating:
    """Gives each role to the column logged first; within one row to the lowest rank, then to the first name.

    A column that comes later may fill a free role, never takes one away: so what is decided stays decided.
    """
    kinds = {key: kind_in(key, profile) for key in columns}
    bids: list[tuple[int, int, str, str]] = []
    for key, kind in kinds.items():
        first = int(columns[key].rows[0])
        if kind.role is not None:
            bids.append((first, kind.rank, key, kind.role))
        if kind.group == "train" and kind.name in _ALSO_LOSS:
            bids.append((first, kind.rank + _ALSO_LOSS[kind.name], key, "loss"))
    holder: dict[str, str] = {}
    for _, _, key, role in sorted(bids):
        holder.setdefault(role, key)
    return Seating(kinds, holder)


def same_quantity(train: str, evaluation: str) -> bool:
    """Whether a train and an eval column measure the same thing: same words once split and averaging are taken away."""
    return _quantity(train) == _quantity(evaluation) != frozenset()


def _quantity(key: str) -> frozenset[str]:
    left = {
        w
        for w in words(key)
        if w not in TRAIN | EVAL | {"avg", "mean", "step", "epoch", "total", "running", "on", "losses"}
    }
    if "l1" in left or "mse" in left:
        left -= {"loss", "action"}
    return frozenset(left)
