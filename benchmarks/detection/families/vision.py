"""Detection, classification, segmentation, and the small and the composite run."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from benchmarks.detection.families.breaks import climb, fall, nan_from, slower
from benchmarks.detection.families.shapes import cosine, factor, noise, paced, power, ramp, saturating
from benchmarks.detection.families.sheet import Block, Break, Fault, Kind, Rng, Sheet, fault


def yolo(rng: Rng, n: int) -> Sheet:
    """Ultralytics: a row per epoch. Validation losses turn up late while mAP still rises; without mosaic in the last
    ten epochs the pictures are easier, so all training losses step down.
    """
    at = np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    no_mosaic = 1 - 0.13 * (at > n - 10)
    best = 0.47 * saturating(x, 7)
    columns: dict[str, Floats] = {}
    for part, first, floor, late in (("box", 1.65, 0.95, 0.04), ("cls", 2.9, 0.55, 0.07), ("dfl", 1.55, 1.05, 0.03)):
        curve = power(x, first, floor, 14, 0.7)
        columns[f"train/{part}_loss"] = curve * no_mosaic * factor(rng, n, 0.006)
        columns[f"val/{part}_loss"] = (
            power(x, 1.1 * first, 1.12 * floor, 25, 0.9) * (1 + late * ramp(x, 0.6, 1.0))
        ) * factor(rng, n, 0.009)
    columns |= {
        "metrics/precision(B)": np.clip(0.35 + 0.40 * saturating(x, 8) + noise(rng, n, 0.02), 0, 1),
        "metrics/recall(B)": np.clip(0.22 + 0.42 * saturating(x, 8) + noise(rng, n, 0.015), 0, 1),
        "metrics/mAP50(B)": np.clip(1.42 * best + noise(rng, n, 0.009), 0, 1),
        "metrics/mAP50-95(B)": np.clip(best + noise(rng, n, 0.005), 0, 1),
    }
    lr = 0.01 * (1 - 0.99 * x)
    warm = np.minimum(at / 3, 1)
    columns |= {"lr/pg0": np.where(at <= 3, 0.07 - 0.02 * at, lr), "lr/pg1": lr * warm, "lr/pg2": lr * warm}
    config = {
        "task": "detect",
        "mode": "train",
        "model": "yolov8s.pt",
        "data": "coco.yaml",
        "epochs": n,
        "patience": 100,
        "batch": 16,
        "imgsz": 640,
        "save": True,
        "save_period": -1,
        "workers": 8,
        "pretrained": True,
        "optimizer": "auto",
        "close_mosaic": 10,
        "lr0": 0.01,
        "lrf": 0.01,
        "momentum": 0.937,
        "warmup_epochs": 3.0,
        "box": 7.5,
        "cls": 0.5,
        "dfl": 1.5,
        "amp": True,
        "resume": False,
    }
    return Sheet(rng, Block(at, columns), config, paced(rng, n, 95.0))


def detects_no_more(s: Sheet) -> Fault:
    for key in ("metrics/mAP50(B)", "metrics/mAP50-95(B)", "metrics/precision(B)", "metrics/recall(B)"):
        s.train.columns[key] *= 1 - 0.9 * ramp(s.x, 0.5, 0.56)
    for part in ("box", "cls", "dfl"):
        s.train.columns[f"val/{part}_loss"] *= 1 + 1.2 * ramp(s.x, 0.5, 0.56)
    return fault("eval-regress overfit divergence", 0.5, 0.85)


def yolo_by_heart(s: Sheet) -> Fault:
    up = ramp(s.x, 0.3, 1.0)
    for part in ("box", "cls", "dfl"):
        s.train.columns[f"train/{part}_loss"] *= 1 - 0.6 * up
        s.train.columns[f"val/{part}_loss"] *= 1 + 0.6 * up
    for key in ("metrics/mAP50(B)", "metrics/mAP50-95(B)"):
        s.train.columns[key] *= 1 - 0.3 * up
    return fault("overfit eval-regress", 0.3, 1.0)


def finds_nothing(s: Sheet) -> Fault:
    """Labels in the wrong format: mAP stays 0, the losses stay where they begin."""
    for key in ("metrics/mAP50(B)", "metrics/mAP50-95(B)", "metrics/precision(B)", "metrics/recall(B)"):
        s.train.columns[key] = np.abs(noise(s.rng, s.n, 2e-4))
    for part in ("box", "cls", "dfl"):
        for side in ("train", "val"):
            values = s.train.columns[f"{side}/{part}_loss"]
            s.train.columns[f"{side}/{part}_loss"] = values[0] * factor(s.rng, s.n, 0.008)
    return fault("no-learning plateau", 0.0, 0.8)


def mmdet(rng: Rng, n: int) -> Sheet:
    """mmdetection 3: a row per 50 iterations, step decay at 8/12 and 11/12, memory constant, mAP per epoch."""
    at = 50 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    decay = 1 - 0.13 * (x > 8 / 12) - 0.04 * (x > 11 / 12)
    parts: dict[str, Floats] = {
        part: power(x, first, floor, 60, 0.6) * decay * factor(rng, n, sigma, rho=0.1)
        for part, first, floor, sigma in (
            ("loss_rpn_cls", 0.55, 0.03, 0.20),
            ("loss_rpn_bbox", 0.16, 0.035, 0.16),
            ("loss_cls", 1.3, 0.21, 0.09),
            ("loss_bbox", 0.35, 0.20, 0.07),
        )
    }
    waits = 0.012 * factor(rng, n, 0.2)
    step = 0.38 * factor(rng, n, 0.03)
    columns = {
        **parts,
        "loss": np.sum(list(parts.values()), axis=0),
        "acc": np.clip(94 + 2.5 * ramp(x, 0, 0.5) + noise(rng, n, 0.9), 0, 100),
        "grad_norm": power(x, 9, 3.2, 20) * factor(rng, n, 0.2),
        "lr": np.where(x < 0.006, 0.02 * (x / 0.006 + 1e-3), 0.02 * 0.1 ** ((x > 8 / 12).astype(int) + (x > 11 / 12))),
        "data_time": waits,
        "time": step,
        "memory": np.full(n, 4132.0),
        "epoch": np.floor(12 * x) + 1,
    }
    where = at[np.linspace(n / 12, n, 12).astype(int) - 1]
    e = np.linspace(1 / 12, 1, 12)
    mean = 0.374 * saturating(e, 3.2) + 0.035 * (e > 8 / 12) + noise(rng, 12, 0.002)
    block = Block(
        where,
        {
            "coco/bbox_mAP": mean,
            "coco/bbox_mAP_50": 1.55 * mean,
            "coco/bbox_mAP_s": 0.55 * mean,
            "coco/bbox_mAP_l": 1.27 * mean,
        },
    )
    config = {
        "model": {"type": "FasterRCNN", "backbone": {"type": "ResNet", "depth": 50}},
        "train_cfg": {"type": "EpochBasedTrainLoop", "max_epochs": 12, "val_interval": 1},
        "optim_wrapper": {
            "optimizer": {"type": "SGD", "lr": 0.02, "momentum": 0.9, "weight_decay": 1e-4},
            "clip_grad": {"max_norm": 35},
        },
        "train_dataloader": {"batch_size": 2, "num_workers": 2},
    }
    return Sheet(rng, Block(at, columns), config, 50 * step, {"val": block}, step_key="iter", pause=90.0)


def workers_starve(s: Sheet) -> Fault:
    late = s.after(0.4)
    c = s.train.columns
    c["data_time"][late] = 0.55 * factor(s.rng, len(s.x[late]), 0.12)
    c["time"][late] += c["data_time"][late]
    s.seconds = 50 * c["time"]
    return fault("data-bound throughput-drop", 0.4, 0.75)


def timm(rng: Rng, n: int) -> Sheet:
    """A row per epoch, lr divided by ten twice. With mixup the training loss stays above that of validation."""
    at = np.arange(n)
    x = np.linspace(0, 1, n)
    steps = (x > 1 / 3).astype(int) + (x > 2 / 3)
    held = power(x, 5.2, 1.55, 25, 0.8) * (1 - 0.22 * (steps >= 1) - 0.06 * (steps >= 2)) * factor(rng, n, 0.02)
    top1 = 76.5 * saturating(x, 9) * (0.80 + 0.15 * (steps >= 1) + 0.05 * (steps >= 2))
    columns = {
        "epoch": at.astype(float),
        "train_loss": power(x, 6.75, 2.9, 25, 0.8)
        * (1 - 0.07 * (steps >= 1) - 0.02 * (steps >= 2))
        * factor(rng, n, 0.004),
        "eval_loss": held,
        "eval_top1": np.clip(top1 + noise(rng, n, 1.0) * np.where(steps >= 1, 0.2, 1), 0.1, 100),
        "eval_top5": np.clip(0.3 * top1 + 69 * saturating(x, 15) + noise(rng, n, 0.3), 0.5, 100),
        "lr": 0.5 * 0.1**steps,
    }
    config = {
        "model": "resnet50",
        "epochs": n,
        "batch_size": 256,
        "lr": 0.5,
        "sched": "step",
        "opt": "sgd",
        "mixup": 0.2,
        "smoothing": 0.1,
        "dataset": "imagenet",
        "num_classes": 1000,
        "warmup_epochs": 0,
        "amp": True,
        "pretrained": False,
    }
    return Sheet(rng, Block(at, columns), config, paced(rng, n, 560.0))


def chance_for_ever(s: Sheet) -> Fault:
    """ln 1000 and one in a thousand: the labels are shuffled."""
    c = s.train.columns
    c["train_loss"] = 6.908 * factor(s.rng, s.n, 0.0006)
    c["eval_loss"] = 6.909 * factor(s.rng, s.n, 0.0006)
    c["eval_top1"] = 0.1 + np.abs(noise(s.rng, s.n, 0.01))
    c["eval_top5"] = 0.5 + np.abs(noise(s.rng, s.n, 0.02))
    return fault("no-learning plateau", 0.0, 0.8)


def timm_by_heart(s: Sheet) -> Fault:
    up = ramp(s.x, 0.4, 1.0)
    s.train.columns["train_loss"] *= 0.15**up
    s.train.columns["eval_loss"] *= 1 + 0.8 * up
    s.train.columns["eval_top1"] *= 1 - 0.12 * up
    return fault("overfit eval-regress", 0.4, 1.0)


def lightning(rng: Rng, n: int) -> Sheet:
    """PyTorch Lightning on CIFAR: batch values every 50 steps, sums per epoch, one-cycle lr."""
    at = 50 * np.arange(1, n + 1) - 1
    x = np.linspace(0, 1, n)
    lr = 0.1 * np.where(x < 0.3, 0.04 + 0.96 * x / 0.3, 0.5 * (1 + np.cos(np.pi * ramp(x, 0.3, 1))) + 1e-4)
    level = power(x, 2.3, 0.12, 20, 0.55) * (1 - 0.7 * ramp(x, 0.5, 1.0))
    epochs = 10 if n < 100 else 30
    where = at[np.linspace(n / epochs, n, epochs).astype(int) - 1]
    e = (where + 1) / (at[-1] + 1)
    held = (0.26 + 1.6 * np.exp(-e * 6) + 0.35 * np.exp(-(((e - 0.3) / 0.15) ** 2))) * factor(rng, epochs, 0.05)
    sums = {
        "train/loss_epoch": np.interp(where, at, level),
        "val/loss": held,
        "val/acc": np.clip(0.94 - 0.29 * (held - 0.26), 0.1, 0.95),
        "epoch": np.arange(epochs, dtype=float),
    }
    columns = {
        "train/loss_step": level * factor(rng, n, 0.20, rho=0.0),
        "train/acc_step": np.clip(1 - 0.33 * level + noise(rng, n, 0.03), 0, 1),
        "lr-SGD": lr,
    }
    config = {
        "arch": "resnet18",
        "num_classes": 10,
        "max_epochs": epochs,
        "batch_size": 128,
        "lr": 0.1,
        "scheduler": "onecycle",
        "weight_decay": 5e-4,
    }
    return Sheet(
        rng,
        Block(at, columns),
        config,
        paced(rng, n, 3.1),
        {"epoch": Block(where, sums)},
        step_key="trainer/global_step",
        pause=6.0,
    )


def classes_lost(s: Sheet) -> Fault:
    b = s.block("epoch")
    down = ramp(s.shared(b), 0.55, 0.62)
    b.columns["val/acc"] = b.columns["val/acc"] * (1 - 0.85 * down)
    b.columns["val/loss"] = b.columns["val/loss"] * 6**down
    return fault("eval-regress overfit", 0.55, 0.95)


def restarts(rng: Rng, n: int) -> Sheet:
    """Segmentation with cosine restarts: the loss of both sets jumps up at each and falls below where it was."""
    at = np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    phase = (4 * x) % 1.0
    phase[-1] = 1.0
    level = power(x, 0.75, 0.13, 15, 0.7)
    hot = 0.16 * (1 - ramp(phase, 0, 0.5)) * (x > 0.2)
    columns = {
        "epoch": at.astype(float),
        "train_loss": level * (1 + hot) * factor(rng, n, 0.012),
        "val_loss": (level * 1.10 + 0.01) * (1 + 1.3 * hot) * factor(rng, n, 0.02),
        "val_dice": np.clip(0.90 - 0.95 * (level - 0.13) - 0.12 * hot + noise(rng, n, 0.006), 0, 1),
        "val_iou": np.clip(0.82 - 1.0 * (level - 0.13) - 0.14 * hot + noise(rng, n, 0.006), 0, 1),
        "lr": 1e-3 * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * phase))),
    }
    config = {
        "architecture": "unet",
        "encoder": "resnet34",
        "epochs": n,
        "lr": 1e-3,
        "scheduler": "CosineAnnealingWarmRestarts",
        "T_0": n // 4,
        "batch_size": 8,
        "loss": "dice_ce",
        "num_classes": 4,
    }
    return Sheet(rng, Block(at, columns), config, paced(rng, n, 41.0))


def masks_by_heart(s: Sheet) -> Fault:
    up = ramp(s.x, 0.4, 1.0)
    s.train.columns["train_loss"] *= 1 - 0.7 * up
    s.train.columns["val_loss"] *= 1 + 0.7 * up
    for key in ("val_dice", "val_iou"):
        s.train.columns[key] *= 1 - 0.2 * up
    return fault("overfit eval-regress", 0.4, 1.0)


def federated(rng: Rng, n: int) -> Sheet:
    """Flower: a row per round, few rounds, clients drawn anew for each."""
    at = np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    columns = {
        "round": at.astype(float),
        "loss": power(x, 2.2, 0.7, 12, 0.8) * factor(rng, n, 0.05),
        "accuracy": np.clip(0.25 + 0.48 * saturating(x, 4) + noise(rng, n, 0.02), 0, 1),
        "fit/train_loss": power(x, 2.0, 0.5, 12, 0.8) * factor(rng, n, 0.08),
        "clients": np.full(n, 10.0),
    }
    config = {
        "strategy": "FedAvg",
        "num_rounds": n,
        "num_clients": 100,
        "fraction_fit": 0.1,
        "local_epochs": 5,
        "lr": 0.01,
        "dataset": "cifar10",
        "dirichlet_alpha": 0.5,
    }
    return Sheet(rng, Block(at, columns), config, paced(rng, n, 210.0))


def clients_disagree(s: Sheet) -> Fault:
    up = ramp(s.x, 0.5, 0.75)
    s.train.columns["loss"] *= 8**up
    s.train.columns["fit/train_loss"] *= 5**up
    s.train.columns["accuracy"] *= 1 - 0.7 * up
    return fault("divergence loss-jump eval-regress overfit", 0.5, 1.0)


def several_tasks(rng: Rng, n: int) -> Sheet:
    """Weights are ramped in one after the other: the total rises while each task gets better."""
    at = 20 * np.arange(1, n + 1)
    x = np.linspace(0, 1, n)
    depth, seg, det = (
        power(x, first, floor, 20, 0.6) * factor(rng, n, 0.06)
        for first, floor in ((1.2, 0.18), (1.6, 0.25), (2.4, 0.5))
    )
    w_seg, w_depth = ramp(x, 0.1, 0.3), 2 * ramp(x, 0.3, 0.5)
    k = 12 if n < 200 else 24
    where = at[np.linspace(n / k, n, k).astype(int) - 1]
    e = where / at[-1]
    block = Block(
        where,
        {
            "val/det_mAP": 0.42 * saturating(e, 4) + noise(rng, k, 0.006),
            "val/seg_mIoU": 0.66 * saturating(e, 4) + noise(rng, k, 0.006),
            "val/depth_rmse": (0.55 + 0.5 * np.exp(-e * 5)) * factor(rng, k, 0.012),
        },
    )
    columns = {
        "loss/total": det + w_seg * seg + w_depth * depth,
        "loss/det": det,
        "loss/seg": seg,
        "loss/depth": depth,
        "loss_weight/seg": w_seg,
        "loss_weight/depth": w_depth,
        "lr": cosine(x, 2e-4, 0.03, 0.01),
        "grad_norm": (3 + 1.5 * w_seg + 1.2 * w_depth) * factor(rng, n, 0.15),
        "gpu_mem_gb": np.full(n, 31.4),
    }
    config = {
        "model": {"backbone": "swin_t", "heads": ["det", "seg", "depth"]},
        "max_steps": int(at[-1]),
        "optimizer": {"name": "adamw", "lr": 2e-4},
        "grad_clip": 10.0,
        "batch_size": 16,
        "loss_weights": {"det": 1.0, "seg": 1.0, "depth": 2.0},
        "weight_ramp": {"seg": [0.1, 0.3], "depth": [0.3, 0.5]},
    }
    return Sheet(rng, Block(at, columns), config, 20 * paced(rng, n, 0.6), {"val": block}, merged=True, pause=40.0)


def head_dies(s: Sheet) -> Fault:
    late = s.after(0.5)
    s.train.columns["loss/depth"][late] = 0.0
    s.train.columns["loss/total"][late] = s.train.columns["loss/det"][late] + s.train.columns["loss/seg"][late]
    return fault("metric-dead", 0.5, 0.9)


def memory_leaks(s: Sheet) -> Fault:
    up = ramp(s.x, 0.3, 1.0)
    s.train.columns["gpu_mem_gb"] = 31.4 + 45 * up * factor(s.rng, s.n, 0.005)
    return fault("mem-growth", 0.3, 0.9)


def swings(key: str, period: int) -> Break:
    def apply(s: Sheet) -> Fault:
        late = ramp(s.x, 0.4, 0.5)
        s.train.columns[key] = s.train.columns[key] * np.exp(0.7 * late * np.sin(2 * np.pi * np.arange(s.n) / period))
        return fault("oscillation", 0.4, 0.95)

    return apply


KINDS = (
    Kind("yolo", yolo, {"detects no more": detects_no_more, "learns by heart": yolo_by_heart,
        "finds nothing": finds_nothing, "box NaN": nan_from("train/box_loss", 0.4)}, (60, 100, 300)),
    Kind("mmdetection", mmdet, {
        "loss NaN": nan_from("loss", 0.3), "workers starve": workers_starve,
        "diverges": climb("loss", 0.3, 5.0, others={"loss_cls": 6.0, "loss_bbox": 3.0, "grad_norm": 20.0}),
        "mAP falls": fall("coco/bbox_mAP", "val", 0.6, 0.2), "gradient explodes": climb("grad_norm", 0.4, 80.0,
            ids="grad-explode", others={"loss": 1.1}),
    }, (300, 1800)),
    Kind("timm-imagenet", timm, {"chance for ever": chance_for_ever, "learns by heart": timm_by_heart,
        "top1 falls": fall("eval_top1", None, 0.6, 0.2), "loss NaN": nan_from("train_loss", 0.4),
        "slower": slower(0.5, 2.2)}, (90, 300)),
    Kind("lightning-cifar", lightning, {"classes lost": classes_lost, "loss NaN": nan_from("train/loss_step", 0.4),
        "diverges": climb("train/loss_step", 0.45, 9.0, over=0.06, others={"train/acc_step": 0.2})}, (60, 300, 3000)),
    Kind("segmentation-restarts", restarts, {"learns by heart": masks_by_heart, "dice falls": fall("val_dice", None,
        0.6, 0.3), "loss NaN": nan_from("train_loss", 0.4), "loss swings": swings("train_loss", 7)}, (60, 200)),
    Kind("federated", federated, {"clients disagree": clients_disagree, "loss NaN": nan_from("loss", 0.5),
        "accuracy falls": fall("accuracy", None, 0.5, 0.2)}, (20, 40)),
    Kind("multi-task", several_tasks, {"a head dies": head_dies, "memory leaks": memory_leaks,
        "loss NaN": nan_from("loss/total", 0.4), "mAP falls": fall("val/det_mAP", "val", 0.6, 0.2)}, (60, 300, 3000)),
)  # fmt: skip
