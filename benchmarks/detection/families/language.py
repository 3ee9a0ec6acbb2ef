"""Language models: pretraining, fine-tuning, preference tuning, and speech that is fine-tuned like them."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from benchmarks.detection.families.sheet import (
    Block,
    Break,
    Fault,
    Kind,
    Rng,
    Sheet,
    climb,
    cosine,
    factor,
    fall,
    fault,
    linear,
    nan_from,
    noise,
    paced,
    ramp,
    slower,
)  # fmt: skip


def trainer(rng: Rng, n: int, columns: dict[str, Floats], config: dict[str, object], *, every: int, evals: dict[str, Floats], epochs: int,
            seconds: float) -> Sheet:  # fmt: skip
    """HF Trainer: a row per log with the step in `train/global_step`, evaluations in rows of their own, `max_steps` -1."""
    at = every * np.arange(1, n + 1)
    count = len(next(iter(evals.values()))) if evals else 0
    others = {}
    if count:
        where = at[np.linspace(n / count, n, count).astype(int) - 1]
        timing = {
            "eval/runtime": 95 * factor(rng, count, 0.01),
            "eval/samples_per_second": 21 * factor(rng, count, 0.01),
        }
        others["eval"] = Block(where, {**evals, **timing})
    arguments: dict[str, object] = {
        "num_train_epochs": epochs, "max_steps": -1, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4, "max_grad_norm": 1.0,
        "warmup_ratio": 0.03, "logging_steps": every, "save_steps": 500, "save_strategy": "steps", "eval_strategy": "steps", "bf16": True,
        "output_dir": "out", "seed": 42, "report_to": ["wandb"], **config,
    }  # fmt: skip
    columns = {**columns, "train/epoch": epochs * np.linspace(1 / n, 1, n)}
    return Sheet(
        rng,
        Block(at, columns),
        arguments,
        every * paced(rng, n, seconds),
        others,
        step_key="train/global_step",
        pause=95.0,
    )


LLAMA = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "_name_or_path": "meta-llama/Llama-3.1-8B",
    "vocab_size": 128256,
    "hidden_size": 4096,
}


def evals_of(n: int) -> int:
    return 9 if n < 100 else 15 if n < 1000 else 30


def sft(rng: Rng, n: int) -> Sheet:
    """LoRA over three epochs: a step down at each new one (the data are known by then); the eval turns up mildly in the third."""
    x = np.linspace(0, 1, n)
    epoch = np.minimum(np.floor(3 * x), 2)
    level = 1.05 + 0.45 * np.exp(-x * 60) - 0.02 * x - 0.13 * (epoch >= 1) - 0.14 * (epoch >= 2)
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    held = 1.06 + 0.25 * np.exp(-e * 30) - 0.03 * ramp(e, 0.1, 0.66) + 0.025 * ramp(e, 0.66, 0.8)
    columns = {
        "train/loss": level * factor(rng, n, 0.045, rho=0.0), "train/grad_norm": (0.45 + 0.5 * np.exp(-x * 80) + 0.2 * epoch) * factor(rng, n, 0.14), "train/learning_rate": cosine(x, 2e-4, 0.03, 0.0),
    }  # fmt: skip
    return trainer(
        rng, n, columns, {**LLAMA, "learning_rate": 2e-4, "lr_scheduler_type": "cosine", "peft_config": {"default": {"peft_type": "LORA", "r": 16, "lora_alpha": 32}}},
        every=10, evals={"eval/loss": held * factor(rng, k, 0.0015)}, epochs=3, seconds=2.2,
    )  # fmt: skip


def learns_by_heart(by: float, train: float) -> Break:
    """The held-out loss rises by a share while the training loss comes down to `train` of what it would be."""

    def apply(s: Sheet) -> Fault:
        b = s.block("eval")
        b.columns["eval/loss"] *= 1 + by * ramp(s.shared(b), 0.4, 1.0)
        s.train.columns["train/loss"] *= train ** ramp(s.x, 0.35, 0.9)
        return fault("overfit", 0.4, 1.0)

    return apply


def fp16_overflow(s: Sheet) -> Fault:
    """What the Trainer prints when every step overflows: loss 0.0, grad norm NaN."""
    late = s.after(0.4)
    s.train.columns["train/loss"][late] = 0.0
    s.train.columns["train/grad_norm"][late] = np.nan
    return fault("nan-inf", 0.4, 0.45)


def schedule_too_short(key: str, share: float) -> Break:
    def apply(s: Sheet) -> Fault:
        s.train.columns[key] = np.where(s.x < share, s.train.columns[key] * (1 - ramp(s.x, 0, share)), 0.0)
        return fault("lr-zero", share - 0.01, 1.0)

    return apply


def frozen_at_zero(s: Sheet) -> Fault:
    """lr 0 from the first step to the last: nothing moves."""
    c = s.train.columns
    c["train/learning_rate"][:] = 0.0
    c["train/loss"] = 1.5 * factor(s.rng, s.n, 0.045, rho=0.0)
    b = s.block("eval")
    for key in ("eval/loss", "eval/wer"):
        if key in b.columns:
            b.columns[key] = (1.52 if key == "eval/loss" else b.columns[key][0]) * factor(s.rng, b.n, 1e-5)
    return fault("lr-zero no-learning", 0.0, 0.5)


def nanogpt(rng: Rng, n: int) -> Sheet:
    """Karpathy's loop: one row per evaluation, nothing between; `_step` counts rows, `iter` is the step."""
    at = 1000 * np.arange(n)
    x = np.linspace(0, 1, n)
    level = 2.78 + 8.2 * (1 + 900 * x) ** -0.62
    columns = {
        "iter": at.astype(float), "train/loss": level * factor(rng, n, 0.002), "val/loss": (level + 0.015 * x) * factor(rng, n, 0.002),
        "lr": cosine(x, 6e-4, 0.004, 0.1), "mfu": np.where(np.arange(n) == 0, -100.0, 38 + noise(rng, n, 0.3)),
    }  # fmt: skip
    config = {"batch_size": 12, "block_size": 1024, "n_layer": 12, "n_head": 12, "n_embd": 768, "max_iters": int(at[-1]), "lr_decay_iters": int(at[-1]),
              "learning_rate": 6e-4, "min_lr": 6e-5, "warmup_iters": 2000, "grad_clip": 1.0, "dataset": "openwebtext", "init_from": "scratch", "eval_interval": 1000}  # fmt: skip
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
        "lm loss": loss, "grad-norm": norm, "learning-rate": cosine(x, 3e-4, warm, 0.1), "loss-scale": np.ones(n), "batch-size": np.full(n, 1024.0),
        "params-norm": 60 + 240 * x**0.6, "num-zeros": np.zeros(n), "iteration-time": step, "samples": at * 1024.0,
    }  # fmt: skip
    k = evals_of(n)
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    held = np.interp(where, at, 1.93 + 8.9 * (1 + 700 * x) ** -0.55) * factor(rng, k, 0.001)
    config = {"train_iters": int(at[-1]), "lr": 3e-4, "min_lr": 3e-5, "lr_decay_style": "cosine", "lr_warmup_iters": int(warm * at[-1]), "clip_grad": 1.0, "micro_batch_size": 2,
              "global_batch_size": 1024, "seq_length": 4096, "num_layers": 32, "hidden_size": 4096, "bf16": True, "log_interval": int(at[0]), "save_interval": 1000}  # fmt: skip
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
        "loss_metrics/global_avg_loss": loss, "loss_metrics/global_max_loss": loss + np.abs(noise(rng, n, 0.25)) + 0.2, "grad_norm": (0.3 + 5 * (1 + 500 * x) ** -0.8) * factor(rng, n, 0.12),
        "throughput(tps)": tokens, "tflops": tokens / 7100 * 410, "mfu(%)": tokens / 7100 * 41.5, "time_metrics/end_to_end(s)": 82_000 / tokens, "time_metrics/data_loading(s)": 0.05 * factor(rng, n, 0.3),
        "time_metrics/data_loading(%)": 0.4 * factor(rng, n, 0.3), "memory/max_active(GiB)": np.full(n, 61.2), "memory/max_active(%)": np.full(n, 77.3), "memory/max_reserved(GiB)": np.full(n, 70.1),
        "memory/max_reserved(%)": np.full(n, 88.6), "memory/num_alloc_retries": np.zeros(n), "memory/num_ooms": np.zeros(n), "lr": lr,
    }  # fmt: skip
    config = {"model": {"name": "llama3", "flavor": "8B"}, "training": {"steps": int(at[-1]), "seq_len": 8192, "local_batch_size": 1, "max_norm": 1.0},
              "lr_scheduler": {"warmup_steps": int(0.02 * at[-1]), "decay_ratio": 0.2, "decay_type": "linear"}, "optimizer": {"name": "AdamW", "lr": 3e-4}, "metrics": {"log_freq": 10}}  # fmt: skip
    return Sheet(rng, Block(at, columns), config, 10 * 8200 / tokens)


