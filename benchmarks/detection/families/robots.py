"""Imitation, diffusion policies and pretrained vision-language-action models."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from benchmarks.detection.families.breaks import climb, nan_from, slower
from benchmarks.detection.families.shapes import cosine, counted, factor, noise, paced, power, ramp, rise
from benchmarks.detection.families.sheet import ABSENT, Block, Break, Fault, Kind, Rng, Sheet, fault


def lerobot(rng: Rng, n: int, config: dict[str, object], *, every: int, update: float, data: float) -> Sheet:
    """What LeRobot writes whatever the policy: means of the loss, last-batch values of its parts, one row a step."""
    at = every * np.arange(1, n + 1)
    steps = int(at[-1])
    waits = np.maximum(factor(rng, n, 0.25) * data, 1e-4)
    updates = factor(rng, n, 0.015) * update
    frames, episodes, batch = 25_000, 50, 8
    seen = at.astype(float) * batch
    columns: dict[str, Floats] = {
        "train/update_s": updates,
        "train/dataloading_s": waits,
        "train/steps": at.astype(float),
        "train/samples": seen,
        "train/episodes": seen / (frames / episodes),
        "train/epochs": seen / frames,
    }
    whole: dict[str, object] = {
        "steps": steps,
        "batch_size": batch,
        "log_freq": every,
        "save_freq": max(steps // 5, 1),
        "save_checkpoint": True,
        "num_workers": 4,
        "seed": 1000,
        "resume": False,
        "dataset": {"repo_id": "lab/pick_cube", "image_transforms": {"enable": False}},
        **config,
    }
    return Sheet(rng, Block(at, columns), whole, every * (updates + waits), merged=True, pause=180.0)


def rollouts(s: Sheet, p: Floats, count: int, episodes: int = 50) -> None:
    """Success in simulation, in percent, every so many steps."""
    at = s.train.at[np.linspace(s.n / count, s.n, count).astype(int) - 1]
    success = counted(s.rng, np.interp(at / at[-1], s.x, p), episodes)
    s.others["rollouts"] = Block(
        at,
        {
            "eval/pc_success": 100 * success,
            "eval/avg_sum_reward": 120 * success + 20 * factor(s.rng, count, 0.1),
            "eval/eval_s": 170 * factor(s.rng, count, 0.05),
        },
    )


def act(rng: Rng, n: int) -> Sheet:
    s = lerobot(
        rng,
        n,
        {
            "policy": {
                "type": "act",
                "chunk_size": 100,
                "n_action_steps": 100,
                "use_vae": True,
                "latent_dim": 32,
                "kl_weight": 10.0,
                "dim_model": 512,
                "optimizer_lr": 1e-5,
                "optimizer_lr_backbone": 1e-5,
            },
            "optimizer": {"type": "adamw", "lr": 1e-5, "weight_decay": 1e-4, "grad_clip_norm": 10.0},
            "scheduler": None,
            "eval_freq": 20_000,
        },
        every=200,
        update=0.11,
        data=0.006,
    )
    l1 = power(s.x, 0.42, 0.03, 90, 0.75)
    kld = np.maximum(power(s.x, 1.2, 0.004, 200, 1.0), 0.004)
    s.train.columns |= {
        "train/loss": (l1 + 10 * kld) * factor(rng, n, 0.03),
        "train/l1_loss": l1 * factor(rng, n, 0.11),
        "train/kld_loss": kld * factor(rng, n, 0.18),
        "train/grad_norm": (4 + 60 * (1 + 60 * s.x) ** -0.8) * factor(rng, n, 0.05),
        "train/lr": np.full(n, 1e-5),
    }
    s.train.columns["train/loss"][0] *= 2.5  # the first window holds the transient
    if n >= 300:
        rollouts(s, 0.85 * rise(s.x, 0.25, 0.09), 20)
    return s


def act_stuck(s: Sheet) -> Fault:
    """Labels and observations do not belong together: the mean action is all that can be learnt."""
    l1 = 0.36 + 0.02 * np.exp(-s.x * 80)
    s.train.columns["train/l1_loss"] = l1 * factor(s.rng, s.n, 0.08)
    s.train.columns["train/kld_loss"] *= 0.01
    s.train.columns["train/loss"] = (l1 + 10 * s.train.columns["train/kld_loss"]) * factor(s.rng, s.n, 0.03)
    if "rollouts" in s.others:
        s.block("rollouts").columns["eval/pc_success"][:] = 0.0
    return fault("no-learning plateau", 0.0, 0.6)


def waits_for_data(share: float) -> Break:
    def apply(s: Sheet) -> Fault:
        late = s.after(share)
        update, data = s.train.columns["train/update_s"], s.train.columns["train/dataloading_s"]
        data[late] = update[late] * 2.2 * factor(s.rng, len(update[late]), 0.1)
        every = s.train.at[0]
        s.seconds = every * (update + data)
        return fault("data-bound throughput-drop", share, min(1.0, share + 0.35))

    return apply


def success_falls(s: Sheet) -> Fault:
    """Success in simulation is lost while the loss goes on falling."""
    if "rollouts" not in s.others:
        rollouts(s, 0.85 * rise(s.x, 0.25, 0.09), 20)
    b = s.block("rollouts")
    for key in ("eval/pc_success", "eval/avg_sum_reward"):
        b.columns[key] *= 1 - 0.85 * ramp(s.shared(b), 0.6, 0.7)
    return fault("eval-regress", 0.6, 1.0)


def flow_vla(rng: Rng, n: int) -> Sheet:
    """smolvla, pi0: flow matching from pretrained weights; near its floor after a few hundred steps,
    noisy by the sampled time.
    """
    s = lerobot(
        rng,
        n,
        {
            "policy": {
                "type": "smolvla",
                "pretrained_path": "lerobot/smolvla_base",
                "chunk_size": 50,
                "optimizer_lr": 1e-4,
                "scheduler_warmup_steps": 1000,
                "scheduler_decay_steps": 30_000,
            },
            "optimizer": {"type": "adamw", "lr": 1e-4, "grad_clip_norm": 10.0},
            "eval_freq": 0,
        },
        every=100,
        update=0.35,
        data=0.05,
    )
    s.train.columns |= {
        "train/loss": power(s.x, 0.16, 0.012, 40, 0.55) * factor(rng, n, 0.10),
        "train/grad_norm": power(s.x, 2.2, 0.25, 20, 0.5) * factor(rng, n, 0.22),
        "train/lr": cosine(s.x, 1e-4, 0.03, 0.025),
    }
    return s


def lr_stays_zero(key: str) -> Break:
    """The schedule was built for no steps at all: lr is 0 from the end of warm-up on."""

    def apply(s: Sheet) -> Fault:
        late = s.after(0.2)
        s.train.columns[key][late] = 0.0
        return fault("lr-zero", 0.2, 0.3)

    return apply


def denoising(rng: Rng, n: int) -> Sheet:
    """LeRobot's diffusion policy."""
    s = lerobot(
        rng,
        n,
        {
            "policy": {
                "type": "diffusion",
                "horizon": 16,
                "n_obs_steps": 2,
                "num_train_timesteps": 100,
                "optimizer_lr": 1e-4,
                "scheduler_name": "cosine",
                "scheduler_warmup_steps": 500,
            },
            "optimizer": {"type": "adam", "lr": 1e-4, "grad_clip_norm": 10.0},
            "eval_freq": 25_000,
        },
        every=200,
        update=0.14,
        data=0.01,
    )
    s.train.columns |= {
        "train/loss": power(s.x, 0.45, 0.007, 300, 0.75) * factor(rng, n, 0.07),
        "train/grad_norm": power(s.x, 1.5, 0.12, 60, 0.6) * factor(rng, n, 0.15),
        "train/lr": cosine(s.x, 1e-4, 0.01, 0.0),
    }
    if n >= 300:
        rollouts(s, 0.68 * rise(s.x, 0.3, 0.1), 16)
    return s


