"""Autoencoders with a latent: VAEs of world models, motion, text; codebooks."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import CRITICAL, INFO, Case, fault, healthy, sick
from benchmarks.wild.columns import loss, total
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    K,
    Line,
    Sketch,
    constant,
    every,
    figures,
    gaussian,
    level,
    lognormal,
    made,
    mades,
    onward,
    real,
    rounded,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "world-models-vae-kl-of-four-ten-millionths",
        "AppliedDataSciencePartners/WorldModels#12",
        "vae",
        Sketch(
            at=every(1, 100),
            lines={
                "vae_r_loss": loss((made(1, 0.212), made(3, 0.161), made(10, 0.147), made(40, 0.1425), level(100, 0.1416)), 0.004),
                "vae_kl_loss": Line((made(1, 0.004), made(2, 6e-5), made(5, 1.1e-6), made(20, 5e-7), level(100, 3.8347e-07)), "log", noise=(gaussian(0.1),)),
                "loss": total("vae_r_loss", "vae_kl_loss"),
                "val_vae_r_loss": loss((made(1, 0.18), made(3, 0.15), made(10, 0.141), level(100, 0.1378)), 0.004),
                "val_vae_kl_loss": Line((made(1, 8e-5), made(5, 9e-7), made(20, 3.4e-7), level(100, 2.3842e-07)), "log", noise=(gaussian(0.1),)),
                "val_loss": total("val_vae_r_loss", "val_vae_kl_loss"),
            },
            config={"model": "VAE (Keras)", "z_dim": 32, "epochs": 100, "batch_size": 32, "optimizer": "rmsprop", "kl_tolerance": None},
            planned=100,
            clock=Clock(340.0),
        ),
        sick(fault("kl-collapse component-dead", (1, 6), 30), also="plateau no-learning metric-dead eval-leak", never="overfit converged divergence"),
        "KL 4e-7 from the third epoch on and a reconstruction that stops at 0.1416: the decoder paints the mean picture, the code is not used. Both losses are means over everything, so the KL outweighs the reconstruction.",
        (
            "The latent is unused: KL 4e-3 -> 4e-7 within five epochs (32 dimensions)",
            "Reconstruction flat at 0.1416 since epoch 40: the mean picture",
            "Sum over pixels and dimensions instead of mean, KL tolerance (free bits) 0.5 x z_dim as in the original",
            "Not usable as a code; train anew",
        ),
    ),
    Case(
        "world-models-vae-kl-of-three-hundred-million-then-nan",
        "AppliedDataSciencePartners/WorldModels#9",
        "vae",
        Sketch(
            at=every(32, 48_000),
            lines={
                "vae_r_loss": Line((made(32, 0.31), made(3_200, 0.23), real(13_696, 0.1846), real(23_904, 0.1638), made(24_960, 0.163)), noise=(gaussian(0.0005),), then=(onward(24_992, NAN),)),
                "vae_kl_loss": Line((made(32, 0.6), made(1_600, 0.2), made(6_400, 0.15), made(9_600, 4.0e4), made(11_200, 6.1e7), made(12_800, 2.95e8), real(13_696, 289661273.7244), real(23_904, 191863658.9721), made(24_960, 1.84e8)), "log", noise=(gaussian(0.0008),), then=(onward(24_992, NAN),)),
                "loss": total("vae_r_loss", "vae_kl_loss"),
            },
            config={"model": "VAE (Keras)", "z_dim": 32, "batch_size": 32, "samples": 48000, "epochs": 10, "optimizer": "rmsprop", "progress": "mean since the start of the epoch"},
            state="killed",
            planned=480_000,
            clock=Clock(0.0118),
        ),
        sick(fault("kl-explode divergence nan-inf loss-jump", (6_400, 12_000), 16_000, CRITICAL), also="loss-spike component-dominates masked-nan impossible-value", never="overfit plateau converged", unsaid=("现已恢复", "已恢复")),
        "KL from 0.15 to 3e8 within a few hundred batches. What is printed is the mean since the beginning, so it seems to fall afterwards (2.9e8 to 1.9e8) although nothing recovers; NaN at 24,992.",
        (
            "KL exploded between 6k and 13k samples: 0.15 -> 2.9e8; all NaN since 24,992",
            "The fall in between (2.9e8 -> 1.9e8) is a running mean that thins out, no recovery",
            "exp(log_var) overflows: clip log_var, lower lr, Adam; look at the data of that batch",
            "The weights are lost",
        ),
    ),
    Case(
        "ea-vqvae-commitment-rises-while-reconstruction-falls",
        "microsoft/EA-VQ-VAE#2",
        "vae",
        Sketch(
            at=every(100, 20 * K),
            lines={
                "re_loss": loss(mades((100, 6.9), (1 * K, 4.6), (5 * K, 3.4), (20 * K, 2.72)), 0.02, then=(rounded(4),)),
                "vae_loss": Line((level(100, 1.2431), level(400, 1.2353), made(1 * K, 1.262), made(5 * K, 1.46), made(12 * K, 1.71), made(20 * K, 1.83)), noise=(gaussian(0.004),), then=(rounded(4),)),
                "loss": Derived(("re_loss", "vae_loss"), lambda r, v: r + v),
                "lr": Line(constant(5e-5)),
            },
            config={"dataset": "event2mind", "z_size": 400, "beta": 0.25, "learning_rate": 5e-5, "train_batch_size": 64},
            state="running",
            planned=20_000,
            clock=Clock(0.4),
        ),
        healthy(usable=False, never="codebook-collapse kl-explode divergence overfit loss-jump component-dominates plateau"),
        "The distance between encoder and codebook falls at first (1.2431 to 1.2353) and then grows for the rest while the reconstruction keeps falling: the encoder spreads out, the usual course of VQ. The sum falls.",
        ("Nothing wrong: reconstruction 6.9 -> 2.72 and falling, total falling", "vae_loss 1.235 -> 1.83: the encoder spreads; slows down", "No codebook usage was logged: look at perplexity before using it"),
    ),
    Case(
        "motion-vqvae-fid-without-direction",
        "exitudio/MMM#10",
        "vae",
        Sketch(
            at=every(200, 300 * K),
            lines={
                "Train/Recon_loss": loss((made(200, 0.21), made(5 * K, 0.09), made(40 * K, 0.065), made(200 * K, 0.055), made(300 * K, 0.0515)), 0.02),
                "Train/Commit_loss": loss(mades((200, 0.02), (5 * K, 0.11), (40 * K, 0.16), (300 * K, 0.15)), 0.04),
                "Train/PPL": Line(mades((200, 90.0), (5 * K, 330.0), (40 * K, 410.0), (300 * K, 432.0)), noise=(gaussian(9.0),)),
                "Train/LR": Line(lambda steps, rng: np.where(steps < 1000, 2e-4 * steps / 1000, np.where(steps < 200_000, 2e-4, 1e-5))),
                "Test/FID": Line((made(10 * K, 0.86), made(40 * K, 0.56), level(120 * K, 0.5), level(300 * K, 0.5)), noise=(gaussian(0.075),), at=every(10 * K, 300 * K)),
                "Test/top3": Line(mades((10 * K, 0.7), (60 * K, 0.737), (300 * K, 0.741)), noise=(gaussian(0.005),), at=every(10 * K, 300 * K)),
                "Test/matching": Line(mades((10 * K, 3.2), (60 * K, 3.05), (300 * K, 3.02)), noise=(gaussian(0.02),), at=every(10 * K, 300 * K)),
            },
            config={"dataname": "kit", "batch_size": 128, "nb_code": 8192, "code_dim": 32, "total_iter": 300000, "lr": 2e-4, "warm_up_iter": 1000, "lr_scheduler": [200000], "gamma": 0.05, "commit": 0.02, "eval_iter": 10000, "loss_vel": 0.5},
            planned=300_000,
            clock=Clock(0.09, evals=(10 * K, 60)),
        ),
        healthy(usable=True, also="plateau oscillation", never="codebook-collapse eval-regress overfit lr-zero lr-anomaly divergence kl-collapse"),
        "FID of a small test set swings about 0.5 with no direction for 300,000 iterations while the reconstruction falls; lr is cut to a twentieth at 200k on purpose. Perplexity 430 of 8192 codes is usual.",
        ("Level: FID about 0.5 (noise 0.07) since 60k, top3 0.741", "Reconstruction still falls a little; lr cut at 200k as planned", "Usable; FID does not tell ckpts after 60k apart"),
    ),
    Case(
        "variational-unet-kl-comes-in-at-fifty-thousand",
        "CompVis/vunet#5",
        "vae",
        Sketch(
            at=every(250, 100 * K),
            lines={
                "likelihood_loss": loss((made(250, 9.4), made(5 * K, 4.2), made(20 * K, 3.1), made(50 * K, 2.62), made(58 * K, 2.95), made(70 * K, 2.86), made(100 * K, 2.71)), 0.03),
                "kl": loss((made(250, 0.4), made(2 * K, 22.0), made(20 * K, 118.0), made(49 * K, 171.0), made(53 * K, 48.0), made(60 * K, 14.2), made(75 * K, 8.4), made(100 * K, 7.1)), 0.04),
                "kl_weight": Line((made(250, 1e-6), level(50 * K, 1e-6), made(55 * K, 0.06), made(75 * K, 0.25), made(80 * K, 0.25), made(100 * K, 0.25))),
                "loss": Derived(("likelihood_loss", "kl_weight", "kl"), lambda r, w, k: r + w * k),
                "lr": Line(lambda steps, rng: 1e-3 * (1 - steps / 100_000)),
            },
            config={"spatial_size": 256, "batch_size": 8, "kl_start": 50000, "kl_end": 75000, "kl_max": 0.25, "lr": 1e-3, "lr_decay_end": 100000, "drop_prob": 0.1},
            planned=100_000,
            clock=Clock(0.52),
        ),
        healthy(usable=False, never="kl-collapse kl-explode loss-jump divergence plateau lr-zero overfit"),
        "KL is free up to 50k and grows to 171, then its weight is ramped up: KL falls to 7, reconstruction steps up from 2.62 to 2.95, the total jumps by half. All of that is the schedule.",
        ("As planned: KL weight from 50k to 75k, KL 171 -> 7, which is not nothing", "Reconstruction 2.62 -> 2.95 at the ramp, 2.71 now", "The code is in use; not evaluated"),
    ),
    Case(
        "vae-lstm-kl-vanishes-under-annealing",
        "petalrame/VAE-LSTM#4",
        "vae",
        Sketch(
            at=every(50, 15 * K),
            lines={
                "ce_loss": loss(mades((50, 7.2), (500, 5.4), (3 * K, 4.5), (8 * K, 4.33), (15 * K, 4.27)), 0.012),
                "kl_loss": Line((made(50, 0.3), made(400, 6.2), made(1_500, 7.4), made(3 * K, 2.6), made(4_500, 0.09), made(6 * K, 6e-4), level(15 * K, 1e-4)), "log", noise=(gaussian(0.1),)),
                "kl_weight": Line(lambda steps, rng: 1 / (1 + np.exp(-(steps - 3_000) / 600))),
                "total_loss": Derived(("ce_loss", "kl_weight", "kl_loss"), lambda r, w, k: r + w * k),
                "ppl": Derived(("ce_loss",), np.exp),
                "lr": Line(constant(1e-3)),
            },
            config={"model": "VAE-LSTM", "latent": 64, "word_dropout": 0.0, "kl_anneal": "logistic", "kl_anneal_x0": 3000, "batch_size": 64},
            planned=15_000,
            clock=Clock(0.12),
        ),
        sick(fault("kl-collapse component-dead", (2_500, 6_000), 9_000), also="plateau metric-dead", never="overfit converged divergence lr-anomaly"),
        "KL 7.4 while it is cheap, 1e-4 once its weight is 1: the decoder does without the code (word dropout 0). The asker takes it for overfitting; it is the collapse of the posterior, and the loss looks fine throughout.",
        (
            "Posterior collapsed at 3k-6k, as the KL weight came to 1: KL 7.4 -> 1e-4",
            "ce_loss 4.5 -> 4.27 is that of a plain language model",
            "Free bits or word dropout 0.3-0.5, slower or cyclic annealing",
            "Not usable as a latent model",
        ),
    ),
    Case(
        "regularised-autoencoder-validation-thirteen-times-training",
        "bodvarsdottirkristin/DL-group-63-P29:src/models/model_results.md",
        "vae",
        Sketch(
            at=every(1, 40),
            lines={
                "train_loss": loss((*figures("1:4.7938 2:4.0737 3:3.0658 4:1.9807"), made(8, 0.62), made(15, 0.29), made(25, 0.175), *figures("35:0.1452 36:0.1337 37:0.1328 38:0.134 39:0.1295 40:0.1292")), 0.03),
                "val_loss": loss((*figures("1:5.1039 2:4.8045 3:5.5657 4:4.6447"), made(8, 2.6), made(15, 1.82), made(24, 1.64), real(30, 1.5638), *figures("35:1.6821 36:1.7653 37:1.6276 38:1.7969 39:1.6881 40:1.7574")), 0.045),
                "latent_std": Line((made(1, 0.6681), real(5, 0.6779), real(35, 0.6683), real(40, 0.667)), noise=(gaussian(0.002),)),
                "active_dims": Line(constant(12.0)),
                "epoch_time": Line((made(1, 8.0),), then=(lognormal(0.04),)),
            },
            config={"model": "RAE", "latent_dim": 12, "hidden": 64, "enc_layers": 3, "dec_layers": 2, "teacher_forcing": 0.3, "epochs": 50, "patience": 10, "parameters": 218409},
            planned=50,
            clock=Clock(8.0),
        ),
        sick(fault("gen-gap overfit", (8, 30), 38, INFO), also="plateau best-checkpoint-old", never="divergence kl-collapse codebook-collapse converged lr-zero"),
        "Training 0.13, validation 1.56 at best: a gap of twelve times. Teacher forcing in training explains a part, not that; validation has been level for ten epochs and the run stopped itself.",
        (
            "Generalises badly: train 0.129, validation 1.757 (best 1.564 at epoch 30)",
            "Teacher forcing (0.3) flatters the training loss: compare without it",
            "All 12 dimensions are in use; more data, dropout, or a shorter sequence",
            "Use the ckpt of epoch 30 (it was loaded)",
        ),
    ),
)
# fmt: on
