"""In which numbers a config says that a run computes."""

from __future__ import annotations

from typing import Literal

from analysis.facts.config import Config

Precision = Literal["fp16", "bf16", "fp32"]
_NAMES = ("mixed_precision", "precision", "torch_dtype", "amp_dtype", "model_dtype", "dtype")
_WRITTEN: tuple[tuple[Precision, tuple[str, ...]], ...] = (
    ("bf16", ("bf16", "bfloat16")),
    ("fp16", ("fp16", "float16", "half", "16")),
    ("fp32", ("fp32", "float32", "32")),
)


def precision(config: Config) -> Precision | None:
    """None: not stated, or only that nothing is mixed."""
    for kind in ("bf16", "fp16"):
        if config.value(kind, f"use_{kind}", f"{kind}_enabled") is True:
            return "bf16" if kind == "bf16" else "fp16"
    said = str(config.value(*_NAMES) or "").lower().rsplit(".", 1)[-1]
    written = next((kind for kind, names in _WRITTEN if any(said.startswith(name) for name in names)), None)
    return written or ("fp16" if config.value("use_amp", "amp") is True else None)
