"""Mixtures of experts and the balance of their load."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import Run, every, noisy, power, ramp, sibling


@sibling(Told(("experts-unbalanced",), onset=(7500, 13_000), by=16_000))
def moe_aux_loss_climbs(rng: np.random.Generator) -> Run:
    n = 200
    aux = noisy(1.03 + 2.4 * ramp(n, 100, 90), 0.01, rng)
    config = {"num_local_experts": 8, "num_experts_per_tok": 2, "router_aux_loss_coef": 0.01, "max_steps": 40_000}
    return Run(
        every(n, 100),
        {
            "train/loss": noisy(power(n, 5.0, 1.9), 0.02, rng),
            "train/aux_loss": aux,
            "train/grad_norm": noisy(0.5, 0.1, rng, n),
        },
        60.0,
        config,
    )


@sibling(Told(("experts-unbalanced",), onset=(2200, 3800), by=4500))
def moe_max_load_climbs(rng: np.random.Generator) -> Run:
    n = 250
    load = noisy(0.03 + 0.5 * ramp(n, 120, 60), 0.05, rng)
    config = {"n_routed_experts": 64, "train_iters": 20_000}
    return Run(
        every(n, 20), {"lm loss": noisy(power(n, 6.0, 2.2), 0.02, rng), "moe/max_expert_load": load}, 15.0, config
    )


@sibling(silent=True)
def moe_balance_improves(rng: np.random.Generator) -> Run:
    n = 200
    config = {"num_experts": 16, "moe_aux_loss_coeff": 0.01, "train_iters": 20_000}
    return Run(
        every(n, 50),
        {
            "lm loss": noisy(power(n, 6.0, 2.0), 0.02, rng),
            "load_balancing_loss": noisy(1.04 + 1.5 * np.exp(-np.arange(n) / 15), 0.01, rng),
        },
        15.0,
        config,
    )


@sibling(Told(("experts-unbalanced",), onset=(3500, 8000), by=9500))
def deepseek_auxiliary_loss_climbs(rng: np.random.Generator) -> Run:
    n = 220
    return Run(
        every(n, 50),
        {
            "train/lm_loss": noisy(power(n, 6.0, 2.1), 0.02, rng),
            "train/auxiliary_loss": noisy(0.00104 * (1 + 1.8 * ramp(n, 90, 80)), 0.01, rng),
            "train/lr": np.full(n, 2e-4),
        },
        30.0,
        {"n_routed_experts": 64, "num_experts_per_tok": 6, "max_steps": 20_000},
    )


@sibling(silent=True)
def aux_loss_of_a_segmentation_net(rng: np.random.Generator) -> Run:
    n = 220
    return Run(
        every(n, 50),
        {
            "train/loss": noisy(power(n, 2.0, 0.5), 0.04, rng),
            "train/aux_loss": noisy(0.4 + 0.3 * ramp(n, 90, 80), 0.03, rng),
        },
        3.0,
        {"model": "pspnet", "num_classes": 21, "max_steps": 20_000},
    )
