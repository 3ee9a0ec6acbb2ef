"""What kind of training a run is, as its columns tell: the same curve is healthy in one family and sick in another.

A config (or a profile) that names the algorithm decides for the whole scan (`analysis.facts.family`). Else the columns
tell, each from the row in which it was first logged: what was decided before that row stays decided. What a config
merely hints at (weights to start from, a block size) counts where no column names an algorithm.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Set

from analysis.columns.names import words
from analysis.columns.vocabulary import DISCRIMINATOR, EVAL, GENERATOR, PAIRWISE, POLICY_GRADIENT, RL


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


def told_by(keys: Iterable[str], hint: Family = Family.UNKNOWN) -> Family:
    """What the names of columns tell. Where they name no algorithm: what the config hints at, else they suggest."""
    bags = [set(words(key)) for key in keys]
    named = _named_by(bags)
    if named is not Family.UNKNOWN:
        return named
    return _suggested_by(bags) if hint is Family.UNKNOWN else hint


def _any_with(bags: list[set[str]], *groups: Set[str]) -> bool:
    return any(all(bag & group for group in groups) for bag in bags)


def _named_by(bags: list[set[str]]) -> Family:
    """Columns that only one kind of algorithm logs."""
    loss, rewarded = {"loss", "losses"}, {"reward", "rewards", "rew", "return", "returns"}
    for family, names in ((Family.PREFERENCE, PAIRWISE), (Family.RL, POLICY_GRADIENT)):
        if _any_with(bags, names, loss):  # `grpo_loss`: the loss itself says by what
            return family
    if _any_with(
        bags,
        {"margin", "margins", "chosen", "rejected", "reject"},
        rewarded | {"logps", "logits", "score", "scores"},
    ) or (_any_with(bags, {"margin", "margins"}) and _any_with(bags, rewarded)):
        return Family.PREFERENCE
    if _any_with(bags, {"kimg"}):  # StyleGAN, which counts in thousands of pictures
        return Family.GAN
    gan = {"gan", "adv", "adversarial"}
    if _any_with(bags, DISCRIMINATOR, loss | gan | {"real", "fake"}) and _any_with(bags, GENERATOR, loss | gan):
        return Family.GAN
    of_agent = _any_with(bags, RL - {"alpha"}, loss | {"clipfrac"}) or _any_with(bags, {"policy"}, {"entropy"})
    of_agent |= _any_with(bags, {"q", "q1", "q2"}, {"mean", "avg", "value", "values"}) and _any_with(bags, {"episode"})
    of_agent |= _any_with(bags, {"a", "act"}, loss) and _any_with(bags, {"c", "cri"}, loss)  # rl_games, DeepSpeed-Chat
    # Of training: rollouts in an evaluation are anybody's.
    trained = [b for b in bags if not b & EVAL]
    of_rollouts = _any_with(trained, {"ep", "episode", "episodic"}, rewarded | {"len", "length"})
    of_rollouts |= _any_with(trained, {"rollout", "rollouts"}, {"reward", "rewards", "rew"})  # returns: robomimic, too
    answers = _any_with(bags, {"completion", "completions", "response", "responses"}, {"length", "len", "clipped"})
    if (
        of_rollouts
        or _any_with(bags, {"approx"}, {"kl"})
        or _any_with(bags, {"approxkl"})
        or (answers and _any_with(bags, rewarded | {"score"}))
        or (of_agent and _any_with(bags, rewarded | {"entropy", "value", "clipfrac", "success"}))
    ):
        return Family.RL
    if _any_with(bags, {"diffusion", "denoising", "ddpm", "eps", "epsilon", "velocity"}, {"loss", "mse"}) or (
        _any_with(bags, {"flow"}, {"loss"}) and _any_with(bags, {"action", "actions", "matching"})
    ):
        return Family.DIFFUSION
    if _any_with(bags, {"vla"}):
        return Family.VLA
    if _any_with(bags, {"action", "actions"}, {"loss", "mse", "l1", "l2", "error"}) or (
        _any_with(bags, {"l1"}, {"loss"}) and _any_with(bags, {"kl", "kld"}, {"loss"})
    ):
        return Family.IMITATION
    return Family.UNKNOWN


def _suggested_by(bags: list[set[str]]) -> Family:
    """Columns that are usual in a family, though others may have them."""
    if (
        _any_with(bags, {"ppl", "perplexity", "bpb", "bpc"})
        or _any_with(bags, {"lm"}, {"loss"})
        or _any_with(bags, {"mfu", "tflops"})
        or _any_with(bags, {"tokens"}, {"s", "sec", "second", "per"})
        or _any_with(bags, {"words"}, {"sec", "second"})  # of a translator, as OpenNMT and fairseq count
    ):
        return Family.PRETRAINING
    stems = [{word.rstrip("0123456789") for word in bag} for bag in bags]
    if _any_with(stems, {"acc", "accuracy", "top", "map", "iou", "miou", "dice", "auc", "bbox", "box", "cls", "wer"}):
        return Family.SUPERVISED
    return Family.UNKNOWN
