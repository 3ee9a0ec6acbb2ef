"""The size of the data and of a batch, as a config states them."""

from __future__ import annotations

from analysis.columns.vocabulary import EVAL, word_set
from analysis.facts.config import Config

# Sizes of a data set under any path, and names that mean one only where the path speaks of data: `num_frames` of an
# observation window, `total_frames` of an RL budget and Megatron's `train_samples` are none.
_SIZE = (
    "dataset_size",
    "dataset_len",
    "dataset_length",
    "num_examples",
    "num_train_examples",
    "num_train_samples",
    "train_size",
    "n_train",
)
_SIZE_OF_DATA = (
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
_DATA = word_set("dataset data datasets meta info")
_NOT_TRAINING = EVAL | word_set(
    "max min shuffle buffer image img batch seq vocab chunk context window crop patch obs action cache file shard"
)
_WHOLE_BATCH = (
    "global_batch_size",
    "total_batch_size",
    "total_train_batch_size",
    "effective_batch_size",
    "global_train_batch_size",
)
_ACCUMULATION = (
    "gradient_accumulation_steps",
    "accumulate_grad_batches",
    "grad_accumulation_steps",
    "grad_accum_steps",
    "accumulation_steps",
    "gradient_accumulation",
    "grad_accumulation",
    "grad_accum",
    "accum_steps",
)


def data_size(config: Config) -> float | None:
    """Frames or examples of the training set; None unless the config says so."""
    stated = config.number(*_SIZE, without=_NOT_TRAINING, least=1)
    return stated if stated is not None else config.number(*_SIZE_OF_DATA, under=_DATA, without=_NOT_TRAINING, least=1)


def accumulation(config: Config) -> int | None:
    """Batches whose gradients are added up to one step; None where the config does not say, or says 1."""
    stated = config.number(*_ACCUMULATION, least=1)
    return int(stated) if stated is not None and stated > 1 else None


def whole_batch(config: Config, gpus: int | None) -> float | None:
    """Samples per optimiser step over all GPUs; None where a batch is per device and nobody says how many there are."""
    stated = config.number(*_WHOLE_BATCH, least=1)
    if stated is not None:
        return stated
    accumulated = accumulation(config) or 1
    per_device = config.number("per_device_train_batch_size", "per_gpu_train_batch_size", "micro_batch_size", least=1)
    if per_device is not None:
        return per_device * accumulated * gpus if gpus is not None else None
    batch = config.number("batch_size", "train_batch_size", without=EVAL | {"ot", "replay", "buffer"}, least=1)
    return batch * accumulated * (gpus or 1) if batch is not None else None
