"""The generated pages say what the code does."""

from __future__ import annotations

import os

import pytest

from analysis.diagnoses import ALL
from tests import reference

PAGES = {"diagnoses.md": reference.page, "commands.md": reference.commands}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_that_of_the_code(name: str) -> None:
    page, path = PAGES[name](), reference.ROOT / "docs" / "zh" / name
    if os.environ.get("CURVEBOT_WRITE_GOLDEN"):
        path.write_text(page, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == page


def test_a_threshold_has_the_reason_that_stands_beside_it() -> None:
    spike = next(d for d in ALL if d.id == "grad-spike")

    assert reference.reasons(type(spike))["min_spread"] == "ln: the least spread of a healthy run"


def test_most_thresholds_have_one() -> None:
    """What has none is told by its name and unit, or by the docstring; more of them must not come."""
    bare = [(d.id, name) for d in ALL for name, why in reference.reasons(type(d)).items() if not why]

    assert len(bare) <= 60
