"""Adversarial networks and autoencoders: losses whose level means little by itself."""

from __future__ import annotations

import numpy as np

from benchmarks.detection.families.breaks import nan_from, slower
from benchmarks.detection.families.shapes import factor, noise, paced, power, ramp, saturating
from benchmarks.detection.families.sheet import ABSENT, Block, Break, Fault, Kind, Rng, Sheet, fault


def dcgan(rng: Rng, n: int) -> Sheet:
    """Cross-entropy: D a little below its equilibrium of ln 4, G rises slowly, both scatter for ever."""
    at = 50 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    early = np.exp(-x * 60)
    columns = {
        "loss_D": (0.75 - 0.15 * x + 0.6 * early) * factor(rng, n, 0.25, rho=0.3),
        "loss_G": (2.2 + 1.2 * x - 0.9 * early) * factor(rng, n, 0.28, rho=0.3),
        "D(x)": np.clip(0.72 + 0.05 * x + noise(rng, n, 0.08), 0, 1),
        "D(G(z))": np.clip(0.22 - 0.06 * x + noise(rng, n, 0.06), 0.01, 1),
        "epoch": np.floor(25 * x),
    }
    config = {
        "arch": "dcgan",
        "lr": 2e-4,
        "beta1": 0.5,
        "nz": 100,
        "ngf": 64,
        "ndf": 64,
        "batch_size": 128,
        "num_epochs": 25,
        "dataset": "celeba",
    }
    return Sheet(rng, Block(at, columns), config, 50 * paced(rng, n, 0.12), step_key="global_step")


def discriminator_wins(d: str, g: str) -> Break:
    def apply(s: Sheet) -> Fault:
        late = ramp(s.x, 0.4, 0.5)
        s.train.columns[d] *= 0.012**late
        s.train.columns[g] = s.train.columns[g] * (1 - late) + 11 * factor(s.rng, s.n, 0.15) * late
        return fault("gan-collapse", 0.4, 0.7)

    return apply


def generator_lost(s: Sheet) -> Fault:
    """D separates perfectly at once and for good: loss 1e-4, G at its ceiling."""
    late = s.after(0.3)
    c = s.train.columns
    m = len(s.x[late])
    c["loss_D"][late] = 2e-4 * factor(s.rng, m, 0.5)
    c["loss_G"][late] = 14 * factor(s.rng, m, 0.1)
    c["D(x)"][late], c["D(G(z))"][late] = 0.9998, 2e-5
    return fault("gan-collapse", 0.3, 0.6)


def hinge(rng: Rng, n: int) -> Sheet:
    """BigGAN: hinge losses, FID and IS now and then. G may be of either sign."""
    at = 100 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    k = 12 if n < 200 else 25
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    e = where / at[-1]
    columns = {
        "D_loss_real": np.maximum(0.55 - 0.1 * x + noise(rng, n, 0.12), 0),
        "D_loss_fake": np.maximum(0.60 - 0.1 * x + noise(rng, n, 0.14), 0),
        "G_loss": 0.6 + 0.7 * x + noise(rng, n, 0.45, rho=0.4),
    }
    columns["D_loss"] = columns["D_loss_real"] + columns["D_loss_fake"]
    config = {
        "model": "BigGAN",
        "G_lr": 1e-4,
        "D_lr": 4e-4,
        "num_D_steps": 1,
        "batch_size": 256,
        "dataset": "I128",
        "loss": "hinge",
        "ema": True,
    }
    scores = {
        "FID": (9 + 150 * np.exp(-e * 5)) * factor(rng, k, 0.03),
        "IS_mean": (92 - 85 * np.exp(-e * 4)) * factor(rng, k, 0.02),
        "IS_std": np.full(k, 2.0) * factor(rng, k, 0.2),
    }
    return Sheet(
        rng,
        Block(at, columns),
        config,
        100 * paced(rng, n, 0.9),
        {"test": Block(where, scores)},
        merged=True,
        pause=400.0,
    )


def modes_lost(s: Sheet) -> Fault:
    """The collapse every BigGAN ends in: D's loss goes to 0, FID from 20 to 200 within a few evaluations."""
    late, b = ramp(s.x, 0.6, 0.63), s.block("test")
    held = ramp(s.shared(b), 0.6, 0.7)
    for key in ("D_loss_real", "D_loss_fake", "D_loss"):
        s.train.columns[key] *= 1 - 0.98 * late
    s.train.columns["G_loss"] += 6 * late
    b.columns["FID"] *= 14**held
    b.columns["IS_mean"] *= 1 - 0.9 * held
    return fault("gan-collapse overfit eval-regress", 0.6, 0.95)


