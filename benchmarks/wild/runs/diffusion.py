"""Diffusion of images, video and latents."""

from __future__ import annotations

import math

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss, same, total
from benchmarks.wild.sketch import (
    NAN,
    Anchors,
    Clock,
    Line,
    Sketch,
    apply,
    count,
    epochs,
    every,
    gaussian,
    level,
    lognormal,
    made,
    mades,
    onward,
    printed,
    real,
    rounded,
    student,
)


def quartiles(
    total: Anchors, sd: float, name: str, shares: tuple[float, float, float, float], broken: float = math.inf
) -> dict[str, Line]:
    """`loss` and its four quarters of the timesteps, as improved-diffusion logs them."""
    after = (onward(broken, NAN),)
    lines = {name: Line(total, scale="log", noise=(gaussian(sd),), then=after)}
    for i, share in enumerate(shares):
        part = tuple(type(a)(a.step, a.value * share, "level" if a.kind != "made" else "made") for a in total)
        lines[f"{name}_q{i}"] = Line(part, scale="log", noise=(gaussian(sd * 1.5),), then=after)
    return lines


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "ddpm-cifar-loss-between-002-and-007",
        "zoubohao/DenoisingDiffusionProbabilityModel-ddpm-#48",
        "diffusion",
        Sketch(
            at=every(20, 62_500),
            lines={"loss": loss((made(20, 0.62), made(200, 0.11), made(1_500, 0.05), level(6_250, 0.04), level(62_500, 0.036)), 0.24), "LR": Line((made(20, 1e-4), made(6_250, 2e-4), made(62_500, 0.0))), "epoch": Line(epochs(625))},
            config={"state": "train", "epoch": 100, "batch_size": 80, "T": 1000, "channel": 128, "channel_mult": [1, 2, 3, 4], "lr": 1e-4, "multiplier": 2.0, "beta_1": 1e-4, "beta_T": 0.02, "grad_clip": 1.0},
            planned=62_500,
            clock=Clock(0.35),
        ),
        healthy(usable=False, never="no-learning plateau oscillation loss-spike overfit"),
        "Batch losses between 0.02 and 0.07 for a hundred epochs, hardly falling, while the pictures get better all the time: timesteps are drawn at random, the loss of one batch says nothing.",
        ("Running normally: a flat noisy loss (0.02 to 0.07) is what DDPM training looks like.", "Mean over an epoch still falls (0.040 -> 0.036).", "Judge by samples or FID at saved epochs; no more can be said from this loss."),
    ),
    Case(
        "dit-s8-from-02-to-017",
        "facebookresearch/DiT#17",
        "diffusion",
        Sketch(
            at=every(100, 75_000),
            lines={"train_loss": loss((made(100, 0.61), made(200, 0.31), level(500, 0.2), level(5_000, 0.19), level(75_000, 0.172)), 0.012, then=(rounded(4),)), "train_steps_per_sec": Line((made(100, 7.6),), then=(lognormal(0.02), rounded(2)))},
            config={"model": "DiT-S/8", "image_size": 256, "num_classes": 1000, "epochs": 1400, "global_batch_size": 256, "lr": 1e-4, "weight_decay": 0, "ema_decay": 0.9999, "log_every": 100},
            state="running",
            planned=7_000_000,
            clock=Clock(0.131),
        ),
        healthy(usable=False, never="plateau no-learning overfit throughput-drop lr-flat-stall"),
        "Reaches 0.20 in five hundred steps, 0.19 at five thousand and about 0.17 near a hundred thousand: exactly what the author says to expect of the small model.",
        ("Running as the authors' own S/8 does: 0.20 (500) -> 0.19 (5k) -> 0.172 (75k).", "The slow fall is real: 0.018 in 70k steps against noise of 0.002.", "400k steps to a first FID; sample with the EMA weights."),
    ),
    Case(
        "latent-diffusion-loss-stays-at-one",
        "CompVis/latent-diffusion#369",
        "diffusion",
        Sketch(
            at=every(50, 46_750),
            lines={
                "train/loss_simple_step": loss((made(50, 1.02), level(5_000, 1.0), level(46_750, 0.998)), 0.012),
                "train/loss_vlb_step": loss(mades((50, 0.0081), (46_750, 0.0078)), 0.35),
                "train/loss_step": same("train/loss_simple_step"),
                "val/loss_simple_ema": Line((made(187, 1.004), level(46_750, 1.0)), noise=(gaussian(0.002),), at=every(187, 46_750)),
                "val/loss_simple": Line((made(187, 1.003), level(46_750, 0.999)), noise=(gaussian(0.002),), at=every(187, 46_750)),
                "lr_abs": Line((made(50, 1e-6),)),
                "epoch": Line(epochs(187)),
            },
            config={
                "model": {"target": "ldm.models.diffusion.ddpm.LatentDiffusion", "base_learning_rate": 1e-6, "params": {"timesteps": 1000, "linear_start": 0.0015, "linear_end": 0.0195, "image_size": 64, "channels": 3, "loss_type": "l2"}},
                "data": {"params": {"batch_size": 16}},
                "n_images": 3000,
            },
            state="running",
            clock=Clock(12.9),
        ),
        sick(fault("no-learning at-chance", (50, 12_000), 30_000, INFO), also="plateau metric-duplicate lr-flat-stall", never="converged eval-leak"),
        "An epsilon loss of 1.0 is that of predicting nothing (the noise has variance 1), after 250 epochs and a week. Other diffusion losses are flat too, but at a tenth of this.",
        (
            "Not usable: loss 1.00 = variance of the noise; the network predicts zero, after 250 epochs.",
            "1.02 -> 0.998 in 46k steps, val the same: nothing has been learnt.",
            "Check that the U-Net is trainable and gets the noisy input, lr 1e-6 -> 1e-4; a working run is below 0.2 within thousand steps.",
        ),
    ),
    Case(
        "guided-diffusion-lg-loss-scale-minus-sixteen-thousand",
        "openai/guided-diffusion#50",
        "diffusion",
        Sketch(
            at=every(500, 153_000),
            lines={
                **quartiles((made(500, 0.21), made(5_000, 0.071), made(60_000, 0.0585), made(136_000, 0.0572)), 0.015, "loss", (2.6, 0.9, 0.38, 0.13), 136_800),
                **quartiles((made(500, 0.208), made(5_000, 0.0695), made(60_000, 0.0571), made(136_000, 0.0559)), 0.015, "mse", (2.55, 0.9, 0.39, 0.14), 136_800),
                "vb": loss(mades((500, 0.0027), (60_000, 0.0014), (136_000, 0.00135)), 0.06, then=(onward(136_800, NAN),)),
                "lg_loss_scale": Line((made(500, 20.5), made(5_000, 20.2), made(60_000, 20.9), level(136_780, 20.6), level(153_000, -1.62e4)), then=(printed(3),)),
                "grad_norm": loss(mades((500, 0.61), (5_000, 0.19), (60_000, 0.085), (136_000, 0.071)), 0.12, then=(onward(136_800, NAN),)),
                "param_norm": Line(mades((500, 330.0), (136_800, 505.0), (153_000, 505.0)), then=(printed(3),)),
                "samples": Line((level(500, 500 * 256.0), real(153_000, 3.92e7)), then=(printed(3),)),
                "step": Line(count()),
            },
            config={"image_size": 128, "class_cond": True, "learn_sigma": True, "num_channels": 256, "num_heads": 4, "num_res_blocks": 2, "resblock_updown": True, "use_fp16": True, "use_scale_shift_norm": True, "lr": 1e-4, "batch_size": 256, "fp16_scale_growth": 1e-3, "ema_rate": 0.9999},
            state="running",
            clock=Clock(1.9),
        ),
        sick(fault("nan-inf", (136_500, 137_000), 139_000, CRITICAL), fault("amp-overflow nan-inf", (136_500, 137_500), 141_000, WARNING), also="metric-dead divergence"),
        "The loss scaler falls by one for every step that is NaN: -16,200 at step 153,000 means that NaN began near step 136,800 and nothing has been trained since. The forward pass itself is NaN under fp16, so no scale helps.",
        ("Usable: EMA checkpoint before step 136k; the 16k steps since are lost.", "All losses NaN since 136,800 (lg_loss_scale 20 -> -16,200, one per skipped step).", "Resume from 130k in fp32 or bf16, or lower the lr: NaN in the forward pass is not cured by the scaler."),
    ),
    Case(
        "guided-diffusion-512-quarters-apart",
        "openai/guided-diffusion#121",
        "diffusion",
        Sketch(
            at=every(100, 40_000),
            lines={
                "mse": loss((made(100, 0.96), made(1_000, 0.61), real(3_300, 0.378), made(10_000, 0.19), made(40_000, 0.117)), 0.13),
                "mse_q0": loss((made(100, 0.99), made(1_000, 0.97), real(3_300, 0.873), made(10_000, 0.54), made(40_000, 0.37)), 0.1),
                "mse_q1": loss((made(100, 0.97), made(1_000, 0.78), real(3_300, 0.479), made(10_000, 0.12), made(40_000, 0.061)), 0.16),
                "mse_q2": loss((made(100, 0.95), made(1_000, 0.43), real(3_300, 0.0517), made(10_000, 0.023), made(40_000, 0.012)), 0.2),
                "mse_q3": loss((made(100, 0.93), made(1_000, 0.12), real(3_300, 0.00332), made(10_000, 0.0021), made(40_000, 0.0013)), 0.3),
                "vb": loss((made(100, 0.021), real(3_300, 0.00691), made(40_000, 0.0031)), 0.2),
                "vb_q0": loss((made(100, 0.062), real(3_300, 0.0201), made(40_000, 0.0096)), 0.2),
                "vb_q1": loss((made(100, 0.011), real(3_300, 0.00353), made(40_000, 0.0011)), 0.2),
                "vb_q2": loss((made(100, 0.0041), real(3_300, 0.000483), made(40_000, 0.00014)), 0.2),
                "vb_q3": loss((made(100, 0.0012), real(3_300, 4.19e-5), made(40_000, 2.0e-5)), 0.2),
                "loss": total("mse", "vb"),
                "grad_norm": Line((made(100, 1.4), real(3_300, 0.348), made(10_000, 0.19), made(40_000, 0.12)), scale="log", noise=(student(0.3, 4),)),
                "param_norm": Line((made(100, 203.0), real(3_300, 205.0), made(40_000, 221.0)), then=(printed(3),)),
                "samples": Line((real(3_300, 3.3e5), made(40_000, 4.0e6)), then=(apply(lambda x, s: 100.0 * s), printed(3))),
            },
            config={"image_size": 512, "num_channels": 128, "num_res_blocks": 2, "num_heads": 1, "learn_sigma": True, "use_scale_shift_norm": False, "attention_resolutions": "16", "diffusion_steps": 1000, "noise_schedule": "linear", "lr": 1e-4, "batch_size": 10},
            state="running",
            clock=Clock(3.1),
        ),
        healthy(usable=False, never="plateau grad-vanish no-learning component-dominates oscillation divergence", also="loss-decomposition-mismatch"),
        "An early stage of a high resolution model: the first quarter of the timesteps (little noise) is a hundred times harder than the last, all four fall. The columns are one family.",
        ("Running normally: mse 0.96 -> 0.12 in 40k steps, all four quarters fall.", "q0 0.37 against q3 0.001: little noise is hard to see, as always.", "Gradient norm 1.4 -> 0.12 follows the loss; go on, sample with EMA from 100k."),
    ),
    Case(
        "kohya-lora-nan-on-gtx-1660",
        "kohya-ss/sd-scripts#293",
        "diffusion",
        Sketch(
            at=every(1, 360),
            lines={"loss/current": Line((real(1, NAN), real(2, NAN))), "loss/average": Line((real(1, NAN), real(2, NAN))), "lr/unet": Line((level(1, 1e-4),)), "lr/textencoder": Line((level(1, 5e-5),))},
            config={
                "network_module": "networks.lora",
                "network_dim": 128,
                "network_alpha": 128,
                "resolution": 512,
                "train_batch_size": 1,
                "learning_rate": 1e-4,
                "text_encoder_lr": 5e-5,
                "max_train_epochs": 20,
                "mixed_precision": "fp16",
                "use_8bit_adam": True,
                "xformers": True,
                "lr_scheduler": "constant",
                "clip_skip": 2,
            },
            state="running",
            planned=1_200,
            clock=Clock(2.3),
        ),
        sick(fault("nan-inf", (1, 1), 25, CRITICAL), also="metric-dead", unsaid=("此前的 ckpt",)),
        "NaN from the very first step on a GTX 1660 under fp16, known of that card. There is no checkpoint before it.",
        ("Not usable: NaN since step 1, the saved LoRA is corrupt.", "From the first record, so neither lr nor a bad batch later: fp16 on this card.", "mixed_precision no (or bf16 elsewhere) with gradient checkpointing to fit; start again."),
    ),
    Case(
        "kohya-lora-nan-after-first-epoch",
        "bmaltais/kohya_ss#1112",
        "diffusion",
        Sketch(
            at=every(1, 900),
            lines={
                "loss/current": Line((made(1, 0.12), level(200, 0.11)), scale="log", noise=(gaussian(0.5),), then=(onward(206, NAN),)),
                "loss/average": Line((made(1, 0.12), level(30, 0.113), level(205, 0.11)), scale="log", noise=(gaussian(0.01),), then=(onward(206, NAN),)),
                "lr/unet": Line((made(1, 1e-6), made(164, 1e-4), made(900, 6.8e-5))),
                "lr/textencoder": Line((made(1, 5e-7), made(164, 5e-5), made(900, 3.4e-5))),
            },
            config={"network_module": "networks.lora", "network_dim": 64, "train_batch_size": 2, "max_train_epochs": 8, "mixed_precision": "fp16", "lr_scheduler": "cosine", "unet_lr": 1e-4, "text_encoder_lr": 5e-5, "n_images": 82, "repeats": 5, "steps_per_epoch": 205},
            state="running",
            planned=1_640,
            clock=Clock(1.1),
        ),
        sick(fault("nan-inf", (206, 206), 225, CRITICAL), also="metric-dead"),
        "One sound epoch (0.11, as flat and noisy as LoRA losses are), then NaN in every step. The LoRA of the first epoch is the last good one.",
        ("Usable: the LoRA of epoch 1 (step 205), nothing after it.", "NaN in every record since step 206 of 1640, no rise before it.", "fp16 overflow after an update of the stack: bf16 or full precision VAE (no_half_vae), go on from epoch 1."),
    ),
    Case(
        "segdiff-loss-sixty-thousand-beside-mse-one",
        "tomeramit/SegDiff#20",
        "diffusion",
        Sketch(
            at=every(10, 3_000),
            lines={
                "loss": loss((made(10, 6.5e4), real(200, 5.99e4), made(1_000, 4.1e4), made(3_000, 2.7e4)), 0.06, then=(printed(3),)),
                "sum": same("loss"),
                "mse": loss((made(10, 1.0), real(200, 0.914), made(1_000, 0.63), made(3_000, 0.41)), 0.05, then=(printed(3),)),
                "grad_norm": loss((made(10, 3.1e5), real(200, 2.34e5), made(1_000, 1.8e5), made(3_000, 1.2e5)), 0.3, then=(printed(3),)),
                "lg_loss_scale": Line((made(10, 11.0), real(200, -0.821), made(210, -0.8), made(3_000, -3.6)), noise=(gaussian(0.15),), then=(printed(3),)),
                "samples": Line(count(2.0, 2.0)),
            },
            config={"image_size": 256, "use_fp16": True, "lr": 1e-4, "batch_size": 2, "learn_sigma": False, "rrdb_blocks": 12, "dropout": 0.1, "diffusion_steps": 100, "initial_lg_loss_scale": 20.0},
            state="running",
            clock=Clock(0.9),
        ),
        sick(fault("scale-mismatch amp-overflow", (10, 400), 2_000, INFO), also="nan-inf", never="divergence no-learning grad-explode"),
        "The trained loss is a sum over 65536 pixels beside an mse of 0.9, so fp16 overflows until the scale is below 1 (2^-0.8, from 2^20, twenty overflows in two hundred steps). It learns, at the edge.",
        (
            "Doubtful: it learns (mse 0.91 -> 0.41), but the loss is a sum over pixels (6e4) and fp16 is at its limit.",
            "lg_loss_scale 20 -> -0.8 in 200 steps, gradient norm 2e5: a scale below 1 under fp16 loses small gradients.",
            "Mean instead of sum (adapt the lr), or fp32; the notes of NaN are the scaler's.",
        ),
    ),
    Case(
        "ddpm-torch-fid-turns-at-epoch-2040",
        "tqch/ddpm-torch#14",
        "diffusion",
        Sketch(
            at=every(5, 4_000),
            lines={
                "train_loss": loss((made(5, 0.052), made(100, 0.0322), made(1_000, 0.0296), level(2_040, 0.0289), made(4_000, 0.0281)), 0.006),
                "FID": Line((made(40, 61.0), made(200, 19.0), made(600, 7.9), made(1_200, 5.1), level(2_040, 4.0), made(2_800, 4.9), made(3_400, 5.9), made(4_000, 7.1)), scale="log", noise=(gaussian(0.012),), at=every(40, 4_000)),
                "lr": Line((made(5, 2e-4),)),
            },
            config={"dataset": "cifar10", "epochs": 4000, "batch_size": 128, "lr": 2e-4, "num_gpus": 4, "use_ema": True, "ema_decay": 0.9999, "num_eval": 50000, "timesteps": 1000, "resume": True},
            planned=4_000,
            clock=Clock(21.0, evals=(40, 300)),
        ),
        sick(fault("eval-regress overfit", (2_000, 2_700), 3_600, INFO), also="best-checkpoint-old plateau", usable=True),
        "Training loss goes on falling while FID is best at epoch 2040 and three quarters worse at the end: the model learns its 50,000 pictures by heart. The author: expected after the optimum.",
        ("Usable: checkpoint of epoch 2040 (FID 4.0), not the last (7.1).", "FID 4.0 -> 7.1 since 2040 while the loss fell 0.0289 -> 0.0281: overfitting that only the score shows.", "Stop at FID's minimum; dropout 0.1 and flips move it later."),
    ),
    Case(
        "wan-lora-resumed-average-loss-reset",
        "kohya-ss/musubi-tuner#667",
        "diffusion",
        Sketch(
            at=every(5, 6_645),
            lines={"loss/current": loss((made(5, 0.03), made(300, 0.0135), level(3_000, 0.0098), level(6_645, 0.0091)), 0.45), "loss/average": loss((made(5, 0.03), made(300, 0.0135), level(3_000, 0.0098), real(6_645, 0.0091)), 0.004), "lr/unet": Line((made(5, 2e-4),))},
            config={"network_module": "networks.lora_wan", "network_dim": 32, "learning_rate": 2e-4, "max_train_epochs": 100, "mixed_precision": "fp16", "save_state": True, "task": "i2v-A14B"},
            planned=20_000,
            clock=Clock(9.5),
            then=Sketch(
                at=every(5, 7_299, first=6_005),
                lines={"loss/current": loss(mades((6_005, 0.0098), (7_299, 0.0093)), 0.45), "loss/average": loss((made(6_005, 0.0101), level(6_120, 0.0104), made(6_600, 0.0098), level(7_295, 0.0095)), 0.003), "lr/unet": Line((made(6_005, 2e-4),))},
                config={"network_module": "networks.lora_wan", "network_dim": 32, "learning_rate": 2e-4, "max_train_epochs": 100, "mixed_precision": "fp16", "save_state": True, "resume": "state-006000", "task": "i2v-A14B"},
                state="running",
                planned=20_000,
                clock=Clock(9.5, pauses=((6_005, 4_000),)),
            ),
        ),
        healthy(usable=False, also="resume-seam", never="loss-jump divergence overfit no-learning eval-regress"),
        "Resumed from 6000 after stopping at 6645: the running average begins anew and stands a tenth higher for a while, the loss of the single steps has not moved. The maintainer: follows the same path.",
        ("Running normally after the resume (from step 6000): average 0.0104 -> 0.0095, on its way to the 0.0091 before.", "Only the running average was reset; single losses are where they were.", "No need to begin again."),
    ),
)
# fmt: on
