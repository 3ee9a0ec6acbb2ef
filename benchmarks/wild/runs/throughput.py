"""Runs in which time is what goes wrong: waiting for data, memory that fills, iterations that get slower."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import INFO, WARNING, Case, fault, sick
from benchmarks.wild.columns import loss, score, total
from benchmarks.wild.sketch import (
    Clock,
    Derived,
    Line,
    Sketch,
    apply,
    cosine,
    every,
    flat,
    gaussian,
    level,
    lognormal,
    made,
    mades,
    real,
    reals,
    rounded,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "mmf-vqa-iterations-get-slower",
        "facebookresearch/mmf#27",
        "supervised",
        Sketch(
            at=every(100, 4000),
            lines={
                "train_loss": loss((*reals((100, 3.6883), (200, 3.2849), (300, 2.7410), (400, 2.4218), (500, 2.1596), (600, 2.1245), (700, 2.0011), (800, 1.9192), (900, 1.8463), (1000, 1.7650)), made(4000, 1.31)), 0.02),
                "train_score": score((*reals((100, 0.2910), (200, 0.3172), (300, 0.3990), (400, 0.4266), (500, 0.4867), (600, 0.4711), (700, 0.4941), (800, 0.5035), (900, 0.5258)), made(4000, 0.61)), 0.012),
                "avg_train_score": score((*reals((100, 0.1358), (200, 0.2345), (300, 0.2964), (400, 0.3522), (500, 0.4034), (600, 0.4355), (700, 0.4629), (800, 0.4865)), made(4000, 0.605)), 0.003),
                "val_score": score((*reals((100, 0.2867), (200, 0.2809), (300, 0.3617), (400, 0.3578), (500, 0.3617), (600, 0.3736), (700, 0.3406), (800, 0.3521), (900, 0.3809)), made(4000, 0.47)), 0.016),
                "val_loss": loss((*reals((100, 3.3840), (200, 3.0615), (300, 2.9113), (400, 2.6786), (500, 2.5952), (600, 2.5149), (700, 2.7058), (800, 2.5427), (900, 2.4809)), made(4000, 2.22)), 0.03),
                "time(s)": Line((*reals((100, 307.7), (200, 268.5), (300, 282.1), (400, 299.6), (500, 285.3), (600, 329.9), (700, 356.2), (800, 324.3), (900, 335.9)), made(1000, 352.0), made(2000, 590.0), made(4000, 1120.0)), then=(lognormal(0.05),)),
            },
            config={"training_parameters": {"batch_size": 512, "max_iterations": 22000, "lr_steps": [14000, 16000], "log_interval": 100, "snapshot_interval": 1000, "num_workers": 7}, "model": "pythia"},
            state="running",
            planned=22_000,
            clock=Clock(((made(100, 3.08)), made(500, 2.9), made(1000, 3.5), made(2000, 5.9), made(4000, 11.2)), jitter=0.05),
        ),
        sick(fault("throughput-drop", (500, 1600), 3000, WARNING), also="mem-growth gen-gap overfit"),
        "A hundred iterations take 285 s at first, 336 s at 900 and over 1000 s at 4000, steadily: something accumulates (graph kept alive, cache, file system).",
        ("Training is sound (val_score 0.47, rising); it gets slower without end.", "time per 100 iterations 285 s (300) -> 1120 s (4000), linear; at this pace the rest takes weeks.", "Look for a loss kept with its graph and growing lists; compare with a fresh start from the snapshot of 4000."),
    ),
    Case(
        "efficientdet-host-memory-fills",
        "google/automl#224",
        "detection",
        Sketch(
            at=every(100, 46_000),
            lines={
                "loss": loss(mades((100, 2.1), (5_000, 0.62), (20_000, 0.36), (46_000, 0.27)), 0.09),
                "box_loss": loss(mades((100, 0.011), (5_000, 0.0042), (46_000, 0.0019)), 0.1),
                "class_loss": loss(mades((100, 1.5), (5_000, 0.39), (46_000, 0.15)), 0.1),
                "learning_rate": Line(cosine(0.08, 57_000, warmup=700)),
                "system/memory": Line((level(100, 1.6), level(1_280, 9.3), level(2_560, 12.4), level(3_840, 15.4), made(46_000, 98.2)), noise=(gaussian(0.25),), then=(rounded(1),)),
                "system/gpu.0.memory": Line((made(100, 71.0),), noise=(gaussian(0.05),), then=(rounded(1),)),
                "global_step/sec": Line((made(100, 0.71),), then=(lognormal(0.03),)),
            },
            config={"model_name": "efficientdet-d0", "num_epochs": 300, "train_batch_size": 8, "learning_rate": 0.08, "num_examples_per_epoch": 5717},
            state="crashed",
            planned=57_000,
            clock=Clock(1.41, jitter=0.03),
            silence=7200.0,
        ),
        sick(fault("mem-growth", (100, 4_000), 30_000, WARNING), also="run-crashed stalled-logging", usable=True),
        "Host memory goes up by two gigabytes every half hour, straight, from 1 to 65 GB, and the kernel ends the process after 18 hours. GPU memory is constant.",
        (
            "Usable up to its last checkpoint; ended at 81 % of the plan with host memory full.",
            "system/memory 1.6 % -> 98 % along a line over 18 h, GPU memory constant.",
            "Input pipeline (cache, shuffle buffer, a second dataset per evaluation): resume from the last checkpoint, restart it daily until found.",
        ),
    ),
    Case(
        "pips-one-read-takes-two-hundred-seconds",
        "aharley/pips#17",
        "supervised",
        Sketch(
            at=every(1, 900),
            lines={
                "loss": loss((made(1, 190.0), *reals((24, 67.71947), (25, 107.49207), (26, 106.29369), (27, 105.84137), (28, 167.15781), (29, 111.998), (30, 102.14317), (31, 100.11551), (32, 76.14967), (33, 106.6948), (34, 107.20820), (35, 82.02447)), made(36, 100.0), made(900, 52.0)), 0.3),
                "rtime": Line((*reals((24, 0.06), (25, 0.05), (26, 0.06), (27, 0.03), (28, 0.03), (29, 0.03), (30, 0.06), (31, 0.03), (32, 210.16), (33, 0.05), (34, 0.05), (35, 0.05)),), then=(apply(lambda x, s: np.where(s % 32 == 0, 200.0, 0.045)), lognormal(0.2), rounded(2))),
                "compute": Line((*reals((24, 1.89), (25, 1.86), (26, 1.80), (27, 1.99), (28, 1.8), (29, 2.06), (30, 1.96), (31, 1.77), (32, 2.2), (33, 1.95), (34, 1.86), (35, 1.92)),), noise=(gaussian(0.08),), then=(rounded(2),)),
                "itime": total("rtime", "compute"),
            },
            config={"max_iters": 200000, "B": 4, "S": 8, "I": 4, "lr": 5e-4, "num_workers": 12, "use_augs": True},
            state="running",
            planned=200_000,
            clock=Clock(8.2, jitter=0.01),
        ),
        sick(fault("data-bound gpu-idle throughput-drop", (1, 130), 600, INFO, WARNING), also="oscillation"),
        "Reading costs 0.05 s at most steps and 200 s at every thirty-second: three quarters of the wall clock is waiting, though its median is nothing.",
        (
            "Training is sound; three quarters of its time is waiting for data.",
            "rtime 0.05 s at most steps, about 200 s once in 32 steps (itime 1.9 s otherwise): mean 8.2 s a step, up to four times faster without.",
            "Sampling fails and is repeated in a worker: prefilter the clips, or more prefetch; check after 200 steps.",
        ),
    ),
    Case(
        "mmdet-data-time-four-fifths-of-every-iteration",
        "open-mmlab/mmdetection#929",
        "detection",
        Sketch(
            at=every(1, 5_234, first=4_300),
            lines={
                "time": Line((*reals((5231, 2.013), (5232, 2.013), (5233, 1.764), (5234, 1.677)),), then=(flat(1.9), lognormal(0.1), rounded(3))),
                "compute": Line((*reals((5231, 0.358), (5232, 0.418), (5233, 0.347), (5234, 0.379)),), then=(flat(0.37), lognormal(0.07), rounded(3))),
                "data_time": Derived(("time", "compute"), lambda t, c: np.maximum(t - c, 0.01), then=(rounded(3),)),
                "loss": loss((made(4300, 0.86), *reals((5231, 0.3071), (5232, 1.3134), (5233, 1.2892))), 0.45),
                "loss_rpn_cls": loss((made(4300, 0.33), *reals((5231, 0.2121), (5232, 0.4542), (5233, 0.5243), (5234, 0.2924))), 0.4),
                "lr": Line((real(5231, 0.02),)),
                "memory": Line((real(5231, 2677),)),
            },
            config={"model": {"type": "CascadeRCNN"}, "data": {"imgs_per_gpu": 1, "workers_per_gpu": 0}, "optimizer": {"type": "SGD", "lr": 0.02}, "total_epochs": 12, "resume_from": "latest.pth"},
            state="running",
            planned=360_000,
            clock=Clock(1.9, jitter=0.08),
        ),
        sick(fault("data-bound", (4_300, 4_700), 5_000, INFO, WARNING), never="throughput-drop"),
        "The mmdetection kind of log in which `time` contains `data_time`: 1.55 of 1.9 s of every iteration is waiting, with no loader workers (shared memory was too small for them).",
        ("Training is sound; four fifths of each iteration is waiting for data.", "data_time 1.55 s of time 1.9 s (time includes it), computing needs 0.37 s: up to five times faster.", "workers_per_gpu 0 -> 4 with --shm-size 8g (or sharing strategy file_system), try 200 iterations."),
    ),
)
# fmt: on
