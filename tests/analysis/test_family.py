"""What kind of training a run is: by its config, by its columns, and where neither may be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.columns.family import Family, ToldByNames
from analysis.columns.profile import Profile
from analysis.facts import Facts
from analysis.model import Column, History
from analysis.scan.reading import Reading
from bot.settings import profiles
from tests.analysis.frameworks import FRAMEWORKS, Framework


def families(
    columns: dict[str, int], config: dict[str, Any], profile: Profile | None = None
) -> list[tuple[int, Family]]:
    """(row, family from there on) of a run whose columns begin at these rows."""
    facts = Facts(config, profile=profile) if profile is not None else Facts(config)
    n = max(columns.values(), default=0) + 1
    cells = {key: Column(np.arange(row, n), np.ones(n - row)) for key, row in columns.items()}
    nothing = np.full(n, np.nan)
    h = History(np.arange(n), nothing, nothing, cells)
    return list(dict(Reading(h, facts).families).items())  # of two for one row the later counts


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
def test_a_run_of_a_framework_is_of_its_family(framework: Framework) -> None:
    profile = profiles.load([framework.profile] if framework.profile else [])

    assert families(dict.fromkeys(framework.columns, 0), dict(framework.config), profile)[-1][1] is framework.family


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
def test_what_the_columns_alone_tell(framework: Framework) -> None:
    assert ToldByNames(dict.fromkeys(framework.columns, 0)).by(0) is framework.told


@pytest.mark.parametrize(
    ("config", "family"),
    [
        ({"stage": 2}, Family.UNKNOWN),  # of a curriculum, of ZeRO
        ({"zero_optimization": {"stage": 3}, "model_type": "llama"}, Family.UNKNOWN),
        ({"stage": "train", "method": "bilinear"}, Family.UNKNOWN),
        ({"arch": "diffusion_unet", "task_name": "segmentation"}, Family.UNKNOWN),
        ({"exp_name": "act_gelu", "optimizer": "sgd"}, Family.UNKNOWN),  # an activation, no ACT
        ({"model_name": "raft_flow"}, Family.UNKNOWN),  # optical flow
        ({"model": "resnet50.pt"}, Family.UNKNOWN),
        ({"data_path": "data/demos.npz"}, Family.IMITATION),
        ({"data_path": "data/demonstrated.npz", "dataset": "democracy"}, Family.UNKNOWN),
        ({"resume": True}, Family.UNKNOWN),  # goes on with its own weights
        ({"init_from": "resume", "n_layer": 12, "block_size": 1024}, Family.PRETRAINING),
        ({"init_from": "gpt2-xl", "n_layer": 12, "block_size": 1024}, Family.SFT),
        ({"pretrained": True, "model": "fasterrcnn_resnet50_fpn"}, Family.UNKNOWN),  # of a backbone: columns tell
        ({"tokenizer_name_or_path": "gpt2", "dataset_name_or_path": "wikitext"}, Family.UNKNOWN),
        ({"policy": {"type": "smolvla"}, "use_lora": True, "lora_rank": 16}, Family.VLA),
        ({"pretrained_path": "lerobot/pi05_base", "peft": {"r": 16}}, Family.VLA),
        ({"stage": "pt", "finetuning_type": "lora", "lora_rank": 8}, Family.PRETRAINING),
        ({"stage": "rm", "model_name_or_path": "Qwen/Qwen2.5-7B"}, Family.PREFERENCE),
        ({"stage": "sft", "pref_beta": 0.1, "ppo_epochs": 4}, Family.SFT),
        ({"rlhf_type": "dpo", "train_type": "lora"}, Family.PREFERENCE),
        ({"algorithm": {"adv_estimator": "gae"}}, Family.RL),
        ({"policy": {"type": "sac"}, "pretrained": False}, Family.RL),
        ({"lora": {"r": 8}}, Family.SFT),
        ({"data_path": "data/demos.npz", "hidden_dim": 128}, Family.IMITATION),
        ({"data_path": "data/demos.hdf5", "gamma": 0.99}, Family.UNKNOWN),
        ({"dataset": "identity,alpaca_en_demo", "lora": {"r": 8}}, Family.SFT),
        ({"dataset": "alpaca_en_demo"}, Family.UNKNOWN),
        ({}, Family.UNKNOWN),
    ],
)
def test_a_config_says_so_or_does_not(config: dict[str, Any], family: Family) -> None:
    assert Facts(config).family is family


def test_a_profile_outranks_the_config() -> None:
    facts = Facts({"policy": {"type": "act"}}, profile=Profile("ours", family="rl"))

    assert facts.declared_family is Family.RL


def test_columns_that_name_an_algorithm_outrank_a_hint_and_nothing_else() -> None:
    """LoRA hints at SFT; rewards of chosen answers say preference tuning, a perplexity does not say pretraining."""
    lora, columns = {"use_lora": True}, {"train/loss": 0, "train/rewards/chosen": 3}

    assert families(columns, lora) == [(0, Family.SFT), (3, Family.PREFERENCE)]
    assert families({"train/loss": 0, "eval/perplexity": 0}, lora) == [(0, Family.SFT)]
    assert families(columns, {"algorithm": "grpo"}) == [(0, Family.RL)]


def test_a_detector_on_a_pretrained_backbone_is_supervised() -> None:
    """Its mAP is what it is for, so a rising eval loss is no weak proxy; that it starts near its floor is known."""
    config = {"pretrained": True}

    assert families({"train/loss": 0, "val/bbox_mAP": 0}, config) == [(0, Family.SUPERVISED)]
    assert Facts(config).pretrained


def test_rollouts_in_an_evaluation_do_not_make_an_agent() -> None:
    assert (
        ToldByNames(dict.fromkeys(["train/l1_loss", "train/kld_loss", "eval/ep_rew_mean", "eval/ep_len_mean"], 0)).by(0)
        is Family.IMITATION
    )
    assert ToldByNames(dict.fromkeys(["rollout/ep_rew_mean"], 0)).by(0) is Family.RL


@pytest.mark.parametrize(
    ("columns", "family"),
    [
        ("disc_real_loss disc_fake_loss gan_loss mean_disc_loss", Family.GAN),  # Keras: both networks in a row
        ("gan_loss l1_loss", Family.UNKNOWN),  # of what is restored, with a term of an adversary
        ("disc_loss gan_weight_loss", Family.UNKNOWN),
        ("Epsilon Avg_Q Avg_Loss Survival_Rate", Family.RL),
        ("epsilon loss accuracy", Family.SUPERVISED),  # of an attack, or of privacy
    ],
)
def test_two_networks_and_values_of_actions(columns: str, family: Family) -> None:
    assert ToldByNames(dict.fromkeys(columns.split(), 0)).by(0) is family


def test_a_loss_that_is_called_by_its_algorithm_names_it() -> None:
    """Whatever adapters a config has: a policy's objective is of either sign, and no cross-entropy."""
    lora = {"lora": True, "model": "gemma-2-2b-it"}

    assert families({"grpo_loss": 0, "kl": 0, "acc": 0}, lora)[-1][1] is Family.RL
    assert families({"train/dpo_loss": 0}, lora)[-1][1] is Family.PREFERENCE
    assert families({"train/loss": 0, "kl": 0, "acc": 0}, lora)[-1][1] is Family.SFT


@pytest.mark.parametrize(
    "config",
    [
        {"resume": True},
        {"pretrained": True},
        {"peft": {"r": 8}},
        {"init_from": "gpt2"},
        {"_name_or_path": "openai/whisper-small"},
    ],
)
def test_training_starts_from_learnt_weights(config: dict[str, Any]) -> None:
    assert Facts(config).pretrained


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"resume": False},
        {"init_from": "scratch"},
        {"_name_or_path": ""},
        {"tokenizer_name_or_path": "gpt2"},
        {"peft": {}},
        {"vae": {"pretrained_path": "sd-vae"}},
    ],
)
def test_training_starts_from_scratch(config: dict[str, Any]) -> None:
    assert not Facts(config).pretrained