def bad_shard(s: Sheet) -> Fault:
    """Another mixture of data without anyone knowing: 0.6 nats up at once and for good."""
    late = s.after(0.5)
    for key in ("loss_metrics/global_avg_loss", "loss_metrics/global_max_loss"):
        s.train.columns[key][late] += 0.6
    return fault("loss-jump divergence", 0.5, 0.65)


def continued(rng: Rng, n: int) -> Sheet:
    """Continued pretraining with a re-warmed lr: the loss first rises by some hundredths, then falls below where it began."""
    x = np.linspace(0, 1, n)
    bump = 0.06 * (ramp(x, 0.0, 0.05) - ramp(x, 0.05, 0.3))
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    columns = {
        "train/loss": 2.12 + bump - 0.20 * (1 - np.exp(-4 * x)) + noise(rng, n, 0.03, rho=0.0), "train/grad_norm": (0.8 + 0.4 * np.exp(-x * 30)) * factor(rng, n, 0.09), "train/learning_rate": cosine(x, 1e-5, 0.05, 0.1),
    }  # fmt: skip
    held = 2.10 + np.interp(e, x, bump) - 0.17 * (1 - np.exp(-4 * e))
    return trainer(
        rng, n, columns, {**LLAMA, "learning_rate": 1e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.05, "model_name_or_path": "meta-llama/Llama-3.1-8B"},
        every=10, evals={"eval/loss": held * factor(rng, k, 0.0008)}, epochs=1, seconds=11.0,
    )  # fmt: skip


