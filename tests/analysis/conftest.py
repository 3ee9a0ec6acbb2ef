"""Every test of a module draws the same numbers, whichever tests ran before it, and on which worker."""

from __future__ import annotations

import copy
from typing import Any

import pytest

_AFTER_IMPORT: dict[str, Any] = {}  # module -> the state of its generator


@pytest.fixture(autouse=True)
def _rewound(request: pytest.FixtureRequest) -> None:
    generator = getattr(request.module, "RNG", None)
    if generator is not None:
        state = _AFTER_IMPORT.setdefault(request.module.__name__, copy.deepcopy(generator.bit_generator.state))
        generator.bit_generator.state = copy.deepcopy(state)
