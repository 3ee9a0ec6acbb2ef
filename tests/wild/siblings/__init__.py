"""Siblings of the cases: the same kinds of fault under other names, scales, lengths, cadences and noise; healthy twins.

Every history is a formula with a fixed seed; what is right was written before the product saw it.
"""

from __future__ import annotations

from tests.wild.siblings import (
    agents,
    experts,
    generative,
    group_rewards,
    losses,
    rlhf,
    run_states,
    scales,
    schedules,
    scores,
    speed,
    values,
)
from tests.wild.siblings.sketch import Sibling

MODULES = (
    agents,
    experts,
    generative,
    group_rewards,
    losses,
    rlhf,
    run_states,
    scales,
    schedules,
    scores,
    speed,
    values,
)
SIBLINGS = [value for module in MODULES for value in vars(module).values() if isinstance(value, Sibling)]