def dpo(rng: Rng, n: int) -> Sheet:
    """From ln 2 to about 0.5; margins and accuracies rise, both log-probabilities fall by some tens."""
    x = np.linspace(0, 1, n)
    learnt = 1 - np.exp(-x * 5)
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    got = 1 - np.exp(-e * 5)

    def rewards(t: Floats, scatter: float, prefix: str) -> dict[str, Floats]:
        m = len(t)
        chosen, rejected = -0.35 * t + noise(rng, m, 0.3 * scatter), -1.15 * t + noise(rng, m, 0.4 * scatter)
        return {
            f"{prefix}/rewards/chosen": chosen * np.minimum(1, 20 * t), f"{prefix}/rewards/rejected": rejected * np.minimum(1, 20 * t), f"{prefix}/rewards/margins": (chosen - rejected) * np.minimum(1, 20 * t),
            f"{prefix}/rewards/accuracies": np.clip(0.5 + 0.23 * np.minimum(1, 1.5 * t) + noise(rng, m, 0.08 * scatter), 0, 1),
            f"{prefix}/logps/chosen": -290 - 14 * t + noise(rng, m, 22 * scatter), f"{prefix}/logps/rejected": -265 - 26 * t + noise(rng, m, 22 * scatter),
            f"{prefix}/logits/chosen": -2.1 - 0.2 * t + noise(rng, m, 0.1 * scatter), f"{prefix}/logits/rejected": -2.05 - 0.2 * t + noise(rng, m, 0.1 * scatter),
        }  # fmt: skip

    columns = {
        "train/loss": (0.693 - 0.165 * learnt) * factor(rng, n, 0.07, rho=0.0) ** np.minimum(1, 8 * learnt), "train/grad_norm": (9 + 6 * learnt) * factor(rng, n, 0.2), "train/learning_rate": linear(x, 5e-7, 0.1),
        **rewards(learnt, 1.0, "train"),
    }  # fmt: skip
    return trainer(
        rng, n, columns, {**LLAMA, "learning_rate": 5e-7, "lr_scheduler_type": "linear", "beta": 0.1, "loss_type": "sigmoid", "max_prompt_length": 512, "warmup_ratio": 0.1},
        every=10, evals={"eval/loss": (0.693 - 0.15 * got) * factor(rng, k, 0.004), **rewards(got, 0.12, "eval")}, epochs=1, seconds=6.0,
    )  # fmt: skip