def diffusion_policy(rng: Rng, n: int) -> Sheet:
    """The original repository: a row a step; the last row of an epoch also holds validation and, seldom, rollouts.

    The noise-prediction loss of the validation set rises severalfold while the score in simulation goes on rising.
    """
    an_epoch = 20 if n < 10_000 else 40
    epochs = n // an_epoch
    at = np.arange(n)
    x = np.linspace(0, 1, n)
    ends = np.arange(1, epochs + 1) * an_epoch - 1
    share = ends / n
    val = power(share, 0.25, 0.035, 300, 1.0) + 0.11 * share**1.2
    each_tenth = np.arange(epochs) % 10 == 0
    score = counted(rng, 0.88 * rise(share, 0.12, 0.05) + 0.05, 50)
    validation = {
        "val_loss": val * factor(rng, epochs, 0.16),
        "train_action_mse_error": np.where(
            np.arange(epochs) % 5 == 0, power(share, 0.3, 0.001, 200, 1.1) * factor(rng, epochs, 0.3), ABSENT
        ),
        "test/mean_score": np.where(each_tenth, score, ABSENT),
        "train/mean_score": np.where(each_tenth, counted(rng, 0.95 * rise(share, 0.1, 0.05), 6), ABSENT),
    }
    config = {
        "name": "train_diffusion_unet_lowdim",
        "_target_": "diffusion_policy.workspace.train_diffusion_unet_lowdim_workspace"
        ".TrainDiffusionUnetLowdimWorkspace",
        "task_name": "pusht_lowdim",
        "exp_name": "default",
        "horizon": 16,
        "policy": {
            "_target_": "diffusion_policy.policy.diffusion_unet_lowdim_policy.DiffusionUnetLowdimPolicy",
            "num_inference_steps": 100,
        },
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 1e-4, "weight_decay": 1e-6},
        "dataloader": {"batch_size": 256, "num_workers": 1},
        "training": {
            "num_epochs": epochs,
            "lr_scheduler": "cosine",
            "lr_warmup_steps": 500,
            "rollout_every": 10,
            "val_every": 1,
            "sample_every": 5,
            "checkpoint_every": 50,
            "use_ema": True,
            "gradient_accumulate_every": 1,
            "debug": False,
        },
    }
    columns = {
        "train_loss": power(x, 1.0, 0.004, 2500, 0.75) * factor(rng, n, 0.20, rho=0.05, tail=20),
        "epoch": np.floor(at / an_epoch),
        "lr": cosine(x, 1e-4, min(0.2, 500 / n), 0.0),
    }
    return Sheet(
        rng,
        Block(at, columns),
        config,
        paced(rng, n, 0.11),
        {"validation": Block(ends, validation)},
        step_key="global_step",
        merged=True,
    )


