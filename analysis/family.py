"""What kind of training a run is: the same curve is healthy in one family and sick in another.

A config (or a profile) that says it decides for the whole scan. Else the columns tell, each from the row in which it was
first logged: what was decided before that row stays decided.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from analysis.profile import RL, words

if TYPE_CHECKING:
    from analysis.facts import Facts


class Family(enum.StrEnum):
    """Names as in profiles and JSON."""

    IMITATION = "imitation"  # behaviour cloning: ACT, BC, VQ-BeT
    VLA = "vla"  # pretrained vision-language-action models
    DIFFUSION = "diffusion"  # denoising and flow matching, policies or images
    SFT = "sft"  # fine-tuning of a pretrained network
    PRETRAINING = "pretraining"  # language models from scratch, or continued
    RL = "rl"  # PPO, SAC, GRPO, ...
    PREFERENCE = "preference"  # DPO and its kin, reward models
    GAN = "gan"
    SUPERVISED = "supervised"  # classification, detection, regression from scratch
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Chinese, as a card says it; empty when unknown."""
        return _LABELS.get(self, "")


_LABELS = {
    Family.IMITATION: "模仿学习", Family.VLA: "VLA", Family.DIFFUSION: "扩散/流匹配", Family.SFT: "微调",
    Family.PRETRAINING: "预训练", Family.RL: "强化学习", Family.PREFERENCE: "偏好对齐", Family.GAN: "GAN",
    Family.SUPERVISED: "监督学习",
}  # fmt: skip

# Offline loss is a weak proxy of what these are for: success often rises while it does (diagnoses of imitation, VLA, SFT).
WEAK_PROXY = (Family.IMITATION, Family.VLA, Family.DIFFUSION, Family.SFT, Family.PREFERENCE)

# A word of the value -> family. Asked in this order: the algorithm says more than the network it is run on.
_ALGORITHMS: tuple[tuple[Family, frozenset[str]], ...] = (
    (Family.PREFERENCE, frozenset({"dpo", "orpo", "kto", "simpo", "ipo", "cpo", "rm", "reward_model", "bradley"})),
    (Family.RL, frozenset({"ppo", "grpo", "rloo", "reinforce", "sac", "td3", "ddpg", "dqn", "a2c", "trpo", "tqc", "dapo",
                           "gspo", "dreamer", "dreamerv3", "tdmpc", "tdmpc2", "qrdqn", "impala", "apo", "rl", "rlhf"})),
    (Family.VLA, frozenset({"pi0", "pi05", "pi0fast", "pi0_fast", "smolvla", "openvla", "octo", "groot", "gr00t", "xvla",
                            "rdt", "vla", "cogact", "spatialvla"})),
    (Family.DIFFUSION, frozenset({"diffusion", "ddpm", "ddim", "edm", "flow", "unet1d", "dit", "dp3", "latentdiffusion",
                                  "rectified"})),
    (Family.GAN, frozenset({"gan", "dcgan", "wgan", "stylegan", "stylegan2", "stylegan3", "biggan", "cyclegan", "pix2pix"})),
    (Family.IMITATION, frozenset({"act", "bc", "vqbet", "imitation", "bet", "ibc"})),
    (Family.SFT, frozenset({"sft", "lora", "qlora", "peft", "finetune", "finetuning"})),
    (Family.PRETRAINING, frozenset({"pretrain", "pretraining", "pt"})),
)  # fmt: skip
_SAYING = (  # keys of a config whose value names the algorithm
    "policy_type", "policy_name", "algo", "algorithm", "trainer", "trainer_type", "training_stage", "stage", "task_type",
    "train_type", "rlhf_type", "method", "loss_type", "advantage_estimator", "model_type", "model_name", "exp_name", "arch", "architecture",
)  # fmt: skip


def stated(facts: Facts) -> Family:
    """The family as config or profile say it; UNKNOWN where they do not."""
    if facts.profile.family is not None:
        return Family(facts.profile.family)
    said = [set(words(text)) | {text} for key in _SAYING if (text := facts.text(key))]
    for family, names in _ALGORITHMS:
        if any(names & bag for bag in said):
            return family
    if facts.number("dpo_beta", "pref_beta") is not None:
        return Family.PREFERENCE
    if facts.number("clip_range", "clip_coef", "gae_lambda", "num_generations", "n_samples_per_prompt") is not None:
        return Family.RL
    if pretrained(facts):
        return Family.SFT
    if facts.number("micro_batch_size", "block_size") is not None and facts.number("n_layer", "num_layers") is not None:
        return Family.PRETRAINING
    return Family.UNKNOWN


def pretrained(facts: Facts) -> bool:
    """Whether training starts from learnt weights: then it starts near its floor."""
    names = ("pretrained_path", "pretrained", "base_model", "peft", "lora", "lora_r", "lora_rank", "peft_config", "use_lora",
             "resume", "init_from", "model_name_or_path", "checkpoint_path", "pretrained_checkpoint", "vla_path")  # fmt: skip
    return any(_says_something(facts.value(name)) for name in names)


def _says_something(value: object) -> bool:
    if isinstance(value, Mapping):
        return bool(value)
    return value not in (None, False, 0, "", "none", "None", "false", "scratch")


def told_by(keys: Iterable[str]) -> Family:
    """What the names of columns tell; UNKNOWN when nothing."""
    bags = [set(words(key)) for key in keys]

    def any_with(*groups: set[str]) -> bool:
        return any(all(bag & group for group in groups) for bag in bags)

    if any_with(
        {"margin", "margins", "chosen", "rejected"}, {"reward", "rewards", "logps", "logits", "score", "scores"}
    ):
        return Family.PREFERENCE
    if any_with({"d", "disc", "discriminator"}, {"loss"}) and any_with({"g", "gen", "generator"}, {"loss"}):
        return Family.GAN
    loss_of_agent = any_with(RL - {"clip"}, {"loss", "losses"}) or any_with({"policy", "gradient"}, {"loss"})
    of_rollouts = any_with(
        {"ep", "episode", "episodic", "rollout", "rollouts"}, {"rew", "reward", "return", "len", "length"}
    )
    if (
        of_rollouts
        or any_with({"approx"}, {"kl"})
        or (loss_of_agent and any_with({"entropy", "reward", "rewards", "return", "returns", "value"}))
    ):
        return Family.RL
    if any_with({"diffusion", "denoising", "ddpm", "flow", "eps", "epsilon", "velocity"}, {"loss", "mse"}):
        return Family.DIFFUSION
    if any_with({"action", "actions"}, {"loss", "mse", "l1", "l2", "error"}) or (
        any_with({"l1"}, {"loss"}) and any_with({"kl", "kld"}, {"loss"})
    ):
        return Family.IMITATION
    if (
        any_with({"ppl", "perplexity", "bpb", "bpc"})
        or any_with({"lm"}, {"loss"})
        or any_with({"mfu", "tflops"})
        or any_with({"tokens"}, {"s", "sec", "second", "per"})
    ):
        return Family.PRETRAINING
    if any_with({"acc", "accuracy", "top1", "map", "map50", "iou", "miou", "dice", "auc", "bbox", "box", "cls", "wer"}):
        return Family.SUPERVISED
    return Family.UNKNOWN
