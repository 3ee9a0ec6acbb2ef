"""A metric's name, taken apart; and what a name can say.

Names are compared as words: `train/kld_loss`, `TrainKldLoss` and `train.kld-loss` are the same three words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from analysis.columns.languages import in_english, spelt_in_english
from analysis.columns.vocabulary import ACCURACY, ERRORS, EVAL, LOSS, OF_A_SET, RANKED, SCORES, TRAIN

Group = Literal["train", "eval", "system", "other"]
Direction = Literal["min", "max", "target", "none"]

# Several words for one thing. `AverageEpRet` and `eprewmean`: the return of an episode, as Spinning Up and Baselines
# write it; bits per dimension, byte or token; the relative error of a depth.
_ONE_THING = (
    (re.compile(r"(?<![A-Za-z])eprewmean(?![A-Za-z])"), "ep_rew_mean"),
    (re.compile(r"(?<![A-Za-z])eprew(?![A-Za-z])"), "ep_rew"),
    (re.compile(r"EpRet(?![a-z])"), "EpReturn"),
    (re.compile(r"(?<![A-Za-z])ep_ret(?![A-Za-z])"), "ep_return"),
    (re.compile(r"[Bb]its[ _/-]?[Pp]er[ _/-]?([Dd]im|[Bb]yte|[Cc]har|[Tt]oken)(?![A-Za-z])"), "bpd"),
    (re.compile(r"(?<=[A-Z]{2})(loss|acc)(?![a-z])"), r" \1"),  # PDEloss
    (re.compile(r"(?<![A-Za-z])[Aa]bs_?[Rr]el(?![A-Za-z])"), "absrel"),
)
# `1.Total_reward/3.Episode_length`: numbers that only keep headings in order.
_ORDER = re.compile(r"(?:(?<=^)|(?<=/))\d+\.(?=[A-Za-z])")
# Written together: `epochloss`, `valacc`, `avgreward`. Any word may come before a loss or an accuracy, of letters those
# of the two networks of a GAN: what the v of `vloss` is nobody knows.
_TOGETHER = re.compile(
    r"([a-z]{2,}|[dg])(loss|losses|acc)"
    r"|(train|valid|val|test|dev|eval|avg|mean|total|epoch|episode|best|max|min)"
    r"(accuracy|rewards?|returns?|scores?|length|len|dice|iou|miou|f1|auc|psnr|mse|mae|rmse|wer|cer|ppl|bleu)"
)
# One of several rewards, as TRL logs each of its functions: `rewards/json_valid/mean`.
_REWARDED = re.compile(r"(train/)?rewards/[^/]+/(mean|std)")
_SPLITS_OF_REWARDS = {"eval", "evaluation", "val"}  # an answer may be valid, or pass a test
# Written with capitals inside a word.
_ACRONYMS = re.compile(r"mAP|mIoU|nDCG|CIDEr|IoU|TFLOPs?|COCO(?=AP)")


@lru_cache(maxsize=32_768)
def words(key: str) -> tuple[str, ...]:
    """`train/ot_ot_piSum` -> ("train", "ot", "ot", "pi", "sum"); "3d" is one word, `mAP50-95` is map50 and 95."""
    plain = _ACRONYMS.sub(lambda m: m[0].lower(), spelt_in_english(key))
    for written, meant in _ONE_THING:
        plain = written.sub(meant, plain)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", _ORDER.sub("", plain))
    found = (w.lower() for w in re.findall(r"\d[dD](?![A-Za-z])|[A-Za-z]+\d*|\d+", spaced))
    return tuple(part for w in found for part in _apart(w))


def _apart(word: str) -> tuple[str, ...]:
    together = _TOGETHER.fullmatch(word)
    return tuple(part for part in together.groups() if part) if together else (in_english(word),)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column is.

    measure    what it measures, as the full report says it: 总损失, L1; empty where nothing but its key is known
    rank       orders kinds that compete for a role: lower sits first
    place      of which evaluation it is: 评估, 测试, 离线评估; empty where the name says of none
    averaged   it is a mean over an evaluation, as its name says
    unit       of its values, where the name says it: s, ms, %
    term       of an OT cost: the term it is the cost of
    """

    key: str
    name: str
    measure: str
    group: Group
    direction: Direction
    role: str | None = None
    rank: int = 0
    place: str = ""
    averaged: bool = False
    unit: str = ""
    term: str = ""

    @property
    def label(self) -> str:
        """What people read: `评估/平均L1`, `取数耗时(ms)`; the key where nothing else is known."""
        return f"{self.place}/{self.statistic}" if self.place and self.measure else self.statistic or self.key

    @property
    def statistic(self) -> str:
        """`平均L1`, `成功率`: the label without its place; empty where nothing but the key is known."""
        return f"平均{self.measure}" if self.averaged and self.measure else self.measure

    @property
    def caption(self) -> str:
        """How a sentence calls it: `loss`, `L1`, `成功率`; empty where nothing but the key is known."""
        return _CAPTIONS.get(self.measure, self.measure)

    def labelled(self, label: str) -> Kind:
        """The same by a label that somebody has written, as in profiles: `测试/平均L1` also says of which evaluation it
        is, `取数(ms)` the unit, `OT 代价(state)` of a cost the term."""
        place, _, rest = label.rpartition("/")
        measure = rest.removeprefix("平均")
        inside = rest[rest.find("(") + 1 : rest.rfind(")")] if "(" in rest else ""
        unit = inside if inside in {"s", "ms"} else self.unit
        term = inside if inside and self.role == "ot_cost" else self.term
        return replace(self, place=place, averaged=measure != rest, measure=measure, unit=unit, term=term)


