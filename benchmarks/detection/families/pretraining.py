"""Language models from scratch."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from benchmarks.detection.families.breaks import climb, nan_from, schedule_too_short, slower
from benchmarks.detection.families.shapes import cosine, evals_of, factor, noise, paced, ramp
from benchmarks.detection.families.sheet import Block, Break, Fault, Kind, Rng, Sheet, fault


def nanogpt(rng: Rng, n: int) -> Sheet:
    """Karpathy's loop: one row per evaluation, nothing between; `_step` counts rows, `iter` is the step."""
    at = 1000 * np.arange(n)
    x = np.linspace(0, 1, n)
    level = 2.78 + 8.2 * (1 + 900 * x) ** -0.62
    columns = {
        "iter": at.astype(float),
        "train/loss": level * factor(rng, n, 0.002),
        "val/loss": (level + 0.015 * x) * factor(rng, n, 0.002),
        "lr": cosine(x, 6e-4, 0.004, 0.1),
        "mfu": np.where(np.arange(n) == 0, -100.0, 38 + noise(rng, n, 0.3)),
    }
    config = {
        "batch_size": 12,
        "block_size": 1024,
        "n_layer": 12,
        "n_head": 12,
        "n_embd": 768,
        "max_iters": int(at[-1]),
        "lr_decay_iters": int(at[-1]),
        "learning_rate": 6e-4,
        "min_lr": 6e-5,
        "warmup_iters": 2000,
        "grad_clip": 1.0,
        "dataset": "openwebtext",
        "init_from": "scratch",
        "eval_interval": 1000,
    }
    return Sheet(rng, Block(at, columns), config, 1000 * paced(rng, n, 0.35), step_key="iter")