def likelihood_displaced(s: Sheet) -> Fault:
    """The margin grows by pushing both answers down: training loss to 0, accuracy on held-out pairs falls."""
    late, b = ramp(s.x, 0.35, 0.8), s.block("eval")
    held = ramp(s.shared(b), 0.35, 0.8)
    c = s.train.columns
    c["train/loss"] *= 0.03**late
    c["train/rewards/margins"] += 9 * late
    c["train/rewards/rejected"] -= 25 * late
    c["train/rewards/chosen"] -= 16 * late
    c["train/rewards/accuracies"] += (1 - c["train/rewards/accuracies"]) * late
    c["train/logps/chosen"] -= 160 * late
    c["train/logps/rejected"] -= 250 * late
    b.columns["eval/loss"] += 0.75 * held
    b.columns["eval/rewards/accuracies"] -= 0.2 * held
    b.columns["eval/logps/chosen"] -= 160 * held
    return fault("overfit eval-regress", 0.35, 1.0)


def same_as_reference(s: Sheet) -> Fault:
    """Policy and reference are the same weights: ln 2 for ever."""
    c = s.train.columns
    c["train/loss"] = 0.6931 + noise(s.rng, s.n, 0.0015)
    for key in ("chosen", "rejected", "margins"):
        c[f"train/rewards/{key}"] = noise(s.rng, s.n, 0.003)
    c["train/rewards/accuracies"] = np.clip(0.5 + noise(s.rng, s.n, 0.08), 0, 1)
    b = s.block("eval")
    b.columns["eval/loss"] = 0.6931 + noise(s.rng, b.n, 0.0003)
    for key in ("chosen", "rejected", "margins"):
        b.columns[f"eval/rewards/{key}"] = noise(s.rng, b.n, 0.001)
    b.columns["eval/rewards/accuracies"] = 0.5 + noise(s.rng, b.n, 0.01)
    return fault("no-learning plateau", 0.0, 1.0, quiet=True)


def reward_model(rng: Rng, n: int) -> Sheet:
    x = np.linspace(0, 1, n)
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    columns = {
        "train/loss": (0.72 - 0.30 * (1 - np.exp(-x * 6))) * factor(rng, n, 0.10, rho=0.0), "train/grad_norm": (6 + 5 * np.exp(-x * 10)) * factor(rng, n, 0.35, tail=30), "train/learning_rate": cosine(x, 1e-5, 0.05, 0.0),
        "train/accuracy": np.clip(0.52 + 0.26 * (1 - np.exp(-x * 6)) + noise(rng, n, 0.06), 0, 1), "train/margin": 0.02 + 1.1 * (1 - np.exp(-x * 5)) + noise(rng, n, 0.15),
    }  # fmt: skip
    evals = {
        "eval/loss": (0.70 - 0.22 * (1 - np.exp(-e * 6))) * factor(rng, k, 0.006),
        "eval/accuracy": 0.55 + 0.21 * (1 - np.exp(-e * 6)) + noise(rng, k, 0.005),
    }
    config = {**LLAMA, "architectures": ["LlamaForSequenceClassification"], "num_labels": 1, "learning_rate": 1e-5, "lr_scheduler_type": "cosine", "center_rewards_coefficient": 0.01}  # fmt: skip
    return trainer(rng, n, columns, config, every=10, evals=evals, epochs=1, seconds=3.0)


def reward_learnt_by_heart(s: Sheet) -> Fault:
    b = s.block("eval")
    held = ramp(s.shared(b), 0.4, 1.0)
    s.train.columns["train/loss"] *= 0.06 ** ramp(s.x, 0.35, 0.9)
    b.columns["eval/loss"] *= 1 + 1.1 * held
    b.columns["eval/accuracy"] -= 0.07 * held
    return fault("overfit eval-regress", 0.4, 1.0)


def coin_toss(s: Sheet) -> Fault:
    """Chosen and rejected are swapped in half of the pairs."""
    b = s.block("eval")
    c = s.train.columns
    c["train/loss"] = 0.694 * factor(s.rng, s.n, 0.012)
    c["train/accuracy"] = np.clip(0.5 + noise(s.rng, s.n, 0.06), 0, 1)
    c["train/margin"] = noise(s.rng, s.n, 0.02)
    b.columns["eval/loss"] = 0.6935 * factor(s.rng, b.n, 0.001)
    b.columns["eval/accuracy"] = 0.5 + noise(s.rng, b.n, 0.006)
    return fault("no-learning plateau", 0.0, 1.0, quiet=True)


