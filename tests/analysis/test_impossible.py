"""Values that cannot be, and those that only look so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.columns.bounds import bound_of
from analysis.diagnoses.impossible import ImpossibleValue
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N = 120
RNG = np.random.default_rng(8)
LOSS = "train/loss"
loss = falling(N, RNG)


def late(before: Any, after: Any, at: int = 60) -> Floats:
    return np.asarray(np.where(np.arange(N) < at, before, after) * np.ones(N), dtype=np.float64)


def told(columns: dict[str, Any], **config: Any) -> list[Episode]:
    return found(
        ImpossibleValue(), rows({k: np.asarray(x, dtype=np.float64) for k, x in columns.items()}), 10 * N, **config
    )


IMPOSSIBLE: dict[str, tuple[dict[str, Any], dict[str, Any], Severity]] = {
    "FID of 1e57": ({"metrics/fid50k_full": np.full(N, 1e57)}, {}, Severity.WARNING),
    "FID below 0": ({"eval/fid": late(40.0, -12.0)}, {}, Severity.WARNING),
    "an error below 0": ({"val/mse": late(0.3, -0.1)}, {}, Severity.WARNING),
    "a loss that is an error, below 0": ({"mse_loss": late(0.3, -0.1)}, {}, Severity.CRITICAL),
    "a variance below 0": ({"train/latent_variance": late(0.3, -0.1)}, {}, Severity.WARNING),
    "a perplexity of 0.4": ({"eval/perplexity": late(9.0, 0.4)}, {}, Severity.WARNING),
    "an accuracy of 140 %": ({"eval/accuracy": late(70.0, 140.0)}, {}, Severity.WARNING),
    "an accuracy of 1.3": ({LOSS: loss, "eval/accuracy": late(0.8, 1.3)}, {}, Severity.WARNING),
    "an accuracy below 0": ({"eval/accuracy": late(0.8, -0.2)}, {}, Severity.WARNING),
    "a probability of 180": ({"train/prob": late(0.8, 180.0)}, {}, Severity.WARNING),
    "explained variance of 3": ({"train/explained_variance": late(0.5, 3.0)}, {}, Severity.WARNING),
    "a cross-entropy below 0": ({"train/ce_loss": late(1.0, -0.5)}, {}, Severity.CRITICAL),
    "NLL of probabilities": ({LOSS: late(0.1, -0.6), "train/acc": np.linspace(0.1, 0.9, N)}, {}, Severity.CRITICAL),
    "text below 0": ({LOSS: late(1.0, -0.3)}, {"stage": "sft", "base_model": "llama"}, Severity.CRITICAL),
    "a squared error of a critic": ({"train/critic_loss": late(2.0, -4.0), "rollout/ep_rew_mean": np.ones(N)}, {"algo": "sac"}, Severity.WARNING),
    "1 - IoU below 0": ({LOSS: loss, "train/box_loss": np.full(N, -0.23), "train/dfl_loss": loss}, {"task": "detect"}, Severity.WARNING),
    "the KL of a posterior": ({LOSS: loss, "train/kl_loss": late(0.5, -0.4)}, {"model": "vae"}, Severity.WARNING),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config", "severity"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_told_where_it_is(
    columns: dict[str, Any], config: dict[str, Any], severity: Severity
) -> None:
    (e,) = told(columns, **config)

    assert worst([e]) is severity
    assert e.raised_row - e.onset_row <= 2
    assert e.onset_row in {0, 60}
    assert e.open


POSSIBLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a mixture of Gaussians": ({"Train/Loss": late(2.0, -19.0), "Train/Log_Likelihood": late(-2.0, 19.0)}, {"algo": {"gmm": {"enabled": True}}}),
    "an ELBO": ({LOSS: late(1.0, -3.0), "train/elbo": late(-1.0, 3.0)}, {"model": "vae"}),
    "a flow": ({LOSS: late(1.0, -3.0)}, {"model": "nflow"}),
    "a loss of nobody knows what": ({LOSS: late(1.0, -3.0)}, {}),
    "nnU-Net, whose loss is minus Dice": ({"train_loss": late(0.1, -0.8), "mean_fg_dice": late(0.1, 0.8)}, {}),
    "unlearning": ({LOSS: late(1.0, -3.0)}, {"stage": "sft", "base_model": "llama", "method": "unlearn"}),
    "a Wasserstein critic": ({"D_loss": late(1.0, -9.0), "G_loss": late(1.0, 4.0)}, {"model": "wgan"}),
    "a conservative critic": ({"train/critic_loss": late(2.0, -4.0), "rollout/ep_rew_mean": np.ones(N)}, {"algo": "cql"}),
    "a critic that was negative all along": ({"train/critic_loss": np.full(N, -2.0), "rollout/ep_rew_mean": np.ones(N)}, {"algo": "sac"}),
    "an actor": ({"train/actor_loss": late(-1.0, -60.0), "rollout/ep_rew_mean": np.ones(N)}, {"algo": "sac"}),
    "the KL of a policy, estimated": ({"train/kl": late(0.01, -0.4), "train/reward": np.ones(N)}, {"num_generations": 8}),
    "the reward of DPO": ({LOSS: loss, "train/rewards/chosen": late(0.1, -4.0), "train/rewards/accuracies": late(0.5, 1.0)}, {"trainer": "dpo"}),
    "per cent from a slow start": ({LOSS: np.full(N, 6.8), "test/acc1": np.linspace(0.1, 30.0, N)}, {}),
    "per cent": ({LOSS: loss, "test/acc1": np.linspace(47.0, 93.0, N)}, {}),
    "mAP in per cent": ({"coco/bbox_mAP": np.linspace(0.2, 41.0, N)}, {}),
    "KID": ({"metrics/kid50k": late(0.02, -0.001)}, {}),
    "a word error rate of 2": ({"eval/wer": late(0.9, 2.0)}, {}),
    "minus IoU": ({"train/box_loss": late(-0.2, -0.8)}, {}),
    "1 - IoU that comes to 0": ({"train/box_loss": late(0.4, 0.001), "train/dfl_loss": loss}, {"task": "detect"}),
    "a log of a deviation": ({"policy/log_std": late(-0.5, -3.0)}, {}),
    "the acceleration of joints": ({"Episode/rew_dof_acc": late(-0.1, -9.0), "dof_acc": late(1.0, -7.0)}, {}),
    "a reward for accuracy": ({"train/rewards/accuracy_reward": late(2.0, -1.0)}, {"num_generations": 8}),
    "FID that rounds below 0": ({"eval/fid": late(0.3, -0.004)}, {}),
    "scikit-learn's negative error": ({"eval/neg_mse": late(-1.0, -0.2)}, {}),
    "a total of which a part is taught to be negative": ({"total_loss": late(2.7, -0.8), "cls_loss": late(2.9, 0.1), "transfer_loss": late(-0.1, -0.9), "test_acc": np.linspace(0.2, 0.8, N)}, {}),
    "a policy's loss beside what it earns": ({"loss": late(0.01, -0.008), "mean_reward": np.linspace(0, 1, N), "accuracy": np.linspace(0.5, 0.6, N)}, {"base_model": "llama"}),
    "an explained variance, abbreviated": ({"expl_var": late(-0.2, 0.4)}, {}),
    "an explained variance of -4": ({"train/explained_variance": late(-4.0, 0.9)}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config"), POSSIBLE.values(), ids=POSSIBLE)
def test_what_may_be_is_not_told(columns: dict[str, Any], config: dict[str, Any]) -> None:
    assert not told(columns, **config)


def test_names_that_settle_nothing_have_no_bound() -> None:
    keys = (
        "train/loss",
        "loss/log_prob",
        "grad_norm",
        "train/acc_steps",
        "reward",
        "success",
        "lr",
        "zz/thing",
        "train/ratio",
    )

    assert [k for k in keys if bound_of(k) is not None] == []


def test_it_ends_once_values_have_been_possible_for_twice_as_long() -> None:
    x = late(40.0, -12.0)
    x[70:] = 38.0
    (e,) = told({"eval/fid": x})

    assert [t.kind for t in e.transitions] == ["raised", "cleared"]