def wgan(rng: Rng, n: int) -> Sheet:
    """Critic losses are distances with a sign: negative, shrinking; the generator's level drifts."""
    at = 100 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    columns = {
        "critic_loss": -(1.2 + 14 * np.exp(-x * 6)) + noise(rng, n, 0.45, rho=0.1),
        "gen_loss": 8 * np.sin(3 * x) + noise(rng, n, 1.2, rho=0.8),
        "gradient_penalty": (0.06 + 0.6 * np.exp(-x * 30)) * factor(rng, n, 0.25),
        "wasserstein_distance": 1.3 + 15 * np.exp(-x * 6) + noise(rng, n, 0.45, rho=0.1),
    }
    config = {
        "model": "wgan-gp",
        "lr": 1e-4,
        "betas": [0.0, 0.9],
        "n_critic": 5,
        "lambda_gp": 10,
        "batch_size": 64,
        "total_iters": int(at[-1]),
    }
    return Sheet(rng, Block(at, columns), config, 100 * paced(rng, n, 0.4), step_key="global_step")


def critic_runs_away(s: Sheet) -> Fault:
    """Without its penalty the critic grows without bound."""
    late = ramp(s.x, 0.5, 0.75)
    s.train.columns["critic_loss"] = s.train.columns["critic_loss"] * 4000**late
    s.train.columns["gradient_penalty"] = s.train.columns["gradient_penalty"] * 2000**late
    s.train.columns["gen_loss"] = s.train.columns["gen_loss"] + 3000 * late
    return fault("gan-collapse divergence loss-jump loss-spike", 0.5, 0.95)


def stylegan(rng: Rng, n: int) -> Sheet:
    """StyleGAN3: a row per tick, means over the tick; augmentation strength climbs; FID every 50 ticks."""
    at = np.arange(n)
    x = np.linspace(0, 1, n)
    columns = {
        "Progress/tick": at.astype(float),
        "Progress/kimg": 4.0 * at,
        "Progress/augment": 0.25 * ramp(x, 0, 0.6),
        "Loss/D/loss": 0.85 - 0.2 * x + noise(rng, n, 0.03),
        "Loss/G/loss": 1.1 + 0.6 * x + noise(rng, n, 0.06, rho=0.4),
        "Loss/scores/real": 0.6 + 0.5 * x + noise(rng, n, 0.06),
        "Loss/scores/fake": -0.7 - 0.6 * x + noise(rng, n, 0.06),
        "Loss/signs/real": 0.35 + 0.22 * ramp(x, 0, 0.5) + noise(rng, n, 0.03),
        "Loss/signs/fake": -0.5 - 0.1 * x + noise(rng, n, 0.03),
        "Loss/r1_penalty": (0.02 + 0.02 * x) * factor(rng, n, 0.12),
        "Loss/D/reg": (0.10 + 0.1 * x) * factor(rng, n, 0.12),
        "Timing/sec_per_tick": 96 * factor(rng, n, 0.006),
        "Timing/sec_per_kimg": 24 * factor(rng, n, 0.006),
        "Timing/maintenance_sec": np.where(at % 50 == 0, 180.0, 0.1),
        "Resources/cpu_mem_gb": 6.1 + 0.05 * ramp(x, 0, 0.2) + noise(rng, n, 0.01),
        "Resources/peak_gpu_mem_gb": np.where(at == 0, 14.2, 9.6),
        "Metrics/fid50k_full": np.where(at % 50 == 0, (5 + 200 * np.exp(-x * 8)) * factor(rng, n, 0.02), ABSENT),
    }
    config = {
        "cfg": "stylegan3-t",
        "batch_size": 32,
        "total_kimg": 25_000,
        "gamma": 8.2,
        "G_opt_kwargs": {"lr": 0.0025},
        "D_opt_kwargs": {"lr": 0.002},
        "augment_kwargs": {"p": 0},
        "ada_target": 0.6,
        "num_gpus": 8,
    }
    return Sheet(rng, Block(at, columns), config, columns["Timing/sec_per_tick"] + columns["Timing/maintenance_sec"])


def pictures_worse(s: Sheet) -> Fault:
    c = s.train.columns
    late = ramp(s.x, 0.5, 0.7)
    c["Metrics/fid50k_full"] = np.where(c["Metrics/fid50k_full"] == ABSENT, ABSENT, c["Metrics/fid50k_full"] * 12**late)
    c["Loss/G/loss"] += 5 * late
    c["Loss/D/loss"] *= 0.1**late
    return fault("overfit eval-regress gan-collapse", 0.5, 0.95)


