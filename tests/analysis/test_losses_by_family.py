"""Losses of every family: the healthy course that looks ill beside the fault that hides in it.

A policy's loss does not show that the policy has blown up, a critic's grows because the returns do, a preference loss
starts at ln 2 and a language model's near its floor: who tells the fault, if the loss cannot, stands in each row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analysis.model import Floats, Severity
from tests.analysis.cases import every, ramp, rng, severities, times

N, AT = 400, 200
SEEDS = (0, 1)
X = np.arange(N) / N
Curves = dict[str, Floats]


def noisy(level: float | Floats, sigma: float, seed: int) -> Floats:
    """Log-normal noise around a level."""
    return np.asarray(level * np.exp(sigma * rng(seed).standard_normal(N)))


def wandering(sigma: float, seed: int, kept: float = 0.8) -> Floats:
    """Noise whose neighbours are alike (first order), of standard deviation `sigma`."""
    shocks = rng(seed).standard_normal(N) * sigma * np.sqrt(1 - kept**2)
    out = np.zeros(N)
    for j in range(1, N):
        out[j] = kept * out[j - 1] + shocks[j]
    return out


def bursts(sigma: float, seed: int, freedom: float = 3.0) -> Floats:
    """Factors with heavy tails (Student t), as single batches of a denoiser give."""
    return np.asarray(np.exp(sigma * rng(seed).standard_t(freedom, N)))


def grpo(seed: int) -> Curves:
    """TRL. Advantages are centred, so the surrogate is 0 but for clipping: what is left of the loss is the KL term."""
    reward = 0.2 + 0.45 * (1 - np.exp(-3 * X)) + wandering(0.03, seed)
    kl = 0.12 * (1 - np.exp(-4 * X)) * np.exp(0.15 * rng(seed + 10).standard_normal(N))
    return {
        "train/loss": 0.04 * kl + 0.01 * rng(seed + 20).standard_normal(N),
        "train/reward": reward,
        "train/reward_std": noisy(0.3, 0.1, seed + 1),
        "train/kl": kl,
        "train/entropy": noisy(0.45 - 0.25 * X, 0.08, seed + 2),
        "train/grad_norm": noisy(0.25, 0.25, seed + 3),
        "train/completions/mean_length": noisy(300 + 200 * X, 0.05, seed + 4),
        "train/learning_rate": np.full(N, 1e-6),
    }


def grpo_above_zero(seed: int) -> Curves:
    """The same where the loss is never negative: only its KL term is logged in it, and that starts at 0 and grows."""
    curves = grpo(seed)
    return {**curves, "train/loss": 0.04 * curves["train/kl"] + 1e-6}


def ppo(seed: int) -> Curves:
    """SB3: the loss is mostly that of the value network, which grows with the returns."""
    returns = 20 + 400 / (1 + np.exp(-12 * (X - 0.4))) + 10 * wandering(1.0, seed)
    value = noisy(2 + 0.1 * np.abs(returns), 0.4, seed + 1)
    return {
        "rollout/ep_rew_mean": returns,
        "train/value_loss": value,
        "train/loss": 0.5 * value + 0.02 * rng(seed + 2).standard_normal(N),
        "train/policy_gradient_loss": -0.01 + 0.004 * rng(seed + 3).standard_normal(N),
        "train/approx_kl": noisy(0.01, 0.3, seed + 4),
        "train/clip_fraction": noisy(0.12, 0.3, seed + 5),
        "train/entropy_loss": -1.4 + 0.7 * X + 0.02 * rng(seed + 6).standard_normal(N),
        "train/explained_variance": np.clip(
            0.9 * (1 - np.exp(-8 * X)) + 0.05 * rng(seed + 7).standard_normal(N), -1, 1
        ),
    }


def sac(seed: int) -> Curves:
    """The critic's loss grows a hundredfold with the returns; the actor's falls as the values rise."""
    returns = 10 + 3000 * X**1.2 + 80 * wandering(1.0, seed)
    return {
        "rollout/ep_rew_mean": returns,
        "train/critic_loss": noisy(0.3 + 40 * X**1.5, 0.5, seed + 1),
        "train/actor_loss": -1 - 200 * X + rng(seed + 2).standard_normal(N),
        "train/ent_coef": noisy(0.3 * np.exp(-3 * X) + 0.01, 0.02, seed + 3),
    }


def dpo(seed: int) -> Curves:
    """From ln 2 to about 0.5; both rewards fall, what they are apart by grows."""
    loss = 0.693 - 0.18 * (1 - np.exp(-3 * X)) + 0.03 * rng(seed).standard_normal(N)
    margin = 1.2 * (1 - np.exp(-3 * X)) + 0.15 * rng(seed + 1).standard_normal(N)
    chosen = -1.5 * X + 0.1 * rng(seed + 2).standard_normal(N)
    return {
        "train/loss": loss,
        "train/rewards/margins": margin,
        "train/rewards/chosen": chosen,
        "train/rewards/rejected": chosen - margin,
        "train/rewards/accuracies": np.clip(
            0.5 + 0.25 * (1 - np.exp(-4 * X)) + 0.06 * rng(seed + 3).standard_normal(N), 0, 1
        ),
        "train/grad_norm": noisy(12.0, 0.3, seed + 4),
        "train/learning_rate": 5e-7 * (1 - X),
        "eval/loss": every(0.7 - 0.14 * (1 - np.exp(-3 * X)) + 0.004 * rng(seed + 5).standard_normal(N), 20),
    }


def reward_model(seed: int) -> Curves:
    loss = 0.45 + 0.25 * np.exp(-6 * X)
    return {
        "train/loss": noisy(loss, 0.12, seed),
        "train/accuracy": np.clip(0.8 - 0.25 * np.exp(-6 * X) + 0.05 * rng(seed + 1).standard_normal(N), 0, 1),
        "train/margin": 1.5 * (1 - np.exp(-6 * X)) + 0.15 * rng(seed + 2).standard_normal(N),
        "train/grad_norm": noisy(4.0, 0.35, seed + 3),
        "train/mean_reward": 0.3 * wandering(1.0, seed + 4),
        "train/learning_rate": 1e-5 * (1 - X),
    }


def hinge_gan(seed: int) -> Curves:
    """The hinge is often met, so d_loss touches 0; g_loss is minus a score and takes any sign."""
    return {
        "d_loss": np.maximum(1.1 - 0.4 * X + 0.35 * rng(seed).standard_normal(N), 0.0),
        "g_loss": 0.4 + 1.2 * X + wandering(0.5, seed + 1),
    }


def wgan(seed: int) -> Curves:
    """The critic's estimate of a distance: negative, shrinking, with the generator's score adrift."""
    return {
        "d_loss": -12 * np.exp(-3 * X) - 2 + 0.8 * rng(seed).standard_normal(N),
        "g_loss": 20 * wandering(1.0, seed + 1, 0.98),
    }


def diffusion(seed: int) -> Curves:
    """The loss of a batch depends on the noise levels it drew: single points at three times the level mean nothing."""
    level = 0.02 + 0.4 * (np.arange(N) / 4 + 1) ** -1.0
    return {
        "train/loss": level * bursts(0.22, seed),
        "train/grad_norm": noisy(0.4 + level, 0.3, seed + 1),
        "train/lr": 1e-4 * np.cos(X * np.pi / 2),
    }


def language_model(seed: int) -> Curves:
    """From ln(vocabulary) to three nats, with a spike of a fifth of a nat now and then."""
    loss = 3.0 + 7.9 * (np.arange(N) + 1.0) ** -0.6 + 0.015 * rng(seed).standard_normal(N)
    for at in rng(seed + 1).integers(100, N - 5, 4).tolist():
        loss[at : at + 3] += 0.2 * np.array([1, 0.5, 0.2])
    return {
        "train/loss": loss,
        "train/grad_norm": noisy(0.6, 0.15, seed + 2),
        "train/lr": 3e-4 * np.minimum(1, (np.arange(N) + 1) / 20),
    }


def lora_sft(seed: int) -> Curves:
    """Three epochs: at each boundary the loss steps down, since every example has been seen; within one it is level."""
    level = np.select([X < 1 / 3, X < 2 / 3], [1.15 + 0.4 * np.exp(-30 * X), 0.98], 0.80)
    return {
        "train/loss": noisy(level, 0.09, seed),
        "train/grad_norm": noisy(np.select([X < 1 / 3, X < 2 / 3], [0.5, 0.7], 1.0), 0.2, seed + 1),
        "train/learning_rate": 2e-4 * np.cos(X * np.pi / 2),
        "train/epoch": 3 * X,
        "eval/loss": every(
            np.select([X < 1 / 3, X < 2 / 3], [1.16, 1.12], 1.125) + 0.003 * rng(seed + 2).standard_normal(N), 40
        ),
    }


def half_precision(seed: int) -> Curves:
    """The scale comes down from 65536 at once, then doubles every 200 records and is halved now and then."""
    scale = np.full(N, 2.0**16)
    scale[1:4] = 2.0 ** np.array([15, 14, 13])
    for j in range(4, N):
        scale[j] = scale[j - 1] * (2.0 if j % 200 == 0 else 0.5 if j == 260 + 10 * seed else 1.0)
    return {**language_model(seed), "train/loss_scale": scale}


CONFIGS: dict[str, dict[str, Any]] = {
    "grpo": {"num_generations": 8, "beta": 0.04, "learning_rate": 1e-6},
    "grpo_above_zero": {"num_generations": 8, "beta": 0.04, "learning_rate": 1e-6},
    "ppo": {"algo": "ppo", "n_steps": 2048, "ent_coef": 0.0},
    "sac": {"algo": "sac", "buffer_size": 1000000},
    "dpo": {"loss_type": "sigmoid", "trainer": "dpo", "beta": 0.1},
    "reward_model": {"stage": "rm"},
    "diffusion": {"policy": {"type": "diffusion"}},
    "language_model": {"block_size": 1024, "n_layer": 12},
    "lora_sft": {"lora_r": 16, "num_train_epochs": 3, "base_model": "some-7b"},
    "half_precision": {"micro_batch_size": 8, "num_layers": 12, "fp16": True},
}
HEALTHY = (
    grpo,
    grpo_above_zero,
    ppo,
    sac,
    dpo,
    reward_model,
    hinge_gan,
    wgan,
    diffusion,
    language_model,
    lora_sft,
    half_precision,
)


def said(curves: Curves, kind: str, planned: bool = True, config: bool = True) -> dict[str, Severity]:
    return severities(curves, planned=planned, config=CONFIGS.get(kind, {}) if config else {})


# Nothing but its config says of a denoiser's loss what it is the loss of.
BY_COLUMNS = tuple(make for make in HEALTHY if make is not diffusion)
HOW = [*((make, True) for make in HEALTHY), *((make, False) for make in BY_COLUMNS)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("make", "config"), HOW, ids=[f"{make.__name__}-{'config' if config else 'columns'}" for make, config in HOW]
)
def test_a_healthy_course_passes_without_a_word_above_info(
    make: Callable[[int], Curves], config: bool, seed: int
) -> None:
    for planned in (True, False):
        loud = {k: s.word for k, s in said(make(seed), make.__name__, planned, config).items() if s > Severity.INFO}

        assert loud == {}


# the faults


def grpo_blows_up(seed: int) -> Curves:
    """Reward hacking, then collapse: the loss goes on around 0, KL, norm and reward show it."""
    curves = grpo(seed)
    return {
        **curves,
        "train/kl": ramp(curves["train/kl"], 60, 40),
        "train/grad_norm": ramp(curves["train/grad_norm"], 80, 40),
        "train/reward": np.where(
            np.arange(N) < AT,
            curves["train/reward"],
            np.maximum(curves["train/reward"] - (np.arange(N) - AT) / 60, 0.02),
        ),
    }


def ppo_forgets(seed: int) -> Curves:
    curves = ppo(seed)
    fall = np.clip((np.arange(N) - 300) / 20, 0, 1)
    return {
        **curves,
        "train/approx_kl": times(curves["train/approx_kl"], 12, 300),
        "rollout/ep_rew_mean": curves["rollout/ep_rew_mean"] * (1 - 0.9 * fall),
    }


def sac_runs_away(seed: int) -> Curves:
    """Values feed on themselves: the critic's loss explodes and the return is lost."""
    curves = sac(seed)
    fall = np.clip((np.arange(N) - AT) / 30, 0, 1)
    return {
        **curves,
        "train/critic_loss": ramp(curves["train/critic_loss"], 1e5, 150),
        "rollout/ep_rew_mean": curves["rollout/ep_rew_mean"] * (1 - 0.95 * fall),
    }


