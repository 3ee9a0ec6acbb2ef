"""How often a run has seen its data: from its own epoch column, else from samples over frames, else from steps x batch."""

from __future__ import annotations

import numpy as np

from analysis.columns.family import Family
from analysis.columns.profile import EVAL, TRAIN, words
from analysis.facts.config import Facts
from analysis.facts.devices import accumulation, gpus
from analysis.model import Column, History

# Sizes of a data set under any path, and names that mean one only where the path speaks of data: `num_frames` of an
# observation window, `total_frames` of an RL budget and Megatron's `train_samples` are none.
SIZE = (
    "dataset_size",
    "dataset_len",
    "dataset_length",
    "num_examples",
    "num_train_examples",
    "num_train_samples",
    "train_size",
    "n_train",
)
SIZE_OF_DATA = (
    "num_frames",
    "total_frames",
    "n_frames",
    "train_samples",
    "num_samples",
    "n_samples",
    "num_rows",
    "length",
    "size",
)
DATA = {"dataset", "data", "datasets", "meta", "info"}
NOT_TRAINING = EVAL | {"max", "min", "shuffle", "buffer", "image", "img", "batch", "seq", "vocab", "chunk", "context", "window",
                       "crop", "patch", "obs", "action", "cache", "file", "shard"}  # fmt: skip
WHOLE_BATCH = (
    "global_batch_size",
    "total_batch_size",
    "total_train_batch_size",
    "effective_batch_size",
    "global_train_batch_size",
)


def epochs(history: History, facts: Facts, at: float | None, own: bool) -> float | None:
    """Passes over the data so far; None where it cannot be told. `at`: where the run stands; `own`: in its own steps."""
    for key, column in history.columns.items():
        name = [w for w in words(key) if w not in TRAIN]
        if name in (["epoch"], ["epochs"], ["trainer", "epoch"]) and (told := _counted(column)) is not None:
            # A whole epoch of an agent is a round of updates, not a pass over data; a fraction is one of prompts.
            return None if facts.family is Family.RL and float(told).is_integer() else told
    size = data_size(facts)
    if size is None or facts.family is Family.RL:
        return None
    seen = _samples(history)
    if seen is None and at is not None and (own or _strides(history)) and (batch := whole_batch(facts)) is not None:
        seen = at * batch
    return seen / size if seen else None


def _strides(history: History) -> bool:
    """Whether `_step` counts training steps: W&B counts calls of `log` where nobody gives it a step, one by one."""
    steps = np.diff(history.step)
    return bool(np.median(steps[steps > 0]) > 1) if (steps > 0).any() else False


def _counted(column: Column) -> float | None:
    """What an epoch column says. Whole numbers name the epoch that a row belongs to, so the last one may be under way:
    it counts by its rows against those of the ones before."""
    x = column.values[np.isfinite(column.values)]
    if not len(x) or x.min() < 0:
        return None
    if (x != np.floor(x)).any():
        return float(x[-1])
    first, last = float(x[0]), float(x[-1])
    if first > 1 or last == first:
        return None  # a resume, or no epoch is through yet
    rows = np.array([np.count_nonzero(x == e) for e in np.unique(x)])
    return last - first + min(1.0, float(rows[-1] / np.median(rows[:-1])))


def _samples(history: History) -> float | None:
    """Training samples seen, as LeRobot (`train/samples`) and Megatron count them."""
    for key, column in history.columns.items():
        if [w for w in words(key) if w not in TRAIN] in (["samples"], ["consumed", "samples"], ["samples", "seen"]):
            x = column.values[np.isfinite(column.values)]
            if len(x) and (np.diff(x) >= 0).all():  # a counter, not a rate
                return float(x[-1])
    return None


def data_size(facts: Facts) -> float | None:
    """Frames or examples of the training set; None unless the config says so."""
    stated = facts.number(*SIZE, without=NOT_TRAINING, least=1)
    return stated if stated is not None else facts.number(*SIZE_OF_DATA, under=DATA, without=NOT_TRAINING, least=1)


def whole_batch(facts: Facts) -> float | None:
    """Samples per optimiser step over all GPUs; None where a batch is per device and nobody says how many there are."""
    stated = facts.number(*WHOLE_BATCH, least=1)
    if stated is not None:
        return stated
    accumulated = accumulation(facts) or 1
    devices = gpus(facts)
    per_device = facts.number("per_device_train_batch_size", "per_gpu_train_batch_size", "micro_batch_size", least=1)
    if per_device is not None:
        return per_device * accumulated * devices if devices is not None else None
    batch = facts.number("batch_size", "train_batch_size", without=EVAL | {"ot", "replay", "buffer"}, least=1)
    return batch * accumulated * (devices or 1) if batch is not None else None
