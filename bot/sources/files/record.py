"""The files that are read: histories, and what W&B writes offline."""

from __future__ import annotations

HISTORIES = (".parquet", ".csv", ".jsonl")  # with facts in a JSON file of the same stem
OFFLINE = ".wandb"
ENDINGS = (*HISTORIES, OFFLINE)
LOGS = (".txt", ".log")  # read where they hold one object a line or a table; most hold neither