def dpo_unlearns(seed: int) -> Curves:
    curves = dpo(seed)
    return {
        **curves,
        "train/loss": ramp(curves["train/loss"], 2.5, 20),
        "train/grad_norm": ramp(curves["train/grad_norm"], 20, 20),
        "train/rewards/margins": np.where(np.arange(N) < AT, curves["train/rewards/margins"], -0.5),
        "eval/loss": ramp(curves["eval/loss"], 2.5, 20),
    }


def gan_collapses(seed: int) -> Curves:
    curves = {"d_loss": noisy(1.3, 0.15, seed), "g_loss": noisy(0.9, 0.2, seed + 1)}
    return {"d_loss": ramp(curves["d_loss"], 0.01), "g_loss": ramp(curves["g_loss"], 6)}


def diffusion_diverges(seed: int) -> Curves:
    curves = diffusion(seed)
    return {**curves, "train/loss": ramp(curves["train/loss"], 12, 80)}


def language_model_diverges(seed: int) -> Curves:
    curves = language_model(seed)
    return {**curves, "train/loss": curves["train/loss"] + 4.0 * np.clip((np.arange(N) - AT) / 100, 0, 1)}


def language_model_spikes(seed: int) -> Curves:
    """Half a nat above three: a sixth more, and yet what everybody who trains one would look at."""
    curves = language_model(seed)
    return {**curves, "train/loss": curves["train/loss"] + np.where(np.isin(np.arange(N), (AT, AT + 1)), 0.6, 0.0)}


