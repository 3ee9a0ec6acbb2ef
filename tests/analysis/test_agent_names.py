"""What agents are logged as, by the libraries that people use: each column in its seat."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.columns.family import Family, ToldByNames
from analysis.columns.roles import assign_roles
from analysis.model import Column

# library: columns, and the seats that they hold
LIBRARIES: dict[str, dict[str, str]] = {
    "Stable-Baselines3": {
        "rollout/ep_rew_mean": "reward",
        "train/entropy_loss": "entropy",
        "train/critic_loss": "critic_loss",
        "train/ent_coef": "temperature",
        "train/approx_kl": "approx_kl",
        "train/std": "action_std",
        "eval/mean_reward": "eval_score",
    },
    "Stable-Baselines3 DQN": {
        "rollout/ep_rew_mean": "reward",
        "rollout/exploration_rate": "",
        "train/loss": "critic_loss",
    },
    "PyMARL": {
        "return_mean": "reward",
        "epsilon": "",
        "loss": "critic_loss",
        "q_taken_mean": "q_value",
    },
    "a script of one's own": {
        "Reward": "reward",
        "Epsilon": "",
        "Avg_Loss": "critic_loss",
    },
    "CleanRL": {
        "charts/episodic_return": "reward",
        "losses/qf1_values": "q_value",
        "losses/qf1_loss": "critic_loss",
        "losses/alpha": "temperature",
    },
    "skrl": {
        "Reward / Total reward (mean)": "reward",
        "Loss / Critic loss": "critic_loss",
        "Q-network / Q1 (mean)": "q_value",
        "Loss / Entropy loss": "entropy",
        "Coefficient / Entropy coefficient": "temperature",
        "Policy / Standard deviation": "action_std",
    },
    "rl_games": {
        "losses/a_loss": "",
        "losses/c_loss": "critic_loss",
        "losses/entropy": "entropy",
        "rewards/step": "reward",
    },
    "RLlib": {
        "env_runners/episode_return_mean": "reward",
        "learners/default_policy/vf_loss": "critic_loss",
        "learners/default_policy/qf_mean": "q_value",
        "learners/default_policy/entropy": "entropy",
        "learners/default_policy/mean_kl_loss": "approx_kl",
        "learners/default_policy/alpha_value": "temperature",
    },
    "tianshou": {
        "train/returns_stat/mean": "reward",
        "test/returns_stat/mean": "eval_score",
        "loss/critic1": "critic_loss",
        "loss/ent": "entropy",
        "alpha": "temperature",
    },
    "Spinning Up": {
        "AverageEpRet": "reward",
        "AverageTestEpRet": "eval_score",
        "AverageQ1Vals": "q_value",
        "LossQ": "critic_loss",
        "DeltaLossV": "",
        "Entropy": "entropy",
    },
    "Baselines": {
        "eprewmean": "reward",
        "loss_vf_loss": "critic_loss",
        "loss_kl": "approx_kl",
        "loss_ent": "entropy",
    },
    "DrQ-v2": {
        "train/episode_reward": "reward",
        "train/batch_reward": "",
        "train/critic_q1": "q_value",
        "train/critic_loss": "critic_loss",
        "train/actor_ent": "entropy",
    },
    "LeRobot": {
        "Episodic_reward": "reward",
        "train/loss_critic": "critic_loss",
        "train/temperature": "temperature",
    },
    "Acme": {
        "evaluator/episode_return": "eval_score",
        "actor/episode_return": "reward",
        "learner/critic_loss": "critic_loss",
    },
    "PufferLib": {
        "environment/episode_return": "reward",
        "losses/value_loss": "critic_loss",
        "losses/entropy": "entropy",
    },
}


def seats(*keys: str) -> dict[str, str]:
    rows = np.arange(50, dtype=np.int64)
    roles = assign_roles({key: Column(rows, np.ones(50)) for key in keys})
    return {key: roles.role(key) or "" for key in keys}


@pytest.mark.parametrize("library", LIBRARIES)
def test_columns_hold_their_seats(library: str) -> None:
    expected = LIBRARIES[library]
    found = seats(*expected)
    assert {key: found[key] for key, seat in expected.items() if seat} == {k: v for k, v in expected.items() if v}
    assert not any(found[key] in {"critic_loss", "reward"} for key, seat in expected.items() if not seat)


@pytest.mark.parametrize("library", [name for name in LIBRARIES if name not in {"Baselines"}])
def test_they_are_known_for_agents(library: str) -> None:
    assert ToldByNames(dict.fromkeys(LIBRARIES[library], 0)).by(0) is Family.RL


@pytest.mark.parametrize("of", ["json_valid", "reward_test_pass", "valid_format_reward", "validation_reward"])
def test_one_of_several_rewards_is_no_evaluation(of: str) -> None:
    part = f"rewards/{of}/mean"

    assert seats("reward", part, "completions/mean_length") | {"completions/mean_length": ""} == {
        "reward": "reward",
        part: "",
        "completions/mean_length": "",
    }
    assert seats("reward", f"eval/rewards/{of}/mean")[f"eval/rewards/{of}/mean"] == "eval_score"


@pytest.mark.parametrize("beside", ["policy_loss", "train/policy_gradient_loss", "actor_loss", "entropy", "clip_range"])
def test_a_loss_beside_that_of_a_policy_is_no_critics(beside: str) -> None:
    assert seats("loss", "episode_reward", "epsilon", beside)["loss"] == "loss"


@pytest.mark.parametrize("others", [("epsilon", "accuracy"), ("epsilon_mse", "reward"), ("epsilon_clip", "reward")])
def test_other_epsilons_explore_nothing(others: tuple[str, ...]) -> None:
    """What privacy has cost, the noise that a denoiser predicts, how far a policy may move."""
    assert seats("loss", *others)["loss"] == "loss"


@pytest.mark.parametrize(
    ("keys", "family"),
    [
        (("Loss", "Reward_Mean", "Length_Mean"), Family.RL),
        (("loss", "episode_length", "avg_reward"), Family.RL),
        (("loss", "seq_length", "accuracy"), Family.SUPERVISED),
        (("loss", "length", "eval/reward"), Family.UNKNOWN),
        (("loss", "rewards/format/mean", "length"), Family.UNKNOWN),
    ],
)
def test_what_earns_and_comes_to_an_end_is_an_agent(keys: tuple[str, ...], family: Family) -> None:
    assert ToldByNames(dict.fromkeys(keys, 0)).by(0) is family


@pytest.mark.parametrize(
    "key", ["system/gpu.0.temp", "gpu/temperature", "train/loss_temperature", "learning/weight_alpha_decay"]
)
def test_what_is_no_temperature_of_an_agent(key: str) -> None:
    assert seats(key)[key] != "temperature"


def test_a_kl_of_answers_is_to_their_reference() -> None:
    assert seats("train/kl", "train/reward", "completions/mean_length", "episode/reward")["train/kl"] == "ref_kl"


def test_basicsr_calls_a_loss_l() -> None:
    """`D_real` beside it is the answer of the discriminator, which takes no seat."""
    columns = ("D_real", "D_fake", "l_d_real", "l_d_fake", "l_g_gan", "l_g_pix")
    roles = assign_roles({key: Column(np.arange(3), np.ones(3)) for key in columns})

    assert ToldByNames(dict.fromkeys(columns, 0)).by(0) is Family.GAN
    assert roles.holder["d_loss"] in {"l_d_real", "l_d_fake"}
    assert roles.holder["g_loss"] == "l_g_gan"


def test_beside_a_pol_loss_a_val_loss_is_of_the_value() -> None:
    assert seats("loss", "pol_loss", "val_loss")["val_loss"] != "eval_loss"
    assert seats("loss", "policy_loss", "val_loss")["val_loss"] == "eval_loss"
