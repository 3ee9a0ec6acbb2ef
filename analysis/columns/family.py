"""What kind of training a run is, as its columns tell: the same curve is healthy in one family and sick in another.

A config (or a profile) that names the algorithm decides for the whole scan (`analysis.facts.family`). Else the columns
tell, each from the row in which it was first logged: what was decided before that row stays decided. What a config
merely hints at (weights to start from, a block size) counts where no column names an algorithm.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache

from analysis.columns.agent_kinds import explores
from analysis.columns.names import taken_apart
from analysis.columns.vocabulary import (
    AVERAGED,
    DISCRIMINATOR,
    EVAL,
    GENERATOR,
    LENGTHS,
    OF_A_RETURN,
    PAIRWISE,
    POLICY_GRADIENT,
    RETURNS,
    RL,
    TRAIN,
)


class Family(enum.StrEnum):
    """Names as in profiles and JSON."""

    IMITATION = "imitation"  # behaviour cloning: ACT, BC, VQ-BeT
    VLA = "vla"  # pretrained vision-language-action models, LoRA or not
    DIFFUSION = "diffusion"  # denoising and flow matching, policies or images
    SFT = "sft"  # fine-tuning of a whole pretrained network; a detector on an ImageNet backbone is supervised
    PRETRAINING = "pretraining"  # language models from scratch, or continued
    RL = "rl"  # PPO, SAC, GRPO, ...
    PREFERENCE = "preference"  # DPO and its kin, reward models
    GAN = "gan"
    SUPERVISED = "supervised"  # classification, detection, regression
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Chinese, as a card says it; empty when unknown."""
        return _LABELS.get(self, "")


_LABELS = {
    Family.IMITATION: "模仿学习",
    Family.VLA: "VLA",
    Family.DIFFUSION: "扩散/流匹配",
    Family.SFT: "微调",
    Family.PRETRAINING: "预训练",
    Family.RL: "强化学习",
    Family.PREFERENCE: "偏好对齐",
    Family.GAN: "GAN",
    Family.SUPERVISED: "监督学习",
}

# Offline loss is a weak proxy of what these are for: success often rises while it does.
WEAK_PROXY = (Family.IMITATION, Family.VLA, Family.DIFFUSION, Family.SFT, Family.PREFERENCE)

# What a config may merely hint at: columns that name an algorithm outrank it.
HINTS = (Family.UNKNOWN, Family.SFT, Family.PRETRAINING, Family.SUPERVISED)


class ToldByNames:
    """What the names of columns tell. Where they name no algorithm: what the config hints at, else they suggest."""

    def __init__(self, first: Mapping[str, int], hint: Family = Family.UNKNOWN) -> None:
        """`first`: key -> the row in which it was first logged."""
        self._hint = hint
        self._begun: dict[frozenset[str], int] = {}  # of words: of a thousand layers one is to be looked at
        for key, row in first.items():
            bag = _with_any_number(taken_apart(key).bag)
            self._begun[bag] = min(row, self._begun.get(bag, row))

    def by(self, row: int) -> Family:
        """As far as columns were logged by a row."""
        return _told_by(tuple(bag for bag, begun in self._begun.items() if begun <= row), self._hint)


@lru_cache(maxsize=64)  # of what began by a row several ask, and a run that goes on is read again and again
def _told_by(words: tuple[frozenset[str], ...], hint: Family) -> Family:
    bags = _Bags(words)
    named = _named_by(bags)
    if named is not Family.UNKNOWN:
        return named
    return _suggested_by(bags) if hint is Family.UNKNOWN else hint


@lru_cache(maxsize=32_768)
def _with_any_number(bag: frozenset[str]) -> frozenset[str]:
    """Its numbers without their values: no family is told by them."""
    named = [word for word in bag if not word.isdigit()]
    return frozenset([*named, *(f"#{i}" for i in range(len(bag) - len(named)))])


@dataclass(frozen=True, eq=False)
class _Bags:
    """The words of some columns; of several with the same words, one."""

    each: Sequence[Set[str]]

    @cached_property
    def all(self) -> Set[str]:
        return frozenset().union(*self.each)

    def any_with(self, *groups: Set[str]) -> bool:
        """Whether one column has a word of each group. Most of what is asked for stands in none of them."""
        if any(self.all.isdisjoint(group) for group in groups):
            return False
        return any(not any(bag.isdisjoint(group) for group in groups) for bag in self.each)


