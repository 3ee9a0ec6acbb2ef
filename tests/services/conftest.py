from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.bot import CONFIG, HEALTHY, REF, Bot, run


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """It knows one run, which is healthy."""
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(HEALTHY)
    yield made
    made.store.close()
