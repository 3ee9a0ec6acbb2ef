"""Waiting for data, throughput, memory."""

from __future__ import annotations

import numpy as np

from tests.wild.expected import Told
from tests.wild.siblings.sketch import Run, every, noisy, plus, power, sibling


# Waiting for data.
@sibling(Told(("data-bound",)), said=("74%", "73%"))
def mmengine_waits_in_bursts(rng: np.random.Generator) -> Run:
    n = 180
    wait = np.where(np.arange(n) % 6 == 0, 5.0, 0.002)
    total = noisy(0.3, 0.03, rng, n) + wait
    return Run(
        every(n),
        {"loss": noisy(power(n, 2.0, 0.8), 0.05, rng), "data_time": wait, "time": total},
        total,
        {"max_iters": 40_000, "num_workers": 6},
    )


@sibling(Told(("data-bound",)))
def lerobot_four_workers_in_bursts(rng: np.random.Generator) -> Run:
    n = 140
    wait = np.where(np.arange(n) % 4 == 1, noisy(3.0, 0.1, rng, n), 0.0008)
    busy = noisy(0.21, 0.04, rng, n)
    return Run(
        every(n),
        {"train/loss": noisy(power(n, 0.8, 0.2), 0.1, rng), "train/update_s": busy, "train/dataloading_s": wait},
        wait + busy,
        {"policy": {"type": "pi0"}, "num_workers": 4, "log_freq": 1},
        facts={"planned_steps": 60_000},
    )


@sibling(silent=True)
def waits_only_between_epochs(rng: np.random.Generator) -> Run:
    n = 600
    wait = np.where(np.arange(n) % 150 == 0, 6.0, 0.003)
    busy = noisy(0.3, 0.03, rng, n)
    return Run(
        every(n),
        {"train/loss": noisy(power(n, 1.0, 0.3), 0.1, rng), "train/update_s": busy, "train/dataloading_s": wait},
        wait + busy,
        {"num_workers": 4},
        facts={"planned_steps": 5000},
    )


@sibling(silent=True)
def mmengine_data_time_is_part_of_time(rng: np.random.Generator) -> Run:
    n = 200
    total = noisy(0.35, 0.03, rng, n)
    return Run(
        every(n, 50),
        {"loss": noisy(power(n, 2.0, 0.6), 0.05, rng), "data_time": noisy(0.012, 0.1, rng, n), "time": total},
        total * 50,
        {"max_iters": 20_000},
    )


# Throughput.
@sibling(silent=True)
def tokens_per_second_double(rng: np.random.Generator) -> Run:
    n = 150
    rate = noisy(np.where(np.arange(n) < 70, 11_000.0, 22_000.0), 0.02, rng)
    return Run(
        every(n, 10),
        {"train/loss": noisy(power(n, 5.0, 2.0), 0.02, rng), "perf/tokens_per_second": rate},
        10 * 65_536 / rate,
        {"max_steps": 5000},
    )


@sibling(Told(("throughput-drop",), onset=(1750, 1950), by=2300))
def speed_in_it_per_second_halves(rng: np.random.Generator) -> Run:
    n = 150
    rate = noisy(np.where(np.arange(n) < 90, 2.2, 0.9), 0.04, rng)
    return Run(
        every(n, 20),
        {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "speed (it/s)": rate},
        20 / rate,
        {"max_steps": 6000},
    )


@sibling(Told(("throughput-drop",), least="info", onset=(500, 2500), posted=False), unsaid=("297",))
def samples_per_second_creep_down(rng: np.random.Generator) -> Run:
    n = 600
    rate = noisy(420 - 210 * np.clip((np.arange(n) - 60) / 520, 0, 1), 0.03, rng)
    return Run(
        every(n, 10),
        {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "train/samples_per_second": rate},
        640 / rate,
        {"max_steps": 10_000},
    )


@sibling(Told(("mem-growth",)))
def host_memory_fills(rng: np.random.Generator) -> Run:
    n = 200
    return Run(
        every(n, 20),
        {
            "train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng),
            "system.memory_percent": plus(34 + 48 * np.arange(n) / n, 0.3, rng),
        },
        60.0,
        {"max_steps": 8000},
    )


@sibling(Told(("gpu-idle",), least="info", posted=False))
def gpu_does_nothing(rng: np.random.Generator) -> Run:
    n = 200
    return Run(
        every(n, 20),
        {
            "train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng),
            "system.gpu.0.gpu": np.clip(plus(2.0, 1.5, rng, n), 0, 100),
        },
        60.0,
        {"max_steps": 8000},
        "finished",
    )


@sibling(Told(("throughput-drop",), onset=(2000, 9000)))
def step_time_creeps_up_for_hours(rng: np.random.Generator) -> Run:
    n = 500
    each = noisy(1.5 + 2.4 * np.clip((np.arange(n) - 80) / 400, 0, 1), 0.04, rng)
    return Run(
        every(n, 50),
        {"train/loss": noisy(power(n, 2.0, 0.6), 0.03, rng), "train/step_time": each},
        50 * each,
        {"max_steps": 60_000},
    )