def whisper(rng: Rng, n: int) -> Sheet:
    """Fine-tuned on a few hours: the eval loss rises from the second epoch on while the error rate goes on falling."""
    x = np.linspace(0, 1, n)
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    columns = {
        "train/loss": (0.004 + 1.3 * (1 + 90 * x) ** -1.3) * factor(rng, n, 0.13), "train/grad_norm": (1.0 + 9 * (1 + 40 * x) ** -0.9) * factor(rng, n, 0.35), "train/learning_rate": linear(x, 1e-5, 0.1),
    }  # fmt: skip
    evals = {
        "eval/loss": (0.30 + 0.25 * np.exp(-e * 25) + 0.11 * ramp(e, 0.2, 1.0)) * factor(rng, k, 0.006),
        "eval/wer": (31.5 + 22 * np.exp(-e * 6) - 2.0 * e) * factor(rng, k, 0.006),
    }  # fmt: skip
    config = {"model_type": "whisper", "architectures": ["WhisperForConditionalGeneration"], "_name_or_path": "openai/whisper-small", "learning_rate": 1e-5, "max_steps": int(25 * n),
              "lr_scheduler_type": "linear", "metric_for_best_model": "wer", "fp16": True}  # fmt: skip
    return trainer(rng, n, columns, config, every=25, evals=evals, epochs=5, seconds=1.9)


def errors_rise(s: Sheet) -> Fault:
    """Hallucinated loops: the word error rate goes from 33 to 90."""
    b = s.block("eval")
    b.columns["eval/wer"] *= 1 + 1.8 * ramp(s.shared(b), 0.5, 0.8)
    b.columns["eval/loss"] *= 1 + 0.5 * ramp(s.shared(b), 0.5, 0.8)
    return fault("overfit eval-regress", 0.5, 1.0)


KINDS = (
    Kind("hf-lora-sft", sft, {
        "learns by heart": learns_by_heart(0.35, 0.3), "lr always 0": frozen_at_zero, "fp16 overflow": fp16_overflow,
        "schedule too short": schedule_too_short("train/learning_rate", 0.5), "eval NaN": nan_from("eval/loss", 0.4, block="eval"),
        "diverges": climb("train/loss", 0.4, 4.0, others={"train/grad_norm": 15.0}),
    }),
    Kind("nanogpt", nanogpt, {
        "blows up": climb("train/loss", 0.5, 2.2, over=0.04, others={"val/loss": 2.2}), "loss NaN": nan_from("train/loss", 0.6),
        "slower": slower(0.5, 2.0, "/mfu"), "schedule too short": schedule_too_short("lr", 0.6),
    }, (60, 300, 600)),
    Kind("megatron", megatron, {
        "blows up": blows_up("lm loss", "grad-norm", 5.8), "loss scale gives up": loss_scale_gives_up, "slower": slower(0.5, 1.9, "iteration-time"),
        "loss NaN": nan_from("lm loss", 0.6), "gradient explodes": climb("grad-norm", 0.5, 60.0, over=0.3, others={"lm loss": 1.15}, ids="grad-explode"),
    }, (300, 3000, 20_000)),
    Kind("torchtitan-wsd", torchtitan, {
        "blows up": blows_up("loss_metrics/global_avg_loss", "grad_norm", 6.5), "bad shard": bad_shard, "loss NaN": nan_from("loss_metrics/global_avg_loss", 0.5),
        "slower": slower(0.5, 2.0, "/throughput(tps)", "time_metrics/end_to_end(s)", "/tflops", "/mfu(%)"), "schedule too short": schedule_too_short("lr", 0.6),
    }, (300, 3000)),
    Kind("continued-pretraining", continued, {
        "diverges": climb("train/loss", 0.2, 2.5, over=0.1, others={"train/grad_norm": 20.0}), "forgets": learns_by_heart(0.20, 1.0), "grad NaN": fp16_overflow,
    }),
    Kind("trl-dpo", dpo, {
        "likelihood displaced": likelihood_displaced, "same as reference": same_as_reference, "loss NaN": nan_from("train/loss", 0.4),
        "schedule too short": schedule_too_short("train/learning_rate", 0.5),
    }),
    Kind("reward-model", reward_model, {
        "learns by heart": reward_learnt_by_heart, "coin toss": coin_toss, "accuracy falls": fall("eval/accuracy", "eval", 0.5, 0.66), "loss NaN": nan_from("train/loss", 0.5),
    }),
    Kind("whisper", whisper, {
        "errors rise": errors_rise, "fp16 overflow": fp16_overflow, "lr always 0": frozen_at_zero,
    }),
)  # fmt: skip
