"""Whether the loss is scaled for half precision: a scaler skips each step whose gradients overflow."""

from __future__ import annotations

from analysis.facts.config import Config

_HALF = {"fp16", "float16", "16", "16-mixed", "half"}


def scales_loss(config: Config) -> bool:
    """Whether the config says that it trains in float16; bfloat16 has the range of float32 and needs no scaler."""
    if config.value("fp16", "use_fp16", "fp16_enabled") is True:
        return True
    named = (config.value(key) for key in ("mixed_precision", "precision", "amp_dtype"))
    return any(str(value).lower() in _HALF for value in named if value is not None)
