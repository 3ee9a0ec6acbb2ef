"""Siblings of the cases: the same kinds of fault under other names, scales, lengths, cadences and noise; healthy twins.

Every history is a formula with a fixed seed; what is right was written before the product saw it.
"""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.wild.expected import Case, Told

Floats = NDArray[np.floating[Any]]
Column = Sequence[float | None] | Floats
START = 1_760_000_000.0
NAN = float("nan")


@dataclass(frozen=True)
class Run:
    """`columns` in the order of the file; None is an empty cell, NaN was logged."""

    steps: Sequence[int]
    columns: Mapping[str, Column]
    dt: float | Floats = 10.0  # seconds before each row
    config: Mapping[str, Any] = field(default_factory=dict)
    state: str = "running"
    facts: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        times = START + np.cumsum(np.broadcast_to(np.asarray(self.dt, float), len(self.steps)))
        path = folder / "run.csv"
        with path.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["_step", "_timestamp", *self.columns])
            cells = [[_cell(v) for v in column] for column in self.columns.values()]
            writer.writerows(zip(self.steps, (f"{t:.3f}" for t in times), *cells, strict=True))
        last = float(times[-1])
        facts = {"name": "run", "state": self.state, "created_at": START}
        facts |= {"heartbeat_at": last, "observed_at": last + 10}
        path.with_suffix(".json").write_text(json.dumps({**facts, "config": self.config, **self.facts}))
        return path


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    if value != value:
        return "NaN"
    return "Infinity" if value == float("inf") else f"{value:.7g}"


@dataclass(frozen=True)
class Sibling:
    case: Case
    build: Callable[[np.random.Generator], Run]

    def run(self) -> Run:
        return self.build(np.random.default_rng(zlib.crc32(self.case.name.encode())))


SIBLINGS: list[Sibling] = []


def _sibling(*told: Told, **expected: Any) -> Callable[[Callable[..., Run]], Callable[..., Run]]:
    def add(build: Callable[..., Run]) -> Callable[..., Run]:
        SIBLINGS.append(Sibling(Case(build.__name__, told=told, **expected), build))
        return build

    return add


def every(n: int, step: int = 1, first: int | None = None) -> list[int]:
    return [(step if first is None else first) + i * step for i in range(n)]


def noisy(level: Floats | float, sigma: float, rng: np.random.Generator, n: int | None = None) -> Floats:
    """`level` times log-normal noise."""
    size = n if n is not None else len(np.asarray(level))
    return np.asarray(level * np.exp(sigma * rng.standard_normal(size)), float)


def plus(level: Floats | float, sigma: float, rng: np.random.Generator, n: int | None = None) -> Floats:
    size = n if n is not None else len(np.asarray(level))
    return np.asarray(level + sigma * rng.standard_normal(size), float)


def wander(n: int, rho: float, sigma: float, rng: np.random.Generator) -> Floats:
    """A stationary AR(1) of standard deviation `sigma`."""
    out, value = np.empty(n), sigma * rng.standard_normal()
    for i, e in enumerate(rng.standard_normal(n)):
        value = rho * value + sigma * (1 - rho * rho) ** 0.5 * e
        out[i] = value
    return out


def power(n: int, start: float, floor: float, k: float = 10.0, b: float = 0.6) -> Floats:
    return floor + (start - floor) * (1 + np.arange(n) / k) ** -b


def ramp(n: int, at: int, over: int) -> Floats:
    """0 before `at`, 1 from `at + over` on."""
    return np.clip((np.arange(n) - at) / over, 0.0, 1.0)


def sparse(n: int, rows: Mapping[int, float]) -> list[float | None]:
    return [rows.get(i) for i in range(n)]


def at_rows(n: int, rows: Sequence[int], values: Sequence[float] | Floats) -> list[float | None]:
    return sparse(n, dict(zip(rows, (float(v) for v in values), strict=True)))


def last_rows(n: int, block: int) -> list[int]:
    return list(range(block - 1, n, block))


def cosine(n: int, peak: float, end: float = 0.0, period: int | None = None) -> Floats:
    t = np.minimum(np.arange(n) / (period or n), 1.0)
    return end + (peak - end) * 0.5 * (1 + np.cos(np.pi * t))


BAD = ("no", "unknown")

# A table of formulas: one argument a line would hide them.
# fmt: off


# Learning rates that follow the KL by design.
@_sibling(silent=True)
def skrl_kl_adaptive(rng: np.random.Generator) -> Run:
    n = 300
    lr = 1e-3 * 1.5 ** np.clip(np.cumsum(rng.integers(-1, 2, n)), -4, 4)
    config = {"agent": {"learning_rate": 1e-3, "learning_rate_scheduler": "KLAdaptiveLR",
        "learning_rate_scheduler_kwargs": {"kl_threshold": 0.008}}}
    reward = plus(40 * (1 - np.exp(-np.arange(n) / 80)), 1.5, rng)
    return Run(every(n, 16), {"Reward / Total reward (mean)": reward, "Learning / Learning rate": lr,
        "Loss / Policy loss": plus(-0.01, 0.003, rng, n), "Loss / Value loss": noisy(power(n, 1.0, 0.05), 0.1, rng)},
        3.0, config)


@_sibling(silent=True)
def rl_games_adaptive(rng: np.random.Generator) -> Run:
    n = 250
    lr = np.clip(3e-4 * 1.5 ** np.cumsum(rng.integers(-2, 3, n)), 1e-6, 1e-2)
    config = {"params": {"config": {"lr_schedule": "adaptive", "kl_threshold": 0.016, "max_epochs": 500,
        "learning_rate": 3e-4}}}
    return Run(every(n), {"rewards/iter": plus(200 * (1 - np.exp(-np.arange(n) / 60)), 8, rng), "info/last_lr": lr,
        "losses/a_loss": plus(0.0, 0.004, rng, n), "losses/c_loss": noisy(power(n, 2.0, 0.2), 0.15, rng)}, 5.0, config)


@_sibling(Told(("lr-anomaly", "schedule-mismatch"), onset=(3000, 3060), by=3200))
def constant_lr_jumps_tenfold(rng: np.random.Generator) -> Run:
    n = 300
    lr = np.where(np.arange(n) < 150, 2e-5, 2e-4)
    config = {"lr_scheduler_type": "constant", "learning_rate": 2e-5, "max_steps": 10_000, "_name_or_path": "bert-base"}
    return Run(every(n, 20), {"train/loss": noisy(power(n, 1.2, 0.5), 0.05, rng), "train/learning_rate": lr}, 8.0,
        config)


# At chance, and slow starts that are not.
@_sibling(Told(("at-chance", "no-learning"), by=35), usable=BAD, unsaid=("无异常",))
def ten_classes_at_ln10(rng: np.random.Generator) -> Run:
    n = 40
    loss = plus(2.3028, 0.0015, rng, n)
    loss[:2] = 2.41, 2.32
    config = {"arch": "resnet18", "num_classes": 10, "epochs": 100, "dataset": "cifar10"}
    return Run(every(n), {"train_loss": loss, "train_acc": plus(0.1, 0.003, rng, n), "val_loss": plus(2.3026, 0.0003,
        rng, n), "val_acc": np.full(n, 0.1)}, 40.0, config)


@_sibling(Told(("at-chance", "no-learning")), usable=BAD)
def dpo_at_ln2(rng: np.random.Generator) -> Run:
    n = 100
    config = {"beta": 0.1, "loss_type": "sigmoid", "max_steps": 1000, "learning_rate": 5e-9, "_name_or_path": "qwen"}
    return Run(every(n, 5), {"loss": plus(0.6931, 0.0006, rng, n), "rewards/accuracies": plus(0.5, 0.05, rng, n),
        "rewards/margins": plus(0.0002, 0.0015, rng, n), "rewards/chosen": plus(0.0, 0.002, rng, n)}, 30.0, config)


@_sibling(Told(("at-chance", "no-learning"), by=5500), usable=BAD)
def lm_at_ln_vocab(rng: np.random.Generator) -> Run:
    n = 120
    loss = plus(10.825, 0.006, rng, n)
    loss[:2] = 10.98, 10.88
    config = {"vocab_size": 50_257, "n_layer": 12, "init_from": "scratch", "max_iters": 20_000, "learning_rate": 6e-4}
    return Run(every(n, 50), {"train/loss": loss, "train/lr": np.full(n, 6e-4), "train/grad_norm": noisy(0.3, 0.1,
        rng, n)}, 20.0, config)


@_sibling(silent=True)
def binary_starts_slowly(rng: np.random.Generator) -> Run:
    n = 1500
    k = np.arange(n)
    loss = plus(0.693 - 0.3 * np.clip(1 - np.exp(-(k - 200) / 500), 0, None), 0.11, rng)
    return Run(every(n), {"loss": np.abs(loss), "lr": np.full(n, 2e-5)}, 0.1, {"epochs": 5, "batch_size": 8},
        "finished")


@_sibling(silent=True)
def imagenet_first_epoch(rng: np.random.Generator) -> Run:
    n = 90
    loss = plus(6.93 - 2.9 * np.clip(1 - np.exp(-(np.arange(n) - 6) / 40), 0, None), 0.03, rng)
    config = {"arch": "vit_b", "num_classes": 1000, "max_steps": 450_000, "warmup_steps": 10_000}
    return Run(every(n, 500), {"train/loss": loss, "train/lr": 1e-3 * np.minimum(1, np.arange(1, n + 1) / 20)}, 200.0,
        config)


@_sibling(silent=True)
def single_batches_of_a_binary_task(rng: np.random.Generator) -> Run:
    n = 2500
    k = np.arange(n)
    loss = np.abs(plus(0.69 - 0.25 * np.clip(1 - np.exp(-(k - 400) / 900), 0, None), 0.16, rng))
    return Run(every(n), {"train/bce": loss}, 0.05, {"epochs": 12, "batch_size": 4}, "finished")


@_sibling(Told(("no-learning", "at-chance")), usable=BAD)
def single_batches_that_learn_nothing(rng: np.random.Generator) -> Run:
    n = 2500
    return Run(every(n), {"train/bce": np.abs(plus(0.694, 0.1, rng, n)), "lr": np.full(n, 1e-3)}, 0.05, {"epochs": 12,
        "batch_size": 8}, "finished")


