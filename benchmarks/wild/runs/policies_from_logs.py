"""Policies learnt from demonstrations, from the logs of their owners: LeRobot, openpi, UMI, and VLAs that RL is tried on."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.wild.case import INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss
from benchmarks.wild.sketch import (
    Anchors,
    Clock,
    Derived,
    Floats,
    K,
    Line,
    Rng,
    Sketch,
    apply,
    ar1,
    binomial,
    clipped,
    constant,
    cosine,
    count,
    epochs,
    every,
    figures,
    gaussian,
    level,
    lognormal,
    made,
    mades,
    real,
    rounded,
    sometimes,
    spikes,
    student,
)
from benchmarks.wild.trainers import lerobot


def scale_doubles(norm: Floats, step: Floats) -> Floats:
    """The mean over 200 steps is Inf where the scaler tried the double scale: 2,000 steps after it did last."""
    tried = np.concatenate([np.arange(6_050, 20_000, 2_001), np.arange(21_240, 197_000, 2_001)])
    windows = np.ceil(tried / 200) * 200
    return np.where(np.isin(step, windows), np.inf, norm)


DIFFUSION_GRADIENT = (
    real(200, math.nan),
    *figures(
        "400:8.312 600:6.877 1000:5.656 1400:5.176 2000:4.218 2600:3.679 3200:3.419 4000:2.695 5000:2.326 6000:2.264 7000:1.951 8000:1.997 9000:1.528 10000:1.518"
    ),
    level(20_000, 0.95),
    *figures(
        "38800:0.663 42000:0.591 46000:0.596 50000:0.597 54000:0.572 58000:0.559 60000:0.576 139000:0.502 176000:0.511 185000:0.501 190000:0.52 196600:0.594"
    ),
)


def rlinf(
    last: int, success: Anchors, kl: Anchors, clip: Anchors, value: Anchors, variance: Anchors, grad: Anchors, envs: int
) -> dict[str, Line | Derived]:
    """PPO on a VLA as RLinf logs it, a row per rollout and update."""
    at_ = every(1, last)
    return {
        "env/success_once": Line(success, then=(clipped(0, 1), binomial(envs)), at=at_),
        "env/return": Derived(("env/success_once",), lambda s: 1.05 * s + 0.06, then=(lognormal(0.05),)),
        "env/episode_len": Line(constant(80.0)),
        "env/num_trajectories": Line(constant(float(envs))),
        "train/actor/approx_kl": Line(kl, "log", noise=(gaussian(0.3),)),
        "train/actor/clip_fraction": Line(clip, "log", noise=(gaussian(0.2),), then=(clipped(0, 1),)),
        "train/actor/policy_loss": Line((made(0, -0.002),), noise=(gaussian(0.003),)),
        "train/actor/grad_norm": Line(grad, "log", noise=(student(0.2),)),
        "train/critic/value_loss": Line(value, "log", noise=(gaussian(0.25),)),
        "train/critic/explained_variance": Line(variance, noise=(gaussian(0.05),), then=(clipped(-1, 1),)),
        "train/advantages/mean": Line(constant(0.0), then=(apply(lambda x, s: x + 1e-7 * np.cos(s)),)),
        "time/step": Line((made(0, 210.0),), then=(lognormal(0.04),)),
    }


def _logarithmic(steps: Floats, rng: Rng) -> Floats:
    """A learning rate that rises by the logarithm of the updates."""
    updates: Floats = np.maximum(np.floor((steps + 1) / 4), 1)
    return np.where(steps < 7, 0.0, 1.115e-5 + 1.6025e-5 * np.log(updates / 2))


def _raised_at_2000(steps: Floats, rng: Rng) -> Floats:
    first: Floats = np.interp(steps, [0, 100, 500, 1_800], [2.4e-5, 2.5e-5, 2.4e-5, 1.1e-5])
    return np.where(steps < 2_000, first, np.interp(steps, [2_000, 6_400], [2.45e-5, 2.29e-5]))


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "openpi-pi0-libero-loss-falls-in-a-straight-line",
        "gongghao/openpi:train_log.jsonl",
        "vla",
        Sketch(
            at=every(100, 17_400, first=0),
            lines={
                "loss": Line(figures("0:0.05485 100:0.04743 500:0.02983 700:0.03013 1500:0.02971 2700:0.02897 3400:0.02824 4100:0.02776 4900:0.02663 5900:0.0262 6800:0.02548 7300:0.02468 8000:0.02385 8800:0.02286 9800:0.02201 10800:0.0213 11600:0.02036 12700:0.01933 13500:0.01911 14200:0.01828 15100:0.01731 15800:0.0167 16700:0.01552 17300:0.01458"), "log", noise=(gaussian(0.0211),)),
                "grad_norm": Line(figures("0:0.266 100:0.2765 300:0.2166 800:0.2737 1500:0.2817 2400:0.262 3100:0.2661 3900:0.2593 4900:0.2462 5700:0.2468 6500:0.2331 7800:0.234 8600:0.226 9200:0.2196 10200:0.2142 10700:0.2161 11600:0.207 12300:0.2019 13600:0.2009 14400:0.1967 14600:0.1849 15800:0.1853 16300:0.1748 17200:0.1714"), "log", noise=(gaussian(0.0367),)),
                "param_norm": Line(figures("0:1380 1600:1380 3200:1381 4700:1381 6300:1382 7900:1383 9500:1383 11100:1384 12700:1384 14200:1384 15800:1385 17400:1385")),
            },
            config={"name": "pi0_libero", "model": {"type": "pi0", "action_horizon": 50}, "batch_size": 32, "num_train_steps": 30000, "log_interval": 100, "save_interval": 1000, "lr_schedule": {"warmup_steps": 1000, "peak_lr": 2.5e-5, "decay_steps": 30000, "decay_lr": 2.5e-6}, "ema_decay": 0.99, "optimizer": {"clip_gradient_norm": 1.0}},
            state="running",
            planned=30_000,
            clock=Clock(1.3),
        ),
        healthy(usable=False, also="eval-underpowered", never="plateau no-learning overfit divergence grad-vanish converged lr-flat-stall loss-spike schedule-mismatch"),
        "A policy that was trained before: the loss drops from 0.055 to 0.03 in a few hundred steps, then evenly to 0.014, gradients from 0.3 to 0.16 with it. Nothing is evaluated.",
        ("Loss 0.055 -> 0.014, evenly falling to the last record (17,400 of 30,000)", "Gradient norm 0.28 -> 0.16, far below the clip of 1", "No evaluation logged: try ckpts in the tasks"),
    ),
    Case(
        "lerobot-act-foam-in-a-box-two-epochs-gradient-above-its-clip",
        "garagelab-dus/ernie-und-bert:docs pap_green_foam_in_box v3",
        "imitation",
        lerobot(
            figures("200:7.175 400:3.06 600:2.543 800:2.257 1000:2.029 1400:1.687 2000:1.287 2600:0.962 3000:0.809 3600:0.627 4000:0.535 4600:0.441 5000:0.391 6000:0.317 7000:0.271 8000:0.239 9000:0.215 10000:0.194 11000:0.185 12000:0.178 13000:0.171 14000:0.154 15000:0.15 16000:0.148 17000:0.141 18000:0.137 19000:0.133 19200:0.13"),
            figures("200:161.6 400:91.84 600:78.81 1000:68.42 1400:60.67 2000:51.86 3000:39.58 4000:30.65 5000:25.3 6000:21.77 7000:19.49 8000:17.8 9000:16.34 10000:14.79 12000:13.21 14000:11.35 16000:10.85 17000:10.06 18000:9.923 19000:9.535 19200:9.058"),
            constant(1e-5),
            log=200, last=20 * K, update=0.608, data=0.003, batch=8, frames=71_471, planned=20 * K, noise=0.013,
            config={"dataset": {"repo_id": "garagelab-duesseldorf/pap_green_foam_in_box"}, "policy": {"type": "act", "chunk_size": 100, "n_action_steps": 100, "kl_weight": 10.0, "latent_dim": 32, "use_vae": True, "optimizer_lr": 1e-5}, "optimizer": {"type": "adamw", "lr": 1e-5, "grad_clip_norm": 10.0}, "num_workers": 3, "save_freq": 1000, "steps": 20000, "seed": 1000},
            more={
                "train/l1_loss": loss(figures("200:0.588 400:0.437 800:0.366 1200:0.323 2000:0.284 3000:0.257 4000:0.223 5000:0.202 6000:0.187 7000:0.177 8000:0.167 9000:0.156 10000:0.146 12000:0.144 14000:0.13 16000:0.129 18000:0.123 19200:0.119"), 0.016),
                "train/kld_loss": loss(figures("200:0.659 400:0.262 800:0.189 1200:0.15 2000:0.1 2600:0.07 3000:0.055 4000:0.031 5000:0.019 6000:0.013 7000:0.009 8000:0.007 9000:0.006 10000:0.005 12000:0.003 14000:0.002 16000:0.002 18000:0.001 19200:0.001"), 0.02, then=(rounded(3),)),
                "train/mem_gb": Line(constant(3.73)),
            },
            evals=(1_000, 21.0),
        ),
        healthy(usable=False, also="kl-collapse grad-clip-saturated component-dead eval-underpowered", never="overfit divergence data-bound plateau no-learning converged lr-flat-stall gpu-idle throughput-drop grad-explode"),
        "Loss 7.2 to 0.13, L1 0.59 to 0.12, the KL term to 0.001, as ACT goes. The gradient is above its clip of 10 until step 17,000 and falls all the while. 20,000 steps of batch 8 are only 2.2 passes over 71,000 frames: short, not sick.",
        ("L1 0.588 -> 0.119, still falling; KL 0.66 -> 0.001 (z unused, usual for ACT)", "2.2 epochs only: batch 8 with 71k frames; train on or take a larger batch", "Gradient norm under its clip of 10 since 17k: fine", "No evaluation: test ckpts of 15k to 20k on the arm"),
    ),
    Case(
        "lerobot-diffusion-infinite-gradient-once-in-two-thousand-steps",
        "unnamed/ksa-lerobot:plot-of-console-log (stored file 60753973162)",
        "imitation",
        lerobot(
            (real(200, 0.985), *figures("400:0.367 600:0.281 800:0.239 1000:0.214 1400:0.178 2000:0.15 2600:0.136 3200:0.122 4000:0.105 5000:0.096 6000:0.087 7000:0.082 8000:0.076 9000:0.07 10000:0.065"), level(20_000, 0.0465), *figures("38800:0.032 42000:0.031 46000:0.03 50000:0.029 54000:0.028 58000:0.027 60000:0.027 139000:0.019 150000:0.0183 176000:0.017 185000:0.017 192000:0.016 196600:0.016")),
            DIFFUSION_GRADIENT,
            constant(5e-5),
            log=200, last=197 * K, update=0.327, data=0.021, batch=512, frames=35_780, planned=200 * K, noise=0.018, state="running",
            config={"policy": {"type": "diffusion", "use_amp": True}, "optimizer": {"lr": 5e-5, "grad_clip_norm": 10.0}, "save_freq": 2000, "steps": 200000},
            evals=(2_000, 1.0),
            more={"train/grad_norm": Line(DIFFUSION_GRADIENT, "log", pace="log", noise=(student(0.05),), then=(apply(scale_doubles),))},
        ),
        healthy(usable=False, also="amp-overflow nan-inf eval-underpowered", never="divergence grad-explode overfit lr-zero no-learning masked-nan grad-spike loss-spike"),
        "Every 2,000 steps the scaler of half precision doubles its scale, one step overflows and is left out: the mean of 200 norms is then Inf (NaN in the first record) and the loss does not notice. So it goes for 200,000 steps. 2,800 passes over 36,000 frames without any evaluation are the thing to talk about.",
        ("Loss 0.985 -> 0.0165, gradient norm 8 -> 0.5: sound", "Inf in the gradient norm every 2,000 steps: the scaler trying a larger scale, one step skipped each time", "2,800 epochs, no evaluation: compare early ckpts on the robot"),
    ),
    Case(
        "lerobot-pi05-block-cycling-five-thousand-steps",
        "unnamed/manifold-notes:training-notes PI05 block cycling (stored file 62692253288)",
        "vla",
        lerobot(
            figures("200:0.1 400:0.039 600:0.027 800:0.021 1000:0.018 1200:0.015 1400:0.013 1600:0.013 1800:0.011 2000:0.01 2200:0.009 2400:0.009 2600:0.008 2800:0.008 3000:0.007 3200:0.006 3400:0.006 3600:0.006 3800:0.005 4000:0.005 4200:0.005 4400:0.005 4600:0.005 4800:0.005 5000:0.005"),
            figures("200:1.603 400:0.828 600:0.584 800:0.459 1000:0.442 1200:0.383 1400:0.359 1600:0.349 1800:0.339 2000:0.325 2200:0.314 2400:0.317 2600:0.312 2800:0.322 3000:0.314 3200:0.309 3400:0.319 3600:0.306 3800:0.296 4000:0.306 4200:0.311 4400:0.314 4600:0.314 4800:0.317 5000:0.32"),
            figures("200:1.5e-5 400:2.5e-5 600:2.4e-5 800:2.4e-5 1000:2.3e-5 1200:2.2e-5 1400:2.1e-5 1600:2e-5 1800:1.9e-5 2000:1.8e-5 2200:1.7e-5 2400:1.5e-5 2600:1.4e-5 2800:1.2e-5 3000:1.1e-5 3200:9.6e-6 3400:8.3e-6 3600:7.1e-6 3800:6.1e-6 4000:5.1e-6 4200:4.3e-6 4400:3.6e-6 4600:3.1e-6 4800:2.7e-6 5000:2.5e-6"),
            log=200, last=5 * K, update=2.495, data=0.008, batch=32, frames=19_050, planned=5 * K, noise=0.02,
            config={"policy": {"type": "pi05", "pretrained_path": "lerobot/pi05_base", "dtype": "bfloat16", "scheduler_warmup_steps": 333, "scheduler_decay_steps": 5000, "scheduler_decay_lr": 2.5e-6, "optimizer_lr": 2.5e-5}, "steps": 5000, "save_freq": 1000},
            evals=(1_000, 31.0),
        ),
        healthy(usable=False, also="eval-underpowered converged plateau", never="lr-zero lr-anomaly grad-vanish overfit no-learning divergence schedule-mismatch metric-dead"),
        "Printed with three decimals the loss stands at 0.005 for the last fifth: that is the rounding and an lr on its way down to a tenth, as laid out. The gradient norm rests at 0.31 and need not go to 0.",
        ("Loss 0.1 -> 0.005 in 5,000 steps (8.4 epochs), lr down to 2.5e-6 as planned", "Level in the last 1,000 steps because lr is at its floor", "Not evaluated: try 3k, 4k and 5k on the robot"),
    ),
    Case(
        "lerobot-pi0-three-hundred-from-a-joint-that-never-moves",
        "unnamed/manifold-notes:training-notes small std (stored file 62692253288)",
        "vla",
        lerobot(
            (level(200, 300.0), made(400, 160.0), made(800, 92.0), made(1_600, 61.0), made(3_000, 41.0), level(5_000, 30.0)),
            (made(200, 210.0), made(800, 95.0), made(2_000, 60.0), made(5_000, 42.0)),
            cosine(2.5e-5, 5 * K, warmup=333, floor=2.5e-6),
            log=200, last=5 * K, update=2.025, data=0.004, batch=32, frames=2_147, planned=5 * K, noise=0.16,
            config={"dataset": {"repo_id": "lerobot-manifold"}, "policy": {"type": "pi0", "pretrained_path": "lerobot/pi0_base", "dtype": "bfloat16", "optimizer_lr": 2.5e-5, "optimizer_grad_clip_norm": 1.0}, "steps": 5000, "save_freq": 1000},
            evals=(1_000, 31.0),
        ),
        sick(fault("scale-mismatch no-learning plateau grad-clip-saturated", (200, 1_200), 3_000, INFO), also="grad-explode eval-underpowered converged", never="overfit lr-zero divergence lr-anomaly nan-inf masked-nan schedule-mismatch"),
        "A flow-matching loss on normalised targets begins near 1 and ends below 0.05. Here a dimension with a standard deviation under 1e-4 was divided by it: 300, never below 30. With sound statistics the same recipe starts at 0.2.",
        (
            "Loss 300 -> 30; normalised targets give about 1 at most: the statistics are wrong",
            "Look for std near 0 in meta/stats.json (a joint that stands still), drop it or set a floor",
            "Gradient norm 40 to 200 with a clip of 1: every step is clipped",
            "Not usable",
        ),
    ),
    Case(
        "lerobot-pi05-lekiwi-loss-comes-down-to-one-and-stays",
        "unnamed/lekiwi-notes:grab_toy_1 (stored file 67171165497)",
        "vla",
        lerobot(
            figures("50:4.726 100:4.775 150:4.498 200:4.321 250:3.863 300:3.312 350:2.539 400:1.888 450:1.494 500:1.197 550:1.096 600:1.055 650:1.04 700:1.029 750:1.02 800:1.005 850:0.999 900:1.002 950:1.004 1000:0.991 1050:1.001 1100:0.992 1150:0.994 1200:0.994"),
            figures("50:11.636 100:11.747 150:11.069 200:10.657 250:9.582 300:8.3 350:6.252 400:4.286 450:3.143 500:1.613 550:0.964 600:0.788 650:0.747 700:0.779 750:0.737 800:0.764 850:0.783 900:0.788 950:0.809 1000:0.809 1050:0.845 1100:0.779 1150:0.828 1200:0.807"),
            figures("50:6.6e-7 100:1.9e-6 150:3.2e-6 200:4.4e-6 250:5.7e-6 300:6.9e-6 350:8.2e-6 400:9.4e-6 450:1.1e-5 500:1.2e-5 550:1.3e-5 600:1.4e-5 650:1.6e-5 700:1.7e-5 750:1.8e-5 800:1.9e-5 850:2.1e-5 900:2.2e-5 950:2.3e-5 1000:2.4e-5 1050:2.5e-5 1200:2.5e-5"),
            log=50, last=1_200, update=16.25, data=0.15, batch=168, frames=22_452, planned=60 * K, noise=0.02, state="running",
            config={"policy": {"type": "pi05", "pretrained_path": "lerobot/pi05_base", "dtype": "bfloat16", "gradient_checkpointing": True, "optimizer_lr": 2.5e-5, "scheduler_warmup_steps": 1000, "scheduler_decay_steps": 30000}, "steps": 60000, "save_freq": 200, "log_freq": 50},
            evals=(200, 58.0),
        ),
        sick(fault("no-learning plateau at-chance scale-mismatch", (550, 900), 1_200, INFO, WARNING), also="lr-anomaly eval-underpowered converged grad-vanish", never="divergence overfit lr-zero nan-inf masked-nan schedule-mismatch data-bound"),
        "The loss ends its fall at 1.0 while lr is still rising, and there it stays for nine passes over the data: what a model gets that predicts the noise and nothing of the action. Another set with the same recipe is at 0.055 after 180 steps.",
        (
            "Loss 4.7 -> 1.0 by step 600, level since (0.99 at 1,200) though lr still rose: no more is learnt",
            "About 1 is what predicting no action gives with normalised targets",
            "Check action statistics, names and padding of the dimensions against another set (0.055 there)",
            "Not usable; 60,000 steps planned at 16 s each are 11 days",
        ),
    ),
    Case(
        "lerobot-pi05-lekiwi-three-batch-sizes-same-loss",
        "unnamed/lekiwi-notes:toy_0123 (stored file 67171165497)",
        "vla",
        Sketch(
            at=every(200, 6_200),
            lines={
                "train/loss": loss(figures("200:1.134 400:0.929 1800:0.873 3400:0.874 4400:0.873 5400:0.875 5600:0.852 6200:0.871"), 0.006, then=(rounded(3),)),
                "train/grad_norm": Line(figures("200:2.458 400:1.496 1800:1.461 3400:1.493 4400:1.517 5400:1.526 5600:1.477 6200:1.518"), "log", noise=(gaussian(0.012),), then=(rounded(3),)),
                "train/lr": Line(_raised_at_2000),
                "train/update_s": Line(constant(3.316), then=(lognormal(0.003), rounded(3))),
                "train/dataloading_s": Line(constant(0.016), then=(lognormal(0.05), rounded(3))),
            },
            config={"policy": {"type": "pi05", "pretrained_path": "lerobot/pi05_base", "dtype": "bfloat16", "gradient_checkpointing": True}, "batch_size": 32, "steps": 60000, "save_freq": 200, "log_freq": 200},
            planned=60_000,
            clock=Clock(3.33, pauses=((2_000, 2_400),)),
            then=Sketch(
                at=every(200, 6_600, first=6_200),
                lines={
                    "train/loss": loss(figures("6200:0.873 6400:0.86 6600:0.866"), 0.0, then=(rounded(3),)),
                    "train/grad_norm": Line(figures("6200:1.071 6400:1.095 6600:1.072")),
                    "train/lr": Line(mades((6_200, 2.3e-5), (6_600, 2.2e-5))),
                    "train/update_s": Line(figures("6200:6.374 6400:6.36 6600:6.36")),
                    "train/dataloading_s": Line(figures("6200:0.057 6400:0.03 6600:0.029")),
                },
                config={"batch_size": 64, "steps": 60000},
                planned=60_000,
                clock=Clock(6.39, pauses=((6_200, 1_500),)),
                then=Sketch(
                    at=every(200, 6_600, first=6_200),
                    lines={
                        "train/loss": loss(figures("6200:0.868 6400:0.867 6600:0.865"), 0.0, then=(rounded(3),)),
                        "train/grad_norm": Line(figures("6200:0.687 6400:0.7 6600:0.698")),
                        "train/lr": Line(mades((6_200, 2.3e-5), (6_600, 2.2e-5))),
                        "train/update_s": Line(figures("6200:16.245 6400:16.175 6600:16.632")),
                        "train/dataloading_s": Line(figures("6200:0.12 6400:0.117 6600:0.074")),
                    },
                    config={"policy": {"type": "pi05", "pretrained_path": "lerobot/pi05_base"}, "batch_size": 168, "steps": 60000, "save_freq": 200, "log_freq": 200},
                    state="killed",
                    planned=60_000,
                    clock=Clock(16.3, pauses=((6_200, 2_900),)),
                ),
            ),
        ),
        sick(fault("no-learning plateau at-chance scale-mismatch", (400, 2_400), 4_400, INFO, WARNING), also="resume-seam throughput-drop lr-anomaly run-crashed eval-underpowered converged metric-dead", never="divergence overfit lr-zero nan-inf loss-jump loss-spike"),
        "0.873 at step 1,800, 0.873 at 4,400, 0.866 at 6,600: neither three times as long nor five times the batch changed a thing, and the validation of ckpts at 1,200 and 1,800 says 0.885 and 0.880. Steps take five times as long after the second resume because the batch is five times as large.",
        (
            "Loss 0.87 since step 1,000, whatever the batch (32, 64, 168): it is not the batch size",
            "Gradient norm 1.5 -> 0.7 is the larger batch; slower steps too",
            "Look at the data: action statistics, camera keys, instruction; another set learns with this recipe",
            "Not usable",
        ),
    ),
    Case(
        "lerobot-pi05-hxdoso-first-half-hour",
        "unnamed/lekiwi-notes:hxdoso (stored file 67171165497)",
        "vla",
        lerobot(
            figures("10:0.287 20:0.248 30:0.195 40:0.166 50:0.141 60:0.11 70:0.103 80:0.094 90:0.084 100:0.076 110:0.07 120:0.067 130:0.064 140:0.06 150:0.058 160:0.055 170:0.056 180:0.055"),
            figures("10:3.301 20:2.559 30:1.244 40:0.85 50:0.861 60:0.788 70:0.934 80:0.923 90:0.931 100:0.889 110:0.829 120:0.785 130:0.851 140:0.734 150:0.721 160:0.668 170:0.622 180:0.642"),
            figures("10:1.6e-6 20:4.1e-6 30:6.6e-6 40:9e-6 50:1.2e-5 60:1.4e-5 70:1.6e-5 80:1.9e-5 90:2.1e-5 100:2.4e-5 110:2.5e-5 180:2.5e-5"),
            log=10, last=180, update=12.704, data=0.058, batch=128, frames=25_600, planned=3_000, noise=0.02, state="running",
            config={"policy": {"type": "pi05", "pretrained_path": "lerobot/pi05_base", "dtype": "bfloat16", "compile_model": True}, "steps": 3000, "log_freq": 10},
        ),
        healthy(usable=False, also="eval-underpowered", never="plateau converged no-learning divergence overfit lr-flat-stall grad-vanish schedule-mismatch stalled-logging"),
        "180 of 3,000 steps: loss 0.287 to 0.055 while lr warms up in a hundred steps. The last three records are equal to a hundredth; of a plateau nobody could speak yet.",
        ("Loss 0.287 -> 0.055 in 180 of 3,000 steps: as it should", "12.7 s per step: about ten hours to go", "Too early for more"),
    ),
    Case(
        "smolvla-ppo-success-goes-up-once-and-comes-back",
        "yeeegem/smolvla-rl-comparison:runs/ppo_seed0/metrics.jsonl",
        "vla",
        Sketch(
            at=every(1_280, 500_480),
            lines={
                "update": Line(count(1 / 1_280)),
                "success_rate": Line(figures("1280:0 2560:0 6400:0.05 16640:0.1 42240:0.1 61440:0.05 80640:0.05 101120:0 122880:0 140800:0 161280:0.05 181760:0.25 202240:0.05 220160:0.1 240640:0.1 267520:0.1 280320:0.05 300800:0.1 321280:0.05 339200:0.1 360960:0.1 377600:0.2 403200:0 414720:0.05 442880:0.05 460800:0.05 481280:0.05 497920:0.1"), noise=(ar1(0.05, 0.75),), then=(clipped(0, 0.5), apply(lambda x, s: np.round(x * 20) / 20))),
                "episode_return": Line(figures("1280:-3.174 2560:-3.426 6400:1.806 16640:7.117 38400:7.497 52480:2.651 81920:2.026 93440:-2.444 130560:-3.22 140800:-3.525 170240:1.21 188160:21.64 207360:2.971 220160:8.236 234240:10.07 267520:12.57 289280:7.584 291840:12.15 320000:6.963 336640:13.07 359680:11.87 373760:29.53 401920:10.2 416000:4.724 435200:1.834 459520:2.113 481280:2.4 496640:7.909"), noise=(ar1(5.5, 0.75),), then=(clipped(-5.5, 48.2),)),
                "slip_rate": Line(figures("1280:0 2560:0.125 5120:0.0625 17920:0.1 25600:0.1 47360:0.2 69120:0.2 106240:0.2 129280:0.1 158720:0.25 185600:0.2 203520:0.2 235520:0.15 266240:0.2 290560:0.1 316160:0.15 339200:0.2 369920:0.25 399360:0.25 421120:0.2 448000:0.2 473600:0.15 499200:0.15"), noise=(ar1(0.06, 0.75),), then=(clipped(0, 0.5), apply(lambda x, s: np.round(x * 20) / 20))),
                "lift_rate": Line(figures("1280:0 2560:0.125 5120:0.1875 19200:0.25 30720:0.2 47360:0.35 79360:0.2 106240:0.2 126720:0.15 158720:0.25 193280:0.4 209920:0.3 232960:0.25 273920:0.25 295680:0.2 316160:0.2 339200:0.3 366080:0.45 399360:0.35 424960:0.25 449280:0.25 485120:0.2 500480:0.25"), noise=(ar1(0.07, 0.75),), then=(clipped(0, 0.65), apply(lambda x, s: np.round(x * 20) / 20))),
                "pg_loss": Line((made(0, 0.02),), noise=(gaussian(0.14),)),
                "value_loss": Line((real(1_280, 0.6754), made(30_000, 1.0), made(500_480, 1.0)), "log", noise=(gaussian(0.5),), then=(spikes(0.22, 80, 900),)),
                "entropy": Line(constant(-2.8271)),
                "approx_kl": Line((made(1_280, 0.003),), then=(lognormal(0.8), sometimes(0.42, 0.0), clipped(0, 0.014))),
                "kl_reference": Line(figures("1280:0 2560:0.1399 5120:0.3887 15360:0.4501 42240:0.4755 83200:0.4876 112640:0.4216 145920:0.4887 171520:0.5394 204800:0.4263 249600:0.5512 258560:0.5397 288000:0.4893 332800:0.5362 373760:0.4379 414720:0.5677 432640:0.5255 481280:0.509 494080:0.4746"), noise=(gaussian(0.11),), then=(clipped(0, 0.93),)),
                "clip_fraction": Line((made(0, 0.22),), noise=(gaussian(0.13),), then=(clipped(0, 0.49), sometimes(0.35, 0.0))),
                "early_stopped": Line(constant(1.0)),
                "skipped_minibatches": Line(constant(1.0)),
                "optimizer_steps": Line(constant(1.0), then=(sometimes(0.25, 2.0), sometimes(0.04, 4.0))),
                "replay_lp_gap": Line(mades((1_280, 0.95), (60_000, 0.82), (500_480, 0.71)), noise=(gaussian(0.06),)),
                "steps_per_sec": Line(mades((1_280, 39.5), (46_080, 34.8), (137_000, 34.8), (500_480, 38.0)), noise=(gaussian(0.15),)),
                "peak_gpu_gb": Line(mades((1_280, 8.101), (40_000, 8.462), (500_480, 8.462))),
            },
            config={"task": "Pick up a red cube and put it in the blue cup", "checkpoint": "base_smolvla", "sampler": {"num_steps": 10, "noise_scale": 0.1}, "env": {"n_envs": 4, "n_exec": 10, "max_ticks": 300}, "ppo": {"total_env_steps": 500000, "rollout_steps": 32, "epochs": 2, "minibatch_size": 8, "grad_accum": 4, "lr": 1e-5, "gamma": 0.99, "clip_coef": 0.1, "ent_coef": 0.0, "target_kl": 0.03, "kl_coef": 1.0, "value_head_lr": 3e-4, "seed": 0}},
            planned=500_000,
            clock=Clock(1 / 37),
            step_key="env_steps",
        ),
        sick(fault("plateau no-learning eval-regress policy-collapse oscillation", (1_280, 330_000), 430_000, INFO), also="metric-dead value-not-learning critic-runaway entropy-collapse success-zero best-checkpoint-old", never="divergence lr-zero overfit ppo-kl-blowup sim-blowup"),
        "Half a million steps, and success wanders between 0 and 0.5 (20 episodes) around 0.1, with a hump of 0.3 to 0.4 near 180k that does not last; 500 episodes afterwards say 10.4 % against 9.8 % before. Every update is cut short by the KL guard after one optimiser step, and the value loss leaps to 1,000 whenever a bonus of 100 falls.",
        (
            "Success about 0.1 at the start and at the end; the hump of 0.4 near 180k was not kept",
            "early_stopped is 1 in all 391 updates, one optimiser step each: hardly any training happens",
            "Success bonus 100 makes the value loss leap by 1,000 times: scale the reward",
            "No better than the policy it started from",
        ),
    ),
    Case(
        "smolvla-ppo-leashed-clips-seven-tenths-from-the-first-update",
        "yeeegem/smolvla-rl-comparison:runs/ppo_seed0_leashed/metrics.jsonl",
        "vla",
        Sketch(
            at=every(1_280, 500_480),
            lines={
                "update": Line(count(1 / 1_280)),
                "success_rate": Line(figures("1280:0 2560:0 6400:0.15 23040:0.05 44800:0.1 66560:0.1 94720:0.05 116480:0.05 133120:0.05 149760:0.1 174080:0.05 189440:0.1 218880:0.05 230400:0.05 262400:0.05 284160:0.05 304640:0.05 327680:0.05 348160:0.05 369920:0.05 391680:0.05 418560:0.1 435200:0.05 456960:0.05 476160:0.1 500480:0.05"), noise=(ar1(0.045, 0.75),), then=(clipped(0, 0.25), apply(lambda x, s: np.round(x * 20) / 20))),
                "episode_return": Line(figures("1280:-2.929 2560:-3.25 6400:11.85 23040:1.583 51200:6.704 60160:6.408 94720:4.88 116480:1.666 121600:6.936 147200:10.02 179200:5.601 188160:9.793 211200:8.128 230400:6.498 252160:6.32 284160:6.945 294400:5.786 316160:6.542 349440:6.048 371200:5.729 385280:5.518 405760:9.615 424960:7.407 462080:5.479 471040:11.04 500480:10.51"), noise=(ar1(4.5, 0.75),), then=(clipped(-3.9, 26.8),)),
                "slip_rate": Line(figures("1280:0 2560:0.125 6400:0.15 17920:0.15 24320:0.2 66560:0.3 89600:0.2 112640:0.25 147200:0.2 179200:0.15 202240:0.2 235520:0.2 263680:0.2 294400:0.1 325120:0.15 349440:0.2 382720:0.2 410880:0.25 441600:0.15 471040:0.2 497920:0.2"), noise=(ar1(0.07, 0.75),), then=(clipped(0, 0.5), apply(lambda x, s: np.round(x * 20) / 20))),
                "lift_rate": Line(figures("1280:0 2560:0.125 6400:0.35 16640:0.2 32000:0.25 56320:0.4 87040:0.3 121600:0.3 147200:0.3 179200:0.2 209920:0.3 235520:0.25 263680:0.3 294400:0.2 328960:0.2 349440:0.25 380160:0.3 410880:0.35 441600:0.25 468480:0.3 492800:0.3"), noise=(ar1(0.07, 0.75),), then=(clipped(0, 0.6), apply(lambda x, s: np.round(x * 20) / 20))),
                "pg_loss": Line((made(0, 0.12),), noise=(student(0.14, 4.0),), then=(clipped(-0.45, 5.2),)),
                "value_loss": Line((real(1_280, 0.5337), made(30_000, 1.0), made(500_480, 1.3)), "log", noise=(gaussian(0.45),), then=(spikes(0.2, 60, 450),)),
                "entropy": Line(constant(-2.8271)),
                "approx_kl": Line(figures("1280:0.0169 46080:0.0114 92160:0.0102 137000:0.012 183000:0.0118 227800:0.0147 273900:0.0106 318700:0.0093 364800:0.0104 409600:0.0096 455700:0.0175 500480:0.011"), "log", noise=(gaussian(0.18),), then=(spikes(0.01, 5, 20), clipped(0.0079, 0.3))),
                "kl_reference": Line(figures("1280:0 2560:0.2049 6400:0.1888 14080:0.09405 25600:0.06264 93440:0.06351 111360:0.06198 153600:0.08518 184320:0.07341 236800:0.06732 256000:0.0572 313600:0.06019 346880:0.06348 398080:0.06277 432640:0.06725 455680:0.08511 487680:0.06019"), noise=(gaussian(0.012),), then=(clipped(0, 0.22),)),
                "clip_fraction": Line((real(1_280, 0.6625), level(46_080, 0.71), real(500_480, 0.6761)), noise=(gaussian(0.022),)),
                "early_stopped": Line(constant(1.0)),
                "minibatches": Line((made(0, 5.5),), noise=(gaussian(2.8),), then=(rounded(0), clipped(1, 13))),
                "steps_per_sec": Line(mades((1_280, 78.9), (46_080, 58.6), (137_000, 53.0), (500_480, 53.6)), noise=(gaussian(0.3),)),
                "peak_gpu_gb": Line(mades((1_280, 7.608), (30_000, 8.201), (500_480, 8.201))),
            },
            config={"task": "Pick up a red cube and put it in the blue cup", "checkpoint": "base_smolvla", "sampler": {"num_steps": 4, "noise_scale": 0.1}, "ppo": {"total_env_steps": 500000, "rollout_steps": 32, "epochs": 2, "minibatch_size": 8, "grad_accum": 4, "lr": 1e-5, "clip_coef": 0.1, "ent_coef": 0.0, "target_kl": 0.015, "kl_coef": 1.0, "seed": 0}},
            planned=500_000,
            clock=Clock(1 / 54),
            step_key="env_steps",
        ),
        sick(fault("plateau no-learning ppo-kl-blowup", (1_280, 120_000), 350_000, INFO), also="metric-dead value-not-learning eval-regress oscillation entropy-collapse success-zero scale-mismatch", never="divergence lr-zero overfit policy-collapse sim-blowup converged"),
        "The clip fraction is 0.66 in the first update, before a single weight changed, and 0.7 ever after; approx_kl is above its target of 0.015 or close to it at once: the old log-probabilities come from another batch size. So all 391 updates stop early and the weights move by 1e-4. Success stays at 0.07.",
        (
            "Success 0.05 to 0.1 throughout (20 episodes each): nothing is learnt in 500k steps",
            "clip_fraction 0.66 and approx_kl 0.017 in the very first update: old and new log-probs do not match",
            "Recompute the old log-probs in the update's own batch shape, in fp32",
            "early_stopped in all of 391 updates",
        ),
    ),
    Case(
        "smolvla-guided-flow-critic-validation-no-better-than-at-first",
        "yeeegem/smolvla-rl-comparison:runs/gaf_critic/history.json",
        "vla",
        Sketch(
            at=every(1, 30),
            lines={
                "epoch": Line(count()),
                "train_mse": Line(figures("1:0.3151 2:0.03508 3:0.03511 4:0.03437 5:0.03483 6:0.03406 7:0.03339 8:0.03267 9:0.03248 10:0.03325 11:0.03152 12:0.03077 13:0.02971 14:0.02983 15:0.02887 16:0.03032 17:0.02898 18:0.02732 19:0.02757 20:0.02639 21:0.02707 22:0.02709 23:0.02579 24:0.02578 25:0.0261 26:0.0253 27:0.0262 28:0.02493 29:0.02416 30:0.02559")),
                "val_mse": Line(figures("1:0.01625 2:0.01602 3:0.01569 4:0.0152 5:0.01538 6:0.01613 7:0.01628 8:0.01626 9:0.01512 10:0.01518 11:0.01786 12:0.01493 13:0.0235 14:0.01473 15:0.02976 16:0.01466 17:0.01434 18:0.01446 19:0.02159 20:0.014 21:0.01494 22:0.01498 23:0.01568 24:0.01642 25:0.01477 26:0.01435 27:0.01787 28:0.01707 29:0.02626 30:0.01663")),
                "val_ensemble_std": Line(figures("1:0.03105 2:0.008336 3:0.008001 4:0.007358 5:0.002537 6:0.003751 7:0.008088 8:0.00791 9:0.005303 10:0.02441 11:0.00678 12:0.0153 13:0.0165 14:0.01832 15:0.01303 16:0.0171 17:0.01477 18:0.004681 19:0.01568 20:0.004306 21:0.008377 22:0.0117 23:0.009445 24:0.02671 25:0.006381 26:0.006891 27:0.01338 28:0.007812 29:0.02076 30:0.01308")),
            },
            config={"critic": {"layers": 4, "ensemble": 5}, "episodes": 600, "target": "success_to_go", "epochs": 30, "lr": 3e-4},
            planned=30,
            clock=Clock(14.0),
        ),
        sick(fault("no-learning plateau overfit value-not-learning", (2, 20), 30, INFO, WARNING), also="gen-gap eval-leak best-checkpoint-old eval-regress oscillation lr-flat-stall scale-mismatch", never="divergence nan-inf lr-zero loss-spike grad-vanish"),
        "Validation 0.0162 after the first epoch, 0.0140 at best, 0.0166 at the end, with jumps to 0.03, while training goes from 0.035 to 0.0256: a target that is 0 nearly always, and the critic says its mean. Guiding by it moved nothing (success 6.6 % against 9.8 %). Training above validation is the dropout and the mix of episodes, not a leak.",
        (
            "Validation MSE 0.0162 -> 0.0166, best 0.0140: no better than after one epoch",
            "Training fell by a quarter meanwhile: it fits what does not carry over",
            "More episodes with a grasp in them (a third have one); a ranking loss",
        ),
    ),
    Case(
        "diffusion-policy-obstacle-fifty-epochs-on-a-laptop",
        "yjs2005/diffusion-policy-obstacle-reach-2d:outputs/logs/obstacle_train_log.json",
        "imitation",
        Sketch(
            at=every(1, 50),
            lines={
                "train_loss": Line(figures("1:0.7718 2:0.4644 3:0.4039 4:0.3876 5:0.3756 6:0.3707 7:0.3625 8:0.363 9:0.3546 10:0.3603 11:0.355 12:0.3471 13:0.3399 14:0.3376 15:0.328 16:0.3281 17:0.3227 18:0.3132 19:0.3129 20:0.3072 21:0.3065 22:0.3057 23:0.3003 24:0.3038 25:0.2926 26:0.2948 27:0.2904 28:0.2901 29:0.2856 30:0.2823 31:0.2835 32:0.281 33:0.2811 34:0.2796 35:0.274 36:0.2772 37:0.2739 38:0.2729 39:0.2709 40:0.269 41:0.2665 42:0.263 43:0.2657 44:0.2627 45:0.2614 46:0.2568 47:0.2561 48:0.2537 49:0.2522 50:0.2517")),
                "val_loss": Line(figures("1:0.5469 2:0.4303 3:0.3879 4:0.3913 5:0.363 6:0.367 7:0.359 8:0.3629 9:0.3516 10:0.3515 11:0.3403 12:0.3514 13:0.334 14:0.3291 15:0.3268 16:0.3249 17:0.3058 18:0.3275 19:0.3107 20:0.3129 21:0.3063 22:0.3044 23:0.3059 24:0.2993 25:0.2852 26:0.2898 27:0.2846 28:0.2907 29:0.2929 30:0.2938 31:0.2736 32:0.2924 33:0.2786 34:0.2777 35:0.2728 36:0.268 37:0.2657 38:0.2585 39:0.2646 40:0.2722 41:0.2582 42:0.2534 43:0.2382 44:0.262 45:0.267 46:0.2548 47:0.2608 48:0.2563 49:0.2695 50:0.2417")),
            },
            config={"data_path": "data/obstacle_demos.npz", "epochs": 50, "batch_size": 128, "diffusion_steps": 50, "device": "cpu", "lr": 0.001, "hidden_dim": 128, "obs_dim": 7, "action_dim": 2},
            planned=50,
            clock=Clock(6.0),
        ),
        healthy(usable=False, also="eval-leak eval-underpowered", never="overfit plateau no-learning gen-gap divergence converged eval-regress oscillation best-checkpoint-old"),
        "Both losses fall together from 0.77 to 0.25, validation wobbling by 5 % because each epoch draws other noise levels, and both are still falling. A noise loss of 0.25 is no success rate: alone it gets 18 %, the best of eight samples 94 %.",
        ("Validation 0.547 -> 0.242, best 0.238, in step with training: no overfitting", "Still falling at epoch 50: train on", "Evaluate by rollouts; the noise loss says little"),
    ),
    Case(
        "bc-reaching-fifteen-level-epochs-then-down-again",
        "yjs2005/diffusion-policy-obstacle-reach-2d:outputs/logs/bc_train_log.json",
        "imitation",
        Sketch(
            at=every(1, 50),
            lines={
                "train_loss": Line(figures("1:0.3359 2:0.2592 3:0.1336 4:0.06623 5:0.06339 6:0.05498 7:0.05267 8:0.05135 9:0.05075 10:0.0501 11:0.04984 12:0.04945 13:0.0494 14:0.04944 15:0.04913 16:0.04897 17:0.04885 18:0.04875 19:0.04872 20:0.04856 21:0.04851 22:0.04822 23:0.04796 24:0.04777 25:0.04757 26:0.04718 27:0.04746 28:0.04662 29:0.04663 30:0.04596 31:0.04554 32:0.04519 33:0.04462 34:0.04425 35:0.04329 36:0.04255 37:0.04142 38:0.04026 39:0.03945 40:0.03806 41:0.03679 42:0.03526 43:0.03476 44:0.03357 45:0.03227 46:0.03131 47:0.03068 48:0.03012 49:0.02958 50:0.02908")),
                "val_loss": Line(figures("1:0.3058 2:0.1899 3:0.07862 4:0.06586 5:0.05656 6:0.05136 7:0.05045 8:0.05119 9:0.05067 10:0.04928 11:0.04899 12:0.04966 13:0.04959 14:0.04932 15:0.04884 16:0.04881 17:0.04854 18:0.0481 19:0.04862 20:0.0489 21:0.0484 22:0.0478 23:0.04794 24:0.04753 25:0.04753 26:0.04747 27:0.04752 28:0.04638 29:0.04626 30:0.04582 31:0.04512 32:0.04533 33:0.04381 34:0.04338 35:0.0426 36:0.04169 37:0.04056 38:0.03941 39:0.03859 40:0.03742 41:0.03566 42:0.03456 43:0.03309 44:0.03213 45:0.03123 46:0.03001 47:0.02936 48:0.02874 49:0.02917 50:0.02815")),
            },
            config={"data_path": "data/demos.npz", "epochs": 50, "batch_size": 128, "device": "cpu", "lr": 0.001, "hidden_dim": 128},
            planned=50,
            clock=Clock(1.5),
        ),
        healthy(usable=False, also="plateau eval-leak eval-underpowered", never="overfit converged no-learning divergence gen-gap eval-regress lr-flat-stall best-checkpoint-old"),
        "From epoch 8 to 24 the loss moves by 5 % in all, then it finds a second way down and halves until 50, validation with it. Who had stopped at 20 would have called it converged. 50 of 50 rollouts succeed.",
        ("Validation 0.306 -> 0.028, at its best in the last epochs", "Level from epoch 8 to 24, falling again since: not done at 50", "Train on; evaluate by rollouts"),
    ),
    Case(
        "umi-diffusion-loss-up-by-a-third-in-its-first-steps",
        "rexusuri/umi_protoz:logs.json.txt",
        "imitation",
        Sketch(
            at=every(1, 1_792, first=0),
            lines={
                "train_loss": Line(figures("0:1.364 3:1.288 7:1.3185 11:1.2648 12:1.589 16:1.8163 18:1.7932 20:1.3993 24:1.0072 28:1.1923 32:1.2346 36:1.116 40:0.9061 46:1.0416 51:0.8757 58:0.8984 67:0.7682 76:0.682 83:0.8236 91:0.4379 100:0.5634 110:0.5579 119:0.3696 125:0.5045 130:0.3048 139:0.3761 143:0.2495 400:0.165 800:0.12 1200:0.1 1776:0.10749 1777:0.06229 1783:0.16591 1787:0.10919 1791:0.05698 1792:0.0698"), "log", noise=(gaussian(mades((0, 0.03), (60, 0.08), (140, 0.22), (1_792, 0.3))),)),
                "aux_loss": Line(constant(0.0)),
                "lr": Line(_logarithmic),
                "epoch": Line(epochs(139)),
            },
            config={"task": "umi", "training": {"num_epochs": 120, "gradient_accumulate_every": 4, "lr_scheduler": "cosine", "lr_warmup_steps": 2000, "use_ema": True}, "optimizer": {"lr": 3e-4, "betas": [0.95, 0.999], "weight_decay": 1e-6}, "policy": {"obs_encoder": "timm vit_base_patch16_clip_224.openai", "num_inference_steps": 16}, "dataloader": {"batch_size": 64}},
            state="killed",
            planned=16_680,
            clock=Clock(1.25),
        ),
        healthy(usable=False, also="lr-anomaly run-crashed loss-spike component-dead metric-dead eval-underpowered", never="divergence lr-zero overfit no-learning loss-jump plateau converged oscillation"),
        "Up from 1.29 to 1.82 at step 16, when lr has just begun, and down to 0.4 within the first epoch: nothing. Single batches of 0.057 to 0.166 at the end are the drawing of noise levels. lr grows like a logarithm, without falling, over thirteen epochs: odd, but it does no harm here. aux_loss is off.",
        ("Loss 1.36 -> about 0.09 (single batches 0.06 to 0.17) in 13 of 120 epochs", "lr creeps up to 9.8e-5 all the time: is the scheduler stepped as intended (every 4th step)?", "Stopped by hand; no evaluation"),
    ),
    Case(
        "smolvla-rl-ratio-out-of-bounds-from-the-second-step",
        "Mervin-James/SmolVLA-RL:logs/cp1/rl_steps.csv check5",
        "vla",
        Sketch(
            at=every(1, 74, first=0),
            lines={
                "loss_policy": Line((real(0, 0.5), real(1, 0.4), real(2, 0.827), real(3, 0.535), real(4, 0.4), real(5, 0.738), real(6, 0.4), real(7, -0.0032), real(8, 0.3201), real(9, 0.4), real(15, 0.4028), real(16, 0.086), real(17, 0.526), real(19, 0.1904), real(23, 0.186), real(26, 0.0867), real(27, 0.0749), real(30, 0.0559), real(34, 0.1563), real(38, 0.0348), real(46, 0.0872), real(48, 0.0092), real(49, 5.3543), real(50, 0.4), real(54, 0.02), real(58, 0.4), real(62, -0.04), real(64, 0.4), real(67, 0.0798), real(70, 0.1), real(72, 0.1398), real(74, 0.4))),
                "advantage_mean": Line(constant(-0.5), then=(sometimes(0.3, 0.0), sometimes(0.04, -0.125))),
                "ratio_mean": Line((real(0, 1.0), real(1, 0.2682), real(2, 1.3078), real(3, 0.4307), real(4, 0.115), real(6, 0.0306), real(8, 1.2111), real(10, 0.0908), real(12, 0.0186), real(16, 0.9728), real(20, 0.5851), real(24, 0.0015), real(27, 0.5349), real(29, 2.7e-13), real(31, 0.6836), real(33, 0.0015), real(35, 1.2e-7), real(38, 0.6103), real(40, 2e-4), real(44, 0.0043), real(46, 0.6256), real(48, 1.1579), real(49, 10.0686), real(51, 5.5e-5), real(54, 26.3914), real(56, 0.0025), real(58, 1.2e-8), real(60, 8.8e-5), real(62, 18.5297), real(65, 0.0012), real(67, 1.4196), real(70, 12.5008), real(71, 3.2e-4), real(74, 0.032)), "log", noise=(gaussian(0.6),)),
                "ratio_clipfrac": Line((real(0, 0.0), real(1, 1.0), real(7, 0.7), real(9, 1.0), real(15, 0.8), real(17, 1.0), real(20, 0.8), real(22, 1.0), real(26, 0.9), real(29, 1.0), real(31, 0.9), real(34, 0.875), real(36, 1.0), real(46, 0.9), real(48, 1.0), real(74, 1.0))),
                "approx_kl_old": Line((real(0, -1.2e-8), real(1, 10.1745), real(2, 1.3288), real(3, 63.3285), real(4, 9.8876), real(6, 97.938), real(7, 0.1517), real(8, 0.9382), real(9, 26.8221), real(12, 57.2409), real(14, 36.6951), real(16, 1.0846), real(18, 80.8637), real(20, 18.9836), real(22, 87.0564), real(24, 135.8061), real(26, 13.4028), real(27, 4.3614), real(29, 123.4615), real(31, 15.7537), real(33, 88.0199), real(35, 295.4108), real(36, 268.8255), real(38, 21.0208), real(41, 137.7843), real(43, 42.1254), real(46, 8.5824), real(49, 56.4155), real(51, 143.9594), real(54, 32.4482), real(57, 63.5738), real(60, 62.4693), real(64, 131.3246), real(67, 16.0788), real(70, 18.4297), real(74, 61.8546))),
                "grad_norm": Line((real(0, 39.546), real(1, 0.0), real(2, 86.6575), real(3, 11.3467), real(4, 0.0), real(5, 43.3053), real(6, 0.0), real(7, 20.1959), real(8, 76.3806), real(9, 0.0), real(13, 15.9827), real(14, 0.0), real(15, 13.502), real(16, 31.3621), real(17, 57.59), real(18, 5.3749), real(20, 29.0657), real(22, 0.0), real(26, 2.5695), real(28, 2.265), real(29, 0.0), real(30, 4.5483), real(32, 0.4911), real(33, 0.0), real(34, 13.6257), real(35, 0.0), real(38, 3.9919), real(39, 0.0), real(45, 0.0), real(46, 5.7216), real(47, 0.0), real(48, 2.1654), real(49, 282.337), real(50, 0.0), real(54, 0.0093), real(56, 0.0), real(66, 0.0), real(67, 0.0334), real(68, 0.0), real(74, 0.0))),
                "lr": Line(constant(1e-5)),
                "peak_vram_gb": Line(mades((0, 2.609), (1, 3.28), (74, 3.28)), noise=(gaussian(0.003),)),
            },
            config={"run_id": "a1_sft_s0_task4_check5", "base": "SmolVLA 450M, one demonstration per task", "env": "libero_goal task 4", "lr": 1e-5, "denoise_steps": 10, "noise_level": 0.5, "epochs": 4, "episodes_per_round": 30, "clip": 0.2},
            clock=Clock(9.0),
        ),
        sick(fault("ppo-kl-blowup policy-collapse kl-explode divergence", (0, 8), 40, WARNING), also="grad-clip-saturated grad-vanish grad-spike grad-explode loss-spike metric-dead no-learning plateau kl-negative masked-nan value-not-learning oscillation no-spread", never="overfit converged lr-zero lr-anomaly lr-flat-stall success-zero"),
        "After the first step of lr 1e-5 the probability ratio is 0.27 with everything clipped and a KL of 10, later of 60 to 295 nats: the steps are far too large for a likelihood summed over fifty actions and ten denoising steps. Losses of exactly 0.4 and gradients of exactly 0 are clipped batches. The author went on with lr 2.5e-7.",
        (
            "KL to the old policy 10 nats after one step, up to 295: clip fraction 1.0 from step 1 on",
            "Gradient exactly 0 in most batches: all of it clipped, nothing is learnt",
            "lr 1e-5 is 40 times too large here; sum the log-ratio per action, raise the noise level",
            "Not usable; start again",
        ),
    ),
    Case(
        "flow-matching-hand-thousand-epochs-regulariser-leads",
        "zhaoyi11/d2h:train_log.jsonl",
        "imitation",
        Sketch(
            at=every(1, 1_000),
            lines={
                "flow_matching_loss": Line(figures("1:10.609 2:10.161 4:7.304 7:5.291 10:4.944 15:3.715 20:3.617 30:3.412 40:2.88 50:3.034 60:2.661 70:2.425 80:2.677 90:2.37 100:2.245 110:2.154 121:2.034 131:2.008 136:2.001 995:0.5841 996:0.5904 998:0.5854 1000:0.5468"), "log", pace="log", noise=(gaussian(0.045),)),
                "sigreg_loss": Line(figures("1:102.24 2:123.13 4:102.36 7:87.96 10:59.17 15:65.87 20:51.41 30:44.07 40:32.24 50:28.16 60:26.24 70:25.35 80:24.64 90:24.38 100:23.97 110:21.6 121:20.48 131:20.33 136:20.48 995:4.151 996:4.305 998:4.403 1000:4.33"), "log", pace="log", noise=(gaussian(0.05),)),
                "loss": Derived(("flow_matching_loss", "sigreg_loss"), lambda f, s: f + 0.09 * s),
            },
            config={"model": "flow matching policy with sigreg", "epochs": 1000, "sigreg_weight": 0.09},
            planned=1_000,
            clock=Clock(7.5),
        ),
        healthy(usable=False, also="component-dominates eval-underpowered loss-decomposition-mismatch", never="plateau no-learning divergence overfit converged loss-spike oscillation loss-jump lr-flat-stall"),
        "The loss is the flow loss and 0.09 times the regulariser, which is the larger half up to epoch 60 and two fifths at the end; both fall by a factor of twenty, in a straight line on a log-log plot, to the last epoch. A bump of 7 % in the second epoch is the regulariser's.",
        ("Loss 19.8 -> 0.94 in 1,000 epochs, both parts falling to the end", "total = flow + 0.09 x sigreg; sigreg is 40 % of it", "No evaluation, no validation: add one"),
    ),
    Case(
        "rlinf-pi05-maniskill-kl-out-of-hand-after-a-hundred-and-fifty",
        "RLinf/RLinf#1110",
        "vla",
        Sketch(
            at=every(1, 230),
            lines=rlinf(
                230,
                (made(1, 0.36), made(40, 0.62), made(100, 0.8), level(150, 0.86), made(175, 0.7), made(230, 0.52)),
                mades((1, 0.004), (100, 0.012), (148, 0.02), (160, 0.4), (185, 2.5), (230, 3.5)),
                mades((1, 0.03), (100, 0.09), (148, 0.13), (165, 0.4), (230, 0.55)),
                mades((1, 0.05), (100, 0.018), (148, 0.02), (165, 0.4), (230, 0.9)),
                mades((1, 0.1), (40, 0.6), (148, 0.72), (165, 0.2), (230, 0.0)),
                mades((1, 3.0), (148, 4.5), (165, 22.0), (230, 30.0)),
                320,
            ),
            config={"actor": {"model": "pi0_5", "flow_sde": True, "optim": {"lr": 5e-6, "value_lr": 1e-4, "clip_grad": 1.0}}, "algorithm": {"loss_type": "actor_critic", "clip_ratio_high": 0.2, "kl_beta": 0.0, "entropy_bonus": 0.0, "gamma": 0.99, "gae_lambda": 0.95}, "env": {"train": {"env_type": "maniskill", "total_num_envs": 320, "max_episode_steps": 80}}, "runner": {"max_epochs": 1000}},
            state="running",
            planned=1_000,
            clock=Clock(215.0),
        ),
        sick(fault("ppo-kl-blowup policy-collapse eval-regress", (146, 175), 215, WARNING), also="critic-runaway value-not-learning grad-explode divergence grad-clip-saturated best-checkpoint-old", never="overfit lr-zero converged no-learning at-chance success-zero sim-blowup entropy-collapse"),
        "Success climbs for 150 epochs; then the KL goes out of control, value loss and clip fraction with it, and success declines. Nothing holds the policy to where it was (no KL penalty in this mode). The kink is the thread's, the levels are ours.",
        (
            "KL per update 0.02 -> above 1 from epoch 150 on, value loss x 40, clip fraction 0.5",
            "Success 0.86 -> 0.52 since: ckpts before 150 are the ones to take",
            "Smaller lr or fewer epochs per batch, a KL penalty or an early stop on KL",
        ),
    ),
    Case(
        "rlinf-openvla-maniskill-from-half-to-nothing",
        "RLinf/RLinf#133",
        "vla",
        Sketch(
            at=every(1, 60),
            lines=rlinf(
                60,
                (level(1, 0.5), made(4, 0.46), made(10, 0.22), made(18, 0.04), level(24, 0.0), level(60, 0.0)),
                mades((1, 0.02), (4, 0.08), (10, 0.5), (24, 0.2), (60, 0.05)),
                mades((1, 0.1), (4, 0.2), (12, 0.4), (60, 0.2)),
                mades((1, 0.08), (10, 0.05), (24, 0.004), (60, 5e-4)),
                mades((1, 0.05), (8, 0.2), (24, 0.0), (60, 0.0)),
                mades((1, 8.0), (10, 14.0), (30, 3.0), (60, 0.9)),
                256,
            ),
            config={"actor": {"model": "openvla", "optim": {"lr": 1e-4, "value_lr": 3e-3, "clip_grad": 10.0}}, "algorithm": {"loss_type": "actor_critic", "clip_ratio_high": 0.2, "kl_beta": 0.0, "gamma": 0.99}, "env": {"train": {"env_type": "maniskill", "total_num_envs": 256, "max_episode_steps": 80}}, "runner": {"max_epochs": 1000}},
            state="killed",
            planned=1_000,
            clock=Clock(215.0),
        ),
        sick(fault("policy-collapse eval-regress success-zero ppo-kl-blowup", (2, 16), 34, WARNING), also="value-not-learning metric-dead no-learning run-crashed grad-vanish plateau best-checkpoint-old no-spread", never="overfit converged lr-zero lr-anomaly critic-runaway sim-blowup divergence"),
        "It starts with half the tasks solved and has unlearnt all of them twenty updates later, with the settings of the repository: 0 of 256 from then on, so no signal either. Figures besides success are drawn as they go with it.",
        (
            "Success 0.5 -> 0 within 24 updates, 0 of 256 in each of 36 since: collapsed",
            "KL up to 0.5 per update before the fall; value loss to 0 because nothing is rewarded any more",
            "Start again from the SFT model: lower lr, warm up the critic first, check weight sync to the rollout workers",
            "Not usable",
        ),
    ),
    Case(
        "rlinf-pi0-maniskill-levels-off-at-point-six",
        "RLinf/RLinf#1086",
        "vla",
        Sketch(
            at=every(1, 400),
            lines=rlinf(
                400,
                (made(1, 0.36), made(40, 0.48), made(120, 0.57), level(180, 0.6), level(400, 0.6)),
                mades((1, 0.0012), (400, 0.001)),
                mades((1, 0.0035), (400, 0.003)),
                mades((1, 0.06), (100, 0.03), (400, 0.026)),
                mades((1, 0.05), (60, 0.5), (400, 0.58)),
                mades((1, 0.8), (400, 0.6)),
                180,
            ),
            config={"actor": {"model": "pi0", "noise_method": "flow_noise", "optim": {"lr": 5e-6, "value_lr": 1e-4, "clip_grad": 1.0}}, "algorithm": {"loss_type": "actor_critic", "clip_ratio_high": 0.2, "kl_beta": 0.0, "gamma": 0.99}, "env": {"train": {"env_type": "maniskill", "total_num_envs": 36, "max_episode_steps": 80}}, "runner": {"max_epochs": 1000}},
            state="running",
            planned=1_000,
            clock=Clock(215.0),
        ),
        sick(fault("plateau best-checkpoint-old no-learning", (120, 260), 390, INFO, WARNING), also="converged lr-flat-stall oscillation", never="policy-collapse ppo-kl-blowup divergence overfit eval-regress critic-runaway success-zero sim-blowup lr-zero"),
        "0.36 to 0.6 in 180 updates and level since, where 0.75 is reported. approx_kl of 0.001 and a clip fraction under 0.004 all along say how small the updates are: 36 environments against the hundreds of the recipe.",
        (
            "Success level at 0.60 since about update 180 of 400 (0.75 expected)",
            "approx_kl 0.001, clip fraction 0.003: updates are tiny, nothing is clipped",
            "36 environments: more of them, larger lr or more epochs per batch",
        ),
    ),
    Case(
        "smolvla-quarter-billion-libero-long-seven-percent",
        "huggingface/lerobot#2107",
        "vla",
        lerobot(
            (made(200, 0.62), made(2 * K, 0.13), made(10 * K, 0.052), made(30 * K, 0.031), made(100 * K, 0.026)),
            (made(200, 2.2), made(5 * K, 0.62), made(30 * K, 0.3), made(100 * K, 0.26)),
            cosine(1e-4, 30 * K, warmup=1 * K, floor=2.5e-6),
            log=200, last=100 * K, update=0.33, data=0.02, batch=64, frames=273_465, planned=100 * K, noise=0.05,
            config={"dataset": {"repo_id": "HuggingFaceVLA/libero"}, "env": {"type": "libero", "task": "libero_10"}, "policy": {"type": "smolvla", "vlm_model_name": "HuggingFaceTB/SmolVLM2-256M-Video-Instruct", "load_vlm_weights": True, "scheduler_decay_steps": 30000, "scheduler_decay_lr": 2.5e-6, "optimizer_lr": 1e-4}, "steps": 100000, "eval_freq": 1000, "eval": {"n_episodes": 1, "batch_size": 1}},
            more={
                "eval/pc_success": Line((made(1_000, 0.0), made(10 * K, 1.0), made(25 * K, 6.0), level(100 * K, 7.5)), then=(clipped(0, 100), binomial(10, 100.0)), at=every(1_000, 100 * K)),
                "eval/n_episodes": Line(constant(10.0), at=every(1_000, 100 * K)),
                "eval/eval_s": Line((made(0, 290.0),), then=(lognormal(0.05),), at=every(1_000, 100 * K)),
            },
            evals=(1_000, 290.0),
        ),
        sick(fault("plateau success-zero schedule-mismatch lr-flat-stall eval-underpowered no-learning", (5 * K, 45 * K), 90 * K, INFO), also="throughput-drop best-checkpoint-old oscillation converged gpu-idle", never="overfit divergence lr-zero policy-collapse at-chance grad-vanish"),
        "7.5 % in the long tasks. One episode per task and evaluation: 0, 10 or 20 %, so single values mean nothing, and the hundred evaluations take half of all the time. lr is at its floor for the last 70,000 of 100,000 steps.",
        (
            "Success 7.5 % (averaged over evaluations of 10 episodes), not rising since 30k",
            "lr at its floor of 2.5e-6 from 30k on: scheduler_decay_steps 30,000 beside steps 100,000",
            "Half the time goes into evaluations of one episode per task: fewer, longer ones",
            "Not usable for these tasks",
        ),
    ),
    Case(
        "lerobot-diffusion-pick-cube-ends-at-lr-nothing",
        "unnamed/embd-ai-project:IMPLEMENTATION_LOG (stored file 56357577072)",
        "imitation",
        lerobot(
            (real(100, 0.986), made(200, 0.3), made(500, 0.11), made(2 * K, 0.042), made(8 * K, 0.014), made(20 * K, 0.006), made(36 * K, 0.0032), real(50 * K, 0.003)),
            (real(100, 3.59), made(500, 1.6), made(5 * K, 0.5), made(20 * K, 0.2), real(50 * K, 0.073)),
            cosine(1e-4, 50 * K, warmup=500),
            log=10, last=50 * K, update=0.171, data=0.001, batch=8, frames=49_539, planned=50 * K, noise=0.28,
            config={"policy": {"type": "diffusion", "use_amp": True, "vision_backbone": "resnet18", "horizon": 64, "n_action_steps": 32}, "num_workers": 2, "steps": 50000, "save_freq": 10000},
            more={"train/mem_gb": Line(constant(4.95))},
        ),
        healthy(usable=False, also="eval-underpowered converged", never="lr-zero grad-vanish plateau overfit no-learning divergence lr-anomaly schedule-mismatch loss-spike oscillation"),
        "lr 3.3e-10 in the last record is the end of the cosine. Records of ten steps of batch 8 scatter by a third; the level goes from 0.99 to 0.003 over eight passes. Never evaluated in the simulator it was made for.",
        ("Loss 0.986 -> 0.003 in 50,000 steps (8 epochs), lr down to 0 as planned", "Scatter between records is batch 8 and the drawing of noise levels", "Evaluate now: the simulator is there"),
    ),
)
# fmt: on
