"""What kind of training a run is: the same curve is healthy in one family and sick in another.

A config (or a profile) that names the algorithm decides for the whole scan. Else the columns tell, each from the row in
which it was first logged: what was decided before that row stays decided. What a config merely hints at (weights to start
from, a block size) counts where no column names an algorithm.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from analysis.columns.names import words
from analysis.columns.vocabulary import DISCRIMINATOR, EVAL, GENERATOR, RL

if TYPE_CHECKING:
    from analysis.facts.config import Facts


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
    Family.IMITATION: "模仿学习", Family.VLA: "VLA", Family.DIFFUSION: "扩散/流匹配", Family.SFT: "微调",
    Family.PRETRAINING: "预训练", Family.RL: "强化学习", Family.PREFERENCE: "偏好对齐", Family.GAN: "GAN",
    Family.SUPERVISED: "监督学习",
}  # fmt: skip

# Offline loss is a weak proxy of what these are for: success often rises while it does (diagnoses of imitation, VLA, SFT).
WEAK_PROXY = (Family.IMITATION, Family.VLA, Family.DIFFUSION, Family.SFT, Family.PREFERENCE)

# What a config may merely hint at: columns that name an algorithm outrank it.
HINTS = (Family.UNKNOWN, Family.SFT, Family.PRETRAINING, Family.SUPERVISED)

# Names that mean one algorithm wherever they stand: a word of the value of any key that names what is trained.
# Asked in this order: the algorithm says more than the network it is run on.
_NAMES: tuple[tuple[Family, frozenset[str]], ...] = (
    (Family.PREFERENCE, frozenset({"dpo", "orpo", "kto", "simpo"})),
    (Family.RL, frozenset({"ppo", "grpo", "rloo", "td3", "ddpg", "dqn", "a2c", "trpo", "tqc", "dapo", "gspo", "dreamerv3",
                           "tdmpc", "tdmpc2", "qrdqn", "impala", "rlhf", "iql", "cql", "awac"})),
    (Family.VLA, frozenset({"pi0", "pi05", "pi0fast", "smolvla", "openvla", "octo", "groot", "gr00t", "xvla", "rdt", "vla",
                            "cogact", "spatialvla"})),
    (Family.GAN, frozenset({"gan", "dcgan", "wgan", "stylegan", "stylegan2", "stylegan3", "biggan", "cyclegan", "pix2pix"})),
    (Family.DIFFUSION, frozenset({"ddpm", "ddim", "dp3", "latentdiffusion"})),
    (Family.IMITATION, frozenset({"vqbet", "imitation", "ibc"})),
)  # fmt: skip
_NAMING = (  # keys whose value names what is trained, loosely: `exp_name: act_gelu` is no ACT
    "policy_type", "policy_name", "policy_class", "algo", "algo_name", "algorithm", "algorithm_name", "algorithm_class_name",
    "trainer", "trainer_type", "rlhf_type", "loss_type", "model_type", "model_name", "model", "exp_name", "arch",
    "architecture", "method",
)  # fmt: skip

# Words with other meanings too: they count as the whole value, of a key that can only name the algorithm.
_VALUES: Mapping[str, Family] = {
    "act": Family.IMITATION, "bc": Family.IMITATION, "bet": Family.IMITATION, "actpolicy": Family.IMITATION,
    "diffusion": Family.DIFFUSION, "diffusion_policy": Family.DIFFUSION, "multi_task_dit": Family.DIFFUSION,
    "pi0_fast": Family.VLA, "sac": Family.RL, "reinforce": Family.RL, "reinforce_plus_plus": Family.RL, "gae": Family.RL,
    "rl": Family.RL, "rm": Family.PREFERENCE, "reward_model": Family.PREFERENCE, "ipo": Family.PREFERENCE,
    "cpo": Family.PREFERENCE, "dpo": Family.PREFERENCE, "kto": Family.PREFERENCE, "ppo": Family.RL,
    "sft": Family.SFT, "pt": Family.PRETRAINING, "pretrain": Family.PRETRAINING,
    "cycle_gan": Family.GAN, "pix2pix": Family.GAN,
}  # fmt: skip
_DECIDING = (
    "stage", "training_stage", "policy_type", "policy_class", "algo", "algo_name", "algorithm", "rlhf_type",
    "advantage_estimator", "adv_estimator", "trainer_type", "model",
)  # fmt: skip
# Of a trainer: `stage`, `method` or `model` deep in a config belongs to something else.
_TASKS: Mapping[str, Family] = {
    "detect": Family.SUPERVISED, "segment": Family.SUPERVISED, "classify": Family.SUPERVISED, "pose": Family.SUPERVISED,
    "obb": Family.SUPERVISED, "translation": Family.SUPERVISED, "language_modeling": Family.PRETRAINING,
    "masked_lm": Family.PRETRAINING, "denoising": Family.PRETRAINING,
}  # fmt: skip
# Where the weights come from. A boolean `pretrained` is left out: it speaks of a backbone.
_WEIGHTS = (
    "pretrained_path", "base_model", "model_name_or_path", "name_or_path", "vla_path", "pretrained_checkpoint", "pretrain",
    "partial_pretrain", "pretrained_model_name_or_path", "pretrained_model_path",
)  # fmt: skip
_ELSEWHERE = frozenset({"dataset", "tokenizer", "vae", "text", "vision", "backbone", "encoder", "reward", "ref"})
_ADAPTERS = ("peft", "peft_r", "peft_type", "peft_method_type", "lora", "lora_r", "lora_rank", "use_lora", "use_peft")


def stated(facts: Facts) -> Family:
    """The family as config or profile say or hint; UNKNOWN where they do not."""
    named = declared(facts)
    return _hinted(facts) if named is Family.UNKNOWN else named


def declared(facts: Facts) -> Family:
    """The family where config or profile name the algorithm, or state what only one family has: no column says otherwise."""
    if facts.profile.family is not None:
        return Family(facts.profile.family)
    # LLaMA-Factory writes the settings of every stage (`pref_beta`, `ppo_epochs`) into every run: its stage comes first.
    for key in _DECIDING:
        if (family := _VALUES.get(facts.text(key))) is not None:
            return family
    said = [set(words(text)) for key in (*_NAMING, *_WEIGHTS) if (text := _text(facts, key))]
    for family, names in _NAMES:
        if any(names & bag for bag in said):
            return family
    if facts.number("dpo_beta") is not None or facts.value("precompute_ref_log_probs") is not None:
        return Family.PREFERENCE
    if facts.number("clip_range", "clip_coef", "cliprange", "gae_lambda", "num_generations", "n_samples_per_prompt",
                    "total_timesteps") is not None:  # fmt: skip
        return Family.RL
    if facts.text("gan_mode"):
        return Family.GAN
    if facts.number("num_train_timesteps", "num_diffusion_timesteps", "diffusion_steps") is not None:
        return Family.DIFFUSION
    return Family.UNKNOWN


def _text(facts: Facts, key: str) -> str:
    got = facts.value(key, without=_ELSEWHERE)
    return got.lower() if isinstance(got, str) else ""


def _hinted(facts: Facts) -> Family:
    if any(_says_something(facts.value(name)) for name in _ADAPTERS) or facts.value("finetune") is True:
        return Family.SFT
    if any(_says_something(_text(facts, name)) for name in _WEIGHTS) or facts.text("init_from").startswith("gpt2"):
        return Family.SFT
    task = next((family for key in ("task", "task_name") if (family := _TASKS.get(facts.text(key)))), None)
    if task is not None:
        return task
    if facts.number("micro_batch_size", "block_size") is not None and facts.number("n_layer", "num_layers") is not None:
        return Family.PRETRAINING
    return Family.UNKNOWN


def pretrained(facts: Facts) -> bool:
    """Whether training starts from learnt weights (its own of an earlier run, too): then it starts near its floor."""
    own = ("pretrained", "resume", "checkpoint_path", "init_from")
    return any(_says_something(facts.value(name, without=_ELSEWHERE)) for name in (*_WEIGHTS, *_ADAPTERS, *own))


def _says_something(value: object) -> bool:
    return value not in (None, False, 0, "", "none", "None", "false", "scratch")


def told_by(keys: Iterable[str], hint: Family = Family.UNKNOWN) -> Family:
    """What the names of columns tell; where they name no algorithm, what the config hints at, else what they suggest."""
    bags = [set(words(key)) for key in keys]
    named = _named_by(bags)
    if named is not Family.UNKNOWN:
        return named
    return _suggested_by(bags) if hint is Family.UNKNOWN else hint


def _any_with(bags: list[set[str]], *groups: set[str]) -> bool:
    return any(all(bag & group for group in groups) for bag in bags)


def _named_by(bags: list[set[str]]) -> Family:
    """Columns that only one kind of algorithm logs."""
    loss, rewarded = {"loss", "losses"}, {"reward", "rewards", "rew", "return", "returns"}
    if _any_with(
        bags,
        {"margin", "margins", "chosen", "rejected", "reject"},
        rewarded | {"logps", "logits", "score", "scores"},
    ) or (_any_with(bags, {"margin", "margins"}) and _any_with(bags, rewarded)):
        return Family.PREFERENCE
    gan = {"gan", "adv", "adversarial"}
    if _any_with(bags, DISCRIMINATOR, loss | gan) and _any_with(bags, GENERATOR, loss | gan):
        return Family.GAN
    of_agent = _any_with(bags, RL - {"alpha"}, loss | {"clipfrac"}) or _any_with(bags, {"policy"}, {"entropy"})
    # Of training: rollouts in an evaluation are anybody's.
    of_rollouts = _any_with(
        [b for b in bags if not b & EVAL], {"ep", "episode", "episodic"}, rewarded | {"len", "length"}
    )
    answers = _any_with(bags, {"completion", "completions", "response", "responses"}, {"length", "len", "clipped"})
    if (
        of_rollouts
        or _any_with(bags, {"approx"}, {"kl"})
        or _any_with(bags, {"approxkl"})
        or (answers and _any_with(bags, rewarded | {"score"}))
        or (of_agent and _any_with(bags, rewarded | {"entropy", "value", "clipfrac"}))
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
    ):
        return Family.PRETRAINING
    stems = [{word.rstrip("0123456789") for word in bag} for bag in bags]
    if _any_with(stems, {"acc", "accuracy", "top", "map", "iou", "miou", "dice", "auc", "bbox", "box", "cls", "wer"}):
        return Family.SUPERVISED
    return Family.UNKNOWN
