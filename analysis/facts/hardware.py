"""How many GPUs a run trains on."""

from __future__ import annotations

import re
from typing import Any

from analysis.columns.family import Family
from analysis.columns.vocabulary import word_set
from analysis.facts.config import Config

# A path with one of these counts something else: `local_world_size`, `tensor_model_parallel_world_size`, `env.devices`.
_NOT_ALL = word_set(
    "local tensor data pipeline model expert context sequence tp pp dp ep cp env envs eval grid generation rollout vllm"
)


def gpus(config: Config, family: Family) -> int | None:
    """How many GPUs the run trains on, as its config states it; None where it does not.

    Not believed: `n_gpu` of transformers (per process), W&B's `gpu_count` (what the host has, not what the run uses),
    `num_processes` outside a launcher's section (of an agent, a `family` of RL: copies of the environment).
    """
    nodes = config.number("nnodes", "num_nodes", "num_machines", "n_nodes", least=1)
    world = config.number("world_size", "total_gpus", without=_NOT_ALL, least=1)
    if world is not None:
        return int(world)
    stated = config.number("num_gpus", "n_gpus", "ngpus", "num_devices", without=_NOT_ALL, least=1)
    if stated is not None:
        return int(stated) if nodes in {None, 1.0} else None  # of a node, or of all of them: scripts differ
    launched = config.number(
        "num_processes", under={"accelerate", "accelerator", "distributed", "launcher", "launch"}, least=1
    )
    if launched is None and config.value("distributed_type") is not None and family is not Family.RL:
        launched = config.number("num_processes", least=1)
    if launched is not None:
        return int(launched)
    per_node = config.number(
        "nproc_per_node", "n_gpus_per_node", "num_gpus_per_node", "gpus_per_node", "local_world_size", least=1
    )
    if per_node is None:
        per_node = _listed(config.value("devices", "gpus", "gpu_ids", "cuda_visible_devices", without=_NOT_ALL))
    return int(per_node * (nodes or 1)) if per_node is not None else None


def _listed(value: Any) -> int | None:
    """Lightning's `devices: 4`, `[0, 1]`, `"0,1"`; None for "auto", -1 and a number in quotes: that may be an index."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if value >= 1 else None
    if isinstance(value, list | tuple):
        return len(value) or None
    return len(value.split(",")) if isinstance(value, str) and re.fullmatch(r"\s*\d+(\s*,\s*\d+)+\s*", value) else None
