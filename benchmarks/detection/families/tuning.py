"""What is trained on from learnt weights with the Trainer of HF: SFT, preferences, rewards, speech."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from benchmarks.detection.families.breaks import climb, fall, nan_from, schedule_too_short
from benchmarks.detection.families.shapes import cosine, evals_of, factor, linear, noise, paced, ramp, saturating
from benchmarks.detection.families.sheet import Block, Break, Fault, Kind, Rng, Sheet, fault


def trainer(
    rng: Rng,
    n: int,
    columns: dict[str, Floats],
    config: dict[str, object],
    *,
    every: int,
    evals: dict[str, Floats],
    epochs: int,
    seconds: float,
) -> Sheet:
    """HF Trainer: a row per log with the step in `train/global_step`, evaluations in their own rows, `max_steps` -1."""
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
        "num_train_epochs": epochs,
        "max_steps": -1,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 4,
        "max_grad_norm": 1.0,
        "warmup_ratio": 0.03,
        "logging_steps": every,
        "save_steps": 500,
        "save_strategy": "steps",
        "eval_strategy": "steps",
        "bf16": True,
        "output_dir": "out",
        "seed": 42,
        "report_to": ["wandb"],
        **config,
    }
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


def sft(rng: Rng, n: int) -> Sheet:
    """LoRA over three epochs: a step down at each new one (known data); the eval turns up mildly in the third."""
    x = np.linspace(0, 1, n)
    epoch = np.minimum(np.floor(3 * x), 2)
    level = 1.05 + 0.45 * np.exp(-x * 60) - 0.02 * x - 0.13 * (epoch >= 1) - 0.14 * (epoch >= 2)
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    held = 1.06 + 0.25 * np.exp(-e * 30) - 0.03 * ramp(e, 0.1, 0.66) + 0.025 * ramp(e, 0.66, 0.8)
    columns = {
        "train/loss": level * factor(rng, n, 0.045, rho=0.0),
        "train/grad_norm": (0.45 + 0.5 * np.exp(-x * 80) + 0.2 * epoch) * factor(rng, n, 0.14),
        "train/learning_rate": cosine(x, 2e-4, 0.03, 0.0),
    }
    return trainer(
        rng,
        n,
        columns,
        {
            **LLAMA,
            "learning_rate": 2e-4,
            "lr_scheduler_type": "cosine",
            "peft_config": {"default": {"peft_type": "LORA", "r": 16, "lora_alpha": 32}},
        },
        every=10,
        evals={"eval/loss": held * factor(rng, k, 0.0015)},
        epochs=3,
        seconds=2.2,
    )


def learns_by_heart(by: float, train: float) -> Break:
    """The held-out loss rises by a share while the training loss comes down to `train` of what it would be."""

    def apply(s: Sheet) -> Fault:
        b = s.block("eval")
        b.columns["eval/loss"] *= 1 + by * ramp(s.shared(b), 0.4, 1.0)
        s.train.columns["train/loss"] *= train ** ramp(s.x, 0.4, 0.9)
        return fault("overfit", 0.4, 1.0)

    return apply


def fp16_overflow(s: Sheet) -> Fault:
    """What the Trainer prints when every step overflows: loss 0.0, grad norm NaN."""
    late = s.after(0.4)
    s.train.columns["train/loss"][late] = 0.0
    s.train.columns["train/grad_norm"][late] = np.nan
    return fault("nan-inf", 0.4, 0.45)


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


def continued(rng: Rng, n: int) -> Sheet:
    """Continued pretraining with a re-warmed lr: the loss first rises a little, then falls below its start."""
    x = np.linspace(0, 1, n)
    bump = 0.06 * (ramp(x, 0.0, 0.05) - ramp(x, 0.05, 0.3))
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    columns = {
        "train/loss": 2.12 + bump - 0.20 * saturating(x, 4) + noise(rng, n, 0.03, rho=0.0),
        "train/grad_norm": (0.8 + 0.4 * np.exp(-x * 30)) * factor(rng, n, 0.09),
        "train/learning_rate": cosine(x, 1e-5, 0.05, 0.1),
    }
    held = 2.10 + np.interp(e, x, bump) - 0.17 * saturating(e, 4)
    return trainer(
        rng,
        n,
        columns,
        {
            **LLAMA,
            "learning_rate": 1e-5,
            "lr_scheduler_type": "cosine",
            "warmup_ratio": 0.05,
            "model_name_or_path": "meta-llama/Llama-3.1-8B",
        },
        every=10,
        evals={"eval/loss": held * factor(rng, k, 0.0008)},
        epochs=1,
        seconds=11.0,
    )


def dpo(rng: Rng, n: int) -> Sheet:
    """From ln 2 to about 0.5; margins and accuracies rise, both log-probabilities fall by some tens."""
    x = np.linspace(0, 1, n)
    learnt = saturating(x, 5)
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    got = saturating(e, 5)

    def rewards(t: Floats, scatter: float, prefix: str) -> dict[str, Floats]:
        m = len(t)
        chosen, rejected = -0.35 * t + noise(rng, m, 0.3 * scatter), -1.15 * t + noise(rng, m, 0.4 * scatter)
        return {
            f"{prefix}/rewards/chosen": chosen * np.minimum(1, 20 * t),
            f"{prefix}/rewards/rejected": rejected * np.minimum(1, 20 * t),
            f"{prefix}/rewards/margins": (chosen - rejected) * np.minimum(1, 20 * t),
            f"{prefix}/rewards/accuracies": np.clip(
                0.5 + 0.23 * np.minimum(1, 1.5 * t) + noise(rng, m, 0.08 * scatter), 0, 1
            ),
            f"{prefix}/logps/chosen": -290 - 14 * t + noise(rng, m, 22 * scatter),
            f"{prefix}/logps/rejected": -265 - 26 * t + noise(rng, m, 22 * scatter),
            f"{prefix}/logits/chosen": -2.1 - 0.2 * t + noise(rng, m, 0.1 * scatter),
            f"{prefix}/logits/rejected": -2.05 - 0.2 * t + noise(rng, m, 0.1 * scatter),
        }

    columns = {
        "train/loss": (0.693 - 0.165 * learnt) * factor(rng, n, 0.07, rho=0.0) ** np.minimum(1, 8 * learnt),
        "train/grad_norm": (9 + 6 * learnt) * factor(rng, n, 0.2),
        "train/learning_rate": linear(x, 5e-7, 0.1),
        **rewards(learnt, 1.0, "train"),
    }
    return trainer(
        rng,
        n,
        columns,
        {
            **LLAMA,
            "learning_rate": 5e-7,
            "lr_scheduler_type": "linear",
            "beta": 0.1,
            "loss_type": "sigmoid",
            "max_prompt_length": 512,
            "warmup_ratio": 0.1,
        },
        every=10,
        evals={"eval/loss": (0.693 - 0.15 * got) * factor(rng, k, 0.004), **rewards(got, 0.12, "eval")},
        epochs=1,
        seconds=6.0,
    )


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
        "train/loss": (0.72 - 0.30 * saturating(x, 6)) * factor(rng, n, 0.10, rho=0.0),
        "train/grad_norm": (6 + 5 * np.exp(-x * 10)) * factor(rng, n, 0.35, tail=30),
        "train/learning_rate": cosine(x, 1e-5, 0.05, 0.0),
        "train/accuracy": np.clip(0.52 + 0.26 * saturating(x, 6) + noise(rng, n, 0.06), 0, 1),
        "train/margin": 0.02 + 1.1 * saturating(x, 5) + noise(rng, n, 0.15),
    }
    evals = {
        "eval/loss": (0.70 - 0.22 * saturating(e, 6)) * factor(rng, k, 0.006),
        "eval/accuracy": 0.55 + 0.21 * saturating(e, 6) + noise(rng, k, 0.005),
    }
    config = {
        **LLAMA,
        "architectures": ["LlamaForSequenceClassification"],
        "num_labels": 1,
        "learning_rate": 1e-5,
        "lr_scheduler_type": "cosine",
        "center_rewards_coefficient": 0.01,
    }
    return trainer(rng, n, columns, config, every=10, evals=evals, epochs=1, seconds=3.0)


def reward_learnt_by_heart(s: Sheet) -> Fault:
    b = s.block("eval")
    held = ramp(s.shared(b), 0.4, 1.0)
    s.train.columns["train/loss"] *= 0.06 ** ramp(s.x, 0.4, 0.9)
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
    return fault("no-learning at-chance plateau", 0.0, 1.0, quiet=True)


def whisper(rng: Rng, n: int) -> Sheet:
    """Fine-tuned on a few hours: the eval loss rises from the second epoch on while the error rate goes on falling."""
    x = np.linspace(0, 1, n)
    k = evals_of(n)
    e = np.linspace(1 / k, 1, k)
    columns = {
        "train/loss": (0.004 + 1.3 * (1 + 90 * x) ** -1.3) * factor(rng, n, 0.13),
        "train/grad_norm": (1.0 + 9 * (1 + 40 * x) ** -0.9) * factor(rng, n, 0.35),
        "train/learning_rate": linear(x, 1e-5, 0.1),
    }
    evals = {
        "eval/loss": (0.30 + 0.25 * np.exp(-e * 25) + 0.11 * ramp(e, 0.2, 1.0)) * factor(rng, k, 0.006),
        "eval/wer": (31.5 + 22 * np.exp(-e * 6) - 2.0 * e) * factor(rng, k, 0.006),
    }
    config = {
        "model_type": "whisper",
        "architectures": ["WhisperForConditionalGeneration"],
        "_name_or_path": "openai/whisper-small",
        "learning_rate": 1e-5,
        "max_steps": int(25 * n),
        "lr_scheduler_type": "linear",
        "metric_for_best_model": "wer",
        "fp16": True,
    }
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
        "schedule too short": schedule_too_short("train/learning_rate", 0.5),
        "eval NaN": nan_from("eval/loss", 0.4, block="eval"),
        "diverges": climb("train/loss", 0.4, 4.0, others={"train/grad_norm": 15.0}),
    }),
    Kind("continued-pretraining", continued, {
        "diverges": climb("train/loss", 0.2, 2.5, over=0.1, others={"train/grad_norm": 20.0}),
        "forgets": learns_by_heart(0.20, 1.0), "grad NaN": fp16_overflow,
    }),
    Kind("trl-dpo", dpo, {
        "likelihood displaced": likelihood_displaced, "same as reference": same_as_reference,
        "loss NaN": nan_from("train/loss", 0.4),
        "schedule too short": schedule_too_short("train/learning_rate", 0.5),
    }),
    Kind("reward-model", reward_model, {
        "learns by heart": reward_learnt_by_heart, "coin toss": coin_toss,
        "accuracy falls": fall("eval/accuracy", "eval", 0.5, 0.66), "loss NaN": nan_from("train/loss", 0.5),
    }),
    Kind("whisper", whisper, {
        "errors rise": errors_rise, "fp16 overflow": fp16_overflow, "lr always 0": frozen_at_zero,
    }),
)  # fmt: skip
