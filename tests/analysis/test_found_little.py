"""What a detector finds: where it has come to rest at next to nothing, and where little is much or still rises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.learning import NoLearning
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import falling, found, rows, worst

N = 100


def rests(at: float, scatter: float, n: int = N, tau: float = 8, seed: int = 0) -> Floats:
    """Up from 0 to a level, where it stays."""
    up = at * (1 - np.exp(-np.arange(n) / tau))
    return np.asarray(np.maximum(up + scatter * np.random.default_rng(seed).standard_normal(n), 0.0))


def loss(seed: int = 0, n: int = N) -> Floats:
    return falling(n, np.random.default_rng(seed), floor=1.0)


def told(columns: dict[str, Floats], **config: Any) -> list[Episode]:
    n = len(next(iter(columns.values())))
    return [e for e in found(NoLearning(), rows(columns, every=1), n, **config) if "loss" not in e.metrics[0]]


YOLO = {"train/box_loss": loss(), "train/cls_loss": loss(1), "val/box_loss": loss(2)}
SICK: dict[str, dict[str, Floats]] = {
    "yolov8": YOLO | {"metrics/mAP50(B)": rests(0.03, 0.004), "metrics/mAP50-95(B)": rests(0.012, 0.002)},
    "yolov5": YOLO | {"metrics/mAP_0.5": rests(0.05, 0.008), "metrics/mAP_0.5:0.95": rests(0.02, 0.003)},
    "mmdetection": {"loss": loss(), "loss_bbox": loss(3), "val/coco/bbox_mAP": np.round(rests(0.015, 0.002), 3)},
    "detr": {"train_loss": loss(), "train_loss_giou": loss(4), "test_coco_eval_bbox_0": rests(0.02, 0.003)},
    "masks": {"train_loss": loss(), "val_dice": rests(0.06, 0.006)},
    "cities, in per cent": {"train_loss": loss(), "val/mIoU": 100 * rests(0.053, 0.003)},
    "few evaluations": {k: x[:40] for k, x in (YOLO | {"metrics/mAP50-95(B)": rests(0.03, 0.004)}).items()},
    "from the first on": YOLO | {"metrics/mAP50-95(B)": 0.02 + rests(0.001, 0.003)},
}  # fmt: skip


@pytest.mark.parametrize("columns", SICK.values(), ids=SICK)
def test_next_to_nothing_is_a_warning_after_half_of_the_plan(columns: dict[str, Floats]) -> None:
    n = len(next(iter(columns.values())))
    (e,) = told(columns)

    assert worst([e]) is Severity.WARNING
    assert e.open
    assert n / 3 <= e.raised_row <= 0.7 * n


HEALTHY: dict[str, dict[str, Floats]] = {
    "a third is found": YOLO | {"metrics/mAP50-95(B)": rests(0.33, 0.01)},
    "small things, slowly": YOLO | {"metrics/mAP50-95(B)": np.linspace(0.0, 0.12, N) + 0.002 * np.random.default_rng(1).standard_normal(N)},
    "rises late": YOLO | {"metrics/mAP50-95(B)": 0.002 + 0.3 / (1 + np.exp(-(np.arange(N) - 55) / 8))},
    "a recommender": {"train_loss": loss(), "val/recall": rests(0.06, 0.002), "val/ndcg": rests(0.03, 0.001)},
    "retrieval": {"train/loss": loss(), "eval/map": rests(0.04, 0.002)},
    "an accuracy": {"train_loss": loss(), "val_acc": rests(0.05, 0.002)},
    "the first third of the plan": {k: x[:30] for k, x in (YOLO | {"metrics/mAP50-95(B)": rests(0.03, 0.004)}).items()},
    "nine evaluations": {k: x[:9] for k, x in (YOLO | {"metrics/mAP50-95(B)": rests(0.03, 0.004)}).items()},
}  # fmt: skip


@pytest.mark.parametrize("columns", HEALTHY.values(), ids=HEALTHY)
def test_what_is_much_or_still_rises_is_not_told(columns: dict[str, Floats]) -> None:
    n = len(next(iter(columns.values())))
    episodes = found(NoLearning(), rows(columns, every=1), N if n in (9, 30) else n)

    assert worst([e for e in episodes if "loss" not in e.metrics[0]]) < Severity.WARNING
