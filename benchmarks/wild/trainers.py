"""Runs as well-known trainers log them, where more than one table has them: LeRobot, Stable-Baselines3, Keras."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.model import Ints
from benchmarks.wild.columns import loss
from benchmarks.wild.sketch import (
    Anchors,
    Clock,
    Derived,
    Line,
    Sketch,
    Touch,
    Trend,
    ar1,
    binomial,
    clipped,
    constant,
    count,
    every,
    gaussian,
    lognormal,
    made,
    rounded,
    student,
)

# LeRobot: window means every log_freq steps; the policy's own losses are those of the last batch


def lerobot(
    loss: Anchors,
    grad: Anchors,
    lr: Trend | Anchors,
    *,
    log: int,
    last: int,
    update: float,
    data: float | Anchors,
    batch: int,
    frames: int,
    config: Mapping[str, Any],
    noise: float = 0.06,
    state: str = "finished",
    planned: int | None = None,
    more: Mapping[str, Line | Derived] | None = None,
    then: tuple[Touch, ...] = (),
    evals: tuple[float, float] | None = None,
) -> Sketch:
    """`update`, `data`: seconds a step."""
    waited = data if isinstance(data, float) else data[-1].value
    lines: dict[str, Line | Derived] = {
        "train/steps": Line(count()),
        "train/samples": Line(count(batch)),
        "train/epochs": Line(count(batch / frames), then=(rounded(4),)),
        "train/loss": Line(loss, "log", pace="log", noise=(gaussian(noise),), then=(rounded(4), *then)),
        "train/grad_norm": Line(grad, "log", pace="log", noise=(student(0.12),), then=then),
        "train/lr": Line(lr),
        "train/update_s": Line(constant(update), then=(lognormal(0.02), rounded(3))),
        "train/dataloading_s": Line(constant(data) if isinstance(data, float) else data, then=(lognormal(0.12), rounded(3))),
        **(more or {}),
    }  # fmt: skip
    return Sketch(
        every(log, last),
        lines,
        {"batch_size": batch, "log_freq": log, **config},
        state,
        planned,
        Clock(update + waited, evals=evals),
    )


# Stable-Baselines3: rollouts and updates at the log interval, evaluations of n episodes


def sb3(
    at_: Ints,
    scores: Anchors,
    *,
    sd: float,
    evals: Ints,
    length: Trend | Anchors,
    rollout: Anchors,
    config: Mapping[str, Any],
    total: int,
    train: Mapping[str, Line],
    fps: float,
    state: str = "finished",
    low: float = -math.inf,
    high: float = math.inf,
    rollout_sd: float | None = None,
) -> Sketch:
    lines: dict[str, Line | Derived] = {
        "rollout/ep_rew_mean": Line(rollout, noise=(ar1(rollout_sd if rollout_sd is not None else sd / 3, 0.95),), then=(clipped(low, high),)),
        "time/fps": Line(constant(fps), then=(lognormal(0.04), rounded(0))),
        **train,
        "eval/mean_reward": Line(scores, noise=(gaussian(sd),), then=(clipped(low, high),), at=evals),
        "eval/mean_ep_length": Line(length, noise=(gaussian(0.0),), at=evals),
    }  # fmt: skip
    return Sketch(
        at_,
        lines,
        config,
        state,
        total,
        Clock(1 / fps, evals=(float(evals[0]), 25.0)),
        step_key="global_step",
        apart=True,
    )


def off_policy(critic: Anchors, actor: Anchors, ent: Anchors | Trend, lr: Trend) -> dict[str, Line]:
    return {
        "train/critic_loss": Line(critic, "log", noise=(gaussian(0.25),)),
        "train/actor_loss": Line(actor, noise=(ar1(0.5, 0.8),)),
        "train/ent_coef": Line(ent, "linear" if callable(ent) else "log"),
        "train/learning_rate": Line(lr),
        "train/n_updates": Line(count()),
    }


def ppo(
    value: Anchors, entropy: Anchors, kl: Anchors, variance: Anchors, lr: Trend, std: Anchors | None = None
) -> dict[str, Line]:
    lines = {
        "train/value_loss": Line(value, "log", noise=(gaussian(0.3),)),
        "train/entropy_loss": Line(entropy, noise=(gaussian(0.02),)),
        "train/approx_kl": Line(kl, "log", noise=(gaussian(0.35),)),
        "train/clip_fraction": Line((made(0, 0.12),), noise=(gaussian(0.03),), then=(clipped(0, 1),)),
        "train/explained_variance": Line(variance, noise=(gaussian(0.05),), then=(clipped(-5, 1),)),
        "train/policy_gradient_loss": Line((made(0, -0.004),), noise=(gaussian(0.003),)),
        "train/learning_rate": Line(lr),
    }
    if std is not None:
        lines["train/std"] = Line(std, noise=(gaussian(0.004),))
    return lines


# Keras: a row per epoch


def keras(
    figures: Mapping[str, Anchors], sd: Mapping[str, float], *, n_val: int | None = None
) -> dict[str, Line | Derived]:
    """Keras' CSVLogger: loss, accuracy, val_loss, val_accuracy, lr per epoch."""
    lines: dict[str, Line | Derived] = {}
    for key, trend in figures.items():
        if "acc" in key:
            of_val = (binomial(n_val),) if n_val is not None and key.startswith("val_") else ()
            lines[key] = Line(trend, noise=(gaussian(sd.get(key, 0.003)),), then=(clipped(0, 1), *of_val))
        elif key in {"lr", "learning_rate"}:
            lines[key] = Line(trend)
        else:
            lines[key] = loss(trend, sd.get(key, 0.02))
    return lines