def spikes(rng: Rng, n: int, count: int) -> Floats:
    """0.1 to 0.3 nats that are gone again within some ten records."""
    out = np.zeros(n)
    for _ in range(count):
        j = int(rng.integers(n // 10, n))
        k = min(12, n - j)
        out[j : j + k] += rng.uniform(0.1, 0.3) * np.exp(-np.arange(k) / 3)
    return out


def megatron(rng: Rng, n: int) -> Sheet:
    at = 100 * np.arange(1, n + 1) if n <= 3000 else 10 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    warm = 0.01
    loss = 1.92 + 8.9 * (1 + 700 * x) ** -0.55 + noise(rng, n, 0.012) + spikes(rng, n, 4)
    norm = (0.18 + 3.5 * (1 + 600 * x) ** -0.8) * factor(rng, n, 0.12) * np.where(spikes(rng, n, 2) > 0.08, 2.5, 1)
    step = factor(rng, n, 0.006) * 5.8
    columns = {
        "lm loss": loss,
        "grad-norm": norm,
        "learning-rate": cosine(x, 3e-4, warm, 0.1),
        "loss-scale": np.ones(n),
        "batch-size": np.full(n, 1024.0),
        "params-norm": 60 + 240 * x**0.6,
        "num-zeros": np.zeros(n),
        "iteration-time": step,
        "samples": at * 1024.0,
    }
    k = evals_of(n)
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    held = np.interp(where, at, 1.93 + 8.9 * (1 + 700 * x) ** -0.55) * factor(rng, k, 0.001)
    config = {
        "train_iters": int(at[-1]),
        "lr": 3e-4,
        "min_lr": 3e-5,
        "lr_decay_style": "cosine",
        "lr_warmup_iters": int(warm * at[-1]),
        "clip_grad": 1.0,
        "micro_batch_size": 2,
        "global_batch_size": 1024,
        "seq_length": 4096,
        "num_layers": 32,
        "hidden_size": 4096,
        "bf16": True,
        "log_interval": int(at[0]),
        "save_interval": 1000,
    }
    return Sheet(
        rng,
        Block(at, columns),
        config,
        at[0] * step,
        {"validation": Block(where, {"lm loss validation": held, "lm loss validation ppl": np.exp(held)})},
        merged=True,
        pause=120.0,
    )


def blows_up(key: str, norm: str, to: float) -> Break:
    """Pretraining that does not come back from a spike."""

    def apply(s: Sheet) -> Fault:
        up = ramp(s.x, 0.5, 0.53)
        c = s.train.columns
        c[key] = c[key] * (1 - up) + to * factor(s.rng, s.n, 0.01) * up
        c[norm] = c[norm] * np.where(up > 0, 12 * np.exp(-np.maximum(s.x - 0.53, 0) * 10) + 1.5, 1)
        return fault("divergence loss-jump", 0.5, 0.62)

    return apply


def loss_scale_gives_up(s: Sheet) -> Fault:
    """fp16: every step overflows, the scale is halved until it stands at 1."""
    s.config["bf16"], s.config["fp16"] = False, True
    s.train.columns["loss-scale"] = 2.0 ** np.round(16 - 16 * ramp(s.x, 0.5, 0.52))
    return fault("amp-overflow", 0.5, 0.65)


def torchtitan(rng: Rng, n: int) -> Sheet:
    """Warm-up, stable, decay: most of the run gains a few percent only, the last fifth falls."""
    at = 10 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    lr = 3e-4 * np.where(x < 0.02, (x + 1e-9) / 0.02, 1 - 0.98 * ramp(x, 0.8, 1.0))
    loss = (
        2.28
        + 9.0 * (1 + 2500 * x) ** -0.62
        - 0.10 * ramp(x, 0.8, 1.0)
        + noise(rng, n, 0.03, rho=0.05)
        + spikes(rng, n, 2)
    )
    tokens = 7100 * factor(rng, n, 0.01)
    columns = {
        "loss_metrics/global_avg_loss": loss,
        "loss_metrics/global_max_loss": loss + np.abs(noise(rng, n, 0.25)) + 0.2,
        "grad_norm": (0.3 + 5 * (1 + 500 * x) ** -0.8) * factor(rng, n, 0.12),
        "throughput(tps)": tokens,
        "tflops": tokens / 7100 * 410,
        "mfu(%)": tokens / 7100 * 41.5,
        "time_metrics/end_to_end(s)": 82_000 / tokens,
        "time_metrics/data_loading(s)": 0.05 * factor(rng, n, 0.3),
        "time_metrics/data_loading(%)": 0.4 * factor(rng, n, 0.3),
        "memory/max_active(GiB)": np.full(n, 61.2),
        "memory/max_active(%)": np.full(n, 77.3),
        "memory/max_reserved(GiB)": np.full(n, 70.1),
        "memory/max_reserved(%)": np.full(n, 88.6),
        "memory/num_alloc_retries": np.zeros(n),
        "memory/num_ooms": np.zeros(n),
        "lr": lr,
    }
    config = {
        "model": {"name": "llama3", "flavor": "8B"},
        "training": {"steps": int(at[-1]), "seq_len": 8192, "local_batch_size": 1, "max_norm": 1.0},
        "lr_scheduler": {"warmup_steps": int(0.02 * at[-1]), "decay_ratio": 0.2, "decay_type": "linear"},
        "optimizer": {"name": "AdamW", "lr": 3e-4},
        "metrics": {"log_freq": 10},
    }
    return Sheet(rng, Block(at, columns), config, 10 * 8200 / tokens)


def bad_shard(s: Sheet) -> Fault:
    """Another mixture of data without anyone knowing: 0.6 nats up at once and for good."""
    late = s.after(0.5)
    for key in ("loss_metrics/global_avg_loss", "loss_metrics/global_max_loss"):
        s.train.columns[key][late] += 0.6
    return fault("loss-jump divergence", 0.5, 0.65)


KINDS = (
    Kind("nanogpt", nanogpt, {
        "blows up": climb("train/loss", 0.5, 2.2, over=0.04, others={"val/loss": 2.2}),
        "loss NaN": nan_from("train/loss", 0.6),
        "slower": slower(0.5, 2.0, "/mfu"), "schedule too short": schedule_too_short("lr", 0.6),
    }, (60, 300, 600)),
    Kind("megatron", megatron, {
        "blows up": blows_up("lm loss", "grad-norm", 5.8), "loss scale gives up": loss_scale_gives_up,
        "slower": slower(0.5, 1.9, "iteration-time"),
        "loss NaN": nan_from("lm loss", 0.6), "gradient explodes": climb("grad-norm", 0.5, 60.0, over=0.3,
            others={"lm loss": 1.15}, ids="grad-explode"),
    }, (300, 3000, 20_000)),
    Kind("torchtitan-wsd", torchtitan, {
        "blows up": blows_up("loss_metrics/global_avg_loss", "grad_norm", 6.5), "bad shard": bad_shard,
        "loss NaN": nan_from("loss_metrics/global_avg_loss", 0.5),
        "slower": slower(0.5, 2.0, "/throughput(tps)", "time_metrics/end_to_end(s)", "/tflops", "/mfu(%)"),
        "schedule too short": schedule_too_short("lr", 0.6),
    }, (300, 3000)),
)  # fmt: skip