def score_falls(s: Sheet) -> Fault:
    b = s.block("validation")
    down = 1 - 0.8 * ramp(s.shared(b), 0.6, 0.68)
    for key in ("test/mean_score", "train/mean_score"):
        values = b.columns[key]
        b.columns[key] = np.where(values == ABSENT, ABSENT, values * down)
    return fault("eval-regress", 0.6, 1.0)


def openvla(rng: Rng, n: int) -> Sheet:
    """vla-scripts/finetune.py: token cross-entropy, no evaluation, lr not logged; W&B gets no config."""
    at = 10 * np.arange(1, n + 1)
    x = at / max(at[-1], 5000)
    accuracy = 0.20 + 0.72 * (1 - (1 + 14 * x) ** -0.8)
    columns = {
        "train_loss": (0.25 + 3.6 * (1 + 25 * x) ** -0.9) * factor(rng, n, 0.10, rho=0.5),
        "action_accuracy": np.clip(accuracy + noise(rng, n, 0.02, rho=0.5), 0, 1),
        "l1_loss": (0.012 + 0.2 * (1 + 25 * x) ** -0.9) * factor(rng, n, 0.12, rho=0.5),
    }
    stated = {
        "vla_path": "openvla/openvla-7b",
        "dataset_name": "libero_spatial_no_noops",
        "batch_size": 16,
        "max_steps": int(at[-1]),
        "save_steps": 5000,
        "learning_rate": 5e-4,
        "image_aug": True,
        "use_lora": True,
        "lora_rank": 32,
    }
    return Sheet(rng, Block(at, columns), stated if rng.random() < 0.5 else {}, 10 * paced(rng, n, 1.4))


def tokens_forgotten(s: Sheet) -> Fault:
    """lr too high for LoRA: the loss goes up and the accuracy down to what chance gives."""
    up = ramp(s.x, 0.5, 0.6)
    c = s.train.columns
    c["train_loss"] *= (3.0 / c["train_loss"][int(0.5 * s.n)]) ** up
    c["l1_loss"] *= 8**up
    c["action_accuracy"] = c["action_accuracy"] * (1 - up) + 0.18 * up
    return fault("divergence loss-jump", 0.5, 0.75)


KINDS = (
    Kind("lerobot-act", act, {
        "success falls": success_falls, "nothing learnt": act_stuck, "loss NaN": nan_from("train/loss", 0.5),
        "waits for data": waits_for_data(0.4), "slower": slower(0.5, 2.2, "train/update_s"),
        "diverges": climb("train/loss", 0.5, 4.0, others={"train/l1_loss": 4.0, "train/grad_norm": 3.0}),
    }, (60, 300, 500, 3000)),
    Kind("lerobot-diffusion", denoising, {
        "success falls": success_falls, "loss NaN": nan_from("train/loss", 0.6),
        "slower": slower(0.5, 2.2, "train/update_s"),
        "diverges": climb("train/loss", 0.5, 8.0, others={"train/grad_norm": 6.0}),
    }, (60, 300, 1000)),
    Kind("diffusion-policy", diffusion_policy, {
        "score falls": score_falls, "loss NaN": nan_from("train_loss", 0.4), "slower": slower(0.5, 2.5),
        "diverges": climb("train_loss", 0.5, 10.0, over=0.1),
    }, (3000, 20_000)),
    Kind("smolvla", flow_vla, {
        "lr stays 0": lr_stays_zero("train/lr"), "loss NaN": nan_from("train/loss", 0.3),
        "waits for data": waits_for_data(0.3),
        "diverges": climb("train/loss", 0.4, 5.0, over=0.1, others={"train/grad_norm": 10.0}),
    }, (60, 300, 1000)),
    Kind("openvla-lora", openvla, {
        "forgets": tokens_forgotten, "loss NaN": nan_from("train_loss", 0.5), "slower": slower(0.5, 2.0),
    }, (300, 3000)),
)  # fmt: skip
