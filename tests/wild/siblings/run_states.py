"""How a run was interrupted, and how it ended."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import Run, at_rows, cosine, every, last_rows, noisy, plus, power, sibling


# Pauses.
@sibling(silent=True, unfound=("resume-seam",), unsaid=("中断过", "续训"))
def pause_for_evaluation_each_epoch(rng: np.random.Generator) -> Run:
    n, block = 420, 42
    dt = np.full(n, 8.0)
    dt[block - 1 :: block] = 1800.0
    accuracy = at_rows(n, last_rows(n, block), plus(0.5 + 0.03 * np.arange(n // block), 0.004, rng))
    loss: list[float | None] = list(noisy(power(n, 4.0, 1.0), 0.03, rng))
    for i in last_rows(n, block):
        loss[i] = None
    return Run(every(n, 100), {"train/loss": loss, "val/acc1": accuracy}, dt, {"epochs": 10}, "finished")


@sibling(silent=True)
def resumed_from_an_earlier_ckpt(rng: np.random.Generator) -> Run:
    n = 300
    steps = every(200, 50) + every(100, 50, 9550)
    dt = np.full(n, 12.0)
    dt[200] = 7200.0
    return Run(
        steps,
        {"train/loss": noisy(2.0 + 3.0 * (1 + np.array(steps) / 500) ** -0.6, 0.02, rng)},
        dt,
        {"max_steps": 40_000},
    )


# How a run ended.
@sibling(verdict=("info", "warning"), said=("收尾时报错",), unsaid=("无异常", "任务失败"))
def failed_after_the_last_epoch(rng: np.random.Generator) -> Run:
    n = 40
    return Run(
        every(n, 1, 0),
        {"epoch": np.arange(n, dtype=float), "train_loss": noisy(power(n, 2.0, 0.4), 0.03, rng), "lr": cosine(n, 0.1)},
        90.0,
        {"epochs": 40},
        "failed",
    )


@sibling(Told(("run-crashed",), least="critical", posted=False), unsaid=("收尾时报错",))
def failed_at_two_fifths(rng: np.random.Generator) -> Run:
    n = 100
    return Run(
        every(n, 40), {"train/loss": noisy(power(n, 2.5, 1.2), 0.03, rng)}, 30.0, {"max_steps": 10_000}, "failed"
    )


@sibling(Told(("run-crashed",), posted=False), said=("2450",), unsaid=("停在 48 步", "第 48 步", "停在 49 步"))
def lightning_crash_in_its_own_steps(rng: np.random.Generator) -> Run:
    n = 49
    return Run(
        every(n, 1, 0),
        {
            "trainer/global_step": np.arange(1, n + 1) * 50.0,
            "epoch": np.floor(np.arange(n) / 10),
            "train_loss": noisy(power(n, 1.0, 0.2), 0.05, rng),
        },
        40.0,
        {},
        "crashed",
    )


@sibling(silent=True, said=("手动终止",), unsaid=("任务失败", "没跑完"))
def stopped_by_hand(rng: np.random.Generator) -> Run:
    n = 120
    return Run(
        every(n, 25), {"train/loss": noisy(power(n, 2.5, 1.0), 0.03, rng)}, 30.0, {"max_steps": 20_000}, "killed"
    )


@sibling(verdict=("info", "warning"), said=("收尾时报错",), unsaid=("无异常", "任务失败"))
def lightning_failed_after_max_epochs(rng: np.random.Generator) -> Run:
    n = 120
    return Run(
        every(n, 50, 49),
        {
            "epoch": np.floor(np.arange(n) / 12),
            "trainer/global_step": np.arange(1, n + 1) * 50.0 - 1,
            "train_loss": noisy(power(n, 2.0, 0.4), 0.03, rng),
        },
        20.0,
        {"max_epochs": 10},
        "failed",
    )


@sibling(Told(("run-crashed",), least="critical", posted=False), unsaid=("收尾时报错",))
def failed_three_epochs_before_the_end(rng: np.random.Generator) -> Run:
    n = 37
    return Run(
        every(n, 1, 0),
        {"epoch": np.arange(n, dtype=float), "train_loss": noisy(power(n, 2.0, 0.4), 0.03, rng)},
        90.0,
        {"epochs": 40},
        "failed",
    )