def _named_by(bags: _Bags) -> Family:
    """Columns that only one kind of algorithm logs."""
    loss, rewarded = {"loss", "losses"}, {"reward", "rewards", "rew", "return", "returns"}
    for family, names in ((Family.PREFERENCE, PAIRWISE), (Family.RL, POLICY_GRADIENT)):
        if bags.any_with(names, loss):  # `grpo_loss`: the loss itself says by what
            return family
    if bags.any_with(
        {"margin", "margins", "chosen", "rejected", "reject"},
        rewarded | {"logps", "logits", "score", "scores"},
    ) or (bags.any_with({"margin", "margins"}) and bags.any_with(rewarded)):
        return Family.PREFERENCE
    if bags.any_with({"kimg"}):  # StyleGAN, which counts in thousands of pictures
        return Family.GAN
    gan = {"gan", "adv", "adversarial"}
    if bags.any_with(DISCRIMINATOR, loss | gan | {"real", "fake"}) and bags.any_with(GENERATOR, loss | gan):
        return Family.GAN
    # Both networks in a row, of which the first alone is trained: Keras calls that model the GAN.
    if bags.any_with(DISCRIMINATOR, {"real", "fake"}) and bags.any_with({"gan"}, loss):
        return Family.GAN
    bare = [bag - TRAIN for bag in bags.each if len(bag) <= 2]
    if {"d"} in bare and {"g"} in bare:
        return Family.GAN
    of_agent = bags.any_with(RL - {"alpha"}, loss | {"clipfrac"}) or bags.any_with({"policy"}, {"entropy"})
    of_agent |= bags.any_with({"q", "q1", "q2"}, {"mean", "avg", "value", "values"}) and bags.any_with({"episode"})
    of_agent |= bags.any_with({"a", "act"}, loss) and bags.any_with({"c", "cri"}, loss)  # rl_games, DeepSpeed-Chat
    # Of training: rollouts in an evaluation are anybody's.
    trained = _Bags([b for b in bags.each if not b & EVAL])
    of_rollouts = trained.any_with({"ep", "episode", "episodic"}, rewarded | {"len", "length"})
    of_rollouts |= trained.any_with({"rollout", "rollouts"}, {"reward", "rewards", "rew"})  # returns: robomimic, too
    of_rollouts |= _lives(trained)
    # Actions are drawn at random for a while, else by their values: whatever it calls what it earns.
    drawn = any(explores(bag) for bag in trained.each)
    of_rollouts |= drawn and trained.any_with({"q", "q1", "q2"}, {"mean", "avg", "value", "values"})
    answers = bags.any_with({"completion", "completions", "response", "responses"}, {"length", "len", "clipped"})
    if (
        of_rollouts
        or bags.any_with({"approx"}, {"kl"})
        or bags.any_with({"approxkl"})
        or (answers and bags.any_with(rewarded | {"score"}))
        or (of_agent and bags.any_with(rewarded | {"entropy", "value", "clipfrac", "success"}))
    ):
        return Family.RL
    if bags.any_with({"diffusion", "denoising", "ddpm", "eps", "epsilon", "velocity"}, {"loss", "mse"}) or (
        bags.any_with({"flow"}, {"loss"}) and bags.any_with({"action", "actions", "matching"})
    ):
        return Family.DIFFUSION
    if bags.any_with({"vla"}):
        return Family.VLA
    if bags.any_with({"action", "actions"}, {"loss", "mse", "l1", "l2", "error"}) or (
        bags.any_with({"l1"}, {"loss"}) and bags.any_with({"kl", "kld"}, {"loss"})
    ):
        return Family.IMITATION
    return Family.UNKNOWN


def _lives(trained: _Bags) -> bool:
    """Whether something earns as it goes, and either acts at random for a while or comes to an end, or what it does is
    weighed: `Reward` beside `Epsilon` or `Entropy`, `Reward_Mean` beside `Length_Mean`, or one an `Episode`;
    `Rewards/Avg` beside `Advantages/Avg`."""
    earns = any(bag & RETURNS and bag <= OF_A_RETURN for bag in trained.each)
    return earns and any(
        explores(bag)
        or (bag & LENGTHS and bag <= LENGTHS | AVERAGED)
        or bag & {"advantage", "advantages"}
        or ("entropy" in bag and bag <= {"entropy"} | TRAIN | AVERAGED)
        or bag in ({"episode"}, {"episodes"})
        for bag in trained.each
    )


def _suggested_by(bags: _Bags) -> Family:
    """Columns that are usual in a family, though others may have them."""
    if (
        bags.any_with({"ppl", "perplexity", "bpb", "bpc"})
        or bags.any_with({"lm"}, {"loss"})
        or bags.any_with({"mfu", "tflops"})
        or bags.any_with({"tokens"}, {"s", "sec", "second", "per"})
        or bags.any_with({"words"}, {"sec", "second"})  # of a translator, as OpenNMT and fairseq count
    ):
        return Family.PRETRAINING
    stems = _Bags([{word.rstrip("0123456789") for word in bag} for bag in bags.each])
    if stems.any_with({"acc", "accuracy", "top", "map", "iou", "miou", "dice", "auc", "bbox", "box", "cls", "wer"}):
        return Family.SUPERVISED
    return Family.UNKNOWN
