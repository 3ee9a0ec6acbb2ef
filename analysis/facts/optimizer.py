"""The learning rate and the gradient clipping that a config states."""

from __future__ import annotations

from analysis.facts.config import Config


def peak_lr(config: Config) -> float | None:
    """The learning rate that the schedule scales; None: not stated."""
    return config.number("optimizer_lr", "learning_rate", "lr", "base_lr", "max_lr", least=0)


def clip_norm(config: Config) -> float | None:
    """The norm that gradients are clipped to; None when unknown or off (0)."""
    names = (
        "grad_clip_norm", "max_grad_norm", "grad_clip", "clip_grad_norm", "gradient_clip_val", "clip_grad",
        "grad_norm_clip", "clip_norm", "gradient_clipping",
    )  # fmt: skip
    return config.number(*names, least=0) or None