def sft_on_other_data(seed: int) -> Curves:
    """The loss steps up within an epoch and stays."""
    curves = lora_sft(seed)
    return {**curves, "train/loss": times(curves["train/loss"], 1.8)}


def half_precision_gives_up(seed: int) -> Curves:
    curves = half_precision(seed)
    scale = curves["train/loss_scale"].copy()
    scale[AT:] = np.maximum(scale[AT - 1] * 2.0 ** -(np.arange(N - AT) // 5), 2.0**-3)
    return {**curves, "train/loss_scale": scale}


# Who tells it: any of these names. Without a plan a return that is lost stays a note (nobody knows how early it is).
SICK: tuple[tuple[Callable[[int], Curves], str, set[str], Severity, Severity], ...] = (
    (grpo_blows_up, "grpo", {"grad-explode", "policy-collapse"}, Severity.CRITICAL, Severity.CRITICAL),
    (ppo_forgets, "ppo", {"ppo-kl-blowup"}, Severity.WARNING, Severity.WARNING),
    (sac_runs_away, "sac", {"eval-regress"}, Severity.CRITICAL, Severity.INFO),
    (dpo_unlearns, "dpo", {"loss-jump", "grad-explode"}, Severity.CRITICAL, Severity.CRITICAL),
    (gan_collapses, "gan", {"gan-collapse"}, Severity.CRITICAL, Severity.CRITICAL),
    (diffusion_diverges, "diffusion", {"divergence"}, Severity.CRITICAL, Severity.CRITICAL),
    (language_model_diverges, "language_model", {"divergence"}, Severity.CRITICAL, Severity.CRITICAL),
    (language_model_spikes, "language_model", {"loss-spike"}, Severity.INFO, Severity.INFO),
    (sft_on_other_data, "lora_sft", {"loss-jump", "divergence"}, Severity.CRITICAL, Severity.CRITICAL),
    (half_precision_gives_up, "half_precision", {"amp-overflow"}, Severity.WARNING, Severity.WARNING),
)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("make", "kind", "ids", "planned", "unplanned"), SICK, ids=[make.__name__ for make, *_ in SICK]
)
def test_the_fault_is_told(
    make: Callable[[int], Curves], kind: str, ids: set[str], planned: Severity, unplanned: Severity, seed: int
) -> None:
    for has_plan, severity in ((True, planned), (False, unplanned)):
        told = said(make(seed), kind, has_plan)

        assert max((told.get(i, Severity.OK) for i in ids), default=Severity.OK) == severity, told


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("sick", "kind"),
    [(grpo_blows_up, "grpo"), (ppo_forgets, "ppo"), (sac_runs_away, "sac")],
    ids=["grpo", "ppo", "sac"],
)
def test_the_loss_of_an_agent_says_nothing_either_way(sick: Callable[[int], Curves], kind: str, seed: int) -> None:
    told = said(sick(seed), kind)

    assert told
    assert not told.keys() & {"divergence", "loss-jump", "loss-spike"}