# Labels are those of the reference report; everywhere else a thing goes by the word that people say (docs/wording.md).
_CAPTIONS = {
    "总损失": "loss",
    "损失": "loss",
    "L1 动作损失": "L1",
    "KL 损失": "KL loss",
    "OT 损失": "OT loss",
    "OT(模块)损失": "OT(模块) loss",
    "梯度范数": "grad norm",
    "学习率": "lr",
}
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
    def a_loss(self) -> bool:
        likelihood = {"neg", "log"} <= self.bag and self.bag & {"p", "likelihood"}
        return bool(self.bag & LOSS) or {"cross", "entropy"} <= self.bag or bool(likelihood)

    @property
    def explains(self) -> bool:
        """The explained variance of a critic, as it is abbreviated: no variance, it may well be negative. OpenAI
        baselines and modular_rl log it before or after the critic is fitted to the returns.
        """
        fitted = "ev" in self.bag and not self.bag.isdisjoint({"before", "after"})
        return fitted or bool(self.bag & {"explained", "expl"} and self.bag & {"variance", "var"})

    @property
    def unknown(self) -> Kind:
        return Kind(self.key, UNKNOWN, "", self.group if self.bag & (EVAL | TRAIN) else "other", "none")


@lru_cache(maxsize=32_768)
def taken_apart(key: str) -> Name:
    w = words(key)
    bag = frozenset(w)
    stems = bag | {stem for x in w if len(stem := x.rstrip("0123456789")) > 1}
    on_train = "on" in bag and bool(bag & TRAIN)  # eval_on_train/loss: evaluation mode, training data
    # So that an expert has 1 or 100: what D4RL makes of the returns of an evaluation.
    ranked = "@" in key and stems & RANKED  # the first k of a ranking: recall@20
    sampled = any(a == "pass" and (b == "at" or b.isdigit()) for a, b in pairwise(w))  # pass@8
    of_a_set = stems & OF_A_SET or {"normalized", "score"} <= bag or sampled or ranked
    # A coefficient of variation goes by the same letters as a cross-validation.
    splits = _SPLITS_OF_REWARDS if _REWARDED.fullmatch(key) else EVAL - {"cv"}
    evaluated = bag & splits or ("cv" in bag and bag & (LOSS | SCORES | ERRORS))
    served = bag & {"global", "server"} and bag & ACCURACY  # of federated learning: the server has no training set
    held_out = (evaluated and not on_train) or ((of_a_set or served) and not bag & TRAIN)
    return Name(key, w, bag, stems, "eval" if held_out else "train")


def place(n: Name) -> str:
    """Of which evaluation a column is, as labels say it; empty: of training."""
    if n.group != "eval":
        return ""
    return "离线评估" if "offline" in n.bag else "测试" if "test" in n.bag else "评估"


def same_quantity(train: str, evaluation: str) -> bool:
    """Whether a train and an eval column measure the same thing: same words once split and averaging are taken away."""
    return quantity(train) == quantity(evaluation) != frozenset()


def quantity(key: str) -> frozenset[str]:
    """What a column measures, wherever and however averaged: its words without those."""
    left = {
        w
        for w in words(key)
        if w not in TRAIN | EVAL | {"avg", "mean", "step", "epoch", "total", "running", "on", "losses", "model"}
    }
    if "l1" in left or "mse" in left:
        left -= {"loss", "action"}
    return frozenset(left)