def vae(rng: Rng, n: int) -> Sheet:
    """Beta from 0 to 1 over the first fifth: KL rises first and comes down with it, the total rises for a while."""
    at = 100 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    beta = ramp(x, 0, 0.2)
    recon = power(x, 210, 74, 60, 0.7) + 6 * beta
    kl = 3 + 38 * saturating(x, 60) - 20 * ramp(x, 0.03, 0.25) + 3 * ramp(x, 0.25, 1.0)
    k = 12 if n < 200 else 25
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    held_recon = np.interp(where, at, recon) * 1.02 * factor(rng, k, 0.004)
    held_kl = np.interp(where, at, kl) * factor(rng, k, 0.006)
    r, q = recon * factor(rng, n, 0.02), kl * factor(rng, n, 0.03)
    columns = {
        "train/loss": r + beta * q,
        "train/recon_loss": r,
        "train/kl_loss": q,
        "train/beta": beta,
        "train/lr": np.full(n, 1e-3),
    }
    config = {
        "model": "vae",
        "latent_dim": 32,
        "beta": 1.0,
        "beta_anneal_steps": int(0.2 * at[-1]),
        "lr": 1e-3,
        "batch_size": 128,
        "max_steps": int(at[-1]),
        "dataset": "celeba64",
    }
    block = Block(
        where,
        {
            "val/loss": held_recon + np.interp(where, at, beta) * held_kl,
            "val/recon_loss": held_recon,
            "val/kl_loss": held_kl,
        },
    )
    return Sheet(
        rng,
        Block(at, columns),
        config,
        100 * paced(rng, n, 0.05),
        {"val": block},
        step_key="trainer/global_step",
        pause=8.0,
    )


def posterior_collapses(s: Sheet) -> Fault:
    down = ramp(s.x, 0.15, 0.28)
    c, b = s.train.columns, s.block("val")
    c["train/kl_loss"] *= 2e-5**down
    c["train/recon_loss"] *= 1 + 0.5 * down
    c["train/loss"] = c["train/recon_loss"] + c["train/beta"] * c["train/kl_loss"]
    held = ramp(s.shared(b), 0.15, 0.28)
    b.columns["val/kl_loss"] *= 2e-5**held
    b.columns["val/recon_loss"] *= 1 + 0.5 * held
    b.columns["val/loss"] = (
        b.columns["val/recon_loss"] + np.interp(b.at, s.train.at, c["train/beta"]) * b.columns["val/kl_loss"]
    )
    return fault("kl-collapse", 0.15, 0.6, quiet=True)


def variance_blows_up(s: Sheet) -> Fault:
    """log-variance without a bound: the KL takes off and takes the total with it."""
    up = ramp(s.x, 0.5, 0.6)
    c = s.train.columns
    c["train/kl_loss"] *= 400**up
    c["train/loss"] = c["train/recon_loss"] + c["train/beta"] * c["train/kl_loss"]
    return fault("kl-explode divergence loss-jump component-dominates", 0.5, 0.8)


KINDS = (
    Kind("dcgan", dcgan, {"discriminator wins": discriminator_wins("loss_D", "loss_G"),
        "generator lost": generator_lost, "loss NaN": nan_from("loss_G", 0.5), "slower": slower(0.5, 2.2)},
        (100, 300, 3000)),
    Kind("biggan-hinge", hinge, {"modes lost": modes_lost, "discriminator wins": discriminator_wins("D_loss", "G_loss"),
        "loss NaN": nan_from("D_loss", 0.5)}, (100, 300, 3000)),
    Kind("wgan-gp", wgan, {"critic runs away": critic_runs_away, "loss NaN": nan_from("critic_loss", 0.5),
        "slower": slower(0.5, 2.2)}, (60, 300, 3000)),
    Kind("stylegan3", stylegan, {"pictures worse": pictures_worse, "loss NaN": nan_from("Loss/G/loss", 0.5),
        "slower": slower(0.5, 2.0, "Timing/sec_per_tick", "Timing/sec_per_kimg")}, (300, 1500)),
    Kind("vae", vae, {"posterior collapses": posterior_collapses, "variance blows up": variance_blows_up,
        "loss NaN": nan_from("train/loss", 0.5)}, (60, 300, 3000)),
)  # fmt: skip
