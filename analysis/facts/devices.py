"""How many GPUs work on a run, and how many batches make a step of the optimiser, as its config states it."""

from __future__ import annotations

import re
from typing import Any

from analysis.columns.family import Family
from analysis.facts.config import Facts

# A path with one of these counts something else: `local_world_size`, `tensor_model_parallel_world_size`, `env.devices`.
NOT_ALL = {
    "local",
    "tensor",
    "data",
    "pipeline",
    "model",
    "expert",
    "context",
    "sequence",
    "tp",
    "pp",
    "dp",
    "ep",
    "cp",
    "env",
    "envs",
    "eval",
    "grid",
    "generation",
    "rollout",
    "vllm",
}
ACCUMULATION = (
    "gradient_accumulation_steps",
    "accumulate_grad_batches",
    "grad_accumulation_steps",
    "grad_accum_steps",
    "accumulation_steps",
)


def gpus(facts: Facts) -> int | None:
    """How many GPUs the run trains on, as its config states it; None where it does not.

    Not used: `n_gpu` of transformers (per process), W&B's `gpu_count` (what the host has, not what the run uses),
    `num_processes` outside a launcher's section (of an RL run: copies of the environment).
    """
    nodes = facts.number("nnodes", "num_nodes", "num_machines", "n_nodes", least=1)
    world = facts.number("world_size", "total_gpus", without=NOT_ALL, least=1)
    if world is not None:
        return int(world)
    stated = facts.number("num_gpus", "n_gpus", "ngpus", "num_devices", without=NOT_ALL, least=1)
    if stated is not None:
        return int(stated) if nodes in {None, 1.0} else None  # of a node, or of all of them: scripts differ
    launched = facts.number(
        "num_processes", under={"accelerate", "accelerator", "distributed", "launcher", "launch"}, least=1
    )
    if launched is None and facts.value("distributed_type") is not None and facts.family is not Family.RL:
        launched = facts.number("num_processes", least=1)
    if launched is not None:
        return int(launched)
    per_node = facts.number(
        "nproc_per_node", "n_gpus_per_node", "num_gpus_per_node", "gpus_per_node", "local_world_size", least=1
    )
    if per_node is None:
        per_node = _listed(facts.value("devices", "gpus", "gpu_ids", "cuda_visible_devices", without=NOT_ALL))
    return int(per_node * (nodes or 1)) if per_node is not None else None


def _listed(value: Any) -> int | None:
    """Lightning's `devices: 4`, `[0, 1]`, `"0,1"`; None for "auto", -1 and for a number in quotes, which may be an
    index.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if value >= 1 else None
    if isinstance(value, list | tuple):
        return len(value) or None
    return len(value.split(",")) if isinstance(value, str) and re.fullmatch(r"\s*\d+(\s*,\s*\d+)+\s*", value) else None


def accumulation(facts: Facts) -> int | None:
    """Batches whose gradients are added up to one step; None where the config does not say, or says 1."""
    stated = facts.number(*ACCUMULATION, least=1)
    return int(stated) if stated is not None and stated > 1 else None