# Scale of loss and gradient.
@_sibling(never=("grad-explode", "grad-spike", "grad-vanish", "grad-clip-saturated"), unsaid=("可试 clip",
    "clip 调到"), said=("累加", "求和"))
def deepspeed_norm_of_thousands(rng: np.random.Generator) -> Run:
    n = 120
    config = {"gradient_clipping": 1.0, "train_micro_batch_size_per_gpu": 2, "max_steps": 4000, "optimizer": "AdamW",
        "hidden_size": 2048}
    return Run(every(n, 10), {"train/loss": noisy(power(n, 3.1, 1.7), 0.02, rng), "train/grad_norm": noisy(5200.0,
        0.15, rng, n)}, 30.0, config)


@_sibling(silent=True, unsaid=("累加",))
def megatron_norm_below_clip(rng: np.random.Generator) -> Run:
    n = 130
    config = {"num_layers": 28, "train_iters": 5000, "clip_grad": 1.0}
    return Run(every(n, 10), {"lm loss": noisy(power(n, 6.0, 2.3), 0.015, rng), "grad-norm": noisy(power(n, 2.0, 0.4),
        0.15, rng)}, 40.0, config)


@_sibling(Told(("scale-mismatch",), least="info", posted=False))
def action_targets_not_normalised(rng: np.random.Generator) -> Run:
    n = 100
    config = {"policy": {"type": "act", "normalization_mapping": {"ACTION": "MEAN_STD"}}, "steps": 50_000}
    return Run(every(n, 200), {"train/loss": noisy(power(n, 3.2e8, 0.9e8), 0.1, rng), "train/l1_loss": noisy(power(n,
        3.0e8, 0.85e8), 0.1, rng)}, 60.0, config)


# Gradient norms that wander, and one that does not come back.
@_sibling(silent=True)
def grad_norm_wanders(rng: np.random.Generator) -> Run:
    n = 2500
    return Run(every(n), {"train/loss": noisy(power(n, 1.4, 0.5, 200), 0.2, rng),
        "optim/grad_norm": 3.0 * np.exp(wander(n, 0.95, 0.9, rng))}, 0.2, {"epochs": 4, "batch_size": 2}, "finished")


@_sibling(silent=True)
def grad_norm_sq_of_single_samples(rng: np.random.Generator) -> Run:
    n = 2000
    norm = 0.004 * np.exp(wander(n, 0.6, 1.4, rng))
    return Run(every(n), {"loss": noisy(power(n, 0.9, 0.3, 300), 0.35, rng), "grad_norm_sq": norm}, 0.05, {"bs": 1},
        "finished")


@_sibling(Told(("grad-explode", "divergence", "loss-jump"), onset=(1850, 2150), by=2400), unsaid=("无异常",))
def grad_norm_leaves_its_level(rng: np.random.Generator) -> Run:
    n = 2600
    up = ramp(n, 2000, 120)
    norm = 3.0 * np.exp(wander(n, 0.95, 0.6, rng) + 5.0 * up)
    return Run(every(n), {"train/loss": noisy(power(n, 1.4, 0.5, 200) + 2.0 * up, 0.15, rng),
        "optim/grad_norm": norm}, 0.2, {"epochs": 4, "batch_size": 2})


@_sibling(silent=True)
def grad_norm_grows_with_return(rng: np.random.Generator) -> Run:
    n = 400
    k = np.arange(n) / n
    return Run(every(n, 2048), {"rollout/ep_rew_mean": plus(500 * k**0.7, 15, rng),
        "train/grad_norm": noisy(0.4 * 4**k, 0.3, rng), "train/value_loss": noisy(5 + 40 * k, 0.3, rng),
        "train/entropy_loss": plus(-1.38 + 0.7 * k, 0.02, rng)}, 6.0, {"algo": "ppo", "total_timesteps": 1_000_000})


# Waiting for data.
@_sibling(Told(("data-bound",)), said=("74%", "73%"))
def mmengine_waits_in_bursts(rng: np.random.Generator) -> Run:
    n = 180
    wait = np.where(np.arange(n) % 6 == 0, 5.0, 0.002)
    total = noisy(0.3, 0.03, rng, n) + wait
    return Run(every(n), {"loss": noisy(power(n, 2.0, 0.8), 0.05, rng), "data_time": wait, "time": total}, total,
        {"max_iters": 40_000, "num_workers": 6})


@_sibling(Told(("data-bound",)))
def lerobot_four_workers_in_bursts(rng: np.random.Generator) -> Run:
    n = 140
    wait = np.where(np.arange(n) % 4 == 1, noisy(3.0, 0.1, rng, n), 0.0008)
    busy = noisy(0.21, 0.04, rng, n)
    return Run(every(n), {"train/loss": noisy(power(n, 0.8, 0.2), 0.1, rng), "train/update_s": busy,
        "train/dataloading_s": wait}, wait + busy, {"policy": {"type": "pi0"}, "num_workers": 4, "log_freq": 1},
        facts={"planned_steps": 60_000})


@_sibling(silent=True)
def waits_only_between_epochs(rng: np.random.Generator) -> Run:
    n = 600
    wait = np.where(np.arange(n) % 150 == 0, 6.0, 0.003)
    busy = noisy(0.3, 0.03, rng, n)
    return Run(every(n), {"train/loss": noisy(power(n, 1.0, 0.3), 0.1, rng), "train/update_s": busy,
        "train/dataloading_s": wait}, wait + busy, {"num_workers": 4}, facts={"planned_steps": 5000})


@_sibling(silent=True)
def mmengine_data_time_is_part_of_time(rng: np.random.Generator) -> Run:
    n = 200
    total = noisy(0.35, 0.03, rng, n)
    return Run(every(n, 50), {"loss": noisy(power(n, 2.0, 0.6), 0.05, rng), "data_time": noisy(0.012, 0.1, rng, n),
        "time": total}, total * 50, {"max_iters": 20_000})


