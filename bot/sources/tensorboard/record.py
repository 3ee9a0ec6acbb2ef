"""TensorBoard as people know it, and how its files are called."""

from __future__ import annotations

TENSORBOARD = "TensorBoard"
MARK = "tfevents"  # somewhere in the name of every event file: TensorBoard goes by this alone
