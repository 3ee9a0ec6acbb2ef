"""What a config states of the kind of training: the algorithm it names, what it hints at, where weights come from."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import word_set
from analysis.facts.config import Config

# Names that mean one algorithm wherever they stand: a word of the value of any key that names what is trained.
# Asked in this order: the algorithm says more than the network it is run on.
_NAMES: Mapping[Family, frozenset[str]] = {
    Family.PREFERENCE: word_set("dpo orpo kto simpo"),
    Family.RL: word_set(
        "ppo grpo rloo td3 ddpg dqn a2c trpo tqc dapo gspo dreamer dreamerv2 dreamerv3 tdmpc tdmpc2 drq drqv2 "
        "qrdqn rainbow impala redq droq crossq rlhf iql cql awac bcq edac rebrac"
    ),
    Family.VLA: word_set("pi0 pi05 pi0fast smolvla openvla octo groot gr00t xvla rdt vla cogact spatialvla"),
    Family.GAN: word_set("gan dcgan wgan stylegan stylegan2 stylegan3 biggan cyclegan pix2pix"),
    Family.DIFFUSION: word_set("ddpm ddim dp3 latentdiffusion sdxl flux kontext"),
    Family.IMITATION: word_set("vqbet imitation ibc"),
}
_NAMING = (  # keys whose value names what is trained, loosely: `exp_name: act_gelu` is no ACT
    "policy", "policy_type", "policy_name", "policy_class", "algo", "algo_name", "algorithm", "algorithm_name",
    "algorithm_class_name", "trainer", "trainer_type", "rlhf_type", "loss_type", "model_type", "model_name", "model",
    "exp_name", "arch", "architecture", "method",
)  # fmt: skip


def _by_value(values: Mapping[Family, str]) -> Mapping[str, Family]:
    return {value: family for family, text in values.items() for value in text.split()}


# Words with other meanings too: they count as the whole value, of a key that can only name the algorithm.
_VALUES = _by_value(
    {
        Family.IMITATION: "act bc bet actpolicy",
        Family.DIFFUSION: "diffusion diffusion_policy multi_task_dit",
        Family.VLA: "pi0_fast",
        Family.RL: "sac reinforce reinforce_plus_plus gae rl ppo grpo gspo dapo rloo",
        Family.PREFERENCE: "rm reward_model ipo cpo dpo kto",
        Family.SFT: "sft",
        Family.PRETRAINING: "pt pretrain",
        Family.GAN: "cycle_gan pix2pix",
    }
)
_DECIDING = (
    "stage", "training_stage", "policy", "policy_type", "policy_class", "algo", "algo_name", "algorithm", "rlhf_type",
    "advantage_estimator", "adv_estimator", "trainer_type", "model",
)  # fmt: skip
# Of a trainer: `stage`, `method` or `model` deep in a config belongs to something else.
_TASKS = _by_value(
    {
        Family.SUPERVISED: "detect segment classify pose obb translation",
        Family.PRETRAINING: "language_modeling masked_lm denoising",
    }
)
# Settings that runs of one family alone have.
_OF_RL = (
    "clip_range", "clip_coef", "cliprange", "gae_lambda", "num_generations", "n_samples_per_prompt", "total_timesteps",
)  # fmt: skip
_OF_DIFFUSION = ("num_train_timesteps", "num_diffusion_timesteps", "diffusion_steps")
# Where the weights come from. A boolean `pretrained` is left out: it speaks of a backbone.
_WEIGHTS = (
    "pretrained_path", "base_model", "model_name_or_path", "name_or_path", "vla_path", "pretrained_checkpoint",
    "pretrain", "partial_pretrain", "pretrained_model_name_or_path", "pretrained_model_path",
)  # fmt: skip
_ELSEWHERE = word_set("dataset tokenizer vae text vision backbone encoder reward ref")
_ADAPTERS = ("peft", "peft_r", "peft_type", "peft_method_type", "lora", "lora_r", "lora_rank", "use_lora", "use_peft")


def declared(config: Config) -> Family:
    """The family where a config names the algorithm, or states what only one family has: no column says otherwise."""
    # LLaMA-Factory writes the settings of every stage (`pref_beta`, `ppo_epochs`) into every run: stage comes first.
    for key in _DECIDING:
        if (family := _VALUES.get(config.text(key))) is not None:
            return family
    said = [set(words(text)) for key in (*_NAMING, *_WEIGHTS) if (text := _text(config, key))]
    for family, names in _NAMES.items():
        if any(names & bag for bag in said):
            return family
    if any({"stable", "diffusion"} <= bag for bag in said):
        return Family.DIFFUSION
    if config.number("dpo_beta") is not None or config.value("precompute_ref_log_probs") is not None:
        return Family.PREFERENCE
    if config.number(*_OF_RL) is not None:
        return Family.RL
    if config.text("gan_mode"):
        return Family.GAN
    if config.number(*_OF_DIFFUSION) is not None:
        return Family.DIFFUSION
    # No algorithm, but nothing that a column might say otherwise: with nothing earned, what is shown is imitated.
    shown = any(_DEMONSTRATED & set(words(text)) for key in _DATA if isinstance(text := config.value(key), str))
    return Family.IMITATION if shown and config.number(*_OF_AGENTS) is None else Family.UNKNOWN


def _text(config: Config, key: str) -> str:
    got = config.value(key, without=_ELSEWHERE)
    return got.lower() if isinstance(got, str) else ""


def hinted(config: Config) -> Family:
    """The family that a config makes likely, else UNKNOWN. A column that names an algorithm outranks it."""
    if any(_says_something(config.value(name)) for name in _ADAPTERS) or config.value("finetune") is True:
        return Family.SFT
    if any(_says_something(_text(config, name)) for name in _WEIGHTS) or config.text("init_from").startswith("gpt2"):
        return Family.SFT
    task = next((family for key in ("task", "task_name") if (family := _TASKS.get(config.text(key)))), None)
    if task is not None:
        return task
    if (
        config.number("micro_batch_size", "block_size") is not None
        and config.number("n_layer", "num_layers") is not None
    ):
        return Family.PRETRAINING
    return Family.UNKNOWN


# Agents that learn from a data set alone. Several are known by their data too: `antmaze-umaze-v2`, `hopper-medium-v2`.
_OFFLINE = word_set("iql cql awac bcq bear edac rebrac td3bc xql combo mopo decisiontransformer offlinerl")
_DATA = (
    "data_path", "data_file", "data_dir", "dataset", "dataset_path", "dataset_dir", "dataset_name", "data",
    "train_data", "demo_path", "demos",
)  # fmt: skip
# Settings of agents that earn something, of which some are shown how first.
_OF_AGENTS = ("gamma", "discount", "discount_factor", "buffer_size", "replay_size", "replay_buffer_size")
# What a policy imitates. In the singular it is as often a sample of any data set: `alpaca_en_demo`.
_DEMONSTRATED = word_set("demos demonstration demonstrations teleop")
_OF_DATA = word_set("medium expert replay play diverse human cloned umaze")
_ENVIRONMENTS = ("env", "env_name", "env_id", "task", "task_name", "dataset", "dataset_id", "dataset_name")


def offline(config: Config) -> bool:
    """Whether an agent learns from a data set and explores nothing by itself."""
    named = set().union(*(set(words(_text(config, key))) for key in _NAMING))
    if named & _OFFLINE or {"td3", "bc"} <= named or {"offline", "rl"} <= named:
        return True
    data = [words(text) for key in _ENVIRONMENTS if isinstance(text := config.value(key), str)]
    return any(set(name) & _OF_DATA and name[-1].startswith("v") for name in data)


def pretrained(config: Config) -> bool:
    """Whether training starts from learnt weights (its own of an earlier run, too): then it starts near its floor."""
    own = ("pretrained", "resume", "checkpoint_path", "init_from")
    return any(_says_something(config.value(name, without=_ELSEWHERE)) for name in (*_WEIGHTS, *_ADAPTERS, *own))


def _says_something(value: object) -> bool:
    return value not in (None, False, 0, "", "none", "None", "false", "scratch")