# Pauses.
@_sibling(silent=True, unfound=("resume-seam",), unsaid=("中断过", "续训"))
def pause_for_evaluation_each_epoch(rng: np.random.Generator) -> Run:
    n, block = 420, 42
    dt = np.full(n, 8.0)
    dt[block - 1 :: block] = 1800.0
    accuracy = at_rows(n, last_rows(n, block), plus(0.5 + 0.03 * np.arange(n // block), 0.004, rng))
    loss: list[float | None] = list(noisy(power(n, 4.0, 1.0), 0.03, rng))
    for i in last_rows(n, block):
        loss[i] = None
    return Run(every(n, 100), {"train/loss": loss, "val/acc1": accuracy}, dt, {"epochs": 10}, "finished")


@_sibling(silent=True)
def resumed_from_an_earlier_ckpt(rng: np.random.Generator) -> Run:
    n = 300
    steps = every(200, 50) + every(100, 50, 9550)
    dt = np.full(n, 12.0)
    dt[200] = 7200.0
    return Run(steps, {"train/loss": noisy(2.0 + 3.0 * (1 + np.array(steps) / 500) ** -0.6, 0.02, rng)}, dt,
        {"max_steps": 40_000})


# Train loss that is a multiple of the eval loss.
@_sibling(silent=True, said=("8",), unsaid=("数据重叠", "泄漏"))
def train_loss_summed_over_eight(rng: np.random.Generator) -> Run:
    n = 110
    level = power(n, 2.2, 1.1)
    rows = last_rows(n, 11)
    train: list[float | None] = list(noisy(8 * level, 0.02, rng))
    for i in rows:
        train[i] = None
    config = {"gradient_accumulation_steps": 8, "max_steps": 3000, "base_model": "llama",
        "per_device_train_batch_size": 1}
    return Run(every(n, 10), {"train/loss": train, "eval/loss": at_rows(n, rows, noisy(level[rows], 0.004, rng))},
        20.0, config)


@_sibling(silent=True)
def train_loss_as_eval_loss(rng: np.random.Generator) -> Run:
    n = 110
    level = power(n, 2.2, 1.1)
    rows = last_rows(n, 11)
    config = {"gradient_accumulation_steps": 8, "max_steps": 3000, "base_model": "llama"}
    return Run(every(n, 10), {"train/loss": noisy(level, 0.02, rng), "eval/loss": at_rows(n, rows,
        noisy(level[rows] * 1.02, 0.004, rng))}, 20.0, config)


@_sibling(Told(("eval-leak", "scale-mismatch"), least="info", posted=False))
def eval_loss_a_third_of_train(rng: np.random.Generator) -> Run:
    n = 200
    level = power(n, 6.0, 2.6)
    rows = last_rows(n, 10)
    return Run(every(n, 100), {"train/loss": noisy(level, 0.01, rng), "val/loss": at_rows(n, rows,
        noisy(0.33 * level[rows], 0.01, rng))}, 20.0, {"max_iters": 40_000, "n_layer": 8})


# Mixture of experts.
@_sibling(Told(("experts-unbalanced",), onset=(7500, 13_000), by=16_000))
def moe_aux_loss_climbs(rng: np.random.Generator) -> Run:
    n = 200
    aux = noisy(1.03 + 2.4 * ramp(n, 100, 90), 0.01, rng)
    config = {"num_local_experts": 8, "num_experts_per_tok": 2, "router_aux_loss_coef": 0.01, "max_steps": 40_000}
    return Run(every(n, 100), {"train/loss": noisy(power(n, 5.0, 1.9), 0.02, rng), "train/aux_loss": aux,
        "train/grad_norm": noisy(0.5, 0.1, rng, n)}, 60.0, config)


@_sibling(Told(("experts-unbalanced",), onset=(2200, 3800), by=4500))
def moe_max_load_climbs(rng: np.random.Generator) -> Run:
    n = 250
    load = noisy(0.03 + 0.5 * ramp(n, 120, 60), 0.05, rng)
    config = {"n_routed_experts": 64, "train_iters": 20_000}
    return Run(every(n, 20), {"lm loss": noisy(power(n, 6.0, 2.2), 0.02, rng), "moe/max_expert_load": load}, 15.0,
        config)


@_sibling(silent=True)
def moe_balance_improves(rng: np.random.Generator) -> Run:
    n = 200
    config = {"num_experts": 16, "moe_aux_loss_coeff": 0.01, "train_iters": 20_000}
    return Run(every(n, 50), {"lm loss": noisy(power(n, 6.0, 2.0), 0.02, rng),
        "load_balancing_loss": noisy(1.04 + 1.5 * np.exp(-np.arange(n) / 15), 0.01, rng)}, 15.0, config)


@_sibling(Told(("experts-unbalanced",), onset=(3500, 8000), by=9500))
def deepseek_auxiliary_loss_climbs(rng: np.random.Generator) -> Run:
    n = 220
    return Run(every(n, 50), {"train/lm_loss": noisy(power(n, 6.0, 2.1), 0.02, rng),
        "train/auxiliary_loss": noisy(0.00104 * (1 + 1.8 * ramp(n, 90, 80)), 0.01, rng), "train/lr": np.full(n,
        2e-4)}, 30.0, {"n_routed_experts": 64, "num_experts_per_tok": 6, "max_steps": 20_000})


@_sibling(silent=True)
def aux_loss_of_a_segmentation_net(rng: np.random.Generator) -> Run:
    n = 220
    return Run(every(n, 50), {"train/loss": noisy(power(n, 2.0, 0.5), 0.04, rng),
        "train/aux_loss": noisy(0.4 + 0.3 * ramp(n, 90, 80), 0.03, rng)}, 3.0, {"model": "pspnet", "num_classes": 21,
        "max_steps": 20_000})


# How a run ended.
@_sibling(verdict=("info", "warning"), said=("收尾时报错",), unsaid=("无异常", "任务失败"))
def failed_after_the_last_epoch(rng: np.random.Generator) -> Run:
    n = 40
    return Run(every(n, 1, 0), {"epoch": np.arange(n, dtype=float), "train_loss": noisy(power(n, 2.0, 0.4), 0.03,
        rng), "lr": cosine(n, 0.1)}, 90.0, {"epochs": 40}, "failed")


@_sibling(Told(("run-crashed",), least="critical", posted=False), unsaid=("收尾时报错",))
def failed_at_two_fifths(rng: np.random.Generator) -> Run:
    n = 100
    return Run(every(n, 40), {"train/loss": noisy(power(n, 2.5, 1.2), 0.03, rng)}, 30.0, {"max_steps": 10_000},
        "failed")


@_sibling(Told(("run-crashed",), posted=False), said=("2450",), unsaid=("停在 48 步", "第 48 步", "停在 49 步"))
def lightning_crash_in_its_own_steps(rng: np.random.Generator) -> Run:
    n = 49
    return Run(every(n, 1, 0), {"trainer/global_step": np.arange(1, n + 1) * 50.0,
        "epoch": np.floor(np.arange(n) / 10), "train_loss": noisy(power(n, 1.0, 0.2), 0.05, rng)}, 40.0, {}, "crashed")


@_sibling(silent=True, said=("手动终止",), unsaid=("任务失败", "没跑完"))
def stopped_by_hand(rng: np.random.Generator) -> Run:
    n = 120
    return Run(every(n, 25), {"train/loss": noisy(power(n, 2.5, 1.0), 0.03, rng)}, 30.0, {"max_steps": 20_000},
        "killed")


@_sibling(verdict=("info", "warning"), said=("收尾时报错",), unsaid=("无异常", "任务失败"))
def lightning_failed_after_max_epochs(rng: np.random.Generator) -> Run:
    n = 120
    return Run(every(n, 50, 49), {"epoch": np.floor(np.arange(n) / 12), "trainer/global_step": np.arange(1,
        n + 1) * 50.0 - 1, "train_loss": noisy(power(n, 2.0, 0.4), 0.03, rng)}, 20.0, {"max_epochs": 10}, "failed")


@_sibling(Told(("run-crashed",), least="critical", posted=False), unsaid=("收尾时报错",))
def failed_three_epochs_before_the_end(rng: np.random.Generator) -> Run:
    n = 37
    return Run(every(n, 1, 0), {"epoch": np.arange(n, dtype=float), "train_loss": noisy(power(n, 2.0, 0.4), 0.03,
        rng)}, 90.0, {"epochs": 40}, "failed")


# NaN and what hides it.
@_sibling(Told(("nan-inf",), least="critical", onset=(870, 870), by=870), said=("loss 出现 NaN",), usable=BAD)
def hf_loss_and_norm_nan(rng: np.random.Generator) -> Run:
    n = 90
    loss, norm = noisy(power(n, 2.4, 1.4), 0.03, rng), noisy(1.1, 0.2, rng, n)
    loss[86:] = norm[86:] = NAN
    return Run(every(n, 10), {"train/grad_norm": norm, "train/loss": loss, "train/learning_rate": cosine(n, 2e-5,
        1e-5)}, 9.0, {"max_steps": 3000})


@_sibling(Told(("nan-inf",), least="critical", onset=(3300, 3300), by=3300))
def megatron_inf_with_norm(rng: np.random.Generator) -> Run:
    n = 70
    loss, norm = noisy(power(n, 8.0, 3.0), 0.02, rng), noisy(1.6, 0.2, rng, n)
    loss[65:] = norm[65:] = np.inf
    return Run(every(n, 50, 50), {"grad-norm": norm, "lm loss": loss}, 60.0, {"train_iters": 100_000, "clip_grad": 1.0})


@_sibling(Told(("masked-nan", "nan-inf"), least="critical", onset=(1490, 1520), by=1600), said=("NaN",), usable=BAD)
def loss_zero_with_nan_norm(rng: np.random.Generator) -> Run:
    n = 120
    loss, norm = noisy(power(n, 1.9, 1.1), 0.04, rng), noisy(0.8, 0.2, rng, n)
    loss[75:], norm[75:] = 0.0, NAN
    return Run(every(n, 20), {"loss": loss, "grad_norm": norm, "learning_rate": np.full(n, 1e-4)}, 12.0,
        {"bf16": False, "fp16": True, "max_steps": 6000, "peft_type": "LORA"})


@_sibling(Told(("masked-nan", "nan-inf"), least="critical", onset=(0, 20), by=200), usable=BAD)
def loss_zero_from_the_first_record(rng: np.random.Generator) -> Run:
    n = 60
    rows = last_rows(n, 20)
    return Run(every(n, 10), {"train/loss": np.zeros(n), "train/grad_norm": np.full(n, NAN),
        "train/learning_rate": np.full(n, 2e-5), "eval/loss": at_rows(n, rows, [NAN] * 3)}, 12.0, {"fp16": True,
        "max_steps": 2000, "_name_or_path": "t5-large"})


@_sibling(silent=True)
def grpo_loss_of_exactly_zero(rng: np.random.Generator) -> Run:
    n = 150
    return Run(every(n), {"train/loss": np.zeros(n), "train/grad_norm": noisy(0.2, 0.3, rng, n),
        "train/reward": plus(0.3 + 0.4 * ramp(n, 0, 140), 0.05, rng), "train/reward_std": plus(0.35, 0.03, rng, n),
        "train/frac_reward_zero_std": np.clip(plus(0.3, 0.1, rng, n), 0, 1), "train/kl": noisy(0.001 + 0.05 * ramp(n,
        0, 150), 0.2, rng)}, 60.0, {"num_generations": 8, "beta": 0.001, "max_steps": 400})


@_sibling(silent=True)
def classifier_reaches_rounded_zero(rng: np.random.Generator) -> Run:
    n = 200
    loss = np.round(noisy(0.7 * np.exp(-np.arange(n) / 18), 0.4, rng), 4)
    rows = last_rows(n, 20)
    return Run(every(n, 10), {"train/loss": loss, "train/grad_norm": noisy(3.0 * np.exp(-np.arange(n) / 25) + 0.002,
        0.5, rng), "eval/accuracy": at_rows(n, rows, np.minimum(0.97 + 0.002 * np.arange(10), 0.985)),
        "train/learning_rate": cosine(n, 3e-5)}, 4.0, {"num_train_epochs": 3, "max_steps": 2000}, "finished")


@_sibling(Told(("nan-inf",), least="info", most="warning", posted=False), usable=("yes",),
    unsaid=("从此前的 ckpt 续训",))
def keras_val_loss_nan_accuracy_fine(rng: np.random.Generator) -> Run:
    n = 25
    return Run(every(n), {"loss": noisy(power(n, 1.6, 0.2, 3), 0.03, rng),
        "accuracy": 0.95 - 0.5 * np.exp(-np.arange(n) / 5), "val_loss": np.full(n, NAN),
        "val_accuracy": plus(0.9 - 0.5 * np.exp(-np.arange(n) / 5), 0.004, rng)}, 50.0, {"epochs": 25,
        "num_classes": 10}, "finished")


@_sibling(Told(("nan-inf",), least="warning", posted=False), usable=BAD)
def eval_loss_nan_and_no_score(rng: np.random.Generator) -> Run:
    n = 100
    return Run(every(n, 10), {"train/loss": noisy(power(n, 2.6, 1.3), 0.03, rng), "eval/loss": at_rows(n, last_rows(n,
        20), [NAN] * 5)}, 8.0, {"max_steps": 1000, "fp16": True}, "finished")


# A loss that comes back up.
@_sibling(Told(("divergence", "loss-jump"), least="critical", onset=(54, 72)), unfound=("plateau",),
    unsaid=("无异常",), usable=BAD)
def lm_loss_3_to_7(rng: np.random.Generator) -> Run:
    n = 150
    loss = plus(power(n, 9.5, 2.6, 8, 1.0) + 4.0 * ramp(n, 62, 80), 0.06, rng)
    return Run(every(n, 1, 0), {"train/loss": loss}, 30.0, {"vocab_size": 32_000}, "finished")


@_sibling(Told(("divergence", "loss-jump"), least="critical", onset=(11_000, 13_500), by=16_000), unsaid=("无异常",
    "已恢复", "已回落"), usable=BAD)
def perplexity_from_40_to_3000(rng: np.random.Generator) -> Run:
    n = 90
    nll = power(n, 9.0, 3.3, 4, 0.9) + 4.4 * ramp(n, 60, 14)
    return Run(every(n, 200), {"train/ppl": np.exp(plus(nll, 0.03, rng)), "train/lr": np.full(n, 3e-4)}, 60.0,
        {"max_steps": 100_000, "n_layer": 24})


@_sibling(silent=True)
def tiny_cross_entropy_doubles(rng: np.random.Generator) -> Run:
    n = 200
    loss = noisy(0.021 + 0.7 * np.exp(-np.arange(n) / 12) + 0.02 * ramp(n, 90, 60), 0.15, rng)
    return Run(every(n, 25), {"train/cls_loss": loss,
        "train/acc": np.clip(plus(0.994 - 0.4 * np.exp(-np.arange(n) / 12), 0.001, rng), 0, 1)}, 6.0,
        {"num_classes": 5, "max_steps": 5000}, "finished")


@_sibling(Told(("divergence", "loss-jump"), least="critical", onset=(1700, 2000), by=2400), unsaid=("无异常",))
def diverges_at_a_thousandth_of_the_plan(rng: np.random.Generator) -> Run:
    n = 260
    loss = noisy(power(n, 1.1, 0.12, 6, 0.9) + 1.6 * ramp(n, 180, 25), 0.08, rng)
    return Run(every(n, 10), {"loss": loss, "lr": np.full(n, 2e-4)}, 3.0, {"max_steps": 2_000_000,
        "learning_rate": 2e-4})


@_sibling(silent=True)
def healthy_at_a_thousandth_of_the_plan(rng: np.random.Generator) -> Run:
    n = 260
    return Run(every(n, 10), {"loss": noisy(power(n, 1.1, 0.12, 6, 0.9), 0.08, rng), "lr": np.full(n, 2e-4),
        "grad_norm": noisy(power(n, 4.0, 0.8), 0.3, rng)}, 3.0, {"max_steps": 2_000_000, "learning_rate": 2e-4})


@_sibling(Told(("divergence", "loss-jump"), least="critical", onset=(20, 31), by=38), unsaid=("已回落", "已恢复",
    "无异常"), usable=BAD)
def diverges_just_after_a_warmup(rng: np.random.Generator) -> Run:
    n = 80
    loss = plus(power(n, 11.0, 3.2, 3, 1.0) + 3.4 * ramp(n, 25, 8), 0.04, rng)
    lr = 3e-4 * np.minimum(1, np.arange(1, n + 1) / 20)
    config = {"num_layers": 32, "lr_warmup_iters": 4000, "train_iters": 500_000, "lr": 3e-4}
    return Run(every(n, 1, 0), {"iteration": np.arange(1, n + 1) * 200.0, "lm loss": loss, "learning-rate": lr},
        300.0, config)


@_sibling(Told(("loss-jump", "divergence"), least="critical", onset=(4800, 5100), by=6200), unsaid=("已恢复",
    "已回落"), usable=BAD)
def jumps_and_stays_with_noise(rng: np.random.Generator) -> Run:
    n = 400
    loss = noisy(power(n, 3.0, 0.9, 12) + 2.5 * ramp(n, 198, 2) - 0.5 * ramp(n, 230, 120), 0.12, rng)
    return Run(every(n, 25), {"train_loss": loss}, 5.0, {"max_steps": 20_000})


@_sibling(verdict=("ok", "info"), unsaid=("现已回到 5",))
def jumps_and_truly_recovers(rng: np.random.Generator) -> Run:
    n = 500
    hump = ramp(n, 150, 2) * (1 - ramp(n, 190, 40))
    return Run(every(n, 20), {"train/loss": noisy(power(n, 5.0, 2.0, 12) + 3.0 * hump, 0.015, rng)}, 5.0,
        {"max_steps": 12_000})


@_sibling(silent=True)
def stairs_at_epoch_bounds(rng: np.random.Generator) -> Run:
    n, block = 480, 120
    level = np.repeat([1.15, 0.82, 0.50, 0.31], block)
    return Run(every(n, 5), {"train/loss": noisy(level, 0.05, rng), "train/epoch": np.arange(n) / block,
        "train/learning_rate": cosine(n, 2e-5)}, 6.0, {"num_train_epochs": 4, "max_steps": 2400,
        "_name_or_path": "llama"}, "finished")


@_sibling(Told(("loss-spike",), onset=(8000, 60_000), open=False), said=("反复尖峰",))
def spikes_of_a_regression(rng: np.random.Generator) -> Run:
    n = 1000
    loss = noisy(power(n, 1.0, 0.05, 10), 0.06, rng)
    at = np.arange(180, 990, 37) + rng.integers(-12, 13, len(range(180, 990, 37)))
    loss[at] *= rng.uniform(6, 30, len(at))
    return Run(every(n, 50), {"loss": loss, "lr": np.full(n, 1e-3)}, 2.0, {"max_steps": 100_000, "batch_size": 256})


@_sibling(Told(("divergence", "loss-jump"), least="critical", onset=(4500, 6200), by=7500), usable=BAD,
    unsaid=("无异常", "已恢复"))
def word_perplexity_jumps(rng: np.random.Generator) -> Run:
    n = 200
    return Run(every(n, 50), {"perplexity": np.exp(plus(power(n, 7.0, 4.6, 4) + 1.2 * ramp(n, 105, 2), 0.03, rng)),
        "lr": np.full(n, 20.0)}, 9.0, {"model": "AWD-LSTM", "ntokens": 33_278, "max_steps": 60_000})


@_sibling(silent=True)
def perplexity_falls(rng: np.random.Generator) -> Run:
    n = 200
    return Run(every(n, 50), {"train/ppl": np.exp(plus(power(n, 7.0, 4.2, 4), 0.06, rng)), "lr": np.full(n, 20.0)},
        9.0, {"model": "AWD-LSTM", "ntokens": 33_278, "max_steps": 60_000})


# Plateaus.
@_sibling(silent=True, unfound=("plateau",))
def power_law_of_4000_records(rng: np.random.Generator) -> Run:
    n = 4000
    return Run(every(n, 10), {"lm loss": plus(2.0 + 6.0 * (1 + np.arange(n) / 3) ** -0.32, 0.02, rng)}, 1.2,
        {"train_iters": 40_000}, "finished")


@_sibling(Told(("plateau", "converged"), least="info", most="info", posted=False, open=False))
def flat_for_two_thirds(rng: np.random.Generator) -> Run:
    n = 600
    loss = plus(0.9 + 1.6 * np.exp(-np.arange(n) / 25), 0.01, rng)
    return Run(every(n, 50), {"train/loss": loss, "train/lr": np.full(n, 1e-4)}, 10.0, {"max_steps": 40_000})


# Plan and schedule.
@_sibling(Told(("lr-zero", "schedule-mismatch"), onset=(2400, 2560), by=2800), unsaid=("无异常",))
def scheduler_steps_four_times(rng: np.random.Generator) -> Run:
    n = 400
    config = {"max_steps": 10_000, "lr_scheduler_type": "cosine", "learning_rate": 1e-4, "num_processes": 4}
    loss = noisy(power(n, 2.0, 1.0, 8), 0.02, rng)
    loss[100:] = noisy(loss[90:100].mean(), 0.02, rng, n - 100)
    return Run(every(n, 25), {"train/loss": loss, "train/learning_rate": cosine(n, 1e-4, 0.0, 100)}, 20.0, config,
        "finished")


@_sibling(Told(("schedule-mismatch", "lr-zero"), least="info", onset=(95_000, 110_000), posted=False), said=("100000",))
def nanogpt_decay_ends_early(rng: np.random.Generator) -> Run:
    n = 300
    config = {"max_iters": 400_000, "lr_decay_iters": 100_000, "min_lr": 6e-5, "learning_rate": 6e-4,
        "warmup_iters": 2000}
    return Run(every(n, 1000), {"train/loss": plus(power(n, 10.0, 2.9, 2), 0.02, rng), "lr": cosine(n, 6e-4, 6e-5,
        100)}, 60.0, config)


@_sibling(Told(("schedule-mismatch", "lr-anomaly"), onset=(9700, 11_500)))
def lr_rises_after_its_cosine(rng: np.random.Generator) -> Run:
    n = 300
    lr = 0.5 * 3e-4 * (1 + np.cos(np.pi * np.arange(n) / 200))
    config = {"lr_scheduler": "cosine", "T_max": 10_000, "learning_rate": 3e-4, "max_steps": 20_000}
    return Run(every(n, 50), {"train/loss": noisy(power(n, 3.0, 0.9), 0.03, rng), "train/lr": lr}, 9.0, config)


@_sibling(silent=True)
def warmup_stable_decay(rng: np.random.Generator) -> Run:
    n = 300
    k = np.arange(n)
    lr = 1e-3 * np.minimum(1, (k + 1) / 15) * np.where(k < 240, 1.0, np.clip((300 - k) / 60, 0.02, 1))
    return Run(every(n, 100), {"train/loss": noisy(power(n, 8.0, 2.4) - 0.15 * ramp(n, 240, 60), 0.012, rng),
        "train/lr": lr}, 20.0, {"max_steps": 30_000, "lr_scheduler": "wsd", "warmup_steps": 1500}, "finished")


@_sibling(Told(("lr-zero", "schedule-mismatch"), onset=(1100, 1160)), usable=("yes", "no", "unknown"))
def linear_to_zero_with_thirty_records(rng: np.random.Generator) -> Run:
    n = 30
    lr = 5e-5 * np.clip(1 - np.arange(n) / 22, 0, None)
    loss = noisy(power(n, 1.4, 0.5, 4), 0.03, rng)
    loss[22:] = noisy(float(loss[20]), 0.03, rng, 8)
    return Run(every(n, 50), {"train/loss": loss, "train/learning_rate": lr}, 60.0, {"max_steps": 1500,
        "lr_scheduler_type": "linear"}, "finished")


@_sibling(silent=True)
def linear_to_zero_at_the_end(rng: np.random.Generator) -> Run:
    n = 30
    return Run(every(n, 50), {"train/loss": noisy(power(n, 1.4, 0.5, 4), 0.03, rng),
        "train/learning_rate": 5e-5 * (1 - np.arange(1, n + 1) / n)}, 60.0, {"max_steps": 1500,
        "lr_scheduler_type": "linear"}, "finished")


@_sibling(silent=True, unsaid=("没跑完",), planned=2_000_000)
def unused_epochs_beside_total_timesteps(rng: np.random.Generator) -> Run:
    n = 200
    config = {"num_train_epochs": 3.0, "total_timesteps": 2_000_000, "gamma": 0.99, "clip_coef": 0.2}
    return Run(every(n, 10_000), {"global_step": np.arange(1, n + 1) * 10_000.0,
        "charts/episodic_return": plus(300 * (1 - np.exp(-np.arange(n) / 40)), 10, rng), "charts/SPS": noisy(3000.0,
        0.03, rng, n), "losses/value_loss": noisy(power(n, 8.0, 1.0), 0.2, rng)}, 3.3, config, "finished")


@_sibling(unfound=("no-learning",), silent=True)
def begins_at_forty_thousand(rng: np.random.Generator) -> Run:
    n = 150
    return Run(every(n, 100, 40_000), {"train/loss": noisy(1.31, 0.01, rng, n), "train/lr": np.full(n, 1e-4)}, 20.0,
        {"max_steps": 100_000})


@_sibling(Told(("schedule-mismatch", "lr-anomaly"), least="info", posted=False))
def logged_lr_is_eight_times_the_config(rng: np.random.Generator) -> Run:
    n = 200
    config = {"learning_rate": 1e-4, "lr_scheduler_type": "constant", "max_steps": 4000}
    return Run(every(n, 20), {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "train/learning_rate": np.full(n,
        8e-4)}, 10.0, config)


@_sibling(Told(("lr-zero", "schedule-mismatch"), onset=(4900, 5100), by=5500))
def runs_past_its_plan_at_lr_zero(rng: np.random.Generator) -> Run:
    n = 160
    lr = 2e-4 * np.clip(1 - np.arange(1, n + 1) / 100, 0, None)
    return Run(every(n, 50), {"train/loss": noisy(power(n, 2.0, 0.6), 0.02, rng), "train/lr": lr}, 10.0,
        {"max_steps": 5000, "lr_scheduler": "linear"})


@_sibling(Told(("schedule-mismatch", "lr-anomaly"), least="info", posted=False))
def constant_lr_is_four_times_the_config(rng: np.random.Generator) -> Run:
    n = 150
    lr = 2e-5 * np.minimum(1, np.arange(1, n + 1) / 10)
    return Run(every(n, 10), {"loss": noisy(power(n, 1.8, 0.9), 0.03, rng), "learning_rate": lr}, 10.0,
        {"learning_rate": 5e-6, "lr_scheduler_type": "constant_with_warmup", "warmup_steps": 100, "max_steps": 3000,
        "base_model": "llama"})


@_sibling(Told(("schedule-mismatch",), onset=(20_000, 20_400), least="info", posted=False), unsaid=("没跑完",))
def ran_on_at_a_floor_beyond_its_plan(rng: np.random.Generator) -> Run:
    n = 130
    return Run(every(n, 200), {"train/loss": noisy(power(n, 2.4, 0.8), 0.02, rng), "train/lr": cosine(n, 3e-4, 3e-6,
        100)}, 10.0, {"max_steps": 20_000, "lr_scheduler": "cosine"}, "finished")


# Throughput.
@_sibling(silent=True)
def tokens_per_second_double(rng: np.random.Generator) -> Run:
    n = 150
    rate = noisy(np.where(np.arange(n) < 70, 11_000.0, 22_000.0), 0.02, rng)
    return Run(every(n, 10), {"train/loss": noisy(power(n, 5.0, 2.0), 0.02, rng), "perf/tokens_per_second": rate},
        10 * 65_536 / rate, {"max_steps": 5000})


@_sibling(Told(("throughput-drop",), onset=(1750, 1950), by=2300))
def speed_in_it_per_second_halves(rng: np.random.Generator) -> Run:
    n = 150
    rate = noisy(np.where(np.arange(n) < 90, 2.2, 0.9), 0.04, rng)
    return Run(every(n, 20), {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "speed (it/s)": rate}, 20 / rate,
        {"max_steps": 6000})


@_sibling(Told(("throughput-drop",), least="info", onset=(500, 2500), posted=False), unsaid=("297",))
def samples_per_second_creep_down(rng: np.random.Generator) -> Run:
    n = 600
    rate = noisy(420 - 210 * np.clip((np.arange(n) - 60) / 520, 0, 1), 0.03, rng)
    return Run(every(n, 10), {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "train/samples_per_second": rate},
        640 / rate, {"max_steps": 10_000})


@_sibling(Told(("mem-growth",)))
def host_memory_fills(rng: np.random.Generator) -> Run:
    n = 200
    return Run(every(n, 20), {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng),
        "system.memory_percent": plus(34 + 48 * np.arange(n) / n, 0.3, rng)}, 60.0, {"max_steps": 8000})


@_sibling(Told(("gpu-idle",), least="info", posted=False))
def gpu_does_nothing(rng: np.random.Generator) -> Run:
    n = 200
    return Run(every(n, 20), {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng),
        "system.gpu.0.gpu": np.clip(plus(2.0, 1.5, rng, n), 0, 100)}, 60.0, {"max_steps": 8000}, "finished")


@_sibling(Told(("throughput-drop",), onset=(2000, 9000)))
def step_time_creeps_up_for_hours(rng: np.random.Generator) -> Run:
    n = 500
    each = noisy(1.5 + 2.4 * np.clip((np.arange(n) - 80) / 400, 0, 1), 0.04, rng)
    return Run(every(n, 50), {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "train/step_time": each}, 50 * each,
        {"max_steps": 60_000})


# Scores before losses.
@_sibling(never=("overfit",), usable=("yes",))
def asr_wer_falls_while_eval_loss_rises(rng: np.random.Generator) -> Run:
    n, block = 300, 20
    rows = last_rows(n, block)
    k = np.arange(len(rows))
    loss = np.where(k < 5, 0.9 - 0.1 * k, 0.5 + 0.03 * (k - 5))
    return Run(every(n, 50), {"train/loss": noisy(power(n, 3.0, 0.05, 15, 1.0), 0.05, rng), "eval/loss": at_rows(n,
        rows, noisy(loss, 0.005, rng)), "eval/wer": at_rows(n, rows, noisy(0.12 + 0.4 * np.exp(-k / 4), 0.01, rng))},
        5.0, {"max_steps": 15_000, "model": "whisper-small"}, "finished")


@_sibling(never=("overfit",), usable=("yes",))
def rouge_rises_while_eval_loss_rises(rng: np.random.Generator) -> Run:
    n, block = 240, 24
    rows = last_rows(n, block)
    k = np.arange(len(rows))
    return Run(every(n, 25), {"train/loss": noisy(power(n, 2.2, 0.3, 30, 1.0), 0.04, rng), "eval/loss": at_rows(n,
        rows, 1.5 + 0.05 * np.abs(k - 2)), "eval/rougeL": at_rows(n, rows, plus(28 + 9 * (1 - np.exp(-k / 3)), 0.1,
        rng))}, 5.0, {"num_train_epochs": 10, "max_steps": 6000, "base_model": "flan-t5"}, "finished")


@_sibling(Told(("overfit", "eval-regress", "gen-gap"), onset=(5, 20), by=36))
def accuracy_falls_with_eval_loss_rising(rng: np.random.Generator) -> Run:
    n = 40
    k = np.arange(n)
    return Run(every(n), {"train_loss": noisy(1.8 * np.exp(-k / 6) + 0.01, 0.03, rng),
        "train_acc": 1 - 0.6 * np.exp(-k / 6), "val_loss": noisy(np.where(k < 9, 1.6 - 0.08 * k,
        0.96 + 0.06 * (k - 8)), 0.01, rng), "val_acc": plus(np.where(k < 9, 0.5 + 0.03 * k, 0.74 - 0.006 * (k - 8)),
        0.003, rng)}, 60.0, {"epochs": 40, "num_classes": 20}, "finished")


@_sibling(Told(("gen-gap", "overfit"), least="info", posted=False))
def train_accuracy_far_above_valid(rng: np.random.Generator) -> Run:
    n = 60
    k = np.arange(n)
    return Run(every(n), {"train/accuracy": np.clip(plus(0.995 - 0.75 * np.exp(-k / 7), 0.002, rng), 0, 1),
        "valid/accuracy": plus(0.56 - 0.3 * np.exp(-k / 5), 0.004, rng)}, 60.0, {"epochs": 60, "num_classes": 10},
        "finished")


@_sibling(Told(("gen-gap",), least="info", posted=False))
def seen_levels_far_above_unseen(rng: np.random.Generator) -> Run:
    n = 250
    k = np.arange(n)
    return Run(every(n, 40_000), {"train/mean_episode_reward": plus(9.2 * (1 - np.exp(-k / 50)), 0.15, rng),
        "test/mean_episode_reward": plus(3.1 * (1 - np.exp(-k / 40)), 0.2, rng), "losses/value_loss": noisy(power(n,
        1.0, 0.1), 0.2, rng)}, 30.0, {"env_name": "coinrun", "num_levels": 200, "total_timesteps": 10_000_000},
        "finished")


@_sibling(usable=BAD)
def coco_after_three_evals(rng: np.random.Generator) -> Run:
    n = 60
    return Run(every(n, 50), {"loss": noisy(power(n, 1.6, 1.1), 0.05, rng), "coco/bbox_mAP": at_rows(n, [19, 39, 59],
        [0.001, 0.004, 0.006])}, 25.0, {"max_epochs": 3}, "finished")


@_sibling(usable=BAD)
def wer_above_one(rng: np.random.Generator) -> Run:
    n = 80
    return Run(every(n, 25), {"train/loss": noisy(power(n, 6.0, 2.9), 0.03, rng), "eval/wer": at_rows(n, last_rows(n,
        20), [1.0, 1.02, 1.0, 1.0])}, 5.0, {"max_steps": 2000, "model": "wav2vec2"}, "finished")


@_sibling(Told(("success-zero",)), usable=BAD, unsaid=("无异常",))
def no_success_in_four_evals(rng: np.random.Generator) -> Run:
    n = 200
    return Run(every(n, 100), {"train/loss": noisy(power(n, 1.2, 0.06, 10, 0.9), 0.1, rng),
        "eval/pc_success": at_rows(n, last_rows(n, 50), [0.0] * 4)}, 10.0, {"policy": {"type": "diffusion"},
        "eval": {"n_episodes": 50}, "steps": 20_000}, "finished")


# Reinforcement learning and post-training.
@_sibling(Told(("critic-runaway",), onset=(240_000, 420_000), by=480_000), usable=BAD)
def td3_q_runs_away(rng: np.random.Generator) -> Run:
    n = 200
    k = np.arange(n)
    up = np.clip(k - 90, 0, None)
    ret = plus(900 * (1 - np.exp(-k / 30)) * (1 - ramp(n, 140, 20)), 40, rng)
    return Run(every(n, 3000), {"charts/episodic_return": ret, "losses/qf1_loss": noisy(4.0 * np.exp(0.16 * up), 0.3,
        rng), "losses/qf1_values": noisy(40 * np.exp(0.11 * up), 0.05, rng),
        "losses/actor_loss": -noisy(40 * np.exp(0.11 * up), 0.05, rng)}, 20.0, {"exp_name": "td3_continuous_action",
        "total_timesteps": 1_000_000})


@_sibling(Told(("critic-runaway", "policy-collapse", "eval-regress", "sim-blowup"), onset=(200, 330), by=400),
    usable=BAD)
def ppo_value_loss_runs_away(rng: np.random.Generator) -> Run:
    n = 500
    k = np.arange(n)
    value = noisy(0.3 * np.exp(0.12 * np.clip(k - 260, 0, 100)), 0.2, rng)
    return Run(every(n), {"Train/mean_reward": plus(25 * (1 - np.exp(-k / 50)) * (1 - ramp(n, 320, 60)), 0.7, rng),
        "Loss/value_function": value, "Loss/surrogate": plus(-0.01, 0.003, rng, n)}, 2.0, {"max_iterations": 1500,
        "algorithm": {"class_name": "PPO", "schedule": "fixed"}})


@_sibling(silent=True)
def sac_critic_settles(rng: np.random.Generator) -> Run:
    n = 200
    k = np.arange(n)
    return Run(every(n, 4000), {"rollout/ep_rew_mean": plus(2500 * (1 - np.exp(-k / 60)), 60, rng),
        "train/critic_loss": noisy(0.5 + 12 * (1 - np.exp(-k / 25)), 0.25, rng),
        "train/actor_loss": plus(-150 * (1 - np.exp(-k / 60)), 2, rng),
        "train/ent_coef": 0.9 * np.exp(-k / 20) + 0.03}, 25.0, {"algo": "sac", "total_timesteps": 1_000_000})


@_sibling(silent=True)
def dual_variable_grows_by_design(rng: np.random.Generator) -> Run:
    n = 200
    k = np.arange(n)
    return Run(every(n, 1000), {"evaluation/return": plus(60 + 2200 * (1 - np.exp(-k / 60)), 60, rng),
        "train/alpha": 1.0 * np.exp(k / 40), "train/critic_loss": noisy(3.0 + 0.01 * k, 0.2, rng)}, 25.0,
        {"algo": "BEAR", "max_steps": 200_000})


@_sibling(Told(("policy-collapse", "eval-regress", "kl-explode"), least="critical", onset=(100, 145), by=160),
    unsaid=("无异常", "已恢复"), usable=BAD, verdict=("critical",))
def verl_policy_collapses(rng: np.random.Generator) -> Run:
    n = 220
    bad = ramp(n, 120, 14)
    score = np.clip(plus((0.25 + 0.4 * ramp(n, 0, 110)) * (1 - bad), 0.02 * 1, rng), 0, 1)
    return Run(every(n), {"critic/score/mean": score, "actor/kl_loss": noisy(0.001 + 0.03 * ramp(n, 0,
        110) + 60 * bad, 0.2, rng), "actor/entropy": noisy(0.6 - 0.3 * ramp(n, 0, 110) + 6 * bad, 0.05, rng),
        "response_length/mean": plus(620 + 1400 * bad, 12, rng),
        "response_length/clip_ratio": np.clip(plus(0.02 + 0.95 * bad, 0.01, rng), 0, 1),
        "actor/grad_norm": noisy(0.2 + 8 * bad * (1 - ramp(n, 150, 10)), 0.2, rng)}, 150.0,
        {"algorithm": {"adv_estimator": "grpo"}, "trainer": {"total_training_steps": 500},
        "data": {"max_response_length": 2048}})


@_sibling(Told(("policy-collapse", "eval-regress"), onset=(300, 390), by=430), usable=BAD, unsaid=("无异常",))
def grpo_without_kl_loses_reward(rng: np.random.Generator) -> Run:
    n = 260
    bad = ramp(n, 170, 10)
    return Run(every(n, 2, 2), {"train/loss": plus(0.0, 0.02, rng, n),
        "train/reward": np.clip(plus((0.4 + 0.5 * ramp(n, 0, 150)) * (1 - bad), 0.04, rng), 0, None),
        "train/entropy": noisy(0.5 + 7 * bad, 0.1, rng), "train/completions/mean_length": plus(300 + 700 * bad, 15,
        rng), "train/grad_norm": noisy(0.3, 0.2, rng, n)}, 60.0, {"num_generations": 16, "beta": 0.0,
        "max_steps": 1000})


@_sibling(silent=True)
def grpo_learns(rng: np.random.Generator) -> Run:
    n = 250
    up = ramp(n, 0, 230) ** 0.6
    return Run(every(n), {"train/loss": plus(0.001, 0.002, rng, n), "train/reward": plus(0.3 + 0.45 * up, 0.04, rng),
        "train/reward_std": noisy(0.4 - 0.1 * up, 0.1, rng), "train/kl": noisy(0.0005 + 0.09 * up, 0.15, rng),
        "train/entropy": noisy(0.9 * np.exp(-3 * up), 0.05, rng), "train/completion_length": plus(280 + 350 * up, 14,
        rng), "train/grad_norm": noisy(0.3, 0.25, rng, n)}, 60.0, {"num_generations": 8, "beta": 0.01,
        "max_steps": 300})


@_sibling(Told(("no-spread",), onset=(25, 60), by=90), never=("grad-vanish",), usable=BAD)
def every_answer_fails(rng: np.random.Generator) -> Run:
    n = 140
    off = np.arange(n) >= 40
    return Run(every(n), {"train/loss": np.where(off, 0.0, plus(0.0, 0.01, rng, n)), "train/grad_norm": np.where(off,
        0.0, noisy(0.25, 0.3, rng, n)), "train/reward": np.where(off, 0.0, np.clip(plus(0.08, 0.03, rng, n), 0, 1)),
        "train/reward_std": np.where(off, 0.0, noisy(0.2, 0.2, rng, n)), "train/frac_reward_zero_std": np.where(off,
        1.0, np.clip(plus(0.6, 0.1, rng, n), 0, 1))}, 40.0, {"num_generations": 8, "beta": 0.0, "max_steps": 600})


@_sibling(Told(("no-spread",), onset=(55, 100), by=140), never=("grad-vanish",))
def reward_std_alone_goes_to_zero(rng: np.random.Generator) -> Run:
    n = 200
    left = 1 - ramp(n, 60, 30)
    return Run(every(n), {"train/loss": plus(0.0, 0.01, rng, n) * left, "train/grad_norm": noisy(0.3, 0.2, rng,
        n) * left, "train/reward": plus(1.2 + 0.8 * (1 - left), 0.05, rng) * (1 - 0 * left),
        "train/reward_std": noisy(0.5, 0.1, rng, n) * left}, 40.0, {"num_generations": 4, "beta": 0.0,
        "max_steps": 800})


@_sibling(silent=True)
def groups_keep_their_spread(rng: np.random.Generator) -> Run:
    n = 200
    up = ramp(n, 0, 190)
    return Run(every(n), {"train/loss": plus(0.0, 0.01, rng, n), "train/grad_norm": noisy(0.25, 0.3, rng, n),
        "train/reward": plus(0.3 + 0.5 * up, 0.04, rng), "train/reward_std": noisy(0.4 - 0.18 * up, 0.1, rng),
        "train/frac_reward_zero_std": np.clip(plus(0.15 + 0.35 * up, 0.08, rng), 0, 1)}, 40.0, {"num_generations": 8,
        "max_steps": 300})


@_sibling(Told(("kl-negative",), onset=(60, 110), by=140))
def ppo_kl_sinks_to_minus_fifteen(rng: np.random.Generator) -> Run:
    n = 250
    return Run(every(n), {"train/objective/kl": plus(0.4 - 15 * ramp(n, 80, 120), 0.3, rng),
        "train/objective/rlhf_reward": plus(0.5 + 1.2 * ramp(n, 0, 240), 0.1, rng),
        "train/objective/entropy": noisy(60.0, 0.05, rng, n), "train/policy/clipfrac_avg": noisy(0.05, 0.2, rng, n)},
        45.0, {"kl_coef": 0.05, "num_ppo_epochs": 4, "num_total_batches": 600})


@_sibling(silent=True)
def kl_estimate_dips_below_zero(rng: np.random.Generator) -> Run:
    n = 250
    return Run(every(n), {"train/objective/kl": plus(0.02 + 2.0 * ramp(n, 20, 200), 0.15, rng),
        "train/objective/rlhf_reward": plus(0.5 + 1.5 * ramp(n, 0, 240), 0.2, rng)}, 45.0, {"kl_coef": 0.05,
        "num_ppo_epochs": 4, "num_total_batches": 600})


@_sibling(Told(("eval-regress", "policy-collapse"), onset=(240, 320), by=370), usable=BAD, planned=400,
    unsaid=("无异常",))
def ppo_score_turns_negative(rng: np.random.Generator) -> Run:
    n = 400
    high = np.arange(n) < 280
    score = plus(np.where(high, np.where(rng.random(n) < 0.6, 7.0, 1.0), np.where(rng.random(n) < 0.7, -6.0, -1.0)),
        1.0, rng)
    return Run(every(n, 1, 0), {"objective/scores": score, "objective/rlhf_reward": score - 0.1,
        "objective/kl": noisy(2.0, 0.2, rng, n), "epoch": np.arange(n) * 1e-4, "lr": 3e-6 * (1 - np.arange(n) / n)},
        6.0, {"num_train_epochs": 3.0, "max_steps": -1, "num_total_batches": 400, "num_ppo_epochs": 4,
        "kl_coef": 0.05}, "finished")


@_sibling(Told(("eval-regress", "policy-collapse"), onset=(1_050_000, 1_300_000), by=1_450_000), usable=BAD)
def gym_return_falls_for_good(rng: np.random.Generator) -> Run:
    n = 300
    k = np.arange(n)
    ret = plus(900 * (1 - np.exp(-k / 40)) - 740 * ramp(n, 180, 8), 45, rng)
    return Run(every(n, 6144), {"rollout/ep_rew_mean": ret, "rollout/ep_len_mean": plus(500.0, 5, rng, n),
        "train/approx_kl": noisy(0.01, 0.3, rng, n), "train/explained_variance": np.clip(plus(0.9, 0.02, rng, n), -1,
        1), "time/fps": noisy(900.0, 0.02, rng, n)}, 7.0, {"algo": "ppo", "total_timesteps": 3_000_000})


@_sibling(silent=True)
def gym_return_is_noisy(rng: np.random.Generator) -> Run:
    n = 300
    ret = 850 * (1 - np.exp(-np.arange(n) / 40)) + wander(n, 0.7, 70, rng)
    return Run(every(n, 6144), {"rollout/ep_rew_mean": ret, "train/approx_kl": noisy(0.01, 0.3, rng, n),
        "time/fps": noisy(900.0, 0.02, rng, n)}, 7.0, {"algo": "ppo", "total_timesteps": 2_000_000})


@_sibling(said=("rew", "return", "reward", "回报"), unsaid=("fps 9",), silent=True)
def reward_behind_fps_and_length(rng: np.random.Generator) -> Run:
    n = 150
    return Run(every(n, 2048), {"time/fps": noisy(950.0, 0.02, rng, n), "time/iterations": np.arange(1.0, n + 1),
        "rollout/ep_len_mean": plus(200.0, 4, rng, n), "train/loss": noisy(power(n, 5.0, 1.0), 0.2, rng),
        "rollout/ep_rew_mean": plus(-1200 + 1000 * (1 - np.exp(-np.arange(n) / 40)), 15, rng)}, 3.0, {"algo": "ppo",
        "total_timesteps": 307_200}, "finished")


@_sibling(Told(("sim-blowup", "policy-collapse", "entropy-collapse", "eval-regress"), onset=(300, 700), by=900))
def noise_std_rises_without_end(rng: np.random.Generator) -> Run:
    n = 1000
    k = np.arange(n)
    return Run(every(n), {"Train/mean_reward": plus(20 * (1 - np.exp(-k / 80)) - 16 * ramp(n, 500, 350), 0.6, rng),
        "Policy/mean_noise_std": noisy(1.0 + 30 * ramp(n, 400, 580) ** 2, 0.01, rng),
        "Loss/value_function": noisy(0.05, 0.2, rng, n)}, 2.0, {"max_iterations": 3000,
        "algorithm": {"class_name": "PPO", "entropy_coef": 0.01}})


@_sibling(Told(("sim-blowup",), least="info", onset=(395, 435), by=420, open=False))
def return_outlier_of_a_million(rng: np.random.Generator) -> Run:
    n = 500
    reward = plus(-30 + 45 * (1 - np.exp(-np.arange(n) / 80)), 1.0, rng)
    reward[[400, 401, 430, 431]] = [-4.1e6, -2.2e6, -8.8e6, -1.0e6]
    return Run(every(n, 1, 0), {"Train/mean_reward": reward, "Train/mean_episode_length": plus(900.0, 10, rng, n),
        "Loss/surrogate": plus(-0.01, 0.002, rng, n)}, 2.0, {"max_iterations": 1500,
        "algorithm": {"class_name": "PPO"}})


@_sibling(Told(("truncated-answers",), onset=(60, 120), by=170))
def completions_hit_the_limit(rng: np.random.Generator) -> Run:
    n = 200
    up = ramp(n, 60, 80)
    return Run(every(n), {"train/loss": plus(0.0, 0.01, rng, n), "train/reward": plus(0.5 + 0.05 * ramp(n, 0,
        60) - 0.03 * up, 0.03, rng), "train/completions/mean_length": plus(420 + 480 * up, 12, rng),
        "train/completions/max_length": np.full(n, 1024.0),
        "train/completions/clipped_ratio": np.clip(plus(0.05 + 0.6 * up, 0.02, rng), 0, 1),
        "train/grad_norm": noisy(0.2, 0.2, rng, n)}, 60.0, {"num_generations": 8, "max_completion_length": 1024,
        "max_steps": 500})


@_sibling(Told(("preference-saturated",)))
def dpo_margins_of_forty(rng: np.random.Generator) -> Run:
    n = 150
    up = ramp(n, 5, 80)
    return Run(every(n, 10), {"train/loss": 0.69 * (1 - up) ** 2 + 1e-6,
        "train/rewards/accuracies": np.clip(plus(0.5 + 0.5 * up, 0.01, rng), 0, 1),
        "train/rewards/margins": plus(42 * up, 0.5, rng), "train/rewards/chosen": plus(-12 * up, 0.4, rng),
        "train/rewards/rejected": plus(-54 * up, 0.5, rng)}, 20.0, {"beta": 0.1, "loss_type": "sigmoid",
        "max_steps": 2000})


@_sibling(silent=True)
def dpo_learns(rng: np.random.Generator) -> Run:
    n = 150
    up = ramp(n, 0, 140) ** 0.6
    return Run(every(n, 10), {"train/loss": plus(0.693 - 0.2 * up, 0.015, rng),
        "train/rewards/accuracies": np.clip(plus(0.5 + 0.24 * up, 0.03, rng), 0, 1),
        "train/rewards/margins": plus(1.1 * up, 0.06, rng), "train/rewards/chosen": plus(0.1 - 0.4 * up, 0.04, rng)},
        20.0, {"beta": 0.1, "loss_type": "sigmoid", "max_steps": 1500, "_name_or_path": "mistral"})


@_sibling(verdict=("info", "warning", "critical"), unsaid=("无异常",))
def return_swings_to_the_end(rng: np.random.Generator) -> Run:
    n = 300
    k = np.arange(n)
    ret = plus((1 - np.exp(-k / 30)) * (850 + 650 * np.sign(np.sin(2 * np.pi * k / 37))), 60, rng)
    return Run(every(n, 5000), {"eval/mean_reward": ret, "train/critic_loss": noisy(3.0, 0.3, rng, n)}, 20.0,
        {"algo": "td3", "total_timesteps": 1_500_000}, "finished")


@_sibling(Told(("policy-collapse", "eval-regress"), least="critical", onset=(70, 125), by=150), usable=BAD,
    unsaid=("已恢复",))
def graded_answers_shrink_to_nothing(rng: np.random.Generator) -> Run:
    n = 200
    bad = ramp(n, 90, 20)
    return Run(every(n), {"critic/score/mean": plus((-0.4 + 0.9 * ramp(n, 0, 80)) * (1 - bad) - bad, 0.05, rng),
        "actor/ppo_kl": noisy(0.001 + 0.3 * bad, 0.3, rng), "response_length/mean": plus(800 - 770 * bad, 10, rng),
        "response_length/clip_ratio": np.clip(plus(0.03, 0.01, rng, n), 0, 1),
        "actor/entropy": noisy(0.5 * (1 - 0.9 * bad) + 0.01, 0.1, rng)}, 90.0,
        {"algorithm": {"adv_estimator": "grpo"}, "trainer": {"total_training_steps": 400}})


@_sibling(silent=True)
def graded_answers_improve(rng: np.random.Generator) -> Run:
    n = 200
    up = ramp(n, 0, 190) ** 0.7
    return Run(every(n), {"critic/score/mean": plus(-0.4 + 0.9 * up, 0.05, rng), "actor/ppo_kl": plus(0.0005, 0.0004,
        rng, n), "response_length/mean": plus(800 + 500 * up, 20, rng),
        "response_length/clip_ratio": np.clip(plus(0.03 + 0.05 * up, 0.01, rng), 0, 1),
        "actor/entropy": noisy(0.5 * (1 - 0.7 * up), 0.05, rng)}, 90.0, {"algorithm": {"adv_estimator": "grpo"},
        "trainer": {"total_training_steps": 250}})


@_sibling(Told(("eval-regress", "policy-collapse"), onset=(1700, 2080), by=2400), usable=BAD)
def two_valued_reward_changes_sign(rng: np.random.Generator) -> Run:
    n = 700
    good = np.where(np.arange(n) < 470, 0.85, 0.08)
    reward = np.where(rng.random(n) < good, 30.0, -30.0)
    return Run(every(n, 4), {"env/reward/total": reward, "objective/kl": noisy(3.0, 0.2, rng, n),
        "ppo/returns/var": noisy(1.0, 0.2, rng, n)}, 8.0, {"model_name": "gpt2", "steps": 4000, "ppo_epochs": 4,
        "init_kl_coef": 0.2})


@_sibling(silent=True)
def two_valued_reward_stays(rng: np.random.Generator) -> Run:
    n = 700
    reward = np.where(rng.random(n) < 0.5 + 0.3 * ramp(n, 0, 500), 30.0, -30.0)
    return Run(every(n, 4), {"env/reward/total": reward, "objective/kl": noisy(3.0, 0.2, rng, n)}, 8.0,
        {"model_name": "gpt2", "steps": 4000, "ppo_epochs": 4, "init_kl_coef": 0.2})


@_sibling(silent=True)
def kl_of_many_nats_is_paid_for(rng: np.random.Generator) -> Run:
    n = 320
    up = ramp(n, 0, 310)
    return Run(every(n), {"train/reward": plus(-1.0 + 3.0 * up, 0.6, rng), "train/kl": noisy(0.01 + 6.0 * up**1.5,
        0.2, rng), "train/completion_length": plus(180 + 40 * up, 8, rng)}, 30.0, {"num_generations": 8, "beta": 0.01,
        "max_steps": 400})


@_sibling(Told(("kl-explode", "policy-collapse"), onset=(110, 215), by=290))
def kl_runs_off_after_reward_has_stopped(rng: np.random.Generator) -> Run:
    n = 320
    return Run(every(n), {"train/reward": plus(-1.0 + 2.0 * ramp(n, 0, 90), 0.2, rng),
        "train/kl": noisy(0.02 + 40 * ramp(n, 150, 150) ** 2, 0.2, rng), "train/completion_length": plus(180.0, 8,
        rng, n)}, 30.0, {"num_generations": 8, "beta": 0.01, "max_steps": 600})


@_sibling(Told(("no-spread",), onset=(100, 135), by=180))
def advantage_std_vanishes_slowly(rng: np.random.Generator) -> Run:
    n = 260
    left = np.clip(1 - ramp(n, 80, 40), 0.0, 1.0)
    return Run(every(n), {"train/reward": np.clip(plus(0.5 + 0.5 * (1 - left), 0.05, rng), 0, 1) * 1.0,
        "train/reward_std": noisy(0.35, 0.15, rng, n) * left, "train/loss": plus(0.0, 0.02, rng, n) * left,
        "train/grad_norm": noisy(0.2, 0.2, rng, n) * left}, 30.0, {"num_generations": 8, "max_steps": 900})


# Generative models.
@_sibling(Told(("gan-collapse",), least="critical"), unsaid=("无异常",))
def dcgan_discriminator_wins(rng: np.random.Generator) -> Run:
    n = 200
    lost = ramp(n, 90, 40)
    return Run(every(n, 100), {"errG": noisy(1.6 + 11 * lost, 0.15, rng), "errD_real": noisy(0.6 * (1 - lost) + 5e-4,
        0.2, rng), "errD_fake": noisy(0.6 * (1 - lost) + 5e-4, 0.2, rng)}, 10.0, {"niter": 60, "nz": 100, "ngf": 64})


@_sibling(Told(("gan-collapse",), least="critical"), unsaid=("无异常",))
def cyclegan_discriminators_win(rng: np.random.Generator) -> Run:
    n = 220
    lost = ramp(n, 110, 40)
    low = 0.24 * (1 - lost) + 4e-4
    return Run(every(n, 100), {"D_A": noisy(low, 0.15, rng), "G_A": noisy(0.3 + 0.68 * lost, 0.1, rng),
        "cycle_A": noisy(power(n, 3.0, 1.2), 0.1, rng), "D_B": noisy(low, 0.15, rng), "G_B": noisy(0.3 + 0.68 * lost,
        0.1, rng), "cycle_B": noisy(power(n, 3.0, 1.2), 0.1, rng)}, 40.0, {"model": "cycle_gan", "gan_mode": "lsgan",
        "lambda_A": 10.0})


@_sibling(silent=True)
def gan_in_balance(rng: np.random.Generator) -> Run:
    n = 250
    return Run(every(n, 100), {"errG": noisy(1.7 * np.exp(wander(n, 0.9, 0.2, rng)), 0.2, rng),
        "errD_real": noisy(0.55, 0.25, rng, n), "errD_fake": noisy(0.5, 0.25, rng, n)}, 10.0, {"niter": 60, "nz": 100})


@_sibling(Told(("kl-collapse",), onset=(800, 4000)), unsaid=("推理时 z=0",))
def lightning_vae_collapses(rng: np.random.Generator) -> Run:
    n = 120
    kl = noisy(4.0 * np.exp(-np.arange(n) / 4) + 3e-5, 0.2, rng)
    recon = noisy(power(n, 240.0, 206.0, 3), 0.005, rng)
    return Run(every(n, 100), {"train_recon_loss": recon, "train_kld": kl, "train_loss": recon + kl}, 20.0,
        {"latent_dim": 64, "beta": 1.0, "max_epochs": 50})


@_sibling(silent=True)
def vae_uses_its_latent(rng: np.random.Generator) -> Run:
    n = 120
    kl = noisy(14 - 11 * np.exp(-np.arange(n) / 6), 0.03, rng)
    recon = noisy(power(n, 240.0, 85.0, 3), 0.01, rng)
    return Run(every(n, 100), {"train_recon_loss": recon, "train_kld": kl, "train_loss": recon + kl}, 20.0,
        {"latent_dim": 16, "beta": 1.0, "max_epochs": 50})


@_sibling(Told(("codebook-collapse",), onset=(2500, 11_000)))
def codebook_dies(rng: np.random.Generator) -> Run:
    n = 200
    dead = ramp(n, 50, 60)
    return Run(every(n, 100), {"train/recon_loss": noisy(power(n, 0.5, 0.12), 0.05, rng),
        "train/perplexity": noisy(np.exp(np.log(320) * (1 - dead) + np.log(1.3) * dead), 0.03, rng),
        "train/codebook_usage": np.clip(0.75 * (1 - dead) + 0.004, 0, 1), "train/commit_loss": noisy(0.02, 0.1, rng,
        n)}, 10.0, {"num_embeddings": 512, "max_steps": 40_000})


@_sibling(silent=True)
def codebook_is_used(rng: np.random.Generator) -> Run:
    n = 200
    return Run(every(n, 100), {"train/recon_loss": noisy(power(n, 0.5, 0.12), 0.05, rng),
        "train/perplexity": noisy(60 + 300 * ramp(n, 0, 90), 0.03, rng), "train/commit_loss": noisy(0.02, 0.1, rng,
        n)}, 10.0, {"num_embeddings": 512, "max_steps": 40_000})


@_sibling(Told(("gan-collapse",), least="critical"), unsaid=("无异常",))
def sngan_discriminator_wins(rng: np.random.Generator) -> Run:
    n = 240
    lost = ramp(n, 120, 30)
    return Run(every(n, 50), {"loss_D_real": noisy(0.55 * (1 - lost) + 3e-4, 0.2, rng),
        "loss_D_fake": noisy(0.55 * (1 - lost) + 3e-4, 0.2, rng), "loss_G": noisy(1.3 + 8 * lost, 0.15, rng)}, 5.0,
        {"epochs": 200, "latent_dim": 100})


@_sibling(silent=True)
def cyclegan_discriminators_lead(rng: np.random.Generator) -> Run:
    n = 260
    low = 0.25 - 0.19 * ramp(n, 20, 200)
    return Run(every(n, 100), {"D_A": noisy(low, 0.3, rng), "G_A": noisy(0.3 + 0.45 * ramp(n, 20, 200), 0.2, rng),
        "cycle_A": noisy(power(n, 3.0, 1.0), 0.1, rng), "idt_A": noisy(power(n, 1.5, 0.5), 0.1, rng),
        "D_B": noisy(low, 0.3, rng), "G_B": noisy(0.3 + 0.4 * ramp(n, 20, 200), 0.2, rng), "cycle_B": noisy(power(n,
        3.0, 1.0), 0.1, rng), "idt_B": noisy(power(n, 1.5, 0.5), 0.1, rng)}, 40.0, {"model": "cycle_gan",
        "gan_mode": "lsgan"})


# Values that cannot be.
@_sibling(Told(("impossible-value",)), usable=BAD)
def fid_below_zero(rng: np.random.Generator) -> Run:
    n = 200
    return Run(every(n, 100), {"train/loss": noisy(power(n, 0.3, 0.03), 0.1, rng), "eval/fid": at_rows(n, last_rows(n,
        25), [61.0, 33.0, 20.0, 8.0, -3.2, -7.9, -12.1, -13.0])}, 10.0, {"model": "ddpm", "max_steps": 20_000},
        "finished")


@_sibling(Told(("impossible-value",)), usable=BAD)
def accuracy_of_1_7(rng: np.random.Generator) -> Run:
    n = 30
    return Run(every(n), {"train_loss": noisy(power(n, 2.0, 0.2, 3), 0.03, rng),
        "val_acc": 1.75 - 1.2 * np.exp(-np.arange(n) / 6)}, 30.0, {"epochs": 30, "num_classes": 4}, "finished")


@_sibling(Told(("impossible-value",)))
def lm_cross_entropy_below_zero(rng: np.random.Generator) -> Run:
    n = 150
    return Run(every(n, 20), {"train/ce_loss": plus(1.5 - 3.0 * ramp(n, 10, 130), 0.05, rng), "train/lr": np.full(n,
        1e-4)}, 10.0, {"vocab_size": 32_000, "n_layer": 6, "max_steps": 5000})


@_sibling(silent=True)
def gaussian_nll_below_zero(rng: np.random.Generator) -> Run:
    n = 150
    return Run(every(n, 20), {"train/nll": plus(1.5 - 4.0 * (1 - np.exp(-np.arange(n) / 40)), 0.05, rng),
        "val/nll": at_rows(n, last_rows(n, 15), plus(1.5 - 3.8 * (1 - np.exp(-np.array(last_rows(n, 15)) / 40)), 0.02,
        rng))}, 10.0, {"likelihood": "gaussian", "max_steps": 3000})


@_sibling(silent=True)
def accuracy_in_percent(rng: np.random.Generator) -> Run:
    n = 40
    return Run(every(n), {"train_loss": noisy(power(n, 2.3, 0.2, 4), 0.03, rng),
        "val_acc": plus(94 - 60 * np.exp(-np.arange(n) / 6), 0.2, rng)}, 30.0, {"epochs": 40, "num_classes": 10},
        "finished")


@_sibling(silent=True)
def four_classes_in_per_cent(rng: np.random.Generator) -> Run:
    n = 30
    return Run(every(n), {"train_loss": noisy(power(n, 1.5, 0.3, 3), 0.03, rng),
        "val_acc": plus(88 - 62 * np.exp(-np.arange(n) / 6), 0.3, rng)}, 30.0, {"epochs": 30, "num_classes": 4},
        "finished")


# Events that belong together, and pairs that are logged twice.
@_sibling(silent=True, unfound=("metric-duplicate",))
def loss_logged_under_two_names(rng: np.random.Generator) -> Run:
    n = 60
    step = noisy(31.0, 0.03, rng, n)
    score = plus(0.4 + 0.3 * ramp(n, 0, 60), 0.02, rng)
    return Run(every(n), {"critic/score/mean": score, "critic/rewards/mean": score, "critic/score/max": np.ones(n),
        "critic/rewards/max": np.ones(n), "timing_s/step": step, "perf/time_per_step": step,
        "actor/pg_loss": plus(0.0, 0.02, rng, n), "actor/entropy": noisy(0.5, 0.05, rng, n)}, step,
        {"algorithm": {"adv_estimator": "rloo"}, "trainer": {"total_training_steps": 120}})


@_sibling(Told(("loss-spike", "oscillation", "divergence", "loss-jump", "grad-spike"), onset=(40_000, 160_000),
    open=False), said=("反复尖峰 22 次", "反复尖峰 21 次"))
def spikes_come_back_again_and_again(rng: np.random.Generator) -> Run:
    n = 800
    loss = noisy(power(n, 6.0, 2.2, 12), 0.012, rng)
    at = np.sort(rng.choice(np.arange(300, 790), 22, replace=False))
    loss[at] += rng.uniform(1.5, 5.0, 22)
    return Run(every(n, 200), {"train/loss": loss, "train/grad_norm": noisy(0.4, 0.15, rng, n)}, 30.0,
        {"max_steps": 400_000, "n_layer": 24})
