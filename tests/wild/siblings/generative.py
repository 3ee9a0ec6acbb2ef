"""GANs, VAEs and codebooks."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import Run, every, noisy, power, ramp, sibling, wander


@sibling(Told(("gan-collapse",), least="critical"), unsaid=("无异常",))
def dcgan_discriminator_wins(rng: np.random.Generator) -> Run:
    n = 200
    lost = ramp(n, 90, 40)
    return Run(
        every(n, 100),
        {
            "errG": noisy(1.6 + 11 * lost, 0.15, rng),
            "errD_real": noisy(0.6 * (1 - lost) + 5e-4, 0.2, rng),
            "errD_fake": noisy(0.6 * (1 - lost) + 5e-4, 0.2, rng),
        },
        10.0,
        {"niter": 60, "nz": 100, "ngf": 64},
    )


@sibling(Told(("gan-collapse",), least="critical"), unsaid=("无异常",))
def cyclegan_discriminators_win(rng: np.random.Generator) -> Run:
    n = 220
    lost = ramp(n, 110, 40)
    low = 0.24 * (1 - lost) + 4e-4
    return Run(
        every(n, 100),
        {
            "D_A": noisy(low, 0.15, rng),
            "G_A": noisy(0.3 + 0.68 * lost, 0.1, rng),
            "cycle_A": noisy(power(n, 3.0, 1.2), 0.1, rng),
            "D_B": noisy(low, 0.15, rng),
            "G_B": noisy(0.3 + 0.68 * lost, 0.1, rng),
            "cycle_B": noisy(power(n, 3.0, 1.2), 0.1, rng),
        },
        40.0,
        {"model": "cycle_gan", "gan_mode": "lsgan", "lambda_A": 10.0},
    )


@sibling(silent=True)
def gan_in_balance(rng: np.random.Generator) -> Run:
    n = 250
    return Run(
        every(n, 100),
        {
            "errG": noisy(1.7 * np.exp(wander(n, 0.9, 0.2, rng)), 0.2, rng),
            "errD_real": noisy(0.55, 0.25, rng, n),
            "errD_fake": noisy(0.5, 0.25, rng, n),
        },
        10.0,
        {"niter": 60, "nz": 100},
    )


@sibling(Told(("kl-collapse",), onset=(800, 4000)), unsaid=("推理时 z=0",))
def lightning_vae_collapses(rng: np.random.Generator) -> Run:
    n = 120
    kl = noisy(4.0 * np.exp(-np.arange(n) / 4) + 3e-5, 0.2, rng)
    recon = noisy(power(n, 240.0, 206.0, 3), 0.005, rng)
    return Run(
        every(n, 100),
        {"train_recon_loss": recon, "train_kld": kl, "train_loss": recon + kl},
        20.0,
        {"latent_dim": 64, "beta": 1.0, "max_epochs": 50},
    )


@sibling(silent=True)
def vae_uses_its_latent(rng: np.random.Generator) -> Run:
    n = 120
    kl = noisy(14 - 11 * np.exp(-np.arange(n) / 6), 0.03, rng)
    recon = noisy(power(n, 240.0, 85.0, 3), 0.01, rng)
    return Run(
        every(n, 100),
        {"train_recon_loss": recon, "train_kld": kl, "train_loss": recon + kl},
        20.0,
        {"latent_dim": 16, "beta": 1.0, "max_epochs": 50},
    )


@sibling(Told(("codebook-collapse",), onset=(2500, 11_000)))
def codebook_dies(rng: np.random.Generator) -> Run:
    n = 200
    dead = ramp(n, 50, 60)
    return Run(
        every(n, 100),
        {
            "train/recon_loss": noisy(power(n, 0.5, 0.12), 0.05, rng),
            "train/perplexity": noisy(np.exp(np.log(320) * (1 - dead) + np.log(1.3) * dead), 0.03, rng),
            "train/codebook_usage": np.clip(0.75 * (1 - dead) + 0.004, 0, 1),
            "train/commit_loss": noisy(0.02, 0.1, rng, n),
        },
        10.0,
        {"num_embeddings": 512, "max_steps": 40_000},
    )


@sibling(silent=True)
def codebook_is_used(rng: np.random.Generator) -> Run:
    n = 200
    return Run(
        every(n, 100),
        {
            "train/recon_loss": noisy(power(n, 0.5, 0.12), 0.05, rng),
            "train/perplexity": noisy(60 + 300 * ramp(n, 0, 90), 0.03, rng),
            "train/commit_loss": noisy(0.02, 0.1, rng, n),
        },
        10.0,
        {"num_embeddings": 512, "max_steps": 40_000},
    )


@sibling(Told(("gan-collapse",), least="critical"), unsaid=("无异常",))
def sngan_discriminator_wins(rng: np.random.Generator) -> Run:
    n = 240
    lost = ramp(n, 120, 30)
    return Run(
        every(n, 50),
        {
            "loss_D_real": noisy(0.55 * (1 - lost) + 3e-4, 0.2, rng),
            "loss_D_fake": noisy(0.55 * (1 - lost) + 3e-4, 0.2, rng),
            "loss_G": noisy(1.3 + 8 * lost, 0.15, rng),
        },
        5.0,
        {"epochs": 200, "latent_dim": 100},
    )


@sibling(silent=True)
def cyclegan_discriminators_lead(rng: np.random.Generator) -> Run:
    n = 260
    low = 0.25 - 0.19 * ramp(n, 20, 200)
    return Run(
        every(n, 100),
        {
            "D_A": noisy(low, 0.3, rng),
            "G_A": noisy(0.3 + 0.45 * ramp(n, 20, 200), 0.2, rng),
            "cycle_A": noisy(power(n, 3.0, 1.0), 0.1, rng),
            "idt_A": noisy(power(n, 1.5, 0.5), 0.1, rng),
            "D_B": noisy(low, 0.3, rng),
            "G_B": noisy(0.3 + 0.4 * ramp(n, 20, 200), 0.2, rng),
            "cycle_B": noisy(power(n, 3.0, 1.0), 0.1, rng),
            "idt_B": noisy(power(n, 1.5, 0.5), 0.1, rng),
        },
        40.0,
        {"model": "cycle_gan", "gan_mode": "lsgan"},
    )
