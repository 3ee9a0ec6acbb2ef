"""A tracker's row -> flat cells, named as W&B names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Nested metrics joined with a dot (`a.b`); typed values (histogram, image, table …) left out whole.

    A typed value must not be opened: the width of an image is not a metric.
    """
    if not any(isinstance(cell, Mapping) for cell in row.values()):
        return row
    cells: dict[str, Any] = {}
    for key, cell in row.items():
        if not isinstance(cell, Mapping):
            cells[key] = cell
        elif "_type" not in cell:
            cells.update((f"{key}.{inner}", value) for inner, value in flat(cell).items())
    return cells


COCO = 12  # numbers of pycocotools: AP, AP50, AP75, of small, medium and large things, then recalls


def opened(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What pycocotools measures is logged as one list (`test_coco_eval_bbox: [0.42, 0.63, …]`): a metric each."""
    lists = [key for key, cell in row.items() if isinstance(cell, list) and len(cell) == COCO and "coco" in key.lower()]
    if not lists:
        return row
    cells = {f"{key}_{i}": value for key in lists for i, value in enumerate(row[key])}
    return {key: cell for key, cell in row.items() if key not in lists} | cells
